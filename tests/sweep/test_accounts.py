"""Sweeps of many assets each alone, from a state, with orders that wait, and of shorts."""

import numpy as np
import polars as pl
import pytest

import barledger as bl
from sweep.market import COSTS, crosses, raises_at_seven, rises, walk
from sweep.test_metrics import compare


@bl.rule("days")
def both_ways(bars, params, flags, scratch):
    """Long above the close of some bars before, short below."""
    days = int(params.days)
    for i in range(days, flags.size):
        up = bars.close[i] > bars.close[i - days]
        flags[i] = (
            bl.rules.LONG_ENTRY + bl.rules.SHORT_EXIT
            if up
            else bl.rules.SHORT_ENTRY + bl.rules.LONG_EXIT
        )


def test_each_asset_alone_is_a_sweep_of_its_own():
    bars = walk(300, 3)
    run = crosses(bars, groups="each", metrics="all", size=None)
    assert run.grid.names == ("asset", "fast", "slow")
    for asset in bars.assets:
        alone = crosses(bars[[asset]], metrics="all").table.drop("variant")
        found = run.table.filter(pl.col("asset") == asset).drop("variant", "asset")
        assert found.equals(alone)
    compare(run, (0, 25, 50))
    assert run.result(25).assets == (bars.assets[1],)
    assert run.overfitting(blocks=4).trials == len(run.grid)


def test_options_by_asset_reach_their_own_account():
    bars = walk(300, 2)
    fees, cash = np.array([0.0, 0.01]), [50_000.0, 80_000.0]
    run = crosses(
        bars, groups="each", fees=fees, initial_cash=cash, metrics=["fees", "final_equity"]
    )
    paid = run.table.group_by("asset", maintain_order=True).agg(pl.col("fees").sum())["fees"]
    assert paid[0] == 0.0 < paid[1]
    assert run.result(0).equity["equity"][0] == 50_000.0
    assert run.result(len(run.grid) - 1).equity["equity"][0] == 80_000.0


def test_execution_parameters_conditions_and_processes_work_each_alone():
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    given = {
        "groups": "each", "fees": bl.PercentFee(bl.param("fee")), "fee": [0.0, 0.002],
        "where": "(asset == '1') and fast < slow",
    }  # fmt: skip
    bars = bl.Bars.from_arrays(walk(200, 3).close, assets=["0", "1", "2"])
    here = crosses(bars, **given)
    assert set(here.table["asset"]) == {"1"}
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        there = crosses(bars, **given, executor=pool)
    assert there.table.equals(here.table)


def test_finished_signals_of_each_asset():
    bars = walk(120, 2)
    rng = np.random.default_rng(3)
    entries, exits = rng.random((2, 120, 2, 5)) < 0.1
    run = bl.sweep(bl.Signals(entries, exits), bars, groups="each", **COSTS).run()
    alone = bl.Portfolio.from_signals(
        bars[[bars.assets[1]]], entries[:, 1, 3], exits[:, 1, 3], **COSTS
    )
    assert run.metric("total_return")[8] == pytest.approx(alone.total_return, rel=1e-12)


def test_an_error_names_the_asset_too():
    with pytest.raises(bl.RuleError, match=r"variant 2 \(asset='A0', number=7\): ValueError: sev"):
        bl.sweep(raises_at_seven, walk(60, 2), number=[1, 3, 7, 9], groups="each").run()
    with pytest.raises(TypeError, match="groups='each' makes a parameter 'asset'"):
        bl.sweep(rises, walk(60, 2), days=[1], asset=[2], groups="each")
    with pytest.raises(TypeError, match="takes groups='each', an account for each asset"):
        crosses(walk(60, 2), groups=["a", "b"])
    with pytest.raises(ValueError, match="walk_forward is one account's"):
        bl.walk_forward(crosses(walk(60, 2), groups="each"), train=20, test=10)


