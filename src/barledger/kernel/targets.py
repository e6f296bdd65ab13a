"""The short way of targets: orders at the market that neither wait nor queue.

Where nothing was asked for but costs and an account, the orders of one instant are listed, closed
and opened in three passes. What is done is done by the same functions as on the long way; an
opening that is not surely paid for and allowed is handed over to it. Same bits.
"""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.codes import (
    AccountKind,
    Allocation,
    Cause,
    FeeForm,
    Flag,
    OrderKind,
    Reason,
    Reversal,
    Sequence,
    SizeAt,
    Stage,
    State,
)
from barledger.kernel.costs import fee_of, fill_price
from barledger.kernel.fills import can_trade, fill_closing, fill_opening
from barledger.kernel.intents import next_flag, target_at
from barledger.kernel.ledger import value
from barledger.kernel.openings import early_refusal, money_room, money_unit, needs_money
from barledger.kernel.plans import NOTHING, PLANNED, end_planned, plan_target
from barledger.kernel.records import (
    be_plain,
    end_unfilled,
    next_order,
    write_at_market,
    write_order,
)
from barledger.kernel.sizing import cut
from barledger.kernel.submission import check_submitted
from barledger.kernel.types import RELATIVE, LiveRow
from barledger.kernel.wings import wing
from barledger.kernel.world import (
    World,
    contracts_of,
    events_of,
    fill_of,
    flags_of,
    live_of,
    numbers_of,
    positions_of,
    queue_of,
)

TARGET_BIT = int(Flag.TARGET).bit_length() - 1


@compiled
def is_short(world: World, bar: int) -> bool:
    """Whether nothing waits, and nothing was asked for that the short way does not know.

    Nor may anything but trading happen on the bar: it could end the orders, or change their assets.
    """
    place = world.account.next_event
    if place < world.events_n and events_of(world)[place].bar == bar:
        return False
    rules = world.rules
    features = world.account.n_live + world.account.is_bankrupt + world.stops_n
    features += world.taken_up_n + world.taken_n + world.span_months_n
    features += rules.has_resting + rules.has_auction + rules.has_impact + rules.has_caps
    features += rules.has_short_limits
    in_turn = rules.sequence <= Sequence.AS_GIVEN or rules.sequence == Sequence.AS_PLACED
    in_turn = in_turn and rules.allocation == Allocation.IN_ORDER
    is_split = rules.reversal == Reversal.SPLIT
    return features == 0 and in_turn and is_split and rules.fee_form < FeeForm.MAKER_TAKER


@wing
def list_targets(world: World, bar: int, cell: int) -> int:
    """List what the targets from `cell` on want at `bar`; the next flagged cell, or -1.

    -1: one of them is no target, or can't be traded at `bar`, and nothing is listed.
    """
    decided = bar - world.rules.lag
    first = decided * world.n_assets
    n = note_wanted(world, decided, cell - first)
    prices = fill_of(world)
    numbers = numbers_of(world)
    live = live_of(world)
    queue = queue_of(world)
    for i in range(n):
        asset = queue[i]
        target = numbers[decided, asset]
        market = prices[bar, asset]
        live[i].asset = asset
        live[i].number = target
        live[i].opens = 1 if target > 0.0 else (-1 if target < 0.0 else 0)
        live[i].market = market
        if not can_trade(world, bar, asset, market):
            return -1
    if n < 0 or (world.rules.size_at == SizeAt.DECISION and not freeze(world, decided, n)):
        return -1
    world.n_listed = n
    return next_flag(world, first + world.n_assets)


@compiled
def freeze(world: World, bar: int, n: int) -> bool:
    """Turn the targets listed into quantities at the close that decided them; False: one has none."""
    for i in range(n):
        order = live_of(world)[i]
        if order.number != 0.0:
            order.number = target_at(world, bar, order.asset, order.number)
        if order.number != order.number:
            return False
    return True


@compiled
def note_wanted(world: World, bar: int, start: int) -> int:
    """Queue the assets from `start` on that are to be held, or are held; -1: not all are targets.

    A target of nothing where nothing is held is passed over. What is noted for it is written over:
    so many are as likely as not that a branch would be mistaken half of the time.
    """
    flags = flags_of(world)
    numbers = numbers_of(world)
    positions = positions_of(world)
    queue = queue_of(world)
    first = bar * world.n_assets
    n = 0
    seen = 0
    for asset in range(start, world.n_assets):
        wished = int(flags[first + asset])
        is_wanted = (numbers[bar, asset] != 0.0) | (positions[asset].quantity != 0.0)
        queue[n] = asset
        n += int(is_wanted) & (wished >> TARGET_BIT)
        seen |= wished
    return n if seen == Flag.TARGET else -1


@compiled
def complete(world: World, bar: int, order: LiveRow) -> None:
    """Write what only the long way reads of a listed order."""
    order.placed = bar - world.rules.lag
    order.cause = Cause.TARGET
    order.kind = OrderKind.MARKET
    order.stage = Stage.ACTIVE
    be_plain(order)


@wing
def check_listed(world: World, bar: int) -> None:
    """Refuse what is listed and could not be paid for at the prices that decided it."""
    for i in range(world.n_listed):
        complete(world, bar, live_of(world)[i])
    world.account.n_live = world.n_listed
    check_submitted(world, bar)
    world.n_listed = world.account.n_live
    world.account.n_live = 0


