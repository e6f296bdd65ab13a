"""A moving-average cross-over, long and short: what `barledger demo` runs, and how it is shown."""

import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

import barledger as bl
from barledger.digest import sections
from barledger.features import moving_average
from barledger.signals import crossed_above, crossed_below
from barledger.terminal import Text, show

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
    for hint in hints(bars, fast, slow):
        print(f"note: {hint}")
    signals = signals_of(bars, fast, slow)
    simulate(bars, signals, cash)  # compiled, or loaded from disk, before the clock starts
    began = time.perf_counter()
    result = simulate(bars, signals, cash)
    seconds = time.perf_counter() - began
    title = f"Moving averages of {fast} and {slow} bars, long and short"
    show([Text(title, repr(result)), *sections(result)])
    cells = bars.shape[0] * bars.shape[1]
    print(
        f"\nSimulated in {seconds * 1e3:.2f} ms: {cells:,} asset-bars, "
        f"{seconds / cells * 1e9:.0f} ns each."
    )


def hints(bars: bl.Bars, fast: int, slow: int) -> list[str]:
    """Return what keeps the demonstration from trading."""
    found = []
    if fast >= slow:
        found.append(f"--fast {fast} should be less than --slow {slow}: nothing else is a trend")
    priced = int((~np.isnan(bars.close)).sum(axis=0).max())
    if priced <= max(fast, slow):
        found.append(
            f"no asset has more than {priced:,} bars: an average of {max(fast, slow):,} needs more "
            f"before it can cross; try --fast {max(priced // 20, 1)} --slow {max(priced // 5, 2)}"
        )
    return found
