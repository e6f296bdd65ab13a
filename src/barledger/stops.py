"""Stops of positions: what closes them at a price, or after a time."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from barledger import _check
from barledger._check import Number
from barledger.options import _Option

UNITS = ("fraction", "price", "ticks", "atr")
PATHS = ("worst", "best", "ohlc", "olhc", "nearest")
DISTANCES = ("loss", "target", "trail", "trail_after", "break_even")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Stops(_Option):
    """Levels at which a position is closed, set when it is opened.

    Distances are from the price at which it was filled. Each number may be one for all, one per
    asset ``(N,)``, per bar ``(T, 1)`` or full ``(T, N)``, read at the bar of the signal; NaN means
    no such level there. Stops fill inside a bar, at the level or at the open that has passed it.

    Parameters
    ----------
    loss
        Distance of the protective stop.
    target
        Distance of the profit target: a limit, filled at its level or at a better open, without
        slippage.
    trail
        Distance of a stop that follows the best price since the entry.
    trail_after
        Distance in favour after which the trailing stop begins; None: at once.
    break_even
        Distance in favour after which the protective stop moves to the entry price.
    time
        Bars after which the position is closed at the open.
    unit
        Of all distances: ``"fraction"`` of the entry price (0.05 is 5 %, default), ``"price"``,
        ``"ticks"`` of the contract, or ``"atr"``: multiples of the average true range on the bar
        of the signal. Before `atr_length` bars there is none, and so no level.
    atr_length
        Bars of the average true range.
    path
        Which extreme comes first when a bar reaches several levels: the adverse one (``"worst"``,
        default), the favourable one (``"best"``), ``"ohlc"`` or ``"olhc"``: the high or the low,
        ``"nearest"``: the one nearer the open.
    stop_fill
        A stop hit within a bar fills at its ``"level"`` (default) or at the close where that is
        worse (``"worst_close"``); slippage comes on top.
    when_added
        When a position grows its levels stay (``"keep"``, default) or are set anew from its
        average price (``"reset"``).

    Examples
    --------
    >>> Stops(loss=0.05, trail=0.03)
    Stops(loss=0.05, trail=0.03)
    """

    loss: Number | None = None
    target: Number | None = None
    trail: Number | None = None
    trail_after: Number | None = None
    break_even: Number | None = None
    time: Number | None = None
    unit: Literal["fraction", "price", "ticks", "atr"] = "fraction"
    atr_length: int = 14
    path: Literal["worst", "best", "ohlc", "olhc", "nearest"] = "worst"
    stop_fill: Literal["level", "worst_close"] = "level"
    when_added: Literal["keep", "reset"] = "keep"

    def __post_init__(self) -> None:
        for name in DISTANCES:
            _check.at_least(f"Stops {name}", getattr(self, name), 0.0)
        _check.at_least("Stops time", self.time, 1.0)
        if self.time is not None:
            bars = _check.as_floats("Stops time", self.time)
            if (bars != np.floor(bars))[~np.isnan(bars)].any():
                raise ValueError(f"Stops time must be whole bars, was {self.time}")
        if self.trail is None and self.trail_after is not None:
            raise ValueError("Stops trail_after needs trail, the distance of the trailing stop")
        if all(getattr(self, name) is None for name in (*DISTANCES, "time")):
            raise ValueError("Stops need at least one of loss, target, trail, break_even, time")
        _check.choice("Stops unit", self.unit, UNITS)
        _check.choice("Stops path", self.path, PATHS)
        _check.choice("Stops stop_fill", self.stop_fill, ("level", "worst_close"))
        _check.choice("Stops when_added", self.when_added, ("keep", "reset"))
        if isinstance(self.atr_length, bool) or self.atr_length < 1:
            raise ValueError(f"Stops atr_length must be >= 1, was {self.atr_length}")
