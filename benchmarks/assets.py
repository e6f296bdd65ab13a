"""Every asset class: a mixed account, and the reckonings of perpetuals and SPAN.

`python benchmarks/assets.py` prints a table. The account goes through the public API with
`record="full"`; single reckonings are means over many inside one compiled call.
"""

import platform
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from throughput import best
from worlds import random_signals, walk

import barledger as bl
from barledger.kernel import brackets as kernel

N_MANY = 200_000
BTC = bl.Brackets(
    [
        (0, 50_000, 125, 0.004), (50_000, 600_000, 100, 0.005), (600_000, 3e6, 75, 0.0065),
        (3e6, 12e6, 50, 0.01), (12e6, 70e6, 25, 0.02), (70e6, 1e8, 20, 0.025),
        (1e8, 2.3e8, 10, 0.05), (2.3e8, 4.8e8, 5, 0.1), (4.8e8, 6e8, 4, 0.125),
    ]
)  # fmt: skip


class Figure(NamedTuple):
    """One line of the table: `count` units of work a call, and what it has to reach."""

    name: str
    count: int
    limit: str
    call: Callable[[], Any]


def mixed_account() -> Figure:
    """50 futures and 200 stocks over 2,520 days in one account, some 13,000 fills."""
    plain = walk(2_520, 250, 0.01)
    future = bl.Contract(kind="future", multiplier=50, initial=500, maintenance=450)
    names = [f"F{j}" for j in range(50)] + [f"S{j}" for j in range(200)]
    days = np.datetime64("2014-01-01", "ns") + np.arange(2_520) * np.timedelta64(1, "D")
    bars = bl.Bars.from_arrays(
        plain.close, open=plain.open, high=plain.high, low=plain.low, time=days, assets=names,
        contracts={name: future for name in names[:50]},
    )  # fmt: skip
    entries, exits = random_signals(2_520, 250, 0.01)
    sizes = np.array([1.0] * 50 + [20.0] * 200)

    def call() -> Any:
        result = bl.Portfolio.from_signals(
            bars, entries, exits, size=bl.Shares(sizes), account=bl.PortfolioMargin(max_leverage=2),
            fees=0.0005, slippage=0.0002, initial_cash=1e7,
        )  # fmt: skip
        return result.books[0].equity[-1]

    return Figure("50 futures + 200 stocks x 2,520, an asset-bar", 250 * 2_520, "25 ns", call)


def perpetual_year() -> Figure:
    """A year of hours of one perpetual with three fundings a day, cross, a position always on."""
    n_bars = 8_760
    plain = walk(n_bars, 1, 0.004)
    time = np.datetime64("2023-01-01", "ns") + np.arange(n_bars) * np.timedelta64(1, "h")
    funding = [(stamp, "BTC", 1e-4) for stamp in time[8::8]]
    bars = bl.Bars.from_arrays(
        plain.close, open=plain.open, high=plain.high, low=plain.low, time=time, assets="BTC",
        contracts=bl.Contract(kind="perpetual", brackets=BTC), events=bl.Events(funding=funding),
    )  # fmt: skip
    entries = np.zeros(n_bars, np.bool_)
    entries[::24] = True

    def call() -> Any:
        account = bl.PerpCross(leverage=5)
        return bl.Portfolio.from_signals(
            bars, entries, None, entries[::-1], None, size=bl.PercentOfEquity(0.5), account=account
        ).books[0].equity[-1]  # fmt: skip

    return Figure("a perpetual x 8,760 hours, 1,094 fundings, a bar", n_bars, "", call)


def reckonings() -> list[Figure]:
    """Tiered margin, liquidation price and funding, each many times."""
    rng = np.random.default_rng(1)
    notionals = 10 ** rng.uniform(3, 8.5, N_MANY)
    entries = np.full(N_MANY, 60_000.0)
    units, money = notionals / entries, 0.1 * notionals
    rates, out, tiers = np.full(N_MANY, 1e-4), np.empty(N_MANY), BTC.tiers
    return [
        Figure("tiered margin", N_MANY, "200 ns", lambda: kernel.all_maintenance(tiers, notionals, out)),
        Figure(
            "liquidation price", N_MANY, "1,000 ns",
            lambda: kernel.all_liquidations(tiers, money, units, entries, False, out),
        ),
        Figure(
            "liquidation price, inverse", N_MANY, "1,000 ns",
            lambda: kernel.all_liquidations(tiers, money / entries, notionals, entries, True, out),
        ),
        Figure("funding", N_MANY, "50 ns", lambda: kernel.all_funding(units, entries, rates, False, out)),
    ]  # fmt: skip


def span_of_twenty() -> Figure:
    """SPAN of 20 lines of five products in four months, two offsets."""
    products = {
        name: {"scan_range": 1_000 * (k + 1), "extreme_multiple": 3, "extreme_cover": 0.33, "month_spread": 100}
        for k, name in enumerate("ABCDE")
    }  # fmt: skip
    offsets = [{"legs": {"A": 1, "B": -1}, "rate": 0.5}, {"legs": {"C": 2, "D": -1}, "rate": 0.5}]
    lines = [
        bl.SpanPosition(product="ABCDE"[k % 5], quantity=(-1) ** k * (k + 1), month=str(k // 5))
        for k in range(20)
    ]
    rules = bl.SpanParameters.from_mapping({"products": products, "offsets": offsets})
    portfolio = bl.SpanPortfolio(lines, rules)
    return Figure("SPAN of 20 contracts", 1, "20,000 ns", portfolio.total)


def main() -> None:
    print(f"barledger {bl.__version__}, {platform.machine()}, Python {platform.python_version()}")
    print("| what | ns each | to reach |\n|---|---:|---:|")
    for figure in (mixed_account(), perpetual_year(), *reckonings(), span_of_twenty()):
        took = best(figure.call, 2.0) / figure.count * 1e9
        print(f"| {figure.name} | {took:,.1f} | {figure.limit} |")


if __name__ == "__main__":
    main()
