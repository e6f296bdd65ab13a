"""barledger, set to agree with each peer: `work:peer` names the run."""

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from wire import Arrays, Unsupported, serve, timed

import barledger as bl
from barledger.presets import backtrader

FEES = 0.0005
MINUTES = 365 * 24 * 60


def bars_of(given: Arrays, lot: float | None = None, names: str = "open high low close") -> bl.Bars:
    """Return the market of a work."""
    tables = {name: given[name] for name in names.split()}
    close = tables.pop("close")
    contract = bl.Contract(kind="stock", lot=lot) if lot else None
    return bl.Bars.from_arrays(close, **tables, contracts=contract)


def account(result: bl.Result) -> Arrays:
    """Return what every engine has: equity by bar, and fills by bar and asset."""
    book = result.books[0]
    rows = book.fills
    fills = np.column_stack([rows[name] for name in ("bar", "asset", "quantity", "price")])
    return {"equity": np.asarray(book.equity), "fills": fills}


def five(result: bl.Result) -> Arrays:
    """Return the account and its five statistics."""
    names = ("total_return", "sharpe", "max_drawdown", "n_trades", "win_rate")
    return {**account(result), "statistics": np.array([getattr(result, name) for name in names])}


def touched(result: bl.Result) -> bl.Result:
    """Return a result whose five statistics have been read, and its equity."""
    five(result)
    return result


def rebalance_backtrader(given: Arrays, options: dict[str, Any]) -> Any:
    """Targets in money, the next open, cash tested in the order of submission."""
    bars, preset = bars_of(given, 1.0), backtrader.options(commission=FEES)

    def run() -> bl.Result:
        result = bl.Portfolio.from_targets(
            bars, given["targets"], unit="value", initial_cash=options["cash"], **preset
        )
        _ = result.books[0].equity[-1]
        return result

    return run, account


def rebalance_bt(given: Arrays, options: dict[str, Any]) -> Any:
    """Targets in percent of equity, at the close that they are given for, no fees."""
    bars = bars_of(given)

    def run() -> bl.Result:
        result = bl.Portfolio.from_targets(
            bars, given["weights"], fill="close", account=bl.Unlimited(),
            initial_cash=options["cash"],
        )  # fmt: skip
        _ = result.books[0].equity[-1]
        return result

    return run, account


def compat() -> Any:
    """Return the module with vectorbt's keywords."""
    try:
        from barledger.compat import vectorbt
    except ImportError as error:
        raise Unsupported("barledger.compat.vectorbt is not there yet") from error
    return vectorbt


def rebalance_vectorbt(given: Arrays, options: dict[str, Any]) -> Any:
    """Targets in money at the close, sales first, one purse."""
    module = compat()

    def run() -> bl.Result:
        result = module.from_orders(
            given["close"], given["targets"], size_type="targetvalue", group_by=True,
            cash_sharing=True, call_seq="auto", init_cash=options["cash"], fees=FEES, freq="1D",
        )  # fmt: skip
        _ = result.books[0].equity[-1]
        return result

    return run, account


def minutes(given: Arrays, options: dict[str, Any]) -> Any:
    """All cash in, all out, at the next open; five statistics."""
    bars = bars_of(given)

    def run() -> bl.Result:
        return touched(
            bl.Portfolio.from_signals(
                bars, given["entries"], given["exits"], size="all_cash", fees=FEES,
                slippage=options.get("slippage", 0.0),
            )
        )  # fmt: skip

    def answer(result: bl.Result) -> Arrays:
        return {**account(result), "statistics": plain(result)}

    return run, answer


def plain(result: bl.Result) -> Any:
    """Return statistics that need no year: return, drawdown, closed trades and their win rate."""
    closed = result.trades.filter(status="closed")
    wins = float((closed["pnl"] > 0.0).mean()) if len(closed) else np.nan
    return np.array([result.total_return, result.max_drawdown, len(closed), wins])


def minutes_backtrader(given: Arrays, options: dict[str, Any]) -> Any:
    """A hundred shares in, all out, under the preset."""
    bars, preset = bars_of(given), backtrader.options(commission=FEES)

    def run() -> bl.Result:
        result = bl.Portfolio.from_signals(
            bars, given["entries"], given["exits"], size=100, **preset
        )
        _ = result.books[0].equity[-1]
        return result

    return run, account


