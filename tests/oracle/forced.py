"""Closings that nobody wished: margin calls, bankruptcy, loss limits; and the tests before them."""

import math
from collections.abc import Callable
from datetime import date

from barledger.accounts import Unlimited

from . import accounts, costs, perpetuals
from .book import Order, Position, World
from .fills import close_part
from .liquidity import part_of
from .market import TOLERANCE, dust, is_number, monday_of

PERIODS = ("max_daily_loss", "max_weekly_loss", "max_drawdown")


def can_be_forced(world: World, asset: int) -> bool:
    return is_number(world.instant_prices[asset]) and world.is_tradable(asset)


def force(world: World, asset: int, quantity: float, cause: str) -> None:
    """Close at the mark of this instant."""
    order = Order(asset, world.bar, cause=cause)
    price, side = world.instant_prices[asset], world.positions[asset].side
    quantity = part_of(world, asset, quantity, price, -side)
    if quantity == 0:
        return
    close_part(world, order, quantity, world.instant_prices[asset])
    order.wanted = order.filled
    world.end(order)


def serve_pending(world: World) -> None:
    """Close what a loss limit or a bankruptcy could not close before."""
    for asset in sorted(world.pending):
        if world.held(asset) == 0:
            del world.pending[asset]
        elif can_be_forced(world, asset):
            cause, held = world.pending[asset], world.held(asset)
            force(world, asset, abs(held), cause)
            if world.held(asset) == 0:
                del world.pending[asset]
            if cause == "loss_limit" and world.held(asset) != held:
                world.losses.closing_began()
    write_off(world)


# Bankruptcy


def test_bankruptcy(world: World) -> None:
    """Close everything for good once equity is gone."""
    if world.bankrupt or isinstance(world.terms.account, Unlimited):
        return
    if is_gone(world):
        equity = world.equity
        world.bankrupt, world.called = True, False
        world.record_incident("bankrupt", -1, equity, 0.0)
        world.pending.clear()
        world.pending.update(dict.fromkeys(world.positions, "bankruptcy"))
        serve_pending(world)


def is_gone(world: World) -> bool:
    equity = world.equity
    least = TOLERANCE * max(abs(world.initial_equity), abs(world.cash), world.gross)
    is_lost = bool(world.positions) and equity <= least and not world.terms.is_cash_account
    return equity < -least or is_lost


def write_off(world: World) -> None:
    if not world.bankrupt or world.terms.account.bankruptcy != "floor_at_zero":
        return
    if world.cash < 0 and not world.positions:
        world.move_cash("write_off", -1, -world.cash)
        world.foreign = 0.0


# Margin


def test_margin(world: World) -> None:
    """Test maintenance and call by policy."""
    if not accounts.is_margined(world) or world.bankrupt or perpetuals.is_own_account(world):
        return
    equity = world.equity
    maintenance = accounts.total(world, accounts.unit_maintenance)
    is_breach = bool(world.positions) and not reaches(equity, maintenance)
    policy = world.terms.account.margin_call
    if is_breach and not (policy == "warn" and world.was_breached):
        world.record_incident("margin_call", -1, equity, maintenance)
    world.was_breached = is_breach
    if is_breach and policy == "liquidate":
        liquidate(world)
    elif is_breach and policy == "next_open":
        world.called = True


def serve_call(world: World) -> None:
    """Liquidate for a standing call; it lapses once the level is reached."""
    if world.called:
        liquidate(world)
        world.called = not is_restored(world)


def reaches(equity: float, level: float) -> bool:
    return equity >= level - TOLERANCE * max(abs(equity), abs(level))


def is_restored(world: World) -> bool:
    return reaches(world.equity, accounts.total(world, accounts.unit_level))


def liquidate(world: World) -> None:
    """Close position after position, the worst first, until the level is reached."""
    worst_first = sorted(world.positions.values(), key=lambda p: (p.profit, p.asset))
    for position in worst_first:
        if is_restored(world):
            return
        if can_be_forced(world, position.asset):
            force(world, position.asset, fewest(world, position), "margin_call")


def fewest(world: World, position: Position) -> float:
    """Fewest lots of a position whose closing restores the account, else all of it."""
    held = abs(position.quantity)
    if position.contract.kind == "perpetual":
        return held
    surplus = surplus_after(world, position)
    lot = liquidation_lot(position)
    if lot == 0:
        return exact_amount(surplus, held)
    n = fewest_lots(lambda n: is_enough(surplus, n * lot), int((held + dust(lot)) / lot))
    return held if n is None else n * lot


def liquidation_lot(position: Position) -> float:
    contract = position.contract
    if contract.lot > 0:
        return contract.lot
    return 0.0 if contract.kind == "coin" else 1.0


Surplus = Callable[[float], tuple[float, float]]


