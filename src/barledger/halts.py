"""When trading stops: halts of the market, locked price limits, pauses after a jump.

Each rule says on which bars nothing trades; `Halts` hands that to a run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from barledger import _check
from barledger._check import Number
from barledger.options import _Option

if TYPE_CHECKING:
    from barledger.data.bars import Bars

Mask = npt.NDArray[np.bool_]
LEVELS = (0.07, 0.13, 0.20)  # NYSE rule 7.12, formerly 80B
FIRST, LAST, LAST_EARLY = time(9, 30), time(15, 25), time(12, 25)
PAUSE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Halts(_Option):
    """Bars on which an asset does not trade, and what orders do meanwhile.

    Nothing fills on a halted bar: no order, no stop, no forced closing. Positions are marked as
    ever.

    Parameters
    ----------
    closed
        True where trading is halted, ``(T,)`` or ``(T, N)``: of your own, or made by `market_wide`
        or `after_jump` (``a | b`` joins them).
    lower, upper
        Price limits, of any shape an option takes; NaN: none. A bar that never leaves its limit,
        its low at the upper one or its high at the lower one, is locked.
    limit_lock
        A locked bar fills nothing (``"both"``, default), or only what goes against the lock is left
        (``"against"``): no buys at the upper limit, no sales at the lower one.
    then
        Orders wait for the next bar (``"wait"``, default), or a halted bar counts as the one bar of
        those that are good for one (``"expire"``). Exits wait in any case.
    """

    closed: Any = None
    lower: Number | None = None
    upper: Number | None = None
    limit_lock: Literal["both", "against"] = "both"
    then: Literal["wait", "expire"] = "wait"

    def __post_init__(self) -> None:
        _check.choice("Halts limit_lock", self.limit_lock, ("both", "against"))
        _check.choice("Halts then", self.then, ("wait", "expire"))
        for name in ("lower", "upper"):
            if getattr(self, name) is not None:
                _check.as_floats(f"Halts {name}", getattr(self, name))
        if self.closed is None and self.lower is None and self.upper is None:
            raise ValueError("Halts need closed, lower or upper")
        if self.limit_lock == "against" and self.lower is None and self.upper is None:
            raise ValueError("Halts limit_lock='against' needs lower or upper, the price limits")


def breaker_levels(close: float) -> tuple[float, ...]:
    """Return the prices at which the whole market halts, from the close of the day before.

    Examples
    --------
    >>> breaker_levels(6000.0)
    (5580.0, 5220.0, 4800.0)
    """
    return tuple(round(close * (1.0 - level), 10) for level in LEVELS)


def breaker_action(
    level: int, at: time, already: Sequence[int] = (), *, closes_early: bool = False
) -> Literal["none", "halt_15min", "halt_rest_of_day"]:
    """Return what reaching level 1, 2 or 3 at a time in New York does.

    Levels 1 and 2 halt for 15 minutes, once a day each, from 9:30 up to and including 15:25 (12:25
    where the session ends early); level 3 ends the day.
    """
    if level == 3:
        return "halt_rest_of_day"
    last = LAST_EARLY if closes_early else LAST
    is_within = FIRST <= at.replace(second=0, microsecond=0) <= last
    return "halt_15min" if is_within and level not in already else "none"


def market_wide(
    index: "Bars",
    bars: "Bars | None" = None,
    *,
    early: Sequence[date] = (),
    zone: str = "America/New_York",
) -> Mask:
    """Return where the market-wide breaker (7, 13 and 20 %) halts trading, (T,).

    Parameters
    ----------
    index
        Bars of the index (one asset) within the day, stamped in UTC at their opening.
    bars
        Bars to be traded; None: those of the index.
    early
        Dates on which the session ends early.
    zone
        Of the session's clock.

    Notes
    -----
    The level is reached when the low of a bar is; the bar itself still trades, since it is not known
    when within it. The halt begins at the index's next bar. Levels are of the last close of the date
    before; on the first date there are none.
    """
    if index.shape[1] != 1 or index.time.dtype.kind != "M":
        raise ValueError("market_wide needs bars of one index, with times")
    stamps = [_local(stamp, zone) for stamp in index.time]
    halts = _halts_of(index, stamps, set(early))
    own = index if bars is None else bars
    moments = np.asarray(own.time, "datetime64[ns]")
    mask = np.zeros(len(own), np.bool_)
    for start, end in halts:
        mask |= (moments >= start) & (moments < end)
    return mask


def _local(stamp: Any, zone: str) -> Any:
    moment = stamp.astype("datetime64[us]").item()
    return moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(zone))


def _halts_of(index: "Bars", stamps: list[Any], early: set[date]) -> list[tuple[Any, Any]]:
    """Return the halts as pairs of moments, from and up to."""
    lows = (index._low if len(index._low) else index._close)[:, 0]
    closes = index._close[:, 0]
    halts: list[tuple[Any, Any]] = []
    before = last = np.nan
    already: list[int] = []
    for bar, stamp in enumerate(stamps):
        if bar == 0 or stamp.date() != stamps[bar - 1].date():
            before, already = last, []
        for level, price in enumerate(breaker_levels(before), 1):
            if not lows[bar] <= price or level in already:
                continue
            closes_early = stamp.date() in early
            action = breaker_action(level, stamp.time(), already, closes_early=closes_early)
            already.append(level)
            if action != "none" and bar + 1 < len(stamps):
                halts.append(_span(index, stamps, bar + 1, action))
        last = closes[bar] if closes[bar] == closes[bar] else last
    return halts


def _span(index: "Bars", stamps: list[Any], bar: int, action: str) -> tuple[Any, Any]:
    """Return from when until when a halt lasts that begins with a bar."""
    start = np.datetime64(index.time[bar], "ns")
    if action == "halt_15min":
        return start, start + np.timedelta64(PAUSE)
    day = stamps[bar - 1].date()
    end = next((b for b in range(bar, len(stamps)) if stamps[b].date() != day), None)
    far = np.datetime64("2262-01-01", "ns")
    return start, far if end is None else np.datetime64(index.time[end], "ns")


def after_jump(bars: "Bars", move: float, *, length: int = 1, pause: int = 1) -> Mask:
    """Return where trading pauses after prices have moved too far too fast, (T, N).

    Velocity logic and dynamic breakers as a rule of bars: where the high of a bar is `move` or more
    above the lowest low of its window, or its low as far below the highest high, the next `pause`
    bars do not trade, and the window begins anew after them.

    Parameters
    ----------
    bars
        Bars with high and low.
    move
        Fraction of the close before the window: 0.035 is 3.5 %.
    length
        Bars in a window, the newest included.
    pause
        Bars without trading.
    """
    _check.single("after_jump move", move, 0.0, strict=True)
    _check.whole("after_jump length", length, 1)
    _check.whole("after_jump pause", pause, 1)
    if len(bars._high) == 0 or len(bars._low) == 0:
        raise ValueError("after_jump needs bars with high and low")
    mask = np.zeros(bars.shape, np.bool_)
    for asset in range(bars.shape[1]):
        high, low, close = (table[:, asset] for table in (bars._high, bars._low, bars._close))
        first = 0  # of the window
        for bar in range(len(bars)):
            if bar < first:
                continue
            begin = max(first, bar - length + 1)
            base = close[begin - 1] if begin > 0 else close[begin]
            rise = high[bar] - np.fmin.reduce(low[begin : bar + 1])
            fall = np.fmax.reduce(high[begin : bar + 1]) - low[bar]
            if max(rise, fall) >= move * abs(base):
                mask[bar + 1 : bar + 1 + pause, asset] = True
                first = bar + 1 + pause
    return mask


def price_limits(
    reference: float, index_close: float, fraction: float, increment: float
) -> tuple[float, float]:
    """Return the limits of an equity index future: its reference less and plus a fraction.

    The width is that fraction of the cash index at 15:00 in Chicago, rounded down to the increment.

    Examples
    --------
    >>> price_limits(1920.5, 1927.11, 0.07, 0.5)
    (1786.0, 2055.0)
    """
    width = np.floor(fraction * index_close / increment + 1e-9) * increment
    return float(reference - width), float(reference + width)


def bands(
    reference: float, before: float, *, tier: int = 1, at_close: bool = False
) -> tuple[float, float]:
    """Return the limit-up limit-down bands of a US stock.

    5 % (tier 1) or 10 % (tier 2) above 3 dollars, 20 % from 0.75 to 3, below that the smaller of
    0.15 and 75 %; doubled in the last 25 minutes for tier 1, and for tier 2 up to 3 dollars.

    Parameters
    ----------
    reference
        Mean price of the last five minutes.
    before
        Close of the day before, which chooses the fraction.
    tier
        1 or 2.
    at_close
        Whether it is 15:35 or later.
    """
    if before > 3.0:
        width = reference * (0.05 if tier == 1 else 0.10)
    elif before >= 0.75:
        width = reference * 0.20
    else:
        width = min(0.15, 0.75 * reference)
    if at_close and (tier == 1 or before <= 3.0):
        width *= 2.0
    return round(reference - width, 10), round(reference + width, 10)
