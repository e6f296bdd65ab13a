"""Perpetuals, worked by hand: fees, marks, funding, liquidation isolated and cross, coin margin."""

import numpy as np
import pytest

import barledger as bl

BTC = bl.Contract(kind="perpetual", maintenance=0.004)
TIERED = bl.Contract(
    kind="perpetual", brackets=bl.Brackets([(0, 10_000, 50, 0.004), (10_000, 50_000, 5, 0.05)])
)
COIN = bl.Contract(kind="perpetual", multiplier=100, maintenance=0.004, inverse=True)


def market(*rows, contract=BTC, **options):
    """Bars of (open, high, low, close), or of one price, after one bar at the first open."""
    rows = [row if isinstance(row, tuple) else (row,) * 4 for row in rows]
    opens, high, low, close = np.array([(rows[0][0],) * 4, *rows], float).T
    given = {"contracts": contract, "assets": "BTC", **options}
    return bl.Bars.from_arrays(close, open=opens, high=high, low=low, **given)


def bought(bars, quantity, account, **options):
    """Buy (or sell) once, at the open of bar 1."""
    orders = np.full(len(bars), np.nan)
    orders[0] = quantity
    given = {"fees": 0.0005, "initial_cash": 1_000.0, **options}
    return bl.Portfolio.from_orders(bars, orders, account=account, **given)


def last(result, name):
    return getattr(result, name)[name][-1]


def test_opening_moves_no_cash_but_the_fee_and_funding_goes_by_the_mark():
    # C26: fee 2.50; at 51,000 +100; funding -0.50 at 50,000 and +1.02 at 51,000
    funding = bl.Events(funding=[(3, "BTC", 0.0001, 50_000), (4, "BTC", -0.0002, 51_000)])
    bars = market(50_000, 51_000, 50_000, 51_000, events=funding)
    result = bought(bars, 0.1, bl.PerpIsolated(leverage=10))
    assert result.cash["cash"].to_list() == pytest.approx([1000, 997.5, 997.5, 997, 998.02])
    assert result.equity["equity"].to_list() == pytest.approx([1000, 997.5, 1097.5, 997, 1098.02])
    assert result.margin["free"][1] == pytest.approx(497.5)
    paid = result.ledger.filter(category="funding")
    assert paid["amount"].to_list() == pytest.approx([-0.5, 1.02])


@pytest.mark.parametrize(
    "fatal", [(47_000, 47_200, 44_500, 46_000), (44_000, 44_000, 44_000, 44_000)]
)
def test_an_isolated_position_loses_its_margin_and_no_more(fatal):
    # C27: 500 of margin gone at 45,180.72, however deep the bar goes: 997.5 - 500
    result = bought(market(50_000, fatal), 0.1, bl.PerpIsolated(leverage=10))
    assert last(result, "cash") == pytest.approx(497.5)
    assert last(result, "equity") == pytest.approx(497.5)
    fill = result.fills.row(-1, named=True)
    assert (fill["price"], fill["fee"], fill["reason"]) == (45_000, 0.0, "liquidation")
    assert "taken over" in result.explain("BTC", 2)
    assert "liquidated: balance" in result.explain("BTC", 2)


def test_it_stands_a_tick_above_its_liquidation_price_and_falls_a_tick_below():
    stands = market(50_000, (47_000, 47_200, 45_180.73, 46_000))
    falls = market(50_000, (47_000, 47_200, 45_180.72, 46_000))
    account = bl.PerpIsolated(leverage=10)
    assert last(bought(stands, 0.1, account), "equity") == pytest.approx(597.5)
    assert last(bought(falls, 0.1, account), "equity") == pytest.approx(497.5)


def test_a_short_mirrors():
    account = bl.PerpIsolated(leverage=10)
    stands = bought(market(50_000, (50_000, 54_780.87, 50_000, 54_000)), -0.1, account)
    falls = bought(market(50_000, (50_000, 54_780.88, 50_000, 54_000)), -0.1, account)
    assert last(stands, "equity") == pytest.approx(597.5)
    assert last(falls, "equity") == pytest.approx(497.5)
    assert falls.fills["price"][-1] == 55_000


