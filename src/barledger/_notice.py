"""One line, once, when compiled code has to be made first: silence for ten seconds looks broken."""

import sys
from typing import Any

from numba.core import event

TEXT = "barledger: compiling for this machine, once; it takes about 10 seconds"


class _Listener(event.Listener):  # type: ignore[misc]
    """Tells of the first compilation of ours, and only of that."""

    has_told = False

    def on_start(self, event: Any) -> None:
        dispatcher = (event.data or {}).get("dispatcher")
        module = getattr(getattr(dispatcher, "py_func", None), "__module__", "")
        if not self.has_told and str(module).startswith("barledger.kernel."):
            self.has_told = True
            print(TEXT, file=sys.stderr, flush=True)

    def on_end(self, event: Any) -> None:
        pass


event.register("numba:compile", _Listener())
