"""The clock of one bar and the way from event to event. Calls the others, reckons nothing."""

from barledger._jit import compiled
from barledger.kernel.carry import apply_events, start_bar
from barledger.kernel.codes import Category, Fill, Flag
from barledger.kernel.forced import AT_CLOSE, AT_EXTREMES, AT_LOW, test_margin
from barledger.kernel.instant import trade, trade_within
from barledger.kernel.intents import decide, next_flag
from barledger.kernel.ledger import mark, note_currency, settle_future, sizing_equity, value
from barledger.kernel.limits import test_losses
from barledger.kernel.margin import sum_requirements
from barledger.kernel.metrics import feed_block
from barledger.kernel.netting import serve_net
from barledger.kernel.perpetual import find_funding, pay_funding
from barledger.kernel.quiet import (
    EXTREME,
    is_calm,
    price_at,
    put,
    run_quiet,
)
from barledger.kernel.records import has_room, write_entry
from barledger.kernel.resting import expire_before
from barledger.kernel.targets import is_short, list_targets
from barledger.kernel.wings import wing
from barledger.kernel.world import (
    Rows,
    World,
    contracts_of,
    events_of,
    flags_of,
    fundings_of,
    held_of,
    mark_close_of,
    mark_open_of,
    positions_of,
    settlement_bars_of,
    settlements_of,
)


@compiled(entry=True)
def simulate(worlds: Rows[World], start: int, stop: int, skips: bool) -> int:
    """Simulate bars [start, stop) of worlds[0]; returns the first bar not done.

    That is `stop`, or an earlier bar for which the log or the list of live orders has no room:
    give them room and call again from there. After the last bar its wishes still become orders,
    which wait: when that is done too the number of bars plus one is returned. `skips=False` visits
    every bar: the same bits, slowly.
    """
    world = worlds[0]
    if start == 0 and world.rules.has_resting != 0:
        expire_before(world)
    cell = next_flag(world, max(start - world.rules.lag, 0) * world.n_assets)
    bar = start
    while bar < stop:
        if skips and is_calm(world.account):
            end = next_event(world, bar, stop, cell)
            if end > bar:
                bar = run_quiet(world, bar, end)
            if bar >= stop:
                break
        if not has_room_for_bar(world):
            return bar
        cell = visit(world, bar, cell, skips)
        bar += 1
    if bar == world.n_bars and has_room_for_bar(world):
        end_of_data(world, cell)
        bar += 1
    return bar


