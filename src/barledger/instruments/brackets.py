"""Notional brackets of a perpetual: how much leverage, and what must be kept, at which size."""

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

NEAR = 1e-6  # relative: tables are rounded

# The words of Binance (linear, coin-margined) and of ccxt, which freqtrade keeps.
FLOORS = ("notionalFloor", "qtyFloor", "minNotional")
CAPS = ("notionalCap", "qtyCap", "maxNotional")
LEVERAGES = ("initialLeverage", "maxLeverage")
RATES = ("maintMarginRatio", "maintenanceMarginRate")


@dataclass(frozen=True, slots=True, init=False)
class Brackets:
    """Maintenance rate and most leverage by notional, like tax brackets.

    Maintenance = notional · rate - amount, the amount such that it has no steps:
    amount_n = amount_{n-1} + floor_n · (rate_n - rate_{n-1}).

    Parameters
    ----------
    rows
        (floor, cap, most leverage, maintenance rate) of each bracket, notional in the money of the
        contract (coin for an inverse one), from floor 0 up without gaps.

    Examples
    --------
    >>> btc = Brackets([(0, 50_000, 125, 0.004), (50_000, 600_000, 100, 0.005)])
    >>> btc.amounts
    (0.0, 50.0)
    >>> btc.maintenance(500_000)
    2450.0
    """

    floors: tuple[float, ...]
    caps: tuple[float, ...]
    leverages: tuple[float, ...]
    rates: tuple[float, ...]
    amounts: tuple[float, ...]

    def __init__(self, rows: Iterable[Sequence[float]]) -> None:
        table = [tuple(float(number) for number in row) for row in rows]
        if not table or any(len(row) != 4 for row in table):
            raise ValueError(
                "brackets must be rows (floor, cap, most leverage, maintenance rate), at least one"
            )
        _check(table)
        columns = tuple(zip(*table, strict=True))
        for name, column in zip(("floors", "caps", "leverages", "rates"), columns, strict=True):
            object.__setattr__(self, name, column)
        object.__setattr__(self, "amounts", _amounts(columns[0], columns[3]))

    @classmethod
    def flat(cls, rate: float) -> "Brackets":
        """Return one bracket for every notional, whatever the leverage.

        Examples
        --------
        >>> Brackets.flat(0.004).maintenance(5_000.0)
        20.0
        """
        return cls([(0.0, np.inf, np.inf, rate)])

    @classmethod
    def from_binance(
        cls, source: "str | Path | Mapping[str, Any] | Sequence[Any]", symbol: str | None = None
    ) -> "Brackets":
        """Read brackets as Binance publishes them, or as ccxt and freqtrade keep them.

        Parameters
        ----------
        source
            A JSON file (plain or ``.gz``), or what such a file holds: the answer of
            ``/fapi/v1/leverageBracket`` or ``/dapi/v2/leverageBracket``, one symbol of it, or a
            mapping from symbol to brackets.
        symbol
            Such as ``"BTCUSDT"`` or ``"BTC/USDT:USDT"``; may be left out where there is only one.

        Raises
        ------
        ValueError
            Where brackets leave a gap or overlap, or a published deduction is not the one that
            their floors and rates make.
        """
        found = _of_symbol(_parsed(source), symbol)
        rows = sorted(_row(each) for each in found)
        made = cls([row[:4] for row in rows])
        for given, amount in zip((row[4] for row in rows), made.amounts, strict=True):
            if not np.isnan(given) and abs(given - amount) > NEAR * max(amount, 1.0):
                raise ValueError(
                    f"a bracket deducts {given:g}, but its floors and rates make {amount:g}: "
                    "is a bracket missing?"
                )
        return made

    def maintenance(self, notional: float) -> float:
        """Return what must be kept for a notional."""
        at = self._at(abs(notional))
        return abs(notional) * self.rates[at] - self.amounts[at]

    def most_notional(self, leverage: float) -> float:
        """Return the largest notional that may be opened at a leverage, 0 where none."""
        allowed = [
            cap for cap, most in zip(self.caps, self.leverages, strict=True) if leverage <= most
        ]
        return max(allowed, default=0.0)

    @property
    def tiers(self) -> npt.NDArray[np.float64]:
        """The numbers as the kernel reads them, flat."""
        columns = (self.floors, self.caps, self.leverages, self.rates, self.amounts)
        return np.ascontiguousarray(np.array(columns, np.float64).T).ravel()

    def __len__(self) -> int:
        return len(self.floors)

    def __repr__(self) -> str:
        return f"<Brackets {len(self)}: maintenance {self.rates[0]:.4g} to {self.rates[-1]:.4g}>"

    def _at(self, notional: float) -> int:
        return max(int(np.searchsorted(self.floors, notional, side="right")) - 1, 0)


