"""White's and Hansen's tests: those of `arch` on the same draws, and markets without any skill."""

import numpy as np
import pytest

from barledger.analytics.reality_check import (
    Bootstrap,
    Contest,
    contest_of,
    long_run_variance,
    reality_check,
)


def drawn_trials(n=300, count=25, seed=1):
    """Returns of some trials, one a little good, one bad."""
    rng = np.random.default_rng(seed)
    returns = rng.normal(0.0, 0.01, (n, count))
    returns[:, 3] += 0.0007
    returns[:, 4] -= 0.004
    return returns, rng.normal(0.0, 0.005, n)


def test_p_values_are_those_of_arch_on_the_same_draws():
    bootstrap = pytest.importorskip("arch.bootstrap")
    returns, benchmark = drawn_trials()
    spa = bootstrap.SPA(-benchmark, -returns, block_size=10, reps=400, seed=7)
    spa.compute()
    draws = bootstrap.StationaryBootstrap(10, returns, seed=7)
    shares = np.empty((300, 400))
    for path, _ in enumerate(draws.bootstrap(400)):
        shares[:, path] = np.bincount(draws.index, minlength=300) / 300
    contest = Contest(Bootstrap(300, 10, 400, 0), benchmark, shares)
    score = contest(np.arange(25), np.ascontiguousarray(returns.T))
    found = (score.plain > score.mean).mean(axis=1)
    assert found.tolist() == spa.pvalues.to_list()
    excess = (returns - benchmark[:, None]).T
    assert long_run_variance(excess, 10) == pytest.approx(spa._loss_diff_var, rel=1e-12)


def test_the_bootstrap_draws_blocks_of_the_mean_length():
    drawn = Bootstrap(500, 20.0, 40, 3).draws(0, 40)
    follows = (np.diff(drawn, axis=1) % 500) == 1
    assert follows.mean() == pytest.approx(1 - 1 / 20, abs=0.01)
    assert np.bincount(drawn.ravel(), minlength=500).std() < 20  # 40 on average
    assert np.array_equal(drawn[7:9], Bootstrap(500, 20.0, 40, 3).draws(7, 2))


def test_blocks_of_variants_give_the_verdict_of_the_whole():
    returns, benchmark = drawn_trials()
    contest = contest_of(300, benchmark, 8, 200, 0)
    rows = np.ascontiguousarray(returns.T)
    whole = contest(np.arange(25), rows).verdict(25)
    parts = [contest(np.arange(k, k + 5), rows[k : k + 5]) for k in (15, 0, 20, 5, 10)]
    score = parts[0]
    for part in parts[1:]:
        score = score.joined(part)
    assert score.verdict(25) == whole
    assert whole == reality_check(returns, benchmark, block=8, paths=200)


def test_skill_is_found_and_the_bounds_are_in_order():
    returns, _ = drawn_trials()
    assert reality_check(returns + 0.0, paths=300).hansen > 0.05
    returns[:, 7] += 0.003
    found = reality_check(returns, paths=300)
    assert found.variant == 7
    assert found.white < 0.01
    assert found.lower <= found.hansen <= found.upper < 0.01


def test_poor_trials_cost_white_power_but_not_hansen():
    # One fair trial among many that are hopeless and wild: White's test waits for the wild ones.
    rng = np.random.default_rng(5)
    returns = rng.normal(-0.01, 0.05, (400, 60))
    returns[:, 0] = rng.normal(0.0018, 0.01, 400)
    found = reality_check(returns, paths=400)
    assert found.hansen < 0.05 < found.white


def test_without_skill_it_rejects_at_its_nominal_rate():
    rng = np.random.default_rng(8)
    found = [
        reality_check(rng.normal(size=(120, 8)), block=3.0, paths=150, seed=k) for k in range(200)
    ]
    white = np.mean([each.white < 0.05 for each in found])
    hansen = np.mean([each.hansen < 0.05 for each in found])
    assert white == pytest.approx(0.05, abs=0.045)  # three standard errors of 200 draws
    assert hansen == pytest.approx(0.05, abs=0.055)  # short samples reject a little too often


def test_trials_that_never_trade_are_no_better_than_nothing():
    found = reality_check(np.zeros((100, 5)), paths=50)
    assert (found.variant, found.excess, found.hansen, found.white) == (0, 0.0, 1.0, 0.0)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"returns": np.zeros(50)}, r"shape \(T, V\)"),
        ({"returns": np.full((50, 2), np.nan)}, "must be finite"),
        ({"returns": np.zeros((10, 2))}, "at least 20 periods, had 10"),
        ({"benchmark": np.zeros(49)}, "benchmark must be 50 finite returns"),
        ({"block": 51.0}, "block must be from 1 to the number of periods, 50"),
        ({"paths": 0}, "paths must be >= 1"),
    ],
)
def test_what_makes_no_sense_is_refused(given, words):
    with pytest.raises(ValueError, match=words):
        reality_check(**{"returns": np.zeros((50, 2)), **given})
