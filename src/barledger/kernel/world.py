"""The world of one run: one record that every compiled function takes, and views of its arrays.

A record passes as one pointer, a tuple of forty arrays as three hundred numbers: with the record
the whole loop compiles in seconds. Small things (rules, account, statistics) lie in the record
itself; of each array it holds address and length. `positions_of(world)` and its like make the
array again, at no cost once compiled. Whoever makes a world keeps its arrays alive.
"""

import ctypes
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import numpy as np
from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array
from numba.np.numpy_support import from_dtype

from barledger.kernel.plain import PlainNumbers, PlainRows
from barledger.kernel.types import (
    CONTRACT,
    ENTRY,
    EVENT,
    FILL,
    FUNDING,
    INCIDENT,
    LIVE,
    MARKET_ORDER,
    MOVED,
    ORDER,
    ORDER_IN,
    POSITION,
    SETTING,
    STOP,
    USED,
    AccountRow,
    ContractRow,
    Counts,
    EntryRow,
    EventRow,
    FillRow,
    Floats,
    FundingRow,
    IncidentRow,
    Ints,
    LegRow,
    LiveRow,
    MetricsRow,
    MovedRow,
    OrderInRow,
    OrderRow,
    PositionRow,
    RulesRow,
    SettingRow,
    StopRow,
    UsedRow,
    dtype_of,
)

Row = TypeVar("Row")


class Rows(Protocol[Row]):
    """An array of structured rows."""

    @property
    def size(self) -> int:
        """Number of rows."""
        ...

    def __getitem__(self, place: int) -> Row: ...
    def __setitem__(self, place: int, row: Row) -> None: ...


class Own(Protocol):
    """What lies in the record itself. `saved` and `used_before` are scratch.

    `n_listed` counts the targets that take the short way at the coming instant.
    """

    rules: RulesRow
    account: AccountRow
    saved: AccountRow
    metrics: MetricsRow
    leg: LegRow
    used: Counts
    used_before: Counts
    n_bars: int
    n_assets: int
    n_listed: int


class World(Own, Protocol):
    """The whole record: its own fields, and those lengths of `ARRAYS` that decide something.

    An array of length 0 is a feature that nobody asked for.
    """

    orders_n: int
    fills_n: int
    entries_n: int
    incidents_n: int
    live_n: int
    stops_n: int
    taken_up_n: int
    moved_n: int
    across_n: int
    volume_n: int
    high_n: int
    low_n: int
    taken_n: int
    orders_in_n: int
    tradable_n: int
    equity_n: int
    buffer_n: int
    due_n: int
    days_n: int
    months_n: int
    events_n: int
    settlement_bars_n: int
    fundings_n: int
    span_months_n: int
    net_n: int
    worth_n: int
    net_stops_n: int
    balances_n: int


F8, I8, I1 = np.dtype(np.float64), np.dtype(np.int64), np.dtype(np.int8)
# name: (dtype, number of dimensions); two-dimensional ones have a column an asset.
ARRAYS: dict[str, tuple[np.dtype[Any], int]] = {
    "open": (F8, 2),
    "high": (F8, 2),
    "low": (F8, 2),
    "close": (F8, 2),
    "volume": (F8, 2),
    "fill": (F8, 2),
    "tradable": (I1, 2),
    "flags": (I1, 1),
    "words": (I8, 1),
    "numbers": (F8, 2),
    "orders_in": (ORDER_IN, 1),
    "contracts": (CONTRACT, 1),
    "settings": (SETTING, 1),
    "values": (F8, 1),
    "sequence": (I8, 2),
    "events": (EVENT, 1),
    "settlement_bars": (I8, 1),
    "settlements": (F8, 2),
    "due_bars": (I8, 1),
    "days": (I8, 1),
    "months": (I8, 1),
    "positions": (POSITION, 1),
    "stops": (STOP, 1),
    "taken_up": (USED, 1),
    "moved": (MOVED, 1),
    "across": (F8, 2),
    "held": (I8, 1),
    "live": (LIVE, 1),
    "queue": (I8, 1),
    "spare": (I8, 1),
    "losers": (I8, 1),
    "keys": (F8, 1),
    "ranked": (F8, 1),
    "due": (F8, 1),
    "taken": (I8, 1),
    "orders": (ORDER, 1),
    "fills": (FILL, 1),
    "entries": (ENTRY, 1),
    "incidents": (INCIDENT, 1),
    "counts": (I8, 1),
    "rejected": (I8, 1),
    "equity": (F8, 1),
    "buffer": (F8, 1),
    "mark_open": (F8, 2),
    "mark_high": (F8, 2),
    "mark_low": (F8, 2),
    "mark_close": (F8, 2),
    "tiers": (F8, 1),
    "fundings": (FUNDING, 1),
    "span_lines": (F8, 1),
    "span_months": (I8, 1),
    "span_products": (F8, 1),
    "span_spreads": (F8, 1),
    "span_delivery": (F8, 1),
    "span_offsets": (F8, 1),
    "span_legs": (F8, 1),
    "span_scratch": (F8, 1),
    "net": (F8, 1),
    "net_where": (I8, 1),
    "worth": (F8, 2),
    "net_stops": (F8, 1),
    "balances": (F8, 1),
}

