"""Where VectorBT's own behaviour is doubtful: what is done instead, as its documentation says."""

import pytest

from . import cases

FLAGGED = [case for case in cases.read("vectorbt_cases.json.gz") if "flags" in case]


def flagged(name):
    return [case for case in FLAGGED if name in case["flags"]]


def is_bankrupt(result):
    return any(book.account["is_bankrupt"][0] for book in result.books)


def test_an_account_without_equity_is_bankrupt_and_stays_so():
    for case in flagged("negative_equity"):
        result = cases.run(case)
        assert is_bankrupt(result) or cases.differences(case, result) == [], case["id"]
        for book in result.books:
            if book.account["is_bankrupt"][0]:
                first = int(book.incidents["bar"][0])
                assert (book.fills["bar"] <= first).all()
                assert (book.equity[first:] == book.equity[first]).all()


def test_a_target_that_the_open_has_passed_fills_at_the_open():
    for case in flagged("gap_tp_ignored"):
        exit_price = cases.run(case).fills["price"][-1]
        slip = case["kwargs"].get("slippage", 0.0)
        assert exit_price == pytest.approx(case["inputs"]["open"][1] * (1.0 + slip))


def test_whole_steps_fill_whole():
    for case in flagged("min_size_off_grid"):
        step = case["kwargs"]["size_granularity"]
        for order in cases.run(case).fills["quantity"]:
            assert abs(order) / step == pytest.approx(round(abs(order) / step), abs=1e-9)


def test_where_its_engines_disagree_the_rust_engine_is_right_more_often_than_not():
    agreeing = 0
    for case in flagged("engines_disagree"):
        result = cases.run(case)
        rust = cases.expected_orders({"orders": case["rust_orders"]})
        agrees = cases.is_close(cases.filled(result), rust)
        agreeing += agrees
        assert agrees or is_bankrupt(result) or "min_size_off_grid" in case["flags"], case["id"]
    assert agreeing == 12
