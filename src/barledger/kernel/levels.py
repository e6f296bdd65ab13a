"""Levels of stops: from an order's distances to the prices at which a position is closed.

Prices are taken times the side of the position: what is written for a long holds for a short.
"""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.codes import Cause, Setting, StopExit, WhenAdded
from barledger.kernel.costs import setting
from barledger.kernel.ladder import begin_ladder
from barledger.kernel.types import LiveRow, StopRow
from barledger.kernel.wings import wing
from barledger.kernel.world import World, close_of, contracts_of, positions_of, stops_of
from barledger.kernel.worth import points


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
    row.base += gap
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
def clear_levels(row: StopRow) -> None:
    """Take every stop off a position."""
    row.loss = np.nan
    row.target = np.nan
    row.trail = np.nan
    row.trail_from = np.nan
    row.even_from = np.nan
    row.entry = np.nan
    row.base = np.nan
    row.unit = np.nan
    row.whole = 0.0
    row.done = 0.0
    row.peak = np.nan
    row.until = np.inf
    row.fresh = 0
    row.next_loss = 0
    row.next_target = 0


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
