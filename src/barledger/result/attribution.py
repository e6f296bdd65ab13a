"""Where the money came from: what prices, costs, financing and flows did to equity."""

from typing import Any

import numpy as np
import polars as pl

from barledger.kernel.codes import Category
from barledger.result.book import Book
from barledger.result.exchange import rate_gains
from barledger.result.tables import words

TRADED = (Category.TRADE, Category.FEE, Category.VARIATION, Category.CASH_IN_LIEU)


def attribution(book: Book) -> pl.DataFrame:
    """Return what each cause did to equity, from the initial to the final one.

    Prices: the profit of all positions, had every fill been at the price before slippage. The
    others are the ledger's categories. From initial to final they add up.
    """
    amounts = causes(book)
    return pl.DataFrame(
        {
            "account": pl.repeat(book.label, len(amounts), dtype=pl.String, eager=True),
            "cause": list(amounts),
            "amount": list(amounts.values()),
        }
    )


def causes(book: Book) -> dict[str, float]:
    """Return the amounts by cause, in the order in which they are told."""
    book.need("full")
    initial, final = float(book.initial_equity), float(book.equity[-1])
    fees, slippage = (float(book.fills[name].sum()) for name in ("fee", "slippage"))
    others = _others(book)
    by_rates = {name: float(gained.sum()) for name, gained in rate_gains(book).items()}
    if by_rates:
        others = {"exchange rates": sum(by_rates.values()), **others}
    moved = {"slippage": -slippage, "fees": -fees, **others}
    prices = final - initial - sum(moved.values())
    return {"initial equity": initial, "prices": prices, **moved, "final equity": final}


def _others(book: Book) -> dict[str, float]:
    """Return the sums of the ledger's other categories, those that moved money."""
    rows: Any = book.entries[~np.isin(book.entries["category"], TRADED)]
    if not len(rows):
        return {}
    names = words(Category, rows["category"], none=None).str.replace_all("_", " ")
    sums = pl.DataFrame({"cause": names, "amount": rows["amount"]})
    moved = sums.group_by("cause", maintain_order=True).sum().filter(pl.col("amount") != 0.0)
    return dict(moved.iter_rows())
