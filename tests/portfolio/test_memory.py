"""Logs lend their memory to the next run: no result may notice."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np

import barledger as bl
from barledger.kernel.types import MARKET_ORDER, ORDER
from barledger.lowering import memory


def run(seed: int, n_assets: int = 20, stops: bl.Stops | None = None) -> bl.Result:
    rng = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, (200, n_assets)), axis=0))
    entries, exits = rng.random((2, 200, n_assets)) < 0.2
    return bl.Portfolio.from_signals(
        bl.Bars.from_arrays(close),
        entries,
        exits,
        size=bl.PercentOfEquity(0.02),
        fees=0.001,
        stops=stops,
    )


def told(result: bl.Result) -> str:
    book = result.books[0]
    return repr([rows.tolist() for rows in (book.orders, book.fills, book.incidents)])


def test_a_result_keeps_its_records_while_others_run():
    first = run(1)
    before = told(first)
    others = [run(seed) for seed in range(2, 6)]
    assert told(first) == before
    assert len({told(other) for other in others}) == len(others)


def test_runs_in_threads_are_those_of_one_thread():
    alone = [told(run(seed)) for seed in range(8)]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda seed: told(run(seed)), range(8))) == alone


def test_records_take_the_memory_of_their_rows():
    for rows in (run(1).books[0].fills, run(1).books[0].orders):
        assert rows.base is None
        assert rows.flags.owndata


def test_orders_at_the_market_are_kept_without_what_others_wait_for():
    plain, stopped = run(1), run(1, stops=bl.Stops(loss=0.05))
    assert plain.books[0].orders.dtype == MARKET_ORDER
    assert MARKET_ORDER.itemsize == 32
    assert stopped.books[0].orders.dtype == ORDER
    untold = plain.orders.select("level", "stop", "tif", "until")
    assert untold.null_count().row(0) == (plain.orders.height,) * 4
    assert plain.orders.schema == stopped.orders.schema
    assert stopped.orders["level"].null_count() < stopped.orders.height


def test_a_log_that_is_too_small_or_too_large_is_not_lent(monkeypatch):
    monkeypatch.setattr(memory, "_lent", threading.local())
    small = memory.borrow("fills", 10)
    kept = memory.give_back("fills", small, 3)
    assert len(kept) == 3
    assert memory.borrow("fills", 10) is small
    memory.give_back("fills", small, 3)
    assert len(memory.borrow("fills", 11)) == 11
    monkeypatch.setattr(memory, "MOST_LENT", 0)
    assert memory.give_back("fills", small, 2) is small
    assert len(small) == 2
