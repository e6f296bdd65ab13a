"""How much of an asset one bar takes, and how an order goes on when that is less than it asks for.

`taken_up` has no rows where nothing is capped: then nothing of this room is called.
"""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.codes import (
    Cause,
    OrderKind,
    Reason,
    Setting,
    Stage,
    State,
    TimeInForce,
    Tradable,
)
from barledger.kernel.costs import fee_fixed, fee_of, fee_slope, setting
from barledger.kernel.records import be_plain
from barledger.kernel.sizing import cut
from barledger.kernel.types import LiveRow
from barledger.kernel.wings import wing
from barledger.kernel.world import (
    World,
    contracts_of,
    live_of,
    positions_of,
    taken_up_of,
    tradable_of,
    volume_of,
)
from barledger.kernel.worth import notional_of, unit_value

CLOSING, OPENING = 1, 2  # legs of an order, each with a minimum fee of its own


@compiled
def left_of_bar(world: World, bar: int, asset: int, market: float) -> float:
    """Units of an asset that may still trade on a bar at a price."""
    used = taken_up_of(world)[asset]
    if used.bar != bar:
        used.bar = bar
        used.units = 0.0
        used.money = 0.0
    left = setting(world, Setting.CAP_UNITS.value, bar, asset) - used.units
    if world.volume_n > 0:
        share = setting(world, Setting.CAP_SHARE.value, bar, asset)
        allowed = share * volume_of(world)[bar, asset] - used.units
        if not allowed >= left:  # nobody knows how much was traded: nothing is left
            left = allowed
    unit = unit_value(contracts_of(world)[asset], market)
    money = setting(world, Setting.CAP_MONEY.value, bar, asset) - used.money
    if unit > 0.0 and money < left * unit:
        left = money / unit
    return left if left > 0.0 else 0.0


@compiled
def take_up(world: World, asset: int, quantity: float, market: float) -> None:
    """Count a fill against the bar's volume."""
    used = taken_up_of(world)[asset]
    used.units += abs(quantity)
    used.money += notional_of(contracts_of(world)[asset], abs(quantity), market)


@compiled
def is_locked(world: World, bar: int, asset: int, quantity: float) -> bool:
    """Whether nobody takes the other side of a signed quantity: the price is at its limit."""
    if world.tradable_n == 0:
        return False
    lock = Tradable.LOCKED_UP if quantity > 0.0 else Tradable.LOCKED_DOWN
    return int(tradable_of(world)[bar, asset]) == lock


@wing
def part_now(world: World, bar: int, asset: int, signed: float, market: float) -> float:
    """Unsigned part of a signed quantity that a bar still takes: all of it, or whole lots."""
    if is_locked(world, bar, asset, signed):
        return 0.0
    quantity = abs(signed)
    left = left_of_bar(world, bar, asset, market)
    contract = contracts_of(world)[asset]
    if quantity <= left * (1.0 + 1e-9):
        return quantity
    part = cut(left, contract.lot)
    return part if part > contract.dust else 0.0


@compiled
def part_of_order(world: World, bar: int, order: LiveRow, signed: float, closes: bool) -> float:
    """Part of an order's signed quantity that a bar takes: of one to be filled whole all or nothing.

    What closes and opens is judged as one when it closes. A signal's closing at the market takes
    what there is.
    """
    part = part_now(world, bar, order.asset, signed, order.market)
    takes_less = closes and order.cause != Cause.ORDER and order.kind == OrderKind.MARKET
    if order.tif != TimeInForce.FOK or takes_less:
        return part
    whole = abs(signed)
    if closes and order.side != 0 and abs(order.open) < np.inf:
        whole += cut(abs(order.open), contracts_of(world)[order.asset].lot)
        if part_now(world, bar, order.asset, order.side * whole, order.market) < whole:
            part = 0.0
    return part if part == abs(signed) else 0.0


@compiled
def becomes_market(kind: int) -> bool:
    """Whether an order of a kind is at the market once it has begun to fill."""
    return (
        kind == OrderKind.STOP
        or kind == OrderKind.MARKET_IF_TOUCHED
        or kind == OrderKind.TRAILING_STOP
    )


@compiled
def begin_leg(world: World, order: LiveRow, leg: int) -> None:
    """Let fees be those of the leg of an order, counted on from what earlier bars have filled."""
    if order.leg == leg:
        world.leg.raw = order.raw
        world.leg.notional = order.notional
        world.leg.paid = order.paid
        world.leg.has_begun = 1


@wing
def note_leg(world: World, bar: int, order: LiveRow, leg: int, quantity: float) -> None:
    """Remember what an order's leg has filled, just before it fills unsigned `quantity` more."""
    price = order.price
    if order.leg != leg:
        order.leg = leg
        order.raw = 0.0
        order.notional = 0.0
        order.paid = 0.0
    order.paid += fee_of(world, bar, order.asset, quantity, price)
    order.raw += fee_fixed(world, bar, order.asset)
    order.raw += fee_slope(world, bar, order.asset, price) * quantity
    order.notional += notional_of(contracts_of(world)[order.asset], quantity, price)


