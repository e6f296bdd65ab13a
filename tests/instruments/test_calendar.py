"""Settlement, dates and bars a year."""

import sys
from datetime import date, datetime

import numpy as np
import pytest

from barledger.instruments.calendar import (
    dates_of,
    months_of,
    periods_per_year,
    settlement_bars,
    settlement_date,
)


def days(first, last, step=1):
    return np.arange(first, last, step, dtype="datetime64[D]").astype("datetime64[ns]")


@pytest.mark.parametrize(
    ("trade", "wait", "settled"),
    [
        ("2024-05-28", 1, "2024-05-29"),
        ("2024-05-24", 2, "2024-05-29"),  # over Memorial Day
        ("2026-07-02", 1, "2026-07-06"),  # Independence Day is kept on Friday
        ("2026-12-24", 1, "2026-12-28"),  # Christmas
        ("2026-11-25", 1, "2026-11-27"),  # Thanksgiving
        ("2001-09-10", 3, "2001-09-19"),  # the exchange was shut for four sessions
    ],
)
def test_trades_settle_on_exchange_days(trade, wait, settled):
    assert str(settlement_date(trade, wait, "XNYS")) == settled


@pytest.mark.parametrize(
    ("trade", "settled"),
    [
        ("2017-09-01", "2017-09-07"),  # Friday, T+3, over Labor Day
        ("2017-09-05", "2017-09-07"),  # T+2 begins
        ("2024-05-24", "2024-05-29"),  # the last T+2, over Memorial Day
        ("2024-05-28", "2024-05-29"),  # T+1 begins: both settle together
    ],
)
def test_days_by_date_follow_the_rule_of_the_trade_date(trade, settled):
    assert str(settlement_date(trade, "by_date", "XNYS")) == settled


def test_without_a_calendar_business_days_are_monday_to_friday():
    assert str(settlement_date("2026-11-25", 1)) == "2026-11-26"
    assert str(settlement_date("2026-11-27", 1)) == "2026-11-30"


def test_trade_on_a_weekend_counts_like_friday():
    assert str(settlement_date("2026-11-28", 1)) == str(settlement_date("2026-11-28", 1, "XNYS"))
    assert str(settlement_date("2026-11-28", 1)) == "2026-11-30"


@pytest.mark.parametrize("trade", [date(2026, 11, 27), datetime(2026, 11, 27, 15)])
def test_trade_date_may_be_a_date_or_datetime(trade):
    assert settlement_date(trade, 1) == np.datetime64("2026-11-30")
    assert settlement_date(trade, 0) == np.datetime64("2026-11-27")


def test_sale_before_thanksgiving_is_usable_on_friday():
    time = np.array(["2026-11-24", "2026-11-25", "2026-11-27", "2026-11-30"], "datetime64[ns]")
    assert settlement_bars(time, 1, "XNYS").tolist() == [1, 2, 3, 4]


def test_all_bars_of_a_date_settle_on_the_first_bar_of_the_settlement_date():
    hours = ["2026-06-01T10", "2026-06-01T15", "2026-06-02T10", "2026-06-02T15", "2026-06-04T10"]
    found = settlement_bars(np.array(hours, "datetime64[ns]"), 1)
    assert found.tolist() == [2, 2, 4, 4, 5]  # the 2nd settles on the 3rd, first seen on the 4th
    assert found.dtype == np.int64


def test_settlement_by_date_uses_the_wait_of_each_bar():
    time = np.array(["2024-05-24", "2024-05-28", "2024-05-29", "2024-05-30"], "datetime64[ns]")
    assert settlement_bars(time, "by_date", "XNYS").tolist() == [2, 2, 3, 4]


def test_zero_days_settle_at_once():
    time = np.array(["2026-06-01T10", "2026-06-01T15"], "datetime64[ns]")
    assert settlement_bars(time, 0).tolist() == [0, 1]


def test_bars_without_times_are_a_business_day_each():
    assert settlement_bars(np.arange(4), 2).tolist() == [2, 3, 4, 4]
    with pytest.raises(ValueError, match="'by_date' needs times"):
        settlement_bars(np.arange(4), "by_date")


