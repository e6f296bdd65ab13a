"""Orders that wait for a price: when they are offered one, and how long they live.

Prices are taken times the side of the order: what is written for a buy holds for a sale.
"""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.codes import Cause, OrderKind, Reason, Setting, Stage, State, TimeInForce
from barledger.kernel.costs import fill_price, on_tick, setting
from barledger.kernel.fills import can_trade
from barledger.kernel.liquidity import lapse
from barledger.kernel.records import end_unfilled
from barledger.kernel.special import begin_special, special_at_open, special_within
from barledger.kernel.stops import AT_CLOSE, FALLING, RISING, extreme_of, favourable_first
from barledger.kernel.types import Floats, LiveRow, OrderInRow
from barledger.kernel.wings import wing
from barledger.kernel.world import (
    World,
    close_of,
    contracts_of,
    days_of,
    live_of,
    open_of,
    orders_in_of,
)


@compiled
def side_of(order: LiveRow) -> float:
    """Direction of an order: 1 buys, -1 sells."""
    if order.cause == Cause.ORDER:
        return 1.0 if order.number > 0.0 else -1.0
    if order.opens == 0:
        return -1.0 if order.closes > 0 else 1.0
    return 1.0 if order.opens > 0 else -1.0


@compiled
def offered(world: World, bar: int, order: LiveRow, prices: Floats) -> float:
    """Market price at which an order can be handled at an instant; NaN where it cannot."""
    if world.rules.has_resting != 0 and order.tif == TimeInForce.DAY and order.last_day < 0:
        order.last_day = days_of(world)[bar]
    if order.kind == OrderKind.MARKET or order.kind == OrderKind.MARKET_ON_CLOSE:
        price: float = prices[bar, order.asset]
        return price
    return offered_at_open(world, bar, order)


@wing
def offered_at_open(world: World, bar: int, order: LiveRow) -> float:
    """Open of the bar where it has reached the price of an order, else NaN."""
    price: float = open_of(world)[bar, order.asset]
    if not can_trade(world, bar, order.asset, price):
        return np.nan
    side = side_of(order)
    if order.kind > OrderKind.MARKET_IF_TOUCHED:
        return special_at_open(world, order, side, price)
    signed = side * price
    level = side * order.level
    if order.kind == OrderKind.STOP:
        return price if signed >= level else np.nan
    if order.kind == OrderKind.STOP_LIMIT:
        if signed >= side * order.stop:
            order.is_armed = 1
        return price if order.is_armed != 0 and signed <= level else np.nan
    return price if signed <= level else np.nan


@wing
def offered_within(world: World, bar: int, order: LiveRow) -> float:
    """Price at which a bar reaches an order after its open, else NaN; `approach` says how."""
    side = side_of(order)
    if order.kind > OrderKind.MARKET_IF_TOUCHED:
        return special_within(world, bar, order, side)
    best = extreme_of(world, bar, order.asset, side)
    worst = -extreme_of(world, bar, order.asset, -side)
    level = side * order.level
    order.approach = RISING if order.kind == OrderKind.STOP else FALLING
    if best != best or worst != worst:
        return np.nan
    if order.kind == OrderKind.STOP:  # a bar without an open may lie beyond the price
        return side * max(level, worst) if best >= level else np.nan
    if order.kind != OrderKind.STOP_LIMIT or order.is_armed != 0:
        return side * min(level, best) if worst <= level else np.nan
    if not best >= side * order.stop:
        return np.nan
    order.is_armed = 1
    if side * order.stop <= level:
        order.approach = RISING
        return order.stop
    reached = worst
    if not favourable_first(world, bar, order.asset, side, best, worst):
        reached = side * close_of(world)[bar, order.asset]
        order.approach = AT_CLOSE
    return order.level if reached <= level else np.nan


@compiled
def has_limit(kind: int) -> bool:
    """Whether orders of a kind never fill at a price worse than their level."""
    return (
        kind == OrderKind.LIMIT
        or kind == OrderKind.STOP_LIMIT
        or kind == OrderKind.MARKET_WITH_PROTECTION
    )


@compiled
def order_price(world: World, bar: int, order: LiveRow, side: float, quantity: float) -> float:
    """Price at which an order fills: its offer with slippage, never past its limit."""
    price = fill_price(world, bar, order.asset, side, quantity, order.market)
    if has_limit(order.kind):
        price = min(price, order.level) if side > 0.0 else max(price, order.level)
    return price


@wing
def be_maker(world: World, bar: int, order: LiveRow) -> None:
    """Let the fees of an order be a maker's where the range of a bar has come to its limit.

    Whatever the open has passed takes what it meets there, and so does a stop that is hit.
    """
    world.leg.is_maker = 0
    is_limit = order.kind == OrderKind.LIMIT or order.kind == OrderKind.STOP_LIMIT
    if is_limit and order.market == order.level and order.approach != RISING:
        side = side_of(order)
        is_passed = False
        if world.rules.has_open != 0:
            is_passed = side * open_of(world)[bar, order.asset] <= side * order.level
        world.leg.is_maker = 0 if is_passed else 1


