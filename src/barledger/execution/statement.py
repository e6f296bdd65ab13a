"""Recorded fills through the same ledger as a backtest's: cash, equity, margin and positions.

Prices, events and fills come in; who made the fills is not asked.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from barledger.accounts import Account
from barledger.data.bars import Bars
from barledger.data.foreign import as_polars
from barledger.data.funding import end_of
from barledger.data.stamps import as_stamps, shown
from barledger.execution.records import Movement, entry_rows, fill_rows
from barledger.kernel.codes import Category
from barledger.lowering import wishes
from barledger.lowering.asked import checked_bars, request_of
from barledger.lowering.replays import closes_of, holdings_of
from barledger.lowering.terms import settlement_prices
from barledger.options import Shares
from barledger.state import State

FILLS = ("time", "asset", "quantity", "price", "fee")
MOVEMENTS = ("time", "asset", "category", "amount", "price", "quantity")
NOT_MOVED = ("trade", "fee")  # these are the fills' own


@dataclass(frozen=True, slots=True, repr=False)
class Statement:
    """What an account looked like at each close.

    Attributes
    ----------
    account
        By time: cash, equity, initial, maintenance, gross, net.
    positions
        By time and asset: quantity, average, price, value beside cash; what was held at the close.
    """

    account: pl.DataFrame
    positions: pl.DataFrame

    def __repr__(self) -> str:
        last = self.account.row(-1, named=True)
        return f"<Statement {len(self.account)} bars: cash {last['cash']:,.2f}, equity {last['equity']:,.2f}>"


def statement(
    bars: Bars,
    fills: Any,
    movements: Any = None,
    *,
    account: Account | None = None,
    initial_cash: float = 100_000.0,
    start: State | None = None,
) -> Statement:
    """Put recorded fills and movements of cash through the ledger.

    Parameters
    ----------
    bars
        Prices that positions are marked at, with contracts; a fill belongs to the bar that its time
        lies in.
    fills
        A frame with the columns time (or bar), asset, quantity (signed), price, fee: in the order
        in which they happened. One fill may close a position and open the opposite one.
    movements
        A frame with the columns time (or bar), asset (null for none), category and amount: what the
        broker booked beside fills, such as ``"funding"`` or ``"dividend"``; a ``"split"`` has its
        ratio in a column quantity. Variation of futures needs none: it follows from the bars'
        settlement prices, unless rows of ``"variation"`` with their price are given.
    account
        What margin is reckoned by; `Unlimited` (none) when None.
    initial_cash, start
        As in `Portfolio.from_signals`.

    Returns
    -------
    Statement
        The account's books, which may be laid beside the broker's, or a backtest's.

    Raises
    ------
    ValueError, TypeError
        Where a record does not fit the bars.

    Examples
    --------
    >>> import barledger as bl, polars as pl
    >>> bars = bl.Bars.from_arrays([10.0, 11.0], assets="A")
    >>> fills = {"bar": [0], "asset": ["A"], "quantity": [100.0], "price": [10.0], "fee": [1.0]}
    >>> bl.execution.statement(bars, pl.DataFrame(fills), initial_cash=2_000).account["equity"].to_list()
    [1999.0, 2099.0]
    """
    from barledger.accounts import Unlimited

    checked_bars(bars)
    nothing = wishes.from_quantities(bars, np.full(bars.shape, np.nan))
    options = {"account": account or Unlimited(), "initial_cash": initial_cash, "start": start}
    request = request_of(bars, nothing, Shares(0.0), options)
    made = _moved(bars, movements)
    held = {} if start is None else {name: row[0] for name, row in start.positions.items()}
    rows = fill_rows(_traded(bars, fills), made, bars.contracts, _held(bars, held))
    entries = entry_rows(made, rows)
    table, holdings = closes_of(request, rows, entries), holdings_of(request, rows, entries)
    frame = {"time": bars.time, **{name: getattr(table, name) for name in COLUMNS}}
    kept = holdings[holdings["bar"] >= 0]
    return Statement(
        pl.DataFrame(frame),
        pl.DataFrame(
            {
                "time": bars.time[kept["bar"]],
                "asset": [bars.assets[column] for column in kept["asset"]],
                "quantity": kept["quantity"],
                "average": kept["average"],
                "price": kept["mark"],
                "value": kept["worth"],
            }
        ),
    )


COLUMNS = ("cash", "equity", "initial", "maintenance", "gross", "net")


def _held(bars: Bars, positions: dict[str, float]) -> Any:
    held = np.zeros(len(bars.assets))
    for asset, quantity in positions.items():
        held[bars.assets.index(asset)] = quantity
    return held


def _traded(bars: Bars, fills: Any) -> list[tuple[int, int, float, float, float]]:
    """Return (bar, column, quantity, price, fee) of each fill."""
    frame = _frame("fills", fills, FILLS)
    at = _bars_of("fills", bars, frame)
    columns = _columns_of("fills", bars, frame)
    rows = []
    for bar, column, quantity, price, fee in zip(
        at, columns, *(frame[name].to_list() for name in FILLS[2:]), strict=True
    ):
        if quantity is None or price is None or fee is None or column < 0 or quantity == 0.0:
            raise ValueError(
                f"a fill needs asset, quantity, price and fee; that of bar {bar} lacks one"
            )
        rows.append((bar, column, float(quantity), float(price), float(fee)))
    return rows


def _moved(bars: Bars, movements: Any) -> list[Movement]:
    """Return what moved cash beside fills, settlements of futures among it, by bar."""
    rows: list[Movement] = []
    if movements is not None:
        frame = _frame("movements", movements, MOVEMENTS[:4])
        frame = frame.filter(~pl.col("category").is_in(NOT_MOVED))
        more = [
            frame[name].to_list() if name in frame.columns else [None] * len(frame)
            for name in MOVEMENTS[2:]
        ]
        for bar, column, category, amount, price, quantity in zip(
            _bars_of("movements", bars, frame),
            _columns_of("movements", bars, frame),
            *more,
            strict=True,
        ):
            known = [code.name.lower() for code in Category]
            if category not in known:
                raise ValueError(
                    f"movements: category must be one of {', '.join(known)}; was {category!r}"
                )
            rows.append(Movement(bar, column, Category[category.upper()], amount, price, quantity))
    if not any(row.category == Category.VARIATION for row in rows):
        rows += _settlements(bars)
    return sorted(rows, key=lambda row: row.bar)


def _settlements(bars: Bars) -> list[Movement]:
    if all(contract.kind != "future" for contract in bars.kinds):
        return []
    prices = settlement_prices(bars)
    at, columns = np.nonzero(~np.isnan(prices))
    return [
        Movement(bar, column, Category.VARIATION, 0.0, prices[bar, column], None)
        for bar, column in zip(at.tolist(), columns.tolist(), strict=True)
    ]


def _frame(name: str, given: Any, wanted: tuple[str, ...]) -> pl.DataFrame:
    frame: Any = as_polars(given, name)
    missing = [column for column in wanted[1:] if column not in frame.columns]
    if missing or not {"time", "bar"} & set(frame.columns):
        raise ValueError(
            f"{name} must have the columns {', '.join(wanted)} (bar in place of time); "
            f"found {', '.join(frame.columns)}"
        )
    return frame  # type: ignore[no-any-return]


def _bars_of(name: str, bars: Bars, frame: pl.DataFrame) -> list[int]:
    """Return the bar that each row's time lies in."""
    if "bar" in frame.columns:
        at = frame["bar"].to_numpy().astype(np.int64)
        outside = (at < 0) | (at >= len(bars))
    else:
        times = as_stamps(frame["time"], f"{name} time").times
        at = np.searchsorted(bars.time, times, side="right") - 1
        outside = (at < 0) | (times >= end_of(bars.time))
    if outside.any():
        row = int(np.argmax(outside))
        raise ValueError(
            f"{name}: row {row} lies outside the bars, which are from {shown(bars.time[0])} to "
            f"{shown(end_of(bars.time))}"
        )
    if (np.diff(at) < 0).any():
        row = int(np.argmax(np.diff(at) < 0)) + 1
        raise ValueError(f"{name} must be in the order of time; row {row} comes before its own")
    return at.tolist()  # type: ignore[no-any-return]


def _columns_of(name: str, bars: Bars, frame: pl.DataFrame) -> list[int]:
    columns = {asset: column for column, asset in enumerate(bars.assets)}
    for asset in frame["asset"].unique().to_list():
        if asset is not None and asset not in columns:
            raise ValueError(f"{name} name {asset!r}, which the bars do not have")
    return [-1 if asset is None else columns[asset] for asset in frame["asset"].to_list()]
