"""What is measured: numbers computed from bars up to now, never beyond."""

from barledger.features.trend import moving_average
from barledger.features.volatility import average_true_range, rolling_deviation

__all__ = ["average_true_range", "moving_average", "rolling_deviation"]
