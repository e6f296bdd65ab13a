"""What a bar's volume allows: a table worked by hand, on the oracle and the kernel at once.

A case is two lines: what it shows, then `options | bars | fills | ends`. Bars are `price volume`, or
`open/high/low/close volume`; the volume may be missing, `n` is not known. Fills are `bar quantity
price`, and the cause where a stop made them; ends are `bar reason` of what did not fill in full.
Options: `share`, `units`, `money`, `remainder`, `zero`, `spread`, `floor`; `tif` of entries; `orders`
bar:quantity (0:10 unless said) or `signals` bar:letters; `kind`, `price`, `otif` of orders that
rest; `loss`, `target`, `time` of stops; `lot` (.5 unless said), `slip`, `value`, `cash`, `perday`.
"""

import math
from typing import Any

import pytest

from barledger.accounts import Cash, Unlimited
from barledger.instruments.contract import Contract
from barledger.liquidity import Liquidity
from barledger.options import PercentFee, PerUnitFee, Rules, Shares, TieredFee, Value

from .kernel import simulate_both as simulate
from .levels import StopTerms
from .market import Market, Outcome, Wishes, weekdays_from
from .resting import RestingTerms
from .volume_rows import CAPS, KILLED, NOBODY, REMAINDERS, RESTING, SHARED, STOPS

BLOCKS = (CAPS, REMAINDERS, SHARED, STOPS, RESTING, NOBODY, KILLED)
ROWS = [
    pair
    for block in BLOCKS
    for lines in [[line for line in block.strip().splitlines() if line]]
    for pair in zip(lines[0::2], lines[1::2], strict=True)
]


def number(word: str) -> float:
    return math.nan if word == "n" else float(word)


def words(text: str) -> list[list[str]]:
    return [row.split() for row in text.split(",") if row.strip()]


