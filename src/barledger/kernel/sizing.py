"""How much: from a size and a snapshot to a quantity, cut to lots. No state of its own."""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.codes import SizeKind
from barledger.kernel.types import LiveRow
from barledger.kernel.world import World, contracts_of
from barledger.kernel.worth import points


@compiled
def cut(quantity: float, lot: float) -> float:
    """Whole lots in an unsigned quantity; any quantity where there is no lot."""
    if lot == 0.0:
        return quantity
    lots: float = np.floor(quantity / lot + 1e-9)
    return lots * lot


@compiled
def quantity_of(kind: int, number: float, price: float, multiplier: float, equity: float) -> float:
    """Units that a size of shares, value or percent of equity stands for, NaN without a price."""
    if kind == SizeKind.SHARES or kind == SizeKind.TARGET_SHARES:
        return number
    unit = abs(price) * multiplier
    if not unit > 0.0:
        return np.nan
    if kind == SizeKind.VALUE or kind == SizeKind.TARGET_VALUE:
        return number / unit
    return number * equity / unit


@compiled
def entry_size(world: World, order: LiveRow, price: float, equity: float) -> float:
    """Unsigned quantity that an entry wants, before lots; NaN: none.

    Infinity asks for all that fits; a share of cash is found only at the order's turn and is
    infinity here too.
    """
    kind = world.rules.size_kind
    contract = contracts_of(world)[order.asset]
    multiplier = contract.multiplier
    number = order.number
    if kind == SizeKind.PERCENT_OF_CASH:
        return np.inf if number > 0.0 else number
    if kind == SizeKind.RISK:
        if not order.distance > 0.0:
            return np.nan
        return number * equity / (order.distance * multiplier)
    return quantity_of(kind, number, points(contract, price), multiplier, equity)
