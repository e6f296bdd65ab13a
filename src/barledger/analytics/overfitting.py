"""How far a Sharpe ratio can be believed, and how often the best of many was luck.

All Sharpe ratios here are per period, never a year: divide a yearly one by the square root of the
periods a year. Kurtosis is 3 for a normal distribution.
"""

from dataclasses import dataclass
from itertools import combinations
from math import erfc, exp, isfinite, log, sqrt
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
EULER = 0.5772156649015329  # Euler and Mascheroni's constant
NORMAL = NormalDist()


class Moments(NamedTuple):
    """What a Sharpe ratio is judged by: its sample's size and shape."""

    sharpe: float
    n: int
    skew: float
    kurtosis: float


def moments(returns: npt.ArrayLike) -> Moments:
    """Return the Sharpe ratio a period of returns (T,), with their number, skew and kurtosis.

    Skew and kurtosis are those of the population; all are NaN where returns do not vary.

    Examples
    --------
    >>> moments([0.01, -0.01, 0.02, 0.0]).n
    4
    """
    r = np.asarray(returns, np.float64)
    if r.ndim != 1 or not np.isfinite(r).all():
        raise ValueError(f"returns must be finite numbers of shape (T,), had shape {r.shape}")
    if len(r) < 2 or not np.ptp(r) > 0.0:
        return Moments(np.nan, len(r), np.nan, np.nan)
    away = r - r.mean()
    variance = float(np.mean(away**2))
    return Moments(
        sharpe=float(r.mean() / r.std(ddof=1)),
        n=len(r),
        skew=float(np.mean(away**3) / variance**1.5),
        kurtosis=float(np.mean(away**4) / variance**2),
    )


def _spread(sharpe: float, skew: float, kurtosis: float) -> float:
    """Variance of an estimated Sharpe ratio, times periods less 1."""
    spread = 1.0 - skew * sharpe + (kurtosis - 1.0) / 4.0 * sharpe**2
    if spread <= 0.0:
        raise ValueError(
            f"no returns have the skew {skew:g}, kurtosis {kurtosis:g} and Sharpe ratio {sharpe:g} "
            "a period together"
        )
    return spread


def probabilistic_sharpe(
    sharpe: float, n: int, skew: float = 0.0, kurtosis: float = 3.0, benchmark: float = 0.0
) -> float:
    """Return the probability that the true Sharpe ratio is above a benchmark.

    Φ((SR - SR*) · √(n - 1) / √(1 - g3 · SR + (g4 - 1) / 4 · SR²)), Bailey and López de Prado,
    "The Sharpe Ratio Efficient Frontier", Journal of Risk 15 (2012).

    Parameters
    ----------
    sharpe, benchmark
        Sharpe ratios a period.
    n
        Periods.
    skew, kurtosis
        Of the returns; kurtosis 3 is normal. NaN anywhere gives NaN.

    Examples
    --------
    >>> round(probabilistic_sharpe(1.59 / 12**0.5, 24, -2.448, 10.164), 3)
    0.914
    """
    _check_periods(n)
    if not all(map(isfinite, (sharpe, skew, kurtosis, benchmark))):
        return np.nan
    z = (sharpe - benchmark) * sqrt(n - 1.0) / sqrt(_spread(sharpe, skew, kurtosis))
    return 0.5 * erfc(-z / sqrt(2.0))


def expected_maximum(trials: int) -> float:
    """Return about the highest that so many standard normal draws come to, on average.

    (1 - c) · Φ⁻¹(1 - 1 / N) + c · Φ⁻¹(1 - 1 / (N · e)), c = 0.5772…; 0 for one trial.

    Examples
    --------
    >>> round(expected_maximum(100), 3)
    2.531
    """
    if isinstance(trials, bool) or trials < 1:
        raise ValueError(f"trials must be >= 1, was {trials!r}")
    if trials == 1:
        return 0.0
    first, second = NORMAL.inv_cdf(1.0 - 1.0 / trials), NORMAL.inv_cdf(1.0 - exp(-1.0) / trials)
    return (1.0 - EULER) * first + EULER * second


def deflated_sharpe(
    sharpe: float,
    n: int,
    trials: int,
    variance: float,
    skew: float = 0.0,
    kurtosis: float = 3.0,
) -> float:
    """Return the probability that the best of several trials has a true Sharpe ratio above 0.

    The probabilistic Sharpe ratio against √V · `expected_maximum` (N): what the best of N trials
    without any skill comes to. Bailey and López de Prado, "The Deflated Sharpe Ratio", Journal of
    Portfolio Management 40 (2014).

    Parameters
    ----------
    sharpe
        Sharpe ratio a period of the best.
    n
        Periods.
    trials
        Trials made, independent ones; counting all of a sweep, much of which is alike, is severe.
    variance
        Variance of the trials' Sharpe ratios a period.
    skew, kurtosis
        Of the best's returns.

    Examples
    --------
    >>> round(deflated_sharpe(2.5 / 250**0.5, 1250, 100, 0.5 / 250, -3.0, 10.0), 4)
    0.9004
    """
    if not variance >= 0.0:
        raise ValueError(f"variance of the trials' Sharpe ratios must be >= 0, was {variance:g}")
    benchmark = sqrt(variance) * expected_maximum(trials)
    return probabilistic_sharpe(sharpe, n, skew, kurtosis, benchmark)


