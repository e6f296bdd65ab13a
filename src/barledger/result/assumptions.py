"""What a result rests on, in words: account, fills, costs, policies, data, versions."""

import textwrap
from collections.abc import Iterator
from dataclasses import fields
from hashlib import sha256
from typing import Any

import numpy as np

from barledger import _check, _html
from barledger.data.describe import span
from barledger.data.events import Events
from barledger.instruments.calendar import periods_per_year
from barledger.lowering.marks import has_marks
from barledger.lowering.perpetuals import OWN
from barledger.lowering.request import Request
from barledger.options import Rules

FILLS = {
    "next_open": "orders of one bar fill at the open of the next",
    "next_close": "orders of one bar fill at the close of the next",
    "close": "orders fill at the close of the bar that made them",
}
LOOKS_AHEAD = "possible: a signal must be known before the close that it fills at"
SOURCES_SHOWN = 4
CALLS = {
    "liquidate": "positions are closed at once until equity reaches the level required",
    "next_open": "positions are closed at the next open if the call still stands",
    "warn": "a breach is only recorded",
}


class Assumptions(dict[str, str]):
    """Names and sentences; prints as a table."""

    def __repr__(self) -> str:
        width = max(map(len, self), default=0)
        gap = " " * (width + 2)
        return "\n".join(
            textwrap.fill(
                f"{name:<{width}}  {text}", 100, subsequent_indent=gap, break_on_hyphens=False
            )
            for name, text in self.items()
        )

    def _repr_html_(self) -> str:
        return _html.table(list(self.items()), words=(0, 1))


def assumptions_of(request: Request, labels: tuple[str, ...]) -> Assumptions:
    """Return what the result of a request rests on."""
    return Assumptions(_sentences(request, bars_a_year(request)[1], labels))


def bars_a_year(request: Request) -> tuple[float, str]:
    """Return how many bars make a year, and how that was found."""
    bars = request.bars
    if request.netting is not None and request.netting.per_year is not None:
        return request.netting.per_year, f"{request.netting.per_year:g} bars, as `freq` says"
    kinds = [contract.kind for contract in bars.contracts]
    return periods_per_year(bars.time, kinds, bars.calendar)


