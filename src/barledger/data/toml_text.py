"""TOML text of plain values, which the standard library reads but does not write."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any


def to_toml(values: Mapping[str, Any]) -> str:
    """Return plain values, then tables, then arrays of tables, as TOML.

    Examples
    --------
    >>> print(to_toml({"name": "a", "days": [date(2024, 1, 2)], "files": [{"rows": 3}]}))
    name = "a"
    days = [2024-01-02]
    <BLANKLINE>
    [[files]]
    rows = 3
    <BLANKLINE>
    """
    plain = {key: value for key, value in values.items() if not _is_table(value)}
    lines = [f"{key} = {_text(value)}" for key, value in plain.items() if value is not None]
    for key, value in values.items():
        if not _is_table(value):
            continue
        for row in [value] if isinstance(value, Mapping) else value:
            head = f"[{key}]" if isinstance(value, Mapping) else f"[[{key}]]"
            told = [f"{name} = {_text(item)}" for name, item in row.items() if item is not None]
            lines += ["", head, *told]
    return "\n".join(lines) + "\n"


def _is_table(value: Any) -> bool:
    if isinstance(value, Mapping):
        return True
    is_list = isinstance(value, Sequence) and not isinstance(value, str)
    return is_list and len(value) > 0 and isinstance(value[0], Mapping)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return _quoted(value)
    return "[" + ", ".join(_text(item) for item in value) + "]"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(f"\\u{ord(c):04x}" if ord(c) < 32 else c for c in escaped) + '"'
