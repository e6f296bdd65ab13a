"""A random world cut at a bar into two worlds, the second of which goes on from the first."""

from dataclasses import replace
from typing import Any

import numpy as np

from barledger.halts import Halts
from barledger.impact import Impact
from barledger.liquidity import Liquidity
from barledger.options import Fee, Rules, Size
from barledger.slippage import Slippage

from .market import Market, Wishes
from .worlds import Case


def split_at(case: Case, bar: int) -> tuple[Case, Case]:
    """The world before a bar, and the world from it on."""
    n_bars = case.market.n_bars
    return between(case, 0, bar), between(case, bar, n_bars)


def between(case: Case, first: int, end: int) -> Case:
    """The world's bars from `first` up to `end`: whatever varies by bar is cut with them."""
    given = dict(case.arguments)

    def rows(value: Any) -> Any:
        is_table = np.ndim(value) == 2 or np.asarray(value).dtype == bool
        is_table = is_table and np.ndim(value) > 0 and len(value) == case.market.n_bars
        return value[first:end] if is_table else value

    for name in ("size", "fees", "slippage", "liquidity", "halts", "impact"):
        if isinstance(given.get(name), Size | Fee | Slippage | Liquidity | Halts | Impact):
            given[name] = given[name].map(rows)
    if given.get("stops") is not None:
        cut = {name: rows(value) for name, value in vars(given["stops"]).items()}
        given["stops"] = replace(given["stops"], **cut)
    if given.get("resting") is not None:
        cut = {name: rows(getattr(given["resting"], name)) for name in ("price", "stop")}
        given["resting"] = replace(given["resting"], **cut)
    rules: Rules = given["rules"]
    given |= {
        "price": rows(given["price"]),
        "priority": rows(given["priority"]),
        "rules": replace(rules, sequence=rows(rules.sequence)),
        "splits": [(b - first, a, r) for b, a, r in given["splits"] if first <= b < end],
        "flows": [(b - first, amount) for b, amount in given["flows"] if first <= b < end],
        "carry": given.get("carry") and given["carry"].between(first, end),
    }
    return Case(market_between(case.market, first, end), wishes_between(case, first, end), given)


def market_between(market: Market, first: int, end: int) -> Market:
    names = ("open", "high", "low", "close", "tradable", "settlement", "dates", "volume")
    matrices = {name: getattr(market, name) for name in names}
    cut = {name: None if m is None else m[first:end] for name, m in matrices.items()}
    return replace(market, **cut)


def wishes_between(case: Case, first: int, end: int) -> Wishes:
    wished = case.wishes
    signals, targets, orders = wished.signals, wished.targets, wished.orders
    if signals is not None:
        signals = [matrix[first:end] for matrix in signals]
    if targets is not None:
        targets = targets[first:end]
    if orders is not None:
        orders = [(row[0] - first, *row[1:]) for row in orders if first <= row[0] < end]
    return replace(wished, signals=signals, targets=targets, orders=orders)
