"""Keywords that cannot be taken say so, and those that can reach the numbers."""

import numpy as np
import polars as pl
import pytest

import barledger as bl
from barledger.compat import vectorbt

CLOSE = np.array([10.0, 11.0, 12.0, 13.0])
BUY = np.array([True, False, False, False])
SELL = ~BUY
WIDE = np.column_stack([CLOSE, CLOSE])


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"fee": 0.1}, r"from_orders does not know fee \(did you mean fees\?\)"),
        ({"flexible": True}, "from_orders does not take flexible: give orders as a frame"),
        ({"size_type": "foo"}, "size_type must be one of amount, value"),
        ({"direction": "up"}, "direction must be one of longonly, shortonly, both; was 'up'"),
        ({"reject_prob": 0.5}, "reject_prob must be 0 or 1: draw what is rejected yourself"),
        ({"slippage": -0.1}, "slippage must be finite and >= 0, was -0.1"),
        ({"fees": np.inf}, "fees must be finite"),
        ({"fees": "much"}, "fees must be a number or an array of numbers"),
        ({"fees": [0.1, 0.2]}, r"fees has shape \(2,\); give one value, one per bar \(4,\)"),
        ({"price": [1.0, 0.0, 1.0, 1.0]}, "price must be > 0, inf for the close or -inf"),
        ({"call_seq": "random"}, "call_seq must be one of default, reversed, auto or an array"),
        ({"call_seq": [[1], [0], [0], [0]]}, "call_seq must hold the numbers 0 to 0 once"),
        ({"init_cash": "lots"}, "init_cash must be money, 'auto' or 'autoalign', was 'lots'"),
        ({"init_cash": -1.0}, "init_cash must be one number >= 0"),
        ({"init_cash": [1.0, 2.0]}, "or one for each of the 1 accounts"),
        ({"group_by": [0, 1]}, "group_by must be True, False or one label for each of the 1"),
        ({"freq": "1 fortnight"}, "freq must be a span such as '1D', '4h' or '30min'"),
    ],
)
def test_what_orders_cannot_take_says_so(keywords, message):
    with pytest.raises((TypeError, ValueError), match=message):
        vectorbt.from_orders(CLOSE, **keywords)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"signal_func_nb": len}, "does not take signal_func_nb: from_callback or a rule decides"),
        ({"adjust_sl_func_nb": len}, "give the stops as arrays"),
        ({"sl_stop": -0.1}, "sl_stop must be 0 or more, or NaN for none, was -0.1"),
        ({"tp_stop": -1.0}, "tp_stop must be 0 or more"),
        ({"accumulate": "often"}, "accumulate must be one of disabled, both, addonly, removeonly"),
        ({"upon_opposite_entry": "hide"}, "upon_opposite_entry must be one of ignore, close"),
        ({"stop_exit_price": "best"}, "stop_exit_price must be one of stoplimit"),
        ({"size_type": "targetvalue"}, "targets go to from_orders"),
    ],
)
def test_what_signals_cannot_take_says_so(keywords, message):
    with pytest.raises((TypeError, ValueError), match=message):
        vectorbt.from_signals(CLOSE, BUY, SELL, **keywords)


def test_signals_must_be_given_and_boolean():
    with pytest.raises(ValueError, match="no signals were given: pass entries, exits"):
        vectorbt.from_signals(CLOSE)
    with pytest.raises(TypeError, match="entries must be boolean, was float64 data; compare first"):
        vectorbt.from_signals(CLOSE, CLOSE)


def test_a_percent_reversal_names_its_bar():
    with pytest.raises(ValueError, match=r"on bar 1 \(1\): a size of percent cannot reverse"):
        vectorbt.from_signals(CLOSE, BUY, SELL, direction="both", size=0.5, size_type="percent")


def test_a_size_and_cash_without_end_are_refused():
    with pytest.raises(ValueError, match=r"on bar 0 .*: an order would buy without end"):
        vectorbt.from_orders(CLOSE, init_cash=np.inf)
    with pytest.raises(ValueError, match="an order would sell without end"):
        vectorbt.from_orders(CLOSE, direction="shortonly", init_cash="auto")


