"""The page: what comes after what, its style and its one small script."""

from collections.abc import Iterator, Mapping
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from barledger.data.stamps import shown
from barledger.plots.view import View, view_of
from barledger.report import figures, tables
from barledger.report.headline import tiles

if TYPE_CHECKING:
    from barledger.result.result import Result


def write(result: "Result", path: Path, title: str | None, reasons: Mapping[str, str]) -> None:
    """Write the page of a result; `reasons` are the words for why an order did not fill."""
    view = view_of(result)
    head = title or "What the run did"
    body = "".join(_sections(view, head, reasons))
    style, script = (files(__package__).joinpath(f"page.{kind}").read_text("utf-8")
                     for kind in ("css", "js"))  # fmt: skip
    path.write_text(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<link rel="icon" href="data:,"><title>{escape(head)}</title><style>{style}</style></head>'
        f"<body><main>{body}</main><script>{script}</script></body></html>",
        encoding="utf-8",
    )


def _sections(view: View, head: str, reasons: Mapping[str, str]) -> Iterator[str]:
    result = view.result
    stats = result.stats()
    yield f'<h1>{escape(head)}</h1><p class="muted">{escape(_range(view))}</p>'
    yield _tiles(view)
    if len(view.books) > 1:
        yield _section("Accounts", tables.accounts(stats))
    yield "".join(figures.curves(view))
    yield _section("What it rests on", _assumptions(result))
    yield _section("Returns", *_returns(view))
    yield _section("Drawdowns", tables.drawdowns(view))
    if not view.is_full:
        yield '<p class="muted">Orders, trades and the ledger: run with record="full".</p>'
    else:
        yield from _records(view, reasons)
    yield f"<footer>Made by {escape(result.assumptions['versions'].split(',')[0])}.</footer>"


def _records(view: View, reasons: Mapping[str, str]) -> Iterator[str]:
    """Return the sections that orders, fills and entries make."""
    money = _pair(figures.ledger(view), tables.ledger(view))
    yield _section("Where the money came from", money, _by_asset(view))
    missed = len(view.result.rejections)
    yield _section(
        "Orders not filled in full",
        tables.rejections(view, reasons) if missed else "<p>Every order filled in full.</p>",
    )
    charts = figures.prices(view)
    if charts:
        yield _section("Prices, entries and exits", *_pairs(charts),
                       '<p class="muted">The assets with most orders; splits taken out.</p>')  # fmt: skip
    text, note = tables.trades(view)
    listed = f"<details open><summary>{escape(note)}</summary>{text}</details>"
    yield _section("Trades", *_pairs(figures.trades(view)), listed)


def _returns(view: View) -> Iterator[str]:
    if not view.has_dates:
        yield figures.rolling(view)
        return
    yield tables.months(view)
    yield _pair(figures.years(view), figures.rolling(view))


def _by_asset(view: View) -> str:
    if len(view.result.assets) == 1:
        return ""
    return f"<details><summary>By asset</summary>{tables.assets(view)}</details>"


def _section(title: str, *parts: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{''.join(parts)}</section>"


def _pairs(parts: list[str]) -> list[str]:
    return [_pair(*parts[k : k + 2]) for k in range(0, len(parts), 2)]


def _pair(*parts: str) -> str:
    return f'<div class="pair">{"".join(f"<div>{part}</div>" for part in parts)}</div>'


def _range(view: View) -> str:
    bars, assets = len(view.times), len(view.result.assets)
    several = f", {len(view.books):,} of them" if len(view.books) > 1 else ""
    return (
        f"{shown(view.times[0])} to {shown(view.times[-1])} · {bars:,} bars of {assets:,} "
        f"asset{'s' * (assets != 1)} · {view.books[0].kind} account{several}"
    )


def _tiles(view: View) -> str:
    cells = "".join(
        f"<div><span>{escape(name)}</span><b>{escape(number)}</b>"
        + (f"<span>buy and hold {escape(held)}</span>" if held else "")
        + "</div>"
        for name, number, held in tiles(view, view.result.stats())
    )
    return f'<div class="tiles">{cells}</div>'


def _assumptions(result: "Result") -> str:
    rows = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>"
        for name, text in result.assumptions.items()
    )
    return f"<dl>{rows}</dl>"
