"""Orders that rest: the prices they wait for, when they are offered, and when they are dropped.

Prices are those of a buy; of a sale every price is negated.
"""

import math
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from .costs import against_us
from .liquidity import lapse
from .market import NAN, at, cell, is_number, sign
from .stops import can_walk, is_adverse_first, range_of

if TYPE_CHECKING:
    from .book import Order, World

AUCTIONS = ("market", "market_on_open", "market_on_close")  # which name no price
FALLING, RISING, AT_CLOSE = "falling", "rising", "close"


@dataclass
class RestingTerms:
    """The kind of a run's orders: the fields of the public options."""

    kind: str
    price: Any
    stop: Any = None
    tif: str = "gtc"
    until: date | None = None


@dataclass
class Own:
    """What one order of a list says of itself; in place of the run's kind of orders."""

    kind: str = "market"
    price: float = NAN
    stop: float = NAN
    tif: str = "gtc"
    until: date | None = None
    group: Any = None
    stop_loss: float = NAN
    take_profit: float = NAN


def terms_of(world: "World", order: "Order") -> Any:
    """Kind, prices and life that an order asks for; none: at the market, as ever."""
    return world.terms.resting if order.own is None else order.own


@dataclass
class Rest:
    """What one order waits for, and the last bar on which it does."""

    kind: str
    side: int
    price: float
    stop: float
    tif: str
    last: float
    is_armed: bool = False
    distance: float = NAN  # of what trails, or of a protection

    @property
    def limit(self) -> float:
        """Price that slippage never goes past."""
        has_limit = self.kind in ("limit", "stop_limit", "market_with_protection")
        return self.price if has_limit else math.inf

    def split(self, ratio: float) -> None:
        self.price /= ratio
        self.stop /= ratio
        self.distance /= ratio

    def follow(self, price: float, tick: float) -> None:
        """Let what trails follow a price of the market, never away from it."""
        level = self.side * against_us(price + self.side * self.distance, tick, self.side)
        self.price = min(self.price, level)


# How an order comes to rest


def lacks_price(world: "World", asset: int, own: Own | None = None) -> bool:
    """Whether an order decided now would have no price to rest at."""
    terms = world.terms.resting if own is None else own
    if terms is None or terms.kind in AUCTIONS:
        return False
    if terms.kind == "trailing_stop" and not is_number(cell(world.market.close, world.bar, asset)):
        return True
    prices = [terms.price, terms.stop] if terms.kind == "stop_limit" else [terms.price]
    return not all(is_number(at(price, world.wish_bar, asset)) for price in prices)


def rest_of(world: "World", order: "Order") -> Rest | None:
    """What an order of this bar waits for; none if it is at the market."""
    terms = terms_of(world, order)
    if order.own is not None and terms.kind == "market":
        return None
    side = order.opens if order.explicit is None else sign(order.explicit)
    if terms is None or order.target is not None or side == 0 or terms.kind == "market_on_open":
        return None
    if terms.kind == "market_on_close":
        return Rest(terms.kind, side, NAN, NAN, terms.tif, last_bar(world, terms))
    tick = world.market.contracts[order.asset].tick
    price = at(terms.price, order.placed, order.asset)
    if terms.kind in ("market_with_protection", "trailing_stop"):
        rest = Rest(terms.kind, side, math.inf, NAN, terms.tif, last_bar(world, terms))
        rest.distance = price
        if terms.kind == "trailing_stop":
            rest.follow(cell(world.market.close, world.bar, order.asset), tick)
        return rest
    stop = at(terms.stop, order.placed, order.asset) if terms.kind == "stop_limit" else NAN
    if terms.kind == "stop":
        price = against_us(price, tick, side)
    elif terms.kind != "market_if_touched":
        price = against_us(price, tick, -side)
    stop = against_us(stop, tick, side) if is_number(stop) else stop
    last = last_bar(world, terms)
    return Rest(terms.kind, side, side * price, side * stop, terms.tif, last)


def last_bar(world: "World", terms: Any) -> float:
    """Last bar of an order of this bar, where a date says it; infinite if none is known.

    That of the last bar of all is not known: more bars of its date may follow.
    """
    dates = world.market.dates
    bars: list[int] = []
    if terms.tif == "gtd":
        bars = [bar for bar, day in enumerate(dates) if day <= terms.until] or [-1]
    elif terms.tif == "day" and world.bar + 1 < len(dates):
        bars = [bar for bar, day in enumerate(dates) if day == dates[world.bar + 1]]
    last = max(bars, default=math.inf)
    return math.inf if last == len(dates) - 1 else last


def is_too_late(world: "World", order: "Order") -> bool:
    """Whether an order made now has no bar left."""
    if order.waits_for is None:
        return order.life == "gtd" and order.last <= world.bar
    return order.waits_for.last <= world.bar


# When it is offered


def offer_at_open(world: "World", order: "Order") -> float:
    """Price at which an order can be had at the open, NaN if it cannot."""
    rest = order.waits_for
    if rest is not None and rest.kind == "market_on_close":
        return NAN
    price = world.fill_price(order.asset, rests=rest is not None)
    if rest is None or not is_number(price):
        return price
    start = rest.side * price
    tick = world.market.contracts[order.asset].tick
    if rest.kind == "trailing_stop":
        if start >= rest.price:
            return price
        rest.follow(price, tick)
        return NAN
    if rest.kind == "market_with_protection" and not rest.is_armed:
        rest.is_armed = True
        level = against_us(price + rest.side * rest.distance, tick, -rest.side)
        rest.price = max(rest.side * level, start)
        return price
    if rest.kind == "stop":
        return price if start >= rest.price else NAN
    if rest.kind == "stop_limit":
        rest.is_armed = rest.is_armed or start >= rest.stop
        return price if rest.is_armed and start <= rest.price else NAN
    return price if start <= rest.price else NAN


