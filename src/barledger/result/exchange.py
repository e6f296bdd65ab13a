"""Several currencies in one account: what rates of exchange did, and what there is of each."""

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from barledger.analytics.trades import pair_trades
from barledger.kernel.codes import Category
from barledger.result.book import Book
from barledger.result.gains import gains
from barledger.result.tables import Labels

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[Any]


def rate_gains(book: Book) -> dict[int, Floats]:
    """Return what rates did to each asset in another currency, by column of the account, (T,).

    What was held at the close before, at its price now, times the change of the rate. A position
    that was closed on the bar counts at the prices at which it was.
    """
    if book.rates is None:
        return {}
    book.need("full")
    foreign = np.flatnonzero((book.rates != 1.0).any(axis=0))
    return {int(asset): _gains_of(book, int(asset)) for asset in foreign}


def _gains_of(book: Book, asset: int) -> Floats:
    assert book.rates is not None
    n_bars, first = book.stop - book.first, book.first
    rates = book.rates[book.first : book.stop, asset]
    before = np.concatenate([book.rates[max(first - 1, 0) : max(first, 1), asset], rates[:-1]])
    rows = book.holdings[book.holdings["asset"] == asset]
    at = rows["bar"] - first + 1
    quantity, mark, worth = np.zeros((3, n_bars + 1))
    for name, column in (("quantity", quantity), ("mark", mark), ("worth", worth)):
        column[at] = rows[name]
    held, unit = quantity[:-1], book.multipliers[asset]
    with np.errstate(divide="ignore", invalid="ignore"):
        base = np.where(held != 0.0, mark[:-1] - worth[:-1] / (held * unit * before), 0.0)
    base[np.abs(base) <= 1e-9 * np.abs(mark[:-1])] = 0.0
    closed, value = _closed(book, asset, n_bars, held)
    splits = _splits(book, asset, n_bars)
    left = held * splits - closed
    now = np.where(quantity[1:] != 0.0, mark[1:], 0.0)
    points = value - closed * base / splits + left * (now - base / splits)
    return np.where(held != 0.0, (rates - before) * unit * points, 0.0)


