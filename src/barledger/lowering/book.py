"""Account, positions and waiting orders at the start of a run, and again at its end."""

from typing import Any

import numpy as np
import numpy.typing as npt

from barledger.accounts import Cash
from barledger.data.bars import Bars
from barledger.instruments.contract import MARGINED, Contract
from barledger.instruments.sessions import session_dates
from barledger.kernel.codes import OrderKind
from barledger.kernel.types import ACCOUNT, RUN, STOP
from barledger.lowering.exchange import currencies_of
from barledger.lowering.financing import local_dates
from barledger.lowering.memory import Memory
from barledger.lowering.perpetuals import OWN
from barledger.lowering.request import Request
from barledger.lowering.terms import SPARE_DAYS, places_of_days
from barledger.state import Continuation, State

NEVER = -(2**62)
TALLIES = ("trades", "wins", "profit", "loss", "fees")  # a run's own, for its statistics
BAR_FIELDS = ("opened", "tied_until")


def put_book(memory: Memory, request: Request) -> None:
    """Write what an account holds before the first bar."""
    n_assets = request.bars.shape[1]
    is_endless = request.netting is not None and request.initial_cash == np.inf
    start = request.start or State(0.0 if is_endless else request.initial_cash)
    waiting = 0 if start.continuation is None else len(start.continuation.orders)
    most = int(memory.record["rules"]["most_orders"][0])
    live = waiting + 3 * (n_assets + most) + 8
    memory.make("positions", n_assets + 1)
    memory.make("held", n_assets + 1)
    if request.stops is not None:
        memory.put("stops", no_stops(n_assets))
    memory.make("live", live)
    for name in ("queue", "spare", "losers", "keys"):
        memory.make(name, max(live, n_assets))
    memory.make("ranked", RUN)
    if request.exclusive:
        memory.make("taken", len(request.exclusive))
    _put_account(memory, request, start)
    if is_endless:
        for name in ("cash", "settled", "equity", "snapshot", "peak"):
            memory.record["account"][name] = np.inf
        memory.record["rules"]["initial_cash"] = np.inf
    if "due_bars" in memory.arrays:
        _put_due(memory, request.bars, start)
    names = currencies_of(request)
    if len(names) > 1 and not request.account.auto_convert:
        _put_balances(memory, names, start)


def _put_account(memory: Memory, request: Request, start: State) -> None:
    if start.continuation is not None:
        _resume(memory, request.bars, start.continuation)
        return
    account = np.zeros(1, ACCOUNT)
    account["cash"] = start.cash
    account["settled"] = start.cash - sum(amount for _, amount in start.unsettled)
    memory.record["account"] = account
    for asset, (quantity, average) in start.positions.items():
        _hold(memory, request, _column(request.bars, asset), float(quantity), float(average))
    row = memory.record["account"][0]
    equity = _equity(memory) if start.positions else float(start.cash)
    for name in ("equity", "snapshot", "peak", "day_equity", "week_equity"):
        row[name] = equity
    row["day"] = row["month"] = NEVER
    memory.record["rules"]["initial_cash"] = max(abs(equity), abs(start.cash))


def _put_balances(memory: Memory, names: tuple[str, ...], start: State) -> None:
    """Write what there is of each currency, all of it in the account's own, and their rates."""
    balances, rates, _ = memory.make("balances", 3 * len(names)).reshape(3, -1)
    contracts = memory.arrays["contracts"]
    rates[0] = 1.0
    for number in range(1, len(names)):
        rates[number] = contracts["rate"][contracts["currency"] == number][0]
    before = {} if start.continuation is None else start.continuation.balances
    for currency, (balance, rate) in before.items():
        if currency in names:
            number = names.index(currency)
            balances[number], rates[number] = balance, rate
    if not before:
        balances[0] = start.cash


def _balances(memory: Memory, names: tuple[str, ...]) -> dict[str, tuple[float, float]]:
    """Return the balance and the last rate of each currency, where they are kept apart."""
    if "balances" not in memory.arrays:
        return {}
    balances, rates, _ = memory.arrays["balances"].reshape(3, -1).tolist()
    return {name: (balances[k], rates[k]) for k, name in enumerate(names)}


