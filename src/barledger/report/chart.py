"""Charts as SVG that stretches with the page; labels are HTML beside it and keep their size."""

from collections.abc import Callable, Sequence
from html import escape
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from barledger.plots.thin import extremes
from barledger.report.axis import Scale, log_money, scale_of, ticks, time_ticks

Floats = npt.NDArray[np.float64]
Format = Callable[[float], str]
WIDTH, HEIGHT = 1000.0, 1000.0  # of the drawing, stretched to the page
POINTS = 600  # buckets of a curve


class Line(NamedTuple):
    """A curve over time; `tone` is the class of its colour."""

    name: str
    values: Floats
    tone: str
    is_filled: bool = False


class Dots(NamedTuple):
    """Marks; hollow ones are for what did not happen."""

    name: str
    x: Floats
    y: Floats
    tone: str
    is_hollow: bool = False
    size: float = 6.0


def line_chart(
    heading: str, times: npt.NDArray[Any], lines: Sequence[Line], form: Format, *,
    height: int = 190, include: tuple[float, ...] = (), rule: float | None = None,
    dots: Sequence[Dots] = (), is_log: bool = False,
) -> str:  # fmt: skip
    """Return curves over time as a figure; dots stand at bar numbers, `rule` is a level.

    `is_log` draws powers of ten: values must be above 0.
    """
    held = () if rule is None else (rule,)
    if is_log:
        lines = [line._replace(values=np.log10(line.values)) for line in lines]
        heading, form = f"{heading}, logarithmic", log_money
    scale = scale_of([line.values for line in lines], include=(*include, *held))
    x = _places(times)
    parts = [rule_of(scale, each, "grid") for each in ticks(scale, is_log=form is log_money)]
    parts += [path_of(line, x, scale) for line in lines]
    parts += [] if rule is None else [rule_of(scale, rule, "limit")]
    parts += [_dots(x[each.x.astype(np.int64)], scale.place(each.y), each) for each in dots]
    names = [(line.name, line.tone) for line in lines] + [
        (("○ " if each.is_hollow else "● ") + each.name, each.tone) for each in dots
    ]
    reads = (
        f' data-low="{scale.low!r}" data-high="{scale.high!r}" data-form="{form.__name__}"'
        f' data-from="{_stamp(times[0])}" data-to="{_stamp(times[-1])}"'
    )
    return framed(heading, names, parts, scale, form, time_labels(times), height, reads)


def time_labels(times: npt.NDArray[Any]) -> str:
    """Return the labels below a figure over time."""
    return "".join(
        f'<i style="left:{100 * place:.2f}%">{escape(label)}</i>'
        for place, label in time_ticks(times)
    )


def bar_chart(
    heading: str, names: Sequence[str], low: Floats, high: Floats, tones: Sequence[str],
    form: Format, *, labels: Sequence[str] = (), height: int = 170, every: int = 1,
    marks: Sequence[tuple[float, str, str]] = (),
) -> str:  # fmt: skip
    """Return bars from `low` to `high` as a figure, with the names of all or every n-th below.

    `marks` are upright lines: place between 0 and 1, words, tone.
    """
    scale = scale_of([low, high], include=(0.0,))
    scale = scale._replace(high=scale.high + 0.07 * (scale.high - scale.low)) if labels else scale
    width = WIDTH / max(len(names), 1)
    bottom, top = scale.place(np.fmin(low, high)), scale.place(np.fmax(low, high))
    parts = [rule_of(scale, each, "grid") for each in ticks(scale)]
    parts += [
        f'<rect class="{tone}" x="{(k + 0.14) * width:.2f}" y="{(1 - up) * HEIGHT:.2f}" '
        f'width="{0.72 * width:.2f}" height="{max(up - down, 0.004) * HEIGHT:.2f}">'
        f"<title>{escape(names[k])}: {escape(_said(labels, k, high[k] - low[k], form))}</title></rect>"
        for k, (down, up, tone) in enumerate(zip(bottom, top, tones, strict=True))
    ]
    parts += [f'<path class="level {tone}" d="M{WIDTH * place:.1f} 0V{HEIGHT:g}"/>'
              for place, _, tone in marks]  # fmt: skip
    above = "".join(
        f'<b class="{tone} beside" style="{"left" if place < 0.7 else "right"}:'
        f'{100 * min(place, 1 - place if place >= 0.7 else 1):.2f}%">{escape(text)}</b>'
        for place, text, tone in marks
    )
    above += "".join(
        f'<b style="left:{100 * (k + 0.5) / len(names):.2f}%;bottom:{100 * up:.2f}%">{escape(label)}</b>'
        for k, (up, label) in enumerate(zip(top, labels, strict=False))
    )
    below = "".join(
        f'<i style="left:{100 * (k + 0.5) / len(names):.2f}%">{escape(names[k])}</i>'
        for k in range(0, len(names), every)
    )
    return framed(heading, (), parts, scale, form, below, height, "", above, every == 1)


