"""vectorbt beside us; `engine` is "numba" or "rust"."""

from typing import Any

import numpy as np
import pandas as pd
import vectorbt as vbt
from wire import Arrays, serve, timed

FEES = 0.0005


def account(portfolio: Any) -> Arrays:
    """Return equity by bar, and fills by bar and asset."""
    rows = portfolio.orders.values
    sign = np.where(rows["side"] == 0, 1.0, -1.0)
    fills = np.column_stack([rows["idx"], rows["col"], sign * rows["size"], rows["price"]])
    equity = portfolio.value()
    return {"equity": np.asarray(equity, float).reshape(len(equity), -1)[:, 0], "fills": fills}


def rebalance(given: Arrays, options: dict[str, Any]) -> Any:
    """Targets in money at the close, sales first, one purse."""

    def run() -> Any:
        portfolio = vbt.Portfolio.from_orders(
            given["close"], given["targets"], size_type="targetvalue", group_by=True,
            cash_sharing=True, call_seq="auto", init_cash=options["cash"], fees=FEES, freq="1D",
            engine=options["engine"],
        )  # fmt: skip
        portfolio.value()
        return portfolio

    return run, account


def minutes(given: Arrays, options: dict[str, Any]) -> Any:
    """All cash in, all out, at the next open; five statistics."""
    entries, exits = (np.append(False, given[name][:-1, 0]) for name in ("entries", "exits"))
    close, opens = given["close"][:, 0], given["open"][:, 0]

    def run() -> Any:
        portfolio = vbt.Portfolio.from_signals(
            close, entries, exits, price=opens, init_cash=100_000.0, fees=FEES,
            slippage=options.get("slippage", 0.0), freq="1min", engine=options["engine"],
        )  # fmt: skip
        trades = portfolio.trades
        _ = portfolio.value(), portfolio.total_return(), portfolio.sharpe_ratio()
        _ = portfolio.max_drawdown(), trades.count(), trades.win_rate()
        return portfolio

    def answer(portfolio: Any) -> Arrays:
        closed = portfolio.trades.closed
        numbers = portfolio.total_return(), portfolio.max_drawdown(), closed.count()
        return {**account(portfolio), "statistics": np.array([*numbers, closed.win_rate()])}

    return run, answer


def sweep(given: Arrays, options: dict[str, Any]) -> Any:
    """Every pair of moving averages in chunks of columns, five metrics.

    Signals follow the averages of the close before, and fill at the open: the next open.
    """
    windows = np.arange(2, 2 + int(options["windows"]))
    fast, slow = (each.astype(int) for each in np.triu_indices(len(windows), 1))
    before = pd.Series(given["close"][:, 0]).shift(1)
    close, opens = given["close"][:, :1], given["open"][:, :1]
    chunk = int(options["chunk"])

    def run() -> Any:
        found: list[Any] = []
        average = vbt.MA.run(before, list(windows)).ma.to_numpy()
        for start in range(0, len(fast), chunk):
            part = slice(start, start + chunk)
            a, b = average[:, fast[part]], average[:, slow[part]]
            up, down = crossed(a, b), crossed(b, a)
            portfolio = vbt.Portfolio.from_signals(
                close, up, down, price=opens, init_cash=100_000.0, fees=FEES, freq="1D",
                engine=options["engine"],
            )  # fmt: skip
            trades = portfolio.trades.closed
            found.append(
                [
                    portfolio.total_return(), portfolio.sharpe_ratio(), portfolio.max_drawdown(),
                    trades.count(), trades.win_rate(),
                ]
            )  # fmt: skip
        return [np.concatenate([np.asarray(each[k]) for each in found]) for k in range(5)]

    def answer(found: Any) -> Arrays:
        names = ("total_return", "sharpe", "max_drawdown", "trades", "win_rate")
        table = dict(zip(names, found, strict=True))
        return {**table, "sharpe": table["sharpe"] / np.sqrt(365.0)}  # of one bar

    return run, answer


