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
    losses: Any = None
    targets: Any = None
    base: str = "fill"
    exit: str = "market"
    limit_offset: float = 0.0


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
    losses: tuple[tuple[float, float], ...] = ()  # rungs that are left: level and share
    targets: tuple[tuple[float, float], ...] = ()
    whole: float = 0.0  # quantity that the rungs share out
    done: float = 0.0  # what the present rung has closed
    offset: float = 0.0  # by which the limit of a stop is worse than its level

    def raised_to(self, price: float) -> "Levels":
        return replace(self, mark=max(self.mark, price))

    def split(self, ratio: float) -> "Levels":
        """Divide the levels, the distance and the mark; the time stays."""
        names = ("entry", "loss", "target", "trail", "trail_from", "even_from", "mark", "offset")
        rungs = {
            name: tuple((level / ratio, share) for level, share in getattr(self, name))
            for name in ("losses", "targets")
        }
        amounts = {"whole": self.whole * ratio, "done": self.done * ratio}
        return replace(
            self, **{name: getattr(self, name) / ratio for name in names}, **rungs, **amounts
        )

    def climbed(self, cause: str, tick: float) -> "Levels":
        """Levels once a rung is done: the next one counts."""
        if cause == "target_hit":
            rest = self.targets[1:]
            level = costs.against_us(rest[0][0], tick, +1) if rest else math.inf
            return replace(self, targets=rest, target=level, done=0.0)
        rest = self.losses[1:]
        return replace(self, losses=rest, loss=rest[0][0] if rest else -math.inf, done=0.0)

    def rung_of(self, cause: str) -> tuple[float, float] | None:
        """Rung that a level is, none where it closes all."""
        if cause == "target_hit":
            return self.targets[0] if self.targets else None
        is_rung = cause == "stop_loss" and self.losses and self.loss >= self.stop
        return self.losses[0] if is_rung else None

    def moved(self, gap: float) -> "Levels":
        """Move the levels, rungs to come too, and the mark; the distance and the time stay."""
        names = ("entry", "loss", "target", "trail_from", "even_from", "mark")
        rungs = {
            name: tuple((level + gap, share) for level, share in getattr(self, name))
            for name in ("losses", "targets")
        }
        return replace(self, **{name: getattr(self, name) + gap for name in names}, **rungs)

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
    stops = world.terms.stops
    if stops.base == "signal":
        close = cell(world.market.close, order.placed, order.asset) / order.scale
        price = close if is_number(close) else price
    start = side * price
    has_levels = stops.unit == "level" or order.has_own_levels
    tick = world.market.contracts[order.asset].tick

    def distance(name: str) -> float:
        return distance_of(world, order, name, price)

    def above(name: str, absent: float) -> float:
        return start + distance(name) if is_number(distance(name)) else absent

    target = above("target", math.inf)
    loss = start - distance("loss")
    if has_levels:
        loss, target = (side * level_of(world, order, name) for name in ("loss", "target"))
    target = target if is_number(target) else math.inf
    unit = distance_of(world, order, 1.0, price)
    losses = tuple((start - d * unit, share) for d, share in whole_rungs(stops.losses))
    targets = tuple((start + d * unit, share) for d, share in whole_rungs(stops.targets))
    if losses and is_number(unit):
        loss = losses[0][0]
    if targets and is_number(unit):
        target = targets[0][0]
    trail = distance("trail")
    bars = number_of(world, order, "time")
    return Levels(
        entry=entry,
        loss=loss if is_number(loss) else -math.inf,
        target=costs.against_us(target, tick, +1) if math.isfinite(target) else target,
        trail=trail if is_number(trail) else math.inf,
        trail_from=above("trail_after", -math.inf),
        even_from=above("break_even", math.inf),
        time_up=world.bar + bars if is_number(bars) else math.inf,
        mark=entry,
        losses=losses if is_number(unit) else (),
        targets=targets if is_number(unit) else (),
        whole=abs(world.held(order.asset)),
        offset=stops.limit_offset * unit if stops.limit_offset else 0.0,
    )


def whole_rungs(rungs: Any) -> list[tuple[float, float]]:
    """Rungs, the last with an infinite share where it closes all that is left."""
    pairs = [(float(distance), float(share)) for distance, share in rungs or ()]
    if pairs and sum(share for _, share in pairs) >= 1.0 - 1e-9:
        pairs[-1] = (pairs[-1][0], math.inf)
    return pairs


def level_of(world: "World", order: "Order", name: str) -> float:
    """Level of an order's own, or of the run, as a price; NaN: none."""
    if order.has_own_levels:
        level = order.own.stop_loss if name == "loss" else order.own.take_profit
        return level / order.scale
    return number_of(world, order, name) / order.scale


def number_of(world: "World", order: "Order", name: str) -> float:
    """Number of one field at the bar of the order's signal, NaN: none."""
    value = getattr(world.terms.stops, name)
    return NAN if value is None else at(value, order.placed, order.asset)


def distance_of(world: "World", order: "Order", name: "str | float", price: float) -> float:
    """Distance in price, or that of a number; those of before a split are divided by its ratio."""
    number = number_of(world, order, name) if isinstance(name, str) else name
    unit = world.terms.stops.unit
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
