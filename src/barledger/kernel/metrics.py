"""Running statistics of equity, fed in blocks; the same code serves the loop and the result."""

from barledger._jit import compiled
from barledger.kernel.types import Floats, MetricsRow


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
def lowest(values: Floats) -> float:
    """Smallest number of a block."""
    least: float = values[0]
    for i in range(values.size):
        least = min(least, values[i])
    return least


@compiled
def feed(metrics: MetricsRow, values: Floats) -> None:
    """Feed equity at the closes of successive bars, at most one block of them."""
    if values.size > 0:
        if lowest(values) > 0.0 and metrics.previous > 0.0:
            sum_returns(metrics, values)
        else:
            sum_carefully(metrics, values)
        follow_drawdown(metrics, values)
        metrics.previous = values[values.size - 1]
        metrics.periods += values.size


@compiled
def feed_flow(metrics: MetricsRow, flow: float) -> None:
    """Count a deposit (or withdrawal) into the base of the next return, not as a gain."""
    if metrics.previous > 0.0 and metrics.previous + flow > 0.0:
        metrics.peak *= (metrics.previous + flow) / metrics.previous
    metrics.growth *= metrics.previous / metrics.base
    metrics.previous += flow
    metrics.base = metrics.previous
