"""Options with given prices, worked by hand: premium, margin when short, exercise and assignment."""

import numpy as np
import pytest

import barledger as bl

TIME = np.array(["2026-11-18", "2026-11-19", "2026-11-20", "2026-11-23"], "datetime64[D]")


def option(right, strike=100.0, **terms):
    given = {"expiry": "2026-11-20", "underlying": "A", **terms}
    return bl.Contract(kind="option", right=right, strike=strike, **given)


def market(premium, spot, contract, **options):
    """An option P and its underlying A at these prices, open and close alike."""
    prices = np.column_stack([premium, spot]).astype(float)
    given = {"time": TIME[: len(prices)], "assets": ["P", "A"], "contracts": {"P": contract}}
    return bl.Bars.from_arrays(prices, open=prices, **{**given, **options})


def traded(bars, *quantities, **options):
    """Trade P and A at the open of bar 1."""
    orders = np.full(bars.shape, np.nan)
    orders[0] = [np.nan if quantity == 0 else quantity for quantity in quantities]
    given = {"account": bl.PortfolioMargin(max_leverage=2), "initial_cash": 20_000.0, **options}
    return bl.Portfolio.from_orders(bars, orders, **given)


def held(result):
    last = result.positions.filter(bar=len(result.equity) - 1)
    return dict(zip(last["asset"], last["quantity"], strict=True))


def test_a_short_put_is_assigned():
    # C25: +200 of premium; at expiry 100 shares at 100, worth 95: 200 - 500
    result = traded(market([2, 2, 5, 5], [100, 100, 95, 95], option("put")), -1, 0)
    assert result.cash["cash"].to_list() == [20_000, 20_200, 20_200, 10_200]
    assert result.equity["equity"].to_list() == [20_000, 20_000, 19_700, 19_700]
    assert held(result) == {"A": 100}
    fills = result.fills.filter(reason="expiry").select("asset", "quantity", "price", "fee")
    assert fills.rows() == [("P", 1.0, 0.0, 0.0), ("A", 100.0, 100.0, 0.0)]
    assert "expir" in result.explain("P", 3)


def test_the_spot_of_the_event_decides_where_one_is_given():
    bars = market(
        [2, 2, 5], [100, 100, 95], option("put"), events=bl.Events(expiries=[(TIME[2], "P", 101.0)])
    )
    result = traded(bars, -1, 0)
    assert held(result) == {}
    assert result.cash["cash"][-1] == 20_200


@pytest.mark.parametrize(
    ("right", "quantity", "shares"), [("call", 1, 100), ("call", -1, -100), ("put", 1, -100)]
)
def test_the_underlying_trades_at_the_strike(right, quantity, shares):
    spot = 110 if right == "call" else 90
    result = traded(market([8, 8, 10, 10], [100, 100, spot, spot], option(right)), quantity, 0)
    assert held(result) == {"A": shares}
    assert result.fills["price"][-1] == 100
    # the premium of 800 paid or taken, and 1,000 of intrinsic value
    assert result.equity["equity"][-1] == pytest.approx(20_000 + quantity * 200)


def test_in_cash_it_is_closed_at_its_intrinsic_value():
    bars = market([8, 8, 10, 10], [100, 100, 110, 110], option("call", settles="cash"))
    result = traded(bars, 2, 0)
    assert held(result) == {}
    assert result.fills["price"][-1] == 10
    assert result.cash["cash"][-1] == 20_400


def test_out_of_the_money_it_ends_worthless_and_a_cent_in_it_does_not():
    worthless = traded(market([2, 2, 1, 1], [100, 100, 100, 100], option("call")), 1, 0)
    assert held(worthless) == {}
    assert worthless.cash["cash"][-1] == 19_800
    inside = traded(market([2, 2, 1, 1], [100, 100, 100.01, 100], option("call")), 1, 0)
    assert held(inside) == {"A": 100}


