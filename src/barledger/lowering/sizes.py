"""Sizes as the kernel knows them: plain numbers, words and volatility targets are turned here."""

from typing import Any

import numpy as np
import numpy.typing as npt

from barledger import _check
from barledger.data.bars import Bars
from barledger.features.volatility import rolling_deviation
from barledger.instruments.calendar import periods_per_year
from barledger.options import PercentOfCash, PercentOfEquity, Shares, Size, VolatilityTarget

WORDS = ("all_cash",)


def as_size(size: Any, bars: Bars) -> Size:
    """Return a size object: a number is shares, None is 1/N of equity."""
    if size is None:
        return PercentOfEquity(1.0 / bars.shape[1])
    if isinstance(size, str):
        _check.choice("size", size, WORDS)
        return PercentOfCash(1.0)
    if isinstance(size, VolatilityTarget):
        return PercentOfEquity(_fractions(size, bars))
    return size if isinstance(size, Size) else Shares(size)


def _fractions(size: VolatilityTarget, bars: Bars) -> npt.NDArray[np.float64]:
    """Return the fraction of equity (T, N) whose recent yearly volatility is the target."""
    close = bars._close
    returns = np.full(close.shape, np.nan)
    returns[1:] = close[1:] / close[:-1] - 1.0
    kinds = [contract.kind for contract in bars.contracts]
    per_year, _ = periods_per_year(bars.time, kinds, bars.calendar)
    yearly = rolling_deviation(returns, size.window) * np.sqrt(per_year)
    with np.errstate(divide="ignore"):
        fractions: npt.NDArray[np.float64] = np.minimum(size.target / yearly, size.most)
    return fractions
