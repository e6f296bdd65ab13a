"""The smallest case that still differs: bars, assets, orders, cells and options are taken away."""

import copy
import time
from collections.abc import Callable, Iterator
from typing import Any

Case = dict[str, Any]
SIGNALS = ("entries", "exits", "short_entries", "short_exits", "targets", "size")


def shrink(case: Case, differs: Callable[[Case], bool], seconds: float = 30.0) -> Case:
    """Return a case that differs and loses that with each further simplification tried."""
    until = time.monotonic() + seconds
    is_smaller = True
    while is_smaller and time.monotonic() < until:
        is_smaller = False
        for smaller in simpler(case):
            if time.monotonic() > until:
                break
            if differs(smaller):
                case, is_smaller = smaller, True
                break
    return case


def simpler(case: Case) -> Iterator[Case]:
    """Yield cases that lack one thing, the largest things first."""
    n_bars, n_assets = len(case["close"]), len(case["close"][0])
    for kept in (n_bars // 2, n_bars - 5, n_bars - 1):
        if 1 < kept < n_bars:
            yield _bars(case, 0, kept)
            yield _bars(case, n_bars - kept, n_bars)
    for asset in range(n_assets if n_assets > 1 else 0):
        yield _without_asset(case, asset)
    orders = case.get("orders", [])
    for part in dict.fromkeys((len(orders) // 2, 1)):
        for start in range(0, len(orders), max(part, 1)):
            yield {**case, "orders": orders[:start] + orders[start + max(part, 1) :]}
    for name in list(case.get("kwargs", ())):
        yield {**case, "kwargs": {k: v for k, v in case["kwargs"].items() if k != name}}
    for name in ("commission", "slippage"):
        if case.get(name):
            yield {**case, name: 0.0}
    for name in SIGNALS:
        yield from _blanked(case, name)


def _blanked(case: Case, name: str) -> Iterator[Case]:
    for bar, row in enumerate(case.get(name, ())):
        for asset, value in enumerate(row):
            if value is not None and value is not False:
                smaller = copy.deepcopy(case)
                smaller[name][bar][asset] = False if value is True else None
                yield smaller


def _matrices(case: Case) -> list[str]:
    return [k for k, v in case.items() if isinstance(v, list) and k != "orders"]


def _bars(case: Case, start: int, stop: int) -> Case:
    smaller = {**case, **{name: case[name][start:stop] for name in _matrices(case)}}
    if "orders" in case:
        smaller["orders"] = [
            [bar - start, asset, *rest[:-1], rest[-1] - start if rest[-1] >= 0 else -1]
            for bar, asset, *rest in case["orders"]
            if start <= bar < stop
        ]
    return smaller


def _without_asset(case: Case, gone: int) -> Case:
    smaller = {
        **case,
        **{n: [row[:gone] + row[gone + 1 :] for row in case[n]] for n in _matrices(case)},
    }
    if "orders" in case:
        smaller["orders"] = [
            [order[0], order[1] - (order[1] > gone), *order[2:]]
            for order in case["orders"]
            if order[1] != gone
        ]
    return smaller
