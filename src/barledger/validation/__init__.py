"""Validation: what a sweep's winner does on bars that it was not chosen on."""

from barledger.analytics.reality_check import RealityCheck, reality_check
from barledger.validation.monte_carlo import MonteCarlo, monte_carlo
from barledger.validation.splits import Split, combinatorial_splits, purged_splits, walk_splits
from barledger.validation.walk_forward import WalkForward, walk_forward

__all__ = [
    "MonteCarlo",
    "RealityCheck",
    "Split",
    "WalkForward",
    "combinatorial_splits",
    "monte_carlo",
    "purged_splits",
    "reality_check",
    "walk_forward",
    "walk_splits",
]
