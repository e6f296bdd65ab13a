"""Kinds of orders beside the usual ones: at the open or the close, with protection, trailing.

Prices are taken times the side of the order: what is written for a buy holds for a sale.
"""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.codes import OrderKind
from barledger.kernel.costs import on_tick
from barledger.kernel.stops import AT_CLOSE, FALLING, RISING, extreme_of, favourable_first
from barledger.kernel.types import LiveRow
from barledger.kernel.world import World, close_of, contracts_of


@compiled
def begin_special(world: World, bar: int, order: LiveRow, side: float) -> bool:
    """Make an order of one of these kinds wait from the close of a bar on; False without a price."""
    order.is_armed = 0
    order.stop = order.level
    order.level = np.nan
    if order.kind == OrderKind.MARKET_ON_OPEN or order.kind == OrderKind.MARKET_ON_CLOSE:
        order.stop = np.nan
        if order.kind == OrderKind.MARKET_ON_OPEN:
            order.kind = OrderKind.MARKET
        else:
            world.rules.has_auction = 1
        return True
    if order.kind == OrderKind.TRAILING_STOP:
        tighten(world, order, side, side * close_of(world)[bar, order.asset])
        return order.level == order.level
    return order.stop == order.stop


@compiled
def tighten(world: World, order: LiveRow, side: float, signed: float) -> None:
    """Let a trailing stop follow a price, times its side, never away from it."""
    level = side * (signed + order.stop)
    tick = contracts_of(world)[order.asset].tick
    if tick > 0.0:
        level = on_tick(level, tick, side)
    if not side * level >= side * order.level:
        order.level = level


@compiled
def special_at_open(world: World, order: LiveRow, side: float, price: float) -> float:
    """Open where it has reached the price of an order, else NaN.

    The first open at which an order with protection is offered sets its limit.
    """
    if order.kind == OrderKind.TRAILING_STOP:
        if side * price >= side * order.level:
            return price
        tighten(world, order, side, side * price)
        return np.nan
    if order.is_armed == 0:
        order.is_armed = 1
        order.level = price + side * order.stop
        tick = contracts_of(world)[order.asset].tick
        if tick > 0.0:
            order.level = side * max(side * on_tick(order.level, tick, -side), side * price)
        return price
    return price if side * price <= side * order.level else np.nan


@compiled
def special_within(world: World, bar: int, order: LiveRow, side: float) -> float:
    """Price at which a bar reaches an order after its open, else NaN."""
    order.approach = FALLING
    if order.kind == OrderKind.TRAILING_STOP:
        return trailed_within(world, bar, order, side)
    if order.kind == OrderKind.MARKET_ON_CLOSE or order.is_armed == 0:
        return np.nan
    best = extreme_of(world, bar, order.asset, side)
    worst = -extreme_of(world, bar, order.asset, -side)
    level = side * order.level
    return side * min(level, best) if worst <= level else np.nan


@compiled
def trailed_within(world: World, bar: int, order: LiveRow, side: float) -> float:
    """As `special_within` for a stop that trails, along the path of a position it would close."""
    best = extreme_of(world, bar, order.asset, -side)
    worst = -extreme_of(world, bar, order.asset, side)
    if best != best or worst != worst:
        return np.nan
    level = -side * order.level
    close = -side * close_of(world)[bar, order.asset]
    rises_first = favourable_first(world, bar, order.asset, -side, best, worst)
    order.approach = RISING
    is_hit = not rises_first and worst <= level
    if not is_hit:
        tighten(world, order, side, -best)
        level = -side * order.level
        is_hit = worst <= level if rises_first else close <= level
        order.approach = RISING if rises_first else AT_CLOSE
    return -side * min(level, best) if is_hit else np.nan
