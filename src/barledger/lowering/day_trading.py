"""The days on which the rules for pattern day traders hold, as events."""

import numpy as np

from barledger.accounts import RegT
from barledger.instruments.sessions import session_dates
from barledger.kernel.codes import DayKind
from barledger.lowering.request import Request

EPOCH = np.datetime64("1970-01-01", "D")


def day_rows(request: Request) -> list[tuple[int, int, float, int]]:
    """Return (bar, what it is, whether more bars of its session follow, session), by bar.

    Sessions are the weekdays since 1970, from 1; a weekend's bars belong to the Monday after it.
    """
    account, bars = request.account, request.bars
    if not isinstance(account, RegT) or account.day_rule_end is None:
        return []
    if bars.time.dtype.kind != "M":
        raise ValueError("pattern_day_trader needs bars with times")
    days = session_dates(bars.time, bars.calendar)
    end = int((np.datetime64(account.day_rule_end, "D") - EPOCH).astype(np.int64))
    stop = int(np.searchsorted(days, end))
    sessions = np.busday_count(EPOCH, EPOCH + days[:stop]) + 1
    firsts = np.flatnonzero(np.diff(sessions, prepend=-1))
    lasts = np.append(firsts, stop)[1:] - 1
    rows: list[tuple[int, int, float, int]] = []
    for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True):
        rows.append((first, DayKind.BEGINS, float(last > first), int(sessions[first])))
        if last > first:
            rows.append((last, DayKind.LAST_BAR, 0.0, int(sessions[first])))
    return [*rows, (stop, DayKind.OVER, 0.0, 0)] if stop < len(bars) else rows
