"""The clock of the oracle: what happens in one bar, and in which order."""

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from barledger.accounts import Account, Cash, FreeCash, Unlimited
from barledger.instruments.contract import Contract
from barledger.options import Rules
from barledger.risk import RiskLimits

from . import accounts, day_trading, exchange, forced, perpetuals, resting
from . import carry as nights
from . import stops as guards
from .book import Position, World
from .instant import run_auction, run_orders, run_range
from .market import (
    NAN,
    TOLERANCE,
    Market,
    Outcome,
    Rows,
    Wishes,
    cell,
    dust,
    is_number,
    moves_no_cash,
    terms_of,
)
from .orders import decide


def simulate(
    market: Market,
    wishes: Wishes,
    *,
    account: Account,
    size: Any = None,
    fees: Any = 0.0,
    slippage: Any = 0.0,
    fill: str = "next_open",
    price: Rows | None = None,
    rules: Rules | None = None,
    priority: Any = None,
    exclusive: Sequence[Sequence[int]] | None = None,
    limits: RiskLimits | None = None,
    splits: Sequence[tuple[int, int, float]] = (),
    flows: Sequence[tuple[int, float]] = (),
    stops: Any = None,
    resting: Any = None,
    liquidity: Any = None,
    halts: Any = None,
    impact: Any = None,
    delay: int = 0,
    carry: Any = None,
    initial_cash: float = 100_000.0,
    positions: Mapping[int, tuple[float, float]] | None = None,
    unsettled: Sequence[tuple[date, float]] = (),
) -> Outcome:
    """Run one account through a market, bar by bar, as the laws say."""
    options = {
        "size": size,
        "fees": fees,
        "slippage": slippage,
        "fill": fill,
        "price": price,
        "rules": rules or Rules(),
        "priority": priority,
        "exclusive": exclusive,
        "limits": limits,
        "splits": splits,
        "flows": flows,
        "stops": stops,
        "resting": resting,
        "liquidity": liquidity,
        "halts": halts,
        "impact": impact,
        "delay": delay,
        "carry": carry or nights.CarryTerms(),
    }
    world = World(market, wishes, terms_of(market, account, options), float(initial_cash))
    exchange.set_rates(world)
    start_with(world, positions or {}, unsettled)
    for bar in range(market.n_bars):
        world.bar = bar
        run_bar(world)
    return finish(world)


def start_with(
    world: World,
    positions: Mapping[int, tuple[float, float]],
    unsettled: Sequence[tuple[date, float]],
) -> None:
    """Begin with positions at their average and cash that may not have settled."""
    for asset, (quantity, average) in positions.items():
        contract = world.market.contracts[asset]
        base = average if moves_no_cash(contract) else 0.0
        parts = [(quantity, average)]
        world.positions[asset] = Position(asset, contract, quantity, average, base, parts)
    if world.terms.is_cash_account:
        world.outstanding = list(unsettled)
    world.initial_equity = world.equity
    world.snapshot_equity = world.sizing_equity
    world.losses = forced.LossLimits(world)


def run_bar(world: World) -> None:
    """Run the clock of one bar."""
    world.withheld, world.at_close = 0.0, False
    world.losses.start(world.date)
    carry_in(world)
    if world.market.open is not None:
        open_bar(world)
    walk_range(world)
    close_bar(world)
    mark_and_test(world)
    if world.terms.fill != "close":
        hear(world)
    record(world)


def hear(world: World) -> None:
    """Decide on the wishes that arrive at this close."""
    world.wish_bar = world.bar - world.terms.delay
    if world.wish_bar >= 0:
        decide(world)


def market_end(world: World) -> int:
    return world.market.n_bars


# 1. Carry-in


def carry_in(world: World) -> None:
    world.outstanding = [(day, amount) for day, amount in world.outstanding if day > world.date]
    perpetuals.pay_funding(world, is_late=False)
    day_trading.begin(world)
    cash = exchange.balances(world)
    exchange.set_rates(world)
    for bar, asset, ratio in world.terms.splits:
        if bar == world.bar:
            apply_split(world, asset, float(ratio))
    nights.carry(world, cash)
    for bar, amount in world.terms.flows:
        if bar == world.bar:
            apply_flow(world, float(amount))
    nights.plan_rolls(world)


