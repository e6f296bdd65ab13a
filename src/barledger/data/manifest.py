"""Manifests: what data a study needs, and, once fetched, exactly what was got.

A TOML file. What is wanted is written by hand (dataset, requests, days); files with their digests,
rows and cost, and the days the vendor calls degraded or missing, are written by `fetch`.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from barledger.data.bars import Bars
from barledger.data.toml_text import to_toml
from barledger.instruments import catalog

if TYPE_CHECKING:
    import polars as pl

NAME = "manifest.toml"
CONTINUOUS = re.compile(r"[A-Z0-9]+\.[cnv]\.\d+")
PARENT = re.compile(r"[A-Z0-9]+\.(FUT|OPT|SPOT|IVX|MLP)")
SYMBOLOGIES = ("raw_symbol", "continuous", "parent", "instrument_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One schema of some symbols.

    Parameters
    ----------
    schema
        Such as ``"ohlcv-1m"``.
    symbols
        In the form that `stype_in` tells.
    stype_in
        ``"continuous"`` (``ES.v.0``: the lead by volume; ``.c.`` by expiry, ``.n.`` by open
        interest), ``"parent"`` (``ES.FUT``: every future), ``"raw_symbol"`` (``ESH4``) or
        ``"instrument_id"``.
    """

    schema: str
    symbols: tuple[str, ...]
    stype_in: str = "raw_symbol"

    def __post_init__(self) -> None:
        object.__setattr__(self, "symbols", tuple(self.symbols))
        if not self.symbols:
            raise ValueError(f"a request of {self.schema} must name at least one symbol")
        if self.stype_in not in SYMBOLOGIES:
            raise ValueError(
                f"stype_in must be one of {', '.join(SYMBOLOGIES)}, was {self.stype_in!r}"
            )
        for symbol in self.symbols:
            _check_symbol(symbol, self.stype_in)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file that was fetched: a year of a request."""

    path: str
    schema: str
    first: date
    last: date
    rows: int
    bytes: int
    sha256: str
    cost: float
    modified: date | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """What is asked for at once: a year of a request, first and last day included."""

    request: Request
    first: date
    last: date

    @property
    def path(self) -> str:
        """Return the file's place in the folder."""
        return f"{self.request.schema}/{self.first.year}.dbn.zst"

    @property
    def end(self) -> date:
        """Return the day after the last, which the vendor leaves out."""
        return self.last + timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What data is needed and what was got.

    Parameters
    ----------
    name
        Short name; the folder's, when none is given to `fetch`.
    dataset
        The vendor's, such as ``"GLBX.MDP3"``.
    first, last
        Days, UTC, both included.
    requests
        What is asked for; one for each schema.
    what, licence, roll, adjustment
        In words: what it is for, what may be done with it, how continuous symbols roll, what was
        done to prices.
    files
        What was fetched.
    degraded, missing, pending
        Days that the vendor marks so.
    """

    name: str
    dataset: str
    first: date
    last: date
    requests: tuple[Request, ...]
    what: str = ""
    licence: str = ""
    roll: str = ""
    adjustment: str = ""
    files: tuple[File, ...] = ()
    degraded: tuple[date, ...] = ()
    missing: tuple[date, ...] = ()
    pending: tuple[date, ...] = field(default=())

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"last must be at or after first, was {self.last} after {self.first}")
        schemas = [request.schema for request in self.requests]
        if not schemas:
            raise ValueError("a manifest needs at least one [[requests]]")
        twice = [schema for schema in schemas if schemas.count(schema) > 1]
        if twice:
            raise ValueError(f"two requests of {twice[0]}: put their symbols into one")

    @classmethod
    def load(cls, path: str | Path) -> "Manifest":
        """Read a manifest: a TOML file, a folder that was fetched, or the name of a shipped one."""
        found = locate(path)
        with found.open("rb") as file:
            try:
                told = tomllib.load(file)
            except tomllib.TOMLDecodeError as error:
                raise ValueError(f"{found} is no TOML: {error}") from error
        if "requests" not in told:
            raise ValueError(f"{found} asks for nothing: it has no [[requests]]")
        known = {each.name for each in fields(cls)}
        unknown = sorted(set(told) - known)
        if unknown:
            raise ValueError(
                f"{found} has the unknown key {unknown[0]!r}; known are {', '.join(sorted(known))}"
            )
        try:
            requests = tuple(Request(**row) for row in told.pop("requests"))
            files = tuple(File(**row) for row in told.pop("files", ()))
            days: dict[str, Any] = {
                each: tuple(told.pop(each, ())) for each in ("degraded", "missing", "pending")
            }
            return cls(requests=requests, files=files, **days, **told)
        except TypeError as error:
            raise ValueError(f"{found}: {error}") from error

    def save(self, path: str | Path) -> None:
        """Write the manifest; it appears when it is complete."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        values["requests"] = [asdict(request) for request in self.requests]
        values["files"] = [asdict(file) for file in self.files]
        told = {key: value for key, value in values.items() if value not in ("", ())}
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(path.name + ".part")
        unfinished.write_text(to_toml(told), encoding="utf-8")
        unfinished.replace(path)

    def batches(self) -> tuple[Batch, ...]:
        """Return what is asked for at once, by request and year."""
        return tuple(
            Batch(request, first, last)
            for request in self.requests
            for first, last in _years(self.first, self.last)
        )

    def with_file(self, file: File) -> "Manifest":
        """Return the manifest with a file more, in place of an older one of its path."""
        others = [each for each in self.files if each.path != file.path]
        return replace(self, files=tuple(sorted([*others, file], key=lambda each: each.path)))

    @property
    def cost(self) -> float:
        """Dollars that the files cost when they were fetched."""
        return sum(file.cost for file in self.files)

    def mask(self, bars: Bars) -> Bars:
        """Return bars on which nothing can trade on degraded, missing and pending days (UTC)."""
        days = np.array([*self.degraded, *self.missing, *self.pending], "datetime64[D]")
        bad = np.isin(bars.time.astype("datetime64[D]"), days)
        there = np.ones(bars.shape, np.bool_) if bars.tradable is None else bars.tradable
        masked = bars.with_matrix("tradable", there & ~bad[:, None])
        return masked.with_notes(f"{int(bad.sum())} bars of degraded or missing days cannot trade")

    def table(self) -> "pl.DataFrame":
        """Return one row for each file that was fetched."""
        import polars as pl

        rows = [asdict(file) for file in self.files]
        return pl.DataFrame(rows) if rows else pl.DataFrame(schema=[f.name for f in fields(File)])


