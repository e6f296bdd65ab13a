"""Tables in a terminal: with rich where it is installed and someone looks, else as plain text.

What goes into a file or a pipe is always the same plain text, whatever is installed.
"""

import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl


class Table(NamedTuple):
    """Cells under a title; columns numbered in `words` stand left, the others right."""

    title: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]
    words: tuple[int, ...]
    note: str = ""


class Text(NamedTuple):
    """Lines under a title."""

    title: str
    text: str


def table_of(
    title: str, frame: pl.DataFrame, forms: Mapping[str, str] | None = None, note: str = ""
) -> Table:
    """Return a frame as cells; `forms` formats numbers by column, what is not known is empty."""
    forms = forms or {}
    words = tuple(k for k, kind in enumerate(frame.dtypes) if not kind.is_numeric())
    head = tuple(name.replace("_", " ") for name in frame.columns)
    rows = [
        tuple(_cell(value, forms.get(name)) for name, value in row.items())
        for row in frame.iter_rows(named=True)
    ]
    return Table(title, head, rows, words, note)


def _cell(value: Any, form: str | None) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return (form or "{:,.2f}").format(value) if np.isfinite(value) else "-"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value).removesuffix(" 00:00:00")


def show(parts: Iterable[Table | Text]) -> None:
    """Print tables and texts."""
    console = _console()
    for part in parts:
        if console is None:
            print(plain(part))
        else:
            _print(console, part)


def plain(part: Table | Text) -> str:
    """Return a table or text as plain lines.

    Examples
    --------
    >>> print(plain(Table("Ledger", ("category", "amount"), [("fee", "-5.00")], (0,))))
    <BLANKLINE>
    Ledger
    category  amount
    fee        -5.00
    """
    if isinstance(part, Text):
        return f"\n{part.title}\n{part.text}"
    if not part.rows:
        return f"\n{part.title}\n{part.note or 'none'}"
    lines = [part.head, *part.rows]
    widths = [max(len(line[k]) for line in lines) for k in range(len(part.head))]
    note = [part.note] if part.note else []
    return "\n".join(["", part.title, *(_line(line, widths, part.words) for line in lines), *note])


def _line(cells: Sequence[str], widths: Sequence[int], words: Sequence[int]) -> str:
    placed = (
        cell.ljust(width) if k in words else cell.rjust(width)
        for k, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(placed).rstrip()


def _console() -> Any:
    """Return rich's console, None where it is not installed or nobody looks."""
    if not sys.stdout.isatty():
        return None
    try:
        from rich.console import Console
    except ImportError:
        return None
    return Console(highlight=False, width=max(shutil.get_terminal_size().columns, 60))


def _print(console: Any, part: Table | Text) -> None:
    from rich import box
    from rich.table import Table as Drawn
    from rich.text import Text as Words

    console.print()
    console.print(Words(part.title, style="bold"))
    if isinstance(part, Text):
        console.print(Words(part.text))
        return
    if part.rows:
        drawn = Drawn(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="dim")
        for k, name in enumerate(part.head):
            drawn.add_column(name, justify="left" if k in part.words else "right")
        for row in part.rows:
            drawn.add_row(*(Words(cell, style=_tone(cell, k in part.words))
                            for k, cell in enumerate(row)))  # fmt: skip
        console.print(drawn)
    note = part.note if part.rows else part.note or "none"
    if note:
        console.print(Words(note, style="dim"))


def _tone(cell: str, is_word: bool) -> str:
    """Return the style of a cell: numbers below zero are red, as in a ledger."""
    return "red" if cell.startswith("-") and len(cell) > 1 and not is_word else ""
