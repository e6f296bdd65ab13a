"""One order at its turn: its closing part, its opening part, and both at once if it is atomic."""

import copy
import math
from typing import Protocol

from . import accounts, costs, liquidity
from .book import Order, World
from .carry import most_to_short
from .fills import close_part, open_part
from .market import cut, dust, moves_no_cash, sign
from .plans import opens, split


class Granted(Protocol):
    """Quantities granted to the openings of a set."""

    full: dict[int, float]

    def scaled(self, order: Order, lot: float) -> tuple[float, bool]:
        """Quantity of an order, and whether it is less than its full size."""


def is_live(world: World, order: Order) -> bool:
    """Whether an order may still do something at this instant."""
    return any(other is order for other in world.live) and not order.held_over


def leg_of(world: World, order: Order) -> accounts.Leg:
    most = most_of(world, order) if world.terms.impact is not None else 0.0
    price = costs.slipped_price(world, order.asset, order.offer, order.direction, most)
    price = costs.within_limit(order, price, order.direction)
    return accounts.Leg(world, order.asset, order.direction, price, order)


def most_of(world: World, order: Order) -> float:
    """Quantity that an opening cannot exceed, for which its impact is reckoned at first."""
    quantity = order.open
    if order.share is not None:
        leg = accounts.Leg(world, order.asset, order.direction, abs(order.offer))
        quantity = max(accounts.room(world), 0.0) / leg.need if leg.need > 0 else 0.0
    return liquidity.part_of(world, order.asset, quantity, order.offer, order.direction)


def money_reason(world: World, order: Order) -> str:
    return leg_of(world, order).reason


# Closing part


def reduce(world: World, order: Order) -> None:
    """Fill the closing part of an order at its turn."""
    split_at_turn(world, order)
    if order.closes == 0:
        return
    if world.bankrupt:
        world.end(order, "bankrupt")
        return
    is_held = sign(world.held(order.asset)) == order.closes
    if is_held and not is_atomic_reversal(world, order):
        close_now(world, order)
    elif not is_held and order.opens == 0:
        world.end(order, "position_gone", "cancelled")
    elif not is_held:
        order.close, order.wanted = 0.0, order.direction * order.open


def split_at_turn(world: World, order: Order) -> None:
    """Split an explicit order by what is held now, unless it has begun to fill."""
    if order.explicit is not None and order.filled == 0:
        split(world, order, abs(order.explicit * order.scale))
        order.wanted = order.direction * (order.close + order.open)


def close_now(world: World, order: Order) -> None:
    quantity = closing_quantity(world, order)
    if quantity == 0:
        is_whole = order.explicit is None and order.target is None and not order.reduces
        if is_whole and order.opens == 0:  # it was gone when the instant began
            world.end(order, "position_gone", "cancelled")
        else:
            world.end(order, "size_zero")
        return
    if order.explicit is None and quantity < order.close:
        order.wanted -= order.direction * (order.close - quantity)
    part = liquidity.part_of_order(world, order, quantity, closes=True, then=order.open)
    if part > 0:
        close_part(world, order, part, order.offer)
    if part < quantity:
        liquidity.hold_over(world, order, closing=quantity - part)
    elif order.opens == 0:
        world.end(order)


def closing_quantity(world: World, order: Order) -> float:
    """What is closed at the turn of an order, now that others have filled."""
    return min(order.close, abs(world.held(order.asset)))


# Opening part


def open_one(world: World, order: Order) -> None:
    """Fill or refuse the opening part of an order at its turn."""
    forget_what_is_gone(world, order)
    if world.bankrupt:
        if order.blocked == "none" and world.terms.rules.reversal == "atomic":
            split_at_turn(world, order)
        world.end(order, "bankrupt")
        return
    if order.blocked == "none":
        meet_position(world, order)
    if is_atomic_reversal(world, order):
        reverse_at_once(world, order)
    elif is_live(world, order):
        open_or_refuse(world, order)


def meet_position(world: World, order: Order) -> None:
    """Let an opening close what is held on the other side, unless it does so all at once."""
    if world.terms.rules.reversal == "atomic":
        split_at_turn(world, order)
    if is_atomic_reversal(world, order):
        return
    if order.closes != 0 and order.opens == 0:
        close_now(world, order)
    else:
        close_other_side(world, order)


def forget_what_is_gone(world: World, order: Order) -> None:
    """Close no more than a margin call or an exclusive group has left of the position."""
    if world.terms.rules.reversal != "atomic" or order.explicit is not None:
        return
    if order.filled != 0 or order.opens * order.closes == 0:
        return
    is_held = sign(world.held(order.asset)) == order.closes
    close = min(order.close, abs(world.held(order.asset))) if is_held else 0.0
    if close != order.close:
        order.close, order.wanted = close, order.direction * (close + order.open)


