"""One thread's world for one set of options, and the compiled code that runs variants in it."""

from functools import cache
from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt
from numba import config, types

from barledger.kernel.history import METRIC, RECORDS, Study
from barledger.kernel.history import study as look
from barledger.kernel.types import ACCOUNT, METRICS
from barledger.kernel.variants import (
    DONE,
    METRIC_FAILED,
    NO_ROOM,
    NOT_SIGNALS,
    RULE_FAILED,
    Outcome,
    run_variants,
)
from barledger.kernel.variants import Signals as Source
from barledger.kernel.wings import raise_failure
from barledger.kernel.world import as_rows
from barledger.lowering.drive import make_room, prepare, put_log
from barledger.lowering.entry import Address, address_of, entry, world_rows
from barledger.lowering.memory import Memory
from barledger.lowering.request import Request
from barledger.sweeps.metrics import Kept

LINE = 64  # bytes
LOGS = ("fills", "entries", "incidents")
# Arrays that a run only reads, or that hold nothing from one bar to the next.
FIXED = {
    "open", "high", "low", "close", "fill", "tradable", "flags", "words", "numbers", "orders_in",
    "contracts", "settings", "values", "sequence", "events", "settlement_bars", "settlements",
    "due_bars", "days", "months", "mark_open", "mark_high", "mark_low", "mark_close", "tiers",
    "fundings", "span_lines", "span_months", "span_products", "span_spreads", "span_delivery",
    "span_offsets", "span_legs", "span_scratch", "buffer", "equity", "queue", "spare", "losers", "keys", "ranked",
    *LOGS,
}  # fmt: skip


class VariantFailed(Exception):
    """A variant did not run: its row among those asked for, and why."""

    def __init__(self, row: int, status: int) -> None:
        super().__init__(row, status)
        self.row = row
        self.is_rule = status == RULE_FAILED
        self.is_flag = status == NOT_SIGNALS
        self.is_metric = status == METRIC_FAILED


class Asked(NamedTuple):
    """What a desk keeps beside the loop's own statistics; it takes a thread's curve, or log.

    `wanted` are bits of what needs the curve, and `columns` how many numbers that makes; `edges`
    are bars between which returns are summed; `has_returns` keeps those of a whole chunk.
    """

    wanted: int = 0
    columns: int = 0
    has_fills: bool = False
    edges: npt.NDArray[np.int64] = np.zeros(0, np.int64)
    per_year: float = np.nan
    has_returns: bool = False

    @property
    def needs_curve(self) -> bool:
        """Whether anything needs the equity curve."""
        return self.wanted != 0 or len(self.edges) > 0 or self.has_returns

    @property
    def logs(self) -> tuple[str, ...]:
        """Logs that are needed."""
        if self.wanted & RECORDS:
            return LOGS
        return ("fills",) if self.has_fills else ()


