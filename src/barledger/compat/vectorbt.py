"""VectorBT's constructors by their own keywords, run by this kernel; returns a `Result`.

`close`, sizes, prices and signals are arrays or frames as VectorBT takes them. Where it does
something that this does not, the keyword is refused with a reason, never ignored in silence.
"""

from typing import Any

import numpy as np

from barledger.compat import _given, _run, _words
from barledger.compat._records import trades
from barledger.compat._run import RejectedOrder
from barledger.compat._stats import stats
from barledger.kernel.codes import Flag
from barledger.lowering.wishes import Wishes, blank
from barledger.result import Result

__all__ = ["RejectedOrder", "from_holding", "from_orders", "from_signals", "stats", "trades"]

SHARED = (
    "price", "fees", "fixed_fees", "slippage", "min_size", "max_size", "size_granularity",
    "reject_prob", "lock_cash", "allow_partial", "raise_reject", "val_price", "open", "init_cash",
    "cash_sharing", "call_seq", "ffill_val_price", "update_value", "max_orders", "group_by",
    "freq", "fillna_close", "record",
)  # fmt: skip
SIGNALS = (
    "accumulate", "upon_long_conflict", "upon_short_conflict", "upon_dir_conflict",
    "upon_opposite_entry", "high", "low", "sl_stop", "sl_trail", "tp_stop", "stop_entry_price",
    "stop_exit_price", "upon_stop_exit", "upon_stop_update", "use_stops",
)  # fmt: skip


def from_orders(
    close: Any,
    size: Any = np.inf,
    size_type: Any = "amount",
    direction: Any = "both",
    **options: Any,
) -> Result:
    """Simulate one order a bar and asset.

    Parameters
    ----------
    close
        Closes (T,) or (T, N), an array, a frame or `Bars`.
    size
        Number (T, N) of each order, NaN for none; infinite: all that fits.
    size_type
        ``"amount"``, ``"value"``, ``"percent"`` (of what is free), ``"targetamount"``,
        ``"targetvalue"`` or ``"targetpercent"`` (of equity).
    direction
        ``"longonly"``, ``"shortonly"`` (a positive size sells) or ``"both"``.
    **options
        VectorBT's: price, fees, fixed_fees, slippage, min_size, max_size, size_granularity,
        reject_prob (0 or 1), lock_cash, allow_partial, raise_reject, val_price, open, init_cash,
        cash_sharing, call_seq, ffill_val_price, update_value, max_orders, group_by, freq,
        fillna_close; and `record` as in `bl.Portfolio`.

    Returns
    -------
    Result
        One account an asset, or a group of assets with cash_sharing.

    Examples
    --------
    >>> result = from_orders([1.0, 2.0, 4.0], [10.0, float("nan"), -10.0])
    >>> result.fills.select("quantity", "price").rows()
    [(10.0, 1.0), (-10.0, 4.0)]
    """
    call = _given.Call("from_orders", SHARED, options)
    call.adds(size=size, size_type=size_type, direction=direction)
    bars = _given.bars_of(close)
    numbers = _given.matrix("size", size, bars)
    buffer, flags = blank(bars.shape)
    np.multiply(~np.isnan(numbers), np.int8(Flag.ORDER), out=flags)
    made = _given.options_of(call, bars)
    made["SIZE_KIND"] = _words.codes("size_type", size_type, bars, _words.SIZE_TYPES)
    made["SIDES"] = _words.codes("direction", direction, bars, _words.DIRECTIONS)
    wishes = Wishes("orders", buffer, flags, numbers)
    return _run.run_call(call, bars, wishes, made, {})


