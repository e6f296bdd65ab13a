"""Every observed run of VectorBT that is not doubtful agrees, to 1e-9."""

import numpy as np
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


def test_random_runs_agree():
    wrong = {}
    for case in cases.read("vectorbt_drawn.json.gz"):
        result, expected = cases.run(case), case["expected"]
        values = np.column_stack([book.equity for book in result.books])
        if not cases.is_close(cases.filled(result), cases.expected_orders(expected)):
            wrong[case["id"]] = "orders"
        elif not cases.is_close(values, cases.matrix(expected["value"])):
            wrong[case["id"]] = "value"
    assert wrong == {}
