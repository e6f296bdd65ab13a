"""The catalogue of futures, and contracts by name, list and mapping."""

from datetime import date

import pytest

from barledger.instruments.catalog import (
    LISTINGS,
    contract,
    contracts_of,
    first_notice,
    known,
    last_trade,
    listing,
)
from barledger.instruments.contract import Contract
from barledger.instruments.expiry import CODES, index_roll
from barledger.instruments.holidays import holidays, is_business_day


@pytest.mark.parametrize("row", LISTINGS, ids=lambda row: row.root)
def test_tick_value_is_multiplier_times_tick(row):
    assert row.tick_value == pytest.approx(row.multiplier * row.tick, rel=1e-12)


def test_catalogue_knows_21_roots_once_each():
    assert len(known()) == len(set(known())) == len(LISTINGS) == 21


def test_contract_takes_its_terms_from_the_row():
    es = contract("ES")
    assert (es.kind, es.multiplier, es.tick, es.lot) == ("future", 50, 0.25, 1.0)
    assert (es.initial, es.maintenance) == (11_880.0, 10_800)


@pytest.mark.parametrize(
    ("root", "multiplier", "tick", "tick_value"),
    [
        ("ZT", 2_000, 0.00390625, 7.8125),
        ("ZF", 1_000, 0.0078125, 7.8125),
        ("ZN", 1_000, 0.015625, 15.625),
        ("6E", 125_000, 0.00005, 6.25),
        ("6J", 12_500_000, 0.0000005, 6.25),
        ("MYM", 0.5, 1.0, 0.5),
        ("SI", 5_000, 0.005, 25.0),
    ],
)
def test_rows_that_are_often_wrong_elsewhere_are_right(root, multiplier, tick, tick_value):
    row = listing(root)
    assert (row.multiplier, row.tick, row.tick_value) == (multiplier, tick, tick_value)


@pytest.mark.parametrize(
    ("word", "guess"),
    [("ESS", "did you mean ES"), ("gold", "GC or MGC"), ("es", "did you mean ES")],
)
def test_unknown_name_suggests_near_ones_and_lists_the_known(word, guess):
    with pytest.raises(ValueError, match=f"no contract '{word}'.*{guess}.*known: ES, NQ"):
        contract(word)


def test_name_like_nothing_known_suggests_nothing():
    with pytest.raises(ValueError, match="in the catalogue; known"):
        contract("QQQQQQ")


def test_no_contracts_are_stocks():
    assert contracts_of(["A", "B"]) == (Contract(), Contract())


def test_one_contract_or_name_is_for_all():
    coin = Contract(kind="coin")
    assert contracts_of(["A", "B"], coin) == (coin, coin)
    assert contracts_of(["A"], "NQ") == (contract("NQ"),)


def test_list_of_contracts_is_in_column_order():
    found = contracts_of(["A", "B", "C"], ["ES", None, Contract(kind="coin")])
    assert [each.kind for each in found] == ["future", "stock", "coin"]


def test_mapping_leaves_the_others_stocks():
    assert [c.kind for c in contracts_of(["A", "B"], {"B": "ES"})] == ["stock", "future"]


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (["ES"], ValueError, "one for each of the 2 assets, were 1"),
        ({"C": "ES"}, ValueError, "contracts name 'C', but the assets are A, B"),
        ([1, 2], TypeError, "a Contract or a catalogue name, was 1"),
    ],
)
def test_contracts_that_do_not_fit_are_refused(given, error, message):
    with pytest.raises(error, match=message):
        contracts_of(["A", "B"], given)


@pytest.mark.parametrize(
    ("root", "year", "month", "day"),
    [  # P2-32 to P2-39, and the index month that a holiday moves
        ("ES", 2026, 12, "2026-12-18"),
        ("ES", 2026, 6, "2026-06-18"),
        ("CL", 2027, 1, "2026-12-21"),
        ("MCL", 2026, 12, "2026-11-19"),
        ("NG", 2027, 1, "2026-12-29"),
        ("NG", 2022, 1, "2021-12-29"),
        ("GC", 2026, 12, "2026-12-29"),
        ("ZN", 2026, 12, "2026-12-21"),
        ("ZF", 2026, 12, "2026-12-31"),
        ("6E", 2026, 12, "2026-12-14"),
    ],
)
def test_last_trading_day_follows_the_exchange(root, year, month, day):
    assert last_trade(root, year, month) == date.fromisoformat(day)
    code = f"{root}{CODES[month - 1]}{year % 100}"
    assert contract(code).expiry == date.fromisoformat(day)


def test_notice_and_roll_dates():
    # P2-40, P2-41; before June 2022 the roll was on the Thursday a week earlier.
    assert first_notice("ZN", 2026, 12) == date(2026, 11, 30)
    assert first_notice("ES", 2026, 12) is None
    assert index_roll(2026, 12) == date(2026, 12, 14)
    assert index_roll(2022, 3) == date(2022, 3, 10)


@pytest.mark.parametrize("row", LISTINGS, ids=lambda row: row.root)
def test_every_row_has_a_rule_for_its_last_day(row):
    months = [CODES.index(code) + 1 for code in row.months]
    ends = [last_trade(row.root, 2025, month) for month in months]
    assert ends == sorted(ends)
    assert all(is_business_day(end) for end in ends)
    assert row.settles in ("cash", "physical")


def test_holidays_by_rule():
    found = sorted(holidays(2026))
    assert [str(day) for day in found] == [
        "2026-01-01", "2026-01-19", "2026-02-16", "2026-04-03", "2026-05-25", "2026-06-19",
        "2026-07-03", "2026-09-07", "2026-11-26", "2026-12-25",
    ]  # fmt: skip
    assert date(2022, 12, 26) in holidays(2022)  # Christmas Day was a Sunday
    assert date(2021, 12, 31) not in holidays(2021)  # New Year's Day of 2022 was a Saturday
