"""Impact in random worlds: each law, with numbers known before the run."""

from dataclasses import replace
from typing import Any

import numpy as np

from barledger.impact import AlmgrenImpact, KyleImpact, SquareRootImpact, VolumeShareImpact

from .drawn_liquidity import allow_parts
from .market import Market

Draw = np.random.Generator


def give_impact(draw: Draw, market: Market, arguments: dict[str, Any]) -> None:
    """Give a quarter of the worlds impact, with the rules that allow it."""
    arguments["impact"] = None
    if draw.random() < 0.77:
        return
    shape = (market.n_bars, market.n_assets)
    kind = int(draw.integers(4))
    if kind == 3 and market.volume is None:
        kind = 0
    allow_parts(arguments)
    if kind == 2:
        arguments["impact"] = KyleImpact(draw.uniform(0.0, 0.01, shape[1]))
    elif kind == 3:
        arguments["impact"] = VolumeShareImpact(0.1, missing=0.01)
    else:
        volume = draw.uniform(50.0, 5000.0, shape)
        volume[draw.random(shape) < 0.1] = np.nan
        numbers = {"volatility": 0.03, "volume": volume, "missing": 0.02}
        outstanding = {"shares_outstanding": 1e5, "days": 0.5}
        arguments["impact"] = (
            SquareRootImpact(0.8, **numbers)
            if kind == 0
            else AlmgrenImpact(1.1, **numbers, **outstanding)
        )
    if draw.random() < 0.4:
        let_last(draw, market, arguments)


def let_last(draw: Draw, market: Market, arguments: dict[str, Any]) -> None:
    """Let the impact stay in later fills, and move other assets with it."""
    n_assets = market.n_assets
    across = None
    if n_assets > 1 and draw.random() < 0.5:
        across = draw.uniform(-0.3, 0.8, (n_assets, n_assets))
        across[draw.random(across.shape) < 0.3] = 0.0
        np.fill_diagonal(across, 1.0)
    permanent = float(draw.uniform(0.1, 1.0))
    arguments["impact"] = replace(arguments["impact"], permanent=permanent, across=across)
