"""Scenarios C10 to C13: gaps through levels, both levels in one bar, a stop-limit jumped over."""

import numpy as np
import pytest

import barledger as bl

FIRST = [100.0, 100.0, 100.0, 100.0]  # the bar on which orders are made


def bars_of(*rows):
    opens, high, low, close = (np.array(column) for column in zip(FIRST, *rows, strict=True))
    return bl.Bars.from_arrays(
        close, open=opens, high=high, low=low, volume=np.full(len(close), 1e5)
    )


def bought(bars, cash=10_000.0, **options):
    entries = np.zeros(len(bars), bool)
    entries[0] = True
    result = bl.Portfolio.from_signals(bars, entries, size=100, initial_cash=cash, **options)
    rows = result.fills.select("bar", "quantity", "price").rows()
    return rows, result.equity["equity"][-1]


def test_a_stop_that_is_gapped_through_fills_at_the_open():  # C10
    bars = bars_of([100, 101, 99, 100], [90, 92, 88, 91])
    found = bought(bars, stops=bl.Stops(loss=5, unit="price"))
    assert found == ([(1, 100.0, 100.0), (2, -100.0, 90.0)], 9_000.0)


@pytest.mark.parametrize(
    ("path", "price"), [("worst", 95.0), ("ohlc", 110.0), ("best", 110.0), ("nearest", 95.0)]
)
def test_stop_and_target_inside_one_bar(path, price):  # C11
    bars = bars_of([100, 101, 99, 100], [101, 112, 94, 105])
    stops = bl.Stops(loss=5, target=10, unit="price", path=path)
    fills, equity = bought(bars, stops=stops)
    assert fills == [(1, 100.0, 100.0), (2, -100.0, price)]
    assert equity == 10_000 + 100 * (price - 100)


def test_a_limit_and_a_target_take_the_better_open():  # C12: 99 and 110
    bars = bars_of([97, 98, 96, 97], [115, 116, 114, 115])
    stops = bl.Stops(target=13, unit="price")
    found = bought(bars, orders=bl.Limit(99.0), stops=stops)
    assert found == ([(1, 100.0, 97.0), (2, -100.0, 115.0)], 11_800.0)


@pytest.mark.parametrize(
    ("low", "close", "fills"), [(105.5, 106.0, [(1, 100.0, 106.0)]), (106.5, 107.0, [])]
)
def test_a_stop_limit_that_is_jumped_over_fills_when_the_price_comes_back(low, close, fills):  # C13
    bars = bars_of([107, 108, low, close])
    assert bought(bars, cash=20_000.0, orders=bl.StopLimit(105.0, 106.0)) == (fills, 20_000.0)
