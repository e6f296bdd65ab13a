"""One decorator for every compiled function, one policy for its disk cache, one shorter compile.

Numba stamps only the file that defines a function: an edit in a callee would leave the caller's
old machine code on disk. The cache folder is therefore named by a digest of every file that the
function may call into: its own room and the kernel.

Numba optimises and emits machine code for every helper by itself, and again inside each of its
callers. Nobody calls our helpers from Python, so while an entry compiles its helpers are only
typed and lowered; the entry is optimised once, as a whole. That halves the time. It rests on three
methods of Numba that are not public: where one is missing everything compiles the long way.
"""

import hashlib
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, overload
from unittest.mock import patch

import numba
import numpy as np
from numba import config, njit, types
from numba.core.codegen import CPUCodeLibrary
from numba.core.cpu import CPUContext
from numba.core.options import DefaultOptions

F = TypeVar("F", bound=Callable[..., Any])

PACKAGE = Path(__file__).parent
# Undocumented: no reference counts. Without it the numbers stay the same, slowly.
LEAN = {"_nrt": False} if hasattr(DefaultOptions, "_nrt") else {}
INLINE = {"forceinline": True} if hasattr(DefaultOptions, "forceinline") else {}
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

_helpers: set[str] = set()


@overload
def compiled(function: F) -> F: ...
@overload
def compiled(
    *, inline: bool = ..., entry: bool = ..., fastmath: set[str] | bool = ...
) -> Callable[[F], F]: ...
def compiled(
    function: F | None = None,
    *,
    inline: bool = False,
    entry: bool = False,
    fastmath: set[str] | bool = False,
) -> F | Callable[[F], F]:
    """Compile a function for the kernel: GIL released, IEEE division, no reference counts.

    Parameters
    ----------
    function
        The function, when used as a plain decorator.
    inline
        Copy the body into its callers, whatever the compiler thinks of it.
    entry
        Callable from Python, kept on disk between processes. All others are helpers, which only
        compiled code may call.
    fastmath
        Relaxed floating point for separate reductions only; never ``True``, NaN means something.
    """
    if function is None:
        return lambda f: _compiled(f, inline, entry, fastmath)
    return _compiled(function, inline, entry, fastmath)


def _compiled(function: F, inline: bool, entry: bool, fastmath: set[str] | bool) -> F:
    options = {"nogil": True, "error_model": "numpy", "fastmath": fastmath, **LEAN}
    if entry:
        return _entry(function, options)
    function.__qualname__ = f"{function.__module__}.{function.__qualname__}"
    _helpers.add(function.__qualname__)
    if inline:
        options |= INLINE
    if CAN_SHORTEN:
        options |= BARE
    helper = njit(**options)(function)
    if not config.DISABLE_JIT:
        _forget_constants(helper)
    return helper  # type: ignore[no-any-return]


def _forget_constants(helper: Any) -> None:
    """Let a call with the constant 1 use the code for any integer, not compile one for 1."""
    find = helper.get_call_template

    def get_call_template(args: Any, kws: Any) -> Any:
        return find(tuple(types.unliteral(arg) for arg in args), kws)

    helper.get_call_template = get_call_template


def _entry(function: F, options: dict[str, Any]) -> F:
    if config.DISABLE_JIT:  # as silent about 0 / 0 and inf · 0 as the compiled code
        return np.errstate(all="ignore")(function)
    folder = cache_folder(Path(function.__code__.co_filename).parent)
    with patch.object(config, "CACHE_DIR", str(folder or "")):
        dispatcher = njit(cache=folder is not None, **options)(function)
    if CAN_SHORTEN:
        long_way = dispatcher.compile

        def compile_shortly(signature: Any) -> Any:
            with _helpers_not_emitted():
                return long_way(signature)

        dispatcher.compile = compile_shortly
    return dispatcher  # type: ignore[no-any-return]


@contextmanager
def _helpers_not_emitted() -> Iterator[None]:
    """Type and lower helpers, but neither optimise, link nor emit them by themselves."""
    finalise = CPUCodeLibrary.finalize
    optimise = CPUCodeLibrary._optimize_functions
    executable = CPUContext.get_executable

    def finalise_entry(library: Any) -> None:
        if library.name in _helpers:
            library._finalized = True
        else:
            library._linking_libraries = _with_callees(library)
            finalise(library)

    def optimise_entry(library: Any, module: Any) -> None:
        if library.name in _helpers:
            module.data_layout = library._codegen._data_layout
        else:
            optimise(library, module)

    def no_executable(context: Any, library: Any, description: Any, env: Any) -> Any:
        if library.name in _helpers:
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


def cache_folder(room: Path) -> Path | None:
    """Folder for the machine code of `room`, None where nothing can be written."""
    name = f"{room.name}-{digest(room)}"
    for base in _bases():
        folder = base / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if os.access(folder, os.W_OK):
                return folder
        except OSError:
            continue
    warnings.warn(
        "barledger found no writable folder for compiled code: every process will compile again "
        "(some seconds). Set NUMBA_CACHE_DIR to a writable folder.",
        RuntimeWarning,
        stacklevel=2,
    )
    return None


@lru_cache
def digest(room: Path) -> str:
    """Digest of the sources that code in `room` may be compiled from."""
    files = sorted({*room.glob("*.py"), *(PACKAGE / "kernel").glob("*.py"), PACKAGE / "_jit.py"})
    mark = f"{numba.__version__} {config.BOUNDSCHECK} {config.OPT}".encode()
    return hashlib.sha256(mark + b"".join(f.read_bytes() for f in files)).hexdigest()[:16]


def _bases() -> list[Path]:
    user = str(os.getuid()) if hasattr(os, "getuid") else "all"
    temporary = Path(tempfile.gettempdir()) / f"barledger-{user}"
    if config.CACHE_DIR:
        return [Path(config.CACHE_DIR), temporary]
    return [user_cache_folder(), temporary]


def user_cache_folder() -> Path:
    """Return the platform's folder for files that may be deleted at any time."""
    home = Path(os.path.expanduser("~"))
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = str(home / "Library" / "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(home / ".cache")
    return Path(base) / "barledger"
