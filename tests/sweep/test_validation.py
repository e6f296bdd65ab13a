"""Walk forward trades what the past chose; splits keep training and tests apart."""

from math import comb

import numpy as np
import pytest

import barledger as bl
from barledger.analytics.overfitting import moments, overfitting_of
from barledger.validation import combinatorial_splits, purged_splits, walk_splits
from sweep.market import COSTS, crosses, walk

GRID = {"fast": [2, 5, 9], "slow": [12, 20, 33]}


def wanted(bars, **more):
    return bl.sweep(bl.rules.sma_cross, bars, **GRID, **{**COSTS, **more})


def test_rolling_windows_keep_their_length_and_anchored_ones_grow():
    rolling = list(walk_splits(100, 40, 20))
    assert [(s.train[0], s.train[-1], s.test[0], s.test[-1]) for s in rolling] == [
        (0, 39, 40, 59), (20, 59, 60, 79), (40, 79, 80, 99),
    ]  # fmt: skip
    anchored = list(walk_splits(100, 40, 20, anchored=True, purge=5))
    assert [(len(s.train), s.test[0]) for s in anchored] == [(40, 45), (60, 65)]


def test_purge_and_embargo_leave_bars_out_around_a_test():
    splits = list(purged_splits(20, 4, purge=2, embargo=3))
    assert splits[1].test.tolist() == [5, 6, 7, 8, 9]
    assert splits[1].train.tolist() == [0, 1, 2, 15, 16, 17, 18, 19]
    assert np.concatenate([s.test for s in splits]).tolist() == list(range(20))


def test_combinatorial_splits_test_each_fold_equally_often():
    splits = list(combinatorial_splits(60, 6, 2, purge=1))
    assert len(splits) == comb(6, 2)
    counts = np.bincount(np.concatenate([s.test for s in splits]), minlength=60)
    assert (counts == comb(5, 1)).all()
    for train, test in splits:
        assert not set(train) & set(test)
        assert not set(train + 1) & set(test)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: next(walk_splits(10, 8, 5)), "need 13 bars; there are 10"),
        (lambda: next(walk_splits(10, 1, 5)), "train must be >= 2"),
        (lambda: next(walk_splits(10, 4, 2, step=0)), "step must be >= 1"),
        (lambda: combinatorial_splits(10, 3, 3), "fewer than the 3 folds"),
        (lambda: purged_splits(3, 5), "5 folds need as many bars"),
        (lambda: list(purged_splits(6, 2, purge=9)), "leave no bars to train on"),
    ],
)
def test_splits_that_do_not_fit_are_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_each_window_trades_the_best_of_its_training_bars():
    bars = walk(500)
    walked = bl.walk_forward(wanted(bars), train=200, test=100)
    assert walked.table["test_start"].to_list() == [200, 300, 400]
    for row, first in zip(walked.table.rows(named=True), (0, 100, 200), strict=True):
        trained = wanted(bars[first : first + 200]).run()
        best = trained.best("sharpe", n=1)
        assert row["variant"] == best["variant"][0]
        assert row["sharpe_in_sample"] == best["sharpe"][0]
        assert (row["fast"], row["slow"]) == (best["fast"][0], best["slow"][0])


def test_the_tests_are_one_account_that_goes_on():
    walked = bl.walk_forward(wanted(walk(500)), train=200, test=100)
    assert walked.equity.height == 300
    for before, after in zip(walked.windows, walked.windows[1:], strict=False):
        assert after.result.books[0].initial_equity == before.result.equity["equity"][-1]
    growth = walked.equity["equity"][-1] / walked.initial_equity
    assert 1.0 + walked.curve.total_return == pytest.approx(growth, rel=1e-12)
    assert np.prod(1.0 + walked.returns) == pytest.approx(growth, rel=1e-12)


def test_a_test_ends_flat_on_the_first_bar_of_the_next():
    walked = bl.walk_forward(wanted(walk(500)), train=200, test=100)
    for window in walked.windows[1:]:
        held = window.result.positions.filter(window.result.positions["bar"] == 0)
        assert held.height == 0


def test_the_future_changes_no_earlier_window():
    bars = walk(500)
    close = bars.close.copy()
    close[401:] *= 1.5
    changed = bl.Bars.from_arrays(close, open=bars.open.copy())
    plain = bl.Bars.from_arrays(bars.close.copy(), open=bars.open.copy())
    one, two = (bl.walk_forward(wanted(b), train=200, test=100) for b in (plain, changed))
    assert one.table[:2].equals(two.table[:2])
    assert one.equity[:200].equals(two.equity[:200])


