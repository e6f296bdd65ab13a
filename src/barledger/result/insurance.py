"""What an account's liquidations put into the exchange's insurance fund, or took out of it."""

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from barledger.kernel.codes import Category, Incident
from barledger.result.book import Book
from barledger.result.tables import Labels

Rows = npt.NDArray[Any]
ROW = np.dtype([("bar", np.int64), ("asset", np.int64), ("amount", np.float64)])


def frame(book: Book, labels: Labels) -> pl.DataFrame:
    """Return each payment to the fund (below 0: by it), and what they add up to.

    The ledger's liquidation entries are payments. A position taken over at its bankruptcy price
    pays what was left of its margin at the mark, which the ledger of the account does not see.
    """
    book.need("full")
    entries = book.entries[book.entries["category"] == Category.LIQUIDATION]
    paid = np.zeros(len(entries), ROW)
    paid["bar"], paid["asset"], paid["amount"] = (
        entries["bar"], entries["asset"], -entries["amount"],
    )  # fmt: skip
    rows = np.concatenate([_taken_over(book, entries), paid[paid["amount"] != 0.0]])
    rows = rows[np.argsort(rows["bar"], kind="stable")]
    columns = {"amount": rows["amount"], "balance": rows["amount"].cumsum()}
    return pl.DataFrame({**labels.where(book, rows), **columns})


def _taken_over(book: Book, entries: Rows) -> Rows:
    """Return what isolated positions left that were taken over as they stood, without a fee."""
    if book.kind != "PerpIsolated":
        return np.zeros(0, ROW)
    incidents = book.incidents[book.incidents["kind"] == Incident.LIQUIDATION]
    charged = set(zip(entries["bar"].tolist(), entries["asset"].tolist(), strict=True))
    keys = zip(incidents["bar"].tolist(), incidents["asset"].tolist(), strict=True)
    has_paid = np.array([key in charged for key in keys], np.bool_) & (incidents["amount"] > 0.0)
    kept = incidents[~has_paid]
    rows = np.zeros(len(kept), ROW)
    for name in ROW.names or ():
        rows[name] = kept[name]
    return rows
