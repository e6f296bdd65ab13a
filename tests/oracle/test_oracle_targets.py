"""The kernel's short way of targets: as the oracle says, and bit for bit as the long way."""

from collections import Counter

import pytest

from barledger._jit import compiled
from barledger.kernel.targets import is_short
from barledger.kernel.world import as_rows
from barledger.lowering.drive import prepare, run

from .drawn_targets import target_case
from .kernel import differences, kernel_run, request_of
from .test_cuts import unlike

N_WORLDS = 2500
LEAST = 1000  # worlds on the short way
REASONS = (
    *("insufficient_cash", "insufficient_margin", "size_zero", "min_notional", "max_positions"),
    *("halted", "bankrupt", "not_in_cash_account", "not_in_futures_account"),
)


@compiled(entry=True)
def begins_short(worlds):
    return is_short(worlds[0], -1)


def is_on_the_short_way(request) -> bool:
    return bool(begins_short(as_rows(prepare(request).record)))


def unalike(one, other):
    """Names of the records that differ; of orders that wait, their wishes count, not old plans."""
    told = [run.waiting[["asset", "placed", "number", "opens"]].tolist() for run in (one, other)]
    found = [name for name in unlike(one, other) if name != "waiting"]
    return found if told[0] == told[1] else [*found, "waiting"]


@pytest.fixture(scope="module")
def met():
    """Reasons and states met on the short way, and the seeds on which two runs differ."""
    met, wrong = Counter(), {}
    for seed in range(N_WORLDS):
        case = target_case(seed)
        outcome = case.run()
        found = []
        if case.arguments["rules"].sequence != "as_placed":  # which the oracle does not know
            found = differences(case, outcome, kernel_run(case))
        request = request_of(case)
        if is_on_the_short_way(request):
            short = run(request)
            found += unalike(short, run(request, skips=False))
            met["reversals"] += len(short.fills) - len(set(short.fills["order"]))
            met["worlds"] += 1
            met.update({order["reason"] for order in outcome.orders})
            met.update({f"a {order['state']} order" for order in outcome.orders})
        if found:
            wrong[seed] = found
    return met, wrong


def test_the_short_way_says_what_the_oracle_and_the_long_way_say(met):
    assert met[1] == {}


def test_many_worlds_take_it_and_meet_what_there_is_to_meet(met):
    lacking = {name: met[0][name] for name in (*REASONS, "reversals") if met[0][name] < 10}
    assert met[0]["worlds"] >= LEAST
    assert lacking == {}, met[0]
