"""Futures, worked by hand: settlement, calls, rolls, ticks, negative prices."""

import numpy as np
import pytest
from markets import cash, equity, fills, flat_bars, held, incidents, near, orders, reasons

import barledger as bl

ES = bl.Contract(kind="future", multiplier=50, tick=0.25, initial=12_000, maintenance=10_800)
CL = bl.Contract(kind="future", multiplier=1000, tick=0.01, initial=9000)
MARGIN = bl.FuturesMargin()
FREE = bl.Unlimited()


def settled(opens, settlements, **options):
    """Bars that open at one price and settle at another."""
    opens, settlements = np.array(opens, float), np.array(settlements, float)
    return bl.Bars.from_arrays(settlements, open=opens, settlement=settlements.copy(), **options)


def variation(result):
    return result.ledger.filter(category="variation")["amount"].to_list()


def test_daily_settlement_moves_cash_and_the_notional_never_does():
    # C22: +1025, -3025, +1000 from the last settlement to the exit; 4.50 of fees twice.
    bars = settled([5000, 5000, 5010, 4990], [5000, 5010.25, 4980, 4990], contracts=ES)
    result = bl.Portfolio.from_orders(
        bars, [2, 0, -2, 0], account=MARGIN, fees=bl.PerUnitFee(2.25), initial_cash=30_000
    )
    assert cash(result) == near(30_000, 31_020.50, 27_995.50, 28_991)
    assert equity(result) == cash(result)
    assert result.ledger["category"].to_list() == ["fee", "variation", "variation", "trade", "fee"]
    assert result.ledger["amount"].to_list() == near(-4.5, 1025, -3025, 1000, -4.5)
    assert result.margin["maintenance"].to_list() == near(0, 21_600, 21_600, 0)
    assert incidents(result) == []


def test_margin_of_two_contracts_when_they_are_opened():
    # C22: 24,000 of initial margin, 5,995.50 free of 29,995.50.
    bars = settled([5000, 5000], [5000, 5000], contracts=ES)
    result = bl.Portfolio.from_orders(
        bars, [2, 0], account=MARGIN, fees=bl.PerUnitFee(2.25), initial_cash=30_000
    )
    assert result.margin.select("initial", "free").row(1) == (24_000, 5995.50)


def test_a_call_restores_initial_margin():
    # C23: 13,000 - 2500 = 10,500 < 10,800; 1500 short of 12,000; closed at 4940: 10,000.
    bars = settled([5000, 5000, 4940], [5000, 4950, 4940], contracts=ES)
    result = bl.Portfolio.from_orders(
        bars, [1, 0, 0], account=bl.FuturesMargin(margin_call="next_open"), initial_cash=13_000
    )
    assert cash(result) == [13_000, 10_500, 10_000]
    call = result.incidents.row(0, named=True)
    assert (call["bar"], call["kind"], call["amount"]) == (1, "margin_call", 10_500)
    assert call["level"] == 10_800
    assert fills(result, "bar", "quantity", "price", "reason")[1:] == [(2, -1, 4940, "margin_call")]
    assert result.margin["initial"][1] - equity(result)[1] == 1500


def test_a_roll_earns_nothing_from_the_gap():
    # C24: 5000 to 5020 to 5022, then 5040 to 5050: 20 + 2 + 10 points of 50, 4.50 of fees.
    bars = settled(
        [[5000, 5018], [5000, 5018], [5022, 5040], [5032, 5050]],
        [[5000, 5018], [5020, 5038], [5032, 5050], [5032, 5050]],
        assets=["ESZ", "ESH"],
        contracts={"ESZ": ES, "ESH": ES},
    )
    fee = bl.PerUnitFee(np.array([[0.0], [0.0], [2.25], [2.25]]))
    wanted = orders((0, "ESZ", 1), (1, "ESZ", -1), (1, "ESH", 1))
    result = bl.Portfolio.from_orders(bars, wanted, account=MARGIN, fees=fee, initial_cash=20_000)
    assert cash(result) == near(20_000, 21_000, 21_595.50, 21_595.50)
    assert result.fills["fee"].to_list() == near(0, 2.25, 2.25)
    assert (held(result), equity(result)[-1]) == ({"ESH": 1}, 21_595.50)


