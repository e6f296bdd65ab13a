"""Impact: the papers' numbers, what an order pays, and what cannot be."""

import numpy as np
import pytest
from markets import fills, flat_bars, reasons

import barledger as bl

FLAT = flat_bars([100.0] * 4)
GIVEN = {"volatility": 0.02, "volume": 10_000.0}


def bought(quantity, bars=FLAT, **options):
    orders = np.zeros((len(bars), 1))
    orders[0] = quantity
    options.setdefault("account", bl.Unlimited())
    return bl.Portfolio.from_orders(bars, orders, initial_cash=1e6, **options)


def basis_points(law, quantity):
    curved = law.curved * quantity**law.power
    return 1e4 * float(curved + law.straight * quantity)


def test_square_root_of_a_hundredth_of_the_volume():  # P5-01
    law = bl.SquareRootImpact().law(0.02, 1e7)
    assert basis_points(law, 1e5) == pytest.approx(20.0)


@pytest.mark.parametrize(
    ("days", "temporary", "cost"),
    [(0.1, 22.294, 32.2203193206), (0.2, 14.7085546814, 24.634874002), (0.5, 8.4880121819, 18.4143315025)],
)  # fmt: skip
def test_almgren_s_example_of_ibm(days, temporary, cost):  # P5-02 to P5-04
    volume = 6.561e6
    law = bl.AlmgrenImpact(shares_outstanding=263 * volume, days=days).law(0.0157, volume)
    quantity = 0.1 * volume
    assert 1e4 * law.curved * quantity**0.6 == pytest.approx(temporary, rel=1e-6)
    assert 1e4 * law.straight * quantity == pytest.approx(19.8526386412 / 2)
    assert basis_points(law, quantity) == pytest.approx(cost, rel=1e-6)


def test_slope_of_kyle():  # P5-06
    assert bl.KyleImpact.of_noise(1.2, 40_000.0).slope == pytest.approx(1.5e-5)


@pytest.mark.parametrize(
    ("impact", "price"),
    [
        (bl.SquareRootImpact(**GIVEN), 100.2),  # 100 of 10,000: 2 % · 0.1
        (bl.KyleImpact(0.01), 101.0),  # 1 cent for each share
        (bl.AlmgrenImpact(shares_outstanding=10_000.0, **GIVEN), 100.02105),  # 0.31 + 1.79 bp
    ],
    ids=repr,
)
def test_an_order_pays_for_its_own_quantity(impact, price):
    assert fills(bought(100, impact=impact)) == [(1, "A", 100.0, pytest.approx(price, abs=2e-5))]
    sold = fills(bought(-100, impact=impact))
    assert sold == [(1, "A", -100.0, pytest.approx(200.0 - price, abs=2e-5))]


def test_volume_share_uses_the_bar_s_own_volume():
    bars = flat_bars([100.0] * 3, volume=np.array([[1.0], [1000.0], [1.0]]))
    result = bought(100, bars, impact=bl.VolumeShareImpact(0.1))
    assert fills(result) == [(1, "A", 100.0, pytest.approx(100.1))]  # 0.1 · 0.1 ^ 2


def test_estimates_are_of_the_bars_before():
    closes = 100 * np.exp(np.cumsum(np.tile([0.01, -0.01], 20)))
    volume = np.full((40, 1), 400.0)
    bars = flat_bars(closes, volume=volume)
    orders = np.zeros((40, 1))
    orders[29] = 100.0
    impact = bl.SquareRootImpact(length=10, missing=0.5)
    run = bl.Portfolio.from_orders(bars, orders, impact=impact, account=bl.Unlimited())
    later = volume.copy()
    later[30:] = 7.0
    other = flat_bars(np.where(np.arange(40) < 31, closes, 3 * closes), volume=later)
    same = bl.Portfolio.from_orders(other, orders, impact=impact, account=bl.Unlimited())
    deviation = np.diff(np.log(closes))[:29]
    sigma = np.expm1(deviation)[-10:].std(ddof=1)
    price = closes[30] * (1 + sigma * np.sqrt(100 / 400))
    assert fills(run)[0][3] == pytest.approx(price)
    assert fills(same) == fills(run)


def test_impact_never_passes_a_limit_and_the_tick_is_against_us():
    limited = bought(100, impact=bl.KyleImpact(0.01), orders=bl.Limit(100.5))
    assert fills(limited)[0][3] == 100.5
    ticked = flat_bars([100.0] * 3, contracts=bl.Contract(tick=0.25))
    assert fills(bought(100, ticked, impact=bl.KyleImpact(0.003)))[0][3] == 100.5
    assert fills(bought(-100, ticked, impact=bl.KyleImpact(0.003)))[0][3] == 99.5


def test_impact_is_in_the_test_of_money():
    # 100 shares would cost 101 each with their impact: 10,000 pays for 99 at that price, and those
    # fill at 100.99
    lots = flat_bars([100.0] * 3, contracts=bl.Contract(lot=1.0))
    result = bl.Portfolio.from_orders(
        lots, np.array([[100.0], [0], [0]]), impact=bl.KyleImpact(0.01), initial_cash=10_000
    )
    assert fills(result) == [(1, "A", 99.0, pytest.approx(100.99))]
    assert reasons(result) == ["insufficient_cash"]


def test_what_a_larger_order_pays_is_never_less():
    for impact in (bl.SquareRootImpact(**GIVEN), bl.KyleImpact(0.01)):
        prices = [fills(bought(q, impact=impact))[0][3] for q in (1, 10, 100, 1000)]
        assert prices == sorted(prices)


