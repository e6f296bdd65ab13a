"""What an account holds at an instant: the start of a run, and its end for the next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from barledger import _html


@dataclass(frozen=True, slots=True)
class Continuation:
    """The kernel's own rows at the end of a run, from which the next goes on bit for bit.

    Bars in them count from the end of that run: -1 is its last bar. Where `tied_until` is not
    below 0 it counts days after `last_day` instead, less one. `last_day` is the date of the last
    bar, in days since 1970-01-01; None in accounts where all cash has always settled at once.
    `last_date` is the same where the exchange is, from which interest is counted. `balances` has
    balance and rate of each currency where they are kept apart.
    """

    account: npt.NDArray[np.void]
    positions: Mapping[str, npt.NDArray[np.void]]
    orders: Sequence[tuple[str, npt.NDArray[np.void]]]
    initial_cash: float
    last_day: int | None = None
    last_date: int | None = None
    stops: Mapping[str, npt.NDArray[np.void]] = field(default_factory=dict)
    is_delayed: bool = False
    balances: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    moved: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class State:
    """Cash and positions of one account.

    Parameters
    ----------
    cash
        All cash, unsettled proceeds included.
    positions
        (signed quantity, average price) by asset; a future's last settlement is taken to be its
        average price.
    unsettled
        (settlement date, amount) of proceeds that are part of `cash` but not settled yet.

    Examples
    --------
    >>> State(cash=200.0, positions={"AAPL": (100, 50.0)})
    State(cash=200.0, positions={'AAPL': (100, 50.0)}, unsettled=())
    """

    cash: float
    positions: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    unsettled: Sequence[tuple[Any, float]] = ()
    continuation: Continuation | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not np.isfinite(self.cash):
            raise ValueError(f"cash of a State must be a finite number, was {self.cash}")
        for asset, held in self.positions.items():
            if not isinstance(held, Sequence) or len(held) != 2:
                raise TypeError(
                    f"a State's positions must be (quantity, average price); {asset} had {held!r}"
                )
            quantity, average = held
            if not np.isfinite(quantity) or not np.isfinite(average):
                raise ValueError(
                    f"a State's positions must be (quantity, average price), both finite; "
                    f"{asset} had ({quantity}, {average})"
                )
        for date, amount in self.unsettled:
            if not np.isfinite(amount):
                raise ValueError(
                    f"a State's unsettled amounts must be finite, was {amount} on {date}"
                )

    def _repr_html_(self) -> str:
        rows = [
            (asset, f"{quantity:+,.6g}", f"{average:,.6g}")
            for asset, (quantity, average) in self.positions.items()
        ]
        title = f"State: {self.cash:,.2f} in cash"
        owed = [f"unsettled until {date}: {amount:,.2f}" for date, amount in self.unsettled]
        if not rows:
            return f"<p>{title}, no position</p>"
        head = ("asset", "quantity", "average price")
        return _html.table(rows, head, title=title, notes=owed)
