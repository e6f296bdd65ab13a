"""All orders of one instant: close, test margin, open, and end each in exactly one state."""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.allocation import BY_PRIORITY, IN_SEQUENCE, arrange, keep_active
from barledger.kernel.codes import (
    Allocation,
    Cause,
    FeeForm,
    Fill,
    OrderKind,
    Proceeds,
    Reason,
    Reversal,
    Sequence,
    Stage,
    State,
)
from barledger.kernel.exclusive import claim_group, claim_groups, free_groups
from barledger.kernel.fills import can_trade, fill_closing, fill_opening, has_its_bar
from barledger.kernel.forced import (
    AT_CLOSE,
    AT_OPEN,
    OLD_CALL,
    force,
    serve_forced,
    test_margin,
)
from barledger.kernel.groups import arrange_groups, cancel_others
from barledger.kernel.ledger import hold, sizing_equity, value
from barledger.kernel.levels import guard
from barledger.kernel.liquidity import (
    CLOSING,
    OPENING,
    begin_leg,
    end_leg,
    end_of_turn,
    note_leg,
    part_to_close,
    with_earlier,
)
from barledger.kernel.margin import sum_requirements
from barledger.kernel.openings import (
    admit,
    is_of_money,
    most_to_open,
    must_be_whole,
    refusal,
    share_out,
)
from barledger.kernel.plans import PLANNED, end_planned, plan, plan_difference
from barledger.kernel.records import end_unfilled, next_order, write_order
from barledger.kernel.resting import (
    be_maker,
    drop_ended,
    expire,
    offered,
    offered_within,
    order_price,
)
from barledger.kernel.rolls import roll_all
from barledger.kernel.sizing import cut
from barledger.kernel.stops import (
    STOPS_AFTER_ENTRY,
    STOPS_AT_CLOSE,
    STOPS_AT_OPEN,
    STOPS_WITHIN,
    stop_positions,
)
from barledger.kernel.submission import check_submitted
from barledger.kernel.targets import check_listed, close_listed, open_listed, serve_listed
from barledger.kernel.types import Counts, LiveRow, PositionRow
from barledger.kernel.wings import wing
from barledger.kernel.world import (
    World,
    balances_of,
    close_of,
    contracts_of,
    fill_of,
    live_of,
    positions_of,
    queue_of,
    stops_of,
)


@compiled
def finish(
    world: World, bar: int, order: LiveRow, opened: float, wanted: float, reason: int
) -> None:
    """End an order that has had its turn."""
    if order.order < 0:
        order.order = next_order(world)
    state: int = State.FILLED
    if reason != Reason.NONE:
        state = State.REJECTED
        if opened > 0.0 or order.closed != 0.0:
            state = State.PARTLY_FILLED
        elif reason == Reason.POSITION_GONE:
            state = State.CANCELLED
    quantity = order.closed
    if order.side != 0:
        quantity += order.side * wanted
    elif reason == Reason.SIZE_ZERO:
        quantity = order.open
    elif reason == Reason.POSITION_GONE:
        quantity = np.nan
    if world.taken_up_n > 0:
        quantity, state = with_earlier(order, quantity, state, reason)
    write_order(world, bar, order, quantity, state, reason)
    order.stage = Stage.ENDED


@compiled
def close_part(world: World, bar: int, order: LiveRow) -> None:
    """Fill what an order's plan closes, as far as the bar takes it: never blocked by money."""
    quantity = order.close
    if world.taken_up_n > 0:
        quantity = part_to_close(world, bar, order)
        if quantity == 0.0:
            return
    if order.order < 0:
        order.order = next_order(world)
    order.price = order_price(world, bar, order, quantity, abs(quantity))
    if world.rules.fee_form >= FeeForm.MAKER_TAKER:
        be_maker(world, bar, order)
    if world.taken_up_n > 0:
        begin_leg(world, order, CLOSING)
        note_leg(world, bar, order, CLOSING, abs(quantity))
    fill_closing(world, bar, order.asset, quantity, order.price, order.market, order.order)
    if world.taken_up_n > 0:
        end_leg(world)
    world.leg.is_maker = 0
    order.closed += quantity


