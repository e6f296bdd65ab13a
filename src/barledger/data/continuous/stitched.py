"""One series of a chain: rolls found, prices adjusted for signals, raw ones kept for the account.

Adjusted prices are for signals only. They change at every roll, so an absolute level of the past
was never quoted; and what an account earns is the raw price of the contract held, and two fills at
every roll.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from barledger import _check
from barledger.data.bars import Bars
from barledger.data.continuous.chain import Chain
from barledger.data.continuous.rules import ByExpiry, ByOpenInterest, ByVolume, Rule
from barledger.data.events import Events
from barledger.data.stamps import shown

if TYPE_CHECKING:
    import polars as pl

Adjust = Literal["difference", "ratio", "none"]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
POLICIES: dict[str, Callable[[], Rule]] = {
    "calendar": ByExpiry, "volume": ByVolume, "open_interest": ByOpenInterest,
}  # fmt: skip
PRICES = ("open", "high", "low", "close", "settlement")


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Continuous:
    """A chain as one series.

    Attributes
    ----------
    adjusted
        Bars of one asset, older prices moved onto the level of the newest: for signals.
    raw
        Bars of one asset, the price of the contract that is the lead, as traded.
    contracts
        Bars of every contract, as traded: for the account.
    lead
        (T,) column of the lead contract in `contracts`.
    rolls
        One row for each roll: time (of the first bar of the new contract), old, new, measured (the
        bar on which both closes were compared), old_price, new_price, gap, ratio.
    """

    adjusted: Bars
    raw: Bars
    contracts: Bars
    lead: Ints
    rolls: "pl.DataFrame"

    def targets(self, position: object) -> Floats:
        """Return holdings of each contract that follow a position in the lead, (T, n_contracts).

        Parameters
        ----------
        position
            (T,) contracts wanted after each bar, signed; NaN: leave.

        Returns
        -------
        numpy.ndarray
            Targets for ``Portfolio.from_targets(continuous.contracts, ..., unit="shares")``. On
            the bar before a roll the old contract's target is 0 and the new one's the position:
            with fills at the next open both trade at the open of the roll's first bar, each with
            its own price, fee and slippage. NaN wherever nothing changes.
        """
        wanted = np.asarray(position, np.float64).reshape(-1)
        if len(wanted) != len(self.lead):
            raise ValueError(f"position must have {len(self.lead)} bars, had {len(wanted)}")
        rows = np.maximum.accumulate(np.where(np.isnan(wanted), -1, np.arange(len(wanted))))
        held = np.where(rows >= 0, wanted[np.maximum(rows, 0)], 0.0)
        next_lead = np.append(self.lead[1:], self.lead[-1])
        full = np.zeros((len(held), len(self.contracts.assets)))
        full[np.arange(len(held)), next_lead] = held
        before = np.vstack([np.zeros(full.shape[1]), full[:-1]])
        return np.where(full != before, full, np.nan)

    def __repr__(self) -> str:
        return (
            f"<Continuous {self.raw.assets[0]}: {len(self.rolls)} rolls of "
            f"{len(self.contracts.assets)} contracts, {self.adjusted.adjustment or 'not adjusted'}>"
        )


def stitch(
    chain: Chain, rule: Rule, *, adjust: Adjust = "difference", guard_days: int = 2
) -> Continuous:
    """Make one series of a chain.

    Parameters
    ----------
    chain
        The contracts.
    rule
        `ByExpiry`, `ByVolume`, `ByOpenInterest` or `OnDates`.
    adjust
        What is done to prices before a roll, with both contracts' closes on the last bar before it
        on which both have one:

        - ``"difference"`` (default): new - old is added. Profit in points is right, percentages
          are not, and old prices may fall below zero.
        - ``"ratio"``: they are multiplied by new / old. Percentages are right, points are not.
        - ``"none"``: prices jump at rolls.
    guard_days
        Business days before a contract's first notice day (its expiry, when none is known) on
        which it is left at the latest, whatever the rule says. The last contract has none after it
        and is kept.

    Raises
    ------
    ValueError
        At a roll the two contracts never had a close on one bar, or a ratio is not above zero.

    Examples
    --------
    >>> old, new = [10.0, 11.0, 12.0, 13.0], [20.0, 21.0, 22.0, 23.0]
    >>> days = ["2024-03-04", "2024-03-05", "2024-03-06", "2024-03-07"]
    >>> bars = Bars.from_arrays(np.array([old, new]).T, time=days, assets=["H", "M"], contracts="ES")
    >>> from barledger.data.continuous.rules import OnDates
    >>> stitch(Chain(bars), OnDates([("2024-03-06", "M")])).adjusted.close[:, 0]
    array([20., 21., 22., 23.])
    """
    _check.choice("adjust", adjust, ("difference", "ratio", "none"))
    _check.single("guard_days", guard_days, 0.0)
    lead = _guarded(chain, rule.leads(chain), guard_days)
    at = np.flatnonzero(lead[1:] != lead[:-1]) + 1
    rolls = [_measured(chain, lead, int(bar), int(before)) for bar, before in _spans(at)]
    raw = _lead_bars(chain, lead)
    return Continuous(
        adjusted=_adjusted(chain, raw, rolls, adjust),
        raw=raw,
        contracts=chain.bars,
        lead=lead,
        rolls=_frame(rolls),
    )


def roll_events(
    chain: Chain,
    roll: Literal["calendar", "volume", "open_interest"] | Rule = "calendar",
    *,
    guard_days: int = 2,
) -> Events:
    """Return the rolls of a chain as events, which move what is held into the next contract.

    Parameters
    ----------
    chain
        The contracts.
    roll
        ``"calendar"`` (`ByExpiry`, default), ``"volume"`` (`ByVolume`), ``"open_interest"``
        (`ByOpenInterest`), or a rule of one's own.
    guard_days
        As in `stitch`.

    Examples
    --------
    >>> days = ["2024-03-04", "2024-03-05", "2024-03-06"]
    >>> prices = np.array([[10.0, 20.0]] * 3)
    >>> bars = Bars.from_arrays(prices, time=days, assets=["H", "M"], contracts="ES")
    >>> from barledger.data.continuous.rules import OnDates
    >>> roll_events(Chain(bars), OnDates([("2024-03-06", "M")]))
    Events(splits=0, cash_flows=0, rolls=1)
    """
    if isinstance(roll, str):
        _check.choice("roll", roll, POLICIES)
    rule = POLICIES[roll]() if isinstance(roll, str) else roll
    lead = _guarded(chain, rule.leads(chain), guard_days)
    names, times = chain.bars.assets, chain.bars.time
    at = np.flatnonzero((lead[1:] != lead[:-1]) & (lead[1:] >= 0) & (lead[:-1] >= 0)) + 1
    return Events(rolls=[(times[bar], names[lead[bar - 1]], names[lead[bar]]) for bar in at])


@dataclass(frozen=True, slots=True)
class _Roll:
    """A roll on bar `bar`, measured on bar `measured`."""

    bar: int
    time: Any
    old: str
    new: str
    measured: Any
    old_price: float
    new_price: float


def _guarded(chain: Chain, lead: Ints, days: int) -> Ints:
    """Return leads that never go back and leave each contract before its first notice."""
    n_contracts = len(chain.contracts)
    known = np.where(np.isnat(chain.first_notices), chain.expiries, chain.first_notices)
    latest = np.zeros(len(lead), np.int64)
    there = ~np.isnat(known)
    if there.any():
        leave = np.full(n_contracts, np.datetime64("9999-12-31"))
        leave[there] = np.busday_offset(known[there], -days, roll="backward")
        leave = np.minimum.accumulate(leave[::-1])[::-1]  # never later than a later contract's
        latest = np.searchsorted(leave, chain.dates, side="right")
    both = np.maximum(np.maximum.accumulate(lead), latest)
    return np.minimum(both, n_contracts - 1).astype(np.int64)


def _spans(at: Ints) -> list[tuple[int, int]]:
    """Return each roll's bar with that of the roll before it (0 for the first)."""
    return list(zip(at.tolist(), [0, *at.tolist()], strict=False))


