"""Stops of random worlds: some are hit often, some never."""

from dataclasses import replace
from typing import Any

import numpy as np

from .levels import StopTerms
from .market import Market

PATHS = ["worst", "best", "ohlc", "olhc", "nearest"]
UNITS = ["fraction", "price", "ticks", "atr", "level"]
SHARES = [0.003, 0.01, 0.03, 0.1, 0.4, 50.0]  # distances as shares of the price
RANGES = [0.1, 0.5, 1.0, 2.0, 1000.0]  # distances as multiples of the true range


def random_stops(draw: np.random.Generator, market: Market) -> StopTerms:
    """Draw stops; the market may lose some highs and lows, and gain a tick where ticks count."""
    unit = UNITS[int(draw.integers(4 if market.high is not None else 3))]
    if unit == "ticks":
        market.contracts = [replace(c, tick=c.tick or 0.01) for c in market.contracts]
    if market.high is not None and draw.random() < 0.3:
        lose_extremes(draw, market)
    has = {name: bool(draw.random() < 0.5) for name in ("loss", "target", "trail", "break_even")}
    has["time"] = bool(draw.random() < 0.3)
    has["trail_after"] = has["trail"] and bool(draw.random() < 0.5)
    if not any(has.values()):
        has["loss"] = True
    given = {name: random_field(draw, market, unit, name) for name, is_on in has.items() if is_on}
    return StopTerms(
        **given,
        unit=unit,
        path=str(draw.choice(PATHS)),
        stop_fill=str(draw.choice(["level", "worst_close"])),
        when_added=str(draw.choice(["keep", "reset"])),
        atr_length=int(draw.integers(1, 5)),
    )


def lose_extremes(draw: np.random.Generator, market: Market) -> None:
    shape = (market.n_bars, market.n_assets)
    for name in ("high", "low"):
        rows = np.array(getattr(market, name))
        rows[draw.random(shape) < 0.15] = np.nan
        setattr(market, name, rows.tolist())


def random_field(draw: np.random.Generator, market: Market, unit: str, name: str) -> Any:
    """Draw a number, or numbers by asset, by bar, or by both, some of them missing."""
    n_bars, n_assets = market.n_bars, market.n_assets
    shapes = [(), (n_assets,), (n_bars, 1), (n_bars, n_assets)]
    shape = shapes[int(draw.integers(4))]
    if name == "time":
        table = draw.integers(1, 7, shape).astype(float)
    else:
        choices = RANGES if unit == "atr" else SHARES
        table = draw.choice(choices, shape) * draw.uniform(0.5, 1.5, shape)
        table = table * scale_of(market, unit, shape)
    if shape == ():
        return float(table)
    table[draw.random(shape) < 0.15] = np.nan
    return table


def scale_of(market: Market, unit: str, shape: tuple[int, ...]) -> Any:
    """What turns a share of the price into the unit, in the shape of the field."""
    if unit in ("fraction", "atr"):
        return 1.0
    closes = np.array(market.close)
    prices = np.array([typical(closes[:, asset]) for asset in range(market.n_assets)])
    if unit == "ticks":
        prices = prices / np.array([contract.tick for contract in market.contracts])
    return prices if shape and shape[-1] == market.n_assets else float(prices[0])


def typical(closes: np.ndarray) -> float:
    known = closes[~np.isnan(closes)]
    return float(np.median(known)) if len(known) else 10.0


def vary(
    draw: np.random.Generator, stops: StopTerms, market: Market, *, may_rest: bool
) -> StopTerms:
    """Give some stops ladders, another base or another exit."""
    changes: dict[str, Any] = {}
    if draw.random() < 0.2:
        close = np.array(market.close)
        return StopTerms(
            loss=close * (1 + draw.normal(-0.02, 0.05, close.shape)),
            target=float(np.nanmedian(close) * 1.05) if draw.random() < 0.5 else None,
            time=stops.time,
            unit="level",
            path=stops.path,
        )
    scale = {"fraction": 1.0, "price": 30.0, "ticks": 3000.0, "atr": 10.0}[stops.unit]
    for many, one in (("losses", "loss"), ("targets", "target")):
        if draw.random() < 0.3:
            count = int(draw.integers(1, 4))
            distances = np.sort(draw.uniform(0.002, 0.08, count)) * scale
            shares = draw.dirichlet(np.ones(count)) * float(draw.choice([1.0, 0.6]))
            changes |= {
                many: list(zip(distances.tolist(), shares.tolist(), strict=True)),
                one: None,
            }
    changes["base"] = str(draw.choice(["fill", "fill", "signal"]))
    exits = ["market", "close"]
    if may_rest and changes.get("losses") is None and stops.stop_fill == "level":
        exits.append("limit")
    changes["exit"] = str(draw.choice(exits))
    if changes["exit"] == "limit" and draw.random() < 0.5:
        changes["limit_offset"] = float(draw.uniform(0.0, 0.02)) * scale
    return replace(stops, **changes)
