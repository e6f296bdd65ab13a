"""What time alone does: dividends, nights of interest and borrowing, ends and rolls of contracts."""

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from . import halts, written
from .book import Order
from .exchange import FOREIGN, OTHER, OWN
from .fills import close_part, open_part
from .market import NAN, TOLERANCE, at, is_number, sign

if TYPE_CHECKING:
    from .book import Position, World

ROWS = ("dividends", "delistings", "expiries", "rolls")
TABLES = ("borrow", "borrowable", "benchmark", "fx")
BORROWED = ("stock", "etf", "coin", "fx")


@dataclass
class CarryTerms:
    """What is drawn of it; the rates of interest are the account's own."""

    dividends: list[tuple[int, int, float]] = field(default_factory=list)
    delistings: list[tuple[int, int, float]] = field(default_factory=list)
    expiries: list[tuple[int, int, float]] = field(default_factory=list)
    rolls: list[tuple[int, int, int, float, float]] = field(default_factory=list)
    borrow: Any = None  # a number or (T, N)
    borrowable: Any = None  # (T, N)
    benchmark: list[float] | None = None  # (T,)
    fx: list[float] | None = None  # (T,)

    def between(self, first: int, end: int) -> "CarryTerms":
        """What there is of it on some bars, counted from the first of them."""
        rows = {
            name: [
                (row[0] - first, *row[1:]) for row in getattr(self, name) if first <= row[0] < end
            ]
            for name in ROWS
        }
        tables = {
            name: value if value is None or np.ndim(value) == 0 else value[first:end]
            for name, value in ((name, getattr(self, name)) for name in TABLES)
        }
        return CarryTerms(**rows, **tables)

    def of(self, place: dict[int, int]) -> "CarryTerms":
        """What there is of some assets, by their places."""
        rows = {
            name: [(bar, place[a], *more) for bar, a, *more in getattr(self, name) if a in place]
            for name in ROWS
            if name != "rolls"
        }
        rolls = [
            (bar, place[a], place[b], *prices)
            for bar, a, b, *prices in self.rolls
            if a in place and b in place
        ]
        tables = {
            name: value if value is None or np.ndim(value) == 0 else value[:, list(place)]
            for name, value in (("borrow", self.borrow), ("borrowable", self.borrowable))
        }
        return replace(self, **rows, **tables, rolls=rolls)


def carry(world: "World", cash: list[tuple[int, float]]) -> None:
    """Dividends, nights and ends, in this order; interest is on the cash before all of them.

    `cash` is a row for each balance by itself: whose it is, and how much in its own money.
    """
    terms = world.terms.carry
    for bar, asset, amount in terms.dividends:
        if bar == world.bar:
            position = world.positions.get(asset)
            if position is not None:
                units = position.quantity * position.contract.multiplier
                world.move_cash("dividend", asset, units * amount)
    spend_nights(world, cash)
    for rows, cause in ((terms.delistings, "delisting"), (terms.expiries, "expiry")):
        for bar, asset, price in rows:
            if bar == world.bar:
                end_asset(world, asset, price, cause)


# Nights


def spend_nights(world: "World", cash: list[tuple[int, float]]) -> None:
    if world.bar == 0:
        return
    nights = (world.date - world.market.dates[world.bar - 1]).days
    if nights == 0:
        return
    account = world.terms.account
    years = nights / account.day_count
    short = {OWN: 0.0, OTHER: 0.0}
    for asset, position in sorted(world.positions.items()):
        if position.quantity < 0 and position.contract.kind in BORROWED:
            is_other = len(cash) == 2 and position.contract.currency == FOREIGN
            short[OTHER if is_other else OWN] += -position.value
            fee = lent_value(world, position) * borrow_rate(world, asset) * years
            world.move_cash("borrow", asset, -fee)
    for whose, money in cash:
        pay_interest(world, whose, money, short[whose], years)


def pay_interest(world: "World", whose: int, money: float, short: float, years: float) -> None:
    """Rebate and interest of one balance: `money` in its currency, `short` in the account's."""
    account, rate = world.terms.account, world.rate if whose == OTHER else 1.0
    short /= rate
    start = account.rebate_from
    lent = of_tiers(world, rate_of(account.rebate, whose), max(short - start, 0.0), start)
    world.move_cash("rebate", whose, lent * years * rate)
    balance = money - short
    if abs(balance) * rate <= TOLERANCE * max(
        abs(world.initial_equity), abs(world.cash), world.gross
    ):
        return
    if balance > 0:
        gained = of_tiers(world, rate_of(account.credit, whose), balance)
    else:
        gained = -of_tiers(world, rate_of(account.debit, whose), -balance)
    world.move_cash("interest", whose, gained * years * rate)


def rate_of(given: Any, whose: int) -> Any:
    """The rate of one balance, of what may be given by currency."""
    return given["USD" if whose == OWN else FOREIGN] if isinstance(given, dict) else given


def borrow_rate(world: "World", asset: int) -> float:
    rates = world.terms.carry.borrow
    return 0.0 if rates is None else at(rates, world.bar, asset)


def lent_value(world: "World", position: "Position") -> float:
    """Value on which a short pays: of IBKR 102 % of the price, rounded up to the dollar."""
    price = position.mark
    if world.terms.account.borrow_rounding == "ibkr":
        share, step = (1.02, 1.0) if position.contract.currency == "USD" else (1.05, 0.01)
        price = math.ceil(round(price * share / step, 9)) * step
    return abs(position.quantity) * position.contract.multiplier * price