def test_no_impact_changes_no_bit():
    assert bought(100, impact=bl.KyleImpact(0.0)).fills.equals(bought(100).fills)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: bl.AlmgrenImpact(), "AlmgrenImpact needs shares_outstanding"),
        (lambda: bl.KyleImpact(-1.0), "KyleImpact slope must be >= 0, was -1"),
        (lambda: bl.SquareRootImpact(volume=0.0), "SquareRootImpact volume must be > 0"),
        (lambda: bought(1, impact=bl.SquareRootImpact()), "needs bars with volume, or volume="),
        (lambda: bought(1, impact=bl.VolumeShareImpact()), "needs bars with volume"),
        (
            lambda: bought(1, impact=bl.SquareRootImpact(volume=5.0)),
            "no estimate is known on 4 of 4 bars of A; give the fraction",
        ),
        (
            lambda: bought(1, impact=bl.KyleImpact(1.0), rules=bl.Rules(allocation="all_or_none")),
            "KyleImpact needs allocation='in_order' or 'priority'",
        ),
    ],
)
def test_what_cannot_be(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def prices(orders, **options):
    bars = flat_bars([100.0] * 5, [50.0] * 5)
    result = bl.Portfolio.from_orders(
        bars, np.array(orders, float), account=bl.Unlimited(), initial_cash=1e6, **options
    )
    return [(row[0], row[1], round(row[2], 9)) for row in fills(result, "bar", "asset", "price")]


ROUND = [[10, 0], [0, 10], [-10, 0], [0, 0], [0, 0]]


def test_permanent_impact_stays_in_the_fills_of_the_following_bars():
    # Kyle: 10 at 0.01 pay 0.1; all of it stays, so the sale two bars later gets 100.1 - 0.1.
    law = bl.KyleImpact(0.01, permanent=1.0)
    assert prices(ROUND, impact=law)[::2] == [(1, "A", 100.1), (3, "A", 100.0)]
    assert prices(ROUND, impact=bl.KyleImpact(0.01))[::2] == [(1, "A", 100.1), (3, "A", 99.9)]
    same_bar = [[10, 0], [0, 0], [0, 0], [0, 0], [0, 0]]
    assert prices(same_bar, impact=law) == [(1, "A", 100.1)]


def test_correlated_assets_move_by_the_matrix():
    # A's fill moves A by 0.1 %, so B by half of that: 50.025, and its own 0.1 on top.
    law = bl.KyleImpact(0.01, permanent=1.0, across=[[1.0, 0.0], [0.5, 1.0]])
    assert prices(ROUND, impact=law)[1] == (2, "B", 50.125)


def test_almgren_s_permanent_part_is_twice_what_the_order_pays_of_it():  # P5-02
    volume = 6.561e6
    law = bl.AlmgrenImpact(shares_outstanding=263 * volume, permanent=1.0).law(0.0157, volume)
    assert 1e4 * law.lasting * 0.1 * volume == pytest.approx(19.8526386412)


def test_no_round_trip_gains_by_its_own_permanent_impact():
    law = bl.AlmgrenImpact(
        shares_outstanding=1e6, permanent=1.0, volatility=0.02, volume=1e4, coefficient=0.0
    )
    pieces = [[100, 0], [300, 0], [-50, 0], [-350, 0], [0, 0]]
    bars = flat_bars([100.0] * 5, [50.0] * 5)
    result = bl.Portfolio.from_orders(
        bars, np.array(pieces, float), account=bl.Unlimited(), initial_cash=1e6, impact=law
    )
    assert result.books[0].equity[-1] == pytest.approx(1e6, abs=1e-6)


def test_moved_prices_go_on_with_the_state():
    law = bl.KyleImpact(0.01, permanent=1.0)
    bars = flat_bars([100.0] * 4)
    whole = np.array([[10.0], [0.0], [-10.0], [0.0]])
    options = {"account": bl.Unlimited(), "initial_cash": 1e6, "impact": law}
    one = bl.Portfolio.from_orders(bars, whole, **options)
    first = bl.Portfolio.from_orders(bars[:2], whole[:2], **options)
    options["start"] = first.state
    second = bl.Portfolio.from_orders(bars[2:], whole[2:], **options)
    assert one.fills["price"].to_list()[1:] == second.fills["price"].to_list() == [100.0]


def test_accounts_of_groups_take_their_part_of_the_matrix():
    law = bl.KyleImpact(0.01, permanent=1.0, across=[[1.0, 0.0], [0.5, 1.0]])
    bars = flat_bars([100.0] * 5, [50.0] * 5)
    result = bl.Portfolio.from_orders(
        bars, np.array(ROUND, float), account=bl.Unlimited(), groups="each", impact=law
    )
    assert sorted(fills(result, "price")) == [(50.1,), (100.0,), (100.1,)]


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: bl.KyleImpact(0.01, permanent=-1.0), "permanent must be >= 0"),
        (lambda: bl.KyleImpact(0.01, across=[[1.0]]), "across needs permanent"),
        (lambda: bl.KyleImpact(0.01, permanent=1.0, across=[1.0]), r"must be \(N, N\)"),
        (lambda: bl.KyleImpact(0.01, permanent=1.0, across=[[0.5]]), "with 1 for each asset"),
        (
            lambda: bought(1.0, impact=bl.KyleImpact(0.01, permanent=1.0, across=np.eye(3))),
            r"across must be \(1, 1\)",
        ),
    ],
)
def test_matrices_that_mean_nothing_are_refused(make, match):
    with pytest.raises(ValueError, match=match):
        make()
