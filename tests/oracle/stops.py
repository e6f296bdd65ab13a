"""What stops do in one bar: at the open, in the range, and when time is up.

Prices are turned into those of a long: of a short every one is negated.
"""

from .book import Order, Position, World
from .fills import close_part
from .levels import Levels
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
        if position.levels is None or world.bankrupt or not world.is_tradable(asset):
            continue
        prices = range_of(world, position)
        if is_number(prices[1]) and is_number(prices[2]):
            walk(world, position, *prices)


def can_serve(world: World, asset: int, price: float) -> bool:
    return not world.bankrupt and world.is_tradable(asset) and is_number(price)


def range_of(world: World, position: Position) -> tuple[float, float, float, float]:
    """Open, high, low and close as of a long; open and close stand in for a missing extreme."""
    market, side = world.market, position.side
    rows = (market.open, market.high, market.low, market.close)
    start, high, low, close = (cell(row, world.bar, position.asset) for row in rows)
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
    levels = position.levels
    if is_adverse_first(world, position.side, start, high, low):
        if low <= levels.stop:
            stop_out(world, position, levels, close)
            return
        if high >= levels.target:
            close_all(world, position, levels.target, "target_hit")
            return
        position.levels = levels = levels.raised_to(high)
        if is_number(close) and close <= levels.stop:
            stop_out(world, position, levels, close)
        return
    if high >= levels.target:
        close_all(world, position, levels.target, "target_hit")
        return
    position.levels = levels = levels.raised_to(high)
    if low <= levels.stop:
        stop_out(world, position, levels, close)


def is_adverse_first(world: World, side: int, start: float, high: float, low: float) -> bool:
    path = world.terms.stops.path
    if path == "nearest":
        return not is_number(start) or start - low <= high - start
    return path == "worst" or path == ("olhc" if side > 0 else "ohlc")


def stop_out(world: World, position: Position, levels: Levels, close: float) -> None:
    """Close at the level, or at a worse close where that is the policy."""
    price = levels.stop
    if world.terms.stops.stop_fill == "worst_close" and is_number(close):
        price = min(price, close)
    close_all(world, position, price, levels.cause)


def close_all(world: World, position: Position, price: float, cause: str) -> None:
    """Close a position with an order of its own; only targets do not slip."""
    order = Order(position.asset, world.bar, cause=cause)
    held, raw = abs(position.quantity), position.side * price
    close_part(world, order, held, raw, slips=cause != "target_hit")
    order.wanted = order.filled
    world.end(order)
