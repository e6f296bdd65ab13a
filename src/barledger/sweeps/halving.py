"""Successive halving: all variants on a little history, the best of them on ever more."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from barledger import _check
from barledger.sweeps.cut import between, uncuttable
from barledger.sweeps.grid import Grid
from barledger.sweeps.job import Job
from barledger.sweeps.judge import Judgement, judge
from barledger.sweeps.run import SweepRun
from barledger.sweeps.sheet import Sheet
from barledger.sweeps.workers import CHUNK, Interrupted, chunks_of, run_all

if TYPE_CHECKING:
    from barledger.sweeps.sweep import Sweep


class HalvedRun(SweepRun):
    """The variants that successive halving has left, measured on all bars.

    `table` has those of the last round; every variant of the grid counts as a trial.
    """

    def __init__(
        self, job: Job, grid: Grid, sheet: Sheet, is_complete: bool, rounds: list[tuple[int, int]]
    ) -> None:
        super().__init__(job, grid, sheet, is_complete)
        self._rounds = rounds

    def judged(self, blocks: int, executor: Any) -> Judgement:
        """As that of a sweep; what is judged is the best of the last round."""
        known = np.flatnonzero(self._sheet.is_known)
        return judge(self.job, self.grid, blocks, executor, known)

    @property
    def rounds(self) -> pl.DataFrame:
        """One row a round: its bars, from the first on, and how many variants ran on them."""
        return pl.DataFrame(self._rounds, schema=["bars", "variants"], orient="row")


def halved(sweep: "Sweep", select: str, rounds: int, factor: float) -> HalvedRun:
    """Run the rounds of `Sweep.halve`."""
    job, grid = sweep.job, sweep.grid
    lost = uncuttable(job)
    if select not in job.metrics:
        raise ValueError(f"unknown metric {select!r}; this sweep has {', '.join(job.metrics)}")
    if isinstance(factor, bool) or not isinstance(factor, int | float) or not factor > 1.0:
        raise ValueError(f"factor must be a number above 1, was {factor!r}")
    if lost is not None:
        raise ValueError(f"halving cuts the bars, and cannot cut {lost} with them")
    sweep.check_rule()
    lengths = _lengths(len(job.bars), rounds, factor)
    left = np.arange(len(grid))
    told: list[tuple[int, int]] = []
    sheet = Sheet(len(grid), len(job.metrics))
    for length in lengths:
        is_last = length == len(job.bars)
        part = job if is_last else between(job, 0, length)
        found = sheet if is_last else Sheet(len(grid), len(job.metrics))
        told.append((length, len(left)))
        for done in run_all(part, chunks_of(part, left, grid.choices, CHUNK), sweep.executor):
            if isinstance(done, Interrupted):
                return HalvedRun(job, grid, sheet, False, told)
            found.put(done)
        if not is_last:
            left = _best(job, found, select, left, max(1, round(len(left) / factor)))
    return HalvedRun(job, grid, sheet, True, told)


def _lengths(n_bars: int, rounds: int, factor: float) -> list[int]:
    """Bars of each round, rising to all there are."""
    _check.whole("rounds", rounds, 1)
    lengths = [round(n_bars / factor**k) for k in range(rounds - 1, -1, -1)]
    if lengths[0] < 2:
        raise ValueError(
            f"rounds={rounds} and factor={factor:g} leave {lengths[0]} of {n_bars} bars for the "
            "first round: it needs 2"
        )
    return lengths


def _best(
    job: Job, sheet: Sheet, select: str, left: npt.NDArray[np.int64], count: int
) -> npt.NDArray[np.int64]:
    """Return the best variants, in order of their numbers; of equal ones the first."""
    scores: npt.NDArray[Any] = sheet.metrics[left, job.metrics.index(select)]
    ranks = scores if job.measures.finds_low(select) else -scores
    order = np.argsort(np.where(np.isnan(ranks), np.inf, ranks), kind="stable")
    return np.sort(left[order[:count]])
