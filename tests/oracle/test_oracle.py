"""The oracle against cases worked by hand."""

from datetime import date

import pytest

from barledger.accounts import Cash, FuturesMargin, RegT
from barledger.instruments.contract import Contract
from barledger.options import PerUnitFee, Rules
from barledger.risk import RiskLimits
from barledger.slippage import Slippage

from .kernel import simulate_both as simulate
from .market import Market, Outcome, Wishes

ES = Contract(kind="future", multiplier=50, tick=0.25, initial=12_000, maintenance=10_800)
WHOLE = Contract(lot=1)


def flat_bars(*columns, contracts=None, dates=None) -> Market:
    """Bars that open, trade and close at one price; each column is an asset's prices."""
    rows = [list(row) for row in zip(*columns, strict=True)]
    return Market(rows, rows, rows, rows, contracts=contracts, dates=dates)


def orders(*rows) -> Wishes:
    return Wishes(orders=list(rows))


def fills(out: Outcome) -> list[tuple[int, int, float, float]]:
    return [(f["bar"], f["asset"], f["quantity"], f["price"]) for f in out.fills]


def states(out: Outcome) -> list[tuple[str, str]]:
    return [(o["state"], o["reason"]) for o in out.orders]


def quantities(out: Outcome) -> dict[int, float]:
    return {asset: position[0] for asset, position in out.positions.items()}


def money(*values: float):
    return pytest.approx(list(values), abs=1e-6)


def test_slippage_comes_first_and_the_fee_is_on_the_slipped_notional():
    # C01: 100 · 1.001 = 100.10, fee 5.005; 104 · 0.999 = 103.896, fee 5.1948.
    market = Market(
        open=[[100], [100], [104]],
        high=[[100], [103], [105]],
        low=[[100], [99], [103]],
        close=[[100], [102], [104]],
    )
    out = simulate(
        market,
        orders((0, 0, 50), (1, 0, -50)),
        account=Cash(),
        fees=0.001,
        slippage=Slippage(0.001),
        initial_cash=10_000,
    )
    assert out.cash == money(10_000, 4989.995, 10_179.6002)
    assert out.equity == money(10_000, 10_089.995, 10_179.6002)
    assert [f["price"] for f in out.fills] == money(100.10, 103.896)
    assert [f["fee"] for f in out.fills] == money(5.005, 5.1948)
    assert [f["slippage"] for f in out.fills] == money(5.0, 5.2)


def test_fee_per_share_has_a_minimum_and_a_maximum():
    # C02: A 0.50 is raised to 1.00; B 5.00; C 5.00 is cut to 0.5 % of 300 = 1.50.
    market = flat_bars([50, 50], [50, 50], [0.30, 0.30])
    fee = PerUnitFee(0.005, minimum=1.0, maximum_rate=0.005)
    wishes = orders((0, 0, 100), (0, 1, 1000), (0, 2, 1000))
    out = simulate(market, wishes, account=Cash(), fees=fee)
    assert [f["fee"] for f in out.fills] == money(1.0, 5.0, 1.5)
    assert out.cash[-1] == pytest.approx(44_692.50)
    assert out.equity[-1] == pytest.approx(99_992.50)


def test_an_order_without_the_cash_is_rejected_or_clipped_by_policy():
    # C03: 20 · 60 = 1,200 > 1,000; floor(1000 / 60) = 16.
    market = flat_bars([60, 60], contracts=[WHOLE])
    refused = simulate(
        market,
        orders((0, 0, 20)),
        account=Cash(),
        rules=Rules(insufficient="reject"),
        initial_cash=1000,
    )
    assert states(refused) == [("rejected", "insufficient_cash")]
    assert refused.cash[-1] == 1000
    clipped = simulate(market, orders((0, 0, 20)), account=Cash(), initial_cash=1000)
    assert states(clipped) == [("partly_filled", "insufficient_cash")]
    assert quantities(clipped) == {0: 16}
    assert clipped.cash[-1] == pytest.approx(40)


ROTATION = orders((0, 0, 100), (1, 1, 200), (1, 0, -100))


