"""The turn of one order: close, open, and end in exactly one state."""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.codes import Cause, FeeForm, Reason, Reversal, Stage, State
from barledger.kernel.fills import fill_closing, fill_opening
from barledger.kernel.groups import cancel_others
from barledger.kernel.ledger import hold
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
from barledger.kernel.openings import admit, is_of_money, most_to_open, must_be_whole, refusal
from barledger.kernel.plans import plan, plan_difference
from barledger.kernel.records import next_order, write_order
from barledger.kernel.resting import be_maker, order_price
from barledger.kernel.sizing import cut
from barledger.kernel.types import Counts, LiveRow, PositionRow
from barledger.kernel.wings import wing
from barledger.kernel.world import World, balances_of, contracts_of, positions_of, stops_of


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
