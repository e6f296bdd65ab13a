"""Returns by month and year, and statistics over a rolling window."""

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def by_period(
    times: npt.NDArray[Any], returns: Floats, unit: str
) -> tuple[npt.NDArray[Any], Floats]:
    """Return the periods ("M" months, "Y" years) that bars fall in, and the return of each.

    Examples
    --------
    >>> days = np.array(["2020-01-30", "2020-01-31", "2020-02-03"], "datetime64[D]")
    >>> by_period(days, np.array([0.10, 0.10, -0.50]), "M")[1].round(4)
    array([ 0.21, -0.5 ])
    """
    periods = times.astype(f"datetime64[{unit}]")
    last = np.flatnonzero(np.append(periods[1:] != periods[:-1], True))
    growth = np.cumprod(1.0 + returns)[last]
    before = np.concatenate(([1.0], growth[:-1]))
    with np.errstate(divide="ignore", invalid="ignore"):
        gained = np.where(before > 0.0, growth / before - 1.0, 0.0)
    return periods[last], gained


def month_table(times: npt.NDArray[Any], returns: Floats) -> tuple[list[int], Floats]:
    """Return the years, and the return of each of their months (years, 12); NaN: no bars."""
    months, gained = by_period(times, returns, "M")
    number = months.astype(np.int64)
    years = list(range(int(1970 + number[0] // 12), int(1970 + number[-1] // 12) + 1))
    table = np.full((len(years), 12), np.nan)
    table[1970 + number // 12 - years[0], number % 12] = gained
    return years, table


def rolling_sharpe(returns: Floats, window: int, per_year: float) -> Floats:
    """Return mean over standard deviation (ddof 1) of the last `window` returns, a year.

    NaN for the first `window` - 1 bars, and without variance.
    """
    mean, square = _moments(returns, returns, window)
    variance = (square - mean**2) * window / (window - 1)
    noise = 1e-14 * np.maximum(square, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = mean / np.sqrt(np.where(variance > noise, variance, np.nan)) * np.sqrt(per_year)
    return np.concatenate((np.full(min(window - 1, len(returns)), np.nan), found))


def rolling_beta(returns: Floats, benchmark: Floats, window: int) -> Floats:
    """Return the slope of the last `window` returns on those of a benchmark; NaN as in Sharpe."""
    mean, cross = _moments(returns, benchmark, window)
    mean_held, square = _moments(benchmark, benchmark, window)
    variance = square - mean_held**2
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (cross - mean * mean_held) / np.where(variance > 1e-14 * square, variance, np.nan)
    return np.concatenate((np.full(min(window - 1, len(returns)), np.nan), found))


def _moments(left: Floats, right: Floats, window: int) -> tuple[Floats, Floats]:
    """Return the rolling means of `left` and of its product with `right`, of whole windows."""
    if len(left) < window:
        return np.empty(0), np.empty(0)
    return _mean(left, window), _mean(left * right, window)


def _mean(values: Floats, window: int) -> Floats:
    sums = np.concatenate(([0.0], np.cumsum(values)))
    return (sums[window:] - sums[:-window]) / window
