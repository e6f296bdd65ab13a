"""Slippage from estimates: what each fill pays, and that it rests on the past alone."""

import numpy as np
import pytest
from markets import fills, orders

import barledger as bl
from barledger.features import abdi_ranaldo, corwin_schultz, roll, rolling_deviation

NAN = np.nan
ESTIMATORS = ("corwin_schultz", "abdi_ranaldo", "roll")


def market(n_bars=60, n_assets=2, seed=3):
    """Open, high, low and close of bars of 20 trades that bounce by 2 %."""
    draws = np.random.default_rng(seed)
    middle = np.cumsum(draws.normal(0.0, 0.002, (n_bars * 20, n_assets)), axis=0)
    side = draws.choice([-0.01, 0.01], (n_bars * 20, n_assets))
    trades = 100.0 * np.exp(middle + side).reshape(n_bars, 20, n_assets)
    return {
        "open": trades[:, 0].copy(),
        "high": trades.max(axis=1),
        "low": trades.min(axis=1),
        "close": trades[:, -1].copy(),
    }


def all_of(bars):
    """Every kind of estimated slippage."""
    for estimator in ESTIMATORS:
        yield bl.Slippage.of_spread(bars, estimator=estimator, length=10, missing=0.001)
    yield bl.Slippage.of_volatility(bars, 0.1, length=10, missing=0.001)


def test_slippage_is_the_share_of_the_estimate_of_the_bar_before():
    bars = bl.Bars.from_arrays(**market())
    prices = (bars.high, bars.low, bars.close)
    for estimator, spread in zip(
        ESTIMATORS,
        (corwin_schultz(*prices, 10), abdi_ranaldo(*prices, 10), roll(bars.close, 10)),
        strict=True,
    ):
        found = bl.Slippage.of_spread(bars, 0.25, estimator=estimator, length=10, missing=0.003)
        np.testing.assert_allclose(found.fraction[10:], 0.25 * spread[9:-1], rtol=1e-9)
        assert (found.fraction[:10] == 0.003).all()


def test_slippage_is_the_share_of_the_deviation_of_the_bar_before():
    bars = bl.Bars.from_arrays(**market())
    deviation = rolling_deviation(bars.close[1:] / bars.close[:-1] - 1.0, 10)
    found = bl.Slippage.of_volatility(bars, 0.1, length=10, missing=0.003)
    np.testing.assert_allclose(found.fraction[11:], 0.1 * deviation[9:-1], rtol=1e-12)
    assert (found.fraction[:11] == 0.003).all()


def test_fill_pays_half_the_spread_known_before():
    # Two bars 100 to 102 give 0.04 / 2.02 (see test_spread); half of it on the open of 101.
    same = np.full(4, 101.0)
    bars = bl.Bars.from_arrays(same, open=same, high=same + 1.0, low=same - 1.0, assets="A")
    slippage = bl.Slippage.of_spread(bars, length=2, missing=0.0)
    result = bl.Portfolio.from_orders(bars, orders((0, "A", 1.0), (1, "A", 1.0)), slippage=slippage)
    expected = [101.0, 101.0 * (1.0 + 0.02 / 2.02)]
    assert [price for _, _, _, price in fills(result)] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("changed", [12, 30, 58])
def test_a_bar_changes_no_fill_up_to_and_at_itself(changed):
    prices = market()
    before = list(all_of(bl.Bars.from_arrays(**prices)))
    moved = {name: price.copy() for name, price in prices.items()}
    moved["high"][changed] *= 1.3
    moved["close"][changed] *= 1.2
    for old, new in zip(before, all_of(bl.Bars.from_arrays(**moved)), strict=True):
        np.testing.assert_array_equal(new.fraction[: changed + 1], old.fraction[: changed + 1])
        assert (new.fraction[changed + 1] != old.fraction[changed + 1]).any()