def apply_split(world: World, asset: int, ratio: float) -> None:
    for order in world.live:
        if order.asset == asset:
            order.split(ratio)
    position = world.positions.get(asset)
    if position is not None:
        position.scale(position.quantity * ratio, ratio)
        pay_fraction(world, position)


def pay_fraction(world: World, position: Position) -> None:
    """Pay out what a split leaves beyond whole lots."""
    lot = fraction_lot(world, position.contract)
    held = abs(position.quantity)
    if lot == 0:
        return
    whole = math.floor(held / lot + TOLERANCE) * lot
    fraction = held - whole
    if fraction < dust(lot):
        return
    price = position.mark - (position.base if moves_no_cash(position.contract) else 0.0)
    amount = position.side * fraction * position.contract.multiplier * price
    if whole == 0:
        del world.positions[position.asset]
    else:
        position.scale(position.side * whole)
    world.move_cash("cash_in_lieu", position.asset, amount)


def fraction_lot(world: World, contract: Contract) -> float:
    """Lot down to which a split is paid out, 0 when fractions are kept."""
    policy = world.terms.rules.split_fraction
    if policy == "keep" or (policy == "auto" and contract.lot < 1):
        return 0.0
    if contract.lot > 0:
        return contract.lot
    return 0.0 if contract.kind == "coin" else 1.0


def apply_flow(world: World, amount: float) -> None:
    if amount >= 0:
        world.move_cash("deposit", -1, amount)
        world.losses.flow(amount)
        return
    wanted = -amount
    done = min(wanted, withdrawable(world))
    if done < wanted * (1.0 - TOLERANCE):
        world.record_incident("withdrawal_cut", -1, wanted, done)
    if done > TOLERANCE * max(abs(world.initial_equity), abs(world.cash), world.gross):
        world.move_cash("withdrawal", -1, -done)
        world.losses.flow(-done)


def withdrawable(world: World) -> float:
    account = world.terms.account
    if isinstance(account, Unlimited):
        return math.inf
    if isinstance(account, Cash):
        return max(0.0, world.settled)
    if isinstance(account, FreeCash):
        return max(0.0, accounts.free_money(world))
    return max(0.0, world.equity - accounts.total(world, accounts.unit_initial))


# 2. Open


def open_bar(world: World) -> None:
    take_snapshot(world, world.market.open, perpetuals.OPEN)
    world.losses.begin_flattening(world)
    forced.serve_pending(world)
    nights.serve_rolls(world, world.instant_prices)
    if world.terms.fill == "next_open":
        run_orders(world, lambda: guards.serve_open(world), lambda: test_open(world))
        resting.drop_after_turn(world)
    else:
        guards.serve_open(world)
        test_open(world)


def take_snapshot(world: World, prices: Rows | None, instant: int) -> None:
    """Mark what is held; sizes use the equity of this moment."""
    n_assets = world.market.n_assets
    now = [cell(prices, world.bar, asset) for asset in range(n_assets)]
    mark_at(world, now, perpetuals.marks_at(world, instant, now))
    world.snapshot_equity = world.sizing_equity


def mark_at(world: World, prices: list[float], marks: list[float]) -> None:
    world.instant_prices = prices
    for asset, position in world.positions.items():
        position.mark_at(marks[asset])


def test_open(world: World) -> None:
    if getattr(world.terms.account, "margin_check", "close") != "close":
        perpetuals.liquidate(world)
    forced.test_bankruptcy(world)
    forced.serve_call(world)
    forced.test_bankruptcy(world)
    if getattr(world.terms.account, "margin_check", "close") != "close":
        forced.test_margin(world)


# 3. Range


def walk_range(world: World) -> None:
    """Serve stops and orders, then mark all at their worst where the account asks for it."""
    world.withheld_before, world.opened_in_range = world.withheld, {}
    guards.serve_range(world)
    run_range(world)
    world.withheld_before = None
    if getattr(world.terms.account, "margin_check", "close") != "extremes":
        return
    prices = [NAN] * world.market.n_assets
    for asset, position in world.positions.items():
        worst = world.market.low if position.side > 0 else world.market.high
        prices[asset] = cell(worst, world.bar, asset)
    marks = {asset: position.mark for asset, position in world.positions.items()}
    mark_at(world, prices, perpetuals.adverse_marks(world, prices))
    perpetuals.liquidate(world)
    forced.test_bankruptcy(world)
    forced.test_margin(world)
    for asset, position in world.positions.items():
        position.mark_at(marks[asset])


