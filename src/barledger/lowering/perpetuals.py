"""Perpetuals as rows: brackets, leverage and funding; what no account or contract can be."""

from typing import Any

import numpy as np
import numpy.typing as npt

from barledger.accounts import Account, Cash, FuturesMargin, PerpCross, PerpIsolated, Unlimited
from barledger.data.bars import Bars
from barledger.instruments.contract import Contract
from barledger.kernel.types import FUNDING
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
    tables: dict[int, int] = {}
    parts: list[npt.NDArray[np.float64]] = []
    for column, contract in enumerate(request.bars.contracts):
        if contract.kind == "perpetual":
            _put_terms(rows[column], contract, request, column, tables, parts)
    memory.put("tiers", np.concatenate(parts))
    _put_fundings(memory, rules, request)


def _put_terms(
    row: Any,
    contract: Contract,
    request: Request,
    column: int,
    tables: dict[int, int],
    parts: list[npt.NDArray[np.float64]],
) -> None:
    brackets = contract.brackets
    assert brackets is not None
    if id(brackets) not in tables:
        tables[id(brackets)] = sum(len(part) for part in parts)
        parts.append(brackets.tiers)
    leverage = _leverage(contract, request.account, request.bars, column)
    if leverage > brackets.leverages[0]:
        raise ValueError(
            f"leverage {leverage:g} is above {brackets.leverages[0]:g}, the most that the brackets "
            f"of {request.bars.assets[column]} allow"
        )
    row["tier"], row["tiers"] = tables[id(brackets)], len(brackets)
    row["inverse"] = contract.inverse
    row["margin_rate"] = 1.0 / leverage
    if not isinstance(request.account, FREE):
        row["most_notional"] = brackets.most_notional(leverage)


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