# Functions called by an address that lies in the world; machine code knows them by their places.
WINGS = (
    "apply_events",
    "are_stops_quiet",
    "arrange",
    "arrange_groups",
    "begin_atomic",
    "bisect",
    "be_maker",
    "bracket_margin",
    "cancel_others",
    "check_listed",
    "check_submitted",
    "claim_group",
    "close_listed",
    "count_day_trade",
    "decide_orders",
    "decide_targets",
    "empty_balances",
    "end_of_turn",
    "expire",
    "expire_before",
    "feed_block",
    "fit_cap",
    "fit_floor",
    "fit_span",
    "force",
    "guard",
    "happen",
    "impact",
    "is_leg_safe",
    "liquidate_perpetuals",
    "list_targets",
    "most_to_short",
    "move_prices",
    "note_leg",
    "offered_at_open",
    "offered_within",
    "open_listed",
    "option_claim",
    "part_now",
    "part_to_close",
    "pay_funding",
    "queue_stops",
    "rate_of_leg",
    "rest",
    "rich_fee",
    "roll_all",
    "run_trailing",
    "safe_mark",
    "serve_listed",
    "serve_net",
    "settle",
    "share_out",
    "span_need",
    "standing_move",
    "stop_positions",
    "test_extremes",
    "test_losses",
    "undo_atomic",
)
_own = dtype_of(Own)
WORLD = np.dtype(
    [(name, _own[name]) for name in _own.names or ()]
    + [(f"{name}_at", np.int64) for name in ARRAYS]
    + [(f"{name}_n", np.int64) for name in ARRAYS]
    + [("wings", np.int64, (len(WINGS),))],
    align=True,
)


