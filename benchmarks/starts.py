"""W5: from the start of a process to its first statistics, with and without compiled code on disk.

Each engine is asked for the same small run in a new process, several times in turns: first with an
empty folder for compiled code (fresh), then with what that run has left there (cached). Before each
cached start the same one is made without being measured: else the first after another engine's
would wait for its files to be read again.
"""

import compileall
import importlib.util
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
FRESH, TURNS = 1, 3

MARKET = """
import sys, time
import numpy as np
given = dict(np.load(sys.argv[1]))
close, opens, high, low = (given[name] for name in ("close", "open", "high", "low"))
entries, exits = given["entries"], given["exits"]
"""
OURS = """
import barledger as bl
bars = bl.Bars.from_arrays(close, open=opens, high=high, low=low)
run = bl.Portfolio.from_signals(bars, entries, exits, size={size}, fees=0.0005)
{ask}
print(time.time(), run.total_return)
"""
FIVE = "_ = run.total_return, run.sharpe, run.max_drawdown, run.n_trades, run.win_rate"
VECTORBT = """
import vectorbt as vbt
late = [np.append(False, each[:-1, 0]) for each in (entries, exits)]
run = vbt.Portfolio.from_signals(
    close[:, 0], *late, price=opens[:, 0], init_cash=100_000.0, fees=0.0005, freq="1D",
    engine="{engine}",
)
{ask}
print(time.time(), run.total_return())
"""
VECTORBT_FIVE = """
trades = run.trades
_ = run.total_return(), run.sharpe_ratio(), run.max_drawdown(), trades.count(), trades.win_rate()
"""
RAPTORBT = """
import raptorbt
config = raptorbt.BacktestConfig(
    initial_capital=100_000.0, fees=0.0005, fill_timing="next_bar_open"
)
day = np.arange(len(close), dtype=np.int64) * 86_400_000_000_000
prices = [np.ascontiguousarray(each[:, 0]) for each in (opens, high, low, close)]
signals = [np.ascontiguousarray(each[:, 0]) for each in (entries, exits)]
run = raptorbt.run_single_backtest(
    day, *prices, np.ones(len(close)), *signals, 1, 1.0, "A", config
)
print(time.time(), run.metrics.total_return_pct / 100.0)
"""
BACKTRADER = """
sys.path.insert(0, sys.argv[2])
import with_backtrader
run, answer = with_backtrader.minutes(given, {})
equity = answer(run())["equity"]
print(time.time(), equity[-1] / 100_000.0 - 1.0)
"""
BACKTESTING = """
sys.path.insert(0, sys.argv[2])
import with_backtesting
run, _ = with_backtesting.minutes(given, {})
print(time.time(), run()["Equity Final [$]"] / 100_000.0 - 1.0)
"""


class Start(NamedTuple):
    """What one process is asked: the engine, its words, its code, and whose return it must have."""

    peer: str
    words: str
    code: str
    agrees_with: str


def starts() -> list[Start]:
    """Return every start that is measured."""
    found = []
    for words, ask in (("five statistics", FIVE), ("full table", "run.stats()")):
        ours = OURS.format(size="'all_cash'", ask=ask)
        found.append(Start("barledger", words, ours, "all cash"))
    found.append(Start("barledger", "100 shares", OURS.format(size=100, ask=FIVE), "shares"))
    for peer, engine in (("vectorbt", "numba"), ("vectorbt-rust", "rust")):
        for words, ask in (("five statistics", VECTORBT_FIVE), ("full table", "run.stats()")):
            code = VECTORBT.format(engine=engine, ask=ask)
            found.append(Start(peer, words, code, "all cash"))
    found.append(Start("raptorbt", "full table", RAPTORBT, "all cash"))
    found.append(Start("backtrader", "final value", BACKTRADER, "shares"))
    found.append(Start("backtesting", "full table", BACKTESTING, "shares"))
    return found


