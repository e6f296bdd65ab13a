"""What every page shares: its head, style and small script, and how its parts are put together."""

from collections.abc import Iterable, Mapping
from html import escape
from importlib.resources import files
from pathlib import Path


def write_page(path: Path, head: str, sections: Iterable[str]) -> None:
    """Write a page that needs nothing but itself."""
    body = "".join(sections)
    style, script = (
        files(__package__).joinpath(f"page.{kind}").read_text("utf-8") for kind in ("css", "js")
    )
    path.write_text(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<link rel="icon" href="data:,"><title>{escape(head)}</title><style>{style}</style></head>'
        f"<body><main>{body}</main><script>{script}</script></body></html>",
        encoding="utf-8",
    )


def heading(head: str, below: str) -> str:
    """Return the title of a page and the line below it."""
    return f'<h1>{escape(head)}</h1><p class="muted">{escape(below)}</p>'


def section(title: str, *parts: str) -> str:
    """Return a section under its title."""
    return f"<section><h2>{escape(title)}</h2>{''.join(parts)}</section>"


def pair(*parts: str) -> str:
    """Return two parts side by side where there is room."""
    return f'<div class="pair">{"".join(f"<div>{part}</div>" for part in parts)}</div>'


def pairs(parts: list[str]) -> list[str]:
    """Return parts two by two."""
    return [pair(*parts[k : k + 2]) for k in range(0, len(parts), 2)]


def tile_row(tiles: Iterable[tuple[str, str, str]]) -> str:
    """Return tiles of name, number and what it stands beside."""
    cells = "".join(
        f"<div><span>{escape(name)}</span><b>{escape(number)}</b>"
        + (f"<span>{escape(beside)}</span>" if beside else "")
        + "</div>"
        for name, number, beside in tiles
    )
    return f'<div class="tiles">{cells}</div>'


def listed(sentences: Mapping[str, str]) -> str:
    """Return names and sentences as a list."""
    rows = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in sentences.items()
    )
    return f"<dl>{rows}</dl>"


def made_by(assumptions: Mapping[str, str]) -> str:
    """Return the foot of a page."""
    return f"<footer>Made by {escape(assumptions['versions'].split(',')[0])}.</footer>"
