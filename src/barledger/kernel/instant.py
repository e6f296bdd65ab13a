"""All orders of one instant: what closes, the margin test, then what opens."""

from barledger._jit import compiled
from barledger.kernel.allocation import BY_PRIORITY, IN_SEQUENCE, arrange, keep_active
from barledger.kernel.codes import (
    Allocation,
    Cause,
    Fill,
    OrderKind,
    Proceeds,
    Reason,
    Sequence,
    Stage,
    State,
)
from barledger.kernel.exclusive import claim_group, claim_groups, free_groups
from barledger.kernel.fills import can_trade, has_its_bar
from barledger.kernel.forced import AT_CLOSE, AT_OPEN, OLD_CALL, force, serve_forced, test_margin
from barledger.kernel.groups import arrange_groups
from barledger.kernel.ledger import sizing_equity, value
from barledger.kernel.margin import sum_requirements
from barledger.kernel.openings import share_out
from barledger.kernel.orders import turn
from barledger.kernel.plans import PLANNED, end_planned, plan
from barledger.kernel.records import end_unfilled
from barledger.kernel.resting import drop_ended, expire, offered, offered_within
from barledger.kernel.rolls import roll_all
from barledger.kernel.stops import (
    STOPS_AFTER_ENTRY,
    STOPS_AT_CLOSE,
    STOPS_AT_OPEN,
    STOPS_WITHIN,
    stop_positions,
)
from barledger.kernel.submission import check_submitted
from barledger.kernel.targets import check_listed, close_listed, open_listed, serve_listed
from barledger.kernel.types import LiveRow
from barledger.kernel.world import World, close_of, fill_of, live_of, queue_of


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
