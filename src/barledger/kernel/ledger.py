"""The only writer of cash and positions: apply a fill, mark, settle, split, pay in and out."""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.types import RELATIVE, AccountRow, ContractRow, Floats, PositionRow
from barledger.kernel.world import (
    World,
    balances_of,
    contracts_of,
    due_bars_of,
    due_of,
    held_of,
    positions_of,
)
from barledger.kernel.worth import points


@compiled
def hold(world: World, asset: int) -> None:
    """Add an asset to the list of those held, which stays sorted by column."""
    held = held_of(world)
    k = world.account.n_held
    while k > 0 and held[k - 1] > asset:
        held[k] = held[k - 1]
        k -= 1
    held[k] = asset
    world.account.n_held += 1


@compiled
def drop(world: World, asset: int) -> None:
    """Take an asset off the list of those held."""
    held = held_of(world)
    last = world.account.n_held - 1
    k = 0
    while held[k] != asset:
        k += 1
    while k < last:
        held[k] = held[k + 1]
        k += 1
    world.account.n_held = last


@compiled
def open_quantity(world: World, bar: int, asset: int, quantity: float, price: float) -> float:
    """Add to a position; returns the cash movement (a future moves none)."""
    account = world.account
    position = positions_of(world)[asset]
    contract = contracts_of(world)[asset]
    before = position.quantity
    after = before + quantity
    price = points(contract, price)
    if before == 0.0:
        position.average = price
        position.base = 0.0 if contract.is_paid != 0 else price
        position.mark = price
        position.opened = bar
        position.tied_until = -1
        hold(world, asset)
    else:
        position.average = (position.average * before + price * quantity) / after
        position.mark = (position.mark * before + price * quantity) / after
        if contract.is_paid == 0:
            position.base = (position.base * before + price * quantity) / after
    position.quantity = after
    position.exposure = after * contract.multiplier
    value = quantity * contract.multiplier * price
    account.gross += abs(value)
    account.net += value
    return -value if contract.is_paid != 0 else 0.0


@compiled
def close_quantity(world: World, asset: int, quantity: float, price: float) -> float:
    """Take from a position, never through zero; returns the cash movement."""
    account = world.account
    position = positions_of(world)[asset]
    contract = contracts_of(world)[asset]
    units = quantity * contract.multiplier
    price = points(contract, price)
    gained = -units * (price - position.average)
    moved = -units * price if contract.is_paid != 0 else -units * (price - position.base)
    account.equity -= units * (price - position.mark)
    account.gross -= abs(units * position.mark)
    account.net += units * position.mark
    account.realised += gained
    position.realised += gained
    after = position.quantity + quantity
    position.quantity = after if abs(after) > contract.dust else 0.0
    position.exposure = position.quantity * contract.multiplier
    return moved


@compiled
def pay(account: AccountRow, position: PositionRow, amount: float, fee: float) -> None:
    """Move cash by a fill's amount, then by its fee."""
    account.cash += amount
    account.cash -= fee
    account.equity -= fee
    account.fees += fee
    position.fees += fee


@compiled
def end_trade(world: World, asset: int) -> None:
    """Take a position that has come back to flat off the books and count its round trip."""
    account = world.account
    position = positions_of(world)[asset]
    gained = position.realised - position.fees
    is_won = gained > 0.0  # as likely as not: no branch to be mistaken in
    account.trades += 1
    account.wins += 1 if is_won else 0
    account.profit += gained if is_won else 0.0
    account.loss -= 0.0 if is_won else gained
    position.realised = 0.0
    position.fees = 0.0
    position.average = 0.0
    position.base = 0.0
    position.roll_to = 0
    drop(world, asset)
    if account.n_held == 0:
        account.gross = 0.0
        account.net = 0.0
        account.initial = 0.0
        account.maintenance = 0.0


@compiled
def money_zero(world: World) -> float:
    """Money that counts as none: 1e-9 of the largest number involved."""
    account = world.account
    return RELATIVE * max(world.rules.initial_cash, max(abs(account.cash), account.gross))


@compiled
def sizing_equity(world: World) -> float:
    """Equity that sizes are a share of: none where it is below zero, or next to nothing."""
    return world.account.equity if world.account.equity > money_zero(world) else 0.0


@compiled
def settle_purchase(world: World, asset: int, paid: float) -> None:
    """Take a purchase from settled cash; what goes beyond it ties the position."""
    world.account.settled -= paid
    if world.account.settled < -money_zero(world):
        positions_of(world)[asset].tied_until = world.account.last_due