def as_installed(cache: Path) -> dict[str, str]:
    """Return the environment of a new process: bytecode on disk, as an installer leaves it.

    Ours may come from a folder of sources that nobody installed.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "NUMBA_CACHE_DIR": str(cache)}


def write_bytecode() -> None:
    """Write our bytecode, as pip does when it installs."""
    found = importlib.util.find_spec("barledger")
    assert found is not None
    assert found.origin is not None
    compileall.compile_dir(Path(found.origin).parent, quiet=2)


def once(python: Path, code: str, data: Path, cache: Path) -> tuple[float, float]:
    """Return the seconds from the start of a process to its last statistic, and its return."""
    environment = as_installed(cache)
    began = time.time()
    done = subprocess.run(
        [str(python), "-c", MARKET + code, str(data), str(HERE / "workers")],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    end, value = map(float, done.stdout.split()[-2:])
    return end - began, value


def measure(pythons: dict[str, Path], data: Path) -> list[dict[str, Any]]:
    """Return, for each start, its seconds fresh and cached, or how its return disagrees."""
    rows: list[dict[str, Any]] = []
    write_bytecode()
    with tempfile.TemporaryDirectory() as name:
        for k, start in enumerate(starts()):
            if start.peer not in pythons:
                continue
            cache = Path(name) / str(k)
            fresh = []
            for _ in range(FRESH):
                shutil.rmtree(cache, ignore_errors=True)
                cache.mkdir()
                seconds, value = once(pythons[start.peer], start.code, data, cache)
                fresh.append(seconds)
            rows.append({"start": start, "fresh": fresh, "cached": [], "return": value})
        for _ in range(TURNS):
            for k, start in enumerate(starts()):
                for row in rows:
                    if row["start"] == start:
                        asked = pythons[start.peer], start.code, data, Path(name) / str(k)
                        once(*asked)
                        row["cached"].append(once(*asked)[0])
    for row in rows:
        row["problem"] = _problem(row, rows)
    return rows


def _problem(row: dict[str, Any], rows: list[dict[str, Any]]) -> str | None:
    """Return how a start's return differs from ours, None where it does not."""
    ours = next(
        each["return"] for each in rows
        if each["start"].peer == "barledger" and each["start"].agrees_with == row["start"].agrees_with
    )  # fmt: skip
    if abs(ours - row["return"]) <= 1e-9:
        return None
    return f"disagrees: return {row['return']:.10g}, ours {ours:.10g}"


def table(rows: list[dict[str, Any]], names: dict[str, str]) -> str:
    """Return the page's section."""
    lines = [
        "\n### W5: from the start of a process to its first statistics\n",
        "One asset, 1,000 bars, long and flat, the next open. Medians (least to most).\n",
        "| engine | asked for | nothing compiled yet | compiled code on disk |\n|---|---|---|---|",
    ]
    for row in rows:
        start = row["start"]
        name = names.get(start.peer, start.peer)
        if row["problem"]:
            lines.append(f"| {name} | {start.words} | {row['problem']} | |")
            continue
        fresh, cached = (_span(row[kind]) for kind in ("fresh", "cached"))
        lines.append(f"| {name} | {start.words} | {fresh} | {cached} |")
    return "\n".join(lines)


def _span(seconds: list[float]) -> str:
    middle = sorted(seconds)[len(seconds) // 2]
    return f"{middle:.2f} s ({min(seconds):.2f} to {max(seconds):.2f})"


def size(path: Path) -> float:
    """Return what a folder takes on disk, in MB of 1,048,576 bytes, as `du -m` does."""
    files = [f for f in path.rglob("*") if not f.is_symlink()]
    return sum(f.stat().st_blocks * 512 for f in files) / 2**20


def sizes(pythons: dict[str, Path]) -> dict[str, float]:
    """Return the megabytes of each environment, symbolic links left out."""
    return {peer: size(python.parents[1]) for peer, python in pythons.items()}
