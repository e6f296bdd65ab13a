"""Stamps: whatever a user has for time becomes datetime64[ns], in UTC where a zone was given.

Bars without times are numbered 0, 1, 2, …; a stamp is then a bar number.
"""

import warnings
from collections.abc import Sequence
from datetime import UTC, date
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from barledger.data.foreign import as_polars, is_frame

Times = npt.NDArray[Any]  # (T,) datetime64[ns], or int64 bar numbers
Stamp = np.datetime64 | int
When = str | date | np.datetime64 | int
NANOSECONDS = np.dtype("datetime64[ns]")
FIRST_DATE, LAST_DATE = np.datetime64("1678-01-01"), np.datetime64("2261-12-31")


class Stamps(NamedTuple):
    """Times (T,) in datetime64[ns], and the zone they were converted from, if any."""

    times: Times
    zone: str | None


def as_stamps(value: object, name: str = "time") -> Stamps:
    """Return dates, datetimes or ISO text as datetime64[ns]; NaT and order are not looked at."""
    if is_frame(value):
        return _from_series(as_polars(value, name), name)
    array = np.asarray(value)
    if array.ndim != 1:
        raise ValueError(f"{name} must have shape (T,), was {array.shape}")
    if array.dtype.kind in "OUST":
        return _from_objects(array, name)
    if array.dtype.kind != "M":
        raise _not_times(name, f"{array.dtype} data")
    return Stamps(_nanoseconds(array, name), None)


def stamp_of(value: When) -> Stamp:
    """Return one date, datetime or ISO text as datetime64[ns]; a bar number stays one."""
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return int(value)
    stamp: np.datetime64 = as_stamps([value], "an event's time").times[0]
    if np.isnat(stamp):
        raise ValueError(f"an event's time must be a date, was {value!r}")
    return stamp


def check_rising(times: Times) -> None:
    """Raise at the first stamp that is missing, repeated or earlier than the one before."""
    missing = np.isnat(times)
    if missing.any():
        raise ValueError(f"time must have no gaps: bar {int(np.argmax(missing))} has no time (NaT)")
    wrong = times[1:] <= times[:-1]
    if not wrong.any():
        return
    bar = int(np.argmax(wrong)) + 1
    if times[bar] == times[bar - 1]:
        raise ValueError(
            f"time must increase strictly: {shown(times[bar])} is on bar {bar - 1} and again on "
            f"bar {bar}; drop one of them"
        )
    raise ValueError(
        f"time must increase strictly: bar {bar} ({shown(times[bar])}) is earlier than bar "
        f"{bar - 1} ({shown(times[bar - 1])}); sort the rows first"
    )


def rows_between(times: Times, key: slice) -> slice:
    """Return the bars of a slice by bar number, or by dates, whose end is included.

    A date stands for all of its unit: ``"2010"`` ends with that year's last bar.
    """
    if key.step not in (None, 1):
        raise ValueError(f"bars are sliced without a step, was {key.step!r}")
    start = _edge(times, key.start, is_end=False)
    stop = _edge(times, key.stop, is_end=True)
    first, last, _ = slice(start, stop).indices(len(times))
    if first >= last:
        raise ValueError(
            f"no bars between {key.start} and {key.stop}: there are {len(times)}, from "
            f"{shown(times[0])} to {shown(times[-1])}"
        )
    return slice(first, last)


def shown(stamp: object) -> str:
    """Return a stamp as short text: the date alone where the time of day is midnight."""
    if not isinstance(stamp, np.datetime64):
        return str(stamp)
    text = str(stamp.astype("datetime64[s]")) if _whole_seconds(stamp) else str(stamp)
    return text.removesuffix("T00:00:00").replace("T", " ")


