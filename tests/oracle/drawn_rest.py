"""Kinds of orders of random worlds: limits, stops and touches around the close, often met."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np

from barledger.options import Shares, TargetPercent, TargetShares, TargetValue

from .drawn_stops import typical
from .levels import StopTerms
from .market import Market, Wishes
from .resting import Own, RestingTerms

Draw = np.random.Generator

KINDS = [
    "limit", "stop", "stop_limit", "market_if_touched", "market_on_open", "market_on_close",
    "market_with_protection", "trailing_stop",
]  # fmt: skip
TIFS = ["gtc", "gtd", "day", "next", "ioc", "fok"]
WIDTHS = [0.002, 0.02, 0.08]  # of the prices around the close


def let_rest(draw: Draw, market: Market, wishes: Wishes, arguments: dict[str, Any]) -> None:
    """Let a quarter of the worlds' orders rest, with the options that allow it."""
    arguments["resting"] = None
    if draw.random() < 0.68 or market.high is None or wishes.targets is not None:
        return
    if isinstance(arguments["size"], TargetShares | TargetValue | TargetPercent):
        return
    rules = replace(arguments["rules"], allocation="in_order", reversal="split")
    arguments |= {"fill": "next_open", "price": None, "rules": rules, "exclusive": None}
    arguments["resting"] = random_resting(draw, market)


def random_resting(draw: Draw, market: Market) -> RestingTerms:
    kind = KINDS[int(draw.integers(len(KINDS)))]
    tif = TIFS[int(draw.integers(len(TIFS)))]
    width = WIDTHS[int(draw.integers(3))]
    around = np.array(market.close)
    if draw.random() < 0.2:  # one price for every bar, of each asset
        usual = [typical(around[:, asset]) for asset in range(market.n_assets)]
        around = np.tile(usual, (market.n_bars, 1))
    price = near(draw, around, width)
    stop = None
    if kind == "stop_limit":
        stop = price
        price = near(draw, around, width) if draw.random() < 0.5 else near(draw, stop, 0.01)
    if kind in ("market_with_protection", "trailing_stop"):
        price = abs(around * draw.normal(0, width, around.shape))
    last = market.dates[int(draw.integers(market.n_bars))]
    until = last + timedelta(days=int(draw.integers(3))) if tif == "gtd" else None
    return RestingTerms(kind, in_shape(draw, price), stop, tif, until)


def random_own(draw: Draw, market: Market, bar: int, asset: int, quantity: float) -> Own:
    """What one order of a list says of itself."""
    close = market.close[bar][asset]
    around = close if not np.isnan(close) else 30.0
    width = WIDTHS[int(draw.integers(3))]
    kind = ["market", *KINDS][int(draw.integers(len(KINDS) + 1))]
    price, stop = (around * (1 + float(draw.normal(0, width))) for _ in range(2))
    if kind in ("market_with_protection", "trailing_stop"):
        price = abs(price - around)
    tif = TIFS[int(draw.integers(len(TIFS)))]
    last = market.dates[int(draw.integers(market.n_bars))]
    own = Own(kind, price, stop, tif, last if tif == "gtd" else None)
    side = 1.0 if quantity > 0 else -1.0
    if draw.random() < 0.3:
        own.stop_loss = around * (1 - side * abs(float(draw.normal(0, 0.05))))
    if draw.random() < 0.3:
        own.take_profit = around * (1 + side * abs(float(draw.normal(0, 0.05))))
    return own


def let_each(draw: Draw, market: Market, wishes: Wishes, arguments: dict[str, Any]) -> None:
    """Let some lists of orders say of each what it waits for, and tie some of them together."""
    if market.high is None or not wishes.orders or arguments["resting"] or draw.random() < 0.5:
        return
    stops = arguments["stops"]
    if stops is not None and (stops.losses is not None or stops.targets is not None):
        return
    rules = replace(arguments["rules"], allocation="in_order", reversal="split")
    arguments |= {"fill": "next_open", "price": None, "rules": rules, "exclusive": None}
    arguments["size"] = Shares(10)
    arguments["stops"] = StopTerms(loss=np.nan) if stops is None else stops
    rows, before = [], None
    for bar, asset, quantity in wishes.orders:
        if draw.random() < 0.4 and before is not None:
            bar, asset, group = before
        else:
            group = f"group {len(rows)}" if draw.random() < 0.6 else None
        own = random_own(draw, market, bar, asset, quantity)
        own.group = group
        before = (bar, asset, group) if group is not None else None
        rows.append((bar, asset, quantity, own))
    wishes.orders = rows


def near(draw: Draw, prices: np.ndarray, width: float) -> np.ndarray:
    """Prices somewhat off, some not at all, a few of them missing."""
    table = prices * (1 + draw.normal(0, width, prices.shape))
    table = np.where(draw.random(prices.shape) < 0.1, prices, table)
    table[draw.random(table.shape) < 0.03] = np.nan
    return table


def in_shape(draw: Draw, table: np.ndarray) -> Any:
    """The table, or what an option may also be: a number, a row or a column."""
    form = draw.random()
    if form < 0.7:
        return table
    if form < 0.8:
        return table[:, :1]
    return table[0].copy() if form < 0.9 else float(table[0, 0])
