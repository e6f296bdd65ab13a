"""Kinds of orders: what an entry waits for, and for how long."""

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Literal

import numpy as np

from barledger import _check
from barledger._check import Number
from barledger.options import _Option

TimeInForce = Literal["gtc", "gtd", "day", "next", "ioc", "fok"]
TIMES = ("gtc", "gtd", "day", "next", "ioc", "fok")


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
        _check_life(type(self).__name__, self.tif, self.until)

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
        `until`, ``"day"``, ``"next"`` (one bar), ``"ioc"`` (one open), ``"fok"`` (one open, whole or not
        at all where a bar takes a part only).
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
        _check_price("StopLimit", "price", self.limit)
        _check_life("StopLimit", self.tif, self.until)

    @property
    def price(self) -> Number:
        """Limit price."""
        return self.limit


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Auction(Order):
    tif: TimeInForce = "next"
    until: Any = None

    def __post_init__(self) -> None:
        _check_life(type(self).__name__, self.tif, self.until)

    @property
    def price(self) -> float:
        """None: whatever the market pays."""
        return float("nan")

    @property
    def stop(self) -> None:
        """None: it waits for no price."""
        return None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MarketOnOpen(_Auction):
    """Fills at the open of the next bar that trades, and at no other one.

    Parameters
    ----------
    tif
        ``"next"`` (default): that one open; ``"gtc"``, ``"gtd"`` with `until`, ``"day"``: while a
        bar takes a part only, the opens of later bars too; ``"fok"``: whole or not at all.
    until
        Last date of ``"gtd"``.
    """

    kind: ClassVar[str] = "market_on_open"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MarketOnClose(_Auction):
    """Fills at the close of the bar after the signal's.

    Parameters
    ----------
    tif, until
        As in `MarketOnOpen`, of closes.

    Examples
    --------
    >>> import barledger as bl
    >>> bars = bl.Bars.from_arrays([10.0, 12.0, 12.5], open=[10.0, 11.0, 12.2])
    >>> result = bl.Portfolio.from_orders(bars, [5.0, 0.0, 0.0], orders=MarketOnClose())
    >>> result.fills.select("bar", "price").rows()
    [(1, 12.0)]
    """

    kind: ClassVar[str] = "market_on_close"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MarketWithProtection(Order):
    """At the market, but never further from the first open than the protection range.

    The open at which it is offered first sets a limit `points` above it (of a sale: below). What
    fills within it fills; the rest waits there as a limit order.

    Parameters
    ----------
    points
        Protection range in price units, of any shape that `Limit` takes.
    tif, until
        As in `Limit`.
    """

    points: Number
    tif: TimeInForce = "gtc"
    until: Any = None
    kind: ClassVar[str] = "market_with_protection"

    def __post_init__(self) -> None:
        _check_distance("MarketWithProtection points", self.points)
        _check_life("MarketWithProtection", self.tif, self.until)

    @property
    def price(self) -> Number:
        """Protection range."""
        return self.points

    @property
    def stop(self) -> None:
        """None: it waits for no price."""
        return None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TrailingStop(Order):
    """A stop that follows the price at a distance, and is at the market once it is reached.

    It begins `distance` above the close after which it is placed (of a sale: below), follows each
    lower open and low (of a sale: higher open and high), and never moves back.

    Parameters
    ----------
    distance
        In price units, of any shape that `Limit` takes.
    tif, until
        As in `Limit`.
    """

    distance: Number
    tif: TimeInForce = "gtc"
    until: Any = None
    kind: ClassVar[str] = "trailing_stop"

    def __post_init__(self) -> None:
        _check_distance("TrailingStop distance", self.distance)
        _check_life("TrailingStop", self.tif, self.until)

    @property
    def price(self) -> Number:
        """Distance from the best price."""
        return self.distance

    @property
    def stop(self) -> None:
        """None: its price is the level that follows."""
        return None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Bracket(Order):
    """An entry with a stop below and a target above it (of a sale: above and below).

    Once the entry has filled, stop and target guard the position, one cancelling the other, as
    `Stops` with ``unit="level"`` do: by the same rules for gaps and for bars that reach both.

    Parameters
    ----------
    entry
        What the entry waits for; None (default): nothing, it is at the market.
    stop, target
        Prices, of any shape that `Limit` takes, read at the bar of the signal; NaN: none there.
        On the wrong side of the entry's price (of one at the market: of the close) they are an
        error before anything runs.

    Examples
    --------
    >>> Bracket(Limit(99.0), stop=95.0, target=110.0)
    Bracket(entry=Limit(price=99.0), stop=95.0, target=110.0)
    """

    entry: Order | None = None
    stop: Number | None = None
    target: Number | None = None
    kind: ClassVar[str] = "bracket"

    def __post_init__(self) -> None:
        is_order = self.entry is None or isinstance(self.entry, Order)
        if not is_order or isinstance(self.entry, Bracket):
            raise TypeError(f"Bracket entry must be an order such as Limit(99), was {self.entry!r}")
        if self.stop is None and self.target is None:
            raise ValueError("Bracket needs a stop, a target, or both")
        for name in ("stop", "target"):
            if getattr(self, name) is not None:
                _check_price("Bracket", name, getattr(self, name))


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


def _check_life(kind: str, tif: str, until: Any) -> None:
    _check.choice(f"{kind} tif", tif, TIMES)
    if (tif == "gtd") != (until is not None):
        raise ValueError(
            f"{kind}: tif='gtd' and until, its last date, belong together; "
            f"were tif={tif!r}, until={until!r}"
        )


def _check_distance(name: str, value: Number) -> None:
    _check.at_least(name, value, 0.0)
    if np.isinf(_check.as_floats(name, value)).any():
        raise ValueError(f"{name} must be finite, or NaN for no order")


def _check_price(kind: str, name: str, value: Number) -> None:
    prices = _check.as_floats(f"{kind} {name}", value)
    if np.isinf(prices).any():
        raise ValueError(f"{kind} {name} must be finite, or NaN for no order")
