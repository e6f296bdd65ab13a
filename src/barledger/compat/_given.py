"""One call in VectorBT's words: prices, options and groups, checked and spread out."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np
import numpy.typing as npt

from barledger.compat import _words
from barledger.data.bars import Bars
from barledger.data.foreign import is_frame
from barledger.lowering.aligned import TIME_NAMES, by_label

Floats = npt.NDArray[np.float64]

COSTS = {  # our name: VectorBT's, its default
    "FEE_RATE": ("fees", 0.0),
    "FEE_FIXED": ("fixed_fees", 0.0),
    "SLIPPAGE": ("slippage", 0.0),
    "MIN_SIZE": ("min_size", 1e-8),
    "MAX_SIZE": ("max_size", np.inf),
    "STEP": ("size_granularity", np.nan),
    "IS_REFUSED": ("reject_prob", 0.0),
    "LOCKS": ("lock_cash", False),
    "CLIPS": ("allow_partial", True),
}
Words = tuple[str, Any, Mapping[str, int]]  # VectorBT's keyword, its default, what it means
CHOICES: dict[str, Words] = {
    "LONG_CONFLICT": ("upon_long_conflict", "ignore", _words.CONFLICTS),
    "SHORT_CONFLICT": ("upon_short_conflict", "ignore", _words.CONFLICTS),
    "DIRECTION_CONFLICT": ("upon_dir_conflict", "ignore", _words.DIRECTION_CONFLICTS),
    "OPPOSITE": ("upon_opposite_entry", "reversereduce", _words.OPPOSITES),
    "REPEAT": ("accumulate", False, _words.ACCUMULATE),
}
STOPS = ("sl_stop", "tp_stop")
STOP_CHOICES: dict[str, Words] = {
    "STOP_BASE": ("stop_entry_price", "close", _words.STOP_BASES),
    "STOP_FILL": ("stop_exit_price", "stoplimit", _words.STOP_FILLS),
    "UPON_STOP": ("upon_stop_exit", "close", _words.STOP_EXITS),
    "UPON_UPDATE": ("upon_stop_update", "override", _words.STOP_UPDATES),
}
# Keywords that say how VectorBT is to work, not what happens: nothing here depends on them.
WORKINGS = (
    "log", "max_logs", "seed", "use_numba", "engine", "attach_call_seq", "fill_pos_record",
    "init_temp_records", "row_wise", "keep_raw", "wrapper_kwargs", "trades_type",
)  # fmt: skip
# Keywords that run the caller's own code inside VectorBT's loop, or change what it is.
FOREIGN = {
    "signal_func_nb": "from_callback or a rule decides bar by bar here",
    "signal_args": "from_callback or a rule decides bar by bar here",
    "adjust_sl_func_nb": "give the stops as arrays",
    "adjust_sl_args": "give the stops as arrays",
    "adjust_tp_func_nb": "give the stops as arrays",
    "adjust_tp_args": "give the stops as arrays",
    "flexible": "give orders as a frame to bl.Portfolio.from_orders",
    "broadcast_kwargs": "arrays are spread over bars and assets as VectorBT does by default",
    "broadcast_named_args": "arrays are spread over bars and assets as VectorBT does by default",
    "template_mapping": "give the values themselves",
    "bm_close": "result.benchmark() is buy and hold of the same assets",
    "call_pre_segment": "it belongs to callbacks",
    "call_post_segment": "it belongs to callbacks",
}


class Call:
    """The options of one call; each is taken once, and what is left over is an error."""

    def __init__(self, name: str, known: Sequence[str], given: dict[str, Any]) -> None:
        self.name = name
        self.known = known
        self.given = given
        for word in given:
            self._check(word)

    def _check(self, word: str) -> None:
        if word in self.known or word in WORKINGS:
            return
        if word in FOREIGN:
            raise TypeError(f"{self.name} does not take {word}: {FOREIGN[word]}")
        near = get_close_matches(word, self.known, n=1)
        meant = f" (did you mean {near[0]}?)" if near else ""
        raise TypeError(
            f"{self.name} does not know {word}{meant}; it takes {', '.join(self.known)}"
        )

    def adds(self, **named: Any) -> None:
        """Take note of what has a place of its own in the call."""
        self.given = {**named, **self.given}

    def said(self) -> str:
        """Return the call in words."""
        parts = [f"{word}={_short(value)}" for word, value in self.given.items()]
        return f"{self.name}({', '.join(parts)})"

    def take(self, word: str, default: Any) -> Any:
        """Return what was given for a word, or its default."""
        value = self.given.get(word)
        return default if value is None else value


def _short(value: Any) -> str:
    shape = np.shape(value)
    return f"array{shape}" if shape else repr(value)


def bars_of(close: Any) -> Bars:
    """Return closes as bars: what is not `Bars` already is an array or a frame of closes."""
    if isinstance(close, Bars):
        if any(contract.kind in ("future", "perpetual") for contract in close.kinds):
            raise ValueError("VectorBT's account knows neither futures nor perpetuals")
        return close
    names = [str(column).lower() for column in getattr(close, "columns", ())]
    if is_frame(close) and set(names) & set(TIME_NAMES):
        return Bars.from_frame(close)
    return Bars.from_arrays(close)


def options_of(call: Call, bars: Bars) -> dict[str, Floats]:
    """Return the options that all orders share."""
    made = {
        ours: _words.numbers(word, call.take(word, default), bars)
        for ours, (word, default) in COSTS.items()
    }
    refused = made["IS_REFUSED"]
    if not ((refused == 0.0) | (refused == 1.0)).all():
        raise ValueError(
            "reject_prob must be 0 or 1: draw what is rejected yourself, such as "
            "reject_prob=rng.random(close.shape) < 0.1"
        )
    if (made["SLIPPAGE"] < 0.0).any() or not np.isfinite(made["SLIPPAGE"]).all():
        raise ValueError(f"slippage must be finite and >= 0, was {made['SLIPPAGE'].min():g}")
    for ours in ("FEE_RATE", "FEE_FIXED"):
        if not np.isfinite(made[ours]).all():
            raise ValueError(f"{COSTS[ours][0]} must be finite")
    return made


def matrix(name: str, value: Any, bars: Bars) -> Floats:
    """Return numbers as a full matrix (T, N)."""
    array = _words.numbers(name, value, bars)
    if array.shape == bars.shape:
        return np.ascontiguousarray(array)
    return np.ascontiguousarray(np.broadcast_to(array, bars.shape))


def previous(close: Floats) -> Floats:
    """Return the close of the bar before, NaN before the first."""
    shifted = np.full(close.shape, np.nan)
    shifted[1:] = close[:-1]
    return shifted


def known_before(call: Call, bars: Bars) -> Floats:
    """Return what -inf stands for as a price: the open, or without opens the close before."""
    opens = price_of(call, bars, "open")
    return previous(bars._close) if opens is None else opens


def price_of(call: Call, bars: Bars, name: str) -> Floats | None:
    """Return open, high or low as given, else as the bars have it; None: not known."""
    given = call.given.get(name)
    if given is not None:
        return matrix(name, given, bars)
    own: Floats = getattr(bars, f"_{name}")
    return own if len(own) else None


def order_prices(call: Call, bars: Bars) -> Floats | None:
    """Return the price of each order (T, N); None: the close."""
    given = call.take("price", np.inf)
    if np.ndim(given) == 0 and not is_frame(given) and given == np.inf:
        return None
    price = matrix("price", given, bars).copy()
    at_close = price == np.inf
    price[at_close] = bars._close[at_close]
    at_open = price == -np.inf
    if at_open.any():
        price[at_open] = known_before(call, bars)[at_open]
    if (price <= 0.0).any():
        raise ValueError("price must be > 0, inf for the close or -inf for the open")
    return price


def worths(call: Call, bars: Bars, price: Floats | None) -> Floats | None:
    """Return what positions are valued at for sizes (T, N); None: the order's price."""
    given = call.take("val_price", np.inf)
    own = bars._close if price is None else price
    if np.ndim(given) == 0 and not is_frame(given) and given == np.inf:
        if not np.isnan(own).any():
            return None
        worth = own.copy()
    else:
        worth = matrix("val_price", given, bars).copy()
        at_order = worth == np.inf
        worth[at_order] = own[at_order]
        before = worth == -np.inf
        if before.any():
            worth[before] = previous(bars._close)[before]
    if call.take("ffill_val_price", True):
        carry_on(worth)
    return worth


