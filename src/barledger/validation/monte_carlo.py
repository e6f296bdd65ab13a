"""Monte Carlo: what else the same returns, or the same trades, could have come to."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from barledger import _check
from barledger.analytics.reality_check import Bootstrap
from barledger.result import Result

Floats = npt.NDArray[np.float64]
AT_ONCE = 256  # paths
SHARES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


@dataclass(frozen=True, eq=False, repr=False)
class MonteCarlo:
    """Paths drawn from a result's own returns or trades.

    Attributes
    ----------
    of
        "returns" or "trades".
    total_return, max_drawdown
        What each path came to, (paths,): fractions; a drawdown is at most 0.
    found
        The same two of the result itself, on the same steps.
    """

    of: str
    total_return: Floats
    max_drawdown: Floats
    found: tuple[float, float]

    @cached_property
    def table(self) -> pl.DataFrame:
        """One row a path."""
        return pl.DataFrame({"total_return": self.total_return, "max_drawdown": self.max_drawdown})

    @cached_property
    def quantiles(self) -> pl.DataFrame:
        """One row a share of the paths: what so many of them stay at or below."""
        rows = {
            name: np.quantile(getattr(self, name), SHARES)
            for name in ("total_return", "max_drawdown")
        }
        return pl.DataFrame({"share": SHARES, **rows})

    def probability(self, *, loss: float = 0.0, drawdown: float | None = None) -> float:
        """Return the share of paths that lose more than a fraction, or fall by so much on the way.

        Parameters
        ----------
        loss
            Of the initial equity, at the end; 0: any.
        drawdown
            A fraction above 0; where given, paths that ever fall by more are counted instead.
        """
        _check.fraction("drawdown", drawdown)
        if drawdown is not None:
            return float(np.mean(self.max_drawdown < -drawdown))
        return float(np.mean(self.total_return < -loss))

    def __repr__(self) -> str:
        low, middle, high = np.quantile(self.total_return, (0.05, 0.5, 0.95))
        return (
            f"<MonteCarlo of {self.of}: {len(self.total_return):,} paths; total return "
            f"{low:.1%} … {middle:.1%} … {high:.1%}, worst drawdown {self.max_drawdown.min():.1%}>"
        )


def monte_carlo(
    result: Result,
    of: Literal["returns", "trades"] = "returns",
    *,
    paths: int = 1000,
    block: float | None = None,
    seed: int = 0,
) -> MonteCarlo:
    """Draw other histories from a result's returns, or from its trades.

    Parameters
    ----------
    result
        A result of one account.
    of
        ``"returns"`` (default): of bars, in blocks that keep their order (stationary bootstrap).
        ``"trades"``: of closed trades from flat to flat, each as a fraction of equity before it,
        with replacement, one after another though they may have overlapped.
    paths, seed
        How many, and what they are drawn with. Memory holds 256 at a time.
    block
        Mean length of the blocks; None: the square root of the bars, or 1 for trades.

    Returns
    -------
    MonteCarlo
        What each path came to.

    Raises
    ------
    ValueError
        When there are several accounts, or fewer than two returns or trades to draw from.

    Examples
    --------
    >>> import numpy as np, barledger as bl
    >>> bars = bl.Bars.from_arrays(100 + 10 * np.sin(np.arange(500) / 15))
    >>> found = bl.monte_carlo(bl.Portfolio.from_holding(bars), paths=200)
    >>> found.table.height
    200
    """
    if not isinstance(result, Result):
        raise TypeError(f"monte_carlo takes a result, was {result!r}")
    if len(result.books) != 1:
        raise ValueError(f"monte_carlo is of one account, the result has {len(result.books)}")
    _check.choice("of", of, ("returns", "trades"))
    steps = result.books[0].returns if of == "returns" else _trades(result)
    if len(steps) < 2:
        raise ValueError(f"monte_carlo needs at least 2 {of} to draw from, had {len(steps)}")
    if block is None:
        block = float(np.sqrt(len(steps))) if of == "returns" else 1.0
    bootstrap = Bootstrap(len(steps), block, paths, seed)
    parts = [
        _outcome(steps[bootstrap.draws(first, min(AT_ONCE, paths - first))])
        for first in range(0, paths, AT_ONCE)
    ]
    grown, fallen = (np.concatenate(each) for each in zip(*parts, strict=True))
    own_growth, own_fall = _outcome(steps[None, :])
    return MonteCarlo(of, grown, fallen, (float(own_growth[0]), float(own_fall[0])))


def _trades(result: Result) -> Floats:
    """Return the gain of each closed trade over equity at the close before it."""
    book = result.books[0]
    trips = book.round_trips
    trips = trips[np.argsort(trips["exit_bar"], kind="stable")]
    before = np.concatenate([[book.initial_equity], book.equity])
    base = before[np.maximum(trips["entry_bar"] - book.first, 0)]
    gained = np.divide(trips["pnl"], base, out=np.zeros(len(trips)), where=base > 0.0)
    return np.asarray(gained, np.float64)


def _outcome(steps: Floats) -> tuple[Floats, Floats]:
    """Return growth less 1 and deepest fall of each path (paths, n); nothing grows from below 0."""
    equity = np.cumprod(np.maximum(1.0 + steps, 0.0), axis=1)
    peak = np.maximum(np.maximum.accumulate(equity, axis=1), 1.0)
    fall = np.minimum((equity / peak).min(axis=1) - 1.0, 0.0)
    return np.asarray(equity[:, -1] - 1.0, np.float64), np.asarray(fall, np.float64)