@compiled
def open_part(world: World, bar: int, order: LiveRow, is_atomic: bool) -> None:
    """Test an order's opening over the whole account, fill what fits, and end the order."""
    most = 0.0
    if world.rules.has_impact != 0:
        most = most_to_open(world, bar, order)
    order.price = order_price(world, bar, order, float(order.side), most)
    if world.rules.fee_form >= FeeForm.MAKER_TAKER:
        be_maker(world, bar, order)
    if world.taken_up_n > 0:
        begin_leg(world, order, OPENING)
    quantity, wanted, reason = admit(world, bar, order, order.price, is_atomic)
    if quantity > 0.0:
        if order.order < 0:
            order.order = next_order(world)
        signed = order.side * quantity
        if world.rules.has_impact != 0 and quantity != most:
            order.price = order_price(world, bar, order, float(order.side), quantity)
        if world.taken_up_n > 0:
            note_leg(world, bar, order, OPENING, quantity)
        fill_opening(world, bar, order.asset, signed, order.price, order.market, order.order)
        if world.stops_n > 0:
            guard(world, bar, order, signed)
            if world.account.is_within != 0 and positions_of(world)[order.asset].quantity == signed:
                stops_of(world)[order.asset].fresh = order.approach
    elif is_atomic:
        undo_atomic(world, order)
        wanted += abs(order.close)
    if world.taken_up_n > 0:
        if world.leg.has_begun != 0 and is_of_money(reason) and abs(order.open) == np.inf:
            wanted = quantity  # all that fits has been bought
            reason = Reason.NONE.value
        end_leg(world)
    world.leg.is_maker = 0
    end_turn(world, bar, order, quantity, wanted, reason)


@compiled
def end_turn(
    world: World, bar: int, order: LiveRow, opened: float, wanted: float, reason: int
) -> None:
    """End an order, unless it waits for another bar with what this one did not take."""
    if reason == Reason.VOLUME_CAP:
        reason = end_of_turn(world, order, opened, wanted)
        if reason == Reason.NONE:
            return
    elif reason == Reason.NONE and world.taken_up_n > 0 and order.lapsed != 0:
        reason = Reason.EXPIRED.value
    finish(world, bar, order, opened, wanted, reason)


@compiled
def meet_opposite(world: World, bar: int, order: LiveRow) -> None:
    """An opening finds a position of the other side: that is closed first, the rest opens."""
    wanted = order.open
    order.open = 0.0
    order.side = 0
    plan_difference(world, order, wanted, False)
    if order.reason == Reason.NONE:
        close_part(world, bar, order)
        if order.most < np.inf:
            order.most *= share_left(world, order, wanted)


@compiled
def share_left(world: World, order: LiveRow, before: float) -> float:
    """Part of an opening of `before`, in lots, that is still to be opened."""
    lot = contracts_of(world)[order.asset].lot
    return cut(abs(order.open), lot) / cut(abs(before), lot)


@compiled
def copy_counts(source: Counts, target: Counts) -> None:
    """Remember how many records there are, or go back to that."""
    target.orders = source.orders
    target.fills = source.fills
    target.entries = source.entries
    target.incidents = source.incidents


@wing
def begin_atomic(world: World, bar: int, order: LiveRow) -> None:
    """Close the first leg so that the second can be tested; all is kept to be put back."""
    positions = positions_of(world)
    positions[world.n_assets] = positions[order.asset]
    if world.balances_n > 0:
        currency = contracts_of(world)[order.asset].currency
        positions[world.n_assets].kept = balances_of(world)[currency]
    copy_counts(world.used, world.used_before)
    world.saved = world.account
    reason = refusal(world, order.asset, order.side) + order.reason
    if reason == Reason.NONE and cut(abs(order.open), contracts_of(world)[order.asset].lot) > 0.0:
        close_part(world, bar, order)


