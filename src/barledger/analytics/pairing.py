"""Fills paired into trades: round trips from flat to flat, or first in, first out."""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.codes import Category
from barledger.kernel.types import EntryRow, FillRow, Floats, Ints, dtype_of
from barledger.kernel.world import Rows


class TradeRow:
    """One trade. Quantity is signed (+ long), in units at its end; `exit_bar` -1: still open."""

    quantity: float
    entry_price: float
    exit_price: float
    fees: float
    pnl: float
    asset: int
    entry_bar: int
    exit_bar: int


class OpenRow:
    """What one asset's trade that is still open has seen so far."""

    quantity: float
    entered: float
    entry_value: float
    left: float
    exit_value: float
    fees: float
    entry_bar: int
    first: int
    last: int


class LotRow:
    """One opening fill that is not closed yet; `next` is the one after it of the same asset."""

    quantity: float
    price: float
    fee: float
    bar: int
    next: int


TRADE, OPEN, LOT = dtype_of(TradeRow), dtype_of(OpenRow), dtype_of(LotRow)


@compiled(entry=True)
def pair(
    fills: Rows[FillRow],
    entries: Rows[EntryRow],
    multipliers: Floats,
    marks: Floats,
    is_fifo: bool,
    opens: Rows[OpenRow],
    lots: Rows[LotRow],
    trades: Rows[TradeRow],
    spare: Ints,
) -> int:
    """Write the trades of one account; returns how many. `spare[0]` counts lots."""
    n = 0
    entry = 0
    for fill in range(fills.size + 1):
        while entry < entries.size and entries[entry].after <= fill:
            n = pair_entry(entries[entry], multipliers, is_fifo, opens, lots, trades, n)
            entry += 1
        if fill < fills.size:
            row = fills[fill]
            n = pair_fill(
                int(row.asset),
                int(row.bar),
                row.quantity,
                row.price,
                row.fee,
                row.closes != 0,
                multipliers,
                is_fifo,
                opens,
                lots,
                spare,
                trades,
                n,
            )
    for asset in range(opens.size):
        if opens[asset].quantity != 0.0:
            n = end_open(asset, marks[asset], multipliers, is_fifo, opens, lots, trades, n)
    return n


@compiled
def pair_entry(
    entry: EntryRow,
    multipliers: Floats,
    is_fifo: bool,
    opens: Rows[OpenRow],
    lots: Rows[LotRow],
    trades: Rows[TradeRow],
    n: int,
) -> int:
    """Apply a split, or the cash paid for the fraction it left, to the trade of its asset."""
    asset = int(entry.asset)
    if entry.category == Category.SPLIT:
        trade = opens[asset]
        trade.quantity *= entry.quantity
        trade.entered *= entry.quantity
        trade.left *= entry.quantity
        lot = trade.first
        while is_fifo and lot >= 0:
            lots[lot].quantity *= entry.quantity
            lots[lot].price /= entry.quantity
            lot = lots[lot].next
    elif entry.category == Category.CASH_IN_LIEU:
        n = close_trade(
            asset,
            int(entry.bar),
            entry.quantity,
            entry.price,
            0.0,
            multipliers,
            is_fifo,
            opens,
            lots,
            trades,
            n,
        )
    return n


@compiled
def pair_fill(
    asset: int,
    bar: int,
    quantity: float,
    price: float,
    fee: float,
    closes: bool,
    multipliers: Floats,
    is_fifo: bool,
    opens: Rows[OpenRow],
    lots: Rows[LotRow],
    spare: Ints,
    trades: Rows[TradeRow],
    n: int,
) -> int:
    """Add a fill to the trade of its asset, or close with it."""
    if closes:
        return close_trade(
            asset, bar, quantity, price, fee, multipliers, is_fifo, opens, lots, trades, n
        )
    trade = opens[asset]
    if trade.quantity == 0.0:
        trade.entry_bar = bar
        trade.first = -1
        trade.last = -1
    trade.quantity += quantity
    trade.entered += quantity
    trade.entry_value += quantity * price
    trade.fees += fee
    if is_fifo:
        lot = lots[spare[0]]
        lot.quantity = quantity
        lot.price = price
        lot.fee = fee
        lot.bar = bar
        lot.next = -1
        if trade.last >= 0:
            lots[trade.last].next = spare[0]
        else:
            trade.first = spare[0]
        trade.last = spare[0]
        spare[0] += 1
    return n


