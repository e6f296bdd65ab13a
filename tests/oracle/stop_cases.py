"""Cases of stops worked by hand, as plain data for any engine that is to be tested.

A case is two lines: what it shows, then `options | bars | exits`.

- Bars are `open high low close`, one number for all four, `n` for none; bar 0 comes first.
- Exits are `bar price cause` of everything that a stop closes, or `none`.
- Options of the stops go by their names, in `unit=price` unless said; `5/n/n` is one number a bar.
- Other options: `orders` (bar:quantity, default 0:10), `fill`, `tick`, `slip` (a fraction), `split`
  (bar:ratio), `off` (a bar that is not tradable) and `opens=none` (no opens are given).
"""

import math
from dataclasses import dataclass
from typing import Any

from .stop_rows import ADDED, COSTS, GAPS, GAPS_IN_DATA, RANGES, SHORTS, TIMES, TRAILS, UNITS

BLOCKS = {
    "gaps": GAPS,
    "ranges": RANGES,
    "trails": TRAILS,
    "times": TIMES,
    "shorts": SHORTS,
    "units": UNITS,
    "costs": COSTS,
    "added": ADDED,
    "data": GAPS_IN_DATA,
}
WORLD = ("orders", "fill", "tick", "slip", "split", "off", "opens")
WORDS = ("unit", "path", "stop_fill", "when_added")


@dataclass(frozen=True)
class StopCase:
    """One case; `stops` are the keywords of the option class, `bars` rows of four prices."""

    name: str
    stops: dict[str, Any]
    bars: list[tuple[float, float, float, float]]
    exits: list[tuple[int, float, str]]
    orders: list[tuple[int, float]]
    fill: str = "next_open"
    tick: float = 0.0
    slippage: float = 0.0
    split: tuple[int, float] | None = None
    not_tradable: int | None = None
    has_opens: bool = True


def number(word: str) -> float:
    return math.nan if word == "n" else float(word)


def bar_of(words: str) -> tuple[float, float, float, float]:
    prices = [number(word) for word in words.split()]
    return tuple(prices * 4) if len(prices) == 1 else tuple(prices)


def exits_of(words: str) -> list[tuple[int, float, str]]:
    rows = [] if words.strip() == "none" else [row.split() for row in words.split(",")]
    return [(int(bar), float(price), cause) for bar, price, cause in rows]


def field_of(name: str, word: str) -> Any:
    """Value of one option of the stops; one number a bar is a column."""
    if name in WORDS:
        return word
    if name == "atr_length":
        return int(word)
    return [[number(part)] for part in word.split("/")] if "/" in word else number(word)


def case_of(name: str, row: str) -> StopCase:
    options, bars, exits = row.split("|")
    given = dict(word.split("=") for word in options.split())
    stops = {key: field_of(key, word) for key, word in given.items() if key not in WORLD}
    orders = [pair.split(":") for pair in given.get("orders", "0:10").split(",")]
    split = given["split"].split(":") if "split" in given else None
    return StopCase(
        name=name,
        stops={"unit": "price", **stops},
        bars=[bar_of(words) for words in bars.split(",")],
        exits=exits_of(exits),
        orders=[(int(bar), float(quantity)) for bar, quantity in orders],
        fill=given.get("fill", "next_open"),
        tick=float(given.get("tick", 0.0)),
        slippage=float(given.get("slip", 0.0)),
        split=(int(split[0]), float(split[1])) if split else None,
        not_tradable=int(given["off"]) if "off" in given else None,
        has_opens="opens" not in given,
    )


def cases_of(block: str) -> list[StopCase]:
    lines = [line for line in block.strip().splitlines() if line]
    return [case_of(*pair) for pair in zip(lines[0::2], lines[1::2], strict=True)]


CASES = [case for block in BLOCKS.values() for case in cases_of(block)]