def test_a_roll_event_is_two_fills_with_their_costs_and_no_gain_from_the_gap():
    # C24 again, with 2.25 for each fill: 1000 + 100 + 500 - 3 · 2.25.
    bars = settled(
        [[5000, 5018], [5000, 5018], [5022, 5040]],
        [[5000, 5018], [5020, 5038], [5032, 5050]],
        assets=["ESZ", "ESH"],
        contracts=ES,
    )
    result = bl.Portfolio.from_orders(
        bars, orders((0, "ESZ", 1)), account=MARGIN, fees=bl.PerUnitFee(2.25),
        events=bl.Events(rolls=[(2, "ESZ", "ESH")]), initial_cash=20_000,
    )  # fmt: skip
    assert cash(result) == near(20_000, 20_997.75, 21_593.25)
    assert fills(result, "asset", "quantity", "price", "reason")[1:] == [
        ("ESZ", -1, 5022, "roll"),
        ("ESH", 1, 5040, "roll"),
    ]
    assert variation(result) == near(1000, 500)
    assert "made by a roll" in result.explain("ESH", 2)


def test_a_roll_at_given_prices_and_one_that_must_wait():
    # Nothing trades on bar 2: the first waits for bar 3; the second needs no price of the market.
    nan = np.nan
    bars = settled(
        [[10, 11], [10, 11], [nan, nan], [12, 13]], [[10, 11]] * 2 + [[nan, nan], [12, 13]],
        assets=["A", "B"], contracts=ES,
    )  # fmt: skip
    waits, priced = (
        bl.Portfolio.from_orders(
            bars, orders((0, "A", 1)), account=FREE, events=bl.Events(rolls=[row])
        )
        for row in [(2, "A", "B"), (2, "A", "B", 10.5, 11.5)]
    )
    assert fills(waits, "bar", "asset", "price")[1:] == [(3, "A", 12), (3, "B", 13)]
    assert fills(priced, "bar", "asset", "price")[1:] == [(2, "A", 10.5), (2, "B", 11.5)]


def test_stops_move_with_a_roll():
    # Stop 10 points below 5000 moves up by the gap of 18: 5008 - 50 at the next bar's low.
    bars = bl.Bars.from_arrays(
        np.array([[5000, 5018], [5000, 5018], [5000, 5018], [4995, 5009], [4991, 5007]]),
        open=np.array([[5000, 5018], [5000, 5018], [5000, 5018], [4995, 5010], [4991, 5008]]),
        high=np.array([[5001, 5019], [5001, 5019], [5001, 5019], [4996, 5011], [4992, 5009]]),
        low=np.array([[4999, 5017], [4999, 5017], [4999, 5017], [4994, 5009], [4990, 5006]]),
        assets=["A", "B"], contracts=ES,
    )  # fmt: skip
    result = bl.Portfolio.from_orders(
        bars, orders((0, "A", 1)), account=FREE, stops=bl.Stops(loss=10.0, unit="price"),
        events=bl.Events(rolls=[(2, "A", "B")]),
    )  # fmt: skip
    assert fills(result, "bar", "asset", "price", "reason")[-1] == (4, "B", 5008, "stop_loss")


def test_a_contract_that_expires_is_settled_at_its_last_price():
    # Bought at 5000, settled at 5010 on its last day: 500; on the day after it is gone.
    days = ["2026-12-17", "2026-12-18", "2026-12-21"]
    bars = settled([5000] * 3, [5000, 5010, 5010], time=days, contracts="ESZ26")
    result = bl.Portfolio.from_orders(bars, [1, 0, 0], account=MARGIN)
    assert fills(result, "bar", "price", "reason")[1:] == [(2, 5010, "expiry")]
    assert cash(result) == [100_000, 100_500, 100_500]
    assert held(result) == {}


