"""How bars show themselves: one line in a console, a small table in a notebook."""

from typing import TYPE_CHECKING

import numpy as np

from barledger import _html
from barledger.data.event_rows import KINDS
from barledger.data.stamps import shown

if TYPE_CHECKING:
    from barledger.data.bars import Bars
    from barledger.data.events import Events

ROWS_SHOWN = 10
NOUNS = {
    "cash_flows": "cash flow", "borrow": "borrow rate", "borrowable": "number borrowable",
    "expiries": "expiry", "fx": "rate of exchange",
}  # fmt: skip


def line(bars: "Bars") -> str:
    """Return bars in one line: shape, names, range, matrices, calendar and events."""
    n_bars, n_assets = bars.shape
    parts = [names(bars.assets), span(bars), " ".join(bars.matrices)]
    if bars.calendar is not None:
        parts.append(bars.calendar)
    if bars.adjustment is not None:
        parts.append(f"adjusted: {bars.adjustment}")
    if bars.events is not None:
        parts.append(happenings(bars.events, bars))
    return f"<Bars {n_bars} x {n_assets}: {', '.join(parts)}>"


def table(bars: "Bars") -> str:
    """Return an HTML table of the assets with what is missing, at most ten of them."""
    kinds = [contract.kind for contract in bars.contracts]
    rows = []
    for column, asset in enumerate(bars.assets[:ROWS_SHOWN]):
        there = ~np.isnan(bars._close[:, column])
        priced = np.flatnonzero(there)
        ends = [shown(bars.time[bar]) for bar in priced[[0, -1]]] if len(priced) else ["-", "-"]
        missing = 1.0 - len(priced) / len(bars)
        rows.append([asset, kinds[column], str(len(priced)), *ends, f"{missing:.1%}"])
    head = ["asset", "kind", "bars", "first", "last", "missing"]
    left = len(bars.assets) - ROWS_SHOWN
    more = [f"and {left} more"] if left > 0 else []
    return _html.table(rows, head, words=(0, 1, 3, 4), title=line(bars)[1:-1], notes=more)


def happenings(events: "Events", bars: "Bars") -> str:
    """Return how many events of each kind fall on the bars; without any, that no split does."""
    told = []
    for name in KINDS:
        count = len(events.rows(name, bars))
        if count:
            noun = NOUNS.get(name, name.removesuffix("s"))
            told.append(f"{count} {noun if count == 1 else plural(noun)}")
    return ", ".join(told) or "0 splits"


def plural(noun: str) -> str:
    """Return the plural of a noun."""
    return f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"


def names(assets: tuple[str, ...]) -> str:
    """Return names in short: all of six, else the first four and the last."""
    if len(assets) <= 6:
        return ", ".join(assets)
    return f"{', '.join(assets[:4])}, … {assets[-1]}"


def span(bars: "Bars") -> str:
    """Return the first and last stamp, or bar number."""
    first, last = shown(bars.time[0]), shown(bars.time[-1])
    return f"{first} to {last}" if bars.time.dtype.kind == "M" else f"bars {first} to {last}"
