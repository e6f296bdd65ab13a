"""What time does in random worlds: dividends, nights, ends, rolls, shares to borrow."""

from dataclasses import replace
from typing import Any

import numpy as np

from .carry import CarryTerms
from .exchange import FOREIGN
from .market import NAN, Market

Draw = np.random.Generator
RATES = (
    0.0,
    0.08,
    None,
    [(0.0, None), (2000.0, 0.03), (20_000.0, 0.06)],
    [(0.0, 0.12), (900.0, 0.05)],
)


def give_carry(draw: Draw, market: Market, arguments: dict[str, Any]) -> None:
    """Give two fifths of the worlds some of it; a tenth bind short sales by Rule 201."""
    arguments["carry"] = None
    rules = arguments["rules"]
    if draw.random() < 0.1:
        arguments["rules"] = replace(rules, short_sale_rule="rule_201")
    if draw.random() < 0.6:
        return
    account = arguments["account"]
    arguments["account"] = replace(
        account,
        debit=one_of(draw, RATES),
        credit=one_of(draw, RATES),
        rebate=one_of(draw, RATES),
        rebate_from=one_of(draw, (0.0, 0.0, 1500.0)),
        day_count=one_of(draw, (360, 365)),
        borrow_rounding=one_of(draw, ("none", "ibkr")),
    )
    carry = random_carry(draw, market)
    if draw.random() < 0.3:
        give_currency(draw, market, arguments, carry)
    arguments["carry"] = carry


def give_currency(draw: Draw, market: Market, arguments: dict[str, Any], carry: CarryTerms) -> None:
    """Let some of the contracts be in another currency, whose rate changes on most bars."""
    market.contracts = [
        replace(contract, currency=FOREIGN) if draw.random() < 0.6 else contract
        for contract in market.contracts
    ]
    steps = draw.normal(0, 0.02, market.n_bars) * (draw.random(market.n_bars) < 0.7)
    carry.fx = (1.1 * np.exp(np.cumsum(steps))).tolist()
    carry.rolls = []  # from one currency into another there is none
    account = arguments["account"]
    account = replace(account, currency="USD", auto_convert=bool(draw.random() < 0.5))
    if not account.auto_convert and carry.benchmark is None and draw.random() < 0.5:
        rates = {
            name: {"USD": getattr(account, name), FOREIGN: one_of(draw, RATES)}
            for name in ("debit", "credit", "rebate")
            if draw.random() < 0.8
        }
        account = replace(account, **rates)
    arguments["account"] = account


def one_of(draw: Draw, values: Any) -> Any:
    return values[int(draw.integers(len(values)))]


def random_carry(draw: Draw, market: Market) -> CarryTerms:
    shape = (market.n_bars, market.n_assets)
    kinds = [contract.kind for contract in market.contracts]
    paid = [asset for asset, kind in enumerate(kinds) if kind != "future"]
    futures = [asset for asset, kind in enumerate(kinds) if kind == "future"]

    def some(assets: list[int], often: float, values: Any) -> list[Any]:
        if not assets or draw.random() > often:
            return []
        return [
            (int(draw.integers(1, market.n_bars)), one_of(draw, assets), one_of(draw, values))
            for _ in range(2)
        ]

    borrow = one_of(draw, (None, 0.05, draw.choice([0.0, 0.02, 0.5], shape)))
    shares = draw.choice([0.0, 7.0, 50.0, np.inf], shape)
    rolls = []
    for bar, asset, into in some(futures, 0.8, futures):
        if asset != into:
            prices = one_of(draw, ((NAN, NAN), (NAN, NAN), (30.0, 31.0)))
            rolls.append((bar, asset, into, *prices))
    return CarryTerms(
        dividends=some(paid, 0.5, (0.2, 1.5)),
        delistings=some(paid, 0.25, (NAN, 10.0)),
        expiries=some(futures, 0.3, (NAN, 20.0)),
        rolls=rolls,
        borrow=borrow,
        borrowable=shares if draw.random() < 0.3 else None,
        benchmark=(0.03 * draw.random(shape[0])).tolist() if draw.random() < 0.3 else None,
    )
