"""Events as the kernel's rows: by bar, then in the order in which one bar applies them."""

import numpy as np
import numpy.typing as npt

from barledger.data.bars import Bars
from barledger.data.events import Events
from barledger.instruments.contract import MARGINED
from barledger.instruments.sessions import session_dates
from barledger.kernel.codes import EventKind
from barledger.kernel.types import EVENT
from barledger.lowering.day_trading import day_rows
from barledger.lowering.exchange import currencies_of, rate_rows
from barledger.lowering.financing import accrues, benchmark, has_own_rates, local_dates
from barledger.lowering.memory import Memory
from barledger.lowering.perpetuals import bracket_rows
from barledger.lowering.request import Request

NAN = float("nan")
ORDER = (
    EventKind.DAY, EventKind.RATE, EventKind.BRACKETS, EventKind.SPLIT, EventKind.DIVIDEND, EventKind.ACCRUAL, EventKind.DELISTING,
    EventKind.EXPIRY, EventKind.FLOW, EventKind.ROLL,
)  # fmt: skip
RANK = {kind: place for place, kind in enumerate(ORDER)}
NONE = Events()
Row = tuple[int, EventKind, int, float, float, float, int]


def put_events(memory: Memory, rules: npt.NDArray[np.void], request: Request) -> None:
    """Write what happens on which bar."""
    bars, events = request.bars, request.events or NONE
    rows = []
    if events is not NONE:
        check_events(events, bars)
        rows = _given(events, bars)
    rows += [*_expiries(events, bars), *_accruals(request)]
    rows += [_row(bar, EventKind.RATE, number, rate) for bar, number, rate in rate_rows(request)]
    rows += [
        _row(bar, EventKind.BRACKETS, asset, count, most, NAN, place)
        for bar, asset, place, count, most in bracket_rows(request)
    ]
    rows += [
        _row(bar, EventKind.DAY, -1, what, goes_on, NAN, session)
        for bar, what, goes_on, session in day_rows(request)
    ]
    rows.sort(key=lambda row: (row[0], RANK[row[1]]))
    if not rows:
        return
    made = np.zeros(len(rows), EVENT)
    names = ("bar", "kind", "asset", "value", "price", "to_price", "other")
    for name, column in zip(names, zip(*rows, strict=True), strict=True):
        made[name] = column
    memory.put("events", made)
    rules["most_events"] = int(np.bincount(made["bar"]).max())
    if has_own_rates(request):
        rules["most_events"] += 2 * len(currencies_of(request))


def _row(
    bar: int, kind: EventKind, asset: int = -1, value: float = NAN, price: float = NAN,
    to_price: float = NAN, other: int = -1,
) -> Row:  # fmt: skip
    return bar, kind, asset, value, price, to_price, other


def _given(events: Events, bars: Bars) -> list[Row]:
    rows = [_row(bar, EventKind.SPLIT, j, ratio) for bar, j, ratio in events.rows("splits", bars)]
    rows += [_row(bar, EventKind.FLOW, -1, sum_) for bar, sum_ in events.rows("cash_flows", bars)]
    for name, kind in (
        ("dividends", EventKind.DIVIDEND),
        ("delistings", EventKind.DELISTING),
        ("expiries", EventKind.EXPIRY),
    ):
        rows += [_row(bar, kind, j, value) for bar, j, value in events.rows(name, bars)]
    rows += [
        _row(bar, EventKind.ROLL, j, NAN, price, to_price, into)
        for bar, j, into, price, to_price in events.rows("rolls", bars)
    ]
    return rows


def _expiries(events: Events, bars: Bars) -> list[Row]:
    """Return the ends of contracts that know theirs, at the last mark.

    They are on the first bar of the session after it.
    """
    if not any(contract.expiry for contract in bars.kinds):
        return []
    told = {asset for _, asset, _ in events.rows("expiries", bars)}
    dates, rows = session_dates(bars.time, bars.calendar), []
    for j, contract in enumerate(bars.contracts):
        if contract.expiry is None or j in told:
            continue
        if bars.time.dtype.kind != "M":
            raise ValueError(f"{bars.assets[j]} has an expiry: give the bars times")
        day = int(np.datetime64(contract.expiry, "D").astype(np.int64))
        bar = int(np.searchsorted(dates, day, side="right"))
        if bar < len(bars):
            _check_expiry(bars, j, bar, str(contract.expiry))
            rows.append(_row(bar, EventKind.EXPIRY, j))
    return rows


def _check_expiry(bars: Bars, column: int, bar: int, when: str) -> None:
    """Raise where a contract is over before the first bar, and yet has prices."""
    if bar == 0 and not np.isnan(bars._close[:, column]).all():
        raise ValueError(
            f"{bars.assets[column]} expires on {when}, before the first bar "
            f"{str(bars.time[0])[:10]}, and has prices after it: check its expiry"
        )


def _accruals(request: Request) -> list[Row]:
    """Return the nights: a row for each bar whose date is later than that of the bar before."""
    if not accrues(request):
        return []
    bars = request.bars
    dates = local_dates(bars.time, bars.calendar)
    before = dates[0]
    if request.start is not None and request.start.continuation is not None:
        last = request.start.continuation.last_date
        before = dates[0] if last is None else last
    days = np.diff(dates, prepend=before)
    rates = benchmark(request)
    return [
        _row(int(bar), EventKind.ACCRUAL, -1, float(days[bar]), float(rates[bar]))
        for bar in np.flatnonzero(days > 0)
    ]


def check_events(events: Events, bars: Bars) -> None:
    """Raise for events that cannot happen to these bars."""
    dividends = events.rows("dividends", bars)
    if dividends and bars.adjustment is not None:
        raise ValueError(
            f"dividends need raw prices, these are adjusted ({bars.adjustment}): adjusted prices "
            "have them already; give raw bars, or leave the dividends out"
        )
    for bar, j, _ in dividends:
        if bars.contracts[j].kind in MARGINED:
            raise ValueError(
                f"a {bars.contracts[j].kind} pays no dividend: {bars.assets[j]} on bar {bar}"
            )
    _check_rolls(events, bars)
    for name in ("expiries", "delistings"):
        _check_not_before(name, events, bars)


def _check_rolls(events: Events, bars: Bars) -> None:
    for bar, j, into, *_ in events.rows("rolls", bars):
        terms, others = bars.contracts[j], bars.contracts[into]
        if j == into or terms.kind != "future" or others.kind != "future":
            raise ValueError(
                f"a roll goes from one future into another, was from {bars.assets[j]} "
                f"({terms.kind}) to {bars.assets[into]} ({others.kind}) on bar {bar}"
            )
        if terms.multiplier != others.multiplier:
            raise ValueError(
                f"a roll needs contracts of one multiplier, {bars.assets[j]} has "
                f"{terms.multiplier:g} and {bars.assets[into]} {others.multiplier:g}"
            )


def _check_not_before(name: str, events: Events, bars: Bars) -> None:
    """Raise for an end before the first bar of an asset that has prices after it."""
    for bar, asset, *_ in events._on_bars(name, bars):
        column = bars.assets.index(asset)
        if bar < 0 and not np.isnan(bars._close[:, column]).all():
            noun = {"expiries": "expiry", "delistings": "delisting"}[name]
            raise ValueError(
                f"the {noun} of {asset} is before the first bar {str(bars.time[0])[:10]}, and it has "
                f"prices after it: check its time"
            )