@compiled
def end_leg(world: World) -> None:
    """Let fees be those of a new order again."""
    world.leg.raw = 0.0
    world.leg.notional = 0.0
    world.leg.paid = 0.0
    world.leg.has_begun = 0


@wing
def part_to_close(world: World, bar: int, order: LiveRow) -> float:
    """Signed part of an order's closing that the bar takes; what it does not is `lacks`."""
    wanted = abs(order.close)
    if order.cause != Cause.ORDER:  # others may have closed some of it since it was planned
        wanted = min(wanted, abs(positions_of(world)[order.asset].quantity))
    signed = wanted if order.close > 0.0 else -wanted
    part = part_of_order(world, bar, order, signed, True)
    order.lacks = wanted - part
    return part if order.close > 0.0 else -part


@wing
def end_of_turn(world: World, order: LiveRow, opened: float, wanted: float) -> int:
    """Let an order wait for the next bar with what this one did not take; NONE where it does.

    `opened` of the `wanted` opening is filled. Otherwise the reason for which it ends.
    """
    if order.lapsed == 0:
        order.total = order.filled + order.closed + order.side * wanted
        order.total += order.lacks if order.close > 0.0 else -order.lacks
    if world.rules.carries == 0:
        return Reason.VOLUME_CAP.value
    done = order.closed + order.side * opened
    is_brief = order.tif >= TimeInForce.NEXT
    is_exit = order.lacks > 0.0 and order.cause != Cause.ORDER and order.kind == OrderKind.MARKET
    if is_brief and not is_exit:
        return Reason.EXPIRED.value
    order.filled += done
    order.closed = 0.0
    order.is_closing = 1 if is_exit else 0
    if is_exit and order.side == 0:
        order.tif = TimeInForce.GTC
    elif is_exit and is_brief:
        lapse(order)
    if order.cause == Cause.ORDER:
        order.number -= done
    elif order.reduces != 0:
        order.number = order.lacks
        order.is_frozen = 1
    elif order.cause == Cause.SIGNAL and order.lacks == 0.0 and opened > 0.0:
        order.closes = 0
        if wanted < np.inf and world.rules.is_filling_up == 0:
            order.number = wanted - opened
            order.is_frozen = 1
    if becomes_market(order.kind):
        order.kind = OrderKind.MARKET
    order.stage = Stage.WAITING
    return Reason.NONE.value


@compiled
def with_earlier(order: LiveRow, quantity: float, state: int, reason: int) -> tuple[float, int]:
    """Quantity asked for and state of an order that ends, what it did on earlier bars included."""
    if reason != Reason.NONE and order.filled != 0.0:
        state = State.PARTLY_FILLED.value
    elif reason == Reason.EXPIRED and state == State.REJECTED:
        state = State.EXPIRED.value
    is_known = reason != Reason.POSITION_GONE and order.lacks == 0.0
    if order.lapsed != 0 or order.lacks > 0.0 or (order.filled != 0.0 and not is_known):
        return order.total, state
    return quantity + order.filled, state


@compiled
def lapse(order: LiveRow) -> None:
    """End the opening of an order whose closing still waits: from now on it is an exit."""
    order.opens = 0
    order.lapsed = 1
    order.tif = TimeInForce.GTC
    if order.cause == Cause.TARGET:
        order.number = 0.0


@compiled
def insert_live(world: World, asset: int) -> LiveRow:
    """Make room for a live order among those there are, sorted by column, and return its row."""
    live = live_of(world)
    k = world.account.n_live
    while k > 0 and live[k - 1].asset > asset:
        live[k] = live[k - 1]
        k -= 1
    world.account.n_live += 1
    return live[k]


@compiled
def carry_stop(world: World, bar: int, asset: int, cause: int) -> LiveRow:
    """Make what a stop could not close an exit that waits at the market; returns its order."""
    order = insert_live(world, asset)
    order.asset = asset
    order.placed = bar
    order.order = -1
    order.cause = cause
    order.closes = 1 if positions_of(world)[asset].quantity > 0.0 else -1
    order.opens = 0
    order.reduces = 0
    order.is_frozen = 0
    order.number = np.nan
    order.rank = np.nan
    order.handle = 0
    order.stage = Stage.WAITING
    be_plain(order)
    be_new(order)
    return order


@compiled
def be_new(order: LiveRow) -> None:
    """Make an order one at the market of which nothing is filled and that waits without end."""
    order.kind = OrderKind.MARKET
    order.tif = TimeInForce.GTC
    order.last_day = -1
    order.tries = 0
    order.lacks = 0.0
    order.filled = 0.0
    order.leg = 0
    order.lapsed = 0
    order.is_closing = 0
    order.group = 0
    order.named = OrderKind.MARKET