# 4. Close


def close_bar(world: World) -> None:
    world.at_close = True
    take_snapshot(world, world.market.close, perpetuals.CLOSE)
    if world.terms.fill == "close":
        hear(world)
    if world.market.open is None:
        world.losses.begin_flattening(world)
    forced.serve_pending(world)
    if world.market.open is None:
        nights.serve_rolls(world, world.instant_prices)
    if world.market.open is None and not forced.is_gone(world):
        forced.serve_call(world)
    if world.terms.fill == "next_open":
        run_auction(world)
    else:
        run_orders(world, lambda: serve_time(world), lambda: None)
        resting.drop_after_turn(world)
        resting.drop_after_bar(world)


def serve_time(world: World) -> None:
    if world.market.open is None:
        guards.serve_time(world)


# 5. Mark


def mark_and_test(world: World) -> None:
    closes = [cell(world.market.close, world.bar, a) for a in range(world.market.n_assets)]
    mark_at(world, closes, perpetuals.marks_at(world, perpetuals.CLOSE, closes))
    settle_futures(world)
    perpetuals.liquidate(world)
    forced.test_bankruptcy(world)
    forced.test_margin(world)
    test_negative_equity(world)
    world.losses.test(world)
    perpetuals.pay_funding(world, is_late=True)


def settle_futures(world: World) -> None:
    """Pay the day's variation; the settlement price becomes base and mark."""
    for asset, position in sorted(world.positions.items()):
        price = cell(world.market.settlement, world.bar, asset)
        if position.contract.kind != "future" or not is_number(price):
            continue
        multiplier = position.contract.multiplier
        world.move_cash(
            "variation", asset, position.quantity * multiplier * (price - position.base)
        )
        position.base = price
        position.mark_at(price)
        if is_number(world.instant_prices[asset]):
            world.instant_prices[asset] = price


def test_negative_equity(world: World) -> None:
    if not isinstance(world.terms.account, Unlimited):
        return
    scale = max(abs(world.initial_equity), abs(world.cash), world.gross)
    is_negative = world.equity < -TOLERANCE * scale
    if is_negative and not world.was_negative:
        world.record_incident("negative_equity", -1, world.equity, 0.0)
    world.was_negative = is_negative


# 7. Record


def record(world: World) -> None:
    out = world.outcome
    out.equity.append(world.equity)
    out.cash.append(world.cash)
    out.settled.append(world.settled)
    relief, world.days.relief = world.days.relief, 0.0  # what is told is what a night asks for
    out.initial.append(accounts.total(world, accounts.unit_initial))
    world.days.relief = relief
    out.maintenance.append(accounts.total(world, accounts.unit_maintenance))


def finish(world: World) -> Outcome:
    """End what still waits and hand over the records."""
    out = world.outcome
    if world.terms.fill != "close":
        for bar in range(max(market_end(world) - world.terms.delay, 0), market_end(world)):
            world.wish_bar = bar
            decide(world)
    waiting = sorted(world.live, key=lambda o: (o.placed, o.asset, o.given))
    out.waiting = [
        {"placed": o.placed, "asset": o.asset, "quantity": o.wanted, "cause": o.cause}
        for o in waiting
    ]
    for order in waiting:
        state = "partly_filled" if order.before else "expired"
        world.end(order, "end_of_data", state)
    sort_orders(out)
    out.positions = {
        asset: (p.quantity, p.average, p.base, p.mark)
        for asset, p in sorted(world.positions.items())
    }
    out.bankrupt = world.bankrupt
    return out


def sort_orders(out: Outcome) -> None:
    """Number orders by the bar on which they ended, and then by their first fill."""
    out.orders.sort(key=lambda row: (row["bar"], row["number"]))
    numbers = {row["number"]: place for place, row in enumerate(out.orders)}
    for row in (*out.orders, *out.fills):
        name = "number" if "number" in row else "order"
        row[name] = numbers[row[name]]
