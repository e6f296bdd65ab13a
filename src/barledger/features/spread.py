"""Bid-ask spreads estimated from bars alone, as fractions of the price.

Estimates, not quotes: what a volatile market hides is told in each docstring.
"""

import numpy as np
import numpy.typing as npt

from barledger import _check
from barledger.features.trend import moving_average

Floats = npt.NDArray[np.float64]
NARROWING = 3.0 - 2.0 * np.sqrt(2.0)


def corwin_schultz(
    high: npt.ArrayLike, low: npt.ArrayLike, close: npt.ArrayLike, length: int = 21
) -> Floats:
    """Return the spread of Corwin and Schultz (2012) over the last `length` bars up to each bar.

    The range of two bars holds twice the variance of one but the spread only once. For the bars
    t - 1 and t, H and L being high and low:

    - beta = ln(H_{t-1} / L_{t-1})² + ln(H_t / L_t)²
    - gamma = ln(max(H_{t-1}, H_t) / min(L_{t-1}, L_t))²
    - a = (√(2 beta) - √beta) / (3 - 2√2) - √(gamma / (3 - 2√2))
    - S = 2 (e^a - 1) / (1 + e^a)

    As published, H_t and L_t are first moved by the overnight gap: down to the close before where
    L_t lies above it, up to it where H_t lies below; each negative S is set to 0; the result is
    the mean of the `length` - 1 pairs.

    Parameters
    ----------
    high, low, close
        Prices, shape (T,) or (T, N).
    length
        Bars in the mean, at least 2.

    Returns
    -------
    numpy.ndarray
        Same shape, as a fraction of the price; NaN where a price it needs is missing or not above
        0, the first `length` - 1 bars included.

    Notes
    -----
    Negatives set to 0 pair by pair bias the mean upwards: with 2 % daily volatility and no spread
    at all it is 0.8 %. It suits spreads that are not small beside volatility.

    References
    ----------
    Corwin, S. A., and Schultz, P. (2012). A simple way to estimate bid-ask spreads from daily high
    and low prices. Journal of Finance 67(2), 719-760. doi:10.1111/j.1540-6261.2012.01729.x

    Examples
    --------
    >>> high, low, close = np.array([10.1, 10.1]), np.array([10.0, 10.0]), np.array([10.0, 10.1])
    >>> corwin_schultz(high, low, close, 2)
    array([       nan, 0.00995025])
    """
    _check.whole("corwin_schultz length", length, 2)
    high, low, close = _prices(high=high, low=low, close=close)
    gap = np.maximum(close[:-1] - high[1:], 0.0) + np.minimum(close[:-1] - low[1:], 0.0)
    moved_high, moved_low = high[1:] + gap, low[1:] + gap
    beta = np.log(high[:-1] / low[:-1]) ** 2 + np.log(moved_high / moved_low) ** 2
    both = np.log(np.maximum(high[:-1], moved_high) / np.minimum(low[:-1], moved_low))
    alpha = (np.sqrt(2.0 * beta) - np.sqrt(beta)) / NARROWING - both / np.sqrt(NARROWING)
    # 2 (e^a - 1) / (1 + e^a), without the loss of digits where a is small.
    pairs = 2.0 * np.tanh(alpha / 2.0)
    return _mean_of_pairs(np.maximum(pairs, 0.0), length)


