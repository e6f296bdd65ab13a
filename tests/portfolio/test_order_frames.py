"""Orders given one by one, each with what it waits for."""

import numpy as np
import polars as pl
import pytest

import barledger as bl

BARS = bl.Bars.from_arrays(
    [10.0, 10.0, 10.0, 8.0],
    open=[10.0, 10.0, 10.0, 8.5],
    high=[10.0, 10.5, 11.0, 8.6],
    low=[10.0, 9.8, 9.4, 7.9],
    time=np.array(["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"], "datetime64[D]"),
    assets=["A"],
)


def run(rows, **columns):
    """Fills and reasons of rows (bar, quantity) with further columns."""
    frame = {
        "bar": [r[0] for r in rows],
        "asset": ["A"] * len(rows),
        "quantity": [r[1] for r in rows],
    }
    result = bl.Portfolio.from_orders(BARS, pl.DataFrame({**frame, **columns}))
    return result.fills.select("bar", "quantity", "price").rows(), result.rejections[
        "reason"
    ].to_list()


def test_each_order_has_a_kind_of_its_own():
    # A market order, a limit below the low of bar 1, a stop above its high.
    fills, reasons = run(
        [(0, 10.0), (0, 20.0), (0, 30.0)],
        kind=["market", "limit", "stop"],
        price=[None, 9.5, 10.4],
    )
    assert fills == [(1, 10.0, 10.0), (1, 30.0, 10.4), (2, 20.0, 9.5)]
    assert reasons == []


def test_a_stop_limit_is_armed_by_its_stop():
    fills, _ = run([(0, 10.0)], kind=["stop_limit"], price=[9.6], stop=[10.4])
    assert fills == [(2, 10.0, 9.6)]


def test_each_order_lives_as_long_as_it_says():
    fills, reasons = run(
        [(0, 10.0), (0, 20.0), (0, 30.0)],
        kind=["limit"] * 3,
        price=[9.5] * 3,
        tif=["next", "gtd", "gtc"],
        until=[None, "2024-01-03", None],
    )
    assert fills == [(2, 30.0, 9.5)]
    assert reasons == ["expired", "expired"]


def test_a_frame_of_one_kind_is_the_option_of_that_kind():
    frame = pl.DataFrame({"bar": [0, 1], "asset": ["A", "A"], "quantity": [10.0, -10.0]})
    price = np.array([[9.5], [10.8], [np.nan], [np.nan]])
    one = bl.Portfolio.from_orders(BARS, frame, orders=bl.Limit(price))
    kinds = frame.with_columns(kind=pl.lit("limit"), price=pl.Series([9.5, 10.8]))
    other = bl.Portfolio.from_orders(BARS, kinds)
    assert one.fills.equals(other.fills)
    assert one.orders.equals(other.orders)


@pytest.mark.parametrize(
    ("columns", "error"),
    [
        ({"kind": ["limit"]}, "row 0 is limit and lacks its price"),
        ({"kind": ["stop_limit"], "price": [9.0]}, "lacks its price"),
        ({"kind": ["limits"], "price": [9.0]}, "market, limit, stop, stop_limit"),
        ({"price": [9.0]}, "need a column kind"),
        ({"kind": ["limit"], "price": [9.0], "tif": ["gtd"]}, "belong together"),
        ({"colour": ["red"]}, "found also colour"),
    ],
)
def test_frames_that_do_not_say_enough_are_refused(columns, error):
    with pytest.raises(ValueError, match=error):
        run([(0, 10.0)], **columns)


def test_a_kind_for_each_and_one_for_all_do_not_go_together():
    frame = {"bar": [0], "asset": ["A"], "quantity": [1.0], "kind": ["limit"], "price": [9.5]}
    with pytest.raises(ValueError, match="leave orders= out"):
        bl.Portfolio.from_orders(BARS, pl.DataFrame(frame), orders=bl.Limit(9.5))
