"""The orders of one bar, each settled as one quantity at a price of its own.

An order that passes through zero is one order with one fee, tested as a whole against cash. All
orders of a bar have their turn at one instant, in the order of `sequence`. Parity with VectorBT.
"""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.allocation import by_sequence, sort
from barledger.kernel.codes import Cause, Count, Flag, Reason, Sequence, State
from barledger.kernel.fills import end_fill
from barledger.kernel.intents import next_flag
from barledger.kernel.ledger import close_quantity, end_trade, open_quantity, pay
from barledger.kernel.net_codes import Net, NetSize, NetStatus
from barledger.kernel.net_fit import fit_net, worth_at
from barledger.kernel.net_signals import AS_GIVEN, fail, number_of, wish_signals
from barledger.kernel.net_stops import guard_net, stop_order
from barledger.kernel.records import be_plain, next_order, write_order
from barledger.kernel.types import LiveRow
from barledger.kernel.wings import wing
from barledger.kernel.world import (
    World,
    contracts_of,
    counts_of,
    fill_of,
    flags_of,
    held_of,
    keys_of,
    live_of,
    net_of,
    net_where_of,
    numbers_of,
    positions_of,
    queue_of,
    values_of,
    worth_of,
)


@wing
def serve_net(world: World, bar: int, cell: int) -> int:
    """Give the orders of one bar their turn; returns the next flagged cell."""
    net = net_of(world)
    first = bar * world.n_assets
    n = queue_stops(world, bar, cell) if world.net_stops_n > 0 else queue_wishes(world, bar, cell)
    if net[Net.WANTS_VALUE.value] != 0.0:
        net[Net.VALUE.value] = worth_of_all(world, bar)
    if world.rules.sequence == Sequence.BY_VALUE:
        sort_by_value(world, bar, n)
    elif world.rules.sequence != Sequence.AS_GIVEN:
        by_sequence(world, bar, n)
    for i in range(n):
        if net[Net.ERROR.value] == 0.0:
            settle_order(world, bar, live_of(world)[queue_of(world)[i]])
    return (
        next_flag(world, max(cell, first + world.n_assets))
        if cell < first + world.n_assets
        else cell
    )


@compiled
def queue_wishes(world: World, bar: int, cell: int) -> int:
    """Queue what the flagged cells of a bar ask for; returns how many orders that is."""
    n = 0
    first = bar * world.n_assets
    if lets_targets_go(world):
        return queue_targets(world, bar, cell - first)
    while cell < first + world.n_assets:
        if wish_cell(world, bar, cell - first, int(flags_of(world)[cell]), n):
            queue_of(world)[n] = n
            n += 1
        cell = next_flag(world, cell + 1)
    return n


@compiled
def queue_targets(world: World, bar: int, start: int) -> int:
    """As `queue_wishes`, where a target of nothing surely comes to nothing: those are counted.

    Nothing is held of its asset, and the price is known. Which they are is noted first, without a
    branch that could be mistaken.
    """
    flags = flags_of(world)
    numbers = numbers_of(world)
    positions = positions_of(world)
    prices = fill_of(world)
    worths = worth_of(world) if world.worth_n > 0 else prices
    queue = queue_of(world)
    first = bar * world.n_assets
    n = 0
    flagged = 0
    for asset in range(start, world.n_assets):
        is_flat = (numbers[bar, asset] == 0.0) & (positions[asset].quantity == 0.0)
        is_known = (prices[bar, asset] == prices[bar, asset]) & (abs(worths[bar, asset]) > 0.0)
        is_flagged = flags[first + asset] != 0
        queue[n] = asset
        flagged += is_flagged
        n += is_flagged & (not (is_flat & is_known))
    counts_of(world)[Count.AT_TARGET.value] += flagged - n
    for i in range(n):
        wish_cell(world, bar, queue[i], Flag.ORDER.value, i)
        queue[i] = i
    return n


