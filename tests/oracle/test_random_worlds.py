"""What must hold in every world, whatever the policies."""

import math

import pytest

from barledger.accounts import Cash

from .exchange import FOREIGN
from .market import Outcome
from .worlds import Case, random_case

N_WORLDS = 400
N_BATCHES = 8


@pytest.mark.parametrize("batch", range(N_BATCHES))
def test_the_ledger_adds_up_in_every_random_world(batch):
    for seed in range(batch, N_WORLDS, N_BATCHES):
        case = random_case(seed)
        out = case.run()
        check_identity(case, out)
        check_records(case, out)
        if isinstance(case.arguments["account"], Cash):
            check_cash_account(case, out)


def check_identity(case: Case, out: Outcome) -> None:
    """Initial cash plus every movement is cash; cash plus marks is equity."""
    start = case.arguments["initial_cash"]
    amounts = [f["amount"] for f in out.fills] + [e["amount"] for e in out.entries]
    fees = sum(f["fee"] for f in out.fills)
    scale = max([abs(start), *map(abs, amounts), *map(abs, out.equity)])
    assert out.cash[-1] == pytest.approx(start + sum(amounts) - fees, abs=1e-9 * scale)
    worth = 0.0
    for asset, (quantity, _, base, mark) in out.positions.items():
        contract = case.market.contracts[asset]
        carry = case.arguments["carry"]
        rate = 1.0 if carry is None or carry.fx is None else carry.fx[-1]
        multiplier = contract.multiplier * (rate if contract.currency == FOREIGN else 1.0)
        worth += quantity * multiplier * (mark - base)
    assert out.equity[-1] == pytest.approx(out.cash[-1] + worth, abs=1e-9 * scale)
    assert all(map(math.isfinite, out.equity))


def check_records(case: Case, out: Outcome) -> None:
    """Numbers count up, orders end once, and what was filled is what the fills say."""
    assert [o["number"] for o in out.orders] == list(range(len(out.orders)))
    for order in out.orders:
        mine = [f["quantity"] for f in out.fills if f["order"] == order["number"]]
        assert order["filled"] == pytest.approx(sum(mine))
        assert (order["state"] in ("filled", "partly_filled")) == bool(mine)
        assert (order["reason"] == "none") == (order["state"] == "filled")
    law = case.arguments["impact"]
    for fill in out.fills:
        assert fill["slippage"] >= 0 or (law is not None and law.permanent is not None)
        assert fill["fee"] >= 0 or fill["maker"]
        assert fill["quantity"] != 0
    assert len(out.equity) == case.market.n_bars


def check_cash_account(case: Case, out: Outcome) -> None:
    """No purchase without the money; debt only by an exit's fee, and only longs."""
    scale = max(case.arguments["initial_cash"], *map(abs, out.equity))
    has_exit_fee = any(i["kind"] in ("exit_fee", "bankrupt") for i in out.incidents)
    assert has_exit_fee or min(out.cash) >= -1e-9 * scale
    openings = [f for f in out.fills if not f["closes"]]
    assert all(f["quantity"] > 0 for f in openings)
    if case.arguments["account"].unsettled == "wait" and not has_exit_fee:
        # An exit that brings less than its fee is never blocked: settled cash pays the rest.
        costly = sum(max(0.0, f["fee"] - f["amount"]) for f in out.fills if f["closes"])
        assert min(out.settled) >= -costly - 1e-9 * scale
