"""Frames given for numbers line up with the bars by label, never by position."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

import barledger as bl

DAYS = np.arange("2024-01-01", "2024-01-04", dtype="datetime64[D]")
CLOSE = np.full((3, 2), [100.0, 20.0])
BARS = bl.Bars.from_arrays(
    CLOSE, open=CLOSE, high=CLOSE, low=CLOSE * 0.9, time=DAYS, assets=["A", "B"]
)
ENTRIES = np.array([[True, True], [False, False], [False, False]])


def frame(a, b):
    """A pandas frame with the columns the other way round."""
    return pd.DataFrame({"B": [b] * 3, "A": [a] * 3}, index=pd.DatetimeIndex(DAYS))


def bought(**options):
    """Quantity bought of each asset."""
    fills = bl.Portfolio.from_signals(BARS, ENTRIES, **options).fills
    return dict(fills.filter(~pl.col("closes")).select("asset", "quantity").rows())


def test_size_given_as_a_frame_lines_up_by_label():
    assert bought(size=bl.PercentOfEquity(frame(0.5, 0.1))) == {"A": 500.0, "B": 500.0}


def test_series_labelled_by_asset_lines_up_by_label():
    assert bought(size=bl.Shares(pd.Series({"B": 7.0, "A": 3.0}))) == {"A": 3.0, "B": 7.0}


def test_polars_frame_with_a_column_of_times_lines_up():
    sizes = pl.DataFrame({"date": DAYS, "B": [7.0] * 3, "A": [3.0] * 3})
    assert bought(size=bl.Shares(sizes)) == {"A": 3.0, "B": 7.0}


def test_stops_and_limits_line_up_by_label():
    # A stops at 95 (5 %), B at 18.2 (9 %); both are reached by lows of 90 and 18.
    stops = bl.Stops(loss=frame(0.05, 0.09))
    fills = bl.Portfolio.from_signals(BARS, ENTRIES, size=1, stops=stops).fills
    exits = fills.filter(pl.col("closes")).select("asset", "price").rows()
    assert dict(exits) == {"A": 95.0, "B": pytest.approx(18.2)}
    assert bought(size=1, orders=bl.Limit(frame(95.0, 10.0))) == {"A": 1.0}


def test_own_prices_line_up_by_label():
    fills = bl.Portfolio.from_signals(BARS, ENTRIES, size=1, price=frame(99.0, 19.0)).fills
    assert dict(fills.select("asset", "price").rows()) == {"A": 99.0, "B": 19.0}


@pytest.mark.parametrize(
    "sizes",
    [frame(1.0, 1.0).rename(columns={"B": "C"}), pd.Series({"A": 1.0, "C": 1.0})],
)
def test_labels_that_the_bars_do_not_have_are_refused(sizes):
    with pytest.raises(ValueError, match=r"labelled|column for each asset|Shares"):
        bought(size=bl.Shares(sizes))


def test_one_account_goes_on_from_its_state():
    bars = BARS["A"]
    first = bl.Portfolio.from_signals(bars[:2], ENTRIES[:2, :1], groups="each", size=1)
    last = bl.Portfolio.from_signals(
        bars[2:], ENTRIES[2:, :1], groups="each", size=1, start=first.state
    )
    assert last.equity["equity"][-1] == first.equity["equity"][-1]


def test_average_true_range_does_not_go_on_from_a_state():
    first = bl.Portfolio.from_signals(BARS[:2], ENTRIES[:2], size=1)
    with pytest.raises(ValueError, match="cannot go on from a State"):
        bl.Portfolio.from_signals(
            BARS[2:], ENTRIES[2:], size=1, start=first.state, stops=bl.Stops(loss=1, unit="atr")
        )
