"""Rules that are ready to sweep: each is one idea in a few lines, to copy and to change.

All are long only, and signal when a condition begins to hold; `crossings` says when that is.
"""

from typing import Any

import numpy as np

from barledger.kernel.types import Floats
from barledger.rules.blocks import (
    crossings,
    ema,
    rolling_max,
    rolling_min,
    rolling_std,
    rsi,
    sma,
)
from barledger.rules.rule import Indicator, Rule

LONG_ENTRY, LONG_EXIT, SHORT_ENTRY, SHORT_EXIT = 1, 2, 4, 8  # what a rule writes into `flags`


def _ready(params: str, needs: tuple[str, ...] = (), **bank: Indicator) -> Any:
    names = tuple(params.split())
    return lambda function: Rule(function, names, bank, needs=needs, is_trusted=True)


def sma_of_close(bars: Any, length: float, out: Floats) -> None:
    """Simple mean of closes."""
    sma(bars.close, int(length), out)


def ema_of_close(bars: Any, length: float, out: Floats) -> None:
    """Exponential mean of closes."""
    ema(bars.close, int(length), out)


def rsi_of_close(bars: Any, length: float, out: Floats) -> None:
    """Relative strength index of closes."""
    rsi(bars.close, int(length), out)


def highest_before(bars: Any, length: float, out: Floats) -> None:
    """Highest high of the bars before."""
    out[:1] = np.nan
    rolling_max(bars.high[:-1], int(length), out[1:])


def lowest_before(bars: Any, length: float, out: Floats) -> None:
    """Lowest low of the bars before."""
    out[:1] = np.nan
    rolling_min(bars.low[:-1], int(length), out[1:])


def score_of_close(bars: Any, length: float, out: Floats) -> None:
    """Deviations of each close from the mean of the last closes; NaN where they do not move."""
    mean = np.empty_like(out)
    sma(bars.close, int(length), mean)
    rolling_std(bars.close, int(length), out)
    np.copyto(out, np.divide(bars.close - mean, out, out=np.full_like(out, np.nan), where=out > 0))


def gain_of_close(bars: Any, length: float, out: Floats) -> None:
    """Return over so many bars."""
    days = int(length)
    out[:days] = np.nan
    np.divide(bars.close[days:], bars.close[:-days], out=out[days:])
    out[days:] -= 1.0


def deviation_of_returns(bars: Any, length: float, out: Floats) -> None:
    """Standard deviation of returns."""
    returns = np.full_like(out, np.nan)
    np.divide(bars.close[1:], bars.close[:-1], out=returns[1:])
    rolling_std(returns, int(length), out)


@_ready("fast slow", fast=sma_of_close, slow=sma_of_close)
def sma_cross(bars, params, flags, scratch):  # type: ignore[no-untyped-def]
    """Buy when the `fast` mean of closes crosses above the `slow` one, sell when below."""
    crossings(scratch.fast, scratch.slow, LONG_ENTRY, LONG_EXIT, scratch.marks[0], flags)


@_ready("fast slow", fast=ema_of_close, slow=ema_of_close)
def ema_cross(bars, params, flags, scratch):  # type: ignore[no-untyped-def]
    """Buy when the `fast` exponential mean crosses above the `slow` one, sell when below."""
    crossings(scratch.fast, scratch.slow, LONG_ENTRY, LONG_EXIT, scratch.marks[0], flags)


@_ready("length low high", length=rsi_of_close)
def rsi_reversal(bars, params, flags, scratch):  # type: ignore[no-untyped-def]
    """Buy when the RSI of `length` falls below `low`, sell when it rises above `high`."""
    index = scratch.length
    for i in range(1, flags.size):
        if index[i] < params.low and index[i - 1] >= params.low:
            flags[i] = LONG_ENTRY
        elif index[i] > params.high and index[i - 1] <= params.high:
            flags[i] = LONG_EXIT


@_ready("length width", length=score_of_close)
def bollinger(bars, params, flags, scratch):  # type: ignore[no-untyped-def]
    """Buy when the close falls below the band `width` deviations under the mean; sell at the mean."""
    score = scratch.length
    for i in range(1, flags.size):
        if score[i] < -params.width and score[i - 1] >= -params.width:
            flags[i] = LONG_ENTRY
        elif score[i] >= 0.0 and score[i - 1] < 0.0:
            flags[i] = LONG_EXIT


@_ready("enter leave", ("high", "low"), enter=highest_before, leave=lowest_before)
def donchian(bars, params, flags, scratch):  # type: ignore[no-untyped-def]
    """Buy on a close above the high of `enter` bars before, sell below the low of `leave` bars."""
    close = bars.close
    for i in range(1, flags.size):
        if close[i] > scratch.enter[i]:
            flags[i] = LONG_ENTRY
        elif close[i] < scratch.leave[i]:
            flags[i] = LONG_EXIT


@_ready("length threshold", length=gain_of_close)
def momentum(bars, params, flags, scratch):  # type: ignore[no-untyped-def]
    """Buy when the return of `length` bars rises above `threshold`, sell when it falls below."""
    gain = scratch.length
    for i in range(1, flags.size):
        if gain[i] > params.threshold and not gain[i - 1] > params.threshold:
            flags[i] = LONG_ENTRY
        elif gain[i] < params.threshold and not gain[i - 1] < params.threshold:
            flags[i] = LONG_EXIT


@_ready("length enter leave", length=score_of_close)
def mean_reversion(bars, params, flags, scratch):  # type: ignore[no-untyped-def]
    """Buy when the close is `enter` deviations below its mean, sell when within `leave` of it."""
    score = scratch.length
    for i in range(1, flags.size):
        if score[i] < -params.enter and not score[i - 1] < -params.enter:
            flags[i] = LONG_ENTRY
        elif score[i] > -params.leave and not score[i - 1] > -params.leave:
            flags[i] = LONG_EXIT


@_ready("fast slow", fast=deviation_of_returns, slow=deviation_of_returns)
def volatility_regime(bars, params, flags, scratch):  # type: ignore[no-untyped-def]
    """Hold while returns of the last `fast` bars vary less than those of the last `slow`."""
    crossings(scratch.fast, scratch.slow, LONG_EXIT, LONG_ENTRY, scratch.marks[0], flags)
