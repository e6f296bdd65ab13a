"""The state of one account: positions, orders, cash and records.

Sums are made afresh whenever they are asked for.
"""

import copy
import math
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from barledger.instruments.contract import Contract
from barledger.options import TargetPercent, TargetShares, TargetValue

from . import exchange, halts, liquidity
from .day_trading import Days
from .levels import Levels
from .market import (
    NAN,
    TOLERANCE,
    Market,
    Outcome,
    Terms,
    Wishes,
    cell,
    is_number,
    moves_no_cash,
    sign,
)

if TYPE_CHECKING:
    from .forced import LossLimits
    from .resting import Own, Rest

COUNTS = ("no_position", "repeat_ignored", "opposite_ignored", "at_target", "no_size")


@dataclass
class Position:
    """What is held of one asset, in parts: (quantity, price at which the part is marked)."""

    asset: int
    contract: Contract
    quantity: float
    average: float
    base: float
    parts: list[tuple[float, float]]
    tied_until: date | None = None
    levels: Levels | None = None

    @property
    def side(self) -> int:
        return sign(self.quantity)

    @property
    def mark(self) -> float:
        if len(self.parts) == 1:
            return self.parts[0][1]
        if self.contract.inverse:
            return sum(q for q, _ in self.parts) / sum(q / p for q, p in self.parts)
        return sum(q * p for q, p in self.parts) / sum(q for q, _ in self.parts)

    @property
    def value(self) -> float:
        """Signed exposure in money."""
        return sum(value_of(self.contract, q, p) for q, p in self.parts)

    @property
    def gross(self) -> float:
        return sum(abs(value_of(self.contract, q, p)) for q, p in self.parts)

    @property
    def worth(self) -> float:
        """What the position adds to cash to make equity."""
        if moves_no_cash(self.contract):
            return self.gain_since(self.base)
        return self.value

    def gain_since(self, price: float) -> float:
        """Profit since a price; of an inverse contract what its value has fallen by."""
        gain = self.value - value_of(self.contract, self.quantity, price)
        return -gain if self.contract.inverse else gain

    @property
    def profit(self) -> float:
        return self.gain_since(self.average)

    def mark_at(self, price: float) -> None:
        """Mark the whole at one price; no number: at the mean of its parts."""
        self.parts = [(self.quantity, price if is_number(price) else self.mark)]

    def add(self, quantity: float, price: float) -> None:
        """Open more: averages are weighted by quantity."""
        total = self.quantity + quantity
        if self.contract.inverse:
            self.average = total / (self.quantity / self.average + quantity / price)
            self.base = self.average
        else:
            self.average = (self.quantity * self.average + quantity * price) / total
        if moves_no_cash(self.contract) and not self.contract.inverse:
            self.base = (self.quantity * self.base + quantity * price) / total
        self.quantity = total
        self.parts = [*self.parts, (quantity, price)]

    def scale(self, quantity: float, price_ratio: float = 1.0) -> None:
        """Make every part the same share of a new total, and divide the prices."""
        ratio = quantity / self.quantity
        self.parts = [(q * ratio, p / price_ratio) for q, p in self.parts]
        if len(self.parts) == 1:
            self.parts = [(quantity, self.parts[0][1])]
        self.quantity = quantity
        self.average /= price_ratio
        self.base /= price_ratio
        if self.levels is not None and price_ratio != 1.0:
            self.levels = self.levels.split(price_ratio)


def value_of(contract: Contract, quantity: float, price: float) -> float:
    """Value of a signed quantity: of an inverse contract its face value in coin."""
    if contract.inverse:
        return contract.multiplier * quantity / price
    return contract.multiplier * quantity * price


