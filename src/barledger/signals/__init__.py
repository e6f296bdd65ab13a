"""What is wanted: booleans made from features; a signal of one bar is an order for the next."""

from barledger.signals.rules import crossed_above, crossed_below

__all__ = ["crossed_above", "crossed_below"]
