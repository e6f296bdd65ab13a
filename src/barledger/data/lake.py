"""A lake of bars: parquet files by timeframe, symbol and year, read straight into matrices.

Hive partitions, so that any other tool reads them too. Appending adds only what is new, year by
year; a write that is killed leaves the old year whole.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, unquote

import numpy as np
import numpy.typing as npt

from barledger.data.assemble import ARRAYS, Contracts
from barledger.data.bars import Bars
from barledger.data.events import Events
from barledger.data.foreign import as_polars
from barledger.data.lake_year import NAME, Year, merge, read_footer, read_into
from barledger.data.matrices import MATRICES, with_marks_together
from barledger.data.stamps import When, as_stamps, check_rising, rows_between
from barledger.data.timeframe import check_timeframe

if TYPE_CHECKING:
    import polars as pl

Changed = Literal["raise", "keep", "replace"]


class Lake:
    """Bars of many symbols and years in a folder.

    Parameters
    ----------
    path
        The folder; it is made by the first `append`.

    Examples
    --------
    >>> import tempfile
    >>> lake = Lake(tempfile.mkdtemp())
    >>> lake.append(Bars.sample()["IBM"], timeframe="1d")["added"].sum()
    3270
    >>> lake.bars("IBM", start="2010", end="2010").shape
    (252, 1)
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if self.path.exists() and not self.path.is_dir():
            raise NotADirectoryError(f"a lake is a folder, {str(path)!r} is a file")

    def append(self, bars: object, *, timeframe: str, changed: Changed = "raise") -> "pl.DataFrame":
        """Add bars that are not there yet.

        Parameters
        ----------
        bars
            `Bars`, or a long frame with the columns time, asset and numbers, of any library.
        timeframe
            Such as ``"1m"``, or ``"session"`` for bars of a trade date.
        changed
            What to do with a bar that is stored with other values: ``"raise"`` (default),
            ``"keep"`` the stored one, or ``"replace"`` it.

        Returns
        -------
        polars.DataFrame
            symbol, year, added, known: bars written, and bars that were there already.
        """
        import polars as pl

        check_timeframe(timeframe)
        if changed not in ("raise", "keep", "replace"):
            raise ValueError(f"changed must be raise, keep or replace, was {changed!r}")
        done = []
        for (symbol,), rows in _long_rows(bars).partition_by("asset", as_dict=True).items():
            own = rows.drop("asset").sort("time")
            check_rising(own["time"].to_numpy())
            for (year,), part in _by_year(own):
                counts = merge(self._file(timeframe, str(symbol), year), part, changed)
                done.append((symbol, year, *counts))
        schema = {"symbol": pl.String, "year": pl.Int64, "added": pl.Int64, "known": pl.Int64}
        return pl.DataFrame(done, schema=schema, orient="row").sort("symbol", "year")

    def bars(
        self,
        symbols: str | Sequence[str] | None = None,
        *,
        timeframe: str | None = None,
        start: When | None = None,
        end: When | None = None,
        contracts: Contracts = None,
        calendar: str | None = None,
        adjustment: str | float | None = None,
        events: Events | None = None,
    ) -> Bars:
        """Return bars of symbols, aligned on the union of their stamps.

        Parameters
        ----------
        symbols
            Which, in which order; None: all of the timeframe, by name.
        timeframe
            None: the only one of the lake.
        start, end
            Dates, both included; ``"2015"`` means all of it. Years outside are not read.
        contracts, calendar, adjustment, events
            As in `Bars.from_arrays`.
        """
        timeframe = self._timeframe(timeframe)
        names = self._names(symbols, timeframe)
        series = [_Series(self._years(timeframe, name, start, end), start, end) for name in names]
        columns = _common_columns(names, series)
        times, matrices = _one(series[0], columns) if len(names) == 1 else _many(series, columns)
        if "tradable" in matrices:
            matrices["tradable"] = matrices["tradable"] == 1.0
        found = Bars.from_arrays(
            **with_marks_together(matrices),
            time=times,
            assets=list(names),
            contracts=contracts,
            calendar=calendar,
            adjustment=adjustment,
            events=events,
        )
        told = [
            f"lake {timeframe} {name} {year.year} sha256 {year.digest}"
            for name, each in zip(names, series, strict=True)
            for year in each.years
        ]
        return found.with_notes(sources=told)

    def scan(self, timeframe: str | None = None) -> "pl.LazyFrame":
        """Return everything of a timeframe as a lazy frame with the columns symbol and year.

        Filters on symbol, year and time are pushed into the files: nothing else is read.
        """
        import polars as pl

        folder = self._folder(self._timeframe(timeframe))
        return pl.scan_parquet(
            folder / "**" / NAME,
            hive_partitioning=True,
            hive_schema={"symbol": pl.String, "year": pl.Int64, "timeframe": pl.String},
            **_missing_as_null(pl.scan_parquet),
        )

    @property
    def timeframes(self) -> tuple[str, ...]:
        """Timeframes in the lake."""
        return tuple(sorted(_values(self.path, "timeframe")))

    def symbols(self, timeframe: str | None = None) -> tuple[str, ...]:
        """Return the symbols of a timeframe, by name."""
        return tuple(sorted(_values(self._folder(self._timeframe(timeframe)), "symbol")))

    def table(self) -> "pl.DataFrame":
        """Return timeframe, symbol, year, rows, first, last, bytes and digest of every file."""
        import polars as pl

        rows = [
            (timeframe, symbol, year.year, year.rows, year.first, year.last, size, year.digest)
            for timeframe in self.timeframes
            for symbol in self.symbols(timeframe)
            for year in self._footers(timeframe, symbol)
            for size in [year.path.stat().st_size]
        ]
        names = ["timeframe", "symbol", "year", "rows", "first", "last", "bytes", "digest"]
        return pl.DataFrame(rows, schema=names, orient="row")

    def __repr__(self) -> str:
        parts = [f"{len(self.symbols(each))} symbols of {each}" for each in self.timeframes]
        return f"<Lake {self.path}: {', '.join(parts) or 'empty'}>"

    def _folder(self, timeframe: str) -> Path:
        return self.path / f"timeframe={timeframe}"

    def _file(self, timeframe: str, symbol: str, year: int) -> Path:
        return self._folder(timeframe) / f"symbol={quote(symbol, safe='')}" / f"year={year}" / NAME

    def _timeframe(self, timeframe: str | None) -> str:
        known = self.timeframes
        if not known:
            raise FileNotFoundError(f"there are no bars in the lake {str(self.path)!r} yet")
        if timeframe is None and len(known) > 1:
            raise ValueError(f"the lake has bars of {', '.join(known)}: name one with timeframe=")
        if timeframe is not None and timeframe not in known:
            raise ValueError(f"the lake has no bars of {timeframe}; it has {', '.join(known)}")
        return timeframe or known[0]

    def _names(self, symbols: str | Sequence[str] | None, timeframe: str) -> tuple[str, ...]:
        known = self.symbols(timeframe)
        if symbols is None:
            return known
        names = (symbols,) if isinstance(symbols, str) else tuple(symbols)
        unknown = [name for name in names if name not in known]
        if unknown or not names:
            asked = repr(unknown[0]) if unknown else "nothing"
            raise ValueError(f"the lake has no {asked} of {timeframe}; it has {_listed(known)}")
        return names

    def _footers(self, timeframe: str, symbol: str) -> list[Year]:
        folder = self._file(timeframe, symbol, 0).parents[1]
        return sorted((read_footer(each) for each in folder.glob(f"year=*/{NAME}")), key=_year)

    def _years(
        self, timeframe: str, symbol: str, start: When | None, end: When | None
    ) -> list[Year]:
        years = self._footers(timeframe, symbol)
        span = _year_of(start, -(1 << 60)), _year_of(end, 1 << 60)
        kept = [year for year in years if span[0] <= year.year <= span[1]]
        if not kept:
            raise ValueError(
                f"no bars of {symbol} between {start} and {end}: there are the years "
                f"{years[0].year} to {years[-1].year}"
            )
        return kept