def test_options_and_signals_that_vary_by_bar_are_cut_with_the_bars():
    bars = walk(400, 2)
    rng = np.random.default_rng(8)
    entries, exits = rng.random((2, 400, 2, 6)) < 0.06
    ready = bl.sweep(
        bl.Signals(entries, exits), bars, fees=np.full((400, 1), 0.001),
        size=bl.VolatilityTarget(0.2, window=20),
    )  # fmt: skip
    walked = bl.walk_forward(ready, train=200, test=100, select="total_return")
    assert walked.equity.height == 200
    fees = walked.windows[0].result.fills
    worth = (fees["quantity"] * fees["price"]).abs()
    assert (fees["fee"] / worth).to_list() == pytest.approx([0.001] * fees.height)


def test_splits_of_the_bars_reach_the_window_that_they_fall_into():
    plain = walk(400)
    time = np.datetime64("2020-01-01", "ns") + np.arange(400) * np.timedelta64(1, "D")
    raw = plain.close[:, 0].copy()
    raw[320:] /= 4.0
    split = bl.Events(splits=[(time[320], "A", 4.0)], cash_flows=[(time[250], 7_000.0)])
    bars = bl.Bars.from_arrays(raw, time=time, assets="A", events=split)
    walked = bl.walk_forward(wanted(bars, size=10), train=200, test=100, select="total_return")
    assert len(walked.returns) == 200
    assert np.abs(walked.returns).max() < 0.02  # ten shares: neither flow nor split is a return


def test_walk_forward_refuses_what_it_cannot_do():
    bars = walk(300)
    with pytest.raises(ValueError, match="unknown metric 'calmar'; this sweep has"):
        bl.walk_forward(wanted(bars), train=100, test=50, select="calmar")
    with pytest.raises(ValueError, match="need 400 bars; there are 300"):
        bl.walk_forward(wanted(bars), train=300, test=100)
    with pytest.raises(TypeError, match="takes a sweep or the run of one"):
        bl.walk_forward(bars, train=100, test=50)
    stops = bl.Stops(loss=2.0, unit="atr")
    with pytest.raises(ValueError, match="cannot cut Stops in atr"):
        bl.walk_forward(wanted(bars, stops=stops), train=100, test=50)


def test_a_sweep_judges_its_best_by_its_own_trials():
    bars = walk(640, 2)
    run = crosses(bars, metrics="all")
    judged = run.overfitting(blocks=8)
    returns = [run.result(k).returns["return"].to_numpy() for k in range(run.table.height)]
    alone = [moments(r) for r in returns]
    best = int(np.argmax([each.sharpe for each in alone]))
    assert judged.trials == len(returns)
    assert judged.variant == best == run.best("sharpe", n=1)["variant"][0]
    assert judged.sharpe == pytest.approx(run.metric("sharpe")[best], rel=1e-9)
    blocks = np.array(returns).reshape(len(returns), 8, 80)
    sums = np.stack([blocks.sum(axis=2), (blocks**2).sum(axis=2)], axis=-1)
    by_hand = overfitting_of(sums, np.full(8, 80), by_sharpe=True)
    assert judged.overfitting == by_hand.probability
    assert 0.0 <= judged.deflated_sharpe <= judged.probabilistic_sharpe <= 1.0


def test_deposits_are_no_returns_to_the_judge():
    plain = walk(320)
    time = np.datetime64("2020-01-01", "ns") + np.arange(320) * np.timedelta64(1, "D")
    flows = bl.Events(cash_flows=[(time[100], 50_000.0), (time[200], -20_000.0)])
    bars = bl.Bars.from_arrays(plain.close, time=time, assets="A")
    run = crosses(bars, events=flows)
    judged = run.overfitting(blocks=4)
    assert judged.sharpe == pytest.approx(run.metric("sharpe")[judged.variant], rel=1e-9)


def test_on_random_walks_the_judge_finds_luck():
    found = [
        bl.sweep(
            bl.rules.sma_cross, walk(512, seed=seed), fast=range(2, 10), slow=range(12, 40, 4)
        ).run().overfitting(blocks=8)
        for seed in range(12)
    ]  # fmt: skip
    assert np.mean([each.overfitting for each in found]) == pytest.approx(0.5, abs=0.25)
    assert sum(each.deflated_sharpe > 0.95 for each in found) <= 2


def test_a_judgement_needs_variants_and_bars():
    run = bl.sweep(bl.rules.sma_cross, walk(100), fast=[2], slow=[5]).run()
    with pytest.raises(ValueError, match="several variants, had 1"):
        run.overfitting(blocks=4)
    with pytest.raises(ValueError, match="16 blocks need at least 32 bars"):
        crosses(walk(30), slow=[12]).overfitting()
