"""Running statistics of equity, fed in blocks; the same code serves the loop and the result."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import config, types
from numba.extending import intrinsic

from barledger._jit import compiled
from barledger.kernel.types import BLOCK, Floats, Ints, MetricsRow
from barledger.kernel.wings import wing
from barledger.kernel.world import World, buffer_of

PIECE = 32  # bars


def _bits_as_float() -> Callable[[int], float]:
    """Make the function that reads the bits of a whole number as a floating-point one."""
    if config.DISABLE_JIT:
        return lambda bits: float(np.int64(bits).view(np.float64))

    @intrinsic  # type: ignore[untyped-decorator]
    def read(_typing: Any, bits: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return builder.bitcast(args[0], context.get_value_type(types.float64))

        return types.float64(bits), build

    return read  # type: ignore[no-any-return]


float_of = _bits_as_float()


@compiled(fastmath={"contract", "nsz", "reassoc"})
def sum_returns(metrics: MetricsRow, values: Floats) -> None:
    """Add the block's sums of returns, of their squares and of squared losses."""
    r = values[0] / metrics.previous - 1.0
    total = r
    square = r * r
    loss = min(r, 0.0) * min(r, 0.0)
    now = values[1:]
    for i in range(now.size):
        r = now[i] / values[i] - 1.0
        total += r
        square += r * r
        loss += min(r, 0.0) * min(r, 0.0)
    metrics.returns += total
    metrics.squares += square
    metrics.downside += loss


@compiled
def sum_carefully(metrics: MetricsRow, values: Floats) -> None:
    """As `sum_returns` where equity touches zero: the return is 0 from then on."""
    previous = metrics.previous
    for i in range(values.size):
        r = values[i] / previous - 1.0 if previous > 0.0 else 0.0
        metrics.returns += r
        metrics.squares += r * r
        metrics.downside += min(r, 0.0) * min(r, 0.0)
        previous = values[i]


@compiled
def follow_drawdown(metrics: MetricsRow, values: Floats) -> None:
    """Follow the peak, the lowest ratio to it and the longest stretch below it."""
    peak = metrics.peak
    ratio = metrics.ratio
    floor = peak * ratio
    underwater = metrics.underwater
    longest = metrics.longest
    for i in range(values.size):
        x = values[i]
        if x >= peak:
            peak = x
            floor = x * ratio
            longest = max(longest, underwater)
            underwater = 0
        else:
            underwater += 1
            if x < floor:
                ratio = x / peak
                floor = x
    metrics.peak = peak
    metrics.ratio = ratio
    metrics.underwater = underwater
    metrics.longest = max(longest, underwater)


@compiled
def range_of(values: Floats) -> tuple[float, float]:
    """Smallest and largest of numbers above 0; where one is not, the first is not or the second NaN.

    Their bits are in the same order as whole numbers, which the compiler compares four at a time;
    of floats it takes one after another (0.46 ns a bar). Those of what is below 0 are below 0, those
    of NaN beyond all others.
    """
    bits: Ints = values.view(np.int64)
    lowest = bits[0]
    highest = bits[0]
    for i in range(bits.size):
        lowest = min(lowest, bits[i])
        highest = max(highest, bits[i])
    return float_of(lowest), float_of(highest)


@compiled
def are_positive(values: Floats) -> bool:
    """Whether every number is above 0; NaN is not."""
    if values.size == 0:
        return True
    least, most = range_of(values)
    return least > 0.0 and most == most


@compiled
def follow_below(metrics: MetricsRow, least: float, count: int) -> None:
    """As `follow_drawdown` for a block that stays below the peak."""
    metrics.underwater += count
    if least < metrics.peak * metrics.ratio:
        metrics.ratio = least / metrics.peak
    metrics.longest = max(metrics.longest, metrics.underwater)


@compiled
def follow_in_pieces(metrics: MetricsRow, values: Floats) -> None:
    """As `follow_drawdown` for numbers above 0, most of them below the peak."""
    for start in range(0, values.size, PIECE):
        piece = values[start : start + PIECE]
        least, most = range_of(piece)
        if most < metrics.peak:
            follow_below(metrics, least, piece.size)
        else:
            follow_drawdown(metrics, piece)


@compiled
def feed(metrics: MetricsRow, values: Floats) -> None:
    """Feed equity at the closes of successive bars, at most one block of them."""
    if values.size > 0:
        least, most = range_of(values)
        if metrics.previous > 0.0 and least > 0.0 and most == most:
            if least < most or least != metrics.previous:  # else every return is exactly 0
                sum_returns(metrics, values)
            if most < metrics.peak:
                follow_below(metrics, least, values.size)
            elif least == metrics.peak and most == least:
                metrics.longest = max(metrics.longest, metrics.underwater)
                metrics.underwater = 0
            else:
                follow_in_pieces(metrics, values)
        else:
            sum_carefully(metrics, values)
            follow_drawdown(metrics, values)
        metrics.previous = values[values.size - 1]
        metrics.periods += values.size


@wing
def feed_block(world: World) -> None:
    """Feed what has been gathered since the last block ended."""
    feed(world.metrics, buffer_of(world)[: world.metrics.filled])
    world.metrics.filled = 0


@compiled
def feed_flow(metrics: MetricsRow, flow: float) -> None:
    """Count a deposit (or withdrawal) into the base of the next return, not as a gain."""
    if metrics.previous > 0.0 and metrics.previous + flow > 0.0:
        metrics.peak *= (metrics.previous + flow) / metrics.previous
    metrics.growth *= metrics.previous / metrics.base
    metrics.previous += flow
    metrics.base = metrics.previous


@compiled
def feed_all(
    metrics: MetricsRow, values: Floats, flow_bars: Ints, flows: Floats, first: int
) -> None:
    """Feed equity at successive closes from absolute bar `first` on, and what flowed in between.

    Blocks end at multiples of their length and before every flow, as they do in the loop: the sums
    have the same bits.
    """
    bar = 0
    k = 0
    while bar < values.size:
        while k < flow_bars.size and flow_bars[k] == bar:
            feed_flow(metrics, flows[k])
            k += 1
        end = min(((first + bar) // BLOCK + 1) * BLOCK - first, values.size)
        if k < flow_bars.size:
            end = min(end, flow_bars[k])
        feed(metrics, values[bar:end])
        bar = end
