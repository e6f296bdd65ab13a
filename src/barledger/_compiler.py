"""A shorter way through Numba's compiler, for one entry and the helpers it calls.

Numba optimises and emits machine code for every helper by itself, and again inside each of its
callers. Nobody calls our helpers from Python, so while an entry compiles its helpers are only
typed and lowered; the entry is optimised once, as a whole. That halves the time. It rests on three
methods of Numba that are not public: where one is missing everything compiles the long way.

More savings spare work whose result is the same each time (the types of a built-in's call, the name
of a record type, the size of a machine type) or is not used here: the life of variables between two
passes, closures and array expressions in code that has none, events that only time the compiler.
Each stands aside where Numba lacks the method it replaces.
"""

import inspect
from collections.abc import Callable, Container, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from llvmlite.binding import Linkage
from llvmlite.ir import types as machine
from numba.core import event, ir, transforms, types
from numba.core.codegen import CPUCodeLibrary
from numba.core.compiler_lock import global_compiler_lock
from numba.core.cpu import CPUContext
from numba.core.inline_closurecall import InlineClosureCallPass
from numba.core.options import DefaultOptions
from numba.core.postproc import PostProcessor, VariableLifetime
from numba.core.typed_passes import InlineOverloads, NopythonRewrites
from numba.core.types.functions import BaseFunction
from numba.core.untyped_passes import DeadBranchPrune

from barledger._collector import seldom

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


ATOMS = frozenset({str, int, float, bool, type(None), ir.Loc})


@contextmanager
def shortened(helpers: Container[str]) -> Iterator[None]:
    """Compile what is compiled meanwhile in the shorter way; one thread at a time."""
    with global_compiler_lock, ExitStack() as stack:
        stack.enter_context(_helpers_not_emitted(helpers))
        stack.enter_context(seldom())
        stack.enter_context(_locks_not_announced())
        for owner, name, parameters, spared in SAVINGS:
            method = vars(owner).get(name)
            if method and tuple(inspect.signature(method).parameters) == parameters:
                stack.enter_context(patch.object(owner, name, spared(method)))
        yield


def _once_for_types(resolve: Callable[..., Any]) -> Callable[..., Any]:
    """Find the signature of a built-in function for the same types of arguments only once."""
    found: dict[Any, Any] = {}

    def get_call_type(function: Any, context: Any, args: Any, kws: Any) -> Any:
        if kws:
            return resolve(function, context, args, kws)
        asked = (function, *(arg._code for arg in args))
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


def _once_by_text(measure: Callable[..., int]) -> Callable[..., int]:
    """Have the compiler measure a machine type only once."""
    found: dict[str, int] = {}

    def get_abi_size(kind: Any, target_data: Any, context: Any = None) -> int:
        text = str(kind)
        if text not in found:
            found[text] = measure(kind, target_data, context)
        return found[text]

    return get_abi_size


def _lives_on_demand(process: Callable[..., None]) -> Callable[..., None]:
    """Follow the variables' lives when they are to be ended, not after every pass."""

    def run(processor: Any, emit_dels: bool = False, extend_lifetimes: bool = False) -> None:
        function = processor.func_ir
        if function.is_generator or (emit_dels and not _is_ours(function)):
            process(processor, emit_dels, extend_lifetimes)
            return
        function.blocks = transforms.canonicalize_cfg(function.blocks)
        function.variable_lifetime = VariableLifetime(function.blocks)
        function.generator_info = None

    return run


def _not_for_us(work: Callable[..., bool]) -> Callable[..., bool]:
    """Leave out of our functions what only others' may hold, such as array expressions."""

    def run_pass(step: Any, state: Any) -> bool:
        return False if _is_ours(state.func_ir) else work(step, state)

    return run_pass


def _no_closures(inline: Callable[..., None]) -> Callable[..., None]:
    """Look for closures in others' code only: ours has none."""

    def run(inliner: Any) -> None:
        if not _is_ours(inliner.func_ir):
            inline(inliner)

    return run


def _is_ours(function: Any) -> bool:
    return str(function.func_id.modname).startswith("barledger.")


SAVINGS: tuple[tuple[type, str, tuple[str, ...], Callable[..., Any]], ...] = (
    (BaseFunction, "get_call_type", ("self", "context", "args", "kws"), _once_for_types),
    (types.Record, "__repr__", ("self",), _once_for_each),
    (ir.Inst, "_rec_list_vars", ("self", "val"), _atoms_first),
    (machine.Type, "get_abi_size", ("self", "target_data", "context"), _once_by_text),
    (PostProcessor, "run", ("self", "emit_dels", "extend_lifetimes"), _lives_on_demand),
    (NopythonRewrites, "run_pass", ("self", "state"), _not_for_us),
    (InlineOverloads, "run_pass", ("self", "state"), _not_for_us),
    (DeadBranchPrune, "run_pass", ("self", "state"), _not_for_us),
    (InlineClosureCallPass, "run", ("self",), _no_closures),
)


@contextmanager
def _locks_not_announced() -> Iterator[None]:
    """Tell nobody of each taking of a lock: a hundred thousand events, for timing alone."""
    start, end = event.start_event, event.end_event

    def quietly(announce: Callable[..., None]) -> Callable[..., None]:
        def announce_others(kind: str, *args: Any, **kwargs: Any) -> None:
            if not kind.endswith("_lock"):
                announce(kind, *args, **kwargs)

        return announce_others

    with (
        patch.object(event, "start_event", quietly(start)),
        patch.object(event, "end_event", quietly(end)),
    ):
        yield


@contextmanager
def _helpers_not_emitted(helpers: Container[str]) -> Iterator[None]:
    """Type and lower helpers, but neither optimise, link nor emit them by themselves."""
    finalise = CPUCodeLibrary.finalize
    optimise = CPUCodeLibrary._optimize_functions
    executable = CPUContext.get_executable

    def finalise_entry(library: Any) -> None:
        if library.name in helpers:
            library._finalized = True
            library._shared_module = _linkable(library._final_module)
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


def _linkable(module: Any) -> Any:
    """Let a helper be linked into several entries; as nothing else is made of it, in place."""
    for function in module.functions:
        if not function.is_declaration and function.linkage == Linkage.external:
            function.linkage = "linkonce_odr"
    return module


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
