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


def deviation_of_returns(close: npt.NDArray[np.float64], length: int) -> npt.NDArray[np.float64]:
    """Return the standard deviation (ddof 1) of the last `length` returns up to each bar.

    Parameters
    ----------
    close
        Prices, shape (T,) or (T, N).
    length
        Returns close to close in the window, at least 2.

    Returns
    -------
    numpy.ndarray
        Same shape, as a fraction of the price; NaN where a price of the window is missing or not
        above 0, the first `length` bars included.

    Examples
    --------
    >>> deviation_of_returns(np.array([10.0, 11.0, 11.0]), 2).round(4)
    array([   nan,    nan, 0.0707])
    """
    prices = np.where(close > 0.0, close, np.nan)
    returns = np.full(prices.shape, np.nan)
    returns[1:] = prices[1:] / prices[:-1] - 1.0
    return rolling_deviation(returns, length)


def average_true_range(
    high: npt.NDArray[np.float64],
    low: npt.NDArray[np.float64],
    close: npt.NDArray[np.float64],
    length: int = 14,
) -> npt.NDArray[np.float64]:
    """Return the mean true range of the last `length` bars up to each bar.

    The true range runs from the higher of this high and the close before to the lower of this low
    and that close; the first bar has its own range alone.

    Parameters
    ----------
    high, low, close
        Prices, shape (T,) or (T, N).
    length
        Bars in the mean, at least 1.

    Returns
    -------
    numpy.ndarray
        Same shape, in price units; NaN where a price of the window is missing.

    Examples
    --------
    >>> high, low, close = np.array([11.0, 12.0]), np.array([9.0, 11.5]), np.array([10.0, 12.0])
    >>> average_true_range(high, low, close, 2)
    array([nan,  2.])
    """
    true_range = high - low
    true_range[1:] = np.maximum(high[1:], close[:-1]) - np.minimum(low[1:], close[:-1])
    out = np.full(true_range.shape, np.nan)
    if len(out) >= length:
        windows = np.lib.stride_tricks.sliding_window_view(true_range, length, axis=0)
        out[length - 1 :] = windows.mean(axis=-1)
    return out