@wing
def serve_listed(world: World, bar: int, start: int) -> int:
    """Give each listed order from `start` on its whole turn, till the long way must see one."""
    for place in range(start, world.n_listed):
        order = live_of(world)[place]
        if plan_listed(world, bar, order) == PLANNED:
            close_planned(world, bar, order)
            if order.side != 0 and not open_now(world, bar, order):
                hand_over(world, bar, order)
                return place
    return world.n_listed


@wing
def close_listed(world: World, bar: int) -> int:
    """Plan what is listed and do what it closes; queues the openings and returns their number."""
    openings = 0
    planned = 0
    for place in range(world.n_listed):
        order = live_of(world)[place]
        outcome = plan_listed(world, bar, order)
        if outcome == PLANNED:
            planned += 1
            close_planned(world, bar, order)
            if order.side != 0:
                queue_of(world)[openings] = place
                openings += 1
    world.n_listed = 0
    if planned > 0:
        value(world)
    return openings


@compiled(inline=True)
def plan_listed(world: World, bar: int, order: LiveRow) -> int:
    """Plan one order as its target wants it; returns how that went."""
    order.order = -1
    order.is_frozen = 1 if world.rules.size_at == SizeAt.DECISION else 0
    order.closed = 0.0
    order.close = 0.0
    order.open = 0.0
    order.side = 0
    order.reason = Reason.NONE
    if world.account.is_bankrupt != 0:
        complete(world, bar, order)
        end_unfilled(world, bar, order, State.REJECTED.value, Reason.BANKRUPT.value)
        return NOTHING
    outcome = plan_target(world, order, order.market)
    if outcome != PLANNED:
        end_planned(world, order, outcome)
    return outcome


@compiled(inline=True)
def close_planned(world: World, bar: int, order: LiveRow) -> None:
    """Close what a plan closes; an order that opens nothing is done."""
    if order.close != 0.0:
        close_now(world, bar, order)
    elif order.side == 0:
        refuse_part(world, bar, order)


@compiled(inline=True)
def close_now(world: World, bar: int, order: LiveRow) -> None:
    """Close a quantity, and end the order where that is all."""
    quantity = order.close
    order.order = next_order(world)
    order.closed = quantity
    order.price = fill_price(world, bar, order.asset, quantity, abs(quantity), order.market)
    fill_closing(world, bar, order.asset, quantity, order.price, order.market, order.order)
    if order.side == 0:
        end_filled(world, bar, order, quantity)


@compiled
def end_filled(world: World, bar: int, order: LiveRow, quantity: float) -> None:
    """End an order of which all is done."""
    if world.orders_n > 0:
        order.placed = bar - world.rules.lag
        order.cause = Cause.TARGET
        write_at_market(world, bar, order, quantity, State.FILLED.value, Reason.NONE.value)


@compiled
def refuse_part(world: World, bar: int, order: LiveRow) -> None:
    """End an order that would close less than a lot."""
    complete(world, bar, order)
    order.order = next_order(world)
    order.price = order.market
    write_order(world, bar, order, order.open, State.REJECTED.value, order.reason)


@wing
def open_listed(world: World, bar: int, start: int, end: int) -> int:
    """Fill the openings queue[start:end]; returns the first that the long way must see, or `end`."""
    live = live_of(world)
    for k in range(start, end):
        order = live[queue_of(world)[k]]
        if not open_now(world, bar, order):
            hand_over(world, bar, order)
            return k
    return end


@compiled
def hand_over(world: World, bar: int, order: LiveRow) -> None:
    """Make an opening one that the long way can take."""
    complete(world, bar, order)
    order.most = np.inf
    order.price = order.market


@compiled(inline=True)
def open_now(world: World, bar: int, order: LiveRow) -> bool:
    """Fill an opening that is surely allowed and paid for in full; False: nothing is done."""
    asset = order.asset
    contract = contracts_of(world)[asset]
    quantity = cut(abs(order.open), contract.lot)
    price = fill_price(world, bar, asset, float(order.side), 0.0, order.market)
    held = positions_of(world)[asset].quantity
    n_others = world.account.n_held if held == 0.0 else -1
    is_bound = contract.most_notional < np.inf or world.account.day_relief != 0.0
    if is_bound or held * order.open < 0.0 or not quantity < np.inf:
        return False
    if early_refusal(world, order, quantity, price, n_others) != Reason.NONE:
        return False
    if needs_money(world.rules, order.side):
        fee = fee_of(world, bar, asset, quantity, price)
        need = money_unit(world, bar, order, price) * quantity
        room = money_room(world)
        if not need + fee <= room + RELATIVE * max(abs(room), need):
            return False
        is_reg_t = world.rules.account == AccountKind.REG_T and contract.is_paid != 0
        if is_reg_t and world.account.equity - fee < world.rules.minimum_equity:
            return False
    if order.order < 0:
        order.order = next_order(world)
    order.price = price
    signed = order.side * quantity
    fill_opening(world, bar, asset, signed, price, order.market, order.order)
    end_filled(world, bar, order, order.closed + signed)
    return True
