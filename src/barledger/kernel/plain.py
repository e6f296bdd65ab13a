"""Structured rows where nothing is compiled: fields as attributes, as Numba has them.

numpy's own record arrays will not do: a record's methods hide fields such as `base` and `fill`.
"""

from typing import Any

import numpy as np


class PlainRow:
    """One row of a structured array; reads and writes go to the array."""

    __slots__ = ("_array", "_place")

    def __init__(self, array: Any, place: int) -> None:
        object.__setattr__(self, "_array", array)
        object.__setattr__(self, "_place", place)

    def __getattr__(self, name: str) -> Any:
        column = self._array[name]
        if column.dtype.names:
            return PlainRow(column, self._place)
        return column[self._place].item()

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, PlainRow):
            value = value._array[value._place]
        self._array[name][self._place] = value


class PlainRows:
    """A structured array whose rows are `PlainRow`."""

    __slots__ = ("array",)

    def __init__(self, array: Any) -> None:
        self.array = array

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.array)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return PlainRows(self.array[place])
        return PlainRow(self.array, place)

    def __setitem__(self, place: int, row: Any) -> None:
        self.array[place] = np.array(row._array[row._place])
