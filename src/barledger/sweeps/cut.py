"""A part in time of a sweep's job: its bars, and the options and signals that vary by bar."""

from dataclasses import replace
from typing import Any

import numpy as np

from barledger._param import names_in
from barledger.lowering.sizes import as_size
from barledger.options import VolatilityTarget, _Option
from barledger.stops import Stops
from barledger.sweeps.given import Signals
from barledger.sweeps.job import Job


def between(job: Job, first: int, stop: int) -> Job:
    """Return the job for bars [first, stop); what looks back sees the bars before."""
    size, shape = job.size, job.bars.shape
    if isinstance(size, VolatilityTarget) and not names_in(size):
        size = as_size(size, job.bars)
    options = {name: _part(value, shape, first, stop) for name, value in job.options.items()}
    events = job.options.get("events", job.bars.events)
    if events is not None:
        options["events"] = events.between(job.bars, first, stop)
    return replace(
        job,
        rule=_signals(job.rule, first, stop) if isinstance(job.rule, Signals) else job.rule,
        bars=job.bars[first:stop],
        size=_part(size, shape, first, stop),
        options=options,
    )


def uncuttable(job: Job) -> str | None:
    """Return the name of what would lose its past where the bars are cut, if there is such."""
    stops = job.options.get("stops")
    if isinstance(stops, Stops) and stops.unit == "atr":
        return "Stops in atr"
    if isinstance(job.size, VolatilityTarget) and names_in(job.size):
        return "VolatilityTarget with param"
    chosen = [value for name in job.values if name not in job.names for value in job.values[name]]
    if any(np.ndim(value) > 0 or isinstance(value, VolatilityTarget) for value in chosen):
        return "arrays among the values of a param"
    return None


def _part(value: Any, shape: tuple[int, int], first: int, stop: int) -> Any:
    if isinstance(value, _Option):
        return value.map(lambda each: _part(each, shape, first, stop))
    if isinstance(value, np.ndarray) and value.ndim > 0 and len(value) == shape[0]:
        if value.ndim == 2 or shape[1] == 1:
            return np.ascontiguousarray(value[first:stop])
    return value


def _signals(signals: Signals, first: int, stop: int) -> Signals:
    return Signals(**{name: array[first:stop] for name, array in signals.arrays.items()})
