"""Where the stops of positions lay at a close: the run once more, halted there and looked at."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from barledger.lowering.drive import make_room, prepare
from barledger.lowering.memory import Memory
from barledger.lowering.request import Request


class Level(NamedTuple):
    """Levels of one position after a close; NaN: none. `until` is the bar at which it is closed."""

    bar: int
    asset: int
    quantity: float
    stop: float
    is_trailing: bool
    target: float
    until: float


def levels_at(request: Request, bars: Iterable[int]) -> Iterator[Level]:
    """Yield the levels of every position held after the closes of some bars, which must rise.

    The kernel's own rows at these bars: a run cut in pieces is the same to the bit.
    """
    from barledger.kernel.simulate import simulate
    from barledger.kernel.wings import raise_failure
    from barledger.kernel.world import as_rows

    if request.stops is None:
        return
    memory = prepare(request)
    bar = 0
    for wanted in bars:
        while bar < wanted + 1:
            bar = simulate(as_rows(memory.record), bar, wanted + 1, True)
            raise_failure()
            if bar < wanted + 1:
                make_room(memory)
        yield from _levels(memory, wanted)


def _levels(memory: Memory, bar: int) -> Iterator[Level]:
    positions, stops = memory.arrays["positions"], memory.arrays["stops"]
    for asset in np.flatnonzero(positions["quantity"]).tolist():
        quantity = float(positions["quantity"][asset])
        row, side = stops[asset], 1.0 if quantity > 0.0 else -1.0
        fixed = float(row["loss"]) if row["loss"] == row["loss"] else -np.inf
        if row["peak"] >= row["even_from"]:
            fixed = max(fixed, float(row["entry"]))
        trailing = float(row["peak"] - row["trail"])
        is_trailing = bool(row["peak"] >= row["trail_from"] and trailing > fixed)
        level = trailing if is_trailing else fixed
        stop = side * level if np.isfinite(level) else np.nan
        until = float(row["until"])
        if np.isfinite([stop, row["target"], until]).any():
            yield Level(bar, asset, quantity, stop, is_trailing, side * float(row["target"]), until)