@dataclass(eq=False)
class Order:
    """A wish on its way; `close`, `open` and `rest` are its plan, unsigned, at one instant."""

    asset: int
    placed: int
    given: int = 0
    cause: str = "signal"
    closes: int = 0  # side that a signal closes: +1 long, -1 short
    opens: int = 0  # side that a signal opens
    reduces: bool = False
    target: float | None = None
    explicit: float | None = None
    own: "Own | None" = None  # kind, life and ties of an order given one by one
    scale: float = 1.0  # splits since it was placed
    equity: float = NAN  # at the decision
    multiplier: float = NAN  # at the decision
    direction: int = 0
    close: float = 0.0
    open: float = 0.0  # whole lots; infinite: all that fits
    rest: float = 0.0  # the same before it is cut to lots
    share: float | None = None  # of what is free, for % of cash
    blocked: str = "none"
    wanted: float = NAN
    filled: float = 0.0
    number: int | None = None
    offer: float = NAN  # price, before slippage, at which it can be had at this instant
    approach: str = ""  # how a bar's range came to that price
    is_maker: bool = False  # it is filled at its limit, to which the range has come
    waits_for: "Rest | None" = None  # none: it is at the market
    tif: str = "gtc"  # of an order at the market; those that rest have their own
    last: float = math.inf  # last bar of an order at the market
    before: float = 0.0  # filled on earlier bars
    fixed: float | None = None  # what is left of a size, in units
    held_over: bool = False  # this bar takes no more of it
    asked: float = NAN  # the whole of an order whose opening is over
    has_lapsed: bool = False  # its opening is over, its closing is not
    still_closes: bool = False
    leg: str = ""  # which part its last fill was of
    pieces: list[tuple[float, float, int, float]] = field(default_factory=list)  # of that part
    paid: float = 0.0  # fee of those pieces

    @property
    def has_own_levels(self) -> bool:
        """Whether it brings levels for the position that it opens."""
        own = self.own
        return own is not None and (is_number(own.stop_loss) or is_number(own.take_profit))

    @property
    def has_opened(self) -> bool:
        """Whether its opening has begun to fill."""
        return self.leg == "opening" and bool(self.pieces)

    @property
    def life(self) -> str:
        return self.tif if self.waits_for is None else self.waits_for.tif

    @property
    def has_closing(self) -> bool:
        return self.closes != 0 or self.target is not None

    def split(self, ratio: float) -> None:
        """Scale what waits: its quantity, and against it the prices that it waits for."""
        self.scale *= ratio
        self.wanted *= ratio
        self.asked = self.before + (self.asked - self.before) * ratio
        if self.fixed is not None:
            self.fixed *= ratio
        if self.waits_for is not None:
            self.waits_for.split(ratio)


