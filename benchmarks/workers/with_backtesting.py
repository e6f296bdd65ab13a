"""backtesting.py beside us: one asset a run."""

from typing import Any

import numpy as np
import pandas as pd
from backtesting import Backtest, Strategy
from wire import Arrays, serve

FEES = 0.0005


class Follow(Strategy):  # type: ignore[misc]
    """Buys a hundred shares on an entry when flat, closes on an exit."""

    entries: Any = None
    exits: Any = None

    def init(self) -> None:
        """Nothing to prepare: signals are given."""

    def next(self) -> None:
        """Read the signals of this bar."""
        bar = len(self.data) - 1
        if self.position:
            if self.exits[bar]:
                self.position.close()
        elif self.entries[bar] and not self.exits[bar]:
            self.buy(size=100)


def frame_of(given: Arrays) -> Any:
    """Return the market as the frame that it takes."""
    columns = {
        name.title(): np.asarray(given[name])[:, 0] for name in ("open", "high", "low", "close")
    }
    index = pd.date_range("2020-01-01", periods=len(given["close"]), freq="min")
    return pd.DataFrame(columns, index=index).assign(Volume=1.0)


def minutes(given: Arrays, options: dict[str, Any]) -> Any:
    """A hundred shares in, all out, at the next open."""
    frame = frame_of(given)
    entries, exits = given["entries"][:, 0], given["exits"][:, 0]

    def run() -> Any:
        engine = Backtest(frame, Follow, cash=100_000, commission=FEES, finalize_trades=False)
        return engine.run(entries=entries, exits=exits)

    def answer(found: Any) -> Arrays:
        rows = []
        for trade in found["_trades"].itertuples():
            rows.append((trade.EntryBar, 0, trade.Size, trade.EntryPrice))
            rows.append((trade.ExitBar, 0, -trade.Size, trade.ExitPrice))
        strategy = found["_strategy"]
        for trade in strategy.trades:
            rows.append((trade.entry_bar, 0, trade.size, trade.entry_price))
        rows.sort()
        equity = found["_equity_curve"]["Equity"].to_numpy()
        return {"equity": equity, "fills": np.array(rows, float).reshape(-1, 4)}

    return run, answer


class Place(Strategy):  # type: ignore[misc]
    """Places drawn orders at the market."""

    given: Any = None

    def init(self) -> None:
        """Nothing to prepare: orders are given."""

    def next(self) -> None:
        """Place the orders of this bar."""
        for size in self.given.get(len(self.data) - 1, ()):
            (self.buy if size > 0 else self.sell)(size=abs(size))


def observe(case: dict[str, Any], _: dict[str, Any]) -> dict[str, Any]:
    """Return fills by bar, and value, of a drawn case."""
    given: dict[int, list[int]] = {}
    for bar, _asset, size, *_rest in case["orders"]:
        given.setdefault(bar, []).append(size)
    engine = Backtest(
        frame_of(case), Place, cash=case["cash"], commission=case["commission"],
        finalize_trades=False,
    )  # fmt: skip
    found = engine.run(given=given)
    rows: dict[int, list[Any]] = {}

    def add(bar: int, size: float, price: float) -> None:
        row = rows.setdefault(int(bar), [int(bar), 0, 0.0, float(price), 0.0])
        row[2] += float(size)
        row[4] += abs(size) * float(price) * case["commission"]

    for trade in found["_trades"].itertuples():
        add(trade.EntryBar, trade.Size, trade.EntryPrice)
        add(trade.ExitBar, -trade.Size, trade.ExitPrice)
    for trade in found["_strategy"].trades:
        add(trade.entry_bar, trade.size, trade.entry_price)
    value = found["_equity_curve"]["Equity"].tolist()
    return {"fills": [row for row in rows.values() if row[2]], "value": value}


WORKS = {"observe": observe, "W2 short": minutes}

if __name__ == "__main__":
    serve(WORKS, ("backtesting", "numpy", "pandas"))
