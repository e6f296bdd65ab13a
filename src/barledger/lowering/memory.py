"""The arrays of one run and the record that tells the kernel where they lie."""

from typing import Any

import numpy as np
import numpy.typing as npt

from barledger.kernel.world import ARRAYS, WORLD

LOGS = ("orders", "fills", "entries", "incidents")


class Memory:
    """Owner of a world's arrays: addresses in the record stay valid while this lives."""

    def __init__(self, n_bars: int, n_assets: int) -> None:
        self.record = np.zeros(1, WORLD)
        self.arrays: dict[str, npt.NDArray[Any]] = {}
        self.record["n_bars"] = n_bars
        self.record["n_assets"] = n_assets

    def put(self, name: str, array: npt.NDArray[Any]) -> None:
        """Give the kernel an array; it must be C-contiguous and of the type agreed."""
        dtype, ndim = ARRAYS[name]
        if array.dtype != dtype or array.ndim != ndim or not array.flags.c_contiguous:
            raise TypeError(f"{name} must be a contiguous {ndim}-d array of {dtype}")
        self.arrays[name] = array
        self.record[f"{name}_at"] = array.ctypes.data
        self.record[f"{name}_n"] = len(array)

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
        kept.record = self.record.copy()
        kept.arrays = {name: self.arrays[name] for name in names if name in self.arrays}
        return kept

    def cut(self, name: str) -> npt.NDArray[Any]:
        """Rows written of one record, the rest of the memory given back."""
        rows = self.arrays.pop(name)
        used = int(self.record["used"][name][0])
        self.record[f"{name}_n"] = 0
        rows.resize(used, refcheck=False)
        return rows