def no_stops(n_assets: int) -> npt.NDArray[np.void]:
    """Return rows of positions without any stop."""
    rows = np.zeros(n_assets, STOP)
    for name in STOP.names or ():
        if STOP[name] == np.float64:
            rows[name] = np.inf if name == "until" else np.nan
    return rows


def _column(bars: Bars, asset: str) -> int:
    if asset not in bars.assets:
        raise ValueError(f"the start State holds {asset!r}, which the bars do not have")
    return bars.assets.index(asset)


def _hold(memory: Memory, request: Request, column: int, quantity: float, average: float) -> None:
    """Put a position of the user's on the books, marked at its average price."""
    contract = request.bars.contracts[column]
    if isinstance(request.account, Cash) and (quantity < 0.0 or contract.kind in MARGINED):
        raise ValueError(
            f"a Cash account holds fully paid longs only; the start State has {quantity:g} of "
            f"{request.bars.assets[column]}"
        )
    if isinstance(request.account, OWN) and contract.kind != "perpetual":
        raise ValueError(
            f"a {type(request.account).__name__} account holds perpetuals only; the start State "
            f"has {quantity:g} of {request.bars.assets[column]}"
        )
    if quantity == 0.0:
        return
    if average <= 0.0 and contract.kind != "future":
        raise ValueError(
            f"the start State's average price must be > 0, only a future's may be below; "
            f"{request.bars.assets[column]} had {average:g}"
        )
    row = memory.arrays["positions"][column]
    row["quantity"] = quantity
    row["exposure"] = quantity * memory.arrays["contracts"]["multiplier"][column]
    average = -1.0 / average if contract.inverse else average
    row["average"] = row["mark"] = average
    row["base"] = average if contract.kind in MARGINED else 0.0
    row["opened"] = row["tied_until"] = -1
    _relist(memory)


def _relist(memory: Memory) -> None:
    held = np.flatnonzero(memory.arrays["positions"]["quantity"][:-1])
    memory.arrays["held"][: len(held)] = held
    memory.record["account"]["n_held"] = len(held)


def _equity(memory: Memory) -> float:
    equity = float(memory.record["account"]["cash"][0])
    positions = memory.arrays["positions"][:-1]
    for position in positions[np.flatnonzero(positions["exposure"])]:
        equity += float(position["exposure"] * (position["mark"] - position["base"]))
    return equity


def _put_due(memory: Memory, bars: Bars, start: State) -> None:
    """Write what settles on which bar; beyond the last bar one place a calendar day."""
    due = memory.make("due", len(bars) + SPARE_DAYS)
    if start.unsettled:
        days = np.array([day_of(stamp) for stamp, _ in start.unsettled])
        at = places_of_days(days, bars)
        np.add.at(due, at, [amount for _, amount in start.unsettled])
        memory.record["account"]["last_due"] = at.max()


def day_of(stamp: Any) -> int:
    """Return a date as days since 1970-01-01."""
    return int(np.datetime64(stamp, "D").astype(np.int64))