def close_other_side(world: World, order: Order) -> None:
    """Close a position of the other side that the opening meets."""
    held = abs(world.held(order.asset))
    if sign(world.held(order.asset)) != -order.direction:
        return
    meets_all = order.share is not None or order.rest > held - dust(lot_of(world, order))
    quantity = held if meets_all else cut(order.rest, lot_of(world, order))
    if quantity == 0:
        world.end(order, "size_zero")
        return
    then = 0.0 if order.share is not None else cut(order.rest - quantity, lot_of(world, order))
    part = liquidity.part_of_order(world, order, quantity, closes=True, then=max(then, 0.0))
    if part > 0:
        close_part(world, order, part, order.offer)
    if part < quantity:
        liquidity.hold_over(world, order, closing=quantity - part)
        return
    if order.share is None:
        opens(world, order, order.rest - quantity if meets_all else 0.0)
        if order.rest == 0:
            world.end(order)


def lot_of(world: World, order: Order) -> float:
    return world.market.contracts[order.asset].lot


def open_or_refuse(world: World, order: Order, plan: Granted | None = None) -> None:
    reason = refusal(world, order, set(world.positions))
    if reason != "none":
        world.end(order, reason)
        return
    quantity, reason = fitting(world, order, plan)
    if quantity > 0 and not order.has_opened and is_too_small(world, order, quantity):
        quantity, reason = 0.0, "min_notional"
    if quantity == 0:
        is_all = order.has_opened and takes_all(order)
        order.wanted = order.filled if is_all else order.wanted
        world.end(order, "none" if is_all else reason)
        return
    part = liquidity.part_of_order(world, order, quantity, closes=False)
    if part < quantity:
        wanted = math.inf if takes_all(order) else abs(order.wanted - order.filled)
        if part > 0:
            open_part(world, order, part, order.offer)
        liquidity.hold_over(world, order, opening=(part, wanted))
        return
    open_part(world, order, quantity, order.offer)
    if takes_all(order):
        order.wanted, reason = order.filled, "none"
    world.end(order, reason)


def takes_all(order: Order) -> bool:
    return order.share is not None and order.open == float("inf")


def fitting(
    world: World, order: Order, plan: Granted | None, *, whole: bool = False
) -> tuple[float, str]:
    """Quantity of an opening that passes every test, and the reason why it is not all."""
    leg = leg_of(world, order)
    wanted, is_scaled = order.open, False
    if plan is not None:
        wanted, is_scaled = plan.scaled(order, lot_of(world, order))
    elif order.share is not None:
        wanted = accounts.affordable(leg, order.share)
    if order.share is not None and not takes_all(order):
        full = wanted if plan is None else plan.full[id(order)]
        order.wanted = order.filled + order.direction * full
    most, bound = most_to_short(world, order)
    if plan is None and takes_all(order) and cut(most, lot_of(world, order)) == 0:
        return 0.0, bound
    if plan is None and takes_all(order):
        for test in accounts.size_tests(leg):
            if not test.fits(lot_of(world, order) or dust(0.0), 0.0):
                return 0.0, test.reason
    if wanted == 0:
        return 0.0, leg.reason
    clip = (world.terms.rules.insufficient == "clip" and not whole) or takes_all(order)
    if most < wanted:
        wanted, is_scaled = cut(most, lot_of(world, order)), False
        if wanted == 0 or not clip:
            return 0.0, bound
    else:
        bound = leg.reason if is_scaled else "none"
    quantity, reason = accounts.fit(leg, wanted, clip=clip, from_cash=takes_all(order))
    return quantity, bound if reason == "none" else reason


def refusal(world: World, order: Order, held: set[int]) -> str:
    """Reason before any money is asked for, or none."""
    limit = world.terms.limits.max_positions
    if world.bankrupt:
        return "bankrupt"
    if world.losses.is_halted():
        return "halted"
    reason = accounts.may_hold(world, order.asset, order.direction)
    if reason != "none":
        return reason
    if order.blocked != "none":
        return order.blocked
    if limit is not None and order.asset not in held and len(held) >= limit:
        return "max_positions"
    if order.share is not None:
        return "none"
    if order.open == 0:
        return "size_zero"
    if order.has_opened:
        return "none"
    return "min_notional" if is_too_small(world, order, order.open) else "none"


def is_too_small(world: World, order: Order, quantity: float) -> bool:
    contract = world.market.contracts[order.asset]
    notional = quantity * leg_of(world, order).notional
    is_nothing = notional == 0 and not moves_no_cash(contract)
    return is_nothing or notional < contract.min_notional * (1.0 - 1e-9)


# Atomic reversals


def is_atomic_reversal(world: World, order: Order) -> bool:
    if world.terms.rules.reversal != "atomic" or order.closes == 0 or order.opens == 0:
        return False
    return sign(world.held(order.asset)) == order.closes


def reverse_at_once(world: World, order: Order, plan: Granted | None = None) -> None:
    """Fill both legs if the opening fits in full after the closing, else neither."""
    trial, tried = world.trial(), copy.copy(order)
    if plan is not None:
        plan.full[id(tried)] = plan.full[id(order)]
    trial.live = [tried]
    close_now(trial, tried)
    reason = refusal(trial, tried, set(trial.positions))
    if reason == "none":
        quantity, reason = fitting(trial, tried, plan, whole=True)
        if quantity > 0 and is_too_small(trial, tried, quantity):
            reason = "min_notional"
        if quantity > 0 and takes_all(tried) and reason != "min_notional":
            reason = "none"
    if reason == "none":
        close_now(world, order)
        open_or_refuse(world, order, plan)
    else:
        order.wanted = tried.wanted
        world.end(order, reason)
