"""Stops of positions: what closes them at a price, or after a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, Self

import numpy as np

from barledger import _check
from barledger._check import Number
from barledger.options import _Option

UNITS = ("fraction", "price", "ticks", "atr", "level")
EXITS = ("market", "limit", "close")
BASES = ("fill", "signal")
LADDERS = {"losses": "loss", "targets": "target"}

Rungs = Sequence[tuple[float, float]]
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
        of the signal. Before `atr_length` bars there is none, and so no level. ``"level"``: `loss`
        and `target` are prices themselves.
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
    losses, targets
        Ladders in place of `loss` or `target`: pairs of (distance, share), nearest first. Each level
        closes that share of the position as it was opened; shares of 1 in all close what is left.
    base
        Price from which distances count: that of the ``"fill"`` (default), or the close of the bar
        of the ``"signal"``. Trailing stops follow the best price since the fill.
    exit
        What a stop that is hit sends: a ``"market"`` order (default); a ``"limit"`` order at its
        level less `limit_offset`, which waits where the market has passed it; or an order for the
        ``"close"`` of the bar. Targets are limits always.
    limit_offset
        Of ``exit="limit"``: distance by which its limit is worse than the level.

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
    losses: Rungs | None = None
    targets: Rungs | None = None
    unit: Literal["fraction", "price", "ticks", "atr", "level"] = "fraction"
    atr_length: int = 14
    path: Literal["worst", "best", "ohlc", "olhc", "nearest"] = "worst"
    stop_fill: Literal["level", "worst_close"] = "level"
    when_added: Literal["keep", "reset"] = "keep"
    base: Literal["fill", "signal"] = "fill"
    exit: Literal["market", "limit", "close"] = "market"
    limit_offset: float = 0.0

    def __post_init__(self) -> None:
        for name in DISTANCES:
            least = -np.inf if self.unit == "level" else 0.0  # prices of futures may be below 0
            _check.at_least(f"Stops {name}", getattr(self, name), least)
        _check.at_least("Stops time", self.time, 1.0)
        if self.time is not None:
            bars = _check.as_floats("Stops time", self.time)
            if (bars != np.floor(bars))[~np.isnan(bars)].any():
                raise ValueError(f"Stops time must be whole bars, was {self.time}")
        if self.trail is None and self.trail_after is not None:
            raise ValueError("Stops trail_after needs trail, the distance of the trailing stop")
        if all(getattr(self, name) is None for name in (*DISTANCES, "time", "losses", "targets")):
            raise ValueError(
                "Stops need at least one of loss, target, trail, break_even, time, losses, targets"
            )
        for name in ("losses", "targets"):
            _check_ladder(name, getattr(self, name), getattr(self, LADDERS[name]))
        _check.choice("Stops unit", self.unit, UNITS)
        _check.choice("Stops path", self.path, PATHS)
        _check.choice("Stops stop_fill", self.stop_fill, ("level", "worst_close"))
        _check.choice("Stops when_added", self.when_added, ("keep", "reset"))
        _check.choice("Stops base", self.base, BASES)
        _check.choice("Stops exit", self.exit, EXITS)
        _check.single("Stops limit_offset", self.limit_offset, 0.0)
        self._check_together()
        if isinstance(self.atr_length, bool) or self.atr_length < 1:
            raise ValueError(f"Stops atr_length must be >= 1, was {self.atr_length}")

    def map(self, part: Callable[[Any], Any]) -> Self:
        """Return the stops with a function applied to each of their numbers but the ladders'."""
        before = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in LADDERS}
        after = {name: part(value) for name, value in before.items()}
        is_same = all(after[name] is value for name, value in before.items())
        return self if is_same else replace(self, **after)

    def _check_together(self) -> None:
        """Raise where two words contradict each other."""
        wrong = None
        if self.exit == "limit" and self.stop_fill == "worst_close":
            wrong = "exit='limit' and stop_fill='worst_close' contradict each other"
        elif self.exit == "limit" and self.losses is not None:
            wrong = "losses, a ladder, need exit='market' or 'close'"
        elif self.exit != "limit" and self.limit_offset != 0.0:
            wrong = "limit_offset needs exit='limit'"
        elif self.unit == "level" and any(
            getattr(self, name) is not None for name in ("trail", "break_even", *LADDERS)
        ):
            wrong = "unit='level' takes loss, target and time: the others are distances"
        elif self.unit == "level" and (self.base != "fill" or self.limit_offset != 0.0):
            wrong = "unit='level' has prices, neither a base nor an offset"
        if wrong:
            raise ValueError(f"Stops: {wrong}")


def _check_ladder(name: str, rungs: Any, single: Any) -> None:
    """Raise unless rungs are pairs of rising distances and shares of 1 in all at most."""
    if rungs is None:
        return
    if single is not None:
        raise ValueError(f"Stops take {LADDERS[name]} or {name}, a ladder, not both")
    pairs = np.asarray(rungs)
    if pairs.dtype.kind not in "iuf" or pairs.ndim != 2 or pairs.shape[1] != 2 or not len(pairs):
        raise TypeError(f"Stops {name} must be pairs of (distance, share), was {rungs!r}")
    distances, shares = pairs.T.astype(float)
    if not np.isfinite(pairs).all() or (distances < 0.0).any() or (np.diff(distances) <= 0.0).any():
        raise ValueError(
            f"Stops {name}: distances must be >= 0 and rise, were {distances.tolist()}"
        )
    if (shares <= 0.0).any() or shares.sum() > 1.0 + 1e-9:
        raise ValueError(
            f"Stops {name}: shares must be > 0 and at most 1 in all, were {shares.tolist()}"
        )
