"""The historical API: what a manifest costs, and its files, fetched once and checked.

The key comes from the environment variable DATABENTO_API_KEY; it is never printed or saved. Nothing
is bought beyond the spending cap, which is 0 until you set it.
"""

import os
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from barledger.data.databento.bars import READY, read_frame
from barledger.data.databento.files import chunks, open_file
from barledger.data.databento.retry import USUAL, Cut, Retries, TooExpensive, call
from barledger.data.databento.vendor import client_package
from barledger.data.lake import Lake
from barledger.data.manifest import NAME, Batch, File, Manifest, digest_of

if TYPE_CHECKING:
    import polars as pl

KEY = "DATABENTO_API_KEY"
CAP = "BARLEDGER_MAX_COST"


@dataclass(frozen=True, slots=True)
class Vendor:
    """The vendor's client, its key and how often a call is tried."""

    client: Any
    key: str = field(repr=False)
    retries: Retries

    def ask(self, what: str, method: str, **options: Any) -> Any:
        """Call a method of the client's metadata."""
        function = getattr(self.client.metadata, method)
        return call(what, lambda: function(**options), self.key, self.retries)


@dataclass(frozen=True, eq=False, slots=True)
class Plan:
    """What is left to fetch and what it costs.

    Attributes
    ----------
    manifest
        As it is in the folder, or as it was given.
    table
        path, schema, first, last, symbols, state, cost (dollars), bytes, records, modified (the day
        on which the vendor last changed any of it). The state is ``"here"``, ``"to fetch"``, or
        ``"changed"`` where the vendor has changed its data since. Cost, bytes and records are null
        of what is here, and without a key.
    conditions
        The vendor's condition of each day that is not available in full.
    """

    manifest: Manifest
    table: "pl.DataFrame"
    conditions: tuple[dict[str, Any], ...]

    @property
    def cost(self) -> float:
        """Dollars for what is left to fetch."""
        return float(self.table["cost"].sum() or 0.0)


def plan(
    manifest: Manifest | str | Path,
    folder: str | Path | None = None,
    *,
    gateway: str | None = None,
    retries: Retries = USUAL,
) -> Plan:
    """Ask the vendor what a manifest costs; nothing is bought.

    Parameters
    ----------
    manifest
        A manifest, its file, or the name of a shipped one.
    folder
        Where files are, or will be; those that are there cost nothing more.
    gateway
        Another address of the API.
    retries
        How often a call is tried.
    """
    found = _known(manifest, folder)
    return _planned(found, folder, _vendor(gateway, retries))


def offline_plan(manifest: Manifest | str | Path, folder: str | Path | None = None) -> Plan:
    """Return what would be fetched, without asking anybody: costs are null."""
    found = _known(manifest, folder)
    return Plan(found, _table(found, folder, {}, {}), ())


def fetch(
    manifest: Manifest | str | Path,
    folder: str | Path | None = None,
    *,
    max_cost: float | None = None,
    gateway: str | None = None,
    retries: Retries = USUAL,
    told: Callable[[str], object] | None = None,
) -> Manifest:
    """Fetch what a manifest asks for, a year of a schema at a time.

    Cost and size are asked first. What is in the folder already is not fetched again, so that a
    fetch that was interrupted goes on where it stopped. A download that ends too early is thrown
    away and tried again, and counts against the cap again, for the vendor bills what it sent.

    Parameters
    ----------
    manifest
        A manifest, its file, or the name of a shipped one.
    folder
        Where the files and ``manifest.toml``, with digests, rows, costs and bad days, are written;
        None: the manifest's name, here.
    max_cost
        The spending cap of this call in dollars; None: the environment variable
        BARLEDGER_MAX_COST, else 0: only what is free.
    gateway, retries
        As in `plan`.
    told
        Called with a line on each file, such as `print`.

    Raises
    ------
    TooExpensive
        It costs more than the cap; nothing was fetched, or nothing more.
    VendorError
        The vendor refused, or did not answer after all tries.
    """
    wanted = manifest if isinstance(manifest, Manifest) else Manifest.load(manifest)
    folder = wanted.name if folder is None else folder
    found, cap = _known(wanted, folder), _cap(max_cost)
    vendor = _vendor(gateway, retries)
    planned = _planned(found, folder, vendor)
    if planned.cost > cap:
        raise TooExpensive(
            f"{found.name} costs ${planned.cost:.2f}, the cap is ${cap:.2f}: raise it with max_cost= "
            f"(--max-cost, or the environment variable {CAP}), or ask for less"
        )
    found = _with_conditions(found, planned.conditions)
    batches = {batch.path: batch for batch in found.batches()}
    spent = 0.0
    for row in planned.table.filter(planned.table["state"] != "here").iter_rows(named=True):
        batch = batches[row["path"]]
        file, paid = _fetched(batch, found.dataset, row, Path(folder), vendor, cap - spent)
        spent += paid
        found = found.with_file(file)
        found.save(Path(folder) / NAME)
        if told is not None:
            told(f"{file.path}: {file.rows:,} records, {file.bytes / 1e6:,.1f} MB, ${paid:.2f}")
    found.save(Path(folder) / NAME)
    return found


