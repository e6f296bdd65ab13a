"""The short way through one variant: one asset, paid in full, at the market, without records.

Between two signals nothing happens, and on their bars nothing but one order, which need not queue.
What is done is done by the same functions as on the long way; whatever is not surely plain (both
signals at once, a sale that does not bring its fee) is handed over to it, bar by bar. Same bits.
"""

import sys
from collections.abc import Callable

import numpy as np

from barledger._jit import compiled
from barledger.kernel.codes import (
    AccountKind,
    Cause,
    Count,
    Fill,
    OrderKind,
    Reason,
    Repeat,
    Setting,
    SizeKind,
)
from barledger.kernel.costs import fee_of, fill_price, setting
from barledger.kernel.fills import fill_closing, fill_opening
from barledger.kernel.intents import LONG, LONG_EXIT
from barledger.kernel.ledger import mark, sizing_equity
from barledger.kernel.openings import (
    early_refusal,
    fit,
    is_share_of_cash,
    is_too_small,
    money_room,
    money_unit,
)
from barledger.kernel.orders import open_part
from barledger.kernel.quiet import end_block, is_calm, mark_all, put, run_flat, within
from barledger.kernel.sizing import cut, entry_size
from barledger.kernel.types import BLOCK, Floats, Ints, LiveRow
from barledger.kernel.world import (
    Rows,
    World,
    buffer_of,
    close_line_of,
    close_of,
    contracts_of,
    counts_of,
    equity_of,
    fill_line_of,
    fill_of,
    flags_of,
    live_of,
    open_line_of,
    open_of,
    positions_of,
    words_of,
)

IS_LITTLE = sys.byteorder == "little"  # of a word of flags, the lowest byte is the first cell
SERVED, IGNORED, UNSURE = 0, 1, 2


@compiled
def is_plain(world: World) -> bool:
    """Whether the short way knows everything that was asked for."""
    rules = world.rules
    features = world.stops_n + world.events_n + world.settlement_bars_n + world.taken_n
    features += world.due_n + world.months_n + world.orders_n + world.fills_n + world.entries_n
    features += rules.has_resting + rules.has_loss_limits + rules.has_caps + rules.is_freezing
    features += rules.tests_margin + rules.tests_extremes + world.tradable_n
    features += rules.has_impact + world.taken_up_n + rules.checks_submission
    is_one = world.n_assets == 1 and rules.lag == 1 and rules.account == AccountKind.CASH
    is_sized = rules.size_kind != SizeKind.RISK and rules.repeat == Repeat.IGNORE
    if features != 0 or not (is_one and is_sized and rules.max_positions > 0):
        return False
    has_prices = within(close_line_of(world), 0.0, np.inf)
    if rules.has_open != 0:
        has_prices = has_prices and within(open_line_of(world), 0.0, np.inf)
    return IS_LITTLE and has_prices and within(fill_line_of(world), 0.0, np.inf)


@compiled
def next_wish(words: Ints, cell: int) -> int:
    """First flagged cell at or after `cell`; beyond the last word where there is none.

    Of a word, the lowest bit that is set tells the first of its eight cells.
    """
    place = cell >> 3
    if place >= words.size:
        return place << 3
    word = int(words[place]) & (-1 << ((cell & 7) << 3))
    while word == 0:
        place += 1
        if place >= words.size:
            return place << 3
        word = int(words[place])
    lowest = word & -word
    k = 4 * ((lowest & 0xFFFFFFFF) == 0) + 2 * ((lowest & 0x0000FFFF0000FFFF) == 0)
    return (place << 3) + k + ((lowest & 0x00FF00FF00FF00FF) == 0)


@compiled
def run_plainly(worlds: Rows[World], loop: Callable[..., int]) -> int:
    """Run all bars of a plain world; `loop` is the long way. Returns what it would."""
    world = worlds[0]
    stop = world.n_bars
    words = words_of(world)
    closes = close_line_of(world)
    cell = next_wish(words, 0)
    bar = 0
    while bar < stop:
        outcome = UNSURE
        if is_calm(world.account) and world.account.is_bankrupt == 0:
            bar = run_calm(world, closes, bar, min(cell + 1, stop))
            if bar >= stop:
                break
            outcome = serve(world, bar, int(flags_of(world)[cell]))
        if outcome == UNSURE:
            done = loop(worlds, bar, bar + 1, True)
            if done != bar + 1:
                return done
            cell = next_wish(words, bar)
            bar += 1
        else:
            cell = next_wish(words, cell + 1)
            bar += 1 - outcome
    return loop(worlds, stop, stop, True)


