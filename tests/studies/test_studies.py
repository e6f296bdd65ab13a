"""The studies of real data hold: every number of the ledger is the one reckoned from raw files."""

import sys
from importlib import import_module
from pathlib import Path

import pytest
from shared_data import needs_shared

STUDIES = Path(__file__).resolve().parents[2] / "benchmarks" / "studies"
NAMES = ("rolls", "minutes", "perpetuals", "margins", "panel", "shares", "funds", "currencies")


@pytest.fixture(scope="module", autouse=True)
def studies():
    """The modules of the studies."""
    before = list(sys.path)
    sys.path.insert(0, str(STUDIES))
    yield
    sys.path[:] = before


@needs_shared
@pytest.mark.parametrize("name", NAMES)
def test_the_ledger_has_the_numbers_of_the_raw_files(name):
    found = import_module(name).study(quick=True)
    assert len(found.checks) > 10
    assert found.bad() == []


def test_a_number_that_differs_is_bad():
    found = import_module("common").Study("none")
    found.same("near", 1.0, 1.0 + 1e-12)
    found.same("far", 1.0, 1.1)
    found.same("missing", float("nan"), 1.0)
    assert [each.what for each in found.bad()] == ["far", "missing"]
