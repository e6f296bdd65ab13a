"""Matrices of prices: made C-contiguous float64 once, checked once, never repaired.

Numba compiles anew for a read-only, Fortran-ordered or integer array, so none leaves this room.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from barledger.data.foreign import as_polars, is_frame, library_of
from barledger.data.stamps import Times, shown

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.int8]
Mask = npt.NDArray[np.bool_]
Scalar = TypeVar("Scalar", bound=np.generic)

MARKS = ("mark_open", "mark_high", "mark_low", "mark")
PRICES = ("open", "high", "low", "close", "settlement", *MARKS)
MATRICES = ("open", "high", "low", "close", "volume", "settlement", *MARKS)
ABOVE_ZERO = float(np.nextafter(0.0, 1.0))
OUTSIDE = 1e-6  # an open or close may be this fraction outside the range: feeds round each apart


def with_marks_together(matrices: dict[str, Any]) -> dict[str, Any]:
    """Return matrices as `Bars.from_arrays` takes them: four of marks as one."""
    if "mark_high" not in matrices:
        return matrices
    kept = {name: matrix for name, matrix in matrices.items() if name not in MARKS}
    return {**kept, "mark": tuple(matrices[name] for name in MARKS)}


class Labels(NamedTuple):
    """What a frame says of its own rows and columns; None where it says nothing."""

    times: Any = None
    assets: tuple[str, ...] | None = None


class Grid(NamedTuple):
    """Names of the T rows and N columns, for errors."""

    times: Times
    assets: tuple[str, ...]

    def at(self, cell: Mask) -> str:
        """Return the words for the first true cell of a (T, N) mask."""
        bar, asset = divmod(int(np.argmax(cell)), cell.shape[1])
        moment = f" ({shown(self.times[bar])})" if self.times.dtype.kind == "M" else ""
        return f"{self.assets[asset]} on bar {bar}{moment}"


def as_matrix(name: str, value: object) -> Floats:
    """Return numbers of shape (T,) or (T, N) as writable C-contiguous float64 (T, N).

    An array that already is one is not copied.
    """
    array = _two_dimensional(name, _plain(name, value))
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be an array of numbers, was {_named(array.dtype)} data")
    return np.require(array, np.float64, ["C", "A", "W", "E"])


def as_tradable(value: object) -> Flags:
    """Return truth values, or numbers 0 and 1, of shape (T,) or (T, N) as int8 (T, N)."""
    array = _two_dimensional("tradable", _plain("tradable", value))
    if array.dtype.kind not in "biuf":
        raise TypeError(f"tradable must be true or false, was {_named(array.dtype)} data")
    if array.dtype.kind != "b" and not np.isin(array, (0, 1)).all():
        raise ValueError("tradable must be true or false (1 or 0); other numbers were found")
    return np.require(array, np.int8, ["C", "A", "W", "E"])


def view(matrix: npt.NDArray[Scalar]) -> npt.NDArray[Scalar] | None:
    """Return a read-only view, None of a matrix that was not given (no rows)."""
    return locked(matrix) if len(matrix) else None


def locked(array: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
    """Return a read-only view."""
    seen = array.view()
    seen.flags.writeable = False
    return seen


def common_labels(given: dict[str, object]) -> Labels:
    """Return the column names and pandas index of the closes; other frames must have the same."""
    common = _labels_of(given["close"])
    for name, value in given.items():
        own = _labels_of(value)
        if own.assets and common.assets and len(own.assets) > 1 and own.assets != common.assets:
            raise ValueError(
                f"{name} must have the columns of close in the same order, {_brief(common.assets)}; "
                f"had {_brief(own.assets)}"
            )
        if (
            own.times is not None
            and common.times is not None
            and not own.times.equals(common.times)
        ):
            raise ValueError(f"{name} must have the index of close: align the two first")
    if common.assets and common.assets[0].lower() == "close":
        return Labels(common.times, None)
    return common


def _labels_of(value: object) -> Labels:
    if not is_frame(value):
        return Labels()
    columns: Any = getattr(value, "columns", None)
    assets = None if columns is None else tuple(str(column) for column in columns)
    index: Any = getattr(value, "index", None) if library_of(value) == "pandas" else None
    is_dated = getattr(index, "inferred_type", None) in ("datetime64", "datetime", "date")
    return Labels(index if is_dated else None, assets)


def check_shapes(close: Floats, others: dict[str, Any]) -> None:
    """Raise unless every matrix given has the shape of the closes, and there is a bar at all."""
    if close.size == 0:
        raise ValueError(
            f"close must hold at least one bar of one asset, was of shape {close.shape}"
        )
    for name, matrix in others.items():
        if matrix.shape != close.shape:
            raise ValueError(
                f"{name} must have the shape of close {close.shape}, was {matrix.shape}"
            )


def check_prices(matrices: dict[str, Floats], grid: Grid, may_be_negative: Sequence[bool]) -> None:
    """Raise at the first cell that no market can have made; NaN may stand anywhere."""
    free = np.asarray(may_be_negative, np.bool_)
    for name, matrix in matrices.items():
        if name == "volume":
            _check_extremes(name, matrix, grid, lowest=0.0, is_free=np.zeros_like(free))
        else:
            _check_extremes(name, matrix, grid, lowest=ABOVE_ZERO, is_free=free)
    high, low = matrices.get("high"), matrices.get("low")
    if high is not None and low is not None:
        _check_range(high, low, grid)
    for name in ("open", "close"):
        if name in matrices:
            _check_inside(name, matrices[name], high, low, grid)
    if "mark_high" in matrices and "mark_low" in matrices:
        _check_range(matrices["mark_high"], matrices["mark_low"], grid, "mark ")


def _check_extremes(name: str, matrix: Floats, grid: Grid, lowest: float, is_free: Mask) -> None:
    """Raise for infinite cells, and for cells under `lowest` of assets that are not free."""
    least, most = np.fmin.reduce(matrix, axis=0), np.fmax.reduce(matrix, axis=0)
    if np.isinf(least).any() or np.isinf(most).any():
        raise ValueError(
            f"{name} must be finite or NaN, was infinite for {grid.at(np.isinf(matrix))}"
        )
    if not (least < lowest)[~is_free].any():
        return
    wrong = (matrix < lowest) & ~is_free
    found = matrix[wrong][0]
    rule = (
        ">= 0" if name == "volume" else "> 0 (only futures may be 0 or negative; no price is NaN)"
    )
    raise ValueError(f"{name} must be {rule}, was {found:g} for {grid.at(wrong)}")


def _check_range(high: Floats, low: Floats, grid: Grid, whose: str = "") -> None:
    wrong = high < low
    if wrong.any():
        raise ValueError(
            f"{whose}high must be >= {whose}low, was {high[wrong][0]:g} under low {low[wrong][0]:g} "
            f"for {grid.at(wrong)}"
        )


def _check_inside(
    name: str, prices: Floats, high: Floats | None, low: Floats | None, grid: Grid
) -> None:
    """Raise where an open or close lies outside its bar's range by more than rounding."""
    for bound, word, sign in ((high, "high", 1.0), (low, "low", -1.0)):
        if bound is None:
            continue
        outside = prices > bound if sign > 0 else prices < bound
        if not outside.any():
            continue
        outside[outside] = sign * (prices - bound)[outside] > OUTSIDE * np.abs(bound[outside])
        if outside.any():
            raise ValueError(
                f"{name} must lie within the bar's range, was {prices[outside][0]:g} with {word} "
                f"{bound[outside][0]:g} for {grid.at(outside)}"
            )


