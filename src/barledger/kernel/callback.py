"""Decisions made bar by bar: what a strategy sees of the account, and how its orders get in.

The loop runs one bar, the strategy decides, its orders join those that are live; and so on. Loop
and strategy come as addresses behind published signatures, neither is compiled again for a new one.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numba import from_dtype, int64, types

from barledger._jit import compiled
from barledger.kernel.codes import OrderKind, Reason, Stage, State, TimeInForce
from barledger.kernel.fills import free_money
from barledger.kernel.intents import place_explicit, sort_live
from barledger.kernel.records import end_unfilled
from barledger.kernel.resting import drop_ended
from barledger.kernel.types import ORDER_IN, Floats, Ints, OrderInRow
from barledger.kernel.variants import Prices
from barledger.kernel.world import (
    Rows,
    World,
    contracts_of,
    flags_of,
    held_of,
    live_of,
    positions_of,
)
from barledger.kernel.worth import points

DONE, FAILED, NO_ROOM = 0, 1, 2
WRONG_ASSET, WRONG_QUANTITY, WRONG_PRICE, TOO_MANY, CANNOT_REST, WRONG_TIF = 11, 12, 13, 14, 15, 16
WRONG_TIE = 17
GTD = TimeInForce.GTD.value
ON_OPEN, ON_CLOSE = OrderKind.MARKET_ON_OPEN.value, OrderKind.MARKET_ON_CLOSE.value
PLACED, WITHDRAWN, HANDLE, WRONG, RESTS, ASSETS = 0, 1, 2, 3, 4, 5  # places in `Desk.used`


class Desk(NamedTuple):
    """Where the orders of one bar are laid down: rows, their handles, and handles withdrawn.

    An asset whose orders are all withdrawn stands there as -1 - asset.
    """

    rows: Rows[OrderInRow]
    handles: Ints
    withdrawn: Ints
    used: Ints


class Seen(NamedTuple):
    """What is copied for the strategy: nothing that it writes reaches the ledger."""

    quantity: Floats
    average: Floats
    waiting: Ints


class Context(NamedTuple):
    """What a strategy sees at the close of a bar.

    Prices are (bars so far, N), row -1 the bar itself, empty where the bars have none; `quantity`
    and `average` price of each position (N,), 0 where flat; `waiting` orders of each asset (N,);
    cash, equity and the money that is free for openings. Orders go through `desk`.
    """

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    quantity: Floats
    average: Floats
    waiting: Ints
    cash: float
    equity: float
    free: float
    desk: Desk


_one, _two = types.Array(types.float64, 1, "C"), types.Array(types.float64, 2, "C")
_whole = types.Array(types.int64, 1, "C")
DESK = types.NamedTuple((types.Array(from_dtype(ORDER_IN), 1, "C"), _whole, _whole, _whole), Desk)
CONTEXT = types.NamedTuple((*(_two,) * 5, _one, _one, _whole, *(types.float64,) * 3, DESK), Context)
DECIDE = int64(CONTEXT, int64, _one)


@compiled(entry=True)
def run_decisions(
    worlds: Rows[World],
    loop: Callable[..., int],
    decide: Callable[..., int],
    prices: Prices,
    seen: Seen,
    desk: Desk,
    state: Floats,
    first: int,
    status: Ints,
) -> int:
    """Run the bars from `first` on, a decision after each; returns the first not done.

    `status`: DONE, or why it stopped; and whether the end of the data has been dealt with.
    """
    world = worlds[0]
    for bar in range(first, world.n_bars):
        reached = run_bar(worlds, loop, bar)
        if reached <= bar:
            status[0] = NO_ROOM
            return bar
        status[1] = 1 if reached > world.n_bars else 0
        look(world, seen)
        desk.used[PLACED] = 0
        desk.used[WITHDRAWN] = 0
        if decide(context_of(world, prices, seen, desk, bar), bar, state) != 0:
            status[0] = FAILED
            return bar
        status[0] = take(world, desk, bar)
        if status[0] != DONE:
            return bar
    return int(world.n_bars)


@compiled(entry=True)
def run_bar(worlds: Rows[World], loop: Callable[..., int], bar: int) -> int:
    """Run one bar; a flag behind it keeps the loop from looking for wishes to the end of the data."""
    world = worlds[0]
    flags = flags_of(world)
    cell = bar * world.n_assets
    is_last = bar + 1 == world.n_bars
    if not is_last:
        flags[cell] = 1
    reached: int = loop(worlds, bar, bar + 1, True)
    flags[cell] = 0
    return reached


@compiled
def context_of(world: World, prices: Prices, seen: Seen, desk: Desk, bar: int) -> Context:
    """What the strategy sees: nothing after the bar."""
    return Context(
        prices.open[: bar + 1],
        prices.high[: bar + 1],
        prices.low[: bar + 1],
        prices.close[: bar + 1],
        prices.volume[: bar + 1],
        seen.quantity,
        seen.average,
        seen.waiting,
        world.account.cash,
        world.account.equity,
        free_money(world) - world.account.withheld,
        desk,
    )


@compiled
def look(world: World, seen: Seen) -> None:
    """Copy positions and waiting orders for the strategy."""
    for asset in range(world.n_assets):
        seen.quantity[asset] = 0.0
        seen.average[asset] = 0.0
        seen.waiting[asset] = 0
    held = held_of(world)
    for k in range(world.account.n_held):
        position = positions_of(world)[held[k]]
        seen.quantity[held[k]] = position.quantity
        seen.average[held[k]] = points(contracts_of(world)[held[k]], position.average)
    for i in range(world.account.n_live):
        seen.waiting[live_of(world)[i].asset] += 1


@compiled(entry=True)
def look_at(worlds: Rows[World], seen: Seen, money: Floats) -> None:
    """Copy what a strategy in Python sees, its money too: cash, equity, free."""
    world = worlds[0]
    look(world, seen)
    money[0] = world.account.cash
    money[1] = world.account.equity
    money[2] = free_money(world) - world.account.withheld


@compiled(entry=True)
def take_from(worlds: Rows[World], desk: Desk, bar: int) -> int:
    """Take the orders that a strategy in Python has laid down."""
    return int(take(worlds[0], desk, bar))


@compiled
def take(world: World, desk: Desk, bar: int) -> int:
    """Withdraw orders, then place those laid down; returns what was wrong, if anything."""
    used = desk.used
    if used[WRONG] != DONE:
        return int(used[WRONG])
    for i in range(used[WITHDRAWN]):
        withdraw(world, bar, desk.withdrawn[i])
    if used[WITHDRAWN] > 0:
        drop_ended(world)
    for i in range(used[PLACED]):
        row = desk.rows[i]
        if row.quantity != 0.0:
            before = world.account.n_live
            world.account.next_order = i
            place_explicit(world, bar, row.asset, row.quantity)
            if world.account.n_live > before:
                live_of(world)[before].handle = desk.handles[i]
    world.account.next_order = 0
    if used[PLACED] > 0:
        sort_live(world)
    return DONE


@compiled
def withdraw(world: World, bar: int, handle: int) -> None:
    """End a live order, or all of an asset; none is no harm."""
    live = live_of(world)
    for i in range(world.account.n_live):
        is_meant = live[i].handle == handle or live[i].asset == -1 - handle
        if is_meant and live[i].stage != Stage.ENDED:
            end_unfilled(world, bar, live[i], State.CANCELLED, Reason.WITHDRAWN.value)
            live[i].stage = Stage.ENDED


@compiled(entry=True)
def lay(
    desk: Desk, asset: int, quantity: float, kind: int, level: float, stop: float, tif: int
) -> int:
    """Lay an order down; returns its handle, 0 for none."""
    used = desk.used
    place = used[PLACED]
    if quantity == 0.0:
        return 0
    if used[WRONG] == DONE:
        used[WRONG] = what_is_wrong(desk, asset, quantity, kind, level, stop)
        if used[WRONG] == DONE and (tif < TimeInForce.GTC or tif > TimeInForce.FOK or tif == GTD):
            used[WRONG] = WRONG_TIF
    if used[WRONG] != DONE:
        return 0
    row = desk.rows[place]
    row.asset = asset
    row.quantity = quantity
    row.kind = kind
    row.level = level
    row.stop = stop
    row.tif = tif
    row.last_day = -1
    row.group = 0
    row.loss = np.nan
    row.target = np.nan
    used[HANDLE] += 1
    desk.handles[place] = used[HANDLE]
    used[PLACED] += 1
    return int(used[HANDLE])


@compiled
def what_is_wrong(
    desk: Desk, asset: int, quantity: float, kind: int, level: float, stop: float
) -> int:
    """Why an order can't be laid down; DONE where it can."""
    if asset < 0 or asset >= desk.used[ASSETS]:
        return WRONG_ASSET
    if not abs(quantity) < np.inf:
        return WRONG_QUANTITY
    if desk.used[PLACED] >= desk.rows.size:
        return TOO_MANY
    if kind != 0 and desk.used[RESTS] == 0:
        return CANNOT_REST
    has_price = kind != 0 and kind != ON_OPEN and kind != ON_CLOSE
    if has_price and not (abs(level) < np.inf and (kind != 3 or abs(stop) < np.inf)):
        return WRONG_PRICE
    if kind > ON_CLOSE and level < 0.0:  # a distance
        return WRONG_PRICE
    return DONE


