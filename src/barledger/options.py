"""Options of a run: sizes, fees, slippage, rules. Small frozen classes that name themselves.

Wherever a number is asked for, one number, one per asset `(N,)`, one per bar `(T, 1)` or a full
`(T, N)` array will do.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, Self

import numpy as np

from barledger import _check, _html
from barledger._check import Number
from barledger._param import check_when_known


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Option:
    """Compares by value, arrays included."""

    def __init_subclass__(cls) -> None:
        check_when_known(cls)

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        pairs = ((getattr(self, f.name), getattr(other, f.name)) for f in fields(self))
        return all(_same(a, b) for a, b in pairs)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return _check.shown(self)

    def _repr_html_(self) -> str:
        return _html.option(self)

    def map(self, part: Callable[[Any], Any]) -> Self:
        """Return the option with a function applied to each of its numbers."""
        before = {f.name: getattr(self, f.name) for f in fields(self)}
        after = {name: part(value) for name, value in before.items()}
        is_same = all(after[name] is value for name, value in before.items())
        return self if is_same else replace(self, **after)


def _same(a: Any, b: Any) -> bool:
    if a is None or b is None or isinstance(a, str) or isinstance(b, str):
        return bool(np.all(a == b)) if not isinstance(a, str) or isinstance(b, str) else False
    a, b = np.asarray(a), np.asarray(b)
    return a.shape == b.shape and bool(np.array_equal(a, b, equal_nan=a.dtype.kind == "f"))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Size(_Option):
    """How much an entry wants; use one of its kinds. NaN is no entry, infinity all that fits."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _OneNumber(Size):
    value: Number

    def __post_init__(self) -> None:
        _check.at_least(f"{type(self).__name__} size", self.value, 0.0)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Shares(_OneNumber):
    """So many shares, contracts or coins."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Value(_OneNumber):
    """So much money's worth, at the price before slippage."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PercentOfEquity(_OneNumber):
    """A fraction of equity: 0.1 is 10 %. Above 1 borrows where the account allows it."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PercentOfCash(_OneNumber):
    """A fraction of what is free at the order's turn, fees included; 1 is all that fits."""

    def __post_init__(self) -> None:
        _OneNumber.__post_init__(self)
        value = _check.as_floats("PercentOfCash size", self.value)
        if (value > 1.0).any():
            raise ValueError(f"PercentOfCash size must be at most 1, was {np.nanmax(value):g}")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TargetShares(_OneNumber):
    """Buy or sell up to so many shares held."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TargetValue(_OneNumber):
    """Buy or sell up to so much money's worth held."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TargetPercent(_OneNumber):
    """Buy or sell up to a fraction of equity held."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Risk(Size):
    """Lose a fraction of equity if the price moves `distance` against the entry.

    Quantity = fraction · equity / (distance · multiplier).

    Parameters
    ----------
    fraction
        Share of equity at risk: 0.01 is 1 %.
    distance
        Distance to the stop in price units; NaN or 0: no entry on that bar.
    """

    fraction: Number
    distance: Number

    def __post_init__(self) -> None:
        _check.at_least("Risk fraction", self.fraction, 0.0)
        _check.at_least("Risk distance", self.distance, 0.0)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class VolatilityTarget(Size):
    """Hold the fraction of equity that would have had this yearly volatility of late.

    Fraction = target / (standard deviation of the last `window` close-to-close returns, up to the
    deciding bar, times the square root of bars per year), at most `most`.

    Parameters
    ----------
    target
        Yearly volatility wanted for each position: 0.15 is 15 %.
    window
        Returns used; bars with fewer make no entry.
    most
        Largest fraction of equity.
    """

    target: float
    window: int = 60
    most: float = 1.0

    def __post_init__(self) -> None:
        _check.at_least("VolatilityTarget target", self.target, 0.0, strict=True)
        _check.at_least("VolatilityTarget most", self.most, 0.0, strict=True)
        if self.window < 2:
            raise ValueError(f"VolatilityTarget window must be >= 2, was {self.window}")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Fee(_Option):
    """What a fill costs beside its price; use one of its kinds."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PercentFee(Fee):
    """A fraction of notional: 0.0005 is 5 basis points.

    Parameters
    ----------
    rate
        Fraction of the slipped notional; with `maker` that of takers.
    minimum
        Least money an order pays.
    fixed
        Money an order pays on top.
    maker
        Fraction that makers pay; below 0 it is a rebate, which they are paid. A maker is a limit
        order, or a target, that the range of a bar has come to, filled at its level. Every other
        fill takes: what is at the market, a limit that an open has passed, a stop, a liquidation.
        None (default): makers and takers pay the same. There is no `minimum` beside it.

    Examples
    --------
    >>> PercentFee(0.0005, maker=-0.0001).maker
    -0.0001
    """

    rate: Number
    minimum: Number = 0.0
    fixed: Number = 0.0
    maker: Number | None = None

    def __post_init__(self) -> None:
        for name in ("rate", "minimum", "fixed"):
            label = f"fees {name}" if name != "rate" else "fees"
            _check.at_least(label, getattr(self, name), 0.0, known=True)
        _check_maker(self, ("minimum",), -1.0)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PerUnitFee(Fee):
    """Money a share or contract, with a minimum and a maximum an order.

    Parameters
    ----------
    per_unit
        Money for each share or contract (IBKR fixed US stocks: 0.005; ES: 2.25).
    minimum
        Least money an order pays (IBKR: 1.00).
    maximum
        Most money an order pays.
    maximum_rate
        Most an order pays as a fraction of notional (IBKR: 0.01); it wins over the minimum.
    fixed
        Money an order pays on top, inside the bounds.
    maker
        Money that makers pay for each share or contract; below 0 it is a rebate. Who is one, see
        `PercentFee`. There are no bounds beside it.
    """

    per_unit: Number
    minimum: Number = 0.0
    maximum: Number | None = None
    maximum_rate: Number | None = None
    fixed: Number = 0.0
    maker: Number | None = None

    def __post_init__(self) -> None:
        for name in ("per_unit", "minimum", "maximum", "maximum_rate", "fixed"):
            _check.at_least(f"fees {name}", getattr(self, name), 0.0, known=True)
        _check_maker(self, ("minimum", "maximum", "maximum_rate"), -np.inf)


