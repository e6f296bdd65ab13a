"""The kernel as plain Python, and with bounds checks: the same numbers, nothing out of bounds.

Plain Python refuses places below zero too, which compiled code would take for foreign memory.
"""

from pathlib import Path

import numpy as np
import pytest
from oracle.compare import disagreement

import barledger
from barledger.kernel.plain import PlainNumbers, PlainRows
from barledger.kernel.types import ORDER

SOURCES = Path(barledger.__file__).parents[1]


@pytest.mark.parametrize(
    ("variable", "seeds"), [("NUMBA_DISABLE_JIT", "300-499"), ("NUMBA_BOUNDSCHECK", "0-999")]
)
def test_kernel_agrees_with_the_oracle_in_a_mode_of_numba(variable, seeds):
    assert disagreement(SOURCES, seeds, **{variable: "1"}) == ""


def test_no_resumed_run_reaches_outside_an_array():
    # in the last three an order filled in part is over before the second run begins
    seeds = ("2000-2019", "2084", "2449", "2608")
    assert disagreement(SOURCES, *seeds, worlds="resumed", NUMBA_DISABLE_JIT="1") == ""


@pytest.mark.parametrize("place", [-1, 3])
def test_plain_arrays_have_no_places_but_their_own(place):
    numbers = np.zeros((3, 3)).view(PlainNumbers)
    for array in (PlainRows(np.zeros(3, ORDER)), numbers[0]):
        with pytest.raises(IndexError):
            array[place]
    for places in ((0, place), (place, 0)):
        with pytest.raises(IndexError):
            numbers[places] = 1.0
