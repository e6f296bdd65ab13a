"""Stop levels of positions by bar, as a frame and as sentences."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from barledger.data.stamps import shown
from barledger.lowering.levels import Level, levels_at
from barledger.result.book import Book, NotRecorded
from barledger.result.tables import Labels

SCHEMA = {
    "bar": pl.Int64, "account": pl.String, "asset": pl.String, "quantity": pl.Float64,
    "stop": pl.Float64, "kind": pl.String, "target": pl.Float64, "time_up": pl.Int64,
}  # fmt: skip


def frame(book: Book, labels: Labels) -> pl.DataFrame:
    """Return the levels of one account at every close with a position."""
    held = np.unique(book.holdings["bar"])
    bars = held[held >= book.first].tolist()
    rows = [
        (level.bar, book.label, labels.assets[int(book.columns[level.asset])], *_row(level))
        for level in _levels(book, bars)
    ]
    found = pl.DataFrame(rows, SCHEMA, orient="row")
    times = labels.times.gather(found["bar"]).alias("time")
    return found.insert_column(0, times)


def _row(level: Level) -> tuple[float | str | int | None, ...]:
    kind = "trailing_stop" if level.is_trailing else "stop_loss"
    known = np.isfinite(level.stop)
    return (
        level.quantity,
        level.stop if known else None,
        kind if known else None,
        level.target if np.isfinite(level.target) else None,
        int(level.until) if np.isfinite(level.until) else None,
    )


def lines(book: Book, asset: int, bar: int, times: np.ndarray) -> Iterator[str]:
    """Say where the stops of one asset lie after the close of a bar, where that is known."""
    if book.run is None or book.record != "full" or is_decided(book):
        return
    for level in _levels(book, [bar]):
        if book.columns[level.asset] == asset:
            parts = [
                f"{'trailing stop' if level.is_trailing else 'stop'} {level.stop:,.6g}",
                f"target {level.target:,.6g}",
                _time_up(level.until, times),
            ]
            known = np.isfinite([level.stop, level.target, level.until])
            yield "its levels from the next bar on: " + ", ".join(
                part for part, is_there in zip(parts, known, strict=True) if is_there
            )


def _time_up(until: float, times: np.ndarray) -> str:
    if not np.isfinite(until):
        return ""
    bar = int(until)
    return f"closed at the open of {shown(times[bar]) if bar < len(times) else f'bar {bar}'}"


def _levels(book: Book, bars: list[int]) -> Iterator[Level]:
    if book.run is None:
        raise NotRecorded("a loaded result has no bars: stop levels are found from the run itself")
    if is_decided(book) and book.run.request.stops is not None:
        raise NotRecorded(
            "stop levels are found by going through the run again, which a strategy that decides "
            "bar by bar cannot be: it may have a memory of its own"
        )
    return levels_at(book.run.request, bars)


def is_decided(book: Book) -> bool:
    """Whether a strategy placed the orders bar by bar, so that they are not in the request."""
    return book.run is not None and book.run.request.wishes.kind == "callback"
