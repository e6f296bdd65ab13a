"""Whatever runs the chunks, in whatever order, and however often it is stopped: the same table."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numba
import numpy as np
import pytest

import barledger as bl
from barledger.sweeps import workers
from sweep.market import crosses, raises_at_seven, walk

GRID = {"fast": range(2, 40), "slow": range(3, 41)}
PLAIN = bool(numba.config.DISABLE_JIT)
TESTS = Path(__file__).parents[1]


class Backwards(Executor):
    """Runs what it is given only when asked for, the last first, as if in another process."""

    def __init__(self):
        self.waiting = []

    def submit(self, function, *args):
        future = Future()
        self.waiting.append((future, function, args))
        if len(self.waiting) > 2:
            self.flush()
        return future

    def flush(self):
        while self.waiting:
            future, function, args = self.waiting.pop()
            future.set_result(function(*args))


class Counting(ThreadPoolExecutor):
    """Counts the variants that it runs, and presses Ctrl-C after some chunks."""

    def __init__(self, stops_after=10**9):
        super().__init__(1)
        self.variants, self.chunks, self.stops_after = 0, 0, stops_after

    def submit(self, function, numbers, choices):
        self.variants += len(numbers)
        self.chunks += 1
        if self.chunks > self.stops_after:
            raise KeyboardInterrupt
        return super().submit(function, numbers, choices)


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr("barledger.sweeps.sweep.CHUNK", 50)
    monkeypatch.setattr("barledger.sweeps.workers.LARGE", 0)


@pytest.mark.skipif(PLAIN, reason="processes would simulate in plain Python")
@pytest.mark.parametrize("way", ["spawn", "fork"])
def test_a_process_pool_gives_the_same_bits(way, small_chunks):
    bars = walk(300, 2)
    with ProcessPoolExecutor(2, mp_context=get_context(way)) as pool:
        away = crosses(bars, **GRID, executor=pool)
    assert away.table.equals(crosses(bars, **GRID).table)


@pytest.mark.skipif(PLAIN, reason="processes would simulate in plain Python")
def test_a_rule_of_ones_own_travels_to_another_process():
    @bl.rule("days")
    def falls(bars, params, flags, scratch):
        for i in range(int(params.days), flags.size):
            flags[i] = 1 if bars.close[i] < bars.close[i - int(params.days)] else 2

    bars = walk(200)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        away = bl.sweep(falls, bars, days=[1, 2], executor=pool).run()
    assert away.table.equals(bl.sweep(falls, bars, days=[1, 2]).run().table)


def test_chunks_may_come_back_in_any_order(small_chunks, monkeypatch):
    bars = walk(200)
    executor = Backwards()
    patient = workers.wait
    monkeypatch.setattr(
        workers, "wait", lambda air, **way: (executor.flush(), patient(air, **way))[1]
    )
    assert crosses(bars, **GRID, executor=executor).table.equals(crosses(bars, **GRID).table)


def test_the_bars_travel_once_to_each_process(small_chunks, monkeypatch):
    sent = []
    here = workers.run_remote

    def counted(name, parcel, chunks):
        sent.append(parcel is not None)
        return here(name, parcel, chunks)

    monkeypatch.setattr(workers, "run_remote", counted)
    executor = Backwards()
    patient = workers.wait
    monkeypatch.setattr(
        workers, "wait", lambda air, **way: (executor.flush(), patient(air, **way))[1]
    )
    crosses(walk(100), **GRID, executor=executor)
    assert sum(sent) == min(os.cpu_count() or 1, len(sent)) < len(sent)


def test_chunks_go_away_in_parcels_that_take_a_while():
    away = workers.Away(crosses(walk(60)).job, Backwards())
    assert away.count(1000, 2) == 1  # nothing is known yet
    assert away.found((0.08, [1, 2, 3, 4])) == [1, 2, 3, 4]
    assert away.count(1000, 2) == 10  # of 20 ms each
    assert away.count(12, 2) == 3  # and none waits for the last worker
    assert away.count(1, 2) == 1


@pytest.mark.skipif(PLAIN, reason="processes would simulate in plain Python")
def test_an_error_in_another_process_names_the_variant():
    with ProcessPoolExecutor(1) as pool, pytest.raises(bl.RuleError, match=r"variant 6 \(number=7"):
        bl.sweep(raises_at_seven, walk(50), number=range(1, 20), executor=pool).run()


def test_ctrl_c_keeps_what_is_finished(small_chunks):
    whole = crosses(walk(200), **GRID).table
    run = crosses(walk(200), **GRID, executor=Counting(stops_after=6))
    assert not run.is_complete
    assert 50 <= run.table.height < whole.height
    assert run.table.equals(whole.filter(whole["variant"].is_in(run.table["variant"])))
    assert "stopped after" in repr(run)


def test_a_sweep_goes_on_from_its_checkpoint_without_repeating(small_chunks, tmp_path):
    def wanted(executor):
        return bl.sweep(
            bl.rules.sma_cross, walk(200), **GRID, where="fast < slow", executor=executor
        )

    first = wanted(Counting(stops_after=6)).run(tmp_path / "kept")
    rest = Counting()
    second = wanted(rest).run(tmp_path / "kept")
    assert rest.variants == len(second.grid) - first.table.height
    assert second.table.equals(wanted(1).run().table)
    third = Counting()
    assert wanted(third).run(tmp_path / "kept").table.equals(second.table)
    assert third.variants == 0


def test_the_checkpoint_of_another_sweep_is_refused(tmp_path):
    def wanted(**more):
        return bl.sweep(bl.rules.sma_cross, walk(100), fast=[2], slow=[5, 9], **more)

    wanted().run(tmp_path)
    for more in ({"fees": 0.01}, {"metrics": ["sharpe"]}, {"where": "slow > 5"}, {"size": 3}):
        with pytest.raises(ValueError, match="belongs to another sweep"):
            wanted(**more).run(tmp_path)


KILLED = """
import sys, time
sys.path.insert(0, sys.argv[2])
import barledger as bl
from barledger.sweeps import sheet, sweep, workers
from sweep.market import walk
sheet.SECONDS, sweep.CHUNK, workers.LARGE = 0.0, 20, 0
slow = lambda done, total, seconds: time.sleep(0.02)
bl.sweep(
    bl.rules.sma_cross, walk(200), fast=range(2, 40), slow=range(3, 41), where="fast < slow",
    progress=slow,
).run(sys.argv[1])
"""


@pytest.mark.skipif(PLAIN or sys.platform == "win32", reason="needs SIGKILL and the compiler")
def test_a_sweep_killed_in_the_middle_goes_on_to_the_same_table(tmp_path):
    crosses(walk(200), fast=[2])  # the code is on disk
    command = [sys.executable, "-c", KILLED, str(tmp_path), str(TESTS)]
    process = subprocess.Popen(command, env=os.environ, start_new_session=True)
    try:
        deadline = time.monotonic() + 60
        while len(list(tmp_path.glob("part-*.parquet"))) < 3 and time.monotonic() < deadline:
            time.sleep(0.005)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    counting = Counting()
    bars = walk(200)
    run = bl.sweep(bl.rules.sma_cross, bars, **GRID, where="fast < slow", executor=counting).run(
        tmp_path
    )
    assert 0 < counting.variants < len(run.grid)
    assert run.table.equals(
        bl.sweep(bl.rules.sma_cross, bars, **GRID, where="fast < slow").run().table
    )


def test_progress_tells_how_far_it_is(small_chunks):
    told = []
    run = crosses(walk(50), **GRID, progress=lambda *numbers: told.append(numbers), executor=1)
    done = [each[0] for each in told]
    assert done == sorted(done)
    assert told[-1][:2] == (run.table.height, run.table.height)
    assert len(told) == -(-run.table.height // 50)


def test_dask_gives_the_same_bits(small_chunks):
    distributed = pytest.importorskip("distributed")
    bars = walk(300)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=not PLAIN, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        away = crosses(bars, **GRID, executor=client.get_executor())
    assert away.table.equals(crosses(bars, **GRID).table)


@pytest.mark.skipif(PLAIN, reason="slow in plain Python")
def test_the_memory_of_a_sweep_does_not_grow_with_its_variants():
    import tracemalloc

    bars = walk(2000)
    peaks = []
    for high in (12, 60):
        wanted = bl.sweep(
            bl.rules.sma_cross, bars, fast=range(2, 12), slow=range(12, 12 + high), executor=1
        )
        wanted.job.ready()
        wanted.run()
        tracemalloc.start()
        wanted.run()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 480 * 400  # bytes a variant, far below its 2,000 bars
    assert np.isfinite(peaks).all()
