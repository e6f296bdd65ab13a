"""Brackets: levels given as prices, and whether they lie on the right side of the entry."""

from typing import Any

import numpy as np
import numpy.typing as npt

from barledger.kernel.codes import Flag
from barledger.lowering.kinds import DISTANT
from barledger.lowering.request import Request
from barledger.lowering.varying import shaped
from barledger.orders import Bracket, Order
from barledger.stops import Stops

Floats = npt.NDArray[np.float64]
NO_LEVELS = Stops(loss=float("nan"))  # of a frame whose orders bring levels of their own
HINT = "give NaN for an order that only closes"


def parted(orders: Order | None, stops: Stops | None) -> tuple[Order | None, Stops | None]:
    """Return a bracket's entry and its levels as stops; anything else as it is."""
    if not isinstance(orders, Bracket):
        return orders, stops
    if stops is not None:
        raise ValueError("a Bracket and stops= both guard the position: give one of them")
    return orders.entry, Stops(loss=orders.stop, target=orders.target, unit="level")


def check_brackets(request: Request) -> None:
    """Raise where a bracket lies on the wrong side of the price that its entry is expected at."""
    given = request.wishes.orders
    if given is not None and request.wishes.kind == "orders":
        _check_rows(request, given)
    elif request.stops is not None and request.stops.unit == "level":
        _check_matrix(request)


def _check_rows(request: Request, rows: Any) -> None:
    """Check the levels of orders given one by one, their own or those of the run."""
    bars, asset = rows["bar"], rows["asset"]
    loss, target = rows["loss"], rows["target"]
    if request.stops is not None and request.stops.unit == "level":
        lacks = np.isnan(loss) & np.isnan(target)
        loss = np.where(lacks, _levels(request, "loss")[bars, asset], loss)
        target = np.where(lacks, _levels(request, "target")[bars, asset], target)
    price = np.where(rows["kind"] > 0, rows["level"], np.nan)
    near = np.where(rows["kind"] < 0, _expected(request)[bars, asset], price)
    is_distance = np.isin(rows["kind"], DISTANT)
    near = np.where(np.isnan(near) | is_distance, request.bars._close[bars, asset], near)
    _refuse(request, bars, asset, np.sign(rows["quantity"]), near, loss, target)


def _check_matrix(request: Request) -> None:
    """Check the levels of signals, quantities or targets, wherever one is given."""
    flags = request.wishes.flags
    if request.wishes.kind == "signals":
        side = np.where(flags & Flag.LONG_ENTRY, 1.0, np.where(flags & Flag.SHORT_ENTRY, -1.0, 0.0))
    else:
        numbers = request.wishes.numbers
        side = np.zeros(request.bars.shape) if numbers is None else np.nan_to_num(np.sign(numbers))
    bars, asset = np.nonzero(side)
    loss, target = (_levels(request, name)[bars, asset] for name in ("loss", "target"))
    near = _expected(request)[bars, asset]
    _refuse(request, bars, asset, side[bars, asset], near, loss, target)


def _levels(request: Request, name: str) -> Floats:
    value = getattr(request.stops, name)
    given = shaped(f"Stops {name}", np.nan if value is None else value, *request.bars.shape)
    return np.broadcast_to(given, request.bars.shape)


def _expected(request: Request) -> Floats:
    """Return the price at which an entry of each bar is expected: its own, or the bar's close."""
    order: Any = request.orders
    close = request.bars._close
    if order is None or order.kind not in ("limit", "stop", "stop_limit", "market_if_touched"):
        return close
    price = shaped(f"{order.kind} price", order.price, *request.bars.shape)
    return np.where(np.isnan(price), close, price)


def _refuse(
    request: Request,
    bars: Any,
    asset: Any,
    side: Floats,
    near: Floats,
    loss: Floats,
    target: Floats,
) -> None:
    """Raise for the first order whose stop or target is on the wrong side, or on the price."""
    for name, level, sign in (("stop", loss, 1.0), ("target", target, -1.0)):
        wrong = sign * side * level >= sign * side * near
        if wrong.any():
            row = int(np.argmax(wrong))
            way = "below" if sign * side[row] > 0.0 else "above"
            does = "buys" if side[row] > 0.0 else "sells"
            raise ValueError(
                f"a bracket's {name} must lie {way} the price of an order that {does}: bar "
                f"{int(bars[row])} of {request.bars.assets[int(asset[row])]} {does} at about "
                f"{near[row]:g} with a {name} at {level[row]:g}; {HINT}"
            )
