"""Frames to matrices: a long table of bars or a wide one of closes, of whatever library.

Assets align on the union of their stamps; where one has no row there is NaN, nothing is filled.
"""

from collections.abc import Mapping, Sequence
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from barledger.data.foreign import as_polars, is_frame, library_of
from barledger.data.matrices import MATRICES, Floats, as_matrix
from barledger.data.stamps import Times, as_stamps, shown

if TYPE_CHECKING:
    import polars as pl

    from barledger.data.bars import Bars

ALIASES = {
    "time": ("time", "date", "datetime", "timestamp"),
    "asset": ("asset", "symbol", "ticker"),
    **{name: (name,) for name in (*MATRICES, "tradable", "split")},
}
VALUES = (*MATRICES, "tradable", "split")
NEEDED = "time (or date, datetime, timestamp) and close; asset (or symbol, ticker) for several"
OPTIONAL = "open, high, low, volume, settlement, tradable, split"


class Table(NamedTuple):
    """What a frame holds: matrices (T, N) by name, splits as (stamp, asset, ratio), and notes."""

    times: Times
    assets: tuple[str, ...]
    matrices: dict[str, Any]
    splits: tuple[tuple[Any, str, float], ...]
    notes: tuple[str, ...]


def read_frame(frame: object, assets: str | Sequence[str] | None = None) -> Table:
    """Return the matrices of a long or wide frame.

    Parameters
    ----------
    frame
        polars, pandas or pyarrow. Long: time, asset, close and more columns, in any order and
        letter case. Wide: time and one column of closes per asset. A pandas index of dates is the
        time.
    assets
        Which assets, in which order; None: by name from a long frame, as they stand from a wide
        one. A long frame without a column of assets holds one, which this names.
    """
    chosen = (assets,) if isinstance(assets, str) else None if assets is None else tuple(assets)
    data = _polars_frame(frame)
    names = _recognised(data.columns)
    if "close" in names:
        return _long(data, names, chosen)
    if len(names) > ("time" in names):
        raise ValueError(_lacking("close", data.columns))
    if "time" not in names:
        raise ValueError(_lacking("time", data.columns))
    return _wide(data, names["time"], chosen)


def long_rows(frame: object) -> "pl.DataFrame":
    """Return a long frame with known names: time (nanoseconds), asset and its numbers.

    Order and duplicates stay as they are; what is not known is left out.
    """
    import polars as pl

    data = _polars_frame(frame)
    names = _recognised(data.columns)
    for needed in ("time", "close"):
        if needed not in names:
            raise ValueError(_lacking(needed, data.columns))
    rows = data.select(names.values()).rename({column: name for name, column in names.items()})
    stamps = as_stamps(rows["time"], f"column {names['time']!r}")
    asset = pl.col("asset").cast(pl.String) if "asset" in names else pl.lit("asset")
    others = [name for name in rows.columns if name not in ("time", "asset")]
    return rows.select(
        pl.Series("time", stamps.times), asset.alias("asset"), pl.col(others).cast(pl.Float64)
    )


def read_parquet(path: str | Path) -> "pl.DataFrame":
    """Return the frame in one parquet file, in a folder of them, or in those that match a glob."""
    import polars as pl

    is_remote = "://" in str(path)
    if not is_remote and not Path(path).exists() and not glob(str(path), recursive=True):
        raise FileNotFoundError(f"no parquet file at {str(path)!r} (a file, a folder or a glob)")
    return pl.read_parquet(path, glob=not Path(path).is_file())


def _polars_frame(frame: Any) -> "pl.DataFrame":
    import polars as pl

    if library_of(frame) == "pandas":
        frame = _with_index(frame)
    made = as_polars(frame, "frame") if is_frame(frame) else _of_arrays(frame)
    if not isinstance(made, pl.DataFrame):
        raise TypeError(
            f"frame must be a polars, pandas or pyarrow frame, was a {type(frame).__name__}; a "
            "structured array or a mapping of columns will do too, other arrays go to "
            "Bars.from_arrays"
        )
    if made.is_empty():
        raise ValueError(f"frame must hold at least one row; its columns are {made.columns}")
    return made


def _of_arrays(frame: Any) -> Any:
    """Return a structured numpy array, or a mapping of columns, as a frame; None of anything else."""
    import polars as pl

    if isinstance(frame, Mapping):
        return pl.DataFrame({str(name): _column(column) for name, column in frame.items()})
    if not isinstance(frame, np.ndarray) or not frame.dtype.names:
        return None
    return pl.DataFrame({name: _column(frame[name]) for name in frame.dtype.names})


