"""Corners of the laws, each worked by hand on a handful of bars."""

import math
from datetime import date

import pytest

from barledger.accounts import Cash, PortfolioMargin, RegT, Unlimited
from barledger.instruments.contract import Contract
from barledger.options import (
    PercentFee,
    PercentOfCash,
    PercentOfEquity,
    PerUnitFee,
    Rules,
    TieredFee,
)
from barledger.risk import RiskLimits

from .kernel import simulate_both as simulate
from .market import Market, Wishes
from .test_oracle import ES, WHOLE, fills, flat_bars, money, orders, quantities, states

NAN = float("nan")
MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)


def test_a_purchase_with_unsettled_cash_sold_too_early_is_a_violation():
    # Monday: A sold for 1,000, B bought with it and sold again; on Tuesday it would have been fine.
    market = flat_bars([10] * 4, [20] * 4, dates=[MONDAY, MONDAY, MONDAY, TUESDAY])
    account = Cash(settlement_days=1, unsettled="spend")
    start = {"initial_cash": 0, "positions": {0: (100, 10)}}
    wishes = orders((0, 0, -100), (0, 1, 50), (1, 1, -20), (2, 1, -30))
    out = simulate(market, wishes, account=account, **start)
    assert [(i["bar"], i["kind"], i["amount"]) for i in out.incidents] == [
        (2, "good_faith_violation", 20)
    ]
    assert out.settled == money(0, -1000, -1000, 400)


def test_an_exit_waits_for_a_price_and_an_entry_does_not_replace_it():
    no, yes = [[False]] * 4, [[True]]
    market = Market([[10], [NAN], [12], [13]], None, None, [[10], [11], [12], [13]])
    signals = (no[:1] + yes + no[:2], yes + no[:3], no, no)
    out = simulate(
        market,
        Wishes(signals=signals),
        account=Cash(),
        rules=Rules(repeat="add"),
        positions={0: (5, 10)},
    )
    assert fills(out) == [(2, 0, -5, 12)]
    assert states(out) == [("rejected", "exit_waiting"), ("filled", "none")]


def test_opening_a_member_of_a_group_closes_the_other_or_is_blocked():
    market = flat_bars([10, 10], [20, 20])
    options = {"account": Cash(), "exclusive": [[0, 1]], "positions": {0: (5, 10)}}
    out = simulate(market, orders((0, 1, 3)), **options)
    assert fills(out) == [(1, 0, -5, 10), (1, 1, 3, 20)]
    assert [o["cause"] for o in out.orders] == ["exclusive", "order"]
    market.tradable = [[True, True], [False, True]]
    out = simulate(market, orders((0, 1, 3)), **options)
    assert states(out) == [("rejected", "exclusive_blocked")]


@pytest.mark.parametrize(("reversal", "left"), [("split", -99), ("atomic", 50)])
def test_an_atomic_reversal_stands_or_falls_as_a_whole(reversal, left):
    # Equity 990 + 50 · 10 - 500 = 990 allows 0.5 · 20 · q <= 990: 99 shares short, not 150.
    market = flat_bars([10, 20], contracts=[WHOLE])
    out = simulate(
        market,
        orders((0, 0, -200)),
        account=RegT(minimum_equity=0),
        rules=Rules(reversal=reversal),
        initial_cash=-10,
        positions={0: (50, 10)},
    )
    assert quantities(out) == {0: left}
    assert out.orders[0]["reason"] == "insufficient_margin"


def test_a_split_scales_positions_and_waiting_orders_and_pays_the_fraction():
    # 15 · 0.5 = 7.5: 7 are held on, 0.5 · 20 is paid; the waiting 4 become 2.
    market = Market([[10], [NAN], [20]], None, None, [[10], [NAN], [20]], contracts=[WHOLE])
    out = simulate(
        market,
        orders((0, 0, 4)),
        account=Cash(),
        splits=[(2, 0, 0.5)],
        initial_cash=100,
        positions={0: (15, 10)},
    )
    assert [(e["category"], e["amount"]) for e in out.entries] == [("cash_in_lieu", 10)]
    assert fills(out) == [(2, 0, 2, 20)]
    assert out.positions[0] == pytest.approx((9, 20, 0, 20))
    assert out.cash[-1] == pytest.approx(70)


