"""From a bar's price to the price and fee of a fill: slippage, then the tick, then the fee."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from barledger.impact import KyleImpact, SquareRootImpact, VolumeShareImpact
from barledger.options import PercentFee, PerUnitFee, TieredFee

from .liquidity import half_spread, is_capped
from .market import TOLERANCE, at, cell, is_number, unit_value

if TYPE_CHECKING:
    from .book import Order, World

FeeOf = Callable[[float], float]


def slipped_price(
    world: "World", asset: int, raw: float, direction: int, quantity: float = 0.0
) -> float:
    """Price of a fill: worse than `raw` by slippage and its own impact, then by the tick."""
    slippage, bar = world.terms.slippage, world.bar
    contract = world.market.contracts[asset]
    price = raw + direction * (
        (at(slippage.fraction, bar, asset) + half_spread(world, asset)) * abs(raw)
        + at(slippage.amount, bar, asset)
        + at(slippage.ticks, bar, asset) * contract.tick
        + impact_of(world, asset, raw, quantity)
    )
    if slippage.cap_to_range:
        price = within_range(world, asset, raw, price, direction)
    price += standing_move(world, asset) * abs(raw)
    price = against_us(price, contract.tick, direction)
    return price if contract.kind == "future" else max(price, 0.0)


def standing_move(world: "World", asset: int) -> float:
    """How far the fills of earlier bars have moved an asset's price, as a fraction."""
    return sum(moved for bar, a, moved in world.moves if a == asset and bar < world.bar)


def move_prices(world: "World", asset: int, quantity: float, raw: float) -> None:
    """Note what a signed quantity does to the prices of later bars, as the laws say."""
    law, bar = world.terms.impact, world.bar
    if law is None or law.permanent is None:
        return
    permanent = at(law.permanent, bar, asset)
    if isinstance(law, KyleImpact):
        part = permanent * at(law.slope, bar, asset) * quantity / abs(raw) if raw else 0.0
    elif isinstance(law, VolumeShareImpact):
        volume = cell(world.market.volume, bar, asset)
        part = permanent * quantity / volume if volume > 0 else 0.0
    else:
        sigma, volume = at(law.volatility, bar, asset), at(law.volume, bar, asset)
        if not (is_number(sigma) and is_number(volume)):
            return
        part = permanent * sigma * quantity / volume
        if not isinstance(law, SquareRootImpact):
            part *= 0.314 * (at(law.shares_outstanding, bar, asset) / volume) ** 0.25
    for other in range(world.market.n_assets):
        share = float(other == asset) if law.across is None else float(law.across[other][asset])
        world.moves.append((bar, other, share * part))


def impact_of(world: "World", asset: int, raw: float, quantity: float) -> float:
    """How much a quantity moves its own price, as the papers say."""
    law, bar = world.terms.impact, world.bar
    if law is None:
        return 0.0
    if isinstance(law, KyleImpact):
        return at(law.slope, bar, asset) * quantity
    if isinstance(law, VolumeShareImpact):
        volume = cell(world.market.volume, bar, asset)
        if not volume > 0:
            return law.missing * abs(raw)
        return at(law.coefficient, bar, asset) * (quantity / volume) ** 2 * abs(raw)
    sigma, volume = at(law.volatility, bar, asset), at(law.volume, bar, asset)
    if not (is_number(sigma) and is_number(volume)):
        return law.missing * abs(raw)
    scale, share = at(law.coefficient, bar, asset) * sigma, quantity / volume
    if isinstance(law, SquareRootImpact):
        return scale * math.sqrt(share) * abs(raw)
    outstanding = at(law.shares_outstanding, bar, asset) / volume
    permanent = sigma * 0.314 * share * outstanding**0.25
    return (permanent / 2 + scale * 0.142 * (share / law.days) ** 0.6) * abs(raw)


def unslipped_price(
    world: "World", asset: int, raw: float, direction: int, quantity: float = 0.0
) -> float:
    """Price of a fill that does not slip: the tick alone."""
    contract = world.market.contracts[asset]
    price = against_us(raw, contract.tick, direction)
    return price if contract.kind == "future" else max(price, 0.0)


def within_limit(order: "Order", price: float, direction: int) -> float:
    """Price of a fill, never past the limit of its order."""
    if order.waits_for is None:
        return price
    return direction * min(direction * price, order.waits_for.limit)


def within_range(world: "World", asset: int, raw: float, price: float, direction: int) -> float:
    """A buy no higher than the bar's high, a sale no lower than its low, neither better than raw."""
    if direction > 0:
        high = cell(world.market.high, world.bar, asset)
        return max(raw, min(price, high)) if is_number(high) else price
    low = cell(world.market.low, world.bar, asset)
    return min(raw, max(price, low)) if is_number(low) else price


def against_us(price: float, tick: float, direction: int) -> float:
    """Next tick up for a buy, down for a sale."""
    if tick == 0:
        return price
    if direction > 0:
        return math.ceil(price / tick - TOLERANCE) * tick
    return math.floor(price / tick + TOLERANCE) * tick


def fee_of(world: "World", asset: int, price: float) -> FeeOf:
    """Fee of one leg filled now at `price`, as a function of its unsigned quantity."""
    fees, bar = world.terms.fees, world.bar
    unit = unit_value(world.market.contracts[asset], price)
    if isinstance(fees, PerUnitFee):
        schedule = per_unit_schedule(fees, bar, asset, unit)
    elif isinstance(fees, TieredFee):
        schedule = tiered_schedule(fees, unit, world.traded_this_month())
    else:
        schedule = percent_schedule(fees, bar, asset, unit)
    return lambda quantity: schedule(quantity) if quantity > 0 else 0.0


