"""Runs of bars on which nothing can happen, marked in one tight pass.

A bar is skipped only when it is surely quiet; NaN and doubt go to the careful path, which writes
the same bits on a quiet bar. Nothing is written past the end of a run: what a later bar would have
shown must not be seen.
"""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.codes import AccountKind, WhenAdded
from barledger.kernel.fills import can_trade
from barledger.kernel.ledger import mark, value
from barledger.kernel.levels import follow, follows, stop_level
from barledger.kernel.limits import is_below, loss_level
from barledger.kernel.margin import maintenance_of, safe_price
from barledger.kernel.metrics import feed_block
from barledger.kernel.perpetual import is_leg_safe
from barledger.kernel.spanned import span_need
from barledger.kernel.stops import extreme_of
from barledger.kernel.types import BLOCK, RELATIVE, AccountRow, Floats, RulesRow
from barledger.kernel.wings import wing
from barledger.kernel.world import (
    World,
    buffer_of,
    close_line_of,
    close_of,
    contracts_of,
    days_of,
    equity_of,
    held_of,
    high_line_of,
    low_line_of,
    mark_close_of,
    mark_high_of,
    mark_low_of,
    mark_open_of,
    open_line_of,
    open_of,
    positions_of,
    stops_of,
)
from barledger.kernel.worth import points


@compiled
def is_calm(account: AccountRow) -> bool:
    """Whether nothing is pending that the next bar has to serve."""
    pending = account.n_live | account.rolling | account.call | account.flatten | account.breached
    return pending == 0 and (account.is_bankrupt == 0 or account.n_held == 0)


@compiled
def put(world: World, bar: int, equity: float) -> None:
    """Record equity at the close of one bar."""
    world.metrics.held += world.account.n_held > 0
    if world.equity_n > 0:
        equity_of(world)[bar] = equity
    elif world.buffer_n > 0:
        buffer_of(world)[world.metrics.filled] = equity
        world.metrics.filled += 1
        end_block(world, bar + 1)


@compiled
def end_block(world: World, end: int) -> None:
    """Feed the statistics when a block of bars is complete."""
    if end % BLOCK == 0:
        feed_block(world)


@compiled
def fill_equity(out: Floats, equity: float) -> None:
    """Write one number everywhere."""
    for i in range(out.size):
        out[i] = equity


