"""Cash accounts, worked by hand: costs, clipping, who gets the cash, settlement, cost basis."""

import numpy as np
import pytest
from markets import cash, equity, fills, flat_bars, held, near, orders, reasons

import barledger as bl

WHOLE = bl.Contract(lot=1)


def test_slippage_comes_first_and_the_fee_is_on_the_slipped_notional():
    # C01: buy 50 at 100 · 1.001 = 100.10, fee 5.005; sell at 104 · 0.999 = 103.896, fee 5.1948.
    bars = bl.Bars.from_arrays(
        [100.0, 102, 104], open=[100.0, 100, 104], high=[100.0, 103, 105], low=[100.0, 99, 103]
    )
    result = bl.Portfolio.from_orders(
        bars, [50, -50, np.nan], fees=0.001, slippage=0.001, initial_cash=10_000
    )
    assert result.fills["price"].to_list() == near(100.10, 103.896)
    assert result.fills["fee"].to_list() == near(5.005, 5.1948)
    assert cash(result) == near(10_000, 4989.995, 10179.6002)
    assert equity(result) == near(10_000, 10089.995, 10179.6002)
    assert result.trades["pnl"].to_list() == near(179.6002)


def test_fee_per_share_keeps_its_minimum_and_its_maximum():
    # C02: 100 · 0.005 = 0.50 is raised to 1; 1000 · 0.005 = 5; 5 is cut to 0.5 % of 300 = 1.50.
    bars = flat_bars([50, 50], [50, 50], [0.30, 0.30])
    fee = bl.PerUnitFee(0.005, minimum=1.0, maximum_rate=0.005)
    result = bl.Portfolio.from_orders(bars, [[100, 1000, 1000], [np.nan] * 3], fees=fee)
    assert result.fills["fee"].to_list() == near(1.0, 5.0, 1.5)
    assert cash(result)[-1] == pytest.approx(44_692.50)
    assert equity(result)[-1] == pytest.approx(99_992.50)


def test_an_order_beyond_the_cash_is_refused():
    # C03: 20 · 60 = 1200 > 1000.
    result = bl.Portfolio.from_orders(
        flat_bars([60, 60]), [20, 0], initial_cash=1000, rules=bl.Rules(insufficient="reject")
    )
    assert reasons(result) == ["insufficient_cash"]
    assert (cash(result), held(result), fills(result)) == ([1000, 1000], {}, [])


def test_an_order_beyond_the_cash_is_cut_to_whole_shares():
    # C03, clip: floor(1000 / 60) = 16, 40 left.
    bars = flat_bars([60, 60], contracts=WHOLE)
    result = bl.Portfolio.from_orders(bars, [20, 0], initial_cash=1000)
    assert fills(result) == [(1, "A", 16, 60)]
    assert cash(result) == [1000, 40]
    assert equity(result) == [1000, 1000]


def rotation(**options):
    """C04: A is sold at 60 and B bought at 30 on one bar, A having cost all there was."""
    bars = flat_bars([50, 50, 60], [30, 30, 30], contracts=WHOLE)
    wanted = orders((0, "A", 100), (1, "B", 200), (1, "A", -100))
    return bl.Portfolio.from_orders(bars, wanted, initial_cash=5000, **options)


def test_exits_pay_for_entries_of_the_same_instant():
    # 100 · 60 = 6000 = 200 · 30.
    result = rotation()
    assert fills(result)[1:] == [(2, "A", -100, 60), (2, "B", 200, 30)]
    assert (cash(result), equity(result)) == ([5000, 0, 0], [5000, 5000, 6000])
    assert held(result) == {"B": 200}


def test_an_entry_before_its_exit_finds_no_cash():
    sequence = np.broadcast_to([1, 0], (3, 2))
    result = rotation(rules=bl.Rules(sequence=sequence, insufficient="reject"))
    assert reasons(result) == ["insufficient_cash"]
    assert (cash(result)[-1], held(result)) == (6000, {})


def test_the_fee_is_part_of_what_must_fit():
    # Free on bar 2: 6000 - 6; a share costs 30.03: floor(5994 / 30.03) = 199, fee 5.97.
    result = rotation(fees=np.array([[0.0], [0.0], [0.001]]))
    assert fills(result, "asset", "quantity", "fee")[2] == ("B", 199, pytest.approx(5.97))
    assert cash(result)[-1] == pytest.approx(18.03)
    assert equity(result)[-1] == pytest.approx(5988.03)


def competition(insufficient="clip", allocation="in_order", **options):
    """C05: after A's exit 3000 are free; B and C want 2000 each."""
    bars = flat_bars([40] * 3, [20] * 3, [50] * 3, contracts=WHOLE)
    wanted = [[50, 0, 0], [-50, 100, 40], [0, 0, 0]]
    rules = bl.Rules(insufficient=insufficient, allocation=allocation)
    return bl.Portfolio.from_orders(bars, wanted, initial_cash=3000, rules=rules, **options)