def _plain(name: str, value: object) -> npt.NDArray[Any]:
    """Return a frame, series, list or array as a numpy array, nulls as NaN."""
    if not is_frame(value):
        return np.asarray(value)
    import polars as pl

    data = as_polars(value, name)
    frame = data.to_frame() if isinstance(data, pl.Series) else data
    for column, dtype in frame.schema.items():
        if not (dtype.is_numeric() or dtype == pl.Boolean):
            raise TypeError(
                f"{name} must be an array of numbers, was {dtype} in column {column!r}; a frame "
                "with times or names in it goes to Bars.from_frame"
            )
    exact = [column for column, dtype in frame.schema.items() if dtype.is_decimal()]
    array: npt.NDArray[Any] = frame.with_columns(pl.col(exact).cast(pl.Float64)).to_numpy()
    return array


def _two_dimensional(name: str, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if array.ndim == 1:
        return array.reshape(-1, 1)
    if array.ndim != 2:
        raise ValueError(f"{name} must have shape (T,) or (T, N), was {array.shape}")
    return array


def _brief(names: tuple[str, ...]) -> str:
    return ", ".join(names) if len(names) <= 6 else f"{', '.join(names[:6])}, …"


def _named(dtype: np.dtype[Any]) -> str:
    kinds = {"O": "object", "U": "text", "T": "text", "S": "bytes", "b": "bool", "M": "date"}
    return kinds.get(dtype.kind, str(dtype))
