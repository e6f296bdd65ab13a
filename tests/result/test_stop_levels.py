"""Stop levels are those at which the positions are then closed."""

import numpy as np
import pytest
from markets import flat_bars

import barledger as bl

#              bar   0     1     2      3      4
OPEN = np.array([100.0, 100.0, 104.0, 110.0, 106.0])
HIGH = np.array([101.0, 104.0, 110.0, 111.0, 107.0])
LOW = np.array([99.0, 99.5, 103.0, 108.0, 100.0])
CLOSE = np.array([100.0, 103.0, 109.0, 109.0, 101.0])
BUY = np.array([True, False, False, False, False])


def bars() -> bl.Bars:
    return bl.Bars.from_arrays(CLOSE, open=OPEN, high=HIGH, low=LOW, assets=["A"])


def test_trailing_level_follows_the_high_and_is_where_the_position_closes():
    # bought at 100; best prices 104, 110, 111 after bars 1, 2, 3: 5 below them
    run = bl.Portfolio.from_signals(
        bars(), BUY, size=10, stops=bl.Stops(trail=5.0, target=30.0, time=9, unit="price")
    )
    levels = run.stop_levels
    assert levels["bar"].to_list() == [1, 2, 3]
    assert levels["stop"].to_list() == [99.0, 105.0, 106.0]
    assert set(levels["kind"]) == {"trailing_stop"}
    assert set(levels["target"]) == {130.0}
    assert set(levels["time_up"]) == {10}
    assert run.fills["price"][-1] == 106.0  # the open of bar 4 has reached it


def test_nearest_of_several_stops_is_told():
    run = bl.Portfolio.from_signals(
        bars(), BUY, size=10, stops=bl.Stops(loss=3.0, trail=5.0, trail_after=8.0, unit="price")
    )
    # the trail begins once the best price is 108: after bar 2
    rows = run.stop_levels.select("stop", "kind").rows()
    assert rows == [(97.0, "stop_loss"), (105.0, "trailing_stop"), (106.0, "trailing_stop")]


def test_break_even_is_the_entry():
    run = bl.Portfolio.from_signals(
        bars(), BUY, size=10, stops=bl.Stops(loss=10.0, break_even=8.0, unit="price")
    )
    assert run.stop_levels["stop"].to_list() == [90.0, 100.0, 100.0]


def test_levels_of_a_short_mirror_those_of_a_long():
    prices = [10.0, 10.0, 9.0]
    run = bl.Portfolio.from_signals(
        flat_bars(prices), short_entries=[True, False, False], size=5, account=bl.RegT(),
        stops=bl.Stops(loss=0.1, target=0.3), initial_cash=10_000.0,
    )  # fmt: skip
    row = run.stop_levels.row(0, named=True)
    assert (row["quantity"], row["stop"], row["target"]) == (-5.0, 11.0, pytest.approx(7.0))


def test_runs_without_stops_have_no_levels():
    run = bl.Portfolio.from_signals(bars(), BUY, size=10)
    assert run.stop_levels.is_empty()
    assert run.stop_levels.columns[:4] == ["time", "bar", "account", "asset"]


def test_slices_and_accounts_have_their_own():
    two = flat_bars([10.0] * 5, [20.0] * 5)
    buy = np.zeros((5, 2), bool)
    buy[[0, 2], [0, 1]] = True
    run = bl.Portfolio.from_signals(two, buy, size=1, groups="each", stops=bl.Stops(loss=0.5))
    rows = run.stop_levels.select("bar", "account", "asset", "stop").rows()
    assert rows == [(bar, "A", "A", 5.0) for bar in (1, 2, 3, 4)] + [
        (bar, "B", "B", 10.0) for bar in (3, 4)
    ]
    assert run[3:5].stop_levels["bar"].to_list() == [3, 4, 3, 4]


def test_explain_tells_the_levels():
    run = bl.Portfolio.from_signals(
        bars(), BUY, size=10, stops=bl.Stops(loss=3.0, target=30.0, time=2, unit="price")
    )
    text = run.explain("A", 1)
    assert "its levels from the next bar on: stop 97, target 130, closed at the open of 3" in text
    assert "levels" not in run.explain("A", 4)


def test_what_was_not_kept_is_said(tmp_path):
    run = bl.Portfolio.from_signals(bars(), BUY, size=10, stops=bl.Stops(loss=0.05))
    run.save(tmp_path / "run.parquet")
    loaded = bl.Result.load(tmp_path / "run.parquet")
    with pytest.raises(LookupError, match="a loaded result has no bars"):
        _ = loaded.stop_levels
    assert "holds +10" in loaded.explain("A", 1)
    thin = bl.Portfolio.from_signals(
        bars(), BUY, size=10, stops=bl.Stops(loss=0.05), record="equity"
    )
    with pytest.raises(LookupError, match="record='full'"):
        _ = thin.stop_levels


def test_strategies_cannot_be_gone_through_again():
    class Once(bl.Strategy):
        def on_bar(self, ctx):
            if ctx.bar == 0:
                ctx.market(0, 10.0)

    run = bl.Portfolio.from_callback(bars(), Once(), stops=bl.Stops(loss=0.5))
    assert run.fills["quantity"].to_list() == [10.0]
    with pytest.raises(LookupError, match="a strategy that decides bar by bar"):
        _ = run.stop_levels
    assert "holds +10" in run.explain("A", 2)
