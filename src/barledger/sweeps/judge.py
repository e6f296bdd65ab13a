"""How much of a sweep's best is luck: it knows how many trials it has made."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from barledger.analytics.overfitting import (
    Overfitting,
    check_blocks,
    deflated_sharpe,
    expected_maximum,
    minimum_track_length,
    moments,
    overfitting_of,
    probabilistic_sharpe,
)
from barledger.analytics.reality_check import Contest, RealityCheck, Score
from barledger.sweeps.grid import Grid
from barledger.sweeps.job import Job
from barledger.sweeps.metrics import Measures
from barledger.sweeps.workers import CHUNK, Interrupted, chunks_of, run_all


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is left of a sweep's best when its trials are counted.

    Attributes
    ----------
    variant
        The variant of the highest Sharpe ratio.
    trials
        Variants tried.
    sharpe
        Its Sharpe ratio, a year.
    luck
        The Sharpe ratio, a year, that the best of as many trials without skill comes to.
    probabilistic_sharpe, deflated_sharpe
        Probability that its true Sharpe ratio is above 0, or above `luck`; NaN without variance.
    minimum_track_length
        Bars needed to believe, at 95 %, that it is above 0; infinite if it is not.
    overfitting
        Share of the ways to halve history in which the best of one half is at or below the median
        of the other; about one half when nothing has skill.
    """

    variant: int
    trials: int
    sharpe: float
    luck: float
    probabilistic_sharpe: float
    deflated_sharpe: float
    minimum_track_length: float
    overfitting: float

    def _repr_html_(self) -> str:
        from barledger.sweeps.show import judgement_html

        return judgement_html(self)


def judge(job: Job, grid: Grid, blocks: int, executor: Any, among: Any = None) -> Judgement:
    """Run all variants once more for the sums of their returns, and judge the best.

    `among` are numbers of those that it is chosen from; None: all.
    """
    n_bars = len(job.bars)
    check_blocks(blocks, n_bars)
    if len(grid) < 2:
        raise ValueError(f"overfitting is a question about several variants, had {len(grid)}")
    edges = np.array([round(k * n_bars / blocks) for k in range(blocks + 1)], np.int64)
    sums = block_sums(replace(job, edges=edges, measures=Measures(())), grid, executor)
    sharpes = sharpe_ratios(sums.sum(axis=1), n_bars)
    chosen = np.arange(len(grid)) if among is None else among
    best = int(chosen[np.argmax(np.where(np.isnan(sharpes), -np.inf, sharpes)[chosen])])
    shape = moments(job.replayed(grid.choices[:, best], "equity").books[0].returns)
    found: Overfitting = overfitting_of(sums, np.diff(edges), by_sharpe=True)
    variance = float(np.nanvar(sharpes, ddof=1)) if np.isfinite(sharpes).sum() > 1 else 0.0
    year = float(np.sqrt(job.per_year))
    is_judged = np.isfinite(shape.sharpe)
    return Judgement(
        variant=best,
        trials=len(grid),
        sharpe=shape.sharpe * year,
        luck=float(np.sqrt(variance)) * expected_maximum(len(grid)) * year,
        probabilistic_sharpe=probabilistic_sharpe(*shape),
        deflated_sharpe=deflated_sharpe(
            shape.sharpe, shape.n, len(grid), variance, shape.skew, shape.kurtosis
        ),
        minimum_track_length=(
            minimum_track_length(shape.sharpe, shape.skew, shape.kurtosis) if is_judged else np.nan
        ),
        overfitting=found.probability,
    )


def block_sums(job: Job, grid: Grid, executor: Any) -> npt.NDArray[np.float64]:
    """Return the sums (V, blocks, 2) of each variant's returns and of their squares."""
    assert job.edges is not None
    job.ready()
    sums = np.empty((len(grid), len(job.edges) - 1, 2))
    for done in run_all(job, chunks_of(job, np.arange(len(grid)), grid.choices, CHUNK), executor):
        if isinstance(done, Interrupted):
            raise KeyboardInterrupt
        sums[done.chunk.numbers] = done.sums
    return sums


def check_reality(job: Job, grid: Grid, contest: Contest, executor: Any) -> RealityCheck:
    """Run all variants once more, and hold the best against chance; keeps no returns."""
    job = replace(job, reduce=contest, measures=Measures(()))
    job.ready()
    score: Score | None = None
    for done in run_all(job, chunks_of(job, np.arange(len(grid)), grid.choices, CHUNK), executor):
        if isinstance(done, Interrupted):
            raise KeyboardInterrupt
        found: Score = done.sums
        score = found if score is None else score.joined(found)
    assert score is not None
    return score.verdict(len(grid))


def sharpe_ratios(sums: npt.NDArray[np.float64], n: int) -> npt.NDArray[np.float64]:
    """Return Sharpe ratios a period from sums (V, 2); NaN without variance."""
    mean = sums[:, 0] / n
    variance = (sums[:, 1] - n * mean**2) / (n - 1)
    moves = variance > 1e-14 * sums[:, 1] / (n - 1)
    return np.where(moves, mean / np.sqrt(np.where(moves, variance, 1.0)), np.nan)
