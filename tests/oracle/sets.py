"""Openings of one instant that share what is free, or do without it together."""

from . import accounts
from .book import Order, World
from .groups import with_group
from .market import TOLERANCE, cut, dust
from .openings import (
    forget_what_is_gone,
    is_atomic_reversal,
    is_live,
    is_too_small,
    leg_of,
    lot_of,
    meet_position,
    money_reason,
    open_one,
    open_or_refuse,
    refusal,
    reverse_at_once,
    takes_all,
)


def open_all(world: World, openings: list[Order]) -> None:
    if world.terms.rules.allocation in ("proportional", "all_or_none"):
        open_as_set(world, openings)
        return
    for order in openings:
        if is_live(world, order):
            with_group(world, order, open_one)


class SetPlan:
    """Quantities of a set of openings when each is granted, and the factor that scales them."""

    def __init__(self, world: World, orders: list[Order]) -> None:
        legs = {id(order): leg_of(world, order) for order in orders}
        self.full = {
            id(o): o.open if o.share is None else accounts.affordable(legs[id(o)], o.share)
            for o in orders
        }
        need = 0.0
        for key, leg in legs.items():
            need += leg.need * self.full[key] + leg.fee(self.full[key])
        free = accounts.room(world)
        tolerance = TOLERANCE * max(abs(free), need)
        self.fits = is_unlimited(world) or need == 0 or need <= free + tolerance
        self.factor = 1.0 if self.fits or need == 0 else max(0.0, free / need)

    def scaled(self, order: Order, lot: float) -> tuple[float, bool]:
        """Quantity of an order, and whether it is less than its full size."""
        full = self.full[id(order)]
        if self.factor == 1.0:
            return full, False
        quantity = cut(full * self.factor, lot)
        return quantity, quantity < full - dust(lot)


def is_unlimited(world: World) -> bool:
    return not accounts.is_margined(world) and not world.terms.is_cash_account


def open_as_set(world: World, openings: list[Order]) -> None:
    refused, members = {}, []
    held = set(world.positions)
    for order in openings:
        others = held - {order.asset} if is_atomic_reversal(world, order) else held
        refused[id(order)] = refusal(world, order, others)
        if refused[id(order)] == "none":
            held.add(order.asset)
            members.append(order)
    plan = SetPlan(world, members)
    for order in members:
        fix_share(world, order, plan.full[id(order)])
    for order in openings:
        grant(world, order, refused[id(order)], plan)


def fix_share(world: World, order: Order, full: float) -> None:
    """Let a share of what is free be what it is for the set, an ordinary quantity from now on."""
    if order.share is not None and not takes_all(order) and full > 0:
        close = order.close if is_atomic_reversal(world, order) else 0.0
        order.open, order.share = full, None
        order.wanted = order.filled + order.direction * (close + full)


def grant(world: World, order: Order, refused: str, plan: SetPlan) -> None:
    """Open an order of a set as planned."""
    forget_what_is_gone(world, order)
    if refused == "none" and not plan.fits and world.terms.rules.allocation == "all_or_none":
        refused = "set_unaffordable"
    if refused != "none":
        world.end(order, refused)
        return
    before = order.open
    meet_position(world, order)
    if order.open != before:
        plan.full[id(order)] = order.open
    if is_atomic_reversal(world, order):
        is_cut = plan.scaled(order, lot_of(world, order))[1]
        if is_cut and not takes_all(order) and not is_too_small(world, order, order.open):
            order.wanted = order.direction * (order.close + plan.full[id(order)])
            world.end(order, money_reason(world, order))
        else:
            reverse_at_once(world, order, plan)
    elif is_live(world, order):
        open_or_refuse(world, order, plan)
