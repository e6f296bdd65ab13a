"""What barledger does with a case that was drawn for another engine."""

from typing import Any

import numpy as np
import polars as pl

import barledger as bl
from barledger.presets import backtrader


def bars_of(case: dict[str, Any], lot: float | None = 1.0) -> bl.Bars:
    """Return the market of a case on days from 2020-01-01."""
    tables = {name: np.asarray(case[name], float) for name in ("open", "high", "low", "close")}
    days = np.datetime64("2020-01-01") + np.arange(len(tables["close"]))
    contract = bl.Contract(kind="stock", lot=lot) if lot else None
    close = tables.pop("close")
    return bl.Bars.from_arrays(close, **tables, time=days, contracts=contract)


def as_backtrader(case: dict[str, Any]) -> dict[str, Any]:
    """Return fills, cash and value of a case under the preset of Backtrader."""
    bars = bars_of(case)
    names = ("commission", "per_unit", "slippage", "checksubmit")
    given = {name: case[name] for name in names if name in case}
    options = {**backtrader.options(**given), "initial_cash": case["cash"]}
    if "targets" in case:
        wanted = np.array(case["targets"], float)
        return seen(bl.Portfolio.from_targets(bars, wanted, unit=case["unit"], **options), bars)
    return seen(bl.Portfolio.from_orders(bars, order_frame(case, bars), **options), bars)


def order_frame(case: dict[str, Any], bars: bl.Bars) -> pl.DataFrame:
    """Return the orders of a case as a frame."""
    days = bars.time.astype("datetime64[D]")
    rows = [
        {
            "bar": bar,
            "asset": bars.assets[asset],
            "quantity": float(quantity),
            "kind": kind,
            "price": None if kind == "market" else float(price),
            "tif": "gtc" if until < 0 else "gtd",
            "until": None if until < 0 else str(days[min(until, len(days) - 1)]),
        }
        for bar, asset, quantity, kind, price, until in case["orders"]
    ]
    types = {"bar": pl.Int64, "asset": pl.String, "quantity": pl.Float64, "kind": pl.String}
    types |= {"price": pl.Float64, "tif": pl.String, "until": pl.String}
    return pl.DataFrame(rows, schema=types)


def seen(result: bl.Result, bars: bl.Bars) -> dict[str, Any]:
    """Return one row a filled order (bar, asset, quantity, price, fee), cash and value by bar."""
    columns = {asset: k for k, asset in enumerate(bars.assets)}
    fills: dict[tuple[int, int], list[Any]] = {}
    each = result.fills.select("bar", "asset", "order", "quantity", "price", "fee")
    for bar, asset, order, quantity, price, fee in each.rows():
        row = fills.setdefault((bar, order), [bar, columns[asset], 0.0, price, 0.0])
        row[2] += quantity
        row[4] += fee
    return {
        "fills": list(fills.values()),
        "cash": result.cash["cash"].to_list(),
        "value": result.equity["equity"].to_list(),
    }


def difference(ours: dict[str, Any], theirs: dict[str, Any], cent: float = 0.005) -> str | None:
    """Return the first record that differs, in words; None where all agree."""
    for k in range(max(len(ours["fills"]), len(theirs["fills"]))):
        mine = ours["fills"][k] if k < len(ours["fills"]) else None
        other = theirs["fills"][k] if k < len(theirs["fills"]) else None
        if mine is None or other is None or not _same_fill(mine, other, cent):
            return f"fill {k}: ours {mine}, theirs {other}"
    for name in ("cash", "value"):
        if name in ours and name in theirs:
            gaps = np.abs(np.subtract(ours[name], theirs[name])).reshape(len(ours[name]), -1)
            if not (gaps < cent).all():
                bar = int(np.argmax(~(gaps < cent).all(axis=1)))
                return f"{name} of bar {bar}: ours {ours[name][bar]}, theirs {theirs[name][bar]}"
    return None


def _same_fill(mine: list[Any], other: list[Any], cent: float) -> bool:
    near = np.allclose(mine[2:4], other[2:4], rtol=1e-9, atol=1e-9)
    return mine[:2] == other[:2] and near and abs(mine[4] - other[4]) < cent


def as_bt(case: dict[str, Any]) -> dict[str, Any]:
    """Return fills and value of weights at the close; where none is given nothing is rebalanced."""
    bars = bars_of(case, None)
    result = bl.Portfolio.from_targets(
        bars, np.array(case["targets"], float), fill="close", account=bl.Unlimited(),
        initial_cash=case["cash"],
    )  # fmt: skip
    return _without(seen(result, bars), "cash")


def as_backtesting(case: dict[str, Any]) -> dict[str, Any]:
    """Return the fills of orders at the next open, by bar, and value."""
    bars = bars_of(case, None)
    quantity = np.zeros(bars.shape)
    for bar, asset, size, *_ in case["orders"]:
        quantity[bar, asset] = size if bar > 0 else 0.0  # its `next` begins on the second bar
    result = bl.Portfolio.from_orders(
        bars, quantity, fees=case["commission"], account=bl.Unlimited(), initial_cash=case["cash"]
    )
    return _without(seen(result, bars), "cash")


def as_vectorbt(case: dict[str, Any]) -> dict[str, Any]:
    """Return fills, cash and value of a call with vectorbt's keywords."""
    from barledger.compat import vectorbt

    given = {name: np.array(case[name]) for name in vectorbt_names(case)}
    if "size" in given:
        given["size"] = np.array(case["size"], float)
    result = getattr(vectorbt, case["method"])(**given, **case["kwargs"], freq="1D")
    fills: dict[tuple[int, int], list[Any]] = {}
    for book in result.books:
        for fill in book.fills:
            key = int(fill["bar"]), int(book.columns[fill["asset"]])
            row = fills.setdefault(key, [*key, 0.0, float(fill["price"]), 0.0])
            row[2] += float(fill["quantity"])
            row[4] += float(fill["fee"])
    return {
        "fills": list(fills.values()),
        "cash": np.column_stack([book.closes.cash for book in result.books]).tolist(),
        "value": np.column_stack([book.all_equity for book in result.books]).tolist(),
    }


def vectorbt_names(case: dict[str, Any]) -> list[str]:
    """Return which entries of a case are matrices."""
    return [name for name, value in case.items() if isinstance(value, list)]


def _without(answer: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key != name}
