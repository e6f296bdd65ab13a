"""Currencies: which there are, and what a unit of each is worth in the account's on every bar."""

from typing import Any

import numpy as np
import numpy.typing as npt

from barledger.accounts import Account
from barledger.data.bars import Bars
from barledger.data.events import Events
from barledger.lowering.request import Request

Floats = npt.NDArray[np.float64]
USUAL = "USD"


def account_currency(account: Account, bars: Bars, events: Events | None) -> str:
    """Return the currency of an account: its own, else that of all contracts, else US dollars.

    Where rates of exchange are given for the contracts' one currency, it is not the account's.
    """
    if account.currency is not None:
        return account.currency
    found = {contract.currency for contract in bars.kinds}
    rated = set() if events is None else {row[1] for row in rates_given(events, bars)}
    return found.pop() if len(found) == 1 and not found & rated else USUAL


def check_currencies(account: Account, bars: Bars, events: Events | None) -> None:
    """Raise where a contract's currency has no rate on the first bar."""
    own = account_currency(account, bars, events)
    if all(contract.currency == own for contract in bars.kinds):
        return
    foreign = {c.currency: a for a, c in zip(bars.assets, bars.contracts, strict=True)}
    foreign.pop(own, None)
    known = {row[1] for row in rates_given(events or Events(), bars) if row[0] <= 0}
    lacking = sorted(set(foreign) - known)
    if lacking:
        late = {row[1] for row in rates_given(events or Events(), bars)} & set(lacking)
        when = " on the first bar" if late else ""
        raise ValueError(
            f"no rate of exchange for {lacking[0]}{when}: {foreign[lacking[0]]} is in {lacking[0]}, "
            f"the account in {own}; give Events(fx={{{lacking[0]!r}: rates}}), {own} for one "
            f"{lacking[0]}, or the account's currency="
        )
    for asset, contract in zip(bars.assets, bars.contracts, strict=True):
        if contract.inverse and contract.currency != own:
            raise ValueError(
                f"an inverse perpetual must be in the account's currency, its coin: {asset} is in "
                f"{contract.currency} and the account in {own}"
            )


def rates_given(events: Events, bars: Bars) -> list[tuple[Any, ...]]:
    """Return (bar, currency, rate) as given, by bar; -1 before the first bar."""
    return sorted(events._on_bars("fx", bars), key=lambda row: row[0])


def currencies_of(request: Request) -> tuple[str, ...]:
    """Return the currencies of a run, the account's first."""
    kinds = request.bars.kinds
    if len(kinds) == 1 and request.events is None and request.account.currency is None:
        return (kinds[0].currency,)
    own = account_currency(request.account, request.bars, request.events)
    others = {contract.currency for contract in kinds} - {own}
    return (own, *sorted(others))


def rate_rows(request: Request) -> list[tuple[int, int, float]]:
    """Return (bar, number of the currency, rate) for the first bar and each change after it."""
    names = currencies_of(request)
    if len(names) == 1 or request.events is None:
        return []
    now: dict[int, float] = {}
    rows: dict[tuple[int, int], float] = {}
    for bar, currency, rate in rates_given(request.events, request.bars):
        if currency in names[1:] and bar < len(request.bars):
            number = names.index(currency)
            if now.get(number) != rate or bar <= 0:
                rows[max(bar, 0), number] = rate
            now[number] = rate
    return [(bar, number, rate) for (bar, number), rate in sorted(rows.items())]


def rates_by_bar(request: Request) -> Floats | None:
    """Return what a unit of each asset's currency is worth on each bar (T, N); None: always 1."""
    rows = rate_rows(request)
    if not rows:
        return None
    names = currencies_of(request)
    by_currency = np.ones((len(request.bars), len(names)))
    for bar, number, rate in rows:
        by_currency[bar:, number] = rate
    numbers = [names.index(contract.currency) for contract in request.bars.contracts]
    return np.ascontiguousarray(by_currency[:, numbers])
