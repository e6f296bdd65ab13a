"""One order after another, each from a state of its own, as VectorBT has settled it."""

from dataclasses import replace

import numpy as np
import pytest

from barledger.compat import vectorbt
from barledger.lowering.drive import run
from barledger.state import State

from . import cases

CASES = cases.read("vectorbt_single_orders.json.gz")
TYPES = ("amount", "value", "percent", "targetamount", "targetvalue", "targetpercent")
DIRECTIONS = ("longonly", "shortonly", "both")
REASONS = {
    "NoCashLong": "insufficient_cash",
    "NoCashShort": "insufficient_cash",
    "CantCoverFees": "insufficient_cash",
    "ValueZeroNeg": "insufficient_cash",
    "MinSizeNotReached": "min_size",
    "PartialFill": "not_whole",
    "NoOpenPosition": None,
    "SizeZero": None,
    None: None,
}
KEYWORDS = ("lock_cash", "fees", "fixed_fees", "slippage", "min_size", "size_granularity")


def settled(case):
    """Return the run of one order, and of a second asset that ties what the state says is tied."""
    state, order = case["state"], case["order"]
    keywords = {name: order[name] for name in (*KEYWORDS, "allow_partial") if name in order}
    if "max_size" in order:
        keywords["max_size"] = cases.number(order["max_size"])
    kind, side = TYPES[order["size_type"]], DIRECTIONS[order["direction"]]
    size = np.array([[cases.number(order["size"]), np.nan]])
    worth = np.array([[state["val_price"], 1e-300]])
    result = vectorbt.from_orders(
        np.array([[10.0, 10.0]]), size, kind, side,
        cash_sharing=True, val_price=worth, **keywords,
    )  # fmt: skip
    tied = state["cash"] - 2.0 * state["debt"] - state["free_cash"]
    held = {"A0": state["position"], "A1": -tied / 20.0}
    average = state["debt"] / abs(state["position"]) if state["debt"] else 10.0
    places = {
        asset: (quantity, average if asset == "A0" else 10.0)
        for asset, quantity in held.items()
        if quantity
    }
    return run(replace(result.source, start=State(cash=state["cash"], positions=places)))


@pytest.mark.parametrize("part", range(4))
def test_each_order_is_settled_the_same(part):
    wrong = {}
    for case in CASES[part::4]:
        expected, done = case["expected"], settled(case)
        fills = done.fills[done.fills["order"] == 0]  # equity of 0 ends in a forced closing
        quantity = fills["quantity"].sum()
        size = 0.0 if expected["side"] < 0 else float(expected["size"]) * (1 - 2 * expected["side"])
        found = [quantity, fills["fee"].sum(), *fills["price"][:1]]
        if not cases.is_close(quantity, size):
            wrong[case["id"]] = (quantity, size)
        elif size and not cases.is_close(found[1:], [expected["fees"], expected["price"]]):
            wrong[case["id"]] = found
        elif not size and expected["status"] == "Rejected":
            reasons = [result_reason(row) for row in done.orders]
            wanted = REASONS[expected["reason"]]
            if reasons != ([] if wanted is None else [wanted]):
                wrong[case["id"]] = (reasons, wanted)
    assert wrong == {}


def result_reason(row):
    from barledger.kernel.codes import Reason

    return Reason(int(row["reason"])).name.lower()
