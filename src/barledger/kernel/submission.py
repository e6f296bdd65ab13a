"""Paper money: whether a bar's new orders could be paid at the prices that decided them."""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.codes import Cause, OrderKind, Reason, Stage, State
from barledger.kernel.costs import fee_of
from barledger.kernel.records import end_unfilled
from barledger.kernel.resting import drop_ended
from barledger.kernel.sizing import cut
from barledger.kernel.types import LiveRow
from barledger.kernel.wings import wing
from barledger.kernel.world import World, close_of, contracts_of, live_of, positions_of


@wing
def check_submitted(world: World, bar: int) -> int:
    """Refuse the new orders that their queue leaves no cash for; returns how many.

    Cash - Σ (signed quantity · price · multiplier + fee) in the order of placing, every order
    counted, refused ones too: as Backtrader's broker does. Nothing is filled here.
    """
    live = live_of(world)
    cash = world.account.cash
    refused = 0
    for i in range(world.account.n_live):
        order = live[i]
        if order.placed == bar - world.rules.lag and order.stage != Stage.ENDED:
            price = decided_at(world, order)
            quantity = submitted_quantity(world, order)
            if quantity == quantity and price == price:
                unit = contracts_of(world)[order.asset].multiplier * price
                cash -= quantity * unit + fee_of(world, bar, order.asset, abs(quantity), price)
                if cash < 0.0:
                    reason = Reason.INSUFFICIENT_CASH.value
                    end_unfilled(world, bar, order, State.REJECTED.value, reason)
                    order.stage = Stage.ENDED
                    refused += 1
    if refused > 0:
        drop_ended(world)
    return refused


@compiled
def decided_at(world: World, order: LiveRow) -> float:
    """Price that an order waits for, or the close that decided it."""
    if order.kind == OrderKind.MARKET:
        close: float = close_of(world)[order.placed, order.asset]
        return close
    return order.stop if order.kind == OrderKind.STOP_LIMIT else order.level


@compiled
def submitted_quantity(world: World, order: LiveRow) -> float:
    """Signed quantity that an order would do now; NaN for none."""
    held = positions_of(world)[order.asset].quantity
    lot = contracts_of(world)[order.asset].lot
    if order.cause == Cause.ORDER:
        return order.number
    if order.cause == Cause.TARGET:
        change = order.number - held
        size = cut(abs(change), lot)
        return size if change > 0.0 else -size
    closed = -held if held * order.closes > 0.0 else 0.0
    if order.opens != 0:
        return closed + order.opens * cut(order.number, lot)
    if order.reduces != 0:
        part = min(order.number, abs(held))
        return part if closed > 0.0 else -part
    return closed if closed != 0.0 else np.nan
