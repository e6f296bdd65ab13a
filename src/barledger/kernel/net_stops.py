"""Stops of net positions: a loss or trailing stop and a target, from a base price each.

They are looked at on the bars after the one that set them, before signals; what is hit is an
order of that bar, at its own turn. The best price of a bar raises a trailing stop only after it.
"""

from barledger._jit import compiled
from barledger.kernel.codes import Cause
from barledger.kernel.net_codes import WIDTH, Net, StopBase, StopFill, StopUpdate
from barledger.kernel.net_fit import worth_at
from barledger.kernel.net_signals import meet_net, removes_part
from barledger.kernel.types import LiveRow
from barledger.kernel.world import (
    World,
    close_of,
    fill_of,
    high_of,
    low_of,
    net_of,
    net_stops_of,
    open_of,
    positions_of,
)

LOSS_BASE, PEAK, LOSS, TRAILS, TARGET_BASE, TARGET = 0, 1, 2, 3, 4, 5


@compiled
def first_price(world: World, bar: int, asset: int) -> float:
    """Open of a bar, its close where no range is known."""
    price: float = open_of(world)[bar, asset] if world.high_n > 0 else close_of(world)[bar, asset]
    return price


@compiled
def extreme(world: World, bar: int, asset: int, side: float) -> float:
    """Highest price of a bar times `side`, its close where no range is known."""
    if world.high_n == 0:
        price = close_of(world)[bar, asset]
    elif side > 0.0:
        price = high_of(world)[bar, asset]
    else:
        price = low_of(world)[bar, asset]
    return side * float(price)


@compiled
def stop_order(world: World, bar: int, order: LiveRow) -> bool:
    """Write the order of a stop that a bar has hit, and follow the best price."""
    asset = order.asset
    row = net_stops_of(world)
    place = asset * WIDTH
    side = 1.0 if positions_of(world)[asset].quantity > 0.0 else -1.0
    first = side * first_price(world, bar, asset)
    worst = -extreme(world, bar, asset, -side)
    best = extreme(world, bar, asset, side)
    base = row[place + PEAK] if row[place + TRAILS] != 0.0 else row[place + LOSS_BASE]
    level = side * base * (1.0 - side * row[place + LOSS])
    target = side * row[place + TARGET_BASE] * (1.0 + side * row[place + TARGET])
    if best > side * row[place + PEAK]:
        row[place + PEAK] = side * best
    if first >= target:
        return write_stop(world, bar, order, side, side * first, Cause.TARGET_HIT.value)
    if worst <= level:
        cause = Cause.TRAILING_STOP.value
        if row[place + TRAILS] == 0.0:
            cause = Cause.STOP_LOSS.value
        price = first if first <= level else level
        return write_stop(world, bar, order, side, side * price, cause)
    if best >= target:
        return write_stop(world, bar, order, side, side * target, Cause.TARGET_HIT.value)
    return False


@compiled
def write_stop(
    world: World, bar: int, order: LiveRow, side: float, price: float, cause: int
) -> bool:
    """Write the order that a stop hit at `price` makes."""
    net = net_of(world)
    fill = int(net[Net.STOP_FILL.value])
    order.market = price
    if fill == StopFill.PRICE.value:
        order.market = fill_of(world)[bar, order.asset]
    elif fill == StopFill.CLOSE.value:
        order.market = close_of(world)[bar, order.asset]
    policy = int(net[Net.UPON_STOP.value])
    is_order = meet_net(world, order, side, policy, removes_part(world))
    order.is_frozen = 1 if fill == StopFill.STOP_LIMIT.value else 0
    order.cause = cause
    return is_order


@compiled
def guard_net(world: World, bar: int, order: LiveRow, before: float) -> None:
    """Set, renew or drop the stops of a position that an order has changed from `before`."""
    after = positions_of(world)[order.asset].quantity
    row = net_stops_of(world)
    place = order.asset * WIDTH
    if after == 0.0 or (before * after > 0.0 and abs(after) <= abs(before)):
        return
    net = net_of(world)
    is_new = before * after <= 0.0
    mode = int(net[Net.UPON_UPDATE.value])
    base = base_price(world, bar, order)
    if renews(net[Net.LOSS.value], row[place + LOSS], mode, is_new):
        row[place + LOSS] = net[Net.LOSS.value]
        row[place + TRAILS] = net[Net.TRAILS.value]
        row[place + LOSS_BASE] = base
        row[place + PEAK] = base
    if renews(net[Net.TARGET.value], row[place + TARGET], mode, is_new):
        row[place + TARGET] = net[Net.TARGET.value]
        row[place + TARGET_BASE] = base


@compiled
def renews(given: float, present: float, mode: int, is_new: bool) -> bool:
    """Whether a stop given takes the place of the present one; NaN: none."""
    if is_new or mode == StopUpdate.OVERRIDE_NAN.value:
        return True
    return mode == StopUpdate.OVERRIDE.value and given == given


@compiled
def base_price(world: World, bar: int, order: LiveRow) -> float:
    """Price that the stops of a position opened by an order are reckoned from."""
    base = int(net_of(world)[Net.STOP_BASE.value])
    values_again = net_of(world)[Net.VALUES_AGAIN.value] != 0.0
    if base == StopBase.WORTH.value and not values_again:
        return worth_at(world, bar, order.asset)
    if base == StopBase.WORTH.value or base == StopBase.FILL_PRICE.value:
        return float(order.price)
    if base == StopBase.CLOSE.value:
        close: float = close_of(world)[bar, order.asset]
        return close
    return float(order.market)