def abdi_ranaldo(
    high: npt.ArrayLike, low: npt.ArrayLike, close: npt.ArrayLike, length: int = 21
) -> Floats:
    """Return the spread of Abdi and Ranaldo (2017) over the last `length` bars up to each bar.

    A close is half a spread away from the middle of the market, which the middle η of the log
    range stands for: η = (ln H + ln L) / 2, c = ln C, and over the `length` - 1 pairs of bars

    S = √max(0, mean of 4 (c_{t-1} - η_{t-1}) (c_{t-1} - η_t))

    This is the published form that averages first and sets a negative mean to 0 ("monthly
    corrected"). A pair belongs to its later bar, so nothing is known before its time.

    Parameters
    ----------
    high, low, close
        Prices, shape (T,) or (T, N).
    length
        Bars in the mean, at least 2.

    Returns
    -------
    numpy.ndarray
        Same shape, as a fraction of the price (a difference of logarithms); NaN where a price it
        needs is missing or not above 0, the first `length` - 1 bars included.

    Notes
    -----
    Where the spread is small beside volatility, about half of all windows say 0.

    References
    ----------
    Abdi, F., and Ranaldo, A. (2017). A simple estimation of bid-ask spreads from daily close, high,
    and low prices. Review of Financial Studies 30(12), 4437-4480. doi:10.1093/rfs/hhx084

    Examples
    --------
    >>> high, low, close = np.array([10.1, 10.1]), np.array([10.0, 10.0]), np.array([10.0, 10.1])
    >>> abdi_ranaldo(high, low, close, 2)
    array([       nan, 0.00995033])
    """
    _check.whole("abdi_ranaldo length", length, 2)
    high, low, close = (np.log(price) for price in _prices(high=high, low=low, close=close))
    middle = (high + low) / 2.0
    squares = 4.0 * (close[:-1] - middle[:-1]) * (close[:-1] - middle[1:])
    return np.sqrt(np.maximum(_mean_of_pairs(squares, length), 0.0))


def roll(close: npt.ArrayLike, length: int = 21) -> Floats:
    """Return the spread of Roll (1984) over the last `length` bars up to each bar.

    Trades that bounce between bid and ask make changes in price that follow one another opposed.
    With the changes r of the log close and their sample covariance (n - 1) over the `length` - 2
    pairs of neighbours,

    S = 2 √max(0, -cov(r_t, r_{t-1}))

    A covariance above 0 has no root; it is set to 0, the common convention.

    Parameters
    ----------
    close
        Prices, shape (T,) or (T, N).
    length
        Bars in the window, at least 4.

    Returns
    -------
    numpy.ndarray
        Same shape, as a fraction of the price (a difference of logarithms); NaN where a price of
        the window is missing or not above 0, the first `length` - 1 bars included.

    Notes
    -----
    The noisiest of the three: windows of 21 bars give a market without any spread about
    0.45 of its volatility.

    References
    ----------
    Roll, R. (1984). A simple implicit measure of the effective bid-ask spread in an efficient
    market. Journal of Finance 39(4), 1127-1139. doi:10.1111/j.1540-6261.1984.tb03897.x

    Examples
    --------
    >>> roll([10.0, 10.1, 10.0, 10.1, 10.0, 10.1], 6).round(6)
    array([     nan,      nan,      nan,      nan,      nan, 0.022979])
    """
    _check.whole("roll length", length, 4)
    (prices,) = _prices(close=close)
    changes = np.diff(np.log(prices), axis=0)
    now, before = changes[1:], changes[:-1]
    pairs = length - 2
    means = [moving_average(each, pairs) for each in (now * before, now, before)]
    covariance = (means[0] - means[1] * means[2]) * pairs / (pairs - 1)
    out = np.full(prices.shape, np.nan)
    out[2:] = 2.0 * np.sqrt(np.maximum(-covariance, 0.0))
    return out


def _prices(**given: npt.ArrayLike) -> list[Floats]:
    """Return prices as float64, NaN where there is none above 0: it has no logarithm."""
    arrays = {name: _check.as_floats(name, value) for name, value in given.items()}
    first, shape = next((name, array.shape) for name, array in arrays.items())
    for name, array in arrays.items():
        if array.ndim not in (1, 2):
            raise ValueError(f"{name} must have shape (T,) or (T, N), was {array.shape}")
        if array.shape != shape:
            raise ValueError(f"{name} must have the shape of {first} {shape}, was {array.shape}")
    return [np.where(array > 0.0, array, np.nan) for array in arrays.values()]


def _mean_of_pairs(pairs: Floats, length: int) -> Floats:
    """Return the mean of the last `length` - 1 pairs, at the later bar of the last pair."""
    out = np.full((len(pairs) + 1, *pairs.shape[1:]), np.nan)
    out[1:] = moving_average(pairs, length - 1)
    return out
