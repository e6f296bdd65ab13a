"""What must be put up to open and kept to hold. Reads positions, writes only the two sums."""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.codes import AccountKind, InstrumentKind, Setting
from barledger.kernel.costs import setting
from barledger.kernel.ledger import money_zero
from barledger.kernel.perpetual import bracket_margin, safe_mark
from barledger.kernel.spanned import span_need
from barledger.kernel.types import RELATIVE, AccountRow, ContractRow, PositionRow, RulesRow
from barledger.kernel.world import World, contracts_of, held_of, positions_of
from barledger.kernel.written import option_claim


@compiled
def future_margin(world: World, which: int, bar: int, asset: int, price: float) -> float:
    """Margin of one contract: money, or a share of its notional."""
    contract = contracts_of(world)[asset]
    number = setting(world, which, bar, asset)
    if contract.margin_of_notional != 0:
        return number * contract.multiplier * abs(price)
    return number * contract.rate


@compiled
def reg_t_maintenance(rules: RulesRow, contract: ContractRow, side: float, price: float) -> float:
    """FINRA 4210(c) for one share: 25 % long; short 30 % or $5, below $5 all of it or $2.50."""
    if side > 0.0:
        return min(1.0, rules.maintenance_long * contract.leverage_factor) * price
    if price >= rules.short_low_price:
        rate = min(1.0, rules.maintenance_short * contract.leverage_factor)
        return max(rate * price, rules.short_minimum)
    return max(price, rules.short_low_minimum)


@compiled
def maintenance_of(world: World, bar: int, asset: int, side: float, price: float) -> float:
    """Requirement to hold one unit marked at `price`, in points; `side` is the quantity held."""
    contract = contracts_of(world)[asset]
    if contract.kind == InstrumentKind.FUTURE:
        return future_margin(world, Setting.MAINTENANCE.value, bar, asset, price)
    if contract.kind == InstrumentKind.PERPETUAL:
        return bracket_margin(world, asset, side, price)
    if contract.kind == InstrumentKind.OPTION:
        return option_claim(world, bar, asset, side, price)
    price *= contract.multiplier
    if world.rules.account == AccountKind.REG_T:
        return reg_t_maintenance(world.rules, contract, side, price)
    return world.rules.maintenance_long * price


@compiled
def initial_of(world: World, bar: int, asset: int, side: float, price: float) -> float:
    """Requirement to open one unit at `price`, in points, never less than to hold it."""
    contract = contracts_of(world)[asset]
    if contract.kind == InstrumentKind.FUTURE:
        return future_margin(world, Setting.INITIAL.value, bar, asset, price)
    if contract.kind == InstrumentKind.PERPETUAL:
        return contract.multiplier * abs(price) * contract.margin_rate
    if contract.kind == InstrumentKind.OPTION:
        return option_claim(world, bar, asset, side, price)
    price *= contract.multiplier
    if world.rules.account == AccountKind.REG_T:
        rate = world.rules.initial_rate * contract.leverage_factor
        rate = min(1.0, rate * (1.0 - world.account.day_relief))
        return max(rate * price, reg_t_maintenance(world.rules, contract, side, price))
    return world.rules.initial_rate * price


@compiled
def level_of(world: World, bar: int, asset: int, side: float, price: float) -> float:
    """What one unit adds to the level that a margin call restores: initial for a future."""
    if contracts_of(world)[asset].kind == InstrumentKind.FUTURE:
        return initial_of(world, bar, asset, side, price)
    return maintenance_of(world, bar, asset, side, price)


@compiled
def margin_price(world: World, position: PositionRow) -> float:
    """Price, in points, that a position's initial margin goes by: isolated, that of its entry."""
    isolated = world.rules.account == AccountKind.PERP_ISOLATED
    return position.average if isolated else position.mark


