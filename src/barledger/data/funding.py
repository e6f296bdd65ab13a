"""Funding of perpetuals on the bars: each stamp at its own bar's open, or inside it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from barledger.data.stamps import Times, shown

if TYPE_CHECKING:
    from barledger.data.bars import Bars


def placed(
    rows: Sequence[tuple[Any, ...]], bars: "Bars"
) -> list[tuple[int, float, float, int, int]]:
    """Return (bar, rate, mark, column, whether inside the bar) of rows (stamp, asset, rate, mark).

    Sorted by bar, those at its opening instant first, then in the order given.

    Raises
    ------
    ValueError
        Where a stamp lies outside the bars, or an asset is no perpetual.
    """
    if not rows:
        return []
    columns = {asset: column for column, asset in enumerate(bars.assets)}
    stamps = np.array([row[0] for row in rows], bars.time.dtype)
    at = (np.searchsorted(bars.time, stamps, side="right") - 1).tolist()
    is_inside = (stamps != bars.time[np.maximum(at, 0)]).tolist()
    end = end_of(bars.time)
    is_late = (stamps >= end).tolist()
    made = []
    for place, (stamp, asset, rate, mark) in enumerate(rows):
        column = columns[asset]
        if bars.contracts[column].kind != "perpetual":
            raise ValueError(
                f"funding of {asset} at {shown(stamp)}: only perpetuals are funded, this is a "
                f"{bars.contracts[column].kind}"
            )
        if at[place] < 0 or is_late[place]:
            raise ValueError(
                f"funding of {asset} at {shown(stamp)} lies outside the bars, which are from "
                f"{shown(bars.time[0])} to {shown(end)}: cut the history to the bars"
            )
        made.append((at[place], rate, mark, column, int(is_inside[place])))
    return sorted(made, key=lambda row: (row[0], row[4]))


def end_of(times: Times) -> Any:
    """Return where the last bar ends: as long after its stamp as bars mostly are apart."""
    if times.dtype.kind != "M":
        return int(times[-1]) + 1
    step = np.median(np.diff(times).astype(np.int64)) if len(times) > 1 else 1
    return times[-1] + np.timedelta64(int(step), "ns")