@compiled
def run_flat(world: World, bar: int, end: int) -> int:
    """Bars [bar, end) with nothing held: equity stays."""
    equity = world.account.cash
    if world.equity_n > 0:
        fill_equity(equity_of(world)[bar:end], equity)
    elif world.buffer_n > 0:
        while bar < end:
            stop = min((bar // BLOCK + 1) * BLOCK, end)
            filled = world.metrics.filled
            fill_equity(buffer_of(world)[filled : filled + stop - bar], equity)
            world.metrics.filled += stop - bar
            end_block(world, stop)
            bar = stop
    return end


@compiled
def mark_all(close: Floats, cash: float, exposure: float, base: float, out: Floats) -> None:
    """Equity of one position at each close."""
    for i in range(out.size):
        out[i] = cash + exposure * (close[i] - base)


@compiled
def within(prices: Floats, low: float, high: float) -> bool:
    """Whether every price lies inside a band; NaN does not."""
    count = 0
    for i in range(prices.size):
        count += (prices[i] > low) & (prices[i] < high)
    return count == prices.size


@compiled
def first_outside(prices: Floats, low: float, high: float) -> int:
    """Place of the first price that is not surely inside a band."""
    if within(prices, low, high):
        return prices.size
    i = 0
    while prices[i] > low and prices[i] < high:
        i += 1
    return i


@compiled
def safe_stop(world: World, bar: int, end: int, low: float, high: float, has_stops: bool) -> int:
    """First bar of [bar, end) on which the one asset held leaves a band, or has no price."""
    stop = bar + first_outside(close_line_of(world)[bar:end], low, high)
    if has_stops or needs_test(world.rules):
        if world.rules.has_open != 0:
            stop = bar + first_outside(open_line_of(world)[bar:stop], low, high)
        if has_stops or world.rules.tests_extremes != 0:
            stop = bar + first_outside(low_line_of(world)[bar:stop], low, high)
            stop = bar + first_outside(high_line_of(world)[bar:stop], low, high)
    return stop


@compiled
def run_one(world: World, bar: int, end: int, low: float, high: float, has_stops: bool) -> int:
    """Bars [bar, end) with the one asset held: mark up to the first that needs care."""
    closes = close_line_of(world)
    cash = world.account.cash
    position = positions_of(world)[0]
    exposure = position.exposure
    base = position.base
    start = bar
    block = bar
    while bar == block and bar < end:
        block = min((bar // BLOCK + 1) * BLOCK, end)
        stop = safe_stop(world, bar, block, low, high, has_stops)
        if world.equity_n > 0:
            mark_all(closes[bar:stop], cash, exposure, base, equity_of(world)[bar:stop])
        elif world.buffer_n > 0 and stop > bar:
            filled = world.metrics.filled
            out = buffer_of(world)[filled : filled + stop - bar]
            mark_all(closes[bar:stop], cash, exposure, base, out)
            world.metrics.filled += stop - bar
            end_block(world, stop)
        bar = stop
    if bar > start:
        world.metrics.held += bar - start
        position.mark = closes[bar - 1]
        value(world)
    return bar


@compiled
def needs_test(rules: RulesRow) -> bool:
    """Whether a held position can bring this account into trouble between two orders."""
    return rules.account != AccountKind.CASH or rules.has_loss_limits != 0


OPEN, EXTREME, CLOSE = 0, 1, 2  # the instants at which an account is tested


@compiled
def price_at(world: World, bar: int, asset: int, instant: int) -> float:
    """Mark, in points, of one asset held at an instant; at an extreme NaN where there is none."""
    position = positions_of(world)[asset]
    contract = contracts_of(world)[asset]
    if instant == EXTREME:
        table = mark_low_of(world) if position.quantity > 0.0 else mark_high_of(world)
        extreme: float = points(contract, table[bar, asset])
        return extreme
    price: float = mark_close_of(world)[bar, asset] if instant == CLOSE else np.nan
    if price != price and world.rules.has_open != 0:
        price = mark_open_of(world)[bar, asset]
    return points(contract, price) if price == price else position.mark


@compiled
def is_sound(world: World, bar: int, instant: int) -> bool:
    """Whether the account surely passes its tests at one instant's prices; writes nothing."""
    positions = positions_of(world)
    held = held_of(world)
    is_margined = world.rules.tests_margin != 0
    equity = world.account.cash
    scale = world.rules.initial_cash + abs(equity)
    need = 0.0
    for k in range(world.account.n_held):
        position = positions[held[k]]
        price = price_at(world, bar, held[k], instant)
        equity += position.exposure * (price - position.base)
        scale += abs(position.exposure * price)
        if is_margined:
            unit = maintenance_of(world, bar, held[k], position.quantity, price)
            need += abs(position.quantity) * unit
        if world.rules.account == AccountKind.PERP_ISOLATED:
            if is_leg_safe(world, held[k], price) == 0:
                return False
    if world.span_months_n > 0:
        need = span_need(world, -1, 0.0)
    if instant == CLOSE and world.rules.has_loss_limits != 0:
        if is_below(world.rules, equity, loss_level(world.rules, world.account)):
            return False
    return equity > need + 4.0 * RELATIVE * (scale + need)


@compiled
def is_quiet(world: World, bar: int) -> bool:
    """Whether no test of a bar can fail for what is held."""
    if world.rules.has_options != 0:
        return False
    if not needs_test(world.rules):
        return True
    if world.rules.has_loss_limits != 0 and days_of(world)[bar] != world.account.day:
        return False
    if world.rules.has_open != 0 and not is_sound(world, bar, OPEN):
        return False
    if world.rules.tests_extremes != 0 and not is_sound(world, bar, EXTREME):
        return False
    return is_sound(world, bar, CLOSE)


@compiled
def run_many(world: World, bar: int, end: int) -> int:
    """Bars [bar, end) with positions held: mark up to the first that needs care."""
    closes = mark_close_of(world)
    account = world.account
    has_stops = world.stops_n > 0
    while bar < end and is_quiet(world, bar):
        if has_stops and are_stops_quiet(world, bar) == 0:
            break
        if world.rules.has_open != 0:
            mark_missing(world, bar)
        mark(world, closes, bar)
        if world.rules.has_loss_limits != 0:
            account.peak = max(account.peak, account.equity)
        put(world, bar, account.equity)
        bar += 1
    return bar


@compiled
def mark_missing(world: World, bar: int) -> None:
    """Mark at the open what has no close on this bar."""
    opens = mark_open_of(world)
    closes = mark_close_of(world)
    held = held_of(world)
    for k in range(world.account.n_held):
        price = opens[bar, held[k]]
        if closes[bar, held[k]] != closes[bar, held[k]] and price == price:
            contract = contracts_of(world)[held[k]]
            positions_of(world)[held[k]].mark = points(contract, price)


@compiled
def narrowed(world: World, low: float, high: float) -> tuple[float, float]:
    """Band of the one asset held in which no stop of it is reached and none moves."""
    side = 1.0 if positions_of(world)[0].quantity > 0.0 else -1.0
    row = stops_of(world)[0]
    below = stop_level(row, row.peak)
    above = row.target if row.target == row.target else np.inf
    if row.peak < row.even_from:
        above = min(above, row.even_from)
    if row.peak < row.trail_from and row.trail == row.trail:
        above = min(above, row.trail_from)
    if side > 0.0:
        return max(low, below), min(high, above)
    return max(low, -above), min(high, -below)


@wing
def run_trailing(world: World, bar: int, end: int, low: float, high: float) -> int:
    """As `run_one` while a stop trails behind the one asset held."""
    position = positions_of(world)[0]
    row = stops_of(world)[0]
    side = 1.0 if position.quantity > 0.0 else -1.0
    highs = high_line_of(world) if side > 0.0 else low_line_of(world)
    lows = low_line_of(world) if side > 0.0 else high_line_of(world)
    closes = close_line_of(world)
    cash = world.account.cash
    start = bar
    while bar < end and bar < row.until:
        best = side * highs[bar]
        worst = side * lows[bar]
        close = closes[bar]
        peak = max(row.peak, best)
        level = stop_level(row, peak)
        is_inside = worst > level and not best >= row.target and side * close > level
        is_inside = is_inside and close > low and close < high and best == best
        if world.rules.has_open != 0:
            first = open_of(world)[bar, 0]
            is_inside = is_inside and first > low and first < high
            is_inside = is_inside and side * first > level and side * first <= best
        if world.rules.tests_extremes != 0:
            is_inside = is_inside and min(lows[bar], highs[bar]) > low
            is_inside = is_inside and max(lows[bar], highs[bar]) < high
        if not is_inside:
            break
        row.peak = peak
        put(world, bar, cash + position.exposure * (close - position.base))
        bar += 1
    if bar > start:
        position.mark = closes[bar - 1]
        value(world)
    return bar


@wing
def are_stops_quiet(world: World, bar: int) -> int:
    """Whether no stop of what is held is reached on a bar; then the best prices are followed."""
    held = held_of(world)
    n_held = world.account.n_held
    for k in range(n_held):
        if not is_stop_quiet(world, bar, held[k], False):
            return 0
    for k in range(n_held):
        is_stop_quiet(world, bar, held[k], True)
    return 1


@compiled
def is_stop_quiet(world: World, bar: int, asset: int, moves: bool) -> bool:
    """Whether one asset's bar surely reaches no stop, along any path; `moves` follows its best."""
    side = 1.0 if positions_of(world)[asset].quantity > 0.0 else -1.0
    row = stops_of(world)[asset]
    best = extreme_of(world, bar, asset, side)
    worst = -extreme_of(world, bar, asset, -side)
    close = side * close_of(world)[bar, asset]
    if world.rules.has_open != 0:
        first = side * open_of(world)[bar, asset]
        if not (first <= best and first >= worst):
            return False
    if not can_trade(world, bar, asset, close) or bar >= row.until:
        return False
    if moves:
        follow(world, row, best)
        return True
    peak = max(row.peak, best) if follows(world, row) else row.peak
    level = stop_level(row, peak)
    return best == best and worst > level and close > level and not best >= row.target


@compiled
def run_single(world: World, bar: int, end: int, low: float, high: float) -> int:
    """Bars [bar, end) with the one asset held, its tests passed between `low` and `high`."""
    if world.stops_n == 0:
        return run_one(world, bar, end, low, high, False)
    row = stops_of(world)[0]
    is_plain = world.high_n > 0 and world.low_n > 0 and world.tradable_n == 0
    if not is_plain or world.rules.when_added == WhenAdded.RESET:
        return run_many(world, bar, end)
    if row.trail == row.trail and row.peak >= row.trail_from:
        return run_trailing(world, bar, end, low, high)
    if row.until < end:
        end = max(bar, int(row.until))
    low, high = narrowed(world, low, high)
    return run_one(world, bar, end, low, high, True)


@compiled
def run_quiet(world: World, bar: int, end: int) -> int:
    """Bars [bar, end) without wishes or events; returns the first that needs care, or `end`."""
    rules = world.rules
    if world.account.n_held == 0:
        return run_flat(world, bar, end)
    is_simple = rules.has_loss_limits + rules.has_dated_margin + rules.has_marks == 0
    is_simple = is_simple and rules.has_options + world.span_months_n == 0
    if world.n_assets == 1 and is_simple and rules.has_inverse == 0:
        edge = safe_price(world, bar)
        is_long = positions_of(world)[0].quantity > 0.0
        if rules.account == AccountKind.CASH:
            return run_single(world, bar, end, 0.0, np.inf)
        if edge == edge:
            low, high = (edge, np.inf) if is_long else (0.0, edge)
            return run_single(world, bar, end, low, high)
    return run_many(world, bar, end)