def _resume(memory: Memory, bars: Bars, before: Continuation) -> None:
    """Go on from the kernel's own rows at the end of an earlier run."""
    if before.is_delayed:
        raise ValueError(
            "a run with delay= cannot be continued from its state: the wishes of its last bars are "
            "still on their way. Run all bars at once"
        )
    memory.record["account"] = before.account
    for name in TALLIES:
        memory.record["account"][name] = 0
    if before.last_day is None:
        memory.record["account"]["settled"] = before.account["cash"]
    for asset, row in before.positions.items():
        column = _column(bars, asset)
        memory.arrays["positions"][column] = row[0]
        if before.last_day is not None and row["tied_until"][0] >= 0:
            day = row["tied_until"] + before.last_day + 1
            memory.arrays["positions"]["tied_until"][column] = places_of_days(day, bars)[0]
    _relist(memory)
    if "stops" in memory.arrays:
        for asset, row in before.stops.items():
            memory.arrays["stops"][_column(bars, asset)] = row[0]
    if "moved" in memory.arrays:
        for asset, fraction in before.moved.items():
            memory.arrays["moved"]["now"][_column(bars, asset)] = fraction
    live = memory.arrays["live"]
    orders = sorted(before.orders, key=lambda order: _column(bars, order[0]))
    for place, (asset, row) in enumerate(orders):
        live[place] = row[0]
        live[place]["asset"] = _column(bars, asset)
    memory.record["account"]["n_live"] = len(orders)
    at_close = live["kind"][: len(orders)] == OrderKind.MARKET_ON_CLOSE
    memory.record["rules"]["has_auction"] = at_close.any()
    memory.record["rules"]["initial_cash"] = before.initial_cash


def state_after(memory: Memory, bars: Bars, names: tuple[str, ...] = ()) -> State:
    """Return what is held after the last bar, exact enough to go on bit for bit."""
    n_bars = len(bars)
    account = memory.record["account"].copy()
    for name in (
        "next_event",
        "next_settlement",
        "next_funding",
        "next_order",
        "next_due",
        "n_live",
        "n_held",
    ):
        account[name] = 0
    account["last_due"] = max(int(account["last_due"][0]) - n_bars, 0)
    positions = memory.arrays["positions"][:-1]
    held = np.flatnonzero(positions["quantity"])
    kept: dict[str, Any] = {}
    for j in held:
        row = positions[j : j + 1].copy()
        for name in BAR_FIELDS:
            row[name] -= n_bars
        kept[bars.assets[j]] = row
    stops: dict[str, Any] = {}
    for j in held if "stops" in memory.arrays else ():
        stops[bars.assets[j]] = memory.arrays["stops"][j : j + 1].copy()
        stops[bars.assets[j]]["until"] -= n_bars
    n_live = int(memory.record["account"]["n_live"][0])
    orders = []
    for row in memory.arrays["live"][:n_live].copy():
        row["placed"] -= n_bars
        row["order"] = -1  # its number is one of this run
        orders.append((bars.assets[int(row["asset"])], np.array([row])))
    return State(
        cash=float(account["cash"][0]),
        positions={
            bars.assets[j]: (
                float(positions[j]["quantity"]),
                _average(positions[j], bars.contracts[j]),
            )
            for j in held
        },
        unsettled=_unsettled(memory, bars),
        continuation=Continuation(
            account,
            kept,
            orders,
            float(memory.record["rules"]["initial_cash"][0]),
            _last_session(bars) if "due" in memory.arrays else None,
            int(local_dates(bars.time, bars.calendar)[-1]),
            stops,
            bool(memory.record["rules"]["lag"][0] > 1),
            _balances(memory, names),
            _moved(memory, bars),
        ),
    )


def _last_session(bars: Bars) -> int:
    return int(session_dates(bars.time, bars.calendar)[-1])


def _moved(memory: Memory, bars: Bars) -> dict[str, float]:
    """Return how far the run's own trades have moved each asset, for the bars that follow."""
    if "moved" not in memory.arrays:
        return {}
    rows = memory.arrays["moved"]
    return dict(zip(bars.assets, (rows["now"] + rows["later"]).tolist(), strict=True))


def _average(position: Any, contract: Contract) -> float:
    average = float(position["average"])
    return -1.0 / average if contract.inverse else average


def _unsettled(memory: Memory, bars: Bars) -> tuple[tuple[Any, float], ...]:
    if "due" not in memory.arrays:
        return ()
    first = _last_session(bars) + 1
    beyond = memory.arrays["due"][len(bars) :]
    days = [(first + int(day), float(beyond[day])) for day in np.flatnonzero(beyond)]
    if bars.time.dtype.kind != "M":
        return tuple(days)
    return tuple((np.datetime64(day, "D"), amount) for day, amount in days)
