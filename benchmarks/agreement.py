"""Whether two answers are the same run, and if not, where they part first."""

from typing import Any

import numpy as np

Arrays = dict[str, Any]


def difference(ours: Arrays, theirs: Arrays) -> str | None:
    """Return the first difference in words, None where the answers agree.

    Fills are summed by bar and asset (engines differ in how they split a reversal): quantities to
    1e-6 of the largest, prices to 1e-9. Equity to 1e-9 of itself, metrics to 1e-9.
    """
    if "fills" in ours and "fills" in theirs:
        found = _fills(ours["fills"], theirs["fills"])
        if found:
            return f"disagrees: {found}"
    numbers = {name for name in ours if name in theirs and not name.startswith("ms ")}
    for name in sorted(numbers - {"fills"}):
        found = _numbers(name, ours[name], theirs[name])
        if found:
            return f"disagrees: {found}"
    return None


def _summed(fills: Any) -> dict[tuple[int, int], list[float]]:
    table: dict[tuple[int, int], list[float]] = {}
    for bar, asset, quantity, price in fills.tolist():
        row = table.setdefault((int(bar), int(asset)), [0.0, price])
        row[0] += quantity
    return table


def _fills(ours: Any, theirs: Any) -> str | None:
    mine, other = _summed(ours), _summed(theirs)
    largest = max((abs(row[0]) for row in other.values()), default=1.0)
    for key in sorted(set(mine) | set(other)):
        a, b = mine.get(key, [0.0, np.nan]), other.get(key, [0.0, np.nan])
        if abs(a[0] - b[0]) > 1e-6 * largest:
            return f"bar {key[0]}, asset {key[1]}: ours {_fill(a)}, theirs {_fill(b)}"
        if abs(a[1] - b[1]) > 1e-9 * abs(b[1]):
            return f"bar {key[0]}, asset {key[1]}: price {a[1]:.10g}, theirs {b[1]:.10g}"
    return None


def _fill(row: list[float]) -> str:
    return "nothing" if row[0] == 0.0 else f"{row[0]:+.6g} at {row[1]:.6g}"


def _numbers(name: str, ours: Any, theirs: Any) -> str | None:
    ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
    if ours.shape != theirs.shape:
        return f"{name}: {ours.shape} numbers, theirs {theirs.shape}"
    is_near = np.isclose(ours, theirs, rtol=1e-9, atol=1e-9, equal_nan=True)
    if is_near.all():
        return None
    place = np.unravel_index(int(np.argmax(~is_near)), ours.shape)
    count = int((~is_near).sum())
    return f"{name} {place[0]}: {ours[place]:.10g}, theirs {theirs[place]:.10g} ({count} differ)"
