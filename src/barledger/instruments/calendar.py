"""Dates and sessions: when trades settle, which bars share a date, how many bars make a year.

Dates are those of the stamps as they are; stamps are taken as UTC unless the data says otherwise.
Bars without times are numbered, and count as one business day each.
"""

import warnings
from collections.abc import Sequence
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt

Days = int | Literal["by_date"]
Ints = npt.NDArray[np.int64]
Times = npt.NDArray[Any]  # (T,) datetime64, or int64 bar numbers

NANOSECONDS_A_DAY = 86_400_000_000_000

# SEC Rule 15c6-1: standard settlement of US securities by trade date.
T_PLUS_2_FROM = np.datetime64("2017-09-05")
T_PLUS_1_FROM = np.datetime64("2024-05-28")
LONGEST_CLOSURE = 30  # calendar days that any three business days fit in, with room


def dates_of(time: Times) -> Ints:
    """Return the date of each bar, (T,) int64 days since 1970-01-01.

    Bar numbers are returned as they are: each such bar is a day of its own.

    Examples
    --------
    >>> dates_of(np.array(["1970-01-02T15:30"], dtype="datetime64[ns]"))
    array([1])
    """
    if time.dtype.kind != "M":
        return time.astype(np.int64)
    stamps = time.astype("datetime64[ns]", copy=False)
    days: Ints = stamps.view(np.int64) // NANOSECONDS_A_DAY
    return days


def months_of(time: Times) -> Ints:
    """Return the calendar month of each bar, (T,) int64 months since January 1970.

    Bars that are only numbered are all of month 0.

    Examples
    --------
    >>> months_of(np.array(["1971-02-28"], dtype="datetime64[ns]"))
    array([13])
    """
    if time.dtype.kind != "M":
        return np.zeros(len(time), np.int64)
    return time.astype("datetime64[M]").astype(np.int64)


def settlement_bars(time: Times, days: Days, calendar: str | None = None) -> Ints:
    """Return the bar on which what trades on each bar has settled, (T,) int64.

    It is the first bar whose date is at or after the bar's date plus `days` business days, T if
    that is beyond the last bar. With 0 days a bar settles at once, on itself. By a calendar a
    bar's date is that of its session (`sessions.session_dates`).

    Parameters
    ----------
    time
        Stamps (T,), rising; or bar numbers, each counting as one business day.
    days
        Business days to settle, or ``"by_date"``: US securities' 3 for trades before 2017-09-05,
        2 before 2024-05-28 and 1 from then on (SEC Rule 15c6-1).
    calendar
        Exchange calendar that says which days are business days, such as ``"XNYS"`` (needs
        exchange_calendars); None: Monday to Friday, holidays included.

    Examples
    --------
    >>> week = np.arange("2026-06-01", "2026-06-06", dtype="datetime64[D]")
    >>> settlement_bars(week, 1)
    array([1, 2, 3, 4, 5])
    """
    own = np.arange(len(time), dtype=np.int64)
    if days == 0:
        return own
    due = settlement_days(time, days, calendar)
    return np.searchsorted(_sessions_of(time, calendar), due, side="left").astype(np.int64)


def settlement_days(time: Times, days: Days, calendar: str | None = None) -> Ints:
    """Return the day on which what trades on each bar settles, (T,) days since 1970-01-01.

    As `settlement_bars`, but the days themselves; of bars without times, bar numbers.
    """
    _check_days(days)
    if time.dtype.kind != "M":
        return _numbered(time, days)
    distinct, of_bar = _distinct(_sessions_of(time, calendar))
    due: Ints = _settled(distinct.astype("datetime64[D]"), days, calendar).astype(np.int64)
    return due[of_bar]


def settlement_date(
    trade: str | date | np.datetime64, days: Days, calendar: str | None = None
) -> np.datetime64:
    """Return the date on which a trade settles: the `days`-th business day after its date.

    Parameters
    ----------
    trade
        Date of the trade; one that is no business day counts like the business day before it.
    days, calendar
        As in `settlement_bars`.

    Examples
    --------
    >>> print(settlement_date("2024-05-24", 2))  # a Friday; without a calendar no holiday is known
    2024-05-28
    >>> print(settlement_date("2024-05-28", "by_date"))
    2024-05-29
    """
    _check_days(days)
    dates = np.array([trade], dtype="datetime64[D]")
    return cast(np.datetime64, dates[0] if days == 0 else _settled(dates, days, calendar)[0])


def periods_per_year(
    time: Times, kinds: Sequence[str], calendar: str | None = None
) -> tuple[float, str]:
    """Return how many bars make a year, for annualisation, and a sentence on how it was found.

    The count comes from the spacing of the stamps, never from how many bars there are: bars that
    are missing must not make a year shorter.

    Parameters
    ----------
    time
        Stamps (T,), rising, or bar numbers.
    kinds
        Kind of each asset's contract; when all are ``"coin"`` a year has 365 trading days.
    calendar
        Exchange calendar of the data; ``"24/7"`` has 365 days, any other 252.

    Examples
    --------
    >>> days = np.array(["2026-06-01", "2026-06-02", "2026-06-03"], dtype="datetime64[ns]")
    >>> periods_per_year(days, ["stock"])
    (252.0, 'daily bars, 252 trading days a year')
    """
    if time.dtype.kind != "M":
        return 252.0, "no times given: taken as daily bars, 252 a year"
    dates, of_bar = _distinct(dates_of(time))
    days, reason = _days_per_year(dates, kinds, calendar)
    bars_a_date = float(np.median(np.bincount(of_bar)))
    if bars_a_date > 1.0:
        return bars_a_date * days, (
            f"intraday bars, {bars_a_date:g} on the median date, {days} {reason}"
        )
    if len(dates) < 2:
        return float(days), f"one date only: taken as daily bars, {days} {reason}"
    return _by_gap(float(np.median(np.diff(dates))), days, reason)


