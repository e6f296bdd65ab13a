"""Records as polars frames: labels instead of codes, one row a record, accounts one below the other."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from barledger.kernel import codes
from barledger.kernel.types import ENTRY, ORDER
from barledger.lowering.carried import tell_terms, with_terms
from barledger.result.book import Book

Rows = npt.NDArray[Any]
Times = npt.NDArray[Any]


class Labels:
    """Times and names of the bars that the records count in."""

    def __init__(self, times: Times, assets: Sequence[str]) -> None:
        self.times = pl.Series("time", times)
        self.assets = pl.Series("asset", list(assets), dtype=pl.String)

    def time_of(self, bars: Rows) -> pl.Series:
        """Return the time of each bar number; null below 0."""
        return self.times.gather(_index(bars))

    def asset_of(self, book: Book, columns: Rows) -> pl.Series:
        """Return the name of each of an account's columns; null below 0."""
        return self.assets.gather(
            _index(np.where(columns < 0, -1, book.columns[np.maximum(columns, -1)]))
        )

    def where(self, book: Book, rows: Rows) -> dict[str, Any]:
        """Return the columns with which every record begins."""
        return {
            "time": self.time_of(rows["bar"]),
            "bar": rows["bar"].astype(np.int64),
            "account": pl.repeat(book.label, len(rows), dtype=pl.String, eager=True),
            "asset": self.asset_of(book, rows["asset"]),
        }


def stacked(books: Sequence[Book], make: Callable[[Book], pl.DataFrame]) -> pl.DataFrame:
    """Return the accounts' frames one below the other."""
    return pl.concat([make(book) for book in books])


def orders(book: Book, labels: Labels) -> pl.DataFrame:
    """Return orders in the order of their numbers; those still waiting come last, as expired."""
    book.need("full")
    rows = np.concatenate([with_terms(book.orders), _expired(book)])
    first = first_order(book)
    fills = (book.whole or book).fills  # those of an order may begin before the part shown
    filled = np.zeros(first + len(rows) + len(fills))
    np.add.at(filled, fills["order"], fills["quantity"])
    return pl.DataFrame(
        {
            **labels.where(book, rows),
            "order": np.arange(first, first + len(rows)),
            "quantity": _known(rows["quantity"]),
            "filled": filled[first : first + len(rows)],
            "price": _known(rows["price"]),
            "state": words(codes.State, rows["state"]),
            "reason": words(codes.Reason, rows["reason"]),
            "cause": words(codes.Cause, rows["cause"]),
            "placed": labels.time_of(rows["placed"]),
            **terms(rows),
            "tif": words(codes.TimeInForce, rows["tif"], none=None),
            "until": _dates(rows["last_day"]),
        }
    )


def terms(rows: Rows) -> dict[str, pl.Series]:
    """Return what orders waited for: their kind, and the prices as they were in the end."""
    return {
        "kind": words(codes.OrderKind, rows["kind"], none=None),
        "level": _known(rows["level"]),
        "stop": _known(rows["stop"]),
    }


def _dates(days: Rows) -> pl.Series:
    """Return days since 1970 as dates; null below 0."""
    dates = np.asarray(days, np.int64).astype("datetime64[D]")
    return pl.Series(np.where(days < 0, np.datetime64("NaT", "D"), dates), dtype=pl.Date)


def first_order(book: Book) -> int:
    """Return the number of a book's first order: its place among all of the account's orders."""
    whole = book.whole or book
    return int(np.searchsorted(whole.orders["bar"], book.first))


def _expired(book: Book) -> Rows:
    """Return rows for the orders that wait after the last bar and have filled nothing."""
    waiting = book.untold
    waiting = waiting[np.lexsort((waiting["asset"], waiting["placed"]))]
    rows = np.zeros(len(waiting), ORDER)
    tell_terms(rows, waiting)
    rows["quantity"] = rows["price"] = np.nan
    rows["bar"] = book.stop - 1
    rows["state"] = codes.State.EXPIRED
    rows["reason"] = codes.Reason.END_OF_DATA
    return rows


def fills(book: Book, labels: Labels) -> pl.DataFrame:
    """Return fills in the order in which they happened."""
    book.need("full")
    rows = book.fills
    whole = book.whole or book
    told = terms(with_terms(whole.orders[rows["order"]]))
    return pl.DataFrame(
        {
            **labels.where(book, rows),
            "order": rows["order"].astype(np.int64),
            "quantity": rows["quantity"],
            "price": rows["price"],
            "fee": rows["fee"],
            "slippage": rows["slippage"],
            "amount": rows["amount"],
            "closes": rows["closes"] != 0,
            "maker": rows["is_maker"] != 0,
            "reason": words(codes.Cause, whole.orders["cause"][rows["order"]], none=None),
            "kind": told["kind"],
            "level": told["level"],
        }
    )


def rejections(book: Book, labels: Labels) -> pl.DataFrame:
    """Return the orders that did not fill in full, and why."""
    table = orders(book, labels).filter(pl.col("reason").is_not_null())
    names = ("time", "bar", "account", "asset", "reason")
    extra = ("order", "state", "price", "cause")
    return table.select(
        *names, pl.col("quantity").alias("wanted"), pl.col("filled").alias("done"), *extra
    )