def test_liquidation_goes_by_the_mark_price_and_fills_by_the_market():
    # the market falls to 44,000, its mark only to 46,000: nothing happens
    wick = (47_000, 47_200, 44_000, 46_500)
    marks = ([50_000, 50_000, 47_000], [50_000, 50_000, 47_200], [50_000, 50_000, 46_000])
    bars = market(50_000, wick, mark=(*map(np.array, marks), np.array([50_000.0, 50_000, 46_600])))
    result = bought(bars, 0.1, bl.PerpIsolated(leverage=10))
    assert last(result, "equity") == pytest.approx(997.5 - 340)


def test_marks_of_closes_alone_span_from_one_close_to_the_next():
    bars = market(50_000, (47_000, 47_200, 44_000, 46_500), mark=[50_000, 50_000, 45_000.0])
    result = bought(bars, 0.1, bl.PerpIsolated(leverage=10))
    assert last(result, "equity") == pytest.approx(497.5)


def test_profit_of_one_isolated_position_is_no_margin_of_another():
    prices = np.array([[100.0, 100.0], [100.0, 100.0], [150.0, 100.0], [150.0, 100.0]])
    two = {"contracts": BTC, "assets": ["A", "B"]}
    bars = bl.Bars.from_arrays(prices, open=prices, high=prices, low=prices, **two)
    orders = np.full((4, 2), np.nan)
    orders[0, 0], orders[2, 1] = 40.0, 40.0
    options = {"initial_cash": 1_000.0, "fees": 0.0}
    isolated = bl.Portfolio.from_orders(
        bars, orders, account=bl.PerpIsolated(leverage=5), **options
    )
    cross = bl.Portfolio.from_orders(bars, orders, account=bl.PerpCross(leverage=5), **options)
    # A: 40 at 100 take 800; B may use 200 of cash, or in cross 3,000 - 1,200 at the mark
    assert isolated.fills["quantity"].to_list() == pytest.approx([40, 10])
    assert cross.fills["quantity"].to_list() == pytest.approx([40, 40])


def test_a_cross_wallet_is_gone_as_a_whole_and_the_rest_goes_to_the_fund():
    # 0.1 at 50,000 with 997.5: gone where 997.5 + 0.1 (p - 50,000) = 0.0004 p, p = 40,185.74
    result = bought(market(50_000, (47_000, 47_200, 40_100, 46_000)), 0.1, bl.PerpCross())
    assert last(result, "cash") == 0.0
    fund = result.ledger.filter(category="liquidation")["amount"].to_list()
    assert fund == pytest.approx([-(997.5 - 0.1 * 9_900)])  # what is left of the wallet at 40,100
    assert result.fills["price"][-1] == 40_100
    stands = bought(market(50_000, (47_000, 47_200, 40_186, 46_000)), 0.1, bl.PerpCross())
    assert last(stands, "equity") == pytest.approx(997.5 - 400)


def test_a_gap_through_the_wallet_costs_the_wallet_and_the_fund_pays():
    result = bought(market(50_000, 35_000), 0.1, bl.PerpCross())
    assert last(result, "equity") == 0.0
    assert result.ledger.filter(category="liquidation")["amount"][0] == pytest.approx(502.5)


def test_the_brackets_bound_what_a_leverage_may_hold():
    bars = market(100, 100, contract=TIERED)
    result = bought(bars, 400, bl.PerpCross(leverage=20), initial_cash=10_000.0, fees=0.0)
    # 20 times is allowed up to 10,000 of notional
    assert result.fills["quantity"].to_list() == pytest.approx([100])
    assert result.rejections["reason"].to_list() == ["bracket_cap"]
    lower = bought(bars, 400, bl.PerpCross(leverage=5), initial_cash=10_000.0, fees=0.0)
    assert lower.fills["quantity"].to_list() == pytest.approx([400])
    # 10,000 · 0.004 + 30,000 · 0.05
    assert lower.margin["maintenance"][-1] == pytest.approx(1_540)