@compiled
def lets_targets_go(world: World) -> bool:
    """Whether a target of nothing, where nothing is held, surely comes to nothing on this bar."""
    net = net_of(world)
    kind = net[Net.SIZE_KIND.value]
    is_target = kind == NetSize.TARGET_AMOUNT.value or kind == NetSize.TARGET_VALUE.value
    is_free = net[Net.SIDES.value] == 0.0 and net[Net.LOCKS.value] == 0.0
    varies = net_where_of(world).size > 0
    return is_target and is_free and not varies and world.account.is_bankrupt == 0


@wing
def queue_stops(world: World, bar: int, cell: int) -> int:
    """As `queue_wishes`, the stops of what is held before its signals, in column order."""
    n = 0
    k = 0
    first = bar * world.n_assets
    end = first + world.n_assets
    held = held_of(world)
    while cell < end or k < world.account.n_held:
        asset = held[k] if k < world.account.n_held else world.n_assets
        is_held = first + asset <= cell
        if not is_held:
            asset = cell - first
        flags = int(flags_of(world)[first + asset])
        is_order = is_held and stop_cell(world, bar, asset, n)
        if not is_order and flags != 0:
            is_order = wish_cell(world, bar, asset, flags, n)
        if is_order:
            queue_of(world)[n] = n
            n += 1
        if first + asset == cell:
            cell = next_flag(world, cell + 1)
        k += 1 if is_held else 0
    return n


@compiled
def stop_cell(world: World, bar: int, asset: int, place: int) -> bool:
    """Write the order of a stop that is hit as the order `place`; False: none is."""
    order = live_of(world)[place]
    begin(world, bar, asset, order)
    read_options(world, bar, asset)
    return stop_order(world, bar, order)


@compiled
def read_options(world: World, bar: int, asset: int) -> None:
    """Bring the options that vary up to one cell."""
    net = net_of(world)
    where = net_where_of(world)
    values = values_of(world)
    for k in range(0, where.size, 4):
        place = where[k + 1] + bar * where[k + 2] + asset * where[k + 3]
        net[where[k]] = values[place]


@compiled
def begin(world: World, bar: int, asset: int, order: LiveRow) -> None:
    """Make an order of a bar and asset that asks for nothing yet."""
    order.asset = asset
    order.placed = bar
    order.order = -1
    order.closed = 0.0
    order.is_frozen = 0
    order.tries = 0
    be_plain(order)
    order.market = fill_of(world)[bar, asset]


@compiled
def wish_cell(world: World, bar: int, asset: int, flags: int, place: int) -> bool:
    """Write what one cell asks for as the order `place`; False: nothing."""
    order = live_of(world)[place]
    begin(world, bar, asset, order)
    if flags & Flag.ORDER:
        order.number = numbers_of(world)[bar, asset]
        order.cause = Cause.ORDER
        return True
    read_options(world, bar, asset)
    return wish_signals(world, bar, asset, flags, order)


@compiled
def worth_of_all(world: World, bar: int) -> float:
    """Cash and all positions at what they are valued at on a bar."""
    total = world.account.cash
    held = held_of(world)
    for k in range(world.account.n_held):
        exposure = positions_of(world)[held[k]].exposure
        total += exposure * worth_at(world, bar, held[k])
    return total


@compiled
def sort_by_value(world: World, bar: int, n: int) -> None:
    """Sort the orders of a bar by what they would trade, sales first."""
    live = live_of(world)
    keys = keys_of(world)
    queue = queue_of(world)
    for i in range(n):
        order = live[queue[i]]
        read_options(world, bar, order.asset)
        keys[queue[i]] = value_of_order(world, bar, order)
    sort(world, queue, n)


