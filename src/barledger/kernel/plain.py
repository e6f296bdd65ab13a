"""Arrays where nothing is compiled: fields as attributes, as Numba has them, and places checked.

numpy's own record arrays will not do: a record's methods hide fields such as `base` and `fill`.
Compiled code knows neither lengths nor places below zero, so both are refused here.
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
        if not 0 <= place < len(self.array):
            raise no_place(place, self.array)
        return PlainRow(self.array, place)

    def __setitem__(self, place: int, row: Any) -> None:
        if not 0 <= place < len(self.array):
            raise no_place(place, self.array)
        self.array[place] = np.array(row._array[row._place])


class PlainNumbers(np.ndarray[Any, np.dtype[Any]]):
    """An array of numbers without places below zero; one beyond the end numpy refuses itself."""

    def __getitem__(self, place: Any) -> Any:
        if is_negative(place):
            raise no_place(place, self)
        return np.ndarray.__getitem__(self, place)

    def __setitem__(self, place: Any, number: Any) -> None:
        if is_negative(place):
            raise no_place(place, self)
        np.ndarray.__setitem__(self, place, number)


def is_negative(place: Any) -> bool:
    """Whether a place, or one of two, is below zero; a slice is none."""
    if isinstance(place, tuple):
        return any(part < 0 for part in place)
    return not isinstance(place, slice) and place < 0


def no_place(place: Any, array: Any) -> IndexError:
    """Return what to raise for a place that an array does not have."""
    return IndexError(f"the kernel asked for place {place} of an array of {array.shape}")
