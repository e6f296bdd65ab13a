"""Halts, price limits and pauses: the rules of the exchanges, and what orders do meanwhile."""

from datetime import date, time

import numpy as np
import pytest
from markets import fills, flat_bars, reasons

import barledger as bl
from barledger import halts

PRICES = [10.0, 11.0, 12.0, 13.0]
BUY = np.array([[10.0], [0.0], [0.0], [0.0]])
BARS = flat_bars(PRICES)
ON_BAR_1 = np.array([False, True, False, False])


def traded(bars=BARS, quantity=BUY, tif="next", **options):
    return bl.Portfolio.from_orders(bars, quantity, rules=bl.Rules(entry_tif=tif), **options)


# What the rules say: worked examples P3-01 to P3-13


def test_breaker_levels_are_7_13_and_20_percent_below_the_close():
    assert halts.breaker_levels(6000.0) == (5580.0, 5220.0, 4800.0)


@pytest.mark.parametrize(
    ("level", "at", "already", "action"),
    [
        (1, time(15, 25), [], "halt_15min"),
        (1, time(15, 26), [], "none"),
        (1, time(9, 29), [], "none"),
        (1, time(11, 0), [1], "none"),
        (2, time(11, 0), [1], "halt_15min"),
        (3, time(15, 50), [1, 2], "halt_rest_of_day"),
    ],
)
def test_breaker_halts_by_its_time_rules(level, at, already, action):
    assert halts.breaker_action(level, at, already) == action


def test_breaker_ends_earlier_on_short_days():
    assert halts.breaker_action(1, time(12, 25), closes_early=True) == "halt_15min"
    assert halts.breaker_action(1, time(12, 26), closes_early=True) == "none"


def test_limits_of_an_index_future():  # CME guide of 2014-10-23
    expected = {0.05: (1824.5, 2016.5), 0.07: (1786.0, 2055.0), 0.13: (1670.0, None)}
    for fraction, (lower, upper) in expected.items():
        found = halts.price_limits(1920.5, 1927.11, fraction, 0.5)
        assert found[0] == lower
        assert upper is None or found[1] == upper
    assert halts.price_limits(1920.5, 1927.11, 0.20, 0.5)[0] == 1535.5
    assert halts.price_limits(5000.0, 5000.0, 0.07, 0.5)[1] == 5350.0


@pytest.mark.parametrize(
    ("reference", "before", "tier", "at_close", "expected"),
    [
        (100.0, 100.0, 1, False, (95.0, 105.0)),
        (100.0, 100.0, 1, True, (90.0, 110.0)),
        (2.0, 2.0, 1, False, (1.6, 2.4)),
        (0.5, 0.5, 2, False, (0.35, 0.65)),
        (100.0, 100.0, 2, True, (90.0, 110.0)),
    ],
)
def test_bands_of_a_stock(reference, before, tier, at_close, expected):
    assert halts.bands(reference, before, tier=tier, at_close=at_close) == pytest.approx(expected)


# The market-wide breaker on bars: 14:30 UTC is 9:30 in New York in winter


def minutes(lows, start="2024-01-09T15:00", before=100.0):
    """Minute bars after a day that closed at 100."""
    first = np.array(["2024-01-08T20:59"], "datetime64[m]")
    stamps = np.concatenate([first, np.datetime64(start, "m") + np.arange(len(lows))])
    low = np.array([before, *lows])
    return bl.Bars.from_arrays(low, open=low, high=low, low=low, time=stamps)


def test_a_halt_lasts_fifteen_minutes_from_the_next_bar():
    index = minutes([99.0, 92.9, 92.9, *[95.0] * 20])
    mask = halts.market_wide(index)
    assert np.flatnonzero(mask).tolist() == list(range(3, 18))


def test_each_level_halts_once_and_the_third_ends_the_day():
    index = minutes([92.0, *[92.0] * 20, 86.0, *[92.0] * 20, 79.0, *[90.0] * 5])
    mask = halts.market_wide(index)
    halted = np.flatnonzero(mask).tolist()
    assert halted == [*range(2, 17), *range(23, 38), *range(44, 49)]


def test_a_late_fall_halts_nothing_but_the_third_level_does():
    assert not halts.market_wide(minutes([92.0, 92.0], start="2024-01-09T20:26")).any()
    late = halts.market_wide(minutes([79.0, 79.0], start="2024-01-09T20:26"))
    assert late.tolist() == [False, False, True]
    early = halts.market_wide(
        minutes([92.0] * 3, start="2024-01-09T17:26"), early=[date(2024, 1, 9)]
    )
    assert not early.any()