def _measured(chain: Chain, lead: Ints, bar: int, before: int) -> _Roll:
    """Return a roll with both closes on the last bar before it that has both."""
    old, new = int(lead[bar - 1]), int(lead[bar])
    closes = chain.bars.close[before:bar][:, [old, new]]
    both = np.flatnonzero(~np.isnan(closes).any(axis=1))
    names = chain.contracts
    if not len(both):
        raise ValueError(
            f"the roll from {names[old]} to {names[new]} at {shown(chain.bars.time[bar])} cannot be "
            "measured: on no bar before it have both a close; add bars of the new contract from "
            "before the roll, or roll on another date"
        )
    place = int(both[-1])
    measured = chain.bars.time[before + place]
    old_price, new_price = (float(price) for price in closes[place])
    time = chain.bars.time[bar]
    return _Roll(bar, time, names[old], names[new], measured, old_price, new_price)


def _lead_bars(chain: Chain, lead: Ints) -> Bars:
    """Return bars of one asset, those of the lead contract."""
    rows = np.arange(len(lead))
    made: dict[str, Any] = {
        name: matrix[rows, lead] for name, matrix in chain.bars.matrices.items()
    }
    terms = {chain.bars.contracts[column] for column in np.unique(lead)}
    if len(terms) > 1:
        raise ValueError(f"the contracts of {chain.name} differ in their terms: give them the same")
    found = Bars.from_arrays(
        **made,
        time=chain.bars.time,
        assets=chain.name,
        contracts=terms.pop(),
        calendar=chain.bars.calendar,
    )
    return found.with_notes(*chain.bars.notes, sources=chain.bars.sources)