def _by_gap(gap: float, days: int, reason: str) -> tuple[float, str]:
    """Return bars a year from the median number of days between two bars."""
    if gap <= 1.0:
        return float(days), f"daily bars, {days} {reason}"
    if 5.0 <= gap <= 9.0:
        return 52.0, f"weekly bars ({gap:g} days apart), 52 a year"
    if 26.0 <= gap <= 35.0:
        return 12.0, f"monthly bars ({gap:g} days apart), 12 a year"
    if 85.0 <= gap <= 98.0:
        return 4.0, f"quarterly bars ({gap:g} days apart), 4 a year"
    return 365.25 / gap, f"bars {gap:g} days apart on the median, 365.25 days a year"


def _days_per_year(dates: Ints, kinds: Sequence[str], calendar: str | None) -> tuple[int, str]:
    if calendar == "24/7":
        return 365, "days a year (calendar 24/7)"
    if len(kinds) > 0 and all(kind == "coin" for kind in kinds):
        return 365, "days a year (coins)"
    if _has_weekends(dates):
        return 365, "days a year (most weeks have weekend bars)"
    return 252, "trading days a year"


def _has_weekends(dates: Ints) -> bool:
    """Tell whether most weeks have a Saturday; futures' Sunday evenings do not count."""
    weeks, weekdays = np.divmod(dates + 3, 7)  # 1970-01-01 was a Thursday; Monday is 0
    saturdays = len(np.unique(weeks[weekdays == 5]))
    return 2 * saturdays > len(np.unique(weeks))


def _sessions_of(time: Times, calendar: str | None) -> Ints:
    from barledger.instruments.sessions import session_dates  # which needs the dates of this file

    return session_dates(time, calendar)


def _check_days(days: Days) -> None:
    if days == "by_date":
        return
    if isinstance(days, bool) or not isinstance(days, int | np.integer) or days < 0:
        raise ValueError(f"days must be a whole number >= 0 or 'by_date', was {days!r}")


def _numbered(numbers: Ints, days: Days) -> Ints:
    if days == "by_date":
        raise ValueError(
            "settlement 'by_date' needs times: give the bars time=, or days as a number"
        )
    return numbers + days


def _distinct(dates: Ints) -> tuple[Ints, Ints]:
    """Return the distinct dates of rising bars, and for each bar the index of its date."""
    is_new = np.ones(len(dates), np.bool_)
    np.not_equal(dates[1:], dates[:-1], out=is_new[1:])
    return dates[is_new], np.cumsum(is_new) - 1


def _settled(dates: npt.NDArray[np.datetime64], days: Days, calendar: str | None) -> Any:
    """Return the settlement date of each date, datetime64[D]."""
    wait: Any = days
    if days == "by_date":
        wait = np.where(dates < T_PLUS_2_FROM, 3, np.where(dates < T_PLUS_1_FROM, 2, 1))
    if calendar is None:
        return np.busday_offset(dates, wait, roll="backward")
    last_wait = LONGEST_CLOSURE + 7 * int(np.max(wait))
    sessions = _sessions(calendar, dates[0].item(), dates[-1].item().toordinal() + last_wait)
    at = np.searchsorted(sessions, dates, side="right") - 1 + wait
    return sessions[at]


@lru_cache(maxsize=8)
def _sessions(calendar: str, first: date, last_ordinal: int) -> npt.NDArray[np.datetime64]:
    """Return the sessions of an exchange calendar from `first` on, datetime64[D]."""
    last = date.fromordinal(last_ordinal)
    remedy = "pip install barledger[calendars], or give calendar=None for Monday to Friday"
    made = exchange_calendar(calendar, first, last, "settlement", remedy)
    return cast("npt.NDArray[np.datetime64]", made.sessions.to_numpy().astype("datetime64[D]"))


def exchange_calendar(name: str, first: date, last: date, purpose: str, remedy: str) -> Any:
    """Return a calendar of exchange_calendars over some dates.

    `purpose` and `remedy` are for the message of a missing package: what needs it, what to do.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own deprecations are not the user's concern
        try:
            import exchange_calendars
        except ImportError as error:
            raise ImportError(
                f"{purpose} on calendar {name!r} needs the package exchange_calendars: {remedy}"
            ) from error
        names = exchange_calendars.get_calendar_names()
        if name not in names:
            near = get_close_matches(name, names, n=3)
            hint = f"; near: {', '.join(near)}" if near else ""
            raise ValueError(f"no exchange calendar {name!r}{hint}")
        try:
            return exchange_calendars.get_calendar(
                name, start=first.isoformat(), end=last.isoformat()
            )
        except ValueError as error:
            raise ValueError(
                f"calendar {name!r} does not reach from {first} to {last}: {error}"
            ) from error
