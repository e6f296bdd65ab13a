"""Functions that a user gives: kept from breaking the loop, and sent to other processes."""

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

GUARDED = """
def guarded({names}):
    try:
        call({names})
    except Exception:
        return 1
    return 0
"""


def guarded(call: Callable[..., Any], *names: str) -> Callable[..., int]:
    """Return a function of these arguments that calls another: 0, or 1 when that raised an error.

    A bare compiled callback would print the error and run on.
    """
    kinds: dict[str, Any] = {"call": call}
    exec(GUARDED.format(names=", ".join(names)), kinds)
    return kinds["guarded"]  # type: ignore[no-any-return]


def reduced(value: Any, function: Callable[..., Any], *parts: Any) -> tuple[Any, ...]:
    """Return how to pickle `value`, made of a function and parts: by name where a module has it."""
    module, name = function.__module__, function.__qualname__
    if module != "__main__" and getattr(sys.modules.get(module), name, None) is value:
        return _named, (module, name)
    from numba import cloudpickle

    return _rebuilt, (type(value), cloudpickle.dumps((function, *parts)))


def _named(module: str, name: str) -> Any:
    return getattr(import_module(module), name)


def _rebuilt(kind: type, pickled: bytes) -> Any:
    from numba import cloudpickle

    return kind(*cloudpickle.loads(pickled))
