"""Compiled functions as something that other compiled code calls."""

from functools import cache
from typing import Any

import numpy as np
from numba import config, types

from barledger import _jit
from barledger.kernel.world import WORLD


class Address(types.WrapperAddressProtocol):  # type: ignore[misc]
    """A compiled function as something to call from compiled code, without compiling it again.

    Its type is kept where numba looks first: to work it out takes 20 µs a call.
    """

    def __init__(self, address: int, kind: Any) -> None:
        self.address, self.kind = address, kind
        self._numba_type_ = types.FunctionType(kind)

    def __wrapper_address__(self) -> int:
        return self.address

    def signature(self) -> Any:
        """Return the kind of function that is there."""
        return self.kind


def address_of(function: Any, kind: Any) -> Address:
    """Return the address of a compiled entry, compiled for (or loaded from disk for) a signature."""
    return Address(_jit.address_of(function, kind), kind)


def world_rows() -> Any:
    """Return the type of an array of worlds."""
    import numba

    return numba.typeof(np.zeros(1, WORLD))


@cache
def entry() -> Any:
    """Return the loop as `run_variants` takes it."""
    import barledger._notice  # noqa: F401  listens to the compiler
    from barledger.kernel.simulate import simulate

    if config.DISABLE_JIT:
        return simulate
    whole = types.int64
    return address_of(simulate, whole(world_rows(), whole, whole, types.boolean))
