"""Named sets of options that make a run agree with another engine, order by order."""

from barledger.presets import backtrader

__all__ = ["backtrader"]
