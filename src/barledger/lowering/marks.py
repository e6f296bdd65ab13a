"""Prices that positions are valued at: mark prices where there are any, else the bars' own."""

import numpy as np
import numpy.typing as npt

from barledger.data.bars import Bars
from barledger.lowering.memory import Memory

Floats = npt.NDArray[np.float64]
NAMES = ("open", "high", "low", "close")


def has_marks(bars: Bars) -> bool:
    """Whether anything is valued at other prices than it trades at."""
    return len(bars._mark) > 0


def put_marks(memory: Memory, bars: Bars) -> None:
    """Write the marks of each instant; without any they are the bars' prices, not copied."""
    for name, marks in zip(NAMES, marks_of(bars), strict=True):
        memory.put(f"mark_{name}", marks)


def marks_of(bars: Bars) -> tuple[Floats, ...]:
    """Return marks at the open, high, low and close of each bar (T, N), NaN for none.

    Closes alone also are the next bar's open, and the range of a bar is that of its two. What
    is no perpetual, or has no mark at all, has its own prices.
    """
    own = tuple(getattr(bars, f"_{name}") for name in NAMES)
    if not has_marks(bars):
        return own
    close = bars._mark
    if len(bars._mark_high):
        marks = (bars._mark_open, bars._mark_high, bars._mark_low, close)
    else:
        opens = np.vstack([close[:1], close[:-1]])
        marks = (opens, np.fmax(opens, close), np.fmin(opens, close), close)
    without = np.array([contract.kind != "perpetual" for contract in bars.contracts])
    without |= np.isnan(close).all(axis=0)
    return tuple(_mixed(mark, prices, without) for mark, prices in zip(marks, own, strict=True))


def _mixed(marks: Floats, own: Floats, without: npt.NDArray[np.bool_]) -> Floats:
    """Return marks with an asset's own prices where it has none."""
    if not without.any():
        return np.ascontiguousarray(marks)
    mixed = marks.copy()
    mixed[:, without] = own[:, without] if len(own) else np.nan
    return mixed
