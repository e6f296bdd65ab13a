"""DBN files: opened, checked to be whole, and turned into polars frames of records.

Prices are fixed point (1e-9) in the file and float64 here; undefined prices are NaN, undefined
times null. Nothing is dropped: every record of the file is a row.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from barledger.data.databento.vendor import client_package

if TYPE_CHECKING:
    import polars as pl

Records = npt.NDArray[Any]
ROWS_AT_ONCE = 1 << 18
BYTES_AT_ONCE = 1 << 16
PRICE_UNITS = 1e9  # fixed-point units of one
UNDEFINED_PRICE = np.iinfo(np.int64).max
UNDEFINED_TIME = np.iinfo(np.uint64).max
PRICES = frozenset(
    [
        "price",
        "open",
        "high",
        "low",
        "close",
        "min_price_increment",
        "display_factor",
        "high_limit_price",
        "low_limit_price",
        "max_price_variation",
        "unit_of_measure_qty",
        "min_price_increment_amount",
        "price_ratio",
        "strike_price",
        "leg_price",
        "leg_delta",
        "ref_price",
        "cont_book_clr_price",
        "auct_interest_clr_price",
        "ssr_filling_price",
        "ind_match_price",
        "upper_collar",
        "lower_collar",
    ]
)
BOOK_PRICE = re.compile(r"(bid|ask)_px_\d\d")
TIMES = frozenset(
    ["ts_event", "ts_recv", "ts_ref", "ts_out", "expiration", "activation", "auction_time"]
)
HIDDEN = re.compile(r"_|length$|rtype$|reserved")
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
DBZ_MAGIC = range(0x184D2A50, 0x184D2A60)  # of the skippable frame that a .dbz file starts with


@dataclass(frozen=True, slots=True)
class DbnFile:
    """One opened file: the vendor's store, its bytes' SHA-256, and what its header says."""

    path: Path
    digest: str
    store: Any
    dataset: str
    schema: str | None
    symbols: tuple[str, ...]
    version: int
    not_found: tuple[str, ...]
    partial: tuple[str, ...]

    @property
    def mappings(self) -> dict[str, list[dict[str, Any]]]:
        """Intervals of dates and instrument ids of each symbol, from the header."""
        found: dict[str, list[dict[str, Any]]] = self.store.mappings
        return found

    @property
    def is_continuous(self) -> bool:
        """Whether symbols such as ``ES.v.0`` were asked for."""
        return str(self.store.stype_in) == "continuous"


def open_file(path: str | Path) -> DbnFile:
    """Open a DBN file of version 1, 2 or 3, plain or compressed with zstd.

    Raises
    ------
    FileNotFoundError
        Nothing is there.
    ValueError
        It is no DBN file, a fragment without header, of the older format DBZ, or cut short.
    """
    package, path = client_package(), Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no DBN file at {str(path)!r}")
    content = path.read_bytes()
    _check_whole(path, content)
    try:
        store = package.DBNStore.from_bytes(BytesIO(content))
        header = store.metadata
    except Exception as error:  # the vendor's own, of three packages
        raise ValueError(f"cannot read {path.name}: {_reason(path, content)} ({error})") from error
    return DbnFile(
        path=path,
        digest=sha256(content).hexdigest(),
        store=store,
        dataset=str(header.dataset),
        schema=None if store.schema is None else str(store.schema),
        symbols=tuple(header.symbols),
        version=int(header.version),
        not_found=tuple(header.not_found),
        partial=tuple(header.partial),
    )


def read_records(path: str | Path, schema: str | None = None) -> "pl.DataFrame":
    """Return every record of a file as a frame, whatever its schema.

    Parameters
    ----------
    path
        A DBN file.
    schema
        Which records, such as ``"ohlcv-1m"``; needed for a file of several kinds (live data).

    Returns
    -------
    polars.DataFrame
        The fields of the record with `instrument_id` and `publisher_id`. Prices are float64, NaN
        where undefined; times are UTC without a zone, null where undefined.
    """
    import polars as pl

    file = open_file(path)
    parts = [as_frame(rows) for rows in chunks(file, schema)]
    return pl.concat(parts) if parts else as_frame(_no_records(file, schema))


def chunks(file: DbnFile, schema: str | None = None) -> Iterator[Records]:
    """Yield the records of a file as structured arrays, some hundred thousand at a time."""
    if file.schema is None:
        yield from _mixed(file, schema)
        return
    if schema is not None and schema != file.schema:
        raise ValueError(f"{file.path.name} holds {file.schema}, not {schema}")
    for rows in file.store.to_ndarray(count=ROWS_AT_ONCE):
        if len(rows):
            yield rows


def as_frame(rows: Records) -> "pl.DataFrame":
    """Return structured records as a frame of floats, times, numbers and text."""
    import polars as pl

    names = [name for name in rows.dtype.names or () if not HIDDEN.match(name)]
    return pl.DataFrame({name: _column(rows[name], name) for name in names})


def prices_of(fixed: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return fixed-point prices as float64, NaN where undefined.

    Examples
    --------
    >>> prices_of(np.array([3_702_250_000_000, -37_630_000_000, UNDEFINED_PRICE]))
    array([3702.25,  -37.63,     nan])
    """
    prices: npt.NDArray[np.float64] = fixed / PRICE_UNITS
    prices[fixed == UNDEFINED_PRICE] = np.nan
    return prices


