"""From wishes to orders: conflicts, what is worth an order, what replaces what."""

from dataclasses import dataclass, field

from barledger.options import (
    PercentOfEquity,
    Risk,
    Rules,
    TargetPercent,
    TargetValue,
    Value,
)

from .book import Order, World
from .market import at, cell, is_number, sign
from .resting import give_life, is_too_late, lacks_price, rest_of

LONG, SHORT = 1, -1


@dataclass
class Intent:
    """What the signals of one asset and bar come to."""

    closes: int = 0
    opens: int = 0
    reduces: bool = False
    conflict: str = "none"
    counts: list[str] = field(default_factory=list)


@dataclass
class Wished:
    """Signals of one direction still standing, and the rules by which they were dropped."""

    entry: bool
    exit: bool
    dropped_entry: str = "none"
    dropped_exit: str = "none"

    def drop_entry(self, rule: str) -> None:
        self.entry, self.dropped_entry = False, rule

    def drop_exit(self, rule: str) -> None:
        self.exit, self.dropped_exit = False, rule


def decide(world: World) -> None:
    """Turn the wishes of this bar into orders, column by column."""
    wishes = world.wishes
    if wishes.orders is not None:
        place_explicit_orders(world)
        return
    for asset in range(world.market.n_assets):
        if wishes.targets is not None:
            decide_target(world, asset)
        else:
            decide_signals(world, asset)


def place_explicit_orders(world: World) -> None:
    of_this_bar = [row[1:] for row in world.wishes.orders if row[0] == world.wish_bar]
    for asset, quantity, *own in sorted(of_this_bar, key=lambda order: order[0]):
        if not is_number(quantity) or quantity == 0:
            continue
        if lacks_price(world, asset, own[0] if own else None):
            world.count("no_size")
            continue
        order = new_order(world, asset, cause="order")
        order.explicit = order.wanted = float(quantity)
        order.own = own[0] if own else None
        let_live(world, order)


def decide_target(world: World, asset: int) -> None:
    target = float(world.wishes.targets[world.wish_bar][asset])
    if not is_number(target):
        return
    if target == 0 and world.held(asset) == 0:
        cancel_waiting(world, asset)
        return
    if target != 0 and needs_price(world) and lacks_decision_price(world, asset):
        world.count("no_size")
        return
    order = new_order(world, asset, cause="target")
    order.target = target
    place(world, order)


def decide_signals(world: World, asset: int) -> None:
    wished = [bool(matrix[world.wish_bar][asset]) for matrix in world.wishes.signals]
    if not any(wished):
        return
    intent = intent_of(wished, sign(world.held(asset)), world.terms.rules)
    if intent.conflict != "none":
        world.end(new_order(world, asset), intent.conflict, "rejected")
    for name in intent.counts:
        world.count(name)
    if (intent.opens or intent.reduces) and not has_size(world, asset):
        world.count("no_size")
        intent.opens = 0
        if intent.reduces:
            return
    if intent.opens and lacks_price(world, asset):
        world.count("no_size")
    elif intent.opens or intent.closes:
        order = new_order(world, asset)
        order.opens, order.closes = intent.opens, intent.closes
        order.reduces = intent.reduces
        place(world, order)


def intent_of(wished: list[bool], side: int, rules: Rules) -> Intent:
    """Read the signals of one asset against the side held (0: flat)."""
    long, short = Wished(*wished[:2]), Wished(*wished[2:])
    resolve_conflict(long, side, rules.conflict)
    resolve_conflict(short, -side, rules.conflict)
    resolve_directions(long, short, side, rules.direction_conflict)
    intent = read(long, short, side, rules)
    intent.conflict = recorded_conflict(long, short, side, rules)
    return intent


def resolve_conflict(wished: Wished, along: int, policy: str) -> None:
    """Settle entry against exit of one direction; `along` is 1 if the position has it."""
    if not (wished.entry and wished.exit):
        return
    if policy == "hold":
        policy = {1: "entry", -1: "exit", 0: "ignore"}[along]
    elif policy == "switch":
        policy = {1: "exit", -1: "entry", 0: "ignore"}[along]
    if policy in ("exit", "ignore"):
        wished.drop_entry("signal_conflict")
    if policy in ("entry", "ignore"):
        wished.drop_exit("signal_conflict")


