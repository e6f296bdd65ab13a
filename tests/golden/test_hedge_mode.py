"""Hedge mode, worked by hand: two legs of one instrument, each with its own margin."""

import numpy as np
import pytest

import barledger as bl

PERP = bl.Contract(kind="perpetual", maintenance=0.01)
N = 6


def at(*bars):
    signal = np.zeros(N, bool)
    signal[list(bars)] = True
    return signal


def market(close, contract=PERP, **options):
    close = np.array(close, float)
    given = {"assets": "P", "contracts": contract}
    return bl.Bars.from_arrays(close, open=close, high=close, low=close, **{**given, **options})


def hedge(bars, account, **options):
    """Buy 2 on bar 1 and sell 2 short on bar 2; the long ends on bar 4."""
    given = {"size": 2, "initial_cash": 1_000.0, **options}
    return bl.Portfolio.from_signals(
        bars, at(0), at(3), at(1), at(5), hedge=True, account=account, **given
    )


def held(result, bar):
    rows = result.positions.filter(bar=bar)
    return dict(zip(rows["asset"], rows["quantity"], strict=True))


def test_both_sides_are_held_at_once():
    result = hedge(market([100, 100, 110, 130, 120, 120]), bl.PerpIsolated(leverage=5))
    assert held(result, 3) == {"P:long": 2, "P:short": -2}
    # 2 from 100 to 120 and 2 short from 110: 40 earned, 20 lost
    assert held(result, 4) == {"P:short": -2}
    assert result.equity["equity"].to_list() == [1000, 1000, 1020, 1020, 1020, 1020]


def test_each_leg_has_its_own_margin():
    result = hedge(market([100, 100, 110, 110, 110, 110]), bl.PerpIsolated(leverage=5))
    assert result.margin["initial"].to_list() == pytest.approx([0, 40, 84, 84, 44, 44])
    cross = hedge(market([100, 100, 110, 110, 110, 110]), bl.PerpCross(leverage=5))
    assert cross.margin["maintenance"].to_list() == pytest.approx([0, 2, 4.4, 4.4, 2.2, 2.2])


def test_one_leg_is_liquidated_and_the_other_stands():
    # the short of 110 at leverage 5: gone where 44 + 220 = 2.02 p, 130.69
    result = hedge(market([100, 100, 110, 131, 131, 131]), bl.PerpIsolated(leverage=5))
    assert held(result, 3) == {"P:long": 2}
    assert result.cash["cash"][3] == pytest.approx(956)


def test_funding_of_two_even_legs_is_nothing():
    bars = market([100, 100, 100, 100, 100, 100], events=bl.Events(funding=[(3, "P", 0.001)]))
    paid = hedge(bars, bl.PerpCross()).ledger.filter(category="funding")
    assert paid["amount"].to_list() == pytest.approx([-0.2, 0.2])


def test_a_stop_closes_its_own_leg():
    result = hedge(market([100, 100, 110, 125, 125, 125]), bl.PerpCross(), stops=bl.Stops(loss=0.1))
    assert held(result, 3) == {"P:long": 2}


def test_options_by_asset_hold_for_both_legs():
    close = np.full((N, 2), 100.0)
    bars = bl.Bars.from_arrays(close, open=close, assets=["A", "B"])
    signal = np.column_stack([at(0), at(0)])
    result = bl.Portfolio.from_signals(
        bars, signal, None, signal, None, hedge=True, account=bl.RegT(), size=[10, 20],
        fees=bl.PercentFee([0.0, 0.01]), initial_cash=100_000,
    )  # fmt: skip
    assert held(result, 5) == {"A:long": 10, "A:short": -10, "B:long": 20, "B:short": -20}
    assert result.fills["fee"].to_list() == [0, 0, 20, 20]
    # longs 25 %, shorts 30 %: 750 and 900
    assert result.margin["maintenance"][-1] == pytest.approx(1_650)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"exclusive": [["P"]]}, "takes no exclusive groups"),
        ({"groups": "each"}, "takes no groups"),
        ({"liquidity": bl.Liquidity(units=5)}, "takes no caps of volume"),
        ({"rules": bl.Rules(sequence=np.zeros((N, 1), int))}, "takes no array as sequence"),
    ],
)
def test_what_hedge_mode_cannot_do_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        hedge(market([100] * N), bl.PerpCross(), **options)