@compiled
def value_of_order(world: World, bar: int, order: LiveRow) -> float:
    """Signed value that an order would trade; 0 where that is not known."""
    net = net_of(world)
    unit = worth_at(world, bar, order.asset) * contracts_of(world)[order.asset].multiplier
    held = positions_of(world)[order.asset].quantity
    order.total = quantity_asked(world, bar, order)
    order.distance = net[Net.SHARE.value]
    order.tries = 1
    value = order.total * unit
    kind = int(net[Net.SIZE_KIND.value])
    if order.cause == Cause.ORDER and kind >= NetSize.TARGET_VALUE.value:
        number = sided(net[Net.SIDES.value], order.number)
        if kind == NetSize.TARGET_PERCENT.value:
            number *= net[Net.VALUE.value]
        value = number - held * unit
    elif kind == NetSize.VALUE.value and (order.cause == Cause.ORDER or order.reduces == AS_GIVEN):
        value = order.number
        if order.cause == Cause.ORDER:
            value = sided(net[Net.SIDES.value], value)
    elif order.distance == order.distance:
        is_exit = order.total < 0.0 and held > 0.0
        value = order.distance * (held * unit if is_exit else world.account.cash)
        if order.total < 0.0:
            value = -value
    return value if value == value else 0.0


@compiled
def sided(sides: float, number: float) -> float:
    """Size as given, the other way round where only shorts are held."""
    return -number if sides < 0.0 else number


@compiled
def quantity_asked(world: World, bar: int, order: LiveRow) -> float:
    """Signed quantity that an order asks for now; infinite where it is a share of what fits."""
    net = net_of(world)
    held = positions_of(world)[order.asset].quantity
    unit = worth_at(world, bar, order.asset) * contracts_of(world)[order.asset].multiplier
    kind = int(net[Net.SIZE_KIND.value])
    net[Net.SHARE.value] = np.nan
    if order.cause != Cause.ORDER:
        number = number_of(order, held, unit, kind)
        is_share = kind == NetSize.PERCENT.value and order.reduces == 0
    else:
        number = sided(net[Net.SIDES.value], order.number)
        is_share = kind == NetSize.PERCENT.value
        if kind == NetSize.TARGET_PERCENT.value:
            number *= net[Net.VALUE.value]
        if kind == NetSize.VALUE.value or kind >= NetSize.TARGET_VALUE.value:
            number = number / unit
        if kind >= NetSize.TARGET_AMOUNT.value:
            number -= held
    if is_share and number != 0.0:
        net[Net.SHARE.value] = abs(number)
        number = np.inf if number > 0.0 else -np.inf
    return number


@compiled
def settle_order(world: World, bar: int, order: LiveRow) -> None:
    """Test one order and fill what fits of it."""
    net = net_of(world)
    read_options(world, bar, order.asset)
    if world.account.is_bankrupt != 0:
        order.price = order.market
        wanted = order.number if order.cause == Cause.ORDER else np.nan
        order.order = next_order(world)
        write_order(world, bar, order, wanted, State.REJECTED, Reason.BANKRUPT.value)
        return
    if order.market != order.market:
        counts_of(world)[Count.NO_SIZE.value] += 1
        return
    if net[Net.SIZE_KIND.value] == NetSize.TARGET_PERCENT.value and net[Net.VALUE.value] <= 0.0:
        refuse(world, bar, order, order.number, NetStatus.NO_EQUITY.value)
        return
    if order.tries != 0 and net[Net.VALUES_AGAIN.value] == 0.0:
        size: float = order.total
        net[Net.SHARE.value] = order.distance
    else:
        size = quantity_asked(world, bar, order)
    if size != size:
        counts_of(world)[Count.NO_SIZE.value] += 1
        return
    sides = order.closes if order.cause != Cause.ORDER else int(net[Net.SIDES.value])
    slip = net[Net.SLIPPAGE.value] if order.is_frozen == 0 else 0.0
    order.price = order.market * (1.0 + slip if size > 0.0 else 1.0 - slip)
    quantity = fit_net(world, order.asset, size, sides, order.price)
    if quantity > 0.0:
        before = positions_of(world)[order.asset].quantity
        fees = world.account.fees
        fill_net(world, bar, order, quantity if size > 0.0 else -quantity, size)
        if world.net_stops_n > 0:
            guard_net(world, bar, order, before)
        if net[Net.VALUES_AGAIN.value] != 0.0:  # the asset is now worth what it was traded at
            units = before * contracts_of(world)[order.asset].multiplier
            net[Net.VALUE.value] += units * (order.price - worth_at(world, bar, order.asset))
            net[Net.VALUE.value] -= world.account.fees - fees
    else:
        refuse(world, bar, order, size, int(net[Net.STATUS.value]))


