"""Metrics measured in the loop are those of the replayed result; one's own are compiled."""

import pickle

import numpy as np
import pytest

import barledger as bl
from barledger.sweeps.metrics import METRICS, NEEDS
from sweep.market import COSTS, crosses, walk


def compare(run, variants):
    """Compare every metric of some variants with the statistics of their full results."""
    for variant in variants:
        row = run.result(variant).stats().row(0, named=True)
        for name in set(run.job.metrics) - {"bankrupt"}:
            found = run.metric(name)[variant]
            assert found == pytest.approx(row[name], rel=1e-12, abs=1e-12, nan_ok=True), name


@bl.metric
def worst_bar(history):
    """Lowest return of a bar."""
    return history.returns.min()


@bl.metric(best="lowest", fills=True)
def bars_between_fills(history):
    """Mean number of bars from one fill to the next."""
    fills = history.fills
    if fills.size < 2:
        return np.nan
    return (fills[fills.size - 1].bar - fills[0].bar) / (fills.size - 1)


@bl.metric
def beyond(history):
    """Read one place beyond the end."""
    return history.equity[history.equity.size]


def crash():
    """Bars that fall a little, rise, and halve overnight."""
    close = np.concatenate([np.linspace(110, 90, 20), np.linspace(91, 130, 60), np.full(20, 60.0)])
    return bl.Bars.from_arrays(close)


def test_deposits_and_cut_withdrawals_are_no_returns():
    # Of 10,000,000 only what is there is paid out: the metrics must know how much.
    plain = walk(500, 2)
    time = np.datetime64("2020-01-01", "ns") + np.arange(500) * np.timedelta64(1, "D")
    flows = [(time[90], 30_000.0), (time[300], -1e7), (time[300], 50_000.0)]
    bars = bl.Bars.from_arrays(plain.close, open=plain.open, time=time)
    run = crosses(bars, events=bl.Events(cash_flows=flows), metrics="all")
    assert set(run.job.metrics) == set(METRICS)
    compare(run, (0, 7, 13))
    assert run.overfitting(blocks=4).trials == len(run.grid)


def test_margin_calls_and_refused_orders_are_counted():
    given = {"account": bl.RegT(), "size": bl.PercentOfEquity(2.0), "metrics": "all"}
    run = crosses(crash(), fast=[2, 3], slow=[8], **given, where=None)
    assert run.metric("margin_calls")[0] > 0
    compare(run, (0, 1))
    refused = crosses(walk(300, 4), account=bl.Cash(), size=bl.PercentOfEquity(0.9), metrics="all")
    assert refused.metric("rejected").sum() > 0
    for variant in (0, 4):
        orders = refused.result(variant).orders
        count = orders.filter(orders["state"] == "rejected").height
        assert refused.metric("rejected")[variant] == count


def test_the_log_of_a_thread_grows_with_what_a_variant_writes():
    bars = walk(3000)
    entries = np.zeros((3000, 2), bool)
    entries[::2] = True
    run = bl.sweep(
        bl.Signals(entries, ~entries), bars, metrics=["slippage", "trades"], **COSTS
    ).run()  # fmt: skip
    assert run.metric("trades")[0] > 1400
    compare(run, (0, 1))


def test_metrics_that_need_no_history_keep_none():
    wanted = bl.sweep(bl.rules.sma_cross, walk(100), fast=[2], slow=[9], metrics=["calmar", "fees"])
    assert not wanted.job.asked.needs_curve
    assert set(NEEDS) < set(METRICS)


@pytest.mark.parametrize("name", ["ulcer", "value_at_risk", "margin_calls"])
def test_one_metric_alone_is_the_one_among_all(name):
    bars = walk(400)
    alone, among = crosses(bars, metrics=[name, "sharpe"]), crosses(bars, metrics="all")
    assert np.array_equal(alone.metric(name), among.metric(name))
    assert np.array_equal(alone.metric("sharpe"), among.metric("sharpe"))


