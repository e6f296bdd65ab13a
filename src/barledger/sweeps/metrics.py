"""Metrics of many variants at once, from what the loop has kept of each; the formulas of `Curve`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from barledger.kernel import history
from barledger.sweeps.own import Metric

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """What the loop has kept: rows of account and statistics, orders not filled or refused, (n,).

    `studied` (n, columns) is what needed the curve or the log. `initial` is the equity before the
    first bar and `traded` the value traded until then, the same for all.
    """

    account: Any
    sums: Any
    not_filled: npt.NDArray[np.int64]
    rejected: npt.NDArray[np.int64]
    studied: Floats
    initial: float
    traded: float
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

    @property
    def turnover(self) -> Floats:
        """Value traded a year, over mean equity."""
        years = self.sums["periods"] / self.per_year
        traded = (self.account["traded"] - self.traded) / years
        return self.over(traded, self.studied[:, history.MEAN_EQUITY])


def _studied(column: int) -> Callable[[Kept], Any]:
    return lambda kept: kept.studied[:, column]


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
    "exposure": lambda k: k.sums["held"] / k.sums["periods"],
    "fees": lambda k: k.account["fees"],
    "final_equity": lambda k: k.final,
    "not_filled": lambda k: k.not_filled,
    "rejected": lambda k: k.rejected,
    "bankrupt": lambda k: k.account["is_bankrupt"],
    "turnover": lambda k: k.turnover,
    "ulcer": _studied(history.ULCER),
    "skew": _studied(history.SKEW),
    "kurtosis": _studied(history.KURTOSIS),
    "omega": _studied(history.OMEGA),
    "value_at_risk": _studied(history.VALUE_AT_RISK),
    "conditional_value_at_risk": _studied(history.SHORTFALL),
    "tail_ratio": _studied(history.TAIL_RATIO),
    "slippage": _studied(history.SLIPPAGE),
    "financing": _studied(history.FINANCING),
    "margin_calls": _studied(history.MARGIN_CALLS),
}
# What each needs beside the loop's own statistics: a thread's equity curve, or its log.
NEEDS = {
    **dict.fromkeys(("turnover", "ulcer", "skew", "kurtosis", "omega"), history.SHAPE),
    **dict.fromkeys(("value_at_risk", "conditional_value_at_risk", "tail_ratio"), history.TAILS),
    **dict.fromkeys(("slippage", "financing", "margin_calls"), history.RECORDS),
}
COUNTS = ("max_drawdown_bars", "trades", "not_filled", "rejected", "bankrupt", "margin_calls")
USUAL = ("total_return", "sharpe", "max_drawdown", "trades", "win_rate")
LOW_IS_BEST = (
    "volatility", "kurtosis", "ulcer", "max_drawdown_bars", "turnover", "fees", "slippage",
    "not_filled", "rejected", "margin_calls", "bankrupt",
)  # fmt: skip
OTHER_NAMES = {
    "return": "total_return", "max_dd": "max_drawdown", "drawdown": "max_drawdown",
    "var": "value_at_risk", "cvar": "conditional_value_at_risk", "n_trades": "trades",
    "expected_shortfall": "conditional_value_at_risk", "ulcer_index": "ulcer",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measures:
    """What a sweep measures: names of columns, and the user's own metrics among them, in order."""

    names: tuple[str, ...]
    own: tuple[Metric, ...] = ()

    @property
    def wanted(self) -> int:
        """What the loop has to keep a curve or a log for, as bits."""
        bits = history.OWN if self.own else 0
        for name in self.names:
            bits |= NEEDS.get(name, 0)
        return bits

    @property
    def columns(self) -> int:
        """Numbers that this makes, for each variant."""
        return history.FIRST_OWN + len(self.own) if self.wanted else 0

    @property
    def has_fills(self) -> bool:
        """Whether a metric of the user's own looks at fills."""
        return any(metric.fills for metric in self.own)

    def finds_low(self, name: str) -> bool:
        """Whether the least of a metric is best."""
        own = {metric.name: metric.best == "lowest" for metric in self.own}
        return own.get(name, name in LOW_IS_BEST)

    def measured(self, kept: Kept) -> Floats:
        """Return the metrics of each variant, (n, metrics)."""
        out = np.empty((len(kept.rejected), len(self.names)))
        own = {metric.name: history.FIRST_OWN + k for k, metric in enumerate(self.own)}
        with np.errstate(divide="ignore", invalid="ignore"):
            for column, name in enumerate(self.names):
                known = name not in own
                out[:, column] = METRICS[name](kept) if known else kept.studied[:, own[name]]
        return out


def checked(metrics: Sequence[str | Metric] | str | Metric | None) -> Measures:
    """Return what is to be measured; None: the usual five; "all": all that are known."""
    if metrics is None:
        return Measures(USUAL)
    if isinstance(metrics, str | Metric):
        metrics = list(METRICS) if metrics == "all" else [metrics]
    if not isinstance(metrics, Sequence):
        raise TypeError(f"metrics must be a list of names, was {metrics!r}; {_known()}")
    if not metrics:
        raise ValueError(f"metrics is empty; {_known()}")
    names = tuple(dict.fromkeys(_name(metric) for metric in metrics))
    own = tuple(dict.fromkeys(metric for metric in metrics if isinstance(metric, Metric)))
    twice = [metric.name for metric in own if names.count(metric.name) < _uses(metrics, metric)]
    if twice:
        raise ValueError(f"two metrics have the name {twice[0]!r}: give one another name")
    return Measures(names, own)


def _name(metric: str | Metric) -> str:
    if isinstance(metric, Metric):
        if metric.name in METRICS:
            raise ValueError(f"a metric of one's own cannot be called {metric.name!r}: it is known")
        return metric.name
    if not isinstance(metric, str):
        hint = ": make a function one with @bl.metric" if callable(metric) else ""
        raise TypeError(f"a metric is a name or made by bl.metric, was {metric!r}{hint}")
    if metric not in METRICS:
        meant = OTHER_NAMES.get(metric)
        hint = f" (did you mean {meant}?)" if meant else ""
        raise ValueError(f"unknown metric {metric!r}{hint}; {_known()}")
    return metric


def _uses(metrics: Sequence[str | Metric], wanted: Metric) -> int:
    """How many different metrics have the name of one."""
    own = {id(m) for m in metrics if isinstance(m, Metric) and m.name == wanted.name}
    return len(own)


def _known() -> str:
    return f"known are {', '.join(METRICS)}"
