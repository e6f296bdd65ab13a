"""What an account looked like at each close, by putting its records through the ledger again."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from barledger.lowering.book import put_book
from barledger.lowering.drive import Run
from barledger.lowering.memory import Memory
from barledger.lowering.terms import put_terms

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Closes:
    """Columns (T,) at each close, and quantities held (T, N)."""

    cash: Floats
    settled: Floats
    equity: Floats
    gross: Floats
    net: Floats
    initial: Floats
    maintenance: Floats
    quantities: Floats


def replay_run(run: Run, *, with_quantities: bool = True) -> Closes:
    """Return what the account of a fully recorded run looked like at each close."""
    from barledger.kernel.replay import replay
    from barledger.kernel.world import as_rows

    request = run.request
    memory = Memory(*request.bars.shape)
    put_terms(memory, request)
    for name in ("open", "close"):
        memory.put(name, getattr(request.bars, f"_{name}"))
    put_book(memory, request)
    table = np.empty((len(request.bars), 7))
    shape = request.bars.shape if with_quantities else (0, request.bars.shape[1])
    quantities = np.zeros(shape)
    replay(as_rows(memory.record), as_rows(run.fills), as_rows(run.entries), table, quantities)
    return Closes(*(np.ascontiguousarray(column) for column in table.T), quantities)
