"""What holding costs and pays: dividends, borrow fees, interest and rebate. Simple, never compound."""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.codes import Category, Setting
from barledger.kernel.costs import setting
from barledger.kernel.ledger import money_zero, move_cash, note_currency
from barledger.kernel.records import write_entry
from barledger.kernel.types import ContractRow
from barledger.kernel.world import (
    World,
    contracts_of,
    held_of,
    positions_of,
    settings_of,
    values_of,
)


@compiled
def book(
    world: World, bar: int, asset: int, category: int, amount: float, price: float, quantity: float
) -> None:
    """Move cash that a holding costs or pays, and write it down; nothing is no movement."""
    if amount != 0.0:
        move_cash(world.account, amount)
        if world.balances_n > 0:
            note_currency(world, asset, amount)
        write_entry(world, bar, asset, category, amount, price, quantity)


@compiled
def pay_dividend(world: World, bar: int, asset: int, dividend: float) -> None:
    """Pay a dividend on what is held before the open; who is short pays it."""
    position = positions_of(world)[asset]
    amount = position.exposure * dividend
    book(world, bar, asset, Category.DIVIDEND, amount, dividend, position.quantity)


@compiled
def collateral(contract: ContractRow, price: float) -> float:
    """Price of a share on which its borrower pays."""
    price *= contract.collateral
    if contract.collateral_step > 0.0:
        price = np.ceil(price / contract.collateral_step - 1e-9) * contract.collateral_step
    return price


@compiled
def accrue(world: World, bar: int, days: float, benchmark: float, cash: float) -> None:
    """Charge borrow fees, and interest on `cash` less the value of what is short, for some days."""
    years = days / world.rules.day_count
    held = held_of(world)
    short = 0.0
    for k in range(world.account.n_held):
        position = positions_of(world)[held[k]]
        contract = contracts_of(world)[held[k]]
        if position.quantity < 0.0 and contract.is_borrowed != 0:
            short -= position.exposure * position.mark
            rate = setting(world, Setting.BORROW.value, bar, held[k])
            fee = position.exposure * collateral(contract, position.mark) * rate * years
            book(world, bar, held[k], Category.BORROW, fee, rate, position.quantity)
    rebate = yearly(world, Setting.REBATE.value, short, benchmark) * years
    book(world, bar, -1, Category.REBATE, rebate, np.nan, short)
    balance = cash - short
    if abs(balance) <= money_zero(world):
        return
    if balance > 0.0:
        interest = yearly(world, Setting.CREDIT.value, balance, benchmark) * years
    else:
        interest = -yearly(world, Setting.DEBIT.value, -balance, benchmark) * years
    book(world, bar, -1, Category.INTEREST, interest, np.nan, balance)


@compiled
def yearly(world: World, which: int, amount: float, benchmark: float) -> float:
    """Interest of a year on an amount, each slice at the rate of its tier (NaN: none).

    With a benchmark rates are spreads over it, and together never below 0.
    """
    tiers = settings_of(world)[which]
    values = values_of(world)
    total = 0.0
    for k in range(tiers.row_step):
        place = tiers.offset + 2 * k
        end = values[place + 2] if k + 1 < tiers.row_step else np.inf
        rate = values[place + 1]
        if world.rules.has_benchmark != 0:
            rate = max(rate + benchmark, 0.0)
        if amount > values[place] and values[place + 1] == values[place + 1]:
            total += (min(amount, end) - values[place]) * rate
    return total
