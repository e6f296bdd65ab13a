"""VectorBT's statistics by its own names and definitions, from a result's equity and fills."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from barledger.compat._records import bars_of, trades
from barledger.result import Result
from barledger.result.book import Book

if TYPE_CHECKING:
    import polars as pl

Floats = npt.NDArray[np.float64]
YEAR = 365.0  # days


def stats(result: Result) -> "pl.DataFrame":
    """Return VectorBT's statistics, one row an account.

    Rates are fractions times 100 where their names say so; durations are days, a year has 365.
    Needs a fully recorded result; give `freq` to the call that made it for bars that are not days.

    Parameters
    ----------
    result
        A result of this module.
    """
    import polars as pl

    rows = trades(result)
    return pl.DataFrame(
        [_row(result, book, rows.filter(account=book.label)) for book in result.books]
    )


def _row(result: Result, book: Book, rows: "pl.DataFrame") -> dict[str, Any]:
    days = YEAR / book.per_year
    made: dict[str, Any] = {"account": book.label}
    made |= _values(result, book, days)
    made |= _returns(result, book)
    return made | _trades(rows, days, book.n_bars)


def _values(result: Result, book: Book, days: float) -> dict[str, Any]:
    equity, start = book.equity, book.initial_cash
    peaks = np.maximum.accumulate(equity)
    return {
        "Period": len(equity) * days,
        "Start Value": start,
        "End Value": float(equity[-1]),
        "Total Return [%]": 100.0 * (equity[-1] - start) / start,
        "Benchmark Return [%]": 100.0 * (_benchmark(result, book)[-1] - 1.0),
        "Max Gross Exposure [%]": 100.0 * _exposure(book),
        "Total Fees Paid": float(book.fills["fee"].sum()),
        "Max Drawdown [%]": -100.0 * float((equity / peaks - 1.0).min()) or np.nan,
        "Max Drawdown Duration": _longest(equity < peaks) * days or np.nan,
    }


def _longest(under: npt.NDArray[np.bool_]) -> int:
    """Return the most bars in a row that are true."""
    longest = run = 0
    for is_under in under:
        run = run + 1 if is_under else 0
        longest = max(longest, run)
    return longest


def _closes(result: Result, book: Book) -> Floats:
    return bars_of(result)._close[:, book.columns]


def _benchmark(result: Result, book: Book) -> Floats:
    """Return buy and hold of the account's assets, equal parts, as a multiple of its start."""
    close = _closes(result, book).copy()
    for column in close.T:
        known = np.flatnonzero(~np.isnan(column))
        if len(known):
            places = np.maximum.accumulate(np.where(np.isnan(column), 0, np.arange(len(column))))
            column[:] = column[np.maximum(places, known[0])]
    made: Floats = np.nanmean(close / close[0], axis=1)
    return made


def _exposure(book: Book) -> float:
    """Return the largest share of positions and free cash that positions were."""
    shorts = book.holdings[(book.holdings["quantity"] < 0.0) & (book.holdings["bar"] >= 0)]
    tied = np.bincount(
        shorts["bar"], -shorts["quantity"] * shorts["average"], minlength=book.n_bars
    )
    gross = book.closes.gross
    with np.errstate(all="ignore"):
        return float(np.nanmax(gross / (gross + book.closes.cash - 2.0 * tied)))


def _returns(result: Result, book: Book) -> dict[str, Any]:
    equity = np.concatenate([[book.initial_cash], book.equity])
    returns = equity[1:] / equity[:-1] - 1.0
    benchmark = np.concatenate([[1.0], _benchmark(result, book)])
    other = benchmark[1:] / benchmark[:-1] - 1.0
    per_year = book.per_year
    yearly = (equity[-1] / equity[0]) ** (per_year / len(returns)) - 1.0
    deviation = returns.std(ddof=1)
    low = returns.clip(max=0.0)
    fall = float((equity / np.maximum.accumulate(equity) - 1.0).min())
    tail = abs(np.percentile(returns, 95)) / abs(np.percentile(returns, 5))
    beta = np.cov(returns, other)[0, 1] / other.var(ddof=1)
    alpha = (1.0 + returns.mean() - beta * other.mean()) ** per_year - 1.0
    with np.errstate(all="ignore"):
        return {
            "Annualized Return [%]": 100.0 * yearly,
            "Annualized Volatility [%]": 100.0 * deviation * np.sqrt(per_year),
            "Sharpe Ratio": returns.mean() / deviation * np.sqrt(per_year),
            "Calmar Ratio": yearly / -fall if fall else np.nan,
            "Omega Ratio": returns.clip(min=0.0).sum() / -low.sum(),
            "Sortino Ratio": returns.mean() / np.sqrt((low**2).mean()) * np.sqrt(per_year),
            "Skew": _skew(returns),
            "Kurtosis": _kurtosis(returns),
            "Tail Ratio": tail,
            "Common Sense Ratio": tail * (1.0 + yearly),
            "Value at Risk": np.percentile(returns, 5),
            "Alpha": alpha,
            "Beta": beta,
        }


