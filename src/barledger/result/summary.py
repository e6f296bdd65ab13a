"""Statistics of an account: one row, every number defined in one place."""

from typing import Any

import numpy as np
import polars as pl

from barledger.analytics import distribution
from barledger.analytics.statistics import sortino
from barledger.kernel.codes import Category, Count, Incident, Reason, State
from barledger.result.book import PARTLY, Book
from barledger.result.curves import drawdown

ROUND_TRIPS = ("n_trades", "win_rate", "profit_factor", "expectancy")
FINANCING = ("borrow", "rebate", "interest", "funding")
SPREAD = (
    "ulcer", "skew", "kurtosis", "omega", "value_at_risk", "conditional_value_at_risk",
    "tail_ratio",
)  # fmt: skip


def scalars(book: Book, risk_free: float = 0.0) -> dict[str, float]:
    """Return the numbers that are properties of a result too."""
    curve = book.curve
    needs_returns = risk_free != 0.0
    returns = book.returns if needs_returns else np.empty(0)
    return {
        "total_return": curve.total_return,
        "cagr": curve.cagr,
        "volatility": curve.volatility,
        "sharpe": curve.sharpe(risk_free),
        "sortino": sortino(curve, returns, risk_free),
        "calmar": curve.calmar,
        "max_drawdown": curve.max_drawdown,
        **round_trips(book),
    }


def round_trips(book: Book) -> dict[str, float]:
    """Return what closed trades from flat to flat came to; NaN where that is not recorded."""
    if not book.knows_orders:
        return dict.fromkeys(ROUND_TRIPS, np.nan)
    if book.is_whole:
        row = book.account[0]
        n, wins, profit, loss = int(row["trades"]), int(row["wins"]), row["profit"], row["loss"]
    else:
        gained = book.round_trips["pnl"]
        n, wins = len(gained), int(np.count_nonzero(gained > 0.0))
        profit, loss = gained[gained > 0.0].sum(), -gained[gained <= 0.0].sum()
    return {
        "n_trades": n,
        "win_rate": wins / n if n else np.nan,
        "profit_factor": float(profit / loss) if loss > 0.0 else np.nan,
        "expectancy": float((profit - loss) / n) if n else np.nan,
    }


def row(book: Book, times: Any, risk_free: float) -> dict[str, Any]:
    """Return the row of `stats()` for one account."""
    curve = book.curve
    return {
        "account": book.label,
        "start": times[book.first],
        "end": times[book.stop - 1],
        "bars": book.stop - book.first,
        "initial_equity": curve.initial,
        "final_equity": curve.final,
        **_renamed(scalars(book, risk_free)),
        "max_drawdown_bars": curve.longest,
        **_spread(book),
        **_money(book),
        **_held(book),
        "periods_per_year": curve.per_year,
        **_orders(book),
    }


def _renamed(numbers: dict[str, float]) -> dict[str, float]:
    return {"trades" if name == "n_trades" else name: value for name, value in numbers.items()}


def _spread(book: Book) -> dict[str, Any]:
    """Return how returns are spread and how deep falls are; None where equity was not recorded."""
    if book.record == "metrics":
        return dict.fromkeys(SPREAD)
    returns = book.returns
    return {
        name: distribution.ulcer(drawdown(book))
        if name == "ulcer"
        else float(getattr(distribution, name)(returns))
        for name in SPREAD
    }


def _money(book: Book) -> dict[str, Any]:
    """Return fees, financing and turnover, a year, of mean equity."""
    if book.record != "full":
        fees = float(book.account["fees"][0]) if book.is_whole else None
        return {"fees": fees, "slippage": None, "financing": None, "turnover": None}
    rows = book.entries
    codes = [Category[name.upper()] for name in FINANCING]
    units = book.unit_money(book.fills["asset"], book.fills["bar"])
    traded = np.abs(book.fills["quantity"] * book.fills["price"] * units).sum()
    years = (book.stop - book.first) / book.per_year
    mean = book.equity.mean()
    return {
        "fees": float(book.account["fees"][0] if book.is_whole else book.fills["fee"].sum()),
        "slippage": float(book.fills["slippage"].sum()),
        "financing": float(rows["amount"][np.isin(rows["category"], codes)].sum()),
        "turnover": float(traded / mean / years) if mean > 0.0 else np.nan,
    }


def _held(book: Book) -> dict[str, Any]:
    """Return how long and how much was held: share of bars, and gross and net over equity."""
    names = ("exposure", "gross_leverage", "max_gross_leverage", "net_leverage")
    if book.record != "full":
        share = float(book.metrics["held"][0]) / book.n_bars if book.is_whole else None
        return {**dict.fromkeys(names), "exposure": share}
    closes = book.closes
    with np.errstate(divide="ignore", invalid="ignore"):
        gross, net = closes.gross / closes.equity, closes.net / closes.equity
    if closes.equity.min() <= 0.0:
        gross, net = gross[closes.equity > 0.0], net[closes.equity > 0.0]
    if not len(gross):
        return dict.fromkeys(names, np.nan)
    share = np.count_nonzero(closes.gross) / len(closes.gross)
    numbers = (share, float(gross.mean()), float(gross.max()), float(net.mean()))
    return dict(zip(names, numbers, strict=True))


def _orders(book: Book) -> dict[str, Any]:
    """Return how many orders there were, and how many did not fill in full, by reason."""
    if not book.knows_orders:
        return {"orders": None, "margin_calls": None, "rejected": None, "not_filled": None}
    reasons = book.outcomes
    n_orders = len(book.orders) + len(book.untold) if book.record == "full" else None
    return {
        "orders": n_orders,
        "margin_calls": _margin_calls(book),
        "rejected": _rejected(book),
        **_ignored(book),
        "not_filled": sum(reasons.values()),
        **{f"not_filled_{reason}": count for reason, count in reasons.items()},
    }


def _margin_calls(book: Book) -> int | None:
    """Return how often equity fell below the requirement; None where that is not recorded."""
    if book.record != "full":
        return None
    return int(np.count_nonzero(book.incidents["kind"] == Incident.MARGIN_CALL))


def _rejected(book: Book) -> int:
    """Return how many orders were refused: neither filled in part, nor cancelled, nor expired."""
    if book.is_whole:
        return int(book.rejected[: min(PARTLY, Reason.REPLACED)].sum())
    return int(np.count_nonzero(book.orders["state"] == State.REJECTED))


def _ignored(book: Book) -> dict[str, int]:
    """Return how many wishes were no orders, and why; of a slice they are not known."""
    counts = {count.name.lower(): int(book.counts[count]) for count in Count}
    return {f"ignored_{name}": n for name, n in counts.items() if n} if book.is_whole else {}


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Return the accounts' rows as a frame; counts of reasons that one lacks are 0."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns: dict[str, Any] = {}
    for name in names:
        missing = 0 if name.startswith(("not_filled_", "ignored_")) else None
        values = [row.get(name, missing) for row in rows]
        columns[name] = np.array(values) if name in ("start", "end") else values
    return pl.DataFrame(columns)
