"""What a sweep has found: one table, and any variant in full."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from barledger.analytics.reality_check import RealityCheck, contest_of
from barledger.result import Result
from barledger.sweeps.grid import Grid
from barledger.sweeps.job import Job
from barledger.sweeps.judge import Judgement, check_reality, judge
from barledger.sweeps.metrics import COUNTS
from barledger.sweeps.sheet import Sheet

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from barledger.plots.palette import Theme
    from barledger.validation.walk_forward import WalkForward


class SweepRun:
    """The variants of a sweep and their metrics.

    Attributes
    ----------
    is_complete
        False when it was stopped before its end; `table` has the finished variants.
    """

    def __init__(self, job: Job, grid: Grid, sheet: Sheet, is_complete: bool) -> None:
        self.job, self.grid, self.is_complete = job, grid, is_complete
        self._sheet = sheet

    @cached_property
    def table(self) -> pl.DataFrame:
        """One row a finished variant: its number, its parameters, its metrics.

        Metrics are as in `Result.stats`: returns and drawdown are fractions; NaN: not defined, such
        as a Sharpe ratio without variance or a win rate without trades.
        """
        known = np.flatnonzero(self._sheet.is_known)
        columns: dict[str, Any] = {"variant": known}
        for row, (name, values) in enumerate(self.grid.values.items()):
            columns[name] = _column(name, values, self.grid.choices[row, known])
        for column, name in enumerate(self.job.metrics):
            numbers = self._sheet.metrics[known, column]
            columns[name] = numbers.astype(np.int64) if name in COUNTS else numbers
        return pl.DataFrame(columns)

    def metric(self, name: str) -> npt.NDArray[np.float64]:
        """Return one metric of all variants (V,); NaN where it is not defined or not finished."""
        self._check_metric(name)
        return self._sheet.metrics[:, self.job.metrics.index(name)]

    def best(self, metric: str = "sharpe", n: int = 10) -> pl.DataFrame:
        """Return the `n` best variants by a metric, NaN left out; of equal ones the first first.

        The most of everything is best, but the least of volatility, kurtosis, ulcer, turnover,
        costs and counts of trouble; of a metric of your own what it says.
        """
        self._check_metric(metric)
        if isinstance(n, bool) or not isinstance(n, int) or n < 1:
            raise ValueError(f"n must be a whole number >= 1, was {n!r}")
        known = self.table.filter(pl.col(metric).cast(pl.Float64).is_not_nan())
        is_falling = not self.job.measures.finds_low(metric)
        return known.sort(metric, descending=is_falling, maintain_order=True).head(n)

    def heatmap(self, a: str, b: str, metric: str) -> pl.DataFrame:
        """Return `metric` by two parameters: a row for each value of `a`, a column for each of `b`.

        Where further parameters vary the mean over them; null where there is no variant.
        """
        self._check_metric(metric)
        for name in (a, b):
            if name not in self.grid.names:
                raise ValueError(f"no parameter {name!r}; there are {', '.join(self.grid.names)}")
        if a == b:
            raise ValueError(f"a heat map needs two different parameters, was {a!r} twice")
        known = self.table.with_columns(pl.col(metric).cast(pl.Float64).fill_nan(None))
        table = known.pivot(on=b, index=a, values=metric, aggregate_function="mean")
        wanted = [str(value) for value in known[b].unique().sort().to_list()]
        return table.select(a, *wanted).sort(a)

    def plot_heatmap(
        self,
        a: str | None = None,
        b: str | None = None,
        metric: str | None = None,
        *,
        slider: str | None = None,
        theme: "Theme" = "light",
    ) -> "Figure":
        """Return the heat map of a metric by two parameters; needs plotly.

        Parameters
        ----------
        a, b
            Parameters of the rows and of the columns; None: the first that vary.
        metric
            What is shown; None: the Sharpe ratio, or the first metric there is.
        slider
            A third parameter, one page for each of its values; None: the next that varies. Over
            further ones the mean is shown, and the heading says so.
        theme
            ``"light"`` (default) or ``"dark"``.
        """
        from barledger import plots

        return plots.plot_heatmap(self, a, b, metric, slider, theme)

    def plot_parallel(
        self,
        metric: str | None = None,
        *,
        metrics: Sequence[str] | None = None,
        theme: "Theme" = "light",
    ) -> "Figure":
        """Return every variant as a line over its parameters and metrics; needs plotly.

        Drag along an axis to keep the lines that pass there.

        Parameters
        ----------
        metric
            By which the best tenth is coloured; None: the Sharpe ratio, or the first there is.
        metrics
            Further metrics with an axis of their own; None: none.
        theme
            ``"light"`` (default) or ``"dark"``.
        """
        from barledger import plots

        return plots.plot_parallel(self, metric, None if metrics is None else (*metrics,), theme)

    def plot_distribution(self, metric: str | None = None, *, theme: "Theme" = "light") -> "Figure":
        """Return the histogram of a metric over the variants; needs plotly.

        For the Sharpe ratio a line shows what the best of as many variants without skill comes to,
        and the heading the deflated Sharpe ratio of the best: see `overfitting`.

        Parameters
        ----------
        metric
            None: the Sharpe ratio, or the first metric there is.
        theme
            ``"light"`` (default) or ``"dark"``.
        """
        from barledger import plots

        return plots.plot_distribution(self, metric, theme=theme)

    def report(
        self,
        path: str | Path,
        *,
        title: str | None = None,
        metric: str | None = None,
        judgement: Judgement | None = None,
        walk: "WalkForward | None" = None,
    ) -> Path:
        """Write one HTML page of the sweep, as `Result.report` does; returns its path.

        Parameters
        ----------
        path
            File to write; an old one is replaced.
        title
            Heading of the page.
        metric
            By which variants are shown and ranked; None: the Sharpe ratio, or the first there is.
        judgement
            What `overfitting` has returned, to be told too: it takes a second run of all variants.
        walk
            What `walk_forward` has returned, for a part of its own.
        """
        from barledger import report

        report.write_sweep(self, Path(path), title, metric, judgement, walk)
        return Path(path)

    def params(self, variant: int) -> dict[str, Any]:
        """Return the parameters of one variant."""
        return self.grid.variant(self._number(variant))

    def result(self, variant: int) -> Result:
        """Run one variant again, in full: the same numbers, bit for bit, with all records."""
        return self.job.replayed(self.grid.choices[:, self._number(variant)])

    def overfitting(self, blocks: int = 16, executor: Any = None) -> Judgement:
        """Judge the best Sharpe ratio by the number of variants tried, and how often luck wins.

        Runs all variants once more, to sum their returns over blocks of bars: nothing of the
        length of history is kept.

        Parameters
        ----------
        blocks
            Contiguous blocks, an even number: all ways to choose half of them are tried.
        executor
            As in `sweep`.

        Returns
        -------
        Judgement
            Best variant, its Sharpe ratio a year, probabilistic and deflated; the probability of
            backtest overfitting by Sharpe ratio. Every variant of the grid counts as a trial.

        Raises
        ------
        ValueError
            When there are fewer than two variants, or bars for the blocks.
        """
        return self.judged(blocks, executor)

    def judged(self, blocks: int, executor: Any) -> Judgement:
        """Judge the best of all variants."""
        return judge(self.job, self.grid, blocks, executor)

    def reality_check(
        self,
        benchmark: Any = None,
        *,
        block: float | None = None,
        paths: int = 1000,
        seed: int = 0,
        executor: Any = None,
    ) -> RealityCheck:
        """Test whether the best variant beats a benchmark by more than luck among so many.

        White's reality check and Hansen's test of superior predictive ability, on a stationary
        bootstrap. Runs all variants once more; of each chunk a maximum a path is kept, so that any
        number of variants fits.

        Parameters
        ----------
        benchmark
            Returns (T,) to beat, such as those of `Portfolio.from_holding`; None: 0.
        block
            Mean length of the bootstrap's blocks, in bars; None: the square root of T.
        paths, seed
            Bootstrap samples, and what they are drawn with.
        executor
            As in `sweep`.

        Returns
        -------
        RealityCheck
            The variant of the highest mean return, and the probabilities that chance does as well.
        """
        contest = contest_of(len(self.job.bars), benchmark, block, paths, seed)
        return check_reality(self.job, self.grid, contest, executor)

    def _number(self, variant: int) -> int:
        if isinstance(variant, bool) or not isinstance(variant, int | np.integer):
            raise TypeError(f"a variant is named by its number, was {variant!r}")
        if not 0 <= variant < len(self.grid):
            raise IndexError(f"no variant {variant}; there are 0 … {len(self.grid) - 1}")
        return int(variant)

    def _check_metric(self, metric: str) -> None:
        if metric not in self.job.metrics:
            raise ValueError(
                f"unknown metric {metric!r}; this run has {', '.join(self.job.metrics)}"
            )

    def __repr__(self) -> str:
        done = int(self._sheet.is_known.sum())
        part = "" if done == len(self.grid) else f", {done:,} of them on all bars"
        part = part if self.is_complete else f", stopped after {done:,}"
        return (
            f"<{type(self).__name__} of {self.job.rule.name}: {len(self.grid):,} variants{part}; "
            f"{', '.join(self.job.metrics)}>"
        )

    def _repr_html_(self) -> str:
        from barledger.sweeps.show import run_html

        return run_html(self)


def _column(name: str, values: list[Any], choices: npt.NDArray[np.int32]) -> pl.Series:
    """Values chosen, as numbers where they are, else in words."""
    if not all(value is None or isinstance(value, int | float | str) for value in values):
        values = [value if value is None else str(value) for value in values]
    return pl.Series(name, values, strict=False).gather(choices)
