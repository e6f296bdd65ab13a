"""How fast a warm call is: `python benchmarks/throughput.py`.

Everything goes through the public API, one thread, `record="full"`. vectorbt is measured in the same
run where it is installed (`pip install barledger[bench]`); its fills are at closes, so the two do
not agree: `compare.py` times runs that do.
"""

import gc
import platform
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from worlds import random_signals, ranked_targets, regular_signals, walk

import barledger as bl

COSTS = {"fees": 0.0005, "slippage": 0.0002}


class Work(NamedTuple):
    """One figure: `cells` asset-bars a call, and the same work for the peer."""

    name: str
    cells: int
    limit: str
    ours: Callable[[], Any]
    peer: Callable[[], Any] | None


def best(call: Callable[[], Any], seconds: float = 4.0) -> float:
    """Return the quickest of the calls that fit into some seconds, at least three."""
    call()
    gc.collect()
    times: list[float] = []
    began = time.perf_counter()
    while len(times) < 3 or time.perf_counter() - began < seconds:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def rebalance(vectorbt: Any) -> Work:
    """250 assets x 252 days, 25 long and 25 short, new targets every day, shared cash."""
    bars, targets = walk(252, 250, 0.01), ranked_targets(252, 250, 25, 0.02)

    def ours() -> Any:
        account = bl.PortfolioMargin(max_leverage=2.0)
        return bl.Portfolio.from_targets(
            bars, targets, account=account, initial_cash=1e6, **COSTS
        ).books[0].equity[-1]  # fmt: skip

    def peer() -> Any:
        return vectorbt.Portfolio.from_orders(
            bars.close, targets, size_type="targetpercent", group_by=True, cash_sharing=True,
            call_seq="auto", init_cash=1e6, freq="1D", **COSTS,
        ).value()  # fmt: skip

    return Work("250 x 252 rebalance", 250 * 252, "2.0 ms", ours, vectorbt and peer)


def minutes(vectorbt: Any, with_stats: bool) -> Work:
    """One asset, 3.5 million bars, 10,000 fills; equity, and perhaps five statistics."""
    n_bars = 3_500_000
    bars = walk(n_bars, 1, 0.0003)
    entries, exits = regular_signals(n_bars, 700)

    def ours() -> Any:
        result = bl.Portfolio.from_signals(
            bars, entries, exits, size=bl.PercentOfEquity(0.5), **COSTS
        )
        if not with_stats:
            return result.books[0].equity[-1]
        names = ("total_return", "sharpe", "max_drawdown", "n_trades", "win_rate")
        return [getattr(result, name) for name in names]

    def peer() -> Any:
        run = vectorbt.Portfolio.from_signals(
            bars.close[:, 0], entries, exits, size=0.5, size_type="percent", freq="1min", **COSTS
        )
        if not with_stats:
            return run.value()
        trades = run.trades
        return [
            run.total_return(), run.sharpe_ratio(), run.max_drawdown(), trades.count(),
            trades.win_rate(),
        ]  # fmt: skip

    what = "return, Sharpe, drawdown, trades, win rate" if with_stats else "orders, equity"
    limit = "6 ns" if with_stats else "4 ns"
    return Work(f"1 x 3.5 M bars: {what}", n_bars, limit, ours, vectorbt and peer)


def many(vectorbt: Any) -> Work:
    """500 assets x 2,520 days, random signals, shared cash."""
    bars = walk(2520, 500, 0.01)
    entries, exits = random_signals(2520, 500, 0.01)

    def ours() -> Any:
        return bl.Portfolio.from_signals(
            bars, entries, exits, size=bl.PercentOfEquity(0.01), **COSTS
        ).books[0].equity[-1]  # fmt: skip

    def peer() -> Any:
        return vectorbt.Portfolio.from_signals(
            bars.close, entries, exits, size=0.01, size_type="percent", group_by=True,
            cash_sharing=True, call_seq="auto", freq="1D", **COSTS,
        ).value()  # fmt: skip

    return Work("500 x 2,520 signals", 500 * 2520, "9 ns", ours, vectorbt and peer)


def wrapper_seconds(call: Callable[[], Any]) -> float:
    """Return the time of a call outside the compiled loop."""
    from barledger.kernel import simulate as room

    loop, inside = room.simulate, [0.0]

    def timed(*arguments: Any) -> Any:
        start = time.perf_counter()
        done = loop(*arguments)
        inside[0] += time.perf_counter() - start
        return done

    room.simulate = timed
    try:
        left = []
        for _ in range(200):
            inside[0] = 0.0
            start = time.perf_counter()
            call()
            left.append(time.perf_counter() - start - inside[0])
    finally:
        room.simulate = loop
    return min(left)


def show(work: Work) -> None:
    """Measure one work and print its row."""
    ours = best(work.ours)
    row = [work.name, _time(ours), f"{ours / work.cells * 1e9:.2f}", work.limit]
    if work.peer:
        peer = best(work.peer, 8.0)
        row += [_time(peer), f"{peer / work.cells * 1e9:.1f}", f"{peer / ours:.1f}x"]
    print("| " + " | ".join(row) + " |", flush=True)


def _time(seconds: float) -> str:
    return f"{seconds * 1e3:.2f} ms"


def main() -> None:
    """Print the figures as a table."""
    try:
        import vectorbt
    except ImportError:
        vectorbt = None
    print(f"{platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}\n")
    print("| work | barledger | ns per asset-bar | must reach | vectorbt | ns | ratio |")
    print("|---|---|---|---|---|---|---|")
    first = rebalance(vectorbt)
    show(first)
    for make in (lambda: minutes(vectorbt, False), lambda: minutes(vectorbt, True)):
        show(make())
    show(many(vectorbt))
    print(f"\nPython around the loop, 250 x 252: {wrapper_seconds(first.ours) * 1e3:.2f} ms")


if __name__ == "__main__":
    main()
