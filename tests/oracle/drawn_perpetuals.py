"""Worlds of perpetuals: those of `worlds`, with other contracts, accounts, marks and funding."""

from dataclasses import replace

import numpy as np

from barledger import options
from barledger.accounts import PerpCross, PerpIsolated, PortfolioMargin, RegT, Unlimited
from barledger.instruments.brackets import Brackets
from barledger.instruments.contract import Contract

from .carry import CarryTerms
from .exchange import FOREIGN
from .market import Market
from .worlds import Case, Draw, one_of, random_case

TIERS = Brackets(
    [(0, 4_000, 50, 0.01), (4_000, 20_000, 20, 0.025), (20_000, 150_000, 5, 0.1), (150_000, 1e6, 2, 0.2)]
)  # fmt: skip


STRICTER = Brackets([(0, 2_000, 30, 0.015), (2_000, 10_000, 10, 0.05), (10_000, 1e6, 3, 0.15)])


def perpetual_case(seed: int) -> Case:
    """Return the world of perpetuals of a seed: their own account, or one of stocks and futures."""
    case = random_case(seed)
    draw = np.random.default_rng(seed + (1 << 40))
    market, given = case.market, dict(case.arguments)
    given["account"] = draw_account(draw, market)
    is_own = isinstance(given["account"], PerpIsolated | PerpCross)
    is_dear = bool(np.nanmin(np.array(market.close)) > 2.0 and market.open is not None)
    is_inverse = is_own and is_dear and draw.random() < 0.4
    kept = market.contracts
    contracts = [
        draw_contract(draw, contract.tick, market, inverse=is_inverse)
        if is_inverse or draw.random() < (0.95 if is_own else 0.6)
        else contract
        for contract in kept
    ]
    given["splits"] = [row for row in given["splits"] if contracts[row[1]].kind != "perpetual"]
    if given.get("carry") is not None:
        given["carry"] = without(given["carry"], contracts)
    given.pop("unsettled", None)
    if is_own and contracts[0].kind != "perpetual":
        given.pop("positions", None)
    if is_inverse and isinstance(given["size"], options.Risk):
        given["size"] = options.PercentOfEquity(1.5)
    if not isinstance(given["account"], Unlimited) and draw.random() < 0.5:
        given["size"] = np.inf  # all that fits: near liquidation from the start
    if is_inverse:
        given["impact"] = None  # a price of 0 would be worth infinitely much coin
        given["slippage"] = 0.001
        given["rules"] = given["rules"].map_words(sequence="as_given")  # values tie, up to rounding
    marks = draw_marks(draw, market, contracts)
    other = replace(market, contracts=contracts, marks=marks)
    other.fundings = draw_fundings(draw, other)
    account = given["account"]
    if marks is None and market.high is None and getattr(account, "margin_check", "") == "extremes":
        given["account"] = replace(account, margin_check="open_close")
    give_currency(np.random.default_rng([seed, 5]), other, given)
    return Case(other, case.wishes, given)


def give_currency(draw: Draw, market: Market, given: dict[str, object]) -> None:
    """Let some of the contracts be in another currency, whose rate changes on most bars."""
    if draw.random() < 0.75 or any(contract.inverse for contract in market.contracts):
        return
    market.contracts = [
        replace(contract, currency=one_of(draw, ["USD", FOREIGN, FOREIGN]))
        for contract in market.contracts
    ]
    steps = draw.normal(0, 0.02, market.n_bars) * (draw.random(market.n_bars) < 0.7)
    carry = given.get("carry") or CarryTerms()
    rates = one_of(draw, [0.2, 1.1]) * np.exp(np.cumsum(steps))
    given["carry"] = replace(carry, fx=rates.tolist(), rolls=[])
    given["impact"] = None  # all that fits at a low rate moves the price to 0
    converts = bool(draw.random() < 0.5)
    given["account"] = replace(given["account"], currency="USD", auto_convert=converts)


