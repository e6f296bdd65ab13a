"""raptorbt beside us."""

from typing import Any

import numpy as np
import raptorbt
from wire import Arrays, serve

FEES = 0.0005
NAMES = ("open", "high", "low", "close")


def one(given: Arrays) -> list[Any]:
    """Return the arrays that every runner takes: time, prices, volume."""
    n_bars = len(given["close"])
    time = np.arange(n_bars, dtype=np.int64) * 60_000_000_000
    prices = [np.ascontiguousarray(given[name][:, 0]) for name in NAMES]
    return [time, *prices, np.ones(n_bars)]


def config(**more: Any) -> Any:
    """Return what all works have in common."""
    common = {"initial_capital": 100_000.0, "fees": FEES, "fill_timing": "next_bar_open"}
    return raptorbt.BacktestConfig(**{**common, **more})


def fills(trades: list[Any], columns: dict[str, int]) -> Any:
    """Return (bar, asset, quantity, price); what is closed because data ends is no fill."""
    rows = []
    for trade in trades:
        column = columns.get(trade.symbol, 0)
        rows.append((trade.entry_idx, column, trade.size, trade.entry_price))
        if str(trade.exit_reason) != "EndOfData":
            rows.append((trade.exit_idx, column, -trade.size, trade.exit_price))
    return np.array(sorted(rows, key=lambda row: row[:2]), float).reshape(-1, 4)


def minutes(given: Arrays, options: dict[str, Any]) -> Any:
    """All cash in, all out, at the next open; its 48 metrics."""
    market = one(given)
    signals = [np.ascontiguousarray(given[name][:, 0]) for name in ("entries", "exits")]

    def run() -> Any:
        result = raptorbt.run_single_backtest(*market, *signals, 1, 1.0, "A", config())
        _ = result.metrics.sharpe_ratio, result.equity_curve()
        return result

    def answer(result: Any) -> Arrays:
        found = result.metrics
        closed = [t for t in result.trades() if str(t.exit_reason) != "EndOfData"]
        wins = np.mean([t.pnl > 0.0 for t in closed]) if closed else np.nan
        numbers = found.total_return_pct / 100.0, -found.max_drawdown_pct / 100.0, len(closed), wins
        return {
            "equity": result.equity_curve(),
            "fills": fills(result.trades(), {}),
            "statistics": np.array(numbers),
        }

    return run, answer


def sweep(given: Arrays, options: dict[str, Any]) -> Any:
    """Every pair of moving averages on all cores, in chunks of items, its own metrics."""
    market = one(given)
    windows = range(2, 2 + int(options["windows"]))
    pairs = [(a, b) for a in range(len(windows)) for b in range(a + 1, len(windows))]
    settings = config()

    def run() -> Any:
        average = [raptorbt.sma(market[4], window) for window in windows]
        found = []
        for start in range(0, len(pairs), 1000):
            items = []
            for fast, slow in pairs[start : start + 1000]:
                a, b = average[fast], average[slow]
                above, below = a > b, a < b
                up, down = np.zeros((2, len(a)), bool)
                up[1:] = above[1:] & (a[:-1] <= b[:-1])
                down[1:] = below[1:] & (a[:-1] >= b[:-1])
                items.append(raptorbt.BatchSingleItem("x", up, down, 1, 1.0, "A"))
            for _, result in raptorbt.batch_single_backtest(*market, items, settings):
                m = result.metrics
                found.append(
                    (m.total_return_pct, m.max_drawdown_pct, m.total_closed_trades, m.win_rate_pct)
                )
        return np.array(found)

    def answer(found: Any) -> Arrays:
        return {
            "total_return": found[:, 0] / 100.0, "max_drawdown": -found[:, 1] / 100.0,
            "trades": found[:, 2], "win_rate": found[:, 3] / 100.0,
        }  # fmt: skip

    return run, answer


def stops(given: Arrays, options: dict[str, Any]) -> Any:
    """Random entries and exits with a stop and a target, $20k each, one purse."""
    n_bars, n_assets = given["close"].shape
    time, volume = np.arange(n_bars, dtype=np.int64) * 86_400_000_000_000, np.ones(n_bars)
    names = [f"A{k}" for k in range(n_assets)]
    instruments, own = [], {}
    for k, name in enumerate(names):
        prices = [np.ascontiguousarray(given[each][:, k]) for each in NAMES]
        signals = [np.ascontiguousarray(given[each][:, k]) for each in ("entries", "exits")]
        instruments.append((time, *prices, volume, *signals, 1, 1.0, name))
        own[name] = raptorbt.InstrumentConfig(alloted_capital=20_000.0)
        own[name].set_fixed_stop(options["loss"])
        own[name].set_fixed_target(options["target"])
    settings = config(initial_capital=options["cash"], fill_timing="same_bar_close")

    def run() -> Any:
        found = raptorbt.run_portfolio_backtest(instruments, settings, "full", own).result
        _ = found.equity_curve()
        return found

    def answer(found: Any) -> Arrays:
        columns = {name: k for k, name in enumerate(names)}
        return {"equity": found.equity_curve(), "fills": fills(found.trades(), columns)}

    return run, answer


WORKS = {"W2": minutes, "W3": sweep, "W4 apart": stops}

if __name__ == "__main__":
    serve(WORKS, ("raptorbt", "numpy"))
