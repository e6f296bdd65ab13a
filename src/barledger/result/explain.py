"""What happened to one asset on one bar, and why, in sentences."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from barledger.data.bars import Bars
from barledger.data.stamps import shown
from barledger.kernel.codes import Flag
from barledger.lowering.wishes import Wishes
from barledger.result import hits, levels
from barledger.result.reasons import CAUSES, INCIDENTS, REASONS

if TYPE_CHECKING:
    from barledger.result.result import Result

SIGNALS = {
    Flag.LONG_ENTRY: "long entry",
    Flag.LONG_EXIT: "long exit",
    Flag.SHORT_ENTRY: "short entry",
    Flag.SHORT_EXIT: "short exit",
}


CARRIED = {
    "dividend": ", {price:g} a share on {quantity:+,.6g}",
    "borrow": ", at {price:.4g} a year on {quantity:+,.6g}",
}


class Explanation(str):
    """Text that prints itself with its lines."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def explain(result: "Result", asset: str, bar: int) -> Explanation:
    """Return all that is known of one asset on one bar."""
    head = f"{asset} on {shown(result.all_times[bar])} (bar {bar})"
    lines = list(_asked(result, asset, bar))
    for book in result.books:
        if result.assets.index(asset) in book.columns:
            margin = "  " if len(result.books) > 1 else ""
            lines += [f"account {book.label}:"] if margin else []
            lines += [margin + line for line in _happened(result, asset, bar, book.label)]
    return Explanation("\n".join([head, *(f"  {line}" for line in lines)]))


def _asked(result: "Result", asset: str, bar: int) -> Iterator[str]:
    """Say what the bar was and what was asked for, as far as the bars are at hand."""
    source = result.source
    if source is not None:
        column = result.assets.index(asset)
        yield price_line(source.bars, bar, column)
        lag = 0 if source.fill == "close" else 1 + source.delay
        yield from wish_lines(source.wishes, bar, column, lag)


def _happened(result: "Result", asset: str, bar: int, account: str) -> Iterator[str]:
    """Say what became of orders, money and the position."""
    here = {"bar": bar, "account": account}
    mine = {**here, "asset": asset}
    hit = hits.told_by(result, asset, bar, account)
    fills = hits.numbered(result.fills).filter(**mine)
    lines = [
        *entry_lines(result.ledger.filter(**mine)),
        *order_lines(result.orders.filter(**mine), fills, hit),
        *incident_lines(
            result.incidents.filter(
                (pl.col("bar") == bar)
                & (pl.col("account") == account)
                & ((pl.col("asset") == asset) | pl.col("asset").is_null())
            )
        ),
    ]
    lines += waiting_lines(
        result.orders.filter(account=account, asset=asset)
        .filter(pl.col("bar") > bar)
        .filter(pl.col("placed") <= result.all_times[bar]),
        result.fills.filter(**mine),
    )
    yield from lines or ["no order, no fill, no movement of cash"]
    held = result.positions.filter(**mine)
    yield holding_line(held)
    if len(held):
        book = next(each for each in result.books if each.label == account)
        yield from levels.lines(book, result.assets.index(asset), bar, result.all_times)


def price_line(bars: Bars, bar: int, column: int) -> str:
    """Return the bar's own prices."""
    parts = [
        f"{name} {matrix[bar, column]:,.6g}"
        for name, matrix in bars.matrices.items()
        if name in ("open", "high", "low", "close", "settlement", "mark")
    ]
    tradable = bars.tradable
    closed = tradable is not None and not tradable[bar, column]
    return "bar: " + ", ".join(parts) + (", not tradable" if closed else "")


def wish_lines(wishes: Wishes, bar: int, column: int, lag: int) -> Iterator[str]:
    """Say what was asked for on this bar."""
    flags = int(wishes.flags[bar, column])
    when = ("this bar", "the next bar")[lag] if lag < 2 else f"the bar {lag} later"
    names = " and ".join(name for flag, name in SIGNALS.items() if flags & flag)
    if names:
        yield f"signal: {names}, for {when}"
    if flags & Flag.TARGET and wishes.numbers is not None:
        yield f"target: {_target(wishes.numbers[bar, column], wishes.unit)}, for {when}"
    elif flags & Flag.ORDER and wishes.numbers is not None:
        yield f"order: {wishes.numbers[bar, column]:+,.6g}, for {when}"
    elif flags & Flag.ORDER and wishes.orders is not None:
        rows = wishes.orders[(wishes.orders["bar"] == bar) & (wishes.orders["asset"] == column)]
        yield f"orders: {', '.join(f'{q:+,.6g}' for q in rows['quantity'])}, for {when}"