@compiled
def refuse(world: World, bar: int, order: LiveRow, size: float, status: int) -> None:
    """End an order of which nothing is done."""
    if status == NetStatus.NO_POSITION.value:
        counts_of(world)[Count.NO_POSITION.value] += 1
    elif status == NetStatus.NO_SIZE.value:
        counts_of(world)[Count.AT_TARGET.value] += 1
    elif status == NetStatus.WORTHLESS.value or (
        status >= NetStatus.ENDLESS_LONG.value and status <= NetStatus.PERCENT_REVERSAL.value
    ):
        fail(world, bar, order.asset, status)
    else:
        order.order = next_order(world)
        write_order(world, bar, order, size, State.REJECTED, reason_of(status))


@compiled
def reason_of(status: int) -> int:
    """Why an order was refused, as records tell it."""
    if status == NetStatus.BELOW_MINIMUM.value:
        return Reason.MIN_SIZE.value
    if status == NetStatus.ABOVE_MAXIMUM.value:
        return Reason.MAX_SIZE.value
    if status == NetStatus.NOT_WHOLE.value:
        return Reason.NOT_WHOLE.value
    if status == NetStatus.REFUSED.value:
        return Reason.REFUSED.value
    return Reason.INSUFFICIENT_CASH.value


@compiled
def fill_net(world: World, bar: int, order: LiveRow, quantity: float, size: float) -> None:
    """Fill a signed quantity: what closes, then what opens, one fee shared by quantity."""
    net = net_of(world)
    asset = order.asset
    held = positions_of(world)[asset].quantity
    order.order = next_order(world)
    unit = order.price * contracts_of(world)[asset].multiplier
    fixed = net[Net.FEE_FIXED.value] / abs(quantity)
    fee_unit = unit * net[Net.FEE_RATE.value] + fixed
    closing = 0.0
    if held * quantity < 0.0:
        closing = quantity if abs(quantity) <= abs(held) else -held
        take_from(world, bar, order, closing, abs(closing) * fee_unit)
    opening = quantity - closing
    if abs(opening) > contracts_of(world)[asset].dust:
        add_to(world, bar, order, opening, abs(opening) * fee_unit)
    reason = Reason.NONE.value
    state: int = State.FILLED
    wanted = quantity
    if abs(size) < np.inf and abs(quantity) < abs(size) * (1.0 - 1e-9):
        reason = int(net[Net.REASON.value])
        state = State.PARTLY_FILLED
        wanted = size
    write_order(world, bar, order, wanted, state, reason)


@compiled
def take_from(world: World, bar: int, order: LiveRow, quantity: float, fee: float) -> None:
    """Close a signed quantity of what is held."""
    position = positions_of(world)[order.asset]
    amount = close_quantity(world, order.asset, quantity, order.price)
    pay(world.account, position, amount, fee)
    if position.quantity == 0.0:
        end_trade(world, order.asset)
    end_fill(
        world, bar, order.asset, quantity, order.price, order.market, amount, fee, order.order, 1
    )


@compiled
def add_to(world: World, bar: int, order: LiveRow, quantity: float, fee: float) -> None:
    """Open or add a signed quantity."""
    position = positions_of(world)[order.asset]
    amount = open_quantity(world, bar, order.asset, quantity, order.price)
    pay(world.account, position, amount, fee)
    end_fill(
        world, bar, order.asset, quantity, order.price, order.market, amount, fee, order.order, 0
    )
