"""Roll rules: which contract of a chain is the lead on each date.

A rule sees what was known before the date. Every rule latches forward: a contract that has been
left is never the lead again, whatever its volume does.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from barledger import _check
from barledger.data.continuous.chain import Chain, Dates, Day

Ints = npt.NDArray[np.int64]


class Rule(Protocol):
    """Says which contract is the lead."""

    def leads(self, chain: Chain) -> Ints:
        """Return the column of the lead contract on each bar (T,), as the rule alone has it."""


@dataclass(frozen=True, slots=True)
class ByExpiry:
    """Leave a contract some business days before it expires.

    Parameters
    ----------
    days
        Business days (Monday to Friday) before the last trading day; 0 rolls on that day.
    """

    days: int = 5

    def __post_init__(self) -> None:
        _check.single("days", self.days, 0.0)

    def leads(self, chain: Chain) -> Ints:
        """Return the first contract that is not within `days` of its expiry."""
        if np.isnat(chain.expiries).any():
            raise ValueError("ByExpiry needs the expiry of each contract: Chain(bars, expiries)")
        leave = np.busday_offset(chain.expiries, -self.days, roll="backward")
        return np.searchsorted(leave, chain.dates, side="right").astype(np.int64)


@dataclass(frozen=True, slots=True)
class ByVolume:
    """Move to a later contract once it traded more on the dates before.

    Parameters
    ----------
    days
        How many dates in a row it must have traded more than the lead.
    """

    days: int = 1

    def __post_init__(self) -> None:
        _check.single("days", self.days, 1.0)

    def leads(self, chain: Chain) -> Ints:
        """Return the contract that volumes of the dates before make the lead."""
        if chain.bars.volume is None:
            raise ValueError("ByVolume needs bars with volume")
        dates, volumes = chain.by_date(chain.bars.volume)
        return _latched(chain, dates, volumes, self.days)


@dataclass(frozen=True, slots=True)
class ByOpenInterest:
    """Move to a later contract once its open interest, as known the date before, is larger.

    Parameters
    ----------
    days
        How many dates in a row it must be larger.
    """

    days: int = 1

    def __post_init__(self) -> None:
        _check.single("days", self.days, 1.0)

    def leads(self, chain: Chain) -> Ints:
        """Return the contract that open interest of the dates before makes the lead."""
        if chain.open_interest is None:
            raise ValueError("ByOpenInterest needs the chain's open_interest=")
        dates, interest = chain.by_date(chain.open_interest, is_last=True)
        return _latched(chain, dates, np.nan_to_num(interest), self.days)


class OnDates:
    """Roll at given times, to given contracts.

    Parameters
    ----------
    rolls
        Rows (time, contract): from this time on the contract is the lead. Times are dates or
        datetimes; a contract that is None is the next of the chain.

    Examples
    --------
    >>> OnDates([("2024-03-11", "ESM4"), ("2024-06-17", "ESU4")])
    OnDates(2 rolls)
    """

    def __init__(self, rolls: Iterable[tuple[Day, str | None]]) -> None:
        rows = [(np.datetime64(str(when), "ns"), contract) for when, contract in rolls]
        self.rolls: tuple[tuple[np.datetime64, str | None], ...] = tuple(
            sorted(rows, key=lambda row: row[0])
        )

    def leads(self, chain: Chain) -> Ints:
        """Return the contract of the last roll at or before each bar."""
        found = np.zeros(len(chain.bars), np.int64)
        lead = 0
        for when, contract in self.rolls:
            column = lead + 1 if contract is None else _column(chain, contract)
            if column < lead:
                raise ValueError(
                    f"rolls must go forward: {contract} at {str(when)[:16]} comes before "
                    f"{chain.contracts[lead]}, which was the lead"
                )
            lead = column
            found[np.searchsorted(chain.bars.time, when) :] = lead
        if lead >= len(chain.contracts):
            raise ValueError(f"{len(self.rolls)} rolls need more than {lead} contracts")
        return found

    def __repr__(self) -> str:
        return f"OnDates({len(self.rolls)} rolls)"


def _column(chain: Chain, contract: str) -> int:
    if contract not in chain.contracts:
        raise ValueError(
            f"rolls name {contract!r}, which is not in the chain of {', '.join(chain.contracts)}"
        )
    return chain.contracts.index(contract)


def _latched(chain: Chain, dates: Dates, strength: Any, days: int) -> Ints:
    """Return the lead on each bar, moved on when a later contract was stronger `days` in a row.

    On the first date nothing is known: the first contract that has a price leads.
    """
    leads = np.zeros(len(dates), np.int64)
    lead, streak = int(np.argmin(np.isnan(chain.bars.close[0]))), 0
    for day in range(1, len(dates)):
        leads[day - 1] = lead
        best = lead + int(np.argmax(strength[day - 1, lead:]))
        streak = streak + 1 if best > lead else 0
        if streak >= days:
            lead, streak = best, 0
    leads[-1] = lead
    found: Ints = leads[np.searchsorted(dates, chain.dates)]
    return found
