"""Signals, targets and orders as one array of flags, and the numbers that go with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from barledger import _check
from barledger.data.foreign import as_polars, is_frame
from barledger.data.stamps import as_stamps
from barledger.kernel.codes import Flag
from barledger.kernel.types import ORDER_IN
from barledger.lowering import aligned
from barledger.lowering.kinds import KIND_COLUMNS, TIE_COLUMNS, put_kinds

if TYPE_CHECKING:
    from barledger.data.bars import Bars

Bytes = npt.NDArray[np.int8]
DIRECTIONS = ("long", "short", "both")
UNITS = ("percent", "value", "shares")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is wished on each bar for each asset.

    `flags` (T, N): bits of `Flag`, a view of the first cells of a buffer padded for the kernel;
    `numbers` (T, N): targets or signed quantities where flagged; `orders`: explicit orders one by
    one, sorted by bar, then asset, then as given.
    """

    kind: str
    buffer: Bytes
    flags: Bytes
    numbers: npt.NDArray[np.float64] | None = None
    orders: npt.NDArray[np.void] | None = None
    unit: str = "shares"

    def of(self, columns: Sequence[int]) -> "Wishes":
        """Return the wishes for some columns."""
        picked = list(columns)
        buffer, flags = blank((len(self.flags), len(picked)))
        flags[:] = self.flags[:, picked]
        orders = self.orders
        if orders is not None:
            orders = orders[np.isin(orders["asset"], picked)].copy()
            orders["asset"] = np.searchsorted(picked, orders["asset"])
        numbers = None if self.numbers is None else np.ascontiguousarray(self.numbers[:, picked])
        return Wishes(self.kind, buffer, flags, numbers, orders, self.unit)


def from_signals(bars: "Bars", direction: str, **given: Any) -> Wishes:
    """Return the wishes of boolean signals: entries, exits, short_entries, short_exits."""
    _check.choice("direction", direction, DIRECTIONS)
    if all(value is None for value in given.values()):
        raise ValueError("no signals were given: pass entries, exits, short_entries, short_exits")
    has_short = given["short_entries"] is not None or given["short_exits"] is not None
    if has_short and direction != "long":
        raise ValueError(
            f"direction={direction!r} says what entries and exits mean when no short signals are "
            "given; short_entries or short_exits were given too"
        )
    bits = {
        "entries": Flag.SHORT_ENTRY if direction == "short" else Flag.LONG_ENTRY,
        "exits": {"long": Flag.LONG_EXIT, "short": Flag.SHORT_EXIT, "both": Flag.SHORT_ENTRY}[
            direction
        ],
        "short_entries": Flag.SHORT_ENTRY,
        "short_exits": Flag.SHORT_EXIT,
    }
    buffer, flags = blank(bars.shape)
    for name, value in given.items():
        if value is not None:
            signal = aligned.mask(name, value, bars).view(np.int8)
            flags |= signal if bits[name] == 1 else signal * np.int8(bits[name])
    return Wishes("signals", buffer, flags)


def from_holding(bars: "Bars") -> Wishes:
    """Return the wish to enter each asset on its first bar with a price."""
    priced = ~np.isnan(bars._close)
    entries = np.zeros(bars.shape, np.bool_)
    columns = np.flatnonzero(priced.any(axis=0))
    entries[np.argmax(priced[:, columns], axis=0), columns] = True
    return from_signals(
        bars, "long", entries=entries, exits=None, short_entries=None, short_exits=None
    )


def from_targets(bars: "Bars", targets: Any, unit: str) -> Wishes:
    """Return the wishes of target holdings; NaN leaves a holding alone."""
    _check.choice("unit", unit, UNITS)
    wanted = aligned.numbers("targets", targets, bars)
    return _numbered("targets", bars, wanted, np.equal(wanted, wanted), Flag.TARGET, unit)


def from_quantities(bars: "Bars", quantity: Any) -> Wishes:
    """Return the wishes of signed quantities; NaN and 0 are no order."""
    wanted = aligned.numbers("quantity", quantity, bars)
    said = ~np.isnan(wanted) & (wanted != 0.0)
    return _numbered("orders", bars, wanted, said, Flag.ORDER, "shares")


