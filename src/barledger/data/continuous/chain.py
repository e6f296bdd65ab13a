"""A chain: the contracts of one future side by side, in the order in which they expire."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from barledger.data.bars import Bars
from barledger.data.matrices import as_matrix
from barledger.instruments.sessions import session_dates

if TYPE_CHECKING:
    import polars as pl

Dates = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Day = date | str | np.datetime64


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Chain:
    """Raw bars of each contract, when they expire, and what tells which is the lead.

    Parameters
    ----------
    bars
        One column for each contract, raw prices.
    expiries
        Last trading day of each contract, by name; None: the columns are in order already, and no
        rule or guard may ask for an expiry.
    first_notices
        First notice day of contracts that are delivered; who holds one then may have to take
        delivery. None: cash-settled.
    open_interest
        (T, N) open interest as it was known on each bar (see `databento.known_at`), for
        `ByOpenInterest`.
    name
        Of the continuous series, such as ``"ES"``.

    Attributes
    ----------
    dates
        (T,) trade date of each bar: by the bars' calendar, else the date of the stamp.
    """

    bars: Bars
    expiries: Dates
    first_notices: Dates
    open_interest: Floats | None
    name: str
    dates: Dates

    def __init__(
        self,
        bars: Bars,
        expiries: Mapping[str, Day] | None = None,
        *,
        first_notices: Mapping[str, Day] | None = None,
        open_interest: object = None,
        name: str = "continuous",
    ) -> None:
        if bars.time.dtype.kind != "M":
            raise TypeError("a chain needs bars with times, these are only numbered")
        ends = _days("expiries", bars.assets, expiries)
        if expiries is not None and np.isnat(ends).any():
            missing = bars.assets[int(np.argmax(np.isnat(ends)))]
            raise ValueError(f"expiries must name each contract: {missing!r} is missing")
        order = np.argsort(ends, kind="stable") if expiries is not None else np.arange(len(ends))
        interest = None if open_interest is None else as_matrix("open_interest", open_interest)
        if interest is not None and interest.shape != bars.shape:
            raise ValueError(
                f"open_interest must have the shape of the bars {bars.shape}, was {interest.shape}"
            )
        notices = _days("first_notices", bars.assets, first_notices)
        for field, value in (
            ("bars", bars[[bars.assets[k] for k in order]]),
            ("expiries", ends[order]),
            ("first_notices", notices[order]),
            ("open_interest", None if interest is None else interest[:, order]),
            ("name", name),
            ("dates", _dates(bars)),
        ):
            object.__setattr__(self, field, value)

    @classmethod
    def from_definitions(cls, bars: Bars, definitions: "pl.DataFrame", **options: Any) -> "Chain":
        """Make a chain with expiries of definition records (see `databento.definitions`).

        Parameters
        ----------
        bars
            Columns named by symbol or by instrument id.
        definitions
            Columns symbol, instrument_id, expiry.
        options
            As in `Chain`.
        """
        known: dict[str, Any] = {}
        for row in definitions.iter_rows(named=True):
            if row["expiry"] is not None:
                for key in (row["symbol"], str(row["instrument_id"])):
                    known[key] = row["expiry"].date()
        missing = [asset for asset in bars.assets if asset not in known]
        if missing:
            raise ValueError(f"the definitions tell no expiry of {missing[0]!r}")
        return cls(bars, {asset: known[asset] for asset in bars.assets}, **options)

    @property
    def contracts(self) -> tuple[str, ...]:
        """Names of the contracts, in order."""
        return self.bars.assets

    def by_date(self, matrix: Floats, *, is_last: bool = False) -> tuple[Dates, Floats]:
        """Return the distinct dates (D,) and the sum, or last number, of each date (D, N)."""
        first = np.append(0, np.flatnonzero(self.dates[1:] != self.dates[:-1]) + 1)
        if is_last:
            found = matrix[np.append(first[1:], len(matrix)) - 1]
        else:
            found = np.add.reduceat(np.nan_to_num(matrix), first, axis=0)
        return self.dates[first], found

    def __repr__(self) -> str:
        names = self.contracts
        return f"<Chain {self.name}: {len(names)} contracts, {names[0]} to {names[-1]}>"


def _dates(bars: Bars) -> Dates:
    return session_dates(bars.time, bars.calendar).astype("datetime64[D]")


def _days(name: str, assets: Sequence[str], given: Mapping[str, Day] | None) -> Dates:
    if given is None:
        return np.full(len(assets), "NaT", "datetime64[D]")
    unknown = [each for each in given if each not in assets]
    if unknown:
        raise ValueError(f"{name} name {unknown[0]!r}, which is no column of the bars")
    return np.array([str(given.get(asset, "NaT"))[:10] for asset in assets], "datetime64[D]")
