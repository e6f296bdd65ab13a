"""The kernel against the oracle in worlds with options, and proof that they end in every way."""

from collections import Counter

import pytest

from .drawn_written import written_case
from .kernel import differences, kernel_run

N_WORLDS = 500
LEAST = 10


@pytest.fixture(scope="module")
def met():
    met, wrong = Counter(), {}
    for seed in range(N_WORLDS):
        case = written_case(seed)
        if case is None:
            continue
        outcome = case.run()
        found = differences(case, outcome, kernel_run(case, skips=bool(seed % 2)))
        if found:
            wrong[seed] = found
        kinds = [contract.kind for contract in case.market.contracts]
        for fill in outcome.fills:
            cause = outcome.orders[fill["order"]]["cause"]
            what = "option" if kinds[fill["asset"]] == "option" else "underlying"
            met[f"{what} {'closed' if fill['closes'] else 'opened'} by {cause}"] += 1
            met["in cash"] += what == "option" and cause == "expiry" and fill["price"] > 0
        met.update(
            f"{type(case.arguments['account']).__name__} {o['cause']}" for o in outcome.orders
        )
    return met, wrong


def test_kernel_agrees_with_the_oracle_in_worlds_with_options(met):
    assert met[1] == {}


def test_the_worlds_with_options_end_in_every_way(met):
    wanted = [
        "option closed by expiry",
        "underlying closed by expiry",
        "underlying opened by expiry",
    ]
    wanted += ["in cash"]
    assert {name: met[0][name] for name in wanted if met[0][name] < LEAST} == {}
