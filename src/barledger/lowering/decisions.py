"""Runs whose orders are decided bar by bar, by a compiled function or a strategy in Python."""

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from barledger._given import guarded
from barledger.kernel import codes
from barledger.kernel.types import ORDER_IN
from barledger.lowering.drive import Run, collect, make_room, prepare
from barledger.lowering.entry import entry
from barledger.lowering.request import Request
from barledger.lowering.wishes import Wishes, blank
from barledger.strategy import Bar, Strategy

if TYPE_CHECKING:
    from barledger.data.bars import Bars

Floats = npt.NDArray[np.float64]
MEANT = {
    11: "an order names an asset that the bars do not have: columns are 0 to N - 1",
    12: "an order's quantity was NaN or infinite",
    13: "an order that waits for a price was given none, or an infinite one, or a distance below 0",
    14: "more orders were placed or withdrawn on one bar than there is room for",
    15: "orders that wait for a price need bars with open, high and low, fill='next_open', "
    "allocation='in_order', reversal='split' and no exclusive groups",
    17: "oco ties orders that were placed on this bar: give it two of their handles",
    16: "tif must be bl.trade.GTC, DAY, NEXT, IOC or FOK",
}


class DecisionError(RuntimeError):
    """A strategy failed; the message names the bar and says what went wrong."""


def room_for(bars: "Bars", rests: bool) -> Wishes:
    """Return wishes without any, but with room for the orders that a strategy places on one bar."""
    rows = np.zeros(4 * bars.shape[1] + 16, ORDER_IN)
    rows["kind"] = codes.OrderKind.LIMIT if rests else codes.OrderKind.MARKET
    rows["loss"] = rows["target"] = np.nan
    rows["group"] = rests  # as if some were tied together
    rows["tif"] = codes.TimeInForce.DAY  # what the kernel is made ready for
    buffer, flags = blank(bars.shape)
    return Wishes("callback", buffer, flags, None, rows)


class Desk:
    """One run's world and what a strategy sees of it."""

    def __init__(self, request: Request, rests: bool) -> None:
        from barledger.kernel import callback
        from barledger.kernel.variants import Prices
        from barledger.kernel.world import as_rows

        bars, n_assets = request.bars, request.bars.shape[1]
        self.request = request
        self.memory = prepare(request)
        self.memory.arrays["live"]["handle"] = 0
        self.initial = float(self.memory.record["account"]["equity"][0])
        none = np.empty((0, n_assets))
        given = (bars._open, bars._high, bars._low, bars._close, bars._volume)
        self.prices = Prices(*(each if len(each) else none for each in given))
        self.seen = callback.Seen(
            np.zeros(n_assets), np.zeros(n_assets), np.zeros(n_assets, np.int64)
        )
        rows = self.memory.arrays["orders_in"]
        used = np.array([0, 0, 0, 0, rests, n_assets], np.int64)
        numbers = np.zeros(len(rows), np.int64)
        self.desk = callback.Desk(as_rows(rows), numbers, numbers.copy(), used)
        self.ended = False

    @property
    def world(self) -> Any:
        """The world as the kernel takes it."""
        from barledger.kernel.world import as_rows

        return as_rows(self.memory.record)

    def finish(self) -> Run:
        """Deal with the end of the data, and take the records out."""
        from barledger.kernel.simulate import simulate

        n_bars = len(self.request.bars)
        while not self.ended:
            make_room(self.memory)
            self.ended = simulate(self.world, n_bars, n_bars, True) > n_bars
        return collect(self.memory, self.request, self.initial)


def run_compiled(desk: Desk, decide: Callable[..., Any], state: Floats) -> Run:
    """Run with a compiled function that decides."""
    from barledger.kernel.callback import DONE, FAILED, NO_ROOM, run_decisions

    call = compiled_decision(decide)
    status = np.zeros(2, np.int64)
    bar, n_bars = 0, len(desk.request.bars)
    while bar < n_bars:
        bar = run_decisions(
            desk.world, entry(), call, desk.prices, desk.seen, desk.desk, state, bar, status
        )
        if status[0] == NO_ROOM:
            make_room(desk.memory)
        elif status[0] == FAILED:
            raise _true_error(desk, decide, state, bar)
        elif status[0] != DONE:
            raise DecisionError(_told(decide.__name__, desk.request, bar, MEANT[int(status[0])]))
    desk.ended = bool(status[1])
    return desk.finish()


def run_plain(desk: Desk, strategy: Strategy) -> Run:
    """Run with a strategy in Python."""
    from barledger.kernel.callback import DONE, run_bar, take_from

    bars = desk.request.bars
    strategy.start(bars.assets)
    for bar in range(len(bars)):
        reached = bar
        while reached <= bar:
            reached = run_bar(desk.world, entry(), bar)
            if reached <= bar:
                make_room(desk.memory)
        desk.ended = reached > len(bars)
        strategy.on_bar(Bar(_seen(desk, bar), bar, bars.time[bar], bars.assets))
        status = take_from(desk.world, desk.desk, bar)
        if status != DONE:
            name = type(strategy).__name__
            raise DecisionError(_told(name, desk.request, bar, MEANT[int(status)]))
    return desk.finish()


def _seen(desk: Desk, bar: int) -> Any:
    """Return the context of a bar for Python."""
    from barledger.kernel.callback import PLACED, WITHDRAWN, WRONG, Context, look_at

    money = np.zeros(3)
    look_at(desk.world, desk.seen, money)
    desk.desk.used[[PLACED, WITHDRAWN, WRONG]] = 0
    prices: list[Any] = [each[: bar + 1] for each in desk.prices]
    parts = (*prices, *desk.seen, *map(float, money), desk.desk)
    return Context._make(parts)


def _true_error(desk: Desk, decide: Any, state: Floats, bar: int) -> DecisionError:
    """Run the plain function on the bar that failed, for what went wrong."""
    plain = getattr(decide, "py_func", decide)
    text = "it raised an error when compiled, and none in Python"
    try:
        plain(_seen(desk, bar), bar, state)
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
    return DecisionError(_told(plain.__name__, desk.request, bar, text))


def _told(name: str, request: Request, bar: int, text: str) -> str:
    return f"{name} failed on bar {bar} ({request.bars.time[bar]}): {text}"


@lru_cache(maxsize=64)
def compiled_decision(decide: Callable[..., Any]) -> Any:
    """Return a user's function as the loop calls it, its indices checked."""
    import numba

    from barledger.kernel.callback import DECIDE

    arguments = ("ctx", "bar", "state")
    if numba.config.DISABLE_JIT:
        return guarded(decide, *arguments)
    options = {"nogil": True, "error_model": "numpy", "boundscheck": True}
    plain = getattr(decide, "py_func", decide)
    call = guarded(numba.njit(**options)(plain), *arguments)
    return numba.cfunc(DECIDE, nopython=True, error_model="numpy")(call)
