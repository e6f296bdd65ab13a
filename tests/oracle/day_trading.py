"""The rules for pattern day traders in the oracle: lists of what happened, looked through anew."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from barledger.accounts import RegT

from .market import TOLERANCE

if TYPE_CHECKING:
    from .accounts import Leg
    from .book import World

SECURITIES = ("stock", "etf", "option")
LEAST = 25_000.0


@dataclass
class Days:
    """What is remembered of an account's days."""

    session: date | None = None  # none: no rule holds
    fills: list[date] = field(default_factory=list)
    trades: list[date] = field(default_factory=list)
    opened: dict[int, date] = field(default_factory=dict)  # last opening, not counted yet
    is_pattern: bool = False
    is_restricted: bool = False
    relief: float = 0.0
    was_relieved: bool = False
    power: float = 0.0


def session_of(day: date) -> date:
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return day


def begin(world: "World") -> None:
    """What a bar begins with, before any event of it."""
    account, days = world.terms.account, world.days
    if not isinstance(account, RegT) or account.day_rule_end is None:
        return
    if world.date >= account.day_rule_end:
        world.days = Days()
        return
    ruled = [day for day in world.market.dates if day < account.day_rule_end]
    sessions = [session_of(day) for day in ruled]
    now = sessions[world.bar]
    goes_on = now in sessions[world.bar + 1 :]
    if days.session != now:
        days.session, was_relieved = now, days.was_relieved
        days.was_relieved, days.relief = False, 0.0
        if days.is_pattern:
            judge(world, days, was_relieved=was_relieved, goes_on=goes_on)
    elif not goes_on:
        days.relief = 0.0


def judge(world: "World", days: Days, *, was_relieved: bool, goes_on: bool) -> None:
    from . import accounts

    equity, initial = world.equity, accounts.total(world, accounts.unit_initial)
    lacks = is_less(equity, initial)
    if was_relieved and lacks:
        world.record_incident("day_trading_call", -1, equity, initial)
    is_poor = is_less(equity, LEAST)
    if is_poor and not days.is_restricted:
        world.record_incident("day_trading_minimum", -1, equity, LEAST)
    days.is_restricted = is_poor
    if goes_on and not is_poor and not lacks:
        days.relief, days.was_relieved = 0.5, True
        maintenance = accounts.total(world, accounts.unit_maintenance)
        days.power = world.gross + 4.0 * (equity - maintenance)


def is_less(equity: float, level: float) -> bool:
    return equity < level - TOLERANCE * max(abs(equity), level)


def count(world: "World", asset: int, *, closes: bool) -> None:
    """Note a fill; of five weekdays more than 3 day trades and 6 % make a pattern."""
    days = world.days
    if days.session is None or world.market.contracts[asset].kind not in SECURITIES:
        return
    days.fills.append(days.session)
    if not closes:
        days.opened[asset] = days.session
        return
    if days.opened.get(asset) != days.session:
        return
    del days.opened[asset]
    days.trades.append(days.session)
    first = days.session
    for _ in range(4):
        first -= timedelta(days=3 if first.weekday() == 0 else 1)
    trades, fills = (sum(day >= first for day in rows) for rows in (days.trades, days.fills))
    if not days.is_pattern and trades >= 4 and trades > 0.06 * fills:
        days.is_pattern = True
        world.record_incident("pattern_day_trader", asset, trades, fills)


def day_tests(leg: "Leg") -> list[Any]:
    """Test of day-trading buying power."""
    from .accounts import Test

    days = leg.world.days
    if not days.relief or leg.contract.kind not in SECURITIES:
        return []
    room = max(days.power - leg.world.gross, 0.0)

    def fits(quantity: float, tolerance: float) -> bool:
        return leg.notional * quantity <= room * (1 + tolerance)

    return [Test("pattern_day_trader", fits)]
