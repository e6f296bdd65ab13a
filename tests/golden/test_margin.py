"""Margin accounts of stocks, worked by hand: Reg T, short sales, calls, bankruptcy."""

import numpy as np
import pytest
from markets import cash, equity, fills, flat_bars, held, incidents, near, orders, reasons

import barledger as bl

REJECT = bl.Rules(insufficient="reject")


def test_reg_t_buys_twice_the_equity_and_not_one_share_more():
    # C14: initial 50 % of 20,000 is the equity of 10,000; maintenance 5,000.
    result = bl.Portfolio.from_orders(
        flat_bars([100, 100]),
        orders((0, "A", 200), (0, "A", 1)),
        account=bl.RegT(),
        initial_cash=10_000,
        rules=REJECT,
    )
    assert reasons(result) == ["insufficient_margin"]
    assert (cash(result)[-1], equity(result)[-1], held(result)) == (-10_000, 10_000, {"A": 200})
    margin = result.margin.row(1, named=True)
    assert [margin[n] for n in ("initial", "maintenance", "buying_power")] == near(10_000, 5000, 0)


def test_a_margin_call_cascades_to_bankruptcy_and_the_debt_stays():
    # C15. Bar 2: 9000 < 9750, n A sold: 9000 >= 0.25 · (39,000 - 60 n), n = 50.
    # Bar 3: 1000 < 7000, all 250 A, then m B: 60 m >= 14,000, m = 234.
    # Bar 4: 66 · 30 - 2960 = -980: bankrupt.
    bars = flat_bars([100, 100, 60, 40, 30], [100, 100, 70, 60, 30])
    wanted = orders((0, "A", 300), (0, "B", 300))
    result = bl.Portfolio.from_orders(bars, wanted, account=bl.RegT(), initial_cash=30_000)
    forced = [(2, "A", -50, 60), (3, "A", -250, 40), (3, "B", -234, 60), (4, "B", -66, 30)]
    assert fills(result)[2:] == forced
    assert cash(result) == [30_000, -30_000, -27_000, -2960, -980]
    assert equity(result) == [30_000, 30_000, 9000, 1000, -980]
    assert result.margin["maintenance"].to_list()[2:] == near(9000, 990, 0)
    assert incidents(result) == ["margin_call", "margin_call", "bankrupt"]


def test_a_reversal_is_one_order_two_fills_and_two_trades():
    # C16: close 100 and open -100 at 50, 5 of fee each: 0 + 10,000 - 10.
    fees = np.array([[0.0], [0.0], [0.001]])
    result = bl.Portfolio.from_orders(
        flat_bars([50] * 3), [100, -200, 0], account=bl.RegT(), initial_cash=5000, fees=fees
    )
    assert fills(result, "order", "quantity", "fee")[1:] == [(1, -100, 5), (1, -100, 5)]
    assert (cash(result)[-1], equity(result)[-1]) == (9990, 4990)
    trades = result.trades.select("status", "direction", "entry_price", "fees", "pnl").rows()
    assert trades == [("closed", "long", 50, 5, -5), ("open", "short", 50, 5, -5)]


def test_a_purchase_on_margin_leaves_a_debit():
    # C17 without its interest, which the engine does not charge yet: 10,000 - 200 · 100.
    bars = flat_bars([100, 100, 100], time=["2026-11-19", "2026-11-20", "2026-11-23"])
    result = bl.Portfolio.from_orders(bars, [200, 0, 0], account=bl.RegT(), initial_cash=10_000)
    assert cash(result) == [10_000, -10_000, -10_000]
    assert equity(result) == [10_000] * 3


def test_short_proceeds_are_no_money_of_ours():
    # C18: 7500 is 150 % of 5000; 30 % · 100 · P is above 7500 - 100 P from P = 57.6923.
    result = bl.Portfolio.from_orders(
        flat_bars([50, 50, 57.69, 57.70]),
        orders((0, "A", -100), (0, "A", -1)),
        account=bl.RegT(margin_call="warn"),
        initial_cash=2500,
        rules=REJECT,
    )
    assert reasons(result) == ["insufficient_margin"]
    assert (cash(result)[1:], equity(result)[1:]) == ([7500] * 3, near(2500, 1731, 1730))
    assert result.margin["maintenance"].to_list()[2:] == near(1730.7, 1731)
    assert result.margin["initial"][1] == pytest.approx(2500)
    assert result.incidents.select("bar", "kind").rows() == [(3, "margin_call")]


@pytest.mark.parametrize(("bankruptcy", "left"), [("debt", -4000), ("floor_at_zero", 0)])
def test_a_short_that_gaps_up_is_bought_back_at_the_open(bankruptcy, left):
    # C19: 20,000 - 200 · 120 = -4000.
    bars = bl.Bars.from_arrays(
        [50.0, 50, 125, 10], open=[50.0, 50, 120, 10], high=[50.0, 50, 130, 10],
        low=[50.0, 50, 118, 10],
    )  # fmt: skip
    account = bl.RegT(bankruptcy=bankruptcy)
    result = bl.Portfolio.from_orders(bars, [-200, 0, 10, 0], account=account, initial_cash=10_000)
    assert fills(result, "bar", "quantity", "price")[1:] == [(2, 200, 120)]
    assert (cash(result)[2:], equity(result)[2:]) == ([left] * 2, [left] * 2)
    assert reasons(result) == ["bankrupt"]
    categories = result.ledger["category"].to_list()
    assert categories == ["trade", "trade", "write_off"][: 2 + (left == 0)]


