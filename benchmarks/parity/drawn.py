"""Random markets and orders as plain lists, the same from every Python: drawn with `random()` only."""

import hashlib
import math
from random import Random
from typing import Any

Case = dict[str, Any]
KINDS = ("market", "limit", "stop")


def market(draw: Random, n_bars: int, n_assets: int, deviation: float) -> dict[str, Any]:
    """Return open, high, low and close (T, N), rounded to cents, as a walk with gaps."""
    table: dict[str, Any] = {name: [] for name in ("open", "high", "low", "close")}
    last = [20.0 + 80.0 * draw.random() for _ in range(n_assets)]
    for _ in range(n_bars):
        opens = [_step(draw, price, 0.3 * deviation) for price in last]
        last = [_step(draw, price, deviation) for price in opens]
        pairs = list(zip(opens, last, strict=True))
        table["open"].append(opens)
        table["close"].append(last)
        table["high"].append([_step(draw, max(pair), 0.4 * deviation, 1) for pair in pairs])
        table["low"].append([_step(draw, min(pair), 0.4 * deviation, -1) for pair in pairs])
    return table


def _step(draw: Random, price: float, deviation: float, side: int = 0) -> float:
    """Return a price a step away: of either side, or of one."""
    size = sum(draw.random() for _ in range(4)) / 2.0 - 1.0
    moved = price * math.exp(deviation * (side * abs(size) if side else size) * 1.7)
    moved = round(moved, 2)
    if side:
        moved = max(moved, price) if side > 0 else min(moved, price)
    return max(moved, 0.5)


def orders(
    draw: Random, prices: dict[str, Any], rate: float, kinds: tuple[str, ...], slips: bool
) -> list[Any]:
    """Return orders (bar, asset, quantity, kind, price, last bar or -1): longs, shorts, reversals.

    Where prices slip there are no limits to sell: Backtrader lets those that the open has passed
    slip below the low of the bar.
    """
    given: list[Any] = []
    closes = prices["close"]
    for bar, row in enumerate(closes):
        for asset, close in enumerate(row):
            if draw.random() < rate:
                quantity = int(1 + draw.random() * 3_000 / close)
                quantity *= 1 if draw.random() < 0.5 else -1
                kind = kinds[int(draw.random() * len(kinds))]
                kind = "market" if slips and kind == "limit" and quantity < 0 else kind
                away = (1.0 + 0.04 * (draw.random() - 0.5)) * close
                price = 0.0 if kind == "market" else round(away, 2)
                is_dated = kind != "market" and draw.random() < 0.4
                until = bar + 1 + int(draw.random() * 5) if is_dated else -1
                given.append([bar, asset, quantity, kind, price, until])
    return given


def targets(draw: Random, prices: dict[str, Any], rate: float, unit: str) -> list[Any]:
    """Return targets (T, N), None where there is none: long, short and flat ones."""
    scale = {"value": 3_000.0, "percent": 0.5, "shares": 60.0}[unit]
    table = []
    for row in prices["close"]:
        wanted: list[float | None] = []
        for _ in row:
            number = round(scale * (2.0 * draw.random() - 1.0), 3)
            number = 0.0 if draw.random() < 0.2 else number
            number = float(round(number)) if unit == "shares" else number
            wanted.append(number if draw.random() < rate else None)
        table.append(wanted)
    return table


def of_broker(seed: int) -> Case:
    """Return a strategy for a broker of orders: one market, one account, costs, orders or targets."""
    draw = Random(seed)
    n_bars, n_assets = 20 + int(draw.random() * 30), 1 + int(draw.random() * 4)
    prices = market(draw, n_bars, n_assets, (0.01, 0.03, 0.08)[int(draw.random() * 3)])
    case: Case = {
        "seed": seed,
        **prices,
        "cash": (2_000.0, 10_000.0, 1e6)[int(draw.random() * 3)],
        "commission": (0.0, 0.001, 0.02)[int(draw.random() * 3)],
        "per_unit": draw.random() < 0.25,
        "slippage": (0.0, 0.0, 0.002)[int(draw.random() * 3)],
        "checksubmit": draw.random() < 0.8,
    }
    rate = (0.1, 0.3, 0.8)[int(draw.random() * 3)]
    if draw.random() < 0.6:
        kinds = KINDS if draw.random() < 0.7 else KINDS[:1]
        case["orders"] = orders(draw, prices, rate, kinds, case["slippage"] > 0.0)
    else:
        case["unit"] = ("value", "percent", "shares")[int(draw.random() * 3)]
        case["targets"] = targets(draw, prices, rate, case["unit"])
    return case


WIDE_CASH = (1_000_000.0, 150_000.0)  # no limit is met, and one is met every day


def wide(cash: float, n_bars: int = 252, n_assets: int = 250, side: int = 25) -> Case:
    """Return daily targets of 20,000: `side` assets long and as many short, chosen anew each day."""
    draw = Random(250)
    prices = market(draw, n_bars, n_assets, 0.02)
    table = []
    for _ in range(n_bars):
        ranked = sorted((draw.random(), asset) for asset in range(n_assets))
        row = [0.0] * n_assets
        for place, (_, asset) in enumerate(ranked[: 2 * side]):
            row[asset] = 20_000.0 if place < side else -20_000.0
        table.append(row)
    case = {**prices, "cash": cash, "commission": 0.0005, "unit": "value", "targets": table}
    return {"seed": 250, **case}


