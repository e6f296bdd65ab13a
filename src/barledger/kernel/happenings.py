"""What happens to holdings beside splits and flows: dividends, interest, ends, rolls, rates."""

from barledger._jit import compiled
from barledger.kernel.accrual import accrue, pay_dividend
from barledger.kernel.codes import Category, Cause, EventKind, InstrumentKind, Reason, Stage, State
from barledger.kernel.day_trading import turn_day
from barledger.kernel.ledger import move_cash, set_rate, value
from barledger.kernel.options import exercise
from barledger.kernel.perpetual import set_brackets
from barledger.kernel.records import end_unfilled, write_entry
from barledger.kernel.resting import drop_ended
from barledger.kernel.rolls import end_at, plan_roll
from barledger.kernel.wings import wing
from barledger.kernel.world import (
    World,
    balances_of,
    contracts_of,
    events_of,
    live_of,
    positions_of,
)
from barledger.kernel.worth import points


@wing
def happen(world: World, bar: int, place: int, cash: float) -> int:
    """Apply one event; `cash` is what there was before the first one of the bar. Returns its kind."""
    event = events_of(world)[place]
    kind = event.kind
    if kind == EventKind.DIVIDEND:
        pay_dividend(world, bar, event.asset, event.value)
    elif kind == EventKind.ACCRUAL:
        accrue(world, bar, event.value, event.price, cash)
    elif kind == EventKind.RATE:
        change_rate(world, bar, event.asset, event.value)
    elif kind == EventKind.BRACKETS:
        set_brackets(world, event)
    elif kind == EventKind.DAY:
        turn_day(world, bar, event)
    elif kind == EventKind.ROLL:
        plan_roll(world, event)
    elif kind == EventKind.DELISTING:
        end_asset(world, bar, event.asset, event.value, Cause.DELISTING)
    elif kind == EventKind.EXPIRY:
        end_asset(world, bar, event.asset, event.value, Cause.EXPIRY)
    value(world)
    return kind


@compiled
def end_asset(world: World, bar: int, asset: int, price: float, cause: int) -> None:
    """Close what is held of an asset that ends, at `price` or else its mark; its orders with it."""
    position = positions_of(world)[asset]
    if position.quantity != 0.0:
        contract = contracts_of(world)[asset]
        if cause == Cause.EXPIRY and contract.kind == InstrumentKind.OPTION:
            exercise(world, bar, asset, price)
        else:
            mark = points(contract, position.mark)
            end_at(world, bar, asset, price if price == price else mark, cause)
    live = live_of(world)
    for i in range(world.account.n_live):
        order = live[i]
        if order.asset == asset:
            end_unfilled(world, bar, order, State.CANCELLED, Reason.DELISTED.value)
            order.stage = Stage.ENDED
    drop_ended(world)


@compiled
def change_rate(world: World, bar: int, currency: int, rate: float) -> None:
    """Count a currency at a new rate, its balance too where there is one."""
    if world.balances_n > 0:
        balance = balances_of(world)[currency]
        gained = balance * (rate - balances_of(world)[world.balances_n // 3 + currency])
        balances_of(world)[world.balances_n // 3 + currency] = rate
        if gained != 0.0:
            move_cash(world.account, gained)
            write_entry(world, bar, -1 - currency, Category.FX, gained, rate, balance)
    set_rate(world, currency, rate)
