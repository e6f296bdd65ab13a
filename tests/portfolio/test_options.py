"""Options as a user gives them: numbers of every shape, labels, directions, own prices."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from markets import cash, equity, fills, flat_bars, held, near, orders, reasons

import barledger as bl

NAN = np.nan
DAYS = ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"]
BARS = flat_bars([10, 11, 12, 13], [20, 21, 22, 23], time=DAYS)
ENTRIES = np.array([[True, True], [False, False], [False, False], [False, False]])
EXITS = np.roll(ENTRIES, 2, axis=0)


def signals(**options):
    options.setdefault("account", bl.RegT())
    return bl.Portfolio.from_signals(BARS, ENTRIES, EXITS, **options)


def same(first, second):
    """Whether two runs filled, and were worth, the same to the bit."""
    return first.fills.equals(second.fills) and first.equity.equals(second.equity)


def shapes(value):
    """The same number once, one an asset, one a bar, and one for every bar and asset."""
    yield np.full(2, value)
    yield np.full((4, 1), value)
    yield np.full((4, 2), value)
    yield [value, value]


@pytest.mark.parametrize(
    ("make", "value"),
    [
        (lambda v: {"size": bl.Shares(v)}, 7.0),
        (lambda v: {"size": v}, 7.0),
        (lambda v: {"size": bl.Value(v)}, 700.0),
        (lambda v: {"size": bl.PercentOfEquity(v)}, 0.2),
        (lambda v: {"size": bl.PercentOfCash(v)}, 0.2),
        (lambda v: {"size": bl.Risk(0.01, v)}, 2.0),
        (lambda v: {"fees": v}, 0.001),
        (lambda v: {"fees": bl.PercentFee(0.001, minimum=v)}, 1.0),
        (lambda v: {"fees": bl.PerUnitFee(v, maximum=3.0)}, 0.01),
        (lambda v: {"slippage": v}, 0.001),
        (lambda v: {"slippage": bl.Slippage(amount=v)}, 0.02),
    ],
)
def test_a_number_of_any_shape_is_the_same_number(make, value):
    once = signals(**make(value))
    assert len(once.fills) == 4
    assert all(same(once, signals(**make(array))) for array in shapes(value))


def test_one_number_a_bar_for_one_asset():
    bars = flat_bars([10, 11, 12, 13])
    runs = [
        bl.Portfolio.from_signals(bars, ENTRIES[:, 0], size=bl.Shares(5), fees=fees)
        for fees in (0.001, np.full(4, 0.001), np.full((4, 1), 0.001))
    ]
    assert all(same(runs[0], run) for run in runs)


def test_market_options_are_read_at_the_fill_and_sizes_at_the_signal():
    # Signals on bars 0 and 2, fills on bars 1 and 3.
    size = np.array([[3.0], [100], [100], [100]])
    fees = np.array([[0.0], [0.01], [0.5], [0.02]])
    result = signals(size=bl.Shares(size), fees=fees)
    assert fills(result, "quantity", "fee") == [
        (3, pytest.approx(0.33)), (3, pytest.approx(0.63)),
        (-3, pytest.approx(0.78)), (-3, pytest.approx(1.38)),
    ]  # fmt: skip


def frames(values, time=True):
    """Values with labels, the columns in another order: polars with time, pandas by index."""
    flipped = {"B": values[:, 1], "A": values[:, 0]}
    yield pl.DataFrame({**({"time": DAYS} if time else {}), **flipped})
    yield pd.DataFrame(flipped, index=pd.to_datetime(DAYS))
    yield pd.DataFrame(flipped)


def test_signals_by_label_find_their_columns():
    entries = np.array([[True, False], [False, True], [False, False], [False, False]])
    by_position = bl.Portfolio.from_signals(BARS, entries, size=3)
    for frame in frames(entries):
        assert same(by_position, bl.Portfolio.from_signals(BARS, frame, size=3))


def test_quantities_and_targets_by_label_find_their_columns():
    wanted = np.array([[5.0, NAN], [NAN, 3.0], [-5.0, NAN], [NAN, NAN]])
    for make in (bl.Portfolio.from_orders, bl.Portfolio.from_targets):
        options = {"unit": "shares"} if make is bl.Portfolio.from_targets else {}
        runs = [make(BARS, given, account=bl.RegT(), **options) for given in frames(wanted)]
        assert all(same(make(BARS, wanted, account=bl.RegT(), **options), run) for run in runs)


def test_orders_one_by_one_by_time_or_by_bar():
    frame = orders((0, "A", 5), (0, "A", 2), (1, "B", -3))
    by_time = frame.with_columns(pl.Series("time", [DAYS[0], DAYS[0], DAYS[1]])).drop("bar")
    runs = [
        bl.Portfolio.from_orders(BARS, given, account=bl.RegT())
        for given in (frame, by_time, frame.to_pandas())
    ]
    assert fills(runs[0]) == [(1, "A", 5, 11), (1, "A", 2, 11), (2, "B", -3, 22)]
    assert all(same(runs[0], run) for run in runs)


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        ("long", [(1, "A", 4, 11), (3, "A", -4, 13)]),
        ("short", [(1, "A", -4, 11), (3, "A", 4, 13)]),
        ("both", [(1, "A", 4, 11), (3, "A", -4, 13), (3, "A", -4, 13)]),
    ],
)
def test_what_entries_mean_without_short_signals(direction, expected):
    result = bl.Portfolio.from_signals(
        flat_bars([10, 11, 12, 13]), ENTRIES[:, 0], EXITS[:, 0], size=4, direction=direction,
        account=bl.RegT(),
    )  # fmt: skip
    assert fills(result) == expected


@pytest.mark.parametrize(
    ("fill", "bought", "price"), [("next_open", 1, 11), ("next_close", 1, 11.5), ("close", 0, 10.5)]
)
def test_when_an_order_fills(fill, bought, price):
    close, open_ = np.array([10.5, 11.5, 12.5]), np.array([10.0, 11.0, 12.0])
    bars = bl.Bars.from_arrays(close, open=open_)
    result = bl.Portfolio.from_signals(bars, [True, False, False], size=1, fill=fill)
    assert fills(result, "bar", "price") == [(bought, price)]
    says = result.assumptions["look-ahead"]
    assert says.startswith("possible" if fill == "close" else "none")


def test_bars_without_opens_fill_at_the_next_close():
    bars = bl.Bars.from_arrays([10.0, 11.0])
    result = bl.Portfolio.from_signals(bars, [True, False], size=1)
    assert fills(result, "bar", "price") == [(1, 11)]


def test_own_prices_fill_where_they_are_numbers():
    # None for A on bar 1: the exit waits, the entry lives for the next bar that is priced.
    price = np.array([[NAN, NAN], [NAN, 20.5], [11.5, NAN], [12.5, 22.5]])
    result = signals(price=price, size=2)
    assert fills(result) == [(1, "B", 2, 20.5), (2, "A", 2, 11.5), (3, "A", -2, 12.5), (3, "B", -2, 22.5)]  # fmt: skip


def test_priority_decides_who_is_bought_first():
    bars = flat_bars([10.0] * 2, [10.0] * 2, [10.0] * 2)
    entries = [[True] * 3, [False] * 3]
    result = bl.Portfolio.from_signals(
        bars, entries, size=60, initial_cash=1000, priority=[1.0, NAN, 5.0]
    )
    assert held(result) == {"C": 60, "A": 40}
    assert result.rejections.select("asset", "done").rows() == [("A", 40), ("B", 0)]


def test_of_an_exclusive_group_only_one_is_held():
    entries = np.array([[True, False], [False, True], [False, False], [False, False]])
    result = bl.Portfolio.from_signals(BARS, entries, size=5, exclusive=[["A", "B"]])
    assert fills(result) == [(1, "A", 5, 11), (2, "A", -5, 12), (2, "B", 5, 22)]
    assert result.fills["reason"].to_list() == ["signal", "exclusive", "signal"]


def test_all_cash_is_what_fits_with_its_fee():
    result = signals(size="all_cash", account=bl.Cash(), fees=0.01, initial_cash=1111.0)
    assert fills(result, "asset", "quantity")[0] == ("A", pytest.approx(100))
    assert cash(result)[1] == pytest.approx(0)
    assert reasons(result) == ["insufficient_cash"]


@pytest.mark.parametrize(
    ("unit", "target", "quantity"),
    [("percent", 0.5, 5000), ("value", 3300.0, 330), ("shares", -7.0, -7)],
)
def test_targets_in_each_unit(unit, target, quantity):
    # Of 100,000 at a price of 10; the last target comes too late to fill.
    bars = flat_bars([10, 10, 10])
    result = bl.Portfolio.from_targets(bars, [target, NAN, 0.0], unit=unit, account=bl.RegT())
    assert fills(result) == [(1, "A", pytest.approx(quantity), 10)]
    assert reasons(result) == ["end_of_data"]


def test_target_sizes_fill_up_what_is_missing():
    entries = np.array([True, True, False])
    result = bl.Portfolio.from_signals(
        flat_bars([10, 10, 20]), entries, size=bl.TargetValue(100), rules=bl.Rules(repeat="add")
    )
    assert fills(result) == [(1, "A", 10, 10)]
    more = bl.Portfolio.from_signals(
        flat_bars([10, 10, 5]), entries, size=bl.TargetValue(100), rules=bl.Rules(repeat="add")
    )
    assert fills(more)[1:] == [(2, "A", 10, 5)]


def test_default_size_is_an_equal_share_of_equity():
    result = signals(size=None, account=bl.Cash(), initial_cash=4200)
    assert result.fills["quantity"].to_list()[:2] == near(2100 / 11, 100)
    assert equity(result)[1] == pytest.approx(4200)
