"""Runs side by side: their statistics, how they stand to a benchmark, where they differ and why."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from barledger import _html
from barledger.analytics.relative import relative
from barledger.plots.view import View, view_of
from barledger.result import Result
from barledger.result.gains import sizing

SHOWN = {
    "final_equity": "{:,.2f}", "total_return": "{:.2%}", "cagr": "{:.2%}", "volatility": "{:.2%}",
    "sharpe": "{:.2f}", "sortino": "{:.2f}", "max_drawdown": "{:.2%}", "trades": "{:,.0f}",
    "win_rate": "{:.1%}", "exposure": "{:.1%}", "turnover": "{:.2f}", "fees": "{:,.2f}",
    "slippage": "{:,.2f}", "not_filled": "{:,.0f}",
    "alpha": "{:.2%}", "beta": "{:.2f}", "tracking_error": "{:.2%}", "information_ratio": "{:.2f}",
    "up_capture": "{:.1%}", "down_capture": "{:.1%}",
}  # fmt: skip
EDGES = ("initial equity", "final equity")
FLOWS = ("deposit", "withdrawal")


def compare(
    runs: Mapping[str, Result], *, benchmark: Result | str | None = None, risk_free: float = 0.0
) -> "Comparison":
    """Compare runs on the same bars.

    Parameters
    ----------
    runs
        Results by the names that tables show; one account each. Another account of a result is
        ``result["name"]``, a stretch of time ``result["2010":"2012"]``.
    benchmark
        What `relative` stands against: a result, the name of one of the runs, or None: buy and
        hold of each run's own assets.
    risk_free
        Yearly risk-free rate, a fraction.

    Returns
    -------
    Comparison
        Prints as a table, one column a run.

    Raises
    ------
    ValueError
        When runs are of other bars than the first.

    Examples
    --------
    >>> import numpy as np, barledger as bl
    >>> bars = bl.Bars.from_arrays(np.array([10.0, 10.0, 12.0]))
    >>> buy = np.array([10.0, 0.0, 0.0])
    >>> runs = {fee: bl.Portfolio.from_orders(bars, buy, fees=fee) for fee in (0.0, 0.01)}
    >>> comparison = bl.compare({"free": runs[0.0], "dear": runs[0.01]})
    >>> comparison.difference("free", "dear").filter(cause="fees").row(0)
    ('fees', 0.0, -1.0, -1.0)
    """
    if not runs:
        raise ValueError("compare needs at least one run, was given none")
    for name, result in runs.items():
        if not isinstance(result, Result):
            raise TypeError(f"run {name!r} must be a Result, was {type(result).__name__}")
        if len(result.books) > 1:
            labels = ", ".join(book.label for book in result.books[:4])
            raise ValueError(
                f"run {name!r} has {len(result.books)} accounts ({labels} ...): compare one of "
                "them, such as result[label]"
            )
    if isinstance(benchmark, str) and benchmark not in runs:
        raise KeyError(f"benchmark {benchmark!r} is not one of the runs: {', '.join(runs)}")
    _check_times(runs, benchmark)
    return Comparison(dict(runs), benchmark, risk_free)


class Comparison:
    """Runs side by side; made by `compare`."""

    def __init__(
        self, runs: dict[str, Result], benchmark: Result | str | None, risk_free: float
    ) -> None:
        self.runs = runs
        self._benchmark = benchmark
        self._risk_free = risk_free

    @cached_property
    def stats(self) -> pl.DataFrame:
        """Statistics as `Result.stats`, one row a run, with its name."""
        rows = [
            run.stats(self._risk_free).select(pl.lit(name).alias("run"), pl.all())
            for name, run in self.runs.items()
        ]
        table = pl.concat(rows, how="diagonal_relaxed")
        return table.with_columns(pl.col("^not_filled_.*$").fill_null(0))

    @cached_property
    def relative(self) -> pl.DataFrame:
        """How each run stands to the benchmark, one row a run.

        alpha (Jensen's, a year), beta, correlation, excess return and tracking error a year,
        information ratio, up and down capture; NaN where not defined. The formulas are in
        `barledger.analytics.relative`.
        """
        rows: list[dict[str, Any]] = []
        for name, run in self.runs.items():
            view = view_of(run)
            held = self._held(view)
            rows.append(
                {
                    "run": name,
                    **relative(view.returns, held, view.per_year, self._risk_free)._asdict(),
                }
            )
        return pl.DataFrame(rows)

    @cached_property
    def attribution(self) -> pl.DataFrame:
        """What each cause did to the equity of each run: one row a cause, one column a run."""
        found = {name: _causes(run) for name, run in self.runs.items()}
        names = list(dict.fromkeys(cause for causes in found.values() for cause in causes))
        names = [names[0], *(name for name in names if name not in EDGES), EDGES[1]]
        columns = {run: [causes.get(name, 0.0) for name in names] for run, causes in found.items()}
        return pl.DataFrame({"cause": names, **columns})

    def difference(self, left: str, right: str) -> pl.DataFrame:
        """Return the difference of two runs by cause: right less left.

        Prices are the profit of the positions before slippage. Their difference has two causes:
        *sizing* is that of the bars on which both runs were on the same side of an asset, before
        the bar and after it, so that only the quantity differs; what is left under *prices* is
        what was held, and when. Sizing belongs to the pair: the columns of the runs are null. The
        differences from the initial equity on add up to that of the final equity.
        """
        for name in (left, right):
            if name not in self.runs:
                raise KeyError(f"no run {name!r}; there are {', '.join(self.runs)}")
        if left == right:
            raise ValueError(f"difference needs two runs, was given {left!r} twice")
        amounts = self.attribution.select(left, right).to_numpy()
        differences = (amounts[:, 1] - amounts[:, 0]).tolist()
        causes = self.attribution["cause"].to_list()
        place = causes.index("prices")
        size = self._sizing(left, right)
        differences[place] -= size
        rows = [(cause, *pair, each) for cause, pair, each in
                zip(causes, amounts.tolist(), differences, strict=True)]  # fmt: skip
        rows.insert(place + 1, ("sizing", None, None, size))
        kinds = [pl.String, pl.Float64, pl.Float64, pl.Float64]
        schema = dict(zip(("cause", left, right, "difference"), kinds, strict=True))
        return pl.DataFrame(rows, schema, orient="row")

    def _sizing(self, left: str, right: str) -> float:
        mine, its = self.runs[left], self.runs[right]
        place = {asset: column for column, asset in enumerate(its.assets)}
        columns = {k: place[asset] for k, asset in enumerate(mine.assets) if asset in place}
        return sizing(mine.books[0], its.books[0], columns)

    def _held(self, view: View) -> npt.NDArray[np.float64]:
        """Return the returns of the benchmark of a run."""
        if isinstance(self._benchmark, str):
            return view_of(self.runs[self._benchmark]).returns
        if self._benchmark is not None:
            return view_of(self._benchmark).returns
        held = view.benchmark_returns
        if held is None:
            raise LookupError(
                "a loaded result has no bars to buy and hold; give compare a benchmark"
            )
        return held

    def _rows(self) -> list[tuple[str, list[str]]]:
        """Return names of statistics and their text for each run."""
        known = self.stats
        if self._benchmark is not None or all(run.source for run in self.runs.values()):
            if all(book.record != "metrics" for run in self.runs.values() for book in run.books):
                known = known.join(self.relative, on="run", maintain_order="left")
        return [
            (name.replace("_", " "), [_text(value, form) for value in known[name]])
            for name, form in SHOWN.items()
            if name in known.columns
        ]

    def __repr__(self) -> str:
        rows = [("", list(self.runs)), *self._rows()]
        widths = [max(len(cells[k]) for _, cells in rows) for k in range(len(self.runs))]
        first = max(len(name) for name, _ in rows)
        return "\n".join(
            f"{name:<{first}}  "
            + "  ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
            for name, cells in rows
        )

    def _repr_html_(self) -> str:
        rows = [[name, *cells] for name, cells in self._rows()]
        return _html.table(rows, ["", *self.runs])


def _check_times(runs: Mapping[str, Result], benchmark: Result | str | None) -> None:
    first, *others = runs.items()
    every = [*others, *([("benchmark", benchmark)] if isinstance(benchmark, Result) else [])]
    for name, result in every:
        if not np.array_equal(result.times, first[1].times):
            raise ValueError(
                f"run {name!r} must have the bars of {first[0]!r}, but has {len(result.times)} "
                f"where that has {len(first[1].times)}, or other times: run both on the same "
                "bars, or compare slices such as result['2010':'2012']"
            )


def _causes(run: Result) -> dict[str, float]:
    """Return the amounts of a run by cause; what is neither traded nor paid in is financing."""
    found: dict[str, float] = {}
    for cause, amount in run.attribution.select("cause", "amount").iter_rows():
        kept = (*EDGES, "prices", "slippage", "fees", *FLOWS)
        name = cause if cause in kept else "financing"
        found[name] = found.get(name, 0.0) + amount
    return found


def _text(value: Any, form: str) -> str:
    return "-" if value is None or not np.isfinite(value) else form.format(value)
