"""Ladders of stops: levels of which each closes a share of the position as it was opened."""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.codes import Cause, Setting
from barledger.kernel.sizing import cut
from barledger.kernel.types import StopRow
from barledger.kernel.world import World, contracts_of, settings_of, values_of

DISTANCE, SHARE = 0, 1


@compiled
def rung(world: World, which: int, place: int, what: int) -> float:
    """Distance or share of one rung, NaN beyond the last; a share of inf closes all that is left."""
    row = settings_of(world)[which]
    if place >= row.row_step:
        return np.nan
    value: float = values_of(world)[row.offset + 2 * place + what]
    return value


@compiled
def begin_ladder(world: World, row: StopRow, asset: int, quantity: float) -> None:
    """Begin at the first rungs of a position of unsigned `quantity`."""
    row.whole = quantity
    row.done = 0.0
    row.next_loss = 0
    row.next_target = 0
    set_rungs(world, row, asset)


@compiled
def set_rungs(world: World, row: StopRow, asset: int) -> None:
    """Write the levels of the rungs that come next."""
    if settings_of(world)[Setting.LOSSES.value].row_step > 0:
        distance = rung(world, Setting.LOSSES.value, row.next_loss, DISTANCE)
        row.loss = row.base - distance * row.unit
    if settings_of(world)[Setting.TARGETS.value].row_step > 0:
        distance = rung(world, Setting.TARGETS.value, row.next_target, DISTANCE)
        row.target = row.base + distance * row.unit
        tick = contracts_of(world)[asset].tick
        if tick > 0.0:
            row.target = np.ceil(row.target / tick - 1e-9) * tick


@compiled
def part_of_rung(
    world: World, row: StopRow, asset: int, cause: int, level: float, held: float
) -> float:
    """Unsigned quantity that a level closes: all that is held, or what its rung has left to do."""
    share = np.nan
    if cause == Cause.TARGET_HIT:
        share = rung(world, Setting.TARGETS.value, row.next_target, SHARE)
    elif cause == Cause.STOP_LOSS and level == row.loss:  # break-even closes all
        share = rung(world, Setting.LOSSES.value, row.next_loss, SHARE)
    if not share < np.inf:
        return held
    contract = contracts_of(world)[asset]
    part = max(cut(share * row.whole, contract.lot) - row.done, 0.0)
    return part if part < held - contract.dust else held


@compiled
def climb(world: World, row: StopRow, asset: int, cause: int) -> None:
    """Go on to the next rung."""
    if cause == Cause.TARGET_HIT:
        row.next_target += 1
    else:
        row.next_loss += 1
    row.done = 0.0
    set_rungs(world, row, asset)
