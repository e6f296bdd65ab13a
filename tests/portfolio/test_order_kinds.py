"""Orders for the open and the close, with protection, that trail; filled or killed; late orders."""

import numpy as np
import polars as pl
import pytest

import barledger as bl

BARS = bl.Bars.from_arrays(
    [10.0, 10.5, 10.0, 8.0],
    open=[10.0, 11.0, 10.0, 8.5],
    high=[10.0, 11.5, 11.0, 8.6],
    low=[10.0, 9.8, 9.4, 7.9],
    volume=[100.0, 100.0, 100.0, 100.0],
    assets=["A"],
)
FIRST = np.array([10.0, 0.0, 0.0, 0.0])


def fills(quantity=FIRST, bars=BARS, **options):
    """Fills as (bar, quantity, price)."""
    result = bl.Portfolio.from_orders(bars, quantity, account=bl.Unlimited(), **options)
    return result.fills.select("bar", "quantity", "price").rows()


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (bl.MarketOnOpen(), [(1, 10.0, 11.0)]),
        (bl.MarketOnClose(), [(1, 10.0, 10.5)]),
        (bl.MarketWithProtection(0.5), [(1, 10.0, 11.0)]),
        (bl.TrailingStop(1.0), [(1, 10.0, 11.0)]),  # begins at 11, where the bar opens
        (bl.TrailingStop(2.0), []),  # 12, 11.8, 11.4, 9.9: above every high after it
    ],
    ids=repr,
)
def test_each_kind_fills_where_the_bars_say(order, expected):
    assert fills(orders=order) == expected


def test_market_with_protection_as_published():
    # CME: buy 10, best offer 900.25, 6.00 points: 8 fill at up to 906.25, 2 rest there (P3-09).
    bars = bl.Bars.from_arrays(
        [900.0, 908.0, 907.0],
        open=[900.0, 900.25, 908.0],
        high=[900.0, 908.0, 908.0],
        low=[900.0, 900.25, 906.0],
    )
    done = fills(
        np.array([10.0, 0.0, 0.0]),
        bars,
        orders=bl.MarketWithProtection(6.0),
        liquidity=bl.Liquidity(units=8.0),
        slippage=bl.Slippage(amount=20.0),
    )
    assert done == [(1, 8.0, 906.25), (2, 2.0, 906.25)]


def test_an_order_is_filled_whole_or_killed():
    tight, wide = bl.Liquidity(share=0.09), bl.Liquidity(share=0.1)
    assert fills(orders=bl.Limit(11.0, tif="fok"), liquidity=tight) == []
    assert fills(orders=bl.Limit(11.0, tif="fok"), liquidity=wide) == [(1, 10.0, 11.0)]
    assert fills(rules=bl.Rules(entry_tif="fok"), liquidity=tight) == []
    assert fills(rules=bl.Rules(entry_tif="fok")) == [(1, 10.0, 11.0)]


@pytest.mark.parametrize(("delay", "bar"), [(0, 1), (1, 2), (2, 3)])
def test_delayed_orders_reach_the_market_later(delay, bar):
    assert [row[0] for row in fills(delay=delay)] == [bar]
    entries = FIRST > 0
    result = bl.Portfolio.from_signals(BARS, entries, size=10, delay=delay)
    assert result.fills["bar"].to_list() == [bar]
    assert result.orders["placed"].to_list() == [0]
    assert bl.Portfolio.from_targets(BARS, np.where(entries, 0.5, np.nan), delay=delay).fills[
        "bar"
    ].to_list() == [bar]


def test_a_delay_beyond_the_data_is_told():
    result = bl.Portfolio.from_orders(BARS, FIRST, delay=5)
    assert result.orders.select("bar", "reason").rows() == [(3, "end_of_data")]
    assert "orders reach the market 5 bars later" in str(result.assumptions)


def test_each_order_of_a_frame_may_be_of_any_kind():
    frame = pl.DataFrame(
        {
            "bar": [0, 0, 0, 0],
            "asset": ["A"] * 4,
            "quantity": [1.0, 2.0, 3.0, 4.0],
            "kind": [
                "market_on_open",
                "market_on_close",
                "market_with_protection",
                "trailing_stop",
            ],
            "price": [None, None, 0.5, 1.0],
        }
    )
    assert fills(frame) == [(1, 1.0, 11.0), (1, 3.0, 11.0), (1, 4.0, 11.0), (1, 2.0, 10.5)]


def test_orders_for_open_and_close_need_no_range():
    bars = bl.Bars.from_arrays([10.0, 12.0], open=[10.0, 11.0])
    assert fills(np.array([1.0, 0.0]), bars, orders=bl.MarketOnClose()) == [(1, 1.0, 12.0)]
    with pytest.raises(ValueError, match="needs bars with high and low"):
        fills(np.array([1.0, 0.0]), bars, orders=bl.TrailingStop(1.0))


def test_a_strategy_places_them_too():
    def decide(ctx, bar, state):
        if bar == 0:
            bl.trade.on_close(ctx, 0, 1.0)
            bl.trade.protected(ctx, 0, 2.0, 0.5)
            bl.trade.trail(ctx, 0, 3.0, 1.0, bl.trade.FOK)

    class Same(bl.Strategy):
        def on_bar(self, ctx):
            if ctx.bar == 0:
                ctx.on_close("A", 1)
                ctx.protected("A", 2, 0.5)
                ctx.trail("A", 3, 1.0, bl.trade.FOK)

    expected = [(1, 2.0, 11.0), (1, 3.0, 11.0), (1, 1.0, 10.5)]
    for strategy in (decide, Same()):
        result = bl.Portfolio.from_callback(BARS, strategy)
        assert result.fills.select("bar", "quantity", "price").rows() == expected


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: bl.MarketWithProtection(-1.0), "points must be >= 0"),
        (lambda: bl.TrailingStop(-1.0), "distance must be >= 0"),
        (lambda: bl.TrailingStop(np.inf), "must be finite"),
        (lambda: bl.MarketOnClose(tif="gtd"), "belong together"),
        (lambda: bl.MarketOnOpen(tif="never"), "next, ioc, fok"),
        (lambda: bl.Limit(9.0, tif="gtd"), "belong together"),
    ],
)
def test_bad_orders_are_refused(make, error):
    with pytest.raises(ValueError, match=error):
        make()


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"delay": -1}, ValueError, "delay must be >= 0"),
        ({"delay": 1.5}, TypeError, "delay must be a whole number"),
        ({"delay": 1, "fill": "close"}, ValueError, "fill on the bar that made them"),
        ({"orders": bl.MarketOnClose(), "fill": "close"}, ValueError, "fill='next_open'"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, error, match):
    with pytest.raises(error, match=match):
        fills(**options)


def test_a_distance_below_zero_in_a_frame_names_its_row():
    frame = pl.DataFrame(
        {"bar": [0], "asset": ["A"], "quantity": [1.0], "kind": ["trailing_stop"], "price": [-1.0]}
    )
    with pytest.raises(ValueError, match="row 0 has -1"):
        fills(frame)


def test_a_delayed_run_cannot_go_on_from_its_state():
    state = bl.Portfolio.from_orders(BARS, FIRST, delay=1).state
    with pytest.raises(ValueError, match="still on their way"):
        bl.Portfolio.from_orders(BARS, FIRST, start=state)
