"""SPAN margin of a portfolio of futures and options, from parameters in a file.

CME's legacy SPAN. Where SPAN 2 rules (NYMEX energy since 2023) the result is an approximation, and
says so. Margin of an account belongs to its net position: it does not add up over accounts.
"""

import json
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from barledger import _check, _html
from barledger.exchange.scenarios import option_gains, price_moves
from barledger.kernel import span as kernel

Floats = npt.NDArray[np.float64]
APPROXIMATION = "SPAN-style approximation: 16 scenarios, not SPAN 2"
RULES = ("max", "sum")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanProduct:
    """Parameters of one combined commodity; money is per contract.

    Parameters
    ----------
    scan_range
        Loss of one future in the worst ordinary scenario, its price scan range in money (the
        maintenance margin of one future).
    extreme_multiple, extreme_cover
        Move of scenarios 15 and 16 in scan ranges, and the share of their loss that counts.
    months
        Scan range by contract month, where it differs from `scan_range`.
    multiplier, volatility_range
        Money a point, and the absolute change of volatility of the scenarios: for options that
        come without an array.
    spreads
        (month, month, charge) or (month, month, charge, ratio, ratio) in order of priority.
    month_spread
        Charge of a 1:1 spread of any two months that no row of `spreads` names.
    delivery
        month: (charge of a delta used in a spread, of one that is not).
    short_option_minimum, short_option_rule
        Least margin of a short option, of calls and puts together (``"sum"``) or of the larger
        number (``"max"``).
    """

    scan_range: float
    extreme_multiple: float
    extreme_cover: float
    months: Mapping[str, float] = field(default_factory=dict)
    multiplier: float = 1.0
    volatility_range: float = 0.0
    spreads: Sequence[Sequence[Any]] = ()
    month_spread: float | None = None
    delivery: Mapping[str, Sequence[float]] = field(default_factory=dict)
    short_option_minimum: float = 0.0
    short_option_rule: str = "sum"

    def __post_init__(self) -> None:
        for name in ("scan_range", "multiplier"):
            _check.single(name, getattr(self, name), 0.0, strict=True)
        for name in ("extreme_multiple", "extreme_cover", "volatility_range", "month_spread"):
            _check.single(name, getattr(self, name), 0.0)
        _check.single("short_option_minimum", self.short_option_minimum, 0.0)
        _check.choice("short_option_rule", self.short_option_rule, RULES)
        for row in self.spreads:
            if len(row) not in (3, 5):
                raise ValueError(
                    "a spread must be (month, month, charge) or (month, month, charge, ratio, "
                    f"ratio), was {tuple(row)!r}"
                )

    def range_of(self, month: str) -> float:
        """Return the scan range of one month."""
        return float(self.months.get(month, self.scan_range))


@dataclass(frozen=True, slots=True)
class SpanOffset:
    """Credit between products: a share `rate` of the price risk of both sides.

    `legs` is the number of contracts of each product in one spread; legs of different sign are
    held on opposite sides, such as ``{"C": 2, "S": -1}``.
    """

    legs: Mapping[str, float]
    rate: float

    def __post_init__(self) -> None:
        if len(self.legs) < 2 or any(ratio == 0.0 for ratio in self.legs.values()):
            raise ValueError(f"an offset needs two legs or more, none of them 0; had {self.legs}")
        if not 0.0 < self.rate <= 1.0:
            raise ValueError(f"an offset's rate must be above 0 and at most 1, was {self.rate:g}")


@dataclass(frozen=True, slots=True)
class SpanParameters:
    """What the exchange publishes: products, and offsets between them in order of priority.

    `initial` is what initial margin is of maintenance: 1.1 for retail accounts at CME.

    Examples
    --------
    >>> SpanParameters.from_mapping({
    ...     "products": {"ES": {"scan_range": 20_000, "extreme_multiple": 3, "extreme_cover": 0.33}},
    ... }).products["ES"].scan_range
    20000
    """

    products: Mapping[str, SpanProduct]
    offsets: Sequence[SpanOffset] = ()
    initial: float = 1.1
    date: str | None = None

    def __post_init__(self) -> None:
        if not self.products:
            raise ValueError("SPAN parameters need at least one product")
        _check.single("initial", self.initial, 1.0)
        for offset in self.offsets:
            for name in offset.legs:
                if name not in self.products:
                    raise ValueError(
                        f"an offset names {name!r}, but the products are {', '.join(self.products)}"
                    )

    def __repr__(self) -> str:
        dated = f", {self.date}" if self.date else ""
        return f"<SpanParameters {len(self.products)} products{dated}>"

    @classmethod
    def from_file(cls, path: str | Path) -> "SpanParameters":
        """Read parameters from a TOML or JSON file; `from_mapping` tells what it holds."""
        path = Path(path)
        text = path.read_text(encoding="utf-8")
        return cls.from_mapping(tomllib.loads(text) if path.suffix == ".toml" else json.loads(text))

    @classmethod
    def from_mapping(cls, given: Mapping[str, Any]) -> "SpanParameters":
        """Make parameters of plain data.

        Parameters
        ----------
        given
            ``products``: a mapping from name to the fields of `SpanProduct`; ``offsets``: a list
            of ``legs`` and ``rate``, first the one that comes first; ``initial`` and ``date``.
        """
        unknown = sorted(set(given) - {"products", "offsets", "initial", "date"})
        if unknown:
            raise ValueError(
                f"SPAN parameters have products, offsets, initial and date; found {unknown[0]!r}"
            )
        products = {name: _product(name, row) for name, row in given.get("products", {}).items()}
        offsets = [SpanOffset(row["legs"], row["rate"]) for row in given.get("offsets", ())]
        return cls(products, offsets, given.get("initial", 1.1), given.get("date"))