@wing
def undo_atomic(world: World, order: LiveRow) -> None:
    """Put back what an atomic reversal had closed before its opening was refused."""
    if order.closed != 0.0:
        positions = positions_of(world)
        was_dropped = positions[order.asset].quantity == 0.0
        world.account = world.saved
        copy_counts(world.used_before, world.used)
        positions[order.asset] = positions[world.n_assets]
        if world.balances_n > 0:
            currency = contracts_of(world)[order.asset].currency
            balances_of(world)[currency] = positions[order.asset].kept
        if was_dropped:
            world.account.n_held -= 1
            hold(world, order.asset)
    order.order = -1
    order.closed = 0.0


@compiled
def plan_again(world: World, bar: int, order: LiveRow) -> None:
    """Split an explicit order anew at its turn among the openings; what its set allows stays."""
    reason = order.reason
    most = order.most
    before = order.open
    plan(world, order, order.market)
    order.reason = reason
    order.most = most * share_left(world, order, before) if most < np.inf else most


@compiled
def still_to_close(position: PositionRow, planned: float) -> float:
    """What is left of a planned closing after a margin call has come before it."""
    if position.quantity * planned >= 0.0:
        return 0.0
    return -position.quantity if abs(planned) > abs(position.quantity) else planned


@compiled
def turn(world: World, bar: int, order: LiveRow, reduces: bool, opens: bool) -> None:
    """Give one order its turn; once it has begun to fill it cancels the others of its group."""
    before = positions_of(world)[order.asset].quantity
    take_turn(world, bar, order, reduces, opens)
    if order.group != 0 and positions_of(world)[order.asset].quantity != before:
        cancel_others(world, bar, order)


@compiled
def take_turn(world: World, bar: int, order: LiveRow, reduces: bool, opens: bool) -> None:
    """Let one order fill its closing part, its opening part, or both."""
    is_late = world.rules.reversal == Reversal.ATOMIC and order.cause == Cause.ORDER
    is_late = is_late and opens and order.reason == Reason.NONE
    if is_late and not reduces:
        plan_again(world, bar, order)
    elif order.cause != Cause.ORDER and must_be_whole(order, world.rules):
        order.close = still_to_close(positions_of(world)[order.asset], order.close)
    is_atomic = must_be_whole(order, world.rules)
    if is_atomic and not opens:
        return
    if is_atomic:
        begin_atomic(world, bar, order)
    elif (reduces or is_late) and order.close != 0.0:
        if positions_of(world)[order.asset].quantity * order.close < 0.0:
            close_part(world, bar, order)
        elif order.side == 0:
            order.reason = Reason.POSITION_GONE
    elif opens and order.reason == Reason.NONE:
        if positions_of(world)[order.asset].quantity * order.open < 0.0:
            meet_opposite(world, bar, order)
    if world.taken_up_n > 0 and order.lacks > 0.0:
        wanted = cut(abs(order.open), contracts_of(world)[order.asset].lot)
        end_turn(world, bar, order, 0.0, wanted, Reason.VOLUME_CAP.value)
    elif order.side == 0:
        end_turn(world, bar, order, 0.0, 0.0, order.reason)
    elif opens:
        open_part(world, bar, order, is_atomic)


@compiled
def plan_turn(world: World, bar: int, order: LiveRow) -> None:
    """Plan an order, and end it when that comes to nothing.

    Signals and targets are planned when the instant begins, explicit orders at their turn: others
    of the same asset may have traded before them.
    """
    outcome = plan(world, order, order.market)
    if outcome != PLANNED and world.taken_up_n > 0 and order.filled != 0.0:
        order.close = 0.0
        order.side = 0
    elif outcome != PLANNED:
        end_planned(world, order, outcome)


