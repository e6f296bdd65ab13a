"""Figures of returns: by month, by year, and how Sharpe and beta moved."""

from typing import TYPE_CHECKING, Any

import numpy as np

from barledger.analytics.periods import by_period, month_table, rolling_beta, rolling_sharpe
from barledger.plots.figure import curve, panels, plotly, word
from barledger.plots.palette import Palette, Theme, palette_of
from barledger.plots.view import View, view_of

if TYPE_CHECKING:
    from barledger.result.result import Result

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def plot_returns(
    result: "Result", *, window: int | None = None, benchmark: bool = True, theme: Theme = "light"
) -> Any:
    """Return the figure of returns; see `Result.plot_returns`."""
    colours = palette_of(theme)
    plotly()
    view = view_of(result)
    if window is None:
        window = view.window
    if window < 2:
        raise ValueError(f"window must be at least 2 bars, was {window}")
    held = view.benchmark_returns if benchmark else None
    rolling = f"over {window:,} bars"
    headings, heights = [], []
    if view.has_dates:
        years, table = month_table(view.times, view.returns)
        headings += ["<b>Return by month</b>", "<b>Return by year</b>"]
        heights += [min(max(18 * len(years), 60), 420), 140]
    headings.append(f"<b>{word('Rolling Sharpe', colours.accent)}</b> {rolling}")
    heights.append(140)
    if held is not None:
        headings.append(f"<b>{word('Rolling beta', colours.accent)}</b> on buy and hold, {rolling}")
        heights.append(120)
    figure = panels(colours, headings, heights, share=False)
    row = 1
    if view.has_dates:
        _draw_months(figure, years, table, colours)
        _draw_years(figure, view, colours)
        row = 3
    sharpe = rolling_sharpe(view.returns, window, view.per_year)
    figure.add_trace(curve(view.times, sharpe, "Sharpe", colours.accent), row=row, col=1)
    if held is not None:
        beta = rolling_beta(view.returns, held, window)
        figure.add_trace(curve(view.times, beta, "beta", colours.accent), row=row + 1, col=1)
    for number in range(row, len(headings) + 1):
        figure.add_hline(y=0.0, line={"color": colours.muted, "width": 0.8}, row=number, col=1)
    return figure


def _draw_months(figure: Any, years: list[int], table: Any, colours: Palette) -> None:
    most = max(float(np.nanquantile(np.abs(table), 0.95)), 1e-6)
    scale = [[0.0, colours.loss], [0.5, colours.paper], [1.0, colours.gain]]
    texts = [
        ["" if np.isnan(cell) else f"{round(100.0 * cell, 1) + 0.0:.1f}" for cell in row]
        for row in table
    ]
    cells = plotly().Heatmap(
        z=table, x=MONTHS, y=[str(year) for year in years], zmin=-most, zmax=most,
        colorscale=scale, showscale=False, xgap=1, ygap=1, text=texts, texttemplate="%{text}",
        textfont={"size": 9.5}, hoverongaps=False,
        hovertemplate="%{x} %{y}: %{z:.2%}<extra></extra>",
    )  # fmt: skip
    figure.add_trace(cells, row=1, col=1)
    figure.update_yaxes(
        autorange="reversed", type="category", nticks=len(years), showgrid=False, row=1, col=1
    )
    figure.update_xaxes(nticks=12, type="category", row=1, col=1)


def _draw_years(figure: Any, view: View, colours: Palette) -> None:
    years, gained = by_period(view.times, view.returns, "Y")
    bars = plotly().Bar(
        x=[str(year) for year in years], y=gained, hovertemplate="%{x}: %{y:.1%}<extra></extra>",
        marker={"color": [colours.gain if each > 0.0 else colours.loss for each in gained]},
    )  # fmt: skip
    figure.add_trace(bars, row=2, col=1)
    figure.update_xaxes(type="category", nticks=8, row=2, col=1)
    figure.update_yaxes(tickformat=".0%", row=2, col=1)
