"""Attacks on the accounting: odd prices, fees, lots and gaps, each worked by hand."""

import numpy as np
import pytest
from markets import cash, equity, fills, flat_bars, held, incidents, near, orders, reasons

import barledger as bl

NAN = np.nan
CL = bl.Contract(kind="future", multiplier=1000, tick=0.01, initial=5000)
ACCOUNTS = [bl.Cash(), bl.RegT(), bl.PortfolioMargin()]


def test_an_exit_whose_fee_is_larger_than_its_proceeds_is_done_and_flagged():
    # 1050 - 1000 - 50 = 0; 100 · 0.01 - 50 = -49, and an account below zero is bankrupt.
    result = bl.Portfolio.from_orders(
        flat_bars([10, 10, 0.01]), [100, -100, 0], fees=bl.PercentFee(0.0, fixed=50.0),
        initial_cash=1050,
    )  # fmt: skip
    assert cash(result) == near(1050, 0, -49)
    assert incidents(result) == ["exit_fee", "bankrupt"]
    assert result.trades["pnl"].to_list() == near(-1099)


@pytest.mark.parametrize("account", ACCOUNTS)
def test_without_money_nothing_is_bought(account):
    result = bl.Portfolio.from_orders(flat_bars([10, 10]), [1, 0], account=account, initial_cash=0)
    assert (held(result), cash(result)) == ({}, [0, 0])
    assert reasons(result)[0].startswith("insufficient")


@pytest.mark.parametrize("account", ACCOUNTS)
def test_a_fee_alone_may_be_too_much(account):
    fee = bl.PercentFee(0.0, fixed=60.0)
    result = bl.Portfolio.from_orders(
        flat_bars([10, 10]), [1, 0], account=account, initial_cash=50, fees=fee
    )
    assert (held(result), cash(result), len(result.fills)) == ({}, [50, 50], 0)


def test_tiny_lots_of_a_coin_are_whole_lots():
    # 1000 / (43,210.123 · 1.001) = 0.023119602…: 2,311,960 lots of 1e-8.
    coin = bl.Contract(kind="coin", lot=1e-8)
    result = bl.Portfolio.from_signals(
        flat_bars([43_210.123, 43_210.123, 40_000], contracts=coin), [True, False, False],
        [False, True, False], size="all_cash", fees=0.001, initial_cash=1000,
    )  # fmt: skip
    lots = result.fills["quantity"] / 1e-8
    assert lots.to_list() == near(2_311_960, -2_311_960)
    assert 0 <= cash(result)[1] < 43_210.123 * 1.001 * 1e-8
    assert held(result) == {}


def test_lots_that_are_no_binary_fractions_leave_no_dust():
    tenth = bl.Contract(lot=0.1)
    result = bl.Portfolio.from_orders(flat_bars([10.0] * 4, contracts=tenth), [0.3, -0.1, -0.2, 0])
    assert result.fills["quantity"].to_list() == near(0.3, -0.1, -0.2)
    assert (held(result), result.margin["initial"][-1]) == ({}, 0.0)
    assert result.trades["status"].to_list() == ["closed"]


def test_a_reversal_slips_twice_in_the_same_direction():
    # Buy at 10.10, sell 200 at 9.90 in two legs, buy back at 10.10: 20 lost on each side.
    result = bl.Portfolio.from_orders(
        flat_bars([10] * 4), [100, -200, 100, 0], slippage=0.01, account=bl.RegT(),
        initial_cash=10_000,
    )  # fmt: skip
    assert fills(result, "quantity", "price") == [(100, 10.1), (-100, 9.9), (-100, 9.9), (100, 10.1)]  # fmt: skip
    assert result.trades["pnl"].to_list() == near(-20, -20)
    assert cash(result)[-1] == pytest.approx(9960)
    assert result.stats()["slippage"][0] == pytest.approx(40)


def test_a_fraction_of_a_short_share_is_paid_by_the_short():
    # -15 at 100 become -1.5 at 1000: half a share, 500, is paid, -1 stays.
    events = bl.Events(splits=[(2, "A", 0.1)])
    bars = flat_bars([100, 100, 1000, 1000], contracts=bl.Contract(lot=1))
    result = bl.Portfolio.from_orders(
        bars, [-15, 0, 0, 0], events=events, account=bl.RegT(), initial_cash=50_000
    )
    assert (held(result), equity(result)) == ({"A": -1}, [50_000] * 4)
    assert cash(result) == [50_000, 51_500, 51_000, 51_000]


def test_a_split_over_a_missing_price_keeps_the_value():
    events = bl.Events(splits=[(2, "A", 2.0)])
    result = bl.Portfolio.from_orders(
        flat_bars([100, 100, NAN, 60]), [10, 0, 0, 0], events=events, initial_cash=1000
    )
    assert equity(result) == [1000, 1000, 1000, 1200]


def test_a_short_future_below_zero():
    # Sold at 10, bought at -37.63: 47,630; the fee is on the size of the notional.
    result = bl.Portfolio.from_orders(
        flat_bars([10, 10, -37.63, -37.63], contracts=CL), [-1, 1, 0, 0], fees=0.001,
        account=bl.FuturesMargin(), slippage=bl.Slippage(ticks=2),
    )  # fmt: skip
    assert fills(result, "price", "fee") == [(9.98, pytest.approx(9.98)), (-37.61, pytest.approx(37.61))]  # fmt: skip
    assert result.trades["pnl"].to_list() == near(47_590 - 9.98 - 37.61)
    assert equity(result)[-1] == pytest.approx(100_000 + 47_590 - 47.59)


