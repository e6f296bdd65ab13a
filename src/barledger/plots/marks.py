"""Marks on prices: where positions were opened and closed, and where an order did not fill."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from barledger.plots.palette import Palette
from barledger.plots.thin import loudest
from barledger.plots.view import View

if TYPE_CHECKING:
    from barledger.result.result import Result

Floats = npt.NDArray[np.float64]
STOPPED = ("stop_loss", "trailing_stop", "target_hit", "time_stop")
MOST = 500  # marks of one kind


class Look(NamedTuple):
    """How marks of one kind look; a symbol that ends in -open is hollow."""

    name: str
    symbol: str | list[str]
    colour: str
    size: int


class Marks(NamedTuple):
    """Marks of one kind, ready to be drawn."""

    look: Look
    times: Any
    prices: Floats
    texts: list[str]


def busiest(result: "Result", most: int) -> list[str]:
    """Return the assets with most orders, first those with most; at least one."""
    counts = result.orders.group_by("asset", maintain_order=True).len()
    known = counts.drop_nulls("asset").sort("len", descending=True, maintain_order=True)
    return known["asset"].head(most).to_list() or [result.assets[0]]


def marks_of(view: View, asset: str, raw: Floats, prices: Floats, colours: Palette) -> list[Marks]:
    """Return entries, exits and orders not filled in full of one asset.

    `raw` are its closes as traded, `prices` those that are drawn, (T,): marks move with them.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.where(raw != 0.0, prices / raw, 1.0)
    scale = np.where(np.isnan(scale), 1.0, scale)
    fills = view.result.fills.filter(asset=asset)
    opening = pl.col("closes").not_()
    stopped = pl.col("reason").is_in(STOPPED)
    kinds = [
        ("exit", "circle", colours.ink, 5, pl.col("closes") & stopped.not_()),
        ("stop or target", "x", colours.ink, 7, pl.col("closes") & stopped),
        ("long entry", "triangle-up", colours.gain, 9, opening & (pl.col("quantity") > 0)),
        ("short entry", "triangle-down", colours.loss, 9, opening & (pl.col("quantity") < 0)),
    ]
    found = [
        _filled(view, fills.filter(chosen), scale, Look(name, symbol, colour, size))
        for name, symbol, colour, size, chosen in kinds
    ]
    rejections = view.result.rejections.filter(asset=asset)
    return [*found, _refused(view, rejections, raw, scale, colours)]


def _filled(view: View, rows: pl.DataFrame, scale: Floats, look: Look) -> Marks:
    bars = rows["bar"].to_numpy() - view.books[0].first
    kept = loudest(bars, rows["quantity"].to_numpy(), len(view.times), MOST)
    rows, bars = rows[kept], bars[kept]
    texts = [
        f"{look.name} {quantity:+,.6g} at {price:,.6g}"
        for quantity, price in rows.select("quantity", "price").iter_rows()
    ]
    return Marks(look, view.times[bars], rows["price"].to_numpy() * scale[bars], texts)


def _refused(view: View, rows: pl.DataFrame, raw: Floats, scale: Floats, colours: Palette) -> Marks:
    """Return hollow marks at the price that was tried, else at the close of the bar."""
    bars = rows["bar"].to_numpy() - view.books[0].first
    kept = loudest(bars, np.ones(len(bars)), len(view.times), MOST)
    rows, bars = rows[kept], bars[kept]
    texts = [
        f"{state.replace('_', ' ')}: {reason.replace('_', ' ')}"
        + ("" if wanted is None else f", wanted {wanted:+,.6g}")
        for state, reason, wanted in rows.select("state", "reason", "wanted").iter_rows()
    ]
    prices = rows["price"].fill_null(np.nan).to_numpy()
    prices = np.where(np.isnan(prices), raw[bars], prices) * scale[bars]
    is_sale = rows["wanted"].fill_null(1.0).to_numpy() < 0.0
    symbols = [f"triangle-{'down' if sale else 'up'}-open" for sale in is_sale]
    return Marks(Look("not filled", symbols, colours.warning, 11), view.times[bars], prices, texts)
