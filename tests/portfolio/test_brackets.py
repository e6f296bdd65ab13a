"""Brackets, orders of which one cancels the others, ladders, and how stops leave."""

import numpy as np
import polars as pl
import pytest
from markets import FIRST
from markets import SWING as BARS

import barledger as bl


def fills(signals=FIRST, **options):
    """Fills as (bar, quantity, price, reason)."""
    result = bl.Portfolio.from_signals(BARS, signals, size=10, **options)
    return result.fills.select("bar", "quantity", "price", "reason").rows()


def run(rows, **columns):
    """Fills and reasons of an order frame: rows (bar, quantity) with further columns."""
    frame = {
        "bar": [r[0] for r in rows],
        "asset": ["A"] * len(rows),
        "quantity": [r[1] for r in rows],
    }
    result = bl.Portfolio.from_orders(
        BARS, pl.DataFrame({**frame, **columns}, strict=False), account=bl.Unlimited()
    )
    reasons = result.rejections.select("bar", "reason").rows()
    return result.fills.select("bar", "quantity", "price").rows(), reasons


def test_a_bracket_leaves_at_its_stop_or_at_its_target():
    entry = bl.Limit(98.0)
    assert fills(orders=bl.Bracket(entry, stop=95.5, target=105.0)) == [
        (1, 10.0, 98.0, "signal"),
        (2, -10.0, 105.0, "target_hit"),
    ]
    assert fills(orders=bl.Bracket(entry, stop=95.5)) == [
        (1, 10.0, 98.0, "signal"),
        (3, -10.0, 95.5, "stop_loss"),
    ]
    # The same levels as stops of the run, and as columns of a frame.
    levels = bl.Stops(loss=95.5, target=105.0, unit="level")
    assert fills(orders=entry, stops=levels) == fills(
        orders=bl.Bracket(entry, stop=95.5, target=105.0)
    )
    done, _ = run([(0, 10.0)], kind=["limit"], price=[98.0], stop_loss=[95.5], take_profit=[105.0])
    assert done == [(1, 10.0, 98.0), (2, -10.0, 105.0)]


def test_one_order_cancels_the_other():
    done, reasons = run(
        [(0, 10.0), (0, -10.0)], kind=["stop", "stop"], price=[101.0, 95.0], oco=["x", "x"]
    )
    assert done == [(1, 10.0, 101.0)]
    assert reasons == [(1, "one_cancels_other")]


def test_a_strategy_ties_orders_together():
    def decide(ctx, bar, state):
        if bar == 0:
            up = bl.trade.stop(ctx, 0, 10.0, 101.0)
            down = bl.trade.stop(ctx, 0, -10.0, 95.0)
            bl.trade.oco(ctx, up, down)

    class Same(bl.Strategy):
        def on_bar(self, ctx):
            if ctx.bar == 0:
                ctx.oco(ctx.stop("A", 10, 101.0), ctx.stop("A", -10, 95.0))

    for strategy in (decide, Same()):
        result = bl.Portfolio.from_callback(BARS, strategy, account=bl.Unlimited())
        assert result.fills.select("bar", "quantity").rows() == [(1, 10.0)]
        assert result.rejections["reason"].to_list() == ["one_cancels_other"]


def test_handles_of_other_bars_cannot_be_tied():
    def decide(ctx, bar, state):
        if bar == 1:
            bl.trade.oco(ctx, 1, bl.trade.limit(ctx, 0, 1.0, 90.0))

    with pytest.raises(bl.DecisionError, match="oco ties orders that were placed on this bar"):
        bl.Portfolio.from_callback(BARS, decide)


def test_a_ladder_leaves_in_parts():
    stops = bl.Stops(targets=[(0.01, 0.5), (0.05, 0.3)], loss=0.04)
    assert fills(stops=stops) == [
        (1, 10.0, 100.0, "signal"),
        (1, -5.0, 101.0, "target_hit"),
        (2, -3.0, 105.0, "target_hit"),
        (3, -2.0, 96.0, "stop_loss"),
    ]


@pytest.mark.parametrize(
    ("stops", "exit_"),
    [
        (bl.Stops(loss=0.04), (3, 96.0)),
        (bl.Stops(loss=0.04, exit="close"), (3, 96.0)),
        (bl.Stops(loss=0.03, exit="close"), (1, 100.0)),
        (bl.Stops(loss=0.03, exit="limit"), (1, 97.0)),
        (bl.Stops(loss=0.06, exit="limit"), (4, 94.0)),  # opens at 90, and comes back
        (bl.Stops(loss=0.06), (4, 90.0)),
    ],
    ids=repr,
)
def test_how_a_stop_leaves(stops, exit_):
    assert [(bar, price) for bar, _, price, _ in fills(stops=stops)][-1] == exit_


def test_distances_may_count_from_the_close_of_the_signal():
    # Signalled at the close of 104, filled at the open of 103: 5 % of 104 is 5.2.
    later = np.array([False, False, True, False, False])
    assert fills(later, stops=bl.Stops(loss=0.05, base="signal"))[-1][:3] == (3, -10.0, 98.8)
    assert fills(later, stops=bl.Stops(loss=0.05))[-1][2] == pytest.approx(97.85)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"orders": bl.Bracket(bl.Limit(98.0), stop=99.0)}, "stop must lie below .* bar 0 of A"),
        ({"orders": bl.Bracket(stop=101.0)}, "buys at about 100 with a stop at 101"),
        ({"orders": bl.Bracket(target=100.0)}, "target must lie above the price of an order"),
        ({"orders": bl.Bracket(stop=99.0), "direction": "short"}, "stop must lie above"),
        ({"stops": bl.Stops(loss=101.0, unit="level")}, "stop must lie below"),
        ({"orders": bl.Bracket(stop=99.0), "stops": bl.Stops(loss=0.1)}, "give one of them"),
    ],
)
def test_a_bracket_on_the_wrong_side_is_an_error_before_anything_runs(options, error):
    with pytest.raises(ValueError, match=error):
        fills(**options)