def market_of(bars: str, given: dict[str, str]) -> Market:
    rows = words(bars)
    prices = [[number(p) for p in row[0].split("/")] for row in rows]
    prices = [row * 4 if len(row) == 1 else row for row in prices]
    volume = [[number(row[1])] for row in rows] if len(rows[0]) > 1 else None
    matrices = [[[row[k]] for row in prices] for k in range(4)]
    n_bars, per_day = len(rows), int(given.get("perday", 1))
    dates = weekdays_from(Market(None, None, None, matrices[3]).dates[0], n_bars)
    return Market(
        *matrices,
        contracts=[Contract(lot=float(given.get("lot", 0.5)))],
        dates=[dates[bar // per_day] for bar in range(n_bars)],
        volume=volume,
    )


def wishes_of(given: dict[str, str], n_bars: int) -> Wishes:
    if "signals" not in given:
        pairs = [pair.split(":") for pair in given.get("orders", "0:10").split(",")]
        return Wishes(orders=[(int(bar), 0, float(q)) for bar, q in pairs])
    letters = dict(pair.split(":") for pair in given["signals"].split(","))
    rows = [letters.get(str(bar), "") for bar in range(n_bars)]
    return Wishes(signals=[[[each in row] for row in rows] for each in "LXSC"])


def options_of(given: dict[str, str]) -> dict[str, Any]:
    caps = {
        n: float(given[n]) for n in ("share", "units", "money", "spread", "floor") if n in given
    }
    stops = {name: float(given[name]) for name in ("loss", "target", "time") if name in given}
    has_liquidity = caps or "zero" in given
    rules = {"repeat": given["repeat"]} if "repeat" in given else {}
    split = given.get("split", "").split(":")
    return {
        "liquidity": Liquidity(
            remainder=given.get("remainder", "carry"),
            zero_volume=given.get("zero", "no_fill"),
            **caps,
        )
        if has_liquidity
        else None,
        "stops": StopTerms(**stops, unit="price") if stops else None,
        "resting": RestingTerms(given["kind"], float(given["price"]), tif=given["otif"])
        if "kind" in given
        else None,
        "rules": Rules(entry_tif=given.get("tif", "next"), **rules),
        "slippage": float(given.get("slip", 0.0)),
        "size": Value(float(given["value"])) if "value" in given else Shares(10),
        "account": Cash() if "cash" in given else Unlimited(),
        "initial_cash": float(given.get("cash", 10_000.0)),
        "splits": [(int(split[0]), 0, float(split[1]))] if len(split) == 2 else [],
    }


def run_row(row: str) -> tuple[Outcome, str, str]:
    options, bars, fills, ends = row.split("|")
    given = dict(word.split("=") for word in options.split())
    market = market_of(bars, given)
    out = simulate(market, wishes_of(given, market.n_bars), **options_of(given))
    return out, fills, ends


@pytest.mark.parametrize("row", [row for _, row in ROWS], ids=[name for name, _ in ROWS])
def test_a_case_worked_by_hand(row):
    out, fills, ends = run_row(row)
    causes = {order["number"]: order["cause"] for order in out.orders}
    found = []
    for fill in out.fills:
        cause = causes[fill["order"]]
        own = [] if cause in ("signal", "order") else [cause]
        found.append([fill["bar"], fill["quantity"], fill["price"], *own])
    expected = [[int(f[0]), float(f[1]), float(f[2]), *f[3:]] for f in words(fills)]
    for have, want in zip(found, expected, strict=True):
        assert have[:3] == pytest.approx(want[:3])
        assert have[3:] == want[3:]
    reasons = [[o["bar"], o["reason"]] for o in out.orders if o["reason"] != "none"]
    assert reasons == [[int(bar), *reason] for bar, *reason in words(ends) if reason]


def fees_of(fees: Any, *volumes: float, **more: Any) -> list[float]:
    """Fees of the pieces of an order for 10 at 10, given how much each bar takes of it."""
    bars = ", ".join(f"10 {volume}" for volume in (1, *volumes))
    out = simulate(
        market_of(bars, {}),
        Wishes(orders=[(0, 0, 10.0), *more.get("orders", ())]),
        account=Unlimited(),
        liquidity=Liquidity(share=1.0),
        rules=Rules(entry_tif="gtc"),
        fees=fees,
    )
    return [fill["fee"] for fill in out.fills]


@pytest.mark.parametrize(
    ("fees", "expected"),
    [
        (PercentFee(0.01), [0.4, 0.3, 0.3]),
        (PercentFee(0.01, fixed=0.5), [0.9, 0.3, 0.3]),
        (PercentFee(0.01, minimum=0.6), [0.6, 0.1, 0.3]),  # 0.4 and 0.7 without a minimum
        (PercentFee(0.01, minimum=5.0), [5.0, 0.0, 0.0]),
        (PerUnitFee(0.1, minimum=0.6), [0.6, 0.1, 0.3]),
        (PerUnitFee(0.1, maximum=0.8), [0.4, 0.3, 0.1]),  # the whole order would pay 1.0
        (PerUnitFee(1.0, maximum_rate=0.05), [2.0, 1.5, 1.5]),  # 5 % of notional
        (TieredFee([(0, 0.01), (50, 0.0)]), [0.4, 0.1, 0.0]),  # slices of the whole order
        (TieredFee([(0, 0.01), (50, 0.02)], by="month"), [0.4, 0.3, 0.6]),  # 0, 40, 70 before
    ],
    ids=repr,
)
def test_an_order_pays_its_bounds_and_its_fixed_fee_once(fees, expected):
    assert fees_of(fees, 4, 3, 3) == pytest.approx(expected)


def test_each_leg_of_a_reversal_has_a_minimum_of_its_own():
    fees = PercentFee(0.0, minimum=1.0)
    more = [(1, 0, -20.0)]
    assert fees_of(fees, 10, 4, 8, 8, orders=more) == pytest.approx([1.0, 1.0, 0.0, 1.0, 0.0])