def test_a_metric_of_ones_own_is_that_of_the_replayed_result():
    run = crosses(walk(400), metrics=["sharpe", worst_bar, bars_between_fills])
    assert run.table.columns[-3:] == ["sharpe", "worst_bar", "bars_between_fills"]
    for variant in (0, 9, 19):
        result = run.result(variant)
        assert run.metric("worst_bar")[variant] == result.returns["return"].min()
        bars = result.fills["bar"].to_numpy()
        assert run.metric("bars_between_fills")[variant] == np.diff(bars).mean()
        assert bars_between_fills.of(result) == np.diff(bars).mean()
    quickest = run.best("bars_between_fills", n=1)["bars_between_fills"][0]
    assert quickest == np.nanmin(run.metric("bars_between_fills"))


def test_walk_forward_selects_by_a_metric_of_ones_own():
    wanted = bl.sweep(
        bl.rules.sma_cross, walk(400), fast=[2, 5], slow=[12, 20], metrics=[worst_bar]
    )
    walked = bl.walk_forward(wanted, train=200, test=100, select="worst_bar")
    scores = wanted.run().metric("worst_bar")
    assert np.isfinite(scores).all()
    worst = [window.result.returns["return"].min() for window in walked.windows]
    assert walked.table["worst_bar_out_of_sample"].to_list() == worst


def test_a_metric_of_ones_own_travels_to_other_processes():
    again = pickle.loads(pickle.dumps(bars_between_fills))
    assert (again.name, again.best, again.fills) == ("bars_between_fills", "lowest", True)

    @bl.metric
    def inner(history):
        return history.equity[-1] - history.initial

    moved = pickle.loads(pickle.dumps(inner))
    run = crosses(walk(100), metrics=[inner, "final_equity"])
    assert run.metric("inner")[3] == run.metric("final_equity")[3] - 100_000.0
    assert moved.of(run.result(3)) == run.metric("inner")[3]


def test_a_metric_that_reads_beyond_the_end_names_itself_and_the_variant():
    with pytest.raises(bl.MetricError, match=r"metric beyond failed in variant \d+ \(fast=.*Index"):
        crosses(walk(120), metrics=[beyond])


def test_a_metric_that_raises_names_the_variant_and_says_why():
    @bl.metric
    def picky(history):
        if history.returns.max() > 0.03:
            raise ValueError("too good")
        return 1.0

    entries = np.zeros((60, 9), bool)
    entries[5, 4] = True
    close = np.full(60, 100.0)
    close[8:] = 110.0
    signals = bl.Signals(entries)
    with pytest.raises(bl.MetricError, match=r"picky failed in variant 4 \(signal=4\): Value.*too"):
        bl.sweep(signals, bl.Bars.from_arrays(close), metrics=[picky], size=500).run()


def test_a_metric_that_gives_no_number_is_refused():
    @bl.metric
    def two(history):
        return history.equity[0], history.equity[1]

    @bl.metric
    def typo(history):
        return history.equitty[0]

    for metric in (two, typo):
        with pytest.raises(bl.MetricError, match=f"metric {metric.name} failed in variant 0"):
            crosses(walk(60), metrics=[metric])


@pytest.mark.parametrize(
    ("metrics", "error", "words"),
    [
        (["cvar"], ValueError, "'cvar' .did you mean conditional_value_at_risk..; known"),
        ([np.mean], TypeError, "make a function one with @bl.metric"),
        ([3], TypeError, "a metric is a name or made by bl.metric, was 3"),
        ({"sharpe"}, TypeError, "metrics must be a list of names"),
        ([bl.Metric(lambda history: 0.0), bl.Metric(lambda h: 1.0)], ValueError, "two metrics"),
    ],
)
def test_what_is_no_metric_is_refused(metrics, error, words):
    with pytest.raises(error, match=words):
        crosses(walk(60), metrics=metrics)


def test_a_metric_may_not_take_a_known_name():
    def sharpe(history):
        return 0.0

    with pytest.raises(ValueError, match="cannot be called 'sharpe'"):
        crosses(walk(60), metrics=[bl.metric(sharpe)])
    with pytest.raises(ValueError, match="best must be 'highest' or 'lowest', was 'low'"):
        bl.metric(best="low")
    with pytest.raises(TypeError, match="metric takes a function, was 'sharpe'"):
        bl.metric("sharpe")


def test_a_metric_needs_one_account_and_the_bars():
    bars = walk(50, 2)
    result = bl.Portfolio.from_holding(bars, groups="each")
    with pytest.raises(ValueError, match="of one account, the result has 2"):
        worst_bar.of(result)
