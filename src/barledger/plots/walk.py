"""Walk forward drawn: the joined equity, the windows, what was promised and what came, the choices."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from barledger.plots.figure import curve, log_scale, panels, plotly, word
from barledger.plots.palette import Palette, Theme, palette_of
from barledger.plots.variants import SHARES, said, words
from barledger.plots.view import is_squeezed

if TYPE_CHECKING:
    from barledger.validation.walk_forward import WalkForward

Floats = npt.NDArray[np.float64]
PARAMETERS = 4  # panels at most


class Strips(NamedTuple):
    """The windows of a walk: times of their ends (windows, 2), metric in sample and out of it."""

    train: npt.NDArray[Any]
    test: npt.NDArray[Any]
    promised: Floats
    came: Floats
    choices: dict[str, list[Any]]


def strips_of(walk: "WalkForward") -> Strips:
    """Return the windows of a walk, and the parameters that were not always the same."""
    table = walk.table
    train, test = (
        np.column_stack([table[f"{part}_{end}"].to_numpy() for end in ("start", "end")])
        for part in ("train", "test")
    )
    promised, came = (
        table[f"{walk.select}_{part}"].cast(float).to_numpy()
        for part in ("in_sample", "out_of_sample")
    )
    names = [name for name in walk.sweep.grid.names if table[name].n_unique() > 1]
    return Strips(train, test, promised, came, {name: table[name].to_list() for name in names})


def plot_walk(walk: "WalkForward", theme: Theme) -> Any:
    """Return the figure of a walk; see `WalkForward.plot`."""
    colours = palette_of(theme)
    plotly()
    strips = strips_of(walk)
    names = list(strips.choices)[:PARAMETERS]
    metric = words(walk.select)
    headings = [
        f"<b>{word('Equity of the tests', colours.accent)}</b> · "
        f"{word('buy and hold', colours.benchmark)}",
        f"<b>Windows</b> {word('learnt on', colours.benchmark)} · {word('tested', colours.accent)}",
        f"<b>{metric}</b> {word('where it was chosen', colours.benchmark)} · "
        f"{word('where it was tested', colours.accent)}",
        *(f"<b>{words(name)}</b> chosen" for name in names),
    ]
    count = len(strips.test)
    heights = [200, min(max(9 * count, 70), 220), 130, *([70] * len(names))]
    figure = panels(colours, headings, heights)
    equity = walk.equity
    times, values = equity["time"].to_numpy(), equity["equity"].to_numpy()
    held = walk.benchmark.equity["equity"].to_numpy()
    figure.add_trace(curve(times, held, "buy and hold", colours.benchmark, width=1.1), row=1, col=1)
    figure.add_trace(curve(times, values, "equity", colours.accent, width=1.6), row=1, col=1)
    if is_squeezed(values, held):
        log_scale(figure, 1, colours)
    _windows(figure, strips, colours)
    for values, tone in ((strips.promised, colours.benchmark), (strips.came, colours.accent)):
        form = ":.1%" if walk.select in SHARES else ":.2f"
        figure.add_trace(_steps(strips, list(values), metric, tone, form), row=3, col=1)
    figure.add_hline(y=0.0, line={"color": colours.muted, "width": 0.8}, row=3, col=1)
    if walk.select in SHARES:
        figure.update_yaxes(tickformat=".0%", row=3, col=1)
    for row, name in enumerate(names, 4):
        _choice(figure, strips, name, row, colours)
    figure.update_layout(hovermode="closest")
    return figure


def _windows(figure: Any, strips: Strips, colours: Palette) -> None:
    """Draw each window as a strip, the first on top."""
    count = len(strips.test)
    width = min(max(150 / count, 1.5), 6)
    for ends, tone, name in (
        (strips.train, colours.mixed("benchmark", 0.55), "learnt on"),
        (strips.test, colours.accent, "tested"),
    ):
        x, y = _segments(ends), np.repeat(np.arange(1.0, count + 1), 3)
        line = plotly().Scatter(
            x=x, y=y, mode="lines", line={"color": tone, "width": width}, name=name,
            hovertemplate=f"window %{{y}}, {name}: %{{x}}<extra></extra>", connectgaps=False,
        )  # fmt: skip
        figure.add_trace(line, row=2, col=1)
    figure.update_yaxes(range=[count + 0.7, 0.3], nticks=min(count, 5), showgrid=False,
                        row=2, col=1)  # fmt: skip


def _segments(ends: npt.NDArray[Any]) -> list[Any]:
    """Return starts and ends with a gap after each pair."""
    return [each for first, last in ends for each in (first, last, None)]


def _steps(strips: Strips, values: list[Any], name: str, tone: str, form: str) -> Any:
    y = [each for value in values for each in (value, value, None)]
    return plotly().Scatter(
        x=_segments(strips.test), y=y, mode="lines", line={"color": tone, "width": 2.4}, name=name,
        hovertemplate=f"{name} %{{y{form}}}<extra></extra>", connectgaps=False,
    )  # fmt: skip


def _choice(figure: Any, strips: Strips, name: str, row: int, colours: Palette) -> None:
    chosen = strips.choices[name]
    is_number = all(isinstance(value, int | float) for value in chosen)
    values = chosen if is_number else [said(value) for value in chosen]
    figure.add_trace(_steps(strips, values, words(name), colours.ink, ""), row=row, col=1)
    figure.update_yaxes(nticks=4, type=None if is_number else "category", row=row, col=1)
