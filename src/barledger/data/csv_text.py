"""CSV files to frames, with a hint when header and rows do not fit."""

import csv
import gzip
import re
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

if TYPE_CHECKING:
    import polars as pl

GZIP_MAGIC = b"\x1f\x8b"
CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?")
NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?")
LOOKED_AT = 20
TIME_FORMATS = (
    "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y%m%d %H:%M",
    "%Y%m%d", "%Y/%m/%d %H:%M:%S%.f", "%Y/%m/%d", "%Y.%m.%d %H:%M:%S%.f", "%Y.%m.%d %H:%M",
    "%Y-%m-%dT%H:%M:%S%.fZ", "%Y-%m-%d %H:%M:%S%.f%:z", "%Y-%m-%dT%H:%M:%S%.f%:z",
)  # fmt: skip


def read_csv(
    path: str | Path,
    *,
    columns: Sequence[str] | None = None,
    skip_rows: int = 0,
    time_format: str | None = None,
) -> "pl.DataFrame":
    """Read a CSV of bars, plain or gzipped, for `Bars.from_frame`.

    Parameters
    ----------
    path
        File; commas, semicolons or tabs.
    columns
        Names in place of the header's, or where there is none.
    skip_rows
        Lines before the header.
    time_format
        Such as ``"%d.%m.%Y %H:%M"``; None: one of the usual, year first. Day and month in another
        order are never guessed.

    Returns
    -------
    polars.DataFrame
        The columns as they are, but a date and a time of day are one column ``time``.

    Raises
    ------
    ValueError
        Rows have more or fewer fields than the header names; the message shows them, and the header
        that would fit.
    """
    import polars as pl

    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no CSV file at {str(path)!r}")
    lines = _first_lines(path, skip_rows)
    separator = _separator(lines)
    fields = [next(csv.reader([line], delimiter=separator)) for line in lines]
    names = [name.strip() for name in (columns if columns is not None else fields[0])]
    if columns is None and names[0] == "":
        names[0] = "time"  # the index of a frame that pandas wrote
    rows, skipped = _rows_of(fields, columns), skip_rows
    _check_fields(path, names, rows, is_given=columns is not None)
    if columns is None or rows is not fields:
        skipped += 1
    with _opened(path) as file:
        frame = pl.read_csv(
            file.read(),
            separator=separator,
            has_header=False,
            new_columns=names,
            skip_rows=skipped,
            infer_schema_length=10_000,
        )
    return _with_time(frame, path, time_format)


def _first_lines(path: Path, skip_rows: int) -> list[str]:
    with _opened(path) as file:
        raw = [file.readline() for _ in range(skip_rows + LOOKED_AT)]
    lines = [line.decode("utf-8-sig", "replace").rstrip("\r\n") for line in raw if line]
    lines = lines[skip_rows:]
    if not lines:
        raise ValueError(f"{path.name} has no line after the first {skip_rows}")
    return lines


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        is_gzip = file.read(2) == GZIP_MAGIC
    return cast("IO[bytes]", gzip.open(path, "rb")) if is_gzip else path.open("rb")


def _separator(lines: Sequence[str]) -> str:
    """Return the mark that most lines have most of."""
    return max(",;\t", key=lambda mark: sorted(line.count(mark) for line in lines)[len(lines) // 2])


def _rows_of(fields: list[list[str]], columns: Sequence[str] | None) -> list[list[str]]:
    """Return the rows without the header; with names given, the first line may be a row."""
    if columns is not None and _is_data(fields[0]):
        return fields
    return fields[1:]


def _is_data(row: Sequence[str]) -> bool:
    return any(NUMBER.fullmatch(field.strip()) or CLOCK.fullmatch(field.strip()) for field in row)


def _check_fields(path: Path, names: list[str], rows: list[list[str]], *, is_given: bool) -> None:
    if not is_given and _is_data(names):
        raise ValueError(
            f"{path.name} has no header, its first line is {', '.join(names)}: name the "
            f"{len(names)} columns with columns=[...]"
        )
    wrong = next((row for row in rows if row and len(row) != len(names)), None)
    if wrong is None:
        return
    who = "columns names" if is_given else "the header names"
    told = (
        f"{path.name}: {who} {len(names)} columns ({', '.join(names)}), but rows have {len(wrong)} "
        f"fields ({', '.join(wrong)})"
    )
    if len(names) == 1 and not is_given:
        raise ValueError(f"{told}; if the first line is no header, give skip_rows=1")
    raise ValueError(told + _hint(names, wrong))


def _hint(names: list[str], row: list[str]) -> str:
    """Return what to do, with the names that would fit where one is missing."""
    if len(row) != len(names) + 1:
        return "; name every column with columns=[...]"
    place = next((k for k, field in enumerate(row) if CLOCK.fullmatch(field.strip())), None)
    if place is None:
        return "; one name is missing: name every column with columns=[...]"
    fitting = [*names[:place], "Time", *names[place:]]
    shown = ", ".join(repr(name) for name in fitting)
    return f"; field {place + 1}, {row[place]}, looks like a time of day: columns=[{shown}]"


def _with_time(frame: "pl.DataFrame", path: Path, time_format: str | None) -> "pl.DataFrame":
    """Return a frame whose stamps are datetimes, date and time of day joined."""
    import polars as pl

    words = {name.lower(): name for name in frame.columns}
    if "date" in words and "time" in words:
        date, time = (
            pl.col(words[word]).cast(pl.String).str.strip_chars() for word in ("date", "time")
        )
        joined = (date + pl.lit(" ") + time).alias("time")
        frame = frame.with_columns(joined.alias("_joined")).drop(words["date"], words["time"])
        frame = frame.select("_joined", pl.exclude("_joined")).rename({"_joined": "time"})
        words = {name.lower(): name for name in frame.columns}
    name = next((words[w] for w in ("time", "date", "datetime", "timestamp") if w in words), None)
    if name is None or frame[name].dtype.is_temporal():
        return frame
    if frame[name].dtype.is_numeric() and time_format is None and not _is_compact(frame[name]):
        return frame  # `Bars.from_frame` says what numbers need
    return frame.with_columns(_parsed(frame[name].cast(pl.String), path, time_format))


def _is_compact(series: "pl.Series") -> bool:
    """Tell whether whole numbers are dates such as 20240131."""
    return series.dtype.is_integer() and bool(series.is_between(19_000_101, 21_001_231).all())


def _parsed(text: "pl.Series", path: Path, time_format: str | None) -> "pl.Series":
    import polars as pl

    text = text.str.strip_chars()
    for each in (time_format,) if time_format else TIME_FORMATS:
        try:
            return text.str.to_datetime(each, time_unit="ns")
        except pl.exceptions.PolarsError:
            continue
    raise ValueError(
        f"{path.name}: {text.name} {text[0]!r} is in no known format"
        + (f" {time_format!r}" if time_format else "")
        + ": give time_format=, such as '%d.%m.%Y %H:%M'"
    )
