"""Parts of the loop that a run may never need: compiled apart, at their first call.

The loop calls a wing by an address that lies in the world. At first that address leads back to
Python, which compiles the wing (or loads it from disk) and puts the wing's own address there; a
call then costs two nanoseconds. Who uses no stops never waits for stops to be compiled.
"""

import ctypes
from collections.abc import Callable
from functools import cache
from inspect import Parameter, Signature, signature
from typing import Any, TypeVar, get_type_hints

import numpy as np
from numba import config, types
from numba.core import cgutils, typing
from numba.extending import intrinsic
from numba.np.numpy_support import from_dtype

from barledger._jit import address_of, compiled
from barledger.kernel.types import LIVE, Ints, LiveRow
from barledger.kernel.world import WINGS, WORLD, World

F = TypeVar("F", bound=Callable[..., Any])
ROWS: dict[Any, Any] = {World: WORLD, LiveRow: LIVE}
SCALARS: dict[Any, tuple[Any, Any]] = {
    int: (types.int64, ctypes.c_int64),
    float: (types.float64, ctypes.c_double),
    type(None): (types.none, ctypes.c_void_p),
}

_wings: dict[str, "Wing"] = {}
_addresses: Ints = np.zeros(len(WINGS), np.int64)
_failures: list[BaseException] = []


class Wing:
    """One function compiled apart: its place in the world, and the way to its machine code."""

    def __init__(self, function: Callable[..., Any]) -> None:
        hints = get_type_hints(function)
        result = hints.pop("return")
        place = WINGS.index(function.__name__)
        self.offset = int(WORLD.fields["wings"][1]) + 8 * place  # type: ignore[index]
        self.code = compiled(entry=True)(function)
        self.signature = typing.signature(_machine(result), *(_machine(h) for h in hints.values()))
        self.kind = ctypes.CFUNCTYPE(_outside(result), *(_outside(h) for h in hints.values()))
        self.late = self.kind(self._call_late)
        self.place = place
        _addresses[place] = int(ctypes.cast(self.late, ctypes.c_void_p).value or 0)

    def load(self) -> int:
        """Compile the wing, or load it from disk; returns its address."""
        address = address_of(self.code, self.signature)
        _addresses[self.place] = address
        return address

    def _call_late(self, world: int, *args: Any) -> Any:
        """Take the first call: make the wing and pass the call on; a failure is kept for later."""
        try:
            address = self.load()
        except BaseException as error:  # raised by `raise_failure`: it can't pass through C
            _failures.append(error)
            return 0
        ctypes.c_int64.from_address(world + self.offset).value = address
        return self.kind(address)(world, *args)


@cache
def _machine(hint: Any) -> Any:
    return from_dtype(ROWS[hint]) if hint in ROWS else SCALARS[hint][0]


def _outside(hint: Any) -> Any:
    return ctypes.c_void_p if hint in ROWS else SCALARS[hint][1]


def wing(function: F) -> F:
    """Compile a function of the loop apart from it, when it is first called.

    Its first argument is the world; the others and the result are whole numbers, floats or live
    orders; its name stands in `WINGS`. Where nothing is compiled it is the function itself.
    """
    if config.DISABLE_JIT:
        return function
    made = _wings[function.__name__] = Wing(function)

    def call(*_: Any) -> Any:
        return made.signature, lambda *state: _call(made.offset, *state)

    first = Parameter("typing", Parameter.POSITIONAL_OR_KEYWORD)
    call.__signature__ = Signature(  # type: ignore[attr-defined]
        [first, *signature(function).parameters.values()]
    )
    return intrinsic(call)  # type: ignore[no-any-return]


def _call(offset: int, context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """Emit a call of the address that lies in the world."""
    value = context.get_value_type
    kind = cgutils.ir.FunctionType(
        value(signature.return_type), [value(arg) for arg in signature.args]
    )
    place = cgutils.get_record_member(builder, args[0], offset, value(types.int64))
    return builder.call(builder.inttoptr(builder.load(place), kind.as_pointer()), args)


def addresses() -> Ints:
    """Return where a call of each wing goes as things are: to the wing, or to what makes it.

    Nowhere where nothing is compiled.
    """
    return _addresses


def load_all() -> None:
    """Compile every wing now."""
    for made in _wings.values():
        made.load()


def raise_failure() -> None:
    """Raise what has kept a wing from being made, if anything; the run then is worth nothing."""
    if _failures:
        raise _failures.pop()
