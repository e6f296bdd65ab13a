"""What a live order closes and opens at this instant's price and position."""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.codes import Cause, Count, Reason, Stage
from barledger.kernel.sizing import cut, entry_size, quantity_of
from barledger.kernel.types import LiveRow
from barledger.kernel.world import World, contracts_of, counts_of, positions_of
from barledger.kernel.worth import points

# How a plan went: an order to handle, or why there is none. NO_OPENING still closes.
PLANNED, NO_OPENING, NO_SIZE, AT_TARGET, NOTHING = 0, 1, 2, 3, 4


@compiled
def plan(world: World, order: LiveRow, market: float) -> int:
    """Write what an order closes and opens at this instant's price; returns how that went."""
    order.close = 0.0
    order.open = 0.0
    order.side = 0
    order.reason = Reason.NONE
    order.most = np.inf
    order.price = market
    if order.cause == Cause.TARGET:
        return plan_target(world, order, market)
    if order.cause != Cause.ORDER:
        return plan_signal(world, order, market)
    return plan_difference(world, order, order.number, False)


@compiled
def signal_size(world: World, order: LiveRow, market: float) -> float:
    """Unsigned size that a signal's order asks for, NaN for none."""
    if order.is_frozen != 0:
        return order.number
    return entry_size(world, order, market, world.account.snapshot)


@compiled
def plan_signal(world: World, order: LiveRow, market: float) -> int:
    """Plan of an exit, an entry, or both."""
    quantity = positions_of(world)[order.asset].quantity
    closes = quantity * order.closes > 0.0
    if order.opens == 0 and not closes:
        order.reason = Reason.POSITION_GONE
        return PLANNED
    if order.opens == 0 and order.reduces == 0:
        order.close = -quantity
        return PLANNED
    size = signal_size(world, order, market)
    if order.reduces != 0:
        if size != size:
            return NO_SIZE
        part = min(size, abs(quantity))
        return plan_difference(world, order, -part if quantity > 0.0 else part, True)
    if closes:
        order.close = -quantity
    if size != size:
        return NO_OPENING if closes else NO_SIZE
    if world.rules.is_filling_up != 0 and quantity * order.opens > 0.0 and size > 0.0:
        contract = contracts_of(world)[order.asset]
        size = cut(size, contract.lot) - abs(quantity)
        if size <= contract.dust:
            return AT_TARGET
    order.side = order.opens
    order.open = order.opens * size
    return PLANNED


@compiled
def plan_target(world: World, order: LiveRow, market: float) -> int:
    """Plan of the way from the position to a target."""
    contract = contracts_of(world)[order.asset]
    held = positions_of(world)[order.asset].quantity
    target = order.number
    if order.is_frozen == 0 and target != 0.0:
        price = points(contract, market)
        target = quantity_of(
            world.rules.target_kind, target, price, contract.multiplier, world.account.snapshot
        )
    if target != target:
        return NO_SIZE
    whole = cut(abs(target), contract.lot)
    if world.rules.cuts_orders != 0 and target * held > 0.0 and abs(target) < abs(held):
        whole = abs(held) - cut(abs(held) - abs(target), contract.lot)
    if target < 0.0:
        whole = -whole
    if whole == 0.0 and order.opens != 0 and held == 0.0:
        order.open = target
        order.side = order.opens
        return PLANNED
    if abs(whole - held) <= contract.dust:
        return NOTHING if order.opens == 0 and held == 0.0 else AT_TARGET
    if whole * held >= 0.0:
        return plan_difference(world, order, whole - held, True)
    order.close = -held
    order.open = whole
    order.side = 1 if whole > 0.0 else -1
    return PLANNED


@compiled
def plan_difference(world: World, order: LiveRow, quantity: float, reduces_only: bool) -> int:
    """Plan of a signed quantity: the part against the position closes, the rest opens."""
    held = positions_of(world)[order.asset].quantity
    contract = contracts_of(world)[order.asset]
    if held * quantity >= 0.0 and not (held != 0.0 and quantity == 0.0):
        order.open = quantity
        order.side = 1 if quantity > 0.0 else -1
        return PLANNED
    if abs(quantity) < abs(held) - contract.dust:
        part = cut(abs(quantity), contract.lot)
        order.close = part if quantity > 0.0 else -part
        if part == 0.0:
            order.open = quantity
            order.reason = Reason.SIZE_ZERO
        return PLANNED
    order.close = -held
    if abs(quantity) > abs(held) + contract.dust and not reduces_only:
        order.open = quantity + held
        order.side = 1 if quantity > 0.0 else -1
    return PLANNED


@compiled
def end_planned(world: World, order: LiveRow, outcome: int) -> None:
    """Count what an order lacks when its plan came to nothing; it ends without a record."""
    if outcome == NO_OPENING or outcome == NO_SIZE:
        counts_of(world)[Count.NO_SIZE.value] += 1
    elif outcome == AT_TARGET:
        counts_of(world)[Count.AT_TARGET.value] += 1
    if outcome != NO_OPENING:
        order.stage = Stage.ENDED
