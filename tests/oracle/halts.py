"""Halts and price limits: when an asset does not trade, or to one side only."""

from typing import TYPE_CHECKING

import numpy as np

from .market import TOLERANCE, at, cell

if TYPE_CHECKING:
    from .book import World


def is_stopped(world: "World", asset: int) -> bool:
    """Whether nothing at all trades on this bar."""
    halts = world.terms.halts
    if halts is None:
        return False
    if halts.closed is not None:
        rows = np.asarray(halts.closed)
        rows = rows.reshape(len(rows), -1)
        if rows[world.bar, asset if rows.shape[1] > 1 else 0]:
            return True
    return halts.limit_lock == "both" and lock_of(world, asset) != 0


def lock_of(world: "World", asset: int) -> int:
    """1: the bar never leaves its upper limit; -1: its lower one; 0: neither."""
    halts, market, bar = world.terms.halts, world.market, world.bar
    lows, highs = market.low or market.close, market.high or market.close
    if halts.upper is not None:
        if cell(lows, bar, asset) >= at(halts.upper, bar, asset) - TOLERANCE:
            return 1
    if halts.lower is not None:
        if cell(highs, bar, asset) <= at(halts.lower, bar, asset) + TOLERANCE:
            return -1
    return 0


def has_one_side(world: "World") -> bool:
    """Whether a locked bar still trades against the lock."""
    return world.terms.halts is not None and world.terms.halts.limit_lock == "against"


def finds_nobody(world: "World", asset: int, direction: int) -> bool:
    """Whether nobody takes the other side of an order."""
    return has_one_side(world) and lock_of(world, asset) == direction
