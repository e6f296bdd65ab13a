"""What holding costs and pays, worked by hand: interest, borrowing, dividends, delisting."""

import numpy as np
import pytest
from markets import cash, equity, fills, flat_bars, held, near, reasons

import barledger as bl

WEEKEND = ["2026-11-19", "2026-11-20", "2026-11-23"]


def moved(result, category):
    return result.ledger.filter(category=category)["amount"].to_list()


def weekend(price=50.0):
    """A Thursday, a Friday and the Monday after, at one price."""
    return flat_bars([price] * 3, time=WEEKEND)


def test_debit_interest_over_a_weekend_is_three_days():
    # C17: 10,000 · 7.2 % / 360 = 2.00 a day.
    account = bl.RegT(debit=0.072)
    result = bl.Portfolio.from_orders(
        weekend(100.0), [200, 0, 0], account=account, initial_cash=10_000
    )
    assert moved(result, "interest") == near(-6)
    assert (cash(result)[-1], equity(result)[-1]) == (-10_006, 9994)
    assert result.stats()["financing"].item() == pytest.approx(-6)


@pytest.mark.parametrize(("days", "interest"), [(360, -6.0), (365, -5.917808219)])
def test_a_year_of_interest_has_360_days_or_365(days, interest):
    account = bl.RegT(debit=0.072, day_count=days)
    result = bl.Portfolio.from_orders(
        weekend(100.0), [200, 0, 0], account=account, initial_cash=10_000
    )
    assert moved(result, "interest") == near(interest)


def test_borrow_fee_and_rebate_over_a_weekend():
    # C20: 5000 · 7.2 % / 360 = 1.00 a day, rebate 0.50.
    result = bl.Portfolio.from_orders(
        weekend(), [-100, 0, 0], account=bl.RegT(rebate=0.036), initial_cash=10_000,
        events=bl.Events(borrow=0.072),
    )  # fmt: skip
    assert (moved(result, "borrow"), moved(result, "rebate")) == (near(-3), near(1.5))
    assert (cash(result)[-1], equity(result)[-1]) == (14_998.5, 9998.5)
    assert "borrow: cash -3.00, at 0.072 a year on -100" in result.explain("A", "2026-11-23")


def test_ibkr_charges_102_percent_of_the_price_rounded_up_to_the_dollar():
    # P1-17: 42.80 · 1.02 = 43.656, 44 · 3700 = 162,800 · 0.29 % / 360 = 1.311444 a day, 3 days.
    result = bl.Portfolio.from_orders(
        weekend(42.8), [-3700, 0, 0], events=bl.Events(borrow={"A": 0.0029}),
        account=bl.RegT(borrow_rounding="ibkr"), initial_cash=200_000,
    )  # fmt: skip
    assert moved(result, "borrow") == near(-3 * 1.3114444444)


def test_interest_in_tiers_is_of_each_slice():
    # P1-18: (100,000 · 3.68 % + 500,000 · 3.18 %) / 360 = 54.38889 a day.
    tiers = [(0, 0.0368), (100_000, 0.0318), (1_000_000, 0.0268)]
    result = bl.Portfolio.from_orders(
        weekend(100.0), [12_000, 0, 0], account=bl.RegT(debit=tiers), initial_cash=600_000
    )
    assert moved(result, "interest") == near(-3 * 54.3888888889)


def test_short_proceeds_earn_the_benchmark_less_a_spread_and_nothing_at_first():
    # P1-19: 0 on 100,000; max(0, 1 % - 1.25 %) up to 1 million; 0.5 % on 500,000: 6.9444 a day.
    tiers = [(0, None), (100_000, -0.0125), (1_000_000, -0.005)]
    result = bl.Portfolio.from_orders(
        weekend(100.0), [-15_000, 0, 0], account=bl.RegT(rebate=tiers, credit=None, debit=None),
        initial_cash=1_500_000, events=bl.Events(rates=[("2026-01-01", 0.01)]),
    )  # fmt: skip
    assert moved(result, "rebate") == near(3 * 6.9444444444)
    assert moved(result, "interest") == []


