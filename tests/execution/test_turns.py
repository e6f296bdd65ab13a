"""Who comes first among more orders than are sorted at once."""

import numpy as np
import pytest

import barledger as bl
from barledger.kernel.types import RUN

N = 2 * RUN + 37


@pytest.fixture(scope="module")
def bars() -> bl.Bars:
    """Two bars of many assets, each at 10."""
    return bl.Bars.from_arrays(np.full((2, N), 10.0))


def test_orders_by_value_fill_sales_first_and_keep_columns_where_equal(bars: bl.Bars) -> None:
    generator = np.random.default_rng(7)
    sizes = np.zeros((2, N))
    sizes[0] = generator.integers(-9, 10, N)
    result = bl.Portfolio.from_orders(
        bars, sizes, fill="close", account=bl.Unlimited(), rules=bl.Rules(sequence="by_value")
    )
    traded = result.fills["asset"].to_list()
    asked = [j for j in np.argsort(sizes[0], kind="stable") if sizes[0, j] != 0.0]
    assert traded == [bars.assets[j] for j in asked]


def test_entries_by_priority_fill_the_highest_first_and_nan_last(bars: bl.Bars) -> None:
    generator = np.random.default_rng(8)
    priority = generator.integers(0, 40, (2, N)).astype(float)
    priority[0, ::5] = np.nan
    entries = np.zeros((2, N), bool)
    entries[0] = True
    result = bl.Portfolio.from_signals(
        bars, entries, size=bl.Shares(1.0), fill="close", priority=priority, initial_cash=1e6,
        rules=bl.Rules(allocation="priority"),
    )  # fmt: skip
    last = np.where(np.isnan(priority[0]), -np.inf, priority[0])
    assert result.fills["asset"].to_list() == [
        bars.assets[j] for j in np.argsort(-last, kind="stable")
    ]