def test_bars_and_splits_to_come_change_nothing_to_the_bit():
    prices = market()
    events = bl.Events(splits=[(20, "A0", 3.0), (50, "A0", 3.0), (50, "A1", 0.7)])
    whole = list(all_of(bl.Bars.from_arrays(**prices, events=events)))
    short = {name: price[:40].copy() for name, price in prices.items()}
    some = bl.Events(splits=[(20, "A0", 3.0)])
    for old, new in zip(whole, all_of(bl.Bars.from_arrays(**short, events=some)), strict=True):
        np.testing.assert_array_equal(new.fraction, old.fraction[:40])


def test_a_split_is_neither_spread_nor_volatility():
    prices = market()
    raw = {name: price.copy() for name, price in prices.items()}
    for price in raw.values():
        price[30:, 0] /= 2.0
    events = bl.Events(splits=[(30, "A0", 2.0)])
    unsplit = all_of(bl.Bars.from_arrays(**prices))
    split = all_of(bl.Bars.from_arrays(**raw, events=events))
    for old, new in zip(unsplit, split, strict=True):
        np.testing.assert_array_equal(new.fraction, old.fraction)


def test_bars_without_a_price_are_passed_over_and_the_last_estimate_stands():
    prices = market(n_assets=1)
    whole = list(all_of(bl.Bars.from_arrays(**prices)))
    rows = np.sort(np.concatenate([np.arange(60), [25, 25, 40]]))
    is_own = np.append(True, rows[1:] != rows[:-1])
    holed = {name: np.where(is_own[:, None], price[rows], NAN) for name, price in prices.items()}
    for old, new in zip(whole, all_of(bl.Bars.from_arrays(**holed)), strict=True):
        np.testing.assert_array_equal(new.fraction[is_own], old.fraction)
        np.testing.assert_array_equal(new.fraction[26:29], np.repeat(old.fraction[26:27], 3, 0))


def test_an_asset_listed_late_pays_missing_until_it_has_an_estimate():
    prices = market()
    for price in prices.values():
        price[:15, 1] = NAN
    found = bl.Slippage.of_spread(bl.Bars.from_arrays(**prices), length=10, missing=0.002)
    assert (found.fraction[:25, 1] == 0.002).all()
    assert (found.fraction[25:, 1] != 0.002).all()


def test_without_missing_an_error_counts_the_bars_that_lack_an_estimate():
    prices = market()
    for price in prices.values():
        price[:15, 1] = NAN
    bars = bl.Bars.from_arrays(**prices)
    with pytest.raises(ValueError, match=r"first 25 of 60 bars of A1; .* such as missing=0\.001"):
        bl.Slippage.of_spread(bars, length=10)
    with pytest.raises(ValueError, match="volatility: no estimate is known on the first 26 of 60"):
        bl.Slippage.of_volatility(bars, 0.1, length=10)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"estimator": "edge"}, "estimator must be one of corwin_schultz, abdi_ranaldo, roll"),
        ({"share": -0.5}, "slippage share must be >= 0, was -0.5"),
        ({"share": NAN}, "slippage share must be finite"),
        ({"missing": -0.1}, "slippage missing must be >= 0, was -0.1"),
        ({"missing": 1.5}, r"slippage is a fraction of the price, below 1 .*; was 1\.5"),
        ({"length": 1}, "corwin_schultz length must be >= 2, was 1"),
    ],
)
def test_bad_options_are_named(options, message):
    options = {"missing": 0.001, **options}
    with pytest.raises(ValueError, match=message):
        bl.Slippage.of_spread(bl.Bars.from_arrays(**market()), **options)


def test_bars_without_highs_and_lows_are_named():
    closes = market()["close"]
    with pytest.raises(ValueError, match="corwin_schultz needs bars with high and low; estimator="):
        bl.Slippage.of_spread(bl.Bars.from_arrays(closes), missing=0.001)
    with pytest.raises(TypeError, match="needs Bars, was given ndarray"):
        bl.Slippage.of_volatility(closes, 0.1)
    with pytest.raises(ValueError, match="slippage length must be >= 2, was 1"):
        bl.Slippage.of_volatility(bl.Bars.from_arrays(closes), 0.1, length=1)
