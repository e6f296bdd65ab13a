"""Signals in conflict and the drawdown limit, worked by hand."""

import pytest
from markets import cash, equity, fills, flat_bars, held, incidents, near, orders, reasons

import barledger as bl


@pytest.mark.parametrize(
    ("conflict", "bought", "left", "worth", "dropped"),
    [
        ("ignore", [(1, "A", 10, 11)], 890, [1000, 1000], ["signal_conflict"]),
        ("entry", [(0, "A", 10, 10)], 900, [1000, 1010], []),
    ],
)
def test_entry_and_exit_on_one_bar(conflict, bought, left, worth, dropped):
    # C29: ignored, the entry of the next bar buys at 11; taken, the repeat entry is ignored and
    # the exit, which alone had nothing to close, is no order.
    result = bl.Portfolio.from_signals(
        flat_bars([10, 11]), [True, True], [True, False], size=10, fill="close",
        initial_cash=1000, rules=bl.Rules(conflict=conflict),
    )  # fmt: skip
    assert fills(result) == bought
    assert (cash(result)[-1], equity(result)) == (left, worth)
    assert reasons(result) == dropped


def test_long_and_short_entry_on_one_bar_do_nothing():
    # C29: by default neither is taken.
    result = bl.Portfolio.from_signals(
        flat_bars([10, 11]), [True, False], None, [True, False], account=bl.RegT()
    )
    assert (reasons(result), fills(result)) == (["direction_conflict"], [])


def test_a_drawdown_flattens_once_and_blocks_entries():
    # C30: 7900 is 21 % below 10,000: sold at the next open, 85; the purchase there is refused.
    result = bl.Portfolio.from_orders(
        flat_bars([100, 100, 90, 79, 85, 85]),
        orders((0, "A", 100), (3, "A", 10), (4, "A", 10)),
        initial_cash=10_000,
        limits=bl.RiskLimits(max_drawdown=0.20, action="flatten"),
    )
    assert fills(result) == [(1, "A", 100, 100), (4, "A", -100, 85)]
    assert equity(result) == near(10_000, 10_000, 9000, 7900, 8500, 8500)
    assert reasons(result) == ["halted", "halted"]
    assert (incidents(result), held(result)) == (["flatten"], {})
