"""Parts of the loop that are compiled at their first call."""

import ctypes
import subprocess
import sys

import numpy as np
import pytest
from numba import config

import barledger as bl
import barledger.kernel.simulate
from barledger.kernel import wings
from barledger.kernel.world import WINGS

pytestmark = pytest.mark.skipif(bool(config.DISABLE_JIT), reason="nothing is compiled")
CLOSE = np.array([10.0, 11.0, 6.0, 6.0])
SPLIT = bl.Events(splits=np.array([np.nan, np.nan, 2.0, np.nan]))
LOADED = """
import numpy as np, barledger as bl
from barledger.kernel import wings
bars = bl.Bars.from_arrays(np.array([10.0, 11.0, 12.0]))
bl.Portfolio.from_signals(bars, np.array([True, False, False]), {options})
print(*sorted(name for name, made in wings._wings.items() if made.code.overloads))
"""


def test_every_name_is_a_wing_and_every_wing_has_a_place():
    assert sorted(wings._wings) == sorted(WINGS)
    assert len(set(WINGS)) == len(WINGS)


@pytest.mark.parametrize(
    ("options", "expected"),
    [("", ""), ("stops=bl.Stops(loss=0.5)", "are_stops_quiet guard stop_positions")],
)
def test_only_what_is_called_is_made(options, expected):
    code = LOADED.format(options=options)
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=120
    )
    assert done.stdout.split() == expected.split()


def test_a_wing_that_cannot_be_made_fails_the_run(monkeypatch):
    made = wings._wings["apply_events"]

    def load():
        raise KeyboardInterrupt

    monkeypatch.setattr(made, "load", load)
    anew = wings.addresses().copy()
    anew[made.place] = ctypes.cast(made.late, ctypes.c_void_p).value
    monkeypatch.setattr(wings, "_addresses", anew)
    bars = bl.Bars.from_arrays(CLOSE)
    with pytest.raises(KeyboardInterrupt):
        bl.Portfolio.from_signals(bars, CLOSE > 100.0, events=SPLIT)
    monkeypatch.undo()
    assert bl.Portfolio.from_signals(bars, CLOSE < 11.0, events=SPLIT).equity is not None


def test_a_world_holds_the_way_to_each_wing():
    assert (wings.addresses() != 0).all()
