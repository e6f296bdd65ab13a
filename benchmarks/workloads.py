"""What is compared: markets and wishes as plain arrays, the same for every engine."""

from collections.abc import Callable
from typing import Any

import numpy as np

Arrays = dict[str, Any]


def market(n_bars: int, n_assets: int, deviation: float, seed: int, gaps: bool = True) -> Arrays:
    """Return open, high, low and close (T, N) of random walks; without gaps opens are last closes."""
    rng = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, deviation, (n_bars, n_assets)), axis=0))
    before = np.vstack([np.full((1, n_assets), 100.0), close[:-1]])
    opens = before * np.exp(rng.normal(0.0, 0.2 * deviation * gaps, close.shape))
    reach = np.abs(rng.normal(0.0, 0.5 * deviation, (2, n_bars, n_assets)))
    high = np.maximum(opens, close) * (1.0 + reach[0])
    low = np.minimum(opens, close) / (1.0 + reach[1])
    return {"open": opens, "high": high, "low": low, "close": close}


def chosen(n_bars: int, n_assets: int, side: int, seed: int) -> Any:
    """Return 1 for `side` assets a bar, -1 for as many others, 0 for the rest."""
    rng = np.random.default_rng(seed)
    table = np.zeros((n_bars, n_assets))
    for row in table:
        places = rng.permutation(n_assets)
        row[places[:side]], row[places[side : 2 * side]] = 1.0, -1.0
    return table


def crosses(close: Any, fast: int, slow: int) -> Arrays:
    """Return where a fast moving average crosses a slow one, up and down."""
    sums = np.vstack([np.zeros((1, close.shape[1])), np.cumsum(close, axis=0)])
    lines = []
    for window in (fast, slow):
        line = np.full(close.shape, np.nan)
        line[window - 1 :] = (sums[window:] - sums[:-window]) / window
        lines.append(line)
    above, below = lines[0] > lines[1], lines[0] < lines[1]
    up, down = np.zeros((2, *close.shape), bool)
    up[1:] = above[1:] & ~above[:-1] & ~np.isnan(lines[1][:-1])
    down[1:] = below[1:] & ~below[:-1] & ~np.isnan(lines[1][:-1])
    return {"entries": up, "exits": down}


def w1() -> Arrays:
    """250 assets x 252 days; every day 25 random long and 25 random short targets of $20k."""
    side = chosen(252, 250, 25, 11)
    return {**market(252, 250, 0.015, 7), "targets": side * 20_000.0, "weights": side * 0.02}


def w2(n_bars: int = 3_500_000) -> Arrays:
    """One asset, 3.5 million minute bars; crosses of its averages of 50 and 200 closes."""
    bars = market(n_bars, 1, 0.0003, 3)
    return {**bars, **crosses(bars["close"], 50, 200)}


def w2_short() -> Arrays:
    """As W2, of 100,000 bars: for engines that run Python on every bar."""
    return w2(100_000)


def w3() -> Arrays:
    """One asset, 2,520 days; 142 windows make 10,011 pairs."""
    return market(2_520, 1, 0.01, 5)


def w4() -> Arrays:
    """500 assets x 2,520 days; 2 % random entries and exits. No gaps: all know where a target is."""
    rng = np.random.default_rng(17)
    shape = (2_520, 500)
    signals = {"entries": rng.random(shape) < 0.02, "exits": rng.random(shape) < 0.02}
    return {**market(*shape, 0.015, 13, gaps=False), **signals}


def w4_apart() -> Arrays:
    """As W4, each entry followed by an exit before the next: raptorbt leaves out the others itself."""
    given = w4()
    entries, exits = given["entries"], given["exits"]
    entries &= ~exits
    waits = np.zeros(entries.shape[1], bool)
    for bar in range(len(entries)):
        entries[bar] &= ~waits
        waits = (waits | entries[bar]) & ~exits[bar]
    return given


def w5() -> Arrays:
    """One asset, 1,000 days; crosses of its averages of 10 and 30."""
    bars = market(1_000, 1, 0.01, 19)
    return {**bars, **crosses(bars["close"], 10, 30)}


DATA: dict[str, Callable[[], Arrays]] = {
    "W1": w1, "W1 in weights": w1, "W2": w2, "W2 short": w2_short, "W3": w3, "W3 one thread": w3, "W4": w4, "W4 apart": w4_apart, "W6": w3,
}  # fmt: skip
WORDS = {
    "W1": "250 assets x 252 days, 25 long and 25 short targets of $20k a day, $1M shared cash",
    "W1 in weights": "the same as weights of 2 % at the close, no fees",
    "W2": "1 asset x 3.5 M minute bars, crosses of averages of 50 and 200, records and statistics",
    "W2 short": "the same on 100,000 bars, 100 shares",
    "W3": "10,011 pairs of averages x 2,520 days, five metrics each, each as it uses the cores",
    "W3 one thread": "the same, barledger on one thread as vectorbt, which has no threads of its own",
    "W4": "500 assets x 2,520 days, 2 % random entries and exits, stop and target, $20k each",
    "W4 apart": "the same at the close, each entry followed by an exit signal before the next",
    "W6": "after the sweep of W3: the statistics and tables of one variant, asked for by its number",
}
