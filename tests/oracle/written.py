"""Options in the oracle: the claim of a short one, and what expiry makes of any."""

from typing import TYPE_CHECKING

from barledger.instruments.contract import Contract

from .market import NAN, cell, is_number, sign

if TYPE_CHECKING:
    from .book import World


def column_of(world: "World", contract: Contract) -> int:
    """Column of the underlying; assets are named A0, A1, … by their column."""
    return int(str(contract.underlying).removeprefix("A"))


def claim(world: "World", contract: Contract, price: float, side: int) -> float:
    """Requirement of one option: long its value, short a share of its underlying."""
    if side > 0:
        return contract.multiplier * price
    spot = spot_now(world, column_of(world, contract))
    spot = contract.strike if not is_number(spot) else spot
    if contract.right == "call":
        out, least = max(contract.strike - spot, 0.0), contract.short_floor * spot
    else:
        out, least = max(spot - contract.strike, 0.0), contract.short_floor * contract.strike
    return contract.multiplier * max(contract.short_rate * spot - out, least)


def spot_now(world: "World", asset: int) -> float:
    """Price of an underlying at this instant; without one its last close."""
    if not world.at_close:
        price = cell(world.market.open, world.bar, asset)
        return price if is_number(price) else close_up_to(world, world.bar - 1, asset)
    return close_up_to(world, world.bar, asset)


def close_up_to(world: "World", bar: int, asset: int) -> float:
    closes = [world.market.close[b][asset] for b in range(bar + 1)]
    return next((price for price in reversed(closes) if is_number(price)), NAN)


def exercise(world: "World", asset: int, spot: float) -> None:
    """End an option: at its value in cash, or at 0 with the underlying traded at the strike."""
    from .book import Order
    from .fills import close_part

    position = world.positions[asset]
    contract, quantity = position.contract, position.quantity
    under = column_of(world, contract)
    if not is_number(spot) and under in world.positions:
        spot = world.positions[under].mark
    if not is_number(spot):
        spot = close_up_to(world, world.bar - 1, under)
    way = 1 if contract.right == "call" else -1
    inner = way * (spot - contract.strike)
    is_in = inner >= 0.01 - 1e-9
    order = Order(asset, world.bar, cause="expiry")
    price = inner if is_in and contract.settles == "cash" else 0.0
    close_part(world, order, abs(quantity), price, is_free=True)
    order.wanted = order.filled
    world.end(order)
    if is_in and contract.settles == "physical":
        ratio = contract.multiplier / world.market.contracts[under].multiplier
        deliver(world, under, way * quantity * ratio, contract.strike)


def deliver(world: "World", asset: int, quantity: float, strike: float) -> None:
    """Trade the underlying at the strike, closing what is held on the other side first."""
    from .book import Order
    from .fills import close_part, open_part

    order = Order(asset, world.bar, cause="expiry", direction=sign(quantity))
    held, rest = world.held(asset), abs(quantity)
    if held * quantity < 0:
        part = min(rest, abs(held))
        close_part(world, order, part, strike, is_free=True)
        rest -= part
    lot = world.market.contracts[asset].lot
    if rest > 1e-9 * (lot or 1.0):
        open_part(world, order, rest, strike, is_free=True)
    order.wanted = quantity
    world.end(order)
