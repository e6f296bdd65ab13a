"""One compilation for every option, machine code that never goes stale, and what Numba must keep."""

import inspect
import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest
from numba.core.options import DefaultOptions
from oracle.kernel import kernel_run
from oracle.worlds import random_case

import barledger
from barledger import _compiler, _jit
from barledger._jit import compiled
from barledger.kernel.simulate import simulate

SOURCES = Path(barledger.__file__).parents[1]
IS_PLAIN = bool(numba.config.DISABLE_JIT)
ROOM = {
    "__init__.py": "",
    "callee.py": "from barledger._jit import compiled\n\n\n@compiled\ndef rate(x):\n    return x * 2\n",
    "entry.py": (
        "from barledger._jit import compiled\nfrom toy.callee import rate\n\n\n"
        "@compiled(entry=True)\ndef cost(x):\n    return rate(x) + 1\n"
    ),
}
ASK = """
from toy.entry import cost
print(cost(10), sum(cost.stats.cache_hits.values()), sum(cost.stats.cache_misses.values()))
"""


@pytest.mark.skipif(IS_PLAIN, reason="nothing is compiled")
def test_one_compilation_of_simulate_serves_every_option():
    for seed in range(300):
        kernel_run(random_case(seed))
    kernel_run(random_case(0), skips=False)
    assert len(simulate.signatures) == 1


@pytest.mark.parametrize("option", ["_nrt", "forceinline", *_compiler.WRAPPERS])
def test_numba_still_has_the_options_that_it_does_not_document(option):
    assert hasattr(DefaultOptions, option), f"numba {numba.__version__} dropped {option}"


def test_numba_still_has_the_methods_that_halve_the_compilation():
    assert _compiler.CAN_SHORTEN
    assert _jit.LEAN == {"_nrt": False}
    assert _jit.INLINE == {"forceinline": True}


@pytest.mark.parametrize("saving", _compiler.SAVINGS, ids=lambda saving: saving[1])
def test_numba_still_has_the_methods_that_are_spared_work(saving):
    owner, name, parameters, _ = saving
    assert tuple(inspect.signature(vars(owner)[name]).parameters) == parameters


@pytest.mark.skipif(IS_PLAIN, reason="nothing is compiled")
def test_the_options_still_do_what_they_are_for(monkeypatch):
    monkeypatch.setattr(_jit, "cache_folder", lambda room: None)  # what is read says nothing

    @compiled(inline=True)
    def twice(x):
        return x + x

    @compiled(entry=True)
    def last(values):
        return twice(values[1:][0])

    assert last(np.array([1.0, 3.0])) == 6.0
    machine = "".join(last.inspect_llvm().values())
    assert "NRT_" not in machine, "_nrt=False no longer drops reference counts"
    (helper,) = twice.overloads.values()
    assert "alwaysinline" in helper.library.get_llvm_str(), "forceinline no longer inlines"


@pytest.fixture
def room(tmp_path) -> Path:
    """A room of its own: an entry that calls a helper in another file."""
    folder = tmp_path / "toy"
    folder.mkdir()
    for name, source in ROOM.items():
        (folder / name).write_text(source)
    return folder


def ask(room: Path) -> list[int]:
    """What the entry returns in a new process, and how often the disk had it and had it not."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join((str(room.parent), str(SOURCES))),
        "NUMBA_CACHE_DIR": str(room.parent / "cache"),
        "NUMBA_DISABLE_JIT": "0",
    }
    done = subprocess.run(
        [sys.executable, "-c", ASK], env=environment, capture_output=True, text=True, check=True
    )
    return [int(word) for word in done.stdout.split()]


def test_code_comes_from_disk_until_a_callee_in_another_file_changes(room):
    assert ask(room) == [21, 0, 1]
    assert ask(room) == [21, 1, 0]
    callee = room / "callee.py"
    callee.write_text(callee.read_text().replace("x * 2", "x * 3"))
    assert ask(room) == [31, 0, 1]


def test_the_cache_folder_is_named_after_the_kernel_and_the_mode(room, monkeypatch):
    before = _jit.digest(room)
    monkeypatch.setattr(_jit.config, "BOUNDSCHECK", 1 - (_jit.config.BOUNDSCHECK or 0))
    _jit.digest.cache_clear()
    assert _jit.digest(room) != before
    _jit.digest.cache_clear()
