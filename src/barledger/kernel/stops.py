"""Stops of positions: the closings that they bring at the open and within a bar.

Prices are taken times the side of the position: what is written for a long holds for a short.
"""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.codes import (
    Cause,
    FeeForm,
    OrderKind,
    Path,
    Reason,
    State,
    StopExit,
    StopFill,
)
from barledger.kernel.costs import fill_price, on_tick
from barledger.kernel.fills import can_trade, fill_closing
from barledger.kernel.ladder import climb, part_of_rung
from barledger.kernel.levels import clear_levels, follow, level_hit, stop_cause, stop_level
from barledger.kernel.liquidity import (
    CLOSING,
    carry_stop,
    note_leg,
    part_now,
)
from barledger.kernel.records import be_plain, next_order, write_order
from barledger.kernel.types import LiveRow
from barledger.kernel.wings import wing
from barledger.kernel.world import (
    World,
    close_of,
    contracts_of,
    fetch,
    held_of,
    high_of,
    live_of,
    low_of,
    open_of,
    positions_of,
    stops_of,
)

AT_CLOSE, FALLING, RISING = 0, 1, 2  # how the price came to an order filled within a bar
STOPS_AT_OPEN, STOPS_WITHIN, STOPS_AFTER_ENTRY, STOPS_AT_CLOSE = 0, 1, 2, 3


@wing
def stop_positions(world: World, bar: int, when: int) -> None:
    """Close what is stopped at the open, within the bar, after an entry in it, or at its close.

    At the close of bars without opens time alone stops.
    """
    if when == STOPS_WITHIN:
        stops_within(world, bar)
    elif when == STOPS_AFTER_ENTRY:
        stops_after_entry(world, bar)
    else:
        serve_stops(world, bar, when == STOPS_AT_OPEN)


@compiled
def close_stopped(world: World, bar: int, asset: int, market: float, cause: int) -> int:
    """Close a position, or a rung of it, with the market at `market`; 1: look again, more is held.

    A target fills there, the others slip.
    """
    order = live_of(world)[world.live_n - 1]
    row = stops_of(world)[asset]
    held = positions_of(world)[asset].quantity
    side = 1.0 if held > 0.0 else -1.0
    level = level_hit(row, cause, held)
    limit = np.nan
    if world.rules.stop_exit == StopExit.LIMIT and cause <= Cause.TRAILING_STOP:
        limit = level - side * world.rules.stop_offset * row.unit
        if side * market < side * limit:
            leave_limit(world, bar, asset, cause, level, limit)
            return 0
    wanted = abs(held)
    if world.rules.has_ladder != 0:
        wanted = part_of_rung(world, row, asset, cause, side * level, wanted)
        if wanted == 0.0:
            climb(world, row, asset, cause)
            return 1
    is_rung = wanted != abs(held)
    part = wanted
    if world.taken_up_n > 0:
        part = part_now(world, bar, asset, -side * wanted, market)
        if part != wanted and not is_rung and keeps_rest(world, cause):
            order = carry_stop(world, bar, asset, cause)
            order.level = level
            if limit == limit:
                make_limit(order, level, limit)
            clear_levels(row)
        if part == 0.0:
            return 0
    order.asset = asset
    order.placed = bar
    order.cause = cause
    be_plain(order)
    order.named = kind_of_stop(world, cause)
    order.level = level
    if limit == limit:
        order.level = limit
        order.stop = level
    order.order = next_order(world)
    order.price = market
    tick = contracts_of(world)[asset].tick
    if cause != Cause.TARGET_HIT:
        order.price = fill_price(world, bar, asset, -side, part, market)
        if limit == limit:
            order.price = side * max(side * order.price, side * limit)
    elif tick > 0.0:
        order.price = on_tick(market, tick, -side)
    if cause == Cause.TARGET_HIT and world.account.is_within == 1:
        world.leg.is_maker = world.rules.fee_form >= FeeForm.MAKER_TAKER
    if part != wanted:
        order.leg = 0
        note_leg(world, bar, order, CLOSING, part)
    fill_closing(world, bar, asset, -side * part, order.price, market, order.order)
    world.leg.is_maker = 0
    if part == wanted:
        write_order(world, bar, order, -side * wanted, State.FILLED, Reason.NONE.value)
    elif not is_rung and keeps_rest(world, cause):
        order.filled = -side * part
        order.total = -side * wanted
    else:
        reason = Reason.VOLUME_CAP.value
        write_order(world, bar, order, -side * wanted, State.PARTLY_FILLED, reason)
    if is_rung and part == wanted:
        climb(world, row, asset, cause)
        return 1
    if is_rung:
        row.done += part
    return 0