def verify(folder: str | Path) -> "pl.DataFrame":
    """Compare the files of a folder with its manifest: path, state, rows, bytes.

    The state is ``"ok"``, ``"missing"``, or ``"changed"``: other bytes than were fetched.
    """
    import polars as pl

    manifest = Manifest.load(folder)
    rows = [
        (file.path, _state(Path(folder) / file.path, file), file.rows, file.bytes)
        for file in manifest.files
    ]
    schema = {"path": pl.String, "state": pl.String, "rows": pl.Int64, "bytes": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def shipped() -> dict[str, Path]:
    """Return the manifests that come with barledger, by name."""
    here = Path(__file__).parent / "manifests"
    folder = here if here.is_dir() else Path(__file__).parents[3] / "data_manifests"
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def locate(path: str | Path) -> Path:
    """Return the manifest file of a path, a folder that was fetched, or a shipped name."""
    found = Path(path) / NAME if Path(path).is_dir() else Path(path)
    if found.is_file():
        return found
    if str(path) in shipped():
        return shipped()[str(path)]
    raise FileNotFoundError(
        f"no manifest {str(path)!r}; shipped are {', '.join(shipped()) or 'none'}"
    )


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    found = sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            found.update(part)
    return found.hexdigest()


def _state(path: Path, file: File) -> str:
    if not path.is_file():
        return "missing"
    same = path.stat().st_size == file.bytes and digest_of(path) == file.sha256
    return "ok" if same else "changed"


def _years(first: date, last: date) -> Iterator[tuple[date, date]]:
    for year in range(first.year, last.year + 1):
        yield max(first, date(year, 1, 1)), min(last, date(year, 12, 31))


def _check_symbol(symbol: str, stype_in: str) -> None:
    root = symbol.partition(".")[0]
    if stype_in == "continuous" and not CONTINUOUS.fullmatch(symbol):
        raise ValueError(
            f"{symbol!r} is no continuous symbol: write '{root}.v.0' (the lead by volume), "
            f"'{root}.c.0' (by expiry) or '{root}.n.0' (by open interest)"
        )
    if stype_in == "parent" and not PARENT.fullmatch(symbol):
        raise ValueError(f"{symbol!r} is no parent symbol: write '{root}.FUT' for every future")
    if stype_in == "raw_symbol" and symbol in catalog.known():
        raise ValueError(
            f"{symbol!r} is a root, not a contract: write '{symbol}.v.0' with "
            f"stype_in='continuous', '{symbol}.FUT' with stype_in='parent', or one contract such "
            f"as '{symbol}H4'"
        )
