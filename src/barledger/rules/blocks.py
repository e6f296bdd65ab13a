"""Building blocks that a rule may call: each fills `out` from one asset's prices.

Compiled, and callable from Python too. A window with a missing value is NaN, the first bars
included; nothing looks ahead.
"""

import numpy as np
import numpy.typing as npt

from barledger._jit import compiled
from barledger.kernel.types import Floats

Bytes = npt.NDArray[np.int8]


@compiled(entry=True)
def sma(values: Floats, length: int, out: Floats) -> None:
    """Mean of the last `length` values up to each bar.

    The running sum carries its rounding errors along: a price that stands still has a mean that
    stands still, so that nothing crosses there.
    """
    total = 0.0
    error = 0.0
    missing = 0
    for i in range(values.size):
        x = values[i]
        if x == x:
            after = total + x
            error += x - (after - total) if abs(total) >= abs(x) else total - (after - x)
            total = after
        else:
            missing += 1
        if i >= length:
            x = -values[i - length]
            if x == x:
                after = total + x
                error += x - (after - total) if abs(total) >= abs(x) else total - (after - x)
                total = after
            else:
                missing -= 1
        out[i] = (total + error) / length if i >= length - 1 and missing == 0 else np.nan


@compiled(entry=True)
def ema(values: Floats, length: int, out: Floats) -> None:
    """Exponential mean, weight 2 / (length + 1), from the mean of the first `length` values.

    A missing value is skipped: the mean of the bar before stands.
    """
    weight = 2.0 / (length + 1.0)
    count = 0
    total = 0.0
    for i in range(values.size):
        x = values[i]
        out[i] = np.nan
        if x == x:
            count += 1
            if count <= length:
                total = total + x if count < length else (total + x) / length
            else:
                total += weight * (x - total)
        if count >= length:
            out[i] = total


@compiled(entry=True)
def rolling_max(values: Floats, length: int, out: Floats) -> None:
    """Highest of the last `length` values up to each bar."""
    best = 0
    for i in range(values.size):
        out[i] = np.nan
        if values[i] != values[i]:
            best = i
        elif values[best] == values[best]:
            if values[i] >= values[best]:
                best = i
        if best <= i - length:
            best = i - length + 1
            for k in range(best + 1, i + 1):
                if values[k] != values[k] or values[k] >= values[best]:
                    best = k
        if i >= length - 1:
            out[i] = values[best]


@compiled(entry=True)
def rolling_min(values: Floats, length: int, out: Floats) -> None:
    """Lowest of the last `length` values up to each bar."""
    best = 0
    for i in range(values.size):
        out[i] = np.nan
        if values[i] != values[i]:
            best = i
        elif values[best] == values[best]:
            if values[i] <= values[best]:
                best = i
        if best <= i - length:
            best = i - length + 1
            for k in range(best + 1, i + 1):
                if values[k] != values[k] or values[k] <= values[best]:
                    best = k
        if i >= length - 1:
            out[i] = values[best]


@compiled(entry=True)
def rolling_std(values: Floats, length: int, out: Floats) -> None:
    """Standard deviation (ddof 1) of the last `length` values up to each bar, in two passes."""
    for i in range(values.size):
        out[i] = np.nan
        if i >= length - 1 and length > 1:
            total = 0.0
            for k in range(i - length + 1, i + 1):
                total += values[k]
            mean = total / length
            square = 0.0
            for k in range(i - length + 1, i + 1):
                square += (values[k] - mean) * (values[k] - mean)
            out[i] = np.sqrt(square / (length - 1))


@compiled(entry=True)
def rsi(values: Floats, length: int, out: Floats) -> None:
    """Relative strength index after Wilder (1978), 0 to 100; 50 where nothing has moved.

    The first mean is that of the first `length` changes; from then on weight 1 / length.
    """
    gain = 0.0
    loss = 0.0
    count = 0
    for i in range(values.size):
        out[i] = np.nan
        change = values[i] - values[i - 1] if i > 0 else np.nan
        if change == change:
            count += 1
            weight = 1.0 / min(count, length)
            gain += weight * (max(change, 0.0) - gain)
            loss += weight * (max(-change, 0.0) - loss)
        if count >= length:
            moved = gain + loss
            out[i] = 100.0 * gain / moved if moved > 0.0 else 50.0


@compiled(entry=True)
def atr(high: Floats, low: Floats, close: Floats, length: int, out: Floats) -> None:
    """Average true range after Wilder (1978); the first bar's range is high - low."""
    mean = 0.0
    count = 0
    for i in range(close.size):
        out[i] = np.nan
        reach = high[i] - low[i]
        if i > 0 and close[i - 1] == close[i - 1]:
            reach = max(reach, abs(high[i] - close[i - 1]), abs(low[i] - close[i - 1]))
        if reach == reach:
            count += 1
            mean += (reach - mean) / min(count, length)
        if count >= length:
            out[i] = mean


@compiled(entry=True)
def crossings(a: Floats, b: Floats, up: int, down: int, marks: Bytes, flags: Bytes) -> None:
    """Flag where `a` crosses above `b` with `up` and below it with `down`, as signals do.

    A crossing is on the other side now, and was not on the bar before; nothing crosses where one
    of the two is NaN. `marks` is a row of ``scratch.marks``, overwritten.
    """
    n = a.size
    above = marks[:n]
    for i in range(n):
        above[i] = (a[i] >= b[i]) + 2 * (a[i] <= b[i])
    if n > 0:
        flags[0] = 0
    now = above[1:]
    later = flags[1:]
    for i in range(n - 1):
        rose = (now[i] == 1) & (above[i] >= 2)
        fell = (now[i] == 2) & ((above[i] & 1) == 1)
        later[i] = up * rose + down * fell


@compiled(entry=True)
def rank(values: Floats, out: Floats) -> None:
    """Rank of each value among those given, 1 for the lowest; equal ones share the mean rank."""
    for i in range(values.size):
        below = 0
        equal = 0
        for k in range(values.size):
            below += values[k] < values[i]
            equal += values[k] == values[i]
        out[i] = below + 0.5 * (equal + 1) if equal > 0 else np.nan
