"""One line that tells how far a sweep is."""

import sys
import time
from collections.abc import Callable
from typing import Any

Report = Callable[[int, int, float], None]


class Progress:
    """Tells of variants done, their rate and the time left; on a terminal only.

    A function in its place is called as ``function(done, total, seconds)``.
    """

    def __init__(self, wanted: Any, total: int) -> None:
        self.total, self.wanted = total, wanted
        self.start = self.told = time.monotonic()
        self.has_line = False

    def tell(self, done: int, fresh: int) -> None:
        """Tell that `done` variants are done, `fresh` of them in this run."""
        now = time.monotonic()
        if callable(self.wanted):
            self.wanted(done, self.total, now - self.start)
        elif self.wanted and sys.stderr.isatty() and now - self.told > 0.1:
            rate = fresh / (now - self.start)
            left = (self.total - done) / rate
            print(
                f"\rsweep: {done:,} of {self.total:,} variants, {rate:,.0f} a second, "
                f"{left:,.0f} s left ",
                end="", file=sys.stderr, flush=True,
            )  # fmt: skip
            self.told, self.has_line = now, True

    def end(self) -> None:
        """End the line."""
        if self.has_line:
            print("\r" + " " * 78 + "\r", end="", file=sys.stderr, flush=True)