def minimum_track_length(
    sharpe: float,
    skew: float = 0.0,
    kurtosis: float = 3.0,
    benchmark: float = 0.0,
    confidence: float = 0.95,
) -> float:
    """Return the periods needed to believe a Sharpe ratio above a benchmark; infinite if it is not.

    1 + (1 - g3 · SR + (g4 - 1) / 4 · SR²) · (Φ⁻¹(confidence) / (SR - SR*))², per period.

    Examples
    --------
    >>> round(minimum_track_length(2 / 12**0.5, -0.72, 5.78, 1 / 12**0.5), 1)
    59.9
    """
    if not 0.5 < confidence < 1.0:
        raise ValueError(f"confidence must be above 0.5 and below 1, was {confidence:g}")
    if sharpe <= benchmark:
        return np.inf
    z = NORMAL.inv_cdf(confidence)
    return 1.0 + _spread(sharpe, skew, kurtosis) * (z / (sharpe - benchmark)) ** 2


def _check_periods(n: int) -> None:
    if n < 2:
        raise ValueError(f"a Sharpe ratio needs at least 2 periods, had {n}")


@dataclass(frozen=True, slots=True, eq=False)
class Overfitting:
    """Probability of backtest overfitting, and the logits it is the share of, one a split."""

    probability: float
    logits: Floats


def backtest_overfitting(returns: npt.ArrayLike, blocks: int = 16) -> Overfitting:
    """Return how often the best in one half of history is below the median in the other.

    Combinatorially symmetric cross-validation after Bailey, Borwein, López de Prado and Zhu, "The
    Probability of Backtest Overfitting", Journal of Computational Finance 20 (2017), by the mean
    return. Without any skill it is about one half.

    Parameters
    ----------
    returns
        Returns (T, V) of V trials; bars beyond a multiple of `blocks` are dropped at the start.
    blocks
        An even number of contiguous blocks; all ways to choose half of them are tried: 12,870 for
        16.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> 0.2 < backtest_overfitting(rng.normal(size=(400, 30)), 8).probability < 0.8
    True
    """
    r = np.asarray(returns, np.float64)
    if r.ndim != 2:
        raise ValueError(f"returns must have the shape (T, V), had {r.shape}")
    check_blocks(blocks, len(r))
    used = r[len(r) % blocks :].reshape(blocks, -1, r.shape[1])
    sums = np.stack([used.sum(axis=1), (used**2).sum(axis=1)], axis=-1)
    lengths = np.full(blocks, used.shape[1])
    return overfitting_of(sums.transpose(1, 0, 2), lengths, by_sharpe=False)


def check_blocks(blocks: int, n_bars: int) -> None:
    """Raise unless history can be cut into so many blocks."""
    if isinstance(blocks, bool) or blocks < 2 or blocks % 2 or blocks > 20:
        raise ValueError(f"blocks must be an even number from 2 to 20, was {blocks!r}")
    if n_bars < 2 * blocks:
        raise ValueError(f"{blocks} blocks need at least {2 * blocks} bars, there are {n_bars}")


def overfitting_of(sums: Floats, lengths: npt.NDArray[np.int64], by_sharpe: bool) -> Overfitting:
    """As `backtest_overfitting`, from sums (V, blocks, 2) of returns and of their squares.

    `lengths` are the bars of each block. The first of equally good trials wins in sample; its rank
    out of sample is the mean of those it shares; a logit of exactly 0 counts as overfitting.
    """
    n_trials, n_blocks, _ = sums.shape
    if n_trials < 2:
        raise ValueError(f"overfitting is a question about several trials, had {n_trials}")
    total, bars = sums.sum(axis=1), lengths.sum()
    logits = []
    for chosen in combinations(range(n_blocks), n_blocks // 2):
        picked = list(chosen)
        inside, n_inside = sums[:, picked].sum(axis=1), lengths[picked].sum()
        best = int(np.argmax(_score(inside, n_inside, by_sharpe)))
        outside = _score(total - inside, bars - n_inside, by_sharpe)
        below = np.count_nonzero(outside < outside[best])
        equal = np.count_nonzero(outside == outside[best])
        share = (below + 0.5 * (equal + 1)) / (n_trials + 1)
        logits.append(log(share / (1.0 - share)))
    found = np.array(logits)
    return Overfitting(float(np.mean(found <= 0.0)), found)


def _score(sums: Floats, n: int, by_sharpe: bool) -> Floats:
    """Mean return, or Sharpe ratio, of each trial; no variance is no skill."""
    mean = sums[:, 0] / n
    if not by_sharpe:
        return mean
    variance = (sums[:, 1] - n * mean**2) / (n - 1)
    moves = variance > 1e-14 * sums[:, 1] / (n - 1)
    return np.where(moves, mean / np.sqrt(np.where(moves, variance, 1.0)), 0.0)
