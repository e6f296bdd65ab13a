"""Bars: aligned matrices of prices with their times, names and contracts; the only door in.

Everything is checked here, once, and nothing is repaired; whatever comes later trusts it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from barledger.data import describe, frames
from barledger.data.assemble import ARRAYS, Contracts, Terms, asset_names, checked_fields
from barledger.data.events import Events, split_divisors
from barledger.data.matrices import (
    MARKS,
    PRICES,
    Flags,
    Floats,
    as_matrix,
    as_tradable,
    common_labels,
    locked,
    view,
)
from barledger.data.stamps import Times, rows_between
from barledger.instruments.contract import MARGINED, Contract

if TYPE_CHECKING:
    import polars as pl

SAMPLE = Path(__file__).parent / "samples" / "daily.parquet"
Key = str | Sequence[str] | slice


def _marks(mark: Any) -> dict[str, Any]:
    """Return matrices of marks: given as closes alone, or as (open, high, low, close)."""
    if isinstance(mark, tuple | list) and len(mark) == 4 and np.ndim(mark[0]) > 0:
        return dict(zip(MARKS, mark, strict=True))
    return {"mark": mark}


@dataclass(frozen=True, eq=False, repr=False)
class Bars:
    """Prices of N assets on T bars; made by its constructors `from_arrays`, `from_frame`, ….

    Attributes
    ----------
    time
        (T,) datetime64[ns], strictly rising; int64 bar numbers when no times were given.
    assets
        Names of the N assets, in column order.
    contracts
        Contract of each asset.
    calendar
        Name of the exchange calendar such as ``"XNYS"``, or None.
    adjustment
        What was done to the prices, such as ``"splits"``; None: raw.
    events
        Splits of these raw prices, and cash flows; None: none. `Portfolio` applies them.
    notes
        Sentences on what reading the data changed or left out.
    sources
        Where the data came from: files with their SHA-256, in words.
    open, high, low, close, volume, settlement
        (T, N) float64, read-only; None when not given. NaN: nothing there.
    tradable
        (T, N) bool, read-only; None when not given: tradable wherever there is a price.

    Examples
    --------
    >>> Bars.from_arrays([10.0, 10.5, 10.2], assets="ACME")
    <Bars 3 x 1: ACME, bars 0 to 2, close>
    """

    time: Times
    assets: tuple[str, ...]
    contracts: tuple[Contract, ...]
    calendar: str | None
    adjustment: str | float | None
    events: Events | None
    notes: tuple[str, ...]
    sources: tuple[str, ...]
    _open: Floats
    _high: Floats
    _low: Floats
    _close: Floats
    _volume: Floats
    _settlement: Floats
    _tradable: Flags
    _mark_open: Floats
    _mark_high: Floats
    _mark_low: Floats
    _mark: Floats

    @classmethod
    def from_arrays(
        cls,
        close: object,
        *,
        open: object = None,
        high: object = None,
        low: object = None,
        volume: object = None,
        settlement: object = None,
        mark: object = None,
        tradable: object = None,
        time: object = None,
        assets: str | Sequence[str] | None = None,
        contracts: Contracts = None,
        calendar: str | None = None,
        adjustment: str | float | None = None,
        events: Events | None = None,
    ) -> "Bars":
        """Make bars of arrays.

        Parameters
        ----------
        close, open, high, low, volume, settlement
            Numbers of shape (T,) or (T, N), numpy, polars or pandas. NaN: nothing there. A
            writable C-contiguous float64 array is used as it is: do not change it afterwards.
        mark
            Mark price of perpetuals at each close, such matrices too, or four of them: (open, high,
            low, close). Positions are valued and liquidated by it; fills are at the bars' prices.
            NaN, or no mark: the bars' own.
        tradable
            Whether an asset can trade on a bar, (T,) or (T, N); None: wherever there is a price.
        time
            (T,) dates or datetimes, strictly rising; a zone is converted to UTC. None: those of a
            pandas index, else bars are numbered.
        assets
            Names of the columns; None: those of a frame, else ``"A0"``, ``"A1"``, ….
        contracts
            None: stocks. One `Contract` or catalogue name for all, a list, or a mapping from
            asset, where those left out are stocks.
        calendar
            Name of the exchange calendar such as ``"XNYS"``; None: Monday to Friday.
        adjustment
            What was done to the prices; None: raw.
        events
            Splits and cash flows.

        Examples
        --------
        >>> bars = Bars.from_arrays([[1.0, 5.0], [1.1, 4.9]], assets=["A", "B"], contracts={"B": "ES"})
        >>> bars.contracts[1].multiplier
        50
        """
        given = dict(open=open, high=high, low=low, close=close, volume=volume)
        given |= dict(settlement=settlement, **_marks(mark))
        given = {name: value for name, value in given.items() if value is not None}
        made: dict[str, Any] = {name: as_matrix(name, value) for name, value in given.items()}
        if tradable is not None:
            given["tradable"], made["tradable"] = tradable, as_tradable(tradable)
        labels = common_labels(given)
        time = labels.times if time is None else time
        assets = labels.assets if assets is None else assets
        terms = Terms(contracts, calendar, adjustment, events)
        return cls(**checked_fields(made, time, assets, terms))

    @classmethod
    def from_frame(
        cls,
        frame: object,
        *,
        assets: str | Sequence[str] | None = None,
        contracts: Contracts = None,
        calendar: str | None = None,
        adjustment: str | float | None = None,
        events: Events | None = None,
    ) -> "Bars":
        """Make bars of a polars, pandas or pyarrow frame.

        Parameters
        ----------
        frame
            Long: the columns time (or date, datetime, timestamp), close and, for several assets,
            asset (or symbol, ticker); open, high, low, volume, settlement, tradable and split
            (new shares per old share; null or 1: none) may be there, in any order and letter case.
            Wide: a time column, or a pandas index of dates, and one column of closes per asset.
            A structured numpy array and a mapping from names to columns are frames too.
        assets
            Which assets, in which order; None: all, by name from a long frame and as they stand
            from a wide one. It names the one asset of a long frame without an asset column.
        contracts, calendar, adjustment, events
            As in `from_arrays`.

        Notes
        -----
        Assets align on the union of their stamps; where one has no row there is NaN. Adjusted
        closes are not taken for closes. What was not read is told in `notes`.

        Examples
        --------
        >>> import polars as pl
        >>> rows = {"Date": ["2010-03-01", "2010-03-02"], "Symbol": ["A", "B"], "Close": [5.0, 7.0]}
        >>> Bars.from_frame(pl.DataFrame(rows)).close
        array([[ 5., nan],
               [nan,  7.]])
        """
        table = frames.read_frame(frame, assets)
        if table.splits:
            events = (events or Events()).with_splits(table.splits)
        made: dict[str, Any] = {n: as_matrix(n, matrix) for n, matrix in table.matrices.items()}
        if "tradable" in made:
            made["tradable"] = as_tradable(made["tradable"])
        terms = Terms(contracts, calendar, adjustment, events, table.notes)
        return cls(**checked_fields(made, table.times, table.assets, terms))

    @classmethod
    def from_parquet(
        cls,
        path: str | Path,
        *,
        assets: str | Sequence[str] | None = None,
        contracts: Contracts = None,
        calendar: str | None = None,
        adjustment: str | float | None = None,
        events: Events | None = None,
    ) -> "Bars":
        """Make bars of one parquet file, a folder of them, or all that match a glob.

        Parameters
        ----------
        path
            File, folder or glob such as ``"prices/*.parquet"``, read as one frame.
        assets, contracts, calendar, adjustment, events
            As in `from_frame`.
        """
        return cls.from_frame(
            frames.read_parquet(path),
            assets=assets,
            contracts=contracts,
            calendar=calendar,
            adjustment=adjustment,
            events=events,
        )

    @classmethod
    def from_csv(
        cls,
        path: str | Path,
        *,
        columns: Sequence[str] | None = None,
        skip_rows: int = 0,
        time_format: str | None = None,
        **options: Any,
    ) -> "Bars":
        """Make bars of a CSV file, plain or gzipped.

        Parameters
        ----------
        path
            File; its digest goes into `sources`.
        columns
            Names in place of the header's, or where there is none; the error of a header that does
            not fit its rows shows the names that would.
        skip_rows
            Lines before the header.
        time_format
            Such as ``"%d.%m.%Y"``; None: one of the usual, year first.
        options
            As in `from_frame`.
        """
        from barledger.data.csv_text import read_csv

        frame = read_csv(path, columns=columns, skip_rows=skip_rows, time_format=time_format)
        told = f"{Path(path).name} sha256 {sha256(Path(path).read_bytes()).hexdigest()}"
        return cls.from_frame(frame, **options).with_notes(sources=[told])

    @classmethod
    def sample(cls, *, contracts: Contracts = None) -> "Bars":
        """Return real daily prices that come with the package: five US stocks, 2000 to 2013.

        Raw open, high, low, close and volume of AAPL, FB, GOOG, IBM and MSFT, with their splits.
        Dividends are not in them. FB and GOOG were listed later: NaN before.

        Parameters
        ----------
        contracts
            As in `from_arrays`; None: stocks that trade in fractions of a share too.

        Examples
        --------
        >>> Bars.sample().assets
        ('AAPL', 'FB', 'GOOG', 'IBM', 'MSFT')
        """
        return cls.from_parquet(SAMPLE, calendar="XNYS", contracts=contracts)

    @property
    def open(self) -> Floats | None:
        """First price of each bar."""
        return view(self._open)

    @property
    def high(self) -> Floats | None:
        """Highest price of each bar."""
        return view(self._high)

    @property
    def low(self) -> Floats | None:
        """Lowest price of each bar."""
        return view(self._low)

    @property
    def close(self) -> Floats:
        """Last price of each bar."""
        return locked(self._close)

    @property
    def volume(self) -> Floats | None:
        """Quantity traded on each bar."""
        return view(self._volume)

    @property
    def settlement(self) -> Floats | None:
        """Settlement price of futures, where one was made on the bar."""
        return view(self._settlement)

    @property
    def mark(self) -> Floats | None:
        """Mark price at each close, where one was given."""
        return view(self._mark)

    @property
    def tradable(self) -> npt.NDArray[np.bool_] | None:
        """Whether an asset can trade on a bar."""
        return view(self._tradable.view(np.bool_))

    @property
    def matrices(self) -> dict[str, npt.NDArray[Any]]:
        """The matrices that were given, by name, read-only."""
        pairs = ((name, view(getattr(self, f"_{name}"))) for name in ARRAYS)
        found = {name: matrix for name, matrix in pairs if matrix is not None}
        return found if self.tradable is None else {**found, "tradable": self.tradable}

    @property
    def shape(self) -> tuple[int, int]:
        """Number of bars and of assets."""
        return len(self.time), len(self.assets)

    @cached_property
    def multipliers(self) -> npt.NDArray[np.float64]:
        """Of each asset (N,): units that one contract is of."""
        return np.array([contract.multiplier for contract in self.contracts], np.float64)

    @cached_property
    def margined(self) -> npt.NDArray[np.bool_]:
        """Of each asset (N,): whether a position is margined, not paid for."""
        return np.array([contract.kind in MARGINED for contract in self.contracts])

    @cached_property
    def currencies(self) -> tuple[str, ...]:
        """Of each asset: the currency it is traded in."""
        return tuple(contract.currency for contract in self.contracts)

    @cached_property
    def kinds(self) -> tuple[Contract, ...]:
        """The different contracts, each once."""
        return tuple({id(contract): contract for contract in self.contracts}.values())

    @cached_property
    def digest(self) -> str:
        """SHA-256 of times, names and matrices, in hexadecimal: the same data, the same digest."""
        found = sha256(repr((self.shape, str(self.time.dtype), self.assets)).encode())
        found.update(self.time.view(np.int64).data)
        for name, matrix in self.matrices.items():
            found.update(name.encode())
            found.update(matrix.data)
        return found.hexdigest()

    def split_adjusted(self) -> "Bars":
        """Return bars whose prices before each split are divided by its ratio, for signals.

        Volume is multiplied. The splits are gone from the events, so that nothing applies them a
        second time; cash flows stay. `adjustment` says ``"splits"``. Orders are for raw prices:
        a price of the past that a later split divides was never paid.

        Examples
        --------
        >>> bars = Bars.from_arrays([100.0, 51.0], events=Events(splits=[(1, "asset", 2.0)]))
        >>> bars.split_adjusted().close[:, 0]
        array([50., 51.])
        """
        rows = [] if self.events is None else self.events.split_rows(self)
        if not rows:
            return self
        divisor = split_divisors(self.shape, rows)
        changed: dict[str, Any] = {
            f"_{name}": getattr(self, f"_{name}") / divisor
            for name in PRICES
            if name in self.matrices
        }
        if "volume" in self.matrices:
            changed["_volume"] = self._volume * divisor
        done = "splits" if self.adjustment is None else f"{self.adjustment}, splits"
        events = self.events.without_splits() if self.events is not None else None
        return replace(self, adjustment=done, events=events, **changed)

    def resample(self, timeframe: str, **options: Any) -> "Bars":
        """Return bars of a wider timeframe; options as in `barledger.data.resample`.

        Beside these bars the wider ones would show the future: `barledger.data.resample` returns
        both, and what of the wider ones is known when.

        Examples
        --------
        >>> time = np.arange("2024-01-02T00:00", "2024-01-02T00:04", dtype="datetime64[m]")
        >>> Bars.from_arrays([1.0, 2.0, 3.0, 4.0], time=time).resample("2m").close[:, 0]
        array([2., 4.])
        """
        from barledger.data.resampling import resample

        return resample(self, timeframe, **options).bars

    def with_matrix(self, name: str, values: object) -> "Bars":
        """Return bars with one matrix more, or another one, such as settlements; all checked again.

        Parameters
        ----------
        name
            open, high, low, close, volume, settlement or tradable.
        values
            (T,) or (T, N) numbers; NaN: nothing there.
        """
        if name not in ARRAYS:
            raise ValueError(f"bars have {', '.join(ARRAYS)}, no {name!r}")
        made: dict[str, Any] = {each: getattr(self, f"_{each}") for each in self.matrices}
        made[name] = as_tradable(values) if name == "tradable" else as_matrix(name, values)
        terms = Terms(self.contracts, self.calendar, self.adjustment, self.events, self.notes)
        return replace(
            type(self)(**checked_fields(made, self._stamps(), self.assets, terms)),
            sources=self.sources,
        )

    def _stamps(self) -> object:
        return None if self.time.dtype.kind != "M" else self.time

    def with_notes(self, *notes: str, sources: Sequence[str] = ()) -> "Bars":
        """Return the same bars with sentences on what was done to them, and where they came from.

        Neither changes the digest.

        Examples
        --------
        >>> Bars.from_arrays([1.0, 2.0]).with_notes("made up").notes
        ('made up',)
        """
        return replace(
            self, notes=(*self.notes, *notes), sources=(*self.sources, *map(str, sources))
        )

    def to_frame(self) -> "pl.DataFrame":
        """Return a long polars frame: time, asset, and a column for each matrix, bar by bar."""
        return frames.long_frame(self)

    def __len__(self) -> int:
        return len(self.time)

    def __getitem__(self, key: Key) -> "Bars":
        if isinstance(key, slice):
            return self._between(rows_between(self.time, key))
        if isinstance(key, str):
            return self._of((key,))
        if isinstance(key, Sequence) and all(isinstance(each, str) for each in key):
            return self._of(tuple(key))
        raise TypeError(
            f"bars take an asset's name, a list of names, or a slice in time, not {key!r}"
        )

    def __repr__(self) -> str:
        return describe.line(self)

    def _repr_html_(self) -> str:
        return describe.table(self)

    def _between(self, rows: slice) -> "Bars":
        arrays: dict[str, Any] = {f"_{name}": getattr(self, f"_{name}")[rows] for name in ARRAYS}
        first, stop, _ = rows.indices(len(self))
        events = self.events
        if events is not None and events.has("funding"):
            events = events.with_funding_between(self, first, stop)
        return replace(self, time=self.time[rows], events=events, **arrays)

    def _of(self, assets: tuple[str, ...]) -> "Bars":
        for asset in assets:
            if asset not in self.assets:
                raise KeyError(f"no asset {asset!r}; there are {describe.names(self.assets)}")
        names = asset_names(assets, len(assets))
        columns = [self.assets.index(asset) for asset in names]
        arrays: dict[str, Any] = {
            f"_{name}": np.take(getattr(self, f"_{name}"), columns, axis=1) for name in ARRAYS
        }
        contracts = tuple(self.contracts[column] for column in columns)
        events = None if self.events is None else self.events.of(names)
        return replace(self, assets=names, contracts=contracts, events=events, **arrays)
