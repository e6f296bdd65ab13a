"""Result: the records of a run, and everything that follows from them, derived on demand."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from barledger import _check
from barledger.data.stamps import bar_of, rows_between
from barledger.lowering.drive import Run
from barledger.result import (
    attribution,
    curves,
    exchange,
    explain,
    insurance,
    levels,
    show,
    store,
    summary,
    tables,
)
from barledger.result.assumptions import Assumptions, assumptions_of, bars_a_year
from barledger.result.book import Book, NotRecorded, book_of
from barledger.result.part import Part
from barledger.risk import RiskLimits
from barledger.state import State

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from barledger.lowering.request import Request
    from barledger.plots.palette import Theme

Scalar = float | pl.DataFrame


ACCOUNT = "account"  # label of the one account of a run without groups


class Result:
    """What a simulation did, down to the ledger entry.

    Frames are polars, one row a record, with labels instead of codes; null means not known or not
    there. Curves have the columns time and, with several accounts, account. Everything is derived
    from the records when it is first asked for.
    """

    def __init__(
        self,
        books: Sequence[Book],
        times: npt.NDArray[Any],
        assets: tuple[str, ...],
        source: "Request | None",
        assumptions: Assumptions | None = None,
    ) -> None:
        self.books = tuple(books)
        self.assets = assets
        self._times = times
        self._source = source
        self._assumptions = assumptions

    # ---- records ----

    @cached_property
    def orders(self) -> pl.DataFrame:
        """Every order: time and bar of its end, quantity wanted (signed) and filled, state, reason.

        `reason` is null where it filled in full, else one word; `price` is that of its last fill,
        or the one it was tried at. Orders that still wait after the last bar are expired.

        `kind`, `tif` and `until` are those it was given (a market order's life is that of
        ``Rules(entry_tif=)``). `level` is the price that it waited for; of a stop or target of a
        position, the level at which it was closed. `stop` arms a stop-limit; of a trailing stop it
        is the distance, of protection the range.
        """
        return self._table(tables.orders)

    @cached_property
    def fills(self) -> pl.DataFrame:
        """Every fill: quantity (signed), price after slippage, fee (paid > 0), cash it moved.

        `reason` says what made its order, `kind` and `level` what that waited for; `closes` whether
        it took from a position, `maker` whether it paid a maker's fee (below 0: a rebate). A
        reversal is two fills of one order.
        """
        return self._table(tables.fills)

    @cached_property
    def trades(self) -> pl.DataFrame:
        """Trades as `Rules.cost_basis` pairs them; open ones last, at their last mark.

        `quantity` is signed; `pnl` has all fees off; `return` is pnl over entry value. With
        ``"average"`` a trade runs from flat to flat, with ``"fifo"`` from lot to lot. A position
        held before the first bar has no entry time. `exit_reason` says what made its last closing
        fill, such as ``"signal"``, ``"stop_loss"`` or ``"target_hit"``.
        """
        return self._table(tables.trades)

    @cached_property
    def positions(self) -> pl.DataFrame:
        """What was held at each close: quantity, average and marked price, value, unrealised."""
        return self._table(tables.positions)

    @cached_property
    def ledger(self) -> pl.DataFrame:
        """Every movement of cash by category, in the order in which it was made.

        Initial cash plus all amounts in this order is the cash at the end, to the bit. A split
        moves no cash; its row has the ratio as quantity.
        """
        return self._table(tables.ledger)

    @cached_property
    def rejections(self) -> pl.DataFrame:
        """The orders that did not fill in full: wanted, done, and the reason why."""
        return self._table(tables.rejections)

    @cached_property
    def stop_levels(self) -> pl.DataFrame:
        """Where the `Stops` of each position lay after each close: quantity, stop, target, time_up.

        `kind` says which stop is the nearest, `time_up` is the bar at whose open the position is
        closed; null: no such level. Found by going through the run again, bar by bar while
        something is held: seconds for millions of bars. Not for strategies that decide bar by bar.
        """
        return self._table(levels.frame)

    @cached_property
    def incidents(self) -> pl.DataFrame:
        """Margin calls, halts, debt, flagged fees and violations."""
        return self._table(tables.incidents)

    @cached_property
    def insurance_fund(self) -> pl.DataFrame:
        """What liquidations paid to the insurance fund (below 0: it paid), and the sum as `balance`."""
        return self._table(insurance.frame)

    @cached_property
    def attribution(self) -> pl.DataFrame:
        """What prices, slippage, fees, financing and flows did to equity: account, cause, amount.

        The amounts from the initial equity on add up to the final equity.
        """
        return pl.concat([attribution.attribution(book) for book in self.books])

    @cached_property
    def currency_gains(self) -> pl.DataFrame:
        """What prices and what rates of exchange did to assets in another currency, bar by bar.

        `price_pnl` is the change of price at the rate before, `fx_pnl` the change of rate on the
        price after; together they are the asset's profit before slippage and fees.
        """
        return self._table(exchange.frame)

    # ---- the account at each close ----

    @cached_property
    def equity(self) -> pl.DataFrame:
        """Equity at each close, and how far below its peak (a fraction, at most 0)."""
        return self.curves(curves.equity)

    @cached_property
    def cash(self) -> pl.DataFrame:
        """Cash at each close, settled and not."""
        return self.curves(curves.cash)

    @cached_property
    def balances(self) -> pl.DataFrame:
        """What there is of each currency at each close, in that currency: a column for each."""
        return self.curves(exchange.balances)

    @cached_property
    def margin(self) -> pl.DataFrame:
        """Initial and maintenance requirement, free equity, buying power, amount of a call.

        Also `available_funds` and `excess_liquidity`, equity beyond each requirement, and in a
        `RegT` account `sma`, the special memorandum account.
        """
        return self.curves(curves.margin)

    @cached_property
    def exposure(self) -> pl.DataFrame:
        """Market value held at each close: gross, net, long, short (at most 0)."""
        return self.curves(curves.exposure)

    @cached_property
    def returns(self) -> pl.DataFrame:
        """Return of each bar: equity over the equity before plus flows, less 1."""
        return self.curves(curves.returns)

    @cached_property
    def drawdowns(self) -> pl.DataFrame:
        """Each stretch below the peak: its times, depth (a fraction below 0) and length in bars."""
        return pl.concat([curves.drawdowns(book, self._times) for book in self.books])

    def curves(self, make: Callable[[Book], dict[str, Any]]) -> pl.DataFrame:
        """Return columns by time, made for each account."""
        return curves.by_time(self.books, self._times, make)

    # ---- numbers ----

    def stats(self, risk_free: float = 0.0, periods_per_year: float | None = None) -> pl.DataFrame:
        """Return statistics, one row an account.

        Parameters
        ----------
        risk_free
            Yearly risk-free rate, a fraction, taken off returns in Sharpe and Sortino.
        periods_per_year
            Bars a year; None: found from the times and the calendar, see `assumptions`.

        Returns
        -------
        polars.DataFrame
            Returns and drawdown are fractions; `max_drawdown` is at most 0. Trades are round trips
            from flat to flat. `exposure` is the share of bars with a position at the close,
            `turnover` the value traded a year over mean equity, leverage is over equity. `ulcer` is
            the root mean square of drawdowns; `skew` and `kurtosis` (3 when normal) are those of
            returns, `omega` gains over losses, `value_at_risk` the return that 5 % of the bars are
            at or below and `conditional_value_at_risk` their mean. `rejected` orders were refused;
            `not_filled` counts them and all others that did not fill in full. NaN: not defined,
            such as Sharpe without variance. Null: not recorded.
        """
        books = self.books
        _check.single("periods_per_year", periods_per_year, 0.0, strict=True)
        if not np.isfinite(risk_free):
            raise ValueError(f"risk_free must be finite, was {risk_free}")
        if periods_per_year is not None:
            books = tuple(replace(book, per_year=float(periods_per_year)) for book in books)
        return summary.frame([summary.row(book, self._times, risk_free) for book in books])

    @property
    def total_return(self) -> Scalar:
        """Final over initial equity, less 1, compounded around flows."""
        return self._number("total_return")

    @property
    def cagr(self) -> Scalar:
        """Yearly growth; NaN where equity is not above 0."""
        return self._number("cagr")

    @property
    def volatility(self) -> Scalar:
        """Standard deviation of returns, a year."""
        return self._number("volatility")

    @property
    def sharpe(self) -> Scalar:
        """Mean over standard deviation of returns, a year; NaN without variance."""
        return self._number("sharpe")

    @property
    def sortino(self) -> Scalar:
        """Mean return over downside deviation (over all bars), a year; NaN without losses."""
        return self._number("sortino")

    @property
    def calmar(self) -> Scalar:
        """Yearly growth over the deepest fall; NaN without a fall."""
        return self._number("calmar")

    @property
    def max_drawdown(self) -> Scalar:
        """Deepest fall from a peak, at most 0; the initial equity is a peak."""
        return self._number("max_drawdown")

    @property
    def n_trades(self) -> Scalar:
        """Closed round trips."""
        return self._number("n_trades")

    @property
    def win_rate(self) -> Scalar:
        """Share of round trips with a profit after fees; NaN without any."""
        return self._number("win_rate")

    @property
    def profit_factor(self) -> Scalar:
        """Profits over losses of round trips; NaN without losses."""
        return self._number("profit_factor")

    @property
    def expectancy(self) -> Scalar:
        """Mean profit of a round trip after fees; NaN without any."""
        return self._number("expectancy")

    # ---- what it rests on ----

    @cached_property
    def assumptions(self) -> Assumptions:
        """Account, fills, costs, policies, data and versions, in words."""
        if self._assumptions is not None:
            return self._assumptions
        assert self._source is not None
        return assumptions_of(self._source, tuple(book.label for book in self.books))

    @property
    def state(self) -> State | tuple[State, ...]:
        """The end of the run, to start another from; one an account when there are several."""
        states = tuple(book.state for book in self.books)
        return states[0] if len(states) == 1 else states

    def explain(self, asset: str, time: Any) -> explain.Explanation:
        """Say what was wanted of an asset on one bar, what was tried, what happened and why.

        Parameters
        ----------
        asset
            Name of the asset.
        time
            Date or time of the bar, such as ``"2012-03-09"``, or its number.
        """
        if asset not in self.assets:
            raise KeyError(f"no asset {asset!r}; there are {', '.join(self.assets[:8])}")
        return explain.explain(self, asset, bar_of(self._times, time))

    def benchmark(self) -> "Result":
        """Return buy and hold of the same assets: same account, money and costs, 1/N each.

        Stops, resting orders, limits and exclusive groups of the run are left out: they would sell
        what is to be held.
        """
        from barledger.lowering.holding import held_instead

        if self._source is None:
            raise NotRecorded("a loaded result has no bars; run the benchmark from the bars")
        source = replace(
            self._source, stops=None, orders=None, limits=RiskLimits(), exclusive=(), netting=None
        )
        labels, per_year = tuple(book.label for book in self.books), self.books[0].per_year
        columns = tuple(tuple(map(int, book.columns)) for book in self.books)
        if len(columns) == 1 and len(columns[0]) == len(self.assets):
            return result_of([held_instead(source)], labels, columns, source, per_year)
        parts = [source.of(book.columns.tolist(), book.initial_cash) for book in self.books]
        runs = [held_instead(part) for part in parts]
        return result_of(runs, labels, columns, source, per_year)

    # ---- looking at it ----

    def plot(
        self, *, asset: str | None = None, benchmark: bool = True, theme: "Theme" = "light"
    ) -> "Figure":
        """Return one interactive figure: equity, drawdown, prices and marks, exposure, margin.

        Marks on the price are filled for what happened and hollow for orders that did not fill in
        full; hovering names the reason. Long runs are drawn by the extremes of each pixel. Needs
        ``record="equity"``; all but equity and drawdown needs ``"full"``. Several accounts are
        added up. Needs plotly: ``pip install 'barledger[plot]'``.

        Parameters
        ----------
        asset
            Whose price is shown; None: a menu of those with most orders.
        benchmark
            Whether buy and hold of the same assets is drawn beside equity.
        theme
            ``"light"`` (default) or ``"dark"``.
        """
        from barledger import plots

        return plots.plot(self, asset=asset, benchmark=benchmark, theme=theme)

    def plot_trades(self, *, theme: "Theme" = "light") -> "Figure":
        """Return the figure of closed trades: returns, bars held, furthest for and against."""
        from barledger import plots

        return plots.plot_trades(self, theme=theme)

    def plot_returns(
        self, *, window: int | None = None, benchmark: bool = True, theme: "Theme" = "light"
    ) -> "Figure":
        """Return the figure of returns: by month and year, rolling Sharpe and beta.

        Parameters
        ----------
        window
            Bars that the rolling numbers look back; None: half a year, or a fifth of a shorter run.
        benchmark
            Whether beta on buy and hold is drawn.
        theme
            ``"light"`` (default) or ``"dark"``.
        """
        from barledger import plots

        return plots.plot_returns(self, window=window, benchmark=benchmark, theme=theme)

    def plot_ledger(self, *, theme: "Theme" = "light") -> "Figure":
        """Return the waterfall from the initial to the final equity, by cause."""
        from barledger import plots

        return plots.plot_ledger(self, theme=theme)

    def plot_positions(self, *, theme: "Theme" = "light") -> "Figure":
        """Return the figure of what was held: share of equity by asset, number of positions."""
        from barledger import plots

        return plots.plot_positions(self, theme=theme)

    def report(self, path: str | Path, *, title: str | None = None) -> Path:
        """Write one HTML page: numbers, assumptions, figures and tables; returns its path.

        The page needs no network, no other file and no optional package, and reads at the width of
        a phone. Needs ``record="equity"``; all but curves and returns needs ``"full"``.

        Parameters
        ----------
        path
            File to write; an old one is replaced.
        title
            Heading of the page.
        """
        from barledger import report
        from barledger.result.reasons import REASONS

        report.write(self, Path(path), title, REASONS)
        return Path(path)

    # ---- parts of it ----

    @property
    def times(self) -> npt.NDArray[Any]:
        """Times of the bars that it tells of, (T,)."""
        return self._times[self.books[0].first : self.books[0].stop]

    @property
    def all_times(self) -> npt.NDArray[Any]:
        """Times of all bars of the run, (T,)."""
        return self._times

    @property
    def source(self) -> "Request | None":
        """What was asked for; None when loaded from a file."""
        return self._source

    def __getitem__(self, key: Any) -> "Result | Part":
        if isinstance(key, slice):
            offset = self.books[0].first
            rows = rows_between(self.times, key)
            first, stop = rows.start + offset, rows.stop + offset
            return self._with([book.between(first, stop) for book in self.books])
        labels = [book.label for book in self.books]
        if key in labels and (len(labels) > 1 or key not in self.assets):
            return self._with([self.books[labels.index(key)]])
        if key in self.assets:
            return Part(self, key)
        raise KeyError(f"no asset or account {key!r}; there are {', '.join(self.assets[:8])}")

    def _with(self, books: Sequence[Book]) -> "Result":
        return Result(books, self._times, self.assets, self._source, self.assumptions)

    # ---- keeping it ----

    def save(self, path: str | Path) -> None:
        """Write everything but the bars to one parquet file."""
        store.save(self, Path(path))

    @classmethod
    def load(cls, path: str | Path) -> "Result":
        """Read what `save` has written; it tells the same, and continues from its state."""
        return cls(*store.load(Path(path)))

    def __repr__(self) -> str:
        return show.text(self)

    def _repr_html_(self) -> str:
        return show.html(self)

    def _table(self, make: Callable[[Book, tables.Labels], pl.DataFrame]) -> pl.DataFrame:
        labels = tables.Labels(self._times, self.assets)
        return pl.concat([make(book, labels) for book in self.books])

    def _number(self, name: str) -> Scalar:
        numbers = [summary.scalars(book)[name] for book in self.books]
        if len(numbers) == 1:
            return numbers[0]
        return pl.DataFrame({"account": [book.label for book in self.books], name: numbers})


def result_of(
    runs: Sequence[Run],
    labels: Sequence[str],
    columns: Sequence[tuple[int, ...]],
    request: "Request",
    per_year: float | None = None,
) -> Result:
    """Return the result of one run an account; `columns` are those of each account's assets.

    `per_year` are bars a year where that is known, else found from the bars.
    """
    per_year = bars_a_year(request)[0] if per_year is None else per_year
    books = [
        book_of(run, label, np.array(part, np.int64), per_year)
        for run, label, part in zip(runs, labels, columns, strict=True)
    ]
    return Result(books, request.bars.time, request.bars.assets, request)
