"""Section 1 of the laws at every bar, from records and prices alone."""

import math

import numpy as np
import pytest
from hypothesis import given
from oracle.kernel import kernel_run
from oracle.worlds import Case

from barledger.accounts import Cash
from barledger.kernel.codes import Category, Incident
from barledger.lowering.drive import Run
from barledger.lowering.replays import replay_closes

from .drawn import many, worlds

EXTERNAL = (
    *(Category.DEPOSIT, Category.WITHDRAWAL, Category.WRITE_OFF),
    *(Category.DIVIDEND, Category.BORROW, Category.REBATE, Category.INTEREST),
    *(Category.CASH_IN_LIEU, Category.VARIATION),
)


def one_currency(case: Case) -> bool:
    carry = case.arguments["carry"]
    return carry is None or carry.fx is None


def start_of(case: Case) -> dict[int, tuple[float, float]]:
    return case.arguments.get("positions") or {}


def is_future(case: Case, asset: int) -> bool:
    return case.market.contracts[asset].kind == "future"


def movements(ran: Run) -> list[tuple[int, float]]:
    """(bar, amount) of every cash movement in the order in which it happened."""
    found = []
    entries = [row for row in ran.entries if row["category"] != Category.SPLIT]
    for number, fill in enumerate(ran.fills):
        while entries and entries[0]["after"] <= number:
            entry = entries.pop(0)
            found.append((int(entry["bar"]), float(entry["amount"])))
        found.append((int(fill["bar"]), float(fill["amount"])))
        found.append((int(fill["bar"]), -float(fill["fee"])))
    return found + [(int(entry["bar"]), float(entry["amount"])) for entry in entries]


@given(case=worlds)
@many
def test_initial_cash_and_the_movements_in_order_are_the_cash_exactly(case):
    ran = kernel_run(case)
    cash, curve = case.arguments["initial_cash"], replay_closes(ran).cash
    moved = movements(ran)
    for bar, expected in enumerate(curve):
        while moved and moved[0][0] <= bar:
            cash += moved.pop(0)[1]
        assert cash == expected
    assert cash == ran.state.cash


def holdings(case: Case, ran: Run) -> tuple[np.ndarray, np.ndarray]:
    """Quantity of each asset and money paid for it, at each close: futures as if paid in full."""
    held = np.zeros(case.market.n_assets)
    paid = np.zeros(case.market.n_assets)
    for asset, (quantity, average) in start_of(case).items():
        held[asset] = quantity
        if is_future(case, asset):
            paid[asset] = quantity * average * case.market.contracts[asset].multiplier
    fills, entries = list(ran.fills), list(ran.entries)
    quantities, costs = [], []
    for bar in range(case.market.n_bars):
        while entries and entries[0]["bar"] == bar:
            entry = entries.pop(0)
            if entry["category"] == Category.SPLIT:
                held[entry["asset"]] *= entry["quantity"]
            if entry["category"] == Category.CASH_IN_LIEU:
                held[entry["asset"]] += entry["quantity"]
        while fills and fills[0]["bar"] == bar:
            fill = fills.pop(0)
            multiplier = case.market.contracts[fill["asset"]].multiplier
            held[fill["asset"]] += fill["quantity"]
            paid[fill["asset"]] += fill["quantity"] * fill["price"] * multiplier
        held[abs(held) < 1e-8] = 0.0
        quantities.append(held.copy())
        costs.append(paid.sum())
    return np.array(quantities), np.array(costs)


def marks(case: Case) -> np.ndarray:
    """Close of each bar, the settlement price of a future where there is one."""
    closes = np.array(case.market.close)
    settlements = np.array(case.market.settlement)
    futures = [is_future(case, asset) for asset in range(case.market.n_assets)]
    return np.where(np.array(futures) & ~np.isnan(settlements), settlements, closes)


@given(case=worlds.filter(one_currency))
@many
def test_equity_is_what_came_in_less_what_was_paid_plus_what_is_held(case):
    ran = kernel_run(case)
    held, paid = holdings(case, ran)
    worth = held * marks(case) * [contract.multiplier for contract in case.market.contracts]
    outside = [e for e in ran.entries if e["category"] in EXTERNAL[:-1]]
    for bar in range(case.market.n_bars):
        if np.isnan(worth[bar][held[bar] != 0]).any():
            continue  # marked at an earlier price
        came = sum(float(e["amount"]) for e in outside if e["bar"] <= bar)
        fees = float(ran.fills["fee"][ran.fills["bar"] <= bar].sum())
        equity = case.arguments["initial_cash"] + came - fees - paid[bar]
        equity += worth[bar][held[bar] != 0].sum()
        scale = max(abs(paid[bar]), case.arguments["initial_cash"], abs(worth[bar]).max())
        assert ran.equity[bar] == pytest.approx(equity, abs=1e-8 * scale)


@given(case=worlds.filter(one_currency))
@many
def test_each_category_of_the_ledger_is_conserved(case):
    ran = kernel_run(case)
    assert set(ran.entries["category"]) <= {*EXTERNAL, Category.SPLIT}
    amounts = {c: ran.entries["amount"][ran.entries["category"] == c] for c in Category}
    given_in = [amount for _, amount in case.arguments["flows"] if amount > 0]
    assert amounts[Category.DEPOSIT].sum() == sum(given_in)
    given_out = [amount for _, amount in case.arguments["flows"] if amount < 0]
    assert sum(given_out) <= amounts[Category.WITHDRAWAL].sum() <= 0
    assert (amounts[Category.WRITE_OFF] > 0).all()
    for asset, contract in enumerate(case.market.contracts):
        fills = ran.fills[ran.fills["asset"] == asset]
        traded = -fills["quantity"] * fills["price"] * contract.multiplier
        if not is_future(case, asset):
            assert fills["amount"] == pytest.approx(traded)
        elif f"A{asset}" not in ran.state.positions and asset not in start_of(case):
            settled = ran.entries["amount"][ran.entries["asset"] == asset].sum()
            scale = max(1.0, abs(traded).sum())
            assert fills["amount"].sum() + settled == pytest.approx(traded.sum(), abs=1e-9 * scale)


@given(case=worlds.filter(lambda case: isinstance(case.arguments["account"], Cash)))
@many
def test_a_cash_account_never_owes_but_for_the_fee_of_an_exit(case):
    ran = kernel_run(case)
    closes = replay_closes(ran)
    allowed = 1e-9 * max(case.arguments["initial_cash"], float(abs(ran.equity).max()))
    excused = {Incident.EXIT_FEE, Incident.BANKRUPT} & set(ran.incidents["kind"])
    assert excused or closes.cash.min() >= -allowed
    opened = ran.fills[ran.fills["closes"] == 0]
    assert (opened["quantity"] > 0).all()
    assert math.isfinite(closes.settled.sum())
    if case.arguments["account"].unsettled == "wait" and not excused:
        exits = ran.fills[ran.fills["closes"] == 1]  # never blocked, whatever they bring
        costly = np.maximum(exits["fee"] - exits["amount"], 0.0).sum()
        assert closes.settled.min() >= -costly - allowed
