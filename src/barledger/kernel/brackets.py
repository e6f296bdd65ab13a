"""Perpetuals in numbers: notional brackets, liquidation and bankruptcy price, funding, deleveraging.

`tiers` is flat, WIDTH numbers a bracket: floor and cap of notional, the most leverage, the
maintenance rate, and the amount taken off so that maintenance has no steps. `units` is the signed
quantity times the multiplier; of an inverse contract notional is units / price, in coin.
"""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.types import Floats, Ints

FLOOR, CAP, LEVERAGE, RATE, AMOUNT, WIDTH = 0, 1, 2, 3, 4, 5
EDGE = 1e-12  # relative: on an edge both brackets give the same price


@compiled
def tier_of(tiers: Floats, first: int, count: int, notional: float) -> int:
    """Place of the bracket that a notional lies in; beyond the last cap the last."""
    k = first + (count - 1) * WIDTH
    while k > first and notional < tiers[k]:
        k -= WIDTH
    return k


@compiled
def maintenance_at(tiers: Floats, first: int, count: int, notional: float) -> float:
    """Maintenance margin of a notional: rate · notional - amount of its bracket."""
    k = tier_of(tiers, first, count, notional)
    need: float = notional * tiers[k + RATE] - tiers[k + AMOUNT]
    return need


@compiled
def most_notional(tiers: Floats, first: int, count: int, leverage: float) -> float:
    """Largest notional that a leverage may have; 0 where no bracket allows it."""
    most = 0.0
    for k in range(first, first + count * WIDTH, WIDTH):
        if leverage <= tiers[k + LEVERAGE] * (1.0 + EDGE):
            most = tiers[k + CAP]
    return most


@compiled
def price_at(money: float, units: float, entry: float, rate: float, is_inverse: bool) -> float:
    """Price at which `money` and the profit since `entry` are `rate` of notional; NaN: none."""
    size = abs(units)
    side = 1.0 if units > 0.0 else -1.0
    if is_inverse:
        price = size * (rate + side) / (money + units / entry)
    else:
        price = (money - units * entry) / (size * rate - units)
    return price if price > 0.0 and price < np.inf else np.nan


@compiled
def liquidation_price(
    tiers: Floats,
    first: int,
    count: int,
    money: float,
    units: float,
    entry: float,
    is_inverse: bool,
) -> float:
    """Mark price at which a balance is down to maintenance, by the bracket at that price.

    `money` is what stands behind the position beside its own profit; NaN: no price above 0.
    """
    for k in range(first, first + count * WIDTH, WIDTH):
        price = price_at(money + tiers[k + AMOUNT], units, entry, tiers[k + RATE], is_inverse)
        notional = abs(units) / price if is_inverse else abs(units) * price
        is_last = k + WIDTH == first + count * WIDTH
        is_below = is_last or notional <= tiers[k + CAP] * (1.0 + EDGE)
        if notional >= tiers[k] * (1.0 - EDGE) and is_below:
            return price
    return np.nan


@compiled
def bankruptcy_price(
    money: float, units: float, entry: float, fee_rate: float, is_inverse: bool
) -> float:
    """Price at which closing, fee included, leaves nothing; NaN: no price above 0."""
    return price_at(money, units, entry, fee_rate, is_inverse)


@compiled
def funding_cash(units: float, mark: float, rate: float, is_inverse: bool) -> float:
    """Cash that funding moves: above 0 the rate, longs pay and shorts receive."""
    return -units / mark * rate if is_inverse else -units * mark * rate


@compiled
def deleverage_score(profit: float, entry: float, notional: float, balance: float) -> float:
    """Score in the queue of auto-deleveraging, highest first: profit rate times leverage.

    `entry` and `notional` are values at entry and at the mark; a loss is divided by its leverage.
    """
    rate = profit / abs(entry)
    leverage = abs(notional) / balance
    return rate * leverage if rate > 0.0 else rate / leverage


@compiled(entry=True)
def all_maintenance(tiers: Floats, notionals: Floats, out: Floats) -> None:
    """Maintenance margin of each notional."""
    for i in range(notionals.size):
        out[i] = maintenance_at(tiers, 0, tiers.size // WIDTH, notionals[i])


@compiled(entry=True)
def all_liquidations(
    tiers: Floats, money: Floats, units: Floats, entries: Floats, is_inverse: bool, out: Floats
) -> None:
    """Liquidation price of each position."""
    count = tiers.size // WIDTH
    for i in range(units.size):
        out[i] = liquidation_price(tiers, 0, count, money[i], units[i], entries[i], is_inverse)


@compiled(entry=True)
def all_bankruptcies(
    money: Floats, units: Floats, entries: Floats, fee_rate: float, is_inverse: bool, out: Floats
) -> None:
    """Bankruptcy price of each position."""
    for i in range(units.size):
        out[i] = bankruptcy_price(money[i], units[i], entries[i], fee_rate, is_inverse)


@compiled(entry=True)
def all_funding(units: Floats, marks: Floats, rates: Floats, is_inverse: bool, out: Floats) -> None:
    """Cash that each funding moves."""
    for i in range(units.size):
        out[i] = funding_cash(units[i], marks[i], rates[i], is_inverse)


@compiled(entry=True)
def funding_history(
    times: Ints, units: Floats, stamps: Ints, rates: Floats, marks: Floats, is_inverse: bool
) -> float:
    """Sum of funding of a position that held `units[i]` from `times[i]` on, flat before.

    A change at a stamp itself comes after it and does not pay. Both lists of times rise.
    """
    total = 0.0
    k = -1
    for i in range(stamps.size):
        while k + 1 < times.size and times[k + 1] < stamps[i]:
            k += 1
        if k >= 0 and units[k] != 0.0:
            total += funding_cash(units[k], marks[i], rates[i], is_inverse)
    return total
