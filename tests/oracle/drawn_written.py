"""Worlds with options: those of `worlds`, one or more of their assets an option on another."""

from dataclasses import replace

import numpy as np

from barledger.instruments.contract import Contract

from .carry import CarryTerms
from .worlds import Case, Draw, one_of, random_case

NAN = float("nan")


def written_case(seed: int) -> Case | None:
    """Return the world of a seed, None where it has one asset only."""
    case = random_case(seed)
    market, given = case.market, dict(case.arguments)
    if market.n_assets < 2:
        return None
    draw = np.random.default_rng(seed + (1 << 41))
    contracts = list(market.contracts)
    n_options = int(draw.integers(1, market.n_assets))
    kinds = list(range(market.n_assets))
    options = sorted(draw.choice(kinds, n_options, replace=False).tolist())
    rest = [asset for asset in kinds if asset not in options]
    for asset in options:
        under = one_of(draw, rest)
        spot = float(np.nanmean(np.array(market.close)[:, under]))
        made = draw_option(draw, contracts[asset], under, spot)
        contracts[asset] = replace(made, currency=contracts[under].currency)
    given["splits"] = [row for row in given["splits"] if row[1] not in options]
    if 0 in options:
        given.pop("positions", None)
    carry = given.get("carry") or CarryTerms()
    ends = [
        (int(draw.integers(1, market.n_bars)), asset, one_of(draw, [NAN, NAN, 25.0]))
        for asset in options
        if draw.random() < 0.8
    ]
    given["carry"] = replace(
        carry,
        dividends=[row for row in carry.dividends if row[1] not in options],
        rolls=[row for row in carry.rolls if not {row[1], row[2]} & set(options)],
        expiries=sorted([row for row in carry.expiries if row[1] not in options] + ends),
    )
    return Case(replace(market, contracts=contracts), case.wishes, given)


def draw_option(draw: Draw, was: Contract, under: int, spot: float) -> Contract:
    return Contract(
        kind="option",
        right=one_of(draw, ["call", "put"]),
        strike=round(spot * float(draw.uniform(0.8, 1.2)), 2),
        underlying=f"A{under}",
        settles=one_of(draw, ["physical", "physical", "cash"]),
        multiplier=one_of(draw, [1.0, 10.0]),
        tick=was.tick,
        lot=one_of(draw, [1.0, 0.0]),
    )
