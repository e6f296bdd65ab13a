"""What stops do in one bar: at the open, in the range, and when time is up.

Prices are turned into those of a long: of a short every one is negated.
"""

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from .book import Order, Position, World
from .fills import close_part
from .levels import Levels
from .liquidity import keeps_rest, part_of
from .market import NAN, cell, cut, dust, is_number

if TYPE_CHECKING:
    from .resting import Rest


def serve_open(world: World) -> None:
    """Close what the open has passed, and raise the marks of the rest."""
    for asset in sorted(world.positions):
        price = cell(world.market.open, world.bar, asset)
        position = world.positions[asset]
        if position.levels is not None and can_serve(world, asset, price):
            serve_at_open(world, position, position.side * price)


def serve_at_open(world: World, position: Position, price: float) -> None:
    again = True
    while again:
        again = act_at_open(world, position, price)


def act_at_open(world: World, position: Position, price: float) -> bool:
    """Do what comes first at an open; whether there is more to look at."""
    levels = position.levels
    if price <= levels.stop and world.terms.stops.exit != "close":
        return close_all(world, position, price, levels.cause)
    if price >= levels.target:
        return close_all(world, position, price, "target_hit")
    if world.bar >= levels.time_up:
        return close_all(world, position, price, "time_stop")
    position.levels = levels.raised_to(price)
    return False


def serve_time(world: World) -> None:
    """Close at the close what has had its time, on bars that have no opens."""
    for asset in sorted(world.positions):
        price = cell(world.market.close, world.bar, asset)
        position = world.positions[asset]
        if position.levels is None or not can_serve(world, asset, price):
            continue
        if world.bar >= position.levels.time_up:
            close_all(world, position, position.side * price, "time_stop")


def serve_range(world: World) -> None:
    """Walk the range of every position that has stops."""
    for asset in sorted(world.positions):
        position = world.positions[asset]
        if position.levels is None or world.bankrupt:
            continue
        if can_walk(world, asset, position.side):
            while walk(world, position, *range_of(world, asset, position.side)):
                pass


def can_serve(world: World, asset: int, price: float) -> bool:
    return not world.bankrupt and world.is_tradable(asset) and is_number(price)


def can_walk(world: World, asset: int, side: int) -> bool:
    """Whether anything can trade within this bar."""
    prices = range_of(world, asset, side)
    return world.is_tradable(asset) and is_number(prices[1]) and is_number(prices[2])


def range_of(world: World, asset: int, side: int) -> tuple[float, float, float, float]:
    """Open, high, low and close as of a long; open and close stand in for a missing extreme."""
    market = world.market
    rows = (market.open, market.high, market.low, market.close)
    start, high, low, close = (cell(row, world.bar, asset) for row in rows)
    known = [price for price in (start, close) if is_number(price)]
    if not is_number(high):
        high = max(known, default=NAN)
    if not is_number(low):
        low = min(known, default=NAN)
    if side < 0:
        high, low = low, high
    return side * start, side * high, side * low, side * close


def walk(
    world: World, position: Position, start: float, high: float, low: float, close: float
) -> bool:
    """Walk a bar up to the first level; whether there is more to look at."""
    is_late = world.terms.stops.exit == "close" and start <= position.levels.stop
    if not is_late and not is_adverse_first(world, position.side, start, high, low):
        return walk_up(world, position, high, (low, close))
    if is_late or low <= position.levels.stop:
        return stop_out(world, position, position.levels, close)
    return walk_up(world, position, high, (close, close))


def walk_up(
    world: World,
    position: Position,
    high: float,
    after: tuple[float, float],
    best: float | None = None,
) -> bool:
    """Go to the high, or no better than `best`; then to the lowest price after it, and the close.

    A close that is missing meets nothing.
    """
    lowest, close = after
    if (high if best is None else best) >= position.levels.target:
        return close_all(world, position, position.levels.target, "target_hit")
    position.levels = position.levels.raised_to(high)
    return lowest <= position.levels.stop and stop_out(world, position, position.levels, close)


def serve_opened(world: World) -> None:
    """Let what the range has opened from flat meet its stops in the rest of the bar."""
    for asset, approach in sorted(world.opened_in_range.items()):
        position = world.positions.get(asset)
        if position is not None and position.levels is not None and approach != "close":
            while walk_rest(world, position, approach):
                pass


