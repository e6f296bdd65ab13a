"""Sharpe ratios against chance: the published examples, and markets without any skill."""

import numpy as np
import pytest

from barledger.analytics.overfitting import (
    backtest_overfitting,
    deflated_sharpe,
    expected_maximum,
    minimum_track_length,
    moments,
    probabilistic_sharpe,
)

RETURNS = [0.01, 0.1, -0.04, 0.02, 0.03, 0.02, 0.01, -0.1]
FOUR_TRIALS = [
    [0.004, 0.0087, 0.0038, -0.0125],
    [0.0096, 0.005, -0.0049, 0.0063],
    [0.0041, 0.0034, 0.0008, 0.006],
    [-0.0069, -0.0011, -0.0043, 0.0065],
    [0.0009, -0.0024, -0.0073, -0.0021],
    [0.0006, -0.0023, 0.0134, 0.0106],
    [-0.0266, -0.0184, -0.0012, -0.0037],
    [0.0026, 0.0027, 0.0217, -0.0106],
    [-0.0033, 0.0209, 0.007, 0.0071],
    [-0.0046, -0.016, 0.0022, 0.0016],
    [-0.0118, -0.0063, -0.0002, -0.0089],
    [-0.0005, 0.0015, 0.0009, -0.0046],
]


def test_sharpe_ratio_is_that_of_empyrical():  # P6-01, quantopian/empyrical test_stats.py
    assert moments(RETURNS).sharpe * 252**0.5 == pytest.approx(1.723861396171, abs=1e-9)


def test_probabilistic_sharpe_of_bailey_and_lopez_de_prado():  # P6-09
    found = probabilistic_sharpe(0.4589934640057525, 24, -2.448, 10.164)
    assert found == pytest.approx(0.9136401639, abs=1e-7)
    assert found == pytest.approx(0.913, abs=0.0008)  # as printed in the paper
    # the same track record taken as normal: 0.982 in the paper
    assert probabilistic_sharpe(0.4589934640057525, 24) == pytest.approx(0.982, abs=0.0008)


def test_deflated_sharpe_of_bailey_and_lopez_de_prado():  # P6-10
    sharpe, variance = 2.5 / 250**0.5, 0.5 / 250
    assert variance**0.5 * expected_maximum(100) == pytest.approx(0.1131720019, abs=1e-7)
    found = deflated_sharpe(sharpe, 1250, 100, variance, -3.0, 10.0)
    assert found == pytest.approx(0.9003968344, abs=1e-7)
    assert deflated_sharpe(sharpe, 1250, 46, variance, -3.0, 10.0) == pytest.approx(
        0.9505, abs=6e-5
    )


def test_deflated_sharpe_of_twelve_trials():  # P6-11
    found = deflated_sharpe(1.4 / 252**0.5, 1008, 12, 0.18 / 252, -0.3, 5.2)
    assert found == pytest.approx(0.9136016125, abs=1e-7)


def test_expected_maximum_of_a_hundred_draws():  # P6-12
    assert expected_maximum(100) == pytest.approx(2.5306028932, abs=1e-7)
    assert expected_maximum(1) == 0.0


def test_one_trial_is_not_deflated():
    assert deflated_sharpe(0.1, 500, 1, 0.3) == probabilistic_sharpe(0.1, 500)


def test_minimum_track_length_of_the_paper():  # P6-13
    found = minimum_track_length(0.5773502691896258, -0.72, 5.78, 0.2886751345948129)
    assert found == pytest.approx(59.8950986865, abs=1e-6)


def test_no_track_is_long_enough_for_a_sharpe_below_the_benchmark():
    assert minimum_track_length(0.1, benchmark=0.2) == np.inf


def test_a_track_of_the_minimum_length_is_just_believed():
    n = minimum_track_length(0.2, -0.5, 5.0)
    assert probabilistic_sharpe(0.2, n, -0.5, 5.0) == pytest.approx(0.95, abs=1e-12)


def test_overfitting_of_four_trials():  # P6-14
    found = backtest_overfitting(FOUR_TRIALS, blocks=4)
    assert found.probability == pytest.approx(0.3333333333, abs=1e-8)
    wanted = [-0.4054651081, 1.3862943611, 1.3862943611, 1.3862943611, 1.3862943611, -1.3862943611]
    assert found.logits.tolist() == pytest.approx(wanted, abs=1e-8)


def test_sixteen_blocks_are_halved_in_12870_ways():
    rng = np.random.default_rng(0)
    assert len(backtest_overfitting(rng.normal(size=(64, 3))).logits) == 12_870


def test_without_skill_overfitting_is_about_one_half():
    rng = np.random.default_rng(11)
    found = [
        backtest_overfitting(rng.normal(size=(240, 20)), blocks=8).probability for _ in range(60)
    ]
    # one matrix varies with a deviation of about 0.2: the mean of 60 within 3 standard errors
    assert np.mean(found) == pytest.approx(0.5, abs=0.1)


def test_a_trial_with_skill_is_no_overfitting():
    returns = np.random.default_rng(2).normal(0.0, 0.01, (400, 30))
    returns[:, 7] += 0.004
    assert backtest_overfitting(returns, blocks=8).probability < 0.02


def test_of_one_trial_without_skill_one_in_twenty_passes():
    returns = np.random.default_rng(6).normal(size=(3000, 120))
    found = [
        deflated_sharpe(m.sharpe, m.n, 1, 0.0, m.skew, m.kurtosis) for m in map(moments, returns)
    ]
    # a rate of 5 % varies by 0.4 % in 3,000 draws
    assert np.mean(np.array(found) > 0.95) == pytest.approx(0.05, abs=0.012)


def test_without_skill_the_deflated_sharpe_seldom_passes():
    rng = np.random.default_rng(4)
    passed = 0
    for _ in range(400):
        returns = rng.normal(size=(250, 50))
        sharpes = returns.mean(axis=0) / returns.std(axis=0, ddof=1)
        best = moments(returns[:, np.argmax(sharpes)])
        variance = sharpes.var(ddof=1)
        passed += (
            deflated_sharpe(best.sharpe, best.n, 50, variance, best.skew, best.kurtosis) > 0.95
        )
    # the best of 50 is less spread than one: the rate is below the nominal 5 %
    assert passed / 400 <= 0.05


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: probabilistic_sharpe(0.1, 1), "at least 2 periods"),
        (lambda: probabilistic_sharpe(1.0, 9, skew=5.0), "no returns have the skew 5"),
        (lambda: expected_maximum(0), "trials must be >= 1"),
        (lambda: deflated_sharpe(0.1, 9, 3, -1.0), "must be >= 0, was -1"),
        (lambda: minimum_track_length(0.1, confidence=0.3), "confidence must be above 0.5"),
        (lambda: backtest_overfitting(np.zeros((30, 1)), 4), "several trials, had 1"),
        (lambda: backtest_overfitting(np.zeros((30, 2)), 5), "even number from 2 to 20"),
        (lambda: backtest_overfitting(np.zeros((7, 2)), 4), "need at least 8 bars"),
        (lambda: backtest_overfitting(np.zeros(30), 4), r"shape \(T, V\)"),
        (lambda: moments([0.1, np.nan]), "must be finite"),
    ],
)
def test_what_makes_no_sense_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_returns_that_stand_still_have_no_sharpe_ratio():
    assert np.isnan(moments([0.0, 0.0, 0.0]).sharpe)
    assert np.isnan(probabilistic_sharpe(np.nan, 10))
