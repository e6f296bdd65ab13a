"""The kernel as plain Python, and with bounds checks: the same numbers, nothing out of bounds."""

from pathlib import Path

import pytest
from oracle.compare import disagreement

import barledger

SOURCES = Path(barledger.__file__).parents[1]


@pytest.mark.parametrize(
    ("variable", "seeds"), [("NUMBA_DISABLE_JIT", "300-499"), ("NUMBA_BOUNDSCHECK", "0-999")]
)
def test_kernel_agrees_with_the_oracle_in_a_mode_of_numba(variable, seeds):
    assert disagreement(SOURCES, seeds, **{variable: "1"}) == ""
