"""What one asset's price and quantity mean: kind, multiplier, tick, lot, margin."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

from barledger import _check, _html
from barledger.instruments.brackets import Brackets

Kind = Literal["stock", "etf", "coin", "future", "perpetual", "fx", "option"]
KINDS = ("stock", "etf", "coin", "future", "perpetual", "fx", "option")
OF_OPTIONS = ("right", "strike", "underlying")
OWN = (
    *(("option", name) for name in (*OF_OPTIONS, "settles", "short_rate", "short_floor")),
    *(("perpetual", name) for name in ("brackets", "liquidation_fee", "inverse")),
)  # terms of one kind alone
MARGINED = ("future", "perpetual")  # what moves no cash when it is opened
Margin = float | Sequence[tuple[date | str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """Terms of one instrument.

    Parameters
    ----------
    kind
        ``"stock"`` (default), ``"etf"``, ``"coin"`` (spot), ``"future"``, ``"perpetual"``,
        ``"fx"`` (a spot pair: units of its first currency, priced in `currency`) or ``"option"``.
    multiplier
        Money per unit of price and quantity; a future needs it (ES: 50), a perpetual may have one
        (of an inverse one it is the face value), an option has 100, the others have 1.
    tick
        Smallest price step, 0 for none: fills are rounded to it against us.
    lot
        Smallest quantity step; default 1 for a future or an option, 0 (fractional) for the others.
    min_notional
        Smallest notional of an opening order, in money.
    initial, maintenance
        Margin of a future, per contract or as a fraction of notional: a number, or a table of
        (date from which it holds, number). Maintenance defaults to initial / 1.1, the ratio of
        CME's retail margins. Of a perpetual `maintenance` is a fraction of notional, in place of
        brackets, and `initial` what a `RegT` or `PortfolioMargin` account asks of it.
    margin_unit
        ``"amount"`` (money a contract, default) or ``"notional"``.
    brackets
        `Brackets` of a perpetual, by notional; or a table of (date from which they hold, `Brackets`).
    liquidation_fee
        Share of its notional at the mark that a perpetual pays to the insurance fund when
        `PerpIsolated` or `PerpCross` liquidate it (Binance BTCUSDT: 0.0125), at most what is left
        of its margin or of the wallet; the rest stays. None (default): all that is left goes there.
    inverse
        Whether a perpetual is quoted in money and settled in coin: the account is in coin then, and
        holds nothing else.
    right, strike, underlying
        ``"call"`` or ``"put"``, strike price, and the name of the asset that it is an option on.
    settles
        ``"physical"`` (default: the underlying trades at the strike) or ``"cash"`` (closed at
        intrinsic value), when an option expires in the money by a cent or more.
    short_rate, short_floor
        What a short option claims: this share of the underlying's price less what it is out of the
        money, at least that share of the underlying (call) or of the strike (put); the value owed
        comes on top. FINRA 4210(f): 0.20 and 0.10 for stocks, 0.15 and 0.10 for broad indices.
    leverage_factor
        Of a leveraged fund: scales Reg T rates (2 for a 2x fund), up to 100 %.
    borrow
        Fee for borrowing what is sold short, a fraction of its value a year: a number, or a table
        of (date from which it holds, number). None (default): those of the account's events, else
        nothing. Futures are never borrowed.
    expiry
        Last trading day; positions are settled after it (see `Events`). None: it has none.
    currency
        What its price is in; another than the account's needs rates, ``Events(fx=...)``.

    Examples
    --------
    >>> Contract(kind="future", multiplier=50, tick=0.25, initial=12_000, maintenance=10_800).lot
    1.0
    """

    kind: Kind = "stock"
    multiplier: float | None = None
    tick: float = 0.0
    lot: float | None = None
    min_notional: float = 0.0
    initial: Margin | None = None
    maintenance: Margin | None = None
    margin_unit: Literal["amount", "notional"] = "amount"
    brackets: Brackets | Sequence[tuple[date | str, Brackets]] | None = None
    liquidation_fee: float | None = None
    inverse: bool = False
    right: Literal["call", "put"] | None = None
    strike: float | None = None
    underlying: str | None = None
    settles: Literal["physical", "cash"] = "physical"
    short_rate: float = 0.20
    short_floor: float = 0.10
    leverage_factor: float = 1.0
    borrow: Margin | None = None
    expiry: date | str | None = None
    currency: str = "USD"

    def __post_init__(self) -> None:
        _check.choice("kind", self.kind, KINDS)
        _check.choice("margin_unit", self.margin_unit, ("amount", "notional"))
        if self.multiplier is None:
            if self.kind == "future":
                raise ValueError(
                    "a future needs its multiplier: Contract(kind='future', multiplier=50, ...)"
                )
            object.__setattr__(self, "multiplier", 100.0 if self.kind == "option" else 1.0)
        _check.single("multiplier", self.multiplier, 0.0, strict=True)
        for name in ("tick", "lot", "min_notional"):
            _check.single(name, getattr(self, name), 0.0)
        for name in ("initial", "maintenance"):
            _check.at_least(name, _numbers(getattr(self, name)), 0.0, known=True)
        _check.single("leverage_factor", self.leverage_factor, 0.0, strict=True)
        _check.at_least("borrow", _numbers(self.borrow), 0.0, known=True)
        if self.kind in MARGINED and self.borrow is not None:
            raise ValueError(f"a {self.kind} is never borrowed: leave out borrow")
        if isinstance(self.expiry, str):
            object.__setattr__(self, "expiry", date.fromisoformat(self.expiry))
        if self.lot is None:
            object.__setattr__(self, "lot", 1.0 if self.kind in ("future", "option") else 0.0)
        if self.kind == "option":
            self._check_option()
        elif any(getattr(self, name) is not None for name in OF_OPTIONS):
            raise ValueError(
                f"right, strike and underlying are terms of an option, this is a {self.kind}"
            )
        if self.kind == "perpetual":
            self._check_perpetual()
        elif self.brackets is not None or self.inverse or self.liquidation_fee is not None:
            raise ValueError(
                "brackets, liquidation_fee and inverse are terms of a perpetual, this is a "
                f"{self.kind}"
            )
        elif self.kind == "future":
            self._check_margin()
        elif self.initial is not None or self.maintenance is not None:
            raise ValueError(f"a {self.kind} takes its margin from the account: leave out initial")
        elif self.multiplier != 1.0 and self.kind != "option":
            raise ValueError(f"a {self.kind} has multiplier 1, was {self.multiplier:g}")

    def _repr_html_(self) -> str:
        return _html.option(self, [name for kind, name in OWN if kind != self.kind])

    def _check_option(self) -> None:
        missing = [name for name in OF_OPTIONS if getattr(self, name) is None]
        if missing:
            raise ValueError(
                f"an option needs its {', '.join(missing)}: Contract(kind='option', right='call', "
                "strike=100, underlying='A', expiry='2026-12-18')"
            )
        _check.choice("right", str(self.right), ("call", "put"))
        _check.choice("settles", self.settles, ("physical", "cash"))
        _check.single("strike", self.strike, 0.0, strict=True)
        for name in ("short_rate", "short_floor"):
            _check.single(name, getattr(self, name), 0.0)
        if self.borrow is not None:
            raise ValueError("an option is written, not borrowed: leave out borrow")

    def _check_perpetual(self) -> None:
        initial = _single("initial", self.initial)
        rate = _single("maintenance", self.maintenance)
        if initial is not None and not 0.0 < initial <= 1.0:
            raise ValueError(
                f"initial of a perpetual must be a fraction of notional, at most 1, was {initial:g}"
            )
        if self.brackets is None:
            if rate is None:
                raise ValueError(
                    "a perpetual needs what it must keep: Contract(kind='perpetual', "
                    "brackets=Brackets.from_binance(...)) or maintenance=0.005"
                )
            _check.fraction("maintenance", rate)
            object.__setattr__(self, "brackets", Brackets.flat(rate))
        elif rate is not None and self.brackets != Brackets.flat(rate):
            raise ValueError("a perpetual has brackets or one maintenance rate, not both")
        elif not isinstance(self.brackets, Brackets):
            object.__setattr__(self, "brackets", _dated(self.brackets))
        _check.fraction("liquidation_fee", self.liquidation_fee, above_zero=False)

    @property
    def bracket_tables(self) -> tuple[Brackets, ...]:
        """The brackets of a perpetual, one table after the other where they are dated."""
        if self.brackets is None or isinstance(self.brackets, Brackets):
            return () if self.brackets is None else (self.brackets,)
        return tuple(table for _, table in self.brackets)

    def _check_margin(self) -> None:
        if self.initial is None:
            raise ValueError("a future needs initial margin: Contract(kind='future', initial=...)")
        if self.maintenance is None:
            object.__setattr__(self, "maintenance", _scaled(self.initial, 1.0 / 1.1))
        most = max(_numbers(self.initial) or [0.0])
        if max(_numbers(self.maintenance) or [0.0]) > most:
            raise ValueError(
                f"maintenance must be at most initial = {most:g}, was {self.maintenance}"
            )


def _dated(
    given: Sequence[tuple[date | str, Brackets]],
) -> tuple[tuple[date | str, Brackets], ...]:
    """Return dated brackets as a tuple; raise unless their dates rise."""
    rows = [tuple(row) for row in given]
    if not rows or any(len(row) != 2 or not isinstance(row[1], Brackets) for row in rows):
        raise TypeError(
            "brackets must be Brackets, or rows (date from which they hold, Brackets), "
            f"were {given!r}"
        )
    days = [str(day) for day, _ in rows]
    late = next((b for a, b in pairwise(days) if b <= a), None)
    if late is not None:
        raise ValueError(f"the dates of brackets must rise, {late} did not")
    return tuple((day, table) for day, table in given)


def _single(name: str, margin: Margin | None) -> float | None:
    if isinstance(margin, Sequence):
        raise TypeError(f"{name} of a perpetual must be one fraction of notional, was {margin!r}")
    return margin


def _numbers(margin: Margin | None) -> list[float] | None:
    """Return every number of a margin, dated or not."""
    if margin is None:
        return None
    return [number for _, number in margin] if isinstance(margin, Sequence) else [margin]


def _scaled(margin: Margin, factor: float) -> Margin:
    if isinstance(margin, Sequence):
        return tuple((start, number * factor) for start, number in margin)
    return margin * factor
