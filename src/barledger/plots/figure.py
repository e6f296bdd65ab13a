"""The frame of every figure: fonts, grid, margins, headings; and the door to plotly."""

from typing import Any

import numpy as np
import numpy.typing as npt

from barledger.plots.palette import Palette
from barledger.plots.thin import extremes

FONT = "Inter, system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"
HEADING = 30  # pixels between two panels, for the heading of the lower one


def plotly() -> Any:
    """Return plotly's graph objects, or say how to get them."""
    try:
        import plotly.graph_objects as objects
    except ImportError:
        raise ImportError("figures need plotly: pip install 'barledger[plot]'") from None
    return objects


def panels(colours: Palette, headings: list[str], heights: list[int], *, share: bool = True) -> Any:
    """Return a figure of panels one below the other, each under its heading; heights in pixels."""
    plotly()
    from plotly.subplots import make_subplots

    top, bottom = 44, 32
    gap = HEADING if share else HEADING + 26
    inside = sum(heights) + gap * (len(heights) - 1)
    figure = make_subplots(
        rows=len(heights), cols=1, shared_xaxes=share, row_heights=heights,
        vertical_spacing=gap / inside if len(heights) > 1 else 0.0,
    )  # fmt: skip
    dress(figure, colours, inside + top + bottom, top, bottom)
    for row, text in enumerate(headings, 1):
        axis = figure.get_subplot(row, 1).yaxis
        figure.add_annotation(
            text=text, xref="paper", yref="paper", x=0.0, y=axis.domain[1], yshift=2,
            xanchor="left", yanchor="bottom", showarrow=False, align="left",
            font={"size": 12.5, "color": colours.ink},
        )  # fmt: skip
    return figure


def dress(figure: Any, colours: Palette, height: int, top: int = 44, bottom: int = 32) -> None:
    """Give a figure its fonts, ground, grid and margins."""
    figure.update_layout(
        height=height, autosize=True, paper_bgcolor=colours.paper, plot_bgcolor=colours.paper,
        font={"family": FONT, "size": 11.5, "color": colours.muted}, showlegend=False,
        margin={"l": 54, "r": 14, "t": top, "b": bottom}, hovermode="x", bargap=0.12,
        hoverlabel={"bgcolor": colours.paper, "font": {"color": colours.ink, "family": FONT}},
        dragmode="zoom",
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": colours.muted,
                 "remove": ["select2d", "lasso2d", "zoomIn2d", "zoomOut2d", "autoScale2d"]},
    )  # fmt: skip
    figure.update_xaxes(
        showgrid=False, zeroline=False, linecolor=colours.grid, ticks="outside", ticklen=4,
        tickcolor=colours.grid, nticks=7,
    )  # fmt: skip
    figure.update_yaxes(
        gridcolor=colours.grid, zeroline=False, nticks=5, fixedrange=False, automargin=False,
    )  # fmt: skip


def log_scale(figure: Any, row: int, colours: Palette) -> None:
    """Give a panel a logarithmic axis, and say so in its heading."""
    figure.update_yaxes(type="log", dtick="D2", row=row, col=1)
    figure.layout.annotations[row - 1].text += f" · {word('logarithmic', colours.muted)}"


def word(text: str, colour: str) -> str:
    """Return a word of a heading in the colour of what it names."""
    return f"<span style='color:{colour}'>{text}</span>"


def curve(
    times: npt.NDArray[Any], values: npt.NDArray[np.float64], name: str, colour: str, **options: Any
) -> Any:
    """Return a line, thinned so that it keeps its extremes."""
    kept = extremes(values)
    options.setdefault("hovertemplate", f"{name} %{{y:,.2f}}<extra></extra>")
    line = {
        "color": colour,
        "width": options.pop("width", 1.4),
        "shape": options.pop("shape", None),
    }
    return plotly().Scatter(
        x=times[kept], y=values[kept], name=name, mode="lines", line=line, **options
    )


def thinned_note(n_bars: int) -> str:
    """Return what a reader must know of a thinned figure; nothing when all is drawn."""
    drawn = len(extremes(np.zeros(n_bars)))
    if drawn == n_bars:
        return ""
    return f"{n_bars:,} bars, drawn by their extremes; result[a:b].plot() shows a stretch in full"
