"""Events: what happens to holdings and cash between prices.

An event belongs to the first bar at or after its stamp; a date matches its daily bar exactly.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from barledger import _html
from barledger.data import funding as fundings
from barledger.data.event_rows import KINDS, NAMES, Cells, Row, read_rows
from barledger.data.stamps import Stamp, Times, shown

if TYPE_CHECKING:
    from barledger.data.bars import Bars

Given = tuple[Row, ...] | Cells
ALL = "*"  # every asset
SHOWN = ("splits", "cash_flows")


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Events:
    """What happens to holdings and money beside trading.

    Each kind is given as a list of rows, as a frame with such columns, as a mapping from asset to
    rows without it, or, where an asset has one number a bar, as a numpy matrix (T, N) with NaN for
    none.

    Parameters
    ----------
    splits
        Rows (time, asset, ratio): new shares per old share (2 for 2:1, 0.1 for a reverse split of
        1:10).
    cash_flows
        Rows (time, amount): money, positive for a deposit, negative for a withdrawal; or an array
        (T,).
    dividends
        Rows (time, asset, amount): money a share, before tax, to who holds it before the open of
        its ex-date; who is short pays it. For raw prices only.
    borrow
        Rows (time, asset, rate): fee for borrowing what is sold short, a fraction of its value a
        year, from its time on. Also one number, or one an asset (``{"GME": 0.30}``).
    borrowable
        Rows (time, asset, value): whether, or how many, shares can be borrowed for short sales
        from then on. Also one value, or one an asset.
    delistings
        Rows (time, asset) or (time, asset, price): the position is closed at that price, without it
        at its last, and orders that wait are cancelled.
    expiries
        As `delistings`, for contracts that end: closed at the final settlement price, without it at
        the last. Contracts with an `expiry` of their own need none.
    rolls
        Rows (time, asset, to) or (time, asset, to, price, to_price): what is held of a contract is
        moved into another at the open of that bar, or at these prices.
    rates
        Rows (time, rate) or an array (T,): a benchmark rate a year. An account's interest rates
        are then spreads over it.
    fx
        Rows (time, currency, rate), or a mapping from currency to a number, an array (T,) or rows
        (time, rate): account money for one unit of it, from then on.
    funding
        Rates of perpetuals, above 0 where longs pay: rows (time, asset, rate) or (time, asset,
        rate, mark). Paid by what is held just before that instant, on the mark given, else on that
        of the bar; it must lie within the bars.

    Notes
    -----
    A time is a date, a datetime, ISO text, or the number of a bar where bars have no times. An
    array is by position and fits only bars of its length.

    Examples
    --------
    >>> Events(splits={"AAPL": [("2000-06-21", 2), ("2005-02-28", 2)]})
    Events(splits=2, cash_flows=0)
    >>> Events(dividends=[("2024-05-10", "AAPL", 0.25)], borrow=0.0025)
    Events(splits=0, cash_flows=0, dividends=1, borrow=1)
    """

    splits: Given
    cash_flows: Given
    dividends: Given
    borrow: Given
    borrowable: Given
    delistings: Given
    expiries: Given
    rolls: Given
    rates: Given
    fx: Given
    funding: Given

    def __init__(
        self,
        splits: object = None,
        cash_flows: object = None,
        *,
        dividends: object = None,
        borrow: object = None,
        borrowable: object = None,
        delistings: object = None,
        expiries: object = None,
        rolls: object = None,
        rates: object = None,
        fx: object = None,
        funding: object = None,
    ) -> None:
        given = dict(
            splits=splits, cash_flows=cash_flows, dividends=dividends, borrow=borrow,
            borrowable=borrowable, delistings=delistings, expiries=expiries, rolls=rolls,
            rates=rates, fx=fx, funding=funding,
        )  # fmt: skip
        for name, value in given.items():
            object.__setattr__(self, name, read_rows(name, value))

    def __repr__(self) -> str:
        counts = ((name, len(_given(getattr(self, name)))) for name in KINDS)
        told = [f"{name}={count}" for name, count in counts if count or name in SHOWN]
        return f"Events({', '.join(told)})"

    def _repr_html_(self) -> str:
        counts = ((name, len(_given(getattr(self, name)))) for name in KINDS)
        rows = [
            (name.replace("_", " "), f"{count:,}")
            for name, count in counts
            if count or name in SHOWN
        ]
        return _html.table(rows, title="Events")

    @property
    def has_splits(self) -> bool:
        """Whether there is any split."""
        return len(_given(self.splits)) > 0

    def has(self, *names: str) -> bool:
        """Whether there is anything of one of these kinds."""
        return any(len(_given(getattr(self, name))) > 0 for name in names)

    def rows(self, name: str, bars: "Bars") -> list[tuple[Any, ...]]:
        """Return the events of one kind: (bar, then columns for assets and numbers), by bar.

        Those strictly before the first bar, or after the last, are left out.
        """
        kept = [row for row in self._on_bars(name, bars) if 0 <= row[0] < len(bars)]
        if not kept:
            return []
        columns = {asset: column for column, asset in enumerate(bars.assets)}
        is_asset = [field in ("asset", "to") for field in KINDS[name].fields]
        return [
            (
                bar,
                *(
                    columns[part] if is_name else part
                    for part, is_name in zip(parts, is_asset, strict=True)
                ),
            )
            for bar, *parts in sorted(kept, key=lambda row: row[0])
        ]

    def left_out(self, bars: "Bars") -> int:
        """Return how many events come before the first bar, or after the last one has opened."""
        kinds = [name for name, kind in KINDS.items() if not kind.holds and name != "funding"]
        rows = [row for name in kinds for row in self._on_bars(name, bars)]
        return sum(not 0 <= row[0] < len(bars) for row in rows)

    def held(self, name: str, bars: "Bars") -> npt.NDArray[np.float64]:
        """Return what is in force on each bar (T, N), or (T, 1) without assets; NaN: nothing is."""
        has_asset = KINDS[name].fields[0] == "asset"
        out = np.full((len(bars), len(bars.assets) if has_asset else 1), np.nan)
        columns = {asset: column for column, asset in enumerate(bars.assets)}
        rows = [row for row in self._on_bars(name, bars) if row[0] < len(bars)]
        for bar, *parts in sorted(rows, key=lambda row: row[0]):
            part = columns.get(parts[0], slice(None)) if has_asset else 0
            out[max(bar, 0) :, part] = parts[-1]
        return out

    def split_rows(self, bars: "Bars") -> list[tuple[int, int, float]]:
        """Return (bar, column of the asset, ratio) of each split, by bar, then in the order given.

        Splits strictly before the first bar, or after the last, are left out.
        """
        return self.rows("splits", bars)

    def flow_rows(self, bars: "Bars") -> list[tuple[int, float]]:
        """Return (bar, amount) of each cash flow, by bar, then in the order given.

        Flows strictly before the first bar, or after the last, are left out.
        """
        return self.rows("cash_flows", bars)

    def funding_rows(self, bars: "Bars") -> list[tuple[int, float, float, int, int]]:
        """Return (bar, rate, mark, column, whether inside the bar) of each funding, by bar."""
        return fundings.placed(self._placed("funding", bars.time, bars.assets), bars)

    def of(self, assets: Sequence[str], *, is_account: bool = False) -> "Events":
        """Return the events of these assets alone; what has no asset stays.

        A roll into another asset is left out, or, where these are an account, raised about.
        """
        kept = {}
        for name in KINDS:
            rows = getattr(self, name)
            if isinstance(rows, Cells) and not rows.names and KINDS[name].fields[0] == "asset":
                raise TypeError("events by position have no asset names; take them from bars")
            kept[name] = (
                rows if isinstance(rows, Cells) else _rows_of(name, rows, assets, is_account)
            )
        return _of_rows(kept)

    def with_splits(self, splits: object) -> "Events":
        """Return the events with splits added to those that have none yet."""
        if self.has_splits:
            raise ValueError("splits were given twice: in the frame's split column and in events")
        return self._with(splits=read_rows("splits", splits))

    def without_splits(self) -> "Events | None":
        """Return the other events; None when there are none."""
        return self._with(splits=()) if self.has(*(set(KINDS) - {"splits"})) else None

    def between(self, bars: "Bars", first: int, stop: int) -> "Events":
        """Return the events of some bars, each at the bar on which it takes effect.

        What is in force on the first of them stays so.
        """
        kept: dict[str, Given] = {}
        for name, kind in KINDS.items():
            rows: list[Row] = []
            for bar, *parts in self._on_bars(name, bars):
                if kind.holds and bar < stop:
                    rows.append((None if bar <= first else bars.time[bar], *parts))
                elif first <= bar < stop:
                    rows.append((bars.time[bar], *parts))
            kept[name] = tuple(rows)
        return _of_rows({**kept, **self._funding_between(bars, first, stop)})

    def with_funding_between(self, bars: "Bars", first: int, stop: int) -> "Events":
        """Return all events, but of fundings those of some bars: others would lie outside them."""
        return self._with(**self._funding_between(bars, first, stop))

    def _funding_between(self, bars: "Bars", first: int, stop: int) -> dict[str, Given]:
        rows = self._placed("funding", bars.time, bars.assets)
        end = bars.time[stop] if stop < len(bars) else fundings.end_of(bars.time)
        begin = bars.time[first] if first < len(bars) else end
        return {"funding": tuple(row for row in rows if begin <= row[0] < end)}

    def fixed(self, times: Times, assets: Sequence[str]) -> "Events":
        """Return the events by stamp and name; raise where they do not fit bars of these labels."""
        return _of_rows({name: self._placed(name, times, assets) for name in KINDS})

    def _with(self, **changed: Given) -> "Events":
        return _of_rows({name: changed.get(name, getattr(self, name)) for name in KINDS})

    def _on_bars(self, name: str, bars: "Bars") -> list[tuple[Any, ...]]:
        """Return (bar, names and numbers), -1 for a time before the first bar."""
        rows = self._placed(name, bars.time, bars.assets)
        at = _bars_of([row[0] for row in rows], bars.time)
        return [(bar, *row[1:]) for bar, row in zip(at, rows, strict=True)]

    def _placed(self, name: str, times: Times, assets: Sequence[str]) -> tuple[Row, ...]:
        given: Given = getattr(self, name)
        if isinstance(given, Cells):
            given = _by_stamp(name, given, times, assets)
        rows = cast("tuple[Row, ...]", given)
        is_asset = [field in ("asset", "to") for field in KINDS[name].fields]
        for stamp, *parts in rows:
            for part, is_name in zip(parts, is_asset, strict=True):
                if is_name:
                    _check_asset(name, part, stamp, assets)
            _check_kind(stamp, times)
        return rows


def _by_stamp(name: str, cells: Cells, times: Times, assets: Sequence[str]) -> tuple[Row, ...]:
    """Return events by position as rows."""
    names = cells.names or tuple(assets)
    has_columns = KINDS[name].fields[0] in NAMES
    missing = (math.nan,) * (len(KINDS[name].fields) - (2 if has_columns else 1))
    _check_shape(name, cells, (len(times), len(names)) if has_columns else (len(times),))
    return tuple(
        (_stamp(times, bar), *((names[at],) if has_columns else ()), number, *missing)
        for bar, at, number in cells.rows
    )


def split_divisors(
    shape: tuple[int, int], rows: Iterable[tuple[int, int, float]]
) -> npt.NDArray[np.float64]:
    """Return what prices (T, N) are divided by to be in shares of the last bar."""
    divisors = np.ones(shape)
    for bar, column, ratio in rows:
        divisors[:bar, column] *= ratio
    return divisors


def _of_rows(rows: dict[str, Given]) -> Events:
    """Return events of rows that are checked already."""
    events = Events()
    for each in fields(events):
        object.__setattr__(events, each.name, rows[each.name])
    return events


def _rows_of(
    name: str, rows: tuple[Row, ...], assets: Sequence[str], is_account: bool
) -> tuple[Row, ...]:
    """Return the rows of some assets; in an account a roll between two of them has to be whole."""
    kind = KINDS[name]
    if kind.fields[0] != "asset":
        return rows
    kept = tuple(row for row in rows if row[1] in assets or row[1] == ALL)
    if name == "rolls" and not is_account:
        return tuple(row for row in kept if row[2] in assets)
    for row in kept:
        if name == "rolls" and row[2] not in assets:
            raise ValueError(
                f"a roll at {shown(row[0])} goes from {row[1]} to {row[2]}, which is not among "
                f"{', '.join(assets[:10])}: both contracts of a roll must be in one account"
            )
    return kept


def _bars_of(stamps: Sequence[Stamp | None], times: Times) -> list[int]:
    """Return the first bar at or after each stamp; -1 before the first, T after the last."""
    known = np.array([times[0] if stamp is None else stamp for stamp in stamps], times.dtype)
    at = np.searchsorted(times, known, side="left").tolist()
    return [
        -1 if stamp is None or stamp < times[0] else bar
        for stamp, bar in zip(stamps, at, strict=True)
    ]


def _stamp(times: Times, bar: int) -> Stamp:
    return times[bar] if times.dtype.kind == "M" else int(times[bar])


def _given(events: Given) -> tuple[Any, ...]:
    return events.rows if isinstance(events, Cells) else events


def _check_shape(name: str, cells: Cells, wanted: tuple[int, ...]) -> None:
    if cells.shape != wanted:
        raise ValueError(f"{name} must have the shape of the bars {wanted}, was {cells.shape}")


def _check_asset(name: str, asset: str, stamp: Stamp | None, assets: Sequence[str]) -> None:
    if asset in assets or (asset == ALL and KINDS[name].holds):
        return
    near = get_close_matches(asset, assets, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; the assets are {', '.join(assets[:10])}"
    noun = {"splits": "a split"}.get(name, name)
    when = "" if stamp is None else f" at {shown(stamp)}"
    verb = "names" if name in ("splits", "funding") else "name"
    raise ValueError(f"{noun}{when} {verb} an unknown asset {asset!r}{hint}")


def _check_kind(stamp: Stamp | None, times: Times) -> None:
    """Raise for a date where bars are only numbered, and the other way round."""
    if stamp is None:
        return
    if isinstance(stamp, int) and times.dtype.kind == "M":
        raise TypeError(f"these bars have times: give the event's date, not bar number {stamp}")
    if not isinstance(stamp, int) and times.dtype.kind != "M":
        raise TypeError(
            f"these bars have no times: give the event's bar number, not {shown(stamp)}"
        )
