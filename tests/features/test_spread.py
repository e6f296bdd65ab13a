"""Spread estimators against numbers worked by hand, published forms and simulated markets."""

import numpy as np
import pytest

from barledger.features import abdi_ranaldo, corwin_schultz, roll

NAN = np.nan
HIGH = np.array([101.18, 102.1, 102.38, 103.06, 102.56, 99.89, 99.93])
LOW = np.array([98.31, 98.16, 99.49, 99.98, 97.95, 97.08, 96.94])
CLOSE = np.array([98.39, 101.87, 102.27, 100.49, 98.16, 97.8, 99.62])
ESTIMATORS = {
    "corwin_schultz": corwin_schultz,
    "abdi_ranaldo": abdi_ranaldo,
    "roll": lambda high, low, close, length: roll(close, length),
}
each = pytest.mark.parametrize("estimate", ESTIMATORS.values(), ids=ESTIMATORS)


def bounced(spread, volatility, n_bars, seed=5):
    """High, low and close of bars of 390 trades, each at the bid or the ask of a random walk."""
    draws = np.random.default_rng(seed)
    middle = np.cumsum(draws.normal(0.0, volatility / np.sqrt(390), n_bars * 390))
    side = draws.choice([-0.5, 0.5], n_bars * 390)
    trades = 100.0 * np.exp(middle + side * spread).reshape(n_bars, 390)
    return trades.max(axis=1), trades.min(axis=1), trades[:, -1]


def test_corwin_schultz_of_each_pair_sets_negatives_to_zero():
    expected = [NAN, 0.0226878658, 0.0158760461, 0.0156080019, 0.0102443804, 0.0, 0.0272781771]
    np.testing.assert_allclose(corwin_schultz(HIGH, LOW, CLOSE, 2), expected, atol=1e-10)


def test_corwin_schultz_averages_after_setting_negatives_to_zero():
    estimates = corwin_schultz(HIGH, LOW, CLOSE, 7)
    assert np.isnan(estimates[:6]).all()
    assert estimates[6] == pytest.approx(0.0152824119, abs=1e-10)


def test_corwin_schultz_of_two_same_bars_is_their_range():
    # beta = 2 h², gamma = h²: a = h (√2 (√2 - 1) - (√2 - 1)) / (√2 - 1)² = h = ln 1.02,
    # S = 2 (1.02 - 1) / (1.02 + 1) = 0.04 / 2.02.
    found = corwin_schultz([102.0, 102.0], [100.0, 100.0], [101.0, 101.0], 2)
    assert found[1] == pytest.approx(0.04 / 2.02, rel=1e-12)


@pytest.mark.parametrize(("close", "high", "move"), [(100.5, 112.0, -9.5), (101.5, 95.0, 6.5)])
def test_corwin_schultz_takes_out_the_gap_over_night(close, high, move):
    # Up: from the close 100.5 to the low 110, so 9.5 off. Down: from 101.5 to the high 95, 6.5 on.
    second = np.array([high, high - 2.0])
    gapped = corwin_schultz([102.0, second[0]], [100.0, second[1]], [close, high], 2)
    second += move
    moved = corwin_schultz([102.0, second[0]], [100.0, second[1]], [close, close], 2)
    assert gapped[1] == moved[1] > 0.0


def test_abdi_ranaldo_is_the_root_of_the_mean_of_the_window():
    assert abdi_ranaldo(HIGH, LOW, CLOSE, 7)[6] == pytest.approx(0.0196809191, abs=1e-10)


def test_abdi_ranaldo_of_a_pair_belongs_to_its_later_bar():
    squares = [0.000941325325, 0.000649707226, 0.000395972129, 0.0, 0.000267235228, 0.000174877815]
    np.testing.assert_allclose(abdi_ranaldo(HIGH, LOW, CLOSE, 2)[1:] ** 2, squares, atol=1e-12)


def test_roll_is_twice_the_root_of_the_opposed_covariance():
    # Changes .1 -.1 .1 -.1 .1 .1 -.1 of the log price: covariance of neighbours -0.008 (n - 1 = 5).
    closes = np.exp([0.0, 0.1, 0.0, 0.1, 0.0, 0.1, 0.2, 0.1])
    estimates = roll(closes, 8)
    assert np.isnan(estimates[:7]).all()
    assert estimates[7] == pytest.approx(0.1788854382, abs=1e-10)


