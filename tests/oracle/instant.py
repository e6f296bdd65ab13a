"""The orders of one instant: reducing parts, exclusive groups, openings."""

from collections.abc import Callable
from typing import Any

from . import accounts
from .book import Order, World
from .fills import close_part
from .groups import as_met, with_group
from .market import NAN, at, is_number, unit_value
from .openings import is_live, open_one, reduce
from .plans import make_plan
from .resting import (
    drop_after_auction,
    drop_after_bar,
    makes,
    offer_at_close,
    offer_at_open,
    offer_in_range,
)
from .sets import open_all
from .stops import serve_opened


def run_orders(world: World, stops: Callable[[], None], tests: Callable[[], None]) -> None:
    """Handle every order that can fill now, after the stops; `tests` are those of an open."""
    world.taken = {}
    for order in world.live:
        order.held_over = order.is_maker = False
        order.offer = offer_at_open(world, order)
    before = list(world.live)
    ready = [order for order in world.live if is_number(order.offer)]
    if world.bankrupt:
        refuse_all(world, ready)
        tests()
        return
    stops()
    for order in world.live:  # what a stop could not close waits from now on
        if not any(order is old for old in before):
            order.offer = offer_at_open(world, order)
            ready += [order] if is_number(order.offer) else []
    run_ready(world, ready, tests)


def run_ready(world: World, ready: list[Order], tests: Callable[[], None]) -> None:
    """Handle the orders that are offered a price: reducing parts, tests, openings."""
    if world.bankrupt:
        refuse_all(world, ready)
        tests()
        return
    ready = in_sequence(world, [order for order in ready if make_plan(world, order)])
    if handles_whole(world):
        for order in ready:
            if is_waiting(world, order):
                handle_whole(world, order)
        tests()
        return
    for order in ready:
        if is_waiting(world, order):
            with_group(world, order, reduce)
    openings = in_allocation(world, [order for order in ready if is_live(world, order)])
    for order in openings:
        claim_group(world, order)
    tests()
    open_all(world, openings)


def run_auction(world: World) -> None:
    """Handle what waits for this close; no stop acts and nothing is tested before the mark."""
    world.taken = {}
    for order in world.live:
        order.held_over = False
        order.offer = offer_at_close(world, order)
    run_ready(world, [order for order in world.live if is_number(order.offer)], lambda: None)
    drop_after_auction(world)


def run_range(world: World) -> None:
    """Handle what rests and is met by the range of this bar, and then drop what is over."""
    for order in world.live:
        order.held_over = False
        order.offer, order.approach = offer_in_range(world, order)
        order.is_maker = makes(world, order)
    ready = [order for order in world.live if is_number(order.offer)]
    if world.bankrupt:
        refuse_all(world, ready)
    else:
        ready = in_sequence(world, [order for order in ready if make_plan(world, order)])
        ready = as_met(world, ready)
        for order in ready:
            if is_waiting(world, order):
                with_group(world, order, reduce)
        for order in [order for order in ready if is_live(world, order)]:
            if is_live(world, order):
                with_group(world, order, open_one)
    serve_opened(world)
    if world.terms.fill == "next_open":
        drop_after_bar(world)


def refuse_all(world: World, orders: list[Order]) -> None:
    for order in sorted(orders, key=lambda o: (o.asset, o.given)):
        if order.before == 0:
            order.wanted = NAN if order.explicit is None else order.explicit * order.scale
        world.end(order, "bankrupt")


def handle_whole(world: World, order: Order) -> None:
    with_group(world, order, reduce)
    if is_live(world, order):
        claim_group(world, order)
        with_group(world, order, open_one)


def is_waiting(world: World, order: Order) -> bool:
    return any(other is order for other in world.live)


# Who comes first


def handles_whole(world: World) -> bool:
    rules = world.terms.rules
    is_exits_first = isinstance(rules.sequence, str) and rules.sequence == "exits_first"
    return not is_exits_first and rules.allocation == "in_order"


def in_sequence(world: World, orders: list[Order]) -> list[Order]:
    key = sequence_key(world)
    return sorted(orders, key=lambda o: (key(o), o.asset, o.given))


def sequence_key(world: World) -> Callable[[Order], float]:
    sequence = world.terms.rules.sequence
    if not isinstance(sequence, str):
        row = [int(column) for column in sequence[max(world.bar - world.terms.lag, 0)]]
        return lambda order: row.index(order.asset)
    if sequence == "reversed":
        return lambda order: -order.asset
    if sequence == "by_value":
        return lambda order: signed_value(world, order)
    return lambda order: order.asset


def signed_value(world: World, order: Order) -> float:
    if order.share is not None:
        return order.direction * float("inf")
    value = order.wanted * unit_value(world.market.contracts[order.asset], order.offer)
    return value if order.offer >= 0 else -value


def in_allocation(world: World, orders: list[Order]) -> list[Order]:
    if world.terms.rules.allocation != "priority":
        return orders

    def key(order: Order) -> tuple[Any, ...]:
        priority = at(world.terms.priority, order.placed, order.asset)
        rank = -priority if is_number(priority) else float("inf")
        return rank, order.asset, order.given

    return sorted(orders, key=key)


# Exclusive groups


def claim_group(world: World, order: Order) -> None:
    """Let the first executable opening of a group close the other members."""
    groups = world.terms.exclusive
    mine = [i for i, group in enumerate(groups) if order.asset in group]
    if not mine or not is_allowed(world, order):
        return
    number = mine[0]
    owner, is_blocked = world.taken.get(number, (None, False))
    if owner is not None and owner != order.asset:
        order.blocked = "exclusive"
    elif owner is not None:
        is_barred = is_blocked and asks_for_some(order)
        order.blocked = "exclusive_blocked" if is_barred else "none"
    elif asks_for_some(order):
        others = [a for a in sorted(groups[number]) if a != order.asset and world.held(a) != 0]
        is_blocked = not all(is_number(world.fill_price(a)) for a in others)
        world.taken[number] = (order.asset, is_blocked)
        order.blocked = "exclusive_blocked" if is_blocked else "none"
        if not is_blocked:
            close_members(world, others)


def asks_for_some(order: Order) -> bool:
    return order.open != 0 or order.share is not None


def is_allowed(world: World, order: Order) -> bool:
    if world.bankrupt or world.losses.is_halted():
        return False
    return accounts.may_hold(world, order.asset, order.direction) == "none"


def close_members(world: World, assets: list[int]) -> None:
    for asset in assets:
        order = Order(asset, world.bar, cause="exclusive")
        close_part(world, order, abs(world.held(asset)), world.fill_price(asset))
        order.wanted = order.filled
        world.end(order)
