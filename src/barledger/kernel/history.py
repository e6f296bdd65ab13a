"""Statistics of one variant that need its whole equity curve, or its records.

A thread keeps one curve and one log, which the next variant overwrites: the memory of a sweep does
not grow with its variants. The loop never calls this; who asks for none of it pays for none.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import int64, types
from numba.np.numpy_support import from_dtype

from barledger._jit import compiled
from barledger.kernel.codes import Category, Incident
from barledger.kernel.metrics import are_positive, feed_all
from barledger.kernel.types import FILL, EntryRow, FillRow, Floats, IncidentRow, Ints, MetricsRow
from barledger.kernel.world import (
    Rows,
    World,
    all_closes_of,
    all_fills_of,
    entries_of,
    equity_of,
    fills_of,
    incidents_of,
)

FAILED = 1
SHAPE, TAILS, RECORDS, OWN = 1, 2, 4, 8  # what is asked for
MEAN_EQUITY, ULCER, SKEW, KURTOSIS, OMEGA = 0, 1, 2, 3, 4
VALUE_AT_RISK, SHORTFALL, TAIL_RATIO = 5, 6, 7
SLIPPAGE, FINANCING, MARGIN_CALLS, FIRST_OWN = 8, 9, 10, 11  # columns of `Study.out`
TAIL = 0.05  # share of the periods that is a tail


class History(NamedTuple):
    """What a metric of one's own is reckoned from.

    `equity` (T,) at each close; `returns` (T,) of each bar, without deposits; `close` (T, N);
    `fills` in their order, none unless the metric asks for them; `initial` equity, before the
    first bar; bars a year.
    """

    equity: Floats
    returns: Floats
    close: Floats
    fills: Rows[FillRow]
    initial: float
    per_year: float


class Study(NamedTuple):
    """Where it goes, and memory to work in.

    `out` (n, columns); `sums` (n, blocks, 2) of returns and of their squares between the bars
    `edges`; `curves` (n, T) of returns, where it has rows; `returns` and `sorted` (T,) and
    `flow_bars` and `flows` (events,) are the thread's.
    """

    wanted: int
    initial: float
    per_year: float
    metrics: Rows[MetricsRow]
    out: Floats
    sums: Floats
    edges: Ints
    curves: Floats
    returns: Floats
    sorted: Floats
    flow_bars: Ints
    flows: Floats


_floats = types.Array(types.float64, 1, "C")
_matrix = types.Array(types.float64, 2, "C")
_history = types.NamedTuple(
    (
        _floats,
        _floats,
        _matrix,
        types.Array(from_dtype(FILL), 1, "C"),
        types.float64,
        types.float64,
    ),
    History,
)
METRIC = int64(_history, _floats)


@compiled(entry=True)
def study(
    worlds: Rows[World], study: Study, own: Callable[[History, Floats], int], row: int
) -> int:
    """Write what one variant's finished world came to into row `row` of what `study` keeps."""
    world = worlds[0]
    equity = equity_of(world)
    flow_bars, flows = find_flows(world, study)
    begin(study.metrics[row], study.initial)
    feed_all(study.metrics[row], equity, flow_bars, flows, 0)
    find_returns(equity, study.initial, flow_bars, flows, study.returns)
    out = study.out[row]
    if study.edges.size > 0:
        sum_blocks(study.returns, study.edges, study.sums[row])
    if study.curves.shape[0] > 0:
        curve = study.curves[row]
        for bar in range(equity.size):
            curve[bar] = study.returns[bar]
    if study.wanted & SHAPE != 0:
        out[MEAN_EQUITY] = total_of(equity) / equity.size
        out[ULCER] = ulcer_of(equity, study.initial, flow_bars, flows)
        find_shape(study.returns, out)
    if study.wanted & TAILS != 0:
        for i in range(equity.size):
            study.sorted[i] = study.returns[i]
        find_tails(study.sorted, out)
    if study.wanted & RECORDS != 0:
        sum_records(world, out)
    if study.wanted & OWN != 0:
        fills: Any = all_fills_of(world)
        fills = fills[: world.used.fills]
        history = History(
            equity, study.returns, all_closes_of(world), fills, study.initial, study.per_year
        )
        return own(history, out[FIRST_OWN:])
    return 0


@compiled
def begin(metrics: MetricsRow, initial: float) -> None:
    """Before the first bar: nothing has been fed. What was held is known from the loop."""
    metrics.previous = initial
    metrics.peak = initial
    metrics.base = initial
    metrics.ratio = 1.0
    metrics.growth = 1.0


@compiled
def find_flows(world: World, study: Study) -> tuple[Ints, Floats]:
    """Copy what flowed in and out, and before which bars, from the log of entries."""
    entries: Rows[EntryRow] = entries_of(world)
    n = 0
    for i in range(world.used.entries):
        category = entries[i].category
        if category == Category.DEPOSIT or category == Category.WITHDRAWAL:
            study.flow_bars[n] = entries[i].bar
            study.flows[n] = entries[i].amount
            n += 1
    return study.flow_bars[:n], study.flows[:n]


@compiled
def find_returns(
    equity: Floats, initial: float, flow_bars: Ints, flows: Floats, out: Floats
) -> None:
    """Return of each bar on equity before it and what flowed in; 0 once that is not above 0."""
    if flow_bars.size == 0 and initial > 0.0 and are_positive(equity):
        out[0] = equity[0] / initial - 1.0
        later = out[1:]
        now = equity[1:]
        for i in range(now.size):
            later[i] = now[i] / equity[i] - 1.0
        return
    k = 0
    previous = initial
    for bar in range(equity.size):
        while k < flow_bars.size and flow_bars[k] == bar:
            previous += flows[k]
            k += 1
        out[bar] = equity[bar] / previous - 1.0 if previous > 0.0 else 0.0
        previous = equity[bar]


