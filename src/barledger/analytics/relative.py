"""How returns stand to those of a benchmark on the same bars."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Relative(NamedTuple):
    """Numbers of a run beside a benchmark; NaN where they are not defined."""

    alpha: float
    beta: float
    correlation: float
    excess: float
    tracking_error: float
    information_ratio: float
    up_capture: float
    down_capture: float


def relative(
    returns: Floats, benchmark: Floats, per_year: float, risk_free: float = 0.0
) -> Relative:
    """Return how returns stand to those of a benchmark, (T,) each.

    beta = cov(r, b) / var(b); alpha = mean(r - f) - beta · mean(b - f), a year, f the risk-free
    rate a bar (Jensen 1968). Excess is the mean of r - b, a year; tracking error its standard
    deviation (ddof 1), a year; the information ratio is one over the other. Capture is the mean
    compound return of r over that of b on the bars on which b rose (up) or fell (down).
    """
    rate = risk_free / per_year
    active = returns - benchmark
    deviation = _deviation(active) * np.sqrt(per_year)
    excess = float(active.mean() * per_year) if len(active) else np.nan
    beta, correlation = _slope(returns, benchmark)
    alpha = ((returns - rate).mean() - beta * (benchmark - rate).mean()) * per_year
    return Relative(
        alpha=float(alpha),
        beta=beta,
        correlation=correlation,
        excess=excess,
        tracking_error=float(deviation),
        information_ratio=float(excess / deviation) if deviation > 0.0 else np.nan,
        up_capture=_capture(returns, benchmark, benchmark > 0.0),
        down_capture=_capture(returns, benchmark, benchmark < 0.0),
    )


def _deviation(values: Floats) -> float:
    """Return the standard deviation, 0 where it is no more than rounding."""
    if len(values) < 2:
        return np.nan
    found = float(values.std(ddof=1))
    return found if found > 1e-12 * float(np.abs(values).max()) else 0.0


def _slope(returns: Floats, benchmark: Floats) -> tuple[float, float]:
    """Return the slope of returns on a benchmark, and their correlation."""
    own, held = _deviation(returns), _deviation(benchmark)
    if not held > 0.0:
        return np.nan, np.nan
    covariance = float(np.cov(returns, benchmark)[0, 1])
    correlation = covariance / (own * held) if own > 0.0 else np.nan
    return covariance / held**2, correlation


def _capture(returns: Floats, benchmark: Floats, chosen: npt.NDArray[np.bool_]) -> float:
    """Return the mean compound return on the chosen bars over that of the benchmark."""
    if not chosen.any():
        return np.nan
    own, held = (_compound(each[chosen]) for each in (returns, benchmark))
    return own / held if held != 0.0 else np.nan


def _compound(returns: Floats) -> float:
    """Return the return a bar that compounds to the same; -1 once everything is lost."""
    if (returns <= -1.0).any():
        return -1.0
    return float(np.expm1(np.log1p(returns).mean()))
