"""SPAN as the margin of an account of futures: one requirement of all that is held."""

import numpy as np
import pytest

import barledger as bl

CLASSIC = {"extreme_multiple": 2.0, "extreme_cover": 0.35}


def rules(offsets=(), initial=1.0, **products):
    rows = {name: {**CLASSIC, **fields} for name, fields in products.items()}
    return bl.SpanParameters.from_mapping(
        {"products": rows, "offsets": list(offsets), "initial": initial}
    )


def future(expiry=None):
    return bl.Contract(kind="future", multiplier=50, initial=1e6, maintenance=1e6, expiry=expiry)


def market(*rows, assets="AB", contracts=None):
    prices = np.array([rows[0], *rows], float)
    time = np.datetime64("2026-01-05", "ns") + np.arange(len(prices)) * np.timedelta64(1, "D")
    given = {"time": time, "assets": list(assets), "contracts": contracts or future()}
    return bl.Bars.from_arrays(prices, open=prices, **given)


def held(bars, *orders, cash, span, **options):
    """Trade at the open of bars 1, 2, …: one row of quantities each."""
    wanted = np.full(bars.shape, np.nan)
    for bar, row in enumerate(orders):
        wanted[bar] = [np.nan if quantity == 0 else quantity for quantity in row]
    account = bl.FuturesMargin(span=span, products=options.pop("products", None), **options)
    return bl.Portfolio.from_orders(bars, wanted, account=account, initial_cash=cash)


CORN = rules(
    [{"legs": {"A": 2, "B": -1}, "rate": 0.55}], A={"scan_range": 1_750}, B={"scan_range": 2_500}
)


def test_opposite_sides_are_credited_and_the_margin_is_that_of_the_whole():
    # 3,500 and 2,500 less 55 %: the published 2,700
    result = held(market([100, 100], [100, 100]), [2, -1], cash=10_000, span=CORN)
    assert result.margin["maintenance"].to_list() == pytest.approx([0, 2_700, 2_700])
    assert result.margin["free"][-1] == pytest.approx(7_300)
    assert "SPAN-style approximation" in result.assumptions["margin"]


def test_a_second_leg_that_lowers_the_margin_fits_where_alone_it_would_not():
    result = held(
        market([100, 100], [100, 100], [100, 100]), [2, 0], [0, -1], cash=3_600, span=CORN
    )
    assert result.fills["quantity"].to_list() == [2, -1]
    same_side = held(
        market([100, 100], [100, 100], [100, 100]), [2, 0], [0, 1], cash=3_600, span=CORN
    )
    assert same_side.rejections["reason"].to_list() == ["insufficient_margin"]


def test_an_opening_is_clipped_to_the_lots_that_fit():
    flat = rules(A={"scan_range": 1_000}, B={"scan_range": 1_000}, initial=1.1)
    result = held(market([100, 100], [100, 100]), [50, 0], cash=10_000, span=flat)
    assert result.fills["quantity"].to_list() == [9]  # 9,900 of initial margin
    assert result.margin.select("initial", "maintenance").row(-1) == pytest.approx((9_900, 9_000))


def test_a_calendar_spread_costs_its_charge():
    months = rules(ES={"scan_range": 500, "months": {"202606": 750}, "month_spread": 50})
    bars = market([100, 101], [100, 101], contracts=[future("2026-03-20"), future("2026-06-18")])
    products = {"A": "ES", "B": "ES"}
    result = held(bars, [1, -1], cash=10_000, span=months, products=products)
    assert result.margin["maintenance"][-1] == pytest.approx(300)


def test_a_call_closes_the_fewest_lots_and_keeps_the_hedge_to_the_last():
    # 4 A and -2 B ask for 5,400 together; A falls by 11.1: 2,220 of 7,600 lost
    bars = market([100, 100], [88.9, 100], [88.9, 100])
    result = held(bars, [4, -2], cash=7_600, span=CORN)
    assert result.incidents["kind"].to_list() == ["margin_call"]
    calls = result.fills.filter(reason="margin_call")
    # less one A: 5,250 + 5,000 - 55 % of 9,000 are 5,300, and 5,380 are left
    assert calls.select("asset", "quantity").rows() == [("A", -1.0)]


def test_a_leg_that_keeps_the_margin_down_is_closed_last_though_it_loses_most():
    # B rises by 12: 2 · 50 · 12 = 1,200 lost; to close it would ask for 7,000 in place of 5,400
    bars = market([100, 100], [100, 112], [100, 112])
    result = held(bars, [4, -2], cash=7_000, span=CORN)
    assert result.fills["quantity"].to_list()[:2] == [4, -2]
    assert result.incidents["kind"].to_list() == []
    lower = held(market([100, 100], [100, 117], [100, 117]), [4, -2], cash=7_000, span=CORN)
    assert lower.fills.filter(reason="margin_call")["asset"].to_list() == ["A"]


def test_margin_is_that_of_the_function_on_every_bar():
    offsets = [{"legs": {"A": 1, "B": -2}, "rate": 0.6}, {"legs": {"A": 1, "C": 1}, "rate": 0.3}]
    span = rules(
        offsets,
        A={"scan_range": 900, "months": {"202606": 1_100}, "month_spread": 120,
           "delivery": {"202603": (20, 60)}},
        B={"scan_range": 500, "extreme_multiple": 3.0, "extreme_cover": 0.4},
        C={"scan_range": 1_300},
    )  # fmt: skip
    rng = np.random.default_rng(5)
    expiries = ["2026-03-20", "2026-06-18", None, None]
    lines = [("A", "202603"), ("A", "202606"), ("B", ""), ("C", "")]
    products = {"A1": "A", "A2": "A", "B1": ("B", ""), "C1": "C"}
    prices = 100 + rng.normal(0, 1, (80, 4))
    bars = market(*prices, assets=list(products), contracts=[future(day) for day in expiries])
    wanted = rng.integers(-4, 5, bars.shape).astype(float)
    wanted[rng.random(bars.shape) < 0.6] = np.nan
    account = bl.FuturesMargin(span=span, products=products)
    result = bl.Portfolio.from_orders(bars, wanted, account=account, initial_cash=60_000)
    portfolio = bl.SpanPortfolio(
        [bl.SpanPosition(product=product, quantity=0, month=month) for product, month in lines],
        span,
    )
    names = list(products)
    for bar, margin in enumerate(result.margin["maintenance"]):
        quantities = np.zeros(4)
        for row in result.positions.filter(bar=bar).iter_rows(named=True):
            quantities[names.index(row["asset"])] = row["quantity"]
        assert margin == pytest.approx(portfolio.total(quantities)), bar
    assert result.margin["maintenance"].n_unique() > 20


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"day_rate": 0.5, "span": CORN}, "SPAN knows no day_rate"),
        ({"products": {"A": "ES"}}, "products belong to span"),
    ],
)
def test_accounts_that_make_no_sense_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        bl.FuturesMargin(**options)


def test_assets_without_parameters_are_refused():
    with pytest.raises(ValueError, match=r"X is no product of the SPAN parameters, which are A, B"):
        held(market([100, 100], assets="AX"), [1, 0], cash=1_000, span=CORN)
    stock = market([100, 100], contracts={"A": future()})
    with pytest.raises(ValueError, match="for futures alone; B is a stock"):
        held(stock, [1, 0], cash=1_000, span=CORN)
    with pytest.raises(TypeError, match="span must be SpanParameters"):
        held(market([100, 100]), [1, 0], cash=1_000, span=type("S", (), {"initial": 1.0})())