def _sentences(
    request: Request, periods: str, labels: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    bars = request.bars
    many = f", {len(labels)} of them" if len(labels) > 1 else ""
    yield "account", _check.shown(request.account, full=True) + many
    yield "start", _start(request)
    if request.netting is not None:
        yield "keywords", request.netting.said
    else:
        yield "size", _shown(request.size) if request.wishes.kind == "signals" else "as given"
    yield "fills", _fills(request)
    yield "look-ahead", "none" if request.fill != "close" else LOOKS_AHEAD
    yield "fees", _shown(request.fees)
    yield "slippage", _shown(request.slippage)
    if request.impact is not None:
        yield "impact", _shown(request.impact)
    yield "margin", _margin(request)
    if request.orders is not None:
        yield "orders", _shown(request.orders)
    if request.delay:
        yield "delay", f"orders reach the market {request.delay} bars later than the next"
    yield "liquidity", _liquidity(request)
    if request.halts is not None:
        yield "halts", _shown(request.halts)
    if request.netting is None:
        yield "stops", "none" if request.stops is None else _shown(request.stops)
    yield "rules", _changed(request.rules)
    yield "limits", _shown_fields(request.limits)
    yield "financing", _financing(request)
    yield "events", _events(request)
    yield "prices", (bars.adjustment and f"adjusted: {bars.adjustment}") or "raw, as traded"
    yield "year", periods
    calendar = bars.calendar or "none given: Monday to Friday"
    yield "calendar", calendar
    n_bars, n_assets = bars.shape
    assets = f"{n_assets} asset{'s' * (n_assets != 1)}"
    yield "data", f"{n_bars} bars of {assets}, {span(bars)}, sha256 {bars.digest}"
    if bars.sources:
        yield "sources", _sources(bars.sources)
    if bars.notes:
        yield "data notes", "; ".join(bars.notes)
    yield "versions", _versions()


def _sources(sources: tuple[str, ...]) -> str:
    """Return where the data came from; of many files the first ones and a digest of the list."""
    if len(sources) <= SOURCES_SHOWN:
        return "; ".join(sources)
    every = sha256("\n".join(sources).encode()).hexdigest()
    shown = "; ".join(sources[:SOURCES_SHOWN])
    return f"{shown}; and {len(sources) - SOURCES_SHOWN} more; sha256 of all these lines {every}"


def account_line(request: Request, n_accounts: int) -> str:
    """Return the account, and how many there are of it."""
    return f"{request.account!r}" + (f", {n_accounts} of them" if n_accounts > 1 else "")


def _start(request: Request) -> str:
    if request.start is None:
        return f"{request.initial_cash:,.2f} in cash"
    n = len(request.start.positions)
    return f"{request.start.cash:,.2f} in cash and {n} position{'s' * (n != 1)}"


def _fills(request: Request) -> str:
    if request.price is None:
        return FILLS[request.fill]
    return "orders of one bar fill at the prices given" + (
        " for the next" if request.fill != "close" else " for that bar"
    )


def _liquidity(request: Request) -> str:
    has_volume = len(request.bars._volume) > 0
    if request.liquidity is not None:
        return _shown(request.liquidity)
    return "any quantity" + (", nothing on bars without volume" if has_volume else "")


def _margin(request: Request) -> str:
    account = request.account
    if not hasattr(account, "margin_check"):
        return "none"
    when = {
        "open_close": "tested at each open and close",
        "close": "tested at each close",
        "extremes": "tested at each open, low, high and close",
    }[account.margin_check]
    if isinstance(account, OWN):
        return f"{when}, on {_marks(request)}; liquidated as a whole, by the brackets"
    span = "; SPAN-style approximation" if getattr(account, "span", None) is not None else ""
    return f"{when}; {CALLS[account.margin_call]}{span}"  # type: ignore[attr-defined]


def _marks(request: Request) -> str:
    """Return what perpetuals are valued and liquidated by."""
    bars = request.bars
    if not has_marks(bars):
        return "traded prices in place of mark prices, an approximation"
    return "mark prices" if len(bars._mark_high) else "closes of the mark price, an approximation"


def _changed(rules: Rules) -> str:
    """Return the policies that are not the default."""
    default = Rules()
    changed = [
        f"{each.name}={_shown(getattr(rules, each.name))}"
        for each in fields(rules)
        if not np.array_equal(getattr(rules, each.name), getattr(default, each.name))
    ]
    return ", ".join(changed) or "the defaults: exits first, entries cut to what fits"


def _financing(request: Request) -> str:
    """Return what time alone costs and pays, and what it does not."""
    account, events = request.account, request.events or Events()
    rates = [
        f"{name} {getattr(account, name)!r}"
        for name in ("debit", "credit", "rebate")
        if getattr(account, name) not in (0.0, None)
    ]
    lent = any(contract.borrow is not None for contract in request.bars.kinds)
    told = {
        "interest": bool(rates) or events.has("rates"),
        "borrow fees": lent or events.has("borrow"),
        "dividends": events.has("dividends"),
    }
    left_out = [name for name, is_there in told.items() if not is_there]
    if len(left_out) == len(told):
        return "none: no interest, borrow fee or dividend is charged or paid"
    found = [name for name, is_there in told.items() if is_there]
    text = ", ".join(found)
    if rates:
        text += f" ({', '.join(rates)} a year of {account.day_count} days)"
    return text + (f"; no {' or '.join(left_out)}" if left_out else "")


def _events(request: Request) -> str:
    if request.events is None:
        return "none"
    text, count = _shown(request.events), request.events.left_out(request.bars)
    if not count:
        return text
    return f"{text}; {count} before the first bar or after the last one opens, left out"


def _shown_fields(limits: Any) -> str:
    given = [
        f"{each.name}={getattr(limits, each.name)!r}"
        for each in fields(limits)
        if getattr(limits, each.name) is not None
    ]
    return ", ".join(given) if len(given) > 1 else "none"


def _shown(value: Any) -> str:
    """Return an option in one line, arrays by their shape."""
    return f"array{value.shape}" if isinstance(value, np.ndarray) else repr(value)


def _versions() -> str:
    import numba
    import polars

    from barledger import __version__

    others = ", ".join(f"{each.__name__} {each.__version__}" for each in (numba, np, polars))
    return f"barledger {__version__}, {others}"
