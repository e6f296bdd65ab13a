"""Why positions were left: columns of the records, and what explain says of levels and paths."""

import numpy as np
import polars as pl
import pytest

import barledger as bl

BARS = bl.Bars.from_arrays(
    [100.0, 100.0, 104.0, 96.0],
    open=[100.0, 100.0, 100.0, 103.0],
    high=[100.0, 101.0, 106.0, 104.0],
    low=[100.0, 97.0, 99.0, 95.0],
    assets=["A"],
    time=np.arange("2024-07-01", "2024-07-05", dtype="datetime64[D]"),
)
FIRST = np.array([True, False, False, False])
LADDER = bl.Stops(targets=[(0.05, 0.5)], loss=0.04, path="best")


def test_orders_tell_their_kind_their_life_and_the_levels_hit():
    limit = bl.Limit(98.0, tif="gtd", until="2024-07-03")
    result = bl.Portfolio.from_signals(BARS, FIRST, size=10, orders=limit, stops=LADDER)
    told = result.orders.select("kind", "level", "tif", "until", "cause").rows()
    assert told[0][:3] == ("limit", 98.0, "gtd")
    assert str(told[0][3]) == "2024-07-03"
    assert told[1][:2] == ("limit", pytest.approx(102.9))
    assert told[1][4] == "target_hit"


def test_fills_and_trades_tell_why_a_position_was_left():
    result = bl.Portfolio.from_signals(BARS, FIRST, size=10, stops=LADDER)
    rows = result.fills.select("bar", "reason", "kind", "level").rows()
    assert rows == [
        (1, "signal", "market", None),
        (2, "target_hit", "limit", 105.0),
        (3, "stop_loss", "stop", 96.0),
    ]
    assert result.trades["exit_reason"].to_list() == ["stop_loss"]
    still_open = bl.Portfolio.from_signals(BARS, FIRST, size=10)
    assert still_open.trades["exit_reason"].to_list() == [None]


def test_explain_tells_level_path_price_and_rest():
    result = bl.Portfolio.from_signals(BARS, FIRST, size=10, stops=LADDER)
    hit = result.explain("A", 2)
    assert "its target lay at 105: the high of 106 reached it within the bar" in hit
    assert "(path 'best': the favourable extreme first)" in hit
    assert "closed -5 at 105" in hit
    assert "+5 is left" in hit
    assert "nothing is left" in result.explain("A", 3)


def test_explain_tells_a_gap_and_what_waits():
    bars = bl.Bars.from_arrays(
        [100.0, 100.0, 90.0, 96.0],
        open=[100.0, 100.0, 91.0, 92.0],
        high=[100.0, 101.0, 92.0, 97.0],
        low=[100.0, 99.0, 89.0, 91.0],
        assets=["A"],
    )
    stops = bl.Stops(loss=0.05)
    gap = bl.Portfolio.from_signals(bars, FIRST, size=10, stops=stops).explain("A", 2)
    assert "its stop lay at 95: the open of 91 had passed it" in gap
    waits = bl.Portfolio.from_signals(bars, FIRST, size=10, stops=bl.Stops(loss=0.05, exit="limit"))
    assert waits.fills["price"].to_list() == [100.0, 95.0]
    assert waits.orders["kind"].to_list() == ["market", "stop_limit"]
    resting = bl.Portfolio.from_signals(bars, FIRST, size=10, orders=bl.Limit(50.0, tif="day"))
    assert "a limit at 50, good for the day" in resting.explain("A", 1)


def test_explain_tells_what_one_order_did_to_the_other_and_how_late_orders_come():
    frame = pl.DataFrame(
        {
            "bar": [0, 0],
            "asset": ["A", "A"],
            "quantity": [10.0, -10.0],
            "kind": ["stop", "stop"],
            "price": [101.0, 90.0],
            "oco": [1, 1],
        }
    )
    result = bl.Portfolio.from_orders(BARS, frame)
    assert "another order of its group had filled" in result.explain("A", 1)
    late = bl.Portfolio.from_signals(BARS, FIRST, size=10, delay=1)
    assert "for the bar 2 later" in late.explain("A", 0)
