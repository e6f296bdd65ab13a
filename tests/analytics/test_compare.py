"""Runs side by side, and their difference by cause, worked by hand."""

import numpy as np
import pytest
from markets import flat_bars, orders

import barledger as bl
from barledger import demo
from barledger.result.gains import gains

BARS = flat_bars([10.0, 10.0, 12.0, 11.0])
GIVEN = orders((0, "A", 10.0), (2, "A", -10.0))


def run(given=GIVEN, bars=BARS, **options) -> bl.Result:
    return bl.Portfolio.from_orders(bars, given, initial_cash=1_000.0, **options)


def test_difference_of_two_runs_is_what_they_paid():
    # bought 10 at 10, sold at 11; dear: fees 1 % of 100 and 110, slippage 2 % (0.20 and 0.22 each)
    # fee on the slipped notional: 1 % of 102 and of 107.80
    comparison = bl.compare({"free": run(), "dear": run(fees=0.01, slippage=0.02)})
    found = {row[0]: row[1:] for row in comparison.difference("free", "dear").iter_rows()}
    assert found["prices"] == pytest.approx((10.0, 10.0, 0.0))
    assert found["slippage"] == pytest.approx((0.0, -4.2, -4.2))
    assert found["fees"] == pytest.approx((0.0, -2.098, -2.098))
    assert found["final equity"] == pytest.approx((1_010.0, 1_003.702, -6.298))


def test_differences_add_up_to_that_of_the_final_equity():
    table = bl.compare({"a": run(), "b": run(orders((1, "A", 20.0)), fees=0.01)}).difference(
        "a", "b"
    )
    *causes, total = table["difference"]
    assert sum(causes) == pytest.approx(total)
    # a: 10 from 10 to 11; b: 20 from 12 to 11
    assert table.filter(cause="prices").row(0)[1:] == pytest.approx((10.0, -20.0, -30.0))


def test_flows_are_a_cause_and_not_a_gain():
    events = bl.Events(cash_flows=[(2, 500.0)])
    table = bl.compare({"a": run(), "b": run(events=events)}).difference("a", "b")
    assert table.filter(cause="deposit")["difference"].to_list() == [500.0]
    assert table.filter(cause="prices")["difference"].to_list() == [0.0]


def test_buy_and_hold_beside_itself_is_neutral():
    held = bl.Portfolio.from_holding(BARS, initial_cash=1_000.0)
    row = bl.compare({"held": held}).relative.row(0, named=True)
    assert row["beta"] == pytest.approx(1.0)
    assert row["tracking_error"] == 0.0
    assert row["up_capture"] == pytest.approx(1.0)


def test_benchmark_may_be_one_of_the_runs_or_another_result():
    half = run(orders((0, "A", 50.0)))  # half of equity in A from bar 1 on, at 10
    full = run(orders((0, "A", 100.0)))
    named = bl.compare({"half": half, "full": full}, benchmark="full").relative
    given = bl.compare({"half": half}, benchmark=full).relative
    assert named.row(0)[1:] == given.row(0)[1:]
    # on bar 2 the full one rises 20 %, the half one 10 %; on bar 3 100 of 1200 against 50 of 1100
    assert named["up_capture"][0] == pytest.approx(0.5)
    assert named["down_capture"][0] == pytest.approx((50 / 1_100) / (100 / 1_200))
    assert named["beta"][1] == pytest.approx(1.0)


def test_statistics_have_a_row_a_run():
    comparison = bl.compare({"a": run(), "b": run(orders((0, "A", 500.0)))})
    assert comparison.stats["run"].to_list() == ["a", "b"]
    assert comparison.stats["not_filled_insufficient_cash"].to_list() == [0, 1]


def test_it_prints_a_column_a_run_on_one_screen():
    text = repr(bl.compare({"free": run(), "dear": run(fees=0.01)}))
    assert text.splitlines()[0].split() == ["free", "dear"]
    assert "up capture" in text
    assert len(text.splitlines()) < 30
    assert ">dear</th>" in bl.compare({"free": run(), "dear": run()})._repr_html_()