class World:
    """One account on its way through one market."""

    def __init__(self, market: Market, wishes: Wishes, terms: Terms, initial_cash: float) -> None:
        self.market, self.wishes, self.terms = market, wishes, terms
        self.outcome = Outcome(counts=dict.fromkeys(COUNTS, 0))
        self.bar = 0
        self.at_close = False
        self.wish_bar = 0  # whose wishes are decided on: earlier where there is a delay
        self.cash = initial_cash
        self.outstanding: list[tuple[date, float]] = []
        self.positions: dict[int, Position] = {}
        self.live: list[Order] = []
        self.n_numbers = self.n_given = 0
        self.withheld = 0.0
        self.withheld_before: float | None = None  # the range; none: not in it
        self.opened_in_range: dict[int, str] = {}  # from flat, and by which approach
        self.traded: dict[tuple[int, int], float] = {}
        self.instant_prices: list[float] = []
        self.snapshot_equity = self.initial_equity = initial_cash
        self.taken: dict[int, tuple[int, bool]] = {}
        self.taken_up: dict[tuple[int, int], tuple[float, float]] = {}  # by bar and asset
        self.moves: list[tuple[int, int, float]] = []  # bar, asset, fraction of its price
        self.losses: LossLimits
        self.bankrupt = self.called = self.was_breached = self.was_negative = False
        self.pending: dict[int, str] = {}
        self.own_contracts = market.contracts
        self.rate, self.foreign = 1.0, 0.0  # of the other currency: its rate, and its balance
        self.days = Days()
        self.rolling: dict[int, tuple[int, float, float]] = {}  # into what, at which prices

    @property
    def date(self) -> date:
        return self.market.dates[self.bar]

    @property
    def equity(self) -> float:
        return self.cash + sum(p.worth for p in self.positions.values())

    @property
    def sizing_equity(self) -> float:
        """Equity that sizes are a share of, none where it is next to nothing."""
        equity = self.equity
        least = TOLERANCE * max(abs(self.initial_equity), abs(self.cash), self.gross)
        return equity if equity > least else 0.0

    @property
    def gross(self) -> float:
        return sum(p.gross for p in self.positions.values())

    @property
    def net(self) -> float:
        return sum(p.value for p in self.positions.values())

    @property
    def settled(self) -> float:
        """Cash that has settled; in all but cash accounts all has."""
        if not self.terms.is_cash_account:
            return self.cash
        return self.cash - sum(amount for _, amount in self.outstanding)

    def held(self, asset: int) -> float:
        position = self.positions.get(asset)
        return position.quantity if position else 0.0

    def fill_price(self, asset: int, *, rests: bool = False) -> float:
        """Unslipped price at which orders fill on this bar, NaN where none can."""
        if self.terms.price is not None:
            price = cell(self.terms.price, self.bar, asset)
        elif self.terms.fill == "next_open":
            price = cell(self.market.open, self.bar, asset)
        else:
            price = cell(self.market.close, self.bar, asset)
        last = liquidity.price_of_silence(self, asset)
        if last is not None and self.terms.price is None and not rests:
            price = last
        return price if self.is_tradable(asset) else NAN

    def is_tradable(self, asset: int) -> bool:
        if not self.is_open(asset) or halts.is_stopped(self, asset):
            return False
        return not liquidity.is_silent(self, asset)

    def is_open(self, asset: int) -> bool:
        """Whether this bar is one for the asset at all."""
        if halts.is_stopped(self, asset) and self.terms.halts.then == "wait":
            return False
        return self.market.tradable is None or bool(self.market.tradable[self.bar][asset])

    def has_its_bar(self, asset: int) -> bool:
        """Whether this bar is the next one for an order, though nobody may have traded on it."""
        own = self.market.open if self.terms.fill == "next_open" else self.market.close
        rows = own if self.terms.price is None else self.terms.price
        last = liquidity.price_of_silence(self, asset)
        price = cell(rows, self.bar, asset)
        if last is not None and self.terms.price is None:
            price = last
        return self.is_open(asset) and is_number(price)

    @property
    def fills_up(self) -> bool:
        """Whether sizes are of what is to be held, not of what is to be traded."""
        return isinstance(self.terms.size, TargetShares | TargetValue | TargetPercent)

    def traded_this_month(self) -> float:
        return self.traded.get((self.date.year, self.date.month), 0.0)

    def trial(self) -> "World":
        """Return a copy in which anything may be tried."""
        other = copy.copy(self)
        other.positions = {a: copy.copy(p) for a, p in self.positions.items()}
        other.outstanding = list(self.outstanding)
        other.traded = dict(self.traded)
        other.days = copy.deepcopy(self.days)
        other.rolling = dict(self.rolling)
        other.outcome = Outcome(counts=dict(self.outcome.counts))
        return other

    def count(self, name: str) -> None:
        self.outcome.counts[name] += 1

    def record_incident(self, kind: str, asset: int, amount: float, level: float) -> None:
        self.outcome.incidents.append(
            {"bar": self.bar, "asset": asset, "kind": kind, "amount": amount, "level": level}
        )

    def move_cash(self, category: str, asset: int, amount: float) -> None:
        """Move cash without a fill."""
        if amount == 0.0:
            return
        self.cash += amount
        if category != "fx":
            exchange.note(self, asset, amount)
        self.outcome.entries.append(
            {"bar": self.bar, "asset": asset, "category": category, "amount": amount}
        )

    def number(self, order: Order) -> int:
        if order.number is None:
            order.number = self.n_numbers
            self.n_numbers += 1
        return order.number

    def end(self, order: Order, reason: str = "none", state: str | None = None) -> None:
        """Record how an order ended; without a state it follows from what was filled."""
        if reason == "none" and order.has_lapsed:
            reason = "expired"
        if state is None or order.before != 0:
            is_unfilled = order.filled == 0 and order.before == 0
            state = "rejected" if is_unfilled else "partly_filled"
            state = "filled" if reason == "none" else state
        is_cut_short = order.has_lapsed and order.before + order.filled != 0
        row = {
            "number": self.number(order),
            "placed": order.placed,
            "bar": self.bar,
            "asset": order.asset,
            "quantity": order.asked if is_cut_short else order.before + order.wanted,
            "filled": order.before + order.filled,
            "state": state,
            "reason": reason,
            "cause": order.cause,
        }
        self.outcome.orders.append(row)
        self.live = [other for other in self.live if other is not order]
