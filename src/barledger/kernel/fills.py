"""One fill: cost to ledger to record. Every fill of every kind passes here."""

from barledger._jit import compiled
from barledger.kernel.codes import AccountKind, Incident, Proceeds, Tradable, Unsettled
from barledger.kernel.costs import fee_of, move_prices
from barledger.kernel.day_trading import count_day_trade
from barledger.kernel.ledger import (
    close_quantity,
    end_trade,
    entry_value,
    money_zero,
    note_currency,
    open_quantity,
    pay,
    settle_purchase,
    settle_sale,
)
from barledger.kernel.liquidity import take_up
from barledger.kernel.margin import initial_of, margin_price, sum_requirements
from barledger.kernel.records import write_fill, write_incident
from barledger.kernel.world import World, contracts_of, positions_of, tradable_of
from barledger.kernel.worth import points


@compiled
def can_trade(world: World, bar: int, asset: int, price: float) -> bool:
    """Whether an asset with this price (NaN: none) can trade on a bar."""
    if price != price:
        return False
    if world.tradable_n == 0:
        return True
    code = int(tradable_of(world)[bar, asset])
    return code == Tradable.YES or code > Tradable.MISSED


@compiled
def has_its_bar(world: World, bar: int, asset: int, price: float) -> bool:
    """Whether a bar counts for an order that is good for the next: it could have traded there."""
    if price != price:
        return False
    return world.tradable_n == 0 or tradable_of(world)[bar, asset] != Tradable.NO


@compiled
def free_money(world: World) -> float:
    """What openings may use: equity beyond Σ initial, settled, free, or all cash.

    Isolated perpetuals share no profit: cash beyond the margin of each.
    """
    if world.rules.account == AccountKind.PERP_ISOLATED:
        return world.account.cash - world.account.initial
    if world.rules.tests_margin != 0:
        return world.account.equity - world.account.initial
    if world.due_n > 0 and world.rules.unsettled == Unsettled.WAIT:
        return world.account.settled
    if world.rules.account == AccountKind.FREE_CASH:
        return world.account.cash - 2.0 * entry_value(world)
    return world.account.cash


@compiled
def fill_opening(
    world: World, bar: int, asset: int, quantity: float, price: float, market: float, order: int
) -> None:
    """Open or add `quantity` at `price`; `market` is the price before slippage."""
    account = world.account
    position = positions_of(world)[asset]
    fee = fee_of(world, bar, asset, abs(quantity), price)
    if world.rules.tests_margin != 0:
        paid = points(contracts_of(world)[asset], price)
        account.initial += abs(quantity) * initial_of(world, bar, asset, quantity, paid)
    amount = open_quantity(world, bar, asset, quantity, price)
    pay(account, position, amount, fee)
    if world.due_n > 0:
        settle_purchase(world, asset, fee - amount)
    if world.span_months_n > 0:
        sum_requirements(world, bar)
    end_fill(world, bar, asset, quantity, price, market, amount, fee, order, 0)


@compiled
def fill_closing(
    world: World, bar: int, asset: int, quantity: float, price: float, market: float, order: int
) -> None:
    """Close `quantity` (against the position, never through zero) at `price`."""
    account = world.account
    position = positions_of(world)[asset]
    keeps_apart = world.rules.proceeds == Proceeds.NEXT_BAR or account.is_within == 1
    free = free_money(world) if keeps_apart else 0.0
    fee = fee_of(world, bar, asset, abs(quantity), price)
    if world.rules.tests_margin != 0:
        held = margin_price(world, position)
        account.initial -= abs(quantity) * initial_of(world, bar, asset, -quantity, held)
    amount = close_quantity(world, asset, quantity, price)
    pay(account, position, amount, fee)
    if world.rules.account == AccountKind.CASH:
        note_sale(world, bar, asset, quantity, amount, fee)
    if position.quantity == 0.0:
        end_trade(world, asset)
    if world.span_months_n > 0:
        sum_requirements(world, bar)
    end_fill(world, bar, asset, quantity, price, market, amount, fee, order, 1)
    if keeps_apart:
        account.withheld += max(free_money(world) - free, 0.0)


@compiled
def end_fill(
    world: World,
    bar: int,
    asset: int,
    quantity: float,
    price: float,
    market: float,
    amount: float,
    fee: float,
    order: int,
    closes: int,
) -> None:
    """Record a fill and what follows from it."""
    contract = contracts_of(world)[asset]
    units = quantity * contract.multiplier
    paid = points(contract, price)
    world.account.traded += abs(units * paid)
    world.account.month_traded += abs(units * paid)
    slippage = units * (paid - points(contract, market))
    write_fill(world, bar, asset, order, quantity, price, amount, fee, slippage, closes)
    if world.balances_n > 0:
        note_currency(world, asset, amount - fee)
    if world.taken_up_n > 0:
        take_up(world, asset, quantity, market)
    if world.moved_n > 0:
        move_prices(world, bar, asset, quantity, market)
    if world.rules.has_day_rule != 0:
        count_day_trade(world, bar, asset, closes)
    flag_debt(world, bar, amount, fee)


@compiled
def flag_debt(world: World, bar: int, amount: float, fee: float) -> None:
    """Note when a fill takes the cash of an unlimited account below zero."""
    if world.rules.account == AccountKind.UNLIMITED:
        zero = -money_zero(world)
        if world.account.cash < zero and world.account.cash - amount + fee >= zero:
            write_incident(world, bar, -1, Incident.DEBT, world.account.cash, 0.0)


@compiled
def note_sale(
    world: World, bar: int, asset: int, quantity: float, amount: float, fee: float
) -> None:
    """What only a cash account asks of a sale: its settlement, and two things to flag."""
    account = world.account
    tied_until = positions_of(world)[asset].tied_until
    if world.due_n > 0:
        settle_sale(world, bar, amount, fee)
    if fee > amount and account.cash < -money_zero(world):
        write_incident(world, bar, asset, Incident.EXIT_FEE, account.cash, 0.0)
    if world.rules.unsettled == Unsettled.SPEND and bar < tied_until:
        write_incident(world, bar, asset, Incident.GOOD_FAITH_VIOLATION, abs(quantity), 0.0)
