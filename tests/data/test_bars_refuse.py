"""What bars refuse: every error says what was wrong, where, and what to do."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from barledger.data.bars import Bars
from barledger.data.events import Events

NAN, INF = np.nan, np.inf
DAYS = ["2010-01-04", "2010-01-05", "2010-01-06"]


def refused(match, *args, error=ValueError, **options):
    with pytest.raises(error, match=match):
        Bars.from_arrays(*args, **options)


@pytest.mark.parametrize("close", [[], np.empty((0, 3)), np.empty((3, 0))])
def test_bars_of_nothing(close):
    refused("at least one bar of one asset, was of shape", close)


def test_three_dimensions():
    refused(r"close must have shape \(T,\) or \(T, N\), was \(1, 2, 3\)", np.ones((1, 2, 3)))


def test_matrices_of_different_shapes_say_both():
    refused(
        r"open must have the shape of close \(3, 2\), was \(2, 2\)",
        np.ones((3, 2)),
        open=np.ones((2, 2)),
    )
    refused(
        r"tradable must have the shape of close \(2, 1\), was \(3, 1\)", [1, 2], tradable=[1, 1, 1]
    )


@pytest.mark.parametrize(
    ("close", "kind"),
    [
        (["1.0", "2.0"], "text data"),
        ([True, False], "bool data"),
        (np.array([1.0, None], dtype=object), "object data"),
        (np.array(DAYS, "datetime64[D]"), "date data"),
        (pl.Series(["1.0"]), "String"),
        (
            pl.DataFrame({"time": DAYS, "A": [1.0, 2.0, 3.0]}),
            "String in column 'time'.*Bars.from_frame",
        ),
        (pd.DataFrame({"A": [1.0, "x"]}), "column 'A'.*object"),
    ],
)
def test_data_that_are_no_numbers_are_named(close, kind):
    refused(f"close .*{kind}", close, error=TypeError)


def test_tradable_other_than_true_or_false():
    refused("tradable must be true or false .1 or 0.; other numbers", [1.0, 2.0], tradable=[0, 2])
    refused("tradable must be true or false, was text", [1.0], tradable=["yes"], error=TypeError)


def test_high_below_low_names_the_first_bar_and_asset():
    high = np.array([[2.0, 2.0], [2.0, 0.5], [0.4, 2.0]])
    refused(
        r"high must be >= low, was 0.5 under low 1 for B on bar 1 \(2010-01-05\)",
        np.full((3, 2), NAN),
        high=high,
        low=np.ones((3, 2)),
        time=DAYS,
        assets=["A", "B"],
    )


def test_open_or_close_outside_the_range():
    refused(
        "open must lie within .* was 3 with high 2 for asset on bar 1",
        [1, 2],
        open=[1, 3],
        high=[1, 2],
    )
    refused("close must lie within .* was 1 with low 1.5 for asset on bar 0", [1, 2], low=[1.5, 2])


def test_open_or_close_outside_the_range_by_rounding_is_kept():
    close = 100.0 * (1.0 + 5e-7)
    assert Bars.from_arrays([close], high=[100.0]).close[0, 0] == close
    refused("must lie within", [100.0 * (1.0 + 2e-6)], high=[100.0])


def test_missing_highs_and_lows_hide_nothing_and_refuse_nothing():
    bars = Bars.from_arrays([5.0, NAN, 5.0], high=[NAN, 6.0, 6.0], low=[1.0, NAN, NAN])
    assert len(bars) == 3


@pytest.mark.parametrize("name", ["open", "high", "low", "settlement", "volume"])
def test_infinite_numbers(name):
    refused(
        f"{name} must be finite or NaN, was infinite for asset on bar 1", [1, 2], **{name: [1, INF]}
    )


def test_infinite_closes_after_missing_ones():
    refused(
        r"close must be finite .* for B on bar 2",
        [[1, NAN], [1, NAN], [1, -INF]],
        assets=["A", "B"],
    )


@pytest.mark.parametrize("price", [0.0, -1.0])
@pytest.mark.parametrize("contracts", [None, {"A": "ES"}])
def test_prices_of_zero_or_less_are_for_futures_only(price, contracts):
    refused(
        "close must be > 0 .only futures.*for B on bar 1",
        [[1.0, 1.0], [1.0, price]],
        assets=["A", "B"],
        contracts=contracts,
    )


def test_negative_volume():
    refused("volume must be >= 0, was -5 for asset on bar 0", [1.0], volume=[-5])
    assert Bars.from_arrays([1.0], volume=[0]).volume[0, 0] == 0.0


@pytest.mark.parametrize(
    ("time", "message"),
    [
        (["2010-01-04", "2010-01-04", "2010-01-03"], "2010-01-04 is on bar 0 and again on bar 1"),
        (["2010-01-04", "2010-01-06", "2010-01-05"], r"bar 2 \(2010-01-05\) is earlier than bar 1"),
        (DAYS[:2], "one stamp a bar: 3 bars, 2 stamps"),
        ([*DAYS[:2], None], "bar 2 has no time"),
        (
            np.array([*DAYS[:2], "9999-12-31"], "datetime64[D]"),
            "must lie between .* was 9999-12-31",
        ),
        (np.array([DAYS]), r"time must have shape \(T,\), was \(1, 3\)"),
    ],
)
def test_times_that_do_not_rise_or_fit(time, message):
    refused(message, [1.0, 2.0, 3.0], time=time)


@pytest.mark.parametrize(
    ("time", "kind"),
    [
        ([1, 2, 3], "int64 data"),
        ([1.0, 2.0, 3.0], "float64 data"),
        (["a", "b", "c"], "text such as 'a'"),
        (["2010-01-04T00:00Z", "2010-01-05T00:00Z", "2010-01-06T00:00Z"], "without a zone"),
        (pl.Series([1, 2, 3]), "Int64 data"),
        ([object(), object(), object()], "object such as"),
    ],
)
def test_times_that_are_no_dates(time, kind):
    refused(f"time must be dates.*{kind}", [1.0, 2.0, 3.0], time=time, error=TypeError)


def test_names_that_repeat_or_do_not_fit():
    refused("'A' is there twice", np.ones((1, 2)), assets=["A", "A"])
    refused("2 columns, 1 names", np.ones((1, 2)), assets=["A"])


def test_frames_whose_columns_stand_in_another_order():
    close, open_ = pl.DataFrame({"A": [1.0], "B": [2.0]}), pl.DataFrame({"B": [2.0], "A": [1.0]})
    refused(
        "open must have the columns of close in the same order, A, B; had B, A", close, open=open_
    )


def test_pandas_series_of_another_index():
    index = pd.to_datetime(DAYS)
    close, low = pd.Series([1.0, 2.0], index=index[:2]), pd.Series([1.0, 2.0], index=index[1:])
    refused("low must have the index of close", close, low=low)


def test_calendar_and_events_of_other_types():
    refused("calendar must be a name such as 'XNYS', was 24", [1.0], calendar=24, error=TypeError)
    refused(r"events must be an Events.*was a list", [1.0], events=[(0, 1.0)], error=TypeError)


def test_splits_on_prices_adjusted_for_them():
    events = Events(splits=[(1, "asset", 2.0)])
    refused("applied twice", [1.0, 2.0], adjustment="splits", events=events)
    assert Bars.from_arrays([1.0, 2.0], adjustment="splits", events=Events(cash_flows=[(0, 1.0)]))