@wing
def rest(world: World, bar: int, order: LiveRow, given: int) -> int:
    """Make an order wait for its price, that of the `given`-th explicit order (-1: of the run).

    Returns 0 where there is no price.
    """
    has_price = rest_as(world, bar, order, orders_in_of(world)[given]) if given >= 0 else False
    if given < 0:
        has_price = rest_by_rules(world, bar, order)
    return 1 if has_price else 0


@compiled
def rest_by_rules(world: World, bar: int, order: LiveRow) -> bool:
    """Make an order wait for the price that the run's options give; False where there is none."""
    order.kind = world.rules.order_kind
    order.tif = world.rules.tif
    order.level = setting(world, Setting.ORDER_PRICE.value, bar, order.asset)
    order.stop = setting(world, Setting.ORDER_STOP.value, bar, order.asset)
    order.last_day = world.rules.gtd_day
    return begin_wait(world, bar, order)


@compiled
def rest_as(world: World, bar: int, order: LiveRow, given: OrderInRow) -> bool:
    """Make an order wait as it was given, one by one; False where it has no price."""
    order.kind = given.kind
    order.tif = given.tif
    order.level = given.level
    order.stop = given.stop
    order.last_day = given.last_day
    order.group = given.group
    if world.stops_n > 0 and (given.loss == given.loss or given.target == given.target):
        order.has_levels = 1
        order.loss = given.loss
        order.target = given.target
    return begin_wait(world, bar, order)


@compiled
def begin_wait(world: World, bar: int, order: LiveRow) -> bool:
    """Bring an order's prices on the tick and arm nothing yet; False where it has no price."""
    order.tries = 0
    order.named = order.kind
    if order.kind != OrderKind.STOP_LIMIT:
        order.stop = np.nan
    if order.kind == OrderKind.MARKET:
        order.level = np.nan
        return True
    if order.kind > OrderKind.MARKET_IF_TOUCHED:
        return begin_special(world, heard(world, bar), order, side_of(order))
    tick = contracts_of(world)[order.asset].tick
    if tick > 0.0 and order.kind != OrderKind.MARKET_IF_TOUCHED:
        side = side_of(order)
        order.level = on_tick(order.level, tick, side if order.kind == OrderKind.STOP else -side)
        order.stop = on_tick(order.stop, tick, side)
    order.is_armed = 0
    is_stop = order.kind == OrderKind.STOP_LIMIT
    return order.level == order.level and (not is_stop or order.stop == order.stop)


@compiled
def heard(world: World, bar: int) -> int:
    """Bar at whose close the wishes of a bar are heard: later where there is a delay."""
    return min(bar + max(world.rules.lag - 1, 0), world.n_bars - 1)


@compiled
def is_too_late(world: World, bar: int, order: LiveRow) -> bool:
    """Whether the last date of an order placed on a bar is over before the next."""
    if order.last_day < 0:
        return False
    day: int = days_of(world)[min(heard(world, bar) + 1, world.n_bars - 1)]
    return day > order.last_day


@compiled
def is_over(world: World, bar: int, order: LiveRow) -> bool:
    """Whether a bar is the last in the life of an order that waits for its price."""
    if order.tif == TimeInForce.NEXT:
        return order.tries != 0
    if order.tif == TimeInForce.GTC or order.tif >= TimeInForce.IOC or order.last_day < 0:
        return False
    return bar + 1 < world.n_bars and days_of(world)[bar + 1] > order.last_day


@wing
def expire(world: World, bar: int, had_turn: int, is_last: int) -> None:
    """End the orders whose time in force is over: after an instant, or the last one of a bar."""
    live = live_of(world)
    for i in range(world.account.n_live):
        order = live[i]
        if order.stage != Stage.ENDED:
            is_turn = had_turn != 0 or order.kind != OrderKind.MARKET_ON_CLOSE
            is_late = is_last != 0 and is_turn and is_over(world, bar, order)
            if had_turn != 0 and order.tries != 0:
                is_late = is_late or order.tif >= TimeInForce.IOC
                if order.kind == OrderKind.MARKET:
                    is_late = is_late or order.tif == TimeInForce.NEXT
            if is_late and order.is_closing != 0:
                lapse(order)
            elif is_late:
                end_unfilled(world, bar, order, State.EXPIRED, Reason.EXPIRED.value)
                order.stage = Stage.ENDED


@wing
def expire_before(world: World) -> None:
    """End the orders of an earlier run whose last day was its last bar's."""
    live = live_of(world)
    for i in range(world.account.n_live):
        order = live[i]
        waits = order.last_day >= 0 and order.stage != Stage.ENDED
        is_over = waits and days_of(world)[0] > order.last_day
        if is_over and order.is_closing != 0:
            lapse(order)
        elif is_over:
            end_unfilled(world, -1, order, State.EXPIRED, Reason.EXPIRED.value)
            order.stage = Stage.ENDED
    drop_ended(world)


@compiled
def drop_ended(world: World) -> None:
    """Keep the orders that still wait."""
    live = live_of(world)
    kept = 0
    for i in range(world.account.n_live):
        if live[i].stage != Stage.ENDED:
            live[i].stage = Stage.WAITING
            if kept < i:
                live[kept] = live[i]
            kept += 1
    world.account.n_live = kept
