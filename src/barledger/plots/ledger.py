"""The waterfall from the first to the last equity: prices, costs, financing, flows."""

from typing import TYPE_CHECKING, Any

import polars as pl

from barledger.plots.figure import panels, plotly, word
from barledger.plots.palette import Theme, palette_of

if TYPE_CHECKING:
    from barledger.result.result import Result


def plot_ledger(result: "Result", *, theme: Theme = "light") -> Any:
    """Return the waterfall of the ledger; see `Result.plot_ledger`."""
    colours = palette_of(theme)
    graph = plotly()
    steps = waterfall(result)
    words = f"{word('gained', colours.gain)} · {word('cost', colours.loss)}"
    figure = panels(colours, [f"<b>From first to last equity</b> {words}"], [300])
    names = [step[0] for step in steps]
    tones = [
        colours.accent if is_total else colours.gain if high >= low else colours.loss
        for _, low, high, is_total in steps
    ]
    amounts = [high - low for _, low, high, _ in steps]
    bars = graph.Bar(
        x=names, y=amounts, base=[low for _, low, _, _ in steps], marker={"color": tones},
        text=[_short(amount) for amount in amounts], textposition="outside", cliponaxis=False, constraintext="none",
        textfont={"color": colours.ink, "size": 11}, customdata=amounts,
        hovertemplate="%{x}: %{customdata:,.2f}<extra></extra>",
    )  # fmt: skip
    figure.add_trace(bars, row=1, col=1)
    figure.update_xaxes(type="category", nticks=len(names), row=1, col=1)
    figure.update_layout(bargap=0.35, hovermode="closest")
    return figure


def waterfall(result: "Result") -> list[tuple[str, float, float, bool]]:
    """Return name, level before and after, and whether it is a total, of each step."""
    totals = result.attribution.group_by("cause", maintain_order=True).agg(pl.col("amount").sum())
    amounts = dict(totals.select("cause", "amount").iter_rows())
    first, last = amounts.pop("initial equity"), amounts.pop("final equity")
    steps, level = [("initial equity", 0.0, first, True)], first
    for name, amount in amounts.items():
        steps.append((name, level, level + amount, False))
        level += amount
    return [*steps, ("final equity", 0.0, last, True)]


def _short(amount: float) -> str:
    """Return an amount of money in at most six characters or so."""
    for unit, name in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if abs(amount) >= unit:
            return f"{amount / unit:,.1f} {name}"
    return f"{amount:,.0f}"