@compiled
def next_event(world: World, bar: int, stop: int, cell: int) -> int:
    """First bar at or after `bar` on which something is known to happen, else `stop`."""
    account = world.account
    end = stop
    if cell < world.n_bars * world.n_assets:
        end = min(end, cell // world.n_assets + world.rules.lag)
    if account.next_event < world.events_n:
        end = min(end, events_of(world)[account.next_event].bar)
    if account.n_held > 0 and world.settlement_bars_n > 0:
        find_settlement(world, bar)
        if account.next_settlement < world.settlement_bars_n:
            end = min(end, settlement_bars_of(world)[account.next_settlement])
    if account.n_held > 0 and world.fundings_n > 0:
        find_funding(world, bar)
        if account.next_funding < world.fundings_n:
            end = min(end, fundings_of(world)[account.next_funding].bar)
    return end


@compiled
def find_settlement(world: World, bar: int) -> None:
    """Move to the first settlement at or after `bar`."""
    account = world.account
    bars = settlement_bars_of(world)
    while account.next_settlement < bars.size and bars[account.next_settlement] < bar:
        account.next_settlement += 1


@compiled
def has_room_for_bar(world: World) -> bool:
    """Whether one bar's worst case fits: every order, every forced closing, every event."""
    new = (world.n_assets + world.rules.most_orders) * max(world.rules.lag, 1)
    live = world.account.n_live + 2 * new
    if live + 1 > world.live_n:
        return False
    others = 3 * world.n_assets + world.rules.most_events + 16
    return has_room(world, 3 * live + 8 * world.n_assets, others)


@compiled
def visit(world: World, bar: int, cell: int, skips: bool) -> int:
    """One bar in full, step by step as the laws have it; returns the next flagged cell."""
    account = world.account
    rules = world.rules
    if rules.lag > 0 and cell < (bar + 1 - rules.lag) * world.n_assets:
        cell = wish(world, bar, cell, skips)
    if rules.has_options != 0:
        account.at_close = 0
    start_bar(world, bar)
    if world.fundings_n > 0:
        pay_funding(world, bar, 0)
    if world.net_n > 0:
        cell = serve_net(world, bar, cell)
        end_bar(world, bar)
        return cell
    if account.next_event < world.events_n and events_of(world)[account.next_event].bar == bar:
        apply_events(world, bar)
    for instant in range(1 - rules.has_open, 2):
        at_open = instant == 0
        has_range = world.stops_n > 0 or rules.has_resting != 0
        if not at_open and has_range:
            trade_within(world, bar)
        if not at_open and rules.tests_extremes != 0 and account.is_bankrupt == 0:
            test_extremes(world, bar)
        if rules.has_options != 0:
            account.at_close = instant
        mark(world, mark_open_of(world) if at_open else mark_close_of(world), bar)
        if rules.lag == 0 and not at_open and cell < (bar + 1) * world.n_assets:
            cell = wish(world, bar, cell, skips)
        has_orders = at_open == (rules.fill == Fill.NEXT_OPEN)
        has_orders = has_orders or (rules.has_auction != 0 and not at_open)
        is_forced = account.flatten | account.is_bankrupt != 0
        if has_orders or at_open or is_forced or rules.has_open == 0:
            trade(world, bar, at_open, has_orders)
    end_bar(world, bar)
    return cell


@compiled
def wish(world: World, bar: int, cell: int, skips: bool) -> int:
    """Turn what is wished for `bar` into orders, short or long; returns the next flagged cell."""
    if skips and flags_of(world)[cell] == Flag.TARGET and is_short(world, bar):
        after = list_targets(world, bar, cell)
        if after >= 0:
            return after
    return decide(world, bar - world.rules.lag, cell)


@compiled
def end_bar(world: World, bar: int) -> None:
    """Mark at the close, settle futures, test margin and losses, record equity."""
    mark(world, mark_close_of(world), bar)
    if world.settlement_bars_n > 0 and world.account.n_held > 0:
        settle(world, bar)
    test_margin(world, bar, AT_CLOSE)
    if world.rules.has_loss_limits != 0 and world.account.is_bankrupt == 0:
        test_losses(world, bar)
    if world.fundings_n > 0:
        pay_funding(world, bar, 1)
    put(world, bar, world.account.equity)


@wing
def test_extremes(world: World, bar: int) -> None:
    """Test margin with everything held at its adverse extreme; the marks come back after."""
    positions = positions_of(world)
    held = held_of(world)
    for k in range(world.account.n_held):
        position = positions[held[k]]
        position.kept = position.mark
        price = price_at(world, bar, held[k], EXTREME)
        if price == price:
            position.mark = price
    value(world)
    world.account.is_within = AT_EXTREMES
    test_margin(world, bar, AT_LOW)
    world.account.is_within = 0
    for k in range(world.account.n_held):
        positions[held[k]].mark = positions[held[k]].kept


@wing
def settle(world: World, bar: int) -> None:
    """Pay the variation of every future held for which this bar ends a session."""
    find_settlement(world, bar)
    row = world.account.next_settlement
    if row < world.settlement_bars_n and settlement_bars_of(world)[row] == bar:
        held = held_of(world)
        for k in range(world.account.n_held):
            price = settlements_of(world)[row, held[k]]
            if contracts_of(world)[held[k]].is_paid == 0 and price == price:
                amount = settle_future(world, held[k], price)
                if world.balances_n > 0:
                    note_currency(world, held[k], amount)
                quantity = positions_of(world)[held[k]].quantity
                write_entry(world, bar, held[k], Category.VARIATION, amount, price, quantity)
        value(world)


@compiled
def end_of_data(world: World, cell: int) -> None:
    """Turn the last bar's wishes into orders, which wait, and bring every sum up to date."""
    last = world.n_bars - 1
    while world.rules.lag > 0 and cell < world.n_bars * world.n_assets:
        cell = decide(world, cell // world.n_assets, cell)
    start_bar(world, last)
    find_settlement(world, last + 1)
    find_funding(world, last + 1)
    value(world)
    world.account.snapshot = sizing_equity(world)
    if world.rules.tests_margin != 0:
        sum_requirements(world, last)
    if world.metrics.filled > 0:
        feed_block(world)
