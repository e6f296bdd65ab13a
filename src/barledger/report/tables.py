"""The tables of the page, made from the result's frames."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any

import numpy as np
import polars as pl

from barledger.analytics.periods import month_table
from barledger.analytics.relative import relative
from barledger.plots.view import View

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
TRADES, DRAWDOWNS, ASSETS = 200, 10, 60


def table(frame: pl.DataFrame, forms: Mapping[str, str], *, toned: Sequence[str] = ()) -> str:
    """Return a frame as HTML; `forms` formats numbers by column, `toned` ones wear their sign."""
    is_text = {name for name, kind in frame.schema.items() if not kind.is_numeric()}
    head = "".join(
        f'<th class="{"text" if name in is_text else ""}">{escape(name.replace("_", " "))}</th>'
        for name in frame.columns
    )
    rows = "".join(
        "<tr>" + "".join(
            f'<td class="{_class(name, value, is_text, toned)}">{_text(value, forms.get(name))}</td>'
            for name, value in row.items()
        ) + "</tr>"
        for row in frame.iter_rows(named=True)
    )  # fmt: skip
    return f'<div class="wide"><table><tr>{head}</tr>{rows}</table></div>'


def _class(name: str, value: Any, is_text: set[str], toned: Sequence[str]) -> str:
    if name == "why":
        return "text why"
    if name in is_text:
        return "text"
    if name not in toned or not value:
        return ""
    return "gain" if value > 0 else "loss"


def _text(value: Any, form: str | None) -> str:
    if value is None or (isinstance(value, float) and not np.isfinite(value)):
        return "-"
    if isinstance(value, datetime):
        text = value.isoformat(" ", "minutes")
        return escape(text.removesuffix(" 00:00"))
    return escape(form.format(value) if form and not isinstance(value, str) else str(value))


def accounts(stats: pl.DataFrame) -> str:
    """Return the statistics of each account."""
    names = ("account", "final_equity", "total_return", "sharpe", "max_drawdown", "trades", "fees")
    forms = {"final_equity": "{:,.2f}", "total_return": "{:.2%}", "sharpe": "{:.2f}",
             "max_drawdown": "{:.2%}", "fees": "{:,.2f}"}  # fmt: skip
    return table(stats.select(names).head(ASSETS), forms, toned=["total_return"])


def months(view: View) -> str:
    """Return the return of each month, in percent, on grounds of its sign and size."""
    years, cells = month_table(view.times, view.returns)
    most = max(float(np.nanquantile(np.abs(cells), 0.95)), 1e-6)
    head = "".join(f"<th>{name}</th>" for name in MONTHS)
    rows = "".join(
        f"<tr><th>{year}</th>{''.join(_month(cell, most) for cell in row)}</tr>"
        for year, row in zip(years, cells, strict=True)
    )
    return f'<div class="wide months"><table><tr><th></th>{head}</tr>{rows}</table></div>'


def _month(cell: float, most: float) -> str:
    if np.isnan(cell):
        return "<td></td>"
    strength = round(55.0 * min(abs(cell) / most, 1.0))
    tone = "gain" if cell > 0.0 else "loss"
    ground = f"color-mix(in srgb,var(--{tone}) {strength}%,transparent)"
    return f'<td style="background:{ground}">{round(100.0 * cell, 1) + 0.0:.1f}</td>'


def drawdowns(view: View) -> str:
    """Return the deepest falls."""
    frame = view.result.drawdowns.sort("depth").head(DRAWDOWNS)
    several = len(view.books) > 1
    return table(frame if several else frame.drop("account"), {"depth": "{:.2%}", "bars": "{:,}"})


def rejections(view: View, reasons: Mapping[str, str]) -> str:
    """Return the orders that did not fill in full, by reason, with the reason in words."""
    missed = view.result.rejections
    wanted = pl.col("wanted").abs().sum()
    amounts = (
        pl.when(pl.col("wanted").count() > 0).then(wanted).alias("wanted"),
        pl.col("done").abs().sum(),
    )
    frame = (
        missed.group_by("reason", "state").agg(pl.len().alias("orders"), *amounts)
        .sort("orders", "reason", "state", descending=[True, False, False])
        .with_columns(pl.col("reason").replace_strict(reasons, default="").alias("why"))
        .with_columns(pl.col("reason", "state").str.replace_all("_", " "))
    )  # fmt: skip
    quantity = "{:,.6g}"
    return table(frame, {"orders": "{:,}", "wanted": quantity, "done": quantity})


def relative_to(view: View) -> str:
    """Return alpha, beta and the rest of what a run is beside buy and hold."""
    held = view.benchmark_returns
    assert held is not None
    found = relative(view.returns, held, view.per_year)._asdict()
    forms = {"beta": "{:.2f}", "correlation": "{:.2f}", "information_ratio": "{:.2f}"}
    rows = [
        (name.replace("_", " "), _text(value, forms.get(name, "{:.2%}")))
        for name, value in found.items()
    ]
    return table(pl.DataFrame(rows, ["beside buy and hold", "value"], orient="row"), {})


def ledger(view: View) -> str:
    """Return what moved cash, by category, from the initial cash to that at the end."""
    moved = (
        view.result.ledger.group_by("category", maintain_order=True)
        .agg(pl.len().cast(pl.Int64).alias("entries"), pl.col("amount").sum())
        .sort("entries", descending=True)
        .with_columns(pl.col("category").str.replace_all("_", " "))
    )
    cash = view.result.cash["cash"].to_numpy().reshape(len(view.books), -1)
    end = float(cash[:, -1].sum())
    edges = [
        pl.DataFrame({"category": [name], "entries": [None], "amount": [amount]}, moved.schema)
        for name, amount in (
            ("cash at first", end - float(moved["amount"].sum())),
            ("cash at the end", end),
        )
    ]
    frame = pl.concat([edges[0], moved, edges[1]])
    return table(frame, {"entries": "{:,}", "amount": "{:,.2f}"})


def trades(view: View) -> tuple[str, str]:
    """Return the trades that made or lost most, and how many there are beside them."""
    every = view.result.trades
    shown = every.with_columns(
        size=pl.col("pnl").abs(), place=pl.int_range(pl.len())
    ).top_k(TRADES, by="size").sort("place")  # fmt: skip
    names = ["asset", "direction", "quantity", "entry_time", "entry_price", "exit_time",
             "exit_price", "fees", "pnl", "return", "status"]  # fmt: skip
    names = ["account", *names] if len(view.books) > 1 else names
    price, money = "{:,.6g}", "{:,.2f}"
    forms = {"quantity": "{:+,.6g}", "entry_price": price, "exit_price": price, "fees": money,
             "pnl": money, "return": "{:.2%}"}  # fmt: skip
    left = len(every) - len(shown)
    note = f"{len(every):,} trades, open ones at their last mark"
    note += f"; the {TRADES} that made or lost most are shown." if left else "."
    return table(shown.select(names), forms, toned=["pnl", "return"]), note


def assets(view: View) -> str:
    """Return what each asset came to."""
    frame = (
        view.result.trades.group_by("asset", maintain_order=True)
        .agg(
            pl.len().alias("trades"), (pl.col("pnl") > 0).mean().alias("won"),
            pl.col("fees").sum(), pl.col("pnl").sum(), pl.col("pnl").max().alias("best"),
            pl.col("pnl").min().alias("worst"),
        )
        .sort("pnl", descending=True).head(ASSETS)
    )  # fmt: skip
    money = dict.fromkeys(("fees", "pnl", "best", "worst"), "{:,.2f}")
    return table(frame, {"trades": "{:,}", "won": "{:.0%}", **money}, toned=["pnl"])
