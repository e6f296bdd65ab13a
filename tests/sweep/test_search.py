"""Guided search, successive halving and even samples: the same numbers, every trial counted."""

import sys

import numpy as np
import pytest

import barledger as bl
from barledger.sweeps.grid import make_grid
from barledger.sweeps.sobol import MOST, sobol
from sweep.market import COSTS, crosses, raises_at_seven, walk

SPACE = {"fast": range(2, 30), "slow": range(5, 60), "where": "fast < slow", **COSTS}


def searched(bars, **more):
    pytest.importorskip("optuna")
    given = {"trials": 40, "batch": 10, "progress": False, **SPACE, **more}
    return bl.search(bl.rules.sma_cross, bars, **given)


def test_a_search_finds_what_a_sweep_finds_of_the_same_variants():
    bars = walk(500)
    run = searched(bars)
    assert run.table.height == len(run.grid) == 40
    assert run.table.select("fast", "slow").n_unique() == 40
    whole = bl.sweep(bl.rules.sma_cross, bars, **SPACE).run().table
    both = run.table.join(whole, on=["fast", "slow"], suffix="_of_sweep")
    assert both.height == 40
    assert both["sharpe"].to_list() == both["sharpe_of_sweep"].to_list()
    assert run.study.best_value == run.best(n=1)["sharpe"][0]
    assert run.result(7).sharpe == pytest.approx(run.metric("sharpe")[7], rel=1e-12)
    assert run.overfitting(blocks=4).trials == 40


def test_a_search_learns_from_its_batches():
    # One hill on 60 x 60 values: 120 trials of 3,600 come closer to its top than chance would.
    @bl.rule("a", "b")
    def nothing(bars, params, flags, scratch):
        flags[0] = 1

    size = bl.PercentOfEquity(bl.param("share"))
    share = [k / 400 for k in range(1, 401)]
    bars = bl.Bars.from_arrays(np.linspace(100.0, 200.0, 50))
    pytest.importorskip("optuna")
    run = bl.search(
        nothing, bars, trials=60, batch=10, select="total_return", a=[1], b=[1], size=size,
        share=share, progress=False,
    )  # fmt: skip
    assert run.best("total_return", n=1)["share"][0] >= 0.98


def test_the_same_seed_searches_the_same_way_on_any_executor():
    from concurrent.futures import ThreadPoolExecutor

    bars = walk(200)
    one = searched(bars, seed=5, executor=1)
    with ThreadPoolExecutor(2) as threads:
        two = searched(bars, seed=5, executor=threads)
    assert one.table.equals(two.table)


def test_a_small_space_is_tried_out_and_then_it_ends():
    run = searched(walk(100), fast=[2, 3], slow=[9, 5], trials=100)
    assert run.table.height == 4


def test_a_study_can_be_continued_and_a_sampler_chosen():
    optuna = pytest.importorskip("optuna")
    first = searched(walk(100), sampler=optuna.samplers.RandomSampler(seed=1), trials=20)
    before = len(first.study.trials)
    second = searched(walk(100), study=first.study, trials=10)
    assert len(second.study.trials) >= before + 10
    with pytest.raises(ValueError, match="a sampler or a study"):
        searched(walk(100), study=first.study, sampler=optuna.samplers.RandomSampler())


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"trials": 0}, ValueError, "trials must be >= 1"),
        ({"batch": 1.5}, TypeError, "batch must be a whole number"),
        ({"select": "calmar"}, ValueError, "unknown metric 'calmar'; this search has"),
        ({"where": "fast > 99"}, ValueError, "has turned down all that was proposed"),
        ({"where": "fats > 9"}, ValueError, "names 'fats'"),
        ({"executor": 0}, ValueError, "number of threads must be >= 1"),
        ({"fast": []}, ValueError, "the grid is empty"),
    ],
)
def test_a_search_refuses_what_does_not_fit(given, error, words):
    with pytest.raises(error, match=words):
        searched(walk(60), **given)


