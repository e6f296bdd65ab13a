"""Averages of the past."""

import numpy as np
import numpy.typing as npt


def moving_average(values: npt.ArrayLike, length: int) -> npt.NDArray[np.float64]:
    """Return the mean of the last `length` values up to each bar.

    Parameters
    ----------
    values
        Shape (T,) or (T, N).
    length
        Values in the mean, at least 1.

    Returns
    -------
    numpy.ndarray
        Same shape; NaN where a value of the window is missing, the first `length` - 1 included.

    Examples
    --------
    >>> moving_average([1.0, 3.0, 5.0], 2)
    array([nan,  2.,  4.])
    """
    if length < 1:
        raise ValueError(f"length of a moving average must be >= 1, was {length}")
    numbers = np.asarray(values, np.float64)
    out = np.full(numbers.shape, np.nan)
    if len(numbers) >= length:
        windows = np.lib.stride_tricks.sliding_window_view(numbers, length, axis=0)
        out[length - 1 :] = windows.mean(axis=-1)
    return out
