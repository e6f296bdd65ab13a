"""Stops, orders that rest and volume caps, warm, through the public API: `python benchmarks/resting.py`.

One thread, `record="full"`, the best of several calls. The last row is time for each order decided.
"""

import numpy as np
from throughput import COSTS, best
from worlds import random_signals, regular_signals, walk

import barledger as bl


def many(liquidity: bl.Liquidity | None) -> float:
    """500 assets x 2,520 days, stops and targets, shared cash; ns per asset-bar."""
    bars = walk(2520, 500, 0.01)
    if liquidity is not None:
        matrices = {name: getattr(bars, name) for name in ("open", "high", "low")}
        volume = np.random.default_rng(5).uniform(5e3, 5e4, bars.shape)
        bars = bl.Bars.from_arrays(bars.close, **matrices, volume=volume)
    entries, exits = random_signals(2520, 500, 0.01)
    options = {
        "size": bl.PercentOfEquity(0.01),
        "stops": bl.Stops(loss=0.05, target=0.10),
        "liquidity": liquidity,
        **COSTS,
    }
    seconds = best(
        lambda: bl.Portfolio.from_signals(bars, entries, exits, **options).books[0].equity[-1]
    )
    return seconds / entries.size * 1e9


def minutes(*, rich: bool) -> float:
    """3.5 million bars with stop and target; rich: trailing, shorts, arrays; ns per bar."""
    n_bars = 3_500_000
    bars = walk(n_bars, 1, 0.0003)
    entries, exits = regular_signals(n_bars, 700)
    stops, signals = bl.Stops(loss=0.01, target=0.02), (entries, exits)
    size: bl.Size = bl.PercentOfEquity(0.5)
    options: dict[str, object] = dict(COSTS)
    if rich:
        rng = np.random.default_rng(3)
        loss = rng.uniform(0.008, 0.012, (n_bars, 1))
        stops = bl.Stops(loss=loss, target=0.02, trail=rng.uniform(0.008, 0.02, (n_bars, 1)))
        signals = (entries, exits, np.roll(entries, 350), np.roll(exits, 350))
        size = bl.PercentOfEquity(rng.uniform(0.3, 0.9, (n_bars, 1)))
        options["account"] = bl.RegT()
    seconds = best(
        lambda: (
            bl.Portfolio.from_signals(bars, *signals, size=size, stops=stops, **options)
            .books[0]
            .equity[-1]
        )
    )
    return seconds / n_bars * 1e9


def decisions() -> float:
    """Every order with all that there is on; ns for each order that was decided."""
    n_bars, n_assets = 2520, 100
    bars = walk(n_bars, n_assets, 0.01)
    matrices = {name: getattr(bars, name) for name in ("open", "high", "low")}
    volume = np.random.default_rng(5).uniform(5e3, 5e4, bars.shape)
    bars = bl.Bars.from_arrays(bars.close, **matrices, volume=volume)
    entries, exits = random_signals(n_bars, n_assets, 0.2)
    options = {
        "size": bl.PercentOfEquity(0.02),
        "account": bl.RegT(),
        "orders": bl.Limit(bars.close * 0.998, tif="day"),
        "stops": bl.Stops(loss=0.05, target=0.10, trail=0.06),
        "liquidity": bl.Liquidity(share=0.1),
        "impact": bl.SquareRootImpact(volatility=0.01, volume=2e4, permanent=0.5),
        "limits": bl.RiskLimits(max_per_asset=0.05, max_leverage=1.5),
        "rules": bl.Rules(repeat="add"),
        **COSTS,
    }

    def run() -> bl.Result:
        return bl.Portfolio.from_signals(bars, entries, exits, **options)

    return best(run) / len(run().orders) * 1e9


def main() -> None:
    """Print the figures as a table."""
    print("| work | ns | must reach |\n|---|---|---|")
    for name, figure, limit in (
        ("500 x 2,520 with stops and targets, an asset-bar", lambda: many(None), "15"),
        ("the same, a tenth of the volume", lambda: many(bl.Liquidity(share=0.1)), "15"),
        ("1 x 3.5 M bars with stop and target, a bar", lambda: minutes(rich=False), "7"),
        ("the same, trailing, shorts, Reg T, arrays", lambda: minutes(rich=True), "15"),
        ("an order decision, everything on", decisions, "1,000"),
    ):
        print(f"| {name} | {figure():.2f} | {limit} |", flush=True)


if __name__ == "__main__":
    main()
