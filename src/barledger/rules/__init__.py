"""Rules for sweeps: ready ones, and the building blocks that a rule of your own may call.

`rule` makes one of a function. Here are also the flags that a rule writes.
"""

from barledger.rules.blocks import (
    atr,
    crossings,
    ema,
    rank,
    rolling_max,
    rolling_min,
    rolling_std,
    rsi,
    sma,
)
from barledger.rules.ready import (
    LONG_ENTRY,
    LONG_EXIT,
    SHORT_ENTRY,
    SHORT_EXIT,
    bollinger,
    donchian,
    ema_cross,
    mean_reversion,
    momentum,
    rsi_reversal,
    sma_cross,
    volatility_regime,
)

__all__ = [
    "LONG_ENTRY",
    "LONG_EXIT",
    "SHORT_ENTRY",
    "SHORT_EXIT",
    "atr",
    "bollinger",
    "crossings",
    "donchian",
    "ema",
    "ema_cross",
    "mean_reversion",
    "momentum",
    "rank",
    "rolling_max",
    "rolling_min",
    "rolling_std",
    "rsi",
    "rsi_reversal",
    "sma",
    "sma_cross",
    "volatility_regime",
]
