"""The figures of the page."""

import numpy as np
import polars as pl

from barledger.analytics.periods import by_period, rolling_beta, rolling_sharpe
from barledger.plots.ledger import waterfall
from barledger.plots.marks import STOPPED, busiest
from barledger.plots.thin import loudest
from barledger.plots.trades import excursions_of
from barledger.plots.view import View, is_squeezed
from barledger.report.axis import money, percent, times_of
from barledger.report.chart import Dots, Line, bar_chart, dot_chart, line_chart

ASSETS = 4  # whose prices are shown
MARKS = 150  # of one kind on one price
BINS = 25


def curves(view: View) -> list[str]:
    """Return equity, drawdown, exposure and margin over time, as far as recorded."""
    lines = [Line("strategy", view.equity, "accent")]
    if view.benchmark is not None:
        lines.insert(0, Line("buy and hold", view.benchmark, "benchmark"))
    fall = Line("", view.drawdown, "loss", is_filled=True)
    found = [
        line_chart(
            "Equity",
            view.times,
            lines,
            money,
            height=240,
            is_log=is_squeezed(view.equity, view.benchmark),
        ),
        line_chart("Below the peak", view.times, [fall], percent, height=110, include=(0.0,)),
    ]
    if not view.is_full:
        return found
    lines = [Line(name, view.of_equity(name), tone)
             for name, tone in (("net", "benchmark"), ("gross", "accent"))]  # fmt: skip
    found.append(line_chart("Exposure over equity", view.times, lines, times_of, height=120))
    if np.any(view.closes("maintenance") > 0.0):
        lines = [Line(label, view.of_equity(name), tone)
                 for name, label, tone in (("initial", "to open", "warning"),
                                           ("maintenance", "to hold, a call at 100%", "loss"))]  # fmt: skip
        found.append(
            line_chart(
                "Margin over equity",
                view.times,
                lines,
                percent,
                height=120,
                rule=1.0,
                include=(0.0,),
            )
        )
    return found


def prices(view: View) -> list[str]:
    """Return the prices of the assets with most orders, with what was opened, closed, refused."""
    source = view.result.source
    if source is None or not view.is_full:
        return []
    first, stop = view.books[0].first, view.books[0].stop
    adjusted = source.bars.split_adjusted()
    found = []
    for asset in busiest(view.result, ASSETS):
        column = view.result.assets.index(asset)
        drawn, raw = (bars.close[first:stop, column] for bars in (adjusted, source.bars))
        if np.isnan(drawn).all():
            continue
        marks = _marks(view, asset, drawn / raw, raw)
        line = Line("", drawn, "muted")
        found.append(line_chart(asset, view.times, [line], money, height=150, dots=marks))
    return found


def _marks(view: View, asset: str, scale: np.ndarray, raw: np.ndarray) -> list[Dots]:
    fills = view.result.fills.filter(asset=asset).with_columns(missed=False)
    missed = view.result.rejections.filter(asset=asset)
    opened = pl.col("closes").not_()
    stopped = pl.col("reason").is_in(STOPPED)
    kinds = [
        ("exit", "ink", 4.5, False, fills.filter(pl.col("closes") & ~stopped)),
        ("stop or target", "accent", 6.5, False, fills.filter(pl.col("closes") & stopped)),
        ("long", "gain", 7.0, False, fills.filter(opened & (pl.col("quantity") > 0))),
        ("short", "loss", 7.0, False, fills.filter(opened & (pl.col("quantity") < 0))),
        ("not filled", "warning", 8.0, True, missed),
    ]
    found = []
    for name, tone, size, is_hollow, rows in kinds:
        bars = rows["bar"].to_numpy() - view.books[0].first
        kept = loudest(bars, np.ones(len(bars)), len(view.times), MARKS)
        bars, price = bars[kept], rows["price"].fill_null(np.nan).to_numpy()[kept]
        price = np.where(np.isnan(price), raw[bars], price) * scale[bars]
        if len(bars):
            found.append(Dots(name, bars.astype(np.float64), price, tone, is_hollow, size))
    return found


def years(view: View) -> str:
    """Return the return of each year as bars."""
    names, gained = by_period(view.times, view.returns, "Y")
    tones = ["gain" if each > 0.0 else "loss" for each in gained]
    zero = np.zeros(len(gained))
    every = -(-len(names) // 8)
    labels = [str(name) for name in names]
    return bar_chart("Return by year", labels, zero, gained, tones, percent, every=every)


def rolling(view: View) -> str:
    """Return the rolling Sharpe; nothing for a run shorter than its window."""
    window = view.window
    if len(view.times) < window:
        return ""
    values = rolling_sharpe(view.returns, window, view.per_year)
    line = Line("", values, "accent")
    heading = f"Rolling Sharpe over {window:,} bars"
    return line_chart(heading, view.times, [line], money, height=170, include=(0.0,))


def beta(view: View) -> str:
    """Return the rolling beta on buy and hold; nothing without it, or for a shorter run."""
    window, held = view.window, view.benchmark_returns
    if held is None or len(view.times) < window:
        return ""
    line = Line("", rolling_beta(view.returns, held, window), "accent")
    heading = f"Rolling beta on buy and hold over {window:,} bars"
    return line_chart(heading, view.times, [line], money, height=170, include=(0.0,))


def ledger(view: View) -> str:
    """Return the waterfall from the initial to the final equity."""
    steps = waterfall(view.result)
    low, high = (np.array([step[k] for step in steps], np.float64) for k in (1, 2))
    tones = ["accent" if step[3] else "gain" if step[2] >= step[1] else "loss" for step in steps]
    labels = [money(float(f"{step[2] - step[1]:.3g}")) for step in steps]
    names = [step[0] for step in steps]
    return bar_chart("From first to last equity", names, low, high, tones, money, labels=labels,
                     height=220)  # fmt: skip


def trades(view: View) -> list[str]:
    """Return what closed trades made, and how far prices went for them and against them."""
    closed = view.result.trades.filter(status="closed")
    made = closed["return"].to_numpy()
    made = made[np.isfinite(made)]
    if len(made) < 2:
        return []
    found = [_histogram(made)]
    if view.result.source is not None:
        went, won = excursions_of(view, closed), closed["pnl"].to_numpy() > 0.0
        kept = np.zeros(len(won), np.bool_)
        kept[loudest(closed["exit_bar"].to_numpy(), closed["pnl"].to_numpy(), len(view.times))] = (
            True
        )
        dots = [
            Dots(name, went.adverse[part], went.favourable[part], tone, size=5.0)
            for name, part, tone in (("lost", kept & ~won, "loss"), ("won", kept & won, "gain"))
        ]
        found.append(dot_chart("Furthest against (←) and for (↑)", dots, percent, percent, 200))
    return found


def _histogram(made: np.ndarray) -> str:
    low, high = np.quantile(made, [0.01, 0.99])
    edges = np.linspace(low, max(high, low + 1e-9), BINS + 1)
    counts = np.histogram(np.clip(made, edges[0], edges[-1]), edges)[0].astype(np.float64)
    names = [f"{each:.0%}" for each in 0.5 * (edges[:-1] + edges[1:])]
    tones = ["gain" if each > 0.0 else "loss" for each in 0.5 * (edges[:-1] + edges[1:])]
    heading = "Return of a closed trade"
    return bar_chart(heading, names, np.zeros(BINS), counts, tones, money, every=4, height=200)
