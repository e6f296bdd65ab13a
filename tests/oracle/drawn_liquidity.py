"""Volumes of random worlds, and what they allow."""

from dataclasses import replace
from typing import Any

import numpy as np

from barledger.halts import Halts
from barledger.liquidity import Liquidity

from .market import Market

Draw = np.random.Generator
CAPS = [("share",), ("share",), ("units",), ("money",), ("share", "units", "money"), ()]


def give_volume(draw: Draw, market: Market, arguments: dict[str, Any]) -> None:
    """Give a third of the worlds volume, and most of those a cap, with the rules that allow it."""
    arguments["liquidity"] = None
    if draw.random() < 0.6:
        return
    shape = (market.n_bars, market.n_assets)
    volume = np.round(np.exp(draw.normal(4.5, 1.5, shape)))
    volume[draw.random(shape) < 0.15] = 0.0
    volume[draw.random(shape) < 0.05] = np.nan
    market.volume = volume.tolist()
    if draw.random() < 0.2:
        return
    arguments["liquidity"] = liquidity = random_liquidity(draw, shape)
    if liquidity.is_capped:
        allow_parts(arguments)


def give_halts(draw: Draw, market: Market, arguments: dict[str, Any]) -> None:
    """Give a sixth of the worlds halts or price limits, with the rules that allow them."""
    arguments["halts"] = None
    if draw.random() < 0.83:
        return
    shape = (market.n_bars, market.n_assets)
    given: dict[str, Any] = {"then": "wait" if draw.random() < 0.5 else "expire"}
    if draw.random() < 0.5:
        closed = draw.random(shape) < 0.15
        given["closed"] = closed if draw.random() < 0.7 else closed[:, 0]
    if draw.random() < 0.7 or "closed" not in given:
        lows, highs = np.array(market.low or market.close), np.array(market.high or market.close)
        locked = draw.random(shape)
        given["upper"] = np.where(locked < 0.15, lows, np.nan)
        given["lower"] = np.where(locked > 0.85, highs, np.nan)
        given["limit_lock"] = "against" if draw.random() < 0.5 else "both"
    arguments["halts"] = Halts(**given)
    if given.get("limit_lock") == "against":
        allow_parts(arguments)


def allow_parts(arguments: dict[str, Any]) -> None:
    rules = arguments["rules"]
    if rules.allocation not in ("in_order", "priority"):
        rules = replace(rules, allocation="in_order")
    arguments |= {"rules": replace(rules, reversal="split"), "exclusive": None}


def random_liquidity(draw: Draw, shape: tuple[int, int]) -> Liquidity:
    policy = ["no_fill", "last_price", "spread", "synthetic"][int(draw.integers(4))]
    given: dict[str, Any] = {"zero_volume": policy}
    if policy == "spread":
        given["spread"] = 0.02
    if policy == "synthetic":
        given["floor"] = draw.uniform(1.0, 40.0, shape[1]).round()
    caps = CAPS[int(draw.integers(len(CAPS)))]
    if "share" in caps:
        given["share"] = 0.3 if draw.random() < 0.5 else draw.uniform(0.05, 1.0, shape)
    if "units" in caps:
        given["units"] = draw.uniform(1.0, 60.0, shape[1]).round(1)
    if "money" in caps:
        given["money"] = float(draw.uniform(100.0, 4000.0))
    return Liquidity(remainder="carry" if draw.random() < 0.7 else "drop", **given)
