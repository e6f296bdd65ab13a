"""What an account looked like at each close, by putting its records through the ledger again."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from barledger.kernel.types import HOLDING
from barledger.lowering.book import put_book
from barledger.lowering.drive import Run, give_wings
from barledger.lowering.marks import put_marks
from barledger.lowering.memory import Memory
from barledger.lowering.request import Request
from barledger.lowering.terms import put_terms

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Closes:
    """Columns (T,): the account at each close."""

    cash: Floats
    settled: Floats
    equity: Floats
    gross: Floats
    net: Floats
    initial: Floats
    maintenance: Floats


def replay_closes(run: Run) -> Closes:
    """Return what the account of a fully recorded run looked like at each close."""
    return closes_of(run.request, run.fills, run.entries)


def closes_of(request: Request, fills: Rows, entries: Rows) -> Closes:
    """Return what an account looks like at each close that these fills and entries have made."""
    table = np.empty((7, len(request.bars)))
    _replay(request, fills, entries, table, np.empty(0, HOLDING))
    return Closes(*table)


def replay_holdings(run: Run) -> npt.NDArray[Any]:
    """Return what was held before the first bar (bar -1) and at each close, one row a position."""
    return holdings_of(run.request, run.fills, run.entries)


def holdings_of(request: Request, fills: Rows, entries: Rows) -> npt.NDArray[Any]:
    """Return what is held at first (bar -1) and at each close by these fills and entries."""
    no_table = np.empty((0, 0))
    count = _replay(request, fills, entries, no_table, np.empty(0, HOLDING))
    holdings = np.empty(count, HOLDING)
    _replay(request, fills, entries, no_table, holdings)
    return holdings


def _replay(
    request: Request, fills: Rows, entries: Rows, table: Floats, holdings: npt.NDArray[Any]
) -> int:
    from barledger.kernel.replay import replay
    from barledger.kernel.world import as_rows

    memory = Memory(*request.bars.shape)
    give_wings(memory)
    put_terms(memory, request)
    for name in ("open", "close"):
        memory.put(name, getattr(request.bars, f"_{name}"))
    put_marks(memory, request.bars)
    put_book(memory, request)
    records = as_rows(fills), as_rows(entries)
    return int(replay(as_rows(memory.record), *records, table, as_rows(holdings)))
