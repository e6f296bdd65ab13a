"""Checks shared by every option class: each error says what was wrong, found and expected."""

from collections.abc import Iterable
from dataclasses import MISSING, fields
from typing import Any

import numpy as np
import numpy.typing as npt

INFINITY = float("inf")
Number = float | npt.ArrayLike  # one number, or per asset, per bar, or both


def choice(name: str, value: str, known: Iterable[str]) -> None:
    """Raise unless `value` is one of the known words."""
    words = list(known)
    if value not in words:
        raise ValueError(f"{name} must be one of {', '.join(words)}; was {value!r}")


def at_least(
    name: str, value: Number | None, low: float, *, strict: bool = False, known: bool = False
) -> None:
    """Raise unless every number is at least `low`.

    NaN ("none here") and infinity pass, unless every number must be `known`.
    """
    is_plain = type(value) is float and low <= value < INFINITY
    if value is None or (is_plain and not (strict and value == low)):
        return
    numbers = as_floats(name, value)
    if known and not np.isfinite(numbers).all():
        raise ValueError(f"{name} must be finite, was {numbers[~np.isfinite(numbers)].flat[0]:g}")
    bad = numbers <= low if strict else numbers < low
    if bad.any():
        sign = ">" if strict else ">="
        raise ValueError(f"{name} must be {sign} {low:g}, was {numbers[bad].flat[0]:g}")


def single(name: str, value: float | None, low: float, *, strict: bool = False) -> None:
    """Raise unless the value is one finite number, at least `low`; None passes."""
    if value is not None and type(value) is not float and np.ndim(value) > 0:
        raise TypeError(f"{name} must be one number, was of shape {np.shape(value)}")
    at_least(name, value, low, strict=strict, known=True)


def whole(name: str, value: int, low: int) -> None:
    """Raise unless the value is a whole number, at least `low`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be a whole number, was {value!r}")
    if value < low:
        raise ValueError(f"{name} must be >= {low}, was {value}")


def fraction(name: str, value: float | None, *, above_zero: bool = True) -> None:
    """Raise unless the number is a fraction: 0.05 means 5 %."""
    if value is None:
        return
    if not (0.0 < value < 1.0 or (value == 0.0 and not above_zero)):
        raise ValueError(
            f"{name} must be a fraction between 0 and 1 (0.05 means 5 %), was {value:g}"
        )


def as_floats(name: str, value: Any) -> npt.NDArray[np.float64]:
    """Return the value as a float64 array; booleans and text are refused."""
    if hasattr(value, "to_numpy"):
        value = value.to_numpy()
    array = np.asarray(value)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be a number or an array of numbers, was {array.dtype} data")
    return array.astype(np.float64, copy=False)


def shown(value: Any, *, full: bool = False) -> str:
    """Return a frozen option as the call that makes it; `full` names the defaults too."""
    parts = []
    for each in fields(value):
        given = getattr(value, each.name)
        default = each.default
        is_default = default is not MISSING and type(given) is type(default) and given == default
        if full or not is_default:
            text = f"array{given.shape}" if isinstance(given, np.ndarray) else repr(given)
            parts.append(f"{each.name}={text}")
    return f"{type(value).__name__}({', '.join(parts)})"
