"""Stops of positions: levels, and the closings that they bring at the open and within a bar.

Prices are taken times the side of the position: what is written for a long holds for a short.
"""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.codes import (
    Cause,
    OrderKind,
    Path,
    Reason,
    Setting,
    State,
    StopExit,
    StopFill,
    WhenAdded,
)
from barledger.kernel.costs import fill_price, on_tick, setting
from barledger.kernel.fills import can_trade, fill_closing
from barledger.kernel.ladder import begin_ladder, climb, part_of_rung
from barledger.kernel.liquidity import (
    CLOSING,
    carry_stop,
    forget_stops,
    note_leg,
    part_now,
)
from barledger.kernel.records import be_plain, next_order, write_order
from barledger.kernel.types import LiveRow, StopRow
from barledger.kernel.wings import wing
from barledger.kernel.world import (
    World,
    close_of,
    contracts_of,
    held_of,
    high_of,
    live_of,
    low_of,
    open_of,
    positions_of,
    stops_of,
)
from barledger.kernel.worth import points

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
def read_distances(world: World, bar: int, order: LiveRow) -> None:
    """Give an order the distances of its stops, as of the bar of its signal."""
    order.loss = setting(world, Setting.LOSS.value, bar, order.asset)
    order.target = setting(world, Setting.TARGET.value, bar, order.asset)
    order.trail = setting(world, Setting.TRAIL.value, bar, order.asset)
    order.trail_after = setting(world, Setting.TRAIL_AFTER.value, bar, order.asset)
    order.break_even = setting(world, Setting.BREAK_EVEN.value, bar, order.asset)
    order.time_limit = setting(world, Setting.TIME.value, bar, order.asset)
    order.has_levels = world.rules.stop_of_level
    order.base = np.nan
    if world.rules.stop_of_signal != 0:
        order.base = close_of(world)[bar, order.asset]
    if world.rules.has_ladder != 0 or world.rules.stop_exit == StopExit.LIMIT:
        order.unit = setting(world, Setting.STOP_UNIT.value, bar, order.asset)


@compiled
def split_distances(world: World, order: LiveRow, ratio: float) -> None:
    """Divide levels, and distances in price units, by the ratio of a split."""
    order.base /= ratio
    is_fraction = world.rules.stop_of_fraction != 0
    if not is_fraction or order.has_levels != 0:
        order.loss /= ratio
        order.target /= ratio
    if is_fraction:
        return
    order.unit /= ratio
    order.trail /= ratio
    order.trail_after /= ratio
    order.break_even /= ratio


@compiled
def split_levels(row: StopRow, ratio: float) -> None:
    """Divide levels by the ratio of a split."""
    row.loss /= ratio
    row.target /= ratio
    row.trail /= ratio
    row.trail_from /= ratio
    row.even_from /= ratio
    row.entry /= ratio
    row.base /= ratio
    row.unit /= ratio
    row.whole *= ratio
    row.done *= ratio
    row.peak /= ratio


@compiled
def move_levels(world: World, source: int, target: int, gap: float) -> None:
    """Give the stops of one position to another, whose prices are higher by `gap`."""
    rows = stops_of(world)
    rows[target] = rows[source]
    row = rows[target]
    row.loss += gap
    row.target += gap
    row.trail_from += gap
    row.even_from += gap
    row.entry += gap
    row.peak += gap


@wing
def guard(world: World, bar: int, order: LiveRow, quantity: float) -> None:
    """Set the stops of a position that `quantity` at the order's price has opened, or added to."""
    position = positions_of(world)[order.asset]
    row = stops_of(world)[order.asset]
    if position.quantity == quantity:
        side = 1.0 if quantity > 0.0 else -1.0
        set_levels(world, row, order, side, side * order.price, abs(quantity))
        row.peak = row.entry
        row.fresh = 0
        row.until = bar + order.time_limit if order.time_limit == order.time_limit else np.inf
    elif world.rules.when_added == WhenAdded.RESET:
        side = 1.0 if quantity > 0.0 else -1.0
        average = points(contracts_of(world)[order.asset], position.average)
        set_levels(world, row, order, side, side * average, abs(position.quantity))
        if row.peak != row.peak:  # held from the start, without stops so far
            row.peak = row.entry


@compiled
def set_levels(
    world: World, row: StopRow, order: LiveRow, side: float, entry: float, quantity: float
) -> None:
    """Write the levels of a position of unsigned `quantity` that an order gives it."""
    base = side * order.base if order.base == order.base else entry
    unit = abs(base) if world.rules.stop_of_fraction != 0 else 1.0
    tick = contracts_of(world)[order.asset].tick
    row.entry = entry
    row.base = base
    row.unit = unit
    row.loss = base - order.loss * unit
    row.target = base + order.target * unit
    if order.has_levels != 0:
        row.loss = side * order.loss
        row.target = side * order.target
    if tick > 0.0:
        row.target = np.ceil(row.target / tick - 1e-9) * tick
    row.trail = order.trail * unit
    row.trail_from = base + order.trail_after * unit if order.trail_after >= 0.0 else -np.inf
    row.even_from = base + order.break_even * unit
    if world.rules.has_ladder != 0 or world.rules.stop_exit == StopExit.LIMIT:
        row.unit = unit * order.unit
    if world.rules.has_ladder != 0 and order.has_levels == 0:
        begin_ladder(world, row, order.asset, quantity)


@compiled
def follows(world: World, row: StopRow) -> bool:
    """Whether anything depends on the best price so far, or may once the position grows."""
    may_change = world.rules.when_added == WhenAdded.RESET
    return may_change or row.trail == row.trail or row.even_from == row.even_from


@compiled
def follow(world: World, row: StopRow, price: float) -> None:
    """Raise the best price so far."""
    if price > row.peak and follows(world, row):
        row.peak = price


@compiled
def fixed_level(row: StopRow, peak: float) -> float:
    """Level of the loss stop, at the entry once break-even is reached; -inf where there is none."""
    level = row.loss if row.loss == row.loss else -np.inf
    return max(level, row.entry) if peak >= row.even_from else level


@compiled
def stop_level(row: StopRow, peak: float) -> float:
    """Highest level at which the position is stopped, after a best price."""
    level = fixed_level(row, peak)
    trailing = peak - row.trail
    return trailing if peak >= row.trail_from and trailing > level else level


@compiled
def stop_cause(row: StopRow, level: float) -> int:
    """Which stop a level is that of, after the best price so far."""
    if level > fixed_level(row, row.peak):
        return Cause.TRAILING_STOP.value
    return Cause.STOP_LOSS.value


@compiled
def level_hit(row: StopRow, cause: int, quantity: float) -> float:
    """Level at which a position is closed, as a price; NaN where its time is up."""
    level = row.target
    if cause == Cause.TIME_STOP:
        level = np.nan
    elif cause != Cause.TARGET_HIT:
        level = stop_level(row, row.peak)
    return level if quantity > 0.0 else -level


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
            forget_stops(row)
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
    if part != wanted:
        order.leg = 0
        note_leg(world, bar, order, CLOSING, part)
    fill_closing(world, bar, asset, -side * part, order.price, market, order.order)
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
    forget_stops(stops_of(world)[asset])


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