def test_a_final_settlement_price_is_paid():
    # Settled at 5010 on Thursday, at the opening quotation of 5031.25 on Friday: 21.25 · 50.
    events = bl.Events(expiries=[(2, "asset", 5031.25)])
    bars = settled([5000] * 3, [5000, 5010, 5040], contracts=ES)
    result = bl.Portfolio.from_orders(bars, [1, 0, 0], account=MARGIN, events=events)
    assert cash(result) == [100_000, 100_500, 101_562.5]


@pytest.mark.parametrize(
    ("contracts", "events", "message"),
    [
        ([None, None], {"rolls": [(1, "A", "B")]}, "from A .stock. to B .stock. on bar 1"),
        ([ES, CL], {"rolls": [(1, "A", "B")]}, "one multiplier, A has 50 and B 1000"),
        ([ES, ES], {"rolls": [(1, "A", "C")]}, "rolls at 1 name an unknown asset 'C'"),
        ([ES, ES], {"expiries": [(-3, "A")]}, "the expiry of A is before the first bar"),
    ],
)
def test_rolls_and_expiries_that_cannot_be_are_refused(contracts, events, message):
    bars = flat_bars([10, 10, 10], [20, 20, 20], contracts=contracts)
    with pytest.raises(ValueError, match=message):
        bl.Portfolio.from_orders(bars, np.zeros((3, 2)), account=FREE, events=bl.Events(**events))


def test_both_contracts_of_a_roll_must_be_in_one_account():
    events = bl.Events(rolls=[(1, "A", "B")])
    bars = flat_bars([10, 10, 10], [20, 20, 20], contracts=ES, events=events)
    assert bars["A"].events.rolls == ()
    with pytest.raises(ValueError, match="from A to B, which is not among A: both contracts"):
        bl.Portfolio.from_orders(bars, np.zeros((3, 2)), account=FREE, groups="each")


def test_a_contract_that_expired_before_its_bars_is_refused():
    bars = settled([5000] * 2, [5000] * 2, time=["2026-12-21", "2026-12-22"], contracts="ESZ26")
    with pytest.raises(ValueError, match="asset expires on 2026-12-18, before the first bar"):
        bl.Portfolio.from_orders(bars, [1, 0], account=MARGIN)


def test_profit_across_a_roll_counts_what_was_held():
    # P7-04: (5040 - 5000 + 5100 - 5090) · 50 = 2500, and not (5100 - 5000) · 50 = 5000.
    bars = flat_bars([5000, 5000, 5040, 5040], [5090, 5090, 5090, 5100], contracts=ES)
    wanted = orders((0, "A", 1), (1, "A", -1), (1, "B", 1), (2, "B", -1))
    result = bl.Portfolio.from_orders(bars, wanted, account=FREE)
    assert equity(result)[-1] - 100_000 == 2500


def test_two_contracts_earn_fifty_dollars_a_point_each():
    # P2-16: 50 · 2 · (5010.50 - 5000.25) = 1025.
    bars = flat_bars([5000.25, 5000.25, 5010.50], contracts=ES)
    result = bl.Portfolio.from_orders(bars, [2, -2, 0], account=MARGIN)
    assert result.trades["pnl"].to_list() == [1025]


def test_a_price_may_fall_below_zero():
    # P2-17: 1000 · (-37.63 - 18.27) = -55,900.
    bars = flat_bars([18.27, 18.27, -37.63], contracts=CL)
    result = bl.Portfolio.from_orders(bars, [1, -1, 0], account=FREE)
    assert fills(result) == [(1, "A", 1, 18.27), (2, "A", -1, -37.63)]
    assert result.trades["pnl"].to_list() == near(-55_900)
    assert cash(result)[-1] == pytest.approx(44_100)


