"""What a sweep finds is what each variant finds alone, to the bit, whatever runs it."""

import numpy as np
import polars as pl
import pytest

import barledger as bl
from barledger.features import moving_average
from barledger.signals import crossed_above, crossed_below
from barledger.sweeps.metrics import METRICS
from sweep.market import COSTS, crosses, rises, strongest, walk

SAME = {"trades": "n_trades"}
STATS = {"fees": "fees", "final_equity": "final_equity", "max_drawdown_bars": "max_drawdown_bars"}


def same(a, b):
    """Equal to 1e-12, NaN being NaN."""
    assert a == pytest.approx(b, rel=1e-12, abs=1e-12, nan_ok=True)


def compare(run, variant):
    """Compare a variant's metrics with those of its full result."""
    result = run.result(variant)
    stats = result.stats()
    for name in run.job.metrics:
        column = "not_filled" if name == "not_filled" else STATS.get(name, name)
        if name == "bankrupt":
            continue
        same(run.metric(name)[variant], stats[column][0])


def test_every_metric_of_a_variant_is_that_of_its_full_result():
    run = crosses(walk(), metrics="all")
    assert set(run.job.metrics) == set(METRICS)
    for variant in range(0, run.table.height, 3):
        compare(run, variant)


def test_many_assets_share_one_account():
    run = crosses(walk(400, 7), metrics="all", size=bl.PercentOfEquity(0.4))
    assert run.metric("not_filled").sum() > 0
    for variant in (0, 5, 11):
        compare(run, variant)


def test_a_margin_account_with_stops_and_shorts_is_the_same_alone():
    run = bl.sweep(
        bl.rules.sma_cross, walk(500, 3), fast=[3, 8], slow=[20, 30], account=bl.RegT(),
        stops=bl.Stops(loss=bl.param("loss"), trail=0.06), loss=[0.02, 0.05, None],
        size=bl.PercentOfEquity(0.9), metrics="all", **COSTS,
    ).run()  # fmt: skip
    for variant in range(12):
        compare(run, variant)


def test_sma_cross_is_the_crossing_of_the_moving_averages():
    bars = walk()
    run = crosses(bars)
    fast, slow = (moving_average(bars.close, n) for n in (5, 17))
    alone = bl.Portfolio.from_signals(
        bars, crossed_above(fast, slow), crossed_below(fast, slow), **COSTS
    )
    row = run.table.filter((pl.col("fast") == 5) & (pl.col("slow") == 17))
    assert row["trades"][0] == alone.n_trades
    same(row["total_return"][0], alone.total_return)


def test_a_replay_has_the_bits_of_any_run_with_the_same_signals():
    bars = walk()
    run = crosses(bars)
    again = run.result(4)
    entries, exits = (again.source.wishes.flags & bit != 0 for bit in (1, 2))
    alone = bl.Portfolio.from_signals(bars, entries, exits, **COSTS)
    assert again.equity.equals(alone.equity)
    assert again.fills.equals(alone.fills)


@pytest.mark.parametrize("executor", [1, 2, 5])
def test_the_number_of_threads_changes_no_bit(executor):
    bars = walk(300)
    given = {"fast": range(2, 40), "slow": range(3, 41)}
    assert crosses(bars, **given, executor=executor).table.equals(crosses(bars, **given).table)


def test_execution_parameters_vary_with_the_variants():
    bars = walk()
    run = bl.sweep(
        bl.rules.sma_cross, bars, fast=[3], slow=[20], fees=bl.PercentFee(bl.param("fee")),
        fee=[0.0, 0.001], size=bl.param("size_of"),
        size_of=[bl.Shares(10), bl.PercentOfEquity(0.5)], initial_cash=50_000.0,
        account=bl.param("kind"), kind=[bl.Cash(), bl.PortfolioMargin(max_leverage=4)],
    ).run()  # fmt: skip
    assert run.table.height == 8
    for variant in range(8):
        compare(run, variant)
    assert run.params(7)["kind"] == bl.PortfolioMargin(max_leverage=4)
    assert run.table["kind"][7] == "PortfolioMargin(max_leverage=4)"


def test_a_hundred_sets_of_options_keep_their_own_variants():
    fees = [k / 5_000 for k in range(100)]
    given = {"fees": bl.PercentFee(bl.param("fee")), "fee": fees, "slippage": 0.0}
    run = crosses(walk(200), fast=[2, 3, 5], slow=[8, 13], **given)
    for variant in (0, 99, 345, 599):
        compare(run, variant)
    paid = run.metric("total_return").reshape(6, 100)
    assert (np.diff(paid, axis=1) < 0.0).all()


