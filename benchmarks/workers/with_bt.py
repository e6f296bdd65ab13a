"""bt beside us: target weights at the close."""

from typing import Any

import bt
import numpy as np
import pandas as pd
from wire import Arrays, serve


def weights(given: Arrays, options: dict[str, Any]) -> Any:
    """Weights of the account at the close that they are given for, no fees."""
    n_bars, n_assets = given["close"].shape
    days = pd.date_range("2020-01-01", periods=n_bars)
    names = [f"A{k}" for k in range(n_assets)]
    prices = pd.DataFrame(given["close"], index=days, columns=names)
    table = pd.DataFrame(given["weights"], index=days, columns=names)

    def run() -> Any:
        strategy = bt.Strategy("w", [bt.algos.WeighTarget(table), bt.algos.Rebalance()])
        test = bt.Backtest(
            strategy, prices, initial_capital=options["cash"], integer_positions=False,
            progress_bar=False,
        )  # fmt: skip
        bt.run(test)
        return test

    def answer(test: Any) -> Arrays:
        held = test.positions.reindex(columns=names, fill_value=0.0).to_numpy()[-n_bars:]
        change = np.diff(held, axis=0, prepend=np.zeros((1, n_assets)))
        bar, asset = np.nonzero(np.abs(change) > 1e-9)
        fills = np.column_stack([bar, asset, change[bar, asset], given["close"][bar, asset]])
        return {"equity": test.strategy.values.to_numpy()[-n_bars:], "fills": fills}

    return run, answer


def observe(case: dict[str, Any], _: dict[str, Any]) -> dict[str, Any]:
    """Return fills and value of a drawn case; bars without weights are no rebalancing."""
    close = np.asarray(case["close"], float)
    days = pd.date_range("2020-01-01", periods=len(close))
    names = [f"A{k}" for k in range(close.shape[1])]
    table = pd.DataFrame(np.array(case["targets"], float), index=days, columns=names).dropna()
    strategy = bt.Strategy("w", [bt.algos.WeighTarget(table), bt.algos.Rebalance()])
    test = bt.Backtest(
        strategy, pd.DataFrame(close, index=days, columns=names), initial_capital=case["cash"],
        integer_positions=False, progress_bar=False,
    )  # fmt: skip
    bt.run(test)
    held = test.positions.reindex(columns=names, fill_value=0.0).to_numpy()[-len(close) :]
    change = np.diff(held, axis=0, prepend=np.zeros((1, len(names))))
    fills = [
        [int(bar), int(asset), float(change[bar, asset]), float(close[bar, asset]), 0.0]
        for bar, asset in zip(*np.nonzero(np.abs(change) > 1e-9), strict=True)
    ]
    return {"fills": fills, "value": test.strategy.values.tolist()[-len(close) :]}


WORKS = {"observe": observe, "W1 in weights": weights}

if __name__ == "__main__":
    serve(WORKS, ("bt", "ffn", "numpy", "pandas"))
