"""The vendor's client, imported when it is first needed."""

from importlib import import_module
from typing import Any

INSTALL = "pip install 'barledger[databento]'"


def client_package() -> Any:
    """Return the package `databento`, or say how to install it."""
    try:
        return import_module("databento")
    except ImportError as error:
        raise ImportError(
            f"DBN files and the historical API need the package databento: {INSTALL}"
        ) from error