def digest(fills: list[Any]) -> str:
    """Return the digest of bar, asset, quantity and price in cents of each fill."""
    rows = [(int(b), int(a), round(q), round(p * 100)) for b, a, q, p, _ in fills]
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def of_targets(seed: int) -> Case:
    """Return weights for bt: an account that is rebalanced on some bars, at the close, no fees."""
    draw = Random(seed)
    n_bars, n_assets = 10 + int(draw.random() * 40), 1 + int(draw.random() * 5)
    case = {"seed": seed, **market(draw, n_bars, n_assets, 0.03), "cash": 10_000.0}
    table: list[Any] = []
    for _ in range(n_bars):
        row = [round(1.6 * draw.random() - 0.6, 3) / n_assets for _ in range(n_assets)]
        row = [0.0 if draw.random() < 0.3 else weight for weight in row]
        table.append(row if draw.random() < 0.3 else [None] * n_assets)
    return {**case, "targets": table}


def of_one(seed: int) -> Case:
    """Return orders at the market for backtesting.py: one asset, longs, shorts, reversals."""
    draw = Random(seed)
    n_bars = 20 + int(draw.random() * 60)
    prices = market(draw, n_bars, 1, (0.01, 0.03)[int(draw.random() * 2)])
    fee = (0.0, 0.001, 0.01)[int(draw.random() * 3)]
    given = [
        [
            bar,
            0,
            int(1 + draw.random() * 50) * (1 if draw.random() < 0.5 else -1),
            "market",
            0.0,
            -1,
        ]
        for bar in range(n_bars)
        if draw.random() < 0.3
    ]
    return {"seed": seed, **prices, "cash": 1e6, "commission": fee, "orders": given}


CHOICES = {
    "size_type": ("amount", "value", "targetamount", "targetvalue", "targetpercent"),
    "direction": ("both", "longonly", "shortonly"),
    "call_seq": ("default", "reversed"),
    "upon_long_conflict": ("ignore", "entry", "exit", "adjacent", "opposite"),
    "upon_short_conflict": ("ignore", "entry", "exit", "adjacent", "opposite"),
    "upon_dir_conflict": ("ignore", "long", "short", "adjacent", "opposite"),
    "upon_opposite_entry": ("ignore", "close", "closereduce", "reverse", "reversereduce"),
}


def of_vectorbt(seed: int) -> Case:
    """Return keywords for vectorbt's from_orders or from_signals, under names of its own.

    `kwargs` go to both sides as they are; lists of lists are matrices.
    """
    draw = Random(seed)
    n_bars, n_assets = 8 + int(draw.random() * 30), 1 + int(draw.random() * 3)
    prices = market(draw, n_bars, n_assets, 0.03)
    case: Case = {"seed": seed, "close": prices["close"], "cash": 10_000.0}
    options: dict[str, Any] = {"init_cash": 10_000.0}
    maybe = {
        "fees": 0.001, "fixed_fees": 1.5, "slippage": 0.002, "min_size": 2.0, "max_size": 60.0,
        "lock_cash": True, "allow_partial": False,
    }  # fmt: skip
    options |= {name: value for name, value in maybe.items() if draw.random() < 0.25}
    if n_assets > 1 and draw.random() < 0.5:
        options |= {"group_by": True, "cash_sharing": True, "call_seq": _one(draw, "call_seq")}
    if draw.random() < 0.5:
        kind = _one(draw, "size_type")
        case["method"], options["size_type"] = "from_orders", kind
        options["direction"] = _one(draw, "direction")
        scale = {"amount": 60.0, "targetamount": 100.0, "targetpercent": 0.9}.get(kind, 3_000.0)
        case["size"] = [
            [round(scale * (2.0 * draw.random() - 1.0), 3) if draw.random() < 0.4 else None
             for _ in row] for row in case["close"]
        ]  # fmt: skip
    else:
        case["method"] = "from_signals"
        rate = (0.1, 0.3)[int(draw.random() * 2)]
        for name in ("entries", "exits", "short_entries", "short_exits"):
            case[name] = [[draw.random() < rate for _ in row] for row in case["close"]]
        options["size"], options["accumulate"] = 40.0, draw.random() < 0.4
        for name in list(CHOICES)[3:]:
            if draw.random() < 0.5:
                options[name] = _one(draw, name)
        if draw.random() < 0.5:
            before = [case["close"][0], *case["close"][:-1]]
            case |= {"open": before, "high": _reach(max, prices["high"], before)}
            case["low"] = _reach(min, prices["low"], before)
            options |= {"sl_stop": 0.04, "sl_trail": draw.random() < 0.3}
            options |= {"tp_stop": 0.06} if draw.random() < 0.5 else {}
    return {**case, "kwargs": options}


def _one(draw: Random, name: str) -> str:
    words = CHOICES[name]
    return words[int(draw.random() * len(words))]


def _reach(extreme: Any, rows: list[Any], others: list[Any]) -> list[Any]:
    pairs = zip(rows, others, strict=True)
    return [[extreme(a, b) for a, b in zip(*pair, strict=True)] for pair in pairs]
