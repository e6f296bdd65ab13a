"""Worlds of day traders: those of `worlds` in a Reg T account, several bars a day."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from barledger.accounts import RegT
from barledger.instruments.contract import Contract
from barledger.options import PercentOfEquity

from .market import Market, Wishes
from .worlds import Case, Draw, one_of, random_case

STARTS = (date(2024, 5, 20), date(2026, 5, 27))


def day_case(seed: int) -> Case:
    """Return the world of day traders of a seed."""
    case = random_case(seed)
    draw = np.random.default_rng([seed, 3])
    given = dict(case.arguments)
    given.pop("unsettled", None)
    first, a_day = one_of(draw, STARTS), int(draw.integers(2, 7))
    dates = [first + timedelta(days=bar // a_day) for bar in range(case.market.n_bars)]
    given["account"] = RegT(
        margin_check=one_of(draw, ["open_close", "close"]),
        margin_call=one_of(draw, ["liquidate", "next_open", "warn"]),
        pattern_day_trader=one_of(draw, [True, True, dates[-1], date(2027, 10, 20)]),
    )
    given["initial_cash"] = one_of(draw, [24_000.0, 26_000.0, 60_000.0])
    given["limits"] = None
    market, wishes = replace(case.market, dates=dates), case.wishes
    if draw.random() < 0.6 and wishes.signals is not None and market.open is not None:
        market, wishes = busy(draw, market)
        names = ("stops", "liquidity", "halts", "impact", "resting", "exclusive", "price")
        given |= dict.fromkeys(names, None)
        size = one_of(draw, [np.inf, PercentOfEquity(3.0), PercentOfEquity(0.7)])
        given |= {"size": size, "fees": 0.0002, "slippage": 0.0, "flows": [], "splits": []}
        given["carry"] = None
    return Case(market, wishes, given)


def busy(draw: Draw, market: Market) -> tuple[Market, Wishes]:
    """Calm prices of stocks, and signals on almost every bar: many day trades without ruin."""
    shape = (market.n_bars, market.n_assets)
    path = 50.0 * np.exp(np.cumsum(draw.normal(0, 0.004, (2 * shape[0], shape[1])), axis=0))
    opens, close = path[0::2], path[1::2]
    rows = {
        "open": opens.tolist(),
        "high": np.maximum(opens, close).tolist(),
        "low": np.minimum(opens, close).tolist(),
        "close": close.tolist(),
    }
    lots = [Contract(lot=one_of(draw, [None, 1.0])) for _ in range(shape[1])]
    signals = [(draw.random(shape) < 0.35).tolist() for _ in range(4)]
    calm = replace(market, **rows, contracts=lots, tradable=None, volume=None)
    return calm, Wishes(signals=signals)
