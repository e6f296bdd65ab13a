"""Numbers that need every return, or every close: how they are spread, and how deep and long falls are.

The formulas of `kernel.history`, which sweeps use, for a curve that is there already. Returns are
fractions a period; a loss is below 0.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
TAIL = 0.05  # share of the periods that is a tail


def skew(returns: Floats) -> float:
    """Third standardised moment of the population; NaN where returns do not vary."""
    return _moment(returns, 3)


def kurtosis(returns: Floats) -> float:
    """Fourth standardised moment of the population, 3 when normal; NaN where returns do not vary."""
    return _moment(returns, 4)


def _moment(returns: Floats, power: int) -> float:
    if not len(returns) or not np.ptp(returns) > 0.0:
        return np.nan
    away = returns - returns.mean()
    return float(np.mean(away**power) / np.mean(away**2) ** (power / 2.0))


def ulcer(drawdowns: Floats) -> float:
    """Root mean square of the drawdowns at all closes, a fraction (Martin and McCann, 1989)."""
    return float(np.sqrt(np.mean(drawdowns**2))) if len(drawdowns) else np.nan


def omega(returns: Floats, threshold: float = 0.0) -> float:
    """Sum of what lies above a threshold over that of what lies below; NaN without a loss.

    Keating and Shadwick, "A universal performance measure" (2002).

    Examples
    --------
    >>> omega(np.array([0.03, -0.01, 0.01, -0.01]))
    2.0
    """
    below = np.maximum(threshold - returns, 0.0).sum()
    return float(np.maximum(returns - threshold, 0.0).sum() / below) if below > 0.0 else np.nan


def value_at_risk(returns: Floats, share: float = TAIL) -> float:
    """Return the return that a share of the periods is at or below, by history, linear between two.

    Examples
    --------
    >>> value_at_risk(np.array([1.0, 81.0, 82.0, 83.0, 84.0, 85.0]), 0.1)
    41.0
    """
    if not 0.0 < share < 1.0:
        raise ValueError(f"share must be above 0 and below 1, was {share!r}")
    return float(np.quantile(returns, share)) if len(returns) else np.nan


def conditional_value_at_risk(returns: Floats, share: float = TAIL) -> float:
    """Mean of the returns at or below the value at risk: the expected shortfall."""
    if not len(returns):
        return np.nan
    return float(returns[returns <= value_at_risk(returns, share)].mean())


def tail_ratio(returns: Floats, share: float = TAIL) -> float:
    """Size of the best share's edge over that of the worst; NaN where that is 0."""
    low, high = value_at_risk(returns, share), value_at_risk(returns, 1.0 - share)
    return abs(high) / abs(low) if low != 0.0 else np.nan
