"""Signals that are there already, one variant beside the other."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from barledger.data.bars import Bars

BITS = {"entries": 1, "exits": 2, "short_entries": 4, "short_exits": 8}


@dataclass(frozen=True, eq=False, repr=False)
class Signals:
    """Boolean signals of V variants, to `sweep` as they are.

    Parameters
    ----------
    entries, exits, short_entries, short_exits
        Boolean (T, N, V), or (T, V) for one asset; None for none.

    Examples
    --------
    >>> import numpy as np
    >>> Signals(entries=np.zeros((10, 3), bool), exits=np.ones((10, 3), bool))
    <signals of 3 variants: entries, exits>
    """

    entries: Any = None
    exits: Any = None
    short_entries: Any = None
    short_exits: Any = None

    def __post_init__(self) -> None:
        if not self.arrays:
            raise ValueError("no signals were given: pass entries, exits, short_entries, …")
        for name, array in self.arrays.items():
            if not isinstance(array, np.ndarray) or array.dtype != np.bool_:
                kind = getattr(array, "dtype", type(array).__name__)
                raise TypeError(f"{name} must be a boolean array, was {kind}")
            if array.ndim not in (2, 3):
                raise ValueError(f"{name} must be (T, N, V) or (T, V), was of shape {array.shape}")
        shapes = {array.shape for array in self.arrays.values()}
        if len(shapes) > 1:
            raise ValueError(f"all signals must have one shape, had {sorted(shapes)}")

    @property
    def arrays(self) -> dict[str, npt.NDArray[np.bool_]]:
        """The arrays given, by name."""
        named = ((name, getattr(self, name)) for name in BITS)
        return {name: array for name, array in named if array is not None}

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of each array."""
        return next(iter(self.arrays.values())).shape

    @property
    def count(self) -> int:
        """Number of variants."""
        return self.shape[-1]

    @property
    def name(self) -> str:
        """What stands in place of a rule's name."""
        return "signals"

    def check(self, bars: "Bars") -> None:
        """Raise unless the arrays fit the bars."""
        n_bars, n_assets = bars.shape
        fits = self.shape[:-1] == (n_bars, n_assets) or (
            n_assets == 1 and self.shape[:-1] == (n_bars,)
        )
        if not fits:
            raise ValueError(
                f"signals have shape {self.shape}; the bars need ({n_bars}, {n_assets}, variants)"
                + (f" or ({n_bars}, variants)" if n_assets == 1 else "")
            )

    def flags(self, variants: npt.NDArray[np.int64]) -> npt.NDArray[np.int8]:
        """Return the kernel's flags of some variants, (n, T * N)."""
        from barledger.kernel.variants import mix_signals

        out = np.zeros((len(variants), int(np.prod(self.shape[:-1]))), np.int8)
        long, leave_long, short, leave_short = self._columns
        numbers = np.ascontiguousarray(variants, np.int64)
        mix_signals(long, leave_long, short, leave_short, numbers, out)
        return out

    @cached_property
    def _columns(self) -> list[npt.NDArray[np.int8]]:
        """The arrays as the kernel takes them: (cells, V) of 0 and 1, no rows for none."""
        nothing = np.empty((0, 0), np.int8)
        arrays = self.arrays
        return [
            np.ascontiguousarray(arrays[name].reshape(-1, self.count)).view(np.int8)
            if name in arrays
            else nothing
            for name in BITS
        ]

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in BITS}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def __repr__(self) -> str:
        return f"<signals of {self.count} variants: {', '.join(self.arrays)}>"
