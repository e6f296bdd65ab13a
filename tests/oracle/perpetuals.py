"""Perpetuals in the oracle: brackets, marks of their own, funding, liquidation as a whole."""

import math
from typing import TYPE_CHECKING, Any

from barledger.accounts import PerpCross, PerpIsolated, Unlimited
from barledger.instruments.brackets import Brackets
from barledger.instruments.contract import Contract

from .exchange import FOREIGN, note
from .market import NAN, TOLERANCE, cell, is_number

if TYPE_CHECKING:
    from .accounts import Leg
    from .book import Position, World

OPEN, HIGH, LOW, CLOSE = range(4)


def is_own_account(world: "World") -> bool:
    """Whether the account takes nothing but perpetuals."""
    return isinstance(world.terms.account, PerpIsolated | PerpCross)


def is_isolated(world: "World") -> bool:
    return isinstance(world.terms.account, PerpIsolated)


def leverage_of(world: "World", contract: Contract) -> float:
    if is_own_account(world):
        return float(world.terms.account.leverage)
    return 1.0 / contract.initial


# Marks


def marks_at(world: "World", instant: int, prices: list[float]) -> list[float]:
    """Prices that positions are valued at: those of the market where there are no marks."""
    if world.market.marks is None:
        return prices
    rows = world.market.marks[instant]
    return [cell(rows, world.bar, asset) for asset in range(world.market.n_assets)]


def adverse_marks(world: "World", prices: list[float]) -> list[float]:
    """Marks at the end of a bar's range that hurts what is held."""
    if world.market.marks is None:
        return prices
    marks = [NAN] * world.market.n_assets
    for asset, position in world.positions.items():
        rows = world.market.marks[LOW if position.side > 0 else HIGH]
        marks[asset] = cell(rows, world.bar, asset)
    return marks


# Margin


def requirement(world: "World", position: "Position", *, is_initial: bool) -> float:
    """Requirement of a whole position: an isolated one puts up a share of its entry value."""
    contract = position.contract
    if not is_initial:
        return maintenance(world, contract, position.gross)
    leverage = leverage_of(world, contract)
    if is_isolated(world):
        return own_margin(position, leverage)
    return position.gross / leverage


def own_margin(position: "Position", leverage: float) -> float:
    from .book import value_of

    return abs(value_of(position.contract, position.quantity, position.average)) / leverage


def brackets_of(world: "World", contract: Contract) -> Brackets:
    """Brackets that hold on the date of this bar."""
    if isinstance(contract.brackets, Brackets):
        return contract.brackets
    return [table for day, table in contract.brackets if day <= world.date][-1]


def maintenance(world: "World", contract: Contract, notional: float) -> float:
    """Each slice of notional at the rate of its own bracket, as taxes are."""
    brackets, need = brackets_of(world, contract), 0.0
    rate = rate_of(world, contract)  # brackets are in the contract's currency
    notional /= rate
    last = len(brackets) - 1
    for k, (floor, cap, share) in enumerate(
        zip(brackets.floors, brackets.caps, brackets.rates, strict=True)
    ):
        top = notional if k == last else min(notional, cap)
        need += max(top - floor, 0.0) * share
    return need * rate


def rate_of(world: "World", contract: Contract) -> float:
    """What one of a contract's currency is worth in the account's."""
    return world.rate if contract.currency == FOREIGN else 1.0


def bracket_tests(leg: "Leg") -> list[Any]:
    """Test of the notional that a leverage may have."""
    from .accounts import Test

    if leg.contract.kind != "perpetual":
        return []
    if isinstance(leg.world.terms.account, Unlimited):
        return []
    brackets = brackets_of(leg.world, leg.contract)
    leverage = leverage_of(leg.world, leg.contract)
    most = 0.0
    for cap, allowed in zip(brackets.caps, brackets.leverages, strict=True):
        most = cap if leverage <= allowed * (1 + 1e-12) else most
    most *= rate_of(leg.world, leg.contract)
    if math.isinf(most):
        return []
    position = leg.world.positions.get(leg.asset)
    room = max(most - (position.gross if position else 0.0), 0.0)

    def fits(quantity: float, tolerance: float) -> bool:
        return leg.notional * quantity <= room * (1 + tolerance)

    return [Test("bracket_cap", fits)]


