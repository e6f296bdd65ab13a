"""Figures of trades: what they made, how far they went against us, how long they lasted."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from barledger.analytics.excursions import Excursions, excursions, extremes_between
from barledger.plots.figure import panels, plotly, word
from barledger.plots.palette import Palette, Theme, palette_of
from barledger.plots.thin import loudest
from barledger.plots.view import View, view_of

if TYPE_CHECKING:
    from barledger.data.bars import Bars
    from barledger.result.result import Result

Floats = npt.NDArray[np.float64]
BINS = 41
MOST = 4_000  # trades drawn as points


def plot_trades(result: "Result", *, theme: Theme = "light") -> Any:
    """Return the figure of trades; see `Result.plot_trades`."""
    colours = palette_of(theme)
    plotly()
    for book in result.books:
        book.need("full")
    view = view_of(result)
    closed = result.trades.filter(status="closed")
    went = excursions_of(view, closed) if result.source is not None else None
    won = closed["pnl"].to_numpy() > 0.0
    words = f"{word('won', colours.gain)} · {word('lost', colours.loss)}"
    headings = [
        f"<b>Return of a trade</b> {len(closed):,} closed: {words}",
        "<b>Bars held</b>",
        *(
            ["<b>Furthest for (↑) and against (←)</b> of the entry price, while open"]
            if went
            else []
        ),
    ]
    figure = panels(colours, headings, [190, 150, 270][: len(headings)], share=False)
    figure.update_layout(barmode="stack", hovermode="closest")
    _histogram(figure, closed["return"].to_numpy(), won, 1, colours)
    held = (closed["exit_bar"] - closed["entry_bar"].fill_null(0)).to_numpy()
    _histogram(figure, held.astype(np.float64), won, 2, colours)
    figure.update_xaxes(tickformat=".0%", row=1, col=1)
    if went:
        _scatter(figure, view, closed, went, colours)
    return figure


def excursions_of(view: View, trades: pl.DataFrame) -> Excursions:
    """Return how far prices went against closed trades and for them, splits taken out.

    Seen are the bars from the entry to the bar before the exit when orders fill at the open; with
    fills at the close, from the bar after the entry to that of the exit.
    """
    source = view.result.source
    assert source is not None
    bars, adjusted = source.bars, source.bars.split_adjusted()
    low, high = _range(adjusted)
    columns = _columns(view.result, trades)
    late = 0 if source.fill == "next_open" else 1
    first = trades["entry_bar"].fill_null(0).to_numpy() + late
    last = trades["exit_bar"].to_numpy()
    lowest, highest = extremes_between(low, high, columns, first, last + late)
    unit = bars.close[last, columns] / adjusted.close[last, columns]
    return excursions(
        lowest * unit, highest * unit, trades["entry_price"].to_numpy(),
        trades["exit_price"].to_numpy(), trades["quantity"].to_numpy() > 0.0,
    )  # fmt: skip


def _range(bars: "Bars") -> tuple[Floats, Floats]:
    low, high = bars.low, bars.high
    return (bars.close if low is None else low), (bars.close if high is None else high)


def _columns(result: "Result", trades: pl.DataFrame) -> npt.NDArray[np.int64]:
    number = {asset: k for k, asset in enumerate(result.assets)}
    return np.array([number[asset] for asset in trades["asset"]], np.int64)


def _histogram(
    figure: Any, values: Floats, won: npt.NDArray[np.bool_], row: int, colours: Palette
) -> None:
    """Draw two stacked histograms over the same bins: of what won, and of what lost."""
    known = np.isfinite(values)
    values, won = values[known], won[known]
    if not len(values):
        return
    low, high = np.quantile(values, [0.005, 0.995])
    edges = np.linspace(low, max(high, low + 1e-9), BINS)
    middle = 0.5 * (edges[:-1] + edges[1:])
    for part, name in ((~won, "loss"), (won, "gain")):
        counts = np.histogram(np.clip(values[part], low, edges[-1]), edges)[0]
        bars = plotly().Bar(
            x=middle, y=counts, width=edges[1] - edges[0], hovertemplate="%{y}<extra></extra>",
            marker={"color": getattr(colours, name), "line": {"width": 1, "color": colours.paper}},
        )  # fmt: skip
        figure.add_trace(bars, row=row, col=1)


def _scatter(
    figure: Any, view: View, trades: pl.DataFrame, went: Excursions, colours: Palette
) -> None:
    pnl = trades["pnl"].to_numpy()
    kept = loudest(trades["exit_bar"].to_numpy(), pnl, len(view.times), MOST)
    shown = np.where(pnl > 0.0, colours.gain, colours.loss)
    texts = [
        f"{asset}: {gain:+,.2f}" for asset, gain in trades[kept].select("asset", "pnl").iter_rows()
    ]
    points = plotly().Scatter(
        x=went.adverse[kept], y=went.favourable[kept], mode="markers", text=texts,
        hovertemplate="%{text}<br>against %{x:.1%}, for %{y:.1%}<extra></extra>",
        marker={"size": 5, "opacity": 0.65, "color": shown[kept]},
    )  # fmt: skip
    figure.add_trace(points, row=3, col=1)
    figure.update_xaxes(tickformat=".0%", row=3, col=1)
    figure.update_yaxes(tickformat=".0%", row=3, col=1)
