"""Colours of every figure and of the report: one accent, one grey, gain, loss, warning."""

from dataclasses import dataclass
from typing import Literal

Theme = Literal["light", "dark"]


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours by what they mean."""

    paper: str
    ink: str
    muted: str
    grid: str
    accent: str
    benchmark: str
    gain: str
    loss: str
    warning: str

    def faded(self, name: str, opacity: float) -> str:
        """Return a colour with some of its ground shining through."""
        red, green, blue = _parts(getattr(self, name))
        return f"rgba({red},{green},{blue},{opacity:g})"

    def mixed(self, name: str, share: float) -> str:
        """Return a colour mixed into that of the paper, with nothing shining through."""
        pairs = zip(_parts(getattr(self, name)), _parts(self.paper), strict=True)
        return "#" + "".join(f"{round(share * a + (1 - share) * b):02x}" for a, b in pairs)


def _parts(code: str) -> tuple[int, ...]:
    """Return red, green and blue of a code such as ``"#2563a8"``."""
    return tuple(int(code[k : k + 2], 16) for k in (1, 3, 5))


LIGHT = Palette(
    paper="#ffffff", ink="#1f2a37", muted="#66727f", grid="#e6e9ed", accent="#2563a8",
    benchmark="#8a95a3", gain="#23856b", loss="#bf4a38", warning="#b7791f",
)  # fmt: skip
DARK = Palette(
    paper="#14181d", ink="#e3e7eb", muted="#98a3ae", grid="#2a3139", accent="#6aa6e6",
    benchmark="#8f9baa", gain="#4fbb97", loss="#e57a68", warning="#dcab4b",
)  # fmt: skip
THEMES = {"light": LIGHT, "dark": DARK}


def palette_of(theme: str) -> Palette:
    """Return the colours of a theme."""
    if theme not in THEMES:
        raise ValueError(f"theme must be 'light' or 'dark', was {theme!r}")
    return THEMES[theme]