def test_futures_are_refused():
    bars = bl.Bars.from_arrays(CLOSE, contracts="ES")
    with pytest.raises(ValueError, match="VectorBT's account knows neither futures nor perpetuals"):
        vectorbt.from_orders(bars)


def test_a_rejected_order_raises_where_that_was_asked_for():
    with pytest.raises(vectorbt.RejectedOrder, match=r"the order of 50 .* on bar 0 .*: not_whole"):
        vectorbt.from_orders(CLOSE, 50.0, allow_partial=False, raise_reject=True)
    with pytest.raises(vectorbt.RejectedOrder, match="the account went bankrupt"):
        vectorbt.from_orders(CLOSE, [-1000.0, np.nan, np.nan, np.nan], raise_reject=True)
    with pytest.raises(IndexError, match="max_orders is 1, but 4 orders were filled: set more"):
        vectorbt.from_orders(CLOSE, 1.0, max_orders=1)


def test_keywords_that_tell_how_to_work_change_nothing():
    plain = vectorbt.from_orders(CLOSE, 1.0)
    told = vectorbt.from_orders(CLOSE, 1.0, log=True, seed=3, max_logs=9)
    assert told.fills.equals(plain.fills)


def test_values_spread_over_bars_and_assets():
    result = vectorbt.from_orders(
        WIDE, np.array([[1.0, 2.0], *[[np.nan] * 2] * 3]), fees=[0.1, 0.0, 0.0, 0.0],
        slippage=[[0.0, 0.1]],
    )  # fmt: skip
    assert result.fills.select("asset", "quantity", "price", "fee").rows() == [
        ("A0", 1, 10, 1),
        ("A1", 2, 11, 2.2),
    ]


def test_frames_give_names_and_line_up_by_label():
    close = pl.DataFrame({"a": CLOSE, "b": CLOSE})
    result = vectorbt.from_holding(close, group_by=["x", "y"], cash_sharing=True)
    assert result.equity["account"].unique(maintain_order=True).to_list() == ["x", "y"]
    assert vectorbt.from_holding(close).fills["asset"].to_list() == ["a", "b"]


def test_an_explicit_sequence_counts_within_each_group():
    sequence = np.array([[1, 0, 0]] * 4)
    result = vectorbt.from_orders(
        np.column_stack([WIDE, CLOSE]), 10.0, group_by=["x", "x", "y"], cash_sharing=True,
        call_seq=sequence, init_cash=100.0,
    )  # fmt: skip
    assert result.fills["asset"].to_list() == ["A1", "A2"]


def test_assumptions_tell_the_keywords_and_the_year():
    told = vectorbt.from_orders(CLOSE, 1.0, fees=0.001, freq="1h").assumptions
    assert told["keywords"].startswith("from_orders(size=1.0, size_type='amount'")
    assert "fees=0.001" in told["keywords"]
    assert told["year"].startswith("8760 bars")


def test_the_benchmark_pays_the_same_costs():
    result = vectorbt.from_orders(CLOSE, 1.0, fees=0.01, init_cash=1_000.0)
    assert result.benchmark().fills["fee"].to_list() == pytest.approx([1_000 / 1.01 * 0.01])


def test_stops_at_the_close_are_the_same_with_a_range_of_one_price():
    close = np.array([10.0, 9.0, 8.0, 12.0, 13.0])
    enter = np.array([True, False, False, True, False])
    plain = vectorbt.from_signals(close, enter, sl_stop=0.1, tp_stop=0.05)
    ranged = vectorbt.from_signals(
        close, enter, sl_stop=0.1, tp_stop=0.05, open=close, high=close, low=close
    )
    assert plain.fills.equals(ranged.fills)


def test_trades_are_of_a_known_kind():
    result = vectorbt.from_orders(CLOSE, 1.0)
    with pytest.raises(ValueError, match="kind must be 'exit', 'entry' or 'position', was 'all'"):
        vectorbt.trades(result, "all")


def test_a_loaded_result_has_no_bars_to_reckon_trades_from(tmp_path):
    vectorbt.from_orders(CLOSE, 1.0).save(tmp_path / "run.parquet")
    with pytest.raises(ValueError, match="a result loaded from a file has no bars"):
        vectorbt.trades(bl.Result.load(tmp_path / "run.parquet"))
