"""Cases of orders that rest, worked by hand, as plain data for any engine that is to be tested.

A case is two lines: what it shows, then `options | bars | fills | ends`.

- Bars are `open high low close`, one number for all four, `n` for none; bar 0 comes first. They
  are weekdays from Monday, 1 January 2024; `perday=2` puts two on a date.
- Fills are `bar quantity price`, and the cause where a stop of the position made it.
- Ends are `bar reason` of the orders that did not fill in full.
- Orders that rest: `kind` (limit unless said), `price`, `stop`, `tif`, `until`; `95/n` is one
  number a bar, the last for all that follow. `orders` is bar:quantity (0:10 unless said);
  `signals` is bar:letters instead (L, X long entry and exit, S, C short entry and exit), of
  10 shares or of money (`value`), `repeat` and `opposite` as the rules of that name.
- Stops of positions: `loss`, `target`, `trail`, `time` in price, `path`, `stop_fill`, `exit`,
  `limit_offset`, `base`, `unit`; ladders `losses` and `targets` as distance:share/distance:share.
- `each` is a list of orders that say their own kind, in place of `orders`:
  bar:quantity:kind:price:group:stop_loss:take_profit, `n` or nothing where there is none.
- `delay` in bars; `tick`, `slip` (a fraction), `split` (bar:ratio), `off` (a bar that is not tradable), `held`
  (quantity:average at the start), `cash` (a cash account in whole shares with so much; else
  everything is allowed).
"""

import math
from dataclasses import dataclass
from datetime import date
from typing import Any

from .rest_rows import (
    AUCTIONS,
    BASES,
    BRACKETS,
    DATA,
    DELAYS,
    EXITS,
    FALLING,
    GROUPS,
    KINDS,
    LADDERED,
    LIVES,
    MONEY,
    PRICES,
    PROTECTED,
    RISING,
    SIGNALS,
    STOP_LIMITS,
    TRAILING,
)

BLOCKS = (
    KINDS, STOP_LIMITS, LIVES, SIGNALS, FALLING, RISING, MONEY, PRICES, DATA,
    AUCTIONS, PROTECTED, TRAILING, DELAYS, GROUPS, BRACKETS, LADDERED, EXITS, BASES,
)  # fmt: skip
DISTANCES = ("loss", "target", "trail", "time", "limit_offset")
LADDERS = ("losses", "targets")
WORDS = ("path", "stop_fill", "exit", "base", "unit", "when_added")

Bar = tuple[float, float, float, float]
Filled = tuple[int, float, float, str]


@dataclass(frozen=True)
class RestCase:
    """One case; `stops` and `rules` are keywords, prices are one number a bar."""

    name: str
    bars: list[Bar]
    fills: list[Filled]
    ends: list[tuple[int, str]]
    kind: str
    price: list[float]
    stop: list[float] | None
    tif: str
    until: date | None
    orders: list[tuple[int, float]] | None
    signals: list[tuple[int, str]] | None
    stops: dict[str, Any]
    rules: dict[str, str]
    value: float | None
    per_day: int
    tick: float
    slippage: float
    split: tuple[int, float] | None
    not_tradable: int | None
    held: tuple[float, float] | None
    cash: float | None
    delay: int
    each: list[list[str]] | None = None


def number(word: str) -> float:
    return math.nan if word == "n" else float(word)


def bar_of(words: str) -> Bar:
    prices = [number(word) for word in words.split()]
    return tuple(prices * 4) if len(prices) == 1 else tuple(prices)


def rows_of(words: str) -> list[list[str]]:
    return [row.split() for row in words.split(",") if row.strip()]


def by_bar(word: str | None, n_bars: int) -> list[float] | None:
    if word is None:
        return None
    numbers = [number(part) for part in word.split("/")]
    return numbers + numbers[-1:] * (n_bars - len(numbers))


def pairs_of(word: str | None, kinds: tuple[Any, Any]) -> list[tuple[Any, Any]] | None:
    """Pairs like `0:10,1:-5`, each half turned into its kind."""
    if word is None:
        return None
    halves = (pair.split(":") for pair in word.split(","))
    return [(kinds[0](one), kinds[1](other)) for one, other in halves]


def case_of(name: str, row: str) -> RestCase:
    options, bars, fills, ends = row.split("|")
    given = dict(word.split("=") for word in options.split())
    candles = [bar_of(words) for words in bars.split(",")]
    stops: dict[str, Any] = {key: float(given[key]) for key in DISTANCES if key in given}
    stops |= {key: given[key] for key in WORDS if key in given}
    for key in LADDERS:
        if key in given:
            pairs = (pair.split(":") for pair in given[key].split("/"))
            stops[key] = [(float(distance), float(share)) for distance, share in pairs]
    signals = pairs_of(given.get("signals"), (int, str))
    orders = None if signals else pairs_of(given.get("orders", "0:10"), (int, float))
    split = pairs_of(given.get("split"), (int, float))
    held = pairs_of(given.get("held"), (float, float))
    return RestCase(
        name=name,
        bars=candles,
        fills=[(int(f[0]), float(f[1]), float(f[2]), " ".join(f[3:])) for f in rows_of(fills)],
        ends=[(int(bar), reason) for bar, reason in rows_of(ends)],
        kind=given.get("kind", "limit"),
        price=by_bar(given.get("price", "0"), len(candles)),
        stop=by_bar(given.get("stop"), len(candles)),
        tif=given.get("tif", "gtc"),
        until=date.fromisoformat(given["until"]) if "until" in given else None,
        orders=orders,
        signals=signals,
        stops=stops,
        rules={key: given[key] for key in ("repeat", "opposite") if key in given},
        value=float(given["value"]) if "value" in given else None,
        per_day=int(given.get("perday", 1)),
        tick=float(given.get("tick", 0.0)),
        slippage=float(given.get("slip", 0.0)),
        split=split[0] if split else None,
        not_tradable=int(given["off"]) if "off" in given else None,
        held=held[0] if held else None,
        cash=float(given["cash"]) if "cash" in given else None,
        delay=int(given.get("delay", 0)),
        each=[row.split(":") for row in given["each"].split(",")] if "each" in given else None,
    )


def cases_of(block: str) -> list[RestCase]:
    lines = [line for line in block.strip().splitlines() if line]
    return [case_of(*pair) for pair in zip(lines[0::2], lines[1::2], strict=True)]


CASES = [case for block in BLOCKS for case in cases_of(block)]
