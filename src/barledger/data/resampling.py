"""Bars of a wider timeframe made of narrower ones, and what of them is known when.

A bar is stamped with the start of its interval (a session bar with its trade date) and is known
only at the end: `Resampled.seen` never shows a bar that is still open.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from barledger.data.matrices import as_matrix, with_marks_together
from barledger.data.timeframe import check_timeframe, width_of
from barledger.instruments.sessions import TradeDays, trade_days

if TYPE_CHECKING:
    from barledger.data.bars import Bars

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Empty = Literal["leave_out", "fill"]


@dataclass(frozen=True, eq=False, slots=True)
class Resampled:
    """Wider bars beside the narrower ones that they are made of.

    Attributes
    ----------
    bars
        The wider bars, of T' intervals.
    source
        The narrower bars, T of them.
    ends
        (T',) instant at which each wider bar is complete, UTC.
    """

    bars: "Bars"
    source: "Bars"
    ends: npt.NDArray[Any]

    def seen(self, values: object, *, source_timeframe: str | None = None) -> Floats:
        """Return values of the wider bars as the narrower ones may use them.

        Parameters
        ----------
        values
            (T',) or (T', N) numbers made of the wider bars, such as an average of their closes.
        source_timeframe
            Width of the narrower bars; None: the smallest step between two of them.

        Returns
        -------
        numpy.ndarray
            (T, N): at each narrower bar, the value of the last wider bar that was complete when
            the narrower one ended; NaN before the first.

        Examples
        --------
        >>> import barledger as bl
        >>> time = np.arange("2024-01-02T00:00", "2024-01-02T00:04", dtype="datetime64[m]")
        >>> two = resample(bl.Bars.from_arrays([1.0, 2.0, 3.0, 4.0], time=time), "2m")
        >>> two.seen(two.bars.close)[:, 0]
        array([nan,  2.,  2.,  4.])
        """
        matrix = as_matrix("values", values)
        if len(matrix) != len(self.bars):
            raise ValueError(
                f"values must be one for each of the {len(self.bars)} wider bars, "
                f"were {len(matrix)}"
            )
        width = _step(self.source.time) if source_timeframe is None else width_of(source_timeframe)
        known = self.source.time + np.timedelta64(width, "ns")
        at = np.searchsorted(self.ends, known, side="right") - 1
        found: Floats = matrix[np.maximum(at, 0)]
        found[at < 0] = np.nan
        return found


def resample(
    bars: "Bars",
    timeframe: str,
    *,
    empty: Empty = "leave_out",
    calendar: str | None = None,
    zone: str | None = None,
    cut: str | None = None,
) -> Resampled:
    """Make bars of a wider timeframe.

    Parameters
    ----------
    bars
        Narrower bars, with times.
    timeframe
        Such as ``"5m"``, ``"1h"``, ``"4h"`` or ``"1d"`` (days of UTC), or ``"session"``: one bar
        for each trade date.
    empty
        What happens where nothing traded: ``"leave_out"`` (default) makes no bar, or NaN where
        other assets traded; ``"fill"`` makes one of the last close with volume 0, between the
        first and the last bar of each trade date.
    calendar, zone, cut
        Trade dates, as in `barledger.instruments.sessions.trade_days`; the calendar of the bars
        when none is given. With one, intervals are counted from the start of the session, so that
        they keep their place on the exchange's clock when that changes, and none spans two
        sessions; without, from midnight UTC.

    Notes
    -----
    The first open, highest high, lowest low, last close and last settlement of the prices that are
    there (NaN is nothing), and the sum of volumes.

    Examples
    --------
    >>> import barledger as bl
    >>> time = np.arange("2024-01-02T00:00", "2024-01-02T00:04", dtype="datetime64[m]")
    >>> resample(bl.Bars.from_arrays([1.0, 2.0, 3.0, 4.0], time=time), "2m").bars.close[:, 0]
    array([2., 4.])
    """
    check_timeframe(timeframe)
    if bars.time.dtype.kind != "M":
        raise TypeError("resampling needs bars with times, these are only numbered")
    if empty not in ("leave_out", "fill"):
        raise ValueError(f"empty must be leave_out or fill, was {empty!r}")
    if timeframe != "session":
        _check_wider(bars, timeframe)
    calendar = bars.calendar if calendar is None and zone is None else calendar
    is_dated = (calendar or zone or cut) is not None and not _are_dates(bars, timeframe)
    days = trade_days(bars.time, calendar, zone=zone, cut=cut) if is_dated else None
    labels, ends = _intervals(bars.time, timeframe, days)
    first = _firsts(labels)
    matrices = _aggregated(bars, first)
    labels, ends = labels[first], ends[first]
    if empty == "fill":
        labels, ends, matrices = _filled(labels, ends, matrices, timeframe, days, first)
    return Resampled(_made(bars, labels, matrices, timeframe), bars, ends)


def _check_wider(bars: "Bars", timeframe: str) -> None:
    width, step = width_of(timeframe), _step(bars.time)
    if step > width and len(bars) > 1:
        raise ValueError(
            f"bars {step / 1e9:g} seconds apart cannot become bars of {timeframe}: "
            "take a wider timeframe"
        )


def _are_dates(bars: "Bars", timeframe: str) -> bool:
    """Tell whether the stamps are dates, which are no moments of any exchange's clock."""
    are_dates = bool((bars.time == bars.time.astype("datetime64[D]")).all())
    if are_dates and timeframe == "session":
        raise ValueError("these bars are stamped with dates: they are session bars already")
    return are_dates


def _intervals(time: Any, timeframe: str, days: TradeDays | None) -> tuple[Any, Any]:
    """Return the stamp and the end of the interval of each narrower bar, (T,)."""
    if timeframe == "session":
        if days is None:
            raise ValueError(
                "session bars need a calendar: resample(bars, 'session', calendar='CMES'), or "
                "zone= and cut="
            )
        return days.dates.astype("datetime64[ns]"), days.ends
    width = np.timedelta64(width_of(timeframe), "ns")
    start = np.datetime64(0, "ns") if days is None else days.starts
    labels = start + (time - start) // width * width
    ends = labels + width
    return labels, ends if days is None else np.minimum(ends, days.ends)


def _firsts(labels: Any) -> Ints:
    """Return the first bar of each interval."""
    return np.append(0, np.flatnonzero(labels[1:] != labels[:-1]) + 1).astype(np.int64)


def _aggregated(bars: "Bars", first: Ints) -> dict[str, Any]:
    """Return the matrices (T', N) of the wider bars."""
    made: dict[str, Any] = {}
    for name, matrix in bars.matrices.items():
        part = name.removeprefix("mark_")
        if part == "open":
            made[name] = _end(matrix, first, is_last=False)
        elif part == "high":
            made[name] = np.fmax.reduceat(matrix, first, axis=0)
        elif part == "low":
            made[name] = np.fmin.reduceat(matrix, first, axis=0)
        elif name == "volume":
            made[name] = _sums(matrix, first)
        elif name == "tradable":
            made[name] = np.logical_or.reduceat(matrix, first, axis=0)
        else:
            made[name] = _end(matrix, first, is_last=True)
    return made


def _end(matrix: Floats, first: Ints, *, is_last: bool) -> Floats:
    """Return the first or last number of each interval, NaN where there is none."""
    n_bars = len(matrix)
    places = np.arange(n_bars)[:, None]
    there = ~np.isnan(matrix)
    if is_last:
        at = np.maximum.reduceat(np.where(there, places, -1), first, axis=0)
    else:
        at = np.minimum.reduceat(np.where(there, places, n_bars), first, axis=0)
    is_none = (at < 0) | (at == n_bars)
    at[is_none] = 0
    found: Floats = np.take_along_axis(matrix, at, axis=0)
    found[is_none] = np.nan
    return found


def _sums(matrix: Floats, first: Ints) -> Floats:
    """Return the sum of each interval; NaN counts as nothing, and only NaN is NaN."""
    there = ~np.isnan(matrix)
    sums: Floats = np.add.reduceat(np.where(there, matrix, 0.0), first, axis=0)
    sums[~np.logical_or.reduceat(there, first, axis=0)] = np.nan
    return sums


def _filled(
    labels: Any,
    ends: Any,
    matrices: dict[str, Any],
    timeframe: str,
    days: TradeDays | None,
    first: Ints,
) -> tuple[Any, Any, dict[str, Any]]:
    """Return intervals without a gap within each trade date, and bars of the last close in them."""
    if timeframe != "session":
        if days is None:
            raise ValueError(
                "empty='fill' needs a calendar, which tells a quiet minute from a closed exchange"
            )
        labels, ends, matrices = _without_gaps(labels, ends, matrices, timeframe, days, first)
    close = matrices["close"]
    rows = np.maximum.accumulate(np.where(np.isnan(close), -1, np.arange(len(close))[:, None]))
    last = np.take_along_axis(close, np.maximum(rows, 0), axis=0)
    is_quiet = np.isnan(close) & (rows >= 0)
    for name, matrix in matrices.items():
        if name == "volume":
            matrix[is_quiet] = 0.0
        elif name in ("open", "high", "low", "close"):
            matrix[is_quiet] = last[is_quiet]
    return labels, ends, matrices


def _without_gaps(
    labels: Any,
    ends: Any,
    matrices: dict[str, Any],
    timeframe: str,
    days: TradeDays,
    first: Ints,
) -> tuple[Any, Any, dict[str, Any]]:
    width = np.timedelta64(width_of(timeframe), "ns")
    close_of_day = days.ends[first]
    is_same_day = close_of_day[1:] == close_of_day[:-1]
    missing = np.where(is_same_day, (labels[1:] - labels[:-1]) // width - 1, 0).astype(np.int64)
    place = np.append(0, np.cumsum(missing + 1))
    n_all = int(place[-1]) + 1
    origin = np.repeat(np.arange(len(labels)), np.append(missing, 0) + 1)
    steps = np.arange(n_all) - place[origin]
    all_labels = labels[origin] + steps * width
    all_ends = np.minimum(all_labels + width, close_of_day[origin])
    wide: dict[str, Any] = {}
    for name, matrix in matrices.items():
        empty: Any = np.full((n_all, matrix.shape[1]), np.nan)
        if name == "tradable":
            empty = matrix[origin]
        empty[place] = matrix
        wide[name] = empty
    return all_labels, all_ends, wide


def _made(bars: "Bars", labels: Any, matrices: dict[str, Any], timeframe: str) -> "Bars":
    made = type(bars).from_arrays(
        **with_marks_together(matrices),
        time=labels,
        assets=bars.assets,
        contracts=bars.contracts,
        calendar=bars.calendar,
        adjustment=bars.adjustment,
        events=bars.events,
    )
    return made.with_notes(
        *bars.notes, f"bars of {timeframe} made of {len(bars)} narrower ones", sources=bars.sources
    )


def _step(time: Any) -> int:
    """Return the smallest step between two bars in nanoseconds."""
    steps = np.diff(time.astype("datetime64[ns]").astype(np.int64))
    return int(steps.min()) if len(steps) else 0
