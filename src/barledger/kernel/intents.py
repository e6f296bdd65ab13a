"""From what is wished on a bar, and the position held, to live orders."""

from barledger._jit import compiled
from barledger.kernel.codes import (
    Allocation,
    Cause,
    Conflict,
    Count,
    DirectionConflict,
    Flag,
    Opposite,
    OrderKind,
    Reason,
    Repeat,
    Sequence,
    Setting,
    SizeAt,
    SizeKind,
    Stage,
    State,
)
from barledger.kernel.costs import setting
from barledger.kernel.ledger import sizing_equity
from barledger.kernel.levels import read_distances
from barledger.kernel.liquidity import be_new
from barledger.kernel.records import be_plain, end_unfilled
from barledger.kernel.resting import drop_ended, heard, is_too_late, rest
from barledger.kernel.sizing import entry_size, quantity_of
from barledger.kernel.types import LiveRow, RulesRow
from barledger.kernel.wings import wing
from barledger.kernel.world import (
    World,
    close_of,
    contracts_of,
    counts_of,
    flags_of,
    live_of,
    numbers_of,
    orders_in_of,
    positions_of,
    words_of,
)
from barledger.kernel.worth import points

LONG, LONG_EXIT, SHORT, SHORT_EXIT = 1, 2, 4, 8  # the signal bits of Flag, as plain numbers
CLOSE, OPEN, REDUCE, OPEN_MORE, IGNORED_OPPOSITE, IGNORED_REPEAT = 1, 2, 4, 8, 16, 32


@compiled
def next_flag(world: World, cell: int) -> int:
    """First flagged cell at or after `cell`, else the number of cells: eight cells a step."""
    flags = flags_of(world)
    words = words_of(world)
    end = world.n_bars * world.n_assets
    while cell & 7:
        if cell >= end or flags[cell] != 0:
            return min(cell, end)
        cell += 1
    word = cell >> 3
    last = end >> 3
    while word < last and words[word] == 0:
        word += 1
    cell = word << 3
    while cell < end and flags[cell] == 0:
        cell += 1
    return min(cell, end)


@compiled
def resolve_pair(flags: int, entry: int, leave: int, policy: int, side: float) -> int:
    """Flags left of an entry and an exit of one direction; `side` > 0: that direction is held."""
    both = entry | leave
    if flags & both != both:
        return flags
    if policy == Conflict.EXIT:
        return flags & ~entry
    if policy == Conflict.ENTRY:
        return flags & ~leave
    if policy == Conflict.IGNORE or side == 0.0:
        return flags & ~both
    keeps_entry = (policy == Conflict.HOLD) == (side > 0.0)
    return flags & ~leave if keeps_entry else flags & ~entry


@compiled
def resolve_directions(flags: int, policy: int, side: float) -> int:
    """Flags left of a long and a short entry; `side` is that of the position."""
    both = LONG | SHORT
    if flags & both != both:
        return flags
    if policy == DirectionConflict.LONG:
        return flags & ~SHORT
    if policy == DirectionConflict.SHORT:
        return flags & ~LONG
    if policy == DirectionConflict.IGNORE or side == 0.0:
        return flags & ~both
    keeps_long = (policy == DirectionConflict.KEEP) == (side > 0.0)
    return flags & ~SHORT if keeps_long else flags & ~LONG


@compiled
def would_order(signals: int, side: float, repeat: int) -> bool:
    """Whether one of these signals alone would have made an order."""
    if side > 0.0:
        wanted = LONG_EXIT | SHORT | (LONG if repeat == Repeat.ADD else 0)
    elif side < 0.0:
        wanted = SHORT_EXIT | LONG | (SHORT if repeat == Repeat.ADD else 0)
    else:
        wanted = LONG | SHORT
    return signals & wanted != 0


@compiled
def resolve(world: World, bar: int, asset: int, flags: int, side: float) -> int:
    """Flags left after the conflict policies; what they drop is recorded."""
    rules = world.rules
    left = resolve_pair(flags, LONG, LONG_EXIT, rules.conflict, side)
    left = resolve_pair(left, SHORT, SHORT_EXIT, rules.conflict, -side)
    is_paired = left != flags
    left = resolve_directions(left, rules.direction_conflict, side)
    if left != flags and would_order(flags & ~left, side, rules.repeat):
        order = live_of(world)[world.live_n - 1]
        order.asset = asset
        order.placed = bar
        order.cause = Cause.SIGNAL
        be_plain(order)
        order.filled = 0.0
        reason = Reason.DIRECTION_CONFLICT.value
        if is_paired:
            reason = Reason.SIGNAL_CONFLICT.value
        end_unfilled(world, heard(world, bar), order, State.REJECTED, reason)
    return left


