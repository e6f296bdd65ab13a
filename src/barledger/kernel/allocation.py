"""Who comes first: queues of live orders and how they are sorted. Touches no money."""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.codes import Sequence, Stage
from barledger.kernel.sizing import cut
from barledger.kernel.types import RUN, Floats, Ints, LiveRow
from barledger.kernel.wings import wing
from barledger.kernel.world import (
    World,
    contracts_of,
    keys_of,
    live_of,
    queue_of,
    ranked_of,
    sequence_of,
    spare_of,
)
from barledger.kernel.worth import notional_of


@compiled
def sort(world: World, queue: Ints, n: int) -> None:
    """Sort queue[:n] by keys[queue[i]], ascending and stable, by merging ever longer runs."""
    keys = keys_of(world)
    spare = spare_of(world)
    for start in range(0, n, RUN):
        rank_each(world, queue, start, min(start + RUN, n))
    width = RUN
    while width < n:
        start = 0
        while start < n:
            merge(queue, keys, spare, start, min(start + width, n), min(start + 2 * width, n))
            start += 2 * width
        for i in range(n):
            queue[i] = spare[i]
        width *= 2


@compiled
def rank_each(world: World, queue: Ints, start: int, end: int) -> None:
    """Sort queue[start:end], each behind as many as come before it; NaN last.

    Comparing each with all has no branch to be mistaken in: up to `RUN` that is quicker. Unsigned
    places let the compiler compare several at once.
    """
    ranked = ranked_of(world)
    spare = spare_of(world)
    n = np.uint64(end - start)
    for i in range(n):
        key = keys_of(world)[queue[start + i]]
        ranked[i] = key if key == key else np.inf
    for i in range(n):
        key = ranked[i]
        rank = start
        for k in range(i):
            rank += ranked[k] <= key
        for k in range(i, n):
            rank += ranked[k] < key
        spare[rank] = queue[start + i]
    for place in range(start, end):
        queue[place] = spare[place]


@compiled
def merge(queue: Ints, keys: Floats, spare: Ints, start: int, middle: int, end: int) -> None:
    """Merge two sorted runs of `queue` into `spare`."""
    left = start
    right = middle
    for k in range(start, end):
        if left < middle and (right >= end or not keys[queue[right]] < keys[queue[left]]):
            spare[k] = queue[left]
            left += 1
        else:
            spare[k] = queue[right]
            right += 1


IN_SEQUENCE, BY_PRIORITY = 0, 1


@wing
def arrange(world: World, bar: int, n: int, how: int) -> None:
    """Sort the queue of live orders by the `sequence` policy, or that of openings by priority."""
    if how == IN_SEQUENCE:
        by_sequence(world, bar, n)
    else:
        by_priority(world, n)


@compiled
def by_sequence(world: World, bar: int, n: int) -> None:
    """Sort the queue of live orders as the `sequence` policy says."""
    sequence = world.rules.sequence
    if sequence == Sequence.AS_PLACED:
        return
    live = live_of(world)
    keys = keys_of(world)
    queue = queue_of(world)
    spare = spare_of(world)
    if sequence == Sequence.ARRAY:
        row = max(bar - world.rules.lag, 0)  # an order of an earlier run meets the first row
        for k in range(world.n_assets):
            spare[sequence_of(world)[row, k]] = k
    for i in range(n):
        order = live[queue[i]]
        key = float(order.asset)
        if sequence == Sequence.REVERSED:
            key = -key
        elif sequence == Sequence.ARRAY:
            key = float(spare[order.asset])
        elif sequence == Sequence.BY_VALUE:
            key = order_value(world, bar, order)
        keys[queue[i]] = key
    sort(world, queue, n)


@compiled
def order_value(world: World, bar: int, order: LiveRow) -> float:
    """Signed value of what an order plans to do."""
    contract = contracts_of(world)[order.asset]
    quantity = order.close
    if order.side != 0:
        quantity += order.side * cut(abs(order.open), contract.lot)
    value = notional_of(contract, quantity, order.market)
    return value if order.market >= 0.0 else -value


@compiled
def by_priority(world: World, n: int) -> None:
    """Sort the queue of openings by priority, higher first, ties by column; NaN last."""
    live = live_of(world)
    keys = keys_of(world)
    queue = queue_of(world)
    for i in range(n):
        keys[queue[i]] = float(queue[i])
    sort(world, queue, n)
    for i in range(n):
        order = live[queue[i]]
        keys[queue[i]] = -order.rank if order.rank == order.rank else np.inf
    sort(world, queue, n)


@compiled
def keep_active(world: World, n: int) -> int:
    """Keep the orders of queue[:n] that are still active; returns how many."""
    live = live_of(world)
    queue = queue_of(world)
    kept = 0
    for i in range(n):
        if live[queue[i]].stage == Stage.ACTIVE:
            queue[kept] = queue[i]
            kept += 1
    return kept
