"""What an order waited for, which level a bar hit and along which path, and what was left, in words."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from barledger.result.result import Result

LEVELS = ("stop_loss", "trailing_stop", "target_hit")
KINDS = {
    "limit": "a limit at {level:,.6g}",
    "stop": "a stop at {level:,.6g}",
    "stop_limit": "a stop at {stop:,.6g} with a limit at {level:,.6g}",
    "market_if_touched": "at the market if {level:,.6g} is touched",
    "market_on_open": "at the open",
    "market_on_close": "at the close",
    "market_with_protection": "at the market, protected within {stop:,.6g}",
    "trailing_stop": "a stop at {level:,.6g} that trails by {stop:,.6g}",
}
LIVES = {
    "gtc": "good till cancelled", "gtd": "good till {until}", "day": "good for the day",
    "next": "good for one bar", "ioc": "good for one open", "fok": "filled whole or killed",
}  # fmt: skip
PATHS = {
    "worst": "the adverse extreme first", "best": "the favourable extreme first",
    "ohlc": "the high before the low", "olhc": "the low before the high",
    "nearest": "the extreme nearer the open first",
}  # fmt: skip


def terms(order: dict[str, Any]) -> str:
    """Return what an order waited for and how long, as far as it did."""
    if order["kind"] not in KINDS or order["cause"] in LEVELS:
        return ""
    numbers = {name: np.nan if order[name] is None else order[name] for name in ("level", "stop")}
    life = LIVES.get(order["tif"] or "", "").format(until=order["until"])
    return ", " + KINDS[order["kind"]].format(**numbers) + (f", {life}" if life else "")


class Hits(NamedTuple):
    """One asset's bar: its prices (open, high, low, close), the path, and what is held as it goes."""

    prices: tuple[float, float, float, float] | None
    path: str | None
    held: dict[int, float]

    def lines(self, order: dict[str, Any]) -> list[str]:
        """Say how the bar came to a level of the position, where an order is that of one."""
        if order["cause"] not in LEVELS or order["level"] is None:
            return []
        what = {"stop_loss": "stop", "trailing_stop": "trailing stop", "target_hit": "target"}
        level = order["level"] if order["kind"] != "stop_limit" else order["stop"]
        text = f"its {what[order['cause']]} lay at {level:,.6g}"
        if order["kind"] == "stop_limit":
            text += f", its limit at {order['level']:,.6g}"
        if self.prices is None:
            return [text]
        return [f"{text}: {self._met(level, order['cause'] == 'target_hit', order['quantity'])}"]

    def _met(self, level: float, is_target: bool, quantity: float | None) -> str:
        assert self.prices is not None
        first, high, low, _ = self.prices
        is_long = quantity is None or quantity < 0.0  # what closes a long sells
        rises = is_long == is_target
        if first == first and (first >= level if rises else first <= level):
            return f"the open of {first:,.6g} had passed it"
        extreme = f"the high of {high:,.6g}" if rises else f"the low of {low:,.6g}"
        path = f" (path {self.path!r}: {PATHS[self.path]})" if self.path else ""
        return f"{extreme} reached it within the bar{path}"

    def after(self, fill: dict[str, Any]) -> str:
        """Say what was left of the position after a closing fill."""
        left = self.held.get(fill["row"]) if fill["closes"] else None
        if left is None:
            return ""
        return ", nothing is left" if abs(left) < 1e-9 else f", {left:+,.6g} is left"


def told_by(result: "Result", asset: str, bar: int, account: str) -> Hits:
    """Return what the bar and the stops of a run say, as far as they are at hand."""
    source = result.source
    prices, path = None, None
    if source is not None:
        column = result.assets.index(asset)
        rows = (source.bars._open, source.bars._high, source.bars._low, source.bars._close)
        start, high, low, close = (
            float(each[bar, column]) if len(each) else np.nan for each in rows
        )
        known = [price for price in (start, close) if price == price]
        high = max(known, default=np.nan) if high != high else high
        low = min(known, default=np.nan) if low != low else low
        prices = (start, high, low, close)
        path = None if source.stops is None else source.stops.path
    return Hits(prices, path, _left(result, asset, bar, account))


def _left(result: "Result", asset: str, bar: int, account: str) -> dict[int, float]:
    """Return what is held after each fill of a bar, counted back from its close."""
    mine = {"bar": bar, "account": account, "asset": asset}
    fills = result.fills.with_row_index("row").filter(**mine)
    held = float(result.positions.filter(**mine)["quantity"].sum())
    if not result.ledger.filter(**mine, category="split").is_empty():
        return {}
    left: dict[int, float] = {}
    for row, quantity in reversed(list(fills.select("row", "quantity").iter_rows())):
        left[row] = held
        held -= quantity
    return left


def numbered(fills: pl.DataFrame) -> pl.DataFrame:
    """Return fills with the number of their row, by which `Hits.after` knows them."""
    return fills.with_row_index("row")
