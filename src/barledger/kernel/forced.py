"""Closings that nobody asked for: margin calls, bankruptcy, loss limits."""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.accrual import empty_balances
from barledger.kernel.allocation import sort
from barledger.kernel.codes import (
    AccountKind,
    Bankruptcy,
    Category,
    Cause,
    Incident,
    InstrumentKind,
    MarginCall,
    MarginCheck,
    Reason,
    State,
)
from barledger.kernel.costs import fee_fixed, fee_of, fee_slope, fill_price
from barledger.kernel.fills import can_trade, fill_closing
from barledger.kernel.ledger import money_zero, move_cash, value
from barledger.kernel.limits import halt_until, lift_halt
from barledger.kernel.liquidity import part_now
from barledger.kernel.margin import (
    call_level,
    is_bankrupt,
    is_breached,
    level_of,
    meets,
    sum_requirements,
)
from barledger.kernel.perpetual import liquidate_perpetuals
from barledger.kernel.records import be_plain, next_order, write_entry, write_incident, write_order
from barledger.kernel.spanned import span_need
from barledger.kernel.types import RELATIVE, Floats
from barledger.kernel.wings import wing
from barledger.kernel.world import (
    World,
    close_of,
    contracts_of,
    days_of,
    held_of,
    high_of,
    keys_of,
    live_of,
    losers_of,
    low_of,
    open_of,
    positions_of,
)

AT_EXTREMES = 2  # `is_within` while everything is marked at its adverse extreme; 1: in the range
AT_OPEN, AT_CLOSE, AT_LOW = 0, 1, 2  # instants; at the extremes a long trades at the low
FLATTEN, RUIN, CALL, OLD_CALL = 0, 1, 2, 3  # what forces a closing


@wing
def force(world: World, bar: int, what: int, instant: int) -> None:
    """Carry out closings that nobody asked for, at the prices of an instant."""
    prices = close_of(world)
    if instant == AT_OPEN:
        prices = open_of(world)
    elif instant == AT_LOW:
        prices = low_of(world)
    if what == FLATTEN:
        flatten(world, bar, prices)
    elif what == RUIN:
        go_bankrupt(world, bar, prices)
    elif what == CALL:
        call_margin(world, bar, prices)
    else:
        meet_call(world, bar, prices)


@compiled
def price_now(world: World, bar: int, asset: int, prices: Floats) -> float:
    """Price of an asset held at this instant; at the extremes that of its own adverse one."""
    if world.account.is_within == AT_EXTREMES and positions_of(world)[asset].quantity < 0.0:
        high: float = high_of(world)[bar, asset]
        return high
    price: float = prices[bar, asset]
    return price


@compiled
def market_now(world: World, bar: int, asset: int, prices: Floats) -> float:
    """Price at which something held is closed by force; what was just opened is marked at its fill.

    A future's is its mark, which may be a settlement.
    """
    if contracts_of(world)[asset].kind == InstrumentKind.FUTURE:
        return positions_of(world)[asset].mark
    return price_now(world, bar, asset, prices)


@compiled
def close_forced(
    world: World, bar: int, asset: int, quantity: float, market: float, cause: int
) -> None:
    """Close `quantity` (signed, against the position) with the market at `market`.

    The bar may take less of it, or nothing.
    """
    if world.taken_up_n > 0:
        part = part_now(world, bar, asset, quantity, market)
        if part == 0.0:
            return
        quantity = part if quantity > 0.0 else -part
    order = live_of(world)[world.live_n - 1]
    order.asset = asset
    order.placed = bar
    order.cause = cause
    be_plain(order)
    order.order = next_order(world)
    order.price = fill_price(world, bar, asset, quantity, abs(quantity), market)
    fill_closing(world, bar, asset, quantity, order.price, market, order.order)
    write_order(world, bar, order, quantity, State.FILLED, Reason.NONE.value)