class Desk:
    """A world ready to run variants of one request, each from the same start.

    All arrays that a run changes lie in one piece of memory, of which a copy is kept.
    """

    def __init__(self, request: Request, asked: Asked | None = None) -> None:
        self.request = request
        self.asked = asked = asked or Asked()
        self.owner: object = None
        self.memory = _world(request, asked)
        self.initial = float(self.memory.record["account"]["equity"][0])
        n_bars = len(request.bars) if asked.needs_curve else 0
        self.work = np.empty((2, n_bars))
        self._keep()

    def _keep(self) -> None:
        self.states = _packed(self.memory)
        self.kept_states = self.states.copy()
        self.kept = self.memory.record.copy()

    def run(self, source: Source, rule: Any, own: Any, count: int) -> "tuple[Kept, Study]":
        """Run the variants of a source; returns what is kept of each, and what was studied.

        `own` are the user's metrics, compiled together; None where there are none.
        """
        accounts, statistics = np.zeros(count, ACCOUNT), np.zeros(count, METRICS)
        not_filled, rejected = np.zeros((2, count), np.int64)
        status = np.zeros(1, np.int64)
        outcome = Outcome(as_rows(accounts), as_rows(statistics), not_filled, rejected, status)
        study = self._study(as_rows(statistics), count)
        looks = study_at(study) if self.asked.needs_curve else nowhere(study)
        own = nowhere_own() if own is None else own
        row = 0
        while row < count:
            row = run_variants(
                as_rows(self.memory.record), as_rows(self.kept), entry(), rule, looks, own, source,
                self.states, self.kept_states, outcome, study, row,
            )  # fmt: skip
            raise_failure()
            if status[0] == NO_ROOM:
                self._grow()
            elif status[0] != DONE:
                raise VariantFailed(row, int(status[0]))
        traded = float(self.kept["account"]["traded"][0])
        numbers = (not_filled, rejected, study.out, self.initial, traded, self.asked.per_year)
        return Kept(accounts, statistics, *numbers), study

    def _study(self, statistics: Any, count: int) -> Study:
        asked, edges = self.asked, self.asked.edges
        flows = len(self.memory.arrays.get("events", ())) if asked.needs_curve else 0
        return Study(
            wanted=asked.wanted, initial=self.initial, per_year=asked.per_year,
            metrics=statistics, out=np.empty((count, asked.columns)),
            sums=np.empty((count, max(len(edges) - 1, 0), 2)), edges=edges,
            curves=np.empty((count, self.work.shape[1]) if asked.has_returns else (0, 0)),
            returns=self.work[0], sorted=self.work[1],
            flow_bars=np.empty(flows, np.int64), flows=np.empty(flows),
        )  # fmt: skip

    def _grow(self) -> None:
        """Give the logs and the list of live orders more room, and begin the variant again."""
        make_room(self.memory)
        old = self.memory.arrays
        self.memory = _world(self.request, self.asked)
        for name in ("live", "queue", "spare", "losers", "keys", *LOGS):
            rows = len(old["live" if name not in LOGS else name]) if name in old else 0
            if rows > len(self.memory.arrays.get(name, ())):
                self.memory.grow(name, rows)
        self._keep()


def _world(request: Request, asked: Asked) -> Memory:
    """Return a world with no more logs than are needed."""
    memory = prepare(request)
    flows = ("entries",) if asked.needs_curve and "entries" in memory.arrays else ()
    if "entries" in memory.arrays and not flows:
        memory.arrays.pop("entries")
        memory.record["entries_n"] = 0
    for name in set(asked.logs) - set(flows):
        put_log(memory, name)
    return memory


def _packed(memory: Memory) -> npt.NDArray[np.int64]:
    """Move all arrays that a run changes into one piece of memory, and return it."""
    changing = [name for name in memory.arrays if name not in FIXED]
    sizes = [-(-memory.arrays[name].nbytes // LINE) * LINE for name in changing]
    block = np.zeros(sum(sizes) // 8, np.int64)
    start = 0
    for name, size in zip(changing, sizes, strict=True):
        old = memory.arrays[name]
        new = block[start // 8 : (start + old.nbytes) // 8].view(old.dtype)
        new[:] = old
        memory.put(name, new)
        start += size
    return block


_studies: dict[str, Any] = {}


def study_at(made: Study) -> Any:
    """Return what looks at a finished variant, as `run_variants` takes it."""
    if config.DISABLE_JIT:
        return look
    if "look" not in _studies:
        _studies["look"] = address_of(look, _look_kind(made))
    return _studies["look"]


def _look_kind(made: Study) -> Any:
    whole = types.int64
    return whole(world_rows(), numba.typeof(made), types.FunctionType(METRIC), whole)


def nowhere(made: Study) -> Any:
    """Return what stands in for a look that is never taken."""
    if config.DISABLE_JIT:
        return look
    if "nowhere" not in _studies:
        _studies["nowhere"] = Address(entry().address, _look_kind(made))
    return _studies["nowhere"]


@cache
def nowhere_own() -> Any:
    """Return what stands in for metrics of one's own that are never called."""
    return look if config.DISABLE_JIT else Address(entry().address, METRIC)
