"""What figures are drawn from: the accounts of a result taken together, as arrays over its bars."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from barledger.analytics.statistics import period_returns

if TYPE_CHECKING:
    from barledger.result.book import Book
    from barledger.result.result import Result

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class View:
    """Curves of a result, (T,); several accounts are added up."""

    result: "Result"

    @property
    def books(self) -> "tuple[Book, ...]":
        """The accounts."""
        return self.result.books

    @property
    def times(self) -> npt.NDArray[Any]:
        """Times of the bars, or their numbers."""
        return self.result.times

    @property
    def has_dates(self) -> bool:
        """Whether the bars have times, not only numbers."""
        return bool(self.times.dtype.kind == "M")

    @property
    def is_full(self) -> bool:
        """Whether orders, fills and closes were recorded."""
        return all(book.record == "full" for book in self.books)

    @property
    def per_year(self) -> float:
        """Bars a year."""
        return self.books[0].per_year

    @property
    def window(self) -> int:
        """Bars that rolling numbers look back: half a year, a fifth of a shorter run, at least 20."""
        return max(20, min(int(self.per_year / 2), len(self.times) // 5))

    @cached_property
    def initial(self) -> float:
        """Equity before the first bar."""
        return float(sum(book.initial_equity for book in self.books))

    @cached_property
    def equity(self) -> Floats:
        """Equity at each close."""
        return _total([book.equity for book in self.books])

    @cached_property
    def returns(self) -> Floats:
        """Return of each bar, deposits and withdrawals taken out."""
        flows = [book.flows for book in self.books]
        bars, amounts = (np.concatenate([flow[k] for flow in flows]) for k in (0, 1))
        return period_returns(self.equity, self.initial, bars.astype(np.int64), amounts)

    @cached_property
    def drawdown(self) -> Floats:
        """Distance from the peak so far, a fraction, at most 0."""
        growth = np.cumprod(1.0 + self.returns)
        return growth / np.maximum(np.maximum.accumulate(growth), 1.0) - 1.0

    @property
    def benchmark(self) -> Floats | None:
        """Equity of buy and hold from the same equity before the first bar; None: bars not at hand."""
        return None if self._held is None else self._held[0]

    @cached_property
    def benchmark_returns(self) -> Floats | None:
        """Return of buy and hold on each bar, flows taken out; None: bars not at hand."""
        return (
            None
            if self._held is None
            else period_returns(self._held[0], self.initial, *self._held[1:])
        )

    @property
    def benchmark_flows(self) -> tuple[npt.NDArray[np.int64], Floats]:
        """Bars and amounts of the deposits and withdrawals of buy and hold."""
        if self._held is None:
            return np.empty(0, np.int64), np.empty(0)
        return self._held[1:]

    @cached_property
    def _held(self) -> tuple[Floats, npt.NDArray[np.int64], Floats] | None:
        """Equity of buy and hold, and the bars and amounts of its flows."""
        if self.result.source is None:
            return None
        total = np.zeros(len(self.times))
        flows = []
        for held, book in zip(self.result.benchmark().books, self.books, strict=True):
            part = held.between(book.first, book.stop) if not book.is_whole else held
            if not part.initial_equity > 0.0:
                return None
            scale = book.initial_equity / part.initial_equity
            total += part.equity * scale
            bars, amounts = part.flows
            flows.append((bars.astype(np.int64), amounts * scale))
        bars, amounts = (np.concatenate([flow[k] for flow in flows]) for k in (0, 1))
        order = np.argsort(bars, kind="stable")
        return total, bars[order], amounts[order]

    def closes(self, name: str) -> Floats:
        """Return one column of the accounts' closes: gross, net, initial, maintenance."""
        return _total([getattr(book.closes, name) for book in self.books])

    def of_equity(self, name: str) -> Floats:
        """Return one column of the accounts' closes over equity; NaN where there is none."""
        equity = self.equity
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(equity > 0.0, self.closes(name) / equity, np.nan)


def is_squeezed(own: Floats, held: Floats | None) -> bool:
    """Whether a benchmark that went far leaves a curve next to no height, so that logs are due."""
    if held is None or not len(own) or not min(own.min(), held.min()) > 0.0:
        return False
    span = max(own.max(), held.max()) - min(own.min(), held.min())
    return bool(own.max() - own.min() < 0.1 * span)


def view_of(result: "Result") -> View:
    """Return what the figures of a result are drawn from; raise when equity was not recorded."""
    for book in result.books:
        book.need("equity")
    return View(result)


def _total(curves: list[Floats]) -> Floats:
    """Return the sum of curves; one alone is not copied."""
    if len(curves) == 1:
        return curves[0]
    total: Floats = np.sum(curves, axis=0)
    return total
