"""What figures of a sweep are drawn from: parameters as places on an axis, metrics as numbers."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from barledger.analytics.overfitting import deflated_sharpe, expected_maximum, moments

if TYPE_CHECKING:
    from barledger.sweeps.run import SweepRun

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
SIGNED = ("total_return", "cagr", "sharpe", "sortino", "calmar", "expectancy", "skew",
          "financing")  # fmt: skip
"""Metrics of which 0 is a border."""
WHOLE = ("trades", "max_drawdown_bars", "not_filled", "rejected", "bankrupt",
         "margin_calls")  # fmt: skip
"""Metrics that are counted."""
SHARES = ("total_return", "cagr", "volatility", "max_drawdown", "win_rate", "exposure",
          "value_at_risk", "conditional_value_at_risk")  # fmt: skip
"""Metrics that are shown in percent."""


class Axis(NamedTuple):
    """A parameter: its distinct values in words, rising, and which of them each variant has, (V,)."""

    name: str
    labels: list[str]
    codes: Ints


class Luck(NamedTuple):
    """The best Sharpe ratio beside what the best of as many trials without skill comes to."""

    variant: int
    sharpe: float
    threshold: float
    deflated: float


class Cells(NamedTuple):
    """A metric by two parameters for each value of a third: (values, rows, columns).

    `metric` is the mean of the variants in a cell, NaN where there is none; `variant` the number of
    one of them, -1 for none; `members` how many there are.
    """

    rows: Axis
    columns: Axis
    pages: Axis | None
    metric: Floats
    variant: Ints
    members: Ints
    others: list[str]


@dataclass(frozen=True)
class Variants:
    """The finished variants of a sweep."""

    run: "SweepRun"

    @cached_property
    def table(self) -> pl.DataFrame:
        """One row a variant."""
        return self.run.table

    @cached_property
    def numbers(self) -> Ints:
        """Numbers of the variants, (V,)."""
        found: Ints = self.table["variant"].to_numpy()
        return found

    @property
    def trials(self) -> int:
        """How many variants were tried: all, or those that were done when it was stopped."""
        return len(self.run.grid) if self.run.is_complete else len(self.numbers)

    @cached_property
    def varying(self) -> list[str]:
        """Parameters with more than one value."""
        return [name for name in self.run.grid.names if self.table[name].n_unique() > 1]

    def metric(self, name: str) -> Floats:
        """Return a metric, (V,); NaN where it is not defined."""
        found: Floats = self.run.metric(name)[self.numbers]
        return found

    def usual(self, metric: str | None) -> str:
        """Return the metric asked for; None: the Sharpe ratio, or the first there is."""
        if metric is not None:
            self.run.metric(metric)
            return metric
        known = self.run.job.metrics
        return "sharpe" if "sharpe" in known else known[0]

    def axis(self, name: str) -> Axis:
        """Return one parameter; numbers rise, words stay in the order of the grid, None is last."""
        if name not in self.run.grid.names:
            known = ", ".join(self.run.grid.names)
            raise ValueError(f"no parameter {name!r}; there are {known}")
        column = self.table[name]
        distinct = column.unique(maintain_order=True).drop_nulls()
        if distinct.dtype.is_numeric():
            distinct = distinct.sort()
        place = {value: k for k, value in enumerate(distinct.to_list())}
        codes = column.replace_strict(place, default=len(place), return_dtype=pl.Int64)
        labels = [said(value) for value in place] + ["none"] * bool(column.null_count())
        return Axis(name, labels, codes.to_numpy())

    def best(self, metric: str) -> int | None:
        """Return the row of the best variant; None when the metric is defined for none."""
        found = self.run.best(metric, 1)
        return None if found.is_empty() else int(np.searchsorted(self.numbers, found["variant"][0]))

    def settings(self, row: int) -> str:
        """Return the parameters of one row in words."""
        given = self.table.select(self.run.grid.names).row(row, named=True)
        return ", ".join(f"{name} {said(value)}" for name, value in given.items())

    def pair(self, a: str | None, b: str | None) -> tuple[str, str]:
        """Return two parameters: those asked for, else the first that vary."""
        names = [name for name in (a, b) if name is not None]
        for name in names:
            self.axis(name)
        names += [name for name in self.varying if name not in names][: 2 - len(names)]
        if a is None and b is not None and len(names) > 1:
            names.reverse()
        if len(names) < 2 or names[0] == names[1]:
            raise ValueError(
                "a heat map needs two different parameters that vary, had "
                + (", ".join(names) or "none")
            )
        return names[0], names[1]

    def cells(self, a: str, b: str, metric: str, slider: str | None) -> Cells:
        """Return a metric by the parameters `a` (rows) and `b` (columns), by the values of a third."""
        rows, columns = self.axis(a), self.axis(b)
        pages = None if slider is None else self.axis(slider)
        shape = (1 if pages is None else len(pages.labels), len(rows.labels), len(columns.labels))
        page = np.zeros(len(self.numbers), np.int64) if pages is None else pages.codes
        place = np.ravel_multi_index((page, rows.codes, columns.codes), shape)
        values = self.metric(metric)
        known = np.isfinite(values)
        size = int(np.prod(shape))
        count = np.bincount(place[known], minlength=size)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.bincount(place[known], values[known], minlength=size) / count
        variant = np.full(size, -1, np.int64)
        variant[place[::-1]] = self.numbers[::-1]
        used = {a, b, slider}
        others = [name for name in self.varying if name not in used]
        return Cells(rows, columns, pages, mean.reshape(shape), variant.reshape(shape),
                     count.reshape(shape), others)  # fmt: skip

    def third(self, a: str, b: str, slider: str | None) -> str | None:
        """Return the parameter of the slider: the one asked for, else the next that varies."""
        if slider is None:
            return next((name for name in self.varying if name not in (a, b)), None)
        if self.axis(slider).name in (a, b):
            raise ValueError(f"slider must be a third parameter, was {slider!r} again")
        return slider

    @cached_property
    def luck(self) -> Luck | None:
        """The best Sharpe ratio judged by the number of variants; None where it is not defined.

        The numbers of `SweepRun.overfitting`, from the table and one run of the best variant. Where
        the table has only the best of what was tried, their spread is not known from it: None.
        """
        is_chosen = self.run.is_complete and len(self.numbers) < len(self.run.grid)
        if is_chosen or "sharpe" not in self.run.job.metrics:
            return None
        sharpes = self.metric("sharpe")
        known = sharpes[np.isfinite(sharpes)]
        row = self.best("sharpe")
        if row is None or len(known) < 2:
            return None
        variant = int(self.numbers[row])
        book = self.run.result(variant).books[0]
        shape = moments(book.returns)
        year, trials = float(np.sqrt(book.per_year)), self.trials
        spread = float(known.var(ddof=1))
        found = deflated_sharpe(
            shape.sharpe, shape.n, trials, spread / year**2, shape.skew, shape.kurtosis
        )
        threshold = float(np.sqrt(spread)) * expected_maximum(trials)
        return Luck(variant, float(sharpes[row]), threshold, found)


def said(value: Any) -> str:
    """Return a parameter's value in words."""
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:.5g}"
    return str(value)


def shown(metric: str, value: float) -> str:
    """Return a metric's value in words."""
    if not np.isfinite(value):
        return "-"
    if metric in SHARES:
        return f"{value:,.1%}"
    if metric in WHOLE:
        return f"{value:,.0f}"
    return f"{value:,.2f}" if abs(value) < 1_000 else f"{value:,.0f}"


def words(name: str) -> str:
    """Return the name of a metric or parameter in words."""
    return "Sharpe" if name == "sharpe" else name.replace("_", " ")
