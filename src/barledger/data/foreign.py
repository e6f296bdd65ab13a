"""Frames of other libraries: recognised without importing anything, turned into polars."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

FRAME_LIBRARIES = ("polars", "pandas", "pyarrow")


def library_of(value: object) -> str:
    """Return the package that a value's class comes from, such as ``"pandas"``."""
    return type(value).__module__.partition(".")[0]


def is_frame(value: object) -> bool:
    """Tell whether a value is a frame, series, index or table of a known library."""
    return library_of(value) in FRAME_LIBRARIES


def as_polars(value: Any, name: str) -> "pl.DataFrame | pl.Series":
    """Return a polars, pandas or pyarrow object as a polars frame or series."""
    import polars as pl

    library = library_of(value)
    if library == "polars":
        made = value.collect() if isinstance(value, pl.LazyFrame) else value
    elif library == "pandas":
        made = _from_pandas(value, name)
    elif library == "pyarrow":
        made = pl.from_arrow(value)
    else:
        made = None
    if not isinstance(made, pl.DataFrame | pl.Series):
        raise TypeError(
            f"{name} must be a polars, pandas or pyarrow frame, was a {type(value).__name__}"
        )
    return made


def _from_pandas(value: Any, name: str) -> "pl.DataFrame | pl.Series":
    """Convert column by column, so that one of mixed objects can be named."""
    import polars as pl

    columns = getattr(value, "columns", None)
    if columns is None:
        return _pandas_column(value, name)
    if columns.nlevels > 1:
        raise ValueError(f"{name} must have one level of column names, had {columns.nlevels}")
    names = [str(column) for column in columns]
    twice = [column for column in names if names.count(column) > 1]
    if twice:
        raise ValueError(f"{name} has two columns called {twice[0]!r}")
    series = [_pandas_column(value.iloc[:, i], f"{name} column {n!r}") for i, n in enumerate(names)]
    return pl.DataFrame({n: s for n, s in zip(names, series, strict=True)})


def _pandas_column(column: Any, name: str) -> "pl.Series":
    import polars as pl

    try:
        made: pl.Series = pl.from_pandas(column)  # type: ignore[assignment]
    except Exception as error:  # pyarrow's own, imported only by polars
        raise TypeError(
            f"{name} must hold values of one type, was {column.dtype}: {error}"
        ) from error
    return made