def test_rebate_begins_above_a_threshold():
    # (5000 - 2000) · 3.6 % / 360 · 3 = 0.90.
    account = bl.RegT(rebate=0.036, rebate_from=2000)
    result = bl.Portfolio.from_orders(weekend(), [-100, 0, 0], account=account, initial_cash=10_000)
    assert moved(result, "rebate") == near(0.9)


def test_cash_at_hand_earns_its_credit_rate():
    # 10,000 · 3.6 % / 360 = 1.00 for Friday, 3.0003 for the weekend: simple, on the cash there is.
    result = bl.Portfolio.from_orders(
        weekend(), [0, 0, 0], account=bl.Cash(credit=0.036), initial_cash=10_000
    )
    assert moved(result, "interest") == near(1, 3.0003)


def test_bars_of_one_date_accrue_once():
    stamps = ["2026-11-19T15:00", "2026-11-19T16:00", "2026-11-20T15:00"]
    result = bl.Portfolio.from_orders(
        flat_bars([50] * 3, time=stamps), [0] * 3, account=bl.Cash(credit=0.036),
        initial_cash=10_000,
    )  # fmt: skip
    assert result.ledger.select("bar", "amount").rows() == [(2, 1.0)]


def test_a_night_is_one_where_the_exchange_is():
    # 23:00 and 01:00 UTC are one evening in New York; the next day begins there at 05:00 UTC.
    stamps = ["2026-11-19T23:00", "2026-11-20T01:00", "2026-11-20T15:00"]
    bars = flat_bars([50] * 3, time=stamps, calendar="XNYS")
    result = bl.Portfolio.from_orders(
        bars, [0] * 3, account=bl.Cash(credit=0.036), initial_cash=10_000
    )
    assert result.ledger["bar"].to_list() == [2]


def test_a_short_pays_the_dividend_that_a_long_receives():
    # C21: 50 each way, and the prices fall by it.
    bars = flat_bars([50, 50, 49.5], [50, 50, 49.5])
    events = bl.Events(dividends=[(2, "A", 0.5), (2, "B", 0.5)])
    result = bl.Portfolio.from_orders(
        bars, [[-100, 100], [0, 0], [0, 0]], account=bl.PortfolioMargin(), events=events,
        initial_cash=20_000,
    )  # fmt: skip
    assert moved(result, "dividend") == [-50, 50]
    assert equity(result) == [20_000] * 3
    assert "dividend: cash -50.00, 0.5 a share on -100" in result.explain("A", 2)


def test_a_dividend_is_for_who_held_before_the_open():
    events = bl.Events(dividends=[(1, "A", 0.5), (2, "A", 0.5)])
    result = bl.Portfolio.from_orders(flat_bars([50] * 3), [100, -100, 0], events=events)
    assert result.ledger.filter(category="dividend").select("bar", "amount").rows() == [(2, 50)]


def test_a_delisted_stock_is_closed_at_its_last_price_or_at_a_given_one():
    bars = flat_bars([50, 50, np.nan, np.nan], [20, 20, np.nan, np.nan])
    events = bl.Events(delistings=[(2, "A"), (2, "B", 3.5)])
    result = bl.Portfolio.from_orders(bars, [[10, 10], *[[0, 0]] * 3], events=events)
    assert fills(result, "asset", "price", "fee", "reason")[2:] == [
        ("A", 50, 0, "delisting"),
        ("B", 3.5, 0, "delisting"),
    ]
    assert (held(result), equity(result)[-1]) == ({}, 100_000 - 165)


def test_orders_of_a_delisted_stock_are_cancelled():
    events = bl.Events(delistings={"A": [(2,)]})
    result = bl.Portfolio.from_orders(flat_bars([50, 50, np.nan, 50]), [0, 10, 0, 0], events=events)
    assert reasons(result) == ["delisted"]
    assert "the asset had come to its end" in result.explain("A", 2)


def test_no_more_is_sold_short_than_can_be_borrowed():
    events = bl.Events(borrowable=[(0, "A", 150), (2, "A", False)])
    result = bl.Portfolio.from_orders(
        flat_bars([50] * 4), [-100, -100, -10, 0], account=bl.RegT(), events=events
    )
    assert held(result) == {"A": -100}
    assert reasons(result) == ["not_borrowable"] * 2