def _amounts(floors: Sequence[float], rates: Sequence[float]) -> tuple[float, ...]:
    """Return what each bracket takes off, so that maintenance has no steps."""
    amounts = [0.0]
    for k in range(1, len(floors)):
        amounts.append(amounts[-1] + floors[k] * (rates[k] - rates[k - 1]))
    return tuple(amounts)


def _check(table: list[tuple[float, ...]]) -> None:
    """Raise unless the brackets cover every notional once, dearer and dearer."""
    if table[0][0] != 0.0:
        raise ValueError(f"the first bracket must begin at 0, began at {table[0][0]:g}")
    for k, (floor, cap, leverage, rate) in enumerate(table, 1):
        if not cap > floor:
            raise ValueError(f"bracket {k} must end above its floor {floor:g}, ended at {cap:g}")
        if not 0.0 < rate < 1.0:
            raise ValueError(
                f"bracket {k} must have a maintenance rate between 0 and 1, was {rate:g}"
            )
        if not leverage >= 1.0:
            raise ValueError(f"bracket {k} must allow a leverage of 1 or more, was {leverage:g}")
    for k, (before, after) in enumerate(pairwise(table), 2):
        if after[0] != before[1]:
            what = "a gap" if after[0] > before[1] else "an overlap"
            raise ValueError(
                f"brackets must follow each other: {what} between {before[1]:g}, where bracket "
                f"{k - 1} ends, and {after[0]:g}, where bracket {k} begins"
            )
        if after[3] < before[3] or after[2] > before[2]:
            raise ValueError(
                f"bracket {k} must have no lower maintenance rate and no higher leverage than the "
                f"one before: {before[3]:g} and {before[2]:g}, then {after[3]:g} and {after[2]:g}"
            )


def _parsed(source: Any) -> Any:
    if isinstance(source, str | Path):
        path = Path(source)
        data = path.read_bytes()
        return json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
    return source


def _of_symbol(parsed: Any, symbol: str | None) -> Sequence[Any]:
    """Return the brackets of one symbol, whichever of the layouts this is."""
    if isinstance(parsed, Mapping) and "brackets" in parsed:
        parsed = [parsed]
    if isinstance(parsed, Sequence) and parsed and "brackets" in parsed[0]:
        parsed = {entry.get("symbol") or entry["pair"]: entry["brackets"] for entry in parsed}
    if isinstance(parsed, Mapping):
        if symbol is None and len(parsed) == 1:
            return next(iter(parsed.values()))
        if symbol not in parsed:
            raise ValueError(_unknown(symbol, list(parsed)))
        return parsed[symbol]  # type: ignore[no-any-return]
    return parsed  # type: ignore[no-any-return]


def _unknown(symbol: str | None, known: list[str]) -> str:
    if symbol is None:
        return f"there are brackets of {len(known)} symbols: name one, such as {known[0]!r}"
    near = get_close_matches(symbol, known, n=2)
    hint = f" (did you mean {' or '.join(near)}?)" if near else ""
    return f"no brackets of {symbol!r} among {len(known)} symbols{hint}"


def _row(given: Mapping[str, Any]) -> tuple[float, float, float, float, float]:
    floor, cap, leverage, rate = (
        _number(given, names) for names in (FLOORS, CAPS, LEVERAGES, RATES)
    )
    inner = given.get("info")
    amount = given.get("cum", inner.get("cum") if isinstance(inner, Mapping) else None)
    return floor, cap, leverage, rate, np.nan if amount is None else float(amount)


def _number(given: Mapping[str, Any], names: Sequence[str]) -> float:
    for name in names:
        if given.get(name) is not None:
            return float(given[name])
    raise ValueError(f"a bracket lacks {' or '.join(names)}; it has {', '.join(given)}")
