"""Variants of one run, one after another in the memory of one: signals, simulation, statistics.

The loop and the rule come as addresses behind published signatures: a call costs ten nanoseconds,
and neither this file nor the loop is compiled again for a new rule.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import int64, types

from barledger._jit import compiled
from barledger.kernel.codes import NO_REFUSAL
from barledger.kernel.express import is_plain, run_plainly
from barledger.kernel.history import History, Study
from barledger.kernel.records import PARTLY
from barledger.kernel.types import AccountRow, Floats, Ints, MetricsRow
from barledger.kernel.world import Rows, World, flags_of, rejected_of, words_of

Bytes = npt.NDArray[np.int8]
MILD = tuple(int(reason) for reason in NO_REFUSAL)
SQUARE = 64  # cells and variants
DONE, RULE_FAILED, NOT_SIGNALS, NO_ROOM, METRIC_FAILED = 0, 1, 2, 3, 4
SIGNALS = 0x0F0F0F0F0F0F0F0F  # the bits that eight cells of signals may have


class Prices(NamedTuple):
    """Prices as a rule gets them: row j is asset j, or, for a rule across assets, bar j."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats


class Scratch(NamedTuple):
    """Memory of a rule: `bank` is made once and shared, `work` and `marks` are the thread's."""

    bank: Floats
    work: Floats
    marks: Bytes


class Signals(NamedTuple):
    """Where a variant's signals come from: `given` ready ones, a row each, else a rule.

    The rule writes `sheet`; unless that is the kernel's own array, its rows are assets.
    """

    prices: Prices
    params: Floats
    scratch: Scratch
    sheet: Bytes
    given: Bytes
    is_turned: bool


class Outcome(NamedTuple):
    """What is kept of each variant: account, statistics, orders not filled, and refused ones."""

    accounts: Rows[AccountRow]
    metrics: Rows[MetricsRow]
    not_filled: Ints
    rejected: Ints
    status: Ints


_matrix, _bytes = types.Array(types.float64, 2, "C"), types.Array(types.int8, 2, "C")
_scratch = types.NamedTuple((types.Array(types.float64, 3, "C"), _matrix, _bytes), Scratch)
RULE = int64(
    types.NamedUniTuple(_matrix, 5, Prices), types.Array(types.float64, 1, "C"), _bytes, _scratch
)


@compiled(entry=True)
def run_variants(
    worlds: Rows[World],
    kept: Rows[World],
    loop: Callable[..., int],
    rule: Callable[..., int],
    look: Callable[..., int],
    own: Callable[[History, Floats], int],
    signals: Signals,
    states: Ints,
    kept_states: Ints,
    outcome: Outcome,
    study: Study,
    first: int,
) -> int:
    """Run variants `first` and on in worlds[0]; returns the first not done, `status` tells why.

    `kept` and `kept_states` are the world and its arrays before the first bar. Where the world
    keeps equity, `look` at it writes into `study`, calling `own` for metrics of one's own.
    """
    status = outcome.status
    status[0] = DONE
    count: int = signals.params.shape[0]
    plain = is_plain(kept[0])
    for row in range(first, count):
        worlds[0] = kept[0]
        restore(states, kept_states)
        status[0] = make_signals(worlds[0], rule, signals, row)
        if status[0] != DONE:
            return row
        n_bars = worlds[0].n_bars
        done = run_plainly(worlds, loop) if plain else loop(worlds, 0, n_bars, True)
        if done <= n_bars:
            status[0] = NO_ROOM
            return row
        keep(worlds[0], outcome, row)
        if worlds[0].equity_n > 0:
            if look(worlds, study, own, row) != 0:
                status[0] = METRIC_FAILED
                return row
    return count


@compiled
def restore(states: Ints, kept_states: Ints) -> None:
    """Bring the arrays of a world back to what they were before the first bar."""
    for i in range(states.size):
        states[i] = kept_states[i]


@compiled
def make_signals(world: World, rule: Callable[..., int], signals: Signals, row: int) -> int:
    """Write one variant's signals into the world; returns what went wrong, if anything."""
    flags: Bytes = flags_of(world)
    if signals.given.shape[0] > 0:
        given = signals.given[row]
        for i in range(given.size):
            flags[i] = given[i]
        return DONE
    sheet = signals.sheet
    blank = sheet.reshape(-1)
    for i in range(blank.size):
        blank[i] = 0
    if rule(signals.prices, signals.params[row], sheet, signals.scratch) != 0:
        return RULE_FAILED
    if signals.is_turned:
        turn(sheet, flags)
    words = words_of(world)
    seen: int = 0
    for i in range(words.size):
        seen |= int(words[i])
    return NOT_SIGNALS if seen & ~SIGNALS != 0 else DONE


@compiled
def turn(sheet: Bytes, flags: Bytes) -> None:
    """Write rows of assets as rows of bars, in squares that stay in the cache."""
    n_assets, n_bars = sheet.shape
    for start in range(0, n_bars, SQUARE):
        stop = min(start + SQUARE, n_bars)
        for asset in range(n_assets):
            row = sheet[asset]
            for bar in range(start, stop):
                flags[bar * n_assets + asset] = row[bar]


@compiled(entry=True)
def mix_signals(
    long: Bytes, leave_long: Bytes, short: Bytes, leave_short: Bytes, numbers: Ints, out: Bytes
) -> None:
    """Write flags of some variants, a row each, from columns of 0 and 1 (cells, V).

    An array without rows has no signals. It goes in squares that stay in the cache.
    """
    for start in range(0, out.shape[1], SQUARE):
        stop = min(start + SQUARE, out.shape[1])
        for first in range(0, numbers.size, SQUARE):
            last = min(first + SQUARE, numbers.size)
            mix_square(long, 1, numbers[first:last], start, stop, out[first:last])
            mix_square(leave_long, 2, numbers[first:last], start, stop, out[first:last])
            mix_square(short, 4, numbers[first:last], start, stop, out[first:last])
            mix_square(leave_short, 8, numbers[first:last], start, stop, out[first:last])


@compiled
def mix_square(given: Bytes, flag: int, numbers: Ints, start: int, stop: int, out: Bytes) -> None:
    """Add one kind of signal of some variants on some cells."""
    if given.shape[0] == 0:
        return
    for row in range(numbers.size):
        number = numbers[row]
        flags = out[row]
        for cell in range(start, stop):
            flags[cell] |= flag * given[cell, number]


@compiled
def keep(world: World, outcome: Outcome, row: int) -> None:
    """Keep what one variant came to."""
    outcome.accounts[row] = world.account
    outcome.metrics[row] = world.metrics
    refused = 0
    ended = world.account.n_live
    rejected = rejected_of(world)
    for i in range(rejected.size):
        ended += rejected[i]
        if i < PARTLY:
            refused += rejected[i]
    for k in range(len(MILD)):
        refused -= rejected[MILD[k]]
    outcome.rejected[row] = refused
    outcome.not_filled[row] = ended
