"""What a user gives by position or by label, as arrays that line up with the bars."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from barledger.data.foreign import as_polars, is_frame, library_of
from barledger.data.stamps import as_stamps

if TYPE_CHECKING:
    from barledger.data.bars import Bars

TIME_NAMES = ("time", "date", "datetime", "timestamp")


def mask(name: str, value: Any, bars: "Bars") -> npt.NDArray[np.bool_]:
    """Return signals as a boolean (T, N) matrix."""
    array = _matrix(name, value, bars)
    if array.dtype != np.bool_:
        raise TypeError(
            f"{name} must be boolean, was {array.dtype} data; compare first, e.g. {name} > 0"
        )
    return array


def numbers(name: str, value: Any, bars: "Bars") -> npt.NDArray[np.float64]:
    """Return numbers as a float64 (T, N) matrix; NaN where nothing is said."""
    array = _matrix(name, value, bars)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be numbers, was {array.dtype} data")
    if np.isinf(array).any():
        raise ValueError(f"{name} must be finite, or NaN for none; an infinite one was found")
    return np.ascontiguousarray(array, np.float64)


def by_label(name: str, value: Any, bars: "Bars") -> Any:
    """Return an option's value with frames lined up by label; anything else as it is.

    A pandas series may be labelled by asset, one number each, or by the times of the bars.
    """
    if not is_frame(value):
        return value
    if library_of(value) == "pandas" and not hasattr(value, "columns"):
        labels = [str(label) for label in value.index]
        if set(labels) == set(bars.assets) and len(labels) == len(bars.assets):
            return np.array([value.iloc[labels.index(asset)] for asset in bars.assets])
        if labels != [str(place) for place in range(len(labels))]:
            array = _by_label(name, value, bars)
            if len(array) != len(bars) or value.index.inferred_type == "string":
                raise ValueError(
                    f"{name} must be labelled by asset {bars.assets} or by the times of the bars"
                )
            return array.reshape(-1, 1)
        return value.to_numpy()
    return _by_label(name, value, bars)


def _matrix(name: str, value: Any, bars: "Bars") -> npt.NDArray[Any]:
    array = _by_label(name, value, bars) if is_frame(value) else np.asarray(value)
    if array.ndim == 1:
        array = array.reshape(-1, 1)
    if array.shape != bars.shape:
        raise ValueError(
            f"{name} must have the shape of the bars {bars.shape}, was {np.shape(value)}"
        )
    return array


def _by_label(name: str, value: Any, bars: "Bars") -> npt.NDArray[Any]:
    """Return a frame's cells, its columns in the order of the bars' assets."""
    import polars as pl

    _check_index(name, value, bars)
    data = as_polars(value, name)
    if isinstance(data, pl.Series):
        return data.to_numpy()
    times = [column for column in data.columns if column.lower() in TIME_NAMES]
    if times and times[0] not in bars.assets:
        _check_times(name, as_stamps(data[times[0]], name).times, bars)
        data = data.drop(times[0])
    if len(data.columns) == 1 == len(bars.assets):
        return data.to_series().to_numpy()
    if set(data.columns) != set(bars.assets):
        missing = sorted(set(bars.assets) - set(data.columns))
        extra = sorted(set(data.columns) - set(bars.assets))
        raise ValueError(
            f"{name} must have a column for each asset of the bars; missing {missing}, "
            f"unknown {extra}"
        )
    return data.select(bars.assets).to_numpy()


def _check_index(name: str, value: Any, bars: "Bars") -> None:
    """Raise when a pandas index of times is not the time of the bars."""
    index = getattr(value, "index", None) if library_of(value) == "pandas" else None
    if getattr(index, "inferred_type", None) in ("datetime64", "datetime", "date"):
        _check_times(name, as_stamps(index, name).times, bars)


def _check_times(name: str, times: npt.NDArray[Any], bars: "Bars") -> None:
    if len(times) != len(bars) or not (bars.time == times).all():
        raise ValueError(
            f"{name} must have the times of the bars ({len(bars)} from {bars.time[0]} to "
            f"{bars.time[-1]}); it has {len(times)} others: align the two first"
        )