def trades(book: Book, labels: Labels) -> pl.DataFrame:
    """Return trades, those still open last, valued at their last mark."""
    rows = book.trades
    paid = np.abs(book.value_of(rows, "entry_price"))
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = np.where(paid > 0.0, rows["pnl"] / paid, np.nan)
    return pl.DataFrame(
        {
            "account": pl.repeat(book.label, len(rows), dtype=pl.String, eager=True),
            "asset": labels.asset_of(book, rows["asset"]),
            "direction": _choose(rows["quantity"] > 0.0, "long", "short"),
            "quantity": rows["quantity"],
            "entry_time": labels.time_of(rows["entry_bar"]),
            "entry_price": rows["entry_price"],
            "exit_time": labels.time_of(rows["exit_bar"]),
            "exit_price": _known(rows["exit_price"]),
            "fees": rows["fees"],
            "pnl": rows["pnl"],
            "return": gain,
            "status": _choose(rows["exit_bar"] >= 0, "closed", "open"),
            "entry_bar": _bar(rows["entry_bar"]),
            "exit_bar": _bar(rows["exit_bar"]),
            "exit_reason": exit_reasons(book, rows),
        }
    )


def exit_reasons(book: Book, trades: Rows) -> pl.Series:
    """Return what made the last closing fill of each trade; null where it is open, or not known."""
    whole = book.whole or book
    closings = whole.fills[whole.fills["closes"] != 0]
    n_assets = len(book.multipliers)
    keys = closings["bar"].astype(np.int64) * n_assets + closings["asset"]
    order = np.argsort(keys, kind="stable")
    wanted = trades["exit_bar"].astype(np.int64) * n_assets + trades["asset"]
    last = np.searchsorted(keys[order], wanted, side="right") - 1
    found = last >= 0
    found[found] = keys[order][last[found]] == wanted[found]
    causes = np.full(len(trades), -1)
    causes[found] = whole.orders["cause"][closings["order"][order][last[found]]]
    return words(codes.Cause, causes, none=None)


def positions(book: Book, labels: Labels) -> pl.DataFrame:
    """Return what was held at each close, one row a position."""
    rows = book.holdings[book.holdings["bar"] >= book.first]
    value, cost = book.value_of(rows, "mark"), book.value_of(rows, "average")
    return pl.DataFrame(
        {
            **labels.where(book, rows),
            "quantity": rows["quantity"],
            "average": rows["average"],
            "price": rows["mark"],
            "value": value,
            "unrealised": cost - value if book.is_inverse else value - cost,
        }
    )


def ledger(book: Book, labels: Labels) -> pl.DataFrame:
    """Return every movement of cash, in the order in which it was made.

    Summed in this order from the initial cash they give the cash at every instant, to the bit.
    """
    book.need("full")
    fills, entries = book.fills, book.entries
    n_fills, n_entries = len(fills), len(entries)
    whole = book.whole or book
    first = int(np.searchsorted(whole.fills["bar"], book.first))
    rows = np.zeros(n_entries + 2 * n_fills, ENTRY)
    rows[:n_entries] = entries
    for part in (rows[n_entries : n_entries + n_fills], rows[n_entries + n_fills :]):
        for name in ("bar", "asset", "quantity", "price"):
            part[name] = fills[name]
        part["category"] = codes.Category.TRADE
    rows["amount"][n_entries:] = np.concatenate([fills["amount"], -fills["fee"]])
    rows["category"][n_entries + n_fills :] = codes.Category.FEE
    turns = np.arange(n_fills) + first + 0.25
    turn = np.concatenate([entries["after"], turns, turns + 0.25])
    order = np.concatenate([np.full(n_entries, -1), fills["order"], fills["order"]])
    kept = np.argsort(turn, kind="stable")
    moves = (rows["amount"] != 0.0) | (rows["category"] == codes.Category.SPLIT)
    kept = kept[moves[kept]]
    rows = rows[kept]
    return pl.DataFrame(
        {
            **labels.where(book, rows),
            "category": words(codes.Category, rows["category"], none=None),
            "amount": rows["amount"],
            "order": _bar(order[kept]),
            "quantity": rows["quantity"],
            "price": rows["price"],
            "currency": pl.Series(moved_in(book, rows["asset"]), dtype=pl.String),
        }
    )


def moved_in(book: Book, assets: npt.NDArray[Any]) -> list[str]:
    """Return the currency of the balance that each entry has moved."""
    if book.converts:
        return [book.currency] * len(assets)
    others = sorted(set(book.currencies) - {book.currency})
    names = [*book.currencies, *reversed(others), book.currency]  # of none: -1, -2, … from the end
    return [names[asset] for asset in assets.tolist()]


def incidents(book: Book, labels: Labels) -> pl.DataFrame:
    """Return what is worth knowing and is neither an order nor a movement of cash."""
    book.need("full")
    rows = book.incidents
    return pl.DataFrame(
        {
            **labels.where(book, rows),
            "kind": words(codes.Incident, rows["kind"], none=None),
            "amount": rows["amount"],
            "level": _known(rows["level"]),
        }
    )


def words(enum: Any, numbers: Rows, none: str | None = "none") -> pl.Series:
    """Return codes as words; the word `none` becomes null, and a code below 0."""
    names = [str(member.name.lower()) for member in enum]
    names = [None if name == none else name for name in names]  # type: ignore[misc]
    return pl.Series(names, dtype=pl.String).gather(_index(numbers))


def _index(numbers: Rows) -> pl.Series:
    """Return numbers to gather by; null below 0."""
    return _bar(numbers)


def _bar(numbers: Rows) -> pl.Series:
    series = pl.Series(np.asarray(numbers, np.int64))
    return series.set(series < 0, None)


def _known(numbers: Rows) -> pl.Series:
    """Return numbers with null for NaN: not known, or not there."""
    return pl.Series(np.ascontiguousarray(numbers), nan_to_null=True)


def _choose(flags: Rows, yes: str, no: str) -> pl.Series:
    return pl.Series([no, yes], dtype=pl.String).gather(flags.astype(np.int64))