def _adjusted(chain: Chain, raw: Bars, rolls: list[_Roll], adjust: str) -> Bars:
    if adjust == "none" or not rolls:
        return raw
    ends = [roll.bar for roll in rolls]
    shift = np.zeros((len(raw), 1)) if adjust == "difference" else np.ones((len(raw), 1))
    for roll, end in zip(reversed(rolls), reversed(ends), strict=True):
        if adjust == "difference":
            shift[:end] += roll.new_price - roll.old_price
        else:
            shift[:end] *= _ratio(roll)
    made: dict[str, Any] = {
        name: _shifted(matrix, shift, adjust) if name in PRICES else matrix.copy()
        for name, matrix in raw.matrices.items()
    }
    found = Bars.from_arrays(
        **made,
        time=raw.time,
        assets=raw.assets,
        contracts=raw.contracts,
        calendar=raw.calendar,
        adjustment=f"back-adjusted by {adjust} over {len(rolls)} rolls",
    )
    return found.with_notes(*raw.notes, sources=raw.sources)


def _shifted(matrix: Floats, shift: Floats, adjust: str) -> Floats:
    return matrix + shift if adjust == "difference" else matrix * shift


def _ratio(roll: _Roll) -> float:
    if roll.old_price <= 0.0 or roll.new_price <= 0.0:
        raise ValueError(
            f"the roll from {roll.old} ({roll.old_price:g}) to {roll.new} ({roll.new_price:g}) has "
            "no ratio, a price is not above zero: adjust by difference"
        )
    return roll.new_price / roll.old_price


def _frame(rolls: list[_Roll]) -> "pl.DataFrame":
    import polars as pl

    def column(name: str, kind: str) -> Any:
        return np.array([getattr(roll, name) for roll in rolls], kind)

    frame = pl.DataFrame(
        {
            "time": column("time", "datetime64[ns]"),
            "old": pl.Series([roll.old for roll in rolls], dtype=pl.String),
            "new": pl.Series([roll.new for roll in rolls], dtype=pl.String),
            "measured": column("measured", "datetime64[ns]"),
            "old_price": column("old_price", "f8"),
            "new_price": column("new_price", "f8"),
        }
    )
    return frame.with_columns(
        (pl.col("new_price") - pl.col("old_price")).alias("gap"),
        (pl.col("new_price") / pl.col("old_price")).alias("ratio"),
    )