@pytest.mark.parametrize("wait", [-1, 1.5, True, "T+1"])
def test_days_that_are_no_number_of_days_are_refused(wait):
    with pytest.raises(ValueError, match="days must be a whole number >= 0 or 'by_date', was"):
        settlement_date("2026-06-01", wait)


def test_unknown_calendar_suggests_near_ones():
    with pytest.raises(ValueError, match=r"no exchange calendar 'XNYX'; near: .*XNYS"):
        settlement_date("2026-06-01", 1, "XNYX")


def test_calendar_that_does_not_reach_back_is_named():
    with pytest.raises(ValueError, match="'XSHG' does not reach from 1950-01-02"):
        settlement_date("1950-01-02", 1, "XSHG")


def test_missing_calendar_package_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "exchange_calendars", None)
    with pytest.raises(ImportError, match=r"pip install barledger\[calendars\]"):
        settlement_date("1990-06-01", 1, "XNYS")


def test_dates_and_months_count_from_1970():
    time = np.array(["1969-12-31T23:59", "1970-01-01", "2000-03-01T12"], "datetime64[ns]")
    assert dates_of(time).tolist() == [-1, 0, 11_017]
    assert months_of(time).tolist() == [-1, 0, 362]


def test_numbered_bars_are_a_date_each_in_one_month():
    assert dates_of(np.arange(3)).tolist() == [0, 1, 2]
    assert months_of(np.arange(3)).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("time", "kinds", "periods", "words"),
    [
        (np.arange(10), ["stock"], 252.0, "no times given"),
        (days("2026-06-01", "2026-06-02"), ["stock"], 252.0, "one date only"),
        (days("2026-06-01", "2026-06-06"), ["stock"], 252.0, "daily bars, 252 trading days"),
        (days("2026-06-01", "2026-06-06"), ["coin", "coin"], 365.0, "365 days a year .coins"),
        (days("2026-06-01", "2026-07-01"), ["future"], 365.0, "most weeks have weekend bars"),
        (days("2026-06-01", "2026-06-06"), ["future"], 252.0, "252 trading days"),
        (days("2026-06-01", "2026-12-01", 7), ["stock"], 52.0, "weekly bars"),
        (days("2026-06-01", "2026-06-21", 2), ["stock"], 365.25 / 2, "2 days apart"),
    ],
)
def test_periods_per_year_come_from_the_spacing(time, kinds, periods, words):
    found, reason = periods_per_year(time, kinds)
    assert found == periods
    assert words.replace(".", "(") in reason


@pytest.mark.parametrize(("step", "periods"), [(1, 12.0), (3, 4.0)])
def test_months_and_quarters_are_counted(step, periods):
    months = np.arange("2020-01", "2024-01", step, dtype="datetime64[M]").astype("datetime64[ns]")
    assert periods_per_year(months, ["stock"])[0] == periods


def test_calendar_24_7_has_365_days():
    assert periods_per_year(days("2026-06-01", "2026-06-06"), ["stock"], "24/7")[0] == 365.0


def test_intraday_bars_are_those_of_the_median_date_times_days():
    # 23 hours of minute bars from Monday to Thursday, 22 on Friday: 1380 * 252 = 347,760
    dates = days("2026-06-01", "2026-06-06")
    minutes = np.arange(1380).astype("timedelta64[m]")
    time = np.concatenate(
        [day + minutes[: 1320 if i == 4 else None] for i, day in enumerate(dates)]
    )
    found, reason = periods_per_year(time, ["future"])
    assert found == pytest.approx(347_760.0, abs=1e-6)
    assert "1380 on the median date" in reason


def test_dropping_bars_does_not_shorten_the_year():
    time = days("2026-06-01", "2026-09-01")
    weekdays = time[np.is_busday(time.astype("datetime64[D]"))]
    half = np.delete(weekdays, np.arange(0, len(weekdays), 4))
    assert periods_per_year(half, ["stock"])[0] == 252.0
