"""The plan of an order at one instant: what it closes, what it opens, in what quantity."""

import math

from barledger.options import (
    PercentOfCash,
    PercentOfEquity,
    Risk,
    Shares,
    TargetPercent,
    TargetShares,
    TargetValue,
    Value,
)

from .book import Order, World
from .market import NAN, at, cell, cut, dust, is_number, sign, unit_value


def make_plan(world: World, order: Order) -> bool:
    """Plan an order; false (and counted) when it turns out to be none."""
    if order.explicit is not None:
        plan_explicit(world, order)
    elif order.target is not None:
        if not plan_target(world, order):
            return False
    elif not plan_signal(world, order):
        return False
    order.wanted = order.direction * (order.close + order.open)
    return True


def plan_explicit(world: World, order: Order) -> None:
    quantity = order.explicit * order.scale
    order.direction = sign(quantity)
    split(world, order, abs(quantity))


def split(world: World, order: Order, quantity: float) -> None:
    """Split a quantity into what closes the position and the rest, which opens."""
    held = world.held(order.asset)
    against = abs(held) if sign(held) == -order.direction else 0.0
    closing = min(quantity, against)
    order.closes = -order.direction if against > 0 else 0
    order.close = partial(world, order, closing) if against > 0 else 0.0
    opens(world, order, quantity - closing)
    order.opens = order.direction if order.rest > 0 or against == 0 else 0


def partial(world: World, order: Order, quantity: float) -> float:
    """Closing quantity: whole lots unless it is all that is held."""
    lot = world.market.contracts[order.asset].lot
    held = abs(world.held(order.asset))
    return held if quantity > held - dust(lot) else cut(quantity, lot)


def opens(world: World, order: Order, quantity: float) -> None:
    """Set the opening part, uncut and in whole lots."""
    lot = world.market.contracts[order.asset].lot
    order.rest = quantity if quantity >= dust(lot) else 0.0
    order.open = cut(order.rest, lot)


def plan_target(world: World, order: Order) -> bool:
    lot = world.market.contracts[order.asset].lot
    target, held = target_quantity(world, order), world.held(order.asset)
    if not is_number(target):
        return vanish(world, order, "no_size")
    order.close, order.closes = 0.0, 0  # of an earlier bar: a stop may have closed more since
    target = sign(target) * cut(abs(target), lot)
    if order.target != 0 and target == 0 and held == 0:
        order.direction, order.opens = sign(order.target), sign(order.target)
        return True
    order.direction = sign(target - held)
    if abs(target - held) < dust(lot):
        return vanish(world, order, "at_target" if order.target != 0 or held != 0 else None)
    if sign(held) * sign(target) > 0 and abs(target) < abs(held):
        order.close = partial(world, order, abs(held) - abs(target))
        order.closes = sign(held)
    elif sign(held) * sign(target) > 0:
        opens(world, order, abs(target) - abs(held))
        order.opens = order.direction
    else:
        order.close, order.closes = abs(held), sign(held)
        opens(world, order, abs(target))
        order.opens = sign(target)
    if math.isinf(order.open):
        order.share = 1.0
    return True


def target_quantity(world: World, order: Order) -> float:
    """Signed quantity that a target asks for, uncut; NaN without a price."""
    unit = world.wishes.unit
    if order.target == 0:
        return 0.0
    if unit == "shares":
        return order.target * order.scale
    value = order.target
    if unit == "percent":
        value *= sizing_equity(world, order)
    return per_price(world, order, value)


def plan_signal(world: World, order: Order) -> bool:
    """Plan a signal's order: the side it was made against is closed, its own side opened."""
    held = world.held(order.asset)
    order.direction = order.opens or -order.closes
    is_held = order.closes != 0 and sign(held) == order.closes
    if order.reduces:
        return not is_held or plan_reduction(world, order)
    order.close = abs(held) if is_held else 0.0
    return order.opens == 0 or plan_opening(world, order)


def plan_reduction(world: World, order: Order) -> bool:
    quantity = wanted_quantity(world, order)
    if not is_number(quantity):
        return vanish(world, order, "no_size")
    if order.share is not None:  # its size is known on the other side only: all is closed
        order.share, quantity = None, math.inf
    order.close = partial(world, order, quantity)
    return True


def plan_opening(world: World, order: Order) -> bool:
    quantity = wanted_quantity(world, order)
    if not is_number(quantity):
        world.count("no_size")
        order.opens = 0
        return order.closes != 0 or vanish(world, order, None)
    if isinstance(world.terms.size, TargetShares | TargetValue | TargetPercent):
        return plan_up_to(world, order, quantity)
    opens(world, order, quantity)
    if math.isinf(quantity):
        order.share = 1.0
    return True


def plan_up_to(world: World, order: Order, quantity: float) -> bool:
    """Open what is missing to a target size along the side."""
    lot = world.market.contracts[order.asset].lot
    held = world.held(order.asset)
    along = abs(held) if sign(held) == order.opens else 0.0
    missing = cut(quantity, lot) - along
    if along > 0 and quantity > 0 and missing < dust(lot):
        return vanish(world, order, "at_target")
    opens(world, order, missing)
    if math.isinf(missing):
        order.share = 1.0
    return True


def vanish(world: World, order: Order, count: str | None) -> bool:
    """Let an order that is none go, counted."""
    if order.before != 0:
        order.wanted = 0.0
        world.end(order)
        return False
    if count is not None:
        world.count(count)
    world.live = [other for other in world.live if other is not order]
    return False


def wanted_quantity(world: World, order: Order) -> float:
    """Unsigned quantity of the size, uncut; NaN: none, infinite: all that fits."""
    size, bar, asset = world.terms.size, order.placed, order.asset
    if order.fixed is not None:
        order.share = None
        return order.fixed
    if isinstance(size, Risk):
        distance = at(size.distance, bar, asset) / order.scale
        money = at(size.fraction, bar, asset) * sizing_equity(world, order)
        return money / (distance * world.market.contracts[asset].multiplier)
    value = at(size.value, bar, asset)
    if isinstance(size, PercentOfCash):
        order.share = value if value > 0 else None
        return 0.0
    if isinstance(size, Shares | TargetShares) or math.isinf(value):
        return value * order.scale
    if isinstance(size, Value | TargetValue):
        return per_price(world, order, value)
    assert isinstance(size, PercentOfEquity | TargetPercent)
    return per_price(world, order, value * sizing_equity(world, order))


def per_price(world: World, order: Order, value: float) -> float:
    """Quantity that is worth so much, NaN without a price."""
    price = sizing_price(world, order)
    if not is_number(price) or price == 0:
        return NAN
    return value / unit_value(world.market.contracts[order.asset], price)


def sizing_price(world: World, order: Order) -> float:
    if world.terms.rules.size_at == "decision":
        return abs(cell(world.market.close, order.placed, order.asset)) / order.scale
    return abs(order.offer)


def sizing_equity(world: World, order: Order) -> float:
    """Equity that sizes are a share of, never below zero."""
    if world.terms.rules.size_at == "decision":
        return order.equity
    return world.snapshot_equity
