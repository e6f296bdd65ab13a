"""Splits and cash flows find their bars."""

from datetime import date

import numpy as np
import pandas as pd
import polars as pl
import pytest

from barledger.data.bars import Bars
from barledger.data.events import Events

DAYS = ["2010-01-04", "2010-01-05", "2010-01-08"]


def bars(events=None, time=DAYS):
    return Bars.from_arrays(np.ones((3, 2)), time=time, assets=["A", "B"], events=events)


@pytest.mark.parametrize(
    "splits",
    [
        [("2010-01-05", "A", 2), (date(2010, 1, 8), "B", 0.1)],
        {"A": [("2010-01-05", 2)], "B": [(np.datetime64("2010-01-08"), 0.1)]},
        pl.DataFrame({"time": DAYS[1:], "asset": ["A", "B"], "value": [2.0, 0.1]}),
        pl.DataFrame(
            {
                "Ratio": [2.0, 0.1],
                "Symbol": ["A", "B"],
                "Date": [date(2010, 1, 5), date(2010, 1, 8)],
            }
        ),
        pd.DataFrame({"time": pd.to_datetime(DAYS[1:]), "asset": ["A", "B"], "split": [2.0, 0.1]}),
        pl.DataFrame({"time": DAYS[1:], "asset": ["A", "B"], "value": [2.0, 0.1]}).to_arrow(),
        np.array([[np.nan, 1.0], [2.0, np.nan], [1.0, 0.1]]),
    ],
)
def test_splits_of_every_form_are_the_same(splits):
    found = bars(Events(splits=splits))
    assert found.events.split_rows(found) == [(1, 0, 2.0), (2, 1, 0.1)]


@pytest.mark.parametrize(
    "flows",
    [
        [("2010-01-05", 100), ("2010-01-08", -50.0)],
        pl.DataFrame({"time": DAYS[1:], "value": [100, -50]}),
        pd.DataFrame({"date": pd.to_datetime(DAYS[1:]), "Amount": [100.0, -50.0]}),
        np.array([0.0, 100.0, -50.0]),
        np.array([np.nan, 100.0, -50.0]),
    ],
)
def test_cash_flows_of_every_form_are_the_same(flows):
    found = bars(Events(cash_flows=flows))
    assert found.events.flow_rows(found) == [(1, 100.0), (2, -50.0)]


@pytest.mark.parametrize(
    ("stamp", "rows"),
    [
        ("2010-01-03", []),  # strictly before the first bar
        ("2010-01-04", [(0, 0, 2.0)]),
        ("2010-01-04T09:30", [(1, 0, 2.0)]),  # inside the first bar: the next one
        ("2010-01-06", [(2, 0, 2.0)]),  # no bar that day: the next one
        ("2010-01-08", [(2, 0, 2.0)]),
        ("2010-01-09", []),  # after the last bar
    ],
)
def test_event_belongs_to_the_first_bar_at_or_after_its_stamp(stamp, rows):
    events = Events(splits=[(stamp, "A", 2)], cash_flows=[(stamp, 1.0)])
    assert events.split_rows(bars()) == rows
    assert events.flow_rows(bars()) == [(bar, 1.0) for bar, _, _ in rows]


def test_events_are_by_bar_and_then_in_the_order_given():
    flows = [("2010-01-08", 1.0), ("2010-01-05", 2.0), ("2010-01-05", 3.0), ("2010-01-06", 4.0)]
    assert Events(cash_flows=flows).flow_rows(bars()) == [(1, 2.0), (1, 3.0), (2, 1.0), (2, 4.0)]


def test_split_of_a_date_is_on_its_first_intraday_bar():
    time = ["2010-01-04T15:00", "2010-01-05T09:30", "2010-01-05T15:00"]
    assert Events(splits=[("2010-01-05", "B", 2)]).split_rows(bars(time=time)) == [(1, 1, 2.0)]


