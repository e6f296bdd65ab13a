"""What an option written claims of its account, from its underlying's price."""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.wings import wing
from barledger.kernel.world import World, close_of, contracts_of, open_of


@compiled
def last_close(world: World, bar: int, asset: int) -> float:
    """Last close at or before a bar, NaN where there is none."""
    closes = close_of(world)
    while bar >= 0:
        price: float = closes[bar, asset]
        if price == price:
            return price
        bar -= 1
    return np.nan


@compiled
def price_of_underlying(world: World, bar: int, asset: int) -> float:
    """Price of an underlying at this instant: the open, then the close; none: the last close."""
    if world.account.at_close != 0:
        return last_close(world, bar, asset)
    if world.rules.has_open != 0:
        price: float = open_of(world)[bar, asset]
        if price == price:
            return price
    return last_close(world, bar - 1, asset)


@wing
def option_claim(world: World, bar: int, asset: int, side: float, price: float) -> float:
    """Requirement of one option: long its value, short by its underlying, beside that value.

    Short (FINRA 4210(f)(2)(E)): 20 % of the underlying less what it is out of the money, at least
    10 % of the underlying (call) or of the strike (put).
    """
    contract = contracts_of(world)[asset]
    if side > 0.0:
        return contract.multiplier * price
    spot = price_of_underlying(world, bar, int(contract.underlying))
    if spot != spot:
        spot = contract.strike
    out = max(contract.right * (contract.strike - spot), 0.0)
    least = contract.floor_rate * (spot if contract.right > 0.0 else contract.strike)
    return contract.multiplier * max(contract.margin_rate * spot - out, least)
