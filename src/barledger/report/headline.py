"""The numbers that a reader looks at first, beside those of buy and hold."""

from typing import Any

import numpy as np
import polars as pl

from barledger.analytics.statistics import Curve, measure_curve, sortino
from barledger.plots.view import View


def curves_of(view: View) -> tuple[Curve, Curve | None]:
    """Return the statistics of equity and of buy and hold."""
    flows = [book.flows for book in view.books]
    bars, amounts = (np.concatenate([flow[k] for flow in flows]) for k in (0, 1))
    order = np.argsort(bars, kind="stable")
    own = measure_curve(view.equity, view.initial, view.per_year, bars[order].astype(np.int64),
                        amounts[order], view.books[0].first)  # fmt: skip
    held = view.benchmark
    if held is None:
        return own, None
    return own, measure_curve(held, view.initial, view.per_year, *view.benchmark_flows)


def tiles(view: View, stats: pl.DataFrame) -> list[tuple[str, str, str]]:
    """Return name, number and, where there is one, the number of buy and hold in words."""
    own, held = curves_of(view)
    found = [
        ("final equity", f"{own.final:,.2f}", _beside(held, f"{held.final:,.2f}" if held else ""))
    ]
    for name, form in (
        ("total return", "{:.2%}"), ("a year", "{:.2%}"), ("volatility", "{:.2%}"),
        ("Sharpe", "{:.2f}"), ("Sortino", "{:.2f}"), ("deepest drawdown", "{:.2%}"),
    ):  # fmt: skip
        beside = "" if held is None else _cell(held, name, form)
        found.append((name, _cell(own, name, form), _beside(held, beside)))
    return [*found, *((name, text, "") for name, text in _of_orders(view, stats))]


def _beside(held: Curve | None, number: str) -> str:
    return "" if held is None else f"buy and hold {number}"


def _cell(curve: Curve, name: str, form: str) -> str:
    number = {
        "total return": curve.total_return, "a year": curve.cagr, "volatility": curve.volatility,
        "Sharpe": curve.sharpe(), "Sortino": sortino(curve, np.empty(0), 0.0),
        "deepest drawdown": curve.max_drawdown,
    }[name]  # fmt: skip
    return shown(number, form)


def _of_orders(view: View, stats: pl.DataFrame) -> list[tuple[str, str]]:
    """Return numbers of trades, costs and orders, as far as they are known."""
    trades, wins = 0.0, 0.0
    for row in stats.select("trades", "win_rate").iter_rows():
        trades += row[0]
        wins += row[0] * row[1] if row[0] else 0.0
    found = [("round trips", shown(trades, "{:,.0f}"))]
    found.append(("of them won", shown(wins / trades if trades else np.nan, "{:.1%}")))
    if view.is_full:
        mean = stats["exposure"].mean()
        found += [
            ("fees", shown(stats["fees"].sum(), "{:,.2f}")),
            ("slippage", shown(stats["slippage"].sum(), "{:,.2f}")),
            ("bars with a position", shown(mean, "{:.1%}")),
        ]
        if len(stats) == 1:
            found += [
                ("turnover a year", shown(stats["turnover"][0], "{:,.1f}x")),
                ("highest leverage", shown(stats["max_gross_leverage"][0], "{:.2f}x")),
            ]
    missed = stats["not_filled"].sum()
    return [*found, ("orders not filled in full", shown(missed, "{:,.0f}"))]


def shown(number: Any, form: str) -> str:
    """Return a number as text; a dash where it is not defined."""
    return "-" if number is None or not np.isfinite(number) else form.format(number)
