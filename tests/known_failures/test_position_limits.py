"""What broke in systems like this: limits that were read and not kept."""

import numpy as np
import pytest
from markets import fills, flat_bars, held, incidents, orders, reasons

import barledger as bl

MARGIN = bl.PortfolioMargin(max_leverage=10.0)


def limited(wanted, n_bars=3, columns=3, rules=None, **limits):
    """Orders on assets at 10, of 10,000 in a margin account that would allow 100,000."""
    bars = flat_bars(*([10.0] * n_bars for _ in range(columns)))
    return bl.Portfolio.from_orders(
        bars, wanted, account=MARGIN, initial_cash=10_000, limits=bl.RiskLimits(**limits),
        rules=rules,
    )  # fmt: skip


def test_no_more_positions_than_allowed_at_one_instant():
    result = limited(orders((0, "A", 10), (0, "B", -10), (0, "C", 10)), max_positions=2)
    assert (held(result), reasons(result)) == ({"A": 10, "B": -10}, ["max_positions"])


def test_no_more_positions_than_allowed_later_and_what_is_held_may_grow():
    wanted = orders((0, "A", 10), (1, "B", 10), (1, "A", 5))
    result = limited(wanted, max_positions=1)
    assert (held(result), reasons(result)) == ({"A": 15}, ["max_positions"])


def test_an_exit_makes_room_at_the_same_instant():
    result = limited(orders((0, "A", 10), (1, "B", 10), (1, "A", -10)), max_positions=1)
    assert (held(result), reasons(result)) == ({"B": 10}, [])


def test_an_asset_takes_no_more_than_its_share():
    # 20 % of 10,000 is 200 shares at 10; a second order finds no room, the other side its own.
    wanted = orders((0, "A", 500), (1, "A", 10), (0, "B", -500))
    result = limited(wanted, max_per_asset=0.2)
    assert held(result) == {"A": pytest.approx(200), "B": pytest.approx(-200)}
    assert reasons(result) == ["asset_cap"] * 3


def test_gross_exposure_stays_under_its_cap():
    # 1.5 · 10,000: 1000 A and -500 B of 1000.
    result = limited(orders((0, "A", 1000), (0, "B", -1000)), max_leverage=1.5)
    assert held(result) == {"A": pytest.approx(1000), "B": pytest.approx(-500)}
    assert reasons(result) == ["leverage_cap"]


def test_net_exposure_stays_under_its_cap_on_either_side():
    # A takes net to 5000 of 5000; B may go from there to -5000, 1000 shares short.
    result = limited(orders((0, "A", 900), (1, "B", -1200)), max_net=0.5)
    assert held(result) == {"A": pytest.approx(500), "B": pytest.approx(-1000)}
    assert reasons(result) == ["net_cap", "net_cap"]


def test_a_group_shares_its_cap_and_others_have_none():
    # Gross of A and B at most 3000; C is in no group.
    wanted = orders((0, "A", 200), (0, "B", -200), (0, "C", 400))
    result = limited(wanted, max_per_group=0.3, groups=["tech", "tech", None])
    assert held(result) == {"A": pytest.approx(200), "B": pytest.approx(-100), "C": 400}
    assert reasons(result) == ["group_cap"]


def test_caps_refuse_whole_orders_when_told_to():
    rules = bl.Rules(insufficient="reject")
    result = limited(orders((0, "A", 1600), (0, "B", 100)), max_leverage=1.5, rules=rules)
    assert (held(result), reasons(result)) == ({"B": 100}, ["leverage_cap"])


def test_notional_of_futures_counts_as_exposure():
    # 250,000 a contract of 1,000,000 and a cap of 1.1: four.
    contract = bl.Contract(kind="future", multiplier=50, initial=1.0)
    bars = flat_bars([5000] * 2, contracts=contract)
    result = bl.Portfolio.from_orders(
        bars, [9, 0], account=bl.FuturesMargin(), initial_cash=1_000_000,
        limits=bl.RiskLimits(max_leverage=1.1),
    )  # fmt: skip
    assert fills(result) == [(1, "A", 4, 5000)]


def test_a_price_that_drifts_above_a_cap_trades_nothing():
    bars = flat_bars([10, 10, 40, 40])
    result = bl.Portfolio.from_orders(
        bars, [200, 0, 0, 0], initial_cash=10_000, limits=bl.RiskLimits(max_per_asset=0.2)
    )
    assert (len(result.fills), incidents(result)) == (1, [])
    assert (result.exposure["gross"] / result.equity["equity"])[-1] == 0.5


def test_random_entries_keep_every_limit_at_once():
    draws = np.random.default_rng(3)
    bars = bl.Bars.from_arrays(50.0 * np.exp(draws.normal(0, 0.01, (200, 20)).cumsum(axis=0)))
    wanted = draws.normal(0, 300, bars.shape)
    limits = bl.RiskLimits(max_positions=8, max_leverage=1.5, max_per_asset=0.3)
    result = bl.Portfolio.from_orders(bars, wanted, account=MARGIN, limits=limits)
    per_bar = result.positions.group_by("bar").len()
    assert per_bar["len"].max() == 8
    assert (result.exposure["gross"] / result.equity["equity"]).max() < 1.6  # drift within a bar
    assert {"max_positions", "leverage_cap", "asset_cap"} <= set(reasons(result))