@compiled
def queue_active(world: World, bar: int, is_auction: bool) -> int:
    """Plan every live order that can be handled at this instant; returns how many are queued."""
    live = live_of(world)
    prices = close_of(world) if is_auction else fill_of(world)
    n = 0
    for i in range(world.account.n_live):
        order = live[i]
        if is_auction != (order.kind == OrderKind.MARKET_ON_CLOSE):
            continue
        market = offered(world, bar, order, prices)
        if market != market and order.kind != OrderKind.MARKET:
            if world.rules.sequence == Sequence.AS_PLACED:
                market = offered_within(world, bar, order)
        if world.rules.has_resting != 0:
            if has_its_bar(world, bar, order.asset, prices[bar, order.asset]):
                order.tries = 1
        if can_trade(world, bar, order.asset, market):
            n = queue(world, bar, i, market, n)
    if world.rules.sequence != Sequence.EXITS_FIRST:
        arrange(world, bar, n, IN_SEQUENCE)
    return n


@compiled
def queue_within(world: World, bar: int) -> int:
    """As `queue_active` for the orders whose price the bar reaches after its open."""
    live = live_of(world)
    n = 0
    for i in range(world.account.n_live):
        order = live[i]
        if order.kind != OrderKind.MARKET and can_trade(world, bar, order.asset, 0.0):
            market = offered_within(world, bar, order)
            if market == market:
                n = queue(world, bar, i, market, n)
    if world.rules.sequence != Sequence.EXITS_FIRST:
        arrange(world, bar, n, IN_SEQUENCE)
    if n > 1 and world.rules.has_oco != 0:
        arrange_groups(world, bar, n)
    return n


@compiled
def queue(world: World, bar: int, place: int, market: float, n: int) -> int:
    """Plan one live order at its market price and queue it as the n-th, unless it ends there."""
    order = live_of(world)[place]
    order.market = market
    order.closed = 0.0
    order.stage = Stage.ACTIVE
    if world.taken_up_n > 0:
        order.lacks = 0.0
    if world.account.is_bankrupt != 0:
        end_unfilled(world, bar, order, State.REJECTED, Reason.BANKRUPT.value)
        order.stage = Stage.ENDED
    elif order.cause != Cause.ORDER:
        plan_turn(world, bar, order)
    elif world.rules.sequence == Sequence.BY_VALUE:
        plan(world, order, market)
    if order.stage != Stage.ACTIVE:
        return n
    queue_of(world)[n] = place
    return n + 1


@compiled
def queue_openings(world: World, bar: int, n: int) -> int:
    """Keep the openings of the queue, in allocation order; claim exclusive groups."""
    n = keep_active(world, n)
    if world.rules.allocation == Allocation.PRIORITY:
        arrange(world, bar, n, BY_PRIORITY)
    if world.taken_n > 0:
        claim_groups(world, bar, n)
    value(world)
    return n


@compiled
def serve_account(world: World, bar: int, at_open: bool) -> None:
    """Between closings and openings: a standing call, and at the open the margin test."""
    if at_open and world.account.call != 0:
        force(world, bar, OLD_CALL, AT_OPEN)
    if at_open:
        test_margin(world, bar, AT_OPEN)


@compiled
def give_turns(world: World, bar: int, n: int, is_whole: bool) -> None:
    """Give the orders of queue[:n] their reducing turn, or their whole one."""
    live = live_of(world)
    places = queue_of(world)
    for i in range(n):
        order = live[places[i]]
        if order.cause == Cause.ORDER:
            plan_turn(world, bar, order)
        if order.stage == Stage.ACTIVE:
            if is_whole and order.side != 0 and world.taken_n > 0:
                claim_group(world, bar, order)
            turn(world, bar, order, True, is_whole)


