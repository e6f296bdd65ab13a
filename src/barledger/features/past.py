"""What is known before a bar begins, and each asset's own bars beside those of others."""

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def of_own_bars(measure: Callable[..., Floats], *prices: Floats) -> Floats:
    """Return a measure taken for each asset on its own bars: those with all of its prices.

    Assets of several exchanges share rows on which some have no price; a window over rows would
    never be complete.

    Examples
    --------
    >>> of_own_bars(np.cumsum, np.array([[1.0, 1.0], [1.0, np.nan], [1.0, 1.0]]))
    array([[ 1.,  1.],
           [ 2., nan],
           [ 3.,  2.]])
    """
    out = np.full_like(prices[0], np.nan)
    is_own = ~np.any([np.isnan(price) for price in prices], axis=0)
    for asset, column in enumerate(is_own.T):
        rows = np.flatnonzero(column)
        if len(rows):
            out[rows, asset] = measure(*(price[rows, asset] for price in prices))
    return out


def known_before(values: Floats) -> Floats:
    """Return the last number (T, N) known at the close of the bar before; NaN: none yet.

    Examples
    --------
    >>> known_before(np.array([[1.0], [2.0], [np.nan], [4.0]]))[:, 0]
    array([nan,  1.,  2.,  2.])
    """
    places = np.where(np.isnan(values), 0, np.arange(len(values))[:, np.newaxis])
    last = np.take_along_axis(values, np.maximum.accumulate(places, axis=0), axis=0)
    out = np.full(values.shape, np.nan)
    out[1:] = last[:-1]
    return out


def in_first_shares(prices: Floats, splits: Iterable[tuple[int, int, float]]) -> Floats:
    """Return raw prices (T, N) per share of the first bar: multiplied from each split onwards.

    Unlike prices divided by later splits, a bar's number rests on the past alone, to the bit.

    Parameters
    ----------
    prices
        Shape (T, N).
    splits
        Rows (bar, column, ratio); the price of the bar itself is after the split.

    Examples
    --------
    >>> in_first_shares(np.array([[100.0], [51.0]]), [(1, 0, 2.0)])[:, 0]
    array([100., 102.])
    """
    ratios = np.ones(prices.shape)
    for bar, column, ratio in splits:
        ratios[bar:, column] *= ratio
    return prices * ratios
