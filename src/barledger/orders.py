"""Kinds of orders: what an entry waits for, and for how long."""

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Literal

import numpy as np

from barledger import _check
from barledger._check import Number
from barledger.options import _Option

TimeInForce = Literal["gtc", "gtd", "day", "next", "ioc"]
TIMES = ("gtc", "gtd", "day", "next", "ioc")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Order(_Option):
    """What an order waits for; use one of its kinds."""

    kind: ClassVar[str] = "market"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Market(Order):
    """Fills at the next open; the default."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Resting(Order):
    price: Number
    tif: TimeInForce = "gtc"
    until: Any = None

    def __post_init__(self) -> None:
        _check_price(type(self).__name__, "price", self.price)
        _check.choice(f"{type(self).__name__} tif", self.tif, TIMES)
        if (self.tif == "gtd") != (self.until is not None):
            raise ValueError(
                f"{type(self).__name__}: tif='gtd' and until, its last date, belong together; "
                f"were tif={self.tif!r}, until={self.until!r}"
            )

    @property
    def stop(self) -> Number | None:
        """Price that arms the order; None: it is armed from the start."""
        return None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Limit(_Resting):
    """Buys at `price` or lower, sells at it or higher; never slips past it.

    Parameters
    ----------
    price
        One number, one per asset ``(N,)``, per bar ``(T, 1)`` or full ``(T, N)``, read at the bar
        of the signal; NaN: no order.
    tif
        How long it waits: ``"gtc"`` until filled or replaced (default), ``"gtd"`` up to the date
        `until`, ``"day"``, ``"next"`` (one bar), ``"ioc"`` (one open).
    until
        Last date of ``"gtd"``.

    Examples
    --------
    >>> Limit(99.5, tif="day")
    Limit(price=99.5, tif='day')
    """

    kind: ClassVar[str] = "limit"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Stop(_Resting):
    """Buys at the market once the price is at `price` or higher, sells once it is lower.

    Parameters as in `Limit`.
    """

    kind: ClassVar[str] = "stop"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MarketIfTouched(_Resting):
    """Buys at the market once the price is at `price` or lower, sells once it is higher.

    Parameters as in `Limit`.
    """

    kind: ClassVar[str] = "market_if_touched"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class StopLimit(Order):
    """Becomes a limit order at `limit` once the price has reached `stop`.

    Parameters
    ----------
    stop, limit
        Prices, of any shape that `Limit` takes.
    tif, until
        As in `Limit`.
    """

    stop: Number
    limit: Number
    tif: TimeInForce = "gtc"
    until: Any = None
    kind: ClassVar[str] = "stop_limit"

    def __post_init__(self) -> None:
        _check_price("StopLimit", "stop", self.stop)
        _Resting.__post_init__(self)  # type: ignore[arg-type]

    @property
    def price(self) -> Number:
        """Limit price."""
        return self.limit


def last_day(order: Order) -> int:
    """Return the last date of an order in days since 1970-01-01; -1 where it has none."""
    until: date | str | None = getattr(order, "until", None)
    return -1 if until is None else day_of(until, f"{type(order).__name__} until")


def day_of(day: Any, name: str) -> int:
    """Return a date as days since 1970-01-01."""
    if isinstance(day, int | float):
        raise TypeError(f"{name} must be a date such as '2024-01-31', was {day!r}")
    try:
        return int(np.datetime64(day, "D").astype(np.int64))
    except ValueError as error:
        raise ValueError(f"{name} must be a date such as '2024-01-31', was {day!r}") from error


def _check_price(kind: str, name: str, value: Number) -> None:
    prices = _check.as_floats(f"{kind} {name}", value)
    if np.isinf(prices).any():
        raise ValueError(f"{kind} {name} must be finite, or NaN for no order")