@pytest.mark.parametrize(
    ("cash", "wanted", "held"),
    [(1500, 20, 15), (3000, 70, 60), (1500, -1, 0), (2000, -1, -1)],
)
def test_reg_t_asks_for_two_thousand_to_borrow_or_be_short(cash, wanted, held):
    # At 100: 1,500 buys 15 for cash; 3,000 buys 60 on margin; a short needs 2,000.
    market = flat_bars([100, 100], contracts=[WHOLE])
    out = simulate(market, orders((0, 0, wanted)), account=RegT(), initial_cash=cash)
    assert quantities(out).get(0, 0) == held


def test_a_standing_call_lapses_when_the_next_open_has_recovered():
    # 100 shares, 5,000 borrowed: 6,000 - 5,000 < 25 % of 6,000; at 80 all is well again.
    market = Market([[100], [100], [80]], None, None, [[100], [60], [80]])
    out = simulate(
        market,
        orders((0, 0, 100)),
        account=RegT(margin_call="next_open"),
        initial_cash=5000,
    )
    assert [i["kind"] for i in out.incidents] == ["margin_call"]
    assert len(out.fills) == 1


def test_extremes_liquidate_at_the_low():
    # Low 60: equity 1,000 < 1,500; n shares sold leave 15 (100 - n) <= 1,000: n = 34.
    market = Market([[100], [100]], [[100], [100]], [[100], [60]], [[100], [95]])
    out = simulate(
        market,
        orders((0, 0, 100)),
        account=RegT(margin_check="extremes"),
        initial_cash=5000,
    )
    assert fills(out) == [(1, 0, 100, 100), (1, 0, -34, 60)]


def test_a_coin_is_liquidated_by_the_exact_amount():
    # 82: equity 700 < 1,025; 700 = 12.5 % of 82 (100 - q).
    out = simulate(
        flat_bars([100, 100, 82], contracts=[Contract(kind="coin")]),
        orders((0, 0, 100)),
        account=PortfolioMargin(max_leverage=4),
        initial_cash=2500,
    )
    assert quantities(out) == pytest.approx({0: 700 / 10.25})


def test_a_daily_loss_halts_entries_for_the_rest_of_the_day():
    market = flat_bars(
        [100, 100, 90, 90, 90], dates=[MONDAY, TUESDAY, TUESDAY, TUESDAY, date(2026, 3, 4)]
    )
    out = simulate(
        market,
        orders((0, 0, 10), (2, 0, 1), (3, 0, 1)),
        account=Cash(),
        limits=RiskLimits(max_daily_loss=0.05),
        initial_cash=1000,
        flows=[(4, 90)],
    )
    assert [o["reason"] for o in out.orders] == ["none", "halted", "none"]
    assert [(i["bar"], i["kind"]) for i in out.incidents] == [(2, "halt")]


def test_a_withdrawal_is_cut_to_what_the_requirements_leave():
    # 10,000 of stock need 5,000 of the 8,000.
    out = simulate(
        flat_bars([100, 100, 100]),
        orders((0, 0, 100)),
        account=RegT(),
        flows=[(2, -4000)],
        initial_cash=8000,
    )
    assert [e["amount"] for e in out.entries] == money(-3000)
    assert [(i["kind"], i["amount"], i["level"]) for i in out.incidents] == [
        ("withdrawal_cut", 4000, 3000)
    ]


def test_a_monthly_tier_looks_at_what_was_traded_before():
    fees = TieredFee([(0, 0.002), (1000, 0.001)], by="month")
    dates = [date(2026, 1, 28), date(2026, 1, 29), date(2026, 1, 30), date(2026, 2, 2)]
    wishes = orders((0, 0, 10), (1, 0, 10), (2, 0, 10))
    out = simulate(flat_bars([100] * 4, dates=dates), wishes, account=Cash(), fees=fees)
    assert [f["fee"] for f in out.fills] == money(2, 1, 2)