def test_roll_of_changes_that_follow_one_another_is_zero():
    # Changes 1 1 3 3: neighbours (1 1) (1 3) (3 3), covariance 2/3 > 0.
    assert roll(np.exp([0.0, 1.0, 2.0, 5.0, 8.0]), 5)[4] == 0.0


@each
def test_an_estimate_is_missing_while_a_price_of_its_window_is(estimate):
    prices = [np.tile(price, 3) for price in (HIGH, LOW, CLOSE)]
    whole = estimate(*prices, 5)
    for price in prices:
        price[9] = NAN
    holed = estimate(*prices, 5)
    assert np.isnan(holed[:4]).all()
    assert np.isnan(holed[9:14]).all()
    np.testing.assert_array_equal(holed[4:9], whole[4:9])
    np.testing.assert_array_equal(holed[14:], whole[14:])


@each
def test_a_price_not_above_zero_counts_as_missing(estimate):
    prices = [np.tile(price, 2) for price in (HIGH, LOW, CLOSE)]
    for price in prices:
        price[6] = -1.0
    assert np.isnan(estimate(*prices, 5)[6:11]).all()


@each
def test_bars_to_come_change_no_estimate(estimate):
    prices = bounced(0.01, 0.02, 60)
    whole = estimate(*prices, 10)
    for cut in (11, 30, 59):
        np.testing.assert_array_equal(estimate(*(p[:cut] for p in prices), 10), whole[:cut])


@each
def test_columns_are_estimated_apart(estimate):
    two = [bounced(0.01, 0.02, 40, seed) for seed in (1, 2)]
    both = estimate(*(np.column_stack(pair) for pair in zip(*two, strict=True)), 21)
    for column, prices in enumerate(two):
        np.testing.assert_allclose(both[:, column], estimate(*prices, 21), rtol=1e-9)


@each
def test_too_few_bars_give_no_estimate(estimate):
    for n_bars in (1, 2, 3):
        found = estimate(HIGH[:n_bars], LOW[:n_bars], CLOSE[:n_bars], 5)
        np.testing.assert_array_equal(found, np.full(n_bars, NAN))


@each
@pytest.mark.parametrize("spread", [0.02, 0.04])
def test_a_spread_known_beforehand_is_found_again(estimate, spread):
    # 1 % volatility, 2000 bars of 390 trades. The mean over windows of 21 bars is within 5 %.
    estimates = estimate(*bounced(spread, 0.01, 2000), 21)
    assert np.nanmean(estimates) == pytest.approx(spread, rel=0.05)


def test_what_the_estimators_find_where_there_is_no_spread():
    # The biases the docstrings tell of, at 2 % volatility.
    prices = bounced(0.0, 0.02, 4000)
    assert np.nanmean(corwin_schultz(*prices)) == pytest.approx(0.008, abs=0.0005)
    assert np.nanmean(abdi_ranaldo(*prices) == 0.0) == pytest.approx(0.5, abs=0.1)
    assert np.nanmean(roll(prices[2])) == pytest.approx(0.45 * 0.02, rel=0.15)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: corwin_schultz(HIGH, LOW, CLOSE, 1), "corwin_schultz length must be >= 2, was 1"),
        (lambda: abdi_ranaldo(HIGH, LOW, CLOSE, 1), "abdi_ranaldo length must be >= 2, was 1"),
        (lambda: roll(CLOSE, 3), "roll length must be >= 4, was 3"),
        (lambda: corwin_schultz(HIGH, LOW[:3], CLOSE), r"low must have the shape of high \(7,\)"),
        (lambda: roll(np.ones((2, 2, 2))), r"close must have shape \(T,\) or \(T, N\)"),
    ],
)
def test_bad_numbers_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_bad_types_are_named():
    with pytest.raises(TypeError, match=r"roll length must be a whole number, was 5\.0"):
        roll(CLOSE, 5.0)
    with pytest.raises(TypeError, match="close must be a number or an array of numbers"):
        roll(["a", "b"])
