"""One decorator for every compiled function, one policy for its disk cache.

Numba stamps only the file that defines a function: an edit in a callee would leave the caller's
old machine code on disk. The cache folder is therefore named by a digest of every file that the
function may call into: its own room and the kernel.
"""

import hashlib
import os
import sys
import tempfile
import warnings
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, overload
from unittest.mock import patch

import numba
import numpy as np
from numba import config, njit, types
from numba.core.options import DefaultOptions

from barledger._compiler import BARE, CAN_SHORTEN, shortened

F = TypeVar("F", bound=Callable[..., Any])

PACKAGE = Path(__file__).parent
MACHINERY = (PACKAGE / "_jit.py", PACKAGE / "_compiler.py")
# Undocumented: no reference counts. Without it the numbers stay the same, slowly.
LEAN = {"_nrt": False} if hasattr(DefaultOptions, "_nrt") else {}
INLINE = {"forceinline": True} if hasattr(DefaultOptions, "forceinline") else {}
_helpers: set[str] = set()  # qualified names


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
            with shortened(_helpers):
                return long_way(signature)

        dispatcher.compile = compile_shortly
    return dispatcher  # type: ignore[no-any-return]


def address_of(function: Any, signature: Any) -> int:
    """Return the address of a compiled entry, compiled for (or loaded from disk for) a signature."""
    function.compile(signature.args)
    made = function.get_compile_result(signature)
    return int(made.library.get_pointer_to_function(made.fndesc.llvm_cfunc_wrapper_name))


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
    files = sorted({*room.glob("*.py"), *(PACKAGE / "kernel").glob("*.py"), *MACHINERY})
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
