"""The only writer of records. A log without rows records nothing and costs nothing."""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.codes import Category, Cause, OrderKind, State
from barledger.kernel.types import LiveRow
from barledger.kernel.world import (
    World,
    entries_of,
    fills_of,
    incidents_of,
    market_orders_of,
    orders_of,
    rejected_of,
)

NO_TIF = -1  # of orders of which nobody asked how long they live
PARTLY = 64  # where `rejected` counts orders that filled in part


@compiled
def next_order(world: World) -> int:
    """Give out the number of an order: the row that will tell how it ended."""
    number = world.used.orders
    if world.orders_n > 0:
        world.used.orders += 1
    return number


@compiled
def be_plain(order: LiveRow) -> None:
    """Let an order tell of no price, date or life that it waited for."""
    order.level = np.nan
    order.stop = np.nan
    order.last_day = -1
    order.tif = NO_TIF
    order.named = OrderKind.MARKET


@compiled
def write_order(
    world: World, bar: int, order: LiveRow, quantity: float, state: int, reason: int
) -> None:
    """Tell how an order ended."""
    if state != State.FILLED:
        rejected_of(world)[reason + (PARTLY if state == State.PARTLY_FILLED else 0)] += 1
    if world.orders_n > 0 and world.rules.at_market != 0:
        write_at_market(world, bar, order, quantity, state, reason)
    elif world.orders_n > 0:
        row = orders_of(world)[order.order]
        row.quantity = quantity
        row.price = order.price
        row.bar = bar
        row.placed = order.placed
        row.asset = order.asset
        row.state = state
        row.reason = reason
        row.cause = order.cause
        row.kind = order.named
        row.level = order.level
        row.stop = order.stop
        row.last_day = order.last_day
        row.tif = order.tif if order.named != OrderKind.MARKET else NO_TIF


@compiled
def write_at_market(
    world: World, bar: int, order: LiveRow, quantity: float, state: int, reason: int
) -> None:
    """Tell how an order ended in a run whose orders are all at the market: in shorter rows.

    Written out again: Numba lends a function of one of the two kinds of rows to the other, and warns.
    """
    row = market_orders_of(world)[order.order]
    row.quantity = quantity
    row.price = order.price
    row.bar = bar
    row.placed = order.placed
    row.asset = order.asset
    row.state = state
    row.reason = reason
    row.cause = order.cause
    row.kind = OrderKind.MARKET


@compiled
def end_unfilled(world: World, bar: int, order: LiveRow, state: int, reason: int) -> None:
    """End an order before its turn; its quantity is known if it was explicit, or filled in part."""
    wanted = order.number if order.cause == Cause.ORDER else np.nan
    if world.taken_up_n > 0 and order.filled != 0.0:
        wanted = order.total
        state = State.PARTLY_FILLED.value
    else:
        order.order = -1
        order.price = np.nan
    if order.order < 0:  # nothing is filled, or an earlier run has filled it
        order.order = next_order(world)
    write_order(world, bar, order, wanted, state, reason)


@compiled
def write_fill(
    world: World,
    bar: int,
    asset: int,
    order: int,
    quantity: float,
    price: float,
    amount: float,
    fee: float,
    slippage: float,
    closes: int,
) -> None:
    """Write one fill."""
    if world.fills_n > 0:
        row = fills_of(world)[world.used.fills]
        row.quantity = quantity
        row.price = price
        row.amount = amount
        row.fee = fee
        row.slippage = slippage
        row.bar = bar
        row.asset = asset
        row.order = order
        row.closes = closes
        row.is_maker = world.leg.is_maker
        world.used.fills += 1


@compiled
def write_entry(
    world: World, bar: int, asset: int, category: int, amount: float, price: float, quantity: float
) -> None:
    """Write a cash movement that no fill made; without a log of fills only deposits and such."""
    is_flow = category == Category.DEPOSIT or category == Category.WITHDRAWAL
    if world.entries_n > 0 and (is_flow or world.fills_n > 0):
        row = entries_of(world)[world.used.entries]
        row.amount = amount
        row.price = price
        row.quantity = quantity
        row.bar = bar
        row.asset = asset
        row.after = world.used.fills
        row.category = category
        world.used.entries += 1


@compiled
def write_incident(
    world: World, bar: int, asset: int, kind: int, amount: float, level: float
) -> None:
    """Write something worth knowing."""
    if world.incidents_n > 0:
        row = incidents_of(world)[world.used.incidents]
        row.amount = amount
        row.level = level
        row.bar = bar
        row.asset = asset
        row.kind = kind
        world.used.incidents += 1


@compiled
def has_room(world: World, orders: int, others: int) -> bool:
    """Whether the log can take so many more rows. The kernel never allocates."""
    used = world.used
    return (
        (world.orders_n == 0 or used.orders + orders <= world.orders_n)
        and (world.fills_n == 0 or used.fills + 2 * orders <= world.fills_n)
        and (world.entries_n == 0 or used.entries + others <= world.entries_n)
        and (world.incidents_n == 0 or used.incidents + others <= world.incidents_n)
    )
