"""The compiled loop as something that other compiled code calls."""

from functools import cache
from typing import Any

import numpy as np
from numba import config, types

from barledger.kernel.world import WORLD


class _Entry(types.WrapperAddressProtocol):  # type: ignore[misc]
    """The compiled loop as something to call from compiled code, without compiling it again."""

    def __init__(self) -> None:
        import numba

        from barledger.kernel.simulate import simulate

        rows = numba.typeof(np.zeros(1, WORLD))
        whole = types.int64
        loop: Any = simulate
        loop.compile((rows, whole, whole, types.boolean))
        self.kind = whole(rows, whole, whole, types.boolean)
        made = loop.get_compile_result(self.kind)
        self.address = made.library.get_pointer_to_function(made.fndesc.llvm_cfunc_wrapper_name)

    def __wrapper_address__(self) -> int:
        return int(self.address)

    def signature(self) -> Any:
        return self.kind


@cache
def entry() -> Any:
    """Return the loop as `run_variants` takes it."""
    import barledger._notice  # noqa: F401  listens to the compiler
    from barledger.kernel.simulate import simulate

    return simulate if config.DISABLE_JIT else _Entry()
