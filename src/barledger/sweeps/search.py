"""Guided search: Optuna proposes batches of variants, the same loop measures them."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from math import ceil, prod
from typing import Any

import numpy as np
import numpy.typing as npt

from barledger import _check
from barledger.data.bars import Bars
from barledger.rules.rule import Rule
from barledger.sweeps.given import Signals
from barledger.sweeps.grid import Grid, keeps
from barledger.sweeps.job import Job
from barledger.sweeps.own import Metric
from barledger.sweeps.progress import Progress
from barledger.sweeps.run import SweepRun
from barledger.sweeps.sheet import Sheet
from barledger.sweeps.sweep import Sweep, check_options, job_of
from barledger.sweeps.workers import CHUNK, Chunk, Interrupted, run_all, workers_of

TRIES = 20  # proposals for each trial that `where` may turn down


class SearchRun(SweepRun):
    """The variants that a search has tried, in order; each counts as one trial.

    Attributes
    ----------
    study
        Optuna's own record of the search.
    """

    def __init__(self, job: Job, grid: Grid, sheet: Sheet, is_complete: bool, study: Any) -> None:
        super().__init__(job, grid, sheet, is_complete)
        self.study = study


def search(
    rule: Rule | Signals,
    bars: Bars,
    *,
    trials: int = 200,
    batch: int = 32,
    select: str = "sharpe",
    sampler: Any = None,
    study: Any = None,
    where: Any = None,
    size: Any = None,
    metrics: Sequence[str | Metric] | str | Metric | None = None,
    executor: Executor | int | None = None,
    progress: Any = True,
    seed: int = 0,
    **grid_and_options: Any,
) -> SearchRun:
    """Look for the best variant with an Optuna sampler, where a whole grid is too large.

    Needs Optuna: ``pip install 'barledger[optuna]'``. Every value that may be tried is listed, as
    for `sweep`; their combinations are not, and may be any number.

    Parameters
    ----------
    rule, bars, size, metrics, executor, progress
        As in `sweep`.
    trials
        Different variants to run.
    batch
        Variants proposed at once and run side by side; the sampler learns after each batch.
    select
        The metric to search by: the most of it, or the least of volatility, fees, ….
    sampler
        An Optuna sampler; None: its tree-structured Parzen estimator, seeded with `seed`.
    study
        An Optuna study to go on with, in its own direction and with its own sampler.
    where
        As in `sweep`; what it turns down is proposed again, and is no trial.
    **grid_and_options
        Lists of values by parameter, and options, as in `sweep`.

    Returns
    -------
    SearchRun
        As of a sweep over the variants tried: its `overfitting` knows how many there were.

    Raises
    ------
    ValueError, TypeError
        When anything does not fit; nothing runs.
    """
    optuna = _optuna()
    for name, value in (("trials", trials), ("batch", batch)):
        _check.whole(name, value, 1)
    if sampler is not None and study is not None:
        raise ValueError("give a sampler or a study, which has one; not both")
    job = job_of(rule, bars, size, metrics, grid_and_options)
    if select not in job.metrics:
        raise ValueError(f"unknown metric {select!r}; this search has {', '.join(job.metrics)}")
    first = Grid(job.values, np.zeros((len(job.values), 1), np.int32))
    check_options(job, first)
    keeps(where, job.values, first.choices)
    if study is None:
        study = _study(optuna, sampler or _parzen(optuna, seed, batch), job, select)
    return _Search(optuna, study, job, where, select).run(trials, batch, executor, progress)


class _Search:
    """The state of one search: what has been tried, and what came of it."""

    def __init__(self, optuna: Any, study: Any, job: Job, where: Any, select: str) -> None:
        self.optuna, self.study, self.job, self.where = optuna, study, job, where
        self.select = select
        self.tried: dict[tuple[int, ...], int] = {}
        self.scores: list[float] = []
        self.parts: list[npt.NDArray[np.float64]] = []

    def run(self, trials: int, batch: int, executor: Any, progress: Any) -> SearchRun:
        told, is_complete = Progress(progress, trials), True
        possible = prod(len(values) for values in self.job.values.values())
        with _kept_open(executor) as kept, _quietly(self.optuna):
            while is_complete and len(self.tried) < min(trials, possible):
                asked = self._ask(min(batch, trials - len(self.tried)))
                if not asked:
                    break  # all that is left is turned down, or has been tried
                is_complete = self._measure(asked, kept)
                told.tell(len(self.scores), len(self.scores))
        told.end()
        return self._found(is_complete)

    def _ask(self, count: int) -> list[tuple[Any, tuple[int, ...]]]:
        """Return proposals that have not been tried, with their trials."""
        asked: list[tuple[Any, tuple[int, ...]]] = []
        fresh: set[tuple[int, ...]] = set()
        for _ in range(count * TRIES):
            if len(asked) == count:
                break
            trial = self.study.ask()
            choice = tuple(self._suggest(trial, *each) for each in self.job.values.items())
            column = np.array(choice, np.int32).reshape(-1, 1)
            if choice in self.tried:
                self._tell(trial, self.scores[self.tried[choice]])
            elif choice in fresh or not keeps(self.where, self.job.values, column)[0]:
                self._tell(trial, np.nan)
            else:
                fresh.add(choice)
                asked.append((trial, choice))
        return asked

    def _suggest(self, trial: Any, name: str, values: list[Any]) -> int:
        """Return the number of the value proposed; numbers that rise are proposed in order."""
        rises = all(isinstance(value, int | float) for value in values)
        if rises and all(a < b for a, b in pairwise(values)):
            return int(trial.suggest_int(name, 0, len(values) - 1))
        return int(trial.suggest_categorical(name, list(range(len(values)))))

    def _measure(self, asked: list[tuple[Any, tuple[int, ...]]], executor: Any) -> bool:
        """Run what was proposed and tell the study; False when the user stopped it."""
        choices = np.ascontiguousarray(np.array([choice for _, choice in asked], np.int32).T)
        start, count = len(self.scores), len(asked)
        if start == 0:
            Sweep(self.job, Grid(self.job.values, choices), None, False).check_rule()
        size = min(CHUNK, ceil(count / workers_of(executor)))
        numbers = np.arange(start, start + count)
        chunks = [
            Chunk(numbers[i : i + size], np.ascontiguousarray(choices[:, i : i + size]))
            for i in range(0, count, size)
        ]
        metrics = np.full((count, len(self.job.metrics)), np.nan)
        for done in run_all(self.job, chunks, executor):
            if isinstance(done, Interrupted):
                return False
            metrics[done.chunk.numbers - start] = done.metrics
        self.parts.append(metrics)
        for (trial, choice), row in zip(asked, metrics, strict=True):
            self.tried[choice] = len(self.scores)
            self.scores.append(float(row[self.job.metrics.index(self.select)]))
            self._tell(trial, self.scores[-1])
        return True

    def _tell(self, trial: Any, score: float) -> None:
        if np.isfinite(score):
            self.study.tell(trial, score)
        else:
            self.study.tell(trial, state=self.optuna.trial.TrialState.FAIL)

    def _found(self, is_complete: bool) -> SearchRun:
        if not self.tried:
            raise ValueError(f"where={self.where!r} has turned down all that was proposed")
        choices = np.array(list(self.tried), np.int32).T
        grid = Grid(self.job.values, np.ascontiguousarray(choices))
        sheet = Sheet(len(grid), len(self.job.metrics))
        sheet.metrics[:] = np.concatenate(self.parts)
        sheet.is_known[:] = True
        return SearchRun(self.job, grid, sheet, is_complete, self.study)


def _optuna() -> Any:
    try:
        import optuna
    except ImportError:
        raise ImportError(
            "search needs Optuna: python -m pip install 'barledger[optuna]'"
        ) from None
    return optuna


def _parzen(optuna: Any, seed: int, batch: int) -> Any:
    return optuna.samplers.TPESampler(seed=seed, n_startup_trials=max(10, batch))


def _study(optuna: Any, sampler: Any, job: Job, select: str) -> Any:
    direction = "minimize" if job.measures.finds_low(select) else "maximize"
    with _quietly(optuna):
        return optuna.create_study(sampler=sampler, direction=direction)


@contextmanager
def _quietly(optuna: Any) -> Iterator[None]:
    """Keep Optuna from telling of every trial."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)


@contextmanager
def _kept_open(executor: Any) -> Iterator[Any]:
    """One pool of threads for all batches, where nothing else was given."""
    if executor is not None and not isinstance(executor, int):
        yield executor
    elif isinstance(executor, bool) or (executor is not None and executor < 1):
        raise ValueError(f"executor as a number of threads must be >= 1, was {executor!r}")
    else:
        with ThreadPoolExecutor(executor or os.cpu_count()) as threads:
            yield threads