def test_a_covered_call_gives_the_shares_away_and_realises_them():
    result = traded(market([3, 3, 10, 10], [100, 100, 110, 110], option("call", 105)), -1, 100)
    # 300 of premium, shares from 100 to 105
    assert held(result) == {}
    assert result.equity["equity"][-1] == 20_800
    assert result.trades["status"].to_list() == ["closed", "closed"]


def test_delivery_through_flat_closes_and_opens():
    result = traded(market([3, 3, 12, 12], [100, 100, 90, 90], option("put")), 2, 100)
    last = result.fills.filter(asset="A", reason="expiry").select("quantity", "closes").rows()
    assert last == [(-100, True), (-100, False)]
    assert held(result) == {"A": -100}


def test_a_delivery_is_never_blocked_by_money():
    result = traded(
        market([2, 2, 5, 5], [100, 100, 95, 95], option("put")), -1, 0,
        initial_cash=6_000.0, account=bl.RegT(minimum_equity=0, margin_call="warn"),
    )  # fmt: skip
    assert held(result) == {"A": 100}
    assert result.cash["cash"][-1] == 6_200 - 10_000


@pytest.mark.parametrize(
    ("right", "spot", "claim"),
    [
        ("put", 100, 2_000),  # 20 of 100, 0 out of the money
        ("put", 108, 1_360),  # 21.6 - 8
        ("put", 130, 1_000),  # 10 % of the strike
        ("call", 88, 880),  # 17.6 - 12, at least 10 % of the underlying
        ("call", 110, 2_200),
    ],
)
def test_a_short_option_claims_by_its_underlying(right, spot, claim):
    result = traded(market([2, 2, 2], [spot] * 3, option(right)), -1, 0)
    assert result.margin["maintenance"][-1] == pytest.approx(claim)
    assert result.margin["initial"][-1] == pytest.approx(claim)


def test_a_long_option_is_paid_in_full():
    result = traded(market([3, 3, 3], [100] * 3, option("put")), 5, 0)
    assert result.cash["cash"][-1] == 18_500
    assert result.margin["initial"][-1] == 1_500


def test_margin_follows_the_underlying_and_calls():
    bars = market([2, 2, 30], [100, 100, 72], option("put"))
    result = traded(bars, -5, 0, initial_cash=14_000.0)
    # at 72: owed 15,000 of 15,000 in cash, 1,000 + 1,440 a contract asked for
    assert result.incidents["kind"].to_list()[0] in ("margin_call", "bankrupt")
    assert held(result) == {} or held(result)["P"] > -5


def test_a_cash_account_buys_options_and_writes_none():
    bars = market([2, 2, 2], [100] * 3, option("call"))
    assert held(traded(bars, 1, 0, account=bl.Cash())) == {"P": 1}
    refused = traded(bars, -1, 0, account=bl.Cash())
    assert refused.rejections["reason"].to_list() == ["not_in_cash_account"]


def test_shares_delivered_have_no_stops():
    bars = market([2, 2, 12, 12], [100, 100, 90, 70], option("put"))
    result = traded(bars, 1, 0, stops=bl.Stops(loss=0.9))
    assert held(result) == {"A": -100}


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"kind": "option"}, "an option needs its right, strike, underlying"),
        ({"kind": "stock", "strike": 5.0}, "terms of an option, this is a stock"),
        (
            {"kind": "option", "right": "up", "strike": 5.0, "underlying": "A"},
            "right must be one of call, put",
        ),
        (
            {"kind": "option", "right": "put", "strike": 0.0, "underlying": "A"},
            "strike must be > 0",
        ),
    ],
)
def test_terms_that_make_no_option_are_refused(terms, message):
    with pytest.raises(ValueError, match=message):
        bl.Contract(**terms)


def test_options_without_their_underlying_are_refused():
    bars = market([2, 2, 2], [100] * 3, option("call", underlying="B"))
    with pytest.raises(ValueError, match="P is an option on 'B', which these bars"):
        traded(bars, 1, 0)