def test_proceeds_of_the_next_bar_leave_a_rotation_without_money():
    out = simulate(
        flat_bars([10, 10], [20, 20]),
        orders((0, 0, -10), (0, 1, 6)),
        account=Cash(),
        rules=Rules(proceeds="next_bar"),
        initial_cash=40,
        positions={0: (10, 10)},
    )
    assert quantities(out) == {1: 2}


def test_a_target_through_zero_closes_all_and_opens_the_rest():
    # -50 % of 2,000 at 20 is -50.
    out = simulate(
        flat_bars([20, 20]),
        Wishes(targets=[[-0.5], [NAN]]),
        account=PortfolioMargin(),
        initial_cash=1000,
        positions={0: (50, 20)},
    )
    assert fills(out) == [(1, 0, -50, 20), (1, 0, -50, 20)]
    assert out.orders[0]["quantity"] == -100


def test_percent_of_cash_pays_its_fee_out_of_the_share():
    # 50 · q · 1.01 = 505: 10 shares; then half of 505 is 5.
    signals = ([[True, True], [False, False]], *[[[False, False]] * 2] * 3)
    out = simulate(
        flat_bars([50, 50], [50, 50]),
        Wishes(signals=signals),
        account=Cash(),
        size=PercentOfCash(0.5),
        fees=0.01,
        initial_cash=1010,
    )
    assert [f["quantity"] for f in out.fills] == money(10, 5)


def test_a_decision_sizes_by_its_own_close_and_equity():
    signals = ([[True], [False]], *[[[False]] * 2] * 3)
    market = Market([[100], [50]], None, None, [[100], [50]])
    for size_at, quantity in (("fill", 10), ("decision", 5)):
        out = simulate(
            market,
            Wishes(signals=signals),
            account=Cash(),
            size=PercentOfEquity(0.5),
            rules=Rules(size_at=size_at),
            initial_cash=1000,
        )
        assert quantities(out) == {0: quantity}


def test_a_short_future_mirrors_a_long_one():
    rows = [[5000.0], [5000.0], [5010.0]]
    market = Market(rows, rows, rows, rows, settlement=[[NAN], [5020.0], [NAN]], contracts=[ES])
    for side in (1, -1):
        out = simulate(
            market,
            orders((0, 0, side), (1, 0, -side)),
            account=Unlimited(),
            initial_cash=0,
        )
        assert out.cash == money(0, side * 1000, side * 500)


def test_a_sale_smaller_than_its_fee_leaves_a_flagged_debt():
    # 1 share at 2 sold for a fee of 3: cash -1, and a cash account without equity is bankrupt.
    out = simulate(
        flat_bars([2, 2], contracts=[Contract()]),
        orders((0, 0, -1)),
        account=Cash(),
        fees=PerUnitFee(0, minimum=3),
        initial_cash=0,
        positions={0: (1, 2)},
    )
    assert out.cash == money(0, -1)
    assert [i["kind"] for i in out.incidents] == ["exit_fee", "bankrupt"]


def test_a_short_that_is_worth_nothing_moves_no_net_exposure():
    # Sold at 0.20 rounded down to 0: net stays 0, so max_net is not tested, whatever the fee.
    penny = Contract(kind="future", multiplier=5, tick=0.25, initial=1.0)
    out = simulate(
        flat_bars([0.2, 0.2, 0.2], contracts=[penny]),
        orders((0, 0, -10)),
        account=Unlimited(),
        fees=PercentFee(0.0, minimum=2.0),
        limits=RiskLimits(max_net=0.6),
        initial_cash=1.0,
    )
    assert fills(out) == [(1, 0, -10, 0.0)]


def test_all_that_fits_of_what_sells_at_zero_is_too_small():
    # Sold at 0.20 rounded down to 0; Reg T asks 2.50 a share, but there is nothing to sell for.
    never, now = [[False], [False]], [[True], [False]]
    out = simulate(
        flat_bars([0.2, 0.2], contracts=[Contract(tick=0.25)]),
        Wishes(signals=[never, never, now, never]),
        account=RegT(minimum_equity=0),
        size=math.inf,
    )
    assert states(out) == [("rejected", "min_notional")]
