"""Halts as codes of what trades on a bar."""

from typing import Any

import numpy as np
import numpy.typing as npt

from barledger.data.bars import Bars
from barledger.halts import Halts
from barledger.kernel.codes import Tradable
from barledger.lowering.varying import shaped

Codes = npt.NDArray[np.int8]
TOLERANCE = 1e-9  # of a price against its limit


def halt(codes: Codes, halts: Halts, bars: Bars) -> None:
    """Write into codes of `Tradable` where halts and locked limits let nothing, or one side, trade."""
    stopped = Tradable.NO if halts.then == "wait" else Tradable.MISSED
    if halts.closed is not None:
        codes[_mask(halts.closed, bars) & (codes == Tradable.YES)] = stopped
    for name, side, code in (
        ("upper", "low", Tradable.LOCKED_UP),
        ("lower", "high", Tradable.LOCKED_DOWN),
    ):
        limit = getattr(halts, name)
        if limit is None:
            continue
        prices = shaped(f"Halts {name}", limit, *bars.shape)
        best = _extreme(bars, side)
        is_locked = best >= prices - TOLERANCE if side == "low" else best <= prices + TOLERANCE
        codes[is_locked & (codes == Tradable.YES)] = (
            code if halts.limit_lock == "against" else stopped
        )


def _extreme(bars: Bars, name: str) -> npt.NDArray[np.float64]:
    """Return the lowest or highest prices of the bars; closes where they are not given."""
    table: npt.NDArray[np.float64] = getattr(bars, f"_{name}")
    return table if len(table) else bars._close


def _mask(closed: Any, bars: Bars) -> npt.NDArray[np.bool_]:
    """Return a mask of shape (T,), (T, 1) or (T, N) as (T, N)."""
    mask = np.asarray(closed)
    if mask.ndim == 1:
        mask = mask.reshape(-1, 1)
    if mask.dtype != np.bool_ or mask.shape not in (bars.shape, (len(bars), 1)):
        raise ValueError(
            f"Halts closed must be true or false of shape ({len(bars)},) or {bars.shape}, was "
            f"{mask.dtype} of shape {np.shape(closed)}"
        )
    return np.broadcast_to(mask, bars.shape)