class _Series:
    """The years of one symbol as one series of rows, cut to a range."""

    def __init__(self, years: list[Year], start: When | None, end: When | None) -> None:
        self.years, self.start, self.end = years, start, end

    @cached_property
    def times(self) -> npt.NDArray[Any]:
        """Stamps (T,)."""
        times: npt.NDArray[Any] = self._read(["time"])["time"]
        return times[self._rows(times)]

    def columns(self, names: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
        """Return the stamps and columns (T,), reading every file once; NaN in years that lack it."""
        whole = self._read(["time", *names])
        rows = self._rows(whole["time"])
        return {name: column[rows] for name, column in whole.items()}

    def _rows(self, times: npt.NDArray[Any]) -> slice:
        if self.start is None and self.end is None:
            return slice(0, len(times))
        return rows_between(times, slice(self.start, self.end))

    def _read(self, names: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
        n_rows = sum(year.rows for year in self.years)
        whole: dict[str, npt.NDArray[Any]] = {
            name: np.empty(n_rows, "datetime64[ns]" if name == "time" else np.float64)
            for name in names
        }
        start = 0
        for year in self.years:
            place = slice(start, start + year.rows)
            there = [name for name in names if name in year.columns]
            read_into(year, there, [whole[name][place] for name in there])
            for name in set(names) - set(there):
                whole[name][place] = np.nan
            start += year.rows
        return whole


def _one(series: _Series, columns: Sequence[str]) -> tuple[Any, dict[str, Any]]:
    found = series.columns(columns)
    return found.pop("time"), found


def _many(series: Sequence[_Series], columns: Sequence[str]) -> tuple[Any, dict[str, Any]]:
    """Return the union of stamps (T,) and a matrix (T, N) of each column, NaN for gaps."""
    times = series[0].times
    if any(not np.array_equal(each.times, times) for each in series[1:]):
        times = np.unique(np.concatenate([each.times for each in series]))
    matrices: dict[str, Any] = {
        name: np.full((len(times), len(series)), np.nan) for name in columns
    }
    for column, each in enumerate(series):
        rows = np.searchsorted(times, each.times)
        for name, values in each.columns(columns).items():
            if name != "time":
                matrices[name][rows, column] = values
    return times, matrices


def _missing_as_null(scan: Callable[..., Any]) -> dict[str, Any]:
    """Return the option that lets files lack columns, as this version of polars calls it."""
    if "missing_columns" in signature(scan).parameters:
        return {"missing_columns": "insert"}
    return {"allow_missing_columns": True}


def _long_rows(bars: object) -> "pl.DataFrame":
    """Return time (nanoseconds, UTC), asset and columns of numbers; rows of `Bars` that are gaps go."""
    import polars as pl

    if isinstance(bars, Bars):
        if bars.time.dtype.kind != "M":
            raise ValueError("a lake needs bars with times, these are only numbered")
        frame = bars.to_frame()
        values = [name for name in bars.matrices if name != "tradable"]
        return frame.filter(pl.any_horizontal(pl.col(values).is_not_nan())).cast(
            {pl.Boolean: pl.Float64}
        )
    made = as_polars(bars, "bars")
    if not isinstance(made, pl.DataFrame) or not {"time", "asset", "close"} <= set(made.columns):
        raise ValueError("a lake takes Bars, or a long frame with the columns time, asset, close")
    stamps = as_stamps(made["time"], "column 'time'").times
    made = made.cast({pl.Boolean: pl.Float64})
    others = [name for name in made.columns if name not in ("time", "asset")]
    text = [name for name in others if not made[name].dtype.is_numeric()]
    if text:
        raise TypeError(f"column {text[0]!r} must be numbers, was {made[text[0]].dtype}")
    floats = [name for name in others if name in MATRICES]
    return made.select(
        pl.Series("time", stamps),
        pl.col("asset").cast(pl.String),
        pl.col(floats).cast(pl.Float64).fill_null(float("nan")),
        pl.exclude("time", "asset", *floats),
    )


def _by_year(rows: "pl.DataFrame") -> Any:
    import polars as pl

    marked = rows.with_columns(pl.col("time").dt.year().cast(pl.Int64).alias("_year"))
    parts = marked.partition_by("_year", as_dict=True, include_key=False)
    return parts.items()


def _common_columns(names: Sequence[str], series: Sequence[_Series]) -> list[str]:
    found = {column for each in series for year in each.years for column in year.columns}
    if "close" not in found:
        raise ValueError(f"the lake has no closes of {names[0]}")
    return [name for name in ARRAYS if name in found]


def _year(year: Year) -> int:
    return year.year


def _year_of(when: When | None, otherwise: int) -> int:
    if when is None:
        return otherwise
    try:
        moment: Any = np.datetime64(str(when))
    except ValueError as error:
        raise ValueError(f"a lake is cut by dates such as '2015-06', not {when!r}") from error
    return int(moment.astype("datetime64[Y]").astype(int)) + 1970


def _values(folder: Path, key: str) -> list[str]:
    return [unquote(each.name.partition("=")[2]) for each in folder.glob(f"{key}=*")]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= 12 else f"{', '.join(names[:10])} … ({len(names)})"
