"""Charts of a page over a sweep's parameters: spread of a metric, each parameter, all of them."""

from collections.abc import Sequence
from html import escape

import numpy as np
import numpy.typing as npt

from barledger.plots.distribution import bins
from barledger.plots.parallel import BEST, ranked, thinned
from barledger.plots.variants import SHARES, Axis, Luck, Variants, shown, words
from barledger.report.axis import money, percent, scale_of, ticks
from barledger.report.chart import HEIGHT, WIDTH, Format, Line, bar_chart, framed, path_of, rule_of

Floats = npt.NDArray[np.float64]
LINES = 400  # of the parallel coordinates


def spread(variants: Variants, metric: str, luck: Luck | None) -> str:
    """Return the histogram of a metric, with the best and what luck comes to as levels."""
    values = variants.metric(metric)
    values = values[np.isfinite(values)]
    if not len(values):
        return ""
    edges = bins(values, 40)
    low, high = edges[0], edges[-1]
    counts = np.histogram(values, edges)[0].astype(np.float64)
    middle = 0.5 * (edges[:-1] + edges[1:])
    levels = [] if luck is None else [(luck.threshold, f"luck {luck.threshold:.2f}", "warning")]
    inside = [(value, text, tone) for value, text, tone in levels if low <= value <= high]
    marks = [((value - low) / (high - low), text, tone) for value, text, tone in inside]
    return bar_chart(
        f"{words(metric)} of {len(values):,} variants", [shown(metric, each) for each in middle],
        np.zeros(len(counts)), counts, ["accent"] * len(counts), money, every=max(len(counts) // 6, 1),
        height=200, marks=marks,
    )  # fmt: skip


def by_parameter(variants: Variants, name: str, metric: str) -> str:
    """Return the best, the median and the worst of a metric for each value of a parameter."""
    axis = variants.axis(name)
    values = variants.metric(metric)
    shares = (1.0, 0.5, 0.0)
    found = np.full((3, len(axis.labels)), np.nan)
    for code in range(len(axis.labels)):
        mine = values[axis.codes == code]
        mine = mine[np.isfinite(mine)]
        if len(mine):
            found[:, code] = np.quantile(mine, shares)
    lines = [Line(label, each, tone) for label, each, tone in
             zip(("best", "median", "worst"), found, ("accent", "ink", "benchmark"), strict=True)]  # fmt: skip
    form = percent if metric in SHARES else money
    return _over_words(f"{words(metric)} by {words(name)}", axis.labels, lines, form)


def _over_words(heading: str, labels: list[str], lines: Sequence[Line], form: Format) -> str:
    """Return curves over words, evenly spaced."""
    scale = scale_of([line.values for line in lines])
    places = (np.arange(len(labels)) + 0.5) / len(labels)
    parts = [rule_of(scale, each, "grid") for each in ticks(scale)]
    parts += [path_of(line, places, scale) for line in lines]
    every = -(-len(labels) // 8)
    below = "".join(
        f'<i style="left:{100 * places[k]:.2f}%">{escape(labels[k])}</i>'
        for k in range(0, len(labels), every)
    )
    names = [(line.name, line.tone) for line in lines]
    return framed(heading, names, parts, scale, form, below, 150)


def parallel(variants: Variants, metric: str) -> str:
    """Return every variant as a line over the parameters that vary and the metric."""
    order = ranked(variants, metric)
    kept = thinned(order, LINES)
    names = variants.varying
    if len(kept) < 2 or not names:
        return ""
    axes = [variants.axis(name) for name in names]
    places = [_place(axis.codes[kept].astype(np.float64)) for axis in axes]
    values = variants.metric(metric)[kept]
    heights = np.column_stack([*places, _place(values)])
    x = np.linspace(0.0, WIDTH, len(names) + 1)
    first_best = int(np.ceil((1.0 - BEST) * (len(kept) - 1) - 1e-9))
    lines = "".join(
        f'<path class="thread {tone}" d="{"".join(_thread(x, row) for row in rows)}"/>'
        for tone, rows in (("benchmark", heights[:first_best]), ("accent", heights[first_best:]))
    )
    bars = "".join(f'<path class="grid" d="M{each:.1f} 0V{HEIGHT:g}"/>' for each in x)
    some = "" if len(kept) == len(order) else f", {len(kept):,} of {len(order):,} drawn"
    ends = [(axis.labels[0], axis.labels[-1]) for axis in axes]
    ends.append((shown(metric, float(values.min())), shown(metric, float(values.max()))))
    heads = "".join(
        f'<b style="left:{each / WIDTH:.2%};{_side(k, len(x))}">{escape(words(name))}<i>{escape(high)}</i></b>'
        for k, (each, name, (_, high)) in enumerate(zip(x, [*names, metric], ends, strict=True))
    )
    feet = "".join(
        f'<i style="left:{each / WIDTH:.2%};{_side(k, len(x))}">{escape(low)}</i>'
        for k, (each, (low, _)) in enumerate(zip(x, ends, strict=True))
    )
    return (
        f'<figure class="across"><figcaption><b>Every variant</b> <span class="accent">the best tenth'
        f"</span> by {escape(words(metric))}{some}</figcaption>"
        f'<div class="heads">{heads}</div><div class="plot" style="height:240px">'
        f'<svg viewBox="0 0 {WIDTH:g} {HEIGHT:g}" preserveAspectRatio="none" role="img" '
        f'aria-label="Every variant">{bars}{lines}</svg></div><div class="feet">{feet}</div></figure>'
    )


def _place(values: Floats) -> Floats:
    """Return values as places between 0 and 1."""
    low, high = float(values.min()), float(values.max())
    found: Floats = (values - low) / ((high - low) or 1.0)
    return found


def _thread(x: Floats, heights: Floats) -> str:
    points = (f"{left:.0f} {(1.0 - up) * HEIGHT:.0f}" for left, up in zip(x, heights, strict=True))
    return "M" + "L".join(points)


def _side(number: int, count: int) -> str:
    """Return how a label stands to its axis: the outer ones stay on the page."""
    share = 0 if number == 0 else 100 if number == count - 1 else 50
    align = ("left", "center", "right")[share // 50]
    return f"transform:translateX(-{share}%);text-align:{align}"


def axis_text(axis: Axis) -> str:
    """Return the values of a parameter in words, the first and the last of many."""
    labels = axis.labels
    if len(labels) <= 8:
        return ", ".join(labels)
    return f"{', '.join(labels[:3])} … {labels[-1]} ({len(labels)} values)"
