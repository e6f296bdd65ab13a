"""Every observed run of VectorBT that is not doubtful agrees, to 1e-9."""

import pytest

from . import cases

CASES = cases.read("vectorbt_cases.json.gz")
PARTS = ("holding", "orders", "signals", "stops", "rw")


def cases_of(part):
    return [case for case in CASES if case["id"].split("/")[0] == part and "flags" not in case]


def test_no_case_is_left_out():
    assert len(CASES) == 964
    assert sum(len(cases_of(part)) for part in PARTS) == 866


@pytest.mark.parametrize("part", PARTS)
def test_every_unflagged_case_agrees(part):
    wrong = {}
    for case in cases_of(part):
        if "error" in case:
            with pytest.raises((ValueError, IndexError, ZeroDivisionError)):
                cases.run(case)
        else:
            found = cases.differences(case, cases.run(case))
            if found:
                wrong[case["id"]] = found
    assert wrong == {}
