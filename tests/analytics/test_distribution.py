"""How returns are spread: published examples, and cases by hand."""

import numpy as np
import pytest

from barledger.analytics import distribution

MIXED = np.array([0.01, 0.1, -0.04, 0.02, 0.03, 0.02, 0.01, -0.1])
WITH_ZERO = np.array([0.0, *MIXED])


def test_omega_of_empyrical():  # P6-06, quantopian/empyrical test_stats.py
    found = distribution.omega(MIXED, 0.009560873333535502)
    assert found == pytest.approx(0.8335426349755793, abs=1e-9)


def test_tail_ratio_of_empyrical():  # P6-07
    assert distribution.tail_ratio(WITH_ZERO) == pytest.approx(0.9473684210526313, abs=1e-9)


def test_value_at_risk_of_empyrical():  # P6-08
    returns = np.array([1.0, 81.0, 82.0, 83.0, 84.0, 85.0])
    assert distribution.value_at_risk(returns, 0.1) == pytest.approx(41.0, abs=1e-9)
    assert distribution.conditional_value_at_risk(returns, 0.1) == 1.0


def test_moments_by_hand():
    # 0, 0, 0, 4: mean 1; away -1, -1, -1, 3: squares 12, cubes 24, fourths 84.
    returns = np.array([0.0, 0.0, 0.0, 4.0])
    assert distribution.skew(returns) == pytest.approx(24 / 4 / 3**1.5)
    assert distribution.kurtosis(returns) == pytest.approx(84 / 4 / 9)


def test_ulcer_by_hand():
    # Falls of 0, 0.3 and 0.4: the root of (0.09 + 0.16) / 3.
    found = distribution.ulcer(np.array([0.0, -0.3, -0.4]))
    assert found == pytest.approx((0.25 / 3) ** 0.5)


def test_what_is_not_defined_is_nan():
    none = np.empty(0)
    for function in (distribution.skew, distribution.kurtosis, distribution.ulcer):
        assert np.isnan(function(none))
    assert np.isnan(distribution.value_at_risk(none))
    assert np.isnan(distribution.conditional_value_at_risk(none))
    assert np.isnan(distribution.omega(np.array([0.1, 0.2])))
    assert np.isnan(distribution.tail_ratio(np.zeros(5)))
    assert np.isnan(distribution.skew(np.full(5, 0.1)))
    with pytest.raises(ValueError, match="share must be above 0 and below 1, was 5"):
        distribution.value_at_risk(MIXED, 5)
