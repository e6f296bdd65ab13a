"""Is the best of many better than a benchmark, or just the luckiest? White's and Hansen's tests.

Variants come in blocks and leave no more than a maximum a replication behind: memory does not grow
with their number.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from barledger import _check

Floats = npt.NDArray[np.float64]
LOWER, CONSISTENT, UPPER = 0, 1, 2


@dataclass(frozen=True, slots=True)
class RealityCheck:
    """Probabilities that the best of so many without any skill is as good as this one.

    Attributes
    ----------
    variant
        The variant of the highest mean return beyond the benchmark.
    trials
        Variants tried.
    excess
        That mean, a period.
    white
        White's reality check: of the mean; each variant counts as just as good as the benchmark.
    hansen
        Hansen's test of superior predictive ability: of the mean over its standard error, variants
        that are clearly worse than the benchmark left out.
    lower, upper
        Bounds of `hansen`: all that are worse left out, or none.
    """

    variant: int
    trials: int
    excess: float
    white: float
    hansen: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Bootstrap:
    """A stationary bootstrap: blocks of mean length `block`, drawn with `seed`, `paths` times.

    Politis and Romano, "The stationary bootstrap", Journal of the American Statistical Association
    89 (1994).
    """

    n: int
    block: float
    paths: int
    seed: int

    def __post_init__(self) -> None:
        _check.whole("paths", self.paths, 1)
        if not 1.0 <= self.block <= self.n:
            raise ValueError(
                f"block must be from 1 to the number of periods, {self.n}; was {self.block!r}"
            )

    def draws(self, first: int, count: int) -> npt.NDArray[np.int64]:
        """Return which periods paths `first` and on are made of, (count, n)."""
        out = np.empty((count, self.n), np.int64)
        place = np.arange(self.n)
        for row in range(count):
            rng = np.random.default_rng((self.seed, first + row))
            begins = rng.random(self.n) < 1.0 / self.block
            begins[0] = True
            since = np.maximum.accumulate(np.where(begins, place, 0))
            out[row] = (rng.integers(0, self.n, self.n)[since] + place - since) % self.n
        return out


@lru_cache(maxsize=2)
def shares_of(bootstrap: Bootstrap) -> Floats:
    """Return how much of each path each period is, (n, paths)."""
    out = np.empty((bootstrap.n, bootstrap.paths))
    for path in range(bootstrap.paths):
        drawn = bootstrap.draws(path, 1)[0]
        out[:, path] = np.bincount(drawn, minlength=bootstrap.n) / bootstrap.n
    return out


@dataclass(frozen=True, eq=False)
class Contest:
    """What blocks of variants are reduced to; `benchmark` (T,) are its returns, None: 0."""

    bootstrap: Bootstrap
    benchmark: Floats | None = None
    shares: Floats | None = field(default=None, repr=False)

    def __call__(self, numbers: npt.NDArray[np.int64], returns: Floats) -> "Score":
        """Return the score of some variants from their returns (n, T)."""
        excess = returns if self.benchmark is None else returns - self.benchmark
        shares = shares_of(self.bootstrap) if self.shares is None else self.shares
        n = self.bootstrap.n
        means, drawn = excess.mean(axis=1), excess @ shares
        errors = np.sqrt(long_run_variance(excess, self.bootstrap.block) / n)
        bound = -errors * np.sqrt(2.0 * np.log(np.log(n)))
        centres = np.stack([np.maximum(means, 0.0), np.where(means >= bound, means, 0.0), means])
        moves = errors > 1e-14 * np.abs(excess).max(initial=0.0)
        plain, scaled = np.full((2, 3, drawn.shape[1]), -np.inf)
        ratios = np.where(moves, means / np.where(moves, errors, 1.0), 0.0)
        for kind in range(3):
            away = drawn - centres[kind][:, None]
            plain[kind] = away.max(axis=0)
            away /= np.where(moves, errors, np.inf)[:, None]
            scaled[kind] = away.max(axis=0)
        best = int(np.argmax(means))
        return Score(int(numbers[best]), float(means[best]), float(ratios.max()), plain, scaled)


@dataclass(frozen=True, eq=False)
class Score:
    """The best of some variants, and the maxima (3, paths) that chance alone comes to.

    By lower, consistent and upper recentring; `plain` of means, `scaled` of means over errors.
    """

    best: int
    mean: float
    ratio: float
    plain: Floats
    scaled: Floats

    def joined(self, other: "Score") -> "Score":
        """Return the score of both; of equally good variants the first is the best."""
        first, second = sorted((self, other), key=lambda each: (-each.mean, each.best))
        return Score(
            first.best,
            first.mean,
            max(first.ratio, second.ratio),
            np.maximum(self.plain, other.plain),
            np.maximum(self.scaled, other.scaled),
        )

    def verdict(self, trials: int) -> RealityCheck:
        """Return the shares of paths on which chance alone comes to more."""
        ratio = max(self.ratio, 0.0)
        shares = (np.maximum(self.scaled, 0.0) > ratio).mean(axis=1)
        if ratio == 0.0:
            shares = np.ones(3)  # nothing is better than the benchmark
        return RealityCheck(
            variant=self.best,
            trials=trials,
            excess=self.mean,
            white=float((self.plain[UPPER] > self.mean).mean()),
            hansen=float(shares[CONSISTENT]),
            lower=float(shares[LOWER]),
            upper=float(shares[UPPER]),
        )


def long_run_variance(excess: Floats, block: float) -> Floats:
    """Variance of the mean of a stationary bootstrap, times periods, of each row (n, T).

    Autocovariances weighted by (1 - i/T) (1 - 1/block)^i + i/T (1 - 1/block)^(T-i).
    """
    n = excess.shape[1]
    away = excess - excess.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(away, 2 * n, axis=1)
    lags = np.fft.irfft(spectrum.real**2 + spectrum.imag**2, 2 * n, axis=1)[:, :n] / n
    i, stay = np.arange(n), 1.0 - 1.0 / block
    weights = 2.0 * ((1.0 - i / n) * stay**i + (i / n) * stay ** (n - i))
    weights[0] = 1.0
    variances: Floats = np.maximum(lags @ weights, 0.0)
    return variances


def reality_check(
    returns: npt.ArrayLike,
    benchmark: npt.ArrayLike | None = None,
    *,
    block: float | None = None,
    paths: int = 1000,
    seed: int = 0,
) -> RealityCheck:
    """Test whether the best of some returns (T, V) beats a benchmark by more than luck.

    White, "A reality check for data snooping", Econometrica 68 (2000); Hansen, "A test for superior
    predictive ability", Journal of Business & Economic Statistics 23 (2005).

    Parameters
    ----------
    returns
        Returns (T, V) of V trials.
    benchmark
        Returns (T,) to beat; None: 0.
    block
        Mean length of the bootstrap's blocks, in periods; None: the square root of T.
    paths, seed
        Bootstrap samples, and what they are drawn with.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> noise = rng.normal(0.0, 0.01, (500, 40))
    >>> reality_check(noise).hansen > 0.05
    True
    >>> reality_check(np.column_stack([noise, noise[:, 0] + 0.003])).hansen < 0.01
    True
    """
    r = np.asarray(returns, np.float64)
    if r.ndim != 2 or not np.isfinite(r).all():
        raise ValueError(f"returns must be finite numbers of shape (T, V), had shape {r.shape}")
    contest = contest_of(len(r), benchmark, block, paths, seed)
    return contest(np.arange(r.shape[1]), np.ascontiguousarray(r.T)).verdict(r.shape[1])


def contest_of(n: int, benchmark: Any, block: float | None, paths: int, seed: int) -> Contest:
    """Return what variants of `n` periods are reduced by, checked."""
    if n < 20:
        raise ValueError(f"a reality check needs at least 20 periods, had {n}")
    length = float(np.sqrt(n)) if block is None else block
    if benchmark is not None:
        benchmark = np.asarray(benchmark, np.float64)
        if benchmark.shape != (n,) or not np.isfinite(benchmark).all():
            raise ValueError(
                f"benchmark must be {n} finite returns, one a bar; had shape {benchmark.shape}"
            )
    return Contest(Bootstrap(n, length, paths, seed), benchmark)
