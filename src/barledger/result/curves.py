"""What an account looked like at each close, as polars frames by time."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from barledger.result.book import Book
from barledger.result.special import memorandum

Floats = npt.NDArray[np.float64]


def by_time(
    books: Sequence[Book], times: Any, make: Callable[[Book], dict[str, Any]]
) -> pl.DataFrame:
    """Return columns by time; with several accounts, one below the other, and their labels."""
    frames = []
    for book in books:
        head: dict[str, Any] = {"time": times[book.first : book.stop]}
        if len(books) > 1:
            head["account"] = pl.repeat(
                book.label, book.stop - book.first, dtype=pl.String, eager=True
            )
        frames.append(pl.DataFrame({**head, **make(book)}))
    return pl.concat(frames)


def equity(book: Book) -> dict[str, Any]:
    """Equity and how far it is below its peak."""
    return {"equity": book.equity, "drawdown": drawdown(book)}


def drawdown(book: Book) -> Floats:
    """Return equity over its highest so far, less 1; flows move the peak in proportion."""
    base = np.concatenate(([book.initial_equity], book.equity))
    bars, amounts = book.flows
    factor = np.ones(len(base))
    paid_in = np.zeros(len(base))  # before each bar, by the flows that came first
    for bar, amount in zip(bars, amounts, strict=True):
        before = base[bar] + paid_in[bar]
        paid_in[bar] += amount
        if before > 0.0 and before + amount > 0.0:
            factor[bar + 1 :] *= before / (before + amount)
    scaled = base * factor if len(bars) else base
    with np.errstate(divide="ignore", invalid="ignore"):
        return (scaled / np.maximum.accumulate(scaled) - 1.0)[1:]


def cash(book: Book) -> dict[str, Any]:
    """All cash, and how much of it has settled."""
    closes = book.closes
    return {
        "cash": closes.cash,
        "settled": closes.settled,
        "unsettled": closes.cash - closes.settled,
    }


def margin(book: Book) -> dict[str, Any]:
    """Requirements, what is free beyond them, what it could buy, and what a call asks for.

    An unlimited account could buy without bound: infinity. `available_funds` is equity beyond Σ
    initial and `excess_liquidity` equity beyond Σ maintenance, as brokers call them; `sma` is the
    special memorandum account of a `RegT` account, which buys 1 / initial times itself.
    """
    closes = book.closes
    free = closes.settled if book.kind == "Cash" else closes.equity - closes.initial
    if book.kind == "PerpIsolated":
        free = closes.cash - closes.initial
    if book.kind == "FreeCash":
        free = closes.cash - 2.0 * _sold_short(book)
    power = np.maximum(free, 0.0) / book.opening_rate
    lacking = np.maximum(closes.maintenance - closes.equity, 0.0)
    return {
        "initial": closes.initial,
        "maintenance": closes.maintenance,
        "free": free,
        "buying_power": np.full(len(free), np.inf) if book.kind == "Unlimited" else power,
        "call_amount": np.where(closes.maintenance > 0.0, lacking, 0.0),
        "available_funds": closes.equity - closes.initial,
        "excess_liquidity": closes.equity - closes.maintenance,
        **({"sma": memorandum(book)} if book.kind == "RegT" else {}),
    }


def _sold_short(book: Book) -> Floats:
    """Return what the shorts held at each close were sold for, (T,)."""
    rows = book.holdings[(book.holdings["quantity"] < 0.0) & (book.holdings["bar"] >= book.first)]
    values = -rows["quantity"] * rows["average"] * book.multipliers[rows["asset"]]
    return np.bincount(rows["bar"] - book.first, values, minlength=len(book.equity)).astype(float)


def exposure(book: Book) -> dict[str, Any]:
    """Market value of what is held: gross, net, long, and short (at most 0)."""
    closes = book.closes
    return {
        "gross": closes.gross,
        "net": closes.net,
        "long": 0.5 * (closes.gross + closes.net),
        "short": 0.5 * (closes.net - closes.gross),
    }


def returns(book: Book) -> dict[str, Any]:
    """Return of each bar, a fraction."""
    return {"return": book.returns}


def drawdowns(book: Book, times: Any) -> pl.DataFrame:
    """Return each stretch below the peak: where it began, how deep it went, when it was made good."""
    fall = drawdown(book)
    under = np.concatenate(([False], fall < 0.0, [False]))
    edges = np.flatnonzero(np.diff(under.astype(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    valleys = [
        first + int(np.argmin(fall[first:end])) for first, end in zip(starts, ends, strict=True)
    ]
    clock = pl.Series("time", times[book.first : book.stop])

    def at(bars: Any) -> pl.Series:
        index = pl.Series(np.asarray(bars, np.int64))
        return clock.gather(index.set((index < 0) | (index >= len(fall)), None))

    return pl.DataFrame(
        {
            "account": pl.repeat(book.label, len(starts), dtype=pl.String, eager=True),
            "peak_time": at(starts - 1),
            "valley_time": at(valleys),
            "recovery_time": at(ends),
            "depth": fall[np.asarray(valleys, np.int64)],
            "bars": (ends - starts).astype(np.int64),
            "status": pl.Series(["open", "recovered"], dtype=pl.String).gather(
                (ends < len(fall)).astype(np.int64)
            ),
        }
    )
