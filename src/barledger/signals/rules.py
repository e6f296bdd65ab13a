"""Conditions that hold on one bar and did not on the bar before."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def crossed_above(a: Floats, b: Floats | float) -> npt.NDArray[np.bool_]:
    """Return where `a` is above `b` and was not on the bar before.

    Parameters
    ----------
    a, b
        Shape (T,) or (T, N); `b` may be one number. Where one of the two is NaN, on this bar or
        the one before, nothing has crossed.

    Examples
    --------
    >>> crossed_above(np.array([np.nan, 1.0, 3.0, 4.0]), 2.0)
    array([False, False,  True, False])
    """
    difference = np.asarray(a, np.float64) - b
    crossed = np.zeros(difference.shape, np.bool_)
    crossed[1:] = (difference[1:] > 0.0) & (difference[:-1] <= 0.0)
    return crossed


def crossed_below(a: Floats, b: Floats | float) -> npt.NDArray[np.bool_]:
    """Return where `a` is below `b` and was not on the bar before; see `crossed_above`.

    Examples
    --------
    >>> crossed_below(np.array([3.0, 2.0, 1.0, 1.0]), 2.0)
    array([False, False,  True, False])
    """
    return crossed_above(-np.asarray(a, np.float64), -np.asarray(b, np.float64))
