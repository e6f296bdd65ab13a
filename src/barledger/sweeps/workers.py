"""Run the chunks of a sweep through an executor: threads, processes, a cluster."""

import os
import pickle
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from barledger.sweeps.job import Job

CHUNK = 256  # variants
AHEAD = 4  # chunks in the air for each worker
KEPT_JOBS = 4  # jobs that a process remembers


class Chunk(NamedTuple):
    """Some variants: their numbers (n,) and their choices (P, n)."""

    numbers: npt.NDArray[np.int64]
    choices: npt.NDArray[np.int32]


class Done(NamedTuple):
    """What a chunk came to: metrics (n, metrics), and sums of returns or what was made of them."""

    chunk: Chunk
    metrics: npt.NDArray[np.float64]
    sums: Any


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The user pressed Ctrl-C; what had been done is kept."""


def chunks_of(
    job: Job, numbers: npt.NDArray[np.int64], choices: npt.NDArray[np.int32], size: int
) -> list[Chunk]:
    """Cut variants into chunks, those with the same options one after another."""
    options = [row for row, name in enumerate(job.values) if name not in job.names]
    if options:
        numbers = numbers[np.lexsort(choices[options][:, numbers])]
    return [
        Chunk(numbers[i : i + size], np.ascontiguousarray(choices[:, numbers[i : i + size]]))
        for i in range(0, len(numbers), size)
    ]


def run_all(
    job: Job, chunks: Sequence[Chunk], executor: Executor | int | None
) -> Iterator[Done | Interrupted]:
    """Run chunks anywhere and yield each as it is done, in any order."""
    if executor is not None and not isinstance(executor, int):
        if not callable(getattr(executor, "submit", None)):
            raise TypeError(
                f"executor must be a concurrent.futures.Executor, a number of threads or None, "
                f"was {executor!r}"
            )
        is_here = isinstance(executor, ThreadPoolExecutor)
        yield from _drained(_local(job, executor) if is_here else _remote(job, executor), chunks)
        return
    if isinstance(executor, bool) or (executor is not None and executor < 1):
        raise ValueError(f"executor as a number of threads must be >= 1, was {executor!r}")
    with ThreadPoolExecutor(executor or os.cpu_count()) as threads:
        yield from _drained(_local(job, threads), chunks)


Submit = Callable[[Chunk], "Future[Any]"]


def _local(job: Job, executor: Executor) -> tuple[Submit, Submit, Submit, int]:
    def submit(chunk: Chunk) -> "Future[Any]":
        return executor.submit(job.run, *chunk)

    return submit, submit, submit, _workers(executor)


def _workers(executor: Any) -> int:
    known = getattr(executor, "_max_workers", None)
    return int(known) if isinstance(known, int) else (os.cpu_count() or 1)


def _remote(job: Job, executor: Executor) -> tuple[Submit, Submit, Submit, int]:
    """Submit to processes: the job travels to each once, when it is missed there."""
    name, parcel = job.parcel

    def submit(chunk: Chunk) -> "Future[Any]":
        return executor.submit(run_remote, name, None, *chunk)

    def submit_with_job(chunk: Chunk) -> "Future[Any]":
        return executor.submit(run_remote, name, parcel, *chunk)

    was_sent, job.sent_through = job.sent_through is executor, executor
    first = submit if was_sent else submit_with_job
    return submit, first, submit_with_job, _workers(executor)


_jobs: "OrderedDict[str, Job]" = OrderedDict()


def run_remote(
    name: str,
    parcel: bytes | None,
    numbers: npt.NDArray[np.int64],
    choices: npt.NDArray[np.int32],
) -> Any:
    """Run a chunk of a job that this process knows; None when it does not."""
    if name not in _jobs:
        if parcel is None:
            return None
        _jobs[name] = pickle.loads(parcel)
        while len(_jobs) > KEPT_JOBS:
            _jobs.popitem(last=False)
    return _jobs[name].run(numbers, choices)


def _drained(way: tuple[Submit, Submit, Submit, int], chunks: Sequence[Chunk]) -> Iterator[Any]:
    """Keep some chunks in the air; only when the first have come back, more than one a worker."""
    submit, first, submit_with_job, workers = way
    waiting = list(reversed(chunks))
    air: dict[Future[Any], Chunk] = {}
    send, most = first, workers
    try:
        while True:
            while waiting and len(air) < most:
                air[send(waiting[-1])] = waiting[-1]
                waiting.pop()
            if not air:
                return
            send, most = submit, AHEAD * workers
            for future in wait(air, return_when=FIRST_COMPLETED).done:
                chunk = air.pop(future)
                found = future.result()
                if found is None:
                    air[submit_with_job(chunk)] = chunk
                else:
                    yield Done(chunk, *found)
    except KeyboardInterrupt:
        _cancel(air)
        for future, chunk in air.items():
            if not future.cancelled() and future.exception() is None and future.result():
                yield Done(chunk, *future.result())
        yield Interrupted()
    finally:
        _cancel(air)


def _cancel(air: "dict[Future[Any], Chunk]") -> None:
    for future in air:
        future.cancel()