def test_a_failing_rule_names_its_variant_in_a_search_too():
    pytest.importorskip("optuna")
    with pytest.raises(bl.RuleError, match=r"variant \d+ \(number=7\): ValueError: seven"):
        bl.search(raises_at_seven, walk(60), number=range(1, 15), trials=14, progress=False)


def test_without_optuna_the_command_to_install_it_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ImportError, match=r"pip install 'barledger\[optuna\]'"):
        bl.search(bl.rules.sma_cross, walk(60), fast=[2], slow=[5])


def test_halving_keeps_the_best_of_each_round():
    bars = walk(540)
    wanted = bl.sweep(bl.rules.sma_cross, bars, fast=range(2, 11), slow=range(12, 21), **COSTS)
    halved = wanted.halve(rounds=3)
    assert halved.rounds.rows() == [(60, 81), (180, 27), (540, 9)]
    ninth, third, whole = (
        bl.sweep(bl.rules.sma_cross, bars[:n], fast=range(2, 11), slow=range(12, 21), **COSTS).run()
        for n in (60, 180, 540)
    )
    first = ninth.best(n=27)["variant"].to_list()
    second = third.table.filter(third.table["variant"].is_in(first))
    best = second.sort("sharpe", descending=True, maintain_order=True).head(9)["variant"]
    assert halved.table["variant"].to_list() == sorted(best)
    assert halved.table.equals(whole.table.filter(whole.table["variant"].is_in(best.to_list())))
    assert repr(halved).startswith("<HalvedRun of sma_cross: 81 variants, 9 of them on all bars")


def test_halving_counts_every_variant_and_judges_the_one_that_is_left():
    wanted = bl.sweep(bl.rules.sma_cross, walk(540), fast=range(2, 11), slow=range(12, 21), **COSTS)
    halved = wanted.halve()
    judged = halved.overfitting(blocks=4)
    assert judged.trials == 81
    assert judged.variant == halved.best(n=1)["variant"][0]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"factor": 1.0}, "factor must be a number above 1"),
        ({"rounds": 0}, "rounds must be >= 1"),
        ({"rounds": 9}, "leave 0 of 60 bars for the first round"),
        ({"select": "calmar"}, "unknown metric 'calmar'"),
    ],
)
def test_halving_refuses_what_does_not_fit(given, words):
    with pytest.raises(ValueError, match=words):
        bl.sweep(bl.rules.sma_cross, walk(60), fast=[2, 3], slow=[5, 9]).halve(**given)


def test_an_even_sample_is_part_of_the_grid_and_spreads_over_it():
    values = {"a": list(range(64)), "b": list(range(64))}
    grid = make_grid(values, None, 256, 3, "sobol")
    assert len(grid) == 256
    assert len({tuple(column) for column in grid.choices.T}) == 256
    # 16 in each sixteenth, give or take one: a random draw misses by 4 on average.
    count = np.histogram2d(*grid.choices, bins=4)[0]
    assert np.abs(count - 16).max() <= 3
    again = make_grid(values, None, 256, 3, "sobol")
    assert np.array_equal(grid.choices, again.choices)


def test_an_even_sample_of_a_sparse_set_is_filled_up():
    values = {"a": list(range(300)), "b": list(range(300))}
    grid = make_grid(values, "a == b", 200, 0, "sobol")
    assert len(grid) == 200
    assert np.array_equal(grid.choices[0], grid.choices[1])
    assert len(make_grid({"a": [1, 2, 3]}, None, 9, 0, "sobol")) == 3


def test_sobol_points_are_those_of_scipy():
    qmc = pytest.importorskip("scipy.stats").qmc
    known = qmc.Sobol(MOST, scramble=False, bits=30).random(512).T
    assert np.array_equal(sobol(MOST, 0, 512), known)
    assert np.array_equal(sobol(3, 100, 28), known[:3, 100:128])


def test_samples_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="sampling must be one of random, sobol; was 'grid'"):
        crosses(walk(60), sample=5, sampling="grid")
    with pytest.raises(ValueError, match="1 to 21 parameters here, was 22"):
        sobol(22, 0, 4)
