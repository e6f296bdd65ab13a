"""How much of a net order fits: closing and opening are one quantity, tested as one.

A purchase needs cash, a short none unless cash is locked; both legs pay one fee. Writes nothing
but the status of the test.
"""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.codes import Reason
from barledger.kernel.ledger import entry_value
from barledger.kernel.net_codes import Net, NetStatus
from barledger.kernel.types import Floats
from barledger.kernel.world import (
    World,
    contracts_of,
    fill_of,
    net_of,
    positions_of,
    worth_of,
)

CLOSE_ENOUGH = 1e-12  # of two numbers that differ by rounding alone


@compiled
def floored(quantity: float, step: float) -> float:
    """Whole steps in an unsigned quantity; any quantity where there is no step."""
    if not step > 0.0 or quantity == np.inf:
        return quantity
    steps: float = np.floor(quantity / step + 1e-9)
    return steps * step


@compiled
def worth_at(world: World, bar: int, asset: int) -> float:
    """Price at which one unit is valued on a bar."""
    if world.worth_n > 0:
        worth: float = worth_of(world)[bar, asset]
        return worth
    price: float = fill_of(world)[bar, asset]
    return price


@compiled
def without_dust(world: World, money: float) -> float:
    """Money, 0 where rounding alone has made it."""
    scale = max(world.rules.initial_cash, world.account.gross)
    return money if abs(money) > CLOSE_ENOUGH * scale else 0.0


@compiled
def free_cash(world: World) -> float:
    """Cash that backs no short: each short ties its proceeds and as much again."""
    return without_dust(world, world.account.cash - 2.0 * entry_value(world))


@compiled
def stop_with(net: Floats, status: int) -> float:
    """Note why nothing is filled."""
    net[Net.STATUS.value] = status
    return 0.0


@compiled
def fit_net(world: World, asset: int, size: float, sides: int, price: float) -> float:
    """Unsigned quantity to fill of a signed size; `net` gets the status.

    `sides` > 0 holds longs only, < 0 shorts only; an infinite size is all that fits, or the share
    of it that `net` has.
    """
    net = net_of(world)
    net[Net.STATUS.value] = NetStatus.DONE.value
    net[Net.REASON.value] = Reason.NOT_WHOLE.value
    held = positions_of(world)[asset].quantity
    unit = price * contracts_of(world)[asset].multiplier
    asked = floored(abs(size), net[Net.STEP.value])
    if size > 0.0:
        quantity = fit_purchase(world, asset, asked, sides, unit)
    elif sides > 0 and held <= 0.0:
        return stop_with(net, NetStatus.NO_POSITION.value)
    else:
        quantity = fit_sale(world, asset, asked, sides, unit)
    if net[Net.STATUS.value] != NetStatus.DONE.value:
        return 0.0
    if quantity == 0.0:
        return stop_with(net, NetStatus.NO_SIZE.value)
    if quantity < net[Net.MIN_SIZE.value]:
        return stop_with(net, NetStatus.BELOW_MINIMUM.value)
    wanted = abs(size)
    is_short = wanted < np.inf and quantity < wanted * (1.0 - CLOSE_ENOUGH)
    if is_short and net[Net.CLIPS.value] == 0.0:
        return stop_with(net, NetStatus.NOT_WHOLE.value)
    fee = quantity * unit * net[Net.FEE_RATE.value] + net[Net.FEE_FIXED.value]
    if size < 0.0 and fee > quantity * unit:
        return stop_with(net, NetStatus.FEES.value)
    if net[Net.IS_REFUSED.value] != 0.0:
        return stop_with(net, NetStatus.REFUSED.value)
    return quantity


@compiled
def bounded(net: Floats, asked: float) -> float:
    """Size asked for, at most the largest allowed."""
    if asked > net[Net.MAX_SIZE.value]:
        if net[Net.CLIPS.value] == 0.0:
            return stop_with(net, NetStatus.ABOVE_MAXIMUM.value)
        net[Net.REASON.value] = Reason.MAX_SIZE.value
        return float(net[Net.MAX_SIZE.value])
    return asked


@compiled
def fit_purchase(world: World, asset: int, asked: float, sides: int, unit: float) -> float:
    """Part of a purchase that cash pays for, its fee included."""
    net = net_of(world)
    position = positions_of(world)[asset]
    if sides < 0:
        if position.quantity >= 0.0:
            return stop_with(net, NetStatus.NO_POSITION.value)
        asked = min(asked, floored(-position.quantity, net[Net.STEP.value]))
    limit = without_dust(world, world.account.cash)
    if net[Net.LOCKS.value] != 0.0:
        free = free_cash(world)
        if position.quantity < 0.0:
            free = min(limit, free - 2.0 * position.exposure * position.average)
        limit = free
    if net[Net.IS_BOUNDLESS.value] != 0.0:
        limit = np.inf
    if limit <= 0.0:
        return stop_with(net, NetStatus.NO_CASH.value)
    if limit == np.inf and asked == np.inf:
        return stop_with(net, NetStatus.ENDLESS_LONG.value)
    asked = bounded(net, asked)
    share = net[Net.SHARE.value]
    cost = unit * (1.0 + net[Net.FEE_RATE.value])
    fixed = net[Net.FEE_FIXED.value]
    if share != share and asked * cost + fixed <= limit * (1.0 + CLOSE_ENOUGH):
        return asked
    net[Net.REASON.value] = Reason.INSUFFICIENT_CASH.value
    most = (limit * (share if share == share else 1.0) - fixed) / cost
    if most <= 0.0:
        return stop_with(net, NetStatus.FEES.value)
    return min(asked, floored(most, net[Net.STEP.value]))


@compiled
def fit_sale(world: World, asset: int, asked: float, sides: int, unit: float) -> float:
    """Part of a sale that may be done: what is held, and the short that free cash backs."""
    net = net_of(world)
    share = net[Net.SHARE.value]
    held = max(positions_of(world)[asset].quantity, 0.0)
    quantity = asked
    if sides > 0:
        quantity = min(asked, held) if share != share else share * held
    elif net[Net.LOCKS.value] != 0.0 or asked == np.inf:
        quantity = fit_short(world, asked, held, unit)
    if net[Net.STATUS.value] != NetStatus.DONE.value:
        return 0.0
    return bounded(net, floored(quantity, net[Net.STEP.value]))


@compiled
def fit_short(world: World, asked: float, held: float, unit: float) -> float:
    """Part of a sale through zero that free cash backs, once what is held has been sold."""
    net = net_of(world)
    share = net[Net.SHARE.value]
    rate = net[Net.FEE_RATE.value]
    if net[Net.IS_BOUNDLESS.value] != 0.0:
        if asked == np.inf:
            return stop_with(net, NetStatus.ENDLESS_SHORT.value)
        return asked
    free = free_cash(world) + held * unit * (1.0 - rate)
    if free <= 0.0 and held == 0.0:
        return stop_with(net, NetStatus.NO_CASH.value)
    cost = unit * (1.0 + rate)
    if asked == np.inf and cost == 0.0:
        return stop_with(net, NetStatus.WORTHLESS.value)
    most = held + max(free - net[Net.FEE_FIXED.value], 0.0) / cost
    if share == share:
        most *= share
    if most < asked:
        net[Net.REASON.value] = Reason.INSUFFICIENT_CASH.value
        return float(most)
    return asked
