"""The kernel against the oracle in worlds of perpetuals, and proof that they reach everything."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .drawn_perpetuals import perpetual_case
from .exchange import FOREIGN
from .kernel import differences, kernel_run

N_WORLDS = 1_300
LEAST = 20


@pytest.fixture(scope="module")
def met():
    """Count what a range of worlds has met; `wrong` holds the seeds on which the two disagree."""
    met, wrong = Counter(), {}
    for seed in range(N_WORLDS):
        case = perpetual_case(seed)
        outcome = case.run()
        found = differences(case, outcome, kernel_run(case))
        if found:
            wrong[seed] = found
        kind = type(case.arguments["account"]).__name__
        met[kind] += 1
        met.update(f"{kind} {order['cause']}" for order in outcome.orders)
        met.update(order["reason"] for order in outcome.orders)
        met.update(entry["category"] for entry in outcome.entries)
        met.update(incident["kind"] for incident in outcome.incidents)
        met["inverse liquidation"] += is_inverse(case) and "liquidation" in causes(outcome)
        met["marks"] += case.market.marks is not None
        met["foreign liquidation"] += is_foreign(case) and "liquidation" in causes(outcome)
    return met, wrong


def is_inverse(case):
    return case.market.contracts[0].inverse


def is_foreign(case):
    return any(c.kind == "perpetual" and c.currency == FOREIGN for c in case.market.contracts)


def causes(outcome):
    return {order["cause"] for order in outcome.orders}


def test_kernel_agrees_with_the_oracle_in_worlds_of_perpetuals(met):
    assert met[1] == {}


def test_the_worlds_of_perpetuals_reach_everything(met):
    wanted = ["PerpIsolated liquidation", "PerpCross liquidation", "inverse liquidation", "funding"]
    wanted += ["liquidation", "bracket_cap", "not_in_perpetual_account", "insufficient_margin"]
    wanted += ["marks", "foreign liquidation"]
    assert {name: met[0][name] for name in wanted if met[0][name] < LEAST} == {}
    calls = met[0]["RegT margin_call"] + met[0]["PortfolioMargin margin_call"]
    assert calls >= LEAST / 2


@given(seed=st.integers(1 << 20, 1 << 62), skips=st.booleans())
@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
def test_kernel_agrees_in_any_world_of_perpetuals_bar_by_bar_or_not(seed, skips):
    case = perpetual_case(seed)
    assert differences(case, case.run(), kernel_run(case, skips=skips)) == []
