"""Fewer points, the same picture: what is left keeps the extremes of every bucket."""

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
BUCKETS = 1_500  # about one a pixel of a wide screen


def extremes(values: npt.NDArray[Any], buckets: int = BUCKETS) -> Ints:
    """Return which points to draw: the lowest and highest of each bucket, the first and the last.

    Parameters
    ----------
    values
        The curve, (T,); NaN is a gap and is not drawn.
    buckets
        Into how many stretches of equal length the curve is cut; up to 4 points each are all kept.

    Examples
    --------
    >>> extremes(np.array([0.0, 5.0, 1.0, 2.0, 9.0, 3.0, 4.0, 4.0, 4.0]), buckets=2)
    array([0, 1, 4, 5, 8])
    """
    n = len(values)
    if n <= 4 * buckets:
        return np.arange(n)
    edges = np.linspace(0, n, buckets + 1).astype(np.int64)
    low = high = values
    if np.isnan(values.sum()):  # a sum without NaN has met none
        low = np.where(np.isnan(values), np.inf, values)
        high = np.where(np.isnan(values), -np.inf, values)
    kept = [0, n - 1]
    for first, stop in pairwise(edges.tolist()):
        kept += [first + int(low[first:stop].argmin()), first + int(high[first:stop].argmax())]
    return np.unique(np.array(kept, np.int64))


def loudest(
    bars: npt.NDArray[Any], weights: npt.NDArray[Any], n_bars: int, most: int = BUCKETS
) -> Ints:
    """Return which marks to draw: at most one a bucket of bars, the one of greatest weight."""
    if len(bars) <= most:
        return np.arange(len(bars))
    bucket = bars.astype(np.int64) * most // max(n_bars, 1)
    order = np.lexsort((-np.nan_to_num(np.abs(weights)), bucket))
    first = np.flatnonzero(np.diff(bucket[order], prepend=-1))
    return np.sort(order[first])
