"""A metric of a sweep by two of its parameters, with a slider for a third."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from barledger.plots.figure import panels, plotly, word
from barledger.plots.palette import Palette, Theme, palette_of
from barledger.plots.variants import SHARES, SIGNED, Cells, Variants, words

if TYPE_CHECKING:
    from barledger.sweeps.run import SweepRun

Floats = npt.NDArray[np.float64]
FEW = 120  # cells that have room for their number


def plot_heatmap(
    run: "SweepRun", a: str | None, b: str | None, metric: str | None, slider: str | None,
    theme: Theme,
) -> Any:  # fmt: skip
    """Return the heat map of a sweep; see `SweepRun.plot_heatmap`."""
    colours = palette_of(theme)
    plotly()
    variants = Variants(run)
    a, b = variants.pair(a, b)
    metric = variants.usual(metric)
    cells = variants.cells(a, b, metric, variants.third(a, b, slider))
    best = variants.best(metric)
    height = min(max(22 * len(cells.rows.labels), 200), 460)
    figure = panels(colours, [heading(cells, metric, best is not None, colours)], [height])
    start = 0 if best is None or cells.pages is None else int(cells.pages.codes[best])
    scale = _scale(cells.metric, metric, colours)
    for page in range(len(cells.metric)):
        figure.add_trace(_map(cells, page, metric, scale, page == start), row=1, col=1)
    if best is not None:
        _mark(figure, int(cells.rows.codes[best]), int(cells.columns.codes[best]), colours)
    _axes(figure, cells, colours)
    if cells.pages is not None:
        _add_slider(figure, cells, start, best is not None, colours)
    return figure


def heading(cells: Cells, metric: str, has_best: bool, colours: Palette) -> str:
    """Return the heading: the metric, and over what it is a mean."""
    text = f"<b>{words(metric)}</b>"
    if cells.others:
        text += f" mean over {', '.join(map(words, cells.others))}"
    return text + (f" {word('□ best', colours.ink)}" if has_best else "")


def _scale(values: Floats, metric: str, colours: Palette) -> dict[str, Any]:
    """Return a scale of colours: both ways from 0 where 0 is a border that is crossed."""
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    if metric in SIGNED and low < 0.0 < high:
        most = max(-low, high)
        tones = [[0.0, colours.loss], [0.5, colours.paper], [1.0, colours.accent]]
        return {"zmin": -most, "zmax": most, "colorscale": tones}
    tones = [[0.0, colours.faded("accent", 0.06)], [1.0, colours.accent]]
    return {"zmin": low, "zmax": high if high > low else low + 1e-9, "colorscale": tones}


def _map(cells: Cells, page: int, metric: str, scale: dict[str, Any], visible: bool) -> Any:
    form = ".1%" if metric in SHARES else ".2f"
    is_mean = bool(cells.others)
    note = "mean of %{customdata} variants" if is_mean else "variant %{customdata}"
    few = {"texttemplate": f"%{{z:{form}}}", "textfont": {"size": 10.5}}
    return plotly().Heatmap(
        z=cells.metric[page], x=cells.columns.labels, y=cells.rows.labels, visible=visible,
        customdata=cells.members[page] if is_mean else cells.variant[page], xgap=1, ygap=1, **scale,
        hoverongaps=False, **(few if cells.metric[page].size <= FEW else {}),
        hovertemplate=(
            f"{words(cells.rows.name)} %{{y}}, {words(cells.columns.name)} %{{x}}<br>"
            f"{words(metric)} %{{z:{form}}}<br>{note}<extra></extra>"
        ),
        colorbar={"thickness": 8, "outlinewidth": 0, "tickformat": form.replace("1%", "0%"),
                  "nticks": 5, "x": 1.01, "xpad": 4, "len": 1.0, "tickfont": {"size": 10}},
    )  # fmt: skip


def _mark(figure: Any, row: int, column: int, colours: Palette) -> None:
    """Draw a frame around a cell; on axes of words cells are one wide."""
    figure.add_shape(
        type="rect", x0=column - 0.5, x1=column + 0.5, y0=row - 0.5, y1=row + 0.5,
        line={"color": colours.ink, "width": 2}, row=1, col=1,
    )  # fmt: skip


def _axes(figure: Any, cells: Cells, colours: Palette) -> None:
    figure.update_xaxes(
        type="category", nticks=min(len(cells.columns.labels), 12), ticks="", showline=False,
        title={"text": words(cells.columns.name), "standoff": 8, "font": {"color": colours.ink}},
    )  # fmt: skip
    figure.update_yaxes(
        type="category", nticks=min(len(cells.rows.labels), 14), showgrid=False, automargin=True,
        title={"text": words(cells.rows.name), "standoff": 8, "font": {"color": colours.ink}},
    )  # fmt: skip
    figure.update_layout(hovermode="closest", margin={"b": 58, "r": 58},
                         height=figure.layout.height + 26)  # fmt: skip


def _add_slider(figure: Any, cells: Cells, start: int, has_best: bool, colours: Palette) -> None:
    """Add the slider that chooses the value of the third parameter; the best has one page only."""
    assert cells.pages is not None
    steps = []
    for page, label in enumerate(cells.pages.labels):
        visible = [each == page for each in range(len(cells.pages.labels))]
        mark = {"shapes[0].visible": page == start} if has_best else {}
        steps.append({"label": label, "method": "update", "args": [{"visible": visible}, mark]})
    figure.update_layout(
        sliders=[
            {"active": start, "steps": steps, "x": 0.0, "len": 1.0, "y": 0.0, "yanchor": "top",
             "pad": {"t": 56, "b": 6}, "ticklen": 0, "minorticklen": 0, "tickwidth": 0,
             "borderwidth": 0, "bgcolor": colours.grid, "activebgcolor": colours.muted,
             "font": {"size": 10, "color": colours.muted},
             "currentvalue": {"prefix": f"{words(cells.pages.name)} ", "xanchor": "left",
                              "font": {"size": 12, "color": colours.ink}}}
        ],
        margin={"b": 150}, height=figure.layout.height + 96,
    )  # fmt: skip