def of_tiers(world: "World", rate: Any, amount: float, start: float = 0.0) -> float:
    """Interest of a year on an amount above `start`; each slice at its own rate."""
    tiers = rate if isinstance(rate, list | tuple) else [(0.0, rate)]
    ends = [max(tier[0] - start, 0.0) for tier in tiers[1:]] + [math.inf]
    total = 0.0
    for (begin, each), end in zip(tiers, ends, strict=True):
        begin = max(begin - start, 0.0)
        if each is None or amount <= begin:
            continue
        if world.terms.carry.benchmark is not None:
            each = max(each + world.terms.carry.benchmark[world.bar], 0.0)
        total += max(min(amount, end) - begin, 0.0) * each
    return total


# Ends


def end_asset(world: "World", asset: int, price: float, cause: str) -> None:
    """Close what is held at a price outside the market, and drop the orders of the asset."""
    position, withheld = world.positions.get(asset), world.withheld
    is_option = position is not None and position.contract.kind == "option"
    if is_option and cause == "expiry":
        written.exercise(world, asset, price)
    elif position is not None:
        price = price if is_number(price) else position.mark
        order = Order(asset, world.bar, cause=cause)
        close_part(world, order, abs(position.quantity), price, is_free=True)
        order.wanted = order.filled
        world.end(order)
    world.withheld = withheld  # it was closed before the bar began
    for order in [order for order in world.live if order.asset == asset]:
        world.end(order, "delisted", "cancelled")


# Rolls


def plan_rolls(world: "World") -> None:
    for bar, asset, into, old, new in world.terms.carry.rolls:
        if bar == world.bar and asset in world.positions:
            world.rolling[asset] = (into, old, new)


def serve_rolls(world: "World", prices: list[float]) -> None:
    """Roll what waits for it, as soon as both contracts can be traded."""
    if not world.rolling or world.bankrupt or world.pending:
        return
    again, prices = True, list(prices)
    while again:
        again = any(
            roll(world, asset, prices)
            for asset in sorted(set(world.rolling) & set(world.positions))
        )
    world.rolling = {a: way for a, way in world.rolling.items() if a in world.positions}


def roll(world: "World", asset: int, prices: list[float]) -> bool:
    into, old, new = world.rolling[asset]
    old = old if is_number(old) else prices[asset]
    new = new if is_number(new) else prices[into]
    can = world.is_tradable(asset) and world.is_tradable(into)
    if not can or not is_number(old) or not is_number(new):
        return False
    withheld, levels = world.withheld, world.positions[asset].levels
    quantity = world.held(asset)
    side = sign(quantity)
    if halts.finds_nobody(world, asset, -side) or halts.finds_nobody(world, into, side):
        return False
    leg(world, asset, -quantity, old)
    held = world.held(into)
    if held * quantity < 0:
        part = sign(quantity) * min(abs(quantity), abs(held))
        leg(world, into, part, new)
        quantity -= part
    if quantity != 0:
        gap = side * (new - old)
        before = world.positions.get(into)
        levels = before.levels if before else levels and levels.moved(gap)
        leg(world, into, quantity, new)
        world.positions[into].levels = levels
    world.withheld = withheld
    is_priced = into in world.positions and is_number(world.instant_prices[into])
    if is_priced:  # what is forced to close now trades at the mark
        world.instant_prices[into] = world.positions[into].mark
    return True


def leg(world: "World", asset: int, quantity: float, market: float) -> None:
    """Fill one side of a roll: against what is held it closes, else it opens."""
    order = Order(asset, world.bar, cause="roll", direction=sign(quantity))
    if world.held(asset) * quantity < 0:
        close_part(world, order, abs(quantity), market)
    else:
        open_part(world, order, abs(quantity), market)
    order.wanted = order.filled
    world.end(order)


# Who may sell short


def most_to_short(world: "World", order: Order) -> tuple[float, str]:
    """Quantity that may be sold short, and the reason of the bound."""
    terms = world.terms
    if order.direction > 0 or world.market.contracts[order.asset].kind not in BORROWED:
        return math.inf, "none"
    kind = "market" if order.waits_for is None else order.waits_for.kind
    is_bound = terms.rules.short_sale_rule == "rule_201" and kind not in ("limit", "stop_limit")
    if is_bound and is_restricted(world, order.asset):
        return 0.0, "short_sale_restricted"
    if terms.carry is None or terms.carry.borrowable is None:
        return math.inf, "none"
    shares = at(terms.carry.borrowable, world.bar, order.asset)
    return max(shares - max(-world.held(order.asset), 0.0), 0.0), "not_borrowable"


def is_restricted(world: "World", asset: int) -> bool:
    """Whether the price fell by 10 % earlier on this date, or on the date before."""
    dates, market = world.market.dates, world.market
    today = world.date
    earlier = sorted({day for day in dates if day < today})
    if not earlier:
        return False
    before = earlier[-1]
    if any(fell(market, bar, asset) for bar, day in enumerate(dates) if day == before):
        return True
    if any(fell(market, b, asset) for b in range(world.bar) if dates[b] == today):
        return True
    if world.terms.fill != "next_open":
        return fell(market, world.bar, asset)
    rows = market.close if market.open is None else market.open
    return rows[world.bar][asset] <= 0.9 * close_before(market, world.bar, asset)


def fell(market: Any, bar: int, asset: int) -> bool:
    level = 0.9 * close_before(market, bar, asset)
    rows = [row for row in (market.low, market.open, market.close) if row is not None]
    if market.low is not None:
        rows = [market.low]
    return any(row[bar][asset] <= level for row in rows)


def close_before(market: Any, bar: int, asset: int) -> float:
    """Last close of the date before, NaN on the first date."""
    days = [b for b in range(bar) if market.dates[b] < market.dates[bar]]
    return market.close[days[-1]][asset] if days else NAN
