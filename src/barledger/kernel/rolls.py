"""Positions that end without an order of ours, and futures rolled from one contract to the next."""

from barledger._jit import compiled
from barledger.kernel.codes import AccountKind, Cause, Reason, State
from barledger.kernel.costs import fill_price
from barledger.kernel.fills import can_trade, fill_closing, fill_opening, flag_debt, note_sale
from barledger.kernel.ledger import close_quantity, end_trade, note_currency, pay, value
from barledger.kernel.levels import move_levels
from barledger.kernel.liquidity import is_locked, left_of_bar
from barledger.kernel.margin import sum_requirements
from barledger.kernel.records import be_plain, next_order, write_fill, write_order
from barledger.kernel.types import EventRow, Floats, LiveRow
from barledger.kernel.wings import wing
from barledger.kernel.world import World, close_of, held_of, live_of, open_of, positions_of


@compiled
def forced_order(world: World, bar: int, asset: int, cause: int) -> LiveRow:
    """Return the order that records a movement which nobody asked for."""
    order = live_of(world)[world.live_n - 1]
    order.asset = asset
    order.placed = bar
    order.cause = cause
    be_plain(order)
    order.order = next_order(world)
    be_plain(order)
    return order


@compiled
def end_at(world: World, bar: int, asset: int, price: float, cause: int) -> None:
    """Close a position at a price outside the market: no slippage, no fee, no volume."""
    account = world.account
    position = positions_of(world)[asset]
    order = forced_order(world, bar, asset, cause)
    order.price = price
    quantity = -position.quantity
    amount = close_quantity(world, asset, quantity, price)
    pay(account, position, amount, 0.0)
    if world.rules.account == AccountKind.CASH:
        note_sale(world, bar, asset, quantity, amount, 0.0)
    if world.balances_n > 0:
        note_currency(world, asset, amount)
    end_trade(world, asset)
    flag_debt(world, bar, amount, 0.0)
    write_fill(world, bar, asset, order.order, quantity, price, amount, 0.0, 0.0, 1)
    write_order(world, bar, order, quantity, State.FILLED, Reason.NONE.value)


@compiled
def plan_roll(world: World, event: EventRow) -> None:
    """Let a position wait to be rolled into another contract."""
    position = positions_of(world)[event.asset]
    if position.quantity != 0.0:
        if position.roll_to == 0:
            world.account.rolling += 1
        position.roll_to = event.other + 1
        position.roll_price = event.price
        position.roll_to_price = event.to_price


@wing
def roll_all(world: World, bar: int, at_open: int) -> int:
    """Roll what waits for it and can trade in both contracts; returns how many still wait."""
    prices = open_of(world) if at_open != 0 else close_of(world)
    held = held_of(world)
    if world.account.is_bankrupt | world.account.flatten != 0:
        return 0
    waiting = 0
    k = 0
    while k < world.account.n_held:
        asset = held[k]
        k += 1
        if positions_of(world)[asset].roll_to > 0:
            if roll(world, bar, asset, prices):
                waiting = 0
                k = 0  # the list has changed
            else:
                waiting += 1
    world.account.rolling = waiting
    value(world)
    if world.rules.tests_margin != 0:
        sum_requirements(world, bar)
    return waiting


@compiled
def roll(world: World, bar: int, asset: int, prices: Floats) -> bool:
    """Move a position into its next contract: two fills with their costs, never blocked by money."""
    position = positions_of(world)[asset]
    into = position.roll_to - 1
    quantity = position.quantity
    old = position.roll_price if position.roll_price == position.roll_price else prices[bar, asset]
    new = prices[bar, into]
    if position.roll_to_price == position.roll_to_price:
        new = position.roll_to_price
    if not (can_trade(world, bar, asset, old) and can_trade(world, bar, into, new)):
        return False
    if is_locked(world, bar, asset, -quantity) or is_locked(world, bar, into, quantity):
        return False
    withheld = world.account.withheld
    trade_leg(world, bar, asset, -quantity, old, True)
    held = positions_of(world)[into].quantity
    if held * quantity < 0.0:
        part = quantity if abs(quantity) < abs(held) else -held
        trade_leg(world, bar, into, part, new, True)
        quantity -= part
    if quantity != 0.0:
        is_new = positions_of(world)[into].quantity == 0.0
        trade_leg(world, bar, into, quantity, new, False)
        if world.stops_n > 0 and is_new:
            side = 1.0 if quantity > 0.0 else -1.0
            move_levels(world, asset, into, side * (new - old))
    world.account.withheld = withheld  # what the old contract frees goes into the new one
    return True


@compiled
def trade_leg(
    world: World, bar: int, asset: int, quantity: float, market: float, closes: bool
) -> None:
    """Fill one side of a roll."""
    order = forced_order(world, bar, asset, Cause.ROLL)
    order.price = fill_price(world, bar, asset, quantity, abs(quantity), market)
    if world.taken_up_n > 0:
        left_of_bar(world, bar, asset, market)  # begins to count this bar's volume
    if closes:
        fill_closing(world, bar, asset, quantity, order.price, market, order.order)
    else:
        fill_opening(world, bar, asset, quantity, order.price, market, order.order)
    write_order(world, bar, order, quantity, State.FILLED, Reason.NONE.value)
