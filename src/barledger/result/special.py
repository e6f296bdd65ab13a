"""The special memorandum account of Regulation T (12 CFR 220.5): a high-water line of excess."""

from typing import Any

import numpy as np
import numpy.typing as npt

from barledger.kernel.codes import Category
from barledger.result.book import Book

Floats = npt.NDArray[np.float64]
# What moves it in full: money in and out, and what holdings pay and cost.
WHOLE = (
    Category.DEPOSIT, Category.WITHDRAWAL, Category.DIVIDEND, Category.INTEREST, Category.BORROW,
    Category.REBATE, Category.CASH_IN_LIEU, Category.VARIATION, Category.WRITE_OFF, Category.FX,
)  # fmt: skip


def memorandum(book: Book) -> Floats:
    """Return the special memorandum account at each close, (T,).

    SMA = max(SMA before ± what happened, equity - rate · value of securities). Money in or out,
    dividends and interest count in full, fees too; purchases and short sales take the initial rate
    of their value, sales and covers give it back. A fall of prices does not lower it. Below 0 it is
    a Regulation T call.
    """
    whole = book.whole or book
    rate = book.opening_rate
    n_bars = whole.n_bars
    moved = np.zeros(n_bars)
    fills, entries = whole.fills, whole.entries
    paid = ~book.margined[fills["asset"]]
    value = np.abs(book.value_of(fills, "price"))
    by_fill = np.where(fills["closes"] != 0, rate, -rate) * value * paid - fills["fee"]
    by_fill += np.where(paid, 0.0, fills["amount"])
    np.add.at(moved, fills["bar"], by_fill)
    rows = entries[np.isin(entries["category"], WHOLE)]
    np.add.at(moved, rows["bar"], rows["amount"])
    excess = whole.closes.equity - rate * _securities(whole, n_bars)[1:]
    first = whole.initial_equity - rate * _securities(whole, n_bars)[0]
    total = np.concatenate([[0.0], moved.cumsum()])
    line = np.maximum.accumulate(np.concatenate([[first], excess]) - total) + total
    found: Floats = line[1:][book.first : book.stop]
    return found


def _securities(book: Book, n_bars: int) -> Floats:
    """Return the value of securities, long and short, before the first bar and at each close."""
    rows: Any = book.holdings[~book.margined[book.holdings["asset"]]]
    return np.bincount(
        rows["bar"] + 1, np.abs(book.value_of(rows, "mark")), minlength=n_bars + 1
    ).astype(np.float64)
