"""Numbers beside a benchmark, worked by hand."""

import numpy as np
import pytest

from barledger.analytics.relative import relative

HELD = np.array([0.02, -0.01, 0.03, -0.02])


def test_twice_the_benchmark_has_beta_two_and_no_alpha():
    found = relative(2.0 * HELD, HELD, per_year=4.0)
    assert found.beta == pytest.approx(2.0)
    assert found.alpha == pytest.approx(0.0, abs=1e-15)
    assert found.correlation == pytest.approx(1.0)


def test_a_constant_on_top_is_alpha_alone():
    found = relative(HELD + 0.01, HELD, per_year=4.0)
    assert (found.alpha, found.beta, found.excess) == pytest.approx((0.04, 1.0, 0.04))
    assert found.tracking_error == 0.0
    assert np.isnan(found.information_ratio)


def test_alpha_takes_the_risk_free_rate_off_both():
    # r = 2 b: mean r 1 %, mean b 0.5 %; f = 0.1 % a bar
    # alpha = (1 - 0.1) - 2 (0.5 - 0.1) = 0.1 % a bar, 0.4 % a year of 4
    assert relative(2.0 * HELD, HELD, 4.0, risk_free=0.004).alpha == pytest.approx(0.004)


def test_information_ratio_is_excess_over_tracking_error():
    # active 1 %, 3 %: mean 2 %, deviation sqrt(2) %; a year of 4: 8 % and 2 sqrt(2) %
    found = relative(np.array([0.02, 0.05]), np.array([0.01, 0.02]), per_year=4.0)
    assert found.excess == pytest.approx(0.08)
    assert found.tracking_error == pytest.approx(0.02 * np.sqrt(2.0))
    assert found.information_ratio == pytest.approx(0.08 / (0.02 * np.sqrt(2.0)))


def test_captures_compare_compound_means_on_rises_and_falls():
    returns, held = np.array([0.21, 0.0, -0.05]), np.array([0.10, 0.10, -0.10])
    found = relative(returns, held, per_year=252.0)
    # up: sqrt(1.21 * 1) - 1 = 10 % against 10 %; down: -5 % against -10 %
    assert found.up_capture == pytest.approx(1.0)
    assert found.down_capture == pytest.approx(0.5)


def test_a_benchmark_that_never_moved_defines_nothing():
    found = relative(np.array([0.01, 0.02]), np.zeros(2), per_year=252.0)
    assert np.isnan([found.beta, found.alpha, found.up_capture, found.down_capture]).all()


def test_a_run_that_never_moved_has_beta_zero():
    found = relative(np.zeros(4), HELD, per_year=4.0)
    assert (found.beta, found.up_capture) == (0.0, 0.0)
    assert np.isnan(found.correlation)