@compiled
def close_all(world: World, bar: int, cause: int, prices: Floats) -> None:
    """Close everything that can trade, in column order."""
    held = held_of(world)
    k = 0
    while k < world.account.n_held:
        j = held[k]
        if can_trade(world, bar, j, price_now(world, bar, j, prices)):
            position = positions_of(world)[j]
            before = world.account.n_held
            market = market_now(world, bar, j, prices)
            close_forced(world, bar, j, -position.quantity, market, cause)
            if world.account.n_held == before:
                k += 1
        else:
            k += 1


@compiled
def go_bankrupt(world: World, bar: int, prices: Floats) -> None:
    """Close what can trade; write debt off where the policy says so and nothing is held."""
    account = world.account
    if account.is_bankrupt == 0:
        write_incident(world, bar, -1, Incident.BANKRUPT, account.equity, 0.0)
        account.is_bankrupt = 1
        account.flatten = 0
    close_all(world, bar, Cause.BANKRUPTCY, prices)
    is_floored = world.rules.bankruptcy == Bankruptcy.FLOOR_AT_ZERO
    if is_floored and account.n_held == 0 and account.cash < 0.0:
        owed = -account.cash
        write_entry(world, bar, -1, Category.WRITE_OFF, owed, np.nan, np.nan)
        move_cash(account, owed)
        if world.balances_n > 0:
            empty_balances(world, bar)
    value(world)


@compiled
def flatten(world: World, bar: int, prices: Floats) -> None:
    """Carry out a flattening that a loss limit has ordered."""
    account = world.account
    before = account.n_held
    traded = account.traded
    close_all(world, bar, Cause.LOSS_LIMIT, prices)
    if account.flatten == 1 and (account.n_held < before or account.traded != traded):
        account.flatten = 2
        account.halted_until = halt_until(account.halt, days_of(world)[bar])
    if account.n_held == 0:
        account.flatten = 0
        lift_halt(account, days_of(world)[bar])


@compiled
def serve_forced(world: World, bar: int, instant: int) -> None:
    """Closings that were ordered on an earlier bar, or left over from a bankruptcy."""
    if world.account.flatten != 0:
        force(world, bar, FLATTEN, instant)
    if world.account.is_bankrupt != 0 and world.account.n_held > 0:
        force(world, bar, RUIN, instant)


@compiled
def fewest(world: World, bar: int, asset: int, level: float, market: float) -> float:
    """Smallest unsigned quantity whose closing at `market` reaches the level; else all of it."""
    position = positions_of(world)[asset]
    lot = contracts_of(world)[asset].liquidation_lot
    held = abs(position.quantity)
    side = position.quantity
    if contracts_of(world)[asset].kind == InstrumentKind.PERPETUAL:
        return held
    price = fill_price(world, bar, asset, -side, held, market)
    freed = level_of(world, bar, asset, side, position.mark)
    lost = contracts_of(world)[asset].multiplier * (position.mark - price)
    lost = lost if side > 0.0 else -lost  # a gain, where a move that lasts has helped
    equity = world.account.equity
    if world.span_months_n > 0:
        return fewest_by_span(world, bar, asset, price, lost)
    if lot == 0.0 and world.rules.has_fee_line != 0:
        gain = freed - lost - fee_slope(world, bar, asset, price)
        need = level - equity + fee_fixed(world, bar, asset)
        return min(need / gain, held) if gain > 0.0 else held
    low = 0.0
    high = np.ceil(held / lot - 1e-9) if lot > 0.0 else held
    halvings = 0
    while halvings < 60 and high - low > (1.0 if lot > 0.0 else 0.0):
        middle = np.floor(0.5 * (low + high)) if lot > 0.0 else 0.5 * (low + high)
        quantity = min(middle * lot, held) if lot > 0.0 else middle
        after = equity - quantity * lost - fee_of(world, bar, asset, quantity, price)
        left = level - quantity * freed
        if meets(after, left) if lot > 0.0 else after >= left:
            high = middle
        else:
            low = middle
        halvings += 1
    return min(high * lot, held) if lot > 0.0 else high


