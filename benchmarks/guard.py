"""Whether the kernel has become slower: `python benchmarks/guard.py`, a step of CI.

Seconds mean nothing on a machine whose speed changes from minute to minute. Each main path is
therefore measured in multiples of a fixed loop that is compiled and run beside it, in turns of a few
hundredths of a second, and compared with the multiples in `guard.json`. Instruction counts would
be steadier, but need counters that virtual machines seldom have, or valgrind, and minutes.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
import workloads

import barledger as bl
from barledger.compat import vectorbt

BASELINE = Path(__file__).with_suffix(".json")
WORST = 2.0  # times the baseline; other processors differ by up to 1.3, a busy host by more
TURNS = 15


@numba.njit(error_model="numpy")  # type: ignore[untyped-decorator]
def yardstick(prices: Any, states: Any) -> float:
    """Known work: one pass over prices with a branch, a division and a write to a record."""
    total = 0.0
    for k in range(prices.size):
        row = states[k & 63]
        if prices[k] > row["level"]:
            row["count"] += 1
            row["level"] = 0.5 * (row["level"] + prices[k])
        else:
            row["level"] *= 0.999
        total += prices[k] / (1.0 + row["level"])
    return total


def yard() -> Callable[[], Any]:
    """Return the yardstick, compiled, over a million prices."""
    prices = np.random.default_rng(1).random(1_000_000)
    states = np.zeros(64, [("level", np.float64), ("count", np.int64)])
    return lambda: yardstick(prices, states)


def paths() -> dict[str, Callable[[], Any]]:
    """Return the main paths of the kernel, each some hundredths of a second."""
    long, wide = workloads.market(400_000, 1, 0.0003, 3), workloads.market(1_000, 100, 0.015, 7)
    one, many = (
        bl.Bars.from_arrays(m["close"], open=m["open"], high=m["high"], low=m["low"])
        for m in (long, wide)
    )
    rng = np.random.default_rng(5)
    rare, often = (rng.random((2, 400_000)) < rate for rate in (2e-4, 0.01))
    up, down = rng.random((2, 1_000, 100)) < 0.03
    weights = workloads.chosen(1_000, 100, 10, 11) * 0.02
    half = bl.PercentOfEquity(0.5)
    small = {"size": bl.PercentOfEquity(0.02), "fees": 0.0005}
    daily = bl.Bars.from_arrays(workloads.w3()["close"])

    def of(bars: bl.Bars, *signals: Any, **options: Any) -> Callable[[], Any]:
        return lambda: bl.Portfolio.from_signals(bars, *signals, **options).books[0].equity[-1]

    def swept() -> Any:
        return bl.sweep(
            bl.rules.sma_cross, daily, fast=range(2, 22), slow=range(50, 70), executor=1,
            size=bl.PercentOfEquity(1.0), fees=0.0005, progress=False,
        ).run()  # fmt: skip

    guards = bl.Stops(loss=0.05, trail=0.03)
    return {
        "quiet bars": of(one, *rare, size=half, fees=0.0005),
        "fills": of(one, *often, size=half, fees=0.0005),
        "stops on margin": of(one, *rare, size=half, account=bl.RegT(), stops=guards),
        "signals of many": of(many, up, down, **small),
        "stops of many on margin": of(many, up, down, account=bl.RegT(), stops=guards, **small),
        "limits of many": of(many, up, down, orders=bl.Limit(wide["close"] * 0.99), **small),
        "targets of many": lambda: bl.Portfolio.from_targets(
            many, weights, account=bl.PortfolioMargin(max_leverage=2.0), fees=0.0005
        ).books[0].equity[-1],
        "net targets of many": lambda: vectorbt.from_orders(
            many.close, weights, size_type="targetpercent", group_by=True, cash_sharing=True,
            call_seq="auto", fees=0.0005,
        ).books[0].equity[-1],
        "sweep": swept,
    }  # fmt: skip


def multiples(turns: int) -> dict[str, tuple[float, float]]:
    """Return, of each path, the median of its turns in yardsticks, and median over median.

    Each turn is divided by the quicker of the two yardsticks around it.
    """
    measure = yard()
    found = {}
    for name, path in paths().items():
        path()
        measure()
        beside, taken = [_seconds(measure)], []
        for _ in range(turns):
            taken.append(_seconds(path))
            beside.append(_seconds(measure))
        each = [t / min(beside[k], beside[k + 1]) for k, t in enumerate(taken)]
        found[name] = statistics.median(each), statistics.median(taken) / statistics.median(beside)
    return found


def _seconds(call: Callable[[], Any]) -> float:
    """Return the processor's seconds of a call: what other processes take does not count."""
    start = time.process_time()
    call()
    return time.process_time() - start


def judge(
    found: dict[str, tuple[float, float]], baseline: dict[str, float]
) -> dict[str, tuple[float, bool]]:
    """Return how many times its baseline each path takes, and whether that is too many.

    Both ways of measuring must say so: one stray turn of the machine is no regression.
    """
    return {
        name: (min(pair) / baseline[name], min(pair) > WORST * baseline[name])
        for name, pair in found.items()
    }


def main() -> int:
    """Print each path beside its baseline; 1 when any has become slower."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true", help="make what is measured the baseline")
    options = parser.parse_args()
    found = multiples(TURNS * (3 if options.record else 1))
    if options.record:
        numbers = {name: round(min(pair), 3) for name, pair in found.items()}
        BASELINE.write_text(json.dumps(numbers, indent=2) + "\n")
        print(f"wrote {BASELINE.name}: {numbers}")
        return 0
    baseline = json.loads(BASELINE.read_text())
    verdict = judge(found, baseline)
    again = [name for name, (_, is_slow) in verdict.items() if is_slow]
    if again:  # once more, before anybody is told
        verdict |= {k: v for k, v in judge(multiples(TURNS), baseline).items() if k in again}
    for name, (times, is_slow) in verdict.items():
        print(f"{name:<26} {times:5.2f} times its baseline{'   SLOWER' * is_slow}")
    slower = [name for name, (_, is_slow) in verdict.items() if is_slow]
    if slower:
        print(f"slower than {WORST} times the baseline: {', '.join(slower)}; if that is meant,")
        print("say so in the commit, with: python benchmarks/guard.py --record")
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main())