def offer_at_close(world: "World", order: "Order") -> float:
    """Close for an order that waits for it, NaN where it cannot trade."""
    if order.waits_for is None or order.waits_for.kind != "market_on_close":
        return NAN
    price = cell(world.market.close, world.bar, order.asset)
    return price if world.is_tradable(order.asset) else NAN


def offer_in_range(world: "World", order: "Order") -> tuple[float, str]:
    """Price at which an order can be had within the bar, NaN if it cannot, and the approach."""
    rest = order.waits_for
    if rest is None or not can_walk(world, order.asset, rest.side):
        return NAN, ""
    if rest.kind == "market_on_close":
        return NAN, ""
    _, high, low, _ = range_of(world, order.asset, rest.side)
    if rest.kind == "trailing_stop":
        price, approach = trailing_in_range(world, order.asset, rest)
    elif rest.kind == "market_with_protection" and not rest.is_armed:
        price, approach = NAN, ""
    elif rest.kind == "stop_limit":
        price, approach = stop_limit_in_range(world, order.asset, rest)
    elif rest.kind == "stop":
        price, approach = max(rest.price, low) if high >= rest.price else NAN, RISING
    else:
        price, approach = min(rest.price, high) if low <= rest.price else NAN, FALLING
    return rest.side * price, approach


def makes(world: "World", order: "Order") -> bool:
    """Whether the range comes to a limit that rests: at its price, not past it from the open on."""
    rest = order.waits_for
    if rest is None or rest.kind not in ("limit", "stop_limit") or order.approach == RISING:
        return False
    start = range_of(world, order.asset, rest.side)[0]
    is_passed = is_number(start) and start <= rest.price
    return rest.side * order.offer == rest.price and not is_passed


def trailing_in_range(world: "World", asset: int, rest: Rest) -> tuple[float, str]:
    """As the trailing stop of a position of the other side does; prices are that position's."""
    start, high, low, close = range_of(world, asset, -rest.side)
    tick = world.market.contracts[asset].tick
    is_adverse = is_adverse_first(world, -rest.side, start, high, low)
    if is_adverse and low <= -rest.price:
        return -min(-rest.price, high), RISING
    rest.follow(-rest.side * high, tick)
    if (close if is_adverse else low) <= -rest.price:
        return -min(-rest.price, high), AT_CLOSE if is_adverse else RISING
    return NAN, ""


def stop_limit_in_range(world: "World", asset: int, rest: Rest) -> tuple[float, str]:
    start, high, low, close = range_of(world, asset, rest.side)
    if rest.is_armed:
        return min(rest.price, high) if low <= rest.price else NAN, FALLING
    if high < rest.stop:
        return NAN, ""
    rest.is_armed = True
    if rest.stop <= rest.price:
        return rest.stop, RISING
    if is_adverse_first(world, rest.side, start, high, low):
        return rest.price if close <= rest.price else NAN, AT_CLOSE
    return rest.price if low <= rest.price else NAN, FALLING


# When it is dropped


def waits_for_close(order: "Order") -> bool:
    return order.waits_for is not None and order.waits_for.kind == "market_on_close"


def drop_after_turn(world: "World") -> None:
    """Drop what was good for this instant only."""
    for order in in_order(world):
        is_market = order.waits_for is None
        is_brief = order.life in ("ioc", "fok") or (is_market and order.life == "next")
        if is_brief and not waits_for_close(order) and world.has_its_bar(order.asset):
            expire(world, order)


def drop_after_auction(world: "World") -> None:
    """Drop, of what waits for the close, what this one was the last for."""
    for order in in_order(world):
        if waits_for_close(order):
            is_brief = order.life in ("ioc", "fok", "next") and has_its_instant(world, order)
            if is_brief or order.waits_for.last <= world.bar:
                expire(world, order)


def has_its_instant(world: "World", order: "Order") -> bool:
    """Whether an order that is good for one instant has had it."""
    if not waits_for_close(order):
        return world.has_its_bar(order.asset)
    close = cell(world.market.close, world.bar, order.asset)
    return world.is_open(order.asset) and is_number(close)


def drop_after_bar(world: "World") -> None:
    """Drop what this bar was the last of."""
    for order in in_order(world):
        rest = order.waits_for
        if waits_for_close(order):
            continue
        if rest is None:
            is_over = order.last <= world.bar
        else:
            had_open = has_its_instant(world, order)
            is_over = rest.last <= world.bar or (rest.tif == "next" and had_open)
        if is_over:
            expire(world, order)


def in_order(world: "World") -> list["Order"]:
    return sorted(world.live, key=lambda o: (o.asset, o.given))


def expire(world: "World", order: "Order") -> None:
    """End an order that is over, unless it still has to close: then its opening is."""
    if order.still_closes:
        lapse(order)
    else:
        world.end(order, "expired", "expired")


# Orders at the market


def give_life(world: "World", order: "Order") -> None:
    """Say how long an order at the market lives; exits live until they are filled."""
    is_exit = order.explicit is None and order.target is None and order.opens == 0
    if order.waits_for is not None or is_exit or order.target == 0:
        return
    order.tif = world.terms.rules.entry_tif
    terms = terms_of(world, order)
    if terms is not None:  # what rests has a life of its own kind
        order.tif = terms.tif
    dates = world.market.dates
    first = world.bar if world.terms.fill == "close" else world.bar + 1
    if order.tif == "gtd":
        order.last = last_bar(world, terms)
    if order.tif == "day" and first < len(dates):
        bars = [bar for bar, day in enumerate(dates) if day == dates[first]]
        order.last = math.inf if bars[-1] == len(dates) - 1 else bars[-1]