def _target(number: float, unit: str) -> str:
    return f"{number:.2%} of equity" if unit == "percent" else f"{number:,.6g} {unit}"


def order_lines(orders: pl.DataFrame, fills: pl.DataFrame, hit: hits.Hits) -> Iterator[str]:
    """Say how each order ended, which level was hit, at what prices it filled and what remained."""
    for order in orders.iter_rows(named=True):
        yield _order(order)
        yield from (f"  {line}" for line in hit.lines(order))
        for fill in fills.filter(order=order["order"]).iter_rows(named=True):
            yield f"  {_fill(fill)}{hit.after(fill)}"


def waiting_lines(orders: pl.DataFrame, fills: pl.DataFrame) -> Iterator[str]:
    """Name the orders that are made and not ended yet, and what they fill meanwhile."""
    for order in orders.iter_rows(named=True):
        placed = shown(_stamp(order["placed"]))
        yield f"order {order['order']}, {CAUSES[order['cause']]}{hits.terms(order)} on {placed}: waits"
        for fill in fills.filter(order=order["order"]).iter_rows(named=True):
            yield f"  {_fill(fill)}"


def _order(order: dict[str, Any]) -> str:
    wanted = "" if order["quantity"] is None else f" for {order['quantity']:+,.6g}"
    made = CAUSES[order["cause"]]
    made += hits.terms(order)
    placed = f" on {shown(_stamp(order['placed']))}" if order["placed"] is not None else ""
    text = f"order {order['order']}{wanted}, {made}{placed}: {order['state'].replace('_', ' ')}"
    if order["reason"] is None:
        return text
    done = f" ({order['filled']:+,.6g} done)" if order["filled"] else ""
    name = "" if order["reason"] == order["state"] else f", {order['reason']}"
    return f"{text}{done}{name}: {REASONS[order['reason']]}"


def _fill(fill: dict[str, Any]) -> str:
    what = "closed" if fill["closes"] else "opened"
    text = f"{what} {fill['quantity']:+,.6g} at {fill['price']:,.6g}"
    slipped = f", {fill['slippage']:,.2f} of it slippage" if fill["slippage"] else ""
    fee = f"fee {fill['fee']:,.2f}" if fill["fee"] >= 0.0 else f"rebate of {-fill['fee']:,.2f}"
    return f"{text}: cash {fill['amount']:+,.2f}, {fee}{slipped}"


def entry_lines(entries: pl.DataFrame) -> Iterator[str]:
    """Say what moved cash, or the position, without a fill."""
    for entry in entries.iter_rows(named=True):
        if entry["category"] == "split":
            yield f"split: each share became {entry['quantity']:g}"
        elif entry["category"] not in ("trade", "fee"):
            text = f"{entry['category'].replace('_', ' ')}: cash {entry['amount']:+,.2f}"
            yield text + CARRIED.get(entry["category"], "").format(**entry)


def incident_lines(incidents: pl.DataFrame) -> Iterator[str]:
    """Say what else is worth knowing."""
    for incident in incidents.iter_rows(named=True):
        yield INCIDENTS[incident["kind"]].format(
            amount=incident["amount"], level=incident["level"] or 0.0
        )


def holding_line(positions: pl.DataFrame) -> str:
    """Say what was held after the close."""
    if positions.is_empty():
        return "after the close: flat"
    held = positions.row(0, named=True)
    return (
        f"after the close: holds {held['quantity']:+,.6g}, opened at {held['average']:,.6g} on "
        f"average, marked at {held['price']:,.6g}: {held['unrealised']:+,.2f} unrealised"
    )


def _stamp(value: Any) -> Any:
    return value if isinstance(value, int) else np.datetime64(value)
