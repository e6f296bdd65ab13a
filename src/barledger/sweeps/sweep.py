"""`sweep`: a rule, bars and a grid of parameters, checked, and run."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from barledger._param import names_in
from barledger.data.bars import Bars
from barledger.lowering.asked import KNOWN, checked_bars
from barledger.rules.rule import Rule
from barledger.sweeps.each import ASSET, EachJob
from barledger.sweeps.given import Signals
from barledger.sweeps.grid import Grid, make_grid, read_values
from barledger.sweeps.job import Job
from barledger.sweeps.metrics import checked
from barledger.sweeps.own import Metric
from barledger.sweeps.progress import Progress
from barledger.sweeps.run import SweepRun
from barledger.sweeps.sheet import Checkpoint, Sheet
from barledger.sweeps.workers import (
    CHUNK,
    Interrupted,
    are_threads,
    chunks_of,
    run_all,
    sizes_of,
    workers_of,
)

if TYPE_CHECKING:
    from barledger.sweeps.halving import HalvedRun


def sweep(
    rule: Rule | Signals,
    bars: Bars,
    *,
    where: Any = None,
    size: Any = None,
    metrics: Sequence[str | Metric] | str | Metric | None = None,
    executor: Executor | int | None = None,
    progress: Any = True,
    sample: int | None = None,
    sampling: Literal["random", "sobol"] = "random",
    seed: int = 0,
    **grid_and_options: Any,
) -> "Sweep":
    """Describe a sweep: one rule over every combination of some parameters.

    Parameters
    ----------
    rule
        A rule such as ``bl.rules.sma_cross`` or one made with `rule`; or `Signals`, which are
        there already.
    bars
        Prices of N assets on T bars; all assets share one account, unless ``groups="each"``.
    where
        Condition on the parameters: ``"fast < slow"``, or a function of their columns. None: all.
    size
        As in `Portfolio.from_signals`.
    metrics
        Names of what to measure, and metrics of your own made by `metric`; None: total_return,
        sharpe, max_drawdown, trades, win_rate; ``"all"``: all that are known. An unknown name
        lists those known. Some need a curve or a log, which each thread keeps once: memory does
        not grow with variants, and a sweep that asks for none of them is quicker.
    executor
        None (default): threads, one a core. A number of threads, or any
        ``concurrent.futures.Executor``: a process pool, Dask's ``client.get_executor()``.
    progress
        True (default): a line on the terminal, a bar in a notebook. A function is called with
        (done, total, seconds).
    sample, sampling, seed
        So many variants of the grid, drawn at ``"random"`` (default) or spread evenly over the
        values by a ``"sobol"`` sequence; None: all.
    **grid_and_options
        Lists of values by parameter, and options as in `Portfolio.from_signals`: account, fees,
        slippage, stops, orders, fill, rules, limits, events, initial_cash, start, price, priority,
        exclusive. A list goes to the rule, unless an option has ``param`` of its name in it. With
        ``groups="each"`` every variant runs on every asset, alone in an account of its own: a
        parameter `asset` comes first.

    Returns
    -------
    Sweep
        Ready to `run`.

    Raises
    ------
    ValueError, TypeError
        When anything does not fit; nothing runs.

    Examples
    --------
    >>> import numpy as np, barledger as bl
    >>> bars = bl.Bars.from_arrays(100 + 10 * np.sin(np.arange(500) / 15))
    >>> wanted = bl.sweep(
    ...     bl.rules.sma_cross, bars, fast=range(2, 10), slow=range(5, 40, 5), where="fast < slow",
    ...     fees=bl.param("fee"), fee=[0.0, 0.001],
    ... )
    >>> wanted
    <Sweep of sma_cross: 102 variants of fast, slow, fee on 500 x 1 bars>
    >>> wanted.run().table.height
    102
    """
    job = job_of(rule, bars, size, metrics, grid_and_options)
    grid = make_grid(job.values, where, sample, seed, sampling)
    check_options(job, grid)
    return Sweep(job, grid, executor, progress)


def job_of(
    rule: Rule | Signals, bars: Bars, size: Any, metrics: Any, grid_and_options: dict[str, Any]
) -> Job:
    """Return a job of what `sweep` takes, checked; only combinations of values are still to come."""
    if not isinstance(rule, Rule | Signals):
        raise TypeError(
            f"rule must be a rule such as bl.rules.sma_cross, a function made one by @bl.rule, or "
            f"bl.Signals; was {rule!r}"
        )
    checked_bars(bars)
    options = {name: grid_and_options.pop(name) for name in KNOWN if name in grid_and_options}
    if "record" in options:
        raise TypeError("a sweep does not take record: SweepRun.result records a variant in full")
    is_each = options.get("groups") is not None
    if is_each and not (isinstance(options["groups"], str) and options["groups"] == "each"):
        raise TypeError(
            "a sweep takes groups='each', an account for each asset, or none, one account for all; "
            f"was {options['groups']!r}"
        )
    filled_in = names_in(size).union(*(names_in(option) for option in options.values()))
    if isinstance(rule, Signals):
        rule.check(bars)
        grid_and_options = {"signal": range(rule.count), **grid_and_options}
    names = _rule_names(rule, grid_and_options, filled_in, is_each)
    if not grid_and_options:
        raise ValueError(
            "the grid is empty: give values for a parameter, such as fast=range(5, 50)"
        )
    _check_needs(rule, bars)
    values = read_values(grid_and_options)
    _check_numbers(values, names)
    if is_each:
        values = {ASSET: list(bars.assets), **values}
        return EachJob(rule, bars, size, options, values, names, checked(metrics))
    return Job(rule, bars, size, options, values, names, checked(metrics))


def check_options(job: Job, grid: Grid) -> None:
    """Raise if an option does not take its values: those of each variant, or of the first."""
    varies = len(job.names) + isinstance(job, EachJob) < len(job.values)
    for k in range(len(grid) if varies and len(grid) <= 1000 else 1):
        job.request(grid.variant(k))


def _rule_names(
    rule: Rule | Signals, grid: dict[str, Any], filled_in: set[str], is_each: bool
) -> tuple[str, ...]:
    missing = sorted(filled_in - set(grid))
    if missing:
        raise ValueError(f"param({missing[0]!r}) has no values: give {missing[0]}=[…]")
    if ASSET in grid and is_each:
        raise TypeError(f"groups='each' makes a parameter {ASSET!r}: give yours another name")
    free = tuple(name for name in grid if name not in filled_in)
    wanted = ("signal",) if isinstance(rule, Signals) else rule.params
    if wanted is None:
        return free
    for name in wanted:
        if name not in grid:
            raise ValueError(f"rule {rule.name} needs values for {name}: give {name}=[…]")
    unknown = [name for name in free if name not in wanted]
    if unknown:
        raise TypeError(
            f"unknown parameter {unknown[0]!r}: rule {rule.name} takes {', '.join(wanted)}; no "
            f"option has param({unknown[0]!r}); options are {', '.join(('size', *KNOWN))}"
        )
    return tuple(wanted)


def _check_needs(rule: Rule | Signals, bars: Bars) -> None:
    for name in rule.needs if isinstance(rule, Rule) else ():
        if len(getattr(bars, f"_{name}")) == 0:
            raise ValueError(f"rule {rule.name} needs bars with {name}, which these have not")


def _check_numbers(values: dict[str, list[Any]], names: tuple[str, ...]) -> None:
    for name in names:
        for value in values[name]:
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise TypeError(f"{name} goes to the rule: it must be numbers, had {value!r}")
            if not isfinite(value):
                raise ValueError(
                    f"{name} goes to the rule: it must be finite numbers, had {value!r}"
                )


@dataclass(frozen=True, eq=False, repr=False)
class Sweep:
    """A sweep ready to run; made by `sweep`."""

    job: Job
    grid: Grid
    executor: Executor | int | None
    progress: Any

    def __len__(self) -> int:
        return len(self.grid)

    def __repr__(self) -> str:
        n_bars, n_assets = self.job.bars.shape
        names = ", ".join(self.grid.names)
        return (
            f"<Sweep of {self.job.rule.name}: {len(self):,} variants of {names} on "
            f"{n_bars:,} x {n_assets} bars>"
        )

    def _repr_html_(self) -> str:
        from barledger.sweeps.show import sweep_html

        return sweep_html(self)

    def run(self, checkpoint: str | Path | None = None) -> SweepRun:
        """Run all variants.

        Ctrl-C ends it early and keeps what is finished.

        Parameters
        ----------
        checkpoint
            A folder in which finished variants are kept: the same sweep, run again with it after
            it was stopped or killed, runs only the others.

        Returns
        -------
        SweepRun
            The table and what follows from it.

        Raises
        ------
        RuleError, MetricError
            When the rule, or a metric of your own, fails; the message names the variant.
        """
        sheet = Sheet(len(self), len(self.job.metrics))
        keeper = None if checkpoint is None else Checkpoint(Path(checkpoint), self.job, self.grid)
        if keeper is not None:
            keeper.read(sheet)
        self.check_rule()
        is_complete = self._fill(sheet, keeper)
        return SweepRun(self.job, self.grid, sheet, is_complete)

    def halve(self, select: str = "sharpe", *, rounds: int = 3, factor: float = 3.0) -> "HalvedRun":
        """Run all variants on the first bars, the best of them on more, the last on all.

        Successive halving: each round keeps one variant in `factor`, and gives those that are left
        `factor` times as many bars. It takes a fraction of the time of `run`; what is slow to come
        off is lost. `SweepRun.overfitting` still counts every variant of the grid.

        Parameters
        ----------
        select
            The metric by which variants are kept; where it is NaN the variant is dropped.
        rounds
            How many; the last is on all bars. With 3 the first is on a ninth of them.
        factor
            Above 1: how much rarer the variants, and how much longer the history, become.

        Returns
        -------
        HalvedRun
            The variants of the last round, measured on all bars.

        References
        ----------
        Jamieson and Talwalkar, "Non-stochastic best arm identification and hyperparameter
        optimization", AISTATS (2016).
        """
        from barledger.sweeps.halving import halved

        return halved(self, select, rounds, factor)

    def _fill(self, sheet: Sheet, keeper: Checkpoint | None) -> bool:
        left = np.flatnonzero(~sheet.is_known)
        before = len(self) - len(left)
        progress, fresh, is_complete = Progress(self.progress, len(self)), 0, True
        sizes: int | list[int] = CHUNK
        if self.job.reduce is None and are_threads(self.executor):
            n_bars, n_assets = self.job.bars.shape
            sizes = sizes_of(len(left), n_bars * n_assets, workers_of(self.executor), CHUNK)
        chunks = chunks_of(self.job, left, self.grid.choices, sizes)
        try:
            for done in run_all(self.job, chunks, self.executor):
                if isinstance(done, Interrupted):
                    is_complete = False
                    continue
                sheet.put(done)
                fresh += len(done.chunk.numbers)
                if keeper is not None:
                    keeper.put(done)
                progress.tell(before + fresh, fresh)
        finally:
            if keeper is not None:
                keeper.write()
            progress.end()
        return is_complete

    def check_rule(self) -> None:
        """Run the first variant and those at the ends of each parameter with bounds checks.

        So are the rule, and metrics of one's own, unless we know them.
        """
        rule = self.job.rule
        is_known = isinstance(rule, Signals) or rule.is_trusted
        if is_known and not self.job.measures.own:
            return
        choices = self.grid.choices
        ends = {0}
        for row, name in enumerate(self.grid.names):
            if name in self.job.names:
                numbers = np.array(self.grid.values[name], float)[choices[row]]
                ends |= {int(numbers.argmin()), int(numbers.argmax())}
        for number in sorted(ends):
            if not is_known:
                self.job.check(number, choices[:, number])
            self.job.check_metrics(number, choices[:, number])
