"""What one asset's price and quantity mean: kind, multiplier, tick, lot, margin."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from barledger import _check, _html

Kind = Literal["stock", "etf", "coin", "future"]
KINDS = ("stock", "etf", "coin", "future")
Margin = float | Sequence[tuple[date | str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """Terms of one instrument.

    Parameters
    ----------
    kind
        ``"stock"`` (default), ``"etf"``, ``"coin"`` (spot) or ``"future"``.
    multiplier
        Money per unit of price and quantity; a future needs it (ES: 50), the others have 1.
    tick
        Smallest price step, 0 for none: fills are rounded to it against us.
    lot
        Smallest quantity step; default 1 for a future, 0 (fractional) for the others.
    min_notional
        Smallest notional of an opening order, in money.
    initial, maintenance
        Margin of a future, per contract or as a fraction of notional: a number, or a table of
        (date from which it holds, number). Maintenance defaults to initial / 1.1, the ratio of
        CME's retail margins.
    margin_unit
        ``"amount"`` (money a contract, default) or ``"notional"``.
    leverage_factor
        Of a leveraged fund: scales Reg T rates (2 for a 2x fund), up to 100 %.
    currency
        Account currency only, for now.

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
    leverage_factor: float = 1.0
    currency: str = "USD"

    def __post_init__(self) -> None:
        _check.choice("kind", self.kind, KINDS)
        _check.choice("margin_unit", self.margin_unit, ("amount", "notional"))
        if self.multiplier is None:
            if self.kind == "future":
                raise ValueError(
                    "a future needs its multiplier: Contract(kind='future', multiplier=50, ...)"
                )
            object.__setattr__(self, "multiplier", 1.0)
        _check.single("multiplier", self.multiplier, 0.0, strict=True)
        for name in ("tick", "lot", "min_notional"):
            _check.single(name, getattr(self, name), 0.0)
        for name in ("initial", "maintenance"):
            _check.at_least(name, _numbers(getattr(self, name)), 0.0, known=True)
        _check.single("leverage_factor", self.leverage_factor, 0.0, strict=True)
        if self.lot is None:
            object.__setattr__(self, "lot", 1.0 if self.kind == "future" else 0.0)
        if self.kind == "future":
            self._check_margin()
        elif self.initial is not None or self.maintenance is not None:
            raise ValueError(f"a {self.kind} takes its margin from the account: leave out initial")
        elif self.multiplier != 1.0:
            raise ValueError(f"a {self.kind} has multiplier 1, was {self.multiplier:g}")

    def _repr_html_(self) -> str:
        return _html.option(self)

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


def _numbers(margin: Margin | None) -> list[float] | None:
    """Return every number of a margin, dated or not."""
    if margin is None:
        return None
    return [number for _, number in margin] if isinstance(margin, Sequence) else [margin]


def _scaled(margin: Margin, factor: float) -> Margin:
    if isinstance(margin, Sequence):
        return tuple((start, number * factor) for start, number in margin)
    return margin * factor
