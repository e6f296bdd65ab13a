"""Differences that the fuzzer found, made small; what VectorBT 1.2.0 does is written beside each."""

import numpy as np
import pytest

from barledger.compat import vectorbt

CLOSE = np.array([80.57, 80.15, 80.6, 80.14])


def flags(*bars):
    found = np.zeros(4, bool)
    found[list(bars)] = True
    return found


@pytest.mark.parametrize(
    ("policy", "n_orders"),
    [("ignore", 1), ("entry", 2), ("exit", 1), ("adjacent", 2), ("opposite", 1)],
)
@pytest.mark.parametrize("is_long", [True, False])
def test_a_conflict_of_the_side_that_is_not_held(policy, n_orders, is_long):
    # Held on one side; entry and exit of the other on the last bar: "adjacent" keeps the entry.
    names = ("short_entries", "short_exits", "upon_short_conflict")
    if not is_long:
        names = ("entries", "exits", "upon_long_conflict")
    given = {"entries" if is_long else "short_entries": flags(0), names[0]: flags(3)}
    result = vectorbt.from_signals(CLOSE, **given, **{names[1]: flags(3), names[2]: policy})
    assert len(result.orders.filter(state="filled")) == n_orders
