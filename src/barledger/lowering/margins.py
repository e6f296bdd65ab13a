"""Margins of futures as options that may vary by bar: dated, overnight and by day."""

from collections.abc import Sequence
from datetime import date, time
from typing import Any

import numpy as np
import numpy.typing as npt

from barledger.accounts import Account, FuturesMargin
from barledger.data.bars import Bars
from barledger.data.stamps import as_stamps
from barledger.instruments.sessions import session_dates
from barledger.kernel.codes import Setting
from barledger.lowering.spanned import parameters_of, ranges_of
from barledger.lowering.varying import Varying


def add_margins(varying: Varying, bars: Bars, account: Account) -> dict[str, Any]:
    """Add initial and maintenance margin of every future; returns what the rules must know."""
    if all(contract.kind != "future" for contract in bars.kinds):
        return {"has_dated_margin": 0}
    span = parameters_of(account)
    if span is not None and isinstance(account, FuturesMargin):
        ranges = ranges_of(bars, account)
        varying.add(Setting.INITIAL, "initial", ranges * span.initial)
        varying.add(Setting.MAINTENANCE, "maintenance", ranges)
        return {"has_dated_margin": 0}
    factor = _day_factor(bars, account)
    is_dated = factor is not None
    for which, name in ((Setting.INITIAL, "initial"), (Setting.MAINTENANCE, "maintenance")):
        terms = [getattr(contract, name) for contract in bars.contracts]
        if factor is None and not any(isinstance(term, Sequence) for term in terms):
            varying.add(which, name, [0.0 if term is None else term for term in terms])
        else:
            is_dated = True
            varying.add(which, name, _by_bar(terms, bars, factor))
    return {"has_dated_margin": is_dated}


def _by_bar(
    terms: Sequence[Any], bars: Bars, factor: npt.NDArray[np.float64] | None
) -> npt.NDArray[np.float64]:
    """Return margins (T, N): of a dated table the last one known on each bar."""
    margins = np.zeros(bars.shape)
    for j, term in enumerate(terms):
        if isinstance(term, Sequence):
            margins[:, j] = _dated(term, bars, j)
        elif term is not None:
            margins[:, j] = term
    return margins if factor is None else margins * factor[:, None]


def _dated(table: Sequence[tuple[date | str, float]], bars: Bars, column: int) -> Any:
    at = places_of(table, bars, column, "margin")
    return np.array([margin for _, margin in table])[at]


def places_of(
    table: Sequence[tuple[date | str, Any]], bars: Bars, column: int, what: str
) -> npt.NDArray[np.int64]:
    """Return which row of a dated table holds on each bar.

    A date is that of a session by the bars' calendar, a stamp an instant.
    """
    if bars.time.dtype.kind != "M":
        raise ValueError(f"dated {what}s need bars with times")
    starts = as_stamps([start for start, _ in table], f"{what} dates").times
    at = np.searchsorted(_begins(starts, bars), np.arange(len(bars)), side="right") - 1
    if (at < 0).any():
        raise ValueError(
            f"the {what} table of {bars.assets[column]} starts on {starts[0]}, after the first bar "
            f"{bars.time[0]}"
        )
    return at


def _begins(starts: npt.NDArray[Any], bars: Bars) -> npt.NDArray[np.int64]:
    """Return the bar from which each row of a dated table holds: what precedes them all is 0."""
    days = starts.astype("datetime64[D]")
    sessions = session_dates(bars.time, bars.calendar)
    by_session = np.searchsorted(sessions, days.astype(np.int64), side="left")
    by_instant = np.searchsorted(bars.time, starts, side="left")
    begins = np.where(days == starts, by_session, by_instant).astype(np.int64)
    return np.maximum.accumulate(begins)


def _day_factor(bars: Bars, account: Account) -> npt.NDArray[np.float64] | None:
    """Return what margins are multiplied by on each bar, None when always by 1."""
    if not isinstance(account, FuturesMargin) or account.day_rate == 1.0:
        return None
    if bars.time.dtype.kind != "M":
        raise ValueError("a day_rate needs bars with times")
    start, end = (time.fromisoformat(text) for text in account.day_hours)
    seconds = _local_seconds(bars.time, account.zone)
    first, last = (3600 * t.hour + 60 * t.minute + t.second for t in (start, end))
    if first <= last:
        is_day = (seconds >= first) & (seconds < last)
    else:
        is_day = (seconds >= first) | (seconds < last)
    return np.where(is_day, account.day_rate, 1.0)


def _local_seconds(times: npt.NDArray[Any], zone: str) -> npt.NDArray[np.int64]:
    """Return seconds since local midnight; times are UTC."""
    import polars as pl

    local = pl.Series(times).dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    return (
        local.dt.hour().cast(pl.Int64) * 3600
        + local.dt.minute().cast(pl.Int64) * 60
        + local.dt.second().cast(pl.Int64)
    ).to_numpy()