def test_metrics_runs_compare_what_they_know():
    comparison = bl.compare({"a": run(record="metrics")})
    assert "total return" in repr(comparison)
    with pytest.raises(LookupError, match="record='full'"):
        _ = comparison.relative
    with pytest.raises(LookupError, match="record='full'"):
        _ = comparison.attribution


def test_loaded_runs_need_a_benchmark(tmp_path):
    run().save(tmp_path / "run.parquet")
    loaded = bl.Result.load(tmp_path / "run.parquet")
    with pytest.raises(LookupError, match="give compare a benchmark"):
        _ = bl.compare({"a": loaded}).relative
    assert len(bl.compare({"a": loaded}, benchmark=run()).relative) == 1


@pytest.mark.parametrize(
    ("runs", "options", "words"),
    [
        ({}, {}, "at least one run"),
        ({"a": 3}, {}, "'a' must be a Result, was int"),
        ({"a": run(), "b": run(bars=flat_bars([10.0, 10.0, 11.0]))}, {}, "on the same bars"),
        ({"a": run()}, {"benchmark": "b"}, "'b' is not one of the runs: a"),
        ({"a": run(groups="each", bars=flat_bars([1.0] * 4, [1.0] * 4))}, {}, "has 2 accounts"),
    ],
)
def test_what_cannot_be_compared_is_named(runs, options, words):
    with pytest.raises((ValueError, TypeError, KeyError), match=words):
        bl.compare(runs, **options)


def test_difference_needs_two_known_runs():
    comparison = bl.compare({"a": run(), "b": run()})
    with pytest.raises(KeyError, match="no run 'c'"):
        comparison.difference("a", "c")
    with pytest.raises(ValueError, match="'a' twice"):
        comparison.difference("a", "a")


def test_prices_differ_by_what_was_held_and_when():
    early, late = run(orders((0, "A", 10.0))), run(orders((1, "A", 10.0)))
    table = bl.compare({"early": early, "late": late}).difference("early", "late")
    # early: 10 to 11, late: 12 to 11
    assert table.filter(cause="prices").row(0)[1:] == pytest.approx((10.0, -10.0, -20.0))
    assert np.isfinite(table["difference"].to_numpy()).all()


def test_size_is_a_cause_of_its_own():
    # bar 2, from 10 to 12: 10 shares against 20. Bar 3, to 11: one sells its 10, the other keeps 20
    table = bl.compare({"a": run(), "b": run(orders((0, "A", 20.0)))}).difference("a", "b")
    rows = {row[0]: row[1:] for row in table.iter_rows()}
    assert rows["prices"] == pytest.approx((10.0, 20.0, -10.0))
    assert rows["sizing"] == (None, None, pytest.approx(20.0))
    assert sum(table["difference"][:-1]) == pytest.approx(table["difference"][-1])


def test_an_asset_that_one_run_does_not_know_is_no_matter_of_size():
    both = flat_bars([10.0, 10.0, 12.0, 11.0], [5.0, 5.0, 9.0, 9.0])
    bought = orders((0, "A", 20.0), (2, "A", -20.0), (0, "B", 10.0))
    table = bl.compare({"a": run(), "b": run(bought, bars=both)}).difference("a", "b")
    rows = {row[0]: row[1:] for row in table.iter_rows()}
    assert rows["sizing"][2] == pytest.approx(10.0)  # 10 more of A from 10 to 11, sold on one bar
    assert rows["prices"][2] == pytest.approx(40.0)  # 10 of B from 5 to 9


def test_gains_of_all_assets_are_the_prices_of_the_attribution():
    bars = bl.Bars.sample()
    made = demo.simulate(bars, demo.signals_of(bars, 20, 100), 100_000.0)
    for part in (made, made["2004":"2008"]):
        total = sum(each.profit.sum() for _, each in gains(part.books[0]))
        prices = part.attribution.filter(cause="prices")["amount"][0]
        assert total == pytest.approx(prices, rel=1e-9)
