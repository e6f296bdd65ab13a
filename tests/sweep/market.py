"""Bars to sweep over, and rules in which something goes wrong."""

from typing import Any

import numpy as np

import barledger as bl


def walk(n_bars: int = 600, n_assets: int = 1, seed: int = 3) -> bl.Bars:
    """Bars of geometric random walks with opens, highs and lows."""
    rng = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.012, (n_bars, n_assets)), axis=0))
    opens = close * np.exp(rng.normal(0.0, 0.003, close.shape))
    high = np.maximum(opens, close) * 1.004
    low = np.minimum(opens, close) * 0.996
    return bl.Bars.from_arrays(close, open=opens, high=high, low=low)


COSTS: dict[str, Any] = {"fees": 0.0005, "slippage": 0.0002}


def crosses(bars: bl.Bars, **options: Any) -> bl.SweepRun:
    """Run a small sweep of moving averages."""
    given: dict[str, Any] = {"fast": range(2, 12, 3), "slow": range(5, 40, 6), **COSTS, **options}
    given.setdefault("where", "fast < slow")
    return bl.sweep(bl.rules.sma_cross, bars, **given).run()


@bl.rule
def rises(bars, params, flags, scratch):
    """Hold while the close is above that of some bars before."""
    days = int(params.days)
    for i in range(days, flags.size):
        flags[i] = 1 if bars.close[i] > bars.close[i - days] else 2


@bl.rule
def looks_too_far(bars, params, flags, scratch):
    """Write one place beyond the end for large numbers."""
    flags[int(params.place)] = 1


@bl.rule
def raises_at_seven(bars, params, flags, scratch):
    """Raise for one value in the middle."""
    if params.number == 7.0:
        raise ValueError("seven is no number for this rule")
    flags[0] = 1


@bl.rule
def writes_nonsense(bars, params, flags, scratch):
    """Write what is no signal for one value in the middle."""
    flags[3] = 16 if params.number == 7.0 else 1


@bl.rule("top", across=True)
def strongest(bars, params, flags, scratch):
    """Each bar hold the assets that rank highest by the day's gain."""
    n_bars, n_assets = flags.shape
    gains = scratch.work[0]
    ranks = scratch.work[1]
    for i in range(1, n_bars):
        for j in range(n_assets):
            gains[j] = bars.close[i, j] / bars.close[i - 1, j]
        bl.rules.rank(gains[:n_assets], ranks[:n_assets])
        for j in range(n_assets):
            flags[i, j] = 1 if ranks[j] > n_assets - params.top else 2
