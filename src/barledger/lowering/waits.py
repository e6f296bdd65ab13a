"""Orders that rest, as the kernel knows them, and where they are possible."""

from typing import Any

import numpy as np
import numpy.typing as npt

from barledger.kernel import codes
from barledger.kernel.codes import Setting
from barledger.kernel.types import LIVE
from barledger.lowering.request import Request
from barledger.lowering.varying import Varying
from barledger.lowering.volumes import silent
from barledger.options import TargetPercent, TargetShares, TargetValue
from barledger.orders import Market, last_day
from barledger.state import State


def add_orders(varying: Varying, request: Request) -> dict[str, Any]:
    """Add the prices that orders wait for; returns the fields of the rules that they set."""
    fields = _fields(varying, request)
    waiting = carried(request.start)
    if len(waiting) == 0:
        return fields
    if (waiting["kind"] > 0).any():
        lacking = obstacle(
            request, needs_range=bool(needs_range(waiting["kind"]).any()), opens=False
        )
        if lacking:
            raise ValueError(f"orders that wait since the earlier run need {lacking}")
    has_life = (waiting["kind"] > 0) | (waiting["tif"] > 0) | (waiting["last_day"] >= 0)
    fields["has_resting"] = bool(fields["has_resting"] or has_life.any())
    fields["has_oco"] = bool(fields.get("has_oco", False) or waiting["group"].any())
    return fields


def carried(start: State | None) -> npt.NDArray[np.void]:
    """Return the rows of the orders that wait since an earlier run."""
    if start is None or start.continuation is None:
        return np.zeros(0, LIVE)
    rows = [row for _, row in start.continuation.orders]
    return np.concatenate(rows) if rows else np.zeros(0, LIVE)


def _fields(varying: Varying, request: Request) -> dict[str, Any]:
    """Add the prices that this run's own orders wait for."""
    order: Any = request.orders
    given = request.wishes.orders
    rests = given is not None and bool((given["kind"] > 0).any())
    exits = request.stops is not None and request.stops.exit == "limit"
    if exits:
        lacking = obstacle(request, opens=False)
        if lacking:
            raise ValueError(f"Stops with exit='limit' need {lacking}")
    ranges = given is not None and bool(needs_range(given["kind"]).any())
    if order is None or isinstance(order, Market):
        if rests:
            _check_possible(request, "a frame with kinds of orders", bool(ranges))
        tif = request.rules.entry_tif
        is_silent = silent(request) is not None or request.halts is not None
        has_ties = given is not None and bool(is_tied(given).any())
        if has_ties:
            _check_possible(request, "a frame with oco, stop_loss or take_profit", False)
        has_life = has_ties or exits or tif != "next" or _has_lives(given) or is_silent
        return {
            "tif": codes.TimeInForce[tif.upper()],
            "gtd_day": -1,
            "has_resting": rests or has_life,
            "has_oco": given is not None and bool(given["group"].any()),
        }
    if given is not None and (given["kind"] >= 0).any():
        raise ValueError("the frame has a kind for each order: leave orders= out")
    kind = codes.OrderKind[order.kind.upper()]
    _check_possible(request, f"orders={type(order).__name__}(...)", bool(needs_range(kind)))
    varying.add(Setting.ORDER_PRICE, f"{order.kind} price", order.price)
    varying.add(Setting.ORDER_STOP, "stop price", order.stop, missing=np.nan)
    return {
        "has_resting": 1,
        "order_kind": kind,
        "tif": codes.TimeInForce[order.tif.upper()],
        "gtd_day": last_day(order),
    }


def _has_lives(given: Any) -> bool:
    """Whether some orders of a frame live for a time that they name."""
    return given is not None and bool(((given["kind"] >= 0) & (given["tif"] > 0)).any())


def is_tied(rows: Any) -> Any:
    """Whether orders have a group, or levels of the position that they open."""
    return (rows["group"] != 0) | ~np.isnan(rows["loss"]) | ~np.isnan(rows["target"])


def needs_range(kinds: Any) -> Any:
    """Whether orders of these kinds wait for a price within a bar."""
    auctions = (codes.OrderKind.MARKET_ON_OPEN, codes.OrderKind.MARKET_ON_CLOSE)
    return (np.asarray(kinds) > 0) & ~np.isin(kinds, auctions)


def _check_possible(request: Request, what: str, ranges: bool) -> None:
    """Raise where an order that rests has no meaning yet."""
    lacking = obstacle(request, needs_range=ranges)
    if lacking:
        raise ValueError(f"{what} needs {lacking}")


def obstacle(request: Request, *, needs_range: bool = True, opens: bool = True) -> str | None:
    """Return what orders that rest would need and this request does not have."""
    bars, rules = request.bars, request.rules
    needed = ("open", "high", "low") if needs_range else ("open",)
    lacking = [each for each in needed if each not in bars.matrices]
    wrong = None
    if lacking:
        wrong = f"bars with {' and '.join(lacking)}"
    elif request.fill != "next_open":
        wrong = f"fill='next_open', was {request.fill!r}"
    elif request.price is not None:
        wrong = "the bars' own prices: leave price= out"
    elif opens and (
        request.wishes.kind == "targets"
        or isinstance(request.size, TargetShares | TargetValue | TargetPercent)
    ):
        wrong = "signals or orders with a size of their own: a target's direction is not known"
    elif rules.allocation != "in_order":
        wrong = f"allocation='in_order', was {rules.allocation!r}"
    elif rules.reversal != "split":
        wrong = f"reversal='split', was {rules.reversal!r}"
    elif request.exclusive:
        wrong = "no exclusive groups"
    return wrong