def _column(values: Any) -> Any:
    """Return bytes as text and datetimes in a unit that polars takes; others as they are."""
    if not isinstance(values, np.ndarray):
        return values
    if values.dtype.kind == "S":
        return values.astype(str)
    if values.dtype.kind == "M":
        return values.astype("datetime64[ns]")
    return np.ascontiguousarray(values)


def _with_index(frame: Any) -> Any:
    """Turn a pandas index that carries times (and assets) into columns."""
    index, columns = getattr(frame, "index", None), getattr(frame, "columns", None)
    if index is None or columns is None:
        return frame
    if index.nlevels > 1:
        return frame.reset_index()
    if index.inferred_type in ("datetime64", "datetime", "date"):
        if "time" in _recognised([str(column) for column in columns]):
            return frame
        return frame.rename_axis("time").reset_index()
    return frame


def _recognised(columns: Sequence[str]) -> dict[str, str]:
    """Return the frame's column for each name that is known."""
    found: dict[str, str] = {}
    for column in columns:
        word = str(column).strip().lower()
        name = next((name for name, words in ALIASES.items() if word in words), None)
        if name in found:
            raise ValueError(
                f"two columns for {name}: {found[name]!r} and {column!r}; drop or rename one"
            )
        if name is not None:
            found[name] = column
    return found


def _long(data: "pl.DataFrame", names: dict[str, str], chosen: tuple[str, ...] | None) -> Table:
    if "time" not in names:
        raise ValueError(_lacking("time", data.columns))
    left = [column for column in data.columns if column not in names.values()]
    rows = data.select(names.values()).rename({column: name for name, column in names.items()})
    if "asset" in names:
        rows, assets = _chosen_rows(rows, chosen)
    else:
        assets = _only_one(chosen)
    stamps = as_stamps(rows["time"], f"column {names['time']!r}")
    missing = np.isnat(stamps.times)
    if missing.any():
        raise ValueError(f"time must not be empty: row {int(np.argmax(missing))} has none")
    values = {name: _values(rows[name], column) for name, column in names.items() if name in VALUES}
    splits = _splits(values.pop("split", None), stamps.times, rows, assets)
    times = stamps.times
    if "asset" not in names:
        _check_one_asset(times, left)
    if "asset" in names and (len(assets) > 1 or not _is_rising(times)):
        times, values = _spread(times, rows["asset"], assets, values)
    return Table(times, assets, values, splits, _notes(stamps.zone, left))


def _wide(data: "pl.DataFrame", time: str, chosen: tuple[str, ...] | None) -> Table:
    stamps = as_stamps(data[time], f"column {time!r}")
    assets = tuple(column for column in data.columns if column != time)
    if not assets:
        raise ValueError(_lacking("close", data.columns))
    if chosen is not None:
        _check_known(chosen, assets)
        assets = chosen
    for asset in assets:
        if not data[asset].dtype.is_numeric():
            raise TypeError(
                f"column {asset!r} must be numbers, the closes of an asset; was {data[asset].dtype}"
            )
    close = as_matrix("close", data.select(assets))
    return Table(stamps.times, assets, {"close": close}, (), _notes(stamps.zone, []))


def _chosen_rows(
    rows: "pl.DataFrame", chosen: tuple[str, ...] | None
) -> tuple["pl.DataFrame", tuple[str, ...]]:
    """Return the rows of the chosen assets, and the assets in column order."""
    import polars as pl

    rows = rows.with_columns(pl.col("asset").cast(pl.String))
    if rows["asset"].null_count():
        row = rows["asset"].is_null().arg_max()
        raise ValueError(f"asset must not be empty: row {row} has none")
    known = tuple(sorted(rows["asset"].unique().to_list()))
    if chosen is None:
        return rows, known
    _check_known(chosen, known)
    return rows.filter(pl.col("asset").is_in(list(chosen))), chosen


def _only_one(chosen: tuple[str, ...] | None) -> tuple[str, ...]:
    if chosen is None:
        return ("asset",)
    if len(chosen) != 1:
        raise ValueError(
            f"a long frame without a column of assets holds one asset, but {len(chosen)} were "
            f"named; add the column asset (or {', '.join(ALIASES['asset'][1:])})"
        )
    return chosen


def _check_one_asset(times: Times, left: Sequence[str]) -> None:
    """Raise when a frame without a column of assets has two rows of one time."""
    order = np.argsort(times, kind="stable")
    same = np.flatnonzero(times[order][1:] == times[order][:-1])
    if len(same):
        rows = order[[same[0], same[0] + 1]]
        others = f" (not read were {_listed(left)})" if left else ""
        raise ValueError(
            f"rows {rows[0]} and {rows[1]} are both of {shown(times[rows[0]])}, and no column says "
            f"of which asset: add or rename one to asset, symbol or ticker{others}"
        )


