"""Kinds of orders of random worlds: limits, stops and touches around the close, often met."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np

from .market import Market, Wishes
from .resting import RestingTerms

KINDS = ["limit", "stop", "stop_limit", "market_if_touched"]
TIFS = ["gtc", "gtd", "day", "next", "ioc"]
WIDTHS = [0.002, 0.02, 0.08]  # of the prices around the close


def may_rest(market: Market, wishes: Wishes, arguments: dict[str, Any]) -> bool:
    """Whether a world allows orders that rest."""
    rules = arguments["rules"]
    is_plain = rules.allocation == "in_order" and rules.reversal == "split"
    is_at_open = arguments["fill"] == "next_open" and arguments["price"] is None
    has_market = market.high is not None and wishes.targets is None
    return has_market and is_at_open and is_plain and not arguments["exclusive"]


def let_rest(market: Market, wishes: Wishes, arguments: dict[str, Any]) -> None:
    """Change what keeps the orders of a world from resting, where it is an option."""
    if market.high is None or wishes.targets is not None:
        return
    rules = replace(arguments["rules"], allocation="in_order", reversal="split")
    arguments |= {"fill": "next_open", "price": None, "rules": rules, "exclusive": None}


def random_resting(draw: np.random.Generator, market: Market) -> RestingTerms:
    kind = KINDS[int(draw.integers(4))]
    tif = TIFS[int(draw.integers(5))]
    width = WIDTHS[int(draw.integers(3))]
    around = np.array(market.close)
    if draw.random() < 0.2:  # one price for every bar, of each asset
        around = np.nan_to_num(np.nanmedian(around, axis=0, keepdims=True), nan=10.0)
        around = np.repeat(around, market.n_bars, axis=0)
    price = near(draw, around, width)
    stop = None
    if kind == "stop_limit":
        stop = price
        price = near(draw, around, width) if draw.random() < 0.5 else near(draw, stop, 0.01)
    last = market.dates[int(draw.integers(market.n_bars))]
    until = last + timedelta(days=int(draw.integers(3))) if tif == "gtd" else None
    return RestingTerms(kind, in_shape(draw, price), stop, tif, until)


def near(draw: np.random.Generator, prices: np.ndarray, width: float) -> np.ndarray:
    """Prices somewhat off, rounded so that some are met exactly, a few of them missing."""
    table = prices * (1 + draw.normal(0, width, prices.shape))
    table = np.where(draw.random(prices.shape) < 0.1, prices, table)
    table[draw.random(table.shape) < 0.03] = np.nan
    return table


def in_shape(draw: np.random.Generator, table: np.ndarray) -> Any:
    """The table, or what an option may also be: a number, a row or a column."""
    form = draw.random()
    if form < 0.7:
        return table
    if form < 0.8:
        return table[:, :1]
    return table[0].copy() if form < 0.9 else float(table[0, 0])
