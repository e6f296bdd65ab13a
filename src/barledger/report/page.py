"""The page of a result: what comes after what."""

from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from barledger.data.stamps import shown
from barledger.plots.view import View, view_of
from barledger.report import figures, tables
from barledger.report.headline import tiles
from barledger.report.shell import (
    heading,
    listed,
    made_by,
    pair,
    pairs,
    section,
    tile_row,
    write_page,
)

if TYPE_CHECKING:
    from barledger.result.result import Result


def write(result: "Result", path: Path, title: str | None, reasons: Mapping[str, str]) -> None:
    """Write the page of a result; `reasons` are the words for why an order did not fill."""
    view = view_of(result)
    head = title or "What the run did"
    write_page(path, head, _sections(view, head, reasons))


def _sections(view: View, head: str, reasons: Mapping[str, str]) -> Iterator[str]:
    result = view.result
    stats = result.stats()
    yield heading(head, _range(view))
    yield tile_row(tiles(view, stats))
    if len(view.books) > 1:
        yield section("Accounts", tables.accounts(stats))
    yield "".join(figures.curves(view))
    yield section("What it rests on", listed(result.assumptions))
    yield section("Returns", *_returns(view))
    yield section("Drawdowns", tables.drawdowns(view))
    if not view.is_full:
        yield '<p class="muted">Orders, trades and the ledger: run with record="full".</p>'
    else:
        yield from _records(view, reasons)
    yield made_by(result.assumptions)


def _records(view: View, reasons: Mapping[str, str]) -> Iterator[str]:
    """Return the sections that orders, fills and entries make."""
    money = pair(figures.ledger(view), tables.ledger(view))
    yield section("Where the money came from", money, _by_asset(view))
    missed = len(view.result.rejections)
    yield section(
        "Orders not filled in full",
        tables.rejections(view, reasons) if missed else "<p>Every order filled in full.</p>",
    )
    charts = figures.prices(view)
    if charts:
        yield section("Prices, entries and exits", *pairs(charts),
                       '<p class="muted">The assets with most orders; splits taken out.</p>')  # fmt: skip
    text, note = tables.trades(view)
    rows = f"<details open><summary>{escape(note)}</summary>{text}</details>"
    yield section("Trades", *pairs(figures.trades(view)), rows)


def _returns(view: View) -> Iterator[str]:
    if not view.has_dates:
        yield figures.rolling(view)
    else:
        yield tables.months(view)
        yield pair(figures.years(view), figures.rolling(view))
    yield _beside(view)


def _beside(view: View) -> str:
    """Return how the run stands to buy and hold; nothing where that is not known."""
    if view.benchmark_returns is None:
        return ""
    chart, numbers = figures.beta(view), tables.relative_to(view)
    return pair(chart, numbers) if chart else numbers


def _by_asset(view: View) -> str:
    if len(view.result.assets) == 1:
        return ""
    return f"<details><summary>By asset</summary>{tables.assets(view)}</details>"


def _range(view: View) -> str:
    bars, assets = len(view.times), len(view.result.assets)
    several = f", {len(view.books):,} of them" if len(view.books) > 1 else ""
    return (
        f"{shown(view.times[0])} to {shown(view.times[-1])} · {bars:,} bars of {assets:,} "
        f"asset{'s' * (assets != 1)} · {view.books[0].kind} account{several}"
    )