@compiled
def sum_requirements(world: World, bar: int) -> None:
    """Write Σ initial and Σ maintenance of everything held, at its marks."""
    if world.span_months_n > 0:
        world.account.maintenance = span_need(world, -1, 0.0)
        world.account.initial = world.account.maintenance * world.rules.span_initial
        return
    positions = positions_of(world)
    held = held_of(world)
    initial = 0.0
    maintenance = 0.0
    for k in range(world.account.n_held):
        position = positions[held[k]]
        side = position.quantity
        quantity = abs(side)
        price = margin_price(world, position)
        initial += quantity * initial_of(world, bar, held[k], side, price)
        maintenance += quantity * maintenance_of(world, bar, held[k], side, position.mark)
    world.account.initial = initial
    world.account.maintenance = maintenance


@compiled
def call_level(world: World, bar: int) -> float:
    """Equity that a margin call restores."""
    if world.span_months_n > 0:
        return span_need(world, -1, 0.0) * world.rules.span_initial
    positions = positions_of(world)
    held = held_of(world)
    level = 0.0
    for k in range(world.account.n_held):
        position = positions[held[k]]
        unit = level_of(world, bar, held[k], position.quantity, position.mark)
        level += abs(position.quantity) * unit
    return level


@compiled
def is_breached(account: AccountRow) -> bool:
    """Whether equity is below Σ maintenance."""
    tolerance = RELATIVE * max(abs(account.equity), account.maintenance)
    return account.equity < account.maintenance - tolerance


@compiled
def meets(equity: float, level: float) -> bool:
    """Whether equity reaches the level that a margin call restores."""
    return equity >= level - RELATIVE * max(abs(equity), level)


@compiled
def is_bankrupt(world: World) -> bool:
    """Equity below 0, or not above it with a position; an unlimited account never is.

    A cash account cannot lose more than it has: only a fee can take it below 0.
    """
    kind = world.rules.account
    if kind == AccountKind.UNLIMITED:
        return False
    equity = world.account.equity
    zero = money_zero(world)
    if kind == AccountKind.CASH:
        return equity < -zero
    return equity < -zero or (equity <= zero and world.account.n_held > 0)


@compiled
def maintenance_slope(rules: RulesRow, contract: ContractRow, side: float) -> float:
    """Maintenance of a security for each unit of price, minima in money left out."""
    if rules.tests_margin == 0:
        return 0.0
    if rules.account != AccountKind.REG_T:
        return rules.maintenance_long
    rate = rules.maintenance_long if side > 0.0 else rules.maintenance_short
    return min(1.0, rate * contract.leverage_factor)


@compiled
def maintenance_base(world: World, bar: int, contract: ContractRow, side: float) -> float:
    """Bound of the part of one unit's maintenance that does not depend on its price."""
    rules = world.rules
    if contract.kind == InstrumentKind.FUTURE:
        return setting(world, Setting.MAINTENANCE.value, bar, 0) * contract.rate
    if rules.account == AccountKind.REG_T and side < 0.0:
        return max(rules.short_minimum, rules.short_low_price, rules.short_low_minimum)
    return 0.0


@compiled
def safe_price(world: World, bar: int) -> float:
    """Price that an account holding only asset 0 must not pass, or it may fail a test.

    It must stay above for a long, below for a short: cash + exposure · (p - base) against a
    requirement bounded by a line in p, and a touch more. NaN where there is no such price.
    """
    rules = world.rules
    account = world.account
    position = positions_of(world)[0]
    contract = contracts_of(world)[0]
    exposure = position.exposure
    quantity = abs(position.quantity)
    fixed = quantity * maintenance_base(world, bar, contract, exposure)
    fixed += 4.0 * RELATIVE * (rules.initial_cash + abs(account.cash))
    if contract.kind == InstrumentKind.PERPETUAL:
        edge = safe_mark(world, fixed)
        return edge + 4.0 * RELATIVE * edge if exposure > 0.0 else edge - 4.0 * RELATIVE * edge
    slope = 4.0 * RELATIVE * abs(exposure)
    if contract.kind != InstrumentKind.FUTURE:
        slope += abs(exposure) * maintenance_slope(rules, contract, exposure)
    elif contract.margin_of_notional != 0:
        return np.nan
    lean = exposure - slope
    if exposure * lean <= 0.0:
        return np.nan
    edge = (exposure * position.base - account.cash + fixed) / lean
    touch = 4.0 * RELATIVE * abs(edge)
    return max(edge + touch, 0.0) if exposure > 0.0 else edge - touch
