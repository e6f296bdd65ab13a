"""What stops do in one bar: at the open, in the range, and when time is up.

Prices are turned into those of a long: of a short every one is negated.
"""

from .book import Order, Position, World
from .fills import close_part
from .levels import Levels
from .liquidity import keeps_rest, part_of
from .market import NAN, cell, is_number


def serve_open(world: World) -> None:
    """Close what the open has passed, and raise the marks of the rest."""
    for asset in sorted(world.positions):
        price = cell(world.market.open, world.bar, asset)
        position = world.positions[asset]
        if position.levels is not None and can_serve(world, asset, price):
            serve_at_open(world, position, position.side * price)


def serve_at_open(world: World, position: Position, price: float) -> None:
    levels = position.levels
    if price <= levels.stop:
        close_all(world, position, price, levels.cause)
    elif price >= levels.target:
        close_all(world, position, price, "target_hit")
    elif world.bar >= levels.time_up:
        close_all(world, position, price, "time_stop")
    else:
        position.levels = levels.raised_to(price)


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
            walk(world, position, *range_of(world, asset, position.side))


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
) -> None:
    if not is_adverse_first(world, position.side, start, high, low):
        walk_up(world, position, high, (low, close))
    elif low <= position.levels.stop:
        stop_out(world, position, position.levels, close)
    else:
        walk_up(world, position, high, (close, close))


def walk_up(
    world: World,
    position: Position,
    high: float,
    after: tuple[float, float],
    best: float | None = None,
) -> None:
    """Go to the high, or no better than `best`; then to the lowest price after it, and the close.

    A close that is missing meets nothing.
    """
    lowest, close = after
    if (high if best is None else best) >= position.levels.target:
        close_all(world, position, position.levels.target, "target_hit")
        return
    position.levels = position.levels.raised_to(high)
    if lowest <= position.levels.stop:
        stop_out(world, position, position.levels, close)


def serve_opened(world: World) -> None:
    """Let what the range has opened from flat meet its stops in the rest of the bar."""
    for asset, approach in sorted(world.opened_in_range.items()):
        position = world.positions.get(asset)
        if position is not None and position.levels is not None and approach != "close":
            walk_rest(world, position, approach)


def walk_rest(world: World, position: Position, approach: str) -> None:
    levels = position.levels
    start, high, low, close = range_of(world, position.asset, position.side)
    is_adverse = is_adverse_first(world, position.side, start, high, low)
    if (approach == "falling" or path_of(world) == "worst") and low <= levels.stop:
        stop_out(world, position, levels, close)
    elif is_adverse:
        best = close if path_of(world) == "worst" else high
        walk_up(world, position, high, (close, close), best)
    elif approach == "rising":
        walk_up(world, position, high, (low, close))
    elif close >= levels.target:
        close_all(world, position, levels.target, "target_hit")


def is_adverse_first(world: World, side: int, start: float, high: float, low: float) -> bool:
    path = path_of(world)
    if path == "nearest":
        return not is_number(start) or start - low <= high - start
    return path == "worst" or path == ("olhc" if side > 0 else "ohlc")


def path_of(world: World) -> str:
    return "worst" if world.terms.stops is None else world.terms.stops.path


def stop_out(world: World, position: Position, levels: Levels, close: float) -> None:
    """Close at the level, or at a worse close where that is the policy; never above the bar."""
    _, high, _, _ = range_of(world, position.asset, position.side)
    price = min(levels.stop, high)
    if world.terms.stops.stop_fill == "worst_close" and is_number(close):
        price = min(price, close)
    close_all(world, position, price, levels.cause)


def close_all(world: World, position: Position, price: float, cause: str) -> None:
    """Close a position with an order of its own; only targets do not slip."""
    order = Order(position.asset, world.bar, cause=cause)
    held, raw = abs(position.quantity), position.side * price
    part = part_of(world, position.asset, held, raw, -position.side)
    is_kept = part < held and cause != "target_hit" and keeps_rest(world)
    order.wanted = -position.quantity
    if is_kept:
        leave(world, position, order)
    if part == 0:
        order.wanted = NAN
        return
    close_part(world, order, part, raw, slips=cause != "target_hit")
    if is_kept:
        order.before, order.wanted, order.filled = (
            order.filled, order.wanted - order.filled, 0.0
        )  # fmt: skip
    else:
        world.end(order, "none" if part == held else "volume_cap")


def leave(world: World, position: Position, order: Order) -> None:
    """Let a stop that has acted be an exit that waits, and take the position's levels away."""
    world.n_given += 1
    order.given, order.closes = world.n_given, position.side
    world.live.append(order)
    position.levels = None
