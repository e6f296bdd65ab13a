"""What is measured: numbers computed from bars up to now, never beyond."""

from barledger.features.spread import abdi_ranaldo, corwin_schultz, roll
from barledger.features.trend import moving_average
from barledger.features.volatility import average_true_range, rolling_deviation

__all__ = [
    "abdi_ranaldo",
    "average_true_range",
    "corwin_schultz",
    "moving_average",
    "roll",
    "rolling_deviation",
]