def times_of(stamps: npt.NDArray[np.uint64]) -> npt.NDArray[np.datetime64]:
    """Return nanoseconds since 1970 as datetime64[ns], NaT where undefined."""
    times = stamps.astype(np.int64).astype("datetime64[ns]")
    times[stamps == UNDEFINED_TIME] = np.datetime64("NaT")
    return times


def _column(values: Records, name: str) -> "pl.Series":
    import polars as pl

    if name in PRICES or BOOK_PRICE.fullmatch(name):
        return pl.Series(name, prices_of(values))
    if name in TIMES:
        return pl.Series(name, times_of(values))
    if values.dtype.kind == "S":
        return pl.Series(name, values.tolist(), dtype=pl.Binary).cast(pl.String)
    return pl.Series(name, np.ascontiguousarray(values))


def _mixed(file: DbnFile, schema: str | None) -> Iterator[Records]:
    if schema is None:
        kinds = sorted({str(record.rtype) for record in file.store})
        raise ValueError(
            f"{file.path.name} holds records of several kinds ({', '.join(kinds)}): name one with "
            "schema=, such as schema='ohlcv-1m'"
        )
    rows = file.store.to_ndarray(schema=schema)
    if rows.size:
        yield rows.reshape(-1)


def _no_records(file: DbnFile, schema: str | None) -> Records:
    rows: Records = file.store.to_ndarray(schema=schema)
    return rows.reshape(-1)


def _check_whole(path: Path, content: bytes) -> None:
    """Raise when a compressed file ends within a frame: its download was cut."""
    if not content:
        raise ValueError(f"{path.name} is empty; fetch it again")
    if content.startswith(ZSTD_MAGIC) and not _ends_whole(content):
        raise ValueError(
            f"{path.name} is cut short: its last zstd frame does not end; fetch it again"
        )


def _ends_whole(content: bytes) -> bool:
    from importlib import import_module

    new_frame = import_module("zstandard").ZstdDecompressor().decompressobj  # the client needs it
    frame, seen = new_frame(), memoryview(content)
    for start in range(0, len(seen), BYTES_AT_ONCE):
        part: Any = seen[start : start + BYTES_AT_ONCE]
        while len(part):
            if frame.eof:
                frame = new_frame()
            frame.decompress(part)
            part = frame.unused_data if frame.eof else b""
    return bool(frame.eof)


def _reason(path: Path, content: bytes) -> str:
    if path.suffix == ".dbz" or int.from_bytes(content[:4], "little") in DBZ_MAGIC:
        return "it is DBZ, the format before DBN; the vendor's dbn tool converts it"
    if ".frag" in path.name:
        return "it is a fragment without the header that names its schema and symbols"
    return "it does not start with a DBN header"
