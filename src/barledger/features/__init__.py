"""What is measured: numbers computed from bars up to now, never beyond."""

from barledger.features.trend import moving_average
from barledger.features.volatility import rolling_deviation

__all__ = ["moving_average", "rolling_deviation"]
