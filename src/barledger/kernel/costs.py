"""From price to cost: slippage, the tick, the fee. No state of its own."""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.codes import FeeForm, InstrumentKind, Setting
from barledger.kernel.types import ContractRow
from barledger.kernel.wings import wing
from barledger.kernel.world import (
    World,
    across_of,
    contracts_of,
    high_of,
    low_of,
    moved_of,
    settings_of,
    values_of,
)
from barledger.kernel.worth import notional_of, unit_value


@compiled
def setting(world: World, which: int, bar: int, asset: int) -> float:
    """Value of one option at a bar and asset, wherever it varies."""
    row = settings_of(world)[which]
    value: float = values_of(world)[row.offset + bar * row.row_step + asset * row.column_step]
    return value


@compiled
def fill_price(
    world: World, bar: int, asset: int, side: float, quantity: float, market: float
) -> float:
    """Price at which unsigned `quantity` of `side` (> 0 buys) fills with the market at `market`.

    Costs can make a security worthless to its seller, never worse: only a future's is below 0.
    """
    price = market
    contract = contracts_of(world)[asset]
    if world.rules.has_slippage != 0:
        cost = slippage(world, contract, bar, asset, market)
        if world.rules.has_impact != 0:
            cost += impact(world, bar, asset, quantity, market)
        price = market + cost if side > 0.0 else market - cost
        if world.rules.cap_to_range != 0:
            price = capped(world, bar, asset, side, market, price)
        if world.moved_n > 0:
            price += abs(market) * standing_move(world, bar, asset)
    if contract.tick > 0.0:
        price = on_tick(price, contract.tick, side)
    return price if contract.kind == InstrumentKind.FUTURE else max(price, 0.0)


@compiled
def slippage(world: World, contract: ContractRow, bar: int, asset: int, market: float) -> float:
    """How much worse than the market a fill is, in price units."""
    return (
        abs(market) * setting(world, Setting.SLIP_FRACTION.value, bar, asset)
        + setting(world, Setting.SLIP_AMOUNT.value, bar, asset)
        + setting(world, Setting.SLIP_TICKS.value, bar, asset) * contract.tick
    )


@wing
def impact(world: World, bar: int, asset: int, quantity: float, market: float) -> float:
    """How much worse than the market a quantity makes its own price, in price units."""
    fraction = setting(world, Setting.IMPACT_FLAT.value, bar, asset)
    fraction += setting(world, Setting.IMPACT_STRAIGHT.value, bar, asset) * quantity
    curved = setting(world, Setting.IMPACT_CURVED.value, bar, asset)
    if curved > 0.0:
        fraction += curved * quantity**world.rules.impact_power
    return (
        abs(market) * fraction + setting(world, Setting.IMPACT_MONEY.value, bar, asset) * quantity
    )


@wing
def standing_move(world: World, bar: int, asset: int) -> float:
    """How far trades of earlier bars have moved an asset, as a fraction of its price."""
    moved = moved_of(world)[asset]
    if moved.bar < bar:
        moved.bar = bar
        moved.now += moved.later
        moved.later = 0.0
    return moved.now


@wing
def move_prices(world: World, bar: int, asset: int, quantity: float, market: float) -> None:
    """Let a fill of a signed quantity move the prices of the bars that follow."""
    fraction = setting(world, Setting.LASTING.value, bar, asset) * quantity
    if market != 0.0:
        money = setting(world, Setting.LASTING_MONEY.value, bar, asset)
        fraction += money * quantity / abs(market)
    for other in range(world.n_assets):
        share = 1.0 if other == asset else 0.0
        if world.across_n > 0:
            share = across_of(world)[other, asset]
        if share != 0.0:
            standing_move(world, bar, other)
            moved_of(world)[other].later += share * fraction


@compiled
def capped(world: World, bar: int, asset: int, side: float, market: float, price: float) -> float:
    """Price within what the bar has traded, never better than the market."""
    if side > 0.0:
        high = high_of(world)[bar, asset]
        return max(high, market) if price > high else price
    low = low_of(world)[bar, asset]
    return min(low, market) if price < low else price


@compiled
def on_tick(price: float, tick: float, side: float) -> float:
    """Price on the grid of ticks, rounded against the one who trades."""
    ticks: float = np.ceil(price / tick - 1e-9) if side > 0.0 else np.floor(price / tick + 1e-9)
    return ticks * tick


