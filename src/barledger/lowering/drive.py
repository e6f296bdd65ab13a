"""Run the kernel: give it a world, let it go, give it room when it asks, take its records out."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from barledger._collector import seldom
from barledger.analytics.statistics import first_row
from barledger.kernel.types import BLOCK, MARKET_ORDER
from barledger.lowering.book import put_book, state_after
from barledger.lowering.carried import tell_carried
from barledger.lowering.exchange import currencies_of
from barledger.lowering.marks import put_marks
from barledger.lowering.memory import Memory, borrow, copied
from barledger.lowering.netted import raise_wrong
from barledger.lowering.request import Request
from barledger.lowering.terms import put_terms
from barledger.lowering.volumes import fill_prices, tradable_codes
from barledger.state import State

FIRST_ROWS = 1 << 16  # untouched memory costs nothing, a second copy does
OTHER_ROWS = 1 << 10


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What one account's simulation has written."""

    request: Request
    initial_equity: float
    equity: npt.NDArray[np.float64]
    orders: npt.NDArray[np.void]
    fills: npt.NDArray[np.void]
    entries: npt.NDArray[np.void]
    incidents: npt.NDArray[np.void]
    counts: npt.NDArray[np.int64]
    rejected: npt.NDArray[np.int64]
    account: npt.NDArray[np.void]
    metrics: npt.NDArray[np.void]
    waiting: npt.NDArray[np.void]
    remains: Memory

    @property
    def state(self) -> State:
        """What is held after the last bar, exact enough to go on bit for bit."""
        return state_after(self.remains, self.request.bars, currencies_of(self.request))


def run(request: Request, *, skips: bool = True, stops: tuple[int, ...] = ()) -> Run:
    """Simulate one account over all bars.

    `skips=False` visits every bar and `stops` cuts the run at bars; neither changes a bit.
    """
    with seldom():
        import barledger._notice  # noqa: F401  listens to the compiler
        from barledger.kernel.simulate import simulate
        from barledger.kernel.world import as_rows

    memory = prepare(request)
    initial = float(memory.record["account"]["equity"][0])
    n_bars = len(request.bars)
    bar = 0
    for stop in (*stops, n_bars):
        while bar < stop or (stop == n_bars and bar == n_bars):
            done = simulate(as_rows(memory.record), bar, stop, skips)
            if done < stop or (stop == n_bars and done == n_bars):
                make_room(memory)
            bar = done
    if request.netting is not None:
        raise_wrong(memory, request.bars.time, request.bars.assets)
    return collect(memory, request, initial)


def prepare(request: Request) -> Memory:
    """Return the world of a request, ready to run."""
    bars = request.bars
    memory = Memory(*bars.shape)
    put_terms(memory, request)
    _put_prices(memory, request)
    _put_wishes(memory, request)
    put_book(memory, request)
    _put_outputs(memory, request)
    give_wings(memory)
    return memory


def give_wings(memory: Memory) -> None:
    """Tell the kernel where its wings are; those not made yet are made when it calls them."""
    import barledger.kernel.simulate  # noqa: F401  names them all
    from barledger.kernel.wings import addresses

    memory.record["wings"] = addresses()


def _put_prices(memory: Memory, request: Request) -> None:
    bars = request.bars
    for name in ("open", "high", "low", "close"):
        memory.put(name, getattr(bars, f"_{name}"))
    put_marks(memory, bars)
    if request.netting is not None:
        for name, prices in request.netting.ranges.items():
            memory.put(name, prices)
    memory.put("tradable", tradable_codes(request))
    memory.put("fill", fill_prices(request))


def _put_wishes(memory: Memory, request: Request) -> None:
    wishes = request.wishes
    memory.put("flags", wishes.buffer)
    memory.put("words", wishes.buffer.view(np.int64))
    if wishes.numbers is not None:
        memory.put("numbers", wishes.numbers)
    if wishes.orders is not None:
        memory.put("orders_in", wishes.orders)


