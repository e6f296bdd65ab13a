"""Leaving out quiet bars, cutting a run in pieces and resuming it change no bit."""

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from barledger.kernel.types import BLOCK
from barledger.lowering.drive import Run, run
from barledger.lowering.request import Request

from .kernel import request_of
from .worlds import random_case

SEEDS = range(600)
LOGS = ("orders", "fills", "entries", "incidents", "waiting")


def bits(ran: Run) -> dict[str, bytes]:
    """Everything that a run has written, as bytes."""
    arrays = {f.name: getattr(ran, f.name) for f in fields(ran)}
    return {name: a.tobytes() for name, a in arrays.items() if isinstance(a, np.ndarray)}


def unlike(one: Run, other: Run) -> list[str]:
    """Names of the records whose bits differ."""
    mine, theirs = bits(one), bits(other)
    return [name for name in mine if mine[name] != theirs[name]]


@pytest.mark.parametrize("how", [{"skips": False}, {"stops": (1, 2, 5)}, {"stops": tuple(range(6))}])
def test_visiting_every_bar_and_stopping_at_bars_change_no_bit(how):
    requests = ((seed, request_of(random_case(seed))) for seed in SEEDS)
    found = {seed: unlike(run(request), run(request, **how)) for seed, request in requests}
    assert {seed: names for seed, names in found.items() if names} == {}
