"""Python's collector of cycles, slowed down while thousands of objects are made that stay.

Importing and compiling make them by the hundred thousand, and each round looks at all of them again.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

SELDOM = (1_000_000, 10, 1000)
_lock = Lock()
_within: list[tuple[int, int, int]] = []  # thresholds that each who is within has found


@contextmanager
def seldom() -> Iterator[None]:
    """Let the collector go round seldom until all who are within have left.

    One that is switched off stays so.
    """
    with _lock:
        _within.append(_within[-1] if _within else gc.get_threshold())
        if _within[0][0] > 0:
            gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        with _lock:
            before = _within.pop()
            if not _within:
                gc.set_threshold(*before)
