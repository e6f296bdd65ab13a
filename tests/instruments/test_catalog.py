"""The catalogue of futures, and contracts by name, list and mapping."""

import pytest

from barledger.instruments.catalog import LISTINGS, contract, contracts_of, known, listing
from barledger.instruments.contract import Contract


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
