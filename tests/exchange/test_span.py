"""SPAN as a function: numbers of exchanges and textbooks, then what must hold of any portfolio."""

import numpy as np
import pytest

import barledger as bl
from barledger.exchange.scenarios import price_moves

CALL = [460, -610, 2640, 1730, -1270, -2340, 5210, 4540, -2540, -3430, 8060, 7640, -3380]
CALL += [-3990, 3130, -1500]  # McMillan: the S&P December 410 call
CLASSIC = {"extreme_multiple": 2.0, "extreme_cover": 0.35}


def rules(offsets=(), **products):
    rows = {name: {**CLASSIC, **fields} for name, fields in products.items()}
    return bl.SpanParameters.from_mapping({"products": rows, "offsets": list(offsets)})


def future(product, quantity, month=""):
    return bl.SpanPosition(product=product, quantity=quantity, month=month)


def test_array_of_a_future():
    third = 10_000 / 3
    expected = [0, 0, third, third, -third, -third, 2 * third, 2 * third, -2 * third, -2 * third]
    expected += [10_000, 10_000, -10_000, -10_000, 7_000, -7_000]
    assert price_moves(2.0, 0.35).gain * 10_000 == pytest.approx(expected)


def test_scan_risk_of_a_future_and_a_short_call():
    sp = rules(SP={"scan_range": 10_000})
    call = bl.SpanPosition(product="SP", quantity=-1, right="call", array=CALL, delta=0.5)
    found = bl.span([future("SP", 1), call], sp).products["SP"]
    # the textbook's future is rounded to tens: 6,670 where ours is 6,666.67; 13 is unrounded
    assert found["scan"] == pytest.approx(6_620)
    assert found["scenario"] == 13


def test_scan_risk_of_a_call_alone():
    call = bl.SpanPosition(product="SP", quantity=1, right="call", array=CALL, delta=0.5)
    found = bl.span([call], rules(SP={"scan_range": 10_000})).products["SP"]
    assert (found["scan"], found["scenario"]) == (3_990, 14)


def test_array_priced_by_black_76():
    es = rules(
        ES={
            "scan_range": 12_500,
            "multiplier": 50,
            "volatility_range": 0.05,
            "extreme_multiple": 3.0,
            "extreme_cover": 0.33,
        }
    )
    call = bl.SpanPosition(
        product="ES",
        quantity=-1,
        right="call",
        strike=5100,
        futures_price=5000,
        days=30,
        volatility=0.16,
    )
    portfolio = bl.SpanPortfolio([future("ES", 1), call], es)
    expected = [-1248.1095, 1304.8576, 1107.2808, 3960.9954, -4047.4745, -2075.4957, 3005.3741]
    expected += [5761.623, -7244.9959, -5919.2939, 4466.7542, 6788.8074, -10771.0401, -9984.359]
    expected += [2484.7055, -11535.4484]
    assert portfolio.arrays[0] - portfolio.arrays[1] == pytest.approx(expected, abs=0.01)
    found = portfolio.margin().products["ES"]
    assert found["scan"] == pytest.approx(11_535.4484, abs=0.01)
    assert found["scenario"] == 16
    assert found["net_option_value"] == pytest.approx(-2_544.1577, abs=0.01)


@pytest.mark.parametrize(
    ("near", "far", "charge", "margin"),
    [(500, 500, 200, 200), (500, 750, 50, 300), (500, 750, 0, 250)],
)
def test_a_calendar_spread_costs_the_difference_of_its_legs_and_a_charge(near, far, charge, margin):
    a = rules(A={"scan_range": near, "months": {"2": far}, "spreads": [["1", "2", charge]]})
    assert bl.span([future("A", 1, "1"), future("A", -1, "2")], a).total == pytest.approx(margin)


def test_any_two_months_can_have_a_charge_of_their_own():
    a = rules(A={"scan_range": 500, "month_spread": 70, "spreads": [["1", "2", 40]]})
    legs = [future("A", 3, "1"), future("A", -1, "2"), future("A", -1, "3")]
    # 1 against 2 at 40, 1 against 3 at 70, one of the first month is left over
    assert bl.span(legs, a).products["A"]["intra"] == 110
    assert bl.span(legs, a).total == 610


@pytest.mark.parametrize(
    ("held", "ratios", "ranges", "rate", "credit", "margin"),
    [
        ((2, -1), (2, -1), (1_750, 2_500), 0.55, 3_300, 2_700),
        ((3, -2), (1, -1), (22_000, 33_000), 0.8, 88_000, 44_000),
    ],
)
def test_credit_between_products(held, ratios, ranges, rate, credit, margin):
    offset = {"legs": {"A": ratios[0], "B": ratios[1]}, "rate": rate}
    both = rules([offset], A={"scan_range": ranges[0]}, B={"scan_range": ranges[1]})
    found = bl.span([future("A", held[0]), future("B", held[1])], both)
    assert sum(parts["credit"] for parts in found.products.values()) == pytest.approx(credit)
    assert found.total == pytest.approx(margin)