def test_a_sale_pays_for_a_purchase_of_the_same_open():
    # C04: 100 A at 60 = 6,000 buys 200 B at 30.
    out = simulate(
        flat_bars([50, 50, 60], [30, 30, 30]), ROTATION, account=Cash(), initial_cash=5000
    )
    assert fills(out) == [(1, 0, 100, 50), (2, 0, -100, 60), (2, 1, 200, 30)]
    assert out.cash == money(5000, 0, 0)
    assert out.equity == money(5000, 5000, 6000)


def test_a_purchase_handled_before_the_sale_finds_no_cash():
    # C04, fifo: B comes first.
    out = simulate(
        flat_bars([50, 50, 60], [30, 30, 30]),
        ROTATION,
        account=Cash(),
        rules=Rules(sequence=[[1, 0]] * 3),
        initial_cash=5000,
    )
    assert states(out) == [
        ("filled", "none"),
        ("rejected", "insufficient_cash"),
        ("filled", "none"),
    ]
    assert out.cash == money(5000, 0, 6000)


def test_the_fees_of_a_rotation_cost_a_share():
    # C04 with 10 bp on the second bar: 6000 - 6 = 5994 buys 199 at 30.03; 18.03 is left.
    out = simulate(
        flat_bars([50, 50, 60], [30, 30, 30], contracts=[WHOLE, WHOLE]),
        ROTATION,
        account=Cash(),
        fees=[[0.0], [0.0], [0.001]],
        initial_cash=5000,
    )
    assert quantities(out) == {1: 199}
    assert sum(f["fee"] for f in out.fills) == pytest.approx(11.97)
    assert out.cash[-1] == pytest.approx(18.03)
    assert out.equity[-1] == pytest.approx(5988.03)


@pytest.mark.parametrize(
    ("rules", "held"),
    [
        (Rules(), {1: 100, 2: 20}),
        (Rules(insufficient="reject"), {1: 100}),
        (Rules(allocation="proportional"), {1: 75, 2: 30}),
        (Rules(allocation="priority"), {1: 50, 2: 40}),
        (Rules(allocation="all_or_none"), {}),
    ],
)
def test_two_entries_share_the_cash_of_one_exit_by_policy(rules, held):
    # C05: 3,000 are free; B and C want 2,000 each.
    market = flat_bars([40] * 3, [20] * 3, [50] * 3, contracts=[WHOLE] * 3)
    out = simulate(
        market,
        orders((0, 0, 50), (1, 0, -50), (1, 1, 100), (1, 2, 40)),
        account=Cash(),
        rules=rules,
        priority=[0, 1, 9],
        initial_cash=3000,
    )
    assert quantities(out) == pytest.approx(held)
    assert out.equity[-1] == pytest.approx(3000)


def settlement_case(dates: list[date], **account) -> Outcome:
    market = flat_bars([50] * 3, [30] * 3, dates=dates)
    return simulate(
        market,
        orders((0, 0, -100), (0, 1, 100), (1, 1, 100)),
        account=Cash(**account),
        rules=Rules(insufficient="reject"),
        initial_cash=200,
        positions={0: (100, 50)},
    )


def test_a_sale_on_friday_is_spendable_on_monday():
    # C06: Friday's 5,000 settle on Monday; Friday's purchase of 3,000 meets 200.
    days = [date(2026, 11, 19), date(2026, 11, 20), date(2026, 11, 23)]
    out = settlement_case(days, settlement_days=1)
    assert [o["reason"] for o in out.orders] == ["none", "insufficient_cash", "none"]
    assert out.cash == money(200, 5200, 2200)
    assert out.settled == money(200, 200, 2200)
    assert out.equity == money(5200, 5200, 5200)


def test_settlement_by_date_knows_two_days_before_may_2024():
    # C06, t2: Monday 2024-05-20 settles on Wednesday 2024-05-22.
    days = [date(2024, 5, 17), date(2024, 5, 20), date(2024, 5, 21)]
    out = settlement_case(days, settlement_days="by_date")
    assert out.settled == money(200, 200, 200)
    days = [date(2024, 5, 17), date(2024, 5, 20), date(2024, 5, 22)]
    assert settlement_case(days, settlement_days="by_date").settled == money(200, 200, 2200)


