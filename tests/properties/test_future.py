"""What comes later, runs beside it or costs more must not change what it should not."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle.carry import ROWS, CarryTerms
from oracle.kernel import kernel_run, request_of, without
from oracle.market import Wishes
from oracle.worlds import Case, random_case

from barledger.accounts import Unlimited
from barledger.lowering.drive import run
from barledger.options import PercentFee, Shares, Size

from .drawn import LOGS, all_bits, bits, fills_until, many, until, worlds

N_THREADS = 4


# No look-ahead


def changed_after(case: Case, bar: int) -> Case:
    """The world with other prices, wishes, sizes and events on all later bars."""
    given = case.arguments
    draw = np.random.default_rng(bar)

    def other(rows: Any, change: Any) -> Any:
        if rows is None or np.ndim(rows) != 2 or len(rows) != case.market.n_bars:
            return rows
        table = np.array(rows)
        table[bar + 1 :] = change(table[bar + 1 :])
        return table

    factors = draw.choice([0.5, 1.2, 3.0], (case.market.n_bars - bar - 1, 1))

    def prices(table: np.ndarray) -> np.ndarray:
        return table * factors

    def halved(table: np.ndarray) -> np.ndarray:
        return 0.5 * table

    def flipped(table: np.ndarray) -> np.ndarray:
        return draw.random(table.shape) < 0.5

    names = ("open", "high", "low", "close", "settlement", "volume")
    market = {name: other(getattr(case.market, name), prices) for name in names}
    size = given["size"]
    return Case(
        replace(case.market, **market, tradable=other(case.market.tradable, flipped)),
        other_wishes(case.wishes, bar, lambda rows: other(rows, flipped), other),
        {
            **given,
            "price": other(given["price"], prices),
            "size": size.map(lambda v: other(v, halved)) if isinstance(size, Size) else size,
            "splits": [row for row in given["splits"] if row[0] <= bar],
            "flows": [row for row in given["flows"] if row[0] <= bar],
            "carry": given["carry"] and before(given["carry"], bar),
        },
    )


def before(carry: CarryTerms, bar: int) -> CarryTerms:
    """What happens up to a bar; the tables stay as they are."""
    rows = {name: [row for row in getattr(carry, name) if row[0] <= bar] for name in ROWS}
    return replace(carry, **rows)


def other_wishes(wished: Wishes, bar: int, flip: Any, other: Any) -> Wishes:
    signals, targets, orders = wished.signals, wished.targets, wished.orders
    if signals is not None:
        signals = [flip(matrix) for matrix in signals]
    if targets is not None:
        targets = other(targets, lambda rows: -2.0 * rows)
    if orders is not None:
        orders = [row for row in orders if row[0] <= bar]
    return replace(wished, signals=signals, targets=targets, orders=orders)


@given(case=worlds, place=st.floats(0.0, 1.0))
@many
def test_later_bars_change_no_earlier_record(case, place):
    bar = int(place * (case.market.n_bars - 2))
    ran, other = kernel_run(case), kernel_run(changed_after(case, bar))
    assert bits(ran.equity[: bar + 1]) == bits(other.equity[: bar + 1])
    assert fills_until(ran, bar) == fills_until(other, bar)
    for name in set(LOGS) - {"fills"}:
        assert until(getattr(ran, name), bar) == until(getattr(other, name), bar)


# Threads


def test_threads_change_no_bit():
    requests = [request_of(random_case(seed)) for seed in range(25)]
    expected = [all_bits(run(request)) for request in requests]
    with ThreadPoolExecutor(N_THREADS) as pool:
        for _ in range(4):
            again = pool.map(lambda request: all_bits(run(request)), requests * N_THREADS)
            assert list(again) == expected * N_THREADS


# Costs


@given(case=worlds, rate=st.floats(0.0, 0.01), more=st.floats(0.0, 0.01))
@many
def test_higher_fees_for_the_same_fills_never_leave_more_equity(case, rate, more):
    unbound = {
        "limits": None,
        "liquidity": None,
        "carry": None,
    }  # later pieces of an order pay no fixed fee
    case = without(case, account=Unlimited(), size=Shares(30.0), **unbound)
    case = replace(case, wishes=fixed(case.wishes))
    cheap = kernel_run(without(case, fees=PercentFee(rate)))
    dear = kernel_run(without(case, fees=PercentFee(rate + more, fixed=0.5)))
    for name in ("bar", "asset", "quantity", "price", "amount"):
        assert bits(cheap.fills[name]) == bits(dear.fills[name])
    extra = dear.fills["fee"] - cheap.fills["fee"]
    assert (extra > 0).all()
    paid = np.bincount(cheap.fills["bar"], extra, minlength=case.market.n_bars).cumsum()
    scale = case.arguments["initial_cash"] + float(abs(cheap.fills["amount"]).sum())
    assert cheap.equity - dear.equity == pytest.approx(paid, abs=1e-9 * scale)


def fixed(wished: Wishes) -> Wishes:
    """Wishes whose quantities do not depend on equity."""
    return replace(wished, unit="shares") if wished.targets is not None else wished
