"""Random markets and wishes of the shapes that the figures are stated for."""

import numpy as np
import numpy.typing as npt

import barledger as bl

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def walk(n_bars: int, n_assets: int, deviation: float, seed: int = 7) -> bl.Bars:
    """Return bars of geometric random walks."""
    rng = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, deviation, (n_bars, n_assets)), axis=0))
    opens = close * np.exp(rng.normal(0.0, 0.2 * deviation, close.shape))
    high, low = np.maximum(opens, close), np.minimum(opens, close)
    return bl.Bars.from_arrays(
        close, open=opens, high=high * (1.0 + 0.5 * deviation), low=low * (1.0 - 0.5 * deviation)
    )


def ranked_targets(n_bars: int, n_assets: int, side: int, weight: float) -> Floats:
    """Return targets that change every bar: `side` assets long, as many short, the rest flat."""
    rng = np.random.default_rng(11)
    targets = np.zeros((n_bars, n_assets))
    for row in targets:
        chosen = rng.permutation(n_assets)
        row[chosen[:side]] = weight
        row[chosen[side : 2 * side]] = -weight
    return targets


def regular_signals(n_bars: int, every: int) -> tuple[Flags, Flags]:
    """Return one entry every so many bars and its exit half-way to the next."""
    entries, exits = np.zeros((2, n_bars), np.bool_)
    entries[::every] = True
    exits[every // 2 :: every] = True
    return entries, exits


def random_signals(n_bars: int, n_assets: int, rate: float) -> tuple[Flags, Flags]:
    """Return independent entries and exits."""
    rng = np.random.default_rng(13)
    return rng.random((n_bars, n_assets)) < rate, rng.random((n_bars, n_assets)) < rate
