"""Fills as VectorBT's records: orders, trades by exit or by entry, positions."""

from typing import TYPE_CHECKING, Any

import numpy as np

from barledger.data.bars import Bars
from barledger.result import Result

if TYPE_CHECKING:
    import polars as pl

COLUMNS = (
    "account", "asset", "size", "entry_bar", "entry_price", "entry_fees", "exit_bar",
    "exit_price", "exit_fees", "pnl", "return", "direction", "status", "position",
)  # fmt: skip


class Held:
    """One position from flat to flat: its fills so far."""

    def __init__(self, account: str, asset: str, side: float, number: int) -> None:
        self.account, self.asset, self.side, self.number = account, asset, side, number
        self.entries: list[tuple[int, float, float, float]] = []  # bar, size, price, fee
        self.exits: list[tuple[int, float, float, float]] = []
        self.trades: list[tuple[Any, ...]] = []
        self.size = self.value = self.fees = 0.0

    def enter(self, bar: int, size: float, price: float, fee: float) -> None:
        """Add to it."""
        self.entries.append((bar, size, price, fee))
        self.size, self.value, self.fees = (
            self.size + size,
            self.value + size * price,
            self.fees + fee,
        )

    def leave(self, bar: int, size: float, price: float, fee: float, status: str) -> None:
        """Take from it: one trade by exit, at the average of what is held."""
        part = size / self.size
        entry_price, entry_fee = self.value / self.size, self.fees * part
        self.exits.append((bar, size, price, fee))
        first = self.entries[0][0]
        self.trades.append(
            self.trade(size, (first, entry_price, entry_fee), (bar, price, fee), status)
        )
        self.size, self.value = self.size - size, self.value * (1.0 - part)
        self.fees -= entry_fee

    def trade(
        self,
        size: float,
        entry: tuple[int, float, float],
        end: tuple[int, float, float],
        status: str,
    ) -> tuple[Any, ...]:
        """Return one row: the entry and the exit each as bar, price and fees."""
        pnl = self.side * size * (end[1] - entry[1]) - entry[2] - end[2]
        spent = size * entry[1]
        direction = "Long" if self.side > 0.0 else "Short"
        return (
            self.account, self.asset, size, *entry, *end, pnl, pnl / spent if spent else np.nan,
            direction, status, self.number,
        )  # fmt: skip

    def whole(self) -> tuple[float, tuple[int, float, float], tuple[int, float, float], str]:
        """Return all of it: size, entry, exit and status."""
        size, price, fees = totals(self.entries)
        _, exit_price, exit_fees = totals(self.exits)
        entry, end = (self.entries[0][0], price, fees), (self.exits[-1][0], exit_price, exit_fees)
        return size, entry, end, self.trades[-1][12]


def totals(fills: list[tuple[int, float, float, float]]) -> tuple[float, float, float]:
    """Return the size of some fills, their average price and their fees."""
    size = sum(fill[1] for fill in fills)
    return size, sum(fill[1] * fill[2] for fill in fills) / size, sum(fill[3] for fill in fills)


def bars_of(result: Result) -> Bars:
    """Return the bars that a result was made of."""
    if result.source is None:
        raise ValueError(
            "a result loaded from a file has no bars; use the one that the call returned"
        )
    return result.source.bars


def positions_of(result: Result) -> list[Held]:
    """Return every position, what is still open closed at the last close."""
    result.books[0].need("full")
    done: list[Held] = []
    for book in result.books:
        fills = book.fills
        last = book.n_bars - 1
        closes = bars_of(result)._close[-1, book.columns]
        for column in np.unique(fills["asset"]):
            asset = result.assets[int(book.columns[column])]
            held: Held | None = None
            for fill in fills[fills["asset"] == column]:
                bar, price, fee = int(fill["bar"]), float(fill["price"]), float(fill["fee"])
                quantity = float(fill["quantity"])
                if not fill["closes"]:
                    if held is None:
                        held = Held(book.label, asset, np.sign(quantity), len(done))
                        done.append(held)
                    held.enter(bar, abs(quantity), price, fee)
                elif held is not None:
                    held.leave(bar, abs(quantity), price, fee, "Closed")
                    if held.size <= 1e-9 * abs(quantity) + 1e-12:
                        held = None
            if held is not None:
                held.leave(last, held.size, float(closes[column]), 0.0, "Open")
    return done


def rows_of(position: Held, kind: str) -> list[tuple[Any, ...]]:
    """Return the rows of one position."""
    if kind == "exit":
        return position.trades
    size, entry, end, status = position.whole()
    if kind == "position":
        return [position.trade(size, entry, end, status)]
    return [
        position.trade(part, (bar, price, fee), (end[0], end[1], end[2] * part / size), status)
        for bar, part, price, fee in position.entries
    ]


def trades(result: Result, kind: str = "exit") -> "pl.DataFrame":
    """Return trades as VectorBT counts them.

    Parameters
    ----------
    result
        A fully recorded result.
    kind
        ``"exit"`` (default): one for each exit, from the average entry; ``"entry"``: one for each
        entry, to the average exit; ``"position"``: one from flat to flat. What is open is reckoned
        to the last close, its status ``"Open"``.
    """
    import polars as pl

    if kind not in ("exit", "entry", "position"):
        raise ValueError(f"kind must be 'exit', 'entry' or 'position', was {kind!r}")
    rows = [row for position in positions_of(result) for row in rows_of(position, kind)]
    kinds: dict[str, pl.DataType] = dict.fromkeys(COLUMNS, pl.Float64())
    kinds |= dict.fromkeys(("account", "asset", "direction", "status"), pl.String())
    kinds |= dict.fromkeys(("entry_bar", "exit_bar", "position"), pl.Int64())
    return pl.DataFrame(rows, schema=kinds, orient="row")
