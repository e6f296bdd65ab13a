"""Which symbol a record belongs to: instrument ids and dates, as the file's header maps them."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from barledger.data.databento.files import DbnFile

Ints = npt.NDArray[np.int64]


class Owner(NamedTuple):
    """Rows of one symbol, and how many there are of each instrument in turn."""

    symbol: str
    rows: Ints


class Change(NamedTuple):
    """An instrument of a symbol, and from when to when (excluded) the symbol meant it."""

    symbol: str
    instrument_id: int
    start: np.datetime64
    stop: np.datetime64


def changes_of(file: DbnFile) -> list[Change]:
    """Return what each symbol of the header means from when to when, by symbol and date."""
    spans = [
        Change(
            symbol, int(span["symbol"]), _midnight(span["start_date"]), _midnight(span["end_date"])
        )
        for symbol, intervals in file.mappings.items()
        for span in intervals
        if str(span["symbol"]).isdigit()
    ]
    return sorted(spans, key=lambda span: (span.symbol, span.start))


def owners(spans: list[Change], instruments: Ints, times: Any) -> list[Owner]:
    """Return the rows of every symbol; a record of two symbols is a row of both.

    Records that no symbol claims belong to their instrument id, written as text.
    """
    if not len(instruments):
        return []
    order = np.argsort(instruments, kind="stable")
    ids, first = np.unique(instruments[order], return_index=True)
    ends = np.append(first[1:], len(order))
    places = {int(number): order[a:b] for number, a, b in zip(ids, first, ends, strict=True)}
    claimed = np.zeros(len(instruments), np.bool_)
    found: dict[str, list[Ints]] = {}
    for span in spans:
        rows = places.get(span.instrument_id)
        if rows is None:
            continue
        own = times[rows]
        rows = rows[(own >= span.start) & (own < span.stop)]
        if len(rows):
            found.setdefault(span.symbol, []).append(rows)
            claimed[rows] = True
    for number, rows in places.items():
        left = rows[~claimed[rows]]
        if len(left):
            found.setdefault(str(number), []).append(left)
    return [Owner(symbol, np.sort(np.concatenate(parts))) for symbol, parts in found.items()]


def _midnight(day: Any) -> np.datetime64:
    return np.datetime64(str(day), "ns")