def _closed(book: Book, asset: int, n_bars: int, held: Floats) -> tuple[Floats, Floats]:
    """Return how much of what was held at the close before each bar closed, and at what value."""
    fills = book.fills[(book.fills["asset"] == asset) & (book.fills["closes"] != 0)]
    quantity, value = np.zeros((2, n_bars))
    np.add.at(quantity, fills["bar"] - book.first, -fills["quantity"])
    np.add.at(value, fills["bar"] - book.first, -fills["quantity"] * fills["price"])
    most = np.where(quantity * held > 0.0, np.minimum(np.abs(quantity), np.abs(held)), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(most > 0.0, most / np.abs(quantity), 0.0)
    return quantity * share, value * share


def _splits(book: Book, asset: int, n_bars: int) -> Floats:
    rows = book.entries[book.entries["asset"] == asset]
    rows = rows[rows["category"] == Category.SPLIT]
    ratios = np.ones(n_bars)
    np.multiply.at(ratios, rows["bar"] - book.first, rows["quantity"])
    return ratios


def frame(book: Book, labels: Labels) -> pl.DataFrame:
    """Return what prices and rates did to each asset in another currency on each bar."""
    fx = rate_gains(book)
    columns = {int(column): place for place, column in enumerate(book.columns)}
    parts = []
    for column, its in gains(book):
        asset = columns[column]
        if asset in fx:
            rows = np.zeros(len(its.profit), [("bar", np.int64), ("asset", np.int64)])
            rows["bar"] = np.arange(book.first, book.stop)
            rows["asset"] = asset
            moved = (its.profit != 0.0) | (fx[asset] != 0.0)
            profit, rate = its.profit[moved], fx[asset][moved]
            both = {"price_pnl": profit - rate, "fx_pnl": rate}
            parts.append(pl.DataFrame({**labels.where(book, rows[moved]), **both}))
    if parts:
        return pl.concat(parts).sort("bar", maintain_order=True)
    nothing = np.zeros(0, [("bar", np.int64), ("asset", np.int64)])
    empty = np.zeros(0)
    return pl.DataFrame({**labels.where(book, nothing), "price_pnl": empty, "fx_pnl": empty})


def balances(book: Book) -> dict[str, Any]:
    """Return what there is of each currency at each close, in that currency."""
    book.need("full")
    own = book.currency
    found = {own: book.closes.cash.copy()}
    if book.rates is None or book.converts:
        return found
    n_bars = book.n_bars
    whole = book.whole or book
    fills, entries = whole.fills, whole.entries[whole.entries["category"] != Category.FX]
    for number, name in enumerate(sorted(set(book.currencies) - {own}), 1):
        asset = np.array([each == name for each in book.currencies])
        rates = book.rates[:, int(np.flatnonzero(asset)[0])]
        balance = np.zeros(n_bars)
        for rows, amounts in (
            (fills, fills["amount"] - fills["fee"]),
            (entries, entries["amount"]),
        ):
            of = rows["asset"]
            mine = np.where(of >= 0, asset[np.maximum(of, 0)], of == -1 - number)
            bars = rows["bar"][mine].astype(np.int64)
            np.add.at(balance, bars, amounts[mine] / rates[bars])
        gone = (entries["category"] == Category.WRITE_OFF) & (entries["asset"] == -1 - number)
        np.subtract.at(balance, entries["bar"][gone], entries["quantity"][gone])
        balance = balance.cumsum()[book.first : book.stop]
        found[name] = balance
        found[own] -= balance * rates[book.first : book.stop]
    return found


def in_account_money(
    book: Book, trades: Rows, fills: Rows, entries: Rows, marks: Floats, start: Rows, is_fifo: bool
) -> Rows:
    """Return trades whose profit is in the account's currency, each price at the rate of its bar.

    Of a future it is what the account was paid: variation at the rate of its day, closings at
    theirs. First in, first out it is the profit in points at the rate of the exit.
    """
    rates = book.rates
    assert rates is not None
    fills, entries, start = fills.copy(), entries.copy(), start.copy()
    last = book.stop - 1
    marks = marks * rates[last]
    for rows in (fills, entries, start):
        bars, assets = np.maximum(rows["bar"], 0), np.maximum(rows["asset"], 0)
        name = "average" if "average" in (rows.dtype.names or ()) else "price"
        rows[name] *= np.where(rows["asset"] >= 0, rates[bars, assets], 1.0)
    for asset in np.flatnonzero(book.margined):
        start["average"][start["asset"] == asset] = 0.0
        marks[asset] = _pay_closings(book, fills, entries, int(asset))
    converted = pair_trades(fills, entries, book.multipliers, marks, is_fifo=is_fifo, start=start)
    ends = np.where(trades["exit_bar"] >= 0, trades["exit_bar"], last)
    by_exit = (trades["pnl"] + trades["fees"]) * rates[ends, trades["asset"]] - trades["fees"]
    margined = book.margined[trades["asset"]]
    done = trades.copy()
    done["pnl"] = np.where(margined & is_fifo, by_exit, converted["pnl"])
    return done


def _pay_closings(book: Book, fills: Rows, entries: Rows, asset: int) -> float:
    """Set prices at which fills earn what was paid: nothing to open, all that came since to close.

    Returns the mark at which what is still held has earned the rest; writes prices of `fills`.
    """
    unit = book.multipliers[asset]
    mine = fills["asset"] == asset
    closings = np.flatnonzero(mine & (fills["closes"] != 0))
    paid = np.append(fills["amount"][closings], 0.0)
    varied = entries[(entries["asset"] == asset) & (entries["category"] == Category.VARIATION)]
    np.add.at(paid, np.searchsorted(closings, varied["after"]), varied["amount"])
    fills["price"][mine] = 0.0
    fills["price"][closings] = paid[:-1] / (-fills["quantity"][closings] * unit)
    held = book.holdings[
        (book.holdings["bar"] == book.stop - 1) & (book.holdings["asset"] == asset)
    ]
    if not len(held):
        return 1.0
    return float((paid[-1] + held["worth"][0]) / (held["quantity"][0] * unit))
