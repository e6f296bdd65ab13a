"""Run the chunks of a sweep through an executor: threads, processes, a cluster."""

import os
import pickle
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from barledger.sweeps.job import Job

CHUNK = 256  # variants
LARGE = 5_000_000  # cells of all variants of a chunk: some ten milliseconds
AHEAD = 4  # chunks in the air for each worker
KEPT_JOBS = 4  # jobs that a process remembers
PARCEL = 0.2  # seconds that what is sent away at once should take


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


def sizes_of(count: int, cells: int, workers: int, least: int = CHUNK) -> list[int]:
    """Return the sizes of chunks for threads: large ones first, that none waits long at the end.

    Each costs some Python; of many `cells` none is larger than `least`, to be told of and stopped.
    """
    sizes, most, workers = [], max(least, LARGE // cells), max(workers, 1)
    while count > 0:
        sizes.append(min(count, most, max(least, count // (2 * workers))))
        count -= sizes[-1]
    return sizes


def chunks_of(
    job: Job,
    numbers: npt.NDArray[np.int64],
    choices: npt.NDArray[np.int32],
    size: int | Sequence[int],
) -> list[Chunk]:
    """Cut variants into chunks of one size or of several, those with the same options in a row."""
    options = [row for row, name in enumerate(job.values) if name not in job.names]
    if options:
        numbers = numbers[np.lexsort(choices[options][:, numbers])]
    if isinstance(size, int):
        ends = list(range(size, len(numbers) + size, size))
    else:
        ends = np.cumsum(size).tolist()
    parts = [numbers[i:j] for i, j in zip([0, *ends], ends, strict=False)]
    return [Chunk(part, np.ascontiguousarray(choices[:, part])) for part in parts]


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
        way = Here(job, executor) if is_here else Away(job, executor)
        yield from _drained(way, chunks, workers_of(executor))
        return
    if isinstance(executor, bool) or (executor is not None and executor < 1):
        raise ValueError(f"executor as a number of threads must be >= 1, was {executor!r}")
    with ThreadPoolExecutor(executor or os.cpu_count()) as threads:
        yield from _drained(Here(job, threads), chunks, workers_of(threads))


def are_threads(executor: Any) -> bool:
    """Whether an executor's workers are threads of this process."""
    return executor is None or isinstance(executor, int | ThreadPoolExecutor)


def workers_of(executor: Any) -> int:
    """Return how many workers an executor has, as far as it tells."""
    known = executor if isinstance(executor, int) else getattr(executor, "_max_workers", None)
    return int(known) if isinstance(known, int) else (os.cpu_count() or 1)


class Here:
    """The way to threads of this process: each chunk by itself."""

    is_first = False

    def __init__(self, job: Job, executor: Executor) -> None:
        self.job, self.executor = job, executor

    def count(self, left: int, workers: int) -> int:
        """How many chunks go at once."""
        return 1

    def send(self, chunks: Sequence[Chunk]) -> "Future[Any]":
        """Send a chunk."""
        return self.executor.submit(self.job.run, *chunks[0])

    def found(self, answer: Any) -> Any:
        """Return what each chunk of an answer came to; None: it must be sent again."""
        return [answer]


class Away:
    """The way to other processes: the job travels to each once, when it is missed there.

    Chunks go in parcels that take about `PARCEL` seconds: a cluster may need milliseconds for
    each, a chunk less than one.
    """

    def __init__(self, job: Job, executor: Executor) -> None:
        self.name, self.parcel = job.parcel
        self.executor, self.seconds = executor, PARCEL
        self.is_first = job.sent_through is not executor
        job.sent_through = executor

    def count(self, left: int, workers: int) -> int:
        """How many chunks go at once: fewer towards the end, that no worker waits long for another.

        Never less than a quarter of what a parcel should be.
        """
        share = max(left // (2 * workers), int(0.25 * PARCEL / self.seconds))
        return max(1, min(share, int(PARCEL / self.seconds), left))

    def send(self, chunks: Sequence[Chunk]) -> "Future[Any]":
        """Send some chunks, the job with them where nobody can know it yet."""
        job = self.parcel if self.is_first else None
        return self.executor.submit(run_remote, self.name, job, chunks)

    def send_again(self, chunks: Sequence[Chunk]) -> "Future[Any]":
        """Send some chunks to one who has missed the job."""
        return self.executor.submit(run_remote, self.name, self.parcel, chunks)

    def found(self, answer: Any) -> Any:
        """Return what each chunk of an answer came to; None: it must be sent again."""
        if answer is None:
            return None
        seconds, found = answer
        self.seconds = max(seconds / len(found), 1e-6)
        return found


_jobs: "OrderedDict[str, Job]" = OrderedDict()


def run_remote(name: str, parcel: bytes | None, chunks: Sequence[Chunk]) -> Any:
    """Run chunks of a job that this process knows; None when it does not.

    Returns the seconds that it took, and what each came to.
    """
    if name not in _jobs:
        if parcel is None:
            return None
        _jobs[name] = pickle.loads(parcel)
        while len(_jobs) > KEPT_JOBS:
            _jobs.popitem(last=False)
    start = time.perf_counter()
    found = [_jobs[name].run(*chunk) for chunk in chunks]
    return time.perf_counter() - start, found


def _drained(way: Here | Away, chunks: Sequence[Chunk], workers: int) -> Iterator[Any]:
    """Keep some chunks in the air; only when the first have come back, more than one a worker."""
    waiting = list(reversed(chunks))
    some: Sequence[Chunk]
    air: dict[Future[Any], Sequence[Chunk]] = {}
    most = workers
    try:
        while True:
            while waiting and len(air) < most:
                count = way.count(len(waiting), workers)
                some = waiting[-count:][::-1]
                air[way.send(some)] = some
                del waiting[-count:]
            if not air:
                return
            way.is_first, most = False, AHEAD * workers
            for future in wait(air, return_when=FIRST_COMPLETED).done:
                some = air.pop(future)
                found = way.found(future.result())
                if found is None:
                    air[way.send_again(some)] = some  # type: ignore[union-attr]
                else:
                    yield from (Done(chunk, *each) for chunk, each in zip(some, found, strict=True))
    except KeyboardInterrupt:
        _cancel(air)
        for future, some in air.items():
            if not future.cancelled() and future.exception() is None:
                found = way.found(future.result()) or ()
                yield from (Done(chunk, *each) for chunk, each in zip(some, found, strict=False))
        yield Interrupted()
    finally:
        _cancel(air)


def _cancel(air: "dict[Future[Any], Sequence[Chunk]]") -> None:
    for future in air:
        future.cancel()