def _check_maker(fee: Any, bounds: tuple[str, ...], least: float) -> None:
    """See that a maker's fee is a number above `least`, with no bounds that would eat a rebate."""
    if fee.maker is None:
        return
    _check.at_least("fees maker", fee.maker, least, strict=True, known=True)
    given = [name for name in bounds if np.any(np.asarray(getattr(fee, name) or 0.0) != 0.0)]
    if given:
        raise ValueError(
            f"fees maker cannot be had with a {given[0]}, which would eat a rebate: "
            f"leave {given[0]} out, or maker"
        )


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TieredFee(Fee):
    """A fraction of notional that depends on how much is traded.

    Parameters
    ----------
    tiers
        Pairs (from notional, rate), the first from 0, rising.
    by
        ``"order"``: each slice of an order's notional pays its own rate. ``"month"``: an order
        pays the rate of the notional traded in its calendar month before it.
    minimum
        Least money an order pays.
    maker
        Fraction that makers pay, one number or one for each tier; below 0 it is a rebate. Who is
        one, see `PercentFee`. Only with ``by="month"``, and no `minimum` beside it.

    Examples
    --------
    >>> TieredFee([(0, 0.0010), (1_000_000, 0.0008)], by="month").by
    'month'
    """

    tiers: Sequence[tuple[float, float]]
    by: Literal["order", "month"] = "order"
    minimum: float = 0.0
    maker: float | Sequence[float] | None = None

    def map(self, part: Callable[[Any], Any]) -> Self:
        """Return the same fee: tiers are the same for all assets and bars."""
        return self

    def __post_init__(self) -> None:
        _check.choice("TieredFee by", self.by, ("order", "month"))
        _check.at_least("TieredFee minimum", self.minimum, 0.0, known=True)
        table = _check.as_floats("TieredFee tiers", list(self.tiers))
        if table.ndim != 2 or table.shape[1] != 2 or table[0, 0] != 0.0:
            raise ValueError(
                "TieredFee tiers must be pairs (from notional, rate), the first from 0"
            )
        if (np.diff(table[:, 0]) <= 0.0).any():
            raise ValueError("TieredFee tiers must rise in notional")
        _check.at_least("TieredFee rates", table[:, 1], 0.0, known=True)
        _check_maker(self, ("minimum",), -1.0)
        if self.maker is None:
            return
        if self.by != "month":
            raise ValueError("TieredFee maker needs by='month': slices of an order have no maker")
        shape = np.asarray(self.maker, np.float64).shape
        if shape not in ((), (len(table),)):
            raise ValueError(
                f"TieredFee maker must be one number or one for each of the {len(table)} tiers, "
                f"had shape {shape}"
            )