def _skew(returns: Floats) -> float:
    """Return the skew without bias, as pandas has it."""
    n, centred = len(returns), returns - returns.mean()
    second, third = (centred**2).mean(), (centred**3).mean()
    return float(np.sqrt(n * (n - 1.0)) / (n - 2.0) * third / second**1.5)


def _kurtosis(returns: Floats) -> float:
    """Return the excess kurtosis without bias, as pandas has it."""
    n, centred = len(returns), returns - returns.mean()
    second, fourth = (centred**2).mean(), (centred**4).mean()
    excess = (n + 1.0) * fourth / second**2 - 3.0 * (n - 1.0)
    return float((n - 1.0) / ((n - 2.0) * (n - 3.0)) * excess)


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else np.nan


def _trades(rows: "pl.DataFrame", days: float, n_bars: int) -> dict[str, Any]:
    is_closed = (rows["status"] == "Closed").to_numpy()
    pnl, rate = rows["pnl"].to_numpy(), 100.0 * rows["return"].to_numpy()
    bars = (rows["exit_bar"] - rows["entry_bar"]).to_numpy().astype(np.float64)
    won, lost = is_closed & (pnl > 0.0), is_closed & (pnl < 0.0)
    closed = pnl[is_closed]
    closed_rows = rows.filter(status="Closed")
    covered = _covered(rows, n_bars)
    n = len(closed)
    gained, given = pnl[won].sum(), -pnl[lost].sum()
    deviation = closed.std(ddof=1) if n > 1 else np.nan
    with np.errstate(all="ignore"):
        return {
            "Total Trades": len(rows),
            "Coverage": float((covered > 0).sum()) * days,
            "Overlap Coverage": float((covered > 1).sum()) * days,
            "Total Long Trades": int((rows["direction"] == "Long").sum()),
            "Total Short Trades": int((rows["direction"] == "Short").sum()),
            "Total Closed Trades": n,
            "Total Open Trades": len(rows) - n,
            "Open Trade PnL": float(pnl[~is_closed].sum()),
            "Win Rate [%]": 100.0 * won.sum() / n if n else np.nan,
            "Max Win Streak": _streak(closed_rows, won[is_closed]),
            "Max Loss Streak": _streak(closed_rows, lost[is_closed]),
            "Best Trade [%]": rate[is_closed].max() if n else np.nan,
            "Worst Trade [%]": rate[is_closed].min() if n else np.nan,
            "Avg Winning Trade [%]": _mean(rate[won]),
            "Avg Losing Trade [%]": _mean(rate[lost]),
            "Avg Winning Trade Duration": _mean(bars[won]) * days,
            "Avg Losing Trade Duration": _mean(bars[lost]) * days,
            "Profit Factor": gained / given if n else np.nan,
            "Expectancy": _mean(closed),
            "SQN": np.sqrt(n) * closed.mean() / deviation if n > 1 else np.nan,
        }


def _streak(rows: "pl.DataFrame", hits: npt.NDArray[np.bool_]) -> int:
    """Return the most hits in a row of one asset."""
    assets = rows["asset"].to_numpy()
    return max((_longest(hits[assets == asset]) for asset in set(assets)), default=0)


def _covered(rows: "pl.DataFrame", n_bars: int) -> npt.NDArray[np.int64]:
    """Return how many trades each bar belongs to, from their entry up to their exit."""
    counts = np.zeros(n_bars + 1, np.int64)
    is_open = (rows["status"] == "Open").to_numpy()
    np.add.at(counts, rows["entry_bar"].to_numpy(), 1)
    np.add.at(counts, rows["exit_bar"].to_numpy() + is_open, -1)
    covered: npt.NDArray[np.int64] = np.cumsum(counts)[:n_bars]
    return covered
