"""Events of every kind and form, read into rows: (stamp, names and numbers as the kind has them)."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from barledger.data.foreign import as_polars, is_frame
from barledger.data.stamps import as_stamps, shown, stamp_of

Row = tuple[Any, ...]  # (stamp or None, names and numbers)
NAMES = ("asset", "to", "currency")
COLUMNS = {
    "time": ("time", "date", "datetime", "timestamp"),
    "asset": ("asset", "symbol", "ticker"),
    "currency": ("currency", "pair"),
    "to": ("to", "target", "into"),
    "price": ("price", "from_price"),
    "mark": ("mark", "mark_price"),
    "to_price": ("to_price", "target_price"),
}
NUMBERS = ("value", "amount", "rate", "ratio", "split", "dividend", "price", "spot")


class Kind(NamedTuple):
    """How one kind of events is given.

    `fields` follow the time; the last `optional` of them may be left out. `absent` is what an array
    has, beside NaN, where nothing happens. What `holds` is in force from its time on, and a time of
    None is before every bar. `low` is the least number, excluded where it `is_open`.
    """

    fields: tuple[str, ...]
    optional: int = 0
    absent: float = math.nan
    holds: bool = False
    low: float = -math.inf
    is_open: bool = False
    means: str = "a number"


KINDS = {
    "splits": Kind(
        ("asset", "ratio"), absent=1.0, low=0.0, is_open=True, means="new shares per old share"
    ),
    "cash_flows": Kind(("amount",), absent=0.0),
    "dividends": Kind(("asset", "amount"), absent=0.0, low=0.0, means="money a share"),
    "borrow": Kind(("asset", "rate"), holds=True, low=0.0, means="a fraction a year"),
    "borrowable": Kind(("asset", "value"), holds=True, low=0.0, means="true, false or shares"),
    "delistings": Kind(("asset", "value"), optional=1, low=0.0, means="a price"),
    "expiries": Kind(("asset", "value"), optional=1, means="a settlement price"),
    "rolls": Kind(("asset", "to", "price", "to_price"), optional=2, means="a price"),
    "rates": Kind(("rate",), holds=True, means="a fraction a year"),
    "funding": Kind(("asset", "rate", "mark"), optional=1, means="a fraction such as 0.0001"),
    "fx": Kind(
        ("currency", "rate"), holds=True, low=0.0, is_open=True, means="account money a unit"
    ),
}


class Cells(NamedTuple):
    """Events given by position: (bar, column, value) of an array of this shape."""

    shape: tuple[int, ...]
    rows: tuple[tuple[int, int, float], ...]
    names: tuple[str, ...] = ()  # of the columns, where they are no assets


def read_rows(name: str, given: Any) -> tuple[Row, ...] | Cells:
    """Return the events of one kind, in any form, as rows or by position."""
    kind = KINDS[name]
    if given is None:
        return ()
    if isinstance(given, np.ndarray):
        return _cells(name, given)
    if kind.holds and np.isscalar(given):
        names = ("*",) if kind.fields[0] in NAMES else ()
        return _checked(name, [(None, *names, given)])
    if isinstance(given, Mapping) and not is_frame(given):
        return _from_mapping(name, given)
    if is_frame(given):
        return _checked(name, _frame_rows(name, given))
    return _checked(name, _list_rows(name, given))


def _list_rows(name: str, given: Iterable[Any]) -> Iterable[Row]:
    kind = KINDS[name]
    words = ("time", *kind.fields)
    most = len(words)
    for row in given:
        found = tuple(row) if not isinstance(row, str) else (row,)
        if not most - kind.optional <= len(found) <= most:
            raise ValueError(f"{name} must be rows ({', '.join(words)}), one was {found!r}")
        yield found + (math.nan,) * (most - len(found))


def _from_mapping(name: str, given: Mapping[Any, Any]) -> tuple[Row, ...] | Cells:
    """Read a mapping from asset (or currency) to a number, an array, a time or rows."""
    kind = KINDS[name]
    if kind.fields[0] not in NAMES:
        raise TypeError(f"{name} must be rows (time, {', '.join(kind.fields)}), was a mapping")
    arrays = {key: value for key, value in given.items() if isinstance(value, np.ndarray)}
    if arrays and len(arrays) < len(given):
        raise TypeError(f"{name} must be arrays for all of {', '.join(map(str, given))}, or none")
    if arrays:
        columns = np.column_stack([np.asarray(value, np.float64) for value in arrays.values()])
        return _cells(name, columns)._replace(names=tuple(map(str, arrays)))
    rows: list[Row] = []
    for key, value in given.items():
        if kind.holds and np.isscalar(value) and not isinstance(value, str):
            rows.append((None, key, value))
        elif isinstance(value, str) or np.ndim(value) == 0:  # a time alone
            rows += _list_rows(name, [(value, key)])
        else:
            rows += _list_rows(name, [_with_name(row, key) for row in value])
    return _checked(name, rows)


def _with_name(row: Any, key: Any) -> Row:
    first, *rest = row if isinstance(row, Sequence) and not isinstance(row, str) else (row,)
    return (first, key, *rest)


def _frame_rows(name: str, frame: Any) -> Iterable[Row]:
    """Return the rows of a frame with a column for the time and one for each field."""
    kind = KINDS[name]
    data: Any = as_polars(frame, name)
    found = {str(column).lower(): column for column in getattr(data, "columns", [])}
    wanted = ("time", *("value" if part in NUMBERS[:4] else part for part in kind.fields))
    chosen = []
    for place, part in enumerate(wanted):
        words = COLUMNS.get(part, NUMBERS)
        column = next((found[word] for word in words if word in found), None)
        if column is None and place < len(wanted) - kind.optional:
            raise ValueError(
                f"{name} must have the columns {', '.join(wanted)}; "
                f"found {', '.join(found.values())}"
            )
        chosen.append(column)
    time = data[chosen[0]]
    stamps = time.to_list() if time.dtype.is_integer() else as_stamps(time, f"{name} time").times
    values = [
        [math.nan] * len(stamps) if column is None else data[column].to_list()
        for column in chosen[1:]
    ]
    return zip(stamps, *values, strict=True)


def _checked(name: str, rows: Iterable[Row]) -> tuple[Row, ...]:
    """Return rows whose stamps, names and numbers are what the kind asks for."""
    kind = KINDS[name]
    kept = []
    for time, *parts in rows:
        stamp = None if time is None and kind.holds else stamp_of(time)
        where = "" if stamp is None else f" at {shown(stamp)}"
        values: list[Any] = []
        for field, part in zip(kind.fields, parts, strict=True):
            if field in NAMES:
                values.append(str(part))
                where = f" for {part}{where}" if field == kind.fields[0] else where
            else:
                is_optional = len(values) >= len(kind.fields) - kind.optional
                values.append(_number(name, part, where, is_optional))
        if values[-1] != kind.absent:
            kept.append((stamp, *values))
    return tuple(kept)


def _number(name: str, value: Any, where: str, is_optional: bool) -> float:
    """Return one number of an event, checked; true is any number, false none."""
    kind = KINDS[name]
    if name == "funding":
        return _funding(value, where, is_optional)
    if isinstance(value, bool | np.bool_):
        value = math.inf if value else 0.0
    number = math.nan if value is None else float(value)
    if math.isnan(number) and is_optional:
        return number
    is_low = number <= kind.low if kind.is_open else number < kind.low
    is_finite = math.isfinite(number) or (name == "borrowable" and number == math.inf)
    if is_low or not is_finite:
        raise ValueError(_complaint(name, number, where))
    return number


def _funding(value: Any, where: str, is_mark: bool) -> float:
    """Return the rate or, where it is known, the mark of a funding, checked."""
    number = math.nan if value is None else float(value)
    if is_mark and (number <= 0.0 or math.isinf(number)):
        raise ValueError(f"a funding's mark must be > 0, was {number}{where}")
    if not is_mark and not abs(number) < 1.0:
        raise ValueError(f"a funding rate must be a fraction such as 0.0001, was {number}{where}")
    return number


def _complaint(name: str, number: float, where: str) -> str:
    if name == "splits":
        return f"a split's ratio must be > 0 (new shares per old share), was {number}{where}"
    if name == "cash_flows":
        return f"a cash flow must be a number, was {number}{where}"
    kind = KINDS[name]
    bound = "" if kind.low == -math.inf else f" {'>' if kind.is_open else '>='} {kind.low:g}"
    return f"{name} must be{bound or ' finite'} ({kind.means}), was {number}{where}"


def _cells(name: str, array: Any) -> Cells:
    """Return the cells of an array that are events: neither NaN nor the number for none."""
    kind = KINDS[name]
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must be an array of numbers, was {array.dtype} data")
    if array.dtype.kind == "b":
        array = np.where(array, math.inf, 0.0)
    matrix = array.reshape(-1, 1) if array.ndim == 1 else array
    if matrix.ndim != 2 or name == "rolls":
        raise ValueError(f"{name} must have shape (T,) or (T, N), was {array.shape}")
    is_event = ~np.isnan(matrix) & (matrix != kind.absent)
    if kind.holds and len(matrix):
        is_event[1:] &= matrix[1:] != matrix[:-1]
    bars, columns = np.nonzero(is_event)
    values = matrix[bars, columns].astype(np.float64)
    if np.isinf(values).any() and name != "borrowable":
        raise ValueError(f"{name} must be finite or NaN, was infinite")
    rows = tuple(zip(bars.tolist(), columns.tolist(), values.tolist(), strict=True))
    for bar, _, number in rows:
        if number <= kind.low if kind.is_open else number < kind.low:
            raise ValueError(_complaint(name, number, f" on bar {bar}"))
    has_columns = kind.fields[0] in NAMES
    return Cells(matrix.shape if has_columns else array.shape, rows)
