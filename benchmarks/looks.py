"""How long figures and pages take, and how large pages are: `python benchmarks/looks.py`.

Each number is the least of three, but for the first figure, which derives what it shows.
"""

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import barledger as bl


def minutes(n_bars: int = 3_500_000) -> bl.Result:
    """One asset on minute bars, long and short on margin, about 14,000 fills."""
    rng = np.random.default_rng(1)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 3e-4, n_bars)))
    time_of = np.datetime64("2015-01-01", "ns") + np.arange(n_bars) * np.timedelta64(60, "s")
    bars = bl.Bars.from_arrays(
        close, open=close.copy(), high=close * 1.0002, low=close * 0.9998, time=time_of
    )
    up, down = (rng.random(n_bars) < 0.002 for _ in range(2))
    return bl.Portfolio.from_signals(
        bars, up, down, down, up, size=bl.PercentOfEquity(0.5), account=bl.RegT(), fees=1e-5
    )


def days(n_bars: int = 2_520, n_assets: int = 50) -> bl.Result:
    """Fifty assets over ten years."""
    rng = np.random.default_rng(2)
    close = 50.0 * np.exp(np.cumsum(rng.normal(3e-4, 0.015, (n_bars, n_assets)), axis=0))
    every = np.arange("2014-01-01", "2030", dtype="datetime64[D]")
    stamps = every[np.is_busday(every)][:n_bars]
    bars = bl.Bars.from_arrays(close, open=close, high=close, low=close, time=stamps)
    up, down = (rng.random(close.shape) < 0.03 for _ in range(2))
    return bl.Portfolio.from_signals(
        bars, up, down, down, up, size=bl.PercentOfEquity(0.04), account=bl.RegT(), fees=0.0005
    )


def variants() -> bl.SweepRun:
    """About 93,000 variants of a crossing."""
    return bl.sweep(
        bl.rules.sma_cross, bl.Bars.sample()["IBM"], fast=range(2, 120), slow=range(10, 260),
        fees=bl.param("fee"), fee=[0.0, 0.001, 0.002, 0.003], where="fast < slow",
    ).run()  # fmt: skip


def timed(work: Callable[[], Any], times: int = 3) -> float:
    """Return the least seconds of some tries."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return min(found)


def main() -> None:
    """Measure and print."""
    long, wide, swept = minutes(), days(), variants()
    print("| work | seconds | page |\n|---|---:|---:|")
    print(f"| 3.5 M bars: first figure | {timed(lambda: long.plot(), 1):.2f} | |")
    for name in ("plot", "plot_returns", "plot_trades", "plot_positions"):
        print(f"| 3.5 M bars: `{name}` | {timed(getattr(long, name)):.2f} | |")
    for name in ("plot_heatmap", "plot_parallel", "plot_distribution"):
        label = f"{len(swept.grid):,} variants: `{name}`"
        print(f"| {label} | {timed(getattr(swept, name)):.2f} | |")
    with TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        for label, run in (
            ("3.5 M bars", long),
            ("2,520 days x 50 assets", wide),
            (f"{len(swept.grid):,} variants", swept),
        ):
            seconds = timed(lambda run=run: run.report(page))
            print(f"| {label}: `report` | {seconds:.2f} | {page.stat().st_size / 1e3:,.0f} kB |")


if __name__ == "__main__":
    main()
