"""Trade dates follow the exchange's clock, not UTC's."""

import numpy as np
import pytest

from barledger.instruments.sessions import trade_days

CHICAGO = {"zone": "America/Chicago", "cut": "17:00"}


def dates(*moments, **options):
    days = trade_days(np.array(moments, "datetime64[ns]"), **options)
    return days.dates.astype(str).tolist()


@pytest.mark.parametrize("options", [{"calendar": "CMES"}, CHICAGO])
def test_trade_date_of_cme_begins_at_17_in_chicago(options):
    # winter: 17:00 CST is 23:00 UTC; summer: 17:00 CDT is 22:00 UTC
    assert dates("2024-01-03T22:59", "2024-01-03T23:00", **options) == ["2024-01-03", "2024-01-04"]
    assert dates("2024-07-09T21:59", "2024-07-09T22:00", **options) == ["2024-07-09", "2024-07-10"]


@pytest.mark.parametrize("options", [{"calendar": "CMES"}, CHICAGO])
def test_clock_changes_move_the_cut(options):
    # clocks go forward in Chicago on Sunday 2024-03-10 and back on Sunday 2024-11-03
    assert dates("2024-03-08T22:59", "2024-03-08T23:00", **options) == ["2024-03-08", "2024-03-11"]
    assert dates("2024-03-11T21:59", "2024-03-11T22:00", **options) == ["2024-03-11", "2024-03-12"]
    assert dates("2024-11-01T21:59", "2024-11-04T22:59", **options) == ["2024-11-01", "2024-11-04"]
    assert dates("2024-11-04T23:00", **options) == ["2024-11-05"]


def test_sunday_evening_and_holidays_belong_to_the_next_session():
    assert dates("2024-01-07T23:30", **CHICAGO) == ["2024-01-08"]
    # Good Friday 2024-03-29: no session; what trades on the evening before is Monday's
    assert dates("2024-03-28T23:00", calendar="CMES") == ["2024-04-01"]


def test_stock_exchanges_use_their_local_date():
    # 20:30 in New York is after midnight in UTC
    assert dates("2024-01-03T14:30", "2024-01-04T01:30", calendar="XNYS") == ["2024-01-03"] * 2


def test_sessions_begin_and_end_where_the_next_one_begins():
    days = trade_days(np.array(["2024-03-11T12:00"], "datetime64[ns]"), "CMES")
    assert str(days.starts[0])[:16] == "2024-03-10T22:00"
    assert str(days.ends[0])[:16] == "2024-03-11T22:00"


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({}, "trade dates need a calendar such as 'CMES'"),
        ({"calendar": "CMES", **CHICAGO}, "not both"),
        ({"calendar": "CMEX"}, "no exchange calendar 'CMEX'; near: "),
        ({"zone": "Chicago", "cut": "17:00"}, "no time zone 'Chicago'"),
        ({"zone": "UTC", "cut": "5 pm"}, "cut must be a time of day"),
    ],
)
def test_bad_input_is_refused(options, match):
    with pytest.raises(ValueError, match=match):
        dates("2024-01-03T22:59", **options)


def test_a_calendar_that_does_not_reach_back_is_named():
    with pytest.raises(ValueError, match="calendar 'XKRX' does not reach from 1899"):
        dates("1900-01-03T12:00", calendar="XKRX")


def test_numbered_bars_have_no_trade_dates():
    with pytest.raises(TypeError, match="only numbered"):
        trade_days(np.arange(3), "CMES")
