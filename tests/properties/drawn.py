"""Random worlds for properties: drawn by seed, bent to a purpose, and their records."""

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from oracle.market import Market, Wishes
from oracle.worlds import Case, random_case

from barledger.halts import Halts
from barledger.impact import Impact
from barledger.liquidity import Liquidity
from barledger.lowering.drive import Run
from barledger.options import Fee, Size
from barledger.slippage import Slippage
from barledger.stops import LADDERS

LOGS = ("orders", "fills", "entries", "incidents")
worlds = st.integers(0, 1 << 40).map(random_case)
many = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def bits(rows: np.ndarray) -> list[Any]:
    """Rows of a record as numbers' bytes, so that NaN equals NaN and nothing is nearly equal."""
    names = rows.dtype.names
    return [rows[name].tobytes() for name in names] if names else [rows.tobytes()]


def until(rows: np.ndarray, bar: int) -> list[Any]:
    """The bits of those rows that were written up to a bar."""
    return bits(rows[rows["bar"] <= bar])


def fills_until(ran: Run, bar: int) -> list[Any]:
    """The bits of the fills up to a bar; an order is numbered by its end, which may come later."""
    rows = ran.fills[ran.fills["bar"] <= bar].copy()
    is_open = ran.orders["bar"][rows["order"]] > bar
    rows["order"][is_open] = -1
    return bits(rows)


def all_bits(ran: Run) -> list[Any]:
    return [bits(ran.equity), *(bits(getattr(ran, name)) for name in LOGS)]


def columns(case: Case, picked: list[int]) -> Case:
    """The world of some of its assets, in this order; splits and positions go with them."""
    n_assets, given = case.market.n_assets, dict(case.arguments)
    place = {column: at for at, column in enumerate(picked)}

    def part(value: Any) -> Any:
        array = np.asarray(value)
        if array.ndim == 2 and array.shape[1] == n_assets:
            return array[:, picked]
        return array[picked] if array.ndim == 1 and len(array) == n_assets else value

    for name in ("size", "fees", "slippage", "liquidity", "halts", "impact"):
        if isinstance(given[name], Size | Fee | Slippage | Liquidity | Halts | Impact):
            given[name] = given[name].map(part)
    if given["impact"] is not None:
        given["impact"] = given["impact"].of(picked)
    for name in ("stops", "resting"):
        if given.get(name) is not None:
            fields = vars(given[name]).items()
            drawn = {key: v if key in LADDERS else part(v) for key, v in fields}
            given[name] = replace(given[name], **drawn)
    given["splits"] = [(b, place[a], r) for b, a, r in given["splits"] if a in place]
    given["carry"] = given.get("carry") and given["carry"].of(place)
    held = given.get("positions") or {}
    given["positions"] = {place[a]: row for a, row in held.items() if a in place}
    price = given["price"]
    given["price"] = None if price is None else np.array(price)[:, picked].tolist()
    given["priority"] = part(given["priority"])
    return Case(columns_of_market(case.market, picked), columns_of(case.wishes, place), given)


def columns_of_market(market: Market, picked: list[int]) -> Market:
    names = ("open", "high", "low", "close", "tradable", "settlement", "volume")
    matrices = {name: getattr(market, name) for name in names}
    some = {
        name: None if m is None else np.array(m)[:, picked].tolist() for name, m in matrices.items()
    }
    return replace(market, **some, contracts=[market.contracts[column] for column in picked])


def columns_of(wished: Wishes, place: dict[int, int]) -> Wishes:
    picked = list(place)
    signals, targets, orders = wished.signals, wished.targets, wished.orders
    if signals is not None:
        signals = [np.array(matrix)[:, picked].tolist() for matrix in signals]
    if targets is not None:
        targets = np.array(targets)[:, picked].tolist()
    if orders is not None:
        orders = [(row[0], place[row[1]], *row[2:]) for row in orders if row[1] in place]
    return replace(wished, signals=signals, targets=targets, orders=orders)