def _edge(times: Times, edge: Any, *, is_end: bool) -> int | None:
    if edge is None or isinstance(edge, int | np.integer):
        return None if edge is None else int(edge)
    if times.dtype.kind != "M":
        raise TypeError(f"these bars have no times: slice by bar number, not {edge!r}")
    try:
        moment = np.datetime64(edge)
    except ValueError as error:
        raise ValueError(
            f"bars are sliced by number or by date such as '2010-03', not {edge!r}"
        ) from error
    if is_end:
        # In the unit of the text: "2010" ends with its year.
        moment += np.timedelta64(1, np.datetime_data(moment)[0])  # type: ignore[call-overload]
    return int(np.searchsorted(times, moment.astype(NANOSECONDS), side="left"))


def _from_series(series: Any, name: str) -> Stamps:
    """Return a polars series' stamps; polars keeps those with a zone in UTC."""
    import polars as pl

    if isinstance(series, pl.DataFrame):
        raise _not_times(name, "a frame")
    if series.dtype == pl.String:
        return _from_objects(series.to_numpy(), name)
    if series.dtype not in (pl.Date, pl.Datetime):
        raise _not_times(name, f"{series.dtype} data")
    zone = getattr(series.dtype, "time_zone", None)
    return Stamps(_nanoseconds(series.to_numpy(), name), zone if zone != "UTC" else None)


def _nanoseconds(array: npt.NDArray[Any], name: str) -> Times:
    """Return datetime64 of any unit in nanoseconds, which hold the years 1678 to 2261."""
    if array.dtype == NANOSECONDS or len(array) == 0:
        return array
    for far in (array.min(), array.max()):
        if not np.isnat(far) and not FIRST_DATE <= far <= LAST_DATE:
            raise ValueError(f"{name} must lie between {FIRST_DATE} and {LAST_DATE}, was {far}")
    return array.astype(NANOSECONDS)


def _from_objects(array: npt.NDArray[Any], name: str) -> Stamps:
    """Return stamps of a list of dates, datetimes or ISO texts."""
    zones = {str(z) for z in (getattr(v, "tzinfo", None) for v in array) if z is not None}
    moments = [_without_zone(moment) for moment in array] if zones else list(array)
    wrong = [m for m in moments if not isinstance(m, str | date | np.datetime64 | None)]
    if wrong:
        raise _not_times(name, f"{type(wrong[0]).__name__} such as {wrong[0]!r}")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # numpy only warns of a zone in the text
        try:
            times = np.array(moments, dtype=NANOSECONDS)
        except (ValueError, UserWarning, DeprecationWarning) as error:
            raise _not_times(name, f"text such as {_first_text(moments)!r}") from error
    return Stamps(times, " and ".join(sorted(zones - {"UTC"})) or None)


def _without_zone(moment: Any) -> Any:
    if getattr(moment, "tzinfo", None) is None:
        return moment
    return moment.astimezone(UTC).replace(tzinfo=None)


def _first_text(moments: Sequence[Any]) -> Any:
    return next((str(moment) for moment in moments if isinstance(moment, str)), moments[0])


def _whole_seconds(stamp: np.datetime64) -> bool:
    return bool(stamp.astype("datetime64[s]") == stamp)


def _not_times(name: str, found: str) -> TypeError:
    return TypeError(
        f"{name} must be dates or datetimes (datetime64, or ISO text such as '2010-03-01' without "
        f"a zone), was {found}; nanoseconds since 1970 become dates by .astype('datetime64[ns]')"
    )


def bar_of(times: Times, when: Any) -> int:
    """Return the bar of a date or time, or a bar number as it is, counted from the end below 0."""
    if isinstance(when, int | np.integer):
        if not -len(times) <= when < len(times):
            raise IndexError(f"no bar {when}: there are {len(times)}")
        return int(when) % len(times)
    first, stop = _edge(times, when, is_end=False), _edge(times, when, is_end=True)
    assert first is not None
    assert stop is not None
    if stop == first + 1:
        return first
    if stop > first:
        raise ValueError(
            f"{stop - first} bars fall on {when}, from {shown(times[first])} to "
            f"{shown(times[stop - 1])}: name one of them, by its time or its number"
        )
    near = ", ".join(shown(times[bar]) for bar in (first - 1, first) if 0 <= bar < len(times))
    raise KeyError(f"no bar at {when}; the nearest are {near}")