def test_an_average_price_is_weighted_by_quantity():
    # C07: 100 at 10 and 100 at 12 average 11; 150 sold at 13.
    out = simulate(
        flat_bars([10, 10, 12, 13]),
        orders((0, 0, 100), (1, 0, 100), (2, 0, -150)),
        account=Cash(),
        initial_cash=10_000,
    )
    assert out.cash == money(10_000, 9000, 7800, 9750)
    assert out.equity == money(10_000, 10_000, 10_200, 10_400)
    assert out.positions[0] == pytest.approx((50, 11, 0, 13))


def test_reg_t_buys_twice_the_equity_and_not_one_share_more():
    # C14: 50 % of 20,000 is all of 10,000.
    out = simulate(
        flat_bars([100, 100], contracts=[WHOLE]),
        orders((0, 0, 200), (0, 0, 1)),
        account=RegT(),
        initial_cash=10_000,
    )
    assert states(out) == [("filled", "none"), ("rejected", "insufficient_margin")]
    assert (out.cash[-1], out.equity[-1]) == (-10_000, 10_000)
    assert (out.initial[-1], out.maintenance[-1]) == (10_000, 5000)


CASCADE = flat_bars([100, 100, 60, 40, 30], [100, 100, 70, 60, 30])


def test_margin_calls_sell_the_worst_loser_first_until_bankruptcy():
    # C15: 9000 >= .25 (39000 - 60 n): n = 50; then 250 A and 234 B; then -980.
    out = simulate(CASCADE, orders((0, 0, 300), (0, 1, 300)), account=RegT(), initial_cash=30_000)
    forced = fills(out)[2:]
    assert forced == [
        (2, 0, -50, 60),
        (3, 0, -250, 40),
        (3, 1, -234, 60),
        (4, 1, -66, 30),
    ]
    assert out.cash == money(30_000, -30_000, -27_000, -2960, -980)
    assert out.equity == money(30_000, 30_000, 9000, 1000, -980)
    assert out.maintenance == money(0, 15_000, 9000, 990, 0)
    assert [(i["bar"], i["kind"]) for i in out.incidents] == [
        (2, "margin_call"),
        (3, "margin_call"),
        (4, "bankrupt"),
    ]
    assert out.bankrupt


def test_a_reversal_is_one_order_with_two_fills():
    # C16: closing and opening pay 5 each.
    out = simulate(
        flat_bars([50, 50, 50]),
        orders((0, 0, 100), (1, 0, -200)),
        account=RegT(),
        fees=[[0.0], [0.0], [0.001]],
        initial_cash=5000,
    )
    assert [(f["quantity"], f["fee"], f["closes"]) for f in out.fills[1:]] == [
        (-100, 5.0, True),
        (-100, 5.0, False),
    ]
    assert out.cash == money(5000, 0, 9990)
    assert out.equity == money(5000, 5000, 4990)
    assert quantities(out) == {0: -100}


def test_the_proceeds_of_a_short_are_not_equity():
    # C18: 7,500 = 150 % of 5,000; a call when 7500 - 100 P < 30 P, above 57.6923.
    out = simulate(
        flat_bars([50, 50, 57.69, 57.70]),
        orders((0, 0, -100), (0, 0, -1)),
        account=RegT(margin_call="warn"),
        initial_cash=2500,
    )
    assert states(out) == [("filled", "none"), ("rejected", "insufficient_margin")]
    assert out.initial[1] == pytest.approx(2500)
    assert out.equity == money(2500, 2500, 1731, 1730)
    assert out.maintenance == money(0, 1500, 1730.7, 1731)
    assert [(i["bar"], i["kind"]) for i in out.incidents] == [(3, "margin_call")]