def resolve_directions(long: Wished, short: Wished, side: int, policy: str) -> None:
    """Settle a long against a short entry."""
    if not (long.entry and short.entry):
        return
    if policy == "keep":
        policy = {LONG: "long", SHORT: "short", 0: "ignore"}[side]
    elif policy == "flip":
        policy = {LONG: "short", SHORT: "long", 0: "ignore"}[side]
    if policy in ("short", "ignore"):
        long.drop_entry("direction_conflict")
    if policy in ("long", "ignore"):
        short.drop_entry("direction_conflict")


def recorded_conflict(long: Wished, short: Wished, side: int, rules: Rules) -> str:
    """Reason of the conflict's record, none when nothing dropped would have been an order."""
    rules_hit = set()
    has_order = False
    for wished, along in ((long, side), (short, -side)):
        rules_hit |= {wished.dropped_entry, wished.dropped_exit} - {"none"}
        if wished.dropped_entry != "none":
            has_order |= along <= 0 or rules.repeat == "add"
        if wished.dropped_exit != "none":
            has_order |= along > 0
    if not has_order:
        return "none"
    return "signal_conflict" if "signal_conflict" in rules_hit else "direction_conflict"


def read(long: Wished, short: Wished, side: int, rules: Rules) -> Intent:
    """Read what is left after the conflicts."""
    intent = Intent()
    if side == 0:
        intent.opens = LONG if long.entry else SHORT if short.entry else 0
        intent.counts = ["no_position"] * (long.exit + short.exit)
        return intent
    own, other = (long, short) if side == LONG else (short, long)
    if other.exit:
        intent.counts.append("no_position")
    if own.exit:
        intent.closes = side
        intent.opens = -side if other.entry else 0
    elif other.entry:
        read_opposite(intent, side, rules.opposite)
    elif own.entry and rules.repeat == "add":
        intent.opens = side
    elif own.entry:
        intent.counts.append("repeat_ignored")
    return intent


def read_opposite(intent: Intent, side: int, policy: str) -> None:
    if policy == "ignore":
        intent.counts.append("opposite_ignored")
        return
    intent.closes = side
    intent.opens = -side if policy == "reverse" else 0
    intent.reduces = policy == "reduce"


def has_size(world: World, asset: int) -> bool:
    """Whether the size of an order decided now is a number."""
    size, bar = world.terms.size, world.wish_bar
    if isinstance(size, Risk):
        fraction, distance = at(size.fraction, bar, asset), at(size.distance, bar, asset)
        return is_number(fraction) and is_number(distance) and distance > 0
    if not is_number(at(size.value, bar, asset)):
        return False
    return not (needs_price(world) and lacks_decision_price(world, asset))


def needs_price(world: World) -> bool:
    """Whether quantities come from a price."""
    if world.wishes.targets is not None:
        return world.wishes.unit != "shares"
    return isinstance(world.terms.size, Value | PercentOfEquity | TargetValue | TargetPercent)


def lacks_decision_price(world: World, asset: int) -> bool:
    if world.terms.rules.size_at != "decision":
        return False
    close = cell(world.market.close, world.wish_bar, asset)
    return not is_number(close) or close == 0


def new_order(world: World, asset: int, cause: str = "signal") -> Order:
    world.n_given += 1
    return Order(asset, world.wish_bar, world.n_given, cause, equity=world.sizing_equity)


def place(world: World, order: Order) -> None:
    """Let an order live, in place of one of its asset that still waits."""
    waiting = [other for other in world.live if other.asset == order.asset]
    if not order.has_closing and any(other.has_closing for other in waiting):
        world.end(order, "exit_waiting", "rejected")
        return
    cancel_waiting(world, order.asset)
    let_live(world, order)


def let_live(world: World, order: Order) -> None:
    """Let an order wait for its price, or end it where its time is over."""
    world.live.append(order)
    order.waits_for = rest_of(world, order)
    give_life(world, order)
    if is_too_late(world, order):
        world.end(order, "expired", "expired")


def cancel_waiting(world: World, asset: int) -> None:
    for order in [other for other in world.live if other.asset == asset]:
        world.end(order, "replaced", "cancelled")
