"""What goes into a simulation and what comes out, and how an option is looked up.

Nothing here knows a rule of money.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np

from barledger.accounts import Account, Cash
from barledger.instruments.contract import Contract
from barledger.options import Fee, PercentFee, PercentOfEquity, Rules, Shares, Size
from barledger.risk import RiskLimits
from barledger.slippage import Slippage

NAN = math.nan
TOLERANCE = 1e-9  # of the largest number involved, wherever money is compared

Rows = Sequence[Sequence[float]]


@dataclass
class Market:
    """Bars as rows of one number an asset; NaN is "none here", None is a matrix not given."""

    open: Rows | None
    high: Rows | None
    low: Rows | None
    close: Rows
    tradable: Sequence[Sequence[bool]] | None = None
    settlement: Rows | None = None
    contracts: Sequence[Contract] | None = None
    dates: Sequence[date] | None = None
    volume: Rows | None = None
    marks: Sequence[Rows] | None = None  # open, high, low, close: what positions are valued at
    fundings: Sequence[tuple[int, int, float, float, bool]] = ()  # bar, asset, rate, mark, late

    def __post_init__(self) -> None:
        if self.contracts is None:
            self.contracts = [Contract() for _ in range(self.n_assets)]
        if self.dates is None:
            self.dates = weekdays_from(date(2024, 1, 1), self.n_bars)
        if self.settlement is None:
            self.settlement = [self._settled_at(bar) for bar in range(self.n_bars)]

    def _settled_at(self, bar: int) -> Sequence[float]:
        """Last closes of a date, at which futures settle on its last bar unless prices are given."""
        is_last = bar + 1 == self.n_bars or self.dates[bar + 1] != self.dates[bar]
        found = [NAN] * self.n_assets
        for each in range(bar + 1) if is_last else ():
            if self.dates[each] == self.dates[bar]:
                pairs = zip(self.close[each], found, strict=True)
                found = [before if math.isnan(price) else price for price, before in pairs]
        return found

    @property
    def n_bars(self) -> int:
        return len(self.close)

    @property
    def n_assets(self) -> int:
        return len(self.close[0])


@dataclass
class Wishes:
    """What is wished: `signals` or `targets` or `orders`, whichever is given.

    `signals` holds four matrices: long entry, long exit, short entry, short exit.
    """

    signals: Sequence[Sequence[Sequence[bool]]] | None = None
    targets: Rows | None = None
    unit: str = "percent"
    orders: Sequence[tuple[Any, ...]] | None = None  # bar, asset, quantity, perhaps `Own`


@dataclass
class Outcome:
    """Everything a run leaves behind."""

    equity: list[float] = field(default_factory=list)
    cash: list[float] = field(default_factory=list)
    settled: list[float] = field(default_factory=list)
    initial: list[float] = field(default_factory=list)
    maintenance: list[float] = field(default_factory=list)
    orders: list[dict[str, Any]] = field(default_factory=list)
    fills: list[dict[str, Any]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    incidents: list[dict[str, Any]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    positions: dict[int, tuple[float, float, float, float]] = field(default_factory=dict)
    bankrupt: bool = False
    waiting: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Terms:
    """Every option of a run, plain numbers already turned into option objects."""

    account: Account
    size: Size
    fees: Fee
    slippage: Slippage
    fill: str
    price: Rows | None
    rules: Rules
    priority: Any
    exclusive: list[list[int]]
    limits: RiskLimits
    splits: list[tuple[int, int, float]]
    flows: list[tuple[int, float]]
    stops: Any = None
    resting: Any = None
    liquidity: Any = None
    halts: Any = None
    impact: Any = None
    delay: int = 0
    carry: Any = None

    @property
    def lag(self) -> int:
        return 0 if self.fill == "close" else 1 + self.delay

    @property
    def is_cash_account(self) -> bool:
        return isinstance(self.account, Cash)


def terms_of(market: Market, account: Account, options: dict[str, Any]) -> Terms:
    """Turn the arguments of `simulate` into terms."""
    size, fees, slippage = options["size"], options["fees"], options["slippage"]
    if size is None:
        size = PercentOfEquity(1.0 / market.n_assets)
    fill = options["fill"]
    return Terms(
        account=account,
        size=size if isinstance(size, Size) else Shares(size),
        fees=fees if isinstance(fees, Fee) else PercentFee(fees),
        slippage=slippage if isinstance(slippage, Slippage) else Slippage(slippage),
        fill="next_close" if fill == "next_open" and market.open is None else fill,
        price=options["price"],
        rules=options["rules"],
        priority=options["priority"],
        exclusive=[list(group) for group in options["exclusive"] or []],
        limits=options["limits"] or RiskLimits(),
        splits=list(options["splits"]),
        flows=list(options["flows"]),
        stops=options["stops"],
        resting=options["resting"],
        liquidity=options["liquidity"],
        halts=options["halts"],
        impact=options["impact"],
        delay=options["delay"],
        carry=options["carry"],
    )


def moves_no_cash(contract: Contract) -> bool:
    """Whether opening it moves no cash: futures and perpetuals."""
    return contract.kind in ("future", "perpetual")


def unit_value(contract: Contract, price: float) -> float:
    """Unsigned value of one unit: of an inverse contract its face value in coin."""
    return contract.multiplier / price if contract.inverse else contract.multiplier * abs(price)


def at(value: Any, bar: int, asset: int) -> float:
    """Number of an option at one bar and asset; it is a scalar, (N,), (T, 1) or (T, N)."""
    if isinstance(value, int | float):
        return float(value)
    table = np.asarray(value, dtype=float)
    if table.ndim == 0:
        return float(table)
    if table.ndim == 1:
        return float(table[asset if len(table) > 1 else 0])
    n_rows, n_columns = table.shape
    return float(table[bar if n_rows > 1 else 0, asset if n_columns > 1 else 0])


def cell(rows: Rows | None, bar: int, asset: int) -> float:
    """Number of a matrix, NaN where the matrix is not given."""
    return NAN if rows is None else float(rows[bar][asset])


def is_number(value: float) -> bool:
    return not math.isnan(value)


def sign(value: float) -> int:
    return (value > 0) - (value < 0)


def cut(quantity: float, lot: float) -> float:
    """Whole lots in an unsigned quantity; without a lot the quantity itself unless it is dust."""
    if math.isinf(quantity):
        return quantity
    if lot > 0:
        return math.floor(quantity / lot + TOLERANCE) * lot
    return quantity if quantity >= TOLERANCE else 0.0


def dust(lot: float) -> float:
    """Quantities below this are zero."""
    return TOLERANCE * lot if lot > 0 else TOLERANCE


def weekdays_from(first: date, n: int) -> list[date]:
    days = [first]
    while len(days) < n:
        days.append(business_days_after(days[-1], 1))
    return days[:n]


def business_days_after(day: date, n: int) -> date:
    """The n-th weekday after a date."""
    while n > 0:
        day += timedelta(days=1)
        if day.weekday() < 5:
            n -= 1
    return day


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())