@compiled
def sum_blocks(returns: Floats, edges: Ints, sums: Floats) -> None:
    """Sum the returns of each block of bars, and their squares."""
    for block in range(edges.size - 1):
        total = 0.0
        squares = 0.0
        for bar in range(edges[block], edges[block + 1]):
            total += returns[bar]
            squares += returns[bar] * returns[bar]
        sums[block, 0] = total
        sums[block, 1] = squares


@compiled(fastmath={"contract", "nsz", "reassoc"})
def total_of(values: Floats) -> float:
    """Sum of the values."""
    total = 0.0
    for i in range(values.size):
        total += values[i]
    return total


@compiled
def ulcer_of(equity: Floats, initial: float, flow_bars: Ints, flows: Floats) -> float:
    """Root mean square of the drawdowns at all closes; the initial equity is a peak.

    A flow moves the peak in proportion, as long as there is equity before and after it.
    """
    k = 0
    peak = initial
    previous = initial
    total = 0.0
    for bar in range(equity.size):
        while k < flow_bars.size and flow_bars[k] == bar:
            if previous > 0.0 and previous + flows[k] > 0.0:
                peak *= (previous + flows[k]) / previous
            previous += flows[k]
            k += 1
        previous = equity[bar]
        peak = max(peak, previous)
        fall = previous / peak - 1.0
        total += fall * fall
    root: float = np.sqrt(total / equity.size)
    return root


@compiled(fastmath={"contract", "nsz", "reassoc"})
def find_shape(returns: Floats, out: Floats) -> None:
    """Skew and kurtosis of the population, kurtosis 3 when normal; gains over losses."""
    n = returns.size
    mean = total_of(returns) / n
    second = 0.0
    third = 0.0
    fourth = 0.0
    gains = 0.0
    losses = 0.0
    least = returns[0]
    most = returns[0]
    for i in range(n):
        away = returns[i] - mean
        square = away * away
        second += square
        third += square * away
        fourth += square * square
        gains += max(returns[i], 0.0)
        losses -= min(returns[i], 0.0)
        least = min(least, returns[i])
        most = max(most, returns[i])
    variance = second / n
    moves = most > least
    out[SKEW] = third / n / (variance * np.sqrt(variance)) if moves else np.nan
    out[KURTOSIS] = fourth / n / (variance * variance) if moves else np.nan
    out[OMEGA] = gains / losses if losses > 0.0 else np.nan


@compiled
def find_tails(values: Floats, out: Floats) -> None:
    """Quantile of the worst `TAIL` of returns, their mean, and the best tail over the worst.

    `values` are put in another order.
    """
    low = quantile(values, 0, TAIL)
    total = 0.0
    count = 0
    for i in range(values.size):
        if values[i] <= low:
            total += values[i]
            count += 1
    high = quantile(values, int(np.floor(TAIL * (values.size - 1))), 1.0 - TAIL)
    out[VALUE_AT_RISK] = low
    out[SHORTFALL] = total / count if count > 0 else np.nan
    out[TAIL_RATIO] = abs(high) / abs(low) if low != 0.0 else np.nan


@compiled
def quantile(values: Floats, first: int, share: float) -> float:
    """Value below which a share of the values lies, between two of them in a straight line.

    Those before place `first` are in place already, none of them above a later one.

    In the operations that NumPy's "linear" takes, so that both give the same bits.
    """
    place = share * (values.size - 1)
    below = int(np.floor(place))
    part = place - below
    low = select(values, first, below)
    high = low
    if below + 1 < values.size:
        high = values[below + 1]
        for i in range(below + 2, values.size):
            high = min(high, values[i])
    step = high - low
    return high - step * (1.0 - part) if part >= 0.5 else low + step * part


@compiled
def select(values: Floats, first: int, place: int) -> float:
    """Value at a place of the sorted values; none above it stays before it (Hoare, 1961)."""
    last = values.size - 1
    while first < last:
        pivot = values[(first + last) // 2]
        i = first
        j = last
        while i <= j:
            while values[i] < pivot:
                i += 1
            while pivot < values[j]:
                j -= 1
            if i <= j:
                kept = values[i]
                values[i] = values[j]
                values[j] = kept
                i += 1
                j -= 1
        if j < place:
            first = i
        if place < i:
            last = j
    found: float = values[place]
    return found


@compiled
def sum_records(world: World, out: Floats) -> None:
    """Money lost to slippage, borrow and interest and their like, and margin calls."""
    fills = fills_of(world)
    slippage = 0.0
    for i in range(world.used.fills):
        slippage += fills[i].slippage
    entries: Rows[EntryRow] = entries_of(world)
    financing = 0.0
    for i in range(world.used.entries):
        category = entries[i].category
        if category >= Category.BORROW and category <= Category.FUNDING:
            financing += entries[i].amount
    incidents: Rows[IncidentRow] = incidents_of(world)
    calls = 0
    for i in range(world.used.incidents):
        calls += incidents[i].kind == Incident.MARGIN_CALL
    out[SLIPPAGE] = slippage
    out[FINANCING] = financing
    out[MARGIN_CALLS] = calls
