"""One asset's part of a result."""

from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from barledger.result.book import Book

if TYPE_CHECKING:
    from barledger.result.result import Result

SHOWN = 8  # trades in a notebook


@dataclass(frozen=True, eq=False)
class Part:
    """The records of one asset, and what it earned; equity belongs to the account alone."""

    result: "Result"
    asset: str

    @property
    def orders(self) -> pl.DataFrame:
        """Orders, as `Result.orders`."""
        return self._of(self.result.orders)

    @property
    def fills(self) -> pl.DataFrame:
        """Fills, as `Result.fills`."""
        return self._of(self.result.fills)

    @property
    def trades(self) -> pl.DataFrame:
        """Trades, as `Result.trades`."""
        return self._of(self.result.trades)

    @property
    def positions(self) -> pl.DataFrame:
        """Holdings at each close, as `Result.positions`."""
        return self._of(self.result.positions)

    @property
    def ledger(self) -> pl.DataFrame:
        """Movements of cash, as `Result.ledger`."""
        return self._of(self.result.ledger)

    @property
    def rejections(self) -> pl.DataFrame:
        """Orders that did not fill in full, as `Result.rejections`."""
        return self._of(self.result.rejections)

    @cached_property
    def profit(self) -> pl.DataFrame:
        """Profit since the first bar, realised and not, fees off: time, profit.

        The profits of all assets of an account, and its flows, add up to its equity.
        """
        return self.result.curves(lambda book: {"profit": self._profit(book)})

    def _profit(self, book: Book) -> np.ndarray:
        column = self.result.assets.index(self.asset)
        mine = np.flatnonzero(book.columns == column)
        n_bars = book.stop - book.first
        earned, worth = np.zeros(n_bars), np.zeros(n_bars + 1)
        for rows, amounts in (
            (book.fills, book.fills["amount"] - book.fills["fee"]),
            (book.entries, book.entries["amount"]),
        ):
            own = np.isin(rows["asset"], mine)
            np.add.at(earned, rows["bar"][own] - book.first, amounts[own])
        held = book.holdings[np.isin(book.holdings["asset"], mine)]
        worth[held["bar"] - book.first + 1] = held["worth"]
        profit: np.ndarray = np.cumsum(earned) + worth[1:] - worth[0]
        return profit

    def _of(self, frame: pl.DataFrame) -> pl.DataFrame:
        return frame.filter(asset=self.asset)

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self)[1:-1])}</p>{self.trades.head(SHOWN)._repr_html_()}"

    def __repr__(self) -> str:
        trades, fills = self.trades, self.fills
        earned = float(self.profit["profit"].gather_every(1).last() or 0.0)  # type: ignore[arg-type]
        return (
            f"<Part {self.asset}: {len(fills)} fills, {len(trades)} trades, "
            f"profit {earned:,.2f}, {len(self.rejections)} orders not filled in full>"
        )