def minutes_backtesting(given: Arrays, options: dict[str, Any]) -> Any:
    """A hundred shares in, all out, at the next open."""
    bars = bars_of(given)

    def run() -> bl.Result:
        return touched(
            bl.Portfolio.from_signals(
                bars, given["entries"], given["exits"], size=100, fees=FEES
            )
        )  # fmt: skip

    return run, account


def sweep(given: Arrays, options: dict[str, Any]) -> Any:
    """Every pair of moving averages: all cash, the next open, five metrics."""
    bars = bars_of(given)
    windows = range(2, 2 + int(options["windows"]))
    threads = os.cpu_count() if options.get("threads") == "all" else 1

    def run() -> Any:
        return bl.sweep(
            bl.rules.sma_cross, bars, fast=windows, slow=windows, where="fast < slow",
            size=bl.PercentOfCash(1.0), fees=FEES, executor=threads, progress=False,
            metrics=["total_return", "sharpe", "max_drawdown", "trades", "win_rate"],
        ).run()  # fmt: skip

    def answer(done: Any) -> Arrays:
        table = done.table
        names = ("total_return", "sharpe", "max_drawdown", "trades", "win_rate")
        found = {name: table[name].to_numpy() for name in names}
        return {**found, "sharpe": found["sharpe"] / np.sqrt(252.0)}  # of one bar

    return run, answer


def access(given: Arrays, options: dict[str, Any]) -> Any:
    """One variant of a sweep that is done: each statistic and each table, from its number."""
    bars = bars_of(given)
    windows = range(2, 2 + int(options["windows"]))
    swept = bl.sweep(
        bl.rules.sma_cross, bars, fast=windows, slow=windows, where="fast < slow",
        size=bl.PercentOfCash(1.0), fees=FEES, executor=1, progress=False,
    ).run()  # fmt: skip
    names = ("total_return", "sharpe", "max_drawdown", "win_rate", "trades", "fills", "equity")
    turn = iter(range(10**9))
    some = np.linspace(0, len(swept.grid) - 1, 40).astype(int)

    def one() -> bl.Result:
        return swept.result(int(some[next(turn) % len(some)]))

    def run() -> Any:
        result = one()
        return [getattr(result, name) for name in names]

    def answer(_: Any) -> Arrays:
        calls = {name: lambda name=name: getattr(one(), name) for name in names}
        times = timed({**calls, "all statistics": lambda: one().stats()}, 15)
        results = [swept.result(int(k)) for k in some]
        return {
            "total_return": np.array([each.total_return for each in results]),
            "max_drawdown": np.array([each.max_drawdown for each in results]),
            **times,
        }

    return run, answer


def stops_vectorbt(given: Arrays, options: dict[str, Any]) -> Any:
    """Random entries and exits with a stop and a target, $20k each, one purse."""
    module = compat()

    def run() -> bl.Result:
        result = module.from_signals(
            given["close"], given["entries"], given["exits"], open=given["open"],
            high=given["high"], low=given["low"], size=20_000, size_type="value",
            sl_stop=options["loss"], tp_stop=options["target"], group_by=True, cash_sharing=True,
            init_cash=options["cash"], fees=FEES, freq="1D",
        )  # fmt: skip
        _ = result.books[0].equity[-1]
        return result

    return run, account


def stops_raptorbt(given: Arrays, options: dict[str, Any]) -> Any:
    """The same at the close, exits first; $20k pay for the fee too."""
    bars = bars_of(given)
    stops = bl.Stops(loss=options["loss"], target=options["target"])

    def run() -> bl.Result:
        result = bl.Portfolio.from_signals(
            bars, given["entries"], given["exits"], size=bl.Value(20_000.0 / (1.0 + FEES)),
            fees=FEES, fill="close", stops=stops, initial_cash=options["cash"],
        )  # fmt: skip
        _ = result.books[0].equity[-1]
        return result

    return run, account


WORKS = {
    "W1:backtrader": rebalance_backtrader,
    "W1:vectorbt": rebalance_vectorbt,
    "W1 in weights:bt": rebalance_bt,
    "W2:vectorbt": minutes,
    "W2:raptorbt": minutes,
    "W2 short:backtrader": minutes_backtrader,
    "W2 short:backtesting": minutes_backtesting,
    "W3:vectorbt": sweep,
    "W3:raptorbt": sweep,
    "W3 one thread:vectorbt": sweep,
    "W4:vectorbt": stops_vectorbt,
    "W4 apart:raptorbt": stops_raptorbt,
    "W6:vectorbt": access,
}

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    serve(WORKS, ("barledger", "numba", "numpy", "polars"))