def test_funding_inside_a_bar_comes_after_its_close_and_a_fill_at_the_stamp_does_not_pay():
    time = np.arange("2024-01-01T00", "2024-01-01T04", dtype="datetime64[h]")
    stamps = [("2024-01-01T01:00", "BTC", 0.01), ("2024-01-01T02:30", "BTC", 0.01)]
    bars = market(100, 110, 120, time=time, events=bl.Events(funding=stamps))
    result = bought(bars, 1.0, bl.PerpCross(leverage=1), fees=0.0)
    paid = result.ledger.filter(category="funding")
    # bought at the open of 01:00; at 02:30 it pays 1 % of the close of 02:00
    assert paid["bar"].to_list() == [2]
    assert paid["amount"].to_list() == pytest.approx([-1.1])


def test_funding_can_be_a_frame_a_mapping_or_a_matrix():
    import polars as pl

    frame = pl.DataFrame({"time": [2], "asset": ["BTC"], "value": [0.01], "mark": [200.0]})
    matrix = np.array([[np.nan], [np.nan], [0.01]])
    for given, paid in ((frame, 2.0), ({"BTC": [(2, 0.01, 200.0)]}, 2.0), (matrix, 1.0)):
        bars = market(100, 100, events=bl.Events(funding=given))
        assert last(bought(bars, 1.0, bl.PerpCross(), fees=0.0), "cash") == pytest.approx(
            1000 - paid
        )


def test_an_inverse_contract_pays_in_coin():
    # 100 contracts of 100 at 50,000: 0.2 coin; at 40,000 they are worth 0.25: 0.05 lost
    bars = market(50_000, 40_000, 62_500, contract=COIN)
    result = bought(bars, 100, bl.PerpCross(leverage=2), initial_cash=1.0, fees=0.001)
    assert result.cash["cash"].to_list() == pytest.approx([1, 0.9998, 0.9998, 0.9998])
    assert result.equity["equity"].to_list() == pytest.approx([1, 0.9998, 0.9498, 1.0398])
    held = result.positions.row(-1, named=True)
    assert (held["average"], held["price"]) == pytest.approx((50_000, 62_500))
    assert (held["value"], held["unrealised"]) == pytest.approx((0.16, 0.04))
    assert result.exposure["net"][-1] == pytest.approx(0.16)
    trade = result.trades.row(0, named=True)
    assert trade["entry_price"] == pytest.approx(50_000)
    assert trade["pnl"] == pytest.approx(0.04 - 0.0002)


def test_an_inverse_base_is_the_harmonic_mean_of_its_entries():
    bars = market(50_000, 25_000, 40_000, contract=COIN)
    orders = np.array([100.0, 100.0, np.nan, np.nan])
    result = bl.Portfolio.from_orders(
        bars, orders, account=bl.PerpCross(leverage=1), initial_cash=10.0, fees=0.0
    )
    # 0.2 + 0.4 coin for 20,000: 33,333.33; at 40,000 the 0.6 have become 0.5
    assert result.positions["average"][-1] == pytest.approx(100_000 / 3)
    assert last(result, "equity") == pytest.approx(10.1)


def test_an_inverse_long_is_liquidated_where_its_margin_in_coin_is_gone():
    # 0.2 coin at 50,000 with 0.1 behind them: gone at 0.2 · 50,000 · 1.004 / 0.3 = 33,466.67
    low = {"contract": COIN}
    falls = market(50_000, (40_000, 40_000, 33_466, 40_000), **low)
    stands = market(50_000, (40_000, 40_000, 33_467, 40_000), **low)
    account = bl.PerpIsolated(leverage=2)
    options = {"initial_cash": 1.0, "fees": 0.0}
    assert last(bought(falls, 100, account, **options), "equity") == pytest.approx(0.9)
    assert last(bought(stands, 100, account, **options), "equity") == pytest.approx(0.95)


