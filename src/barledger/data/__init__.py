"""Where bars come from: files, vendors, a parquet lake; made aligned, checked and traceable.

Every public name is listed here and loaded when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from barledger.data import continuous, databento, quality
    from barledger.data.csv_text import read_csv
    from barledger.data.lake import Lake
    from barledger.data.manifest import Manifest, verify
    from barledger.data.resampling import Resampled, resample

_HOME = {
    "csv_text": ("read_csv",),
    "lake": ("Lake",),
    "manifest": ("Manifest", "verify"),
    "resampling": ("Resampled", "resample"),
}
_ROOMS = ("continuous", "databento", "quality")
_WHERE = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "Lake",
    "Manifest",
    "Resampled",
    "continuous",
    "databento",
    "quality",
    "read_csv",
    "resample",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"barledger.data.{name}")
    if name in _WHERE:
        return getattr(import_module(f"barledger.data.{_WHERE[name]}"), name)
    raise AttributeError(f"module 'barledger.data' has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
