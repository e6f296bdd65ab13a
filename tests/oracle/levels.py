"""The levels at which stops close a position, and how an opening fill sets them.

Prices are those of a long; of a short every price is negated.
"""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from . import costs
from .market import NAN, Market, at, cell, is_number

if TYPE_CHECKING:
    from .book import Order, World


@dataclass
class StopTerms:
    """Stops as a world draws them: the fields of the public option."""

    loss: Any = None
    target: Any = None
    trail: Any = None
    trail_after: Any = None
    break_even: Any = None
    time: Any = None
    unit: str = "fraction"
    path: str = "worst"
    stop_fill: str = "level"
    when_added: str = "keep"
    atr_length: int = 14


@dataclass(frozen=True)
class Levels:
    """Levels of one position: infinite where there is none, and the high-water mark."""

    entry: float
    loss: float
    target: float
    trail: float  # a distance
    trail_from: float
    even_from: float
    time_up: float
    mark: float

    def raised_to(self, price: float) -> "Levels":
        return replace(self, mark=max(self.mark, price))

    def split(self, ratio: float) -> "Levels":
        """Divide the levels, the distance and the mark; the time stays."""
        names = ("entry", "loss", "target", "trail", "trail_from", "even_from", "mark")
        return replace(self, **{name: getattr(self, name) / ratio for name in names})

    def moved(self, gap: float) -> "Levels":
        """Move the levels and the mark; the distance and the time stay."""
        names = ("entry", "loss", "target", "trail_from", "even_from", "mark")
        return replace(self, **{name: getattr(self, name) + gap for name in names})

    @property
    def trailing(self) -> float:
        is_on = self.mark >= self.trail_from and math.isfinite(self.trail)
        return self.mark - self.trail if is_on else -math.inf

    @property
    def fixed(self) -> float:
        """Higher of the loss level and, once reached, break-even."""
        return max(self.loss, self.entry if self.mark >= self.even_from else -math.inf)

    @property
    def stop(self) -> float:
        return max(self.fixed, self.trailing)

    @property
    def cause(self) -> str:
        return "trailing_stop" if self.trailing > self.fixed else "stop_loss"


def set_levels(world: "World", order: "Order", side: int, price: float) -> Levels:
    """Levels that an order's own distances set from a price."""
    entry = side * price
    tick = world.market.contracts[order.asset].tick

    def distance(name: str) -> float:
        return distance_of(world, order, name, price)

    def above(name: str, absent: float) -> float:
        return entry + distance(name) if is_number(distance(name)) else absent

    target = above("target", math.inf)
    loss = distance("loss")
    trail = distance("trail")
    bars = number_of(world, order, "time")
    return Levels(
        entry=entry,
        loss=entry - loss if is_number(loss) else -math.inf,
        target=costs.against_us(target, tick, +1) if math.isfinite(target) else target,
        trail=trail if is_number(trail) else math.inf,
        trail_from=above("trail_after", -math.inf),
        even_from=above("break_even", math.inf),
        time_up=world.bar + bars if is_number(bars) else math.inf,
        mark=entry,
    )


def number_of(world: "World", order: "Order", name: str) -> float:
    """Number of one field at the bar of the order's signal, NaN: none."""
    value = getattr(world.terms.stops, name)
    return NAN if value is None else at(value, order.placed, order.asset)


def distance_of(world: "World", order: "Order", name: str, price: float) -> float:
    """Distance in price; those of before a split are divided by its ratio."""
    number, unit = number_of(world, order, name), world.terms.stops.unit
    if unit == "fraction":
        return number * abs(price)
    if unit == "ticks":
        number *= world.market.contracts[order.asset].tick
    elif unit == "atr":
        length = world.terms.stops.atr_length
        number *= average_true_range(world.market, order.placed, order.asset, length)
    return number / order.scale


def average_true_range(market: Market, bar: int, asset: int, length: int) -> float:
    """Mean of the last true ranges, NaN where one of them is missing."""
    first = bar - length + 1
    if first < 0:
        return NAN
    return sum(true_range(market, b, asset) for b in range(first, bar + 1)) / length


def true_range(market: Market, bar: int, asset: int) -> float:
    high, low = cell(market.high, bar, asset), cell(market.low, bar, asset)
    if bar == 0:
        return high - low
    before = cell(market.close, bar - 1, asset)
    if not all(map(is_number, (high, low, before))):
        return NAN
    return max(high, before) - min(low, before)


def after_opening(
    world: "World", order: "Order", price: float, held: Levels | None, *, was_flat: bool
) -> Levels | None:
    """Levels of a position to which an order has just added; `price` is the last fill's."""
    if world.terms.stops is None:
        return None
    position = world.positions[order.asset]
    if was_flat:
        return set_levels(world, order, position.side, price)
    if world.terms.stops.when_added == "keep":
        return held
    anew = set_levels(world, order, position.side, position.average)
    if held is None:  # a position of the start: no mark yet, and no time
        return replace(anew, time_up=math.inf)
    return replace(anew, mark=held.mark, time_up=held.time_up)