@compiled
def fewest_by_span(world: World, bar: int, asset: int, price: float, lost: float) -> float:
    """As `fewest` by SPAN: lot after lot, for closing one leg may raise what the others ask."""
    held = abs(positions_of(world)[asset].quantity)
    side = -1.0 if positions_of(world)[asset].quantity > 0.0 else 1.0
    lot = contracts_of(world)[asset].liquidation_lot
    step = lot if lot > 0.0 else held
    n = 1
    while n * step < held:
        quantity = n * step
        after = world.account.equity - quantity * lost - fee_of(world, bar, asset, quantity, price)
        left = span_need(world, asset, side * quantity) * world.rules.span_initial
        if meets(after, left):
            return quantity
        n += 1
    return held


@compiled
def liquidate(world: World, bar: int, prices: Floats) -> None:
    """Close the fewest lots, the largest open loss first, until the call's level is reached."""
    positions = positions_of(world)
    losers = losers_of(world)
    keys = keys_of(world)
    n = world.account.n_held
    for k in range(n):
        losers[k] = held_of(world)[k]
        position = positions[losers[k]]
        keys[losers[k]] = position.exposure * (position.mark - position.average)
        if world.span_months_n > 0:
            without = span_need(world, losers[k], -position.quantity)
            if without > world.account.maintenance * (1.0 + RELATIVE):
                keys[losers[k]] = np.inf  # a leg that keeps the others' margin down comes last
    sort(world, losers, n)
    for k in range(n):
        j = losers[k]
        level = call_level(world, bar)
        if meets(world.account.equity, level):
            break
        if can_trade(world, bar, j, price_now(world, bar, j, prices)):
            market = market_now(world, bar, j, prices)
            quantity = fewest(world, bar, j, level, market)
            signed = -quantity if positions[j].quantity > 0.0 else quantity
            close_forced(world, bar, j, signed, market, Cause.MARGIN_CALL)
            value(world)


@compiled
def call_margin(world: World, bar: int, prices: Floats) -> None:
    """A test of maintenance has failed: liquidate, call or warn."""
    account = world.account
    policy = world.rules.margin_call
    if policy != MarginCall.WARN or account.breached == 0:
        write_incident(world, bar, -1, Incident.MARGIN_CALL, account.equity, account.maintenance)
    account.breached = 1
    if policy == MarginCall.LIQUIDATE:
        liquidate(world, bar, prices)
    elif policy == MarginCall.NEXT_OPEN:
        account.call = 1


@compiled
def meet_call(world: World, bar: int, prices: Floats) -> None:
    """Liquidate for a call made on an earlier bar, unless it has been met."""
    if not is_bankrupt(world):
        sum_requirements(world, bar)
        if not meets(world.account.equity, call_level(world, bar)):
            liquidate(world, bar, prices)
        if meets(world.account.equity, call_level(world, bar)):
            world.account.call = 0


@compiled
def test_margin(world: World, bar: int, instant: int) -> None:
    """Test bankruptcy, then maintenance, at the marks of this instant."""
    account = world.account
    rules = world.rules
    at_open = instant == AT_OPEN
    has_brackets = rules.account >= AccountKind.PERP_ISOLATED
    if has_brackets and not (at_open and rules.margin_check == MarginCheck.CLOSE):
        liquidate_perpetuals(world, bar)
    if is_bankrupt(world):
        force(world, bar, RUIN, instant)
    elif has_brackets:
        sum_requirements(world, bar)
    elif account.is_bankrupt == 0 and rules.tests_margin != 0:
        if not (at_open and rules.margin_check == MarginCheck.CLOSE):
            sum_requirements(world, bar)
            if account.n_held > 0 and is_breached(account):
                force(world, bar, CALL, instant)
            else:
                account.breached = 0
    elif rules.account == AccountKind.UNLIMITED and not at_open:
        flag_negative(world, bar)


@compiled
def flag_negative(world: World, bar: int) -> None:
    """Note when an unlimited account's equity falls below zero."""
    account = world.account
    is_negative = account.equity < -money_zero(world)
    if is_negative and account.breached == 0:
        write_incident(world, bar, -1, Incident.NEGATIVE_EQUITY, account.equity, 0.0)
    account.breached = 1 if is_negative else 0
