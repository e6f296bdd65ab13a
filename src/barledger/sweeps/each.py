"""Many assets, each alone in an account of its own: a job for each column of the bars."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from barledger.lowering.request import Request
from barledger.options import PercentOfEquity
from barledger.portfolio import money_of_accounts, starts_of_accounts
from barledger.result import Result
from barledger.sweeps.given import Signals
from barledger.sweeps.job import Choices, Floats, Ints, Job

ASSET = "asset"  # the parameter that says whose account it is


@dataclass(eq=False)
class EachJob(Job):
    """A job whose first parameter is the asset; all that is shared are the options."""

    @cached_property
    def _jobs(self) -> dict[int, "OneJob"]:
        return {}

    def ready(self) -> None:
        """Nothing is shared: each asset's job makes ready what it needs."""

    def alone(self, asset: int) -> "OneJob":
        """Return the job of one asset."""
        with self._lock:
            if asset not in self._jobs:
                self._jobs[asset] = self._made(asset)
            return self._jobs[asset]

    def _made(self, asset: int) -> "OneJob":
        rule = self.rule
        if isinstance(rule, Signals):
            arrays = rule.arrays.items()
            rule = Signals(**{name: _column(array, asset) for name, array in arrays})
        shared = ("size", "options", "names", "measures", "edges", "reduce")
        job = OneJob(
            rule=rule,
            bars=self.bars[[self.bars.assets[asset]]],
            values={name: each for name, each in self.values.items() if name != ASSET},
            **{name: getattr(self, name) for name in shared},
        )
        job.whole, job.column = self, asset
        return job

    def collect(self, numbers: Ints, choices: Choices) -> tuple[Floats, Floats, Floats]:
        """As that of a job; one asset's variants after another's."""
        out = self.sheets(len(numbers))
        for asset in np.unique(choices[0]).tolist():
            rows = np.flatnonzero(choices[0] == asset)
            part = np.ascontiguousarray(choices[1:, rows])
            found = self.alone(asset).collect(numbers[rows], part)
            for whole, each in zip(out, found, strict=True):
                whole[rows] = each
        return out

    def request_of_all(self, given: Mapping[str, Any], record: str) -> Request:
        """Return the request of all assets, of which each takes its columns."""
        size = PercentOfEquity(1.0) if self.size is None else self.size
        return Job.request(replace(self, size=size), given, record)

    def request(self, given: Mapping[str, Any], record: str = "metrics") -> Request:
        """Return one variant's request, that of its asset."""
        others = {name: value for name, value in given.items() if name != ASSET}
        return self.alone(self.bars.assets.index(given[ASSET])).request(others, record)

    def replayed(self, choice: npt.NDArray[np.int32], record: str = "full") -> Result:
        """Return the result of one variant, run again alone."""
        return self.alone(int(choice[0])).replayed(choice[1:], record)

    def signals(self, choice: npt.NDArray[np.int32]) -> npt.NDArray[np.int8]:
        """Return the flags of one variant, (T, 1)."""
        return self.alone(int(choice[0])).signals(choice[1:])

    def check(self, number: int, choice: npt.NDArray[np.int32]) -> None:
        """As that of a job."""
        self.alone(int(choice[0])).check(number, choice[1:])

    def check_metrics(self, number: int, choice: npt.NDArray[np.int32]) -> None:
        """As that of a job."""
        self.alone(int(choice[0])).check_metrics(number, choice[1:])


@dataclass(eq=False)
class OneJob(Job):
    """The job of one asset of a whole one."""

    whole: Any = None
    column: int = 0

    def request(self, given: Mapping[str, Any], record: str = "metrics") -> Request:
        """Return one variant's request."""
        whole: EachJob = self.whole
        options, count = whole.options, whole.bars.shape[1]
        cash = money_of_accounts(options.get("initial_cash", 100_000.0), count)[self.column]
        start = starts_of_accounts(options.get("start"), count)[self.column]
        return whole.request_of_all(given, record).of((self.column,), float(cash), start)

    def _shown(self, number: int, choice: npt.NDArray[np.int32]) -> str:
        asset = self.whole.bars.assets[self.column]
        return super()._shown(number, choice).replace("(", f"({ASSET}={asset!r}, ", 1)


def _column(array: npt.NDArray[np.bool_], asset: int) -> npt.NDArray[np.bool_]:
    return array[:, asset] if array.ndim == 3 else array