def test_fields_of_an_account_may_be_parameters():
    run = bl.sweep(
        bl.rules.sma_cross, walk(), fast=[3], slow=[20],
        account=bl.PortfolioMargin(max_leverage=bl.param("most")), most=[1, 2],
        size=bl.PercentOfEquity(2.0), metrics=["not_filled"],
    ).run()  # fmt: skip
    assert run.metric("not_filled")[0] > run.metric("not_filled")[1] == 0


def test_finished_arrays_of_signals_are_variants_too():
    bars = walk(300, 2)
    rng = np.random.default_rng(5)
    entries, exits = rng.random((2, 300, 2, 40)) < 0.05
    run = bl.sweep(bl.Signals(entries, exits), bars, metrics="all", **COSTS).run()
    for variant in (0, 17, 39):
        compare(run, variant)
        alone = bl.Portfolio.from_signals(bars, entries[..., variant], exits[..., variant], **COSTS)
        same(run.metric("total_return")[variant], alone.total_return)


def test_signals_with_a_condition_keep_their_numbers():
    entries = np.zeros((50, 6), bool)
    entries[0, [1, 4]] = True
    run = bl.sweep(bl.Signals(entries), walk(50), where="signal % 3 == 1", metrics=["trades"]).run()
    assert run.table["signal"].to_list() == [1, 4]


def test_a_rule_of_ones_own_runs_asset_by_asset():
    bars = walk(200, 3)
    run = bl.sweep(rises, bars, days=[1, 5], metrics="all").run()
    up = np.zeros(bars.shape, bool)
    up[5:] = bars.close[5:] > bars.close[:-5]
    down = ~up
    down[:5] = False
    alone = bl.Portfolio.from_signals(bars, up, down)
    same(run.metric("total_return")[1], alone.total_return)
    compare(run, 0)


def test_a_rule_across_assets_sees_them_all():
    bars = walk(200, 5)
    run = bl.sweep(strongest, bars, top=[1, 2], size=bl.PercentOfEquity(0.2)).run()
    flags = run.result(1).source.wishes.flags
    assert ((flags[1:] == 1).sum(axis=1) == 2).all()
    gain = bars.close[1:] / bars.close[:-1]
    assert (np.sort(gain, axis=1)[:, 3] == gain[flags[1:] == 1].reshape(-1, 2).min(axis=1)).all()


def test_splits_deposits_and_settlement_begin_anew_for_each_variant():
    bars = walk(300)
    time = np.datetime64("2020-01-01", "ns") + np.arange(300) * np.timedelta64(1, "D")
    dated = bl.Bars.from_arrays(bars.close, open=bars.open, time=time, assets="A")
    events = bl.Events(splits=[("2020-03-01", "A", 2.0)], cash_flows=[("2020-05-01", 5_000.0)])
    run = crosses(dated, events=events, account=bl.Cash(settlement_days=2), metrics="all")
    for variant in (0, 1, 9, 10):
        compare(run, variant)


def test_loss_limits_begin_anew_for_each_variant():
    run = crosses(walk(), limits=bl.RiskLimits(max_drawdown=0.05), metrics="all")
    for variant in (1, 2, 3):
        compare(run, variant)


def test_the_table_has_a_row_a_variant_and_knows_the_best():
    run = crosses(walk())
    assert run.table.columns == [
        "variant", "fast", "slow", "total_return", "sharpe", "max_drawdown", "trades", "win_rate",
    ]  # fmt: skip
    best = run.best("total_return", n=3)
    assert best["total_return"].to_list() == sorted(run.metric("total_return"), reverse=True)[:3]
    assert "24" in repr(run) or "variants" in repr(run)


def test_a_heat_map_has_a_row_and_a_column_for_each_value():
    run = crosses(walk())
    grid = run.heatmap("fast", "slow", "sharpe")
    assert grid.columns == ["fast", "5", "11", "17", "23", "29", "35"]
    assert grid["fast"].to_list() == [2, 5, 8, 11]
    assert grid["5"].to_list()[1:] == [None, None, None]
    row = run.table.filter((pl.col("fast") == 8) & (pl.col("slow") == 29))
    assert grid["29"][2] == row["sharpe"][0]


def test_a_sample_is_part_of_the_grid_and_the_same_again():
    given = {"fast": range(2, 20), "slow": range(20, 40), "sample": 50, "seed": 4}
    run = crosses(walk(100), **given)
    assert run.table.height == 50
    assert run.table.select("fast", "slow").n_unique() == 50
    assert crosses(walk(100), **given).table.equals(run.table)


def test_a_start_of_the_bars_without_any_trade_has_no_win_rate():
    run = bl.sweep(bl.rules.sma_cross, walk(30), fast=[10], slow=[29]).run()
    assert run.table["trades"][0] == 0
    assert np.isnan(run.table["win_rate"][0])
    assert run.best("win_rate").height == 0
