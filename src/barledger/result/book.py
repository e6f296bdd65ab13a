"""The records of one account over some bars, and what is derived from them once."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from barledger.analytics.statistics import Curve, curve_of, measure_curve, period_returns
from barledger.analytics.trades import pair_trades
from barledger.kernel.codes import Category, Reason
from barledger.lowering.drive import Run
from barledger.lowering.exchange import currencies_of, rates_by_bar
from barledger.lowering.replays import Closes, replay_closes, replay_holdings
from barledger.state import State

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Rows = npt.NDArray[Any]
PARTLY = 64  # where `rejected` counts orders that filled in part
RECORDS = ("orders", "fills", "entries", "incidents")
FLOWS = (Category.DEPOSIT, Category.WITHDRAWAL)


class NotRecorded(LookupError):
    """Something was asked for that the run was told not to record."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Book:
    """One account: its label, its columns of the bars, and what its simulation has written.

    `kind` names the class of account, `opening_rate` is the share of value to put up when opening.
    Where it `is_inverse` its money is coin and so are its contracts' profits.
    `first` and `stop` bound the bars that it tells of. `whole` is the book of all bars: what is
    derived from the past, such as trades, starts from there. `rates` are what a unit of each
    asset's currency was worth on every bar of the run (n_bars, N), None where all is in one.
    """

    label: str
    columns: Ints
    multipliers: Floats
    record: str
    kind: str
    opening_rate: float
    is_fifo: bool
    is_inverse: bool = False
    per_year: float
    n_bars: int
    first: int
    stop: int
    initial_cash: float
    initial_equity: float
    orders: Rows
    fills: Rows
    entries: Rows
    incidents: Rows
    waiting: Rows
    counts: Ints
    rejected: Ints
    account: Rows
    metrics: Rows
    all_equity: Floats
    margined: npt.NDArray[np.bool_]
    currencies: tuple[str, ...]
    currency: str
    converts: bool
    rates: Floats | None = None
    run: Run | None = None
    saved: dict[str, Any] = field(default_factory=dict)
    whole: "Book | None" = None

    def between(self, first: int, stop: int) -> "Book":
        """Return the book of the bars from `first` up to, but not with, `stop`."""
        self.need("equity")
        whole = self.whole or self
        cut: dict[str, Any] = {name: _cut(getattr(whole, name), first, stop) for name in RECORDS}
        initial = whole.all_equity[first - 1] if first > 0 else whole.initial_equity
        waiting = whole.waiting if stop == self.n_bars else whole.waiting[:0]
        return replace(
            whole, first=first, stop=stop, initial_equity=float(initial), waiting=waiting,
            whole=whole, **cut,
        )  # fmt: skip

    def need(self, level: str) -> None:
        """Raise unless the run has recorded that much: "equity" or "full"."""
        if self.record == "full" or self.record == level:
            return
        what = "its orders and fills" if level == "full" else "its equity at each bar"
        raise NotRecorded(
            f"this run did not record {what}: it ran with record={self.record!r}; "
            "run it again with record='full'"
        )

    @cached_property
    def state(self) -> State:
        """What is held after the last bar of the run."""
        found: State = self.run.state if self.run is not None else self.saved["state"]
        return found

    @property
    def untold(self) -> Rows:
        """Orders that wait after the last bar and are not among those recorded."""
        if self.record != "full":
            return self.waiting
        return self.waiting[self.waiting["order"] < 0]

    @property
    def is_whole(self) -> bool:
        """Whether it tells of all bars."""
        return self.whole is None

    @property
    def knows_orders(self) -> bool:
        """Whether what became of its orders is known: logged, or counted for all bars."""
        return self.is_whole or self.record == "full"

    @property
    def equity(self) -> Floats:
        """Equity at each close, (T,)."""
        self.need("equity")
        return self.all_equity[self.first : self.stop]

    @cached_property
    def closes(self) -> Closes:
        """What the account looked like at each close."""
        self.need("full")
        whole = self.whole or self
        if whole is self:
            return replay_closes(self.run) if self.run is not None else self.saved["closes"]
        return Closes(
            *(getattr(whole.closes, name)[self.first : self.stop] for name in Closes.__slots__)
        )

    @cached_property
    def holdings(self) -> Rows:
        """What was held at each close and just before the first, one row a position."""
        self.need("full")
        whole = self.whole or self
        if whole is self:
            found: Rows = (
                replay_holdings(self.run) if self.run is not None else self.saved["holdings"]
            )
            return found
        return _cut(whole.holdings, self.first - 1, self.stop)

    @cached_property
    def flows(self) -> tuple[Ints, Floats]:
        """Bars (from 0 at the first) before which money came in or went out, and how much."""
        rows = self.entries[np.isin(self.entries["category"], FLOWS)]
        return rows["bar"].astype(np.int64) - self.first, rows["amount"].copy()

    @cached_property
    def curve(self) -> Curve:
        """Statistics of equity."""
        if self.record == "metrics":
            final = float(self.account["equity"][0])
            return curve_of(self.metrics, self.initial_equity, final, self.per_year)
        bars, amounts = self.flows
        return measure_curve(
            self.equity, self.initial_equity, self.per_year, bars, amounts, self.first
        )

    @cached_property
    def returns(self) -> Floats:
        """Return of each bar, (T,)."""
        return period_returns(self.equity, self.initial_equity, *self.flows)

    @cached_property
    def trades(self) -> Rows:
        """Trades as the run's cost basis pairs them, those still open last."""
        return self.paired(is_fifo=self.is_fifo)

    def unit_money(self, assets: Rows, bars: Rows) -> Floats:
        """Return money of the account that one unit and point of each asset is on each bar."""
        units: Floats = self.multipliers[assets]
        if self.rates is None:
            return units
        rates: Floats = self.rates[np.clip(bars, 0, len(self.rates) - 1), assets]
        return units * rates

    @cached_property
    def round_trips(self) -> Rows:
        """Closed trades from flat to flat."""
        trips = self.paired(is_fifo=False) if self.is_fifo else self.trades
        return trips[trips["exit_bar"] >= 0]

    def paired(self, *, is_fifo: bool) -> Rows:
        """Return the trades that end on these bars or are still open after them."""
        whole = self.whole or self
        marks = np.ones(len(self.columns))
        last = self.holdings[self.holdings["bar"] == self.stop - 1]
        marks[last["asset"]] = last["mark"]
        start = whole.holdings[whole.holdings["bar"] == -1]
        fills, entries = (_cut(rows, 0, self.stop) for rows in (whole.fills, whole.entries))
        if self.is_inverse:  # profit is linear in -1 / price
            fills, start, marks = _turned(fills, "price"), _turned(start, "average"), -1.0 / marks
        trades = pair_trades(fills, entries, self.multipliers, marks, is_fifo=is_fifo, start=start)
        if self.is_inverse:
            trades = _turned(_turned(trades, "entry_price"), "exit_price")
        if self.rates is not None:
            from barledger.result.exchange import in_account_money

            trades = in_account_money(self, trades, fills, entries, marks, start, is_fifo)
        return trades[(trades["exit_bar"] >= self.first) | (trades["exit_bar"] < 0)]

    def value_of(self, rows: Rows, price: str) -> Floats:
        """Return the signed value of each row's quantity at one of its prices."""
        bars = rows[{"entry_price": "entry_bar", "exit_price": "exit_bar"}.get(price, "bar")]
        units: Floats = rows["quantity"] * self.unit_money(rows["asset"], bars)
        with np.errstate(divide="ignore", invalid="ignore"):
            value: Floats = units / rows[price] if self.is_inverse else units * rows[price]
        return value

    @cached_property
    def outcomes(self) -> dict[str, int]:
        """How many orders did not fully fill, by reason."""
        if self.is_whole:
            known = self.rejected[:PARTLY] + self.rejected[PARTLY:]
        else:
            known = np.bincount(self.orders["reason"], minlength=PARTLY)
        found = {reason.name.lower(): int(known[reason]) for reason in Reason if known[reason]}
        if len(self.waiting):
            waiting = self.waiting if self.is_whole else self.untold
            found["end_of_data"] = found.get("end_of_data", 0) + len(waiting)
        return {reason: count for reason, count in found.items() if reason != "none"}