def test_perpetuals_beside_stocks_are_margined_by_their_own_terms():
    perp = bl.Contract(kind="perpetual", initial=0.1, maintenance=0.05)
    prices = np.full((3, 2), 100.0)
    bars = bl.Bars.from_arrays(prices, open=prices, assets=["S", "P"], contracts={"P": perp})
    orders = np.array([[50.0, 500.0], [np.nan] * 2, [np.nan] * 2])
    result = bl.Portfolio.from_orders(bars, orders, account=bl.RegT(), initial_cash=10_000.0)
    assert result.margin["initial"][-1] == pytest.approx(2_500 + 5_000)
    assert result.margin["maintenance"][-1] == pytest.approx(1_250 + 2_500)
    assert last(result, "cash") == pytest.approx(5_000)


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"kind": "perpetual"}, "a perpetual needs what it must keep"),
        ({"kind": "perpetual", "maintenance": 1.2}, "maintenance must be a fraction"),
        ({"kind": "perpetual", "maintenance": 0.01, "initial": 3.0}, "at most 1, was 3"),
        ({"kind": "stock", "inverse": True}, "terms of a perpetual, this is a stock"),
        (
            {"kind": "perpetual", "maintenance": 0.01, "brackets": TIERED.brackets},
            "brackets or one maintenance rate, not both",
        ),
    ],
)
def test_terms_that_make_no_perpetual_are_refused(terms, message):
    with pytest.raises(ValueError, match=message):
        bl.Contract(**terms)


def test_funding_that_does_not_fit_is_refused():
    def run(events, **options):
        return bought(
            market(100, 100, events=bl.Events(funding=events), **options), 1.0, bl.PerpCross()
        )

    with pytest.raises(
        ValueError, match=r"funding of BTC at 3 lies outside the bars, .* from 0 to 3"
    ):
        run([(3, "BTC", 0.01)])
    with pytest.raises(ValueError, match="only perpetuals are funded, this is a stock"):
        run([(1, "BTC", 0.01)], contract=None)
    with pytest.raises(ValueError, match="funding at 1 names an unknown asset 'BTCUSD'"):
        run([(1, "BTCUSD", 0.01)])
    with pytest.raises(ValueError, match=r"must be a fraction such as 0\.0001, was 5"):
        bl.Events(funding=[(1, "BTC", 5.0)])
    with pytest.raises(ValueError, match=r"rows \(time, asset, rate, mark\)"):
        bl.Events(funding=[(1, "BTC")])


def test_accounts_that_do_not_fit_are_refused():
    bars = market(100, 100, contract=TIERED)
    with pytest.raises(
        ValueError, match="leverage 60 is above 50, the most that the brackets of BTC"
    ):
        bought(bars, 1.0, bl.PerpCross(leverage=60))
    with pytest.raises(ValueError, match="BTC needs its initial margin in a RegT account"):
        bought(bars, 1.0, bl.RegT())
    with pytest.raises(ValueError, match="leverage must be >= 1"):
        bl.PerpIsolated(leverage=0.5)
    both = bl.Bars.from_arrays(np.full((2, 2), 100.0), contracts=[COIN, BTC])
    with pytest.raises(ValueError, match="in their coin and holds nothing else; A1 is not inverse"):
        bl.Portfolio.from_orders(
            both, np.full((2, 2), 1.0), account=bl.PerpCross(margin_check="close")
        )
    closes = bl.Bars.from_arrays([100.0, 101.0], contracts=BTC)
    with pytest.raises(ValueError, match="needs bars with high and low, or a mark price"):
        bought(closes, 1.0, bl.PerpCross())
    stock = bought(market(100, 100, contract=None), 1.0, bl.PerpCross())
    assert stock.rejections["reason"].to_list() == ["not_in_perpetual_account"]


def test_a_result_says_what_its_positions_were_liquidated_by():
    plain = bought(market(100, 100), 1.0, bl.PerpCross())
    assert "traded prices in place of mark prices" in plain.assumptions["margin"]
    marked = bought(market(100, 100, mark=[100.0, 100.0, 100.0]), 1.0, bl.PerpIsolated())
    assert "closes of the mark price" in marked.assumptions["margin"]


