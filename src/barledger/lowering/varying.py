"""Options that may vary by bar and asset, as one flat buffer and a table of where each lies."""

from typing import Any

import numpy as np
import numpy.typing as npt

from barledger import _check
from barledger.kernel.codes import Setting
from barledger.kernel.types import SETTING

Floats = npt.NDArray[np.float64]


def shaped(name: str, value: Any, n_bars: int, n_assets: int) -> Floats:
    """Return a value as an array of shape (1 or n_bars, 1 or n_assets)."""
    array = _check.as_floats(name, value)
    if array.ndim == 0:
        return array.reshape(1, 1)
    if array.ndim == 1:
        if n_assets == 1 and len(array) == n_bars:
            return array.reshape(-1, 1)
        array = array.reshape(1, -1)
    rows, columns = array.shape if array.ndim == 2 else (-1, -1)
    if rows not in (1, n_bars) or columns not in (1, n_assets):
        raise ValueError(
            f"{name} has shape {np.shape(value)}; give one number, one per asset ({n_assets},), "
            f"one per bar ({n_bars}, 1) or ({n_bars}, {n_assets})"
        )
    return array


def full(name: str, value: Any, n_bars: int, n_assets: int) -> Floats:
    """Return a value as a full (n_bars, n_assets) matrix."""
    return np.ascontiguousarray(
        np.broadcast_to(shaped(name, value, n_bars, n_assets), (n_bars, n_assets))
    )


class Varying:
    """Collects options; `table` and `values` are what the kernel reads."""

    def __init__(self, n_bars: int, n_assets: int) -> None:
        self.shape = (n_bars, n_assets)
        self.table = np.zeros(len(Setting), SETTING)
        self.offsets = self.table["offset"]
        self.parts: list[Any] = [[0.0]]  # every option not given reads this zero
        self.used = 1

    def add(self, which: Setting, name: str, value: Any, missing: float = 0.0) -> None:
        """Add an option; None stands for `missing`."""
        if type(value) is float:
            self._add_numbers(which, value)
            return
        array = shaped(name, missing if value is None else value, *self.shape)
        rows, columns = array.shape
        row = self.table[which]
        row["offset"] = self.used
        row["row_step"] = columns if rows > 1 else 0
        row["column_step"] = 1 if columns > 1 else 0
        self.parts.append(array.ravel())
        self.used += array.size

    def add_tiers(self, tiers: Any, which: Setting = Setting.TIERS) -> None:
        """Add pairs of (from amount, rate)."""
        self.add_pairs(which, tiers)

    def add_rate(self, which: Setting, rate: float) -> None:
        """Add the one rate of every amount."""
        self._add_numbers(which, 0.0, rate)
        self.table["row_step"][which] = 1

    def _add_numbers(self, which: Setting, *numbers: float) -> None:
        self.offsets[which] = self.used
        if type(self.parts[-1]) is not list:
            self.parts.append([])
        self.parts[-1].extend(numbers)
        self.used += len(numbers)

    def add_pairs(self, which: Setting, given: Any) -> None:
        """Add pairs of numbers; `row_step` counts them."""
        pairs = np.asarray(given, np.float64)
        self.table[which]["offset"] = self.used
        self.table[which]["row_step"] = len(pairs)
        self.parts.append(pairs.ravel())
        self.used += pairs.size

    @property
    def values(self) -> Floats:
        """The flat buffer."""
        return np.concatenate(self.parts)