@compiled
def trade_within(world: World, bar: int) -> None:
    """The range: stops of what is held, orders whose price is reached, stops of what they open."""
    account = world.account
    account.is_within = 1
    withheld = account.withheld
    has_stops = world.stops_n > 0 and account.is_bankrupt == 0
    if has_stops:
        stop_positions(world, bar, STOPS_WITHIN)
    if world.rules.has_resting != 0 and account.n_live > 0:
        n = 0
        if world.rules.sequence != Sequence.AS_PLACED:
            n = queue_within(world, bar)
        if n > 0 and world.rules.tests_margin != 0:
            sum_requirements(world, bar)
        give_turns(world, bar, n, False)
        if n > 0:
            open_queue(world, bar, queue_openings(world, bar, n))
        if has_stops and n > 0:
            stop_positions(world, bar, STOPS_AFTER_ENTRY)
        if world.rules.fill == Fill.NEXT_OPEN:
            expire(world, bar, 0, 1)
        drop_ended(world)
    account.is_within = 0
    if world.rules.proceeds != Proceeds.NEXT_BAR:
        account.withheld = withheld


@compiled
def trade(world: World, bar: int, at_open: bool, has_orders: bool) -> None:
    """One instant: forced closings, then every live order that can fill, margin in between."""
    rules = world.rules
    world.account.snapshot = sizing_equity(world)
    if rules.tests_margin != 0 and world.account.n_held > 0:
        sum_requirements(world, bar)
    serve_forced(world, bar, AT_OPEN if at_open else AT_CLOSE)
    if world.account.rolling != 0 and (at_open or rules.has_open == 0):
        roll_all(world, bar, 1 if at_open else 0)
    if rules.has_open == 0 and world.account.call != 0:
        force(world, bar, OLD_CALL, AT_CLOSE)
    is_stopping = at_open or rules.has_open == 0
    if world.stops_n > 0 and is_stopping and world.account.is_bankrupt == 0:
        stop_positions(world, bar, STOPS_AT_OPEN if at_open else STOPS_AT_CLOSE)
    if has_orders and world.n_listed > 0:
        trade_listed(world, bar, at_open)
        return
    n = 0
    if has_orders and world.account.n_live > 0:
        free_groups(world)
        if rules.checks_submission != 0:
            check_submitted(world, bar)
        n = queue_active(world, bar, not at_open and rules.fill == Fill.NEXT_OPEN)
    is_whole = rules.is_interleaved != 0
    give_turns(world, bar, n, is_whole)
    if n > 0 and not is_whole:
        n = queue_openings(world, bar, n)
    serve_account(world, bar, at_open)
    if n > 0 and not is_whole:
        open_queue(world, bar, n)
    if has_orders:
        if rules.has_resting != 0:
            expire(world, bar, 1, 0 if at_open else 1)
        drop_ended(world)


@compiled
def trade_listed(world: World, bar: int, at_open: bool) -> None:
    """The orders of an instant on the short way; an opening that it does not know takes the long."""
    if world.rules.checks_submission != 0:
        check_listed(world, bar)
    k = 0
    if world.rules.is_interleaved != 0:
        while k < world.n_listed:
            k = serve_listed(world, bar, k)
            if k < world.n_listed:
                turn(world, bar, live_of(world)[k], False, True)
            k += 1
        world.n_listed = 0
        serve_account(world, bar, at_open)
        return
    n = close_listed(world, bar)
    serve_account(world, bar, at_open)
    if n > 0 and world.rules.tests_margin != 0:
        sum_requirements(world, bar)
    while k < n:
        k = open_listed(world, bar, k, n)
        if k < n:
            turn(world, bar, live_of(world)[queue_of(world)[k]], False, True)
        k += 1


@compiled
def open_queue(world: World, bar: int, n: int) -> None:
    """Give the openings of queue[:n] their turn."""
    live = live_of(world)
    queue = queue_of(world)
    if world.rules.tests_margin != 0:
        sum_requirements(world, bar)
    if world.rules.allocation >= Allocation.PROPORTIONAL and n > 0:
        share_out(world, bar, n)
    for i in range(n):
        if live[queue[i]].stage == Stage.ACTIVE:
            turn(world, bar, live[queue[i]], False, True)
