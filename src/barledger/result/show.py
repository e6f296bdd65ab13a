"""How a result shows itself: one screen, in a console or a notebook."""

from typing import TYPE_CHECKING, Any

import numpy as np

from barledger import _html
from barledger.data.stamps import shown
from barledger.result import summary
from barledger.result.assumptions import account_line

if TYPE_CHECKING:
    from barledger.result.result import Result

FORMATS = {
    "total return": ("total_return", "{:.2%}"),
    "a year": ("cagr", "{:.2%}"),
    "volatility": ("volatility", "{:.2%}"),
    "Sharpe": ("sharpe", "{:.2f}"),
    "max drawdown": ("max_drawdown", "{:.2%}"),
    "trades": ("n_trades", "{:,.0f}"),
    "win rate": ("win_rate", "{:.1%}"),
}
ACCOUNTS_SHOWN = 8


def rows(result: "Result") -> list[list[str]]:
    """Return the head and one row of numbers an account."""
    books = result.books
    table = [["account", "equity", *FORMATS]]
    for book in books[:ACCOUNTS_SHOWN]:
        numbers = summary.scalars(book)
        cells = [_cell(numbers[name], form) for name, form in FORMATS.values()]
        table.append([book.label, f"{book.curve.final:,.2f}", *cells])
    return table


def notes(result: "Result") -> list[str]:
    """Return the lines below the table: what was left out, and what did not fill."""
    found = []
    left = len(result.books) - ACCOUNTS_SHOWN
    if left > 0:
        found.append(f"and {left} more accounts")
    reasons: dict[str, int] = {}
    for book in result.books:
        for reason, count in book.outcomes.items():
            reasons[reason] = reasons.get(reason, 0) + count
    counted = sorted(reasons.items(), key=lambda each: -each[1])
    text = ", ".join(f"{count} {reason}" for reason, count in counted[:6])
    if not all(book.knows_orders for book in result.books):
        return [*found, "orders: not recorded for a part of this run"]
    found.append(f"orders not filled in full: {text or 'none'}")
    return found


def head(result: "Result") -> str:
    """Return what was run: bars, range and account."""
    n_assets = len(result.assets)
    first, last = shown(result.times[0]), shown(result.times[-1])
    account = (
        f"{result.books[0].kind} account{'s' * (len(result.books) > 1)}"
        if result.source is None
        else account_line(result.source, len(result.books))
    )
    return (
        f"Result of {len(result.times)} bars x {n_assets} asset{'s' * (n_assets != 1)}, "
        f"{first} to {last}, {account}"
    )


def text(result: "Result") -> str:
    """Return the result as text."""
    table = rows(result)
    widths = [max(len(row[k]) for row in table) for k in range(len(table[0]))]
    lines = ["  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)) for row in table]
    return "\n".join([head(result), *lines, *notes(result)])


def html(result: "Result") -> str:
    """Return the result as a small HTML table."""
    names, *body = rows(result)
    return _html.table(body, names, title=head(result), notes=notes(result))


def _cell(value: Any, form: str) -> str:
    return "-" if np.isnan(value) else form.format(value)
