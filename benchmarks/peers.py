"""The same work in Backtrader: daily targets in percent of the account, fills at the next open."""

from typing import Any

import numpy.typing as npt

import barledger as bl


def backtrader_rebalance(bars: bl.Bars, targets: npt.NDArray[Any]) -> float:
    """Run the rebalance; returns the final value."""
    import backtrader as bt
    import pandas as pd

    class Follow(bt.Strategy):  # type: ignore[misc]
        def next(self) -> None:
            row = targets[len(self) - 1]
            for data, target in zip(self.datas, row, strict=True):
                self.order_target_percent(data, target=target)

    days = pd.date_range("2020-01-01", periods=len(bars))
    engine = bt.Cerebro(stdstats=False)
    for column in range(bars.shape[1]):
        frame = pd.DataFrame(
            {name: matrix[:, column] for name, matrix in bars.matrices.items()}, index=days
        )
        engine.adddata(bt.feeds.PandasData(dataname=frame.assign(volume=0.0)))
    engine.addstrategy(Follow)
    engine.broker.setcash(1e6)
    engine.broker.setcommission(commission=0.0005)
    engine.run()
    return float(engine.broker.getvalue())
