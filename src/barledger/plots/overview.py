"""The figure that tells a run: equity, drawdown, prices with their marks, exposure, margin."""

from typing import TYPE_CHECKING, Any

import numpy as np

from barledger.plots.figure import curve, log_scale, panels, plotly, thinned_note, word
from barledger.plots.marks import Marks, busiest, marks_of
from barledger.plots.palette import Palette, Theme, palette_of
from barledger.plots.view import View, is_squeezed, view_of

if TYPE_CHECKING:
    from barledger.result.result import Result

ASSETS = 12  # in the menu, those with most fills first
PRICE = "price"


def plot(
    result: "Result", *, asset: str | None = None, benchmark: bool = True, theme: Theme = "light"
) -> Any:
    """Return the figure of a run; see `Result.plot`."""
    colours = palette_of(theme)
    plotly()
    view = view_of(result)
    rows = _rows(view)
    assets = _assets(result, asset) if PRICE in rows else []
    heights = {"equity": 210, "drawdown": 90, PRICE: 210, "exposure": 100, "margin": 100}
    held = view.benchmark if benchmark else None
    figure = panels(
        colours,
        [_heading(row, colours, assets[:1], held is not None) for row in rows],
        [heights[row] for row in rows],
    )
    for number, row in enumerate(rows, 1):
        if row == PRICE:
            _draw_prices(figure, view, assets, number, colours)
        else:
            for each in _curves(row, view, held, colours):
                figure.add_trace(each, row=number, col=1)
        if row in ("drawdown", "margin"):
            figure.update_yaxes(tickformat=".0%", row=number, col=1)
        elif row == "exposure":
            figure.update_yaxes(ticksuffix="x", row=number, col=1)
    if is_squeezed(view.equity, held):
        log_scale(figure, 1, colours)
    if "margin" in rows:
        number = rows.index("margin") + 1
        figure.add_hline(y=1.0, line={"color": colours.loss, "width": 1}, row=number, col=1)
    if view.has_dates:
        room = (view.times[-1] - view.times[0]) // 100
        figure.update_xaxes(range=[view.times[0], view.times[-1] + room])
    _note(figure, view, colours)
    return figure


def _rows(view: View) -> list[str]:
    """Return the panels for which there are records."""
    rows = ["equity", "drawdown"]
    if not view.is_full:
        return rows
    if view.result.source is not None:
        rows.append(PRICE)
    rows.append("exposure")
    if np.any(view.closes("maintenance") > 0.0):
        rows.append("margin")
    return rows


def _assets(result: "Result", asset: str | None) -> list[str]:
    if asset is None:
        return busiest(result, ASSETS)
    if asset not in result.assets:
        raise KeyError(f"no asset {asset!r}; there are {', '.join(result.assets[:8])}")
    return [asset]


def _heading(row: str, colours: Palette, assets: list[str], has_benchmark: bool) -> str:
    """Return a panel's heading: its words wear the colours of its curves."""
    if row == "equity":
        held = f" · {word('buy and hold', colours.benchmark)}" if has_benchmark else ""
        return f"<b>{word('Equity', colours.accent)}</b>{held}"
    if row == "drawdown":
        return f"<b>{word('Below the peak', colours.loss)}</b>"
    if row == "exposure":
        net = word("net", colours.benchmark)
        return f"<b>Exposure over equity</b> {word('gross', colours.accent)} · {net}"
    if row == "margin":
        held = word("to hold ― a call at 100%", colours.loss)
        return f"<b>Margin over equity</b> {word('to open', colours.warning)} · {held}"
    return price_heading(assets[0], colours)


def price_heading(asset: str, colours: Palette) -> str:
    """Return the heading of a price and its marks."""
    return (
        f"<b>{asset}</b> {word('▲ long', colours.gain)} {word('▼ short', colours.loss)} "
        f"{word('● exit ✕ stop', colours.ink)} {word('△ not filled', colours.warning)}"
    )


