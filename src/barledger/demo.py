"""A moving-average cross-over, long and short: what `barledger demo` runs, and how it is shown."""

import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

import barledger as bl
from barledger.features import moving_average
from barledger.signals import crossed_above, crossed_below

SHOWN = (
    "total_return", "cagr", "volatility", "sharpe", "sortino", "max_drawdown", "trades",
    "win_rate", "profit_factor", "expectancy", "exposure", "max_gross_leverage", "turnover",
    "fees", "slippage", "orders", "not_filled",
)  # fmt: skip
PERCENT = ("total_return", "cagr", "volatility", "max_drawdown", "win_rate", "exposure")


Signals = tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]


def signals_of(bars: bl.Bars, fast: int, slow: int) -> Signals:
    """Return where the fast average of split-adjusted closes crosses above, and below, the slow."""
    closes = bars.split_adjusted().close
    quick, calm = moving_average(closes, fast), moving_average(closes, slow)
    return crossed_above(quick, calm), crossed_below(quick, calm)


def simulate(bars: bl.Bars, signals: Signals, cash: float) -> bl.Result:
    """Be long after a cross above and short after one below, on raw prices."""
    up, down = signals
    return bl.Portfolio.from_signals(
        bars,
        entries=up,
        exits=down,
        short_entries=down,
        short_exits=up,
        size=bl.PercentOfEquity(2.0 / bars.shape[1] + 0.05),
        account=bl.RegT(),
        fees=bl.PerUnitFee(0.005, minimum=1.0),
        slippage=0.0005,
        initial_cash=cash,
    )


def load(path: str | None) -> bl.Bars:
    """Return the bars of a parquet or CSV file, or the sample; stocks trade whole shares."""
    whole = bl.Contract(kind="stock", lot=1.0)
    if path is None:
        return bl.Bars.sample(contracts=whole)
    if Path(path).suffix.lower() in (".csv", ".txt"):
        frame = pl.read_csv(path, try_parse_dates=True)
        return bl.Bars.from_frame(frame, contracts=whole)
    return bl.Bars.from_parquet(path, contracts=whole)


def run(path: str | None, fast: int, slow: int, cash: float) -> None:
    """Run the demonstration and print what a researcher would look at."""
    bars = load(path)
    signals = signals_of(bars, fast, slow)
    simulate(bars, signals, cash)  # compiled, or loaded from disk, before the clock starts
    began = time.perf_counter()
    result = simulate(bars, signals, cash)
    seconds = time.perf_counter() - began
    with pl.Config(
        tbl_rows=40, tbl_cols=20, tbl_width_chars=110, tbl_hide_dataframe_shape=True,
        tbl_hide_column_data_types=True, float_precision=2, thousands_separator=",",
    ):  # fmt: skip
        for title, text in sections(result, fast, slow):
            print(f"\n{title}\n{text}")
    cells = bars.shape[0] * bars.shape[1]
    print(
        f"\nSimulated in {seconds * 1e3:.2f} ms: {cells:,} asset-bars, "
        f"{seconds / cells * 1e9:.0f} ns each."
    )


def sections(result: bl.Result, fast: int, slow: int) -> list[tuple[str, object]]:
    """Return titles and tables."""
    return [
        (f"Moving averages of {fast} and {slow} bars, long and short", repr(result)),
        ("Statistics", statistics(result)),
        ("First trades", first_trades(result)),
        ("Orders not filled in full, by reason", by_reason(result)),
        ("Ledger by category", by_category(result)),
        ("Assumptions", repr(result.assumptions)),
    ]


def statistics(result: bl.Result) -> pl.DataFrame:
    """Return the statistics that matter most, one a row."""
    row = result.stats().row(0, named=True)
    values = [
        f"{row[name]:,.2%}" if name in PERCENT else f"{row[name]:,.2f}".removesuffix(".00")
        for name in SHOWN
    ]
    return pl.DataFrame({"statistic": [name.replace("_", " ") for name in SHOWN], "value": values})


def first_trades(result: bl.Result, count: int = 8) -> pl.DataFrame:
    """Return the trades that ended first."""
    day = pl.col("entry_time", "exit_time")
    frame = result.trades.head(count)
    if frame["entry_time"].dtype.is_temporal():
        frame = frame.with_columns(day.cast(pl.Date))
    return frame.select(
        "asset", "quantity", "entry_time", "entry_price", "exit_time", "exit_price", "fees", "pnl"
    )


def by_reason(result: bl.Result) -> pl.DataFrame:
    """Return how many orders did not fill in full, and what they wanted and got in all."""
    amounts = pl.col("wanted", "done").abs().sum()
    return (
        result.rejections.group_by("reason", "state")
        .agg(pl.len().alias("orders"), amounts)
        .sort("orders", descending=True)
    )


def by_category(result: bl.Result) -> pl.DataFrame:
    """Return what moved cash; with the initial cash it adds up to the cash at the end."""
    start, end = result.books[0].initial_cash, result.books[0].state.cash
    moved = (
        result.ledger.group_by("category")
        .agg(pl.len().alias("entries"), pl.col("amount").sum())
        .sort("entries", descending=True)
    )
    edges = [
        pl.DataFrame({"category": [name], "entries": [None], "amount": [amount]}, moved.schema)
        for name, amount in (("initial cash", start), ("cash at the end", end))
    ]
    return pl.concat([edges[0], moved, edges[1]])
