"""Stops and orders that rest, through the public API, each worked by hand."""

import numpy as np
import pytest

import barledger as bl

# Four bars: flat, an entry bar, a wide bar, a gap.
BARS = bl.Bars.from_arrays(
    [10.0, 10.0, 10.0, 8.0],
    open=[10.0, 10.0, 10.0, 8.5],
    high=[10.0, 10.5, 11.0, 8.6],
    low=[10.0, 9.8, 9.4, 7.9],
)
ENTRY = np.array([True, False, False, False])


def fills(bars=BARS, entries=ENTRY, **options):
    """Fills as (bar, quantity, price, reason)."""
    result = bl.Portfolio.from_signals(bars, entries, size=100, **options)
    return [tuple(row) for row in result.fills.select("bar", "quantity", "price", "reason").rows()]


@pytest.mark.parametrize(
    ("stops", "exit_"),
    [
        (bl.Stops(loss=0.05), (2, -100.0, 9.5, "stop_loss")),  # low 9.4 passes 10 - 0.5
        (bl.Stops(loss=0.10), (3, -100.0, 8.5, "stop_loss")),  # the open has passed 9
        (bl.Stops(target=0.04), (1, -100.0, 10.4, "target_hit")),  # on the entry's own bar
        (bl.Stops(loss=0.01, target=0.04), (1, -100.0, 9.9, "stop_loss")),  # both: the worst
        (bl.Stops(loss=0.01, target=0.04, path="best"), (1, -100.0, 10.4, "target_hit")),
        (bl.Stops(trail=1.0, unit="price"), (2, -100.0, 9.5, "trailing_stop")),  # 10.5 - 1
        (bl.Stops(time=2), (3, -100.0, 8.5, "time_stop")),
        (bl.Stops(loss=0.9, break_even=0.05), (1, -100.0, 10.0, "stop_loss")),  # 10.5, then 10
    ],
    ids=repr,
)
def test_stop_closes_where_the_bars_say(stops, exit_):
    assert fills(stops=stops) == [(1, 100.0, 10.0, "signal"), exit_]


@pytest.mark.parametrize(
    ("order", "entry"),
    [
        (bl.Limit(9.9), [(1, 100.0, 9.9, "signal")]),
        (bl.Limit(9.5), [(2, 100.0, 9.5, "signal")]),  # waits a bar
        (bl.Limit(9.5, tif="next"), []),
        (bl.Limit(9.0), [(3, 100.0, 8.5, "signal")]),  # the open is better
        (bl.Stop(10.4), [(1, 100.0, 10.4, "signal")]),
        (bl.MarketIfTouched(9.5), [(2, 100.0, 9.5, "signal")]),
        (bl.StopLimit(10.4, 9.6), [(2, 100.0, 9.6, "signal")]),  # armed at 10.4, filled later
        (bl.Limit(9.5, tif="ioc"), []),
    ],
    ids=repr,
)
def test_entry_waits_for_its_price(order, entry):
    assert fills(orders=order) == entry


def test_an_order_whose_time_is_over_says_so():
    result = bl.Portfolio.from_signals(BARS, ENTRY, size=100, orders=bl.Limit(9.5, tif="next"))
    assert result.rejections.select("bar", "state", "reason").rows() == [(1, "expired", "expired")]


def test_slippage_never_passes_a_limit_but_moves_a_stop():
    assert fills(orders=bl.Limit(9.9), slippage=0.01)[0][2] == 9.9
    assert fills(orders=bl.Stop(10.4), slippage=0.01)[0][2] == pytest.approx(10.504)


def test_money_freed_within_the_range_is_not_used_before_the_close():
    # All 1,000 are in A. Its stop frees 950 on the bar on which B's limit is met: nothing is free.
    bars = bl.Bars.from_arrays(
        np.full((3, 2), 10.0),
        open=np.full((3, 2), 10.0),
        high=np.full((3, 2), 10.0),
        low=np.array([[10.0, 10.0], [10.0, 10.0], [9.0, 9.0]]),
        assets=["A", "B"],
    )
    quantity = np.array([[100.0, np.nan], [np.nan, 100.0], [np.nan, np.nan]])
    price = np.array([[10.0, 9.5]])
    result = bl.Portfolio.from_orders(
        bars, quantity, orders=bl.Limit(price), stops=bl.Stops(loss=0.05), initial_cash=1_000
    )
    assert result.fills["reason"].to_list() == ["order", "stop_loss"]
    assert result.rejections["reason"].to_list() == ["insufficient_cash"]


def test_a_stop_that_is_never_reached_changes_no_bit():
    plain = bl.Portfolio.from_signals(BARS, ENTRY, size=100)
    stopped = bl.Portfolio.from_signals(BARS, ENTRY, size=100, stops=bl.Stops(loss=0.9, target=9.0))
    assert plain.equity.equals(stopped.equity)
    assert plain.fills.equals(stopped.fills)


def test_explain_names_the_stop():
    text = bl.Portfolio.from_signals(BARS, ENTRY, size=100, stops=bl.Stops(loss=0.05)).explain(
        "asset", 2
    )
    assert "made by the stop" in text
    assert "closed -100 at 9.5" in text


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: bl.Stops(loss=-0.1), "Stops loss must be >= 0"),
        (lambda: bl.Stops(), "at least one of loss, target, trail"),
        (lambda: bl.Stops(trail_after=0.1), "trail_after needs trail"),
        (lambda: bl.Stops(time=1.5), "whole bars"),
        (lambda: bl.Stops(loss=0.1, unit="pips"), "fraction, price, ticks, atr"),
        (lambda: bl.Limit(9.5, tif="gtd"), "belong together"),
        (lambda: bl.Limit(9.5, tif="forever"), "gtc, gtd, day, next, ioc"),
        (lambda: bl.Stop(np.inf), "must be finite"),
    ],
)
def test_bad_options_are_refused(make, error):
    with pytest.raises(ValueError, match=error):
        make()


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"stops": bl.Stops(loss=2.0, unit="atr")}, "need bars with high and low"),
        ({"stops": bl.Stops(loss=2.0, unit="ticks")}, "contracts with a tick"),
        ({"orders": bl.Limit(9.5)}, "needs bars with open and high and low"),
    ],
)
def test_options_that_need_more_of_the_bars_say_so(options, error):
    bars = bl.Bars.from_arrays([10.0, 10.0])
    with pytest.raises(ValueError, match=error):
        bl.Portfolio.from_signals(bars, np.array([True, False]), **options)


def test_orders_that_rest_need_the_next_open():
    with pytest.raises(ValueError, match="fill='next_open'"):
        bl.Portfolio.from_signals(BARS, ENTRY, orders=bl.Limit(9.5), fill="close")
