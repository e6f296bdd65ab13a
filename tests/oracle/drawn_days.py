"""Worlds of day traders: several bars a day, calm and busy ones, and those of `worlds`."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from barledger.accounts import RegT
from barledger.instruments.contract import Contract
from barledger.options import PercentOfEquity

from .kernel import DEFAULTS
from .market import Market, Wishes
from .worlds import Case, Draw, one_of, random_case, random_rules

STARTS = (date(2024, 5, 20), date(2026, 5, 27))


def day_case(seed: int) -> Case:
    """Return the world of day traders of a seed: one in four is any world in such an account."""
    draw = np.random.default_rng([seed, 3])
    case = random_case(seed) if seed % 4 == 0 else busy_case(draw)
    given = dict(case.arguments)
    given.pop("unsettled", None)
    first, a_day = one_of(draw, STARTS), int(draw.integers(3, 8))
    dates = [first + timedelta(days=bar // a_day) for bar in range(case.market.n_bars)]
    given["account"] = RegT(
        margin_check=one_of(draw, ["open_close", "close"]),
        margin_call=one_of(draw, ["liquidate", "next_open", "warn"]),
        pattern_day_trader=one_of(draw, [True, dates[-1], date(2027, 10, 20)]),
    )
    given["initial_cash"] = one_of(draw, [24_500.0, 26_000.0, 60_000.0])
    given["limits"] = None
    return Case(replace(case.market, dates=dates), case.wishes, given)


def busy_case(draw: Draw) -> Case:
    """Calm prices of stocks, and signals on almost every bar: many day trades without ruin."""
    shape = int(draw.integers(14, 30)), int(draw.integers(1, 4))
    path = 50.0 * np.exp(np.cumsum(draw.normal(0, 0.004, (2 * shape[0], shape[1])), axis=0))
    opens, close = path[0::2], path[1::2]
    high, low = np.maximum(opens, close), np.minimum(opens, close)
    lots = [Contract(lot=one_of(draw, [None, 1.0])) for _ in range(shape[1])]
    rows = (matrix.tolist() for matrix in (opens, high, low, close))
    signals = [(draw.random(shape) < 0.45).tolist() for _ in range(4)]
    given: dict[str, Any] = {
        "size": one_of(draw, [np.inf, np.inf, PercentOfEquity(3.0), PercentOfEquity(0.7)]),
        "rules": random_rules(draw, *shape),
        "priority": draw.integers(0, 4, shape).astype(float),
        "fill": one_of(draw, ["next_open", "next_close", "close"]),
        "fees": 0.0002,
        "resting": None,
    }
    return Case(Market(*rows, contracts=lots), Wishes(signals=signals), DEFAULTS | given)
