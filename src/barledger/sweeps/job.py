"""All that a worker must know of a sweep, and how it runs a chunk of variants."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from threading import Lock, local
from typing import Any
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from barledger._param import filled
from barledger.data.bars import Bars
from barledger.kernel.variants import Prices, Scratch
from barledger.kernel.variants import Signals as Source
from barledger.lowering.asked import request_of
from barledger.lowering.request import Request
from barledger.lowering.sizes import as_size
from barledger.lowering.wishes import Wishes
from barledger.portfolio import run_request
from barledger.result import Result
from barledger.result.assumptions import bars_a_year
from barledger.rules.rule import Rule, RuleError, checked_rule, compiled_rule, fill_bank
from barledger.stops import DISTANCES, LADDERS, Stops
from barledger.sweeps.desk import Asked, Desk, VariantFailed
from barledger.sweeps.given import Signals
from barledger.sweeps.grid import Grid
from barledger.sweeps.metrics import Measures
from barledger.sweeps.own import MetricError, compiled_metrics

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Choices = npt.NDArray[np.int32]
WORK_ROWS = 4
DESKS = 8  # kept by a thread
_threads = local()


@dataclass(eq=False)
class Job:
    """A rule or signals, bars, options with their placeholders, and the values to choose from.

    `names` are the rule's parameters; all other names of `values` fill in options. `edges` are
    bars between which returns are summed for each variant, None for no sums. `reduce` makes of
    the numbers (n,) and returns (n, T) of each chunk what is kept of them; None keeps nothing.
    """

    rule: Rule | Signals
    bars: Bars
    size: Any
    options: dict[str, Any]
    values: dict[str, list[Any]]
    names: tuple[str, ...]
    measures: Measures
    edges: Ints | None = None
    reduce: Any = None
    sent_through: Any = field(default=None, init=False, repr=False)
    _lock: Any = field(default_factory=Lock, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        left = ("_lock", "sent_through")
        return {
            each.name: getattr(self, each.name) for each in fields(self) if each.name not in left
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _lock=Lock(), sent_through=None)

    @cached_property
    def parcel(self) -> tuple[str, bytes]:
        """A name that no other job has, and the job pickled."""
        from numba import cloudpickle

        return uuid4().hex, cloudpickle.dumps(self)

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of what is measured."""
        return self.measures.names

    # ---- made once in a process, and only read ----

    @cached_property
    def prices(self) -> Prices:
        """Prices as the rule takes them; those not given are NaN."""
        bars = self.bars
        is_across = isinstance(self.rule, Rule) and self.rule.across
        shape = bars.shape if is_across else bars.shape[::-1]

        def matrix(name: str) -> Floats:
            given: Floats = getattr(bars, f"_{name}")
            if len(given) == 0:
                return np.full(shape, np.nan)
            if shape[0] == 1 and given.flags.writeable:
                return given.reshape(shape)
            turned = given if is_across else given.T
            kept = turned.flags.c_contiguous and turned.flags.writeable
            return turned if kept else np.array(turned, order="C")

        return Prices(*(matrix(name) for name in Prices._fields))

    @cached_property
    def bank(self) -> Floats:
        """Indicators of the rule, a row for each distinct value."""
        if isinstance(self.rule, Signals) or not self.rule.bank:
            return np.empty((0, *self.prices.close.shape))
        distinct = {name: np.array(self.values[name], float) for name in self.rule.bank}
        return fill_bank(self.rule, self.prices, distinct)

    @cached_property
    def per_year(self) -> float:
        """Bars a year."""
        first = {name: values[0] for name, values in self.values.items()}
        return bars_a_year(self.request(first))[0]

    def ready(self) -> None:
        """Make what all threads share, once."""
        with self._lock:
            _ = self.prices, self.bank, self.per_year
            if isinstance(self.rule, Rule):
                compiled_rule(self.rule, self.names)
            if self.measures.own:
                compiled_metrics(self.measures.own)

    # ---- parts ----

    def request(self, given: Mapping[str, Any], record: str = "metrics") -> Request:
        """Return one variant's request, with no signals yet."""
        options = {name: _filled(option, given) for name, option in self.options.items()}
        cells = self.bars.shape[0] * self.bars.shape[1]
        buffer = np.zeros((cells // 8 + 1) * 8, np.int8)
        wishes = Wishes("signals", buffer, buffer[:cells].reshape(self.bars.shape))
        size = as_size(filled(self.size, given), self.bars)
        return request_of(self.bars, wishes, size, {**options, "record": record})

    def params(self, choices: Choices) -> Floats:
        """Return the rule's numbers of some variants (n, P), then the rows of its bank."""
        places = {name: row for row, name in enumerate(self.values)}
        columns = [
            np.array(self.values[name], np.float64)[choices[places[name]]] for name in self.names
        ]
        first = 0
        for name in self.rule.bank if isinstance(self.rule, Rule) else ():
            columns.append(choices[places[name]] + float(first))
            first += len(self.values[name])
        empty = np.empty((choices.shape[1], 0))
        return np.ascontiguousarray(np.column_stack([empty, *columns]))

    def source(self, desk: Desk, choices: Choices) -> Source:
        """Return where the signals of some variants come from."""
        n_bars, n_assets = self.bars.shape
        flags = desk.memory.arrays["flags"][: n_bars * n_assets]
        given: npt.NDArray[np.int8] = np.empty((0, 0), np.int8)
        sheet: npt.NDArray[np.int8]
        is_across, is_turned = False, False
        if isinstance(self.rule, Signals):
            place = list(self.values).index("signal")
            numbers = np.array(self.values["signal"], np.int64)[choices[place]]
            given = self.rule.flags(numbers)
            sheet = flags.reshape(n_bars, n_assets)
        else:
            is_across = self.rule.across
            is_turned = not is_across and n_assets > 1
            sheet = flags.reshape(self.prices.close.shape)
            if is_turned:
                sheet = np.zeros(self.prices.close.shape, np.int8)
        width = n_bars * n_assets if is_across else n_bars
        scratch = Scratch(
            self.bank, np.zeros((WORK_ROWS, width)), np.zeros((WORK_ROWS, width), np.int8)
        )
        return Source(self.prices, self.params(choices), scratch, sheet, given, is_turned)

    # ---- work ----

    def run(self, numbers: Ints, choices: Choices) -> tuple[Floats, Any]:
        """Run some variants; returns metrics (n, metrics), and sums (n, blocks, 2) of returns.

        In place of the sums what `reduce` makes of returns, if anything does.
        """
        metrics, sums, returns = self.collect(numbers, choices)
        return metrics, sums if self.reduce is None else self.reduce(numbers, returns)

    def collect(self, numbers: Ints, choices: Choices) -> tuple[Floats, Floats, Floats]:
        """Run some variants; returns metrics, sums of returns, and returns (n, T) to reduce."""
        self.ready()
        out = self.sheets(len(numbers))
        rule = compiled_rule(self.rule, self.names) if isinstance(self.rule, Rule) else _silent()
        own = compiled_metrics(self.measures.own) if self.measures.own else None
        execution = [row for row, name in enumerate(self.values) if name not in self.names]
        for rows in _alike(choices[execution]):
            part = choices[:, rows]
            desk = self.desk(part[:, 0])
            try:
                kept, study = desk.run(self.source(desk, part), rule, own, len(rows))
            except VariantFailed as failed:
                row = rows[failed.row]
                raise self.explained(int(numbers[row]), choices[:, row], failed) from None
            metrics, sums, returns = out
            metrics[rows], sums[rows] = self.measures.measured(kept), study.sums
            if self.reduce is not None:
                returns[rows] = study.curves
        return out

    def sheets(self, count: int) -> tuple[Floats, Floats, Floats]:
        """Return empty metrics, sums and returns of so many variants."""
        n_blocks = 0 if self.edges is None else len(self.edges) - 1
        n_bars = 0 if self.reduce is None else len(self.bars)
        columns = len(self.metrics)
        return (
            np.empty((count, columns)), np.empty((count, n_blocks, 2)), np.empty((count, n_bars))
        )  # fmt: skip

    @property
    def asked(self) -> Asked:
        """What is kept of each variant beside the loop's own statistics."""
        measures = self.measures
        edges = np.zeros(0, np.int64) if self.edges is None else self.edges
        return Asked(
            measures.wanted, measures.columns, measures.has_fills, edges, self.per_year,
            has_returns=self.reduce is not None,
        )  # fmt: skip

    def desk(self, choice: npt.NDArray[np.int32]) -> Desk:
        """Return this thread's world for the options of a variant."""
        kept: dict[Any, Desk] = _threads.__dict__.setdefault("desks", {})
        given = self._given(choice)
        key = (
            id(self),
            *(c for c, n in zip(choice, self.values, strict=True) if n not in self.names),
        )
        if key not in kept:
            asked = self.asked
            record = "equity" if asked.needs_curve else "metrics"
            desk = Desk(self.request(given, record), asked)
            desk.owner = self  # keeps id(self) from being used again
            while len(kept) >= DESKS:
                kept.pop(next(iter(kept)))
            kept[key] = desk
        return kept[key]

    def _given(self, choice: npt.NDArray[np.int32]) -> dict[str, Any]:
        pairs = zip(self.values.items(), choice, strict=True)
        return {name: values[k] for (name, values), k in pairs}

    def signals(self, choice: npt.NDArray[np.int32]) -> npt.NDArray[np.int8]:
        """Return the flags of one variant, (T, N), made by checked code."""
        desk = Desk(self.request(self._given(choice)))
        source = self.source(desk, choice.reshape(-1, 1))
        if isinstance(self.rule, Signals):
            return source.given.reshape(self.bars.shape)
        source.sheet[...] = 0
        checked = checked_rule(self.rule, self.names)
        checked(source.prices, source.params[0], source.sheet, source.scratch)
        if source.is_turned:
            return np.ascontiguousarray(source.sheet.T)
        return source.sheet.reshape(self.bars.shape)

    def check(self, number: int, choice: npt.NDArray[np.int32]) -> None:
        """Run one variant's rule with bounds checks; raise with its name if anything is wrong."""
        try:
            flags = self.signals(choice)
        except Exception as error:
            raise self._error(number, choice, error) from error
        if (flags & ~np.int8(15)).any():
            raise self._error(number, choice, _no_signal(flags))

    def replayed(self, choice: npt.NDArray[np.int32], record: str = "full") -> Result:
        """Return the result of one variant, run again alone."""
        request = self.request(self._given(choice), record)
        request.wishes.flags[:] = self.signals(choice)
        return run_request(request)

    def check_metrics(self, number: int, choice: npt.NDArray[np.int32]) -> None:
        """Measure one variant with the user's metrics and bounds checks; raise with both names."""
        result = self.replayed(choice) if self.measures.own else None
        for metric in self.measures.own:
            try:
                metric.of(result)  # type: ignore[arg-type]
            except Exception as error:
                text = _said(error)
                shown = self._shown(number, choice)
                raise MetricError(f"metric {metric.name} failed in {shown}: {text}") from error

    def explained(
        self, number: int, choice: npt.NDArray[np.int32], failed: VariantFailed
    ) -> Exception:
        """Return the true error of a variant, found by running it with checks."""
        try:
            if failed.is_metric:
                self.check_metrics(number, choice)
            else:
                self.check(number, choice)
        except (RuleError, MetricError) as error:
            return error
        return self._error(number, choice, RuntimeError("failed once, and not again"))

    def _error(self, number: int, choice: npt.NDArray[np.int32], error: BaseException) -> RuleError:
        shown = self._shown(number, choice)
        return RuleError(f"rule {self.rule.name} failed in {shown}: {_said(error)}")

    def _shown(self, number: int, choice: npt.NDArray[np.int32]) -> str:
        grid = Grid(self.values, choice.reshape(-1, 1))
        return grid.shown(0).replace("variant 0", f"variant {number}", 1)


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error).strip()}"


