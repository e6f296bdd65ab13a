"""US market holidays by rule, as far as the last trading days of futures depend on them.

Full closures of the exchanges only; of days closed once (storms, days of mourning) nothing is
known here. An exchange's own calendar (`exchange_calendars`) knows those too.
"""

from datetime import date, timedelta
from functools import lru_cache

MONDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = 0, 2, 3, 4, 5, 6
JUNETEENTH_FROM = 2022
KING_FROM = 1998
DAY = timedelta(days=1)


def nth(year: int, month: int, weekday: int, n: int) -> date:
    """Return the n-th weekday of a month, n from 1.

    Examples
    --------
    >>> nth(2026, 12, FRIDAY, 3)
    datetime.date(2026, 12, 18)
    """
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def last_day(year: int, month: int) -> date:
    """Return the last calendar day of a month."""
    return date(year + month // 12, month % 12 + 1, 1) - DAY


def good_friday(year: int) -> date:
    """Return the Friday before Easter Sunday (Gauss's rule in Meeus's form)."""
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - ((b - (b + 8) // 25 + 1) // 3) + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - (c % 4)) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return date(year, f // 31, f % 31 + 1) - 2 * DAY


@lru_cache(maxsize=512)
def holidays(year: int) -> frozenset[date]:
    """Return the days of a year on which US exchanges are closed by rule.

    Examples
    --------
    >>> date(2026, 6, 19) in holidays(2026)
    True
    """
    last_monday = last_day(year, 5)
    days = {
        nth(year, 2, MONDAY, 3),
        good_friday(year),
        last_monday - timedelta(days=last_monday.weekday()),
        observed(date(year, 7, 4)),
        nth(year, 9, MONDAY, 1),
        nth(year, 11, THURSDAY, 4),
        observed(date(year, 12, 25)),
    }
    if date(year, 1, 1).weekday() != SATURDAY:  # then it is not made good on the Friday before
        days.add(observed(date(year, 1, 1)))
    if year >= KING_FROM:
        days.add(nth(year, 1, MONDAY, 3))
    if year >= JUNETEENTH_FROM:
        days.add(observed(date(year, 6, 19)))
    return frozenset(days)


def observed(day: date) -> date:
    """Return the weekday on which a holiday is kept: Friday for Saturday, Monday for Sunday."""
    if day.weekday() == SATURDAY:
        return day - DAY
    return day + DAY if day.weekday() == SUNDAY else day


def is_business_day(day: date) -> bool:
    """Whether the exchanges are open on a day."""
    return day.weekday() < SATURDAY and day not in holidays(day.year)


def business_day(day: date, step: int) -> date:
    """Return the business day `step` after a day, or before it where `step` < 0; 0: on or before.

    Examples
    --------
    >>> business_day(date(2026, 12, 25), -4)
    datetime.date(2026, 12, 21)
    """
    if step == 0:
        while not is_business_day(day):
            day -= DAY
        return day
    way = DAY if step > 0 else -DAY
    for _ in range(abs(step)):
        day += way
        while not is_business_day(day):
            day += way
    return day
