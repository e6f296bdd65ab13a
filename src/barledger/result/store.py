"""A result as one parquet file, and back.

Every table lies in row groups of its own, marked by the column `table` as "account/name"; what is
no table (labels, assumptions, the state's loose ends) is JSON in the file's metadata.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from barledger.kernel import types
from barledger.lowering.carried import with_terms
from barledger.lowering.replays import Closes
from barledger.result.assumptions import Assumptions
from barledger.result.book import Book
from barledger.state import Continuation, State

if TYPE_CHECKING:
    from barledger.result.result import Result

Rows = npt.NDArray[Any]
KEY = b"barledger"
VERSION = 3
ROWS = 1 << 18  # rows of one group
CLOSES = np.dtype([(name, np.float64) for name in Closes.__slots__])
TABLES = {
    "orders": types.ORDER, "fills": types.FILL, "entries": types.ENTRY,
    "incidents": types.INCIDENT, "waiting": types.LIVE, "account": types.ACCOUNT,
    "metrics": types.METRICS, "holdings": types.HOLDING, "closes": CLOSES,
    "equity": np.dtype([("equity", np.float64)]), "rates": np.dtype([("rate", np.float64)]), "counts": np.dtype([("count", np.int64)]),
    "rejected": np.dtype([("count", np.int64)]), "state_account": types.ACCOUNT,
    "state_positions": types.POSITION, "state_orders": types.LIVE, "state_stops": types.STOP,
}  # fmt: skip
PLAIN = (
    "label", "record", "currency", "converts", "kind", "opening_rate", "is_fifo", "per_year", "n_bars", "first", "stop",
    "initial_cash", "initial_equity",
)  # fmt: skip


def save(result: "Result", path: Path) -> None:
    """Write a result to one file; it appears when it is complete."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    books = [book.whole or book for book in result.books]
    tables = [("times", _as_rows("time", result.all_times))]
    for number, book in enumerate(books):
        tables += [(f"{number}/{name}", rows) for name, rows in _tables(book)]
    about = {
        "version": VERSION,
        "assets": result.assets,
        "assumptions": dict(result.assumptions),
        "spans": [(book.first, book.stop) for book in result.books],
        "books": [_plain(book) for book in books],
    }
    schema = _schema(tables).with_metadata({KEY: json.dumps(about)})
    unfinished = path.with_name(path.name + ".part")
    with pq.ParquetWriter(unfinished, schema, compression="zstd") as writer:
        for name, rows in tables:
            for first in range(0, len(rows), ROWS):
                part = rows[first : first + ROWS]
                columns = {field: _column(part, field) for field in part.dtype.names or ()}
                arrays = [
                    pa.array(columns[field.name], field.type)
                    if field.name in columns
                    else pa.nulls(len(part), field.type)
                    for field in schema
                    if field.name != "table"
                ]
                marked = pa.array([name]).take(pa.array(np.zeros(len(part), np.int64)))
                writer.write_table(pa.Table.from_arrays([marked, *arrays], schema=schema))
    unfinished.replace(path)


def load(path: Path) -> tuple[list[Book], Rows, tuple[str, ...], None, Assumptions]:
    """Return what a `Result` is made of."""
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    about = json.loads((file.schema_arrow.metadata or {}).get(KEY, b"{}"))
    if about.get("version") != VERSION:
        raise ValueError(
            f"{path} is no result of barledger, or of a version that this one cannot read "
            f"(format {about.get('version')}, known is {VERSION}); save it again from its bars"
        )
    tables = _read(file)
    books = []
    for number, (plain, span) in enumerate(zip(about["books"], about["spans"], strict=True)):
        book = _book(plain, {name: tables.get(f"{number}/{name}") for name in TABLES})
        is_whole = tuple(span) == (0, book.n_bars)
        books.append(book if is_whole else book.between(*span))
    times = tables["times"]["time"]
    return books, times, tuple(about["assets"]), None, Assumptions(about["assumptions"])


def _tables(book: Book) -> Iterator[tuple[str, Rows]]:
    """Return the tables of one account."""
    for name in ("orders", "fills", "entries", "incidents", "waiting", "account", "metrics"):
        rows = getattr(book, name)
        yield name, with_terms(rows) if name == "orders" else rows
    yield "counts", _as_rows("count", book.counts)
    yield "rejected", _as_rows("count", book.rejected)
    yield "equity", _as_rows("equity", book.all_equity)
    if book.rates is not None:
        yield "rates", _as_rows("rate", book.rates.reshape(-1))
    if book.record == "full":
        yield "holdings", book.holdings
        closes = np.empty(len(book.closes.cash), CLOSES)
        for name in Closes.__slots__:
            closes[name] = getattr(book.closes, name)
        yield "closes", closes
    after = book.state.continuation
    assert after is not None
    yield "state_account", after.account
    yield "state_positions", _joined(list(after.positions.values()), types.POSITION)
    yield "state_stops", _joined(list(after.stops.values()), types.STOP)
    yield "state_orders", _joined([row for _, row in after.orders], types.LIVE)