def _filled(option: Any, given: Mapping[str, Any]) -> Any:
    """Return an option of one variant; stops without any level are no stops."""
    if isinstance(option, Stops):
        levels = [filled(getattr(option, name), given) for name in (*DISTANCES, "time", *LADDERS)]
        if all(level is None for level in levels):
            return None
    return filled(option, given)


def _no_signal(flags: npt.NDArray[np.int8]) -> ValueError:
    at = np.argwhere(flags & ~np.int8(15))[0]
    return ValueError(
        f"flags[{at[0]}] of asset {at[1]} was {flags[tuple(at)]}: write LONG_ENTRY, LONG_EXIT, "
        "SHORT_ENTRY, SHORT_EXIT or a sum of them"
    )


def _alike(choices: Choices) -> list[Ints]:
    """Rows of variants that share their options, in groups."""
    n = choices.shape[1]
    if len(choices) == 0 or (choices == choices[:, :1]).all():
        return [np.arange(n)]
    _, group = np.unique(choices, axis=1, return_inverse=True)
    group = group.reshape(-1)
    order = np.argsort(group, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(group[order])) + 1)


def _silent() -> Any:
    """A rule that is never called: the signals are there already."""
    return compiled_rule(SILENT, ())


def _nothing(bars: Any, params: Any, flags: Any, scratch: Any) -> None:
    """Write nothing."""


SILENT = Rule(_nothing, ())
