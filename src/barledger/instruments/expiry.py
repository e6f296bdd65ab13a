"""Last trading, first notice and roll dates of the known futures, by the exchanges' rules."""

from collections.abc import Callable
from datetime import date, timedelta

from barledger.instruments.holidays import (
    FRIDAY,
    WEDNESDAY,
    business_day,
    is_business_day,
    last_day,
    nth,
)

CODES = "FGHJKMNQUVXZ"  # January to December
MONDAY_ROLLS_FROM = (
    2022,
    6,
)  # equity indices rolled on the Thursday of the week before, until then


def third_friday(year: int, month: int) -> date:
    """Equity index: the third Friday, or the business day before."""
    return business_day(nth(year, month, FRIDAY, 3), 0)


def before_the_25th(year: int, month: int) -> date:
    """Crude oil: 3 business days before the 25th of the month before, 4 if that is none itself."""
    day = date(*_before(year, month), 25)
    return business_day(day, -3 if is_business_day(day) else -4)


def micro_before_the_25th(year: int, month: int) -> date:
    """Micro crude oil: the business day before crude oil's last."""
    return business_day(before_the_25th(year, month), -1)


def third_last_of_month_before(year: int, month: int) -> date:
    """Natural gas: the third last business day of the month before."""
    return _nth_last(*_before(year, month), 3)


def third_last(year: int, month: int) -> date:
    """Metals: the third last business day of the month."""
    return _nth_last(year, month, 3)


def last_business_day(year: int, month: int) -> date:
    """Short notes: the last business day of the month."""
    return _nth_last(year, month, 1)


def seven_before_last(year: int, month: int) -> date:
    """Long notes and bonds: 7 business days before the last business day of the month."""
    return _nth_last(year, month, 8)


def before_third_wednesday(year: int, month: int) -> date:
    """Currencies: the second business day before the third Wednesday."""
    return business_day(nth(year, month, WEDNESDAY, 3), -2)


RULES: dict[str, Callable[[int, int], date]] = {
    "third_friday": third_friday,
    "before_the_25th": before_the_25th,
    "micro_before_the_25th": micro_before_the_25th,
    "third_last_of_month_before": third_last_of_month_before,
    "third_last": third_last,
    "last_business_day": last_business_day,
    "seven_before_last": seven_before_last,
    "before_third_wednesday": before_third_wednesday,
}


def notice_month_before(year: int, month: int) -> date:
    """First notice of metals and Treasuries: the last business day of the month before."""
    return _nth_last(*_before(year, month), 1)


def index_roll(year: int, month: int) -> date:
    """Equity index: Monday before the third Friday, before June 2022 the Thursday a week earlier.

    Examples
    --------
    >>> index_roll(2026, 12)
    datetime.date(2026, 12, 14)
    """
    third = nth(year, month, FRIDAY, 3)
    if (year, month) >= MONDAY_ROLLS_FROM:
        return third - timedelta(days=4)
    return third - timedelta(days=8)


def _before(year: int, month: int) -> tuple[int, int]:
    return (year, month - 1) if month > 1 else (year - 1, 12)


def _nth_last(year: int, month: int, n: int) -> date:
    last = business_day(last_day(year, month), 0)
    return last if n == 1 else business_day(last, 1 - n)