def walk_rest(world: World, position: Position, approach: str) -> bool:
    levels = position.levels
    start, high, low, close = range_of(world, position.asset, position.side)
    is_adverse = is_adverse_first(world, position.side, start, high, low)
    if (approach == "falling" or path_of(world) == "worst") and low <= levels.stop:
        return stop_out(world, position, levels, close)
    if is_adverse:
        best = close if path_of(world) == "worst" else high
        return walk_up(world, position, high, (close, close), best)
    if approach == "rising":
        return walk_up(world, position, high, (low, close))
    return close >= levels.target and close_all(world, position, levels.target, "target_hit")


def is_adverse_first(world: World, side: int, start: float, high: float, low: float) -> bool:
    path = path_of(world)
    if path == "nearest":
        return not is_number(start) or start - low <= high - start
    return path == "worst" or path == ("olhc" if side > 0 else "ohlc")


def path_of(world: World) -> str:
    return "worst" if world.terms.stops is None else world.terms.stops.path


def stop_out(world: World, position: Position, levels: Levels, close: float) -> bool:
    """Close at the level, or at a worse close where that is the policy; never above the bar."""
    _, high, _, _ = range_of(world, position.asset, position.side)
    price = min(levels.stop, high)
    if world.terms.stops.stop_fill == "worst_close" and is_number(close):
        price = min(price, close)
    if world.terms.stops.exit == "close":
        if not is_number(close):
            return False
        price = close
    return close_all(world, position, price, levels.cause)


def close_all(world: World, position: Position, price: float, cause: str) -> bool:
    """Close a position, or a rung of it, with an order of its own; only targets do not slip.

    Returns whether the position has more levels to look at.
    """
    order = Order(position.asset, world.bar, cause=cause)
    levels = position.levels
    held, raw, side = abs(position.quantity), position.side * price, position.side
    limit = limit_of(world, position, cause)
    if limit is not None and price < limit.price * -1.0:
        leave(world, position, order, limit)
        return False
    contract = world.market.contracts[position.asset]
    asked, rung = held, levels.rung_of(cause)
    if rung is not None and not is_last(levels, cause):
        asked = max(cut(rung[1] * levels.whole, contract.lot) - levels.done, 0.0)
        asked = asked if asked < held - dust(contract.lot) else held
    if asked == 0:
        position.levels = levels.climbed(cause, contract.tick)
        return True
    is_rung = asked != held
    part = part_of(world, position.asset, asked, raw, -side)
    is_kept = part < asked and cause != "target_hit" and not is_rung and keeps_rest(world)
    order.wanted = -side * asked
    if is_kept:
        leave(world, position, order, limit)
    if part == 0:
        order.wanted = NAN
        return False
    bound = order.waits_for
    order.waits_for = limit
    order.is_maker = cause == "target_hit" and world.withheld_before is not None
    close_part(world, order, part, raw, slips=cause != "target_hit")
    order.waits_for = bound
    if is_kept:
        order.before, order.wanted, order.filled = (
            order.filled, order.wanted - order.filled, 0.0
        )  # fmt: skip
        return False
    world.end(order, "none" if part == asked else "volume_cap")
    if is_rung and part == asked:
        position.levels = position.levels.climbed(cause, contract.tick)
        return True
    if is_rung:
        position.levels = replace(position.levels, done=levels.done + part)
    return False


def is_last(levels: Levels, cause: str) -> bool:
    """Whether a rung is the last of shares that are 1 in all: it closes all that is left."""
    rungs = levels.targets if cause == "target_hit" else levels.losses
    return len(rungs) == 1 and rungs[0][1] == math.inf


def limit_of(world: World, position: Position, cause: str) -> "Rest | None":
    """Limit order that a stop sends, none where it is at the market."""
    if world.terms.stops.exit != "limit" or cause not in ("stop_loss", "trailing_stop"):
        return None
    from .resting import Rest  # which imports this

    level = position.levels.stop - position.levels.offset
    return Rest("limit", -position.side, -level, NAN, "gtc", math.inf)


def leave(world: World, position: Position, order: Order, limit: "Rest | None") -> None:
    """Let a stop that has acted be an exit that waits, and take the position's levels away."""
    world.n_given += 1
    order.waits_for = limit
    order.given, order.closes = world.n_given, position.side
    world.live.append(order)
    position.levels = None