def fee_of_order(world: "World", order: "Order", price: float, leg: str) -> FeeOf:
    """Fee of a further piece of one part of an order: that of all its pieces, less what was paid."""
    has_begun = is_capped(world) and order.leg == leg and bool(order.pieces)
    if getattr(world.terms.fees, "maker", None) is not None:
        return maker_taker_fee(world, order, price, has_begun=has_begun)
    if not has_begun:
        return fee_of(world, order.asset, price)
    contract = world.market.contracts[order.asset]
    pieces, asset = order.pieces, order.asset

    def fee(quantity: float) -> float:
        now = (quantity, unit_value(contract, price), world.bar, world.traded_this_month())
        whole = fee_of_pieces(world, asset, [*pieces, now])
        return max(0.0, whole - order.paid) if quantity > 0 else 0.0

    return fee


def maker_taker_fee(world: "World", order: "Order", price: float, *, has_begun: bool) -> FeeOf:
    """Fee where makers pay their own: each piece its own, what is fixed once."""
    fees, bar, asset = world.terms.fees, world.bar, order.asset
    if isinstance(fees, TieredFee):
        unit = unit_value(world.market.contracts[asset], price)
        reached = [start <= world.traded_this_month() for start, _ in fees.tiers]
        tier = max(k for k, is_reached in enumerate(reached) if is_reached)
        paid = np.broadcast_to(fees.maker, len(reached)) if order.is_maker else None
        rate = fees.tiers[tier][1] if paid is None else float(paid[tier])
        return lambda quantity: rate * unit * quantity if quantity > 0 else 0.0
    taker, unit = (
        (fees.rate, unit_value(world.market.contracts[asset], price))
        if isinstance(fees, PercentFee)
        else (fees.per_unit, 1.0)
    )
    rate = at(fees.maker if order.is_maker else taker, bar, asset)
    fixed = 0.0 if has_begun else at(fees.fixed, bar, asset)
    return lambda quantity: fixed + rate * unit * quantity if quantity > 0 else 0.0


def remember(
    world: "World", order: "Order", leg: str, filled: tuple[float, float], fee: float
) -> None:
    """Keep what an order has filled of one of its parts; a new part begins anew."""
    if order.leg != leg:
        order.leg, order.pieces, order.paid = leg, [], 0.0
    unit = unit_value(world.market.contracts[order.asset], filled[1])
    order.pieces.append((filled[0], unit, world.bar, world.traded_this_month()))
    order.paid += fee


def fee_of_pieces(
    world: "World", asset: int, pieces: list[tuple[float, float, int, float]]
) -> float:
    """Fee of one part of an order filled in several pieces: bounds and fixed money count once."""
    fees, bar = world.terms.fees, world.bar
    notional = sum(quantity * unit for quantity, unit, _, _ in pieces)
    first = pieces[0][2]
    if isinstance(fees, TieredFee):
        if fees.by == "order":
            return max(sliced(fees, notional), fees.minimum)
        rates = [[r for start, r in fees.tiers if start <= traded][-1] for *_, traded in pieces]
        return max(sum(r * p[0] * p[1] for r, p in zip(rates, pieces, strict=True)), fees.minimum)
    total = at(fees.fixed, first, asset)
    if isinstance(fees, PercentFee):
        total += sum(at(fees.rate, b, asset) * q * unit for q, unit, b, _ in pieces)
        return max(total, at(fees.minimum, bar, asset))
    total += sum(at(fees.per_unit, b, asset) * q for q, _, b, _ in pieces)
    most = math.inf if fees.maximum is None else at(fees.maximum, bar, asset)
    share = math.inf if fees.maximum_rate is None else at(fees.maximum_rate, bar, asset) * notional
    return min(max(total, at(fees.minimum, bar, asset)), most, share)


def percent_schedule(fees: PercentFee, bar: int, asset: int, unit: float) -> FeeOf:
    rate, fixed = at(fees.rate, bar, asset), at(fees.fixed, bar, asset)
    minimum = at(fees.minimum, bar, asset)
    return lambda quantity: max(fixed + rate * quantity * unit, minimum)


def per_unit_schedule(fees: PerUnitFee, bar: int, asset: int, unit: float) -> FeeOf:
    per_unit, fixed = at(fees.per_unit, bar, asset), at(fees.fixed, bar, asset)
    minimum = at(fees.minimum, bar, asset)
    most = math.inf if fees.maximum is None else at(fees.maximum, bar, asset)
    rate = math.inf if fees.maximum_rate is None else at(fees.maximum_rate, bar, asset)

    def schedule(quantity: float) -> float:
        share = math.inf if math.isinf(rate) else rate * quantity * unit
        return min(max(fixed + per_unit * quantity, minimum), most, share)

    return schedule


def tiered_schedule(fees: TieredFee, unit: float, traded: float) -> FeeOf:
    if fees.by == "month":
        rate = [rate for start, rate in fees.tiers if start <= traded][-1]
        return lambda quantity: max(rate * quantity * unit, fees.minimum)
    return lambda quantity: max(sliced(fees, quantity * unit), fees.minimum)


def sliced(fees: TieredFee, notional: float) -> float:
    """Each slice of the notional at its own rate."""
    starts = [start for start, _ in fees.tiers]
    ends = [*starts[1:], math.inf]
    return sum(
        rate * (min(notional, end) - start)
        for (start, rate), end in zip(fees.tiers, ends, strict=True)
        if notional > start
    )
