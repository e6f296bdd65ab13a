"""Options: what a short one claims, and what happens to any at expiry. Prices are given, not made."""

from barledger._jit import compiled
from barledger.kernel.codes import AccountKind, Category, Cause, Reason, State
from barledger.kernel.fills import flag_debt, note_sale
from barledger.kernel.ledger import (
    close_quantity,
    end_trade,
    note_currency,
    open_quantity,
    pay,
    settle_purchase,
)
from barledger.kernel.levels import clear_levels
from barledger.kernel.records import write_entry, write_fill, write_order
from barledger.kernel.rolls import end_at, forced_order
from barledger.kernel.world import (
    World,
    contracts_of,
    live_of,
    positions_of,
    stops_of,
)
from barledger.kernel.worth import points
from barledger.kernel.written import last_close

LEAST = 0.01 - 1e-9  # in the money by a cent: exercised (OCC)


@compiled
def exercise(world: World, bar: int, asset: int, spot: float) -> None:
    """Exercise what is held of an option, or let it be assigned, when it is in the money.

    In cash it is closed at its intrinsic value; else at 0, and the underlying trades at the strike.
    """
    contract = contracts_of(world)[asset]
    under = int(contract.underlying)
    quantity = positions_of(world)[asset].quantity
    if spot != spot and positions_of(world)[under].quantity != 0.0:
        spot = points(contracts_of(world)[under], positions_of(world)[under].mark)
    if spot != spot:
        spot = last_close(world, bar - 1, under)
    inner = contract.right * (spot - contract.strike)
    is_in = inner >= LEAST
    in_cash = contract.in_cash != 0
    end_at(world, bar, asset, inner if is_in and in_cash else 0.0, Cause.EXPIRY)
    if is_in and not in_cash:
        units = quantity * contract.right * contract.unit / contracts_of(world)[under].unit
        deliver(world, bar, under, units, contract.strike)
        # no money: it tells a replay that the fills so far came before the open
        write_entry(world, bar, under, Category.TRADE, 0.0, contract.strike, units)


@compiled
def deliver(world: World, bar: int, asset: int, quantity: float, price: float) -> None:
    """Trade an underlying at the strike: no slippage, no fee, never blocked by money."""
    order = forced_order(world, bar, asset, Cause.EXPIRY)
    order.price = price
    held = positions_of(world)[asset].quantity
    rest = quantity
    if held * quantity < 0.0:
        part = quantity if abs(quantity) <= abs(held) else -held
        take_in(world, bar, asset, part, price)
        rest = quantity - part
    if abs(rest) > contracts_of(world)[asset].dust:
        hand_out(world, bar, asset, rest, price)
    write_order(world, bar, order, quantity, State.FILLED, Reason.NONE.value)


@compiled
def take_in(world: World, bar: int, asset: int, quantity: float, price: float) -> None:
    """Close a part of the underlying held."""
    position = positions_of(world)[asset]
    amount = close_quantity(world, asset, quantity, price)
    pay(world.account, position, amount, 0.0)
    if world.rules.account == AccountKind.CASH:
        note_sale(world, bar, asset, quantity, amount, 0.0)
    if position.quantity == 0.0:
        end_trade(world, asset)
    flag_debt(world, bar, amount, 0.0)
    note(world, bar, asset, quantity, price, amount, 1)


@compiled
def hand_out(world: World, bar: int, asset: int, quantity: float, price: float) -> None:
    """Open, or add to, a position in the underlying; it has no stops of its own."""
    position = positions_of(world)[asset]
    if world.stops_n > 0 and position.quantity == 0.0:
        clear_levels(stops_of(world)[asset])
    amount = open_quantity(world, bar, asset, quantity, price)
    pay(world.account, position, amount, 0.0)
    if world.due_n > 0:
        settle_purchase(world, asset, -amount)
    flag_debt(world, bar, amount, 0.0)
    note(world, bar, asset, quantity, price, amount, 0)


@compiled
def note(
    world: World, bar: int, asset: int, quantity: float, price: float, amount: float, closes: int
) -> None:
    """Record one fill of a delivery."""
    if world.balances_n > 0:
        note_currency(world, asset, amount)
    order = live_of(world)[world.live_n - 1]
    write_fill(world, bar, asset, order.order, quantity, price, amount, 0.0, 0.0, closes)
