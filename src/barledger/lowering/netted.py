"""Orders settled as one quantity each, as rows of the kernel: see `kernel.netting`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from barledger.kernel.net_codes import WIDTH, Net, NetSize, NetStatus
from barledger.lowering.memory import Memory
from barledger.lowering.varying import Varying

Floats = npt.NDArray[np.float64]
MEANT = {
    NetStatus.ENDLESS_LONG: "an order would buy without end: its size and the cash are infinite",
    NetStatus.ENDLESS_SHORT: "an order would sell without end: its size and the cash are infinite",
    NetStatus.PERCENT_REVERSAL: "a size of percent cannot reverse a position by a signal; close it "
    "with upon_opposite_entry='close', or give an amount or a value",
    NetStatus.NEGATIVE_STOP: "stops must be 0 or more, NaN for none",
}


class NetError(ValueError):
    """An order of a run could not be understood; the message names the bar and the asset."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Netting:
    """One instant a bar, one quantity an order, a price of its own.

    `options` are arrays (1 or T, 1 or N) by the names of `Net`; `worth` (T, N) is what positions
    are valued at for sizes, None: the orders' own prices. `open`, `high` and `low` (T, N) are what
    stops look at, none where they do not; `said` are the keywords in words, `per_year` bars a year
    where they tell.
    """

    options: Mapping[str, Floats]
    worth: Floats | None = None
    ranges: Mapping[str, Floats] = field(default_factory=dict)
    said: str = ""
    per_year: float | None = None


def put_net(memory: Memory, varying: Varying, netting: Netting) -> None:
    """Write the options: those of one number as they are, where the others lie."""
    net = np.zeros(len(Net))
    where: list[int] = []
    for name, array in netting.options.items():
        place = Net[name]
        if array.size == 1:
            net[place] = array.flat[0]
            continue
        rows, columns = array.shape
        where += [place, varying.used, columns if rows > 1 else 0, int(columns > 1)]
        varying.parts.append(np.ascontiguousarray(array).ravel())
        varying.used += array.size
    kinds = netting.options["SIZE_KIND"]
    net[Net.WANTS_VALUE] = bool((kinds == NetSize.TARGET_PERCENT).any())
    memory.put("net", net)
    memory.put("net_where", np.array(where, np.int64))
    if netting.worth is not None:
        memory.put("worth", netting.worth)
    if "LOSS" in netting.options:
        memory.put("net_stops", np.full(WIDTH * int(memory.record["n_assets"][0]), np.nan))


def raise_wrong(memory: Memory, times: Any, assets: Any) -> None:
    """Raise what an order could not be, if there was one."""
    net = memory.arrays["net"]
    if net[Net.ERROR] == 0.0:
        return
    status = NetStatus(int(net[Net.ERROR]))
    bar, asset = int(net[Net.ERROR_BAR]), assets[int(net[Net.ERROR_ASSET])]
    if status == NetStatus.WORTHLESS:
        raise ZeroDivisionError(
            f"{asset} on bar {bar} ({times[bar]}): all that fits of a sale at a price of 0 is no "
            "number; slippage must be below 1"
        )
    raise NetError(f"{asset} on bar {bar} ({times[bar]}): {MEANT[status]}")
