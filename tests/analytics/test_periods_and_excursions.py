"""Months, years, rolling numbers and excursions, worked by hand."""

import numpy as np
import pytest

from barledger.analytics.excursions import excursions, extremes_between
from barledger.analytics.periods import by_period, month_table, rolling_beta, rolling_sharpe


def test_years_compound_their_bars():
    days = np.array(["2019-12-30", "2019-12-31", "2020-01-02"], "datetime64[D]")
    years, gained = by_period(days, np.array([0.1, 0.1, 0.5]), "Y")
    assert years.astype(str).tolist() == ["2019", "2020"]
    assert gained == pytest.approx([0.21, 0.5])


def test_months_without_bars_are_nan():
    days = np.array(["2019-11-30", "2020-02-01"], "datetime64[D]")
    years, table = month_table(days, np.array([0.1, -0.2]))
    assert years == [2019, 2020]
    assert table[0, 10] == pytest.approx(0.1)
    assert table[1, 1] == pytest.approx(-0.2)
    assert np.isnan(table).sum() == 22


def test_rolling_sharpe_is_mean_over_deviation_a_year():
    returns = np.array([0.01, 0.03, 0.02, 0.02])
    found = rolling_sharpe(returns, 2, per_year=4.0)
    # mean 0.02 over sqrt(2) * 0.01, twice for a year of 4
    assert np.isnan(found[0])
    assert found[1] == pytest.approx(2.0 * 0.02 / (0.01 * np.sqrt(2.0)))
    assert np.isnan(found[3])  # no variance


def test_rolling_beta_is_the_slope():
    held = np.array([0.01, -0.02, 0.03, 0.00])
    assert rolling_beta(2.0 * held + 0.001, held, 3)[2:] == pytest.approx([2.0, 2.0])


def test_windows_longer_than_the_run_are_nan():
    assert np.isnan(rolling_sharpe(np.array([0.1, 0.2]), 5, 252.0)).all()


def test_excursions_of_a_long_and_a_short():
    # entered at 100: seen 90 to 120; exits at 110
    low, high = np.array([90.0, 90.0]), np.array([120.0, 120.0])
    entry, exit_price = np.array([100.0, 100.0]), np.array([110.0, 110.0])
    went = excursions(low, high, entry, exit_price, np.array([True, False]))
    assert went.adverse == pytest.approx([-0.10, -0.20])
    assert went.favourable == pytest.approx([0.20, 0.10])


def test_a_trade_that_saw_no_bar_has_its_entry_and_exit():
    nan = np.array([np.nan])
    went = excursions(nan, nan, np.array([100.0]), np.array([95.0]), np.array([True]))
    assert (went.adverse[0], went.favourable[0]) == pytest.approx((-0.05, 0.0))


def test_extremes_between_skip_gaps():
    low = np.array([[5.0], [np.nan], [3.0]])
    ones, first = np.zeros(2, np.int64), np.array([0, 2])
    bottom, top = extremes_between(low, low, ones, first, np.array([2, 2]))
    assert bottom[0] == top[0] == 5.0
    assert np.isnan(bottom[1])
