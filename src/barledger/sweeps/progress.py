"""How far a sweep is: a line on a terminal, a bar in a notebook, or a function of the user's."""

import sys
import time
from collections.abc import Callable
from typing import Any

Report = Callable[[int, int, float], None]
PAUSE = 0.1  # seconds between two tellings


class Progress:
    """Tells of variants done, their rate and the time left, where somebody looks.

    A function in its place is called as ``function(done, total, seconds)``.
    """

    def __init__(self, wanted: Any, total: int) -> None:
        self.total, self.wanted = total, wanted
        self.start = self.told = time.monotonic()
        self.has_line = False
        self.bar: Any = None

    def tell(self, done: int, fresh: int) -> None:
        """Tell that `done` variants are done, `fresh` of them in this run."""
        now = time.monotonic()
        if callable(self.wanted):
            self.wanted(done, self.total, now - self.start)
        elif self.wanted and now - self.told > PAUSE:
            rate = fresh / (now - self.start)
            left = (self.total - done) / rate
            text = f"sweep: {done:,} of {self.total:,} variants, {rate:,.0f} a second, {left:,.0f} s left"
            self._show(done, text)
            self.told = now

    def end(self) -> None:
        """End the line, or take the bar away."""
        if self.has_line:
            print("\r" + " " * 78 + "\r", end="", file=sys.stderr, flush=True)
        if self.bar is not None:
            self.bar.update(_Bar(self.total, self.total, ""))

    def _show(self, done: int, text: str) -> None:
        if in_notebook():
            from IPython.display import display

            shown = _Bar(done, self.total, text)
            if self.bar is None:
                self.bar = display(shown, display_id=True)
            else:
                self.bar.update(shown)
        elif sys.stderr.isatty():
            print(f"\r{text} ", end="", file=sys.stderr, flush=True)
            self.has_line = True


class _Bar:
    """One state of the bar; nothing once there is no text."""

    def __init__(self, done: int, total: int, text: str) -> None:
        self.done, self.total, self.text = done, total, text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        if not self.text:
            return ""
        return (
            f'<progress max="{self.total}" value="{self.done}" style="width:20em;height:.7em">'
            f"</progress> <small>{self.text}</small>"
        )


def in_notebook() -> bool:
    """Whether a notebook's kernel runs this; asks nothing of IPython unless it is loaded."""
    if "ipykernel" not in sys.modules:
        return False
    from IPython import get_ipython

    shell: Any = get_ipython()
    return type(shell).__name__ == "ZMQInteractiveShell"
