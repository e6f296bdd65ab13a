"""Worlds of targets in which little else was asked for: those that the kernel's short way takes."""

from dataclasses import replace

import numpy as np

from barledger.options import PercentFee, PerUnitFee

from .market import Wishes
from .worlds import Case, Draw, one_of, random_case

PLAIN = {"allocation": "in_order", "reversal": "split", "entry_tif": "next"}
SEQUENCES = ("exits_first", "exits_first", "as_given", "as_placed")
CAPS = ("max_leverage", "max_net", "max_per_asset", "max_per_group", "groups")
LEFT_OUT = ("stops", "resting", "liquidity", "halts", "impact", "exclusive")


def target_case(seed: int) -> Case:
    """Return the world of a seed: any world's market and account, and targets on many bars."""
    draw = np.random.default_rng([seed, 5])
    case = random_case(seed)
    given = {**case.arguments, **dict.fromkeys(LEFT_OUT)}
    given["rules"] = replace(given["rules"], **PLAIN, sequence=one_of(draw, SEQUENCES))
    if given["limits"] is not None:
        given["limits"] = replace(given["limits"], **dict.fromkeys(CAPS))
    if draw.random() < 0.7:
        given["fees"] = one_of(draw, [0.0, 0.001, PercentFee(0.001, fixed=2.0), PerUnitFee(0.01)])
    wishes = random_targets(draw, case.market.n_bars, case.market.n_assets)
    return Case(case.market, wishes, given)


def random_targets(draw: Draw, n_bars: int, n_assets: int) -> Wishes:
    """Draw targets of every side and size, nothing among them, on few bars or on all."""
    shape = (n_bars, n_assets)
    unit = one_of(draw, ["percent", "value", "shares"])
    scale = {"percent": 0.3, "value": 3000.0, "shares": 40.0}[unit]
    targets = draw.choice([0.0, 0.0, 1.0, 1.05, 2.0, -1.0, -0.9, 1e-4, 8.0], shape) * scale
    targets[draw.random(shape) < one_of(draw, [0.0, 0.0, 0.3, 0.8])] = np.nan
    return Wishes(targets=targets.tolist(), unit=unit)
