"""Perpetuals in the loop: what their brackets ask for, funding, and liquidation as a whole.

Prices are points (`worth.points`), so what holds for linear contracts holds for inverse ones.
"""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.accrual import book, empty_balances
from barledger.kernel.brackets import liquidation_price, maintenance_at
from barledger.kernel.codes import AccountKind, Category, Cause, Incident, Reason, State
from barledger.kernel.ledger import (
    close_quantity,
    end_trade,
    move_cash,
    note_currency,
    pay,
    value,
)
from barledger.kernel.records import (
    be_plain,
    next_order,
    write_entry,
    write_fill,
    write_incident,
    write_order,
)
from barledger.kernel.types import RELATIVE, ContractRow, EventRow, PositionRow
from barledger.kernel.wings import wing
from barledger.kernel.world import (
    World,
    contracts_of,
    fundings_of,
    held_of,
    keys_of,
    live_of,
    losers_of,
    mark_open_of,
    positions_of,
    tiers_of,
)
from barledger.kernel.worth import points


@compiled
def unit_margin(world: World, contract: ContractRow, quantity: float, mark: float) -> float:
    """Maintenance of one unit when so many are held, at a mark in points.

    Brackets are in the contract's currency, the result in the account's.
    """
    size = abs(quantity)
    notional = size * contract.unit * abs(mark)
    if not size > 0.0:
        return 0.0
    need = maintenance_at(tiers_of(world), contract.tier, contract.tiers, notional)
    return need * contract.rate / size


@wing
def bracket_margin(world: World, asset: int, quantity: float, mark: float) -> float:
    """Maintenance of one unit of an asset when so many are held, at a mark in points."""
    return unit_margin(world, contracts_of(world)[asset], quantity, mark)


@compiled
def set_brackets(world: World, event: EventRow) -> None:
    """Let the brackets of a perpetual be others from now on."""
    contract = contracts_of(world)[event.asset]
    contract.tier = event.other
    contract.tiers = int(event.value)
    contract.most_notional = event.price


@compiled
def own_margin(contract: ContractRow, position: PositionRow) -> float:
    """Margin put up for an isolated position: its entry value over its leverage."""
    return abs(position.exposure * position.average) * contract.margin_rate


@compiled
def is_gone(balance: float, need: float) -> bool:
    """Whether a balance is not above what it has to be."""
    return balance - need <= RELATIVE * max(abs(balance), need)


@compiled
def isolated_balance(world: World, asset: int, mark: float) -> float:
    """What stands behind an isolated position with its mark, in points, at `mark`."""
    position = positions_of(world)[asset]
    margin = own_margin(contracts_of(world)[asset], position)
    return margin + position.exposure * (mark - position.base)


@wing
def is_leg_safe(world: World, asset: int, mark: float) -> int:
    """Whether an isolated position surely stands at a mark in points; writes nothing."""
    position = positions_of(world)[asset]
    contract = contracts_of(world)[asset]
    balance = isolated_balance(world, asset, mark)
    need = abs(position.quantity) * unit_margin(world, contract, position.quantity, mark)
    slack = 4.0 * RELATIVE * (abs(position.exposure * mark) + need)
    return 1 if balance > need + slack else 0


@wing
def safe_mark(world: World, slack: float) -> float:
    """Mark at which the one asset held is liquidated, with so much money fewer; NaN: unknown."""
    position = positions_of(world)[0]
    contract = contracts_of(world)[0]
    if contract.inverse != 0:
        return np.nan
    money = world.account.cash
    if world.rules.account == AccountKind.PERP_ISOLATED:
        money = min(money, own_margin(contract, position))
    return liquidation_price(
        tiers_of(world),
        contract.tier,
        contract.tiers,
        (money - slack) / contract.rate,
        position.quantity * contract.unit,
        position.base,
        False,
    )


@compiled
def take_over(
    world: World, bar: int, asset: int, price: float, balance: float, need: float
) -> None:
    """Close a position at a price outside the market: no fee, no slippage, no volume."""
    position = positions_of(world)[asset]
    quantity = -position.quantity
    order = live_of(world)[world.live_n - 1]
    order.asset = asset
    order.placed = bar
    order.cause = Cause.LIQUIDATION
    order.order = next_order(world)
    order.price = price
    be_plain(order)
    write_incident(world, bar, asset, Incident.LIQUIDATION, balance, need)
    amount = close_quantity(world, asset, quantity, price)
    pay(world.account, position, amount, 0.0)
    if world.balances_n > 0:
        note_currency(world, asset, amount)
    end_trade(world, asset)
    write_fill(world, bar, asset, order.order, quantity, price, amount, 0.0, 0.0, 1)
    write_order(world, bar, order, quantity, State.FILLED, Reason.NONE.value)