# Funding


def pay_funding(world: "World", *, is_late: bool) -> None:
    """Pay what is stamped at the bar's open, or inside it: - quantity · mark · rate."""
    for bar, asset, rate, given, late in world.market.fundings:
        position = world.positions.get(asset)
        if bar != world.bar or late != is_late or position is None:
            continue
        mark = given
        if not is_number(mark) and not is_late and world.market.open is not None:
            rows = world.market.open if world.market.marks is None else world.market.marks[OPEN]
            mark = cell(rows, world.bar, asset)
        if not is_number(mark):
            mark = position.mark
        contract, quantity = position.contract, position.quantity
        notional = quantity / mark if contract.inverse else quantity * mark
        world.move_cash("funding", asset, -contract.multiplier * notional * rate)
    if is_late:
        world.losses.last_close = world.equity


# Liquidation


def is_gone(balance: float, need: float) -> bool:
    return balance <= need + TOLERANCE * max(abs(balance), need)


def liquidate(world: "World") -> None:
    """Take over what no longer stands: isolated each alone, cross everything together."""
    if not is_own_account(world) or not world.positions:
        return
    if is_isolated(world):
        for asset in sorted(world.positions):
            liquidate_isolated(world, asset)
        return
    need = sum(maintenance(world, p.contract, p.gross) for p in world.positions.values())
    balance = world.equity
    if is_gone(balance, need):
        held = {asset: world.positions[asset] for asset in sorted(world.positions)}
        rates = {asset: p.contract.liquidation_fee for asset, p in held.items()}
        notionals = {asset: p.gross for asset, p in held.items()}
        for asset, position in held.items():
            take_over(world, asset, position.mark, balance, need)
        if None in rates.values() or world.cash < 0:
            world.move_cash("liquidation", -1, -world.cash)
            world.foreign = 0.0
            return
        for asset in held:
            fee = min(rates[asset] * notionals[asset], world.cash)
            world.move_cash("liquidation", asset, -fee)


def liquidate_isolated(world: "World", asset: int) -> None:
    """Take a position over at the price at which its own margin is gone."""
    position = world.positions[asset]
    contract, side = position.contract, position.side
    margin = own_margin(position, leverage_of(world, contract))
    balance = margin + position.worth
    need = maintenance(world, contract, position.gross)
    fee = 0.0
    if is_gone(balance, need):
        units = abs(position.quantity) * contract.multiplier
        if contract.inverse:
            price = 1.0 / (1.0 / position.average + side * margin / units)
        else:
            price = position.average - side * margin / units
        if contract.liquidation_fee is not None and balance > 0:
            price = position.mark
            fee = min(contract.liquidation_fee * position.gross, balance)
        take_over(world, asset, price, balance, need)
        world.move_cash("liquidation", asset, -fee)


def take_over(world: "World", asset: int, price: float, balance: float, need: float) -> None:
    """Close at a price outside the market, without a fee."""
    from .book import Order

    position = world.positions.pop(asset)
    order = Order(asset, world.bar, cause="liquidation")
    world.record_incident("liquidation", asset, balance, need)
    position.parts = [(position.quantity, price)]
    amount = position.worth
    order.filled = order.wanted = -position.quantity
    world.cash += amount
    note(world, asset, amount)
    world.outcome.fills.append(
        {
            "bar": world.bar,
            "asset": asset,
            "quantity": -position.quantity,
            "price": price,
            "fee": 0.0,
            "amount": amount,
            "slippage": 0.0,
            "order": world.number(order),
            "closes": True,
        }
    )
    world.end(order)