def fill_lake(folder: str | Path, lake: Lake) -> "pl.DataFrame":
    """Add the bars of fetched files to a lake, which keeps what it has already.

    Only files whose bytes are those that were fetched; returns what `Lake.append` tells.
    """
    import polars as pl

    told = []
    for file in Manifest.load(folder).files:
        path = Path(folder) / file.path
        if file.schema not in READY:
            continue
        if not path.is_file() or digest_of(path) != file.sha256:
            raise ValueError(f"{path} is not what was fetched: verify the folder, fetch it again")
        told.append(lake.append(read_frame(path), timeframe=READY[file.schema]))
    if not told:
        raise ValueError(f"{folder} has no files of bars ({', '.join(READY)})")
    return pl.concat(told)


def _known(manifest: Manifest | str | Path, folder: str | Path | None) -> Manifest:
    """Return the manifest with the files that the folder's own one tells of."""
    found = manifest if isinstance(manifest, Manifest) else Manifest.load(manifest)
    if folder is None or not (Path(folder) / NAME).is_file():
        return found
    there = Manifest.load(folder)
    if (there.dataset, there.requests) != (found.dataset, found.requests):
        raise ValueError(
            f"{folder} holds another request ({there.name}): fetch {found.name} into its own folder"
        )
    return replace(found, files=there.files)


def _vendor(gateway: str | None, retries: Retries) -> Vendor:
    package = client_package()
    key = os.environ.get(KEY, "").strip()
    if not key:
        raise ValueError(f"no key: set the environment variable {KEY}; it is never saved")
    options = {} if gateway is None else {"gateway": gateway}
    return Vendor(package.Historical(key=key, **options), key, retries)


def _cap(max_cost: float | None) -> float:
    given: Any = os.environ.get(CAP, "0") if max_cost is None else max_cost
    try:
        cap = float(given)
    except ValueError as error:
        raise ValueError(f"{CAP} must be a number of dollars, was {given!r}") from error
    if not cap >= 0.0:
        raise ValueError(f"max_cost must be >= 0, was {cap}")
    return cap


def _planned(manifest: Manifest, folder: str | Path | None, vendor: Vendor) -> Plan:
    days = vendor.ask(
        f"condition of {manifest.dataset}",
        "get_dataset_condition",
        dataset=manifest.dataset,
        start_date=manifest.first,
        end_date=manifest.last,
    )
    modified = {date.fromisoformat(day["date"]): day.get("last_modified_date") for day in days}
    asked = {}
    for batch in manifest.batches():
        if _state(batch, manifest, folder, modified) != "here":
            asked[batch.path] = _prices(batch, manifest.dataset, vendor)
    bad = tuple(day for day in days if day["condition"] != "available")
    return Plan(manifest, _table(manifest, folder, asked, modified), bad)


def _prices(batch: Batch, dataset: str, vendor: Vendor) -> dict[str, Any]:
    options = _options(batch, dataset)
    what = f"of {batch.path}"
    return {
        "cost": float(vendor.ask(f"cost {what}", "get_cost", **options)),
        "bytes": int(vendor.ask(f"size {what}", "get_billable_size", **options)),
        "records": int(vendor.ask(f"records {what}", "get_record_count", **options)),
    }


def _options(batch: Batch, dataset: str) -> dict[str, Any]:
    return {
        "dataset": dataset,
        "schema": batch.request.schema,
        "symbols": list(batch.request.symbols),
        "stype_in": batch.request.stype_in,
        "start": batch.first,
        "end": batch.end,
    }


