"""The kernel against the oracle in worlds of day traders, and one worked by hand."""

from collections import Counter

import numpy as np
import pytest

import barledger as bl

from . import day_trading
from .drawn_days import day_case
from .kernel import differences, kernel_run

N_WORLDS = 800
LEAST = {
    "pattern_day_trader": 200,
    "day_trading_minimum": 60,
    "day_trading_call": 20,
    "refused": 60,
    "cut": 10,
    "relief": 100,
    "power": 100,
}


def test_kernel_agrees_with_the_oracle_in_worlds_of_day_traders(monkeypatch):
    met, wrong, now = Counter(), {}, set()
    judge, day_tests = day_trading.judge, day_trading.day_tests

    def judged(world, days, **how):
        judge(world, days, **how)
        now.update({"relief"} if days.relief else ())

    def tested(leg):
        tests = day_tests(leg)
        now.update({"power"} if tests else ())
        return tests

    monkeypatch.setattr(day_trading, "judge", judged)
    monkeypatch.setattr(day_trading, "day_tests", tested)
    for seed in range(N_WORLDS):
        case = day_case(seed)
        now.clear()
        outcome = case.run()
        found = differences(case, outcome, kernel_run(case, skips=seed % 2 == 0))
        if found:
            wrong[seed] = found
        met.update(now | {incident["kind"] for incident in outcome.incidents})
        ends = {(order["state"], order["reason"]) for order in outcome.orders}
        met["refused"] += ("rejected", "pattern_day_trader") in ends
        met["cut"] += ("partly_filled", "pattern_day_trader") in ends
    assert wrong == {}
    assert {name: met[name] for name, least in LEAST.items() if met[name] < least} == {}, met


def traded(cash, first="2024-05-20", **terms):
    """Buy 10 at one bar and sell them at the next, four times, then buy on the next day."""
    hours = np.arange(10) * np.timedelta64(1, "h")
    days = [np.datetime64(first, "ns") + np.timedelta64(k, "D") for k in range(2)]
    time = np.concatenate([day + hours for day in days])
    orders = np.full(20, np.nan)
    orders[0:8] = [10, -10] * 4
    orders[12] = 10
    bars = bl.Bars.from_arrays(np.full(20, 100.0), open=np.full(20, 100.0), time=time, assets=["A"])
    return bl.Portfolio.from_orders(bars, orders, account=bl.RegT(**terms), initial_cash=cash)


def kinds(result):
    return result.incidents["kind"].to_list()


def test_a_pattern_day_trader_without_the_minimum_opens_nothing():
    result = traded(20_000, pattern_day_trader=True)
    assert kinds(result) == ["pattern_day_trader", "day_trading_minimum"]
    assert result.rejections.select("bar", "reason").rows() == [(13, "pattern_day_trader")]
    assert "pattern day trader: 4 day trades in five days of 8 fills" in result.explain("A", 8)


def test_a_pattern_day_trader_with_the_minimum_goes_on():
    result = traded(30_000, pattern_day_trader=True)
    assert kinds(result) == ["pattern_day_trader"]
    assert len(result.rejections) == 0


def test_the_rule_is_off_unless_asked_for_and_ends_at_its_date():
    assert kinds(traded(20_000)) == []
    assert kinds(traded(20_000, first="2026-06-04", pattern_day_trader=True)) == []
    later = traded(20_000, first="2026-06-04", pattern_day_trader="2027-10-20")
    assert "pattern_day_trader" in kinds(later)


def test_what_is_no_date_is_refused():
    with pytest.raises(TypeError, match="pattern_day_trader must be True, False or a date"):
        bl.RegT(pattern_day_trader=3)
    bars = bl.Bars.from_arrays(np.full(3, 100.0))
    with pytest.raises(ValueError, match="pattern_day_trader needs bars with times"):
        bl.Portfolio.from_orders(bars, [1, 0, 0], account=bl.RegT(pattern_day_trader=True))