def _product(name: str, row: Mapping[str, Any]) -> SpanProduct:
    try:
        return SpanProduct(**row)
    except TypeError as error:
        raise ValueError(f"SPAN parameters of {name}: {error}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanPosition:
    """One line of a portfolio: a future, or an option with its array or what prices it.

    Parameters
    ----------
    product, quantity
        Name among the parameters, and signed contracts.
    month
        Contract month; of an option that of its future.
    right, price
        ``"call"`` or ``"put"`` and the option's price in points; None: a future.
    array, delta
        Gains of +1 contract in the 16 scenarios, in money, as the exchange publishes them (with
        the sign turned: its files have losses), and its delta.
    strike, futures_price, days, volatility
        Of an option without an array: it is priced by Black-76 without discount, T = days / 365,
        one day ahead. `price` None takes the model's.
    """

    product: str
    quantity: float
    month: str = ""
    right: str | None = None
    price: float | None = None
    array: Sequence[float] | None = None
    delta: float | None = None
    strike: float | None = None
    futures_price: float | None = None
    days: float | None = None
    volatility: float | None = None

    def __post_init__(self) -> None:
        if not math.isfinite(self.quantity):
            raise ValueError(f"a SPAN position's quantity must be finite, was {self.quantity}")
        if self.right is not None:
            _check.choice("right", self.right, ("call", "put"))
        if self.array is not None and len(self.array) != kernel.SCENARIOS:
            raise ValueError(f"a SPAN array has 16 numbers, this one had {len(self.array)}")


class SpanMargin(NamedTuple):
    """Margin of a portfolio, and what it is made of by product; money."""

    total: float
    initial: float
    products: dict[str, dict[str, float]]
    label: str = APPROXIMATION

    def _repr_html_(self) -> str:
        rows = [
            (name, *(f"{parts[word]:,.2f}" for word in WORDS))
            for name, parts in self.products.items()
        ]
        notes = [f"maintenance {self.total:,.2f}, initial {self.initial:,.2f}", self.label]
        return _html.table(rows, ("product", *WORDS), title="SPAN margin", notes=notes)


WORDS = (
    "scan",
    "intra",
    "delivery",
    "credit",
    "short_option_minimum",
    "net_option_value",
    "scenario",
    "risk",
)


def span(positions: Sequence[SpanPosition], parameters: SpanParameters) -> SpanMargin:
    """SPAN margin of a portfolio: max(0, risk - net option value).

    Risk of each product is the larger of scan + intra + delivery - credit and the short option
    minimum. An approximation where SPAN 2 rules.

    Parameters
    ----------
    positions
        Futures and options, netted by the caller's account.
    parameters
        `SpanParameters`, from a file.

    Returns
    -------
    SpanMargin
        `total` is maintenance margin, `initial` what opens it.

    Examples
    --------
    >>> rules = SpanParameters.from_mapping({
    ...     "products": {
    ...         "C": {"scan_range": 1750, "extreme_multiple": 2, "extreme_cover": 0.35},
    ...         "S": {"scan_range": 2500, "extreme_multiple": 2, "extreme_cover": 0.35},
    ...     },
    ...     "offsets": [{"legs": {"C": 2, "S": -1}, "rate": 0.55}],
    ... })
    >>> legs = [SpanPosition(product="C", quantity=2), SpanPosition(product="S", quantity=-1)]
    >>> span(legs, rules).total
    2700.0
    """
    return SpanPortfolio(positions, parameters).margin()


class SpanPortfolio:
    """Lines of a portfolio made ready once: margins of many quantities, some microseconds each."""

    def __init__(self, positions: Sequence[SpanPosition], parameters: SpanParameters) -> None:
        for position in positions:
            if position.product not in parameters.products:
                raise ValueError(
                    f"no SPAN parameters of {position.product!r}; there are those of "
                    f"{', '.join(parameters.products)}"
                )
        self.positions, self.parameters = tuple(positions), parameters
        self.tables = tables_of(parameters, [(each.product, each.month) for each in positions])
        n = len(positions)
        self.quantities = np.array([each.quantity for each in positions], np.float64)
        self.arrays, self.rows = np.zeros((n, kernel.SCENARIOS)), np.zeros((n, 3))
        for i, position in enumerate(positions):
            product = parameters.products[position.product]
            self.arrays[i], self.rows[i] = _terms(position, product)
        self.out = np.zeros((len(parameters.products), len(WORDS)))
        self.scratch = np.zeros(20 * len(self.out) + 2 * len(self.tables.product_of))

    def total(self, quantities: npt.ArrayLike | None = None) -> float:
        """Return maintenance margin of the lines, held in these quantities."""
        held = self.quantities
        if quantities is not None:
            held = np.ascontiguousarray(quantities, np.float64)
            if held.shape != self.quantities.shape:
                raise ValueError(
                    f"quantities must be one for each of the {len(self.quantities)} lines, had "
                    f"shape {held.shape}"
                )
        return float(
            kernel.span_margin(held, self.arrays, self.rows, *self.tables, self.scratch, self.out)
        )

    def margin(self, quantities: npt.ArrayLike | None = None) -> SpanMargin:
        """Return margin of the lines and what it is made of."""
        total = self.total(quantities)
        names = self.parameters.products
        parts = {
            name: dict(zip(WORDS, row.tolist(), strict=True))
            for name, row in zip(names, self.out, strict=True)
        }
        return SpanMargin(total, total * self.parameters.initial, parts)


class SpanTables(NamedTuple):
    """Parameters as the kernel reads them; see `kernel.span.span_margin`."""

    months: npt.NDArray[np.int64]
    product_of: npt.NDArray[np.int64]
    products: Floats
    spreads: Floats
    delivery: Floats
    offsets: Floats
    legs: Floats


def tables_of(parameters: SpanParameters, lines: Sequence[tuple[str, str]]) -> SpanTables:
    """Return the tables for lines of (product, month)."""
    names = list(parameters.products)
    known = sorted(set(lines), key=lambda line: (names.index(line[0]), line[1]))
    places = {line: place for place, line in enumerate(known)}
    spreads: list[tuple[float, ...]] = []
    delivery: list[tuple[float, ...]] = []
    for name, product in parameters.products.items():
        held = [month for each, month in known if each == name]
        spreads += _spreads(name, product, held, places)
        for month, (within, outright) in product.delivery.items():
            if month in held:
                delivery.append((places[name, month], within, outright))
    offsets: list[tuple[float, ...]] = []
    legs: list[tuple[float, ...]] = []
    for offset in parameters.offsets:
        offsets.append((offset.rate, len(legs), len(offset.legs)))
        for name, ratio in offset.legs.items():
            legs.append((names.index(name), abs(ratio), math.copysign(1.0, ratio)))
    products = [
        (
            each.short_option_minimum,
            float(each.short_option_rule == "sum"),
            max(each.scan_range, *each.months.values()) if each.months else each.scan_range,
        )
        for each in parameters.products.values()
    ]
    return SpanTables(
        np.array([places[line] for line in lines], np.int64),
        np.array([names.index(name) for name, _ in known], np.int64),
        _table(products, 3),
        _table(spreads, 5),
        _table(delivery, 3),
        _table(offsets, 3),
        _table(legs, 3),
    )


def _spreads(
    name: str, product: SpanProduct, held: Sequence[str], places: Mapping[tuple[str, str], int]
) -> list[tuple[float, ...]]:
    """Return the spreads between the months held: those listed, then any other two."""
    rows: list[tuple[float, ...]] = []
    named = set()
    for first, second, charge, *ratios in product.spreads:
        named.add(frozenset((first, second)))
        if first in held and second in held:
            ratio, other = ratios or (1.0, 1.0)
            rows.append((places[name, first], places[name, second], ratio, other, charge))
    if product.month_spread is not None:
        for k, first in enumerate(held):
            for second in held[k + 1 :]:
                if frozenset((first, second)) not in named:
                    at = places[name, first], places[name, second]
                    rows.append((*at, 1.0, 1.0, product.month_spread))
    return rows


def _table(rows: Sequence[Sequence[float]], width: int) -> Floats:
    return np.array(rows, np.float64).reshape(len(rows), width)


def _terms(position: SpanPosition, product: SpanProduct) -> tuple[Any, Any]:
    """Return a line's gains of one contract, and its delta, option value and right."""
    side = {None: 0.0, "call": 1.0, "put": -1.0}[position.right]
    value = (position.price or 0.0) * product.multiplier
    if position.array is not None:
        delta = position.delta
        if delta is None:
            if position.right is not None:
                raise ValueError("an option with an array needs its delta too")
            delta = 1.0
        return np.asarray(position.array, np.float64), (delta, value, side)
    moves = price_moves(product.extreme_multiple, product.extreme_cover)
    scan_range = product.range_of(position.month)
    if position.right is None:
        return moves.gain * scan_range, (1.0, 0.0, 0.0)
    missing = [
        name
        for name in ("strike", "futures_price", "days", "volatility")
        if getattr(position, name) is None
    ]
    if missing:
        raise ValueError(
            f"an option of {position.product} needs an array and a delta, or what prices it: "
            f"{', '.join(missing)} was not given"
        )
    priced = option_gains(position, moves, scan_range, product.volatility_range, product.multiplier)
    if position.price is None:
        value = priced.value
    return priced.gains, (priced.delta, value, side)