def test_other_bars_are_halted_by_the_clock_of_the_index():
    index = minutes([92.0, *[95.0] * 30])
    hours = np.array(["2024-01-09T15:00", "2024-01-09T15:10", "2024-01-09T15:20"], "datetime64[m]")
    bars = bl.Bars.from_arrays([1.0, 1.0, 1.0], time=hours)
    assert halts.market_wide(index, bars).tolist() == [False, True, False]


def test_a_jump_pauses_the_next_bars():
    close = np.array([100.0, 100.0, 104.0, 104.0, 104.0, 104.0])
    high = close.copy()
    bars = bl.Bars.from_arrays(close, open=close, high=high, low=close)
    two = halts.after_jump(bars, 0.035, length=2, pause=2)[:, 0]
    assert two.tolist() == [False, False, False, True, True, False]
    assert not halts.after_jump(bars, 0.05, length=2).any()


# What orders do


def test_an_order_waits_through_a_halt():
    result = traded(halts=bl.Halts(closed=ON_BAR_1))
    assert fills(result) == [(2, "A", 10.0, 12.0)]


def test_an_order_good_for_one_bar_may_have_had_it():
    result = traded(halts=bl.Halts(closed=ON_BAR_1, then="expire"))
    assert (fills(result), reasons(result)) == ([], ["expired"])
    waits = traded(halts=bl.Halts(closed=ON_BAR_1, then="expire"), tif="gtc")
    assert fills(waits) == [(2, "A", 10.0, 12.0)]


def test_a_stop_on_a_halted_bar_waits():
    bars = flat_bars([10.0, 10.0, 8.0, 7.0])
    entries = np.array([True, False, False, False])
    closed = np.array([False, False, True, False])
    result = bl.Portfolio.from_signals(
        bars, entries, size=10, stops=bl.Stops(loss=0.1), halts=bl.Halts(closed=closed)
    )
    rows = result.fills.select("bar", "quantity", "price", "reason").rows()
    assert rows == [(1, 10.0, 10.0, "signal"), (3, -10.0, 7.0, "stop_loss")]


@pytest.mark.parametrize(
    ("lock", "quantity", "expected"),
    [
        ("both", 10.0, [(2, "A", 10.0, 12.0)]),
        ("both", -10.0, [(2, "A", -10.0, 12.0)]),
        ("against", 10.0, [(2, "A", 10.0, 12.0)]),
        ("against", -10.0, [(1, "A", -10.0, 11.0)]),
    ],
)
def test_a_bar_locked_at_its_upper_limit(lock, quantity, expected):
    upper = np.array([[20.0], [11.0], [20.0], [20.0]])
    order = np.array([[quantity], [0.0], [0.0], [0.0]])
    result = traded(
        quantity=order,
        tif="gtc",
        halts=bl.Halts(upper=upper, limit_lock=lock),
        account=bl.Unlimited(),
    )
    assert fills(result) == expected


def test_halts_that_are_nowhere_change_no_bit():
    halted = traded(halts=bl.Halts(closed=np.zeros(4, bool), upper=99.0, limit_lock="against"))
    assert halted.fills.equals(traded().fills)
    assert halted.equity.equals(traded().equity)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: bl.Halts(), "Halts need closed, lower or upper"),
        (lambda: bl.Halts(closed=ON_BAR_1, then="drop"), "then must be one of wait, expire"),
        (lambda: bl.Halts(closed=ON_BAR_1, limit_lock="against"), "needs lower or upper"),
        (lambda: traded(halts=bl.Halts(closed=[True])), "closed must be true or false of shape"),
        (lambda: halts.market_wide(BARS), "needs bars of one index, with times"),
        (lambda: halts.after_jump(BARS, 0.0), "after_jump move must be > 0"),
        (
            lambda: halts.after_jump(bl.Bars.from_arrays(PRICES), 0.1),
            "after_jump needs bars with high and low",
        ),
        (
            lambda: traded(halts=bl.Halts(upper=9.0, limit_lock="against"), exclusive=[["A"]]),
            "needs no exclusive groups",
        ),
    ],
)
def test_what_cannot_be(make, message):
    with pytest.raises(ValueError, match=message):
        make()
