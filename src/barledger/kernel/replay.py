"""Recorded fills and entries through the same ledger: what the account looked like at each close.

The ledger knows no strategy and no broker: whoever made the fills, the same cash comes out.
"""

from barledger._jit import compiled
from barledger.kernel.carry import start_bar
from barledger.kernel.codes import Category, EventKind
from barledger.kernel.ledger import (
    close_quantity,
    end_trade,
    mark,
    move_cash,
    open_quantity,
    pay,
    set_rate,
    settle_future,
    settle_purchase,
    settle_sale,
    split_position,
    value,
)
from barledger.kernel.margin import sum_requirements
from barledger.kernel.perpetual import set_brackets
from barledger.kernel.types import EntryRow, FillRow, Floats, HoldingRow
from barledger.kernel.world import (
    Rows,
    World,
    contracts_of,
    events_of,
    held_of,
    mark_close_of,
    mark_open_of,
    positions_of,
)
from barledger.kernel.worth import points

CASH, SETTLED, EQUITY, GROSS, NET, INITIAL, MAINTENANCE = range(7)


@compiled(entry=True)
def replay(
    worlds: Rows[World],
    fills: Rows[FillRow],
    entries: Rows[EntryRow],
    out: Floats,
    holdings: Rows[HoldingRow],
) -> int:
    """Apply fills and entries in their order; write seven rows (7, T) of the account at each close.

    `out` may have no rows. `holdings` takes what is held before the first bar (bar -1) and at each
    close, as far as it has rows; returns how many rows there are in all.
    """
    world = worlds[0]
    fill = 0
    entry = 0
    n = write_holdings(world, -1, holdings, 0)
    for bar in range(world.n_bars):
        start_bar(world, bar)
        if world.events_n > 0:
            renew_terms(world, bar)
        while entry < entries.size and entries[entry].bar == bar:
            if not is_carried(entries[entry], fill):
                break
            while fill < entries[entry].after:  # what ended before it, such as a delisted stock
                apply_fill(world, fills[fill])
                fill += 1
            apply_entry(world, entries[entry])
            entry += 1
        if world.rules.has_open != 0:
            mark(world, mark_open_of(world), bar)
        is_marked = False
        is_done = False
        while not is_done:
            is_entry = entry < entries.size and entries[entry].after <= fill
            if is_entry and entries[entry].bar == bar:
                if entries[entry].category == Category.VARIATION and not is_marked:
                    mark(world, mark_close_of(world), bar)
                    is_marked = True
                apply_entry(world, entries[entry])
                entry += 1
            elif not is_entry and fill < fills.size and fills[fill].bar == bar:
                apply_fill(world, fills[fill])
                fill += 1
            else:
                is_done = True
        if not is_marked:
            mark(world, mark_close_of(world), bar)
        n = write_holdings(world, bar, holdings, n)
        if out.shape[0] > 0:
            write_close(world, bar, out)
    return n


@compiled
def is_carried(entry: EntryRow, fill: int) -> bool:
    """Whether an entry comes with a new bar, before anything trades: `fill` fills have been.

    Funding may also come inside the bar, after them.
    """
    category = entry.category
    if category == Category.FUNDING:
        return entry.after <= fill
    return (
        category != Category.VARIATION
        and category != Category.WRITE_OFF
        and category != Category.LIQUIDATION
    )


@compiled
def renew_terms(world: World, bar: int) -> None:
    """Set the rates of exchange, and the brackets, that are new on a bar."""
    events = events_of(world)
    account = world.account
    while account.next_event < world.events_n and events[account.next_event].bar <= bar:
        event = events[account.next_event]
        if event.kind == EventKind.RATE:
            set_rate(world, event.asset, event.value)
        elif event.kind == EventKind.BRACKETS:
            set_brackets(world, event)
        account.next_event += 1


@compiled
def apply_fill(world: World, fill: FillRow) -> None:
    """Apply one recorded fill to the ledger."""
    asset = int(fill.asset)
    position = positions_of(world)[asset]
    if fill.closes != 0:
        amount = close_quantity(world, asset, fill.quantity, fill.price)
        if world.due_n > 0:
            settle_sale(world, int(fill.bar), amount, fill.fee)
    else:
        amount = open_quantity(world, int(fill.bar), asset, fill.quantity, fill.price)
        if world.due_n > 0:
            settle_purchase(world, asset, fill.fee - amount)
    pay(world.account, position, amount, fill.fee)
    if position.quantity == 0.0:
        end_trade(world, asset)


@compiled
def apply_entry(world: World, entry: EntryRow) -> None:
    """Apply one recorded entry that no fill made."""
    asset = int(entry.asset)
    if entry.category == Category.SPLIT:
        split_position(world, asset, entry.quantity)
    elif entry.category == Category.VARIATION:
        settle_future(world, asset, entry.price)
    elif entry.category == Category.CASH_IN_LIEU:
        move_cash(world.account, close_quantity(world, asset, entry.quantity, entry.price))
        if positions_of(world)[asset].quantity == 0.0:
            end_trade(world, asset)
    else:
        move_cash(world.account, entry.amount)


@compiled
def write_close(world: World, bar: int, out: Floats) -> None:
    """Write what the account looks like at its marks."""
    account = world.account
    value(world)
    if world.rules.has_options != 0:
        account.at_close = 1
    if world.rules.tests_margin != 0:
        sum_requirements(world, bar)
    out[CASH, bar] = account.cash
    out[SETTLED, bar] = account.settled if world.due_n > 0 else account.cash
    out[EQUITY, bar] = account.equity
    out[GROSS, bar] = account.gross
    out[NET, bar] = -account.net if world.rules.has_inverse != 0 else account.net
    out[INITIAL, bar] = account.initial
    out[MAINTENANCE, bar] = account.maintenance


@compiled
def write_holdings(world: World, bar: int, holdings: Rows[HoldingRow], n: int) -> int:
    """Write a row for each position while there is room; returns how many there are now."""
    held = held_of(world)
    for k in range(world.account.n_held):
        if n + k < holdings.size:
            position = positions_of(world)[held[k]]
            row = holdings[n + k]
            row.bar = bar
            row.asset = held[k]
            row.quantity = position.quantity
            contract = contracts_of(world)[held[k]]
            row.average = points(contract, position.average)
            row.mark = points(contract, position.mark)
            row.worth = position.exposure * (position.mark - position.base)
    return n + world.account.n_held