@compiled
def kind_of_stop(world: World, cause: int) -> int:
    """Kind of order that a closing of a position is."""
    if cause == Cause.TARGET_HIT:
        return OrderKind.LIMIT.value
    if cause == Cause.TIME_STOP:
        return OrderKind.MARKET.value
    if world.rules.stop_exit == StopExit.LIMIT:
        return OrderKind.STOP_LIMIT.value
    return OrderKind.TRAILING_STOP.value if cause == Cause.TRAILING_STOP else OrderKind.STOP.value


@compiled
def keeps_rest(world: World, cause: int) -> bool:
    """Whether what a bar does not take of a stop's closing waits as an exit."""
    return world.rules.carries != 0 and cause != Cause.TARGET_HIT


@compiled
def make_limit(order: LiveRow, level: float, limit: float) -> None:
    """Let an exit that waits be a limit order."""
    order.kind = OrderKind.LIMIT
    order.named = OrderKind.STOP_LIMIT
    order.level = limit
    order.stop = level


@compiled
def leave_limit(world: World, bar: int, asset: int, cause: int, level: float, limit: float) -> None:
    """Let a stop whose limit the market has passed wait as a limit order, and take the levels off."""
    order = carry_stop(world, bar, asset, cause)
    make_limit(order, level, limit)
    clear_levels(stops_of(world)[asset])


@compiled
def close_at_level(world: World, bar: int, asset: int, level: float, close: float) -> int:
    """Close a position at its stop level, or at the close where a policy says so; as `close_stopped`.

    A level above all that the bar has traded was passed between two bars: the best price is the
    most that one could have had.
    """
    side = 1.0 if positions_of(world)[asset].quantity > 0.0 else -1.0
    cause = stop_cause(stops_of(world)[asset], level)
    level = min(level, extreme_of(world, bar, asset, side))
    if world.rules.stop_fill == StopFill.WORST_CLOSE and close < level:
        level = close
    if world.rules.stop_exit == StopExit.CLOSE:
        if close != close:
            return 0
        level = close
    return close_stopped(world, bar, asset, side * level, cause)


@compiled
def stop_at_open(world: World, bar: int, asset: int, price: float) -> int:
    """Close a position whose level the open has passed, or whose time is up; 1: look again."""
    side = 1.0 if positions_of(world)[asset].quantity > 0.0 else -1.0
    row = stops_of(world)[asset]
    level = stop_level(row, row.peak)
    if side * price <= level and world.rules.stop_exit != StopExit.CLOSE:
        return close_stopped(world, bar, asset, price, stop_cause(row, level))
    if side * price >= row.target:
        return close_stopped(world, bar, asset, price, Cause.TARGET_HIT.value)
    if bar >= row.until:
        return close_stopped(world, bar, asset, price, Cause.TIME_STOP.value)
    follow(world, row, side * price)
    return 0


@compiled
def serve_stops(world: World, bar: int, at_open: bool) -> None:
    """Stops at the open of everything held; at the close of bars without opens, time alone."""
    held = held_of(world)
    prices = open_of(world) if at_open else close_of(world)
    k = 0
    while k < world.account.n_held:
        asset = held[k]
        before = world.account.n_held
        price = prices[bar, asset]
        if world.high_n > 0 and at_open:
            fetch(high_of(world), bar, asset)
            fetch(low_of(world), bar, asset)
            fetch(close_of(world), bar, asset)
        if can_trade(world, bar, asset, price):
            if at_open:
                while stop_at_open(world, bar, asset, price) != 0:
                    pass
            elif bar >= stops_of(world)[asset].until:
                close_stopped(world, bar, asset, price, Cause.TIME_STOP.value)
        if world.account.n_held == before:
            k += 1


