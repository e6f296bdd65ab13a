"""The reality check of a sweep, in blocks; Monte Carlo of returns and of trades."""

import numpy as np
import pytest

import barledger as bl
from barledger.validation import reality_check
from sweep.market import crosses, walk


def returns_of(run):
    """Returns (T, V) of every variant, each replayed."""
    return np.column_stack([run.result(k).returns["return"] for k in range(len(run.grid))])


def test_a_sweep_is_checked_as_its_replays_are():
    run = crosses(walk(300), fast=[2, 4, 7], slow=[9, 20, 33])
    held = bl.Portfolio.from_holding(walk(300)).returns["return"].to_numpy()
    found = run.reality_check(held, paths=200, seed=3)
    by_hand = reality_check(returns_of(run), held, paths=200, seed=3)
    assert (found.variant, found.trials) == (by_hand.variant, 9)
    assert found.excess == pytest.approx(by_hand.excess, rel=1e-12)
    assert (found.white, found.hansen) == (by_hand.white, by_hand.hansen)
    assert run.best("total_return", n=3)["variant"].is_in([found.variant]).any()


def test_chunks_and_threads_change_no_verdict():
    given = {"fast": range(2, 30), "slow": range(5, 40)}
    run = crosses(walk(150), **given)
    one = run.reality_check(paths=50, executor=1)
    assert one == run.reality_check(paths=50, executor=2)
    assert one.trials == len(run.grid) > 512


def test_each_asset_alone_is_checked_too():
    run = crosses(walk(120, 3), groups="each", fast=[2, 4], slow=[9, 20])
    found = run.reality_check(paths=50)
    assert found.trials == 12
    assert found == reality_check(returns_of(run), paths=50)


def test_on_random_walks_the_check_finds_luck():
    found = [
        bl.sweep(bl.rules.sma_cross, walk(400, seed=seed), fast=range(2, 8), slow=range(12, 40, 4))
        .run()
        .reality_check(walk_returns(seed), paths=100)
        for seed in range(20)
    ]
    assert sum(each.hansen < 0.05 for each in found) <= 4
    assert np.mean([each.white for each in found]) > 0.3


def walk_returns(seed):
    """Returns of holding the walk."""
    return bl.Portfolio.from_holding(walk(400, seed=seed)).returns["return"].to_numpy()


def traded(**more):
    """A result with a few dozen trades."""
    return crosses(walk(500), fast=[2], slow=[8], **more).result(0)


def test_monte_carlo_of_returns_lies_around_what_was_found():
    result = traded()
    found = bl.monte_carlo(result, paths=600, seed=2)
    assert found.found[0] == pytest.approx(result.total_return, rel=1e-9)
    assert found.found[1] == pytest.approx(result.max_drawdown, rel=1e-9)
    grown = np.log1p(found.total_return)
    error = grown.std() / 600**0.5
    assert grown.mean() == pytest.approx(np.log1p(result.total_return), abs=5 * error)
    assert found.table.height == 600
    assert found.quantiles["max_drawdown"].is_sorted()
    assert "600 paths" in repr(found)


def test_monte_carlo_is_the_same_with_the_same_seed_and_more_paths():
    result = traded()
    some, more = (bl.monte_carlo(result, "trades", paths=n, seed=4) for n in (100, 300))
    assert np.array_equal(some.total_return, more.total_return[:100])


def test_monte_carlo_of_trades_takes_trades_as_they_were():
    # One stock bought with all there is: the trades follow each other, and make up the account.
    result = traded(size=bl.PercentOfEquity(0.5))
    found = bl.monte_carlo(result, of="trades", paths=200)
    closed = result.trades.filter(result.trades["status"] == "closed")
    assert found.found[0] == pytest.approx(closed["pnl"].sum() / 100_000.0, abs=0.01)
    assert found.probability(drawdown=0.999) == 0.0
    assert found.probability() == np.mean(found.total_return < 0.0)
    assert found.probability(loss=0.05) <= found.probability()


def test_monte_carlo_refuses_what_it_cannot_draw_from():
    with pytest.raises(ValueError, match="one account, the result has 2"):
        bl.monte_carlo(bl.Portfolio.from_holding(walk(50, 2), groups="each"))
    with pytest.raises(ValueError, match="at least 2 trades to draw from, had 0"):
        bl.monte_carlo(bl.Portfolio.from_holding(walk(50)), of="trades")
    with pytest.raises(ValueError, match="of must be one of returns, trades; was 'fills'"):
        bl.monte_carlo(traded(), of="fills")
    with pytest.raises(TypeError, match="monte_carlo takes a result"):
        bl.monte_carlo(walk(50))
    with pytest.raises(ValueError, match="block must be from 1"):
        bl.monte_carlo(traded(), block=0.5)


def test_a_sweep_that_is_judged_needs_bars():
    with pytest.raises(ValueError, match="at least 20 periods, had 15"):
        crosses(walk(15), fast=[2], slow=[5]).reality_check()