WORDS: dict[str, tuple[str, ...]] = {
    "sequence": ("exits_first", "as_given", "reversed", "by_value"),
    "proceeds": ("same_instant", "next_bar"),
    "allocation": ("in_order", "priority", "proportional", "all_or_none"),
    "insufficient": ("clip", "reject"),
    "conflict": ("exit", "entry", "ignore", "hold", "switch"),
    "direction_conflict": ("ignore", "long", "short", "keep", "flip"),
    "opposite": ("reverse", "close", "ignore", "reduce"),
    "repeat": ("ignore", "add"),
    "reversal": ("split", "atomic"),
    "entry_tif": ("next", "day", "gtc", "ioc", "fok"),
    "size_at": ("fill", "decision"),
    "cost_basis": ("average", "fifo"),
    "split_fraction": ("auto", "keep", "cash_in_lieu"),
    "short_sale_rule": ("none", "rule_201"),
}
# What only agreement with another engine asks for; see `barledger.presets`.
PARITY: dict[str, tuple[str, ...]] = {
    "sequence": (*WORDS["sequence"], "as_placed"),
    "submission": ("unchecked", "checked"),
    "target_lots": ("holding", "order"),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Rules(_Option):
    """Every named policy of the engine; the defaults are the careful ones.

    Parameters
    ----------
    sequence
        In which order one instant's orders are handled: ``"exits_first"`` (default),
        ``"as_given"`` (column order), ``"reversed"``, ``"by_value"`` (sales first), ``"as_placed"``
        (older orders first, those at the open of a bar and within it in one queue), or an integer
        array (T, N), the k-th number of a row being the column handled k-th.
    proceeds
        Money freed by a sale is usable at the ``"same_instant"`` (default) or the ``"next_bar"``.
    allocation
        Entries that compete: ``"in_order"`` (default), by ``"priority"`` (needs the array),
        ``"proportional"``, ``"all_or_none"``.
    insufficient
        An entry that does not fit is cut (``"clip"``, default) or refused (``"reject"``).
    conflict
        Entry and exit of one direction on one bar: ``"exit"`` (default), ``"entry"``,
        ``"ignore"``, ``"hold"``, ``"switch"``.
    direction_conflict
        Long and short entry on one bar: ``"ignore"`` (default), ``"long"``, ``"short"``,
        ``"keep"``, ``"flip"``.
    opposite
        An entry against the position: ``"reverse"`` (default), ``"close"``, ``"ignore"``,
        ``"reduce"`` (close at most the new size).
    repeat
        An entry along the position: ``"ignore"`` (default) or ``"add"``.
    reversal
        ``"split"`` (default): the close stands even if the new side cannot open; ``"atomic"``.
    entry_tif
        How long an entry or an explicit order at the market lives: ``"next"`` (default), for the
        next bar that is tradable and priced, even if nobody trades on it; ``"day"``, to the end
        of the date of its first bar; ``"gtc"``, until it is filled in full; ``"ioc"``, as
        ``"next"``. Exits live until they are filled.
    size_at
        Sizes that need a price or equity use those of the ``"fill"`` (default) or ``"decision"``.
    cost_basis
        ``"average"`` (default) or ``"fifo"``: how trades are paired and profit is realised.
    split_fraction
        Fractions left by a split: ``"auto"`` (default: paid out where the lot is at least 1),
        ``"keep"``, ``"cash_in_lieu"``.
    submission
        ``"unchecked"`` (default), or ``"checked"``: a bar's new orders are first paid one after the
        other, on paper, from the cash at the start of the next bar, at the price at which they were
        decided; one that takes it below 0 is refused, and so is every other until sales have
        brought it back.
    target_lots
        A target that lessens a holding is cut to lots itself (``"holding"``, default), or its
        order is (``"order"``).
    short_sale_rule
        ``"none"`` (default), or ``"rule_201"``: after a fall of 10 % from the close of the day
        before, for the rest of that day and the next, only limit orders sell short (SEC Rule 201).
    """

    sequence: Any = "exits_first"
    proceeds: Literal["same_instant", "next_bar"] = "same_instant"
    allocation: Literal["in_order", "priority", "proportional", "all_or_none"] = "in_order"
    insufficient: Literal["clip", "reject"] = "clip"
    conflict: Literal["exit", "entry", "ignore", "hold", "switch"] = "exit"
    direction_conflict: Literal["ignore", "long", "short", "keep", "flip"] = "ignore"
    opposite: Literal["reverse", "close", "ignore", "reduce"] = "reverse"
    repeat: Literal["ignore", "add"] = "ignore"
    reversal: Literal["split", "atomic"] = "split"
    entry_tif: Literal["next", "day", "gtc", "ioc", "fok"] = "next"
    size_at: Literal["fill", "decision"] = "fill"
    cost_basis: Literal["average", "fifo"] = "average"
    split_fraction: Literal["auto", "keep", "cash_in_lieu"] = "auto"
    submission: Literal["unchecked", "checked"] = "unchecked"
    target_lots: Literal["holding", "order"] = "holding"
    short_sale_rule: Literal["none", "rule_201"] = "none"

    def __post_init__(self) -> None:
        for name, words in {**WORDS, **PARITY}.items():
            value = getattr(self, name)
            if name == "sequence" and not isinstance(value, str):
                continue
            _check.choice(name, value, words)

    def map_words(self, **words: Any) -> Self:
        """Return the rules with some policies replaced."""
        return replace(self, **words)