@compiled
def replace_waiting(world: World, bar: int, asset: int, closes: int, before: int) -> bool:
    """Cancel the asset's waiting order for a newer one; False where it must stand.

    `before` counts the orders that were live before this bar's decisions.
    """
    live = live_of(world)
    for i in range(before):
        old = live[i]
        if old.asset == asset and old.closes != 0 and old.stage != Stage.ENDED and closes == 0:
            return False
    for i in range(before):
        old = live[i]
        if old.asset == asset and old.stage != Stage.ENDED and old.cause != Cause.ORDER:
            now = heard(world, bar)
            end_unfilled(world, now, old, State.CANCELLED, Reason.REPLACED.value)
            old.stage = Stage.ENDED
    return True


@compiled
def place(
    world: World, bar: int, asset: int, cause: int, closes: int, opens: int, number: float
) -> None:
    """Add a live order."""
    order = live_of(world)[world.account.n_live]
    order.asset = asset
    order.placed = bar
    order.order = -1
    order.cause = cause
    order.closes = closes
    order.opens = opens
    order.reduces = 0
    order.is_frozen = 0
    order.number = number
    order.kind = OrderKind.MARKET
    be_plain(order)
    order.stage = Stage.WAITING
    if world.rules.has_resting != 0:
        be_new(order)
    if world.rules.allocation == Allocation.PRIORITY:
        order.rank = setting(world, Setting.PRIORITY.value, bar, asset)
    if world.stops_n > 0:
        read_distances(world, bar, order)
    world.account.n_live += 1


@compiled
def wish_of(flags: int, held: int, rules: RulesRow) -> int:
    """What resolved signals ask of a position: bits CLOSE, OPEN and REDUCE, or one of the others."""
    along = LONG if held > 0 else SHORT
    across = SHORT if held > 0 else LONG
    leaves = flags & (LONG_EXIT if held > 0 else SHORT_EXIT) != 0
    if flags & across:
        if leaves or rules.opposite == Opposite.REVERSE:
            return CLOSE | OPEN
        if rules.opposite == Opposite.IGNORE:
            return IGNORED_OPPOSITE
        return CLOSE | REDUCE if rules.opposite == Opposite.REDUCE else CLOSE
    if leaves:
        return CLOSE
    if flags & along:
        return OPEN_MORE if rules.repeat == Repeat.ADD else IGNORED_REPEAT
    return 0


@compiled
def decide_signals(world: World, bar: int, asset: int, flags: int, before: int) -> None:
    """Turn one cell of signals into at most one order."""
    counts = counts_of(world)
    quantity = positions_of(world)[asset].quantity
    if flags & (flags - 1) != 0:
        flags = resolve(world, bar, asset, flags, quantity)
    held = 1 if quantity > 0.0 else (-1 if quantity < 0.0 else 0)
    if flags & LONG_EXIT != 0 and held <= 0:
        counts[Count.NO_POSITION.value] += 1
    if flags & SHORT_EXIT != 0 and held >= 0:
        counts[Count.NO_POSITION.value] += 1
    if held == 0:
        if flags & (LONG | SHORT):
            order_signal(world, bar, asset, 0, 1 if flags & LONG else -1, 0, before)
        return
    wish = wish_of(flags, held, world.rules)
    if wish == IGNORED_OPPOSITE:
        counts[Count.OPPOSITE_IGNORED.value] += 1
    elif wish == IGNORED_REPEAT:
        counts[Count.REPEAT_IGNORED.value] += 1
    elif wish == OPEN_MORE:
        order_signal(world, bar, asset, 0, held, 0, before)
    elif wish != 0:
        opens = -held if wish & OPEN else 0
        order_signal(world, bar, asset, held, opens, wish & REDUCE, before)


@compiled
def order_signal(
    world: World, bar: int, asset: int, closes: int, opens: int, reduces: int, before: int
) -> None:
    """Place a signal's order, unless it has no size or a waiting exit stands in its way."""
    account = world.account
    place(
        world,
        bar,
        asset,
        Cause.SIGNAL,
        closes,
        opens,
        setting(world, Setting.SIZE.value, bar, asset),
    )
    account.n_live -= 1
    order = live_of(world)[account.n_live]
    order.reduces = 1 if reduces != 0 else 0
    if (opens != 0 or reduces != 0) and not has_size(world, bar, order):
        counts_of(world)[Count.NO_SIZE.value] += 1
        order.opens = 0
        if closes == 0 or reduces != 0:
            return
    if world.rules.order_kind != OrderKind.MARKET and order.opens != 0:
        if rest(world, bar, order, -1) == 0:
            counts_of(world)[Count.NO_SIZE.value] += 1
            return
    elif order.opens != 0 and world.rules.has_resting != 0:
        order.tif = world.rules.tif
    if before > 0 and not replace_waiting(world, bar, asset, closes, before):
        now = heard(world, bar)
        end_unfilled(world, now, order, State.REJECTED, Reason.EXIT_WAITING.value)
        return
    account.n_live += 1
    if world.rules.has_resting != 0:
        drop_late(world, bar)


@compiled
def has_size(world: World, bar: int, order: LiveRow) -> bool:
    """Whether a signal's order has a size, as far as is known at the decision; freeze it there."""
    if world.rules.size_kind == SizeKind.RISK:
        order.distance = setting(world, Setting.RISK_DISTANCE.value, bar, order.asset)
    if world.rules.is_freezing != 0:
        close = close_of(world)[bar, order.asset]
        order.number = entry_size(world, order, close, sizing_equity(world))
        order.is_frozen = 1
    elif world.rules.size_kind == SizeKind.RISK and not order.distance > 0.0:
        return False
    return order.number == order.number


