"""Perpetuals as rows: brackets, leverage and funding; what no account or contract can be."""

from typing import Any

import numpy as np
import numpy.typing as npt

from barledger.accounts import Account, Cash, FuturesMargin, PerpCross, PerpIsolated, Unlimited
from barledger.data.bars import Bars
from barledger.instruments.brackets import Brackets
from barledger.instruments.contract import Contract
from barledger.kernel.types import FUNDING
from barledger.lowering.margins import places_of
from barledger.lowering.marks import has_marks
from barledger.lowering.memory import Memory
from barledger.lowering.request import Request

OWN = (PerpIsolated, PerpCross)
FREE = (Cash, FuturesMargin, Unlimited)  # nothing is opened, or nothing asked


def perpetual_rules(request: Request) -> dict[str, Any]:
    """Return the fields of the rules that perpetuals set."""
    inverse = any(contract.inverse for contract in request.bars.kinds)
    if inverse:
        _check_coin(request)
    return {"has_marks": has_marks(request.bars), "has_inverse": inverse}


def put_perpetuals(
    memory: Memory, rows: npt.NDArray[np.void], rules: npt.NDArray[np.void], request: Request
) -> None:
    """Write brackets, leverage and funding; `rows` are the contracts'."""
    rows["most_notional"] = np.inf
    if all(contract.kind != "perpetual" for contract in request.bars.kinds):
        _put_fundings(memory, rules, request)
        return
    places, numbers = _tables(request.bars)
    for column, contract in enumerate(request.bars.contracts):
        if contract.kind == "perpetual":
            leverage = _leverage(contract, request.account, request.bars, column)
            _check_leverage(leverage, contract, request.bars.assets[column])
            brackets = _first(contract, request.bars, column)
            row = rows[column]
            row["tier"], row["tiers"] = places[id(brackets)], len(brackets)
            row["inverse"] = contract.inverse
            row["margin_rate"] = 1.0 / leverage
            row["most_notional"] = _most(brackets, leverage, request.account)
            fee = contract.liquidation_fee
            row["liquidation_rate"] = np.nan if fee is None else fee
    memory.put("tiers", numbers)
    _put_fundings(memory, rules, request)


def bracket_rows(request: Request) -> list[tuple[int, int, int, int, float]]:
    """Return dated brackets as (bar, asset, place, number, most notional), where they change."""
    found: list[tuple[int, int, int, int, float]] = []
    if not any(isinstance(contract.brackets, tuple) for contract in request.bars.kinds):
        return found
    places, _ = _tables(request.bars)
    for column, contract in enumerate(request.bars.contracts):
        if isinstance(contract.brackets, tuple):
            leverage = _leverage(contract, request.account, request.bars, column)
            at = places_of(contract.brackets, request.bars, column, "bracket")
            for bar in np.flatnonzero(np.diff(at, prepend=-1)):
                brackets = contract.brackets[at[bar]][1]
                most = _most(brackets, leverage, request.account)
                found.append((int(bar), column, places[id(brackets)], len(brackets), most))
    return found


def _tables(bars: Bars) -> tuple[dict[int, int], npt.NDArray[np.float64]]:
    """Return where each table of brackets begins, and the numbers of all of them."""
    places: dict[int, int] = {}
    parts: list[npt.NDArray[np.float64]] = []
    for contract in bars.kinds:
        for brackets in contract.bracket_tables:
            if id(brackets) not in places:
                places[id(brackets)] = sum(len(part) for part in parts)
                parts.append(brackets.tiers)
    return places, np.concatenate(parts)


def _first(contract: Contract, bars: Bars, column: int) -> Brackets:
    """Return the brackets of the first bar."""
    if not isinstance(contract.brackets, tuple):
        return contract.bracket_tables[0]
    at = places_of(contract.brackets, bars, column, "bracket")
    return contract.bracket_tables[int(at[0])]


def _most(brackets: Brackets, leverage: float, account: Account) -> float:
    return np.inf if isinstance(account, FREE) else brackets.most_notional(leverage)


def _check_leverage(leverage: float, contract: Contract, asset: str) -> None:
    """Raise for a leverage that no brackets of a contract allow."""
    most = max(brackets.leverages[0] for brackets in contract.bracket_tables)
    if leverage > most:
        raise ValueError(
            f"leverage {leverage:g} is above {most:g}, the most that the brackets of {asset} allow"
        )


def _leverage(contract: Contract, account: Account, bars: Bars, column: int) -> float:
    """Return notional over initial margin: that of the account, elsewhere of the contract."""
    if isinstance(account, OWN):
        return account.leverage
    if isinstance(account, FREE):
        return 1.0
    if contract.initial is None:
        raise ValueError(
            f"{bars.assets[column]} needs its initial margin in a {type(account).__name__} "
            "account: Contract(kind='perpetual', initial=0.1, ...), a fraction of notional"
        )
    return 1.0 / float(contract.initial)  # type: ignore[arg-type]


def _put_fundings(memory: Memory, rules: npt.NDArray[np.void], request: Request) -> None:
    found = [] if request.events is None else request.events.funding_rows(request.bars)
    if found:
        rows = np.array(found, FUNDING)
        memory.put("fundings", rows)
        rules["most_events"] += int(np.bincount(rows["bar"]).max())


def _check_coin(request: Request) -> None:
    """An account with an inverse contract is in its coin, and has nothing else in it."""
    wrong = [
        asset
        for asset, contract in zip(request.bars.assets, request.bars.contracts, strict=True)
        if not contract.inverse
    ]
    if wrong:
        raise ValueError(
            f"an account with inverse perpetuals is in their coin and holds nothing else; "
            f"{wrong[0]} is not inverse: give each an account of its own with groups="
        )