def _numbered(
    kind: str, bars: "Bars", wanted: Any, said: npt.NDArray[np.bool_], flag: Flag, unit: str
) -> Wishes:
    buffer, flags = blank(bars.shape)
    np.multiply(said.view(np.int8), np.int8(flag), out=flags)
    return Wishes(kind, buffer, flags, wanted, None, unit)


def from_order_frame(bars: "Bars", frame: Any) -> Wishes:
    """Return the wishes of a frame of orders: bar or time, asset, quantity; several a bar."""
    import polars as pl

    table = as_polars(frame, "orders")
    if isinstance(table, pl.Series):
        raise TypeError("orders must be a frame of bar (or time), asset and quantity, was a series")
    names = {column.lower(): column for column in table.columns}
    if not {"asset", "quantity"} <= set(names) or not {"bar", "time"} & set(names):
        raise ValueError(
            f"orders need the columns bar (or time), asset and quantity; found "
            f"{', '.join(table.columns)}"
        )
    unknown = sorted(set(names) - {"bar", "time", "asset", "quantity", *KIND_COLUMNS, *TIE_COLUMNS})
    if unknown:
        raise ValueError(
            f"orders take the columns bar (or time), asset, quantity and, for those that wait, "
            f"{', '.join((*KIND_COLUMNS, *TIE_COLUMNS))}; found also {', '.join(unknown)}"
        )
    columns = {asset: column for column, asset in enumerate(bars.assets)}
    assets = [str(asset) for asset in table[names["asset"]].to_list()]
    strange = sorted(set(assets) - set(columns))
    if strange:
        raise ValueError(f"orders name unknown assets {strange}; the bars have {bars.assets}")
    orders = np.zeros(len(assets), ORDER_IN)
    orders["asset"] = [columns[asset] for asset in assets]
    orders["quantity"] = _check.as_floats("orders quantity", table[names["quantity"]])
    orders["bar"] = _bars_of(bars, table, names)
    put_kinds(orders, table, names)
    return _rows(bars, orders)


def _bars_of(bars: "Bars", table: Any, names: dict[str, str]) -> npt.NDArray[np.int64]:
    if "bar" in names:
        bar = table[names["bar"]]
        if len(bar) and not bar.dtype.is_integer():
            raise TypeError(f"orders' bars must be whole numbers, was {bar.dtype} data")
        if bar.null_count():
            raise ValueError("orders' bars must be whole numbers; some are null")
        at: npt.NDArray[np.int64] = bar.to_numpy().astype(np.int64)
    else:
        times = as_stamps(table[names["time"]], "orders time").times
        at = np.searchsorted(bars.time, times).astype(np.int64)
        wrong = (at >= len(bars)) | (bars.time[np.minimum(at, len(bars) - 1)] != times)
        if wrong.any():
            raise ValueError(f"orders are placed at bars; there is none at {times[wrong][0]}")
    if ((at < 0) | (at >= len(bars))).any():
        raise ValueError(f"orders' bars must lie in 0 … {len(bars) - 1}")
    return at


def _rows(bars: "Bars", orders: npt.NDArray[np.void]) -> Wishes:
    quantity = orders["quantity"]
    if np.isinf(quantity).any():
        raise ValueError("orders quantity must be finite, or NaN for none")
    orders = orders[~np.isnan(quantity) & (quantity != 0.0)]
    orders = orders[np.lexsort((orders["asset"], orders["bar"]))]
    buffer, flags = blank(bars.shape)
    flags[orders["bar"], orders["asset"]] = Flag.ORDER
    return Wishes("orders", buffer, flags, None, orders)


def is_order_frame(value: Any) -> bool:
    """Tell whether a value is a frame of orders one by one rather than a matrix."""
    if not is_frame(value) or not hasattr(value, "columns"):
        return False
    return "quantity" in [str(column).lower() for column in value.columns]


def blank(shape: tuple[int, int]) -> tuple[Bytes, Bytes]:
    """Return a buffer of whole words, and its first cells as a matrix of this shape."""
    cells = shape[0] * shape[1]
    buffer = np.zeros((cells // 8 + 1) * 8, np.int8)
    return buffer, buffer[:cells].reshape(shape)
