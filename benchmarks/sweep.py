"""How fast a sweep is, vectorbt beside it: `python benchmarks/sweep.py [--million] [--dask]`.

All pairs of 142 moving averages on 2,520 bars: return, Sharpe, drawdown, trades, win rate. Everything
through the public API, grid, table and all; compiled code and executor are warm, the sweep is not.
"""

import argparse
import gc
import os
import platform
import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from worlds import walk

import barledger as bl
from barledger.sweeps.metrics import METRICS

COSTS = {"fees": 0.0005}
WINDOWS = range(2, 144)
N_BARS = 2520


def best(call: Callable[[], Any], times: int = 7) -> float:
    """Return the quickest of some calls."""
    call()
    gc.collect()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return min(taken)


def pairs(bars: bl.Bars, **more: Any) -> bl.Sweep:
    """Return the sweep of all pairs of moving averages."""
    given: dict[str, Any] = {"size": bl.PercentOfEquity(1.0), **COSTS, **more}
    return bl.sweep(
        bl.rules.sma_cross, bars, fast=WINDOWS, slow=WINDOWS, where="fast < slow", progress=False,
        **given,
    )  # fmt: skip


def ready(bars: bl.Bars, count: int) -> bl.Signals:
    """Return as many finished signals, those of every so-many-th pair."""
    run = pairs(bars).run()
    rows = [
        run.job.signals(run.grid.choices[:, k]).reshape(-1)
        for k in range(0, len(run.grid), len(run.grid) // count)
    ][:count]
    flags = np.column_stack(rows)
    return bl.Signals(flags == 1, flags == 2)


def works() -> dict[str, tuple[Callable[[int], bl.Sweep], int, str]]:
    """Return each work: how to make it for some threads, its asset-bar-variants, its limit."""
    plain = bl.Bars.from_arrays(walk(N_BARS, 1, 0.01).close)
    full, many = walk(N_BARS, 1, 0.01), walk(N_BARS, 50, 0.01)
    signals = ready(plain, 2000)
    short = {"account": bl.RegT(), "stops": bl.Stops(loss=0.05, trail=0.03)}

    def fifty(threads: int) -> bl.Sweep:
        return bl.sweep(
            bl.rules.sma_cross, many, fast=range(2, 22), slow=range(30, 80), executor=threads,
            size=bl.PercentOfEquity(0.02), progress=False, **COSTS,
        )  # fmt: skip

    def given(threads: int) -> bl.Sweep:
        size = bl.PercentOfEquity(1.0)
        return bl.sweep(signals, plain, executor=threads, size=size, progress=False, **COSTS)

    return {
        "10,011 pairs": (lambda n: pairs(plain, executor=n), 10_011 * N_BARS, "2"),
        "10,011 pairs, Reg T, stops": (
            lambda n: pairs(full, executor=n, **short), 10_011 * N_BARS, "10",
        ),
        "2,000 finished arrays": (given, 2000 * N_BARS, "5"),
        "1,000 variants x 50 assets": (fifty, 1000 * 50 * N_BARS, "12"),
    }  # fmt: skip


def vectorbt_seconds() -> float | None:
    """Return the time that vectorbt takes for all pairs, in parts that fit into memory."""
    try:
        import vectorbt
    except ImportError:
        return None
    import pandas as pd

    close = pd.Series(walk(N_BARS, 1, 0.01).close[:, 0])

    def run() -> None:
        fast, slow = vectorbt.MA.run_combs(
            close, list(WINDOWS), r=2, short_names=["fast", "slow"]
        )  # fmt: skip
        portfolio = vectorbt.Portfolio.from_signals(
            close, fast.ma_crossed_above(slow), fast.ma_crossed_below(slow), freq="1D", **COSTS
        )
        trades = portfolio.trades
        _ = portfolio.total_return(), portfolio.sharpe_ratio(), portfolio.max_drawdown()
        _ = trades.count(), trades.win_rate()

    return best(run, 2)


def million() -> None:
    """Print time and memory of a million variants."""
    bars = bl.Bars.from_arrays(walk(N_BARS, 1, 0.01).close)
    start = time.perf_counter()
    bl.sweep(
        bl.rules.sma_cross, bars, fast=range(2, 102), slow=range(102, 202), progress=False,
        fees=bl.PercentFee(bl.param("fee")), fee=[k / 20_000 for k in range(100)],
    ).run()  # fmt: skip
    taken = time.perf_counter() - start
    print(f"\n1,000,000 variants: {taken:.1f} s, {taken / N_BARS * 1e3:.2f} ns per bar-variant")


def metrics() -> None:
    """Print what metrics beyond the usual five add to all pairs, on one thread."""
    bars = bl.Bars.from_arrays(walk(N_BARS, 1, 0.01).close)
    print("\n| metrics beside the usual | 1 thread | more, ns a bar-variant |")
    print("|---|---|---|")
    usual = ["total_return", "sharpe", "max_drawdown", "trades", "win_rate"]
    groups = {
        "none": [],
        "calmar, exposure, expectancy": ["calmar", "exposure", "expectancy"],
        "ulcer, skew, kurtosis, turnover": ["ulcer", "skew", "kurtosis", "turnover"],
        "value_at_risk": ["value_at_risk"],
        "slippage, margin_calls": ["slippage", "margin_calls"],
        "all": list(METRICS),
    }
    base = 0.0
    for name, more in groups.items():
        wanted = [*usual, *more]
        seconds = best(lambda wanted=wanted: pairs(bars, executor=1, metrics=wanted).run(), 3)
        base = base or seconds
        added = (seconds - base) / 10_011 / N_BARS * 1e9
        print(f"| {name} | {seconds * 1e3:.1f} ms | {added:.2f} |", flush=True)


def dask() -> None:
    """Print what shipping chunks of 100,000 variants to a local Dask cluster adds to threads."""
    import distributed

    bars = bl.Bars.from_arrays(walk(N_BARS, 1, 0.01).close)

    def run(executor: Any) -> None:
        bl.sweep(
            bl.rules.sma_cross, bars, fast=range(2, 450), slow=range(2, 450), where="fast < slow",
            executor=executor, progress=False, **COSTS,
        ).run()  # fmt: skip

    cores = os.cpu_count() or 1
    cluster = distributed.LocalCluster(cores, threads_per_worker=1, dashboard_address=None)
    with cluster, distributed.Client(cluster) as client:
        there = client.get_executor()
        seconds = {"threads": 9e9, "dask": 9e9}
        run(there)
        for _ in range(5):
            for name, executor in (("threads", cores), ("dask", there)):
                start = time.perf_counter()
                run(executor)
                seconds[name] = min(seconds[name], time.perf_counter() - start)
    more = seconds["dask"] / seconds["threads"] - 1.0
    print(f"\n100,128 variants: {seconds['threads']:.2f} s on {cores} threads, ", end="")
    print(f"{seconds['dask']:.2f} s on Dask, {more:+.1%}")


def main() -> None:
    """Print the figures as a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--million", action="store_true", help="a million variants too")
    parser.add_argument("--dask", action="store_true", help="100,000 variants on Dask too")
    parser.add_argument("--metrics", action="store_true", help="what further metrics cost too")
    options = parser.parse_args()
    cores = os.cpu_count() or 1
    print(f"{platform.machine()}, {cores} cores, Python {platform.python_version()}\n")
    print(f"| work | 1 thread | ns | {cores} threads | ns | must reach |")
    print("|---|---|---|---|---|---|")
    for name, (make, cells, limit) in works().items():
        row = [name]
        for threads in (1, cores):
            seconds = best(lambda make=make, threads=threads: make(threads).run().table)
            row += [f"{seconds * 1e3:.1f} ms", f"{seconds / cells * 1e9:.2f}"]
        print("| " + " | ".join([*row, limit]) + " |", flush=True)
    if options.metrics:
        metrics()
    if options.million:
        million()
    if options.dask:
        dask()
    print(f"\nmemory at most: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    peer = vectorbt_seconds()
    if peer is not None:
        print(f"vectorbt, 10,011 pairs: {peer:.2f} s, {peer / 10_011 / N_BARS * 1e9:.0f} ns")


if __name__ == "__main__":
    main()
