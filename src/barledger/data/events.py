"""Events: what happens to holdings and cash between prices. Splits and cash flows, so far.

An event belongs to the first bar at or after its stamp; a date matches its daily bar exactly.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from barledger import _html
from barledger.data import funding as fundings
from barledger.data.foreign import as_polars, is_frame
from barledger.data.stamps import Stamp, Times, as_stamps, shown, stamp_of

if TYPE_CHECKING:
    from barledger.data.bars import Bars

Split = tuple[Stamp, str, float]
Flow = tuple[Stamp, float]
Funding = tuple[Stamp, str, float, float]
COLUMNS = {
    "time": ("time", "date", "datetime", "timestamp"),
    "asset": ("asset", "symbol", "ticker"),
    "value": ("value", "ratio", "split", "amount"),
}


class Cells(NamedTuple):
    """Events given by position: (bar, column, value) of an array of this shape."""

    shape: tuple[int, ...]
    rows: tuple[tuple[int, int, float], ...]


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Events:
    """Splits of assets, and deposits and withdrawals.

    Parameters
    ----------
    splits
        New shares per old share (2 for 2:1, 0.1 for a reverse split of 1:10). Rows (time, asset,
        ratio) as a list or as a frame with the columns time, asset, value; a mapping from asset to
        rows (time, ratio); or a numpy matrix (T, N) with NaN or 1 for none.
    cash_flows
        Money, positive for a deposit, negative for a withdrawal. Rows (time, amount) as a list or
        as a frame with the columns time, value; or a numpy array (T,) with NaN or 0 for none.

    funding
        Rates of perpetuals, above 0 where longs pay: rows (time, asset, rate) or (time, asset,
        rate, mark); a frame with the columns time, asset, value and perhaps mark; a mapping from
        asset to rows without it; or a matrix (T, N), NaN for none. Paid by what is held just before
        that instant, on the mark given, else on that of the bar; it must lie within the bars.

    Notes
    -----
    A time is a date, a datetime, ISO text, or the number of a bar where bars have no times. An
    array is by position and fits only bars of its length.

    Examples
    --------
    >>> Events(splits={"AAPL": [("2000-06-21", 2), ("2005-02-28", 2)]})
    Events(splits=2, cash_flows=0)
    """

    splits: tuple[Split, ...] | Cells
    cash_flows: tuple[Flow, ...] | Cells
    funding: tuple[Funding, ...] | Cells

    def __init__(
        self, splits: object = None, cash_flows: object = None, *, funding: object = None
    ) -> None:
        object.__setattr__(self, "splits", _read_splits(splits))
        object.__setattr__(self, "cash_flows", _read_flows(cash_flows))
        object.__setattr__(self, "funding", _read_funding(funding))

    def __repr__(self) -> str:
        splits, flows = _given(self.splits), _given(self.cash_flows)
        more = f", funding={len(_given(self.funding))}" if _given(self.funding) else ""
        return f"Events(splits={len(splits)}, cash_flows={len(flows)}{more})"

    def _repr_html_(self) -> str:
        kinds = (("splits", self.splits), ("cash flows", self.cash_flows))
        rows = [(name, f"{len(_given(rows)):,}") for name, rows in kinds]
        return _html.table(rows, title="Events")

    @property
    def has_splits(self) -> bool:
        """Whether there is any split."""
        return len(_given(self.splits)) > 0

    def split_rows(self, bars: "Bars") -> list[tuple[int, int, float]]:
        """Return (bar, column of the asset, ratio) of each split, by bar, then in the order given.

        Splits strictly before the first bar, or after the last, are left out.
        """
        placed = self.placed(bars.time, bars.assets)
        at = _bars_of([stamp for stamp, _, _ in placed.splits], bars.time)
        columns = {asset: column for column, asset in enumerate(bars.assets)}
        rows = [
            (bar, columns[asset], ratio)
            for bar, (_, asset, ratio) in zip(at, placed.splits, strict=True)
            if 0 <= bar < len(bars)
        ]
        return sorted(rows, key=lambda row: row[0])

    def flow_rows(self, bars: "Bars") -> list[tuple[int, float]]:
        """Return (bar, amount) of each cash flow, by bar, then in the order given.

        Flows strictly before the first bar, or after the last, are left out.
        """
        placed = self.placed(bars.time, bars.assets)
        at = _bars_of([stamp for stamp, _ in placed.cash_flows], bars.time)
        rows = [
            (bar, amount)
            for bar, (_, amount) in zip(at, placed.cash_flows, strict=True)
            if 0 <= bar < len(bars)
        ]
        return sorted(rows, key=lambda row: row[0])

    def funding_rows(self, bars: "Bars") -> list[tuple[int, float, float, int, int]]:
        """Return (bar, rate, mark, column, whether inside the bar) of each funding, by bar."""
        return fundings.placed(self.placed(bars.time, bars.assets).funding, bars)

    def of(self, assets: Sequence[str]) -> "Events":
        """Return the events of these assets alone; cash flows stay."""
        splits = self.splits
        if isinstance(splits, Cells):
            raise TypeError("events by position have no asset names; take them from bars")
        if isinstance(self.funding, Cells):
            raise TypeError("events by position have no asset names; take them from bars")
        return _of_rows(
            tuple(row for row in splits if row[1] in assets),
            self.cash_flows,
            tuple(row for row in self.funding if row[1] in assets),
        )

    def with_splits(self, splits: Sequence[Split]) -> "Events":
        """Return the events with splits added to those that have none yet."""
        if self.has_splits:
            raise ValueError("splits were given twice: in the frame's split column and in events")
        return _of_rows(_read_splits(splits), self.cash_flows, self.funding)

    def without_splits(self) -> "Events | None":
        """Return the cash flows alone; None when there are none."""
        left = _given(self.cash_flows) or _given(self.funding)
        return _of_rows((), self.cash_flows, self.funding) if left else None

    def fixed(self, times: Times, assets: Sequence[str]) -> "Events":
        """Return the events by stamp and name, checked against the labels of bars."""
        placed = self.placed(times, assets)
        return _of_rows(placed.splits, placed.cash_flows, placed.funding)

    def placed(self, times: Times, assets: Sequence[str]) -> "_Placed":
        """Return the events by stamp and name; raise where they do not fit bars of these labels."""
        splits, flows, funding = self.splits, self.cash_flows, self.funding
        if isinstance(funding, Cells):
            _check_shape("funding", funding, (len(times), len(assets)))
            funding = tuple(
                (_stamp(times, bar), assets[at], rate, math.nan) for bar, at, rate in funding.rows
            )
        for stamp, asset, _, _ in funding:
            _check_asset(asset, stamp, assets, "funding")
            _check_kind(stamp, times)
        if isinstance(splits, Cells):
            _check_shape("splits", splits, (len(times), len(assets)))
            splits = tuple(
                (_stamp(times, bar), assets[at], ratio) for bar, at, ratio in splits.rows
            )
        if isinstance(flows, Cells):
            _check_shape("cash_flows", flows, (len(times),))
            flows = tuple((_stamp(times, bar), amount) for bar, _, amount in flows.rows)
        for stamp, asset, _ in splits:
            _check_asset(asset, stamp, assets)
        for stamp in (*(row[0] for row in splits), *(row[0] for row in flows)):
            _check_kind(stamp, times)
        return _Placed(splits, flows, funding)


class _Placed(NamedTuple):
    splits: tuple[Split, ...]
    cash_flows: tuple[Flow, ...]
    funding: tuple[Funding, ...]


def split_divisors(
    shape: tuple[int, int], rows: Iterable[tuple[int, int, float]]
) -> npt.NDArray[np.float64]:
    """Return what prices (T, N) are divided by to be in shares of the last bar."""
    divisors = np.ones(shape)
    for bar, column, ratio in rows:
        divisors[:bar, column] *= ratio
    return divisors


def _of_rows(
    splits: tuple[Split, ...] | Cells,
    flows: tuple[Flow, ...] | Cells,
    funding: tuple[Funding, ...] | Cells = (),
) -> Events:
    """Return events of rows that are checked already."""
    events = Events()
    object.__setattr__(events, "splits", splits)
    object.__setattr__(events, "cash_flows", flows)
    object.__setattr__(events, "funding", funding)
    return events


def _read_splits(given: Any) -> tuple[Split, ...] | Cells:
    if isinstance(given, np.ndarray):
        cells = _cells("splits", given, absent=1.0)
        for bar, _, ratio in cells.rows:
            _check_ratio(ratio, f"on bar {bar}")
        return cells
    rows = []
    for time, asset, ratio in _rows("splits", given, 3):
        stamp = stamp_of(time)
        _check_ratio(ratio, f"for {asset} at {shown(stamp)}")
        rows.append((stamp, str(asset), float(ratio)))
    return tuple(row for row in rows if row[2] != 1.0)


def _read_flows(given: Any) -> tuple[Flow, ...] | Cells:
    if isinstance(given, np.ndarray):
        return _cells("cash_flows", given, absent=0.0)
    rows = []
    for time, amount in _rows("cash_flows", given, 2):
        stamp = stamp_of(time)
        if not math.isfinite(amount):
            raise ValueError(f"a cash flow must be a number, was {amount} at {shown(stamp)}")
        rows.append((stamp, float(amount)))
    return tuple(row for row in rows if row[1] != 0.0)


def _read_funding(given: Any) -> tuple[Funding, ...] | Cells:
    if isinstance(given, np.ndarray):
        return _cells("funding", given, absent=math.nan)
    if isinstance(given, Mapping) and not is_frame(given):
        given = [(time, asset, *rest) for asset, rows in given.items() for time, *rest in rows]
    elif is_frame(given):
        marks: Any = as_polars(given, "funding")
        has_mark = "mark" in marks.columns
        last = marks["mark"].to_list() if has_mark else [math.nan] * len(marks)
        given = [(*row, mark) for row, mark in zip(_rows("funding", given, 3), last, strict=True)]
    rows = []
    for row in given or ():
        if len(row) not in (3, 4):
            raise ValueError(f"funding must be rows (time, asset, rate, mark), one was {row!r}")
        stamp, rate = stamp_of(row[0]), float(row[2])
        mark = math.nan if len(row) == 3 or row[3] is None else float(row[3])
        if not math.isfinite(rate) or abs(rate) >= 1.0:
            raise ValueError(
                f"a funding rate must be a fraction such as 0.0001, was {rate} for {row[1]} at "
                f"{shown(stamp)}"
            )
        if mark <= 0.0 or math.isinf(mark):
            raise ValueError(f"a funding's mark must be > 0, was {mark} for {row[1]}")
        rows.append((stamp, str(row[1]), rate, mark))
    return tuple(rows)


def _rows(name: str, given: Any, width: int) -> Iterable[tuple[Any, ...]]:
    """Return the rows of a list, a frame or (splits) a mapping, each `width` long."""
    if given is None:
        return []
    if is_frame(given):
        return _frame_rows(name, given, width)
    if isinstance(given, Mapping) and width == 3:
        return [(time, asset, ratio) for asset, rows in given.items() for time, ratio in rows]
    rows = [tuple(row) for row in given]
    for row in rows:
        if len(row) != width:
            words = "(time, asset, ratio)" if width == 3 else "(time, amount)"
            raise ValueError(f"{name} must be rows {words}, one was {row!r}")
    return rows


def _frame_rows(name: str, frame: Any, width: int) -> Iterable[tuple[Any, ...]]:
    """Return the rows of a frame with the columns time, asset and value, or time and value."""
    data: Any = as_polars(frame, name)
    wanted = ("time", "asset", "value") if width == 3 else ("time", "value")
    found = {str(column).lower(): column for column in getattr(data, "columns", [])}
    chosen = [next((found[w] for w in COLUMNS[part] if w in found), None) for part in wanted]
    if None in chosen:
        raise ValueError(
            f"{name} must have the columns {', '.join(wanted)}; found {', '.join(found.values())}"
        )
    time, *rest = (data[column] for column in chosen)
    stamps = time.to_list() if time.dtype.is_integer() else as_stamps(time, f"{name} time").times
    values = [series.to_list() for series in rest]
    values[-1] = [math.nan if value is None else value for value in values[-1]]
    return zip(stamps, *values, strict=True)


def _cells(name: str, array: Any, absent: float) -> Cells:
    """Return the cells of an array that are events: neither NaN nor the number for none."""
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be an array of numbers, was {array.dtype} data")
    matrix = array.reshape(-1, 1) if array.ndim == 1 else array
    if matrix.ndim != 2:
        raise ValueError(f"{name} must have shape (T,) or (T, N), was {array.shape}")
    bars, columns = np.nonzero(~np.isnan(matrix) & (matrix != absent))
    if np.isinf(matrix[bars, columns]).any():
        raise ValueError(f"{name} must be finite or NaN, was infinite")
    values = matrix[bars, columns].tolist()
    rows = tuple(zip(bars.tolist(), columns.tolist(), map(float, values), strict=True))
    return Cells(array.shape if name == "cash_flows" else matrix.shape, rows)


def _bars_of(stamps: Sequence[Stamp], times: Times) -> list[int]:
    """Return the first bar at or after each stamp; -1 before the first, T after the last."""
    at = np.searchsorted(times, np.array(stamps, dtype=times.dtype), side="left").tolist()
    return [-1 if stamp < times[0] else bar for stamp, bar in zip(stamps, at, strict=True)]


def _stamp(times: Times, bar: int) -> Stamp:
    return times[bar] if times.dtype.kind == "M" else int(times[bar])


def _given(events: tuple[Any, ...] | Cells) -> tuple[Any, ...]:
    return events.rows if isinstance(events, Cells) else events


def _check_ratio(ratio: Any, where: str) -> None:
    if not (math.isfinite(ratio) and ratio > 0.0):
        raise ValueError(
            f"a split's ratio must be > 0 (new shares per old share), was {ratio} {where}"
        )


def _check_shape(name: str, cells: Cells, wanted: tuple[int, ...]) -> None:
    if cells.shape != wanted:
        raise ValueError(f"{name} must have the shape of the bars {wanted}, was {cells.shape}")


def _check_asset(asset: str, stamp: Stamp, assets: Sequence[str], what: str = "a split") -> None:
    if asset in assets:
        return
    near = get_close_matches(asset, assets, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; the assets are {', '.join(assets[:10])}"
    raise ValueError(f"{what} at {shown(stamp)} names an unknown asset {asset!r}{hint}")


def _check_kind(stamp: Stamp, times: Times) -> None:
    """Raise for a date where bars are only numbered, and the other way round."""
    if isinstance(stamp, int) and times.dtype.kind == "M":
        raise TypeError(f"these bars have times: give the event's date, not bar number {stamp}")
    if not isinstance(stamp, int) and times.dtype.kind != "M":
        raise TypeError(
            f"these bars have no times: give the event's bar number, not {shown(stamp)}"
        )
