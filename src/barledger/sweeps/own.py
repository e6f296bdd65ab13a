"""Metrics of one's own: a user's function of a variant's history, compiled as a rule is."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np

from barledger._given import guarded, reduced
from barledger.kernel.types import FILL

if TYPE_CHECKING:
    from barledger.result import Result

BEST = ("highest", "lowest")


class MetricError(RuntimeError):
    """A metric of one's own failed; the message names it and the variant."""


@dataclass(frozen=True, eq=False, repr=False)
class Metric:
    """A function that measures one variant; made by `metric`."""

    function: Callable[[Any], float]
    best: str = "highest"
    fills: bool = False

    @property
    def name(self) -> str:
        """Name of the function, and of its column."""
        return self.function.__name__

    @property
    def __doc__(self) -> str | None:  # type: ignore[override]
        return self.function.__doc__

    def __call__(self, history: Any) -> float:
        """Call the plain function, uncompiled."""
        return self.function(history)

    def of(self, result: "Result") -> float:
        """Return the metric of a result with one account, by code that checks bounds."""
        return float(checked_metric(self)(history_of(result, self.fills)))

    def __repr__(self) -> str:
        return f"<metric {self.name}>"

    def __reduce__(self) -> Any:
        """Pickle by name where a module has it, else the function itself, by value."""
        return reduced(self, self.function, self.best, self.fills)


@overload
def metric(function: Callable[[Any], float]) -> Metric: ...
@overload
def metric(
    *, best: Literal["highest", "lowest"] = ..., fills: bool = ...
) -> Callable[[Callable[[Any], float]], Metric]: ...
def metric(function: Any = None, *, best: Any = "highest", fills: bool = False) -> Any:
    """Make a function a metric, which a `sweep` measures for each variant.

    The function is called as ``function(history)``, compiled by numba, and returns one number, NaN
    where it is not defined. It must not write to what it is given:

    ``history.equity``, ``history.returns``
        (T,) float64: equity at each close, and the return of each bar, without deposits.
    ``history.close``
        (T, N) float64, NaN where there is none.
    ``history.fills``
        Rows with the fields quantity, price, amount, fee, slippage, bar, asset, order and closes
        (1: it closed a position, 0: it opened one), in their order.
    ``history.initial``, ``history.per_year``
        Equity before the first bar; bars a year.

    Parameters
    ----------
    best
        ``"highest"`` (default) or ``"lowest"``: what `SweepRun.best` and `walk_forward` look for.
    fills
        True: ``history.fills`` is there; else it has no rows.

    Examples
    --------
    >>> import barledger as bl
    >>> @bl.metric
    ... def worst_bar(history):
    ...     return history.returns.min()
    >>> worst_bar
    <metric worst_bar>
    """
    if best not in BEST:
        raise ValueError(f"best must be 'highest' or 'lowest', was {best!r}")
    if function is None:
        return lambda f: Metric(f, best, bool(fills))
    if not callable(function):
        raise TypeError(f"metric takes a function, was {function!r}")
    return Metric(function, best, bool(fills))


def history_of(result: "Result", fills: bool) -> Any:
    """Return what metrics are reckoned from, of a result with one account."""
    from barledger.kernel.history import History
    from barledger.kernel.world import as_rows

    if len(result.books) != 1:
        raise ValueError(f"a metric is of one account, the result has {len(result.books)}")
    book = result.books[0]
    rows = book.fills if fills else np.empty(0, FILL)
    if result.source is None:
        raise ValueError("a metric needs the bars, which a loaded result does not have")
    close = np.ascontiguousarray(result.source.bars.close[book.first : book.stop])
    return History(
        book.equity, book.returns, close, as_rows(rows), book.initial_equity, book.per_year
    )


@lru_cache(maxsize=64)
def checked_metric(metric: Metric) -> Any:
    """Return one metric compiled with bounds checks; its errors reach Python."""
    import numba

    if numba.config.DISABLE_JIT:
        return metric.function
    options = {"nogil": True, "error_model": "numpy", "boundscheck": True}
    return numba.njit(**options)(metric.function)


@lru_cache(maxsize=64)
def compiled_metrics(metrics: tuple[Metric, ...]) -> Any:
    """Return metrics as the loop calls them: one function that writes them all."""
    import numba

    from barledger.kernel.history import METRIC

    if numba.config.DISABLE_JIT:
        return _together([metric.function for metric in metrics], lambda call: call)
    options = {"nogil": True, "error_model": "numpy"}
    compiled = [numba.njit(**options)(metric.function) for metric in metrics]
    return numba.cfunc(METRIC, nopython=True, error_model="numpy")(
        _together(compiled, numba.njit(**options))
    )


def _together(functions: list[Any], compile_: Any) -> Any:
    kinds: dict[str, Any] = {f"metric_{k}": each for k, each in enumerate(functions)}
    lines = [f"    out[{k}] = metric_{k}(history)" for k in range(len(functions))]
    exec("\n".join(["def call(history, out):", *lines]), kinds)
    return guarded(compile_(kinds["call"]), "history", "out")
