"""SPAN against its oracle: as a function, and as the margin of an account in the loop."""

from collections import Counter
from fractions import Fraction as F

import numpy as np
import pytest

import barledger as bl

from . import span as oracle

N_PORTFOLIOS, ENOUGH = 900, 100


def position(line):
    product, month, quantity, gains, delta, price, right = line
    return bl.SpanPosition(
        product=product, month=month, quantity=quantity, right=right, price=price or None,
        array=gains, delta=None if gains is None else delta,
    )  # fmt: skip


def test_margin_of_random_portfolios_is_that_of_the_oracle():
    reached = Counter()
    for seed in range(N_PORTFOLIOS):
        parameters, lines = oracle.drawn(seed)
        found = bl.span([position(line) for line in lines], parameters)
        parts = oracle.products_of(parameters, lines)
        for name, part in parts.items():
            for word in ("scan", "intra", "delivery", "credit", "risk"):
                expected = pytest.approx(float(getattr(part, word)), rel=1e-12, abs=1e-7)
                assert found.products[name][word] == expected, (seed, name, word)
            reached.update(
                {word: bool(getattr(part, word)) for word in ("intra", "delivery", "credit")}
            )
            reached["minimum"] += part.risk == part.minimum > 0
        expected = float(oracle.total(parameters, lines))
        assert found.total == pytest.approx(expected, rel=1e-12, abs=1e-7), seed
        reached["option value is more than the risk"] += expected == 0.0
    assert min(reached.values()) >= ENOUGH, reached


@pytest.mark.parametrize("seed", range(12))
def test_openings_in_the_loop_are_the_most_lots_that_the_oracle_allows(seed):
    parameters, _ = oracle.drawn(seed, has_options=False)
    rng = np.random.default_rng(seed)
    columns = {"A1": ("A", "2603"), "A2": ("A", "2606"), "B1": ("B", "2603"), "C1": ("C", "2609")}
    future = bl.Contract(kind="future", multiplier=1, initial=1e6, maintenance=1e6)
    bars = bl.Bars.from_arrays(
        np.full((60, 4), 100.0), assets=list(columns), contracts=future,
        time=np.datetime64("2026-01-05") + np.arange(60),
    )  # fmt: skip
    wanted = rng.integers(-5, 6, bars.shape).astype(float)
    wanted[rng.random(bars.shape) < 0.7] = np.nan
    equity = 4.0 * max(product.scan_range for product in parameters.products.values())
    result = bl.Portfolio.from_orders(
        bars, wanted, account=bl.FuturesMargin(span=parameters, products=columns),
        fill="close", initial_cash=equity,
    )  # fmt: skip
    held = dict.fromkeys(columns, 0.0)

    def need(more=None, size=0.0):
        now = held | ({more: held[more] + size} if more else {})
        return oracle.total(
            parameters, [(*columns[name], q, None, 1.0, 0.0, None) for name, q in now.items()]
        )

    clipped = 0
    orders = result.orders.rows_by_key("order", named=True, unique=True)
    for fill in result.fills.iter_rows(named=True):
        held[fill["asset"]] += fill["quantity"]
        if fill["closes"]:
            continue
        assert need() <= F(equity) * (1 + F(1, 10**9))
        order = orders[fill["order"]]
        if order["reason"] == "insufficient_margin":
            clipped += 1
            assert need(fill["asset"], np.sign(fill["quantity"])) > F(equity)
    assert result.fills.height > 20
    assert clipped + (result.rejections["reason"] == "insufficient_margin").sum() > 0
    assert result.margin["maintenance"][-1] == pytest.approx(float(need()))
