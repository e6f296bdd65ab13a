"""Ready rules signal where their formulas, written out in numpy, say so."""

import numpy as np
import pandas as pd
import pytest

import barledger as bl
from barledger import rules
from barledger.features import moving_average, rolling_deviation
from barledger.signals import crossed_above, crossed_below
from sweep.market import walk

BARS = walk(300, 2, seed=9)
CLOSE = pd.DataFrame(BARS.close.copy())


def wilder(values, length):
    """Running mean: the mean of the first `length` values, then weight 1 / length."""
    out = np.full(values.shape, np.nan)
    first = length if np.isnan(values[0]) else length - 1
    start = first - length + 1
    out[first] = values[start : first + 1].mean()
    for i in range(first + 1, len(values)):
        out[i] = out[i - 1] + (values[i] - out[i - 1]) / length
    return out


def of_each(block, length, *columns):
    out = np.empty(BARS.shape)
    for j in range(out.shape[1]):
        row = np.empty(len(out))
        block(*(np.ascontiguousarray(c[:, j]) for c in columns), length, row)
        out[:, j] = row
    return out


def relative_strength(length):
    change = np.vstack([[np.nan, np.nan], np.diff(BARS.close, axis=0)])
    gains, losses = np.maximum(change, 0.0), np.maximum(-change, 0.0)
    up, down = (
        np.column_stack([wilder(side[:, j], length) for j in (0, 1)]) for side in (gains, losses)
    )
    return 100.0 * up / (up + down)


def score(length):
    mean = moving_average(BARS.close, length)
    return (BARS.close - mean) / rolling_deviation(BARS.close.copy(), length)


@pytest.mark.parametrize("length", [1, 2, 7, 40])
def test_blocks_are_those_of_pandas(length):
    roll = CLOSE.rolling(length)
    for block, wanted in (
        (rules.sma, roll.mean()), (rules.rolling_max, roll.max()), (rules.rolling_min, roll.min()),
    ):  # fmt: skip
        found = of_each(block, length, BARS.close)
        np.testing.assert_allclose(found, wanted.to_numpy(), rtol=1e-9, equal_nan=True)


def test_a_rolling_deviation_is_that_of_the_features():
    found = of_each(rules.rolling_std, 7, BARS.close)
    wanted = rolling_deviation(BARS.close.copy(), 7)
    np.testing.assert_allclose(found, wanted, rtol=1e-9, equal_nan=True)


@pytest.mark.parametrize(
    ("block", "name"), [(rules.sma, "mean"), (rules.rolling_max, "max"), (rules.rolling_min, "min")]
)
def test_a_window_with_a_missing_value_is_missing(block, name):
    values = np.array([np.nan, 3.0, 1.0, 2.0, np.nan, 5.0, 4.0, 6.0, 7.0])
    out = np.empty(9)
    block(values, 3, out)
    wanted = getattr(pd.Series(values).rolling(3), name)()
    np.testing.assert_allclose(out, wanted.to_numpy(), equal_nan=True)


def test_exponential_mean_starts_from_a_simple_one():
    out = np.empty(5)
    rules.ema(np.array([1.0, 2.0, 3.0, 7.0, 5.0]), 3, out)
    # 2, then 2 + (7 - 2) / 2 = 4.5, then 4.5 + (5 - 4.5) / 2 = 4.75
    np.testing.assert_allclose(out, [np.nan, np.nan, 2.0, 4.5, 4.75], equal_nan=True)


def test_average_true_range_is_wilders():
    reach = (BARS.high - BARS.low).copy()
    before = BARS.close[:-1]
    reach[1:] = np.maximum(
        reach[1:], np.maximum(abs(BARS.high[1:] - before), abs(BARS.low[1:] - before))
    )
    found = of_each(rules.atr, 14, BARS.high, BARS.low, BARS.close)
    wanted = np.column_stack([wilder(reach[:, j], 14) for j in (0, 1)])
    np.testing.assert_allclose(found, wanted, rtol=1e-9, equal_nan=True)


def test_equal_values_share_their_rank():
    out = np.empty(5)
    rules.rank(np.array([3.0, 1.0, 3.0, np.nan, 2.0]), out)
    np.testing.assert_array_equal(out, [3.5, 1.0, 3.5, np.nan, 2.0])


def test_prices_that_stand_still_cross_nothing():
    for price in (0.1, 1 / 3, 1e6 / 7):
        close = np.full(400, price)
        close[:50] = price * np.linspace(0.9, 1.1, 50)
        bars = bl.Bars.from_arrays(close)
        run = bl.sweep(rules.sma_cross, bars, fast=range(2, 20), slow=range(20, 40)).run()
        for variant in (0, 77, 359):
            flags = run.result(variant).source.wishes.flags
            assert not flags[90:].any()


def strong(flags):
    return flags == 1, flags == 2


CASES = {
    "ema_cross": (
        {"fast": 4, "slow": 15},
        lambda: (
            crossed_above(of_each(rules.ema, 4, BARS.close), of_each(rules.ema, 15, BARS.close)),
            crossed_below(of_each(rules.ema, 4, BARS.close), of_each(rules.ema, 15, BARS.close)),
        ),
    ),
    "rsi_reversal": (
        {"length": 10, "low": 35, "high": 60},
        lambda: (
            crossed_below(relative_strength(10), np.nextafter(35.0, 0.0)),
            crossed_above(relative_strength(10), 60.0),
        ),
    ),
    "bollinger": (
        {"length": 20, "width": 1.5},
        lambda: (
            crossed_below(score(20), -1.5),
            np.vstack([[False] * 2, (score(20)[1:] >= 0.0) & (score(20)[:-1] < 0.0)]),
        ),
    ),
    "donchian": (
        {"enter": 20, "leave": 10},
        lambda: (
            BARS.close > pd.DataFrame(BARS.high).rolling(20).max().shift(1).to_numpy(),
            BARS.close < pd.DataFrame(BARS.low).rolling(10).min().shift(1).to_numpy(),
        ),
    ),
    "momentum": (
        {"length": 12, "threshold": 0.01},
        lambda: begins(CLOSE.pct_change(12).to_numpy(), 0.01, -0.01),
    ),
    "mean_reversion": (
        {"length": 20, "enter": 1.5, "leave": 0.5},
        lambda: begins(-score(20), 1.5, -0.5),
    ),
    "volatility_regime": (
        {"fast": 8, "slow": 40},
        lambda: (
            crossed_below(*(rolling_deviation(CLOSE.pct_change().to_numpy(), n) for n in (8, 40))),
            crossed_above(*(rolling_deviation(CLOSE.pct_change().to_numpy(), n) for n in (8, 40))),
        ),
    ),
}


def begins(x, above, below):
    """Where x comes to be above one number, and where -x comes to be above another."""
    first = [[False] * x.shape[1]]
    rose = np.vstack([first, (x[1:] > above) & ~(x[:-1] > above)])
    fell = np.vstack([first, (-x[1:] > below) & ~(-x[:-1] > below)])
    return rose, fell


@pytest.mark.parametrize("name", CASES)
def test_a_ready_rule_signals_where_its_formula_does(name):
    params, formula = CASES[name]
    given = {key: [value] for key, value in params.items()}
    run = bl.sweep(getattr(rules, name), BARS, **given).run()
    found = strong(run.result(0).source.wishes.flags)
    for mine, wanted in zip(found, formula(), strict=True):
        np.testing.assert_array_equal(mine, wanted)
        assert wanted.sum() >= 2, "the case tests nothing"
