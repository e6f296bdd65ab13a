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
from barledger.lowering.terms import put_terms

Floats = npt.NDArray[np.float64]


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
    table = np.empty((7, len(run.request.bars)))
    _replay(run, table, np.empty(0, HOLDING))
    return Closes(*table)


def replay_holdings(run: Run) -> npt.NDArray[Any]:
    """Return what was held before the first bar (bar -1) and at each close, one row a position."""
    no_table = np.empty((0, 0))
    holdings = np.empty(_replay(run, no_table, np.empty(0, HOLDING)), HOLDING)
    _replay(run, no_table, holdings)
    return holdings


def _replay(run: Run, table: Floats, holdings: npt.NDArray[Any]) -> int:
    from barledger.kernel.replay import replay
    from barledger.kernel.world import as_rows

    request = run.request
    memory = Memory(*request.bars.shape)
    give_wings(memory)
    put_terms(memory, request)
    put_marks(memory, request.bars)
    put_book(memory, request)
    fills, entries = as_rows(run.fills), as_rows(run.entries)
    return int(replay(as_rows(memory.record), fills, entries, table, as_rows(holdings)))