def test_flows_of_settlement_add_up_to_the_profit():
    # P2-18: 100 · 10, 100 · -20, and 100 · 5 at the exit: -500.
    bars = settled([5000, 5000, 5010, 4995], [5000, 5010, 4990, 4995], contracts=ES)
    result = bl.Portfolio.from_orders(bars, [2, 0, -2, 0], account=MARGIN)
    assert result.ledger["amount"].to_list() == [1000, -2000, 500]
    assert result.trades["pnl"].to_list() == [-500]


def test_a_deposit_that_meets_the_call_keeps_the_contract():
    # P2-19: 4000 - 500 = 3500, - 500 = 3000 < 3200: 1000 put in restores 4000; + 750 = 4750.
    es = bl.Contract(kind="future", multiplier=50, initial=4000, maintenance=3200)
    events = bl.Events(cash_flows=[(3, 1000.0)])
    bars = settled([1050, 1050, 1040, 1030, 1045], [1050, 1040, 1030, 1045, 1045], contracts=es)
    result = bl.Portfolio.from_orders(
        bars, [1, 0, 0, 0, 0], account=bl.FuturesMargin(margin_call="next_open"),
        initial_cash=4000, events=events,
    )  # fmt: skip
    assert cash(result) == [4000, 3500, 3000, 4750, 4750]
    assert result.incidents.select("bar", "kind").rows() == [(2, "margin_call")]
    assert held(result) == {"asset": 1}


@pytest.mark.parametrize(("initial", "maintenance"), [(1540.0, 1400.0), (39_600.0, 36_000.0)])
def test_maintenance_is_initial_margin_without_its_tenth(initial, maintenance):
    # P2-20: retail initial margin is 110 % of maintenance.
    contract = bl.Contract(kind="future", multiplier=1, initial=initial)
    assert contract.maintenance == pytest.approx(maintenance)


def test_margin_as_a_share_of_notional():
    # P2-21: 9 % of 5000 · 80 is 36,000; 9.9 % is 39,600.
    silver = bl.Contract(
        kind="future", multiplier=5000, initial=0.099, maintenance=0.09, margin_unit="notional"
    )
    result = bl.Portfolio.from_orders(flat_bars([80, 80], contracts=silver), [1, 0], account=MARGIN)
    assert result.margin.select("initial", "maintenance").row(1) == near(39_600, 36_000)


def test_every_fill_and_settlement_marks_what_is_open():
    # P8-02: fees 4.50 and 2.25; + 2 · 12.5 · 50, then -1 · 4.5 · 50 and -1 · 13.5 · 50.
    bars = settled([5000, 5000, 5008], [5000, 5012.5, 4999], contracts=ES)
    result = bl.Portfolio.from_orders(
        bars, [2, -1, 0], account=MARGIN, fees=bl.PerUnitFee(2.25), initial_cash=50_000
    )
    assert cash(result)[-1] == pytest.approx(50_343.25)
    assert held(result) == {"asset": 1}
    assert variation(result) == near(1250, -675)


def test_a_stock_has_no_place_in_a_futures_account():
    result = bl.Portfolio.from_orders(flat_bars([10, 10]), [1, 0], account=MARGIN)
    assert reasons(result) == ["not_in_futures_account"]


