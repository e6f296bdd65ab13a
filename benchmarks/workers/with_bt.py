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


WORKS = {"W1 in weights": weights}

if __name__ == "__main__":
    serve(WORKS, ("bt", "ffn", "numpy", "pandas"))
