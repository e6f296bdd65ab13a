"""Trades of an account: fills paired into round trips, or first in, first out."""

from typing import Any

import numpy as np
import numpy.typing as npt

from barledger.analytics.pairing import LOT, OPEN, TRADE
from barledger.kernel.types import FILL

Rows = npt.NDArray[Any]


def pair_trades(
    fills: Rows,
    entries: Rows,
    multipliers: npt.NDArray[np.float64],
    marks: npt.NDArray[np.float64],
    *,
    is_fifo: bool,
    start: Rows,
) -> Rows:
    """Return the trades of one account, in the order in which they ended; open ones last.

    Parameters
    ----------
    fills, entries
        Records of the account.
    multipliers, marks
        Contract multiplier and last mark of each asset, (N,).
    is_fifo
        Pair each closing fill with the oldest opening fills; else one trade from flat to flat.
    start
        Rows of `HoldingRow`: what was held before the first bar; its trades have entry bar -1.

    Returns
    -------
    numpy.ndarray
        Rows of `TradeRow`.
    """
    from barledger.analytics.pairing import pair
    from barledger.kernel.world import as_rows

    if len(start):
        fills, entries = np.concatenate([_bought(start), fills]), entries.copy()
        entries["after"] += len(start)
    opens = np.zeros(len(multipliers), OPEN)
    opens["first"] = opens["last"] = -1
    openings = int(np.count_nonzero(fills["closes"] == 0))
    trades = np.zeros(len(fills) + openings + len(entries) + len(multipliers), TRADE)
    lots = np.zeros(openings if is_fifo else 0, LOT)
    spare = np.zeros(1, np.int64)
    records = (as_rows(fills), as_rows(entries), multipliers, marks, is_fifo)
    count = pair(*records, as_rows(opens), as_rows(lots), as_rows(trades), spare)
    return trades[:count].copy()


def _bought(start: Rows) -> Rows:
    """Return what was held at first as fills without fees."""
    fills = np.zeros(len(start), FILL)
    fills["asset"], fills["quantity"], fills["price"] = (
        start[name] for name in ("asset", "quantity", "average")
    )
    fills["bar"] = -1
    return fills