def carry_on(prices: Floats) -> None:
    """Fill what is not known with what was known last."""
    gaps = np.isnan(prices)
    if not gaps.any():
        return
    rows = np.where(gaps, 0, np.arange(len(prices))[:, None])
    np.maximum.accumulate(rows, axis=0, out=rows)
    prices[:] = np.take_along_axis(prices, rows, axis=0)


def signal(name: str, value: Any, bars: Bars) -> npt.NDArray[np.int8] | None:
    """Return signals as int8 (T, N), None for none."""
    if value is None or value is False:
        return None
    array = _words.spread(name, value, bars)
    if array.dtype != np.bool_:
        raise TypeError(
            f"{name} must be boolean, was {array.dtype} data; compare first, e.g. {name} > 0"
        )
    return np.ascontiguousarray(np.broadcast_to(array, bars.shape)).view(np.int8)


def labels_of(group_by: Any, bars: Bars) -> tuple[str, ...] | None:
    """Return the group of each column, None for none."""
    if group_by is None or group_by is False:
        return None
    n_assets = bars.shape[1]
    if group_by is True:
        return ("group",) * n_assets
    if is_frame(group_by):
        group_by = by_label("group_by", group_by, bars)
    labels = tuple(str(label) for label in group_by)
    if len(labels) != n_assets:
        raise ValueError(
            f"group_by must be True, False or one label for each of the {n_assets} assets, had "
            f"{len(labels)}"
        )
    return labels