def test_a_frame_with_a_bracket_on_the_wrong_side_names_the_bar():
    with pytest.raises(ValueError, match=r"bar 1 of A sells at about 105 with a target at 106"):
        run(
            [(0, 10.0), (1, -10.0)],
            kind=["market", "limit"],
            price=[None, 105.0],
            take_profit=[None, 106.0],
        )


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda: bl.Bracket(), ValueError, "a stop, a target, or both"),
        (lambda: bl.Bracket(98.0, stop=90.0), TypeError, "an order such as Limit"),
        (lambda: bl.Bracket(stop=np.inf), ValueError, "must be finite"),
        (lambda: bl.Stops(targets=[(0.1, 0.6), (0.2, 0.6)]), ValueError, "at most 1 in all"),
        (lambda: bl.Stops(losses=[(0.2, 0.5), (0.1, 0.5)]), ValueError, "must be >= 0 and rise"),
        (lambda: bl.Stops(losses=[(-0.1, 0.5)]), ValueError, "must be >= 0 and rise"),
        (lambda: bl.Stops(targets=[0.1, 0.2]), TypeError, "pairs of"),
        (lambda: bl.Stops(target=0.1, targets=[(0.1, 0.5)]), ValueError, "not both"),
        (lambda: bl.Stops(loss=0.1, exit="limit", stop_fill="worst_close"), ValueError, "contra"),
        (lambda: bl.Stops(losses=[(0.1, 1.0)], exit="limit"), ValueError, "exit='market'"),
        (lambda: bl.Stops(loss=0.1, limit_offset=0.1), ValueError, "needs exit='limit'"),
        (lambda: bl.Stops(loss=0.1, exit="limit", limit_offset=-1), ValueError, ">= 0"),
        (lambda: bl.Stops(loss=9.0, trail=1.0, unit="level"), ValueError, "are distances"),
        (lambda: bl.Stops(loss=9.0, base="signal", unit="level"), ValueError, "neither a base"),
        (lambda: bl.Stops(loss=0.1, exit="gone"), ValueError, "market, limit, close"),
    ],
)
def test_bad_brackets_and_stops_are_refused(make, error, match):
    with pytest.raises(error, match=match):
        make()


def test_exits_by_limit_need_the_next_open():
    with pytest.raises(ValueError, match="Stops with exit='limit' need fill='next_open'"):
        fills(stops=bl.Stops(loss=0.1, exit="limit"), fill="close")


def test_ladders_of_the_run_and_levels_of_an_order_exclude_each_other():
    frame = pl.DataFrame({"bar": [0], "asset": ["A"], "quantity": [1.0], "stop_loss": [90.0]})
    with pytest.raises(ValueError, match="do not go with Stops of ladders"):
        bl.Portfolio.from_orders(BARS, frame, stops=bl.Stops(targets=[(0.1, 0.5)]))


@pytest.mark.parametrize(
    "far",
    [
        bl.Stops(loss=0.99, target=99.0, trail=0.99, time=999),
        bl.Stops(losses=[(0.98, 0.5), (0.99, 0.5)], targets=[(98.0, 0.2), (99.0, 0.3)]),
        bl.Stops(loss=0.99, exit="limit", limit_offset=0.001, base="signal"),
        bl.Stops(loss=0.99, exit="close", when_added="reset", path="nearest"),
        bl.Stops(loss=0.01, target=1e9, unit="level"),
    ],
    ids=repr,
)
def test_stops_that_are_never_hit_change_no_bit(far):
    rng = np.random.default_rng(4)
    close = 50.0 * np.exp(np.cumsum(rng.normal(0.0, 0.02, (300, 3)), axis=0))
    bars = bl.Bars.from_arrays(close, open=close, high=close * 1.01, low=close * 0.99)
    signals = rng.random((2, 300, 3)) < 0.1
    options = {"size": bl.PercentOfEquity(0.3), "fees": 0.001, "slippage": 0.001}
    without = bl.Portfolio.from_signals(bars, *signals, **options)
    guarded = bl.Portfolio.from_signals(bars, *signals, stops=far, **options)
    assert guarded.fills.equals(without.fills)
    assert guarded.equity.equals(without.equity)


def test_later_bars_change_no_earlier_fill_with_everything_on():
    rng = np.random.default_rng(5)
    close = 50.0 * np.exp(np.cumsum(rng.normal(0.0, 0.02, (200, 2)), axis=0))
    signals = rng.random((2, 200, 2)) < 0.2
    options = {
        "orders": bl.TrailingStop(0.3, tif="day"),
        "stops": bl.Stops(losses=[(0.02, 0.5), (0.05, 0.5)], targets=[(0.03, 0.5)], trail=0.04),
        "liquidity": bl.Liquidity(units=40.0),
        "impact": bl.KyleImpact(0.001, permanent=0.5, across=[[1.0, 0.3], [0.3, 1.0]]),
        "delay": 1,
        "size": 60,
    }

    def run(prices):
        bars = bl.Bars.from_arrays(prices, open=prices, high=prices * 1.01, low=prices * 0.99)
        return bl.Portfolio.from_signals(bars, *signals, **options).fills

    other = close.copy()
    other[120:] *= rng.uniform(0.7, 1.3, other[120:].shape)
    before = pl.col("bar") < 120
    assert len(run(close).filter(before)) > 50
    one, two = run(close).filter(before), run(other).filter(before)
    told = ["bar", "asset", "quantity", "price", "fee"]
    assert one.select(told).equals(two.select(told))