def from_signals(
    close: Any,
    entries: Any = None,
    exits: Any = None,
    short_entries: Any = None,
    short_exits: Any = None,
    *,
    size: Any = np.inf,
    size_type: Any = "amount",
    direction: Any = "longonly",
    **options: Any,
) -> Result:
    """Simulate signals, each filled on its own bar.

    Parameters
    ----------
    close
        Closes (T,) or (T, N), an array, a frame or `Bars`.
    entries, exits, short_entries, short_exits
        Boolean (T,) or (T, N).
    size
        Number of each order; infinite (default): all that fits.
    size_type
        ``"amount"``, ``"value"`` or ``"percent"`` (of what is free).
    direction
        What entries and exits mean when no short signals are given: ``"longonly"`` (default),
        ``"shortonly"`` or ``"both"``, where an exit is a short entry.
    **options
        As in `from_orders`, and VectorBT's accumulate, upon_long_conflict, upon_short_conflict,
        upon_dir_conflict, upon_opposite_entry, high, low, sl_stop, sl_trail, tp_stop,
        stop_entry_price, stop_exit_price, upon_stop_exit, upon_stop_update, use_stops.

    Returns
    -------
    Result
        One account an asset, or a group of assets with cash_sharing.

    Examples
    --------
    >>> result = from_signals([1.0, 2.0, 4.0], [True, False, False], [False, False, True])
    >>> result.fills.select("quantity", "price").rows()
    [(100.0, 1.0), (-100.0, 4.0)]
    """
    call = _given.Call("from_signals", SHARED + SIGNALS, options)
    call.adds(size=size, size_type=size_type, direction=direction)
    bars = _given.bars_of(close)
    made = _given.options_of(call, bars)
    made["SIZE"] = _words.numbers("size", size, bars)
    made["SIZE_KIND"] = _words.codes("size_type", size_type, bars, _words.SIZE_TYPES)
    if (made["SIZE_KIND"] >= _words.SIZE_TYPES["targetamount"]).any():
        raise ValueError(
            f"size_type of signals must be amount, value or percent, was {size_type!r}; targets "
            "go to from_orders"
        )
    for ours, (word, default, words) in _given.CHOICES.items():
        made[ours] = _words.codes(word, call.take(word, default), bars, words)
    signals = (entries, exits, short_entries, short_exits)
    wishes = _signals(bars, signals, direction)
    return _run.run_call(call, bars, wishes, made, _run.stops_of(call, bars, made))


def from_holding(close: Any, **options: Any) -> Result:
    """Buy on the first bar with a price and hold; options as in `from_orders`.

    Parameters
    ----------
    close
        Closes (T,) or (T, N), an array, a frame or `Bars`.
    **options
        As in `from_orders`; `direction` is ``"longonly"`` by default.

    Returns
    -------
    Result
        One account an asset, or a group of assets with cash_sharing.
    """
    bars = _given.bars_of(close)
    priced = ~np.isnan(bars._close)
    entries = np.zeros(bars.shape, np.bool_)
    columns = np.flatnonzero(priced.any(axis=0))
    entries[np.argmax(priced[:, columns], axis=0), columns] = True
    given = {"direction": "longonly", **options, "accumulate": False}
    return from_signals(bars, entries, None, **given)


def _signals(bars: Any, given: tuple[Any, ...], direction: Any) -> Wishes:
    """Return signals as flags."""
    names = ("entries", "exits", "short_entries", "short_exits")
    if all(value is None for value in given):
        raise ValueError(f"no signals were given: pass {', '.join(names)}")
    masks = [_given.signal(name, each, bars) for name, each in zip(names, given, strict=True)]
    buffer, flags = blank(bars.shape)
    if masks[2] is not None or masks[3] is not None:
        bits: tuple[Any, ...] = (
            Flag.LONG_ENTRY, Flag.LONG_EXIT, Flag.SHORT_ENTRY, Flag.SHORT_EXIT,
        )  # fmt: skip
    else:
        sides = _words.codes("direction", direction, bars, _words.DIRECTIONS)
        enters = np.where(sides < 0, Flag.SHORT_ENTRY, Flag.LONG_ENTRY).astype(np.int8)
        leaves = np.where(sides < 0, Flag.SHORT_EXIT, Flag.LONG_EXIT)
        leaves = np.where(sides == 0, Flag.SHORT_ENTRY, leaves).astype(np.int8)
        bits = (enters, leaves, 0, 0)
    for mask, bit in zip(masks, bits, strict=True):
        if mask is not None:
            flags |= mask * np.int8(bit) if np.ndim(bit) == 0 else mask * bit
    return Wishes("signals", buffer, flags)
