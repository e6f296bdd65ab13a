"""Currencies: what is priced in another is counted at the rate of the bar."""

from dataclasses import fields, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .book import World

FOREIGN = "EUR"
OWN, OTHER = -1, -2  # in place of an asset: the balance in the account's currency, or the other


def rate_of(world: "World", bar: int) -> float:
    fx = world.terms.carry.fx
    return 1.0 if fx is None else fx[bar]


def set_rates(world: "World") -> None:
    """Count contracts, positions and balances at the rate of this bar, before all else."""
    if world.terms.carry.fx is None:
        return
    rate = rate_of(world, world.bar)
    before = rate_of(world, max(world.bar - 1, 0))
    if not world.terms.account.auto_convert and rate != before:
        world.move_cash("fx", OTHER, world.foreign * (rate - before))
    world.rate = rate
    contracts = [converted(contract, rate) for contract in world.own_contracts]
    world.market = replace(world.market, contracts=contracts)
    for asset, position in world.positions.items():
        position.contract = contracts[asset]


def balances(world: "World") -> list[tuple[int, float]]:
    """Money on which interest is reckoned, each in its own currency: all in one, or one by one."""
    if not world.terms.account.has_rates_by_currency or world.terms.carry.fx is None:
        return [(OWN, world.cash)]
    return [(OWN, world.cash - world.foreign * world.rate), (OTHER, world.foreign)]


def converted(contract: Any, rate: float) -> Any:
    """The contract with its money in that of the account; its prices stay."""
    if contract.currency != FOREIGN:
        return contract
    terms = {each.name: getattr(contract, each.name) for each in fields(contract)}
    terms["multiplier"] *= rate
    if contract.kind == "future" and contract.margin_unit == "amount":
        terms["initial"] *= rate
        terms["maintenance"] *= rate
    return SimpleNamespace(**terms)


def note(world: "World", asset: int, amount: float) -> None:
    """Book what an asset has moved to the balance of its currency; -2 is the other's own."""
    if asset == OTHER or (asset >= 0 and world.market.contracts[asset].currency == FOREIGN):
        world.foreign += amount / world.rate
