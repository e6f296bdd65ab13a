"""A shorter way through Numba's compiler, for one entry and the helpers it calls.

Numba optimises and emits machine code for every helper by itself, and again inside each of its
callers. Nobody calls our helpers from Python, so while an entry compiles its helpers are only
typed and lowered; the entry is optimised once, as a whole. That halves the time. It rests on three
methods of Numba that are not public: where one is missing everything compiles the long way.
"""

from collections.abc import Container, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from numba.core.codegen import CPUCodeLibrary
from numba.core.cpu import CPUContext
from numba.core.options import DefaultOptions

WRAPPERS = ("no_cpython_wrapper", "no_cfunc_wrapper")
BARE = {name: True for name in WRAPPERS if hasattr(DefaultOptions, name)}
CAN_SHORTEN = len(BARE) == 2 and all(
    hasattr(owner, name)
    for owner, name in (
        (CPUCodeLibrary, "_optimize_final_module"),
        (CPUCodeLibrary, "_finalize_final_module"),
        (CPUContext, "get_executable"),
    )
)


@contextmanager
def shortened(helpers: Container[str]) -> Iterator[None]:
    """Type and lower helpers, but neither optimise, link nor emit them by themselves."""
    finalise = CPUCodeLibrary.finalize
    optimise = CPUCodeLibrary._optimize_functions
    executable = CPUContext.get_executable

    def finalise_entry(library: Any) -> None:
        if library.name in helpers:
            library._finalized = True
        else:
            library._linking_libraries = _with_callees(library)
            finalise(library)

    def optimise_entry(library: Any, module: Any) -> None:
        if library.name in helpers:
            module.data_layout = library._codegen._data_layout
        else:
            optimise(library, module)

    def no_executable(context: Any, library: Any, description: Any, env: Any) -> Any:
        if library.name in helpers:
            return [].index  # a built-in of its own, which raises whatever it is called with
        return executable(context, library, description, env)

    with (
        patch.object(CPUCodeLibrary, "finalize", finalise_entry),
        patch.object(CPUCodeLibrary, "_optimize_functions", optimise_entry),
        patch.object(CPUContext, "get_executable", no_executable),
    ):
        yield


def _with_callees(library: Any) -> list[Any]:
    """Libraries that a library calls into, directly or through others, each once."""
    found: dict[Any, None] = {}
    waiting = list(library._linking_libraries)
    while waiting:
        callee = waiting.pop()
        if callee not in found:
            found[callee] = None
            waiting.extend(callee._linking_libraries)
    return list(found)