@pytest.mark.parametrize(
    ("quantity", "price", "needed"),
    [
        (100, 15, 1500),  # P1-01: paid in full
        (100, 30, 2000),  # P1-02: the minimum, not 50 %
        (100, 50, 2500),  # P1-03
        (-10_000, 2, 25_000),  # P1-04: $2.50 a share
        (-1500, 8, 7500),  # P1-05: $5 a share
        (-20, 90, 2000),  # P1-06: the minimum
    ],
)
def test_first_deposit_of_a_margin_account(quantity, price, needed):
    bars = flat_bars([price, price])
    refused, taken = (
        bl.Portfolio.from_orders(
            bars, [quantity, 0], account=bl.RegT(), initial_cash=money, rules=REJECT
        )
        for money in (needed - 0.01, needed)
    )
    assert (reasons(refused), reasons(taken)) == (["insufficient_margin"], [])
    assert held(taken) == {"A": quantity}


@pytest.mark.parametrize(
    ("price", "quantity", "needed"),
    [
        (50.0, -1000, 15_000),  # P1-10: 30 %
        (4.5, -10_000, 45_000),  # P1-11: 100 %
        (4.99, -500, 2495),  # P1-12
        (16.0, -100, 500),  # P1-13: $5 a share
        (3.0, -1000, 3000),  # P1-14
        (12.0, 1000, 3000),  # P1-07: 25 %
    ],
)
def test_maintenance_by_price_and_side(price, quantity, needed):
    bars = flat_bars([price, price])
    result = bl.Portfolio.from_orders(bars, [quantity, 0], account=bl.RegT())
    assert result.margin["maintenance"].to_list() == near(0, needed)


def test_a_long_is_called_below_a_third_above_its_debit():
    # P1-07, P1-08: debit 10,000; the call comes below 10,000 / 0.75 = 13,333.33.
    start = bl.State(cash=-10_000.0, positions={"A": (1000, 20.0)})
    result = bl.Portfolio.from_orders(
        flat_bars([20, 13.34, 13.33, 12]),
        [0.0] * 4,
        account=bl.RegT(margin_call="warn", margin_check="close"),
        start=start,
    )
    assert result.incidents.select("bar", "kind").rows() == [(2, "margin_call")]
    assert result.margin["call_amount"].to_list() == near(0, 0, 2.5, 1000)
    assert equity(result)[-1] == 2000


def test_an_account_of_longs_and_shorts():
    # P1-16: equity 30,000 + 30,000 - 16,600; initial 10,000 + 5,000 + 7,500 + 1,600 (a $4 short
    # needs all of its value); maintenance 5,000 + 2,500 + 4,500 + 1,600.
    start = bl.State(
        cash=30_000.0,
        positions={"A": (200, 100.0), "B": (500, 20.0), "C": (-300, 50.0), "D": (-400, 4.0)},
    )
    bars = flat_bars([100], [20], [50], [4])
    result = bl.Portfolio.from_orders(bars, [[0.0] * 4], account=bl.RegT(), start=start)
    margin = result.margin.row(0, named=True)
    assert equity(result) == [43_400]
    assert (margin["initial"], margin["maintenance"], margin["free"]) == (24_100, 13_600, 19_300)


def test_sma_is_a_high_water_line():
    # P1-15: 4000 - 4000; 8000 - 6000 = 2000, buying 4000; a fall leaves it; 500 for 1000 more.
    bars = flat_bars([80, 80, 120, 90, 90], [100] * 5)
    result = bl.Portfolio.from_orders(
        bars, orders((0, "A", 100), (3, "B", 10)), account=bl.RegT(), initial_cash=4000
    )
    assert result.margin["sma"].to_list() == near(4000, 0, 2000, 2000, 1500)
    assert equity(result) == [4000, 4000, 8000, 5000, 5000]
    assert result[2:].margin["sma"].to_list() == near(2000, 2000, 1500)


def test_sma_counts_money_and_dividends_in_full():
    # 10,000 - 0.5 · 5000, + 1000 paid in, + 50 of dividend, + 0.5 · 5000 of the sale.
    events = bl.Events(cash_flows=[(2, 1000.0)], dividends=[(2, "A", 0.5)])
    bars = flat_bars([50, 50, 50, 50])
    result = bl.Portfolio.from_orders(
        bars, [100, 0, -100, 0], account=bl.RegT(), events=events, initial_cash=10_000
    )
    assert result.margin["sma"].to_list() == near(10_000, 7500, 8550, 11_050)


def test_available_funds_and_excess_liquidity_are_equity_beyond_each_requirement():
    # As P1-24: equity less Σ initial (10,000 of 20,000), and less Σ maintenance (5,000).
    result = bl.Portfolio.from_orders(
        flat_bars([100, 100]), [200, 0], account=bl.RegT(), initial_cash=12_000
    )
    margin = result.margin.row(1, named=True)
    assert (margin["available_funds"], margin["excess_liquidity"]) == (2000, 7000)


def test_house_rates_ask_more_than_the_rule():
    # 35 % of 20,000 to hold, 30 % · 2 and so 60 % of a 2x fund.
    account = bl.RegT(maintenance=0.35)
    fund = bl.Contract(kind="etf", leverage_factor=2.0)
    result = bl.Portfolio.from_orders(
        flat_bars([100, 100], [100, 100], contracts=[None, fund]), [[100, 100], [0, 0]],
        account=account, initial_cash=50_000,
    )  # fmt: skip
    assert result.margin["maintenance"].to_list() == near(0, 3500 + 7000)
