"""Small markets for tests, and what is asked of a result most often."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import pytest

import barledger as bl

# One asset that rises, falls through its entry and gaps; an entry on its first bar.
SWING = bl.Bars.from_arrays(
    [100.0, 100.0, 104.0, 96.0, 97.0],
    open=[100.0, 100.0, 100.0, 103.0, 90.0],
    high=[100.0, 101.0, 106.0, 104.0, 98.0],
    low=[100.0, 97.0, 99.0, 95.0, 89.0],
    assets=["A"],
)
FIRST = np.array([True, False, False, False, False])


def flat_bars(*columns: Sequence[float], **options: Any) -> bl.Bars:
    """Bars that open, trade and close at one price; a column of prices for each of A, B, …."""
    prices = np.array(columns, np.float64).T.copy()
    options.setdefault("assets", list("ABCDEFGH"[: len(columns)]))
    same = {name: prices.copy() for name in ("open", "high", "low")}
    return bl.Bars.from_arrays(prices, **same, **options)


def orders(*rows: tuple[int, str, float]) -> pl.DataFrame:
    """Orders one by one: (bar, asset, signed quantity); each fills on the bar after."""
    return pl.DataFrame(rows, schema=["bar", "asset", "quantity"], orient="row")


def fills(result: bl.Result, *columns: str) -> list[tuple[Any, ...]]:
    """Fills as rows of these columns; by default bar, asset, quantity and price."""
    return result.fills.select(columns or ("bar", "asset", "quantity", "price")).rows()


def held(result: bl.Result) -> dict[str, float]:
    """Quantity of each asset held after the last bar."""
    return {asset: quantity for asset, (quantity, _) in result.state.positions.items()}


def reasons(result: bl.Result) -> list[str]:
    """Why orders did not fill in full, in the order of the orders."""
    return result.rejections["reason"].to_list()


def incidents(result: bl.Result) -> list[str]:
    """Kinds of incidents, in the order in which they happened."""
    return result.incidents["kind"].to_list()


def equity(result: bl.Result) -> list[float]:
    """Equity at each close."""
    return result.equity["equity"].to_list()


def cash(result: bl.Result) -> list[float]:
    """Cash at each close."""
    return result.cash["cash"].to_list()


def near(*values: float) -> Any:
    """These numbers to 1e-6."""
    return pytest.approx(list(values), abs=1e-6)
