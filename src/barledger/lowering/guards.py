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
    for name in (*DISTANCES, "time"):
        value = getattr(stops, name)
        if value is not None and name != "time" and unit is not None:
            value = shaped(f"Stops {name}", value, *bars.shape) * unit
        varying.add(Setting[name.upper()], f"Stops {name}", value, missing=np.nan)
    return {
        "stop_path": codes.Path[stops.path.upper()],
        "stop_fill": codes.StopFill[stops.stop_fill.upper()],
        "when_added": codes.WhenAdded[stops.when_added.upper()],
        "stop_of_fraction": stops.unit == "fraction",
    }


def _unit(stops: Stops, bars: Bars) -> Any:
    """Return what one unit of distance is in price, (1, N) or (T, N); None: a fraction."""
    if stops.unit == "fraction":
        return None
    if stops.unit == "price":
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
