"""Orders of which one cancels the others: which a bar meets first, and what a fill does to them."""

from collections.abc import Callable

from .book import Order, World
from .market import is_number, sign
from .resting import RISING
from .stops import is_adverse_first, path_of, range_of


def with_group(world: World, order: Order, handle: Callable[[World, Order], None]) -> None:
    """Handle an order, and cancel the others of its group once it has begun to fill."""
    group = None if order.own is None else order.own.group
    before = world.held(order.asset)
    handle(world, order)
    if group is None or world.held(order.asset) == before:
        return
    mates = [o for o in world.live if o.own is not None and o.own.group == group and o is not order]
    for mate in sorted(mates, key=lambda o: (o.asset, o.given)):
        if mate.before == 0:
            mate.wanted = mate.explicit * mate.scale
        else:
            mate.wanted = mate.asked - mate.before
        world.end(mate, "one_cancels_other", "cancelled")


def as_met(world: World, orders: list[Order]) -> list[Order]:
    """Let the orders of a group stand as the bar meets them, each in a place of its group."""
    out = list(orders)
    groups = {o.own.group for o in orders if o.own is not None and o.own.group is not None}
    for group in groups:
        places = [k for k, o in enumerate(out) if o.own is not None and o.own.group == group]
        for i, first in enumerate(places):
            for second in places[i + 1 :]:
                if is_met_before(world, out[second], out[first]):
                    out[first], out[second] = out[second], out[first]
    return out


def is_met_before(world: World, one: Order, other: Order) -> bool:
    start = range_of(world, one.asset, 1)[0]
    if one.asset != other.asset or not is_number(start):
        return False
    rises, rises_too = ((o.approach == RISING) == (o.explicit > 0) for o in (one, other))
    if rises == rises_too:
        return abs(one.offer - start) < abs(other.offer - start)
    held = sign(world.held(one.asset))
    if held == 0 and path_of(world) in ("worst", "best"):
        return False
    side = held or 1
    opens, high, low, _ = range_of(world, one.asset, side)
    is_low_first = is_adverse_first(world, side, opens, high, low) == (side > 0)
    return rises != is_low_first
