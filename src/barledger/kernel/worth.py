"""What a price is worth: the number in which a position's money is linear."""

from barledger._jit import compiled
from barledger.kernel.types import ContractRow


@compiled
def points(contract: ContractRow, price: float) -> float:
    """Price as positions keep it: itself, and -1 / price of an inverse contract; its own inverse.

    Profit is exposure · (points now - points at entry): of an inverse contract q · m · (1 / entry
    - 1 / price), in coin, and the mean of points belongs to the harmonic mean of prices.
    """
    return -1.0 / price if contract.inverse != 0 else price


@compiled
def unit_value(contract: ContractRow, price: float) -> float:
    """Notional of one unit at a price, never below 0."""
    return contract.multiplier * abs(points(contract, price))


@compiled
def notional_of(contract: ContractRow, quantity: float, price: float) -> float:
    """Notional of an unsigned quantity at a price."""
    return quantity * contract.multiplier * abs(points(contract, price))