def test_bars_cut_in_two_and_resumed_pay_each_funding_once():
    draw = np.random.default_rng(3)
    close = 100 * np.exp(np.cumsum(draw.normal(0, 0.02, 60)))
    time = np.datetime64("2024-01-01", "ns") + np.arange(60) * np.timedelta64(8, "h")
    stamps = [(stamp, "BTC", 0.001) for stamp in time[1:]]
    stamps += [(stamp + np.timedelta64(3, "h"), "BTC", -0.0004) for stamp in time[10:50]]
    bars = bl.Bars.from_arrays(
        close, open=close, high=close * 1.01, low=close * 0.99, time=time, assets="BTC",
        contracts=BTC, events=bl.Events(funding=sorted(stamps)),
    )  # fmt: skip
    signal = np.zeros(60, bool)
    signal[2] = True
    options = {"size": 3, "account": bl.PerpCross(leverage=3), "fees": 0.0005}
    whole = bl.Portfolio.from_signals(bars, signal, initial_cash=1_000.0, **options)
    first = bl.Portfolio.from_signals(bars[:31], signal[:31], initial_cash=1_000.0, **options)
    rest = bl.Portfolio.from_signals(bars[31:], signal[31:], start=first.state, **options)
    parts = [*first.equity["equity"], *rest.equity["equity"]]
    assert parts == whole.equity["equity"].to_list()


FEE = bl.Contract(kind="perpetual", maintenance=0.02, liquidation_fee=0.01)


def fund(result):
    return result.insurance_fund.select("amount", "balance").rows()


def entries(result):
    rows = result.ledger.filter(category="liquidation").select("asset", "amount").rows()
    return [(asset, pytest.approx(amount)) for asset, amount in rows]


def test_a_liquidation_fee_leaves_the_rest_of_an_isolated_margin():
    # At 45,800: 500 - 420 = 80 against 2 % of 4,580; fee 45.80, 34.20 stay.
    bars = market(50_000, (47_000, 47_200, 45_800, 46_000), contract=FEE)
    result = bought(bars, 0.1, bl.PerpIsolated(leverage=10))
    assert result.fills["price"][-1] == 45_800
    assert entries(result) == [("BTC", -45.8)]
    assert last(result, "cash") == pytest.approx(997.5 - 420 - 45.8)
    assert fund(result) == [(pytest.approx(45.8), pytest.approx(45.8))]
    assert result.trades["pnl"][0] == pytest.approx(-420 - 2.5)


def test_a_liquidation_fee_is_no_more_than_what_is_left():
    # At 45,100: 500 - 490 = 10 are left of the 45.10 asked for.
    bars = market(50_000, (47_000, 47_200, 45_100, 46_000), contract=FEE)
    result = bought(bars, 0.1, bl.PerpIsolated(leverage=10))
    assert entries(result) == [("BTC", -10.0)]
    assert last(result, "cash") == pytest.approx(497.5)


def test_the_fund_bears_what_a_gap_takes_beyond_the_margin():
    # Taken over at 45,000 with the mark at 44,000: the fund pays 100.
    bars = market(50_000, 44_000, contract=FEE)
    result = bought(bars, 0.1, bl.PerpIsolated(leverage=10))
    assert (result.fills["price"][-1], entries(result)) == (45_000, [])
    assert last(result, "cash") == pytest.approx(497.5)
    assert fund(result) == [(pytest.approx(-100.0), pytest.approx(-100.0))]


def test_the_fund_has_the_margin_of_a_position_that_is_taken_over():
    # C27 at a mark of 45,100 (0.4 % kept): 10 of the 500 are left, and go to the fund.
    result = bought(
        market(50_000, (47_000, 47_200, 45_100, 46_000)), 0.1, bl.PerpIsolated(leverage=10)
    )
    assert fund(result) == [(pytest.approx(10.0), pytest.approx(10.0))]


def test_a_liquidation_fee_leaves_the_rest_of_a_cross_wallet():
    # At 40,500: 997.5 - 950 = 47.50 against 81; fee 40.50, 7 stay.
    bars = market(50_000, (47_000, 47_200, 40_500, 46_000), contract=FEE)
    result = bought(bars, 0.1, bl.PerpCross())
    assert entries(result) == [("BTC", -40.5)]
    assert last(result, "cash") == pytest.approx(7.0)
    assert fund(result) == [(pytest.approx(40.5), pytest.approx(40.5))]


