"""Trade dates: which session of an exchange a moment belongs to, daylight saving included.

CME's trade date begins at 17:00 in Chicago on the evening before; that of a stock exchange is the
date where the exchange is.
"""

from datetime import date, datetime, timedelta
from datetime import time as clock
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt

from barledger.instruments.calendar import Ints, dates_of, exchange_calendar

Times = npt.NDArray[Any]
WITH_ZONE = "pip install 'barledger[calendars]', or give zone= and cut="
WITHOUT = "pip install 'barledger[calendars]', or give the bars no calendar: UTC dates then"
MARGIN = 40  # days around the bars, so that the session before and after are there


class TradeDays(NamedTuple):
    """Trade date of each of T moments, and the instants (UTC) it begins and ends at, (T,)."""

    dates: Times
    starts: Times
    ends: Times


class _Table(NamedTuple):
    """Sessions in order: date, first instant, first instant of the next one."""

    dates: Times
    starts: Times
    ends: Times


def trade_days(
    time: Times, calendar: str | None = None, *, zone: str | None = None, cut: str | None = None
) -> TradeDays:
    """Return the trade date of each moment.

    Parameters
    ----------
    time
        (T,) datetime64, UTC.
    calendar
        Exchange calendar, such as ``"CMES"`` or ``"XNYS"`` (needs exchange_calendars): its zone,
        its sessions, and, where sessions open on the evening before, the time they do.
    zone, cut
        Without a calendar: a zone and the time of day at which the next trade date begins, such as
        ``"America/Chicago"`` and ``"17:00"``; sessions are then Monday to Friday.

    Notes
    -----
    A moment on no session, such as Sunday evening or a holiday, belongs to the next session. What
    trades on the evening before a holiday is therefore of the session after it.

    Examples
    --------
    >>> sunday = np.array(["2024-03-10T22:00", "2024-03-11T21:59"], "datetime64[ns]")  # 17:00 CDT
    >>> trade_days(sunday, zone="America/Chicago", cut="17:00").dates
    array(['2024-03-11', '2024-03-11'], dtype='datetime64[D]')
    """
    if time.dtype.kind != "M":
        raise TypeError("trade dates need bars with times, these are only numbered")
    first = time[0].astype("datetime64[D]").item() - timedelta(days=MARGIN)
    last = time[-1].astype("datetime64[D]").item() + timedelta(days=MARGIN)
    table = _table(calendar, zone, cut, first, last)
    at = np.searchsorted(table.ends, time.astype("datetime64[ns]"), side="right")
    return TradeDays(table.dates[at], table.starts[at], table.ends[at])


def session_dates(time: Times, calendar: str | None = None) -> Ints:
    """Return the session that each bar belongs to, (T,) int64 days since 1970-01-01.

    By the calendar its trade date, whose sessions may begin on the evening before. Without one, and
    where all stamps are midnights, which are session dates already, the date of the stamp. Bars
    that are only numbered are a session each.

    Parameters
    ----------
    time
        Stamps (T,), UTC, rising; or bar numbers.
    calendar
        As in `trade_days`.

    Examples
    --------
    >>> evening = np.array(["2024-03-11T21:59", "2024-03-11T22:00"], "datetime64[ns]")
    >>> session_dates(evening, "CMES").astype("datetime64[D]")
    array(['2024-03-11', '2024-03-12'], dtype='datetime64[D]')
    """
    dates = dates_of(time)
    if calendar is None or calendar == "24/7" or time.dtype.kind != "M":
        return dates
    if (time == dates.astype("datetime64[D]")).all():
        return dates
    margin = timedelta(days=MARGIN)
    first, last = (time[at].astype("datetime64[D]").item() for at in (0, -1))
    table = _of_calendar(calendar, first - margin, last + margin, WITHOUT)
    before = np.searchsorted(time, table.ends)  # bars before each end
    return np.repeat(table.dates.astype(np.int64), np.diff(before, prepend=0))


def sessions_between(
    first: Any,
    last: Any,
    calendar: str | None = None,
    *,
    zone: str | None = None,
    cut: str | None = None,
) -> Times:
    """Return the sessions from the first to the last date, both included, datetime64[D].

    Parameters
    ----------
    first, last
        Dates.
    calendar, zone, cut
        As in `trade_days`.
    """
    days = [np.datetime64(day, "D") for day in (first, last)]
    margin = timedelta(days=MARGIN)
    table = _table(calendar, zone, cut, days[0].item() - margin, days[1].item() + margin)
    return table.dates[(table.dates >= days[0]) & (table.dates <= days[1])]


def _table(
    calendar: str | None, zone: str | None, cut: str | None, first: date, last: date
) -> _Table:
    if calendar is not None:
        if zone is not None or cut is not None:
            raise ValueError("give a calendar, or zone and cut, not both")
        return _of_calendar(calendar, first, last, WITH_ZONE)
    if zone is None or cut is None:
        raise ValueError(
            "trade dates need a calendar such as 'CMES' or 'XNYS', or zone= and cut=, such as "
            "zone='America/Chicago', cut='17:00'"
        )
    days = np.arange(np.datetime64(first, "D"), np.datetime64(last, "D"))
    return _made(days[np.is_busday(days)], _zone(zone), _clock(cut))


@lru_cache(maxsize=8)
def _of_calendar(name: str, first: date, last: date, remedy: str) -> _Table:
    made = exchange_calendar(name, first, last, "trade dates", remedy)
    sessions = made.sessions.to_numpy().astype("datetime64[D]")
    opens_before = made.open_offset < 0
    cut = made.open_times[-1][1] if opens_before else clock(0)
    return _made(sessions, ZoneInfo(str(made.tz)), cut)


def _made(sessions: Times, zone: ZoneInfo, cut: clock) -> _Table:
    """Return the table of sessions that begin at `cut`: the evening before, or at midnight."""
    evening = cut != clock(0)
    begin = timedelta(days=-1 if evening else 0)
    starts = [_instant(day + begin, cut, zone) for day in sessions.tolist()]
    end = begin + timedelta(days=1)
    ends = [_instant(day + end, cut, zone) for day in sessions.tolist()]
    return _Table(sessions, np.array(starts, "datetime64[ns]"), np.array(ends, "datetime64[ns]"))


def _instant(day: date, cut: clock, zone: ZoneInfo) -> np.datetime64:
    moment = datetime.combine(day, cut, tzinfo=zone)
    return np.datetime64(int(moment.timestamp()), "s")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"no time zone {name!r}; names are such as 'America/Chicago'") from error


def _clock(cut: str) -> clock:
    try:
        return clock.fromisoformat(cut)
    except ValueError as error:
        raise ValueError(f"cut must be a time of day such as '17:00', was {cut!r}") from error
