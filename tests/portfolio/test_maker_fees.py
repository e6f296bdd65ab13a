"""Makers and takers: who is one, what each pays, and where a rebate shows."""

import numpy as np
import polars as pl
import pytest
from markets import FIRST
from markets import SWING as BARS

import barledger as bl

FEES = bl.PercentFee(0.001, maker=-0.0002)


def fills(fees=FEES, bars=BARS, size=10, **options):
    """Fills as (bar, price, fee, maker)."""
    result = bl.Portfolio.from_signals(bars, FIRST, size=size, fees=fees, **options)
    rows = result.fills.select("bar", "price", "fee", "maker").rows()
    return [(bar, price, round(fee, 9), maker) for bar, price, fee, maker in rows]


def test_an_order_at_the_market_takes():
    assert fills() == [(1, 100.0, 1.0, False)]


def test_a_limit_that_the_range_comes_to_makes():
    # 10 bought at 98: a rebate of 0.02 % of 980.
    assert fills(orders=bl.Limit(98.0)) == [(1, 98.0, -0.196, True)]


def test_a_limit_that_the_open_has_passed_takes():
    assert fills(orders=bl.Limit(100.5)) == [(1, 100.0, 1.0, False)]  # marketable when it comes
    assert fills(orders=bl.Limit(94.0)) == [(4, 90.0, 0.9, False)]  # gapped through


def test_a_target_makes_and_a_stop_takes():
    target = fills(orders=bl.Bracket(bl.Limit(98.0), stop=95.5, target=105.0))
    assert target == [(1, 98.0, -0.196, True), (2, 105.0, -0.21, True)]
    stop = fills(orders=bl.Bracket(bl.Limit(98.0), stop=95.5))
    assert stop == [(1, 98.0, -0.196, True), (3, 95.5, 0.955, False)]


def test_a_stop_limit_makes_once_it_rests():
    # Armed at 101 on the way up, filled when the price comes back to 99.5 (bar 2).
    assert fills(orders=bl.StopLimit(101.0, 99.5))[0] == (2, 99.5, -0.199, True)
    # Armed at 101 below its limit of 102: it takes what it meets.
    assert fills(orders=bl.StopLimit(101.0, 102.0))[0] == (1, 101.0, 1.01, False)


def test_makers_pay_their_own_money_a_contract():
    fees = bl.PerUnitFee(0.5, maker=-0.2, fixed=1.0)
    assert fills(fees) == [(1, 100.0, 6.0, False)]
    assert fills(fees, orders=bl.Limit(98.0)) == [(1, 98.0, -1.0, True)]


def test_each_part_of_a_carried_order_pays_its_own():
    bars = bl.Bars.from_arrays(
        [100.0, 99.0, 98.0],
        open=[100.0, 99.0, 97.0],
        high=[100.0, 100.0, 99.0],
        low=[100.0, 97.5, 96.0],
        volume=[100.0, 60.0, 100.0],
        assets=["A"],
    )
    signal = np.array([True, False, False])
    result = bl.Portfolio.from_signals(
        bars, signal, size=10, fees=bl.PercentFee(0.001, fixed=1.0, maker=-0.0002),
        orders=bl.Limit(98.0), liquidity=bl.Liquidity(share=0.1),
    )  # fmt: skip
    # 6 made at 98 with the fixed money; 4 taken at the open of 97 without it.
    assert result.fills.select("quantity", "price", "maker").rows() == [
        (6.0, 98.0, True), (4.0, 97.0, False),
    ]  # fmt: skip
    assert result.fills["fee"].to_list() == pytest.approx([1.0 - 6 * 98 * 0.0002, 4 * 97 * 0.001])


@pytest.mark.parametrize("maker", [-0.0002, [0.0004, -0.0002]])
def test_makers_pay_the_rate_of_the_month_s_tier(maker):
    # 1000 bought at the market at the first tier's rate, then a limit at 98 in the second.
    fee = bl.TieredFee([(0, 0.001), (900, 0.0005)], by="month", maker=maker)
    bars = bl.Bars.from_arrays(
        [100.0, 100, 99, 99],
        open=[100.0, 100, 100, 99],
        high=[100.0, 100, 100, 99],
        low=[100.0, 100, 97.5, 99],
        time=np.arange("2024-03-04", "2024-03-08", dtype="datetime64[D]"),
        assets=["A"],
    )
    orders = pl.DataFrame(
        {
            "bar": [0, 1, 2],
            "asset": ["A", "A", "A"],
            "quantity": [10.0, 10.0, -20.0],
            "kind": ["market", "limit", "market"],
            "price": [None, 98.0, None],
        }
    )
    result = bl.Portfolio.from_orders(bars, orders, fees=fee)
    assert result.fills.select("price", "maker").rows() == [(100, False), (98, True), (99, False)]
    assert result.fills["fee"].to_list() == pytest.approx(
        [1000 * 0.001, 980 * -0.0002, 1980 * 0.0005]
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"maker": -0.1}, "TieredFee maker needs by='month'"),
        ({"maker": [0.1, 0.1], "by": "month"}, "one for each of the 1 tiers"),
        ({"maker": 0.1, "by": "month", "minimum": 1.0}, "maker cannot be had with a minimum"),
        ({"maker": [-2.0], "by": "month"}, "fees maker must be > -1"),
    ],
)
def test_bad_tiers_of_makers_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        bl.TieredFee([(0, 0.001)], **given)


def test_a_rebate_is_cash_and_a_fee_below_zero():
    result = bl.Portfolio.from_signals(BARS, FIRST, size=10, fees=FEES, orders=bl.Limit(98.0))
    ledger = result.ledger.select("category", "amount").rows()
    assert ("fee", pytest.approx(0.196)) in ledger
    assert result.cash["cash"][1] == pytest.approx(100_000 - 980 + 0.196)
    assert result.stats()["fees"][0] == pytest.approx(-0.196)
    assert "rebate of 0.20" in result.explain("A", 1)


def test_all_the_cash_buys_more_with_a_rebate():
    # 980 a unit of 10, less 0.02 %: 100,000 / (98 · 0.9998).
    result = bl.Portfolio.from_signals(BARS, FIRST, size="all_cash", fees=FEES, orders=bl.Limit(98))
    assert result.fills["quantity"][0] == pytest.approx(100_000 / (98 * 0.9998), rel=1e-12)
    assert result.cash["cash"][1] == pytest.approx(0.0, abs=1e-4)


def test_perpetuals_pay_makers_and_takers_too():
    contract = bl.Contract(kind="perpetual", maintenance=0.005, initial=0.1)
    bars = bl.Bars.from_arrays(
        BARS.close, open=BARS.open, high=BARS.high, low=BARS.low, assets=["A"], contracts=[contract]
    )
    made = fills(bars=bars, orders=bl.Limit(98.0), account=bl.PerpCross(leverage=5))
    assert made == [(1, 98.0, -0.196, True)]


@pytest.mark.parametrize(
    ("fee", "arguments", "message"),
    [
        (bl.PercentFee, {"maker": -1.5}, "fees maker must be > -1, was -1.5"),
        (bl.PercentFee, {"maker": -0.1, "minimum": 1.0}, "maker cannot be had with a minimum"),
        (bl.PerUnitFee, {"maker": np.nan}, "fees maker must be finite"),
        (bl.PerUnitFee, {"maker": -0.1, "maximum": 3.0}, "maker cannot be had with a maximum"),
    ],
)
def test_bad_fees_of_makers_are_refused(fee, arguments, message):
    with pytest.raises(ValueError, match=message):
        fee(0.001, **arguments)
