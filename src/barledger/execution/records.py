"""A broker's records as the kernel's: fills split where they pass through flat, movements in place."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from barledger.instruments.contract import Contract
from barledger.kernel.codes import Category
from barledger.kernel.types import ENTRY, FILL

Traded = tuple[int, int, float, float, float]  # bar, column, quantity, price, fee
Rows = npt.NDArray[np.void]
DUST = 1e-9
FIRST = (Category.SPLIT, Category.CASH_IN_LIEU)  # they change the position before a bar's fills


class Movement(NamedTuple):
    """What moved cash, or changed a position, without a fill."""

    bar: int
    column: int
    category: Category
    amount: float | None
    price: float | None
    quantity: float | None


def fill_rows(
    traded: Sequence[Traded],
    moved: Sequence[Movement],
    contracts: Sequence[Contract],
    held: npt.NDArray[np.float64],
) -> Rows:
    """Return fills as closing and opening ones; `held` (N,) is what there was at first."""
    held = held.copy()
    rows: list[tuple[float, ...]] = []
    changes = [row for row in moved if row.category in FIRST]
    for number, (bar, column, quantity, price, fee) in enumerate(traded):
        while changes and changes[0].bar <= bar:
            _change(held, changes.pop(0))
        for part, closes in _parts(held[column], quantity, contracts[column]):
            share = fee * part / quantity
            rows.append((part, price, 0.0, share, 0.0, bar, column, number, closes, 0))
            held[column] += part
            if abs(held[column]) <= DUST * (contracts[column].lot or 1.0):
                held[column] = 0.0
    return np.array(rows, FILL)


def _change(held: npt.NDArray[np.float64], moved: Movement) -> None:
    if moved.category == Category.SPLIT:
        held[moved.column] *= moved.quantity or 1.0
    else:
        held[moved.column] += moved.quantity or 0.0


def _parts(held: float, quantity: float, contract: Contract) -> Iterator[tuple[float, int]]:
    """Yield what of a fill closes (1) and what opens (0)."""
    if held * quantity >= 0.0:
        yield quantity, 0
    elif abs(quantity) <= abs(held) + DUST * (contract.lot or 1.0):
        yield quantity, 1
    else:
        yield -held, 1
        yield quantity + held, 0


def entry_rows(moved: Sequence[Movement], fills: Rows) -> Rows:
    """Return movements by bar, each with the number of fill rows that come before it.

    Splits come before the fills of their bar, all else after.
    """
    rows = []
    bars = fills["bar"]
    for each in sorted(moved, key=lambda row: (row.bar, row.category not in FIRST)):
        before = each.bar if each.category in FIRST else each.bar + 1
        after = int(np.searchsorted(bars, before))
        numbers = [
            np.nan if part is None else part for part in (each.amount, each.price, each.quantity)
        ]
        amount = 0.0 if np.isnan(numbers[0]) else numbers[0]
        rows.append(
            (amount, numbers[1], numbers[2], each.bar, each.column, after, int(each.category))
        )
    return np.array(rows, ENTRY)