def test_deltas_used_by_one_offset_are_gone_for_the_next():
    offsets = [{"legs": {"A": 1, "B": -1}, "rate": 0.5}, {"legs": {"A": 1, "C": -1}, "rate": 0.9}]
    three = rules(offsets, **{name: {"scan_range": 1_000} for name in "ABC"})
    legs = [future("A", 1), future("B", -1), future("C", -1)]
    assert bl.span(legs, three).total == 3_000 - 1_000


def test_no_credit_on_one_side_of_the_market():
    offset = {"legs": {"A": 1, "B": -1}, "rate": 0.5}
    both = rules([offset], A={"scan_range": 1_000}, B={"scan_range": 1_000})
    assert bl.span([future("A", 1), future("B", 1)], both).total == 2_000


def test_risk_less_option_value_is_the_total():
    sp = rules(
        SP={
            "scan_range": 10_000,
            "spreads": [["1", "2", 200]],
            "delivery": {"1": (150, 0)},
            "short_option_minimum": 50,
        },
    )
    call = bl.SpanPosition(
        product="SP", quantity=-1, month="2", right="call", array=CALL, delta=1.0, price=1250
    )
    found = bl.span([future("SP", 1, "1"), call], sp)
    # scan 6,620 + intra 200 + delivery 150, and 1,250 owed for the option
    assert found.products["SP"]["risk"] == pytest.approx(6_970)
    assert found.total == pytest.approx(8_220)
    assert "approximation" in found.label


def test_short_options_cost_a_minimum_however_small_their_risk():
    flat = [0.0] * 16
    legs = [
        bl.SpanPosition(product="SP", quantity=-4, right="call", array=flat, delta=0.0),
        bl.SpanPosition(product="SP", quantity=-3, right="put", array=flat, delta=0.0),
    ]
    fields = {"scan_range": 1_000, "short_option_minimum": 25}
    assert bl.span(legs, rules(SP=fields)).total == 175
    assert bl.span(legs, rules(SP={**fields, "short_option_rule": "max"})).total == 100


def test_a_delivery_month_charges_what_is_spread_and_what_is_not():
    a = rules(A={"scan_range": 500, "month_spread": 0, "delivery": {"1": (10, 30)}})
    found = bl.span([future("A", 3, "1"), future("A", -1, "2")], a)
    assert found.products["A"]["delivery"] == 10 + 2 * 30


def test_a_mirrored_portfolio_of_futures_has_the_same_margin():
    rng = np.random.default_rng(3)
    offsets = [{"legs": {"A": 2, "B": -1}, "rate": 0.6}]
    both = rules(
        offsets,
        A={"scan_range": 700, "month_spread": 90, "months": {"2": 900}},
        B={"scan_range": 1_500, "month_spread": 50},
    )
    lines = [future(product, 1, month) for product in "AB" for month in "123"]
    portfolio = bl.SpanPortfolio(lines, both)
    for _ in range(50):
        held = rng.integers(-5, 6, 6)
        assert portfolio.total(held) == pytest.approx(portfolio.total(-held))
        assert portfolio.total(held) >= 0.0


def test_parameters_come_from_a_file(tmp_path):
    toml = tmp_path / "span.toml"
    toml.write_text(
        'date = "2026-11-20"\ninitial = 1.2\n'
        "[products.C]\nscan_range = 1750\nextreme_multiple = 2\nextreme_cover = 0.35\n"
        "[products.S]\nscan_range = 2500\nextreme_multiple = 2\nextreme_cover = 0.35\n"
        "[[offsets]]\nlegs = {C = 2, S = -1}\nrate = 0.55\n"
    )
    found = bl.span([future("C", 2), future("S", -1)], bl.SpanParameters.from_file(toml))
    assert (found.total, found.initial) == pytest.approx((2_700, 3_240))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"products": {}}, "at least one product"),
        ({"products": {}, "goods": {}}, "found 'goods'"),
        ({"products": {"A": {"scan_range": 1}}}, "SPAN parameters of A: .*extreme_multiple"),
        (
            {"products": {"A": {**CLASSIC, "scan_range": 1}}, "offsets": [{"legs": {"A": 1, "B": -1}, "rate": 0.5}]},
            "an offset names 'B'",
        ),
        ({"products": {"A": {**CLASSIC, "scan_range": -1}}}, "scan_range must be > 0"),
    ],
)  # fmt: skip
def test_parameters_that_do_not_fit_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        bl.SpanParameters.from_mapping(given)


def test_positions_that_do_not_fit_are_refused():
    one = rules(A={"scan_range": 500})
    with pytest.raises(ValueError, match="no SPAN parameters of 'B'"):
        bl.span([future("B", 1)], one)
    with pytest.raises(ValueError, match="strike, futures_price, days, volatility was not given"):
        bl.span([bl.SpanPosition(product="A", quantity=1, right="call")], one)
    with pytest.raises(ValueError, match="needs its delta"):
        bl.span([bl.SpanPosition(product="A", quantity=1, right="put", array=CALL)], one)
    with pytest.raises(ValueError, match="16 numbers, this one had 2"):
        bl.SpanPosition(product="A", quantity=1, array=[1.0, 2.0])
