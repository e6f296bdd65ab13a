"""How a metric is spread over the variants of a sweep, and what luck alone would come to."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from barledger.plots.figure import panels, plotly, word
from barledger.plots.palette import Palette, Theme, palette_of
from barledger.plots.variants import SHARES, Luck, Variants, shown, words

if TYPE_CHECKING:
    from barledger.sweeps.run import SweepRun

Floats = npt.NDArray[np.float64]
BINS = 60


def plot_distribution(run: "SweepRun", metric: str | None, theme: Theme) -> Any:
    """Return the histogram of a metric; see `SweepRun.plot_distribution`."""
    colours = palette_of(theme)
    graph = plotly()
    variants = Variants(run)
    metric = variants.usual(metric)
    luck = variants.luck if metric == "sharpe" else None
    values = variants.metric(metric)
    values = values[np.isfinite(values)]
    figure = panels(colours, [heading(metric, len(values), luck, colours)], [260])
    if len(values):
        edges = bins(values)
        counts = np.histogram(values, edges)[0]
        bars = graph.Bar(
            x=0.5 * (edges[:-1] + edges[1:]), y=counts, width=np.diff(edges),
            marker={"color": colours.faded("accent", 0.55),
                    "line": {"width": 1, "color": colours.paper}},
            hovertemplate="%{y:,} variants near %{x:.3~g}<extra></extra>",
        )  # fmt: skip
        figure.add_trace(bars, row=1, col=1)
    for value, text, colour in levels(variants, metric, luck, colours):
        _line(figure, value, text, colour)
    is_share = metric in SHARES
    figure.update_xaxes(tickformat=".0%" if is_share else None, nticks=9)
    figure.update_layout(hovermode="closest", margin={"t": 84}, height=figure.layout.height + 40)
    figure.layout.annotations[0].yshift = 40
    return figure


def heading(metric: str, count: int, luck: Luck | None, colours: Palette) -> str:
    """Return the heading, with the deflated Sharpe ratio where there is one."""
    text = f"<b>{words(metric)}</b> of {count:,} variants"
    if luck is None or not np.isfinite(luck.deflated):
        return text
    return f"{text} · {word(f'deflated Sharpe {luck.deflated:.1%}', colours.warning)}"


def levels(
    variants: Variants, metric: str, luck: Luck | None, colours: Palette
) -> list[tuple[float, str, str]]:
    """Return value, words and colour of the lines: the best, and what luck comes to."""
    row = variants.best(metric)
    if row is None:
        return []
    best = float(variants.metric(metric)[row])
    found = [(best, f"best {shown(metric, best)}", colours.ink)]
    if luck is not None:
        text = f"luck of {variants.trials:,} trials {luck.threshold:.2f}"
        found.append((luck.threshold, text, colours.warning))
    return found


def bins(values: Floats, most: int = BINS) -> Floats:
    """Return the edges of at most so many bins of equal width, from the least to the most."""
    low, high = float(values.min()), float(values.max())
    count = int(min(max(np.sqrt(len(values)) * 1.5, 8), most))
    room = 1e-9 * max(abs(low), abs(high), 1e-3)
    return np.linspace(low, max(high, low + room), count + 1)


def _line(figure: Any, value: float, text: str, colour: str) -> None:
    """Draw an upright line; words of the best lie above those of luck, so that they never meet."""
    is_luck = text.startswith("luck")
    figure.add_vline(x=value, line={"color": colour, "width": 1.6, "dash": "dot" if is_luck else None},
                     row=1, col=1)  # fmt: skip
    figure.add_annotation(
        x=value, xref="x", y=1.0, yref="paper", yshift=1 if is_luck else 16, text=text,
        showarrow=False, xanchor="center", yanchor="bottom", font={"size": 11, "color": colour},
    )  # fmt: skip