@compiled
def extreme_of(world: World, bar: int, asset: int, side: float) -> float:
    """Highest price of a bar times `side`: its high or low, else that of open and close, or NaN."""
    price = np.nan
    if side > 0.0 and world.high_n > 0:
        price = high_of(world)[bar, asset]
    elif side < 0.0 and world.low_n > 0:
        price = low_of(world)[bar, asset]
    if price == price:
        return side * price
    close: float = side * close_of(world)[bar, asset]
    if world.rules.has_open == 0:
        return close
    first: float = side * open_of(world)[bar, asset]
    return first if close != close or first > close else close


@compiled
def favourable_first(
    world: World, bar: int, asset: int, side: float, best: float, worst: float
) -> bool:
    """Whether the path of a bar goes to the better extreme first."""
    path = world.rules.stop_path
    if path == Path.NEAREST:
        if world.rules.has_open == 0:
            return False
        first: float = side * open_of(world)[bar, asset]
        return best - first < first - worst
    if path == Path.OHLC:
        return side > 0.0
    if path == Path.OLHC:
        return side < 0.0
    return path == Path.BEST


@compiled
def stop_within(world: World, bar: int, asset: int) -> int:
    """Close a position whose stop or target the bar has reached, along its path; 1: look again."""
    side = 1.0 if positions_of(world)[asset].quantity > 0.0 else -1.0
    row = stops_of(world)[asset]
    best = extreme_of(world, bar, asset, side)
    worst = -extreme_of(world, bar, asset, -side)
    close = side * close_of(world)[bar, asset]
    if best != best or worst != worst:
        return 0
    level = stop_level(row, row.peak)
    rises_first = favourable_first(world, bar, asset, side, best, worst)
    is_stopped = not rises_first and worst <= level
    if world.rules.stop_exit == StopExit.CLOSE and world.rules.has_open != 0:
        is_stopped = is_stopped or side * open_of(world)[bar, asset] <= level
    is_reached = not is_stopped and best >= row.target
    if not is_stopped and not is_reached:
        follow(world, row, best)
        level = stop_level(row, row.peak)
        is_stopped = worst <= level if rises_first else close <= level
    if is_reached:
        return close_stopped(world, bar, asset, side * row.target, Cause.TARGET_HIT.value)
    return close_at_level(world, bar, asset, level, close) if is_stopped else 0


@compiled
def stops_within(world: World, bar: int) -> None:
    """Stops within a bar of everything held, in column order."""
    held = held_of(world)
    k = 0
    while k < world.account.n_held:
        before = world.account.n_held
        if world.rules.has_open != 0:
            fetch(open_of(world), bar + 1, held[k])
        if can_trade(world, bar, held[k], 0.0):
            while stop_within(world, bar, held[k]) != 0:
                pass
        if world.account.n_held == before:
            k += 1


@compiled
def stop_after_entry(world: World, bar: int, asset: int, is_falling: bool) -> int:
    """Stops of a position for the rest of the bar within which an order has opened it."""
    side = 1.0 if positions_of(world)[asset].quantity > 0.0 else -1.0
    row = stops_of(world)[asset]
    best = extreme_of(world, bar, asset, side)
    worst = -extreme_of(world, bar, asset, -side)
    close = side * close_of(world)[bar, asset]
    rises_first = favourable_first(world, bar, asset, side, best, worst)
    level = stop_level(row, row.peak)
    is_exposed = is_falling or world.rules.stop_path == Path.WORST
    if is_exposed and worst <= level:
        return close_at_level(world, bar, asset, level, close)
    high = best
    if (is_falling and rises_first) or (not rises_first and world.rules.stop_path == Path.WORST):
        high = close
    if high >= row.target:
        return close_stopped(world, bar, asset, side * row.target, Cause.TARGET_HIT.value)
    if is_falling and rises_first:
        return 0
    follow(world, row, best)
    level = stop_level(row, row.peak)
    last = worst if rises_first else close
    return close_at_level(world, bar, asset, level, close) if last <= level else 0


@compiled
def stops_after_entry(world: World, bar: int) -> None:
    """Stops of what orders have opened within the bar, in column order."""
    held = held_of(world)
    k = 0
    while k < world.account.n_held:
        before = world.account.n_held
        row = stops_of(world)[held[k]]
        if row.fresh != 0:
            is_falling = row.fresh == FALLING
            row.fresh = 0
            while stop_after_entry(world, bar, held[k], is_falling) != 0:
                pass
        if world.account.n_held == before:
            k += 1