@compiled
def settle_sale(world: World, bar: int, amount: float, fee: float) -> None:
    """Keep a sale's proceeds apart until they settle."""
    proceeds = amount - fee
    due_bar = due_bars_of(world)[bar]
    if proceeds > 0.0 and due_bar > bar:
        due_of(world)[due_bar] += proceeds
        world.account.last_due = max(world.account.last_due, due_bar)
    else:
        world.account.settled += proceeds


@compiled
def take_due(world: World, bar: int) -> None:
    """Settle what is due up to `bar`."""
    account = world.account
    due = due_of(world)
    while account.next_due <= bar:
        account.settled += due[account.next_due]
        account.next_due += 1


@compiled
def mark(world: World, prices: Floats, bar: int) -> None:
    """Mark everything held at prices[bar]; without a number the last mark stays."""
    positions = positions_of(world)
    held = held_of(world)
    for k in range(world.account.n_held):
        price = prices[bar, held[k]]
        if price == price:
            if world.rules.has_inverse != 0:
                price = points(contracts_of(world)[held[k]], price)
            positions[held[k]].mark = price
    value(world)


@compiled
def value(world: World) -> None:
    """Equity, gross and net at the marks, summed in column order."""
    positions = positions_of(world)
    held = held_of(world)
    equity = world.account.cash
    gross = 0.0
    net = 0.0
    for k in range(world.account.n_held):
        position = positions[held[k]]
        equity += position.exposure * (position.mark - position.base)
        worth = position.exposure * position.mark
        net += worth
        gross += abs(worth)
    world.account.equity = equity
    world.account.gross = gross
    world.account.net = net


@compiled
def entry_value(world: World) -> float:
    """What the shorts held were sold for."""
    positions = positions_of(world)
    held = held_of(world)
    total = 0.0
    for k in range(world.account.n_held):
        position = positions[held[k]]
        if position.exposure < 0.0:
            total -= position.exposure * position.average
    return total


@compiled
def move_cash(account: AccountRow, amount: float) -> None:
    """Move cash that settles at once and has no fee."""
    account.cash += amount
    account.settled += amount


@compiled
def note_currency(world: World, asset: int, amount: float) -> None:
    """Book money that was moved by an asset, or by none (-1), to the balance of its currency."""
    if asset < 0:
        balances_of(world)[0] += amount
    else:
        contract = contracts_of(world)[asset]
        balances_of(world)[contract.currency] += amount / contract.rate


@compiled
def set_rate(world: World, currency: int, rate: float) -> None:
    """Count everything of a currency at a new rate; what it has cost stays what it has cost."""
    for asset in range(world.n_assets):
        contract = contracts_of(world)[asset]
        if contract.currency == currency:
            position = positions_of(world)[asset]
            before = position.exposure
            contract.rate = rate
            contract.multiplier = contract.unit * rate
            position.exposure = position.quantity * contract.multiplier
            gained = (position.exposure - before) * (position.average - position.base)
            position.realised += gained
            world.account.realised += gained


@compiled
def settle_future(world: World, asset: int, price: float) -> float:
    """Pay the variation since the last settlement; its price becomes mark and base."""
    position = positions_of(world)[asset]
    amount = position.exposure * (price - position.base)
    move_cash(world.account, amount)
    position.base = price
    position.mark = price
    return amount


@compiled
def split_position(world: World, asset: int, ratio: float) -> float:
    """Turn each share into `ratio` shares; returns the fraction that is not kept."""
    position = positions_of(world)[asset]
    contract = contracts_of(world)[asset]
    position.average /= ratio
    position.mark /= ratio
    position.quantity *= ratio
    if contract.is_paid == 0:
        position.base /= ratio
    position.exposure = position.quantity * contract.multiplier
    if contract.keeps_fractions != 0 or contract.liquidation_lot == 0.0:
        return 0.0
    return lost_fraction(position.quantity, contract)


@compiled
def lost_fraction(quantity: float, contract: ContractRow) -> float:
    """Signed part of a quantity beyond whole lots, 0 where it is dust."""
    whole = np.floor(abs(quantity) / contract.liquidation_lot + 1e-9) * contract.liquidation_lot
    fraction = quantity - (whole if quantity > 0.0 else -whole)
    return fraction if abs(fraction) > contract.dust else 0.0


@compiled
def pay_in(account: AccountRow, amount: float) -> None:
    """Deposit (or, below zero, withdraw) money; references of loss limits move along."""
    move_cash(account, amount)
    account.equity += amount
    account.peak += amount
    account.day_equity += amount
    account.week_equity += amount
