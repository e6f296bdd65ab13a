"""Every law broken on purpose is noticed by the comparison with the oracle."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from oracle.compare import disagreement

import barledger

from .broken_laws import BROKEN, Broken

PACKAGE = Path(barledger.__file__).parent
SEEDS = "0-399"  # most breaks show within ten worlds, each within these
LAWS = [broken.law for broken in BROKEN]


def copied_package(folder: Path) -> Path:
    """A copy of the package's sources, which may be broken."""
    copy = folder / "barledger"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__", "*.parquet"))
    return copy


def break_law(package: Path, broken: Broken) -> None:
    path = package / "kernel" / broken.file
    source = path.read_text()
    assert source.count(broken.old) == 1, f"{broken.law}: {broken.file} has changed"
    path.write_text(source.replace(broken.old, broken.new))


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> dict[str, str]:
    """What the oracle says to each broken law; two processes at a time."""

    def try_law(broken: Broken) -> str:
        folder = tmp_path_factory.mktemp("broken")
        break_law(copied_package(folder), broken)
        return disagreement(folder, SEEDS, worlds=broken.worlds, NUMBA_DISABLE_JIT="1")

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(LAWS, pool.map(try_law, BROKEN), strict=True))


def test_the_unbroken_kernel_is_not_flagged(tmp_path):
    copied_package(tmp_path)
    assert disagreement(tmp_path, SEEDS, NUMBA_DISABLE_JIT="1") == ""


@pytest.mark.parametrize("law", LAWS)
def test_a_broken_law_is_noticed(found, law):
    assert found[law] != ""