@compiled
def run_calm(world: World, closes: Floats, bar: int, end: int) -> int:
    """Bars [bar, end) without wishes; returns `end`."""
    if world.account.n_held == 0:
        return run_flat(world, bar, end)
    position = positions_of(world)[0]
    world.metrics.held += end - bar
    while bar < end:
        stop = min((bar // BLOCK + 1) * BLOCK, end)
        if world.equity_n > 0:
            out = equity_of(world)[bar:stop]
        else:
            filled = world.metrics.filled
            out = buffer_of(world)[filled : filled + stop - bar]
            world.metrics.filled += stop - bar
        mark_all(closes[bar:stop], world.account.cash, position.exposure, position.base, out)
        if world.equity_n == 0:
            end_block(world, stop)
        position.mark = closes[stop - 1]
        bar = stop
    return end


@compiled
def serve(world: World, bar: int, flags: int) -> int:
    """One bar with the signals of the bar before; nothing has been changed when it is UNSURE."""
    is_held = positions_of(world)[0].quantity > 0.0
    if flags == (LONG if is_held else LONG_EXIT):
        counted = Count.REPEAT_IGNORED.value if is_held else Count.NO_POSITION.value
        counts_of(world)[counted] += 1
        return IGNORED
    market = fill_of(world)[bar, 0]
    if flags != LONG and flags != LONG_EXIT:
        return UNSURE
    order = prepared(world, bar, market)
    if order.number != order.number or left_after(world, bar, order) < 0.0:
        return UNSURE
    world.account.withheld = 0.0
    if world.rules.has_open != 0:
        mark(world, open_of(world), bar)
    if world.rules.fill != Fill.NEXT_OPEN:
        mark(world, close_of(world), bar)
    if is_held:
        leave(world, bar, order)
    else:
        enter(world, bar, order)
    mark(world, close_of(world), bar)
    put(world, bar, world.account.equity)
    return SERVED


@compiled
def prepared(world: World, bar: int, market: float) -> LiveRow:
    """Write the one order there is, as it comes to its turn."""
    order = live_of(world)[0]
    order.asset = 0
    order.placed = bar - 1
    order.order = -1
    order.cause = Cause.SIGNAL
    order.kind = OrderKind.MARKET
    order.named = OrderKind.MARKET
    order.is_frozen = 0
    order.number = setting(world, Setting.SIZE.value, bar - 1, 0)
    order.market = market
    order.price = market
    order.closed = 0.0
    order.close = 0.0
    order.open = 0.0
    order.side = 0
    order.most = np.inf
    order.reason = Reason.NONE
    return order


@compiled
def left_after(world: World, bar: int, order: LiveRow) -> float:
    """Cash when all that is held has been sold; the price of that is written into the order."""
    cash = world.account.cash
    quantity = positions_of(world)[0].quantity
    if quantity == 0.0:
        return cash
    order.price = fill_price(world, bar, 0, -1.0, quantity, order.market)
    fee = fee_of(world, bar, 0, quantity, order.price)
    return cash + quantity * contracts_of(world)[0].multiplier * order.price - fee


@compiled
def leave(world: World, bar: int, order: LiveRow) -> None:
    """Close what is held."""
    quantity = -positions_of(world)[0].quantity
    fill_closing(world, bar, 0, quantity, order.price, order.market, -1)


@compiled
def enter(world: World, bar: int, order: LiveRow) -> None:
    """Open as much as is wanted and fits."""
    world.account.snapshot = sizing_equity(world)
    size = entry_size(world, order, order.market, world.account.snapshot)
    if size != size:
        counts_of(world)[Count.NO_SIZE.value] += 1
        return
    order.side = 1
    order.open = size
    price = fill_price(world, bar, 0, 1.0, 0.0, order.market)
    quantity = all_of(world, bar, order, price)
    if quantity > 0.0:
        fill_opening(world, bar, 0, quantity, price, order.market, -1)
    else:
        open_part(world, bar, order, False)


@compiled
def all_of(world: World, bar: int, order: LiveRow, price: float) -> float:
    """Quantity of an opening that surely is done in full; 0: the long way must see it."""
    contract = contracts_of(world)[0]
    wanted = cut(order.open, contract.lot)
    if early_refusal(world, order, wanted, price, 0) != Reason.NONE:
        return 0.0
    unit = money_unit(world, bar, order, price)
    room = money_room(world)
    if is_share_of_cash(world, order):
        wanted = fit(world, bar, 0, price, wanted, unit, 1.0, order.number * room, 0.0)
    if wanted == 0.0 or (wanted == np.inf and unit == 0.0):
        return 0.0
    quantity = fit(world, bar, 0, price, wanted, unit, 1.0, room, 0.0)
    is_cut = quantity < wanted and wanted < np.inf
    is_little = quantity <= contract.dust or is_too_small(contract, quantity, price)
    return 0.0 if is_cut or is_little else quantity