def _turned(rows: Rows, name: str) -> Rows:
    """Return a copy of rows with -1 / price in place of one of their prices."""
    turned = rows.copy()
    with np.errstate(divide="ignore"):
        turned[name] = -1.0 / turned[name]
    return turned


def _cut(rows: Rows, first: int, stop: int) -> Rows:
    """Return the records of some bars; they are sorted by bar."""
    low, high = np.searchsorted(rows["bar"], [first, stop])
    return rows[low:high]


def book_of(run: Run, label: str, columns: Ints, per_year: float) -> Book:
    """Return the book of one account's run."""
    request = run.request
    start = request.start
    return Book(
        label=label,
        columns=columns,
        multipliers=request.bars.multipliers,
        record=request.record,
        kind=type(request.account).__name__,
        opening_rate=float(request.account.rules().get("initial_rate", 1.0)),
        is_fifo=request.rules.cost_basis == "fifo",
        is_inverse=any(contract.inverse for contract in request.bars.kinds),
        per_year=per_year,
        n_bars=len(request.bars),
        first=0,
        stop=len(request.bars),
        initial_cash=request.initial_cash if start is None else start.cash,
        initial_equity=run.initial_equity,
        orders=run.orders,
        fills=run.fills,
        entries=run.entries,
        incidents=run.incidents,
        waiting=run.waiting,
        counts=run.counts,
        rejected=run.rejected,
        account=run.account,
        metrics=run.metrics,
        all_equity=run.equity,
        margined=request.bars.margined,
        currencies=request.bars.currencies,
        currency=currencies_of(request)[0],
        converts=request.account.auto_convert,
        rates=rates_by_bar(request),
        run=run,
    )
