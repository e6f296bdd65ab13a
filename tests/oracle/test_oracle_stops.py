"""Stops of the oracle: the table worked by hand, its mirror, and random worlds."""

import numpy as np
import pytest

from barledger.accounts import Unlimited
from barledger.instruments.contract import Contract
from barledger.options import Rules

from .engine import simulate
from .levels import StopTerms
from .market import Market, Outcome, Wishes
from .stop_cases import CASES, StopCase
from .worlds import random_case

STOP_CAUSES = ("stop_loss", "trailing_stop", "target_hit", "time_stop")
FAR = 1e12
NEVER = {
    "loss": FAR,
    "target": FAR,
    "trail": FAR,
    "trail_after": FAR,
    "break_even": FAR,
    "time": FAR,
}
SWAPPED = {"ohlc": "olhc", "olhc": "ohlc"}


def run_case(case: StopCase, sign: int = 1) -> Outcome:
    """Run a case on its prices, or on its mirror: prices and quantities negated."""
    start, high, low, close = (
        [[sign * p] for p in column] for column in zip(*case.bars, strict=True)
    )
    if sign < 0:
        high, low = low, high
    n_bars = len(case.bars)
    path = case.stops.get("path", "worst")
    stops = {**case.stops, "path": SWAPPED.get(path, path) if sign < 0 else path}
    return simulate(
        Market(
            open=start if case.has_opens else None,
            high=high,
            low=low,
            close=close,
            tradable=[[bar != case.not_tradable] for bar in range(n_bars)],
            contracts=[contract_of(case, sign)],
        ),
        Wishes(orders=[(bar, 0, sign * quantity) for bar, quantity in case.orders]),
        account=Unlimited(),
        slippage=case.slippage,
        fill=case.fill,
        rules=Rules(split_fraction="keep"),
        splits=[] if case.split is None else [(case.split[0], 0, case.split[1])],
        stops=StopTerms(**stops),
    )


def contract_of(case: StopCase, sign: int) -> Contract:
    """A share, or for prices below zero a future."""
    if sign > 0:
        return Contract(lot=1, tick=case.tick)
    return Contract(kind="future", multiplier=1.0, initial=1.0, tick=case.tick)


def exits_of(out: Outcome) -> list[tuple[int, float, str]]:
    """Bar, price and cause of the fills made by stops, each an order of its own."""
    found = []
    for order in out.orders:
        if order["cause"] in STOP_CAUSES:
            (fill,) = (f for f in out.fills if f["order"] == order["number"])
            assert fill["closes"]
            assert order["placed"] == order["bar"] == fill["bar"]
            assert (order["state"], order["reason"]) == ("filled", "none")
            assert order["quantity"] == order["filled"] == fill["quantity"]
            found.append((fill["bar"], fill["price"], order["cause"]))
    return found


def held_after_exits(out: Outcome) -> list[float]:
    """What is held after each fill made by a stop, where nothing but fills moves it."""
    numbers = [order["number"] for order in out.orders if order["cause"] in STOP_CAUSES]
    held = np.cumsum([fill["quantity"] for fill in out.fills])
    pairs = zip(out.fills, held, strict=True)
    return [float(now) for fill, now in pairs if fill["order"] in numbers]


def near(exits: list[tuple[int, float, str]], sign: int = 1) -> list[tuple[object, ...]]:
    return [(bar, pytest.approx(sign * price), cause) for bar, price, cause in exits]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_worked_by_hand(case):
    out = run_case(case)
    assert exits_of(out) == near(case.exits)
    if case.split is None:
        assert all(held == 0 for held in held_after_exits(out))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_mirror_of_a_case_is_its_mirror(case):
    assert exits_of(run_case(case, -1)) == near(case.exits, -1)


def test_the_table_has_enough_rows_of_different_names():
    assert len(CASES) == len({case.name for case in CASES}) >= 60


@pytest.mark.parametrize("batch", range(4))
def test_stops_that_are_never_met_change_nothing(batch):
    for seed in range(batch, 600, 4):
        case = random_case(seed)
        if getattr(case.arguments["resting"], "kind", "") == "stop_limit":
            continue  # it asks for the path, which only stops say
        if any(len(row) > 3 for row in case.wishes.orders or ()):
            continue  # they bring levels of their own
        drawn = case.arguments["stops"] or StopTerms()
        policies = {name: getattr(drawn, name) for name in ("path", "stop_fill", "when_added")}
        if case.arguments["resting"] is not None:
            policies["path"] = "worst"  # of the orders too
        case.arguments["stops"] = None
        without = case.run()
        for far in (StopTerms(**NEVER, **policies, unit="price"), StopTerms(**policies)):
            case.arguments["stops"] = far
            assert same(case.run(), without), seed


def same(one: Outcome, other: Outcome) -> bool:
    """Whether two outcomes are the same to the last bit, missing numbers included."""
    return repr(one) == repr(other)


def test_exits_are_orders_of_their_own_in_every_random_world():
    n_exits = 0
    for seed in range(1500):
        case = random_case(seed)
        stops = case.arguments["stops"]
        if stops is not None and stops.exit != "market":
            continue  # others wait
        case.arguments["liquidity"] = None  # a cap lets a stop be filled in pieces
        case.arguments["halts"] = None  # and a locked limit lets it wait
        found = exits_of(case.run())
        assert case.arguments["stops"] is not None or not found
        n_exits += len(found)
    assert n_exits > 500
