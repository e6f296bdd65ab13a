"""The page, and the part of a page, of a walk forward."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from barledger.data.stamps import shown as stamp
from barledger.plots.variants import SHARES, said, shown, words
from barledger.plots.view import is_squeezed
from barledger.plots.walk import Strips, strips_of
from barledger.report.axis import money, percent, scale_of
from barledger.report.chart import HEIGHT, WIDTH, Line, framed, line_chart, rule_of, time_labels
from barledger.report.shell import heading, listed, made_by, pair, section, tile_row, write_page
from barledger.report.tables import table

if TYPE_CHECKING:
    from barledger.validation.walk_forward import WalkForward


def write(walk: "WalkForward", path: Path, title: str | None) -> None:
    """Write the page of a walk forward."""
    head = title or f"{walk.sweep.job.rule.name}, walked forward"
    write_page(path, head, _sections(walk, head))


def _sections(walk: "WalkForward", head: str) -> Iterator[str]:
    first, last = walk.windows[0].split, walk.windows[-1].split
    time = walk.sweep.job.bars.time
    yield heading(
        head,
        f"{len(walk.windows):,} windows from {stamp(time[first.train[0]])}, tested from "
        f"{stamp(time[first.test[0]])} to {stamp(time[last.test[-1]])} · chosen by "
        f"{words(walk.select)} among {len(walk.sweep):,} variants",
    )
    yield from parts(walk)
    assumptions = walk.windows[0].result.assumptions
    told = {name: text for name, text in assumptions.items() if name != "data"}
    yield section("What it rests on", listed(told))
    yield made_by(assumptions)


def parts(walk: "WalkForward") -> Iterator[str]:
    """Return tiles, curves, strips and the table of windows."""
    strips = strips_of(walk)
    yield tile_row(_tiles(walk, strips))
    equity = walk.equity
    times, values = equity["time"].to_numpy(), equity["equity"].to_numpy()
    lines = [Line("tests, one account", values, "accent")]
    held = walk.benchmark.equity["equity"].to_numpy()
    lines.insert(0, Line("buy and hold", held, "benchmark"))
    yield line_chart("Equity out of sample", times, lines, money, height=230,
                     is_log=is_squeezed(values, held))  # fmt: skip
    yield pair(_windows(strips), _kept(walk, strips))
    yield _table(walk)


def _tiles(walk: "WalkForward", strips: Strips) -> Iterator[tuple[str, str, str]]:
    curve, held = walk.curve, walk.benchmark
    stats = held.stats().row(0, named=True)
    for name, own, other in (
        ("total_return", curve.total_return, stats["total_return"]),
        ("sharpe", curve.sharpe(), stats["sharpe"]),
        ("max_drawdown", curve.max_drawdown, stats["max_drawdown"]),
    ):
        beside = f"buy and hold {shown(name, other)}"
        yield f"{words(name)} out of sample", shown(name, own), beside
    promised, came = (float(np.nanmean(each)) if np.isfinite(each).any() else np.nan
                      for each in (strips.promised, strips.came))  # fmt: skip
    metric = words(walk.select)
    yield f"mean {metric} in sample", shown(walk.select, promised), "of those chosen"
    yield f"mean {metric} out of sample", shown(walk.select, came), "of the same"
    better = strips.came[np.isfinite(strips.came)]
    share = float((better > 0.0).mean()) if len(better) else np.nan
    yield (
        "tests above 0",
        f"{share:.0%}" if np.isfinite(share) else "-",
        f"of {len(better)} windows",
    )


def _windows(strips: Strips) -> str:
    """Return each window as a strip over time, the first on top."""
    low, high = strips.train[0, 0], strips.test[-1, 1]
    count = len(strips.test)
    tall = HEIGHT / count
    bars = "".join(
        f'<rect class="{tone}" x="{WIDTH * left:.1f}" y="{(k + 0.15) * tall:.1f}" '
        f'width="{WIDTH * max(right - left, 0.002):.1f}" height="{0.7 * tall:.1f}"/>'
        for ends, tone in ((strips.train, "calm"), (strips.test, "accent"))
        for k, (left, right) in enumerate((ends - low) / (high - low))
    )
    names = [("learnt on", "benchmark"), ("tested", "accent")]
    times = np.array([low, high])
    return framed("Windows", names, [bars], scale_of([]), lambda _: "", time_labels(times),
                  min(max(9 * count, 80), 220))  # fmt: skip


def _kept(walk: "WalkForward", strips: Strips) -> str:
    """Return the metric of each window where it was chosen and where it was tested."""
    form = percent if walk.select in SHARES else money
    scale = scale_of([strips.promised, strips.came], include=(0.0,))
    low, high = strips.test[0, 0], strips.test[-1, 1]
    places = (strips.test - low) / (high - low)
    drawn = [rule_of(scale, 0.0, "grid")]
    for values, tone in ((strips.promised, "benchmark"), (strips.came, "accent")):
        steps = "".join(
            f"M{WIDTH * left:.1f} {(1 - scale.place(value)) * HEIGHT:.1f}H{WIDTH * right:.1f}"
            for (left, right), value in zip(places, values, strict=True)
            if np.isfinite(value)
        )
        drawn.append(f'<path class="step {tone}" d="{steps}"/>')
    names = [("where it was chosen", "benchmark"), ("where it was tested", "accent")]
    return framed(words(walk.select), names, drawn, scale, form,
                  time_labels(np.array([low, high])), min(max(9 * len(places), 80), 220))  # fmt: skip


def _table(walk: "WalkForward") -> str:
    select = walk.select
    names = list(walk.sweep.grid.names)
    frame = walk.table.select(
        "test_start", "test_end", *names, f"{select}_in_sample", f"{select}_out_of_sample",
        "return_out_of_sample",
    ).with_columns(pl.col(name).map_elements(said, pl.String, skip_nulls=False) for name in names)  # fmt: skip
    form = "{:.2%}" if select in SHARES else "{:,.2f}"
    forms: dict[str, Any] = dict.fromkeys((f"{select}_in_sample", f"{select}_out_of_sample"), form)
    return table(frame, {**forms, "return_out_of_sample": "{:.2%}"}, toned=["return_out_of_sample"])
