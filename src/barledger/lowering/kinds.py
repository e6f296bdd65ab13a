"""Kinds of orders given one by one: the columns kind, price, stop, tif and until of a frame."""

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt

from barledger import _check
from barledger.kernel import codes
from barledger.orders import TIMES, day_of

KIND_COLUMNS = ("kind", "price", "stop", "tif", "until")
TIE_COLUMNS = ("oco", "stop_loss", "take_profit")
KINDS = tuple(kind.name.lower() for kind in codes.OrderKind)


DISTANT = (codes.OrderKind.MARKET_WITH_PROTECTION, codes.OrderKind.TRAILING_STOP)


def needs_price(kinds: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Whether orders of these kinds name a price, or a distance."""
    free = (
        codes.OrderKind.MARKET,
        codes.OrderKind.MARKET_ON_OPEN,
        codes.OrderKind.MARKET_ON_CLOSE,
    )
    return (kinds >= 0) & ~np.isin(kinds, free)


def put_kinds(orders: npt.NDArray[np.void], table: Any, names: dict[str, str]) -> None:
    """Write what each order waits for into its row; -1: the frame does not say."""
    orders["kind"] = -1
    orders["level"] = orders["stop"] = np.nan
    orders["last_day"] = -1
    orders["loss"] = orders["target"] = np.nan
    put_ties(orders, table, names)
    if "kind" not in names:
        lonely = [name for name in KIND_COLUMNS if name in names]
        if lonely:
            raise ValueError(f"orders with {lonely[0]} need a column kind: {', '.join(KINDS)}")
        if not any(name in names for name in TIE_COLUMNS):
            return
    orders["kind"] = _codes("kind", table, names, KINDS, "market")
    orders["tif"] = _codes("tif", table, names, TIMES, "gtc")
    for name, column in (("price", "level"), ("stop", "stop")):
        if name in names:
            given = table[names[name]].cast(float).fill_null(np.nan)
            orders[column] = _check.as_floats(f"orders {name}", given)
    if "until" in names:
        days = table[names["until"]].to_list()
        orders["last_day"] = [-1 if day is None else day_of(day, "orders until") for day in days]
    _check_kinds(orders)


def put_ties(orders: npt.NDArray[np.void], table: Any, names: dict[str, str]) -> None:
    """Write the group of which one order cancels the others, and the levels of the position."""
    for name, column in (("stop_loss", "loss"), ("take_profit", "target")):
        if name in names:
            given = table[names[name]].cast(float).fill_null(np.nan)
            orders[column] = _check.as_floats(f"orders {name}", given)
            if np.isinf(orders[column]).any():
                raise ValueError(f"orders {name} must be finite, or null for none")
    if "oco" in names:
        labels = table[names["oco"]].to_list()
        orders["group"] = [0 if label is None else group_of(label) for label in labels]


def group_of(label: Any) -> int:
    """Return the number of a group: the same for the same label, whatever the frame."""
    digest = hashlib.blake2b(repr(label).encode(), digest_size=7).digest()
    return int.from_bytes(digest) + 1


def _codes(
    name: str, table: Any, names: dict[str, str], words: tuple[str, ...], default: str
) -> list[int]:
    """Return each row's word as its place among the known ones; null is the default."""
    if name not in names:
        return [words.index(default)] * len(table)
    given = [default if word is None else str(word) for word in table[names[name]].to_list()]
    for word in sorted(set(given)):
        _check.choice(f"orders {name}", word, words)
    return [words.index(word) for word in given]


def _check_kinds(orders: npt.NDArray[np.void]) -> None:
    rests = needs_price(orders["kind"])
    is_stop_limit = orders["kind"] == codes.OrderKind.STOP_LIMIT
    lacks = rests & np.isnan(orders["level"]) | (is_stop_limit & np.isnan(orders["stop"]))
    if lacks.any():
        kind = KINDS[int(orders["kind"][lacks][0])]
        raise ValueError(f"orders: row {int(np.argmax(lacks))} is {kind} and lacks its price")
    is_near = np.isin(orders["kind"], DISTANT) & (orders["level"] < 0.0)
    if is_near.any():
        row = int(np.argmax(is_near))
        raise ValueError(
            f"orders: price of a {KINDS[orders['kind'][row]]} order is a distance, >= 0; "
            f"row {row} has {orders['level'][row]:g}"
        )
    is_dated = orders["tif"] == codes.TimeInForce.GTD
    wrong = (orders["kind"] > 0) & (is_dated != (orders["last_day"] >= 0))
    if wrong.any():
        raise ValueError(
            f"orders: tif 'gtd' and until belong together; row {int(np.argmax(wrong))} has one"
        )