def _check_known(chosen: Sequence[str], known: Sequence[str]) -> None:
    for asset in chosen:
        if asset not in known:
            raise ValueError(f"the frame has no asset {asset!r}; it has {_listed(known)}")


def _values(series: "pl.Series", column: str) -> Floats:
    """Return a column of numbers (R,), nulls as NaN."""
    import polars as pl

    if series.dtype == pl.Boolean and series.name == "tradable":
        series = series.cast(pl.Int8)
    if series.dtype == pl.Null:
        series = series.cast(pl.Float64)
    if not series.dtype.is_numeric():
        raise TypeError(f"column {column!r} must be numbers, was {series.dtype}")
    values: Floats = series.cast(pl.Float64).to_numpy()
    return values


def _spread(
    stamps: Times, names: "pl.Series", assets: tuple[str, ...], values: dict[str, Floats]
) -> tuple[Times, dict[str, Floats]]:
    """Return the union of stamps (T,) and every column as a matrix (T, N) of gaps and values."""
    import polars as pl

    times, bars = np.unique(stamps, return_inverse=True)
    columns = names.cast(pl.Enum(list(assets))).to_physical().to_numpy().astype(np.int64)
    cells = bars * len(assets) + columns
    _check_single(cells, times, assets)
    matrices = {}
    for name, column in values.items():
        matrix = np.full(len(times) * len(assets), 0.0 if name == "tradable" else np.nan)
        matrix[cells] = column
        matrices[name] = matrix.reshape(len(times), len(assets))
    return times, matrices


def _is_rising(stamps: Times) -> bool:
    return bool(np.all(stamps[1:] > stamps[:-1]))


def _check_single(cells: npt.NDArray[np.int64], times: Times, assets: tuple[str, ...]) -> None:
    """Raise when two rows are of one asset and stamp."""
    seen = np.zeros(len(times) * len(assets), np.bool_)
    seen[cells] = True
    if int(seen.sum()) == len(cells):
        return
    order = np.argsort(cells, kind="stable")
    first = int(np.argmax(cells[order][1:] == cells[order][:-1]))
    bar, asset = divmod(int(cells[order[first]]), len(assets))
    raise ValueError(
        f"one row per asset and time is wanted: rows {order[first]} and {order[first + 1]} are both "
        f"{assets[asset]} at {shown(times[bar])}"
    )


def _splits(
    ratios: Floats | None, stamps: Times, rows: "pl.DataFrame", assets: tuple[str, ...]
) -> tuple[tuple[Any, str, float], ...]:
    """Return (stamp, asset, ratio) of every row whose split is a number other than 1."""
    if ratios is None:
        return ()
    at = np.flatnonzero(~np.isnan(ratios) & (ratios != 1.0)).tolist()
    names = rows["asset"].gather(at).to_list() if "asset" in rows.columns else assets * len(at)
    return tuple(
        (stamps[row], name, float(ratios[row])) for row, name in zip(at, names, strict=True)
    )


def _notes(zone: str | None, left: Sequence[str]) -> tuple[str, ...]:
    notes = [f"times converted from {zone} to UTC"] if zone else []
    return (*notes, *([f"columns not read: {', '.join(left)}"] if left else []))


def _lacking(name: str, columns: Sequence[str]) -> str:
    return (
        f"frame has no column {name}: found {_listed(columns)}; needed {NEEDED}; may be there: "
        f"{OPTIONAL}. A wide frame has a time column and one column of closes per asset, none of "
        "them called like these"
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= 12 else f"{', '.join(names[:10])} … ({len(names)})"


def long_frame(bars: "Bars") -> "pl.DataFrame":
    """Return bars as a long frame, bar by bar, with a column of splits when there are any."""
    import polars as pl

    n_bars, n_assets = bars.shape
    assets = pl.Series(bars.assets, dtype=pl.String)
    columns: dict[str, Any] = {
        "time": np.repeat(bars.time, n_assets),
        "asset": assets.gather(np.tile(np.arange(n_assets), n_bars)),
    }
    for name, matrix in bars.matrices.items():
        columns[name] = matrix.reshape(-1)
    splits = bars.events.split_rows(bars) if bars.events is not None else []
    if splits:
        ratios = np.full((n_bars, n_assets), np.nan)
        for bar, asset, ratio in splits:
            ratios[bar, asset] = (
                ratio if np.isnan(ratios[bar, asset]) else ratios[bar, asset] * ratio
            )
        columns["split"] = pl.Series(ratios.reshape(-1)).fill_nan(None)
    return pl.DataFrame(columns)
