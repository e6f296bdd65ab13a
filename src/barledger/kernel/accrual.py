"""What holding costs and pays: dividends, borrow fees, interest and rebate. Simple, never compound."""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.codes import Category, Setting
from barledger.kernel.costs import setting
from barledger.kernel.ledger import money_zero, move_cash, note_currency
from barledger.kernel.records import write_entry
from barledger.kernel.types import ContractRow
from barledger.kernel.wings import wing
from barledger.kernel.world import (
    World,
    balances_of,
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
    if world.rules.has_own_rates == 0:
        pay_interest(world, bar, 0, cash, short, years, benchmark)
        return
    for currency in range(world.balances_n // 3):
        cash = balances_of(world)[2 * (world.balances_n // 3) + currency]
        short = short_in(world, currency)
        pay_interest(world, bar, currency, cash, short, years, benchmark)


@compiled
def short_in(world: World, currency: int) -> float:
    """Value of what is sold short in a currency, in that currency."""
    held = held_of(world)
    short = 0.0
    for k in range(world.account.n_held):
        position = positions_of(world)[held[k]]
        contract = contracts_of(world)[held[k]]
        if position.quantity < 0.0 and contract.is_borrowed != 0 and contract.currency == currency:
            short -= position.exposure * position.mark / contract.rate
    return short


@compiled
def pay_interest(
    world: World,
    bar: int,
    currency: int,
    cash: float,
    short: float,
    years: float,
    benchmark: float,
) -> None:
    """Pay the rebate on what is short in a currency and the interest on the rest of its balance."""
    rate = 1.0 if currency == 0 else balances_of(world)[world.balances_n // 3 + currency]
    rebate = yearly(world, Setting.REBATE.value, currency, short, benchmark) * years
    book_in(world, bar, currency, Category.REBATE, rebate, rate, short)
    balance = cash - short
    if abs(balance) * rate <= money_zero(world):
        return
    if balance > 0.0:
        interest = yearly(world, Setting.CREDIT.value, currency, balance, benchmark) * years
    else:
        interest = -yearly(world, Setting.DEBIT.value, currency, -balance, benchmark) * years
    book_in(world, bar, currency, Category.INTEREST, interest, rate, balance)


@compiled
def book_in(
    world: World,
    bar: int,
    currency: int,
    category: int,
    amount: float,
    rate: float,
    balance: float,
) -> None:
    """Move money of a currency and write it down: of another than the account's at `rate`."""
    if currency == 0:
        book(world, bar, -1, category, amount, np.nan, balance)
    elif amount != 0.0:
        move_cash(world.account, amount * rate)
        balances_of(world)[currency] += amount
        write_entry(world, bar, -1 - currency, category, amount * rate, rate, balance)


@wing
def empty_balances(world: World, bar: int) -> None:
    """Leave nothing in any currency once a debt, or a wallet, has gone to others."""
    count = world.balances_n // 3
    for currency in range(count):
        balance = balances_of(world)[currency]
        if currency > 0 and balance != 0.0:
            rate = balances_of(world)[count + currency]
            write_entry(world, bar, -1 - currency, Category.WRITE_OFF, 0.0, rate, balance)
        balances_of(world)[currency] = 0.0


@compiled
def yearly(world: World, which: int, currency: int, amount: float, benchmark: float) -> float:
    """Interest of a year on an amount, each slice at the rate of its tier (NaN: none).

    With a benchmark rates are spreads over it, and together never below 0.
    """
    tiers = settings_of(world)[which]
    values = values_of(world)
    total = 0.0
    first = tiers.offset + 2 * currency * tiers.row_step
    for k in range(tiers.row_step):
        place = first + 2 * k
        end = values[place + 2] if k + 1 < tiers.row_step else np.inf
        rate = values[place + 1]
        if world.rules.has_benchmark != 0:
            rate = max(rate + benchmark, 0.0)
        if amount > values[place] and values[place + 1] == values[place + 1]:
            total += (min(amount, end) - values[place]) * rate
    return total