def access(given: Arrays, options: dict[str, Any]) -> Any:
    """One column of a portfolio of some columns of the sweep, which is held in memory."""
    windows = np.arange(2, 2 + int(options["windows"]))
    fast, slow = (each.astype(int) for each in np.triu_indices(len(windows), 1))
    some = np.linspace(0, len(fast) - 1, 40).astype(int)
    before = pd.Series(given["close"][:, 0]).shift(1)
    average = vbt.MA.run(before, list(windows)).ma.to_numpy()
    a, b = average[:, fast[some]], average[:, slow[some]]
    portfolio = vbt.Portfolio.from_signals(
        given["close"][:, :1], crossed(a, b), crossed(b, a), price=given["open"][:, :1],
        init_cash=100_000.0, fees=FEES, freq="1D", engine=options["engine"],
    )  # fmt: skip
    turn = iter(range(10**9))
    calls = {
        "total_return": lambda one: one.total_return(),
        "sharpe": lambda one: one.sharpe_ratio(),
        "max_drawdown": lambda one: one.max_drawdown(),
        "win_rate": lambda one: one.trades.win_rate(),
        "trades": lambda one: one.trades.records_readable,
        "fills": lambda one: one.orders.records_readable,
        "equity": lambda one: one.value(),
    }

    def one() -> Any:
        return portfolio.iloc[next(turn) % len(some)]

    def run() -> Any:
        column = one()
        return [call(column) for call in calls.values()]

    def answer(_: Any) -> Arrays:
        times = timed({name: lambda call=call: call(one()) for name, call in calls.items()}, 15)
        return {
            "total_return": np.asarray(portfolio.total_return()),
            "max_drawdown": np.asarray(portfolio.max_drawdown()),
            **times,
            **timed({"all statistics": lambda: one().stats(silence_warnings=True)}, 5),
        }

    return run, answer


def crossed(a: Any, b: Any) -> Any:
    """Return where `a` has come above `b`, having been at or below it on the bar before."""
    above = a > b
    was = np.zeros_like(above)
    was[1:] = a[:-1] <= b[:-1]
    return above & was


def stops(given: Arrays, options: dict[str, Any]) -> Any:
    """Random entries and exits with a stop and a target, $20k each, one purse."""

    def run() -> Any:
        portfolio = vbt.Portfolio.from_signals(
            given["close"], given["entries"], given["exits"], open=given["open"],
            high=given["high"], low=given["low"], size=20_000, size_type="value",
            sl_stop=options["loss"], tp_stop=options["target"], group_by=True, cash_sharing=True,
            init_cash=options["cash"], fees=FEES, freq="1D",
            engine=options["engine"],
        )  # fmt: skip
        portfolio.value()
        return portfolio

    return run, account


def observe(case: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    """Return fills, cash and value of a call that was drawn."""
    given = {name: np.array(value) for name, value in case.items() if isinstance(value, list)}
    if "size" in given:
        given["size"] = np.array(case["size"], float)
    engine = "rust" if request["peer"] == "vectorbt-rust" else "numba"
    made = getattr(vbt.Portfolio, case["method"])(
        **given, **case["kwargs"], freq="1D", engine=engine
    )
    rows = made.orders.values
    sign = np.where(rows["side"] == 0, 1.0, -1.0)
    columns = (rows["idx"], rows["col"], sign * rows["size"], rows["price"], rows["fees"])
    fills = [[int(b), int(a), *map(float, rest)] for b, a, *rest in zip(*columns, strict=True)]
    tables = [np.asarray(made.cash()), np.asarray(made.value())]
    cash, value = (each.reshape(len(each), -1).tolist() for each in tables)
    return {"fills": fills, "cash": cash, "value": value}


WORKS = {
    "observe": observe,
    "W1": rebalance,
    "W2": minutes,
    "W3": sweep,
    "W3 one thread": sweep,
    "W4": stops,
    "W6": access,
}

if __name__ == "__main__":
    serve(WORKS, ("vectorbt", "numba", "numpy", "pandas"))
