"""Validation: what a sweep's winner does on bars that it was not chosen on."""

from barledger.validation.splits import Split, combinatorial_splits, purged_splits, walk_splits
from barledger.validation.walk_forward import WalkForward, walk_forward

__all__ = [
    "Split",
    "WalkForward",
    "combinatorial_splits",
    "purged_splits",
    "walk_forward",
    "walk_splits",
]
