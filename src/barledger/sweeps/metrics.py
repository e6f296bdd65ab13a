"""Metrics of many variants at once, from what the loop has kept of each; the formulas of `Curve`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """What the loop has kept: rows of account and statistics (n,), orders not filled in full (n,).

    `initial` is the equity before the first bar, the same for all.
    """

    account: Any
    sums: Any
    refused: npt.NDArray[np.int64]
    initial: float
    per_year: float

    @property
    def growth(self) -> Floats:
        """Final over initial equity, compounded around flows."""
        base = self.sums["base"]
        return np.where(base > 0.0, self.sums["growth"] * self.final / base, np.nan)

    @property
    def final(self) -> Floats:
        """Equity at the end."""
        return np.asarray(self.account["equity"])

    @property
    def mean(self) -> Floats:
        """Mean return a period."""
        return np.asarray(self.sums["returns"] / self.sums["periods"])

    @property
    def deviation(self) -> Floats:
        """Standard deviation of returns a period (ddof 1), NaN for fewer than two."""
        n = self.sums["periods"]
        square = (self.sums["squares"] - n * self.mean**2) / (n - 1)
        noise = 1e-14 * self.sums["squares"] / (n - 1)
        deviation = np.where(square > noise, np.sqrt(np.maximum(square, 0.0)), 0.0)
        return np.where(n < 2, np.nan, deviation)

    @property
    def cagr(self) -> Floats:
        """Yearly growth; NaN where equity is not above 0."""
        is_alive = (self.growth > 0.0) & (self.final > 0.0)
        years = self.per_year / self.sums["periods"]
        return np.where(is_alive, np.where(is_alive, self.growth, 1.0) ** years - 1.0, np.nan)

    @property
    def max_drawdown(self) -> Floats:
        """Deepest fall from a peak, at most 0."""
        return np.asarray(self.sums["ratio"] - 1.0)

    def over(self, above: Any, below: Any) -> Floats:
        """Return a ratio, NaN where nothing above 0 is below the line."""
        return np.where(below > 0.0, above / below, np.nan)


def _sortino(k: Kept) -> Floats:
    loss = np.sqrt(k.sums["downside"] / k.sums["periods"])
    return k.over(k.mean * np.sqrt(k.per_year), loss)


METRICS: dict[str, Callable[[Kept], Any]] = {
    "total_return": lambda k: k.growth - 1.0,
    "cagr": lambda k: k.cagr,
    "volatility": lambda k: k.deviation * np.sqrt(k.per_year),
    "sharpe": lambda k: k.over(k.mean, k.deviation) * np.sqrt(k.per_year),
    "sortino": _sortino,
    "calmar": lambda k: k.over(k.cagr, -k.max_drawdown),
    "max_drawdown": lambda k: k.max_drawdown,
    "max_drawdown_bars": lambda k: k.sums["longest"],
    "trades": lambda k: k.account["trades"],
    "win_rate": lambda k: k.over(k.account["wins"], k.account["trades"]),
    "profit_factor": lambda k: k.over(k.account["profit"], k.account["loss"]),
    "expectancy": lambda k: k.over(k.account["profit"] - k.account["loss"], k.account["trades"]),
    "fees": lambda k: k.account["fees"],
    "final_equity": lambda k: k.final,
    "not_filled": lambda k: k.refused,
    "bankrupt": lambda k: k.account["is_bankrupt"],
}
COUNTS = ("max_drawdown_bars", "trades", "not_filled", "bankrupt")
USUAL = ("total_return", "sharpe", "max_drawdown", "trades", "win_rate")


def checked(metrics: Sequence[str] | str | None) -> tuple[str, ...]:
    """Return the names of known metrics; None: the usual five; "all": all."""
    if metrics is None:
        return USUAL
    if isinstance(metrics, str):
        return tuple(METRICS) if metrics == "all" else checked([metrics])
    unknown = [name for name in metrics if name not in METRICS]
    if unknown:
        raise ValueError(f"unknown metric {unknown[0]!r}; known are {', '.join(METRICS)}")
    if not metrics:
        raise ValueError(f"metrics is empty; known are {', '.join(METRICS)}")
    return tuple(dict.fromkeys(metrics))


def measured(names: Sequence[str], kept: Kept) -> Floats:
    """Return the metrics of each variant, (n, metrics)."""
    out = np.empty((len(kept.refused), len(names)))
    with np.errstate(divide="ignore", invalid="ignore"):
        for column, name in enumerate(names):
            out[:, column] = METRICS[name](kept)
    return out
