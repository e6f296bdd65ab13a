"""The checks at the door: matrices, times, names and contracts that fit each other, or an error."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from barledger.data.events import Events
from barledger.data.matrices import MATRICES, Grid, check_prices, check_shapes, locked
from barledger.data.stamps import Stamps, as_stamps, check_rising
from barledger.instruments import catalog

Contracts = catalog.Terms | Sequence[catalog.Terms] | Mapping[str, catalog.Terms]
ARRAYS = (*MATRICES, "tradable")


class Terms(NamedTuple):
    """What describes bars beside their numbers, as it was given."""

    contracts: Contracts
    calendar: str | None
    adjustment: str | float | None
    events: Events | None
    notes: tuple[str, ...] = ()


def checked_fields(
    made: dict[str, Any], time: object, assets: str | Sequence[str] | None, terms: Terms
) -> dict[str, Any]:
    """Return the fields of bars, everything checked once."""
    _check_types(terms)
    close = made["close"]
    check_shapes(close, made)
    times, zone = _times(time, len(close))
    names = asset_names(assets, close.shape[1])
    contracts = catalog.contracts_of(names, terms.contracts)
    prices = {name: matrix for name, matrix in made.items() if name != "tradable"}
    check_prices(prices, Grid(times, names), [c.kind == "future" for c in contracts])
    _check_adjusted_once(terms)
    absent = np.empty((0, close.shape[1]))
    return {
        "time": locked(times),
        "assets": names,
        "contracts": contracts,
        "calendar": terms.calendar,
        "adjustment": terms.adjustment,
        "events": None if terms.events is None else terms.events.fixed(times, names),
        "notes": (*([f"times converted from {zone} to UTC"] if zone else []), *terms.notes),
        "sources": (),
        "_tradable": made.get("tradable", absent.astype(np.int8)),
        **{f"_{name}": made.get(name, absent) for name in MATRICES},
    }


def asset_names(assets: str | Sequence[str] | None, n_assets: int) -> tuple[str, ...]:
    """Return one different name for each column."""
    if assets is None:
        return ("asset",) if n_assets == 1 else tuple(f"A{i}" for i in range(n_assets))
    names = (assets,) if isinstance(assets, str) else tuple(str(asset) for asset in assets)
    if len(names) != n_assets:
        raise ValueError(f"assets must name each column: {n_assets} columns, {len(names)} names")
    if len(set(names)) < n_assets:
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"assets must have different names, {twice!r} is there twice")
    return names


def _times(time: object, n_bars: int) -> Stamps:
    if time is None:
        return Stamps(np.arange(n_bars, dtype=np.int64), None)
    stamps = as_stamps(time)
    if len(stamps.times) != n_bars:
        raise ValueError(
            f"time must have one stamp a bar: {n_bars} bars, {len(stamps.times)} stamps"
        )
    check_rising(stamps.times)
    return stamps


def _check_types(terms: Terms) -> None:
    if terms.calendar is not None and not isinstance(terms.calendar, str):
        raise TypeError(f"calendar must be a name such as 'XNYS', was {terms.calendar!r}")
    if terms.events is not None and not isinstance(terms.events, Events):
        raise TypeError(f"events must be an Events(...), was a {type(terms.events).__name__}")


def _check_adjusted_once(terms: Terms) -> None:
    """Raise when prices that are adjusted for splits bring splits along."""
    adjusted = isinstance(terms.adjustment, str) and "split" in terms.adjustment.lower()
    if adjusted and terms.events is not None and terms.events.has_splits:
        raise ValueError(
            f"prices with adjustment {terms.adjustment!r} must come without splits, which would be "
            "applied twice: give raw prices, or leave the splits out"
        )
