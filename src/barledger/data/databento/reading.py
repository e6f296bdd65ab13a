"""DBN files to `Bars`, with what their header says told in the notes."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from barledger.data.assemble import Contracts
from barledger.data.bars import Bars
from barledger.data.databento.bars import Price, paths_of, read_frame, read_one, sources_of
from barledger.data.databento.files import DbnFile, open_file
from barledger.data.databento.symbols import changes_of
from barledger.data.events import Events
from barledger.instruments import catalog

if TYPE_CHECKING:
    import polars as pl

CONTINUOUS = re.compile(r"(?P<root>[A-Z0-9]+)\.[cnv]\.\d+")
OUTRIGHT = re.compile(r"(?P<root>[A-Z0-9]{1,3})[FGHJKMNQUVXZ]\d{1,2}")
FUTURES = ("GLBX.MDP3",)


def read(
    path: str | Path | Sequence[str | Path],
    *,
    assets: str | Sequence[str] | None = None,
    timeframe: str | None = None,
    price: Price | None = None,
    publisher: int | None = None,
    schema: str | None = None,
    by: Literal["symbol", "instrument"] = "symbol",
    contracts: Contracts = None,
    calendar: str | None = None,
    events: Events | None = None,
) -> Bars:
    """Make bars of DBN files.

    Parameters
    ----------
    path
        One file, or several that follow each other.
    assets
        Which symbols, in which order; None: all, by name.
    timeframe, price, publisher, schema
        As in `read_frame`.
    by
        ``"symbol"``: one column for each symbol, as it was asked for. ``"instrument"``: one for
        each instrument id behind it, so that no column ever changes its contract.
    contracts
        As in `Bars.from_arrays`. None: futures of CME Globex are looked up in the catalogue by
        their root, whose margins are of January 2022; other data are stocks.
    calendar, events
        As in `Bars.from_arrays`.

    Notes
    -----
    A continuous symbol such as ``ES.v.0`` is several contracts one after the other, at unadjusted
    prices: the bars' notes tell when it changes. A return across a change is no profit of anybody:
    trade the contracts themselves (`by="instrument"`, or `barledger.data.continuous`).
    """
    files = [open_file(each) for each in paths_of(path)]
    if by not in ("symbol", "instrument"):
        raise ValueError(f"by must be 'symbol' or 'instrument', was {by!r}")
    is_plain = by == "symbol" and timeframe is None and price is None and schema is None
    one = read_one(files, publisher) if is_plain else None
    if one is not None and (assets is None or _chosen(assets) == (one[0],)):
        terms, told = _terms(files, (one[0],), contracts)
        columns: dict[str, Any] = one[1]
        found = Bars.from_arrays(
            **columns, assets=one[0], contracts=terms, calendar=calendar, events=events
        )
    else:
        frame = read_frame(
            path, timeframe=timeframe, price=price, publisher=publisher, schema=schema
        )
        if frame.is_empty():
            raise ValueError(f"{', '.join(f.path.name for f in files)}: no bars in it")
        frame = _by_instrument(frame) if by == "instrument" else frame
        names = _chosen(assets) or tuple(sorted(frame["asset"].unique().to_list()))
        terms, told = _terms(files, names, contracts)
        found = Bars.from_frame(
            _matrix_columns(frame), assets=names, contracts=terms, calendar=calendar, events=events
        )
    return found.with_notes(*told, *_header_notes(files, by), sources=sources_of(files))


def _matrix_columns(frame: "pl.DataFrame") -> "pl.DataFrame":
    """Return the columns of bars; without volume where none is told."""
    kept = frame.drop("instrument_id", "publisher_id")
    return kept.drop("volume") if kept["volume"].is_nan().all() else kept


def _by_instrument(frame: "pl.DataFrame") -> "pl.DataFrame":
    import polars as pl

    named = frame.with_columns(pl.col("instrument_id").cast(pl.String).alias("asset"))
    return named.unique(["asset", "time", "publisher_id"], keep="first", maintain_order=True)


def _chosen(assets: str | Sequence[str] | None) -> tuple[str, ...]:
    return (assets,) if isinstance(assets, str) else tuple(assets or ())


def _terms(
    files: Sequence[DbnFile], names: Sequence[str], given: Contracts
) -> tuple[Contracts, tuple[str, ...]]:
    """Return the contracts, and a note where they came from the catalogue."""
    are_futures = any(file.dataset in FUTURES for file in files)
    if isinstance(given, Mapping):  # perhaps of every symbol of a definition file
        missing = [name for name in names if name not in given]
        if are_futures and missing:
            raise ValueError(f"contracts tell nothing of {missing[0]!r}, which is no stock")
        return {name: given[name] for name in names if name in given}, ()
    if given is not None or not are_futures:
        return given, ()
    symbols = dict(_symbols_of(files)) if all(name.isdigit() for name in names) else {}
    roots = {name: root_of(symbols.get(name, name)) for name in names}
    unknown = [name for name, root in roots.items() if root not in catalog.known()]
    if unknown:
        raise ValueError(
            f"no contract is known for {unknown[0]!r}: give contracts=, such as "
            f"contracts={{{unknown[0]!r}: bl.Contract(kind='future', multiplier=..., initial=...)}}"
            ", or take them from a definition file with bl.data.databento.contracts(...)"
        )
    note = "contracts from the catalogue by root; their margins are of January 2022"
    return dict(roots), (note,)


def _symbols_of(files: Sequence[DbnFile]) -> list[tuple[str, str]]:
    return [
        (str(change.instrument_id), change.symbol) for file in files for change in changes_of(file)
    ]


def root_of(symbol: str) -> str | None:
    """Return the root of a continuous or plain futures symbol, None of anything else.

    Examples
    --------
    >>> [root_of(symbol) for symbol in ("ES.v.0", "6EH4", "ESH5-ESM5", "ZNZ24")]
    ['ES', '6E', None, 'ZN']
    """
    for pattern in (CONTINUOUS, OUTRIGHT):
        if found := pattern.fullmatch(symbol):
            return found["root"]
    return None


def _header_notes(files: Sequence[DbnFile], by: str) -> list[str]:
    notes = []
    for file in files:
        for word, symbols in (("no day", file.not_found), ("not every day", file.partial)):
            if symbols:
                notes.append(f"{file.path.name}: known on {word}: {', '.join(symbols)}")
        if by == "symbol":
            notes += [f"{file.path.name}: {text}" for text in _changing(file)]
    return notes


def _changing(file: DbnFile) -> list[str]:
    """Return a sentence for each symbol that means several instruments in turn."""
    turns: dict[str, list[str]] = {}
    for change in changes_of(file):
        turns.setdefault(change.symbol, []).append(
            f"{change.instrument_id} from {str(change.start)[:10]}"
        )
    return [
        f"{symbol} changes its instrument: {', '.join(parts)}"
        for symbol, parts in turns.items()
        if len({part.split()[0] for part in parts}) > 1
    ]
