"""One thread's world for one set of options, and the compiled code that runs variants in it."""

from typing import Any

import numpy as np
import numpy.typing as npt

from barledger.kernel.types import ACCOUNT, METRICS
from barledger.kernel.variants import (
    DONE,
    NO_ROOM,
    NOT_SIGNALS,
    RULE_FAILED,
    Outcome,
    run_variants,
)
from barledger.kernel.variants import Signals as Source
from barledger.kernel.world import as_rows
from barledger.lowering.drive import make_room, prepare
from barledger.lowering.entry import entry
from barledger.lowering.memory import Memory
from barledger.lowering.request import Request
from barledger.sweeps.metrics import Kept

LINE = 64  # bytes
NOTHING = np.empty(0)
# Arrays that a run only reads, or that hold nothing from one bar to the next.
FIXED = {
    "open", "high", "low", "close", "fill", "volume", "tradable", "flags", "words", "numbers", "orders_in",
    "contracts", "settings", "values", "sequence", "events", "settlement_bars", "settlements",
    "due_bars", "days", "months", "buffer", "equity", "queue", "spare", "losers", "keys",
}  # fmt: skip


class VariantFailed(Exception):
    """A variant did not run: its row among those asked for, and why."""

    def __init__(self, row: int, status: int) -> None:
        super().__init__(row, status)
        self.row = row
        self.is_rule = status == RULE_FAILED
        self.is_flag = status == NOT_SIGNALS


class Desk:
    """A world ready to run variants of one request, each from the same start.

    All arrays that a run changes lie in one piece of memory, of which a copy is kept.
    """

    def __init__(self, request: Request, edges: npt.NDArray[np.int64] | None = None) -> None:
        self.request = request
        self.edges = np.zeros(0, np.int64) if edges is None else edges
        self.owner: object = None
        self.memory = _world(request)
        self.initial = float(self.memory.record["account"]["equity"][0])
        self.flows = _flows(request)
        self._keep()

    def _keep(self) -> None:
        self.states = _packed(self.memory)
        self.kept_states = self.states.copy()
        self.kept = self.memory.record.copy()

    def run(self, source: Source, rule: Any, count: int) -> "tuple[Kept, Any]":
        """Run the variants of a source; returns what is kept of each, and sums of returns."""
        status = np.zeros(1, np.int64)
        n_blocks = max(len(self.edges) - 1, 0)
        accounts, sums = np.zeros(count, ACCOUNT), np.zeros(count, METRICS)
        refused = np.zeros(count, np.int64)
        blocks = np.zeros((count if n_blocks else 0, n_blocks, 2))
        outcome = Outcome(
            as_rows(accounts), as_rows(sums), refused, blocks, self.edges, self.flows, status
        )
        row = 0
        while row < count:
            row = run_variants(
                as_rows(self.memory.record), as_rows(self.kept), entry(), rule, source,
                self.states, self.kept_states, outcome, row,
            )  # fmt: skip
            if status[0] == NO_ROOM:
                self._grow()
            elif status[0] != DONE:
                raise VariantFailed(row, int(status[0]))
        per_year = np.nan  # the job knows it
        return Kept(accounts, sums, refused, self.initial, per_year), blocks

    def _grow(self) -> None:
        """Give the list of live orders more room, and begin the variant again."""
        make_room(self.memory)
        grown = {name: len(self.memory.arrays[name]) for name in ("live", "keys")}
        self.memory = _world(self.request)
        for name in ("live", "queue", "spare", "losers", "keys"):
            self.memory.grow(name, grown["live"])
        self._keep()


def _world(request: Request) -> Memory:
    """Return a world without logs."""
    memory = prepare(request)
    if memory.arrays.pop("entries", None) is not None:
        memory.record["entries_n"] = 0
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


def _flows(request: Request) -> npt.NDArray[np.float64]:
    rows = [] if request.events is None else list(request.events.flow_rows(request.bars))
    if not rows:
        return NOTHING
    flows = np.zeros(len(request.bars))
    for bar, amount in rows:
        flows[bar] += amount
    return flows
