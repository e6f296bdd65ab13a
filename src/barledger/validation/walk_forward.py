"""Walk forward: choose on the past, trade the next bars in one account that goes on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from barledger import _html
from barledger.analytics.statistics import Curve, measure_curve, period_returns
from barledger.portfolio import run_request
from barledger.result import Result
from barledger.state import State
from barledger.sweeps.cut import between, uncuttable
from barledger.sweeps.each import EachJob
from barledger.sweeps.run import SweepRun
from barledger.sweeps.sweep import Sweep
from barledger.validation.splits import Split, walk_splits

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from barledger.plots.palette import Theme

LONG_EXIT, SHORT_EXIT = 2, 8
SHOWN = 8  # windows in a notebook


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """One window: its bars, the variant chosen on them, its metric there, the test's result."""

    split: Split
    variant: int
    chosen_by: float
    result: Result


class WalkForward:
    """Tests that join into one account; made by `walk_forward`."""

    def __init__(self, sweep: Sweep, select: str, windows: Sequence[Window]) -> None:
        self.sweep, self.select, self.windows = sweep, select, tuple(windows)

    @cached_property
    def table(self) -> pl.DataFrame:
        """One row a window: its bars, the parameters chosen, their metric in and out of sample.

        `train_end` and `test_end` are the last bars of each; NaN: not defined on those bars.
        """
        time = self.sweep.job.bars.time
        rows: dict[str, list[Any]] = {}
        for window in self.windows:
            train, test = window.split
            row = {
                "train_start": time[train[0]], "train_end": time[train[-1]],
                "test_start": time[test[0]], "test_end": time[test[-1]],
                "variant": window.variant, **self._params(window),
                f"{self.select}_in_sample": window.chosen_by,
                f"{self.select}_out_of_sample": self._measured(window.result),
                "return_out_of_sample": window.result.total_return,
            }  # fmt: skip
            for name, value in row.items():
                rows.setdefault(name, []).append(value)
        return pl.DataFrame(
            {
                name: np.array(values) if name.endswith(("_start", "_end")) else values
                for name, values in rows.items()
            },
            strict=False,
        )

    def _params(self, window: Window) -> dict[str, Any]:
        params = self.sweep.grid.variant(window.variant)
        plain = (int, float, str, type(None))
        return {k: v if isinstance(v, plain) else str(v) for k, v in params.items()}

    def _measured(self, result: Result) -> float:
        own = {metric.name: metric for metric in self.sweep.job.measures.own}
        if self.select in own:
            return own[self.select].of(result)
        stats = result.stats()
        return float(stats[self.select][0]) if self.select in stats.columns else np.nan

    @cached_property
    def equity(self) -> pl.DataFrame:
        """Equity of the one account at each close of the tests."""
        return pl.concat([window.result.equity.select("time", "equity") for window in self.windows])

    @property
    def initial_equity(self) -> float:
        """Equity before the first test."""
        return float(self.windows[0].result.books[0].initial_equity)

    @cached_property
    def returns(self) -> npt.NDArray[np.float64]:
        """Return of each bar of the tests, (bars,)."""
        return period_returns(self._values, self.initial_equity, *self._flows)

    @cached_property
    def curve(self) -> Curve:
        """Statistics of the joined equity: total_return, cagr, sharpe(), max_drawdown, ….

        Means are over the bars of the tests, and those between them, as are years.
        """
        per_year = self.windows[0].result.books[0].per_year
        return measure_curve(self._values, self.initial_equity, per_year, *self._flows)

    @cached_property
    def benchmark(self) -> Result:
        """Buy and hold over all tests, of the same account, money and costs."""
        first = int(self.windows[0].split.test[0])
        stop = first + len(self.equity)
        job = between(self.sweep.job, first, stop)
        request = job.request(self.sweep.grid.variant(self.windows[0].variant), record="equity")
        return run_request(request).benchmark()

    @cached_property
    def _values(self) -> npt.NDArray[np.float64]:
        return np.concatenate([window.result.books[0].equity for window in self.windows])

    @cached_property
    def _flows(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        first, bars, amounts = 0, [], []
        for window in self.windows:
            at, money = window.result.books[0].flows
            bars.append(at + first)
            amounts.append(money)
            first += len(window.result.books[0].equity)
        return np.concatenate(bars), np.concatenate(amounts)

    def plot(self, *, theme: "Theme" = "light") -> "Figure":
        """Return the figure of the walk: equity, windows, metric in and out of sample, choices.

        Needs plotly: ``pip install 'barledger[plot]'``.

        Parameters
        ----------
        theme
            ``"light"`` (default) or ``"dark"``.
        """
        from barledger import plots

        return plots.plot_walk(self, theme)

    def report(self, path: str | Path, *, title: str | None = None) -> Path:
        """Write one HTML page of the walk, as `Result.report` does; returns its path."""
        from barledger import report

        report.write_walk(self, Path(path), title)
        return Path(path)

    def __repr__(self) -> str:
        curve = self.curve
        return (
            f"<WalkForward of {self.sweep.job.rule.name}: {len(self.windows)} windows by "
            f"{self.select}; out of sample {curve.total_return:.1%}, Sharpe {curve.sharpe():.2f}>"
        )

    def _repr_html_(self) -> str:
        from barledger.plots.variants import said

        names = [*self.sweep.grid.names, *self.table.columns[-3:]]
        kept = self.table.select("test_start", "test_end", *names).head(SHOWN)
        rows = [
            [*(str(each).removesuffix(" 00:00:00") for each in row[:2]), *map(said, row[2:])]
            for row in kept.iter_rows()
        ]
        left = len(self.windows) - len(kept)
        head = [name.replace("_", " ") for name in kept.columns]
        notes = [f"and {left} more windows"] if left else []
        return _html.table(rows, head, words=(0, 1), title=repr(self)[1:-1], notes=notes)


def walk_forward(
    sweep: Sweep | SweepRun,
    *,
    train: int,
    test: int,
    step: int | None = None,
    anchored: bool = False,
    purge: int = 0,
    embargo: int = 0,
    select: str = "sharpe",
) -> WalkForward:
    """Choose the best variant on each training window and trade it on the bars that follow.

    One account goes through all tests: what a test ends with the next begins with. On the last bar
    of a test everything is told to close, so that no variant inherits another's position; its
    orders fill on the next test's first bar. The rule sees all bars before a test, but only its
    signals on the bars of the test count.

    Parameters
    ----------
    sweep
        A sweep, or the run of one. Its `executor` runs each training window.
    train, test
        Bars in each window.
    step
        Bars from one window to the next, at least `test`; None: `test`. Between the tests the
        account stands flat, and those bars count.
    anchored
        True: training always begins at the first bar.
    purge, embargo
        Bars left out between training and test: as many as an outcome looks ahead, and further
        ones for what lingers on.
    select
        A metric of the sweep: the most of it wins (the least of volatility, fees, …). Where it is
        NaN for all variants, such as without any trade, the first is taken.

    Returns
    -------
    WalkForward
        Windows, and the equity of the tests joined.

    Raises
    ------
    ValueError
        When windows do not fit the bars, or `select` is no metric of the sweep.

    Examples
    --------
    >>> import numpy as np, barledger as bl
    >>> bars = bl.Bars.from_arrays(100 + 10 * np.sin(np.arange(600) / 15))
    >>> wanted = bl.sweep(bl.rules.sma_cross, bars, fast=[2, 5, 9], slow=[20, 30])
    >>> bl.walk_forward(wanted, train=200, test=100).table["test_start"].to_list()
    [200, 300, 400, 500]
    """
    if isinstance(sweep, SweepRun):
        sweep = Sweep(sweep.job, sweep.grid, None, False)
    if not isinstance(sweep, Sweep):
        raise TypeError(f"walk_forward takes a sweep or the run of one, was {sweep!r}")
    job = sweep.job
    if select not in job.metrics:
        raise ValueError(f"unknown metric {select!r}; this sweep has {', '.join(job.metrics)}")
    lost = uncuttable(job)
    if lost is not None:
        raise ValueError(f"walk_forward cuts the bars, and cannot cut {lost} with them")
    if isinstance(job, EachJob):
        raise ValueError("walk_forward is one account's: sweep one asset alone, bars[['AAPL']]")
    if job.options.get("start") is not None:
        raise ValueError("walk_forward begins with initial_cash: leave out start")
    if step is not None and step < test:
        raise ValueError(f"step must be >= test={test}, was {step}: tests that overlap are not one")
    n_bars, gap = len(job.bars), {"purge": purge, "embargo": embargo}
    splits = list(walk_splits(n_bars, train, test, step, anchored=anchored, **gap))
    ends = [int(split.test[0]) for split in splits[1:]] + [int(splits[-1].test[-1]) + 1]
    windows: list[Window] = []
    for split, stop in zip(splits, ends, strict=True):
        before = windows[-1].result if windows else None
        windows.append(_window(sweep, split, stop, select, before))
    return WalkForward(sweep, select, windows)


def _window(sweep: Sweep, split: Split, stop: int, select: str, before: Result | None) -> Window:
    """Choose on the training bars, and trade up to bar `stop`: flat where no test is."""
    job, train, test = sweep.job, split.train, split.test
    learnt = between(job, int(train[0]), int(train[-1]) + 1)
    trained = Sweep(learnt, sweep.grid, sweep.executor, False).run()
    scores = trained.metric(select)
    ranked = np.where(
        np.isnan(scores), -np.inf, -scores if job.measures.finds_low(select) else scores
    )
    best = int(np.argmax(ranked))
    first, end = int(test[0]), int(test[-1]) + 1
    flags = np.zeros((stop - first, job.bars.shape[1]), np.int8)
    flags[: end - first] = between(job, 0, end).signals(sweep.grid.choices[:, best])[first:]
    flags[end - first - 1] = LONG_EXIT | SHORT_EXIT
    request = between(job, first, stop).request(sweep.grid.variant(best), record="full")
    request.wishes.flags[:] = flags
    if before is not None:
        state = before.state
        assert isinstance(state, State)
        request = replace(request, start=state)
    return Window(split, best, float(scores[best]), run_request(request))