def _plain(book: Book) -> dict[str, Any]:
    """Return what is no table."""
    after = book.state.continuation
    assert after is not None
    return {
        **{name: getattr(book, name) for name in PLAIN},
        "is_inverse": book.is_inverse,
        "columns": book.columns.tolist(),
        "multipliers": book.multipliers.tolist(),
        "margined": book.margined.tolist(),
        "currencies": list(book.currencies),
        "has_rates": book.rates is not None,
        "cash": book.state.cash,
        "positions": {asset: list(pair) for asset, pair in book.state.positions.items()},
        "unsettled": [(str(day), float(amount)) for day, amount in book.state.unsettled],
        "state_assets": list(after.positions),
        "state_stop_assets": list(after.stops),
        "state_order_assets": [asset for asset, _ in after.orders],
        "state_initial_cash": after.initial_cash,
        "state_last_day": after.last_day,
        "state_is_delayed": after.is_delayed,
        "state_balances": {name: list(pair) for name, pair in after.balances.items()},
        "state_moved": dict(after.moved),
        "state_last_date": after.last_date,
    }


def _book(plain: dict[str, Any], tables: dict[str, Rows | None]) -> Book:
    rows: dict[str, Any] = {
        name: np.empty(0, dtype) if tables[name] is None else tables[name].astype(dtype)  # type: ignore[union-attr]
        for name, dtype in TABLES.items()
    }
    closes = Closes(*(rows["closes"][name] for name in Closes.__slots__))
    direct = ("orders", "fills", "entries", "incidents", "waiting", "account", "metrics")
    return Book(
        **{name: plain[name] for name in PLAIN},
        **{name: rows[name] for name in direct},
        is_inverse=plain.get("is_inverse", False),
        columns=np.array(plain["columns"], np.int64),
        multipliers=np.array(plain["multipliers"]),
        counts=rows["counts"]["count"],
        rejected=rows["rejected"]["count"],
        all_equity=np.ascontiguousarray(rows["equity"]["equity"]),
        margined=np.array(plain["margined"], np.bool_),
        currencies=tuple(plain["currencies"]),
        rates=rows["rates"]["rate"].reshape(plain["n_bars"], -1) if plain["has_rates"] else None,
        saved={"closes": closes, "holdings": rows["holdings"], "state": _state(plain, rows)},
    )


def _state(plain: dict[str, Any], rows: dict[str, Rows]) -> State:
    held, live, stops = (rows[f"state_{name}"] for name in ("positions", "orders", "stops"))
    after = Continuation(
        rows["state_account"],
        {asset: held[k : k + 1] for k, asset in enumerate(plain["state_assets"])},
        [(asset, live[k : k + 1]) for k, asset in enumerate(plain["state_order_assets"])],
        plain["state_initial_cash"],
        plain["state_last_day"],
        plain["state_last_date"],
        {asset: stops[k : k + 1] for k, asset in enumerate(plain["state_stop_assets"])},
        plain["state_is_delayed"],
        {name: (pair[0], pair[1]) for name, pair in plain["state_balances"].items()},
        plain["state_moved"],
    )
    return State(
        cash=plain["cash"],
        positions={asset: (pair[0], pair[1]) for asset, pair in plain["positions"].items()},
        unsettled=tuple((np.datetime64(day), amount) for day, amount in plain["unsettled"]),
        continuation=after,
    )


def _schema(tables: list[tuple[str, Rows]]) -> Any:
    """Return one column for each name that any table has; whole numbers are all 64 bits wide."""
    import pyarrow as pa

    kinds: dict[str, Any] = {"table": pa.dictionary(pa.int32(), pa.string())}
    for _, rows in tables:
        for name in rows.dtype.names or ():
            kind = rows.dtype[name]
            if kind.kind == "i":
                kinds.setdefault(name, pa.int64())
            else:
                kinds[name] = pa.from_numpy_dtype(kind)
    return pa.schema(list(kinds.items()))


def _read(file: Any) -> dict[str, Rows]:
    """Return every table as structured rows."""
    parts: dict[str, list[Rows]] = {}
    for group in range(file.num_row_groups):
        table = file.read_row_group(group)
        if len(table):
            name = table["table"][0].as_py()
            parts.setdefault(name, []).append(_structured(table, name.rpartition("/")[2]))
    return {name: np.concatenate(found) for name, found in parts.items()}


def _structured(table: Any, name: str) -> Rows:
    if name == "times":
        return _as_rows("time", table["time"].to_numpy())
    dtype = TABLES[name]
    rows = np.empty(len(table), dtype)
    for field in dtype.names or ():
        rows[field] = table[field].to_numpy()
    return rows


def _as_rows(name: str, values: Rows) -> Rows:
    rows = np.empty(len(values), [(name, values.dtype)])
    rows[name] = values
    return rows


def _column(rows: Rows, name: str) -> Rows:
    values = np.ascontiguousarray(rows[name])
    return values.astype(np.int64) if values.dtype.kind == "i" else values


def _joined(rows: list[Rows], dtype: Any) -> Rows:
    return np.concatenate(rows) if rows else np.empty(0, dtype)
