"""Statistics records: settlements, open interest and price limits, each with its publication.

A figure of a day is published after it. What a strategy may know is what was published before;
`known_at` gives that, and nothing here gives more.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from barledger.data.bars import Bars
from barledger.data.databento.bars import paths_of
from barledger.data.databento.files import as_frame, chunks, open_file
from barledger.data.databento.symbols import changes_of, owners

if TYPE_CHECKING:
    import polars as pl

KINDS = {
    1: "open", 2: "indicative_open", 3: "settlement", 4: "low", 5: "high", 6: "cleared_volume",
    7: "lowest_offer", 8: "highest_bid", 9: "open_interest", 10: "fixing", 11: "close",
    12: "net_change", 13: "vwap", 14: "volatility", 15: "delta", 16: "uncrossing",
    17: "upper_limit", 18: "lower_limit", 19: "block_volume",
}  # fmt: skip
QUANTITIES = ("cleared_volume", "open_interest", "block_volume")
FINAL, ACTUAL, UNTOLD = 1, 2, 255  # bits of stat_flags; all set: not told
DELETED = 2
UNDEFINED = (
    np.iinfo(np.int32).max,
    np.iinfo(np.int64).max,
)  # of quantities, before DBN 3 and since


def statistics(path: str | Path | Sequence[str | Path]) -> "pl.DataFrame":
    """Return every record of statistics files.

    Returns
    -------
    polars.DataFrame
        published (when the record reached the vendor), asset, instrument_id, date (the trade date
        meant; null: not told), kind, value (a price, or a quantity for open interest and volumes;
        NaN: undefined), is_final, is_actual (null: not told), is_deleted; by publication.
    """
    import polars as pl

    parts = []
    for each in paths_of(path):
        file = open_file(each)
        for rows in chunks(file, "statistics"):
            found = owners(changes_of(file), rows["instrument_id"].astype(np.int64), _stamps(rows))
            parts += [_frame(rows[owner.rows], owner.symbol) for owner in found]
    if not parts:
        raise ValueError("no statistics in " + ", ".join(each.name for each in paths_of(path)))
    return pl.concat(parts).sort("published", maintain_order=True)


def finals(frame: "pl.DataFrame", kind: str) -> "pl.DataFrame":
    """Return one figure a day: the last final record of a kind for each asset and date.

    A record that is preliminary (a settlement), deleted later, undefined or without a date is left
    out; where the venue does not tell what is final, every record counts as final.

    Parameters
    ----------
    frame
        From `statistics`.
    kind
        Such as ``"settlement"`` or ``"open_interest"``.
    """
    import polars as pl

    dated = _usable(frame, kind).filter(pl.col("date").is_not_null())
    last = dated.unique(["asset", "date"], keep="last", maintain_order=True)
    return last.filter(~pl.col("is_deleted")).sort("asset", "date")


def known_at(frame: "pl.DataFrame", kind: str, bars: Bars) -> npt.NDArray[np.float64]:
    """Return the figure last published before each bar opens, (T, N), NaN before the first.

    Final records only, of whatever date; a correction counts from when it came, and what was
    deleted is NaN from then on. For signals: the value of a bar was known at its open.

    Parameters
    ----------
    frame
        From `statistics`.
    kind
        Such as ``"settlement"`` or ``"open_interest"``.
    bars
        Bars whose assets are the frame's, or its instrument ids.
    """
    import polars as pl

    deleted = pl.when("is_deleted").then(float("nan")).otherwise("value")
    rows = _usable(frame, kind).with_columns(deleted.alias("value"))
    matrix = np.full(bars.shape, np.nan)
    for column, asset in enumerate(bars.assets):
        own = _of(rows, asset)
        place = np.searchsorted(own["published"].to_numpy(), bars.time, side="right") - 1
        values = np.append(own["value"].to_numpy(), np.nan)
        matrix[:, column] = values[place]  # -1: before the first, the NaN at the end
    return matrix


def with_settlement(bars: Bars, frame: "pl.DataFrame", trade_dates: Any) -> Bars:
    """Return bars with the settlement of each trade date on its last bar, where futures settle.

    Parameters
    ----------
    bars
        Bars of futures.
    frame
        From `statistics`.
    trade_dates
        (T,) trade date of each bar, datetime64[D]; see `barledger.instruments.sessions`.

    Notes
    -----
    A settlement that was published only after the next bar opened is left out, and a note says how
    many: the account cannot have been settled at a price that was not there.
    """
    rows = finals(frame, "settlement")
    matrix, late = np.full(bars.shape, np.nan), 0
    columns = {asset: column for column, asset in enumerate(bars.assets)}
    dates = np.asarray(trade_dates, "datetime64[D]")
    last = np.append(dates[1:] != dates[:-1], True)
    bar_of_date = {
        day: int(bar) for day, bar in zip(dates[last], np.flatnonzero(last), strict=True)
    }
    for row in rows.iter_rows(named=True):
        bar = bar_of_date.get(np.datetime64(row["date"], "D"))
        column = columns.get(row["asset"], columns.get(str(row["instrument_id"])))
        if bar is None or column is None:
            continue
        published = np.datetime64(row["published"], "ns")
        if bar + 1 < len(bars) and published > bars.time[bar + 1]:
            late += 1
            continue
        matrix[bar, column] = row["value"]
    told = [f"{late} settlements left out: published after the next bar opened"] if late else []
    return bars.with_matrix("settlement", matrix).with_notes(*told)


def _of(rows: "pl.DataFrame", asset: str) -> "pl.DataFrame":
    """Return the records of an asset, named by symbol or by instrument id."""
    import polars as pl

    is_number = pl.col("instrument_id").cast(pl.String) == asset
    return (
        rows.filter((pl.col("asset") == asset) | is_number)
        .unique("published", keep="last")
        .sort("published")
    )


def _usable(frame: "pl.DataFrame", kind: str) -> "pl.DataFrame":
    """Return the records of a kind by publication, without preliminary and undefined ones."""
    import polars as pl

    if kind not in KINDS.values():
        raise ValueError(f"kind must be one of {', '.join(KINDS.values())}, was {kind!r}")
    rows = frame.filter(pl.col("kind") == kind, pl.col("value").is_not_nan() | pl.col("is_deleted"))
    if kind == "settlement":
        rows = rows.filter(pl.col("is_final").fill_null(True))
    return rows.sort("published", maintain_order=True)


def _stamps(rows: Any) -> npt.NDArray[np.datetime64]:
    stamps: npt.NDArray[np.datetime64] = rows["ts_recv"].astype(np.int64).astype("datetime64[ns]")
    return stamps


def _frame(rows: Any, symbol: str) -> "pl.DataFrame":
    import polars as pl

    told = as_frame(rows)
    kinds = told["stat_type"].replace_strict(KINDS, default="other", return_dtype=pl.String)
    flags = pl.col("stat_flags")
    quantity = pl.when(~pl.col("quantity").is_in(UNDEFINED)).then(
        pl.col("quantity").cast(pl.Float64)
    )
    return told.with_columns(kind=kinds).select(
        pl.col("ts_recv").alias("published"),
        pl.lit(symbol).alias("asset"),
        pl.col("instrument_id").cast(pl.Int64),
        pl.col("ts_ref").cast(pl.Date).alias("date"),
        "kind",
        pl.when(pl.col("kind").is_in(QUANTITIES))
        .then(quantity.fill_null(float("nan")))
        .otherwise(pl.col("price"))
        .alias("value"),
        pl.when(flags != UNTOLD).then((flags & FINAL) != 0).alias("is_final"),
        pl.when(flags != UNTOLD).then((flags & ACTUAL) != 0).alias("is_actual"),
        (pl.col("update_action") == DELETED).alias("is_deleted"),
    )
