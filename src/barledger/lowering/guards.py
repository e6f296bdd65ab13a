"""Stops as the kernel knows them: distances in fractions of the entry, or in prices."""

from typing import Any

import numpy as np

from barledger.data.bars import Bars
from barledger.features.volatility import average_true_range
from barledger.kernel import codes
from barledger.kernel.codes import Setting
from barledger.lowering.varying import Varying, shaped
from barledger.state import State
from barledger.stops import DISTANCES, Stops


def add_stops(
    varying: Varying, bars: Bars, stops: Stops | None, start: State | None
) -> dict[str, Any]:
    """Add the distances of stops; returns the fields of the rules that they set."""
    if stops is None:
        return {}
    if stops.unit == "atr" and start is not None and start.continuation is not None:
        raise ValueError(
            "Stops in atr cannot go on from a State: the average needs the bars before. Compute "
            "barledger.features.average_true_range on all bars and pass it with unit='price'"
        )
    unit = _unit(stops, bars)
    varying.add(Setting.STOP_UNIT, "Stops unit", 1.0 if unit is None else unit)
    for name in (*DISTANCES, "time"):
        value = getattr(stops, name)
        if value is not None and name != "time" and unit is not None:
            value = shaped(f"Stops {name}", value, *bars.shape) * unit
        varying.add(Setting[name.upper()], f"Stops {name}", value, missing=np.nan)
    return {
        **_ladders(varying, stops),
        "stop_path": codes.Path[stops.path.upper()],
        "stop_fill": codes.StopFill[stops.stop_fill.upper()],
        "when_added": codes.WhenAdded[stops.when_added.upper()],
        "stop_of_fraction": stops.unit == "fraction",
        "stop_of_level": stops.unit == "level",
        "stop_of_signal": stops.base == "signal",
        "stop_exit": codes.StopExit[stops.exit.upper()],
        "stop_offset": stops.limit_offset,
    }


def _ladders(varying: Varying, stops: Stops) -> dict[str, Any]:
    """Add the rungs of ladders, the last one closing all that is left where shares are 1 in all."""
    for which, rungs in ((Setting.LOSSES, stops.losses), (Setting.TARGETS, stops.targets)):
        if rungs is not None:
            pairs = np.asarray(rungs, np.float64).copy()
            if pairs[:, 1].sum() >= 1.0 - 1e-9:
                pairs[-1, 1] = np.inf
            varying.add_pairs(which, pairs)
    return {"has_ladder": stops.losses is not None or stops.targets is not None}


def _unit(stops: Stops, bars: Bars) -> Any:
    """Return what one unit of distance is in price, (1, N) or (T, N); None: a fraction."""
    if stops.unit == "fraction":
        return None
    if stops.unit in ("price", "level"):
        return 1.0
    if stops.unit == "ticks":
        ticks = np.array([[contract.tick for contract in bars.contracts]])
        if (ticks <= 0.0).any():
            lacking = bars.assets[int(np.argmin(ticks))]
            raise ValueError(f"Stops in ticks need contracts with a tick; {lacking} has none")
        return ticks
    if len(bars._high) == 0 or len(bars._low) == 0:
        raise ValueError("Stops in atr need bars with high and low")
    return average_true_range(bars._high, bars._low, bars._close, stops.atr_length)