def test_a_cross_wallet_below_nothing_is_borne_by_the_fund():
    bars = market(50_000, 39_000, contract=FEE)  # 997.5 - 1,100
    result = bought(bars, 0.1, bl.PerpCross())
    assert entries(result) == [(None, pytest.approx(102.5))]
    assert fund(result) == [(pytest.approx(-102.5), pytest.approx(-102.5))]
    assert last(result, "cash") == 0.0


LOOSE = bl.Brackets([(0, 10_000, 50, 0.004), (10_000, 50_000, 20, 0.01)])
STRICT = bl.Brackets([(0, 4_000, 20, 0.02), (4_000, 50_000, 5, 0.1)])
DAYS = np.arange("2024-01-01", "2024-01-06", dtype="datetime64[D]")


def dated(*rows, when="2024-01-04"):
    contract = bl.Contract(kind="perpetual", brackets=[("2024-01-01", LOOSE), (when, STRICT)])
    return market(*rows, contract=contract, time=DAYS[: len(rows) + 1])


def test_brackets_change_at_their_date():
    # 5,000 at 10x: 20 are kept; from January 4 on 0.1 · 5,000 - 320 = 180 by the second table.
    result = bought(dated(50_000, 50_000, 50_000), 0.1, bl.PerpIsolated(leverage=10))
    assert result.margin["maintenance"].to_list() == pytest.approx([0, 20, 20, 180])


def test_stricter_brackets_liquidate_what_the_old_ones_carried():
    # 47,000: 500 - 300 = 200 against 18.80; of January 4 on against 0.1 · 4,700 - 320 = 150.
    # 46,400: 140 against 18.56, and 144.
    carried = bought(
        dated(50_000, 46_400, 46_400, when="2024-01-05"), 0.1, bl.PerpIsolated(leverage=10)
    )
    assert "liquidation" not in carried.fills["reason"].to_list()
    gone = bought(dated(50_000, 46_400, 46_400), 0.1, bl.PerpIsolated(leverage=10))
    assert gone.fills.select("bar", "reason").rows()[-1] == (3, "liquidation")


def test_new_brackets_bound_what_a_leverage_may_add():
    # 10x may hold 50,000 by the first table, 4,000 by the second.
    orders = np.array([0.04, np.nan, 0.1, np.nan])
    result = bl.Portfolio.from_orders(
        dated(50_000, 50_000, 50_000), orders, account=bl.PerpIsolated(leverage=10),
        initial_cash=10_000,
    )  # fmt: skip
    assert result.fills["quantity"].to_list() == pytest.approx([0.04, 0.04])
    assert result.rejections["reason"].to_list() == ["bracket_cap"]


@pytest.mark.parametrize(
    ("brackets", "error", "message"),
    [
        (
            [("2024-01-05", LOOSE), ("2024-01-02", STRICT)],
            ValueError,
            "dates of brackets must rise",
        ),
        ([("2024-01-05", 0.01)], TypeError, "must be Brackets, or rows"),
        ([], TypeError, "must be Brackets, or rows"),
    ],
)
def test_dated_brackets_that_are_none_are_refused(brackets, error, message):
    with pytest.raises(error, match=message):
        bl.Contract(kind="perpetual", brackets=brackets)


def test_brackets_that_begin_after_the_bars_are_refused():
    contract = bl.Contract(kind="perpetual", brackets=[("2024-01-03", LOOSE)])
    bars = market(50_000, 50_000, contract=contract, time=DAYS[:3])
    with pytest.raises(ValueError, match="the bracket table of BTC starts on 2024-01-03"):
        bought(bars, 0.1, bl.PerpIsolated())


def test_a_liquidation_fee_is_a_term_of_perpetuals():
    with pytest.raises(ValueError, match="liquidation_fee and inverse are terms of a perpetual"):
        bl.Contract(kind="stock", liquidation_fee=0.01)
    with pytest.raises(ValueError, match="liquidation_fee must be a fraction"):
        bl.Contract(kind="perpetual", maintenance=0.01, liquidation_fee=1.25)