def test_bars_without_times_take_bar_numbers():
    events = Events(splits=[(1, "A", 2)], cash_flows=[(np.int64(2), 5.0)])
    numbered = bars(events, time=None)
    assert numbered.events.split_rows(numbered) == [(1, 0, 2.0)]
    assert numbered[1:].events.flow_rows(numbered[1:]) == [(1, 5.0)]
    assert numbered[2:].events.split_rows(numbered[2:]) == []


def test_events_by_position_stay_with_their_bars_through_slices():
    whole = bars(Events(splits=np.array([[np.nan, 1.0], [2.0, 3.0], [1.0, 0.1]])))
    assert whole["B"].events.split_rows(whole["B"]) == [(1, 0, 3.0), (2, 0, 0.1)]
    assert whole[1:].events.split_rows(whole[1:]) == [(0, 0, 2.0), (0, 1, 3.0), (1, 1, 0.1)]


def test_ratio_of_one_and_amount_of_zero_are_nothing():
    assert Events(splits=[("2010-01-05", "A", 1.0)], cash_flows=[("2010-01-05", 0)]) == Events()


def test_events_count_themselves():
    events = Events(splits=[("2010-01-05", "A", 2)], cash_flows=np.array([0.0, 5.0, 6.0]))
    assert repr(events) == "Events(splits=1, cash_flows=2)"


@pytest.mark.parametrize("ratio", [0, -2.0, np.nan, np.inf])
def test_ratio_that_is_no_ratio(ratio):
    with pytest.raises(ValueError, match=r"ratio must be > 0 .*for A at 2010-01-05"):
        Events(splits=[("2010-01-05", "A", ratio)])


def test_ratio_of_zero_by_position():
    with pytest.raises(ValueError, match=r"ratio must be > 0 .*was 0.0 on bar 1"):
        Events(splits=np.array([[1.0], [0.0]]))


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (
            {"cash_flows": [("2010-01-05", np.nan)]},
            ValueError,
            "a cash flow must be a number, was nan",
        ),
        ({"cash_flows": np.array([0.0, np.inf])}, ValueError, "cash_flows must be finite"),
        ({"cash_flows": [("2010-01-05",)]}, ValueError, r"rows \(time, amount\), one was"),
        ({"splits": [("2010-01-05", 2)]}, ValueError, r"rows \(time, asset, ratio\), one was"),
        (
            {"splits": pl.DataFrame({"time": DAYS})},
            ValueError,
            "columns time, asset, value; found time",
        ),
        ({"splits": [("soon", "A", 2)]}, TypeError, "an event's time must be dates.*'soon'"),
        ({"splits": np.array(["a"])}, TypeError, "splits must be an array of numbers"),
        ({"bonuses": []}, TypeError, "unexpected keyword argument 'bonuses'"),
    ],
)
def test_events_that_say_nothing_are_refused(given, error, message):
    with pytest.raises(error, match=message):
        Events(**given)


@pytest.mark.parametrize(
    ("splits", "error", "message"),
    [
        ([("2010-01-05", "AA", 2)], ValueError, "unknown asset 'AA'; did you mean 'A'"),
        ([("2010-01-05", "QQQ", 2)], ValueError, "unknown asset 'QQQ'; the assets are A, B"),
        (
            [(1, "A", 2)],
            TypeError,
            "these bars have times: give the event's date, not bar number 1",
        ),
        (
            np.full((2, 2), 2.0),
            ValueError,
            r"splits must have the shape of the bars \(3, 2\), was \(2, 2\)",
        ),
    ],
)
def test_events_that_do_not_fit_the_bars_are_refused(splits, error, message):
    with pytest.raises(error, match=message):
        bars(Events(splits=splits))


def test_dates_do_not_fit_numbered_bars():
    with pytest.raises(TypeError, match="no times: give the event's bar number, not 2010-01-05"):
        bars(Events(splits=[("2010-01-05", "A", 2)]), time=None)
