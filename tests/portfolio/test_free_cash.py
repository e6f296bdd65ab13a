"""The account of free cash: shorts tie their proceeds and as much again."""

import numpy as np
import pytest

import barledger as bl

PRICES = np.array([10.0, 5.0, 5.0])


def run(orders, prices=PRICES, **options):
    bars = bl.Bars.from_arrays(np.asarray(prices, float), assets=None)
    options = {"account": bl.FreeCash(), "initial_cash": 1_000, **options}
    return bl.Portfolio.from_orders(bars, orders, fill="close", **options)


def test_a_short_ties_its_proceeds_and_as_much_again():
    result = run([-40, 20, 0])
    assert result.cash["cash"].to_list() == [1_400, 1_300, 1_300]
    assert result.margin["free"].to_list() == [600, 900, 900]  # 1400 - 2 * 400, 1300 - 2 * 200


def test_a_long_takes_free_cash_only():
    result = run([[-40, 200], [0, 0]], [[10, 10], [10, 10]])
    assert result.fills["quantity"].to_list() == [-40, 60]
    assert result.rejections["reason"].to_list() == ["insufficient_cash"]


def test_a_short_of_a_given_size_needs_no_cash_unless_it_is_locked():
    assert run([-150, 0, 0]).fills["quantity"].to_list() == [-150]
    assert run([-150, 0, 0], account=bl.FreeCash(lock=True)).fills["quantity"].to_list() == [-100]


def test_all_that_fits_of_a_short_is_what_free_cash_backs():
    bars = bl.Bars.from_arrays(PRICES)
    result = bl.Portfolio.from_signals(
        bars, None, None, np.array([True, False, False]), None,
        size="all_cash", account=bl.FreeCash(), fill="close", initial_cash=1_000,
    )  # fmt: skip
    assert result.fills["quantity"].to_list() == [-100]


def test_equity_below_zero_is_bankruptcy():
    result = run([-100, 0, 0], [10, 25, 10])
    assert result.equity["equity"].to_list() == [1_000, -500, -500]
    assert result.incidents["kind"].to_list() == ["bankrupt"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rules": bl.Rules(allocation="proportional")}, "needs allocation='in_order' or"),
        ({"rules": bl.Rules(allocation="all_or_none")}, "its shorts need no money"),
    ],
)
def test_what_it_cannot_do_says_so(options, message):
    with pytest.raises(ValueError, match=message):
        run([1, 0, 0], **options)


def test_futures_are_refused():
    bars = bl.Bars.from_arrays(PRICES, contracts="ES")
    with pytest.raises(ValueError, match="takes neither futures nor perpetuals"):
        bl.Portfolio.from_orders(bars, [1, 0, 0], account=bl.FreeCash())


def test_lock_is_true_or_false():
    with pytest.raises(TypeError, match="lock must be True or False, was 1"):
        bl.FreeCash(lock=1)