@pytest.mark.parametrize(("policy", "bar"), [("calendar", 4), ("volume", 3)])
def test_a_chain_rolls_by_policy(policy, bar):
    # By calendar 5 business days before Friday 2024-03-15; by volume after June traded more.
    from barledger.data import continuous as cf

    days = np.arange("2024-03-04", "2024-03-14", dtype="datetime64[D]")
    days = days[np.is_busday(days)]
    n = len(days)
    volume = np.array([[9, 1], [9, 2], [5, 6], [3, 8], [2, 9], [1, 9], [1, 9], [1, 9]])[:n]
    bars = bl.Bars.from_arrays(
        np.tile([5000.0, 5020.0], (n, 1)), open=np.tile([5000.0, 5020.0], (n, 1)),
        volume=volume.astype(float), time=days, assets=["H", "M"], contracts=ES,
    )  # fmt: skip
    chain = cf.Chain(bars, {"H": "2024-03-15", "M": "2024-06-21"})
    events = cf.roll_events(chain, policy)
    result = bl.Portfolio.from_orders(bars, orders((0, "H", 1)), account=MARGIN, events=events)
    assert fills(result, "bar", "asset", "quantity")[1:] == [(bar, "H", -1), (bar, "M", 1)]
    assert equity(result)[-1] == 100_000


def evenings(closes, time, **options):
    """Two futures by the hour, opens at the closes; 17:00 in Chicago is 22:00 UTC in October."""
    closes = np.array(closes, float)
    time = np.array(time, "datetime64[ns]")
    return bl.Bars.from_arrays(
        closes, open=closes, time=time, assets=["Z", "H"], contracts=ES, **options
    )


def test_a_session_ends_with_the_calendars_day_not_with_that_of_the_clock():
    # Bought at 100 on Monday; 22:00 UTC on Monday is of Tuesday's session already.
    time = ["2013-10-07T20", "2013-10-07T21", "2013-10-07T22", "2013-10-08T01", "2013-10-08T21"]
    prices = [[100, 90], [101, 90], [103, 90], [106, 90], [110, 90]]
    wanted = orders((0, "Z", 1))
    seen = {}
    for calendar in (None, "CMES"):
        bars = evenings(prices, time, calendar=calendar)
        result = bl.Portfolio.from_orders(bars, wanted, account=FREE, fill="next_close")
        paid = result.ledger.filter(category="variation")
        seen[calendar] = (paid["bar"].to_list(), paid["amount"].to_list())
        assert equity(result)[-1] == 100_450
    assert seen == {None: ([2, 4], [100.0, 350.0]), "CMES": ([4], [450.0])}


def test_a_contract_that_did_not_trade_last_settles_at_its_last_close_of_the_session():
    nan = np.nan
    time = ["2013-10-07T15", "2013-10-07T16", "2013-10-07T21", "2013-10-08T15", "2013-10-08T21"]
    prices = [[100, 90], [100, 91], [102, nan], [103, nan], [104, nan]]
    bars = evenings(prices, time, calendar="CMES")
    result = bl.Portfolio.from_orders(
        bars, orders((0, "H", 1)), account=FREE, fill="close", initial_cash=1_000
    )
    # on Tuesday it has no close at all: its mark is carried and nothing is paid
    assert result.ledger.select("bar", "category", "amount").rows() == [(2, "variation", 50.0)]
    assert cash(result) == [1_000, 1_000, 1_050, 1_050, 1_050]
    assert equity(result) == [1_000, 1_050, 1_050, 1_050, 1_050]


def test_a_loss_limit_of_a_day_goes_by_sessions_too():
    # 10 % is lost before 22:00 UTC: entries are halted until then, not until midnight.
    time = [f"2013-10-07T{hour}" for hour in (18, 19, 20, 21, 22, 23)]
    prices = [[100, 90], [100, 90], [60, 90], [60, 90], [60, 90], [60, 90]]
    wanted = orders((0, "Z", 1), (2, "H", 1), (3, "H", 1), (4, "H", 1))
    seen = {}
    for calendar in (None, "CMES"):
        result = bl.Portfolio.from_orders(
            evenings(prices, time, calendar=calendar),
            wanted,
            account=FREE,
            limits=bl.RiskLimits(max_daily_loss=0.10),
            initial_cash=10_000,
        )
        seen[calendar] = fills(result, "bar", "asset")
    assert seen == {None: [(1, "Z")], "CMES": [(1, "Z"), (4, "H"), (5, "H")]}
