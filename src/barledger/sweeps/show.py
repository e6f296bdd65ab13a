"""How sweeps and what follows from them show themselves in a notebook."""

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from barledger import _html
from barledger.plots.variants import Variants, said, shown, words

if TYPE_CHECKING:
    from barledger.sweeps.judge import Judgement
    from barledger.sweeps.run import SweepRun
    from barledger.sweeps.sweep import Sweep

BEST = 5
WHOLE = ("variant", "trials", "minimum_track_length")
SHARES = ("probabilistic_sharpe", "deflated_sharpe", "overfitting")


def sweep_html(sweep: "Sweep") -> str:
    """Return the grid of a sweep as a small table."""
    rows = [(name, str(len(values)), _values(values)) for name, values in sweep.grid.values.items()]
    return _html.table(rows, ("parameter", "values", ""), words=(0, 2), title=repr(sweep)[1:-1])


def run_html(run: "SweepRun") -> str:
    """Return the best variants of a run as a small table."""
    variants = Variants(run)
    metric = variants.usual(None)
    frame = run.best(metric, BEST)
    rows = [
        [said(value) if name in run.grid.names or name == "variant" else shown(name, float(value))
         for name, value in row.items()]
        for row in frame.iter_rows(named=True)
    ]  # fmt: skip
    note = f"the best {len(frame)} of {len(variants.numbers):,} variants by {words(metric)}"
    return _html.table(
        rows, [words(name) for name in frame.columns], words=(), title=repr(run)[1:-1], notes=[note]
    )


def judgement_html(judgement: "Judgement") -> str:
    """Return a judgement as a small table."""
    rows = []
    for each in fields(judgement):
        value = getattr(judgement, each.name)
        is_whole = each.name in WHOLE and np.isfinite(value)
        text = (
            f"{value:,.0f}"
            if is_whole
            else f"{value:.1%}"
            if each.name in SHARES
            else f"{value:.2f}"
        )
        rows.append((each.name.replace("_", " "), text))
    return _html.table(rows)


def _values(values: list[Any]) -> str:
    """Return the values of a parameter, the first and the last of many."""
    texts = [said(value) for value in values]
    return ", ".join(texts) if len(texts) <= 8 else f"{', '.join(texts[:3])} … {texts[-1]}"
