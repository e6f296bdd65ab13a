"""What a researcher looks at first, as tables for a terminal."""

from collections.abc import Iterator

import polars as pl

from barledger.result import Result
from barledger.terminal import Table, Text, table_of

SHOWN = {
    "final_equity": "{:,.2f}", "total_return": "{:,.2%}", "cagr": "{:,.2%}",
    "volatility": "{:,.2%}", "sharpe": "{:,.2f}", "sortino": "{:,.2f}", "max_drawdown": "{:,.2%}",
    "trades": "{:,.0f}", "win_rate": "{:,.2%}", "profit_factor": "{:,.2f}",
    "expectancy": "{:,.2f}", "exposure": "{:,.2%}", "max_gross_leverage": "{:,.2f}",
    "turnover": "{:,.2f}", "fees": "{:,.2f}", "slippage": "{:,.2f}", "orders": "{:,.0f}",
    "not_filled": "{:,.0f}",
}  # fmt: skip
ACCOUNTS, TRADES, DRAWDOWNS = 4, 8, 5


def sections(result: Result) -> Iterator[Table | Text]:
    """Yield statistics, trades, drawdowns, refusals, the ledger and the assumptions."""
    yield statistics(result)
    if all(book.record != "metrics" for book in result.books):
        yield drawdowns(result)
    if all(book.record == "full" for book in result.books):
        yield first_trades(result)
        yield by_reason(result)
        yield by_category(result)
    else:
        yield Text("Trades, refusals and the ledger", "not recorded: run with record='full'")
    yield Text("Assumptions", repr(result.assumptions))


def statistics(result: Result) -> Table:
    """Return the statistics that matter most, one a row; a column an account."""
    stats = result.stats().head(ACCOUNTS)
    names = [name for name in SHOWN if name in stats.columns]
    rows = [
        (name.replace("_", " "), *(_number(value, SHOWN[name]) for value in stats[name]))
        for name in names
    ]
    left = len(result.books) - len(stats)
    note = f"and {left} more accounts" if left else ""
    head = ("statistic", *(stats["account"] if len(stats) > 1 else ["value"]))
    return Table("Statistics", head, rows, (0,), note)


def _number(value: float | None, form: str) -> str:
    return "-" if value is None or value != value else form.format(value)


def drawdowns(result: Result, count: int = DRAWDOWNS) -> Table:
    """Return the deepest falls below a peak."""
    frame = result.drawdowns.sort("depth").head(count)
    if len(result.books) == 1:
        frame = frame.drop("account")
    return table_of("Deepest drawdowns", frame, {"depth": "{:.2%}"})


def first_trades(result: Result, count: int = TRADES) -> Table:
    """Return the trades that ended first."""
    frame = result.trades.head(count).select(
        "asset", "quantity", "entry_time", "entry_price", "exit_time", "exit_price", "fees", "pnl"
    )
    left = len(result.trades) - len(frame)
    return table_of(
        "First trades", frame, {"quantity": "{:+,.6g}"}, f"and {left:,} more" * (left > 0)
    )


def by_reason(result: Result) -> Table:
    """Return how many orders did not fill in full, and what they wanted and got in all."""
    wanted = pl.col("wanted").abs().sum()
    amounts = (
        pl.when(pl.col("wanted").count() > 0).then(wanted).alias("wanted"),
        pl.col("done").abs().sum(),
    )
    frame = (
        result.rejections.group_by("reason", "state")
        .agg(pl.len().cast(pl.Int64).alias("orders"), *amounts)
        .sort("orders", "reason", descending=[True, False])
    )
    title = "Orders not filled in full, by reason"
    return table_of(title, frame, {"wanted": "{:,.6g}", "done": "{:,.6g}"})


def by_category(result: Result) -> Table:
    """Return what moved cash; with the initial cash it adds up to the cash at the end."""
    start = sum(book.initial_cash for book in result.books)
    end = sum(book.state.cash for book in result.books)
    moved = (
        result.ledger.group_by("category")
        .agg(pl.len().cast(pl.Int64).alias("entries"), pl.col("amount").sum())
        .sort("entries", "category", descending=[True, False])
    )
    edges = [
        pl.DataFrame({"category": [name], "entries": [None], "amount": [amount]}, moved.schema)
        for name, amount in (("initial cash", start), ("cash at the end", end))
    ]
    return table_of("Ledger by category", pl.concat([edges[0], moved, edges[1]]))