@pytest.mark.parametrize(
    ("options", "expected", "left"),
    [
        ({}, {"B": 100, "C": 20}, 0),
        ({"insufficient": "reject"}, {"B": 100}, 1000),
        ({"allocation": "proportional"}, {"B": 75, "C": 30}, 0),  # 3000 / 4000 = 0.75 of each
        ({"allocation": "priority", "priority": [1, 1, 9]}, {"B": 50, "C": 40}, 0),
    ],
)
def test_who_gets_the_cash(options, expected, left):
    result = competition(**options)
    assert (held(result), cash(result)[-1]) == (expected, left)
    assert equity(result) == [3000] * 3


def sale_before(days, account, second):
    """C06: 100 A are sold for 5000 with 200 settled; 100 B, worth 3000, are wanted twice."""
    bars = flat_bars([50] * 3, [30] * 3, time=days, calendar="XNYS")
    wanted = orders((0, "A", -100), (0, "B", 100), (1, "B", 100 if second else 0))
    start = bl.State(cash=200.0, positions={"A": (100, 50.0)})
    rules = bl.Rules(insufficient="reject")
    return bl.Portfolio.from_orders(bars, wanted, account=account, start=start, rules=rules)


def test_fridays_sale_is_spendable_on_monday():
    result = sale_before(["2026-11-19", "2026-11-20", "2026-11-23"], bl.Cash(settlement_days=1), 1)
    assert reasons(result) == ["insufficient_cash"]
    assert result.cash["settled"].to_list() == [200, 200, 2200]
    assert result.cash["unsettled"].to_list() == [0, 5000, 0]
    assert (equity(result), held(result)) == ([5200] * 3, {"B": 100})


def test_settlement_skips_the_holiday():
    # Sold on Wednesday; Thursday 2026-11-26 is Thanksgiving: settled on Friday.
    result = sale_before(["2026-11-24", "2026-11-25", "2026-11-27"], bl.Cash(settlement_days=1), 0)
    assert result.cash["settled"].to_list() == [200, 200, 5200]


def test_two_days_to_settle_before_2024():
    # Sold on Monday 2024-05-20, settled on Wednesday 2024-05-22.
    days = ["2024-05-17", "2024-05-20", "2024-05-21"]
    result = sale_before(days, bl.Cash(settlement_days="by_date"), 0)
    assert result.cash["settled"].to_list() == [200, 200, 200]
    assert result.state.unsettled == ((np.datetime64("2024-05-22"), 5000.0),)


@pytest.mark.parametrize(
    ("trade", "days", "settled"),
    [
        ("2024-05-28", 1, "2024-05-29"),
        ("2024-05-24", 2, "2024-05-29"),  # Memorial Day between
        ("2026-07-02", 1, "2026-07-06"),  # Independence Day observed on Friday
        ("2026-12-24", 1, "2026-12-28"),  # Christmas on a Friday
    ],
)
def test_settlement_dates_of_the_exchange(trade, days, settled):
    # P1-20 to P1-23.
    before = np.datetime64(trade) - np.timedelta64(1, "D")
    bars = flat_bars([50, 50], time=[str(before), trade], calendar="XNYS")
    start = bl.State(cash=0.0, positions={"A": (10, 50.0)})
    account = bl.Cash(settlement_days=days)
    result = bl.Portfolio.from_orders(bars, [-10, 0], account=account, start=start)
    assert result.state.unsettled == ((np.datetime64(settled), 500.0),)


@pytest.mark.parametrize(
    ("basis", "realised", "unrealised"), [("average", 300, 100), ("fifo", 350, 50)]
)
def test_cost_basis_splits_the_same_total_differently(basis, realised, unrealised):
    # C07: 100 at 10 and 100 at 12, 150 sold at 13: 150 · 2, or 100 · 3 + 50 · 1; 400 in all.
    bars = flat_bars([10, 10, 12, 13])
    result = bl.Portfolio.from_orders(
        bars, [100, 100, -150, 0], initial_cash=10_000, rules=bl.Rules(cost_basis=basis)
    )
    pnl = result.trades["pnl"].sum()
    assert (cash(result)[-1], equity(result)[-1], pnl) == (9750, 10_400, 400)
    assert realised + unrealised == pnl
    if basis == "fifo":
        closed = result.trades.filter(status="closed")["pnl"]
        assert (closed.to_list(), pnl - closed.sum()) == ([300, 50], 50)
    else:
        assert result.positions["unrealised"][-1] == unrealised
