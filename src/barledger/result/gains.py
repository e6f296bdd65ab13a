"""What prices did to each asset of an account, bar by bar, and on which side it was held."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from barledger.kernel.codes import Category
from barledger.result.book import Book

Floats = npt.NDArray[np.float64]
PRICED = (Category.TRADE, Category.VARIATION, Category.CASH_IN_LIEU)


class Gains(NamedTuple):
    """One asset: profit of each bar (T,) before slippage, fees and financing; its side (T + 1,).

    The side is 1, 0 or -1 before the first bar and after each close.
    """

    profit: Floats
    side: npt.NDArray[np.int8]


def gains(book: Book) -> Iterator[tuple[int, Gains]]:
    """Yield the gains of every asset that was held or traded, by its column of the bars.

    All profits of an account add up to the `prices` of its attribution.
    """
    book.need("full")
    entries = book.entries[np.isin(book.entries["category"], PRICED)]
    tables = [_by_asset(rows, len(book.columns)) for rows in (book.fills, entries, book.holdings)]
    for asset, column in enumerate(book.columns.tolist()):
        fills, moved, held = (rows[edges[asset] : edges[asset + 1]] for rows, edges in tables)
        if not len(fills) and not len(held):
            continue
        n_bars = book.stop - book.first
        profit, worth = np.zeros(n_bars), np.zeros(n_bars + 1)
        np.add.at(profit, fills["bar"] - book.first, fills["amount"] + fills["slippage"])
        np.add.at(profit, moved["bar"] - book.first, moved["amount"])
        side = np.zeros(n_bars + 1, np.int8)
        worth[held["bar"] - book.first + 1] = held["worth"]
        side[held["bar"] - book.first + 1] = np.sign(held["quantity"])
        yield column, Gains(profit + np.diff(worth), side)


def sizing(left: Book, right: Book, columns: dict[int, int]) -> float:
    """Return what size did to the difference of two accounts: right less left.

    It is the difference of their profits on the bars on which both were on the same side of an
    asset, before the bar and after it: what differs there is how much was held. `columns` are the
    columns of `right` by those of `left`, of the assets that both know.
    """
    others = dict(gains(right))
    total = 0.0
    for column, mine in gains(left):
        its = others.get(columns.get(column, -1))
        if its is None:
            continue
        same = mine.side == its.side
        total += float((its.profit - mine.profit)[same[:-1] & same[1:]].sum())
    return total


def _by_asset(rows: npt.NDArray[np.void], n_assets: int) -> tuple[npt.NDArray[np.void], list[int]]:
    """Return rows sorted by asset, and where each asset's begin."""
    order = np.argsort(rows["asset"], kind="stable")
    found = rows[order]
    return found, np.searchsorted(found["asset"], np.arange(n_assets + 1)).tolist()
