"""The rules for pattern day traders as they were (FINRA 4210(f)(8)(B), until June 4, 2026).

Trades of five business days lie in one number, `BITS` bits a day, the present one lowest.
"""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.codes import DayKind, Incident, InstrumentKind
from barledger.kernel.margin import sum_requirements
from barledger.kernel.records import write_incident
from barledger.kernel.types import RELATIVE, ContractRow, EventRow
from barledger.kernel.wings import wing
from barledger.kernel.world import World, contracts_of, positions_of
from barledger.kernel.worth import unit_value

DAYS, BITS = 5, 12
MOST, SHARE = 3, 0.06  # day trades in five days that make no pattern; their share of all trades
EQUITY, POWER = 25_000.0, 4.0  # a pattern day trader's least equity; times its excess
RELIEF = 0.5  # what is off the initial margin within a day: a quarter of value instead of a half


@compiled
def is_security(contract: ContractRow) -> bool:
    """Whether day trades in a contract count: stocks, funds and their options."""
    kind = contract.kind
    return (
        kind == InstrumentKind.STOCK or kind == InstrumentKind.ETF or kind == InstrumentKind.OPTION
    )


@compiled
def total_of_days(packed: int) -> int:
    """Sum of what five days hold."""
    total = 0
    for _ in range(DAYS):
        total += packed & ((1 << BITS) - 1)
        packed >>= BITS
    return total


@compiled
def moved_on(packed: int, days: int) -> int:
    """Let days pass: the oldest fall out."""
    if days >= DAYS:
        return 0
    return (packed << (BITS * days)) & ((1 << (BITS * DAYS)) - 1)


@wing
def count_day_trade(world: World, bar: int, asset: int, closes: int) -> None:
    """Count a fill, and a day trade where it closes what was opened on the same day.

    One a security between two openings, however many fills closed it.
    """
    account = world.account
    position = positions_of(world)[asset]
    if account.session == 0 or not is_security(contracts_of(world)[asset]):
        return
    account.day_fills += 1
    if closes == 0:
        position.day_opened = account.session
    elif position.day_opened == account.session:
        position.day_opened = 0
        account.day_trades += 1
        trades = total_of_days(account.day_trades)
        fills = total_of_days(account.day_fills)
        if account.is_pattern == 0 and trades > MOST and trades > SHARE * fills:
            account.is_pattern = 1
            write_incident(
                world, bar, asset, Incident.PATTERN_DAY_TRADER, float(trades), float(fills)
            )


@compiled
def turn_day(world: World, bar: int, event: EventRow) -> None:
    """Begin a day of the rule, its last bar, or the time after it."""
    account = world.account
    what = int(event.value)
    had_relief = account.day_relief != 0.0 or account.had_relief != 0
    account.had_relief = 1 if had_relief and what == DayKind.LAST_BAR else 0
    account.day_relief = 0.0
    if what == DayKind.OVER:
        account.session = 0
        account.is_pattern = 0
        account.is_restricted = 0
    elif what == DayKind.BEGINS:
        days = event.other - account.session if account.session > 0 else DAYS
        account.day_trades = moved_on(account.day_trades, days)
        account.day_fills = moved_on(account.day_fills, days)
        account.session = event.other
        if account.is_pattern != 0:
            judge(world, bar, had_relief, event.price != 0.0)


@compiled
def judge(world: World, bar: int, had_relief: bool, goes_on: bool) -> None:
    """Call, restrict or relieve a pattern day trader by the close before; `goes_on`: it has bars."""
    account = world.account
    sum_requirements(world, bar)
    lacks = is_less(account.equity, account.initial)
    if had_relief and lacks:
        write_incident(world, bar, -1, Incident.DAY_TRADING_CALL, account.equity, account.initial)
    is_short = is_less(account.equity, EQUITY)
    if is_short and account.is_restricted == 0:
        write_incident(world, bar, -1, Incident.DAY_TRADING_MINIMUM, account.equity, EQUITY)
    account.is_restricted = 1 if is_short else 0
    if goes_on and not is_short and not lacks:
        account.day_relief = RELIEF
        account.day_power = account.gross + POWER * (account.equity - account.maintenance)


@compiled
def is_less(equity: float, level: float) -> bool:
    """Whether equity is below a level beyond the tolerance of money."""
    return equity < level - RELATIVE * max(abs(equity), level)


@compiled
def room_for_day(world: World, asset: int, price: float) -> float:
    """Unsigned quantity that day-trading buying power still allows to open."""
    unit = unit_value(contracts_of(world)[asset], price)
    return max(world.account.day_power - world.account.gross, 0.0) / unit if unit > 0.0 else np.inf