def without(carry: CarryTerms, contracts: list[Contract]) -> CarryTerms:
    """Return what time does, less dividends, ends and rolls of perpetuals."""

    def kept(rows: list) -> list:
        return [row for row in rows if contracts[row[1]].kind != "perpetual"]

    rolls = [row for row in kept(carry.rolls) if contracts[row[2]].kind != "perpetual"]
    return replace(
        carry,
        dividends=kept(carry.dividends),
        delistings=kept(carry.delistings),
        expiries=kept(carry.expiries),
        rolls=rolls,
    )


def draw_account(draw: Draw, market: Market) -> object:
    bankruptcy = one_of(draw, ["debt", "floor_at_zero"])
    check = one_of(draw, ["extremes", "extremes", "open_close", "close"])
    own = {"margin_check": check, "bankruptcy": bankruptcy}
    margined = {**own, "margin_call": one_of(draw, ["liquidate", "next_open", "warn"])}
    return one_of(
        draw,
        [
            PerpIsolated(leverage=one_of(draw, [2.0, 5.0, 20.0, 50.0]), **own),
            PerpIsolated(leverage=one_of(draw, [5.0, 20.0]), **own),
            PerpCross(leverage=one_of(draw, [2.0, 10.0, 50.0]), **own),
            PerpCross(leverage=one_of(draw, [2.0, 10.0, 50.0]), **own),
            RegT(**margined),
            PortfolioMargin(**margined, max_leverage=4.0),
            Unlimited(),
        ],
    )


def draw_contract(draw: Draw, tick: float, market: Market, *, inverse: bool) -> Contract:
    terms = {
        "kind": "perpetual",
        "tick": tick,
        "lot": one_of(draw, [None, 0.001, 1.0]),
        "multiplier": 100.0 if inverse else one_of(draw, [1.0, 1.0, 5.0]),
        "initial": 0.1,
        "inverse": inverse,
        "liquidation_fee": one_of(draw, [None, 0.0125, 0.002, 0.0]),
    }
    if draw.random() < 0.3:
        later = market.dates[int(draw.integers(1, market.n_bars))]
        if later > market.dates[0]:
            tables = [TIERS, STRICTER] if draw.random() < 0.5 else [STRICTER, TIERS]
            return Contract(
                **terms, brackets=list(zip((market.dates[0], later), tables, strict=True))
            )
    if draw.random() < 0.5:
        return Contract(**terms, brackets=TIERS)
    return Contract(**terms, maintenance=one_of(draw, [0.004, 0.02]))


def draw_marks(draw: Draw, market: Market, contracts: list[Contract]) -> object:
    """Marks near the market in half of the worlds that have opens; some are missing."""
    if market.open is None or draw.random() < 0.5:
        return None
    close = np.array(market.close)
    filled = np.where(np.isnan(close), np.nanmean(close), close)
    near = filled * (1 + draw.normal(0, 0.01, close.shape))
    opens = np.vstack([near[:1], near[:-1]]) * (1 + draw.normal(0, 0.005, close.shape))
    high = np.maximum(opens, near) * (1 + abs(draw.normal(0, 0.02, close.shape)))
    low = np.minimum(opens, near) * (1 - np.minimum(0.5, abs(draw.normal(0, 0.02, close.shape))))
    for rows in (opens, near):
        rows[draw.random(close.shape) < 0.05] = np.nan
    for j, contract in enumerate(contracts):
        if contract.kind != "perpetual" or np.isnan(near[:, j]).all():
            for rows, own in zip((opens, high, low, near), OWN, strict=True):
                rows[:, j] = np.array(getattr(market, own))[:, j]
    return [rows.tolist() for rows in (opens, high, low, near)]


OWN = ("open", "high", "low", "close")


def draw_fundings(draw: Draw, market: Market) -> list[tuple[int, int, float, float, bool]]:
    """Fundings of half of the worlds, at the open or inside bars, some with a mark of their own."""
    funded = [j for j, contract in enumerate(market.contracts) if contract.kind == "perpetual"]
    if not funded or draw.random() < 0.4:
        return []
    rows = []
    for bar in range(market.n_bars):
        for asset in funded:
            if draw.random() < 0.3:
                mark = one_of(draw, [np.nan, np.nan, 40.0])
                rate = float(draw.normal(0.0, 0.002))
                rows.append((bar, asset, rate, mark, bool(draw.random() < 0.4)))
    return sorted(rows, key=lambda row: (row[0], row[4]))
