"""Small HTML tables for notebooks: no colours of their own, so that they read in light and dark."""

from collections.abc import Iterable, Sequence
from dataclasses import MISSING, fields
from html import escape
from typing import Any

import numpy as np

LEFT, RIGHT = "text-align:left;vertical-align:top", "text-align:right;vertical-align:top"
CALM = "opacity:.65"


def table(
    rows: Iterable[Sequence[str]], head: Sequence[str] = (), *, words: Sequence[int] = (0,),
    title: str = "", notes: Sequence[str] = (),
) -> str:  # fmt: skip
    """Return cells as a table; columns numbered in `words` stand left, the others right."""
    above = f"<p>{escape(title)}</p>" if title else ""
    top = _row(head, "th", words) if head else ""
    body = "".join(_row(row, "td", words) for row in rows)
    below = f'<p style="{CALM}">{"<br>".join(map(escape, notes))}</p>' if notes else ""
    return f"{above}<table>{top}{body}</table>{below}"


def _row(cells: Sequence[str], tag: str, words: Sequence[int]) -> str:
    inside = "".join(
        f'<{tag} style="{LEFT if k in words else RIGHT}">{escape(cell)}</{tag}>'
        for k, cell in enumerate(cells)
    )
    return f"<tr>{inside}</tr>"


def option(value: Any, without: Sequence[str] = ()) -> str:
    """Return a frozen option as its fields; what was not given is paler, some are left out."""
    rows = []
    for each in fields(value):
        if each.name in without:
            continue
        given = getattr(value, each.name)
        style = CALM if _is_default(given, each.default) else ""
        text = f"array{given.shape}" if isinstance(given, np.ndarray) else _said(given)
        rows.append(
            f'<tr style="{style}"><td style="{LEFT}">{escape(each.name)}</td>'
            f'<td style="{LEFT}">{escape(text)}</td></tr>'
        )
    name = type(value).__name__
    if not rows:
        return f"<p><b>{escape(name)}</b></p>"
    head = f'<tr><th style="{LEFT}" colspan="2">{escape(name)}</th></tr>'
    return f"<table>{head}{''.join(rows)}</table>"


def _is_default(given: Any, default: Any) -> bool:
    return default is not MISSING and type(given) is type(default) and bool(given == default)


def _said(value: Any) -> str:
    return value if isinstance(value, str) else "none" if value is None else repr(value)
