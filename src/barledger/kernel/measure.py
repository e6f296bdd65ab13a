"""Statistics of an equity curve that is there already, in the blocks that the loop feeds."""

from barledger._jit import compiled
from barledger.kernel.metrics import feed_all
from barledger.kernel.types import Floats, Ints, MetricsRow
from barledger.kernel.world import Rows


@compiled(entry=True)
def measure(
    rows: Rows[MetricsRow], values: Floats, flow_bars: Ints, flows: Floats, first: int
) -> int:
    """Feed equity at successive closes to rows[0]; `first` is the absolute bar of values[0].

    Returns the number of bars fed.
    """
    feed_all(rows[0], values, flow_bars, flows, first)
    return values.size
