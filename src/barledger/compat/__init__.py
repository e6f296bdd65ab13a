"""Keywords of other tools, translated into policies of this one. No engine of its own."""

from barledger.compat import vectorbt

__all__ = ["vectorbt"]