def _table(
    manifest: Manifest,
    folder: str | Path | None,
    asked: Mapping[str, Mapping[str, Any]],
    modified: Mapping[date, str | None],
) -> "pl.DataFrame":
    import polars as pl

    rows = []
    for batch in manifest.batches():
        told = asked.get(batch.path, {})
        numbers = [told.get(name) for name in ("cost", "bytes", "records")]
        state = _state(batch, manifest, folder, modified)
        n_symbols = len(batch.request.symbols)
        schema = batch.request.schema
        newest = _newest(batch, modified)
        days = batch.first, batch.last
        rows.append((batch.path, schema, *days, n_symbols, state, *numbers, newest))
    kinds = {
        "path": pl.String, "schema": pl.String, "first": pl.Date, "last": pl.Date,
        "symbols": pl.Int64, "state": pl.String, "cost": pl.Float64, "bytes": pl.Int64,
        "records": pl.Int64, "modified": pl.Date,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=kinds, orient="row")


def _state(
    batch: Batch,
    manifest: Manifest,
    folder: str | Path | None,
    modified: Mapping[date, str | None],
) -> str:
    known = {file.path: file for file in manifest.files}
    file = known.get(batch.path)
    if file is None or folder is None or (file.first, file.last) != (batch.first, batch.last):
        return "to fetch"
    path = Path(folder) / batch.path
    if not path.is_file() or digest_of(path) != file.sha256:
        return "to fetch"
    newest = _newest(batch, modified)
    return "changed" if newest and file.modified and newest > file.modified else "here"


def _newest(batch: Batch, modified: Mapping[date, str | None]) -> date | None:
    """Return the day on which the vendor last changed anything of a batch."""
    days = [day for at, day in modified.items() if day and batch.first <= at <= batch.last]
    return date.fromisoformat(max(days)) if days else None


def _with_conditions(manifest: Manifest, bad: tuple[dict[str, Any], ...]) -> Manifest:
    days: dict[str, Any] = {
        name: tuple(date.fromisoformat(day["date"]) for day in bad if day["condition"] == name)
        for name in ("degraded", "missing", "pending")
    }
    return replace(manifest, **days)


def _fetched(
    batch: Batch,
    dataset: str,
    row: Mapping[str, Any],
    folder: Path,
    vendor: Vendor,
    left: float,
) -> tuple[File, float]:
    """Download one file; returns it and what was spent, tries that failed included."""
    path = folder / batch.path
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    spent = 0.0

    def download() -> int:
        nonlocal spent
        if spent + row["cost"] > left:
            raise TooExpensive(
                f"{batch.path} was cut short and is billed again: ${row['cost']:.2f} more would "
                "pass the cap; raise max_cost to go on"
            )
        unfinished.unlink(missing_ok=True)
        before = spent
        spent += row["cost"]
        try:
            _stream(vendor.client, _options(batch, dataset), unfinished)
            return _rows(unfinished)
        except Exception as error:
            if getattr(error, "http_status", None) is not None:
                spent = before  # refused: nothing was sent
            elif unfinished.is_file():
                _rows(unfinished)  # raises `Cut` where that is why the client failed
            raise

    try:
        rows = call(f"fetching {batch.path}", download, vendor.key, vendor.retries)
        unfinished.replace(path)
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
    file = File(
        path=batch.path,
        schema=batch.request.schema,
        first=batch.first,
        last=batch.last,
        rows=rows,
        bytes=path.stat().st_size,
        sha256=digest_of(path),
        cost=spent,
        modified=row["modified"],
    )
    return file, spent


def _stream(client: Any, options: dict[str, Any], path: Path) -> None:
    """Write what the vendor sends to a file, which is closed afterwards.

    The client leaves it open, in what it returns and in the frames of what it raises: both are let
    go of here, so that the file can be moved on every system.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            client.timeseries.get_range(**options, path=path)
        except Exception as error:
            error.__context__ = None
            raise error.with_traceback(None) from None


def _rows(path: Path) -> int:
    """Return the number of records of a file; raises `Cut` unless it is whole."""
    try:
        return sum(len(rows) for rows in chunks(open_file(path)))
    except ValueError as error:
        raise Cut(str(error)) from error
