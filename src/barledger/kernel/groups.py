"""Orders of which one cancels the others: which is met first within a bar, and what becomes of them."""

from barledger._jit import compiled
from barledger.kernel.codes import Path, Reason, Stage, State
from barledger.kernel.records import end_unfilled
from barledger.kernel.stops import RISING, extreme_of, favourable_first
from barledger.kernel.types import LiveRow
from barledger.kernel.wings import wing
from barledger.kernel.world import World, live_of, open_of, positions_of, queue_of


@wing
def cancel_others(world: World, bar: int, order: LiveRow) -> None:
    """Cancel the other orders of an order's group, once it has begun to fill."""
    live = live_of(world)
    group = order.group
    order.group = 0
    for i in range(world.account.n_live):
        if live[i].group == group and live[i].stage != Stage.ENDED:
            reason = Reason.ONE_CANCELS_OTHER.value
            end_unfilled(world, bar, live[i], State.CANCELLED.value, reason)
            live[i].stage = Stage.ENDED


@wing
def arrange_groups(world: World, bar: int, n: int) -> None:
    """Let the orders of each group in queue[:n] stand as the path of the bar meets them."""
    live = live_of(world)
    queue = queue_of(world)
    for i in range(n):
        if live[queue[i]].group != 0:
            for k in range(i + 1, n):
                is_mate = live[queue[k]].group == live[queue[i]].group
                if is_mate and is_met_before(world, bar, live[queue[k]], live[queue[i]]):
                    first = queue[i]
                    queue[i] = queue[k]
                    queue[k] = first


@compiled
def is_met_before(world: World, bar: int, one: LiveRow, other: LiveRow) -> bool:
    """Whether a bar's path meets one order of an asset before another, as far as it says."""
    start = open_of(world)[bar, one.asset]
    if one.asset != other.asset or start != start:
        return False
    rises = is_met_rising(one)
    if rises == is_met_rising(other):
        is_nearer: bool = abs(one.market - start) < abs(other.market - start)
        return is_nearer
    held = positions_of(world)[one.asset].quantity
    path = world.rules.stop_path
    if held == 0.0 and (path == Path.WORST or path == Path.BEST):
        return False
    side = -1.0 if held < 0.0 else 1.0
    best = extreme_of(world, bar, one.asset, side)
    worst = -extreme_of(world, bar, one.asset, -side)
    is_up_first = favourable_first(world, bar, one.asset, side, best, worst) == (side > 0.0)
    return rises == is_up_first


@compiled
def is_met_rising(order: LiveRow) -> bool:
    """Whether the market price rose to an order that was met within a bar."""
    side = 1.0 if order.number > 0.0 else -1.0
    return (side > 0.0) == (order.approach == RISING)
