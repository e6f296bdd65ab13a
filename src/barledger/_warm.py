"""Call every compiled entry once, so that it is on disk for the processes to come."""

import numpy as np

import barledger as bl
from barledger.kernel.wings import load_all


def warm() -> None:
    """Compile, or load, the loop, its wings and all that derives tables from its records.

    One compilation of the loop serves every option; there are no variants to go through.
    """
    bars = bl.Bars.from_arrays(np.array([10.0, 11.0, 12.0, 11.0]))
    entries = np.array([True, False, False, False])
    for cost_basis in ("average", "fifo"):
        result = bl.Portfolio.from_signals(
            bars, entries, entries[::-1].copy(), rules=bl.Rules(cost_basis=cost_basis)
        )
        result.stats()
        _ = result.trades
    load_all()
