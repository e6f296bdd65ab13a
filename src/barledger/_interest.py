"""Rates of interest as accounts take them: one, tiers of an amount, or either by currency."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from barledger import _check

Rate = float | None | Sequence[tuple[float, float | None]]
RateByCurrency = Mapping[str, Rate]


def check_rates(name: str, rate: Rate | RateByCurrency) -> None:
    """Raise unless a rate, or that of each currency, can be one."""
    if not isinstance(rate, Mapping):
        _check_rate(name, rate)
        return
    if not rate:
        raise ValueError(f"{name} by currency must name one, was {rate!r}")
    for currency, each in rate.items():
        _check_rate(f"{name} in {currency}", each)


def _check_rate(name: str, rate: Rate) -> None:
    """Raise unless a rate is a number, None, or tiers that start at 0 and rise."""
    if rate is None:
        return
    if not isinstance(rate, Sequence):
        _check.at_least(name, rate, -1.0, known=True)
        if np.ndim(rate) > 0 or rate > 1.0:
            raise ValueError(f"{name} must be a fraction a year (0.05 means 5 %), was {rate}")
        return
    if len(rate) == 0 or any(len(tier) != 2 for tier in rate) or rate[0][0] != 0:
        raise ValueError(f"{name} must be tiers (from amount, rate), the first from 0, was {rate}")
    starts = [float(start) for start, _ in rate]
    if any(b <= a for a, b in pairwise(starts)):
        raise ValueError(f"{name} tiers must rise in amount, were from {starts}")
    for _, each in rate:
        _check_rate(f"{name} tiers' rates", each)
