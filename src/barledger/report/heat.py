"""The heat map of a page: cells as SVG in tones of the page's colours, values for the reader."""

import json
from collections.abc import Iterator
from html import escape

import numpy as np
import numpy.typing as npt

from barledger.plots.variants import SHARES, SIGNED, Cells, Variants, shown, words

Floats = npt.NDArray[np.float64]
TONES = 20  # of one colour
MOST = 100_000  # cells of a page
LABELS = 12  # of an axis
STROKED = 3_000  # cells that have room for a line between them


def heat_map(variants: Variants, metric: str) -> str:
    """Return the heat map over the first two parameters that vary, with a slider for the next."""
    a, b = variants.pair(None, None)
    slider = variants.third(a, b, None)
    cells = variants.cells(a, b, metric, slider)
    if cells.metric.size > MOST and slider is not None:
        cells = variants.cells(a, b, metric, None)
    if cells.metric.size > MOST:
        return (
            f'<p class="muted">{cells.metric.size:,} cells are too many for a page: '
            "plot_heatmap draws them.</p>"
        )
    best = variants.best(metric)
    start = 0 if best is None or cells.pages is None else int(cells.pages.codes[best])
    pages = "".join(
        _page(cells, page, metric, best, page == start) for page in range(len(cells.metric))
    )
    rows, columns = cells.metric.shape[1:]
    return (
        f'<figure class="heat">{_caption(cells, metric, best is not None)}'
        f'<div class="plot" style="height:{min(max(20 * rows, 150), 460)}px"'
        f" data-cells='{escape(json.dumps(_values(cells, metric)), quote=True)}'>"
        f'<div class="y">{_labels(cells.rows.labels, "bottom")}</div>'
        f'<svg viewBox="0 0 {columns} {rows}" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(words(metric))}"{" class=fine" * (rows * columns > STROKED)}>'
        f'{pages}</svg></div><div class="x thin">{_labels(cells.columns.labels, "left")}</div>'
        f'<p class="of">{escape(words(cells.columns.name))} (→) by {escape(words(cells.rows.name))} (↑)'
        f"{_key(cells, metric)}</p>{_slider(cells, start)}</figure>"
    )  # fmt: skip


def _caption(cells: Cells, metric: str, has_best: bool) -> str:
    mean = f"mean over {', '.join(map(words, cells.others))}" if cells.others else ""
    best = ' <span class="ink">□ best</span>' if has_best else ""
    return f"<figcaption><b>{escape(words(metric))}</b> {escape(mean)}{best}</figcaption>"


def _page(cells: Cells, page: int, metric: str, best: int | None, is_first: bool) -> str:
    """Return the cells of one value of the slider, of equal tone in one path."""
    values = cells.metric[page][::-1]  # rows rise upwards
    tones = _tones(values, cells.metric, metric)
    paths: dict[int, list[str]] = {}
    for row, line in enumerate(tones):
        for first, length, tone in _runs(line, tones.size > STROKED):
            paths.setdefault(tone, []).append(f"M{first} {row}h{length}v1h-{length}z")
    drawn = "".join(
        f'<path class="cell {"loss" if tone < 0 else "accent"}" '
        f'fill-opacity="{abs(tone) / TONES:.2f}" d="{"".join(parts)}"/>'
        for tone, parts in sorted(paths.items())
    )
    if best is not None and (cells.pages is None or cells.pages.codes[best] == page):
        row = len(values) - 1 - int(cells.rows.codes[best])
        drawn += f'<path class="frame" d="M{int(cells.columns.codes[best])} {row}h1v1h-1z"/>'
    hidden = "" if is_first else ' style="display:none"'
    return f'<g class="sheet"{hidden}>{drawn}</g>'


def _tones(values: Floats, every: Floats, metric: str) -> npt.NDArray[np.int64]:
    """Return -TONES … TONES by sign where 0 is crossed, else 1 … TONES; 0 where there is nothing."""
    low, high = _ends(every)
    if metric in SIGNED and low < 0.0 < high:
        share = np.nan_to_num(values) / max(-low, high)
        tones = np.sign(share) * np.maximum(np.ceil(np.abs(share) * TONES), 1)
    else:
        share = (np.nan_to_num(values, nan=low) - low) / ((high - low) or 1.0)
        tones = 1 + np.round(share * (TONES - 1))
    return np.where(np.isnan(values), 0, tones).astype(np.int64)


def _runs(line: npt.NDArray[np.int64], joined: bool) -> Iterator[tuple[int, int, int]]:
    """Yield first, length and tone of each run of equal tones, or of each cell; not of nothing."""
    edges = np.flatnonzero(np.diff(line)) + 1 if joined else np.arange(1, len(line))
    starts, stops = np.append(0, edges), np.append(edges, len(line))
    for first, stop in zip(starts.tolist(), stops.tolist(), strict=True):
        if line[first]:
            yield first, stop - first, int(line[first])


def _ends(values: Floats) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    return (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)


def _values(cells: Cells, metric: str) -> dict[str, object]:
    """Return what the pointer reads: labels, and values to four digits."""
    pages = [
        [[None if np.isnan(value) else float(f"{value:.4g}") for value in row] for row in page]
        for page in cells.metric.tolist()
    ]
    return {
        "a": words(cells.rows.name), "b": words(cells.columns.name), "rows": cells.rows.labels,
        "columns": cells.columns.labels, "metric": words(metric), "pages": pages,
        "form": "percent" if metric in SHARES else "number",
    }  # fmt: skip


def _labels(labels: list[str], side: str) -> str:
    every = -(-len(labels) // LABELS)
    return "".join(
        f'<i style="{side}:{100 * (k + 0.5) / len(labels):.2f}%">{escape(labels[k])}</i>'
        for k in range(0, len(labels), every)
    )


def _key(cells: Cells, metric: str) -> str:
    """Return the strip that says which tone is which value."""
    low, high = _ends(cells.metric)
    is_both = metric in SIGNED and low < 0.0 < high
    if is_both:
        low, high = -max(-low, high), max(-low, high)
    return (
        f'<span class="key"><i>{escape(shown(metric, low))}</i><s class="{"both" if is_both else ""}"></s>'
        f"<i>{escape(shown(metric, high))}</i></span>"
    )


def _slider(cells: Cells, start: int) -> str:
    if cells.pages is None:
        return ""
    name, labels = words(cells.pages.name), cells.pages.labels
    return (
        f'<label class="slide">{escape(name)} <output>{escape(labels[start])}</output>'
        f'<input type="range" min="0" max="{len(labels) - 1}" value="{start}" '
        f"data-labels='{escape(json.dumps(labels), quote=True)}'></label>"
    )
