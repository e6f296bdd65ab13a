"""Stops of the oracle among orders, money, margin and sizes."""

from dataclasses import replace

import numpy as np
import pytest

from barledger.accounts import Cash, PortfolioMargin, Unlimited
from barledger.options import PercentOfEquity, Rules
from barledger.slippage import Slippage

from .engine import simulate
from .levels import StopTerms
from .market import Market, Outcome, Wishes
from .test_oracle import fills, quantities
from .test_oracle_stops import FAR, exits_of


def bars(*columns: list[object], **options: object) -> Market:
    """Bars of one or more assets; a number stands for a bar of one price."""
    table = [[bar if isinstance(bar, tuple) else (bar,) * 4 for bar in c] for c in columns]
    start, high, low, close = np.array(table, float).transpose(2, 1, 0).tolist()
    return Market(start, high, low, close, **options)


def records(out: Outcome) -> list[tuple[int, int, str, str, str]]:
    return [(o["bar"], o["asset"], o["cause"], o["state"], o["reason"]) for o in out.orders]


LOSS = StopTerms(loss=5.0, unit="price")


def test_an_exit_whose_position_a_stop_has_closed_is_cancelled():
    no, yes = [False], [True]
    signals = ([yes, no, no], [no, yes, no], [no] * 3, [no] * 3)
    market = bars([100, 100, 90])
    out = simulate(market, Wishes(signals=signals), account=Cash(), size=10, stops=LOSS)
    assert records(out)[1:] == [
        (2, 0, "stop_loss", "filled", "none"),
        (2, 0, "signal", "cancelled", "position_gone"),
    ]


@pytest.mark.parametrize(("target", "left"), [(4, 4), (10, 10), (14, 14), (-3, -3)])
def test_targets_are_planned_after_the_stops_of_their_open(target, left):
    # Held 10 and stopped out: each target is then reached from flat.
    out = simulate(
        bars([100, 100, 90]),
        Wishes(targets=[[10], [target], [np.nan]], unit="shares"),
        account=Unlimited(),
        stops=LOSS,
    )
    assert exits_of(out)[0] == (2, 90, "stop_loss")
    assert quantities(out) == ({0: left} if left else {})


def test_sizes_are_those_of_the_snapshot_before_the_stops():
    # 10 bought; equity at the open 10,000 - 10 * 10 = 9,900, a quarter of which is 24.75 at 100;
    # the stop slips by another 9 that the snapshot has not seen.
    no = [False, False]
    signals = ([[True, False], [False, True], no], [no] * 3, [no] * 3, [no] * 3)
    out = simulate(
        bars([100, 100, 90], [100, 100, 100]),
        Wishes(signals=signals),
        account=Unlimited(),
        initial_cash=10_000,
        size=PercentOfEquity(np.array([[0.1, 0.25]])),
        slippage=Slippage(np.array([[0.0, 0.0], [0.0, 0.0], [0.01, 0.0]])),
        stops=LOSS,
    )
    assert fills(out)[-1] == (2, 1, pytest.approx(24.75), 100)


@pytest.mark.parametrize(("proceeds", "n"), [("same_instant", 9.5), ("next_bar", 0)])
def test_money_freed_in_the_range_is_free_from_the_close(proceeds, n):
    out = simulate(
        bars([100, 100, (100, 101, 94, 96), 96], [100, 100, 100, 100]),
        Wishes(orders=[(0, 0, 10), (1, 1, 9.5)]),
        account=Cash(),
        fill="next_close",
        rules=Rules(proceeds=proceeds),
        initial_cash=1000,
        stops=LOSS,
    )
    assert exits_of(out) == [(2, 95, "stop_loss")]
    bought = [row for row in fills(out) if row[1] == 1]
    assert bought == ([(2, 1, n, 100)] if n else [])


def test_money_freed_in_the_range_buys_nothing_at_the_same_open():
    out = simulate(
        bars([100, 100, (100, 101, 94, 96), 96], [100, 100, 100, 100]),
        Wishes(orders=[(0, 0, 10), (1, 1, 9.5)]),
        account=Cash(),
        initial_cash=1000,
        stops=LOSS,
    )
    assert records(out)[1:] == [
        (2, 1, "order", "rejected", "insufficient_cash"),
        (2, 0, "stop_loss", "filled", "none"),
    ]


def test_money_freed_by_a_gap_buys_at_the_same_open():
    out = simulate(
        bars([100, 100, 90], [100, 100, 100]),
        Wishes(orders=[(0, 0, 10), (1, 1, 9)]),
        account=Cash(),
        initial_cash=1000,
        stops=LOSS,
    )
    assert fills(out)[1:] == [(2, 0, -10, 90), (2, 1, 9, 100)]


def test_stops_of_one_instant_go_by_column():
    out = simulate(
        bars([100, 100, 90], [100, 100, 90]),
        Wishes(orders=[(0, 1, 10), (0, 0, 10)]),
        account=Unlimited(),
        rules=Rules(sequence="reversed"),
        stops=LOSS,
    )
    assert [row[1] for row in fills(out)] == [1, 0, 0, 1]


def test_positions_of_the_start_have_no_stops():
    out = simulate(
        bars([100, 50]), Wishes(orders=[]), account=Cash(), positions={0: (10, 100)}, stops=LOSS
    )
    assert exits_of(out) == []


@pytest.mark.parametrize(("when_added", "exits"), [("keep", []), ("reset", [(2, 95, "stop_loss")])])
def test_adding_to_a_position_of_the_start(when_added, exits):
    # The average of 10 at 90 and 10 at 110 is 100.
    out = simulate(
        bars([110, 110, (110, 111, 94, 100)]),
        Wishes(orders=[(0, 0, 10)]),
        account=Cash(),
        positions={0: (10, 90)},
        stops=replace(LOSS, time=1.0, when_added=when_added),
    )
    assert exits_of(out) == exits


MARGIN_CALL = bars([100, 100, (100, 101, 49, 100)])


@pytest.mark.parametrize(
    ("stops", "causes"), [(None, ["margin_call"]), (LOSS, ["stop_loss"])], ids=["none", "loss"]
)
def test_what_a_stop_has_closed_is_not_marked_at_its_extreme(stops, causes):
    # 19 at 100 on 1,000: at 49 equity is 31 against 233; at the stop of 95 the loss is 95.
    out = simulate(
        MARGIN_CALL,
        Wishes(orders=[(0, 0, 19)]),
        account=PortfolioMargin(margin_check="extremes"),
        initial_cash=1000,
        stops=stops,
    )
    assert [o["cause"] for o in out.orders][1:2] == causes


def test_stops_of_a_bankrupt_account_do_nothing():
    # Bankrupt in bar 2 by asset 0; asset 1 has no price there or at the next open,
    # and is closed at that bar's close although its range meets the stop.
    nothing = (np.nan,) * 4
    out = simulate(
        bars([100, 100, (100, 100, 10, 10), 10], [100, 100, nothing, (np.nan, 101, 90, 97)]),
        Wishes(orders=[(0, 0, 15), (0, 1, 1)]),
        account=PortfolioMargin(max_leverage=4.0),
        initial_cash=1000,
        stops=StopTerms(loss=[FAR, 5.0], unit="price"),
    )
    assert [(o["bar"], o["asset"], o["cause"]) for o in out.orders][2:] == [
        (2, 0, "bankruptcy"),
        (3, 1, "bankruptcy"),
    ]