def _view(
    name: str, *, kind: Any = None, ends: bool = False, is_line: bool = False
) -> Callable[[World], Any]:
    """Make the function that turns address and length of one array into the array.

    Places are never negative: without a length there is nothing to be added to one that is, which
    spares four of the nine instructions of an access. Who asks `size` or a slice needs `ends`.
    `is_line` makes one dimension of two; `kind` is the type of rows where it is another.
    """
    dtype, ndim = ARRAYS[name]
    dtype = kind or dtype
    ends = ends or bool(config.BOUNDSCHECK)
    if config.DISABLE_JIT:
        return lambda world: plain_view(world, name, dtype, is_line)
    layout = "C" if ends or ndim == 1 else "A"  # of "A" numba asks the strides, not the shape
    element = types.Array(from_dtype(dtype), 1 if is_line else ndim, layout)

    @intrinsic  # type: ignore[untyped-decorator]
    def view(_typing: Any, world: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            def field(wanted: str) -> Any:
                kind = context.get_data_type(types.int64)
                offset = signature.args[0].offset(wanted)
                place = cgutils.get_record_member(builder, args[0], offset, kind)
                return context.unpack_value(builder, types.int64, place)

            size = context.get_constant(types.intp, dtype.itemsize)
            shape, strides = [field(f"{name}_n")], [size]
            if ndim == 2:
                shape.append(field("n_assets"))
                strides.insert(0, builder.mul(size, shape[1]))
            if is_line:
                shape, strides = [builder.mul(*shape)], strides[1:]
            if not ends:
                shape = [context.get_constant(types.intp, 0)] * len(shape)
            array = make_array(element)(context, builder)
            start = builder.inttoptr(field(f"{name}_at"), array.data.type)
            populate_array(array, start, shape, strides, size, meminfo=None)
            return array._getvalue()

        return element(world), build

    return view  # type: ignore[no-any-return]


def _fetch(_typing: Any, prices: Any, bar: Any, asset: Any) -> Any:
    """Emit what has the processor fetch prices[bar, asset] before it is needed.

    The prices of what is held lie a whole row of assets apart from bar to bar: without it each of
    them is waited for. A place beyond the array does no harm.
    """

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = make_array(signature.args[0])(context, builder, args[0])
        steps = cgutils.unpack_tuple(builder, array.strides, 2)
        whole, pointer, short = context.get_value_type(types.intp), cgutils.voidptr_t, INT32
        start = builder.ptrtoint(array.data, whole)
        parts = [builder.mul(place, step) for place, step in zip(args[1:], steps, strict=True)]
        place = builder.add(builder.add(start, parts[0]), parts[1])
        kind = cgutils.ir.FunctionType(cgutils.ir.VoidType(), [pointer, short, short, short])
        ask = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        read, keep, data = (cgutils.ir.Constant(short, mode) for mode in (0, 3, 1))
        builder.call(ask, [builder.inttoptr(place, pointer), read, keep, data])
        return context.get_dummy_value()

    return types.none(prices, types.int64, types.int64), build


INT32 = cgutils.ir.IntType(32)
fetch: Callable[[Floats, int, int], None] = (
    (lambda prices, bar, asset: None) if config.DISABLE_JIT else intrinsic(_fetch)
)


def as_rows(array: Any) -> Any:
    """Structured array as the kernel takes it, also where nothing is compiled."""
    return PlainRows(array) if config.DISABLE_JIT else array


def plain_view(world: Any, name: str, dtype: np.dtype[Any], is_line: bool = False) -> Any:
    """Array of a world outside compiled code."""
    ndim = ARRAYS[name][1]
    count = int(getattr(world, f"{name}_n"))
    shape = (count, int(world.n_assets)) if ndim == 2 else (count,)
    if is_line:
        shape = (int(np.prod(shape)),)
    size = int(np.prod(shape)) * dtype.itemsize
    if size == 0:
        array = np.empty(shape, dtype)
    else:
        memory = (ctypes.c_char * size).from_address(getattr(world, f"{name}_at"))
        array = np.frombuffer(memoryview(memory), dtype).reshape(shape)
    return as_rows(array) if dtype.names else array.view(PlainNumbers)


open_of: Callable[[World], Floats] = _view("open")
high_of: Callable[[World], Floats] = _view("high")
low_of: Callable[[World], Floats] = _view("low")
close_of: Callable[[World], Floats] = _view("close")
volume_of: Callable[[World], Floats] = _view("volume")
fill_of: Callable[[World], Floats] = _view("fill")
tradable_of: Callable[[World], Any] = _view("tradable")
flags_of: Callable[[World], Any] = _view("flags")
words_of: Callable[[World], Ints] = _view("words", ends=True)
numbers_of: Callable[[World], Floats] = _view("numbers")
orders_in_of: Callable[[World], Rows[OrderInRow]] = _view("orders_in")
contracts_of: Callable[[World], Rows[ContractRow]] = _view("contracts")
settings_of: Callable[[World], Rows[SettingRow]] = _view("settings")
values_of: Callable[[World], Floats] = _view("values")
sequence_of: Callable[[World], Ints] = _view("sequence")
events_of: Callable[[World], Rows[EventRow]] = _view("events")
settlement_bars_of: Callable[[World], Ints] = _view("settlement_bars", ends=True)
settlements_of: Callable[[World], Floats] = _view("settlements")
due_bars_of: Callable[[World], Ints] = _view("due_bars")
days_of: Callable[[World], Ints] = _view("days")
months_of: Callable[[World], Ints] = _view("months")
positions_of: Callable[[World], Rows[PositionRow]] = _view("positions")
stops_of: Callable[[World], Rows[StopRow]] = _view("stops")
moved_of: Callable[[World], Rows[MovedRow]] = _view("moved")
across_of: Callable[[World], Floats] = _view("across")
taken_up_of: Callable[[World], Rows[UsedRow]] = _view("taken_up")
held_of: Callable[[World], Ints] = _view("held")
live_of: Callable[[World], Rows[LiveRow]] = _view("live")
queue_of: Callable[[World], Ints] = _view("queue")
spare_of: Callable[[World], Ints] = _view("spare")
losers_of: Callable[[World], Ints] = _view("losers")
keys_of: Callable[[World], Floats] = _view("keys")
ranked_of: Callable[[World], Floats] = _view("ranked")
due_of: Callable[[World], Floats] = _view("due")
taken_of: Callable[[World], Ints] = _view("taken", ends=True)
orders_of: Callable[[World], Rows[OrderRow]] = _view("orders")
market_orders_of: Callable[[World], Rows[OrderRow]] = _view("orders", kind=MARKET_ORDER)
fills_of: Callable[[World], Rows[FillRow]] = _view("fills")
entries_of: Callable[[World], Rows[EntryRow]] = _view("entries")
incidents_of: Callable[[World], Rows[IncidentRow]] = _view("incidents")
counts_of: Callable[[World], Ints] = _view("counts")
rejected_of: Callable[[World], Ints] = _view("rejected", ends=True)
equity_of: Callable[[World], Floats] = _view("equity", ends=True)
buffer_of: Callable[[World], Floats] = _view("buffer", ends=True)
mark_open_of: Callable[[World], Floats] = _view("mark_open")
mark_high_of: Callable[[World], Floats] = _view("mark_high")
mark_low_of: Callable[[World], Floats] = _view("mark_low")
mark_close_of: Callable[[World], Floats] = _view("mark_close")
tiers_of: Callable[[World], Floats] = _view("tiers")
fundings_of: Callable[[World], Rows[FundingRow]] = _view("fundings")
net_of: Callable[[World], Floats] = _view("net")
net_where_of: Callable[[World], Ints] = _view("net_where", ends=True)
worth_of: Callable[[World], Floats] = _view("worth")
net_stops_of: Callable[[World], Floats] = _view("net_stops")
balances_of: Callable[[World], Floats] = _view("balances")
span_lines_of: Callable[[World], Floats] = _view("span_lines", ends=True)
span_months_of: Callable[[World], Ints] = _view("span_months", ends=True)
span_products_of: Callable[[World], Floats] = _view("span_products", ends=True)
span_spreads_of: Callable[[World], Floats] = _view("span_spreads", ends=True)
span_delivery_of: Callable[[World], Floats] = _view("span_delivery", ends=True)
span_offsets_of: Callable[[World], Floats] = _view("span_offsets", ends=True)
span_legs_of: Callable[[World], Floats] = _view("span_legs", ends=True)
span_scratch_of: Callable[[World], Floats] = _view("span_scratch", ends=True)

# With their ends, to be sliced; prices in one line, cell by cell.
all_closes_of: Callable[[World], Floats] = _view("close", ends=True)
all_fills_of: Callable[[World], Rows[FillRow]] = _view("fills", ends=True)
open_line_of: Callable[[World], Floats] = _view("open", ends=True, is_line=True)
high_line_of: Callable[[World], Floats] = _view("high", ends=True, is_line=True)
low_line_of: Callable[[World], Floats] = _view("low", ends=True, is_line=True)
close_line_of: Callable[[World], Floats] = _view("close", ends=True, is_line=True)
fill_line_of: Callable[[World], Floats] = _view("fill", ends=True, is_line=True)
