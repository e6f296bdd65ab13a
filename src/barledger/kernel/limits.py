"""Caps on exposure and limits on losses: what they leave room for, and when they are hit."""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.codes import Incident, LossAction
from barledger.kernel.records import write_incident
from barledger.kernel.types import RELATIVE, AccountRow, RulesRow
from barledger.kernel.wings import wing
from barledger.kernel.world import World, contracts_of, days_of, held_of, positions_of

LEVERAGE, NET, ASSET, GROUP = 0, 1, 2, 3  # the caps, in the order in which they are tested
NO_HALT, FOR_DAY, FOR_WEEK, FOR_GOOD = 0, 1, 2, 3
WEEK = 7  # days


@compiled
def cap_ratio(world: World, cap: int, asset: int) -> float:
    """Limit of one cap, as a multiple of equity; infinite where there is none."""
    if cap == LEVERAGE:
        return world.rules.max_leverage
    if cap == NET:
        return world.rules.max_net
    if cap == ASSET:
        return world.rules.max_per_asset
    return world.rules.max_per_group if contracts_of(world)[asset].group >= 0 else np.inf


@compiled
def cap_used(world: World, cap: int, asset: int, sign: float) -> float:
    """Exposure that already counts against one cap; `sign` is that of the opening's value."""
    if cap == LEVERAGE:
        return world.account.gross
    if cap == NET:
        return world.account.net * (-sign if world.rules.has_inverse != 0 else sign)
    if cap == ASSET:
        position = positions_of(world)[asset]
        return abs(position.exposure * position.mark)
    return group_gross(world, contracts_of(world)[asset].group)


@compiled
def group_gross(world: World, group: int) -> float:
    """Gross exposure of one group's members."""
    positions = positions_of(world)
    contracts = contracts_of(world)
    held = held_of(world)
    gross = 0.0
    for k in range(world.account.n_held):
        if contracts[held[k]].group == group:
            gross += abs(positions[held[k]].exposure * positions[held[k]].mark)
    return gross


@compiled
def week_of(day: int) -> int:
    """Number of the week that starts on a Monday; day 0 is 1970-01-01, a Thursday."""
    return (day + 3) // WEEK


@compiled
def start_period(world: World, bar: int) -> None:
    """On the first bar of a date, take the last close's equity as reference and lift old halts."""
    account = world.account
    day = days_of(world)[bar]
    if day != account.day:
        if week_of(day) != week_of(account.day):
            account.week_equity = account.equity
        account.day_equity = account.equity
        account.day = day
    lift_halt(account, day)


@compiled
def lift_halt(account: AccountRow, day: int) -> None:
    """Allow entries again when a halt's date or week is over and nothing is left to flatten."""
    if account.halt < FOR_GOOD and account.flatten == 0 and day >= account.halted_until:
        account.halt = NO_HALT


@compiled
def loss_floor(reference: float, limit: float) -> float:
    """Equity that one limit allows; an absent limit (infinite) allows any."""
    if limit == np.inf:
        return -np.inf
    return reference * (1.0 - limit)


@compiled
def loss_level(rules: RulesRow, account: AccountRow) -> float:
    """Equity below which some loss limit is breached."""
    level = max(floor_of(rules, account, FOR_DAY), floor_of(rules, account, FOR_WEEK))
    return max(level, floor_of(rules, account, FOR_GOOD))


@compiled
def is_below(rules: RulesRow, equity: float, level: float) -> bool:
    """Whether equity is below a level beyond the tolerance of money."""
    return equity < level - RELATIVE * max(abs(level), rules.initial_cash)


@compiled
def floor_of(rules: RulesRow, account: AccountRow, kind: int) -> float:
    """Equity below which the limit that halts for this long is breached."""
    if kind == FOR_GOOD:
        return loss_floor(account.peak, rules.max_drawdown)
    if kind == FOR_WEEK:
        return loss_floor(account.week_equity, rules.max_weekly_loss)
    return loss_floor(account.day_equity, rules.max_daily_loss)


@compiled
def halt_kind(rules: RulesRow, account: AccountRow) -> int:
    """The longest halt among the limits breached at this close."""
    kind = FOR_GOOD
    while kind > NO_HALT and not is_below(rules, account.equity, floor_of(rules, account, kind)):
        kind -= 1
    return kind


@compiled
def halt_until(kind: int, day: int) -> int:
    """First day after the date or week of `day`."""
    if kind == FOR_WEEK:
        return (week_of(day) + 1) * WEEK - 3
    return day + 1


@wing
def test_losses(world: World, bar: int) -> None:
    """At a close: halt, or order a flattening, when a loss limit is breached."""
    account = world.account
    kind = halt_kind(world.rules, account)
    if kind > account.halt:
        flattens = world.rules.loss_action == LossAction.FLATTEN
        incident = Incident.FLATTEN if flattens else Incident.HALT
        level = floor_of(world.rules, account, kind)
        write_incident(world, bar, -1, incident, account.equity, level)
        account.halt = kind
        account.halted_until = halt_until(kind, days_of(world)[bar])
        if flattens and account.n_held > 0:
            account.flatten = 1
    account.peak = max(account.peak, account.equity)