@pytest.mark.parametrize(("price", "contracts"), [(-10, 2), (0, None), (10, 2)])
def test_a_size_in_money_at_any_sign_of_the_price(price, contracts):
    # 25,000 / (10 · 1000), cut to whole contracts; a price of 0 has no size.
    result = bl.Portfolio.from_signals(
        flat_bars([price] * 2, contracts=CL), [True, False], size=bl.Value(25_000),
        account=bl.FuturesMargin(),
    )  # fmt: skip
    assert held(result) == ({"A": contracts} if contracts else {})


def test_margin_and_exposure_of_a_negative_price_are_positive():
    contract = bl.Contract(kind="future", multiplier=1000, initial=0.1, margin_unit="notional")
    result = bl.Portfolio.from_orders(
        flat_bars([-10, -10], contracts=contract), [5, 0], account=bl.FuturesMargin()
    )
    assert result.margin["initial"][1] == pytest.approx(5000)
    assert result.exposure.select("gross", "net").row(1) == (50_000, -50_000)


def test_a_missing_price_carries_the_mark_and_the_exit_waits():
    result = bl.Portfolio.from_orders(
        flat_bars([10, 10, NAN, NAN, 8]), [100, -100, 0, 0, 0], initial_cash=1000
    )
    assert equity(result) == [1000, 1000, 1000, 1000, 800]
    assert fills(result) == [(1, "A", 100, 10), (4, "A", -100, 8)]


def test_an_asset_that_is_never_priced_again_stays_on_the_books():
    result = bl.Portfolio.from_orders(
        flat_bars([10, 10, 12, NAN, NAN]), [100, 0, -100, 0, 0], initial_cash=1000
    )
    assert (equity(result)[-1], held(result)) == (1200, {"A": 100})
    assert reasons(result) == ["end_of_data"]
    assert result.trades.select("pnl", "status").row(0) == (200, "open")


def test_what_a_start_owes_is_owed_still():
    # Short 100 at 50 with 10,000 of cash; at 60 covering costs 6000.
    start = bl.State(cash=10_000.0, positions={"A": (-100, 50.0)})
    result = bl.Portfolio.from_orders(
        flat_bars([60, 60]), [100, 0], account=bl.RegT(), start=start, fees=0.001
    )
    assert (equity(result), held(result)) == (near(4000, 3994), {})
    assert result.trades.select("direction", "pnl").row(0) == ("short", pytest.approx(-1006))


def test_a_start_under_water_is_bankrupt_at_the_first_open():
    start = bl.State(cash=1000.0, positions={"A": (-100, 50.0)})
    result = bl.Portfolio.from_orders(
        flat_bars([50, 50]), [NAN, NAN], account=bl.RegT(), start=start
    )
    assert incidents(result) == ["bankrupt"]
    assert (fills(result), cash(result)) == ([(0, "A", 100, 50)], [-4000, -4000])


def test_a_future_held_over_a_weekend_settles_on_mondays_close():
    days = ["2024-03-08", "2024-03-11", "2024-03-12"]
    result = bl.Portfolio.from_orders(
        flat_bars([70, 70, 71], time=days, contracts=CL, calendar="XNYS"), [2, 0, 0],
        account=bl.FuturesMargin(),
    )  # fmt: skip
    assert result.ledger.select("bar", "category", "amount").rows() == [(2, "variation", 2000)]


def test_hourly_futures_settle_on_the_last_bar_of_each_date():
    hours = ["2024-03-05T10", "2024-03-05T15", "2024-03-06T10", "2024-03-06T15"]
    result = bl.Portfolio.from_orders(
        flat_bars([70, 71, 72, 75], time=hours, contracts=CL), [1, 0, 0, 0],
        account=bl.FuturesMargin(),
    )  # fmt: skip
    # Bought at 71 on the last bar of a date: nothing to settle; then 72 is not settled, 75 is.
    assert result.ledger.select("bar", "amount").rows() == [(3, 4000)]
    assert equity(result) == [100_000, 100_000, 101_000, 104_000]


def test_two_orders_of_one_asset_at_one_instant_close_what_is_held_once():
    # 60 and 60 against 100: 60, 40, and 20 opened short.
    result = bl.Portfolio.from_orders(
        flat_bars([10] * 3), orders((0, "A", 100), (1, "A", -60), (1, "A", -60)),
        account=bl.RegT(), initial_cash=10_000,
    )  # fmt: skip
    assert fills(result, "order", "quantity", "closes") == [
        (0, 100, False), (1, -60, True), (2, -40, True), (2, -20, False),
    ]  # fmt: skip


def test_a_cash_account_sells_no_more_than_it_has():
    result = bl.Portfolio.from_orders(flat_bars([10] * 3), [5, -8, 0])
    assert fills(result, "quantity") == [(5,), (-5,)]
    assert reasons(result) == ["not_in_cash_account"]
    assert result.orders.select("quantity", "filled", "state").row(1) == (-8, -5, "partly_filled")


def test_money_of_very_different_sizes_is_not_lost():
    # A share of 1e-4 beside one of 1e6, 1e9 of cash.
    result = bl.Portfolio.from_orders(
        flat_bars([1e-4] * 3, [1e6] * 3), [[3.0, 400.0], [-3.0, -400.0], [0, 0]],
        initial_cash=1e9, fees=0.001,
    )  # fmt: skip
    assert cash(result)[-1] == pytest.approx(1e9 - 2 * 0.001 * (3e-4 + 4e8), rel=1e-15)
    assert held(result) == {}
