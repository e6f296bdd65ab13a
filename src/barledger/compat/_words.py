"""VectorBT's words and numbers as arrays that the kernel reads."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from barledger.data.foreign import is_frame
from barledger.kernel.codes import Conflict, DirectionConflict
from barledger.kernel.net_codes import (
    NetOpposite,
    NetRepeat,
    NetSize,
    StopBase,
    StopFill,
    StopUpdate,
)
from barledger.lowering.aligned import by_label

Floats = npt.NDArray[np.float64]

DIRECTIONS = {"longonly": 1, "shortonly": -1, "both": 0}
SIZE_TYPES = {
    "amount": NetSize.AMOUNT,
    "value": NetSize.VALUE,
    "percent": NetSize.PERCENT,
    "targetamount": NetSize.TARGET_AMOUNT,
    "targetvalue": NetSize.TARGET_VALUE,
    "targetpercent": NetSize.TARGET_PERCENT,
}
ACCUMULATE = {
    "disabled": NetRepeat.DISABLED,
    "both": NetRepeat.BOTH,
    "addonly": NetRepeat.ADD_ONLY,
    "removeonly": NetRepeat.REMOVE_ONLY,
}
CONFLICTS = {
    "ignore": Conflict.IGNORE,
    "entry": Conflict.ENTRY,
    "exit": Conflict.EXIT,
    "adjacent": Conflict.HOLD,
    "opposite": Conflict.SWITCH,
}
DIRECTION_CONFLICTS = {
    "ignore": DirectionConflict.IGNORE,
    "long": DirectionConflict.LONG,
    "short": DirectionConflict.SHORT,
    "adjacent": DirectionConflict.KEEP,
    "opposite": DirectionConflict.FLIP,
}
OPPOSITES = {
    "ignore": NetOpposite.IGNORE,
    "close": NetOpposite.CLOSE,
    "closereduce": NetOpposite.CLOSE_REDUCE,
    "reverse": NetOpposite.REVERSE,
    "reversereduce": NetOpposite.REVERSE_REDUCE,
}
STOP_BASES = {
    "valprice": StopBase.WORTH,
    "price": StopBase.PRICE,
    "fillprice": StopBase.FILL_PRICE,
    "close": StopBase.CLOSE,
}
STOP_FILLS = {
    "stoplimit": StopFill.STOP_LIMIT,
    "stopmarket": StopFill.STOP_MARKET,
    "price": StopFill.PRICE,
    "close": StopFill.CLOSE,
}
STOP_EXITS = {word: code for word, code in OPPOSITES.items() if word != "ignore"}
STOP_UPDATES = {
    "keep": StopUpdate.KEEP,
    "override": StopUpdate.OVERRIDE,
    "overridenan": StopUpdate.OVERRIDE_NAN,
}


def spread(name: str, value: Any, bars: Any) -> npt.NDArray[Any]:
    """Return a value as an array of shape (1 or T, 1 or N), VectorBT's way.

    One dimension is one number a bar, or where its length is not that of the bars one an asset.
    """
    if is_frame(value):
        value = by_label(name, value, bars)
    array = np.asarray(value)
    if array.ndim == 0:
        return array.reshape(1, 1)
    n_bars, n_assets = bars.shape
    if array.ndim == 1:
        array = array.reshape((-1, 1) if len(array) == n_bars else (1, -1))
    if array.ndim != 2 or array.shape[0] not in (1, n_bars) or array.shape[1] not in (1, n_assets):
        raise ValueError(
            f"{name} has shape {np.shape(value)}; give one value, one per bar ({n_bars},), one "
            f"per asset (1, {n_assets}), or ({n_bars}, {n_assets})"
        )
    return array


def numbers(name: str, value: Any, bars: Any) -> Floats:
    """Return numbers as an array (1 or T, 1 or N)."""
    array = spread(name, value, bars)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must be a number or an array of numbers, was {array.dtype} data")
    return array.astype(np.float64, copy=False)


def codes(name: str, value: Any, bars: Any, words: Mapping[str, int]) -> Floats:
    """Return the codes of words, as an array (1 or T, 1 or N)."""
    if isinstance(value, str):
        return np.full((1, 1), float(_code(name, value, words)))
    array = spread(name, value, bars)
    made = [_code(name, word, words) for word in array.ravel()]
    return np.array(made, np.float64).reshape(array.shape)


def _code(name: str, word: Any, words: Mapping[str, int]) -> int:
    if isinstance(word, bool | np.bool_) and name == "accumulate":
        word = "both" if word else "disabled"
    plain = str(word).lower().replace("_", "").replace(" ", "")
    if plain not in words:
        raise ValueError(f"{name} must be one of {', '.join(words)}; was {word!r}")
    return int(words[plain])
