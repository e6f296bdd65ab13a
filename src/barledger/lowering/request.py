"""Everything that one call asks for, checked and aligned, before it becomes kernel rows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from barledger.accounts import Account
from barledger.data.bars import Bars
from barledger.data.events import Events
from barledger.lowering.wishes import Wishes
from barledger.options import Fee, Rules, Size, Slippage
from barledger.risk import RiskLimits
from barledger.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call of `Portfolio`, every default filled in.

    `price` is a full matrix; `exclusive` holds column numbers.
    """

    bars: Bars
    wishes: Wishes
    size: Size
    account: Account
    fees: Fee
    slippage: Slippage
    fill: str
    price: npt.NDArray[np.float64] | None
    rules: Rules
    priority: Any
    exclusive: tuple[tuple[int, ...], ...]
    limits: RiskLimits
    events: Events | None
    initial_cash: float
    start: State | None
    record: str

    def of(self, columns: Sequence[int], cash: float, start: State | None = None) -> "Request":
        """Return the part of the request for one account's columns."""
        names = [self.bars.assets[j] for j in columns]
        places = {column: place for place, column in enumerate(columns)}
        shape = self.bars.shape

        def part(value: Any) -> Any:
            return _columns_of(value, columns, shape)

        return replace(
            self,
            bars=self.bars[names],
            wishes=self.wishes.of(columns),
            size=self.size.map(part),
            fees=self.fees.map(part),
            slippage=self.slippage.map(part),
            price=None if self.price is None else np.ascontiguousarray(self.price[:, columns]),
            priority=part(self.priority),
            exclusive=tuple(
                tuple(places[j] for j in members)
                for members in self.exclusive
                if set(members) <= set(columns)
            ),
            events=None if self.events is None else self.events.of(names),
            initial_cash=cash,
            start=start,
        )


def _columns_of(value: Any, columns: Sequence[int], shape: tuple[int, int]) -> Any:
    """Return an option's values for some columns, whatever its shape."""
    if value is None or isinstance(value, (str, bool)) or np.ndim(value) == 0:
        return value
    array = np.asarray(value)
    if array.ndim == 1:
        return array[list(columns)] if len(array) == shape[1] else array
    return array if array.shape[1] == 1 else array[:, list(columns)]