@compiled(entry=True)
def tie(desk: Desk, one: int, other: int) -> None:
    """Let one of two orders laid down on this bar cancel the other once it begins to fill."""
    first, second = -1, -1
    for i in range(desk.used[PLACED]):
        first = i if desk.handles[i] == one else first
        second = i if desk.handles[i] == other else second
    if first < 0 or second < 0 or first == second:
        desk.used[WRONG] = WRONG_TIE
        return
    group = desk.rows[first].group
    if group == 0:
        group = desk.rows[second].group
    if group == 0:
        group = one
    desk.rows[first].group = group
    desk.rows[second].group = group


@compiled(entry=True)
def call_off(desk: Desk, handle: int) -> None:
    """Ask for an order to be withdrawn, or all of an asset; those just laid down go at once."""
    used = desk.used
    if handle == 0 or handle < -used[ASSETS]:
        used[WRONG] = WRONG_ASSET if handle != 0 else used[WRONG]
    elif used[WITHDRAWN] >= desk.withdrawn.size:
        used[WRONG] = TOO_MANY
    else:
        desk.withdrawn[used[WITHDRAWN]] = handle
        used[WITHDRAWN] += 1
        for i in range(used[PLACED]):
            if desk.handles[i] == handle or desk.rows[i].asset == -1 - handle:
                desk.rows[i].quantity = 0.0
