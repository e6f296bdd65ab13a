"""Exclusive groups: of a long and an inverse fund on one index only one is held."""

from barledger._jit import compiled
from barledger.kernel.codes import Cause, Reason, Stage
from barledger.kernel.fills import can_trade
from barledger.kernel.forced import close_forced
from barledger.kernel.openings import refusal
from barledger.kernel.sizing import cut
from barledger.kernel.types import LiveRow
from barledger.kernel.wings import wing
from barledger.kernel.world import (
    World,
    contracts_of,
    fill_of,
    held_of,
    live_of,
    positions_of,
    queue_of,
    taken_of,
)


@compiled
def free_groups(world: World) -> None:
    """Start an instant with no group taken."""
    taken = taken_of(world)
    for group in range(taken.size):
        taken[group] = -1


@compiled
def claim_groups(world: World, bar: int, n: int) -> None:
    """Walk the openings of queue[:n]: the first of a group closes its other members."""
    live = live_of(world)
    queue = queue_of(world)
    for i in range(n):
        order = live[queue[i]]
        if order.stage == Stage.ACTIVE and order.side != 0:
            claim_group(world, bar, order)


@wing
def claim_group(world: World, bar: int, order: LiveRow) -> None:
    """Give an exclusive group to an opening and close its other members, if that can be done."""
    contract = contracts_of(world)[order.asset]
    taken = taken_of(world)
    group = contract.exclusive
    if group < 0:
        return
    if refusal(world, order.asset, order.side) != Reason.NONE:
        return
    if taken[group] >= 0 and taken[group] != order.asset:
        order.reason = Reason.EXCLUSIVE
    elif cut(abs(order.open), contract.lot) > 0.0:
        taken[group] = order.asset
        if can_close_members(world, bar, group, order.asset):
            close_members(world, bar, group, order.asset)
        else:
            order.reason = Reason.EXCLUSIVE_BLOCKED


@compiled
def can_close_members(world: World, bar: int, group: int, asset: int) -> bool:
    """Whether every other member held can trade at this instant."""
    held = held_of(world)
    for k in range(world.account.n_held):
        j = held[k]
        if j != asset and contracts_of(world)[j].exclusive == group:
            if not can_trade(world, bar, j, fill_of(world)[bar, j]):
                return False
    return True


@compiled
def close_members(world: World, bar: int, group: int, asset: int) -> None:
    """Close every other member held, in column order."""
    held = held_of(world)
    k = 0
    while k < world.account.n_held:
        j = held[k]
        if j != asset and contracts_of(world)[j].exclusive == group:
            market = fill_of(world)[bar, j]
            quantity = -positions_of(world)[j].quantity
            close_forced(world, bar, j, quantity, market, Cause.EXCLUSIVE)
        else:
            k += 1