def test_every_variant_starts_from_the_same_state():
    bars = walk(400)
    start = bl.Portfolio.from_holding(bars[:100], size=300, **COSTS).state
    assert start.positions
    run = crosses(bars[100:], start=start, metrics="all")
    compare(run, (0, 7, 19))
    by_hand = bl.State(cash=20_000.0, positions={bars.assets[0]: (200, 101.0)})
    run = crosses(bars, start=by_hand, metrics="all")
    compare(run, (3, 11))
    assert run.result(3).equity["equity"][0] != 100_000.0


def test_states_of_each_asset():
    bars = walk(200, 2)
    states = [bl.State(cash=1_000.0), bl.State(cash=9_000.0)]
    run = crosses(bars, start=states, groups="each", metrics="all")
    compare(run, (0, len(run.grid) - 1))
    assert run.result(len(run.grid) - 1).equity["equity"][0] == 9_000.0


@pytest.mark.parametrize("kind", ["limit", "stop", "stop limit"])
def test_orders_that_wait_for_their_price(kind):
    bars = walk(400)
    level = bars.close[:, 0] * (0.99 if kind == "limit" else 1.01)
    orders = {
        "limit": bl.Limit(level, tif="gtc"),
        "stop": bl.Stop(level),
        "stop limit": bl.StopLimit(level, level * 1.005, tif="gtc"),
    }[kind]
    run = crosses(bars, orders=orders, metrics="all")
    assert run.metric("trades").max() > 0
    compare(run, (0, 5, 12, 19))


def test_waiting_orders_of_many_assets_with_stops_of_each_variant():
    bars = walk(300, 4)
    run = crosses(
        bars, orders=bl.Limit(bars.close * 0.995, tif="gtc"), metrics="all", account=bl.RegT(),
        stops=bl.Stops(loss=bl.param("loss"), target=0.08), loss=[0.03, None],
    )  # fmt: skip
    compare(run, range(0, 40, 7))


def test_shorts_of_a_margin_account():
    bars = walk(500, 2)
    run = bl.sweep(
        both_ways, bars, days=[1, 5, 20], account=bl.RegT(), metrics="all",
        size=bl.PercentOfEquity(0.8), stops=bl.Stops(loss=0.06), **COSTS,
    ).run()  # fmt: skip
    compare(run, range(3))
    assert (run.result(1).fills["quantity"] < 0).sum() > run.metric("trades")[1] / 2


def test_shorts_in_a_cash_account_are_refused_alike():
    run = bl.sweep(both_ways, walk(300), days=[1, 5], metrics="all", **COSTS).run()
    assert (run.metric("rejected") > 0).all()
    compare(run, range(2))


def test_walk_forward_with_steps_stands_flat_between_its_tests():
    bars = walk(600)
    wanted = bl.sweep(bl.rules.sma_cross, bars, fast=[2, 5], slow=[12, 20], **COSTS)
    walked = bl.walk_forward(wanted, train=150, test=60, step=100, purge=4, embargo=6)
    assert walked.table["test_start"].to_list() == [160, 260, 360, 460]
    assert walked.table["test_end"].to_list() == [219, 319, 419, 519]
    assert walked.equity["time"].to_list() == list(range(160, 520))
    for window in walked.windows[:-1]:
        held = window.result.positions["bar"].to_numpy()
        assert held.max(initial=0) < 61
    growth = walked.equity["equity"][-1] / walked.initial_equity
    assert 1.0 + walked.curve.total_return == pytest.approx(growth, rel=1e-12)


def test_walk_forward_refuses_overlaps_and_states():
    wanted = bl.sweep(bl.rules.sma_cross, walk(300), fast=[2], slow=[12])
    with pytest.raises(ValueError, match="step must be >= test=50, was 20: tests that overlap"):
        bl.walk_forward(wanted, train=100, test=50, step=20)
    with pytest.raises(ValueError, match="purge=0, embargo=200 and test=50 need 350 bars"):
        bl.walk_forward(wanted, train=100, test=50, embargo=200)
    held = bl.sweep(bl.rules.sma_cross, walk(300), fast=[2], slow=[12], start=bl.State(cash=5.0))
    with pytest.raises(ValueError, match="leave out start"):
        bl.walk_forward(held, train=100, test=50)