def _put_outputs(memory: Memory, request: Request) -> None:
    n_bars = len(request.bars)
    memory.make("counts", 16)
    memory.make("rejected", 128)
    memory.put("buffer", np.empty(BLOCK))
    if request.record == "metrics":
        equity = float(memory.record["account"]["equity"][0])
        memory.record["metrics"] = first_row(equity)
    else:
        memory.put("equity", np.empty(n_bars))
    if request.record == "full":
        _put_logs(memory, n_bars)
    elif request.record == "equity" and memory.record["rules"]["most_events"][0] > 0:
        put_log(memory, "entries")  # returns need the deposits and withdrawals


def _put_logs(memory: Memory, n_bars: int) -> None:
    """Write empty logs: room for the wishes there may be, up to a bound, and for one bar at least."""
    wished = int(np.count_nonzero(memory.arrays["words"])) * 8
    orders, _ = _needed(memory)
    rows = orders + min(wished, FIRST_ROWS)
    at_market = are_at_market(memory)
    memory.record["rules"]["at_market"] = at_market
    memory.put("orders", borrow("orders", rows, MARKET_ORDER if at_market else None))
    memory.put("fills", borrow("fills", 2 * rows))
    for name in ("entries", "incidents"):
        put_log(memory, name)


def put_log(memory: Memory, name: str) -> None:
    """Give the kernel an empty log with room for one bar and some more."""
    memory.put(name, borrow(name, _needed(memory)[1] + OTHER_ROWS))


def _dtype(name: str) -> Any:
    from barledger.kernel.world import ARRAYS

    return ARRAYS[name][0]


def _needed(memory: Memory) -> tuple[int, int]:
    """Rows that one bar may write: of orders, and of entries or incidents; as the kernel reckons."""
    n_assets = int(memory.record["n_assets"][0])
    rules = memory.record["rules"]
    new = (n_assets + int(rules["most_orders"][0])) * max(int(rules["lag"][0]), 1)
    live = int(memory.record["account"]["n_live"][0]) + 2 * new
    return 3 * live + 8 * n_assets, 3 * n_assets + int(rules["most_events"][0]) + 16


def make_room(memory: Memory) -> None:
    """Double every array that the next bar may fill."""
    orders, others = _needed(memory)
    n_assets = int(memory.record["n_assets"][0])
    rules = memory.record["rules"]
    new = (n_assets + int(rules["most_orders"][0])) * max(int(rules["lag"][0]), 1)
    live = int(memory.record["account"]["n_live"][0]) + 2 * new + 1
    if live > len(memory.arrays["live"]):
        for name in ("live", "queue", "spare", "losers", "keys"):
            memory.grow(name, 2 * live)
    needs = {"orders": orders, "fills": 2 * orders, "entries": others, "incidents": others}
    for name, need in needs.items():
        if name in memory.arrays:
            used = int(memory.record["used"][name][0])
            if used + need > len(memory.arrays[name]):
                memory.grow(name, 2 * (used + need))


def are_at_market(memory: Memory) -> bool:
    """Whether no order can have waited for a price or a date."""
    waits = ("stops", "net_stops", "taken_up")
    return memory.record["rules"]["has_resting"][0] == 0 and not any(
        name in memory.arrays for name in waits
    )


def collect(memory: Memory, request: Request, initial: float) -> Run:
    """Take the records out of a finished world."""
    from barledger.kernel.wings import raise_failure

    raise_failure()
    logs = {
        name: memory.cut(name) if name in memory.arrays else np.empty(0, _dtype(name))
        for name in ("orders", "fills", "entries", "incidents")
    }
    n_live = int(memory.record["account"]["n_live"][0])
    if "taken_up" in memory.arrays:
        logs |= tell_carried(logs, memory.arrays["live"][:n_live], len(request.bars))
    return Run(
        request=request,
        initial_equity=initial,
        equity=memory.arrays.get("equity", np.empty(0)),
        counts=memory.arrays["counts"],
        rejected=memory.arrays["rejected"],
        account=copied(memory.record["account"]),
        metrics=copied(memory.record["metrics"]),
        waiting=copied(memory.arrays["live"][:n_live]),
        remains=memory.only("positions", "stops", "live", "due", "balances", "moved"),
        **logs,
    )
