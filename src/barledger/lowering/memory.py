"""The arrays of one run and the record that tells the kernel where they lie."""

import threading
from typing import Any

import numpy as np
import numpy.typing as npt

from barledger.kernel.types import MARKET_ORDER
from barledger.kernel.world import ARRAYS, WORLD


def _offset(name: str) -> int:
    return int(WORLD.fields[name][1])  # type: ignore[index]


# Where the record has the address and the length of each array, in words of eight bytes.
PLACES = {name: tuple(_offset(f"{name}_{what}") // 8 for what in ("at", "n")) for name in ARRAYS}


SHORTER = {"orders": MARKET_ORDER}  # rows of a log without what only some runs tell
MOST_LENT = 1 << 24  # bytes of one log that stay with the thread
_lent = threading.local()
# Never touched, freed at once: glibc then keeps freed pieces up to this size for the next run, instead
# of giving their pages back, each of which would have to be made anew.
np.empty(MOST_LENT, np.uint8)


def borrow(name: str, count: int, kind: np.dtype[Any] | None = None) -> npt.NDArray[Any]:
    """Return an array for a log of at least so many rows: this thread's last one, if that will do.

    `kind` is the type of its rows where it is a shorter one.

    Memory that was written before is quicker than new, by two microseconds a page and more.
    """
    rows = vars(_lent).pop(name, None)
    kind = kind or ARRAYS[name][0]
    if rows is None or len(rows) < count or rows.dtype != kind:
        rows = np.empty(count, kind)
    return rows  # type: ignore[no-any-return]


def give_back(name: str, rows: npt.NDArray[Any], used: int) -> npt.NDArray[Any]:
    """Return the rows written of a log; its memory is lent to the next run, or shrinks to them."""
    if rows.nbytes > MOST_LENT:
        rows.resize(used, refcheck=False)
        return rows
    setattr(_lent, name, rows)
    return copied(rows[:used])


def copied(rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return a copy of contiguous rows: their bytes, not field by field as numpy does it."""
    made = np.empty(len(rows), rows.dtype)
    made.view(np.uint8)[:] = rows.view(np.uint8)
    return made


class Memory:
    """Owner of a world's arrays: addresses in the record stay valid while this lives."""

    def __init__(self, n_bars: int, n_assets: int) -> None:
        self.record = np.zeros(1, WORLD)
        self.words = self.record.view(np.int64)
        self.arrays: dict[str, npt.NDArray[Any]] = {}
        self.record["n_bars"] = n_bars
        self.record["n_assets"] = n_assets

    def put(self, name: str, array: npt.NDArray[Any]) -> None:
        """Give the kernel an array; it must be C-contiguous and of the type agreed."""
        dtype, ndim = ARRAYS[name]
        is_kind = array.dtype == dtype or array.dtype == SHORTER.get(name)
        if not is_kind or array.ndim != ndim or not array.flags.c_contiguous:
            raise TypeError(f"{name} must be a contiguous {ndim}-d array of {dtype}")
        self.arrays[name] = array
        at, n = PLACES[name]
        self.words[at] = array.ctypes.data
        self.words[n] = len(array)

    def make(self, name: str, count: int) -> npt.NDArray[Any]:
        """Give the kernel a new array of zeros."""
        dtype, _ = ARRAYS[name]
        self.put(name, np.zeros(count, dtype))
        return self.arrays[name]

    def fields(self, name: str) -> Any:
        """View of a nested row of the record: rules, account, metrics, used."""
        return self.record[name]

    def grow(self, name: str, count: int) -> None:
        """Lengthen an array, its contents kept."""
        old = self.arrays[name]
        new = np.empty(count, old.dtype)
        new[: len(old)] = old
        self.put(name, new)

    def only(self, *names: str) -> "Memory":
        """Return a memory that keeps alive no more than some arrays."""
        kept = Memory(0, 0)
        kept.words[:] = self.words
        kept.arrays = {name: self.arrays[name] for name in names if name in self.arrays}
        return kept

    def cut(self, name: str) -> npt.NDArray[Any]:
        """Rows written of one record, the rest of the memory given back."""
        rows = self.arrays.pop(name)
        used = int(self.record["used"][name][0])
        self.words[PLACES[name][1]] = 0
        return give_back(name, rows, used)
