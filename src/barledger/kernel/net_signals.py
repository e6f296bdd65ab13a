"""From the signals of one cell, and the position, to one net order."""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.codes import Cause, Count, Reason, State
from barledger.kernel.intents import (
    LONG,
    LONG_EXIT,
    SHORT,
    SHORT_EXIT,
    resolve_directions,
    resolve_pair,
    would_order,
)
from barledger.kernel.net_codes import Net, NetOpposite, NetRepeat, NetSize, NetStatus
from barledger.kernel.records import be_plain, end_unfilled
from barledger.kernel.types import LiveRow
from barledger.kernel.world import World, counts_of, live_of, net_of, positions_of

AS_GIVEN, WHOLE, REVERSED = 0, 1, 2  # whether an order is of its size, all held, or both


@compiled
def resolve_net(world: World, bar: int, asset: int, flags: int, side: float) -> int:
    """Flags left after the conflict policies; what they drop is recorded."""
    net = net_of(world)
    held = abs(side)  # whichever side is held, its "adjacent" keeps the entry
    left = resolve_pair(flags, LONG, LONG_EXIT, int(net[Net.LONG_CONFLICT.value]), held)
    left = resolve_pair(left, SHORT, SHORT_EXIT, int(net[Net.SHORT_CONFLICT.value]), held)
    is_paired = left != flags
    left = resolve_directions(left, int(net[Net.DIRECTION_CONFLICT.value]), side)
    adds = 1 if net[Net.REPEAT.value] != NetRepeat.DISABLED.value else 0
    if left != flags and would_order(flags & ~left, side, adds):
        order = live_of(world)[world.live_n - 1]
        order.asset = asset
        order.placed = bar
        order.cause = Cause.SIGNAL
        order.filled = 0.0
        be_plain(order)
        reason = Reason.DIRECTION_CONFLICT.value
        if is_paired:
            reason = Reason.SIGNAL_CONFLICT.value
        end_unfilled(world, bar, order, State.REJECTED, reason)
    return left


@compiled
def wish_signals(world: World, bar: int, asset: int, flags: int, order: LiveRow) -> bool:
    """Write what resolved signals ask for into an order; False: nothing."""
    net = net_of(world)
    held = positions_of(world)[asset].quantity
    if flags & (flags - 1) != 0:
        flags = resolve_net(world, bar, asset, flags, held)
    if held == 0.0:
        if flags & (LONG | SHORT) == 0:
            counts_of(world)[Count.NO_POSITION.value] += 1 if flags != 0 else 0
            return False
        return wish(net[Net.SIZE.value], order, 1.0 if flags & LONG else -1.0, AS_GIVEN, 0)
    side = 1.0 if held > 0.0 else -1.0
    along, across = (LONG, SHORT) if held > 0.0 else (SHORT, LONG)
    leave = LONG_EXIT if held > 0.0 else SHORT_EXIT
    repeat = int(net[Net.REPEAT.value])
    removes = removes_part(world)
    if flags & across:
        policy = int(net[Net.OPPOSITE.value])
        if policy != NetOpposite.IGNORE.value:
            return meet_net(world, order, side, policy, removes)
        counts_of(world)[Count.OPPOSITE_IGNORED.value] += 1
    if flags & leave:
        only = 1 if side > 0.0 else -1
        return wish(net[Net.SIZE.value], order, -side, AS_GIVEN if removes else WHOLE, only)
    if flags & along:
        if repeat == NetRepeat.BOTH.value or repeat == NetRepeat.ADD_ONLY.value:
            return wish(net[Net.SIZE.value], order, side, AS_GIVEN, 0)
        counts_of(world)[Count.REPEAT_IGNORED.value] += 1
    return False


@compiled
def removes_part(world: World) -> bool:
    """Whether an exit takes its size from the position, not all of it."""
    repeat = int(net_of(world)[Net.REPEAT.value])
    return repeat == NetRepeat.BOTH.value or repeat == NetRepeat.REMOVE_ONLY.value


@compiled
def meet_net(world: World, order: LiveRow, side: float, policy: int, removes: bool) -> bool:
    """Write the order of an entry against the position."""
    net = net_of(world)
    only = 1 if side > 0.0 else -1
    size = net[Net.SIZE.value]
    if policy == NetOpposite.CLOSE.value or (
        policy == NetOpposite.CLOSE_REDUCE.value and not removes
    ):
        return wish(size, order, -side, WHOLE, only)
    if policy == NetOpposite.CLOSE_REDUCE.value:
        return wish(size, order, -side, AS_GIVEN, only)
    if policy == NetOpposite.REVERSE_REDUCE.value and removes:
        return wish(size, order, -side, AS_GIVEN, 0)
    if net[Net.SIZE_KIND.value] == NetSize.PERCENT.value:
        fail(world, order.placed, order.asset, NetStatus.PERCENT_REVERSAL.value)
        return False
    return wish(size, order, -side, REVERSED, 0)


@compiled
def fail(world: World, bar: int, asset: int, status: int) -> None:
    """Note the first thing that cannot be done at all; the caller raises it."""
    net = net_of(world)
    if net[Net.ERROR.value] == 0.0:
        net[Net.ERROR.value] = status
        net[Net.ERROR_BAR.value] = bar
        net[Net.ERROR_ASSET.value] = asset


@compiled
def wish(size: float, order: LiveRow, side: float, whole: int, only: int) -> bool:
    """Write a signal's size, its side, and what it may hold; False: it has no size."""
    order.number = side * size
    order.reduces = whole
    order.closes = only
    order.cause = Cause.SIGNAL
    return whole == WHOLE or size == size


@compiled
def number_of(order: LiveRow, held: float, unit: float, kind: int) -> float:
    """Signed quantity that a signal asks for, NaN without a worth."""
    if order.reduces == WHOLE:
        return -held
    number = order.number
    if kind == NetSize.VALUE.value:
        number = number / unit if abs(number) < np.inf else number
    return number - held if order.reduces == REVERSED else number
