"""What comes with a new bar before anything trades: settled cash, splits, flows, new periods."""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.codes import (
    AccountKind,
    Category,
    Cause,
    EventKind,
    Incident,
    OrderKind,
    SizeKind,
)
from barledger.kernel.happenings import happen
from barledger.kernel.ledger import (
    close_quantity,
    end_trade,
    entry_value,
    money_zero,
    move_cash,
    note_currency,
    pay_in,
    split_position,
    take_due,
    value,
)
from barledger.kernel.levels import split_distances, split_levels
from barledger.kernel.limits import start_period
from barledger.kernel.margin import sum_requirements
from barledger.kernel.metrics import feed_block, feed_flow
from barledger.kernel.records import write_entry, write_incident
from barledger.kernel.types import LiveRow, RulesRow
from barledger.kernel.wings import wing
from barledger.kernel.world import (
    World,
    balances_of,
    events_of,
    live_of,
    months_of,
    positions_of,
    stops_of,
)


@compiled
def start_bar(world: World, bar: int) -> None:
    """Settle what is due and turn over day, week and month."""
    account = world.account
    account.withheld = 0.0
    if world.due_n > 0:
        take_due(world, bar)
    if world.months_n > 0 and months_of(world)[bar] != account.month:
        account.month = months_of(world)[bar]
        account.month_traded = 0.0
    if world.rules.has_loss_limits != 0:
        start_period(world, bar)


@wing
def apply_events(world: World, bar: int) -> None:
    """Apply the events of one bar, in their order; interest is on the cash before them."""
    account = world.account
    events = events_of(world)
    cash = account.cash
    if world.rules.has_own_rates != 0:
        note_balances(world)
    while account.next_event < world.events_n and events[account.next_event].bar == bar:
        event = events[account.next_event]
        if event.kind == EventKind.SPLIT:
            split(world, bar, event.asset, event.value)
        elif event.kind == EventKind.FLOW:
            flow(world, bar, event.value)
        else:
            happen(world, bar, account.next_event, cash)
        account.next_event += 1


@compiled
def split(world: World, bar: int, asset: int, ratio: float) -> None:
    """Split one asset: what is held of it, and what waits to be traded."""
    live = live_of(world)
    for i in range(world.account.n_live):
        order = live[i]
        if order.asset == asset:
            order.distance /= ratio
            if world.stops_n > 0:
                split_distances(world, order, ratio)
            if order.kind != OrderKind.MARKET:
                order.level /= ratio
                order.stop /= ratio
            if counts_shares(order, world.rules):
                order.number *= ratio
            order.total = order.filled + (order.total - order.filled) * ratio
    position = positions_of(world)[asset]
    if position.quantity != 0.0:
        fraction = split_position(world, asset, ratio)
        if world.stops_n > 0:
            split_levels(stops_of(world)[asset], ratio)
        write_entry(world, bar, asset, Category.SPLIT, 0.0, position.mark, ratio)
        if fraction != 0.0:
            pay_fraction(world, bar, asset, fraction)
        value(world)


@compiled
def pay_fraction(world: World, bar: int, asset: int, fraction: float) -> None:
    """Pay cash in lieu of the part of a share that a split has left over."""
    position = positions_of(world)[asset]
    mark = position.mark
    amount = close_quantity(world, asset, -fraction, mark)
    move_cash(world.account, amount)
    if world.balances_n > 0:
        note_currency(world, asset, amount)
    write_entry(world, bar, asset, Category.CASH_IN_LIEU, amount, mark, -fraction)
    if position.quantity == 0.0:
        end_trade(world, asset)


@compiled
def note_balances(world: World) -> None:
    """Keep what there is of each currency before the events of a bar: interest is on it."""
    balances = balances_of(world)
    count = world.balances_n // 3
    for currency in range(count):
        balances[2 * count + currency] = balances[currency]


@compiled
def counts_shares(order: LiveRow, rules: RulesRow) -> bool:
    """Whether a waiting order's number is a quantity of shares."""
    if order.is_frozen != 0 or order.cause == Cause.ORDER:
        return True
    if order.cause == Cause.TARGET:
        return rules.target_kind == SizeKind.SHARES
    return rules.size_kind == SizeKind.SHARES or rules.size_kind == SizeKind.TARGET_SHARES


@compiled
def flow(world: World, bar: int, amount: float) -> None:
    """Pay money in, or out as far as the account allows."""
    if amount < 0.0:
        done = max(amount, -free_to_leave(world, bar))
        if done > amount:
            write_incident(world, bar, -1, Incident.WITHDRAWAL_CUT, -amount, -done)
        amount = done
    if abs(amount) > money_zero(world):
        category = Category.DEPOSIT if amount > 0.0 else Category.WITHDRAWAL
        write_entry(world, bar, -1, category, amount, np.nan, np.nan)
        pay_in(world.account, amount)
        if world.balances_n > 0:
            note_currency(world, -1, amount)
        if world.buffer_n > 0 and world.equity_n == 0:
            feed_block(world)
            feed_flow(world.metrics, amount)


@compiled
def free_to_leave(world: World, bar: int) -> float:
    """Money that may be withdrawn at the last marks."""
    account = world.account
    if world.rules.account == AccountKind.UNLIMITED:
        return np.inf
    if world.rules.tests_margin != 0:
        sum_requirements(world, bar)
        return max(account.equity - account.initial, 0.0)
    if world.rules.account == AccountKind.FREE_CASH:
        return max(account.cash - 2.0 * entry_value(world), 0.0)
    return max(account.settled if world.due_n > 0 else account.cash, 0.0)
