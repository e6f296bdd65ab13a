"""Statistics of an equity curve that is there already, in the blocks that the loop feeds."""

from barledger._jit import compiled
from barledger.kernel.metrics import feed, feed_flow
from barledger.kernel.types import BLOCK, Floats, Ints, MetricsRow
from barledger.kernel.world import Rows


@compiled(entry=True)
def measure(
    rows: Rows[MetricsRow], values: Floats, flow_bars: Ints, flows: Floats, first: int
) -> int:
    """Feed equity at successive closes to rows[0]; `first` is the absolute bar of values[0].

    Blocks end at multiples of their length and before every flow, as they do in the loop: the sums
    have the same bits. Returns the number of bars fed.
    """
    metrics = rows[0]
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
    return bar
