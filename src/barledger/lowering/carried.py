"""Records of orders that took more than one bar, brought into the order in which orders ended."""

from typing import Any

import numpy as np

from barledger.kernel.codes import OrderKind, Reason, State
from barledger.kernel.types import ORDER

Logs = dict[str, Any]


def tell_terms(told: Any, waiting: Any) -> None:
    """Write into rows of orders what orders that wait ask for; of one at the market no life."""
    for name in ("placed", "asset", "cause", "level", "stop", "last_day"):
        told[name] = waiting[name]
    told["kind"] = waiting["named"]
    told["tif"] = np.where(waiting["named"] == OrderKind.MARKET, -1, waiting["tif"])


def with_terms(orders: Any) -> Any:
    """Return rows of orders with what they waited for, where all were at the market: nothing."""
    if orders.dtype == ORDER:
        return orders
    told = np.empty(len(orders), ORDER)
    for name in orders.dtype.names:
        told[name] = orders[name]
    told["level"] = told["stop"] = np.nan
    told["last_day"] = told["tif"] = -1
    return told


def tell_carried(logs: Logs, waiting: Any, n_bars: int) -> Logs:
    """Return orders and fills, orders that still wait with a part filled told as such.

    An order is numbered at its first fill and told when it ends: the rows are sorted by the bar on
    which it ended, and fills follow.
    """
    orders, fills = logs["orders"], logs["fills"]
    if len(orders) == 0:
        return {}
    for row in waiting[waiting["order"] >= 0]:
        told = orders[row["order"]]
        tell_terms(told, row)
        told["price"] = row["price"]
        told["quantity"] = row["total"]
        told["bar"] = n_bars - 1
        told["state"] = State.PARTLY_FILLED
        told["reason"] = Reason.END_OF_DATA
    by_end = np.argsort(orders["bar"], kind="stable")
    places = np.empty(len(orders), np.int64)
    places[by_end] = np.arange(len(orders))
    fills["order"] = places[fills["order"]]
    return {"orders": orders[by_end], "fills": fills}