@pytest.mark.parametrize(("bankruptcy", "left"), [("debt", -4000), ("floor_at_zero", 0)])
def test_a_squeezed_short_is_covered_at_the_open_and_stays_bankrupt(bankruptcy, left):
    # C19: 20,000 - 200 · 120 = -4,000.
    market = Market(
        open=[[50], [50], [120], [100]],
        high=[[50], [50], [130], [100]],
        low=[[50], [50], [118], [100]],
        close=[[50], [50], [125], [100]],
    )
    out = simulate(
        market,
        orders((0, 0, -200), (2, 0, 1)),
        account=RegT(bankruptcy=bankruptcy),
        initial_cash=10_000,
    )
    assert fills(out) == [(1, 0, -200, 50), (2, 0, 200, 120)]
    assert out.cash == money(10_000, 20_000, left, left)
    assert states(out)[-1] == ("rejected", "bankrupt")
    written = [e["amount"] for e in out.entries]
    assert written == ([] if left else [4000])


def test_a_future_pays_its_variation_at_each_settlement():
    # C22: +1,025, -3,025, and +1,000 from the last settlement to the exit.
    nan = float("nan")
    rows = [[5000.0], [5000.0], [5000.0], [4990.0]]
    market = Market(
        rows, rows, rows, rows, settlement=[[nan], [5010.25], [4980], [nan]], contracts=[ES]
    )
    out = simulate(
        market,
        orders((0, 0, 2), (2, 0, -2)),
        account=FuturesMargin(),
        fees=PerUnitFee(2.25),
        initial_cash=30_000,
    )
    assert out.fills[0]["amount"] == 0
    assert [e["amount"] for e in out.entries] == money(1025, -3025)
    assert out.cash == money(30_000, 31_020.50, 27_995.50, 28_991)
    assert out.equity == money(30_000, 31_020.50, 27_995.50, 28_991)
    assert out.maintenance == money(0, 21_600, 21_600, 0)
    assert out.incidents == []


def test_a_futures_call_is_met_by_closing_at_the_next_open():
    # C23: 10,500 < 10,800; the initial 12,000 is out of reach at 4,940.
    nan = float("nan")
    rows = [[5000.0], [5000.0], [4940.0]]
    market = Market(rows, rows, rows, rows, settlement=[[nan], [4950], [nan]], contracts=[ES])
    out = simulate(
        market,
        orders((0, 0, 1)),
        account=FuturesMargin(margin_call="next_open"),
        initial_cash=13_000,
    )
    call = out.incidents[0]
    assert (call["bar"], call["amount"], call["level"]) == (1, 10_500, 10_800)
    assert fills(out) == [(1, 0, 1, 5000), (2, 0, -1, 4940)]
    assert out.cash == money(13_000, 10_500, 10_000)


def conflict_case(policy: str) -> Outcome:
    no = [[False], [False]]
    return simulate(
        flat_bars([10, 11]),
        Wishes(signals=([[True], [True]], [[True], [False]], no, no)),
        account=Cash(),
        size=10,
        fill="close",
        rules=Rules(conflict=policy),
        initial_cash=1000,
    )


def test_entry_and_exit_on_one_bar_are_settled_by_policy():
    # C29: ignored, then 10 at 11; or entered at 10 and the repeat ignored.
    ignored = conflict_case("ignore")
    assert states(ignored) == [("rejected", "signal_conflict"), ("filled", "none")]
    assert ignored.cash == money(1000, 890)
    entered = conflict_case("entry")
    assert states(entered) == [("filled", "none")]
    assert entered.cash == money(900, 900)
    assert entered.equity == money(1000, 1010)
    assert entered.counts["repeat_ignored"] == 1


def test_a_drawdown_flattens_once_and_blocks_entries():
    # C30: 7,900 is 21 % below 10,000; closed at 85, the entry of that open is halted.
    out = simulate(
        flat_bars([100, 100, 90, 79, 85]),
        orders((0, 0, 100), (3, 0, 10)),
        account=Cash(),
        limits=RiskLimits(max_drawdown=0.20, action="flatten"),
        initial_cash=10_000,
    )
    assert fills(out) == [(1, 0, 100, 100), (4, 0, -100, 85)]
    assert out.equity == money(10_000, 10_000, 9000, 7900, 8500)
    assert [(i["bar"], i["kind"], i["amount"], i["level"]) for i in out.incidents] == [
        (3, "flatten", 7900, 8000)
    ]
    assert out.orders[1]["cause"] == "loss_limit"
    assert states(out)[-1] == ("rejected", "halted")
