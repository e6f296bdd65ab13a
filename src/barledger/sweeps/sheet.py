"""Where a sweep's numbers are collected, and kept on disk while it runs."""

import json
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from barledger.sweeps.grid import Grid
from barledger.sweeps.job import Job
from barledger.sweeps.workers import Done

SECONDS = 0.5  # between two writings


class Sheet:
    """Metrics of all variants (V, metrics), and which of them are known."""

    def __init__(self, count: int, n_metrics: int) -> None:
        self.metrics = np.full((count, n_metrics), np.nan)
        self.is_known = np.zeros(count, np.bool_)

    def put(self, done: Done) -> None:
        """Write down a chunk."""
        self.metrics[done.chunk.numbers] = done.metrics
        self.is_known[done.chunk.numbers] = True


class Checkpoint:
    """A folder of parquet files, each some chunks of one sweep; whole or not there at all."""

    def __init__(self, folder: Path, job: Job, grid: Grid) -> None:
        self.folder, self.names = folder, job.metrics
        self.waiting: list[Done] = []
        self.written = time.monotonic()
        folder.mkdir(parents=True, exist_ok=True)
        mine = {"sweep": digest_of(job, grid), "variants": len(grid), "metrics": list(job.metrics)}
        label = folder / "sweep.json"
        if label.exists():
            _compare(json.loads(label.read_text()), mine, folder)
        else:
            label.write_text(json.dumps(mine))

    def read(self, sheet: Sheet) -> None:
        """Take over what an earlier run had finished."""
        import polars as pl

        for part in sorted(self.folder.glob("part-*.parquet")):
            frame = pl.read_parquet(part)
            numbers = frame["variant"].to_numpy()
            sheet.metrics[numbers] = frame.select(self.names).to_numpy()
            sheet.is_known[numbers] = True

    def put(self, done: Done) -> None:
        """Keep a chunk; it is written soon."""
        self.waiting.append(done)
        if time.monotonic() - self.written > SECONDS:
            self.write()

    def write(self) -> None:
        """Write what is waiting into one more file."""
        import polars as pl

        if not self.waiting:
            return
        numbers = np.concatenate([done.chunk.numbers for done in self.waiting])
        metrics = np.concatenate([done.metrics for done in self.waiting])
        columns: dict[str, npt.NDArray[Any]] = {"variant": numbers}
        columns |= {name: metrics[:, k] for k, name in enumerate(self.names)}
        path = self.folder / f"part-{int(numbers[0]):010d}-{time.time_ns()}.parquet"
        draft = path.with_suffix(".draft")
        pl.DataFrame(columns).write_parquet(draft)
        draft.replace(path)
        self.waiting.clear()
        self.written = time.monotonic()


def _compare(found: dict[str, Any], mine: dict[str, Any], folder: Path) -> None:
    if found != mine:
        raise ValueError(
            f"checkpoint {str(folder)!r} belongs to another sweep (other rule, bars, options, grid "
            "or metrics): choose another folder, or delete it"
        )


def digest_of(job: Job, grid: Grid) -> str:
    """Digest of all that decides a sweep's numbers."""
    from numba import cloudpickle

    from barledger import __version__
    from barledger.rules.rule import Rule

    mark = sha256(f"{__version__} {job.bars.digest} {job.size!r} {job.metrics}".encode())
    mark.update(repr(sorted(job.options.items())).encode())
    mark.update(repr(job.values).encode())
    mark.update(grid.choices.tobytes())
    functions: list[Any] = [metric.function for metric in job.measures.own]
    if isinstance(job.rule, Rule):
        mark.update(repr(job.names).encode())
        functions.append(job.rule.function)
    for function in functions:
        code = function.__code__
        mark.update(code.co_code + repr((code.co_consts, code.co_names)).encode())
    if not isinstance(job.rule, Rule):
        mark.update(cloudpickle.dumps({k: v.tobytes() for k, v in job.rule.arrays.items()}))
    return mark.hexdigest()
