"""Every variant of a sweep as a line over its parameters and metrics; the best stand out."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from barledger.plots.figure import FONT, dress, plotly, word
from barledger.plots.palette import Theme, palette_of
from barledger.plots.variants import SHARES, Variants, words

if TYPE_CHECKING:
    from barledger.sweeps.run import SweepRun

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
MOST = 3_000  # lines
BEST = 0.1  # share of the variants in colour


def plot_parallel(
    run: "SweepRun", metric: str | None, metrics: tuple[str, ...] | None, theme: Theme
) -> Any:
    """Return the parallel coordinates of a sweep; see `SweepRun.plot_parallel`."""
    colours = palette_of(theme)
    graph = plotly()
    variants = Variants(run)
    metric = variants.usual(metric)
    order = ranked(variants, metric)
    kept = thinned(order)
    shown = tuple(dict.fromkeys((metric, *(metrics or ()))))
    dimensions = [_parameter(variants, name, kept) for name in variants.varying]
    dimensions += [_number(variants, name, kept) for name in reversed(shown)]
    share = np.arange(len(kept)) / max(len(kept) - 1, 1)
    is_best = share > 1.0 - BEST - 1e-9
    calm = colours.mixed("benchmark", 0.3)
    scale = [[0.0, calm], [0.5, calm], [0.5, colours.accent], [1.0, colours.accent]]
    figure = graph.Figure(
        graph.Parcoords(
            line={"color": is_best.astype(float), "colorscale": scale, "cmin": 0, "cmax": 1},
            dimensions=dimensions, labelfont={"size": 12, "color": colours.ink, "family": FONT},
            tickfont={"size": 10, "color": colours.muted, "family": FONT},
            rangefont={"size": 1, "color": "rgba(0,0,0,0)"},
            unselected={"line": {"color": colours.grid, "opacity": 0.15}},
        )
    )  # fmt: skip
    dress(figure, colours, 400)
    figure.update_layout(margin={"l": 46, "r": 46, "t": 96, "b": 20}, title=_title(
        len(kept), len(order), words(metric), word("the best tenth", colours.accent), colours.ink
    ))  # fmt: skip
    return figure


def ranked(variants: Variants, metric: str) -> Ints:
    """Return the rows whose metric is defined, the best last."""
    found = variants.run.best(metric, max(len(variants.numbers), 1))["variant"].to_numpy()
    return np.searchsorted(variants.numbers, found[::-1])


def thinned(order: Ints, most: int = MOST) -> Ints:
    """Return at most so many rows, evenly over the ranks, worst and best among them."""
    if len(order) <= most:
        return order
    return order[np.linspace(0, len(order) - 1, most).round().astype(np.int64)]


def _parameter(variants: Variants, name: str, kept: Ints) -> dict[str, Any]:
    axis = variants.axis(name)
    places = np.arange(len(axis.labels))
    ticks = places[:: -(-len(places) // 8)]
    return {
        "label": words(name), "values": axis.codes[kept], "range": [-0.3, len(places) - 0.7],
        "tickvals": ticks, "ticktext": [axis.labels[k] for k in ticks],
    }  # fmt: skip


def _number(variants: Variants, name: str, kept: Ints) -> dict[str, Any]:
    values = variants.metric(name)[kept]
    form = ".0%" if name in SHARES else "~g"
    return {"label": words(name), "values": np.nan_to_num(values), "tickformat": form}


def _title(drawn: int, there: int, metric: str, best: str, ink: str) -> dict[str, Any]:
    some = "" if drawn == there else f", {drawn:,} of {there:,} drawn"
    return {
        "text": f"<b>Every variant</b> {best} by {metric}{some}", "x": 0.0, "xref": "container",
        "xanchor": "left", "pad": {"l": 46, "t": 24}, "y": 1.0, "yanchor": "top",
        "yref": "container",
        "font": {"size": 12.5, "color": ink},
    }  # fmt: skip
