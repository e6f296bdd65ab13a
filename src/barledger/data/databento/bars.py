"""Records to bars: ready ones (ohlcv), and bars made of trades or quotes.

A bar is stamped with the start of its interval, as the vendor does, and is known at its end. Where
nothing traded there is no bar. Bars of a symbol keep the instrument that each belongs to.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from barledger.data.databento.files import DbnFile, chunks, open_file, prices_of, times_of
from barledger.data.databento.symbols import Change, changes_of, owners
from barledger.data.timeframe import width_of

if TYPE_CHECKING:
    import polars as pl

Price = Literal["trade", "mid", "bid", "ask"]
Path_ = str | Path
READY = {
    "ohlcv-1s": "1s",
    "ohlcv-1m": "1m",
    "ohlcv-1h": "1h",
    "ohlcv-1d": "1d",
    "ohlcv-eod": "session",
}
TRADED = ("trades", "tbbo", "mbp-1", "mbp-10", "mbo", "tcbbo", "cmbp-1")
QUOTED = ("tbbo", "mbp-1", "mbp-10", "bbo-1s", "bbo-1m", "cbbo-1s", "cbbo-1m", "cmbp-1", "tcbbo")
SAMPLED = ("bbo-1s", "bbo-1m", "cbbo-1s", "cbbo-1m")  # stamped with the end of their interval
FIELDS = ("open", "high", "low", "close", "volume")


def read_frame(
    path: Path_ | Sequence[Path_],
    *,
    timeframe: str | None = None,
    price: Price | None = None,
    publisher: int | None = None,
    schema: str | None = None,
) -> "pl.DataFrame":
    """Return the bars of DBN files as a long frame that keeps instrument and publisher.

    Parameters
    ----------
    path
        One file, or several that follow each other (the years of one series).
    timeframe
        Width of the bars made of trades or quotes, such as ``"1m"``; None for files of bars.
    price
        What trades and quotes make bars of: ``"trade"``, ``"mid"``, ``"bid"`` or ``"ask"``. None:
        trades where the records tell them, else the mid price. Bars of quotes have no volume.
    publisher
        Number of the venue to take, where records of several venues are in the file.
    schema
        Which records, in a file of several kinds.

    Returns
    -------
    polars.DataFrame
        time, asset, instrument_id, publisher_id, open, high, low, close, volume; by asset, then
        time. Prices are NaN where undefined.
    """
    import polars as pl

    files = [open_file(each) for each in paths_of(path)]
    parts = [_read(file, timeframe, price, publisher, schema) for file in files]
    frame = pl.concat(parts)
    if frame["asset"].n_unique() < 2 and frame["time"].is_sorted():
        return frame
    return frame.sort("asset", "time", maintain_order=True)


def read_one(
    files: Sequence[DbnFile], publisher: int | None
) -> tuple[str, dict[str, npt.NDArray[Any]]] | None:
    """Return symbol and columns (T,) of files of ready bars of one symbol; None: there are more.

    Beside these columns it needs little memory: no frame, and no number that bars do not have.
    """
    parts: dict[str, list[npt.NDArray[Any]]] = {name: [] for name in ("time", *FIELDS)}
    known: set[tuple[str, int]] = set()
    for file in files:
        if file.schema not in READY:
            return None
        spans = changes_of(file)
        for rows in chunks(file):
            taken = rows if publisher is None else rows[rows["publisher_id"] == publisher]
            times, venues = times_of(taken["ts_event"]), np.unique(taken["publisher_id"])
            found = owners(spans, taken["instrument_id"].astype(np.int64), times)
            known |= {(owner.symbol, int(venue)) for owner in found for venue in venues}
            if len(known) > 1:
                return None
            parts["time"].append(times)
            for name in FIELDS[:4]:
                parts[name].append(prices_of(taken[name]))
            parts["volume"].append(taken["volume"].astype(np.float64))
    if not known:
        return None
    return known.pop()[0], {name: np.concatenate(parts.pop(name)) for name in list(parts)}


def paths_of(path: Path_ | Sequence[Path_]) -> list[Path]:
    """Return one path, or several, as a list in the order given."""
    paths = [path] if isinstance(path, str | Path) else list(path)
    if not paths:
        raise ValueError("path must name at least one DBN file, none was given")
    return [Path(each) for each in paths]


def sources_of(files: Sequence[DbnFile]) -> tuple[str, ...]:
    """Return name, dataset, schema and digest of each file."""
    return tuple(
        f"{file.path.name} ({file.dataset} {file.schema}) sha256 {file.digest}" for file in files
    )


def _read(
    file: DbnFile,
    timeframe: str | None,
    price: Price | None,
    publisher: int | None,
    schema: str | None,
) -> "pl.DataFrame":
    import polars as pl

    kind = schema or file.schema
    if kind is not None and kind not in READY and kind not in (*TRADED, *QUOTED):
        raise ValueError(
            f"{file.path.name} holds {kind}, which makes no bars; bars come from "
            f"{', '.join(READY)}, {', '.join(dict.fromkeys(TRADED + QUOTED))}"
        )
    parts, spans = [], changes_of(file)
    for rows in chunks(file, schema):  # symbols chunk by chunk: whole columns are never copied
        taken = rows if publisher is None else rows[rows["publisher_id"] == publisher]
        if kind in READY:
            _check_ready(file, timeframe, READY[kind])
            parts.append(_labelled(_ready(taken), spans))
        else:
            parts.append(_labelled(_ticks(file, taken, str(kind), price), spans))
    frame = pl.concat(parts) if parts else _labelled(_nothing(), spans)
    if kind not in READY:
        frame = _made(file, str(kind), frame, timeframe)
    _check_venues(file, frame)
    return frame


def _check_ready(file: DbnFile, timeframe: str | None, given: str) -> None:
    if timeframe is not None and timeframe != given:
        raise ValueError(
            f"{file.path.name} holds bars of {given}, not {timeframe}: read them and resample"
        )


def _ready(rows: Any) -> "pl.DataFrame":
    """Return bars as they are in the file."""
    import polars as pl

    prices = {name: prices_of(rows[name]) for name in FIELDS[:4]}
    return pl.DataFrame(
        {
            "time": times_of(rows["ts_event"]),
            "instrument_id": rows["instrument_id"].astype(np.int64),
            "publisher_id": rows["publisher_id"].astype(np.int64),
            **prices,
            "volume": rows["volume"].astype(np.float64),
        }
    )


def _ticks(file: DbnFile, rows: Any, kind: str, price: Price | None) -> "pl.DataFrame":
    """Return trades or quotes as rows of one price and its size."""
    import polars as pl

    wanted = price or ("mid" if kind in SAMPLED else "trade")
    known = TRADED if wanted == "trade" else QUOTED
    if kind not in known:
        raise ValueError(
            f"{file.path.name} holds {kind}, which has no {wanted} prices; "
            f"those are in {', '.join(known)}"
        )
    if wanted == "trade" and "action" in (rows.dtype.names or ()):
        rows = rows[rows["action"] == b"T"]
    value = _price(rows, wanted)
    return pl.DataFrame(
        {
            "time": times_of(rows["ts_recv"]),
            "instrument_id": rows["instrument_id"].astype(np.int64),
            "publisher_id": rows["publisher_id"].astype(np.int64),
            **{name: value for name in FIELDS[:4]},
            "volume": (
                rows["size"].astype(np.float64) if wanted == "trade" else np.full(len(rows), np.nan)
            ),
        }
    )


def _price(rows: Any, wanted: str) -> Any:
    if wanted == "trade":
        return prices_of(rows["price"])
    bid, ask = prices_of(rows["bid_px_00"]), prices_of(rows["ask_px_00"])
    return {"bid": bid, "ask": ask, "mid": (bid + ask) / 2.0}[wanted]


def _labelled(frame: "pl.DataFrame", spans: list[Change]) -> "pl.DataFrame":
    """Return the rows of each symbol, one symbol after the other."""
    import polars as pl

    ids, times = frame["instrument_id"].to_numpy(), frame["time"].to_numpy()
    found = owners(spans, ids, times)
    if len(found) == 1 and len(found[0].rows) == len(frame):  # nothing to pick: do not copy it
        alone = frame.with_columns(pl.lit(found[0].symbol).alias("asset"))
        return alone.select("time", "asset", "instrument_id", "publisher_id", *FIELDS)
    parts = [frame[owner.rows].with_columns(pl.lit(owner.symbol).alias("asset")) for owner in found]
    whole = pl.concat(parts) if parts else frame.with_columns(pl.lit("").alias("asset"))
    return whole.select("time", "asset", "instrument_id", "publisher_id", *FIELDS)


def _made(file: DbnFile, kind: str, frame: "pl.DataFrame", timeframe: str | None) -> "pl.DataFrame":
    """Return bars of ticks: first, highest, lowest and last price and the sum of sizes."""
    import polars as pl

    if timeframe is None:
        raise ValueError(
            f"{file.path.name} holds {file.schema}: say how wide the bars are with "
            "timeframe=, such as timeframe='1m'"
        )
    width, shift = width_of(timeframe), int(kind in SAMPLED)
    stamp = ((pl.col("time").cast(pl.Int64) - shift) // width * width).cast(pl.Datetime("ns"))
    group = ("asset", "instrument_id", "publisher_id", "time")
    priced = frame.with_columns(stamp.alias("time")).filter(pl.col("close").is_not_nan())
    bars = priced.group_by(group, maintain_order=True).agg(
        pl.col("open").first(),
        pl.col("high").max(),
        pl.col("low").min(),
        pl.col("close").last(),
        pl.col("volume").sum(),
    )
    return bars.select("time", "asset", "instrument_id", "publisher_id", *FIELDS)


def _check_venues(file: DbnFile, frame: "pl.DataFrame") -> None:
    """Raise when two venues have a bar of one instrument at one time."""
    import polars as pl

    if frame["publisher_id"].n_unique() < 2:
        return
    twice = frame.filter(pl.struct("asset", "time").is_duplicated())
    if len(twice):
        venues = sorted(twice["publisher_id"].unique().to_list())
        raise ValueError(
            f"{file.path.name} holds bars of several venues at one time ({twice['asset'][0]} at "
            f"{twice['time'][0]}): choose one with publisher=, such as publisher={venues[0]}; "
            f"there are {', '.join(map(str, venues))}"
        )


def _nothing() -> "pl.DataFrame":
    import polars as pl

    return pl.DataFrame(
        schema={
            "time": pl.Datetime("ns"),
            "instrument_id": pl.Int64,
            "publisher_id": pl.Int64,
            **{name: pl.Float64 for name in FIELDS},
        }
    )
