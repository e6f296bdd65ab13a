"""The page of a sweep: what was tried, what was found, and how much of it may be luck."""

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from barledger.data.stamps import shown as stamp
from barledger.plots.variants import SHARES, WHOLE, Luck, Variants, said, shown, words
from barledger.plots.view import View, view_of
from barledger.report import figures, walk
from barledger.report.across import axis_text, by_parameter, parallel, spread
from barledger.report.heat import heat_map
from barledger.report.shell import (
    heading,
    listed,
    made_by,
    pair,
    pairs,
    section,
    tile_row,
    write_page,
)  # fmt: skip
from barledger.report.tables import table

if TYPE_CHECKING:
    from barledger.sweeps.judge import Judgement
    from barledger.sweeps.run import SweepRun
    from barledger.validation.walk_forward import WalkForward

BEST = 20  # variants in the table
PARAMETERS = 6  # with a chart of their own


def write(
    run: "SweepRun", path: Path, title: str | None, metric: str | None,
    judgement: "Judgement | None", walked: "WalkForward | None",
) -> None:  # fmt: skip
    """Write the page of a sweep."""
    variants = Variants(run)
    head = title or f"{len(variants.numbers):,} variants of {run.job.rule.name}"
    write_page(path, head, _sections(variants, head, variants.usual(metric), judgement, walked))


def _sections(
    variants: Variants, head: str, metric: str, judgement: "Judgement | None",
    walked: "WalkForward | None",
) -> Iterator[str]:  # fmt: skip
    run = variants.run
    yield heading(head, _range(variants))
    row = variants.best(metric)
    if row is None:
        yield f'<p class="muted">{escape(words(metric))} is not defined for any variant.</p>'
        return
    best = run.result(int(variants.numbers[row]))
    yield tile_row(_tiles(variants, metric, row, judgement))
    yield f"<p>{escape(_sentences(variants, judgement))}</p>"
    if len(variants.varying) > 1:
        yield heat_map(variants, metric)
    luck = _luck(variants, judgement)
    charts = [spread(variants, metric, luck if metric == "sharpe" else None)]
    charts += [by_parameter(variants, name, metric) for name in variants.varying[:PARAMETERS]]
    yield section("What the parameters did", *pairs(charts), parallel(variants, metric))
    yield section(f"The best by {words(metric)}", best_table(variants, metric))
    yield section("The best of them, on the bars that it was chosen on", *_best(view_of(best)))
    if walked is not None:
        yield section("Walk forward", *walk.parts(walked))
    yield section("What it rests on", listed({**_grid(variants), **best.assumptions}))
    yield made_by(best.assumptions)


def _range(variants: Variants) -> str:
    run = variants.run
    bars = run.job.bars
    n_bars, n_assets = bars.shape
    part = "" if run.is_complete else f" (stopped after {len(variants.numbers):,})"
    return (
        f"{run.job.rule.name} over {', '.join(run.grid.names)}: {len(run.grid):,} variants{part} · "
        f"{stamp(bars.time[0])} to {stamp(bars.time[-1])}, {n_bars:,} bars of {n_assets:,} "
        f"asset{'s' * (n_assets != 1)}"
    )


def _tiles(
    variants: Variants, metric: str, row: int, judgement: "Judgement | None"
) -> Iterator[tuple[str, str, str]]:
    values = variants.metric(metric)
    known = values[np.isfinite(values)]
    yield f"best {words(metric)}", shown(metric, values[row]), variants.settings(row)
    yield f"median {words(metric)}", shown(metric, float(np.median(known))), "of all variants"
    for name in variants.run.job.metrics:
        if name != metric and name in ("total_return", "sharpe", "max_drawdown", "trades"):
            yield words(name), shown(name, float(variants.metric(name)[row])), "of the best"
    luck = _luck(variants, judgement)
    if luck is not None:
        yield (
            "Sharpe of luck",
            shown("sharpe", luck.threshold),
            f"{variants.trials:,} trials, no skill",
        )
        yield "deflated Sharpe", f"{luck.deflated:.1%}", "probability above luck"
    if judgement is not None:
        yield "overfitting", f"{judgement.overfitting:.1%}", "probability, by halves"


def _luck(variants: Variants, judgement: "Judgement | None") -> Luck | None:
    """Return what was judged, or what the table tells of it."""
    if judgement is None:
        return variants.luck
    return Luck(judgement.variant, judgement.sharpe, judgement.luck, judgement.deflated_sharpe)


def _sentences(variants: Variants, judgement: "Judgement | None") -> str:
    """Say how much the best may be believed."""
    luck = _luck(variants, judgement)
    if luck is None:
        return "How much of the best is luck is said by overfitting(), given as judgement."
    text = (
        f"The best of {variants.trials:,} trials without any skill, as spread out as these, "
        f"would have a Sharpe ratio of about {luck.threshold:.2f}; the best here has "
        f"{luck.sharpe:.2f}. That its true one is above that of luck has a probability of "
        f"{luck.deflated:.1%}: the deflated Sharpe ratio, which counts every variant as a trial of "
        "its own."
    )
    if judgement is None:
        return text + " How often a choice made on one half of history fails on the other is said "\
            "by overfitting()."  # fmt: skip
    return text + (
        f" Chosen on one half of history, the best is at or below the median of the other in "
        f"{judgement.overfitting:.0%} of all ways to halve it."
    )


def best_table(variants: Variants, metric: str) -> str:
    """Return the best variants, their parameters and all metrics."""
    names = variants.run.job.metrics
    forms = {name: "{:,.0f}" if name in WHOLE else "{:,.2%}" if name in SHARES else "{:,.2f}"
             for name in names}  # fmt: skip
    frame = variants.run.best(metric, BEST).with_columns(
        pl.col(name).map_elements(said, pl.String, skip_nulls=False)
        for name in variants.run.grid.names
    )
    toned = [name for name in ("total_return", "cagr") if name in names]
    return table(frame, {**forms, "variant": "{:,}"}, toned=toned)


def _best(view: View) -> Iterator[str]:
    yield pair(*figures.curves(view)[:2])
    yield '<p class="muted">Chosen with these very bars in sight: it says what was possible, not '\
        "what to expect.</p>"  # fmt: skip


def _grid(variants: Variants) -> dict[str, str]:
    run = variants.run
    return {
        "rule": run.job.rule.name,
        **{f"grid: {name}": axis_text(variants.axis(name)) for name in run.grid.names},
        "trials": f"{len(run.grid):,} variants",
    }
