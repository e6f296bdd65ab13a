"""Numbers that sum up an equity curve. Formulas as in the laws, section 12."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from barledger.kernel.types import METRICS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
NO_BARS: Ints = np.empty(0, np.int64)
NO_FLOWS: Floats = np.empty(0)


@dataclass(frozen=True, slots=True)
class Curve:
    """Statistics of one account's equity.

    `growth` is the final over the initial equity, compounded around deposits and withdrawals;
    `periods` bars, of which `per_year` make a year; `ratio` is the lowest equity over its peak;
    `returns`, `squares` and `downside` are sums over all periods.
    """

    initial: float
    final: float
    growth: float
    periods: int
    per_year: float
    returns: float
    squares: float
    downside: float
    ratio: float
    longest: int

    @property
    def total_return(self) -> float:
        """Growth less 1."""
        return self.growth - 1.0

    @property
    def cagr(self) -> float:
        """Yearly growth, growth ^ (periods a year / periods) - 1; NaN once equity is not above 0."""
        if not self.growth > 0.0 or self.final <= 0.0 or self.ratio <= 0.0:
            return np.nan
        return float(self.growth ** (self.per_year / self.periods) - 1.0)

    @property
    def mean(self) -> float:
        """Mean return a period."""
        return self.returns / self.periods

    @property
    def deviation(self) -> float:
        """Standard deviation of returns a period (ddof 1), NaN for fewer than two."""
        if self.periods < 2:
            return np.nan
        square = (self.squares - self.periods * self.mean**2) / (self.periods - 1)
        noise = 1e-14 * self.squares / (self.periods - 1)
        return float(np.sqrt(square)) if square > noise else 0.0

    @property
    def volatility(self) -> float:
        """Standard deviation of returns, a year."""
        return self.deviation * float(np.sqrt(self.per_year))

    @property
    def max_drawdown(self) -> float:
        """Deepest fall from a peak as a fraction, at most 0; the initial equity is a peak."""
        return self.ratio - 1.0

    @property
    def calmar(self) -> float:
        """Yearly growth over the deepest fall; NaN without a fall."""
        return self.cagr / -self.max_drawdown if self.max_drawdown < 0.0 else np.nan

    def sharpe(self, risk_free: float = 0.0) -> float:
        """Mean over standard deviation of excess returns, a year; NaN without variance."""
        deviation = self.deviation
        if not deviation > 0.0:
            return np.nan
        excess = self.mean - risk_free / self.per_year
        return float(excess / deviation * np.sqrt(self.per_year))


def measure_curve(
    equity: Floats,
    initial: float,
    per_year: float,
    flow_bars: Ints = NO_BARS,
    flows: Floats = NO_FLOWS,
    first: int = 0,
) -> Curve:
    """Return the statistics of equity at successive closes, (T,).

    Parameters
    ----------
    equity, initial
        Equity at each close, and before the first bar.
    per_year
        Bars a year.
    flow_bars, flows
        Bars (from 0) before which money flowed in (> 0) or out, and how much.
    first
        Absolute number of the first bar: sums run in blocks aligned to it.
    """
    from barledger.kernel.measure import measure
    from barledger.kernel.world import as_rows

    row = first_row(initial)
    measure(as_rows(row), equity, flow_bars, flows, first)
    return curve_of(row, initial, float(equity[-1]), per_year)


def first_row(initial: float) -> npt.NDArray[np.void]:
    """Return a metrics row before the first bar."""
    row = np.zeros(1, METRICS)
    row["previous"] = row["peak"] = row["base"] = initial
    row["ratio"] = row["growth"] = 1.0
    return row


def curve_of(row: Any, initial: float, final: float, per_year: float) -> Curve:
    """Return the statistics that a metrics row has gathered."""
    sums = row[0]
    return Curve(
        initial=initial,
        final=final,
        growth=float(sums["growth"] * final / sums["base"]) if sums["base"] > 0.0 else np.nan,
        periods=int(sums["periods"]),
        per_year=per_year,
        returns=float(sums["returns"]),
        squares=float(sums["squares"]),
        downside=float(sums["downside"]),
        ratio=float(sums["ratio"]),
        longest=int(sums["longest"]),
    )


def period_returns(
    equity: Floats, initial: float, flow_bars: Ints = NO_BARS, flows: Floats = NO_FLOWS
) -> Floats:
    """Return E_t / (E_{t-1} + flow_t) - 1 for each bar; 0 once equity has been at or below 0."""
    base = np.concatenate(([initial], equity[:-1]))
    np.add.at(base, flow_bars, flows)
    with np.errstate(divide="ignore", invalid="ignore"):
        returns = equity / base - 1.0
    returns[~(base > 0.0)] = 0.0
    return returns


def sortino(curve: Curve, returns: Floats, risk_free: float) -> float:
    """Mean excess return over the root mean square of losses over all periods, a year.

    Without a risk-free rate the sums that the curve has gathered do; `returns` may be empty then.
    """
    rate = risk_free / curve.per_year
    square = curve.downside / curve.periods
    if rate != 0.0:
        square = float(np.mean(np.minimum(returns - rate, 0.0) ** 2))
    excess = (curve.mean - rate) * np.sqrt(curve.per_year)
    return float(excess / np.sqrt(square)) if square > 0.0 else np.nan
