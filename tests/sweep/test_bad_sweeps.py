"""What does not fit is refused before anything runs; what fails names its variant."""

import numpy as np
import pytest

import barledger as bl
from sweep.market import (
    crosses,
    looks_too_far,
    raises_at_seven,
    rises,
    walk,
    writes_nonsense,
)

BARS = walk(60)


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"fast": []}, ValueError, "fast has no values: the grid is empty"),
        ({"fast": 5}, TypeError, r"fast must be a list of values, such as fast=\[5\]"),
        ({"fast": "fast"}, TypeError, "fast must be a list of values"),
        ({"fast": [2.0, np.nan]}, ValueError, "finite numbers, had nan"),
        ({"fast": [None]}, TypeError, "must be numbers, had None"),
        ({"fast": [True]}, TypeError, "must be numbers, had True"),
        ({"where": "fast > 100"}, ValueError, "removes all 24 variants"),
        ({"where": "fats < slow"}, ValueError, "names 'fats'; the grid has fast, slow"),
        ({"where": "fast <"}, ValueError, "is no condition"),
        ({"where": "fast + slow"}, ValueError, "is no condition: it gives int64"),
        ({"where": "__import__('os')"}, ValueError, "may hold names, numbers, comparisons"),
        ({"where": 3}, TypeError, "must be a condition such as 'fast < slow'"),
        ({"metrics": ["sharp"]}, ValueError, "unknown metric 'sharp'; known are total_return"),
        ({"metrics": []}, ValueError, "metrics is empty"),
        ({"medium": [3]}, TypeError, "unknown parameter 'medium': rule sma_cross takes fast, slow"),
        ({"sample": 0}, ValueError, "sample must be >= 1, was 0"),
        ({"fees": bl.param("fee")}, ValueError, r"param\('fee'\) has no values"),
        ({"fees": bl.param("fee"), "fee": [-1.0]}, ValueError, "fees must be >= 0"),
        ({"groups": ["a"]}, TypeError, "a sweep takes groups=.each."),
        ({"record": "full"}, TypeError, "a sweep does not take record"),
        ({"executor": 0}, ValueError, "number of threads must be >= 1"),
        ({"executor": "dask"}, TypeError, "executor must be a concurrent.futures.Executor"),
    ],
)
def test_what_does_not_fit_is_refused(given, error, words):
    with pytest.raises(error, match=words):
        crosses(BARS, **given)


def test_a_rule_without_values_for_its_parameter_is_refused():
    with pytest.raises(ValueError, match="rule sma_cross needs values for slow"):
        bl.sweep(bl.rules.sma_cross, BARS, fast=[2])
    with pytest.raises(ValueError, match="the grid is empty"):
        bl.sweep(rises, BARS)


def test_a_plain_function_is_no_rule():
    with pytest.raises(TypeError, match=r"a function made one by @bl\.rule"):
        bl.sweep(lambda bars, params, flags, scratch: None, BARS, days=[1])


def test_a_rule_that_needs_highs_is_refused_bars_without():
    bars = bl.Bars.from_arrays(BARS.close)
    with pytest.raises(ValueError, match="rule donchian needs bars with high"):
        bl.sweep(bl.rules.donchian, bars, enter=[5], leave=[5])


@pytest.mark.parametrize("place", [[60], [5, 60, 7], [3, 1000]])
def test_a_rule_that_writes_outside_its_array_names_the_variant(place):
    with pytest.raises(
        bl.RuleError, match=r"looks_too_far failed in variant \d \(place=\d+\): Ind"
    ):
        bl.sweep(looks_too_far, BARS, place=place).run()


def test_a_rule_that_raises_names_the_variant_and_says_why():
    with pytest.raises(bl.RuleError, match=r"variant 6 \(number=7\): ValueError: seven is no"):
        bl.sweep(raises_at_seven, BARS, number=range(1, 20)).run()


def test_a_rule_that_writes_what_is_no_signal_names_the_variant():
    words = r"variant 6 \(number=7\): ValueError: flags\[3\] of asset 0 was 16"
    with pytest.raises(bl.RuleError, match=words):
        bl.sweep(writes_nonsense, BARS, number=range(1, 20)).run()


def test_a_rule_that_returns_its_signals_is_told_where_they_go():
    @bl.rule
    def returns_nan(bars, params, flags, scratch):
        return bars.close[0] * np.nan

    words = r"returns_nan failed in variant 0 \(days=1\): TypeError: it returned float.*into flags"
    with pytest.raises(bl.RuleError, match=words):
        bl.sweep(returns_nan, BARS, days=[1, 2]).run()


def test_an_unknown_name_of_a_parameter_in_a_rule_is_told():
    @bl.rule
    def asks(bars, params, flags, scratch):
        flags[0] = int(params.dais)

    with pytest.raises(bl.RuleError, match="dais"):
        bl.sweep(asks, BARS, days=[1]).run()


def test_bank_and_needs_of_a_rule_are_checked():
    with pytest.raises(ValueError, match="bank names slow"):
        bl.rule("fast", bank={"slow": print})
    with pytest.raises(ValueError, match="needs may be open"):
        bl.rule("fast", needs=("highs",))
    with pytest.raises(TypeError, match="names of parameters"):
        bl.rule(3)


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({}, ValueError, "no signals were given"),
        ({"entries": np.ones((60, 2))}, TypeError, "boolean array, was float64"),
        ({"entries": np.ones(60, bool)}, ValueError, r"must be \(T, N, V\)"),
        ({"entries": np.ones((50, 2), bool)}, ValueError, r"bars need \(60, 1, variants\)"),
    ],
)
def test_signals_that_do_not_fit_are_refused(given, error, words):
    with pytest.raises(error, match=words):
        bl.sweep(bl.Signals(**given), BARS)


def test_questions_to_a_run_that_make_no_sense_are_refused():
    run = crosses(BARS)
    with pytest.raises(ValueError, match="unknown metric 'calmar'; this run has total_return"):
        run.best("calmar")
    with pytest.raises(IndexError, match="no variant 99"):
        run.result(99)
    with pytest.raises(TypeError, match="named by its number"):
        run.result("best")
    with pytest.raises(ValueError, match="no parameter 'medium'"):
        run.heatmap("fast", "medium", "sharpe")
    with pytest.raises(ValueError, match="two different parameters"):
        run.heatmap("fast", "fast", "sharpe")
    with pytest.raises(ValueError, match="n must be a whole number"):
        run.best("sharpe", n=0)