@compiled
def liquidation_fee(contract: ContractRow, position: PositionRow) -> float:
    """Money that a position pays for being liquidated, before it is cut to what is left."""
    fee: float = abs(position.exposure * position.mark) * contract.liquidation_rate
    return fee


@compiled
def pay_fund(world: World, bar: int, asset: int, fee: float, price: float, quantity: float) -> None:
    """Pay a liquidation fee to the insurance fund, and write it down if it is 0; NaN: there is none."""
    if fee > 0.0:
        book(world, bar, asset, Category.LIQUIDATION, -fee, price, quantity)
    elif fee == 0.0:
        write_entry(world, bar, asset, Category.LIQUIDATION, 0.0, price, quantity)


@compiled
def liquidate_isolated(world: World, bar: int) -> None:
    """Take over each position that its own margin no longer carries, at its bankruptcy price.

    With a liquidation fee one that still has margin is closed at its mark, and pays no more than
    that margin.
    """
    held = held_of(world)
    k = 0
    while k < world.account.n_held:
        asset = held[k]
        contract = contracts_of(world)[asset]
        position = positions_of(world)[asset]
        balance = isolated_balance(world, asset, position.mark)
        unit = unit_margin(world, contract, position.quantity, position.mark)
        need = abs(position.quantity) * unit
        if is_gone(balance, need):
            bankrupt = position.base - own_margin(contract, position) / position.exposure
            price = points(contract, bankrupt)
            fee = np.nan
            if balance > 0.0:
                fee = min(liquidation_fee(contract, position), balance)
            if fee == fee:
                price = points(contract, position.mark)
            quantity = position.quantity
            take_over(world, bar, asset, price, balance, need)
            pay_fund(world, bar, asset, fee, price, quantity)
        else:
            k += 1
    value(world)


@compiled
def liquidate_cross(world: World, bar: int) -> None:
    """Take over every position, at its mark, once the wallet no longer carries them all.

    What is left of the wallet, above or below 0, goes to the insurance fund; where every position
    has a liquidation fee, that fee does, and the rest stays.
    """
    account = world.account
    held = held_of(world)
    need = 0.0
    for k in range(account.n_held):
        contract = contracts_of(world)[held[k]]
        position = positions_of(world)[held[k]]
        unit = unit_margin(world, contract, position.quantity, position.mark)
        need += abs(position.quantity) * unit
    balance = account.equity
    if not is_gone(balance, need):
        return
    fees = keys_of(world)
    total = 0.0
    n = account.n_held
    for k in range(n):
        asset = held[0]
        contract = contracts_of(world)[asset]
        losers_of(world)[k] = asset
        fees[asset] = liquidation_fee(contract, positions_of(world)[asset])
        total += fees[asset]
        price = points(contract, positions_of(world)[asset].mark)
        take_over(world, bar, asset, price, balance, need)
    if total == total and account.cash >= 0.0:
        for k in range(n):
            asset = losers_of(world)[k]
            fee = min(fees[asset], account.cash)
            pay_fund(world, bar, asset, fee, np.nan, np.nan)
        value(world)
        return
    left = -account.cash
    if left != 0.0:
        move_cash(account, left)
        write_entry(world, bar, -1, Category.LIQUIDATION, left, balance, need)
        if world.balances_n > 0:
            empty_balances(world, bar)
    account.cash = 0.0
    value(world)


@wing
def liquidate_perpetuals(world: World, bar: int) -> None:
    """Test the positions of a perpetual account at their marks, and take over what has failed."""
    if world.account.n_held > 0:
        if world.rules.account == AccountKind.PERP_ISOLATED:
            liquidate_isolated(world, bar)
        else:
            liquidate_cross(world, bar)


@compiled
def find_funding(world: World, bar: int) -> None:
    """Move to the first funding at or after `bar`."""
    rows = fundings_of(world)
    account = world.account
    while account.next_funding < world.fundings_n and rows[account.next_funding].bar < bar:
        account.next_funding += 1


@wing
def pay_funding(world: World, bar: int, is_late: int) -> None:
    """Pay the fundings stamped at a bar's opening instant, or inside it; longs pay a rate above 0.

    On the mark given with it, else the open's, else the mark as it stands.
    """
    find_funding(world, bar)
    rows = fundings_of(world)
    account = world.account
    marks = mark_open_of(world)
    while account.next_funding < world.fundings_n:
        row = rows[account.next_funding]
        if row.bar != bar or row.is_late != is_late:
            break
        account.next_funding += 1
        position = positions_of(world)[row.asset]
        contract = contracts_of(world)[row.asset]
        if position.quantity != 0.0:
            price = row.mark
            if price != price and is_late == 0 and world.rules.has_open != 0:
                price = marks[bar, row.asset]
            if price != price:
                price = points(contract, position.mark)
            amount = -position.exposure * abs(points(contract, price)) * row.rate
            quantity = position.quantity
            book(world, bar, row.asset, Category.FUNDING, amount, price, quantity)
    value(world)