def test_what_cannot_be_borrowed_in_full_is_cut_or_refused():
    events = bl.Events(borrowable=60)
    cut, refused = (
        bl.Portfolio.from_orders(
            flat_bars([50] * 2), [-100, 0], account=bl.RegT(), events=events,
            rules=bl.Rules(insufficient=policy),
        )
        for policy in ("clip", "reject")
    )  # fmt: skip
    assert (held(cut), held(refused)) == ({"A": -60}, {})
    assert reasons(cut) == reasons(refused) == ["not_borrowable"]


def test_rule_201_lets_nobody_sell_short_at_the_market_after_a_fall():
    # 44.9 is more than 10 % below 50: nothing is sold short the day after; two days after it is.
    bars = flat_bars([50, 50, 44.9, 44.9, 44.9, 44.9])
    result = bl.Portfolio.from_orders(
        bars, [0, 0, -10, -10, 0, 0], account=bl.RegT(),
        rules=bl.Rules(short_sale_rule="rule_201"),
    )  # fmt: skip
    assert result.rejections.select("bar", "reason").rows() == [(3, "short_sale_restricted")]
    assert fills(result, "bar") == [(4,)]


def test_rule_201_lets_limits_sell_short():
    bars = bl.Bars.from_arrays(
        [50, 44.0, 44.5], open=[50, 46.0, 44.0], high=[50, 46, 45.5], low=[50, 44.0, 43.0]
    )
    orders = bl.Limit(45.0)
    result = bl.Portfolio.from_signals(
        bars, short_entries=[False, True, False], size=10, account=bl.RegT(), orders=orders,
        rules=bl.Rules(short_sale_rule="rule_201"),
    )  # fmt: skip
    assert fills(result, "bar", "price") == [(2, 45.0)]


def test_contracts_tell_their_own_borrow_fee():
    # 5000 · 7.2 % / 360 · 3 = 3.00; the events' rate takes its place where there is one.
    bars = flat_bars([50] * 3, time=WEEKEND, contracts=bl.Contract(borrow=0.072))
    plain = bl.Portfolio.from_orders(bars, [-100, 0, 0], account=bl.RegT())
    other = bl.Portfolio.from_orders(
        bars, [-100, 0, 0], account=bl.RegT(), events=bl.Events(borrow=[("2026-11-23", "A", 0.036)])
    )
    assert (moved(plain, "borrow"), moved(other, "borrow")) == (near(-3), near(-1.5))


@pytest.mark.parametrize(
    ("bars", "events", "message"),
    [
        (
            {"adjustment": "splits and dividends"},
            {"dividends": [("2026-11-20", "A", 0.5)]},
            "dividends need raw prices, these are adjusted .splits and dividends.",
        ),
        (
            {"contracts": bl.Contract(kind="future", multiplier=50, initial=100)},
            {"dividends": [("2026-11-20", "A", 0.5)]},
            "a future pays no dividend: A on bar 1",
        ),
        ({}, {"rates": [("2026-11-20", 0.01)]}, "rates begin on bar 1, after the first bar"),
        (
            {},
            {"delistings": [("2026-11-02", "A")]},
            "the delisting of A is before the first bar 2026-11-19, and it has prices after it",
        ),
    ],
)
def test_events_that_cannot_be_are_refused(bars, events, message):
    given = flat_bars([50] * 3, time=WEEKEND, **bars)
    account = bl.Unlimited(credit=0.0)
    with pytest.raises(ValueError, match=message):
        bl.Portfolio.from_orders(given, [0] * 3, account=account, events=bl.Events(**events))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"debit": 5.0}, "debit must be a fraction a year .0.05 means 5 %., was 5.0"),
        ({"credit": [(100, 0.01)]}, "credit must be tiers .from amount, rate., the first from 0"),
        ({"credit": [(0, 0.01), (0, 0.02)]}, "credit tiers must rise in amount"),
        ({"day_count": 364}, "day_count must be 360 or 365, was 364"),
        ({"borrow_rounding": "up"}, "borrow_rounding must be one of none, ibkr"),
    ],
)
def test_rates_that_are_no_rates_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        bl.RegT(**given)