@wing
def decide_targets(world: World, bar: int, cell: int, before: int) -> int:
    """Turn the targets from `cell` on into orders; returns the next flagged cell without one."""
    flags = flags_of(world)
    first = bar * world.n_assets
    end = first + world.n_assets
    while cell < end and flags[cell] & Flag.TARGET:
        asset = cell - first
        target = numbers_of(world)[bar, asset]
        is_flat = target == 0.0 and positions_of(world)[asset].quantity == 0.0
        if not is_flat or before > 0:
            decide_target(world, bar, asset, target, before)
        cell += 1
        if flags[cell] == 0:
            cell = next_flag(world, cell)
    return cell


@compiled
def decide_target(world: World, bar: int, asset: int, target: float, before: int) -> None:
    """Turn one target into an order, unless it is flat and to stay flat."""
    opens = 1 if target > 0.0 else (-1 if target < 0.0 else 0)
    is_frozen = world.rules.size_at == SizeAt.DECISION
    if is_frozen and target != 0.0:
        target = target_at(world, bar, asset, target)
    if target != target:
        counts_of(world)[Count.NO_SIZE.value] += 1
        return
    if before > 0:
        replace_waiting(world, bar, asset, 1, before)
    if opens != 0 or positions_of(world)[asset].quantity != 0.0:
        place(world, bar, asset, Cause.TARGET, 1, opens, target)
        order = live_of(world)[world.account.n_live - 1]
        order.is_frozen = 1 if is_frozen else 0
        if opens != 0 and world.rules.has_resting != 0:
            order.tif = world.rules.tif


@compiled
def target_at(world: World, bar: int, asset: int, target: float) -> float:
    """Quantity that a target stands for at the close of a bar, NaN without one."""
    contract = contracts_of(world)[asset]
    price = points(contract, close_of(world)[bar, asset])
    equity = sizing_equity(world)
    return quantity_of(world.rules.target_kind, target, price, contract.multiplier, equity)


@compiled
def place_explicit(world: World, bar: int, asset: int, quantity: float) -> None:
    """Place one explicit order, unless it is to wait for a price that is not there."""
    place(world, bar, asset, Cause.ORDER, 0, 0, quantity)
    if world.rules.has_resting != 0:
        order = live_of(world)[world.account.n_live - 1]
        given = world.account.next_order
        if world.orders_in_n == 0 or orders_in_of(world)[given].kind < 0:
            given = -1
        if rest(world, bar, order, given) == 0:
            counts_of(world)[Count.NO_SIZE.value] += 1
            world.account.n_live -= 1
        else:
            drop_late(world, bar)


@compiled
def drop_late(world: World, bar: int) -> None:
    """End the newest order where its last date is over before it could trade."""
    order = live_of(world)[world.account.n_live - 1]
    if is_too_late(world, bar, order):
        end_unfilled(world, heard(world, bar), order, State.EXPIRED, Reason.EXPIRED.value)
        world.account.n_live -= 1


@wing
def decide_orders(world: World, bar: int, asset: int) -> None:
    """Place the explicit orders of one bar and asset, as given."""
    if world.orders_in_n == 0:
        quantity = numbers_of(world)[bar, asset]
        place_explicit(world, bar, asset, quantity)
        return
    account = world.account
    orders = orders_in_of(world)
    while account.next_order < world.orders_in_n and orders[account.next_order].bar <= bar:
        order = orders[account.next_order]
        if order.bar == bar and order.asset > asset:
            break
        if order.bar == bar:
            place_explicit(world, bar, asset, order.quantity)
        account.next_order += 1


@compiled
def decide(world: World, bar: int, cell: int) -> int:
    """Read the flagged cells of `bar` from `cell` on; returns the next flagged cell."""
    flags = flags_of(world)
    first = bar * world.n_assets
    end = first + world.n_assets
    before = world.account.n_live
    while cell < end:
        wished = int(flags[cell])
        if wished & Flag.TARGET:
            cell = decide_targets(world, bar, cell, before)
            continue
        if wished & Flag.ORDER:
            decide_orders(world, bar, cell - first)
        else:
            decide_signals(world, bar, cell - first, wished, before)
        cell += 1
        if flags[cell] == 0:
            cell = next_flag(world, cell)
    if before > 0:
        sort_live(world)
    return cell


@compiled
def sort_live(world: World) -> None:
    """Bring live orders into column order, older ones of an asset first; drop ended ones."""
    drop_ended(world)
    if world.rules.sequence == Sequence.AS_PLACED:
        return
    live = live_of(world)
    last = world.live_n - 1
    for i in range(1, world.account.n_live):
        k = i
        while k > 0 and live[k - 1].asset > live[k].asset:
            live[last] = live[k]
            live[k] = live[k - 1]
            live[k - 1] = live[last]
            k -= 1
