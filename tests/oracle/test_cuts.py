"""Leaving out quiet bars, cutting a run in pieces and resuming it change no bit."""

from dataclasses import fields, replace

import numpy as np
import pytest

from barledger.accounts import Cash
from barledger.kernel.codes import Reason
from barledger.lowering.drive import Run, run
from barledger.lowering.request import Request

from .kernel import request_of, without
from .pieces import split_at
from .worlds import Case, random_case

SEEDS = (*range(2000, 2600), 3561, 3785, 4901, 5535, 6957, 11779)
BY_BAR = ("bar", "placed")
WAYS = [{"skips": False}, {"stops": (1, 2, 5)}, {"stops": (0, 1, 2, 3, 4, 5, 6), "skips": False}]


def bits(array: np.ndarray) -> tuple[bytes, ...]:
    """An array's numbers as bytes, field by field: what pads a row may be anything."""
    names = array.dtype.names
    return tuple(array[name].tobytes() for name in names) if names else (array.tobytes(),)


def unlike(one: Run, other: Run) -> list[str]:
    """Names of the records whose bits differ."""
    names = [f.name for f in fields(one) if isinstance(getattr(one, f.name), np.ndarray)]
    return [name for name in names if bits(getattr(one, name)) != bits(getattr(other, name))]


@pytest.mark.parametrize("how", WAYS)
def test_visiting_every_bar_and_stopping_at_bars_change_no_bit(how):
    requests = ((seed, request_of(random_case(seed))) for seed in SEEDS)
    found = {seed: unlike(run(request), run(request, **how)) for seed, request in requests}
    assert {seed: names for seed, names in found.items() if names} == {}


def test_a_run_cut_in_two_and_resumed_gives_the_bits_of_the_whole():
    wrong = {}
    for seed in SEEDS:
        case = random_case(seed)
        if reads_an_earlier_row(case):
            continue
        bar = 1 + seed % (case.market.n_bars - 1)
        found = unlike_when_resumed(case, bar)
        if found:
            wrong[seed] = (bar, found)
    assert wrong == {}


def test_cash_that_settles_after_the_cut_is_not_lost_on_numbered_bars():
    wrong = []
    for seed in range(3000):
        case = random_case(seed)
        if case.arguments["account"] != Cash(settlement_days=2) or reads_an_earlier_row(case):
            continue
        case = without(case, splits=[], flows=[], unsettled=[])
        n_bars = case.market.n_bars
        whole = request_of(case)
        parts = (request_of(piece) for piece in split_at(case, n_bars // 2))
        first, second = (
            numbered(part, numbers)
            for part, numbers in zip(parts, np.split(np.arange(n_bars), [n_bars // 2]), strict=True)
        )
        found = unlike_in_parts(case, run(numbered(whole, np.arange(n_bars))), first, second)
        wrong += [(seed, found)] if found else []
    assert wrong == []


def numbered(request: Request, numbers: np.ndarray) -> Request:
    """The request with numbers in place of dates."""
    return replace(request, bars=replace(request.bars, time=numbers))


def reads_an_earlier_row(case: Case) -> bool:
    """Whether a bar needs a row that went with the first part: of `sequence`, a price, a wish."""
    arguments = case.arguments
    if arguments["delay"] != 0:
        return True
    liquidity = arguments["liquidity"]
    if liquidity is not None and liquidity.zero_volume in ("last_price", "spread"):
        return True
    if arguments["rules"].short_sale_rule == "rule_201":
        return True
    stops = arguments["stops"]
    if stops is not None and stops.unit == "atr":
        return True
    return not isinstance(arguments["rules"].sequence, str) and arguments["fill"] != "close"


def unlike_when_resumed(case: Case, bar: int) -> list[str]:
    """Records that differ between the whole run and its two parts laid end to end."""
    whole = run(request_of(case))
    first, second = (request_of(piece) for piece in split_at(case, bar))
    return unlike_in_parts(case, whole, first, second)


def unlike_in_parts(case: Case, whole: Run, first: Request, second: Request) -> list[str]:
    before = run(first)
    after = run(replace(second, start=before.state))
    bar = len(first.bars)
    if ends_with_its_date(case, before):
        return []
    if len(told_twice(before)):  # an order that goes on is told by both parts
        return unlike_fills(whole, before, after, bar)
    expected = {
        "equity": np.concatenate([before.equity, after.equity]),
        "counts": before.counts + after.counts,
        "rejected": before.rejected + after.rejected,
        **{name: joined(name, before, after, bar) for name in LOGS},
    }
    return [name for name, array in expected.items() if bits(getattr(whole, name)) != bits(array)]


def ends_with_its_date(case: Case, ran: Run) -> bool:
    """Whether the last bar replaces an order whose date ends with it, which only the whole knows."""
    rests = case.arguments["resting"]
    if case.arguments["rules"].entry_tif != "day" and (rests is None or rests.tif == "gtc"):
        return False
    is_late = ran.orders["bar"] == len(ran.request.bars) - 1
    is_late &= ran.orders["placed"] < ran.orders["bar"]
    return bool((is_late & (ran.orders["reason"] == Reason.REPLACED)).any())


def told_twice(ran: Run) -> np.ndarray:
    """Orders that wait at the end of a run with a part filled."""
    return ran.waiting[ran.waiting["order"] >= 0]


def unlike_fills(whole: Run, before: Run, after: Run, bar: int) -> list[str]:
    """Records that differ, the numbers of orders left aside."""
    found = []
    for name in ("fills", "entries", "incidents"):
        rows, parts = getattr(whole, name).copy(), joined(name, before, after, bar)
        if name == "fills":
            rows["order"] = parts["order"] = 0
        found += [name] if bits(rows) != bits(parts) else []
    equity = np.concatenate([before.equity, after.equity])
    return found + (["equity"] if bits(whole.equity) != bits(equity) else [])


LOGS = ("orders", "fills", "entries", "incidents")


def joined(name: str, before: Run, after: Run, bar: int) -> np.ndarray:
    """One log of two runs, the bars and numbers of the second counted on."""
    rows = getattr(after, name).copy()
    for column in rows.dtype.names:
        if column in BY_BAR:
            rows[column] += bar
        elif column == "order":
            rows[column] += len(before.orders)
        elif column == "after":
            rows[column] += len(before.fills)
    return np.concatenate([getattr(before, name), rows])
