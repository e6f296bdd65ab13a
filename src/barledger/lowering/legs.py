"""Hedge mode: long and short of one instrument at once, as two legs that know nothing of each other."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from barledger.data.bars import Bars
from barledger.data.event_rows import KINDS
from barledger.data.events import Events
from barledger.kernel.codes import Flag
from barledger.lowering.request import Request
from barledger.lowering.wishes import Wishes, blank
from barledger.risk import RiskLimits

LEGS = ("long", "short")
BITS = (Flag.LONG_ENTRY | Flag.LONG_EXIT, Flag.SHORT_ENTRY | Flag.SHORT_EXIT)


def hedged(request: Request) -> Request:
    """Return a request of signals in which each asset is two: its long leg and its short leg."""
    _check(request)
    n_bars, n_assets = request.bars.shape
    places = np.repeat(np.arange(n_assets), len(LEGS))

    def part(value: Any) -> Any:
        if value is None or isinstance(value, str | bool) or np.ndim(value) == 0:
            return value
        array = np.asarray(value)
        if array.ndim == 1:
            return array[places] if len(array) == n_assets and n_assets > 1 else array
        return array if array.shape[1] == 1 else np.ascontiguousarray(array[:, places])

    def mapped(option: Any) -> Any:
        return None if option is None else option.map(part)

    return replace(
        request,
        bars=legs_of(request.bars),
        wishes=_split(request.wishes, n_bars, n_assets),
        size=mapped(request.size),
        fees=mapped(request.fees),
        slippage=mapped(request.slippage),
        price=part(request.price),
        priority=part(request.priority),
        limits=_limits(request.limits, request.bars),
        events=None if request.events is None else _events(request.events, request.bars),
        stops=mapped(request.stops),
        orders=mapped(request.orders),
        liquidity=mapped(request.liquidity),
        halts=mapped(request.halts),
        impact=mapped(request.impact),
    )


def legs_of(bars: Bars) -> Bars:
    """Return bars with two columns an asset, such as ``"BTC:long"`` and ``"BTC:short"``."""
    matrices: dict[str, Any] = {
        f"_{name}": np.repeat(getattr(bars, f"_{name}"), len(LEGS), axis=1)
        for name in bars.matrices
    }
    absent = np.empty((0, len(LEGS) * len(bars.assets)))
    for name in ("open", "high", "low", "volume", "settlement", "mark_open", "mark_high"):
        matrices.setdefault(f"_{name}", absent)
    for name in ("mark_low", "mark"):
        matrices.setdefault(f"_{name}", absent)
    matrices.setdefault("_tradable", absent.astype(np.int8))
    return replace(
        bars,
        assets=tuple(leg for asset in bars.assets for leg in names_of(asset)),
        contracts=tuple(contract for contract in bars.contracts for _ in LEGS),
        events=None,
        **matrices,
    )


def names_of(asset: str) -> tuple[str, ...]:
    """Return the names of an asset's legs.

    Examples
    --------
    >>> names_of("BTC")
    ('BTC:long', 'BTC:short')
    """
    return tuple(f"{asset}:{leg}" for leg in LEGS)


def _split(wishes: Wishes, n_bars: int, n_assets: int) -> Wishes:
    buffer, flags = blank((n_bars, len(LEGS) * n_assets))
    for place, bits in enumerate(BITS):
        flags[:, place :: len(LEGS)] = wishes.flags & np.int8(bits)
    return Wishes(wishes.kind, buffer, flags)


def _limits(limits: RiskLimits, bars: Bars) -> RiskLimits:
    groups = limits.groups
    if groups is None:
        return limits
    if not isinstance(groups, Mapping):
        return replace(limits, groups=[label for label in groups for _ in LEGS])
    return replace(
        limits,
        groups={leg: label for asset, label in groups.items() for leg in names_of(asset)},
    )


def _events(events: Events, bars: Bars) -> Events:
    """Return events of both legs in place of those of their asset."""
    placed = events.fixed(bars.time, bars.assets)
    doubled = Events()
    for name, kind in KINDS.items():
        rows = getattr(placed, name)
        if kind.fields[0] == "asset" and isinstance(rows, tuple):
            rows = tuple(row for given in rows for row in _rows(given, kind.fields, bars))
        object.__setattr__(doubled, name, rows)
    return doubled


def _rows(given: tuple[Any, ...], fields: tuple[str, ...], bars: Bars) -> list[tuple[Any, ...]]:
    stamp, *parts = given
    if parts[0] not in bars.assets:  # all of them
        return [given]
    return [
        (
            stamp,
            *(
                f"{part}:{leg}" if field in ("asset", "to") else part
                for part, field in zip(parts, fields, strict=True)
            ),
        )
        for leg in LEGS
    ]


def _check(request: Request) -> None:
    liquidity = request.liquidity
    if request.exclusive:
        raise ValueError("hedge mode takes no exclusive groups: both legs may be held at once")
    if not isinstance(request.rules.sequence, str):
        raise ValueError(
            "hedge mode takes no array as sequence: it has a column a leg, not an asset"
        )
    if liquidity is not None and liquidity.is_capped:
        raise ValueError("hedge mode takes no caps of volume: the legs would not share them")
    if any(contract.kind == "option" for contract in request.bars.kinds):
        raise ValueError("hedge mode takes no options: they would deliver into either leg")
