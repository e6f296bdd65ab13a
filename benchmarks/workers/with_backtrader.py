"""Backtrader beside us: one strategy that places what a case asks for and notes what was filled."""

from typing import Any

import backtrader as bt
import numpy as np
import pandas as pd
from wire import Arrays, serve

FEES = 0.0005
KINDS = {"market": bt.Order.Market, "limit": bt.Order.Limit, "stop": bt.Order.Stop}


class Follow(bt.Strategy):  # type: ignore[misc]
    """Places the orders or targets of each bar, column by column; notes cash and value."""

    params = (("case", None), ("days", None))

    def __init__(self) -> None:
        self.fills: list[Any] = []
        self.cash: list[float] = []
        self.value: list[float] = []
        self.given: dict[int, list[Any]] = {}
        for order in self.p.case.get("orders", ()):
            self.given.setdefault(order[0], []).append(order)

    def next(self) -> None:
        """Note the account, then place what the bar asks for."""
        bar = len(self) - 1
        self.cash.append(self.broker.getcash())
        self.value.append(self.broker.getvalue())
        for _, asset, quantity, kind, price, until in self.given.get(bar, ()):
            place = self.buy if quantity > 0 else self.sell
            waits = {} if kind == "market" else {"exectype": KINDS[kind], "price": price}
            if until >= 0:
                waits["valid"] = self.p.days[min(until, len(self.p.days) - 1)]
            place(self.datas[asset], size=abs(quantity), **waits)
        if "signals" in self.p.case:
            signals = self.p.case["signals"]
            if self.position:
                if signals["exits"][bar]:
                    self.close()
            elif signals["entries"][bar] and not signals["exits"][bar]:
                self.buy(size=100)
        if "targets" in self.p.case:
            way = {
                "value": self.order_target_value,
                "percent": self.order_target_percent,
                "shares": self.order_target_size,
            }[self.p.case["unit"]]
            for data, target in zip(self.datas, self.p.case["targets"][bar], strict=True):
                if target is not None and target == target:
                    way(data, target=target)

    def notify_order(self, order: Any) -> None:
        """Note what has been filled."""
        done = order.executed
        if order.status in (order.Completed, order.Margin) and done.size:
            asset = next(k for k, data in enumerate(self.datas) if data is order.data)
            self.fills.append([len(self) - 1, asset, done.size, done.price, done.comm])


def engine_of(case: dict[str, Any]) -> Any:
    """Return an engine with the market and the strategy of a case."""
    tables = {name: np.asarray(case[name]) for name in ("open", "high", "low", "close")}
    n_bars, n_assets = tables["close"].shape
    days = pd.date_range("2020-01-01", periods=n_bars)
    engine = bt.Cerebro(stdstats=False)
    for column in range(n_assets):
        frame = pd.DataFrame({name: table[:, column] for name, table in tables.items()}, index=days)
        engine.adddata(bt.feeds.PandasData(dataname=frame.assign(volume=0.0)))
    engine.addstrategy(Follow, case=case, days=[day.to_pydatetime() for day in days])
    engine.broker.setcash(case["cash"])
    engine.broker.set_checksubmit(case.get("checksubmit", True))
    if case.get("per_unit"):
        fixed = bt.CommInfoBase.COMM_FIXED
        engine.broker.setcommission(case["commission"], commtype=fixed, stocklike=True)
    else:
        engine.broker.setcommission(case["commission"])
    if case.get("slippage"):
        engine.broker.set_slippage_perc(case["slippage"])
    return engine


def observe(case: dict[str, Any]) -> dict[str, Any]:
    """Return the fills (bar, asset, quantity, price, fee), and cash and value of each bar."""
    (done,) = engine_of(case).run()
    return {"fills": done.fills, "cash": done.cash, "value": done.value}


def rebalance(given: Arrays, options: dict[str, Any]) -> Any:
    """Targets in money, the next open."""
    tables = {name: given[name] for name in ("open", "high", "low", "close")}
    case = {**tables, "cash": options["cash"], "commission": FEES, "unit": "value"}
    return _timed({**case, "targets": given["targets"]})


def minutes(given: Arrays, options: dict[str, Any]) -> Any:
    """A hundred shares in, all out, at the next open."""
    tables = {name: given[name] for name in ("open", "high", "low", "close")}
    signals = {"entries": given["entries"][:, 0], "exits": given["exits"][:, 0]}
    return _timed({**tables, "cash": 100_000.0, "commission": FEES, "signals": signals})


def _timed(case: dict[str, Any]) -> Any:
    def run() -> Any:
        return engine_of(case).run()[0]

    def answer(done: Any) -> Arrays:
        rows = np.array(done.fills, float).reshape(-1, 5)
        return {"equity": np.array(done.value), "fills": rows[:, :4]}

    return run, answer


WORKS = {"observe": lambda case, _: observe(case), "W1": rebalance, "W2 short": minutes}

if __name__ == "__main__":
    serve(WORKS, ("backtrader", "numpy", "pandas"))