@compiled
def close_trade(
    asset: int,
    bar: int,
    quantity: float,
    price: float,
    fee: float,
    multipliers: Floats,
    is_fifo: bool,
    opens: Rows[OpenRow],
    lots: Rows[LotRow],
    trades: Rows[TradeRow],
    n: int,
) -> int:
    """Take a closing fill from the trade of its asset."""
    trade = opens[asset]
    if is_fifo:
        n = close_lots(asset, bar, quantity, price, fee, multipliers, opens, lots, trades, n)
    trade.left -= quantity
    trade.exit_value -= quantity * price
    trade.fees += fee
    trade.quantity += quantity
    if abs(trade.quantity) <= 1e-9 * abs(trade.entered):
        if not is_fifo:
            gained = (trade.exit_value - trade.entry_value) * multipliers[asset] - trade.fees
            row = trades[n]
            row.asset = asset
            row.quantity = trade.entered
            row.entry_bar = trade.entry_bar
            row.entry_price = trade.entry_value / trade.entered
            row.exit_bar = bar
            row.exit_price = trade.exit_value / trade.left
            row.fees = trade.fees
            row.pnl = gained
            n += 1
        forget(trade)
    return n


@compiled
def forget(trade: OpenRow) -> None:
    """Clear what a finished trade has left."""
    trade.quantity = 0.0
    trade.entered = 0.0
    trade.entry_value = 0.0
    trade.left = 0.0
    trade.exit_value = 0.0
    trade.fees = 0.0


@compiled
def close_lots(
    asset: int,
    bar: int,
    quantity: float,
    price: float,
    fee: float,
    multipliers: Floats,
    opens: Rows[OpenRow],
    lots: Rows[LotRow],
    trades: Rows[TradeRow],
    n: int,
) -> int:
    """Close the oldest lots with a fill: one trade a lot, fees by share of quantity."""
    trade = opens[asset]
    left = -quantity
    while trade.first >= 0 and abs(left) > 1e-9 * abs(quantity):
        lot = lots[trade.first]
        part = left if abs(left) < abs(lot.quantity) else lot.quantity
        fees = fee * (part / -quantity) + lot.fee * (part / lot.quantity)
        n = write_trade(
            trades, n, asset, part, int(lot.bar), lot.price, bar, price, fees, multipliers[asset]
        )
        lot.fee -= lot.fee * (part / lot.quantity)
        lot.quantity -= part
        left -= part
        if abs(lot.quantity) <= 1e-9 * abs(part):
            trade.first = lot.next
            if trade.first < 0:
                trade.last = -1
    return n


@compiled
def write_trade(
    trades: Rows[TradeRow],
    n: int,
    asset: int,
    quantity: float,
    entry_bar: int,
    entry_price: float,
    exit_bar: int,
    exit_price: float,
    fees: float,
    multiplier: float,
) -> int:
    """Write one trade; returns how many there are now."""
    row = trades[n]
    row.asset = asset
    row.quantity = quantity
    row.entry_bar = entry_bar
    row.entry_price = entry_price
    row.exit_bar = exit_bar
    row.exit_price = exit_price
    row.fees = fees
    row.pnl = quantity * multiplier * (exit_price - entry_price) - fees
    return n + 1


@compiled
def end_open(
    asset: int,
    mark: float,
    multipliers: Floats,
    is_fifo: bool,
    opens: Rows[OpenRow],
    lots: Rows[LotRow],
    trades: Rows[TradeRow],
    n: int,
) -> int:
    """Write what is still open at its last mark."""
    trade = opens[asset]
    if not is_fifo:
        exit_value = trade.exit_value + trade.quantity * mark
        row = trades[n]
        row.asset = asset
        row.quantity = trade.entered
        row.entry_bar = trade.entry_bar
        row.entry_price = trade.entry_value / trade.entered
        row.exit_bar = -1
        row.exit_price = np.nan
        row.fees = trade.fees
        row.pnl = (exit_value - trade.entry_value) * multipliers[asset] - trade.fees
        return n + 1
    lot = trade.first
    while lot >= 0:
        opening = lots[lot]
        n = write_trade(
            trades,
            n,
            asset,
            opening.quantity,
            int(opening.bar),
            opening.price,
            -1,
            mark,
            opening.fee,
            multipliers[asset],
        )
        trades[n - 1].exit_price = np.nan
        lot = opening.next
    return n
