"""The contracts behind a continuous symbol, as a chain, and the rolls that the vendor mapped."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from barledger.data.assemble import Contracts
from barledger.data.continuous import Chain, OnDates
from barledger.data.databento.bars import paths_of
from barledger.data.databento.files import open_file
from barledger.data.databento.reading import read
from barledger.data.databento.symbols import Change, changes_of

if TYPE_CHECKING:
    import polars as pl


def changes(path: str | Path | Sequence[str | Path]) -> "pl.DataFrame":
    """Return which instrument each symbol of the files means from when on.

    Returns
    -------
    polars.DataFrame
        symbol, instrument_id, start, stop (the first moment it no longer does), by symbol, then
        start. Days that follow each other with one instrument are one row.
    """
    import polars as pl

    rows = _joined([span for each in paths_of(path) for span in changes_of(open_file(each))])
    moment = pl.Datetime("ns")
    kinds: dict[str, Any] = {
        "symbol": pl.String,
        "instrument_id": pl.Int64,
        "start": moment,
        "stop": moment,
    }
    columns = {name: [getattr(row, name) for row in rows] for name in ("symbol", "instrument_id")}
    times = {
        name: np.array([getattr(r, name) for r in rows], "M8[ns]") for name in ("start", "stop")
    }
    return pl.DataFrame({**columns, **times}, schema=kinds)


def chain(
    path: str | Path | Sequence[str | Path],
    symbol: str,
    *,
    contracts: Contracts = None,
    calendar: str | None = None,
) -> tuple[Chain, OnDates]:
    """Return the contracts that a continuous symbol meant, as a chain, and its rolls.

    Parameters
    ----------
    path
        Files that hold the symbol and, for the price of the new contract before each roll, the next
        in rank: ``ES.v.0`` and ``ES.v.1``.
    symbol
        The lead, such as ``"ES.v.0"``.
    contracts
        Terms of every contract of the chain; None: the catalogue's, by root.
    calendar
        As in `read`.

    Notes
    -----
    The vendor's lead by volume may go back to a contract for a day. The rolls latch forward: a
    contract that has been left is not held again. Its mapping is of whole UTC days, so the rolls
    are at 00:00 UTC, within a session of CME.

    Examples
    --------
    ``stitch(*chain(files, "ES.v.0"))`` is the adjusted series, its contracts and its rolls.
    """
    spans = changes(path).filter(symbol=symbol)
    if spans.is_empty():
        known = sorted(
            {span.symbol for each in paths_of(path) for span in changes_of(open_file(each))}
        )
        raise ValueError(f"no symbol {symbol!r} in the files; there are {', '.join(known)}")
    first = spans.unique("instrument_id", keep="first", maintain_order=True)
    names = [str(number) for number in first["instrument_id"]]
    terms = symbol.partition(".")[0] if contracts is None else contracts
    bars = read(path, assets=names, by="instrument", contracts=terms, calendar=calendar)
    rolls = zip(first["start"].to_numpy()[1:], names[1:], strict=True)
    return Chain(bars, name=symbol), OnDates(list(rolls))


def _joined(spans: list[Change]) -> list[Change]:
    """Return spans by symbol and time, those that follow each other with one instrument as one."""
    found: list[Change] = []
    for span in sorted(spans, key=lambda span: (span.symbol, span.start)):
        last = found[-1] if found else None
        if last is not None and last[:2] == span[:2] and span.start <= last.stop:
            found[-1] = last._replace(stop=max(last.stop, span.stop))
        else:
            found.append(span)
    return found