def dot_chart(
    heading: str, dots: Sequence[Dots], x_form: Format, y_form: Format, height: int = 240
) -> str:
    """Return points as a figure."""
    across = scale_of([each.x for each in dots], include=(0.0,))
    scale = scale_of([each.y for each in dots], include=(0.0,))
    parts = [rule_of(scale, each, "grid") for each in ticks(scale)]
    parts += [_dots(across.place(each.x), scale.place(each.y), each) for each in dots]
    below = "".join(
        f'<i style="left:{100 * across.place(each):.2f}%">{escape(x_form(each))}</i>'
        for each in ticks(across)
    )
    names = [(f"● {each.name}", each.tone) for each in dots]
    return framed(heading, names, parts, scale, y_form, below, height, "")


def framed(
    heading: str, names: Sequence[tuple[str, str]], parts: list[str], scale: Scale, form: Format,
    below: str, height: int, reads: str = "", above: str = "", is_all: bool = False,
) -> str:  # fmt: skip
    """Return a figure: heading, names in their tones, drawing, labels beside it and below."""
    words = " ".join(f'<span class="{tone}">{escape(name)}</span>' for name, tone in names)
    beside = "".join(
        f'<i style="bottom:{100 * scale.place(each):.2f}%">{escape(form(each))}</i>'
        for each in ticks(scale, is_log=form is log_money)
    )
    return (
        f"<figure><figcaption><b>{escape(heading)}</b> {words}</figcaption>"
        f'<div class="plot" style="height:{height}px"{reads}><div class="y">{beside}</div>'
        f'<svg viewBox="0 0 {WIDTH:g} {HEIGHT:g}" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(heading)}">{"".join(parts)}</svg>{above}</div>'
        f'<div class="x{" all" * is_all}">{below}</div></figure>'
    )


def rule_of(scale: Scale, level: float, tone: str) -> str:
    """Return a level from side to side."""
    y = (1.0 - scale.place(level)) * HEIGHT
    return f'<path class="{tone}" d="M0 {y:.1f}H{WIDTH:g}"/>'


def path_of(line: Line, x: Floats, scale: Scale) -> str:
    """Return a curve as a path, thinned by its extremes; NaN is a gap."""
    kept = extremes(line.values, POINTS)
    values = line.values[kept]
    across, up = x[kept] * WIDTH, (1.0 - scale.place(values)) * HEIGHT
    known = np.isfinite(values)
    begins = known & ~np.concatenate(([False], known[:-1]))
    text = "".join(
        f"{'M' if begin else 'L'}{left:.1f} {top:.1f}"
        for left, top, begin in zip(across[known], up[known], begins[known], strict=True)
    )
    drawn = f'<path class="line {line.tone}" data-name="{escape(line.name)}" d="{text}"/>'
    if not line.is_filled or not text:
        return drawn
    zero = (1.0 - scale.place(0.0)) * HEIGHT
    left, right = across[known][0], across[known][-1]
    return f'<path class="area {line.tone}" d="{text}L{right:.1f} {zero:.1f}L{left:.1f} {zero:.1f}Z"/>{drawn}'


def _dots(x: Any, y: Any, dots: Dots) -> str:
    """Return dots as strokes of no length with round ends: they stay round however it stretches."""
    text = "".join(
        f"M{WIDTH * across:.1f} {HEIGHT * (1 - up):.1f}h0"
        for across, up in zip(x, y, strict=True)
        if np.isfinite(up)
    )
    if not text:
        return ""
    drawn = f'<path class="dot {dots.tone}" style="stroke-width:{dots.size:g}px" d="{text}"/>'
    if not dots.is_hollow:
        return drawn
    return f'{drawn}<path class="dot paper" style="stroke-width:{dots.size - 3:g}px" d="{text}"/>'


def _places(times: npt.NDArray[Any]) -> Floats:
    if len(times) < 2:
        return np.zeros(len(times))
    found: Floats = (times - times[0]) / (times[-1] - times[0])
    return found


def _said(labels: Sequence[str], k: int, amount: float, form: Format) -> str:
    return labels[k] if labels else form(amount)


def _stamp(time: Any) -> str:
    """Return milliseconds since 1970, or the bar's number with a leading #."""
    if isinstance(time, np.datetime64):
        return str(time.astype("datetime64[ms]").astype(np.int64))
    return f"#{time}"
