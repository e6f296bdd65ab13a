"""A shorter way through Numba's compiler, for one entry and the helpers it calls.

Numba optimises and emits machine code for every helper by itself, and again inside each of its
callers. Nobody calls our helpers from Python, so while an entry compiles its helpers are only
typed and lowered; the entry is optimised once, as a whole. That halves the time. It rests on three
methods of Numba that are not public: where one is missing everything compiles the long way.

Three more savings spare work whose result is the same each time: the types of an operator on
numbers, the name of a record type (ours are long and nested), and the search for variables in what
can hold none. Each stands aside where Numba lacks the method it replaces.
"""

import gc
import inspect
from collections.abc import Callable, Container, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from numba.core import ir, types
from numba.core.codegen import CPUCodeLibrary
from numba.core.compiler_lock import global_compiler_lock
from numba.core.cpu import CPUContext
from numba.core.options import DefaultOptions
from numba.core.types.functions import BaseFunction

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


# Compiling makes millions of objects that stay: few of the collector's rounds find anything.
COLLECTOR = (100_000, 20, 20)
NUMBERS = (types.Number, types.Boolean)
ATOMS = frozenset({str, int, float, bool, type(None), ir.Loc})


@contextmanager
def shortened(helpers: Container[str]) -> Iterator[None]:
    """Compile what is compiled meanwhile in the shorter way; one thread at a time."""
    with global_compiler_lock, ExitStack() as stack:
        stack.enter_context(_helpers_not_emitted(helpers))
        stack.enter_context(_collector_seldom())
        for owner, name, parameters, spared in SAVINGS:
            method = vars(owner).get(name)
            if method and tuple(inspect.signature(method).parameters) == parameters:
                stack.enter_context(patch.object(owner, name, spared(method)))
        yield


def _once_for_numbers(resolve: Callable[..., Any]) -> Callable[..., Any]:
    """Find the signature of a built-in function for the same types of numbers only once."""
    found: dict[Any, Any] = {}

    def get_call_type(function: Any, context: Any, args: Any, kws: Any) -> Any:
        if kws or not all(isinstance(arg, NUMBERS) for arg in args):
            return resolve(function, context, args, kws)
        asked = (function, tuple(args))
        signature = found.get(asked)
        if signature is None:
            signature = found[asked] = resolve(function, context, args, kws)
        return signature

    return get_call_type


def _once_for_each(describe: Callable[[Any], str]) -> Callable[[Any], str]:
    """Spell out a record type only once."""
    found: dict[int, tuple[Any, str]] = {}  # holds the type too: else its id might be used again

    def spelt(record: Any) -> str:
        known = found.get(id(record))
        if known is None:
            known = found[id(record)] = (record, describe(record))
        return known[1]

    return spelt


def _atoms_first(search: Callable[..., Any]) -> Callable[..., Any]:
    """List the variables in a part of an instruction, atoms being the most frequent part."""

    def list_vars(instruction: Any, part: Any) -> Any:
        kind = type(part)
        if kind in ATOMS:
            return []
        if kind is ir.Var:
            return [part]
        if kind is dict:
            part = part.values()
        elif kind is not list and kind is not tuple:
            return search(instruction, part)
        found: list[Any] = []
        for inner in part:
            found.extend(list_vars(instruction, inner))
        return found

    return list_vars


SAVINGS: tuple[tuple[type, str, tuple[str, ...], Callable[..., Any]], ...] = (
    (BaseFunction, "get_call_type", ("self", "context", "args", "kws"), _once_for_numbers),
    (types.Record, "__repr__", ("self",), _once_for_each),
    (ir.Inst, "_rec_list_vars", ("self", "val"), _atoms_first),
)


@contextmanager
def _collector_seldom() -> Iterator[None]:
    before = gc.get_threshold()
    if before[0] > 0:
        gc.set_threshold(*COLLECTOR)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def _helpers_not_emitted(helpers: Container[str]) -> Iterator[None]:
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
