"""Wider bars hold what the narrower ones held, and are seen only when complete."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barledger.data.bars import Bars
from barledger.data.resampling import resample

CHICAGO = {"zone": "America/Chicago", "cut": "17:00"}
NAN = np.nan


def minutes(start, closes, **matrices):
    time = np.datetime64(start, "ns") + np.arange(len(closes)) * np.timedelta64(60, "s")
    return Bars.from_arrays(closes, time=time, **matrices)


def stamps(bars):
    return bars.time.astype("datetime64[m]").astype(str).tolist()


def test_five_minutes_become_one_bar():
    bars = minutes(
        "2024-01-02T00:00",
        [2.0, 3.0, 4.0, 2.5, 3.5, 9.0],
        open=[1.0, 2.0, 3.0, 4.0, 2.5, 8.0],
        high=[2.0, 3.0, 5.0, 4.0, 3.5, 9.0],
        low=[1.0, 2.0, 3.0, 2.5, 2.0, 8.0],
        volume=[1, 2, 3, 4, NAN, 6],
        settlement=[NAN, NAN, 3.3, NAN, NAN, NAN],
    )
    wide = resample(bars, "5m").bars
    assert stamps(wide) == ["2024-01-02T00:00", "2024-01-02T00:05"]
    first = {name: matrix[0, 0] for name, matrix in wide.matrices.items()}
    assert first == {
        "open": 1.0, "high": 5.0, "low": 1.0, "close": 3.5, "volume": 10.0, "settlement": 3.3,
    }  # fmt: skip


def test_gaps_of_one_asset_stay_its_own():
    closes = [[1.0, NAN], [NAN, 5.0], [NAN, NAN], [4.0, NAN]]
    wide = resample(minutes("2024-01-02T00:00", closes, open=closes), "2m").bars
    assert np.array_equal(wide.close, [[1.0, 5.0], [4.0, NAN]], equal_nan=True)
    assert np.array_equal(wide.open, [[1.0, 5.0], [4.0, NAN]], equal_nan=True)


def test_session_bars_are_cut_at_17_in_chicago_in_winter_and_summer():
    for day, cut in (("2024-01-03", "23:00"), ("2024-07-09", "22:00")):
        start = np.datetime64(f"{day}T{cut}") - np.timedelta64(2, "m")
        wide = resample(minutes(start, [1.0, 2.0, 3.0, 4.0]), "session", **CHICAGO).bars
        assert wide.close[:, 0].tolist() == [2.0, 4.0]
        assert stamps(wide)[0] == f"{day}T00:00"


def test_hours_are_counted_from_the_start_of_the_session():
    # 4-hour bars begin at 17:00, 21:00, … in Chicago: 23:00 and 03:00 UTC in winter, 22:00 in summer
    for day, first in (("2024-01-03", "23:00"), ("2024-07-09", "22:00")):
        bars = minutes(f"{day}T{first}", np.arange(300.0) + 1.0)
        wide = resample(bars, "4h", **CHICAGO).bars
        assert stamps(wide)[0].endswith(first)
        assert wide.close[:, 0].tolist() == [240.0, 300.0]


def test_no_interval_spans_two_sessions():
    bars = minutes("2024-01-03T22:58", [1.0, 2.0, 3.0, 4.0])
    assert resample(bars, "7m", **CHICAGO).bars.close[:, 0].tolist() == [2.0, 4.0]


def test_quiet_minutes_are_left_out_or_filled():
    quarters = ("2024-01-03T10:00", "2024-01-03T10:01", "2024-01-03T10:04", "2024-01-04T10:00")
    time = np.array(quarters, "datetime64[ns]")
    prices = {"open": [0.5, 1.0, 2.0, 3.0], "volume": [5, 4, 6, 7]}
    bars = Bars.from_arrays([1.0, 1.0, 2.0, 3.0], time=time, **prices)
    assert len(resample(bars, "1m").bars) == 4
    wide = resample(bars, "1m", empty="fill", **CHICAGO).bars
    assert wide.close[:, 0].tolist() == [1.0, 1.0, 1.0, 1.0, 2.0, 3.0]
    assert wide.open[:, 0].tolist() == [0.5, 1.0, 1.0, 1.0, 2.0, 3.0]
    assert wide.volume[:, 0].tolist() == [5.0, 4.0, 0.0, 0.0, 6.0, 7.0]
    assert stamps(wide)[4:] == ["2024-01-03T10:04", "2024-01-04T10:00"]


def test_an_asset_is_not_filled_before_its_first_bar():
    closes = [[1.0, NAN], [2.0, NAN], [3.0, 5.0], [4.0, NAN]]
    wide = resample(minutes("2024-01-03T10:00", closes), "1m", empty="fill", **CHICAGO).bars
    assert np.array_equal(wide.close[:, 1], [NAN, NAN, 5.0, 5.0], equal_nan=True)


def test_a_wider_bar_is_seen_from_the_bar_that_completes_it_on():
    both = resample(minutes("2024-01-02T00:00", np.arange(1.0, 8.0)), "3m")
    seen = both.seen(both.bars.close)[:, 0]
    assert np.array_equal(seen, [NAN, NAN, 3, 3, 3, 6, 6], equal_nan=True)


def test_an_interval_whose_last_minutes_are_missing_is_seen_one_bar_later():
    time = np.array(["2024-01-02T00:00", "2024-01-02T00:01", "2024-01-02T00:03"], "datetime64[ns]")
    both = resample(Bars.from_arrays([1.0, 2.0, 3.0], time=time), "3m")
    assert np.array_equal(both.seen(both.bars.close)[:, 0], [NAN, NAN, 2.0], equal_nan=True)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(1, 400), min_size=2, max_size=60), st.sampled_from(["5m", "1h", "session"])
)
def test_nothing_of_the_future_is_seen(steps, timeframe):
    time = np.datetime64("2024-03-08T20:00", "ns") + np.cumsum(steps) * np.timedelta64(60, "s")
    closes = np.arange(1.0, len(time) + 1.0)
    both = (
        resample(Bars.from_arrays(closes, time=time), timeframe, **CHICAGO)
        if wide_enough(time, timeframe)
        else None
    )
    if both is None:
        return
    seen = both.seen(both.bars.close)[:, 0]  # a close here is the number of the bar it came from
    assert np.all(np.isnan(seen) | (seen <= closes))
    for cut in range(2, len(time)):  # later bars change nothing of what was seen before
        part = Bars.from_arrays(closes[:cut], time=time[:cut])
        if wide_enough(time[:cut], timeframe):
            then = resample(part, timeframe, **CHICAGO)
            was = then.seen(then.bars.close, source_timeframe="1m")[:, 0]
            now = both.seen(both.bars.close, source_timeframe="1m")[:cut, 0]
            assert np.array_equal(was, now, equal_nan=True)


def wide_enough(time, timeframe):
    widths = {"5m": 300, "1h": 3600, "session": 1_000_000}
    return np.diff(time).min() <= np.timedelta64(widths[timeframe], "s")


def test_contracts_sources_and_notes_go_along():
    bars = minutes("2024-01-02T00:00", [1.0, 2.0], contracts="ES", assets="ES", calendar="CMES")
    wide = bars.with_notes("first", sources=["file"]).resample("session")
    assert wide.contracts == bars.contracts
    assert wide.calendar == "CMES"
    assert wide.sources == ("file",)
    assert wide.notes == ("first", "bars of session made of 2 narrower ones")


@pytest.mark.parametrize(
    ("timeframe", "options", "error", "match"),
    [
        ("session", {}, ValueError, "session bars need a calendar"),
        ("30s", {}, ValueError, "60 seconds apart cannot become bars of 30s"),
        ("5min", {}, ValueError, "a timeframe is a number"),
        ("5m", {"empty": "drop"}, ValueError, "empty must be leave_out or fill"),
        ("5m", {"empty": "fill"}, ValueError, "a quiet minute from a closed exchange"),
    ],
)
def test_bad_input_is_refused(timeframe, options, error, match):
    with pytest.raises(error, match=match):
        resample(minutes("2024-01-02T00:00", [1.0, 2.0]), timeframe, **options)


def test_dates_are_session_bars_already():
    with pytest.raises(ValueError, match="session bars already"):
        resample(Bars.sample(), "session")
    weeks = resample(Bars.sample(), "7d").bars
    assert len(weeks) == 680


def test_bars_without_times_and_wrong_values_are_refused():
    with pytest.raises(TypeError, match="only numbered"):
        resample(Bars.from_arrays([1.0, 2.0]), "5m")
    both = resample(minutes("2024-01-02T00:00", [1.0, 2.0]), "5m")
    with pytest.raises(ValueError, match="one for each of the 1 wider bars, were 2"):
        both.seen([1.0, 2.0])
