"""Everything that one call asks for, checked and aligned, before it becomes kernel rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from barledger.accounts import Account
from barledger.data.bars import Bars
from barledger.data.events import Events
from barledger.halts import Halts
from barledger.impact import Impact
from barledger.liquidity import Liquidity
from barledger.lowering.wishes import Wishes
from barledger.options import WORDS, Fee, Rules, Size
from barledger.orders import Order
from barledger.risk import RiskLimits
from barledger.slippage import Slippage
from barledger.state import State
from barledger.stops import Stops

if TYPE_CHECKING:
    from barledger.lowering.netted import Netting


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
    stops: Stops | None = None
    orders: Order | None = None
    liquidity: Liquidity | None = None
    halts: Halts | None = None
    impact: Impact | None = None
    delay: int = 0
    netting: "Netting | None" = None

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
            rules=_rules_of(self.rules, columns, shape),
            limits=_limits_of(self.limits, columns, shape),
            wishes=self.wishes.of(columns),
            size=self.size.map(part),
            fees=self.fees.map(part),
            slippage=self.slippage.map(part),
            price=None if self.price is None else np.ascontiguousarray(self.price[:, columns]),
            priority=part(self.priority),
            stops=None if self.stops is None else self.stops.map(part),
            orders=None if self.orders is None else self.orders.map(part),
            liquidity=None if self.liquidity is None else self.liquidity.map(part),
            halts=None if self.halts is None else self.halts.map(part),
            impact=None if self.impact is None else self.impact.map(part).of(columns),
            exclusive=tuple(
                tuple(places[j] for j in members if j in places) for members in self.exclusive
            ),
            events=None if self.events is None else self.events.of(names, is_account=True),
            initial_cash=cash,
            start=start,
        )


def _rules_of(rules: Rules, columns: Sequence[int], shape: tuple[int, int]) -> Rules:
    """Return the rules with the order of some columns only, where it is an array."""
    if isinstance(rules.sequence, str):
        return rules
    sequence = np.asarray(rules.sequence)
    check_sequence(sequence, shape)
    kept = sequence[np.isin(sequence, columns)].reshape(len(sequence), len(columns))
    return rules.map_words(sequence=np.searchsorted(columns, kept))


def check_sequence(sequence: npt.NDArray[Any], shape: tuple[int, int]) -> None:
    """Raise unless each row of the array holds every column number once."""
    if sequence.dtype.kind not in "iu" or sequence.shape != shape:
        raise ValueError(
            f"sequence must be one of {', '.join(WORDS['sequence'])} or an integer array of shape "
            f"{shape}; was {sequence.dtype} of shape {sequence.shape}"
        )
    if (np.sort(sequence, axis=1) != np.arange(shape[1])).any():
        raise ValueError("each row of sequence must hold every column number once")


def _limits_of(limits: RiskLimits, columns: Sequence[int], shape: tuple[int, int]) -> RiskLimits:
    """Return the limits with the labels of some columns only, where they are a list."""
    groups = limits.groups
    if groups is None or isinstance(groups, Mapping) or len(groups) != shape[1]:
        return limits
    return replace(limits, groups=[groups[j] for j in columns])


def _columns_of(value: Any, columns: Sequence[int], shape: tuple[int, int]) -> Any:
    """Return an option's values for some columns, whatever its shape."""
    if value is None or isinstance(value, (str, bool)) or np.ndim(value) == 0:
        return value
    array = np.asarray(value)
    if array.ndim == 1:
        return array[list(columns)] if len(array) == shape[1] else array
    return array if array.shape[1] == 1 else array[:, list(columns)]