def _curves(row: str, view: View, held: Any, colours: Palette) -> list[Any]:
    times = view.times
    share = "%{y:.1%}<extra></extra>"
    if row == "equity":
        found = [curve(times, view.equity, "equity", colours.accent, width=1.6)]
        if held is None:
            return found
        return [curve(times, held, "buy and hold", colours.benchmark, width=1.1), *found]
    if row == "drawdown":
        fill = {"fill": "tozeroy", "fillcolor": colours.faded("loss", 0.18)}
        return [curve(times, view.drawdown, "below the peak", colours.loss, width=0.9,
                      hovertemplate=share, **fill)]  # fmt: skip
    if row == "exposure":
        pairs = (("net", "net", colours.benchmark), ("gross", "gross", colours.accent))
        times_equity = "%{y:.2f}x<extra></extra>"
    else:
        pairs = (("initial", "to open", colours.warning), ("maintenance", "to hold", colours.loss))
        times_equity = share
    return [
        curve(times, view.of_equity(name), label, colour, width=1.1,
              hovertemplate=f"{label} {times_equity}")
        for name, label, colour in pairs
    ]  # fmt: skip


def _draw_prices(figure: Any, view: View, assets: list[str], row: int, colours: Palette) -> None:
    """Draw each asset's price and marks, splits taken out; a menu shows one of them at a time."""
    source = view.result.source
    assert source is not None
    adjusted = source.bars.split_adjusted()
    first, stop = view.books[0].first, view.books[0].stop
    before = len(figure.data)
    for asset in assets:
        column = view.result.assets.index(asset)
        prices, raw = (each.close[first:stop, column] for each in (adjusted, source.bars))
        shown = asset == assets[0]
        line = curve(view.times, prices, asset, colours.muted, width=1.0, visible=shown)
        figure.add_trace(line, row=row, col=1)
        for marks in marks_of(view, asset, raw, prices, colours):
            figure.add_trace(_scatter(marks, shown), row=row, col=1)
    each = (len(figure.data) - before) // len(assets)
    if len(assets) > 1:
        _add_menu(figure, assets, before, each, row, colours)


def _scatter(marks: Marks, shown: bool) -> Any:
    look = marks.look
    return plotly().Scatter(
        x=marks.times, y=marks.prices, mode="markers", name=look.name, visible=shown,
        text=marks.texts, hovertemplate="%{text}<extra></extra>",
        marker={"symbol": look.symbol, "size": look.size, "color": look.colour},
    )  # fmt: skip


def _add_menu(
    figure: Any, assets: list[str], before: int, each: int, row: int, colours: Palette
) -> None:
    """Add the menu that chooses the asset whose price is shown."""
    drawn = list(range(before, before + each * len(assets)))
    buttons = []
    for number, asset in enumerate(assets):
        visible = [number * each <= k < (number + 1) * each for k in range(len(drawn))]
        heading = {f"annotations[{row - 1}].text": price_heading(asset, colours)}
        buttons.append(
            {"label": asset, "method": "update", "args": [{"visible": visible}, heading, drawn]}
        )
    figure.update_layout(
        updatemenus=[
            {"buttons": buttons, "x": 1.0, "xanchor": "right", "yanchor": "bottom",
             "y": figure.get_subplot(row, 1).yaxis.domain[1], "pad": {"b": 0, "r": 0, "t": 0},
             "font": {"size": 10, "color": colours.ink},
             "bgcolor": colours.paper, "bordercolor": colours.grid, "showactive": False}
        ]
    )  # fmt: skip


def _note(figure: Any, view: View, colours: Palette) -> None:
    """Say below the figure that it is thinned, when it is."""
    text = thinned_note(len(view.times))
    if text:
        figure.add_annotation(
            text=text, xref="paper", yref="paper", x=0.0, y=0.0, yshift=-24, xanchor="left",
            yanchor="top", showarrow=False, font={"size": 10.5, "color": colours.muted},
        )  # fmt: skip
        figure.update_layout(margin={"b": 52}, height=figure.layout.height + 20)