@compiled
def fee_rate(world: World, bar: int, asset: int) -> float:
    """Fraction of notional that a leg pays; of monthly tiers the one reached before it."""
    if world.rules.fee_form >= FeeForm.BY_MONTH:
        return rate_of_leg(world, bar, asset)
    return setting(world, Setting.FEE_RATE.value, bar, asset)


@wing
def rate_of_leg(world: World, bar: int, asset: int) -> float:
    """Rate of a maker or a taker, or of the tier that this month's trading has reached.

    Makers' tiers follow the takers'.
    """
    if world.rules.fee_form == FeeForm.MAKER_TAKER:
        which = Setting.MAKER_RATE.value if world.leg.is_maker != 0 else Setting.FEE_RATE.value
        return setting(world, which, bar, asset)
    tiers = settings_of(world)[Setting.TIERS.value]
    values = values_of(world)
    first = tiers.offset + 2 * tiers.row_step * world.leg.is_maker
    k = tiers.row_step - 1
    while k > 0 and values[first + 2 * k] > world.account.month_traded * (1.0 + 1e-12):
        k -= 1
    rate: float = values[first + 2 * k + 1]
    return rate


@compiled
def tiered_fee(world: World, notional: float) -> float:
    """Fee of a notional whose slices each pay the rate of their tier."""
    tiers = settings_of(world)[Setting.TIERS.value]
    values = values_of(world)
    fee = 0.0
    for k in range(tiers.row_step):
        place = tiers.offset + 2 * k
        end = values[place + 2] if k + 1 < tiers.row_step else np.inf
        if notional > values[place]:
            fee += (min(notional, end) - values[place]) * values[place + 1]
    return fee


@compiled
def fee_of(world: World, bar: int, asset: int, quantity: float, price: float) -> float:
    """Fee of a leg of unsigned `quantity`: fixed, per unit and of notional, within its bounds."""
    form = world.rules.fee_form
    if form == FeeForm.NONE:
        return 0.0
    notional = notional_of(contracts_of(world)[asset], quantity, price)
    if form == FeeForm.RATE:
        return notional * setting(world, Setting.FEE_RATE.value, bar, asset)
    return rich_fee(world, bar, asset, quantity, notional)


@wing
def rich_fee(world: World, bar: int, asset: int, quantity: float, notional: float) -> float:
    """Fee of every form but the simplest; of a leg that has begun, what it adds to what was paid."""
    leg = world.leg
    if world.rules.fee_form >= FeeForm.MAKER_TAKER:  # never bounded: each part pays its own
        fee = notional * fee_rate(world, bar, asset) + quantity * fee_per_unit(world, bar, asset)
        return fee + fee_fixed(world, bar, asset)
    per_rate = notional
    notional += leg.notional
    if world.rules.fee_form == FeeForm.BY_ORDER:
        fee = tiered_fee(world, notional)
    else:
        fee = per_rate * fee_rate(world, bar, asset)
        fee += setting(world, Setting.FEE_PER_UNIT.value, bar, asset) * quantity
        fee += fee_fixed(world, bar, asset)
        if leg.has_begun != 0:
            fee += leg.raw
    if world.rules.has_bounded_fee != 0:
        fee = max(fee, setting(world, Setting.FEE_MINIMUM.value, bar, asset))
        fee = min(fee, setting(world, Setting.FEE_MAXIMUM.value, bar, asset))
        fee = min(fee, notional * setting(world, Setting.FEE_MAXIMUM_RATE.value, bar, asset))
    return max(fee - leg.paid, 0.0) if leg.has_begun != 0 else fee


@compiled
def fee_per_unit(world: World, bar: int, asset: int) -> float:
    """Money that a leg pays for each unit."""
    if world.leg.is_maker != 0:
        return setting(world, Setting.MAKER_PER_UNIT.value, bar, asset)
    return setting(world, Setting.FEE_PER_UNIT.value, bar, asset)


@compiled
def fee_fixed(world: World, bar: int, asset: int) -> float:
    """Part of a fee that does not depend on the quantity; an order pays it once."""
    if world.rules.fee_form <= FeeForm.RATE or world.leg.has_begun != 0:
        return 0.0
    return setting(world, Setting.FEE_FIXED.value, bar, asset)


@compiled
def fee_slope(world: World, bar: int, asset: int, price: float) -> float:
    """What each further unit adds to a straight-line fee."""
    if world.rules.fee_form == FeeForm.NONE:
        return 0.0
    slope = unit_value(contracts_of(world)[asset], price) * fee_rate(world, bar, asset)
    if world.rules.fee_form == FeeForm.RATE:
        return slope
    return slope + fee_per_unit(world, bar, asset)