def surplus_after(world: World, position: Position) -> Surplus:
    """Equity and level after closing a quantity of a position, as a function of it."""
    held, contract = abs(position.quantity), position.contract
    raw = world.instant_prices[position.asset]
    price = costs.slipped_price(world, position.asset, raw, -position.side, held)
    fee = costs.fee_of(world, position.asset, price)
    loss = position.side * contract.multiplier * (position.mark - price)
    equity = world.equity
    own = accounts.requirement(world, position, accounts.unit_level)
    others = accounts.total(world, accounts.unit_level) - own

    def after(quantity: float) -> tuple[float, float]:
        kept = max(0.0, 1.0 - quantity / held)
        return equity - loss * quantity - fee(quantity), others + own * kept

    return after


def is_enough(surplus: Surplus, quantity: float) -> bool:
    return reaches(*surplus(quantity))


def fewest_lots(is_enough: Callable[[int], bool], most: int) -> int | None:
    """Smallest number of lots that is enough, None when none up to `most` is.

    A long scan is cut short by halving, which is right where more lots never help less.
    """
    near = min(most, 2000)
    for n in range(1, near + 1):
        if is_enough(n):
            return n
    if near == most or not is_enough(most):
        return None
    low, high = near, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high


def exact_amount(surplus: Surplus, held: float) -> float:
    """Amount at which equity meets the level, by halving; all of it when it never does."""

    def is_met(quantity: float) -> bool:
        equity, level = surplus(quantity)
        return equity >= level

    if not is_met(held):
        return held
    low, high = 0.0, held
    while low < (middle := 0.5 * (low + high)) < high:
        low, high = (low, middle) if is_met(middle) else (middle, high)
    return high


# Loss limits


class LossLimits:
    """References, breaches and halts of the three loss limits."""

    def __init__(self, world: World) -> None:
        self.limits = world.terms.limits
        equity = world.initial_equity
        self.reference = dict.fromkeys(PERIODS, equity)
        self.period: dict[str, object] = {}
        self.last_close = equity
        self.breached_in: dict[str, object] = {}
        self.halted_in: dict[str, object] = {}  # period up to which entries are halted
        self.due: list[str] = []  # limits that flatten at the next open
        self.pending: dict[int, str] = world.pending
        self.has_begun = False

    def start(self, day: date) -> None:
        """Move the references on when a date or week begins."""
        for name in PERIODS[:2]:
            if self.period.get(name) != key_of(name, day):
                self.period[name] = key_of(name, day)
                self.reference[name] = self.last_close
        self.period["max_drawdown"] = 0

    def flow(self, amount: float) -> None:
        for name in PERIODS:
            self.reference[name] += amount

    def is_halted(self) -> bool:
        return self.is_flattening or any(
            self.period[name] <= until for name, until in self.halted_in.items()
        )

    @property
    def is_flattening(self) -> bool:
        return bool(self.due) or "loss_limit" in self.pending.values()

    def closing_began(self) -> None:
        """The first closing of a flattening: the halt lasts through its date or week."""
        if not self.has_begun:
            self.has_begun = True
            self.halted_in = {name: self.period[name] for name in self.halted_in}

    def begin_flattening(self, world: World) -> None:
        """Mark everything held for closing, once."""
        if not self.due:
            return
        self.due, self.has_begun = [], False
        world.pending.update(
            {asset: "loss_limit" for asset in world.positions if asset not in world.pending}
        )

    def test(self, world: World) -> None:
        """Test the limits at the close."""
        equity = world.equity
        if not world.bankrupt:
            self.test_one(world, equity)
        self.last_close = equity
        self.reference["max_drawdown"] = max(self.reference["max_drawdown"], equity)

    def test_one(self, world: World, equity: float) -> None:
        """Begin the longest halt among the limits breached, if it is longer than the one on."""
        for name in reversed(PERIODS):
            limit = getattr(self.limits, name)
            level = -math.inf if limit is None else self.reference[name] * (1.0 - limit)
            room = TOLERANCE * max(abs(level), world.initial_equity)
            if level > -math.inf and equity < level - room:
                if PERIODS.index(name) > self.halt_on():
                    world.record_incident(self.limits.action, -1, equity, level)
                    self.halted_in = {name: self.period[name]}
                    if self.limits.action == "flatten" and world.positions:
                        self.due = [name]
                return

    def halt_on(self) -> int:
        """Rank of the halt that is on, -1: none."""
        names = list(self.halted_in)
        is_on = bool(names) and (
            self.is_flattening or self.period[names[0]] <= self.halted_in[names[0]]
        )
        return PERIODS.index(names[0]) if is_on else -1


def key_of(name: str, day: date) -> date:
    return day if name == "max_daily_loss" else monday_of(day)
