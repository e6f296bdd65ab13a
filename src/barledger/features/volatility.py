"""Volatility of returns over a rolling window."""

import numpy as np
import numpy.typing as npt


def rolling_deviation(values: npt.NDArray[np.float64], window: int) -> npt.NDArray[np.float64]:
    """Return the standard deviation (ddof 1) of the last `window` values up to each bar.

    Parameters
    ----------
    values
        Shape (T,) or (T, N).
    window
        Values in the window, at least 2.

    Returns
    -------
    numpy.ndarray
        Same shape; NaN where a value of the window is missing.

    Examples
    --------
    >>> rolling_deviation(np.array([1.0, 3.0, 5.0, 5.0]), 2)
    array([       nan, 1.41421356, 1.41421356, 0.        ])
    """
    out = np.full(values.shape, np.nan)
    if len(values) >= window:
        windows = np.lib.stride_tricks.sliding_window_view(values, window, axis=0)
        out[window - 1 :] = windows.std(axis=-1, ddof=1)
    return out
