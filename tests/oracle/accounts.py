"""What an account asks for: requirements, what is free, and the largest quantity that fits."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from barledger.accounts import Cash, FreeCash, FuturesMargin, PortfolioMargin, RegT, Unlimited
from barledger.instruments.contract import Contract

from . import costs, day_trading, perpetuals, written
from .book import value_of
from .market import TOLERANCE, cut, dust, moves_no_cash, sign

if TYPE_CHECKING:
    from .book import Order, Position, World

UnitRequirement = Callable[["World", Contract, float, int], float]


def is_margined(world: "World") -> bool:
    return not isinstance(world.terms.account, Cash | FreeCash | Unlimited)


def unit_initial(world: "World", contract: Contract, price: float, side: int) -> float:
    """Initial requirement of one unit at `price`."""
    account = world.terms.account
    if not is_margined(world):
        return 0.0
    if contract.kind == "future":
        return future_margin(contract, contract.initial, price)
    if contract.kind == "perpetual":
        return value_of(contract, 1.0, price) / perpetuals.leverage_of(world, contract)
    if contract.kind == "option":
        return written.claim(world, contract, price, side)
    if isinstance(account, RegT):
        value = contract.multiplier * abs(price)
        rate = account.initial * contract.leverage_factor * (1.0 - world.days.relief)
        initial = min(1.0, rate) * value
        return max(initial, unit_maintenance(world, contract, price, side))
    if isinstance(account, PortfolioMargin):
        return contract.multiplier * abs(price) / account.max_leverage
    return 0.0


def unit_maintenance(world: "World", contract: Contract, price: float, side: int) -> float:
    """Maintenance requirement of one unit at `price`."""
    account = world.terms.account
    if not is_margined(world):
        return 0.0
    if contract.kind == "future":
        return future_margin(contract, contract.maintenance, price)
    if contract.kind == "option":
        return written.claim(world, contract, price, side)
    if isinstance(account, RegT):
        return reg_t_maintenance(account, contract, contract.multiplier * abs(price), side)
    if isinstance(account, PortfolioMargin):
        rate = account.maintenance
        rate = 0.5 / account.max_leverage if rate is None else rate
        return rate * contract.multiplier * abs(price)
    return 0.0


def unit_level(world: "World", contract: Contract, price: float, side: int) -> float:
    """Requirement that a liquidation must reach: initial of futures, maintenance of the others."""
    if contract.kind == "future":
        return unit_initial(world, contract, price, side)
    return unit_maintenance(world, contract, price, side)


def future_margin(contract: Contract, margin: float, price: float) -> float:
    if contract.margin_unit == "amount":
        return margin
    return contract.multiplier * abs(price) * margin


def reg_t_maintenance(account: RegT, contract: Contract, price: float, side: int) -> float:
    factor = contract.leverage_factor
    if side > 0:
        return min(1.0, account.maintenance * factor) * price
    if price >= account.short_low_price:
        return max(min(1.0, account.short_maintenance * factor) * price, account.short_minimum)
    return max(price, account.short_low_minimum)


def requirement(world: "World", position: "Position", unit: UnitRequirement) -> float:
    """Requirement of one position, part by part."""
    contract = position.contract
    if contract.kind == "perpetual" and is_margined(world):
        return perpetuals.requirement(world, position, is_initial=unit is unit_initial)
    return sum(abs(q) * unit(world, contract, p, position.side) for q, p in position.parts)


def total(world: "World", unit: UnitRequirement) -> float:
    """Sum of one requirement over all positions."""
    return sum(requirement(world, position, unit) for position in world.positions.values())


def free_money(world: "World") -> float:
    """Money that may be put into openings, proceeds of this bar included."""
    account = world.terms.account
    if isinstance(account, Cash):
        return world.cash if account.unsettled == "spend" else world.settled
    if isinstance(account, Unlimited):
        return world.cash
    if isinstance(account, FreeCash):
        shorts = [p for p in world.positions.values() if p.quantity < 0]
        sold = sum(-p.quantity * p.contract.multiplier * p.average for p in shorts)
        return world.cash - 2 * sold
    own = world.cash if perpetuals.is_isolated(world) else world.equity
    return own - total(world, unit_initial)


def room(world: "World") -> float:
    """Money that openings may take now; less than counts as money is none."""
    free = free_money(world) - kept_back(world)
    zero = TOLERANCE * max(abs(world.initial_equity), abs(world.cash), world.gross)
    return free if abs(free) > zero else 0.0


def kept_back(world: "World") -> float:
    """What closings of this bar have freed for later: of its range at least."""
    if world.terms.rules.proceeds == "next_bar":
        return world.withheld
    return 0.0 if world.withheld_before is None else world.withheld - world.withheld_before


@dataclass
class Leg:
    """An opening about to be made: what a unit of it costs and takes."""

    world: "World"
    asset: int
    side: int
    price: float  # slipped
    order: "Order | None" = None

    def __post_init__(self) -> None:
        self.contract = self.world.market.contracts[self.asset]
        self.fee = costs.fee_of(self.world, self.asset, self.price)
        if self.order is not None:
            self.fee = costs.fee_of_order(self.world, self.order, self.price, "opening")
        self.notional = abs(value_of(self.contract, 1.0, self.price))
        if is_margined(self.world):
            self.need = unit_initial(self.world, self.contract, self.price, self.side)
        else:
            self.need = self.notional

    @property
    def reason(self) -> str:
        """Reason of an opening for which there is no money."""
        return "insufficient_margin" if is_margined(self.world) else "insufficient_cash"


Fits = Callable[[float, float], bool]  # (quantity, relative tolerance)


@dataclass
class Test:
    """One thing that an opening must pass."""

    reason: str
    fits: Fits


def linear(reason: str, unit: float, fee_weight: float, room: float, leg: Leg) -> Test:
    """Test of unit · quantity + fee_weight · fee <= room."""

    def fits(quantity: float, tolerance: float) -> bool:
        taken = unit * quantity
        allowed = room + tolerance * max(abs(room), taken)
        return taken + fee_weight * leg.fee(quantity) <= allowed

    return Test(reason, fits)


def money_tests(leg: Leg, *, from_cash: bool) -> list[Test]:
    """Tests of the account; `from_cash` when the quantity itself comes from what is free."""
    if isinstance(leg.world.terms.account, Unlimited) and not from_cash:
        return []
    account = leg.world.terms.account
    is_free = isinstance(account, FreeCash) and leg.side < 0 and not account.lock
    if is_free and not from_cash:
        return []
    tests = [linear(leg.reason, leg.need, 1.0, room(leg.world), leg)]
    account = leg.world.terms.account
    if isinstance(account, RegT) and account.minimum_equity > 0 and not moves_no_cash(leg.contract):
        tests.append(floor_test(leg, account.minimum_equity))
    return tests


def floor_test(leg: Leg, minimum: float) -> Test:
    """Test of the least equity with which one may borrow or be short."""
    securities = [p for p in leg.world.positions.values() if not moves_no_cash(p.contract)]
    has_short = leg.side < 0 or any(p.side < 0 for p in securities)
    paid = sum(p.contract.multiplier * p.average * p.quantity for p in securities)
    equity = leg.world.equity

    def fits(quantity: float, tolerance: float) -> bool:
        after = equity - leg.fee(quantity)
        if after >= minimum - tolerance * max(abs(equity), minimum):
            return True
        cost = paid + leg.notional * quantity
        return not has_short and after >= cost - tolerance * max(abs(equity), cost)

    return Test("insufficient_margin", fits)


def cap_tests(leg: Leg) -> list[Test]:
    """Tests of the risk limits, in the order of their reasons."""
    world, limits = leg.world, leg.world.terms.limits
    tests = []
    if limits.max_leverage is not None:
        tests.append(gross_cap("leverage_cap", limits.max_leverage, world.gross, leg))
    if limits.max_net is not None:
        tests.append(net_cap(leg, limits.max_net))
    if limits.max_per_asset is not None:
        held = world.positions[leg.asset].gross if leg.asset in world.positions else 0.0
        tests.append(gross_cap("asset_cap", limits.max_per_asset, held, leg))
    label = None if limits.groups is None else limits.groups[leg.asset]
    if label is not None:
        members = (p for a, p in world.positions.items() if limits.groups[a] == label)
        gross = sum(p.gross for p in members)
        tests.append(gross_cap("group_cap", limits.max_per_group, gross, leg))
    return tests


def gross_cap(reason: str, cap: float, gross: float, leg: Leg) -> Test:
    return linear(reason, leg.notional, cap, cap * leg.world.equity - gross, leg)


def net_cap(leg: Leg, cap: float) -> Test:
    """Test of net exposure, passed by what only brings it nearer to zero."""
    net, equity = leg.world.net, leg.world.equity
    step = leg.side * value_of(leg.contract, 1.0, leg.price)
    room = cap * equity - sign(step) * net

    def fits(quantity: float, tolerance: float) -> bool:
        after = net + step * quantity
        is_nearer = sign(after) in (0, sign(net)) and abs(after) <= abs(net)
        if is_nearer:
            return True
        allowed = cap * (equity - leg.fee(quantity))
        return abs(after) <= allowed + tolerance * max(abs(room), abs(step) * quantity)

    return Test("net_cap", fits)


def largest(fits: Fits, wanted: float, lot: float) -> float:
    """Largest quantity up to `wanted` that fits, in whole lots or exactly."""
    if lot > 0:
        return lot * largest_count(lambda n: fits(n * lot, TOLERANCE), cut(wanted, lot) / lot)
    quantity = largest_float(lambda q: fits(q, 0.0), wanted)
    return quantity if quantity >= dust(lot) else 0.0


def largest_count(fits: Callable[[int], bool], most: float) -> int | float:
    """Largest whole number that fits: doubled until one does not, then halved down to it."""
    if math.isfinite(most) and fits(round(most)):
        return round(most)
    low, high = 0, 1
    while fits(high):
        low, high = high, 2 * high
        if high > 2**80:
            return math.inf
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def largest_float(fits: Callable[[float], bool], most: float) -> float:
    """Largest float that fits: halved until two neighbours are left."""
    if math.isfinite(most) and fits(most):
        return most
    low, high = 0.0, most
    if math.isinf(most):
        high = 1.0
        while fits(high):
            low, high = high, 2.0 * high
            if high > 2.0**80:
                return math.inf
    while low < (middle := 0.5 * (low + high)) < high and high > TOLERANCE:
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def affordable(leg: Leg, share: float) -> float:
    """Largest quantity that a share of what is free pays for, fee included, in whole lots."""
    if share <= 0:
        return 0.0
    test = linear("", leg.need, 1.0, share * room(leg.world), leg)
    quantity = largest(test.fits, math.inf, leg.contract.lot)
    return quantity if math.isfinite(quantity) else 0.0


def fit(leg: Leg, wanted: float, *, clip: bool, from_cash: bool) -> tuple[float, str]:
    """Quantity that passes every test, and the reason of the last one that cut it."""
    quantity, reason = wanted, "none"
    tests = money_tests(leg, from_cash=from_cash) + cap_tests(leg)
    for test in size_tests(leg) + tests:
        if test.fits(quantity, TOLERANCE):
            continue
        if not clip:
            return 0.0, test.reason
        quantity, reason = largest(test.fits, quantity, leg.contract.lot), test.reason
        if quantity == 0:
            break
    return quantity, reason


def size_tests(leg: Leg) -> list[Test]:
    """Tests of what may be held or opened whatever the money: brackets, day-trading power."""
    return perpetuals.bracket_tests(leg) + day_trading.day_tests(leg)


def may_hold(world: "World", asset: int, side: int) -> str:
    """Reason for which an account never opens this, or none."""
    contract = world.market.contracts[asset]
    if isinstance(world.terms.account, Cash) and (side < 0 or moves_no_cash(contract)):
        return "not_in_cash_account"
    if isinstance(world.terms.account, FuturesMargin) and contract.kind != "future":
        return "not_in_futures_account"
    if perpetuals.is_own_account(world) and contract.kind != "perpetual":
        return "not_in_perpetual_account"
    if world.days.is_restricted and contract.kind in day_trading.SECURITIES:
        return "pattern_day_trader"
    return "none"
