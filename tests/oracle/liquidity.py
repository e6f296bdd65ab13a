"""What one bar takes of an asset, and what becomes of the rest of an order."""

import math
from typing import TYPE_CHECKING

from .halts import finds_nobody, has_one_side
from .market import NAN, TOLERANCE, at, cell, cut, dust, is_number, unit_value

NOW_MARKET = ("stop", "market_if_touched", "trailing_stop")  # once they have begun to fill

if TYPE_CHECKING:
    from .book import Order, World


def volume_of(world: "World", asset: int) -> float:
    """Volume of this bar as far as the policies let it count; NaN: not known."""
    volume, liquidity = cell(world.market.volume, world.bar, asset), world.terms.liquidity
    if liquidity is not None and liquidity.zero_volume == "synthetic":
        floor = at(liquidity.floor, world.bar, asset)
        return max(volume, floor) if is_number(volume) else floor
    return volume


def is_silent(world: "World", asset: int) -> bool:
    """Whether nobody has traded on this bar, so that nothing is filled either."""
    liquidity = world.terms.liquidity
    policy = "no_fill" if liquidity is None else liquidity.zero_volume
    return policy == "no_fill" and volume_of(world, asset) == 0


def price_of_silence(world: "World", asset: int) -> float | None:
    """Last close before a bar on which nobody traded, where orders fill at that; else none."""
    liquidity = world.terms.liquidity
    if liquidity is None or liquidity.zero_volume not in ("last_price", "spread"):
        return None
    if volume_of(world, asset) != 0:
        return None
    ratio = 1.0
    for bar in range(world.bar - 1, -1, -1):
        ratio *= math.prod(r for b, a, r in world.terms.splits if (b, a) == (bar + 1, asset))
        if is_number(world.market.close[bar][asset]):
            return world.market.close[bar][asset] / ratio
    return NAN


def half_spread(world: "World", asset: int) -> float:
    """Fraction of the price that a fill pays where nobody has traded."""
    liquidity = world.terms.liquidity
    if liquidity is None or liquidity.zero_volume != "spread" or volume_of(world, asset) != 0:
        return 0.0
    return at(liquidity.spread, world.bar, asset) / 2


def is_capped(world: "World") -> bool:
    """Whether a bar may take a part of an order only."""
    if has_one_side(world):
        return True
    liquidity = world.terms.liquidity
    return liquidity is not None and liquidity.is_capped


def left(world: "World", asset: int, price: float) -> float:
    """Units that this bar still takes at a price."""
    liquidity, bar = world.terms.liquidity, world.bar
    if liquidity is None:
        return math.inf
    units, money = world.taken_up.get((bar, asset), (0.0, 0.0))
    most = math.inf
    if liquidity.units is not None:
        most = at(liquidity.units, bar, asset) - units
    if liquidity.share is not None:
        volume = volume_of(world, asset)
        if volume == 0 and liquidity.zero_volume in ("last_price", "spread"):
            volume = math.inf
        share = at(liquidity.share, bar, asset)
        most = min(most, share * volume - units) if is_number(volume) else 0.0
    if liquidity.money is not None:
        unit = unit_value(world.market.contracts[asset], price)
        free = at(liquidity.money, bar, asset) - money
        most = min(most, free / unit) if unit > 0 else most
    return max(most, 0.0)


def part_of(world: "World", asset: int, quantity: float, price: float, direction: int) -> float:
    """Part of a quantity that this bar takes now: all, or whole lots."""
    if not is_capped(world):
        return quantity
    if finds_nobody(world, asset, direction):
        return 0.0
    most, lot = left(world, asset, price), world.market.contracts[asset].lot
    if quantity <= most * (1.0 + TOLERANCE):
        return quantity
    part = cut(most, lot)
    return part if part > dust(lot) else 0.0


def part_of_order(
    world: "World", order: "Order", quantity: float, *, closes: bool, then: float = 0.0
) -> float:
    """As `part_of`; an order that is filled or killed gets all or nothing, `then` included."""
    part = part_of(world, order.asset, quantity, order.offer, order.direction)
    is_exit = closes and order.explicit is None and order.waits_for is None
    if order.life != "fok" or is_exit:
        return part
    whole = quantity + (then if math.isfinite(then) else 0.0)
    is_whole = part_of(world, order.asset, whole, order.offer, order.direction) >= whole
    return part if part == quantity and is_whole else 0.0


def keeps_rest(world: "World") -> bool:
    return world.terms.liquidity is None or world.terms.liquidity.remainder == "carry"


def take_up(world: "World", asset: int, quantity: float, price: float) -> None:
    """Count a fill against the bar; the price is that before slippage."""
    units, money = world.taken_up.get((world.bar, asset), (0.0, 0.0))
    notional = abs(quantity) * unit_value(world.market.contracts[asset], price)
    world.taken_up[world.bar, asset] = (units + abs(quantity), money + notional)


def hold_over(
    world: "World", order: "Order", closing: float = 0.0, opening: tuple[float, float] = (0.0, 0.0)
) -> None:
    """Let an order wait for another bar with what this one has not taken, or end it.

    `closing` is what is left to be closed, `opening` what was opened of what it wanted to open.
    """
    if not keeps_rest(world):
        world.end(order, "volume_cap")
        return
    is_brief = order.life in ("next", "ioc", "fok")
    is_exit = closing > 0 and order.explicit is None and order.waits_for is None
    if is_brief and not is_exit:
        world.end(order, "expired", "partly_filled" if order.filled + order.before else "expired")
        return
    done = order.filled
    if not order.has_lapsed:
        order.asked = order.before + order.wanted
    order.before += done
    order.wanted -= done
    if order.before == 0:
        order.wanted = NAN if order.explicit is None else order.explicit * order.scale
    order.filled = 0.0
    order.held_over = True
    order.still_closes = is_exit
    if is_exit and order.opens == 0:
        order.tif, order.last = "gtc", math.inf
    elif is_exit and is_brief:
        lapse(order)
    fix_quantity(world, order, done, closing, opening)
    if order.waits_for is not None and order.waits_for.kind in NOW_MARKET:
        order.tif, order.last = order.waits_for.tif, order.waits_for.last
        order.waits_for = None


def fix_quantity(
    world: "World", order: "Order", done: float, closing: float, opening: tuple[float, float]
) -> None:
    """Let an order ask for what is left of it, from now on in units."""
    opened, wanted = opening
    if order.explicit is not None:
        order.explicit -= done / order.scale
    elif order.reduces:
        order.fixed = closing
    elif order.target is None and closing == 0 and opened > 0:
        order.closes = 0
        if math.isfinite(wanted) and not world.fills_up:
            order.fixed = wanted - opened


def lapse(order: "Order") -> None:
    """End the opening of an order that still has to close: an exit is left."""
    order.opens, order.has_lapsed, order.tif, order.last = 0, True, "gtc", math.inf
    order.still_closes, order.share = False, None
    order.open = order.rest = 0.0
    if order.target is not None:
        order.target = 0.0
