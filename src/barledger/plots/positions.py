"""What was held: how much of equity each asset made up, and how many there were."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from barledger.plots.figure import curve, panels, plotly, word
from barledger.plots.palette import Theme, palette_of
from barledger.plots.view import View, view_of

if TYPE_CHECKING:
    from barledger.result.result import Result

Floats = npt.NDArray[np.float64]
COLUMNS = 500  # of the heat map
ASSETS = 60


def plot_positions(result: "Result", *, theme: Theme = "light") -> Any:
    """Return the figure of what was held; see `Result.plot_positions`."""
    colours = palette_of(theme)
    graph = plotly()
    for book in result.books:
        book.need("full")
    view = view_of(result)
    times, weights, count = weights_of(view)
    order = np.argsort(-np.abs(weights).sum(axis=1), kind="stable")[:ASSETS]
    names = [result.assets[k] for k in order]
    words = f"{word('long', colours.accent)} · {word('short', colours.loss)}"
    left = len(result.assets) - len(names)
    more = f", the largest {len(names)} of {len(result.assets)}" if left else ""
    headings = [f"<b>Share of equity</b> {words}{more}", "<b>Positions held</b>"]
    figure = panels(colours, headings, [min(max(16 * len(names), 90), 620), 90])
    most = max(float(np.abs(weights).max(initial=0.0)), 1e-9)
    cells = graph.Heatmap(
        z=weights[order], x=times, y=names, zmid=0.0, zmin=-most, zmax=most, showscale=False,
        colorscale=[[0.0, colours.loss], [0.5, colours.paper], [1.0, colours.accent]],
        hovertemplate="%{y} %{z:.1%}<extra></extra>",
    )  # fmt: skip
    figure.add_trace(cells, row=1, col=1)
    steps = curve(view.times, count, "positions", colours.ink, width=1.0,
                  hovertemplate="%{y:.0f}<extra></extra>", shape="hv")  # fmt: skip
    figure.add_trace(steps, row=2, col=1)
    figure.update_yaxes(autorange="reversed", showgrid=False, nticks=30, automargin=True, row=1)
    figure.update_yaxes(rangemode="tozero", autorange=True, nticks=4, row=2)
    return figure


def weights_of(view: View) -> tuple[npt.NDArray[Any], Floats, Floats]:
    """Return times and the mean share of equity of each asset on stretches of bars.

    The shares are (assets, stretches); the count of positions is at each close, (T,).
    """
    n_bars, n_assets = len(view.times), len(view.result.assets)
    stretches = min(n_bars, COLUMNS)
    weights = np.zeros((n_assets, stretches))
    count = np.zeros(n_bars)
    equity = np.where(view.equity > 0.0, view.equity, np.inf)
    for book in view.books:
        rows = book.holdings[book.holdings["bar"] >= book.first]
        bars = rows["bar"].astype(np.int64) - book.first
        value = rows["quantity"] * rows["mark"] * book.unit_money(rows["asset"], rows["bar"])
        place = book.columns[rows["asset"]] * stretches + bars * stretches // n_bars
        weights += np.bincount(place, value / equity[bars], minlength=n_assets * stretches).reshape(
            weights.shape
        )
        count += np.bincount(bars, minlength=n_bars)
    first = -(-np.arange(stretches) * n_bars // stretches)
    length = np.diff(np.append(first, n_bars))
    return view.times[first], weights / length, count
