"""Small random worlds: markets, wishes and options drawn from one seed."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from barledger import options
from barledger.accounts import Cash, FreeCash, FuturesMargin, PortfolioMargin, RegT, Unlimited
from barledger.instruments.contract import Contract
from barledger.options import Rules
from barledger.risk import RiskLimits
from barledger.slippage import Slippage

from .drawn_carry import give_carry
from .drawn_impact import give_impact
from .drawn_liquidity import give_halts, give_volume
from .drawn_rest import let_each, let_rest
from .drawn_stops import random_stops, vary
from .engine import simulate
from .market import Market, Outcome, Wishes, weekdays_from

Draw = np.random.Generator


@dataclass
class Case:
    """One world: the arguments of `simulate`."""

    market: Market
    wishes: Wishes
    arguments: dict[str, Any]

    def run(self) -> Outcome:
        return simulate(self.market, self.wishes, **self.arguments)


def random_case(seed: int) -> Case:
    """Return the world of a seed."""
    draw = np.random.default_rng(seed)
    n_bars, n_assets = int(draw.integers(6, 24)), int(draw.integers(1, 5))
    account = random_account(draw)
    contracts = [random_contract(draw, account) for _ in range(n_assets)]
    market = random_market(draw, n_bars, contracts)
    if market.high is None and getattr(account, "margin_check", None) == "extremes":
        account = replace(account, margin_check="close")
    wishes = random_wishes(draw, n_bars, n_assets)
    arguments = {
        "account": account,
        "size": random_size(draw, n_bars, n_assets),
        "fees": random_fees(draw, n_assets),
        "slippage": random_slippage(draw, has_range=market.high is not None),
        "fill": str(draw.choice(["next_open", "next_close", "close"])),
        "price": random_prices(draw, market),
        "rules": random_rules(draw, n_bars, n_assets),
        "priority": draw.integers(0, 4, (n_bars, n_assets)).astype(float),
        "exclusive": [[0, n_assets - 1]] if n_assets > 1 and draw.random() < 0.25 else None,
        "limits": random_limits(draw, n_assets),
        "splits": random_splits(draw, n_bars, contracts),
        "flows": random_flows(draw, n_bars),
        "initial_cash": float(draw.choice([1500.0, 10_000.0, 100_000.0])),
    }
    start_somewhere(draw, market, arguments)
    arguments["stops"] = random_stops(draw, market) if draw.random() < 0.35 else None
    let_rest(draw, market, wishes, arguments)
    give_volume(draw, market, arguments)
    give_halts(draw, market, arguments)
    give_impact(draw, market, arguments)
    arguments["delay"] = 0
    if draw.random() < 0.15 and arguments["fill"] != "close":
        arguments["delay"] = int(draw.integers(1, 4))
    free_cash(np.random.default_rng([seed, 1]), contracts, arguments)
    pay_makers(np.random.default_rng([seed, 2]), arguments)
    give_carry(draw, market, arguments)
    if arguments["stops"] is not None and arguments["stops"].unit != "level":
        if draw.random() < 0.4:
            may_rest = can_rest(market, arguments)
            arguments["stops"] = vary(draw, arguments["stops"], market, may_rest=may_rest)
    let_each(draw, market, wishes, arguments)
    return Case(market, wishes, arguments)


def free_cash(draw: Draw, contracts: list[Contract], arguments: dict[str, Any]) -> None:
    """Turn some unlimited accounts into ones of free cash, where nothing forbids it."""
    shared = arguments["rules"].allocation in ("proportional", "all_or_none")
    has_futures = any(contract.kind == "future" for contract in contracts)
    if isinstance(arguments["account"], Unlimited) and not shared and not has_futures:
        if draw.random() < 0.7:
            policies = one_of(draw, ["debt", "floor_at_zero"])
            arguments["account"] = FreeCash(lock=one_of(draw, [True, False]), bankruptcy=policies)


MONTHLY = [(0, 0.002), (3000, 0.001), (20_000, 0.0005)]


def pay_makers(draw: Draw, arguments: dict[str, Any]) -> None:
    """Let makers pay their own fees, or be paid a rebate, in some worlds."""
    if draw.random() < 0.2:
        arguments["fees"] = one_of(
            draw,
            [
                options.PercentFee(0.002, maker=-0.0005),
                options.PercentFee(0.001, fixed=0.25, maker=0.0002),
                options.PerUnitFee(0.05, maker=-0.02),
                options.TieredFee(MONTHLY, by="month", maker=[0.001, 0.0, -0.0002]),
            ],
        )


def can_rest(market: Market, arguments: dict[str, Any]) -> bool:
    """Whether orders may rest with these options."""
    rules = arguments["rules"]
    return (
        market.high is not None
        and market.open is not None
        and arguments["fill"] == "next_open"
        and arguments["price"] is None
        and rules.allocation == "in_order"
        and rules.reversal == "split"
        and arguments["exclusive"] is None
    )


def one_of(draw: Draw, values: Any) -> Any:
    return values[int(draw.integers(len(values)))]


def random_account(draw: Draw) -> Any:
    bankruptcy = one_of(draw, ["debt", "floor_at_zero"])
    margined = {
        "margin_check": one_of(draw, ["open_close", "close", "extremes"]),
        "margin_call": one_of(draw, ["liquidate", "next_open", "warn"]),
        "bankruptcy": bankruptcy,
    }
    return one_of(
        draw,
        [
            Cash(
                one_of(draw, [0, 1, 2, 3, "by_date"]), one_of(draw, ["wait", "spend"]), bankruptcy
            ),
            RegT(**margined, minimum_equity=one_of(draw, [0.0, 2000.0])),
            PortfolioMargin(**margined, max_leverage=one_of(draw, [1.0, 2.0, 4.0])),
            FuturesMargin(**margined),
            Unlimited(),
        ],
    )


def random_contract(draw: Draw, account: Any) -> Contract:
    is_future = draw.random() < (0.9 if isinstance(account, FuturesMargin) else 0.25)
    if isinstance(account, Cash) and draw.random() < 0.8:
        is_future = False
    tick = one_of(draw, [0.0, 0.01, 0.25])
    if not is_future:
        lot = one_of(draw, [None, 1.0, 0.1, 10.0])
        least = one_of(draw, [0.0, 0.0, 200.0])
        kind = one_of(draw, ["stock", "etf", "coin"])
        factor = one_of(draw, [1.0, 1.0, 2.0, 3.0])
        return Contract(kind=kind, tick=tick, lot=lot, min_notional=least, leverage_factor=factor)
    unit = one_of(draw, ["amount", "notional"])
    initial = 0.1 if unit == "notional" else one_of(draw, [50.0, 400.0])
    return Contract(kind="future", multiplier=5.0, tick=tick, initial=initial, margin_unit=unit)


def random_market(draw: Draw, n_bars: int, contracts: list[Contract]) -> Market:
    n_assets = len(contracts)
    shape = (n_bars, n_assets)
    steps = draw.normal(0, one_of(draw, [0.01, 0.05, 0.25]), (2 * n_bars, n_assets))
    path = np.exp(np.cumsum(steps, axis=0)) * draw.choice([4.0, 30.0, 100.0], n_assets)
    opens, close = path[0::2].copy(), path[1::2].copy()
    high = np.maximum(opens, close) * (1 + abs(draw.normal(0, 0.02, shape)))
    low = np.minimum(opens, close) * (1 - np.minimum(0.5, abs(draw.normal(0, 0.02, shape))))
    missing = 0.4 if draw.random() < 0.25 else 0.06
    for rows in (opens, close):
        rows[draw.random(shape) < missing] = np.nan
    is_bare = draw.random() < 0.2
    settlement = np.where(draw.random(shape) < 0.6, close * 1.003, np.nan)
    return Market(
        open=None if is_bare else opens.tolist(),
        high=None if is_bare else high.tolist(),
        low=None if is_bare else low.tolist(),
        close=close.tolist(),
        tradable=(draw.random(shape) > 0.1).tolist() if draw.random() < 0.5 else None,
        settlement=settlement.tolist(),
        contracts=contracts,
        dates=random_dates(draw, n_bars),
    )


def random_dates(draw: Draw, n_bars: int) -> list[date]:
    """Weekdays, or three bars a day, around a change of the settlement rules."""
    first = one_of(draw, [date(2017, 8, 30), date(2024, 5, 20), date(2026, 1, 29)])
    if draw.random() < 0.6:
        return weekdays_from(first, n_bars)
    return [first + timedelta(days=bar // 3) for bar in range(n_bars)]


def random_prices(draw: Draw, market: Market) -> Any:
    if draw.random() < 0.8:
        return None
    close = np.array(market.close)
    return (close * (1 + draw.normal(0, 0.01, close.shape))).tolist()


def random_wishes(draw: Draw, n_bars: int, n_assets: int) -> Wishes:
    shape = (n_bars, n_assets)
    kind = draw.integers(4)
    if kind < 2:
        often = one_of(draw, [0.1, 0.3])
        return Wishes(signals=[(draw.random(shape) < often).tolist() for _ in range(4)])
    if kind == 2:
        unit = one_of(draw, ["percent", "value", "shares"])
        scale = {"percent": 0.5, "value": 5000.0, "shares": 60.0}[unit]
        targets = draw.choice([0.0, 0.5, 1.0, 2.0, -1.0, -0.6, np.nan, np.nan], shape) * scale
        return Wishes(targets=targets.tolist(), unit=unit)
    rows = [
        (int(draw.integers(n_bars)), int(draw.integers(n_assets)), float(quantity))
        for quantity in draw.normal(0, 40, int(draw.integers(1, 3 * n_bars))).round(1)
    ]
    return Wishes(orders=rows)


def random_size(draw: Draw, n_bars: int, n_assets: int) -> Any:
    def number(scale: float) -> Any:
        """Draw a scalar, or one number a bar and asset with a few missing, none and all."""
        if draw.random() < 0.5:
            return scale * float(draw.uniform(0.2, 1.0))
        table = scale * draw.uniform(0.0, 1.0, (n_bars, n_assets))
        table[draw.random(table.shape) < 0.1] = np.nan
        table[draw.random(table.shape) < 0.05] = 0.0
        return table

    kind = one_of(draw, SIZES)
    if kind is None:
        return None
    if kind == "all":
        return np.inf
    if kind is options.Risk:
        return options.Risk(0.02, number(4.0))
    return kind(number(SCALES[kind]))


SCALES = {
    options.Shares: 200.0,
    options.Value: 15_000.0,
    options.PercentOfEquity: 2.0,
    options.PercentOfCash: 1.0,
    options.TargetShares: 200.0,
    options.TargetValue: 15_000.0,
    options.TargetPercent: 2.0,
}
DRAWN_LATER = ("short_sale_rule",)
SIZES = [None, "all", options.Risk, *SCALES]


def random_fees(draw: Draw, n_assets: int) -> Any:
    tiers = [(0, 0.002), (3000, 0.001), (20_000, 0.0005)]
    return one_of(
        draw,
        [
            0.0,
            0.001,
            options.PercentFee(draw.uniform(0, 0.003, n_assets), minimum=2.0, fixed=0.5),
            options.PerUnitFee(0.05, minimum=1.0, maximum=20.0, maximum_rate=0.01),
            options.TieredFee(tiers, by="order", minimum=1.0),
            options.TieredFee(tiers, by="month"),
        ],
    )


def random_slippage(draw: Draw, *, has_range: bool) -> Any:
    return one_of(
        draw,
        [
            0.0,
            0.002,
            Slippage(fraction=0.001, amount=0.02, ticks=1),
            Slippage(fraction=0.03, cap_to_range=has_range),
        ],
    )


def random_rules(draw: Draw, n_bars: int, n_assets: int) -> Rules:
    words = {name: words for name, words in options.WORDS.items() if name not in DRAWN_LATER}
    chosen = {name: one_of(draw, each) for name, each in words.items()}
    if draw.random() < 0.4:
        chosen["sequence"] = "exits_first"
    elif draw.random() < 0.2:
        rows = [draw.permutation(n_assets) for _ in range(n_bars)]
        chosen["sequence"] = np.array(rows)
    return Rules(**chosen)


def random_limits(draw: Draw, n_assets: int) -> RiskLimits | None:
    if draw.random() < 0.5:
        return None

    def maybe(value: float) -> float | None:
        return value if draw.random() < 0.3 else None

    has_groups = n_assets > 1 and draw.random() < 0.3
    labels = [one_of(draw, ["tech", "oil", None]) for _ in range(n_assets)]
    return RiskLimits(
        max_positions=2 if draw.random() < 0.3 else None,
        max_leverage=maybe(1.2),
        max_net=maybe(0.6),
        max_per_asset=maybe(0.4),
        max_per_group=0.5 if has_groups else None,
        groups=labels if has_groups else None,
        max_daily_loss=maybe(0.03),
        max_weekly_loss=maybe(0.05),
        max_drawdown=maybe(0.15),
        action=one_of(draw, ["halt", "flatten"]),
    )


def random_splits(draw: Draw, n_bars: int, contracts: list[Contract]) -> list[Any]:
    shares = [a for a, contract in enumerate(contracts) if contract.kind != "future"]
    if not shares or draw.random() < 0.7:
        return []
    ratios = [2.0, 0.5, 1.5, 0.1]
    return [(int(draw.integers(n_bars)), one_of(draw, shares), one_of(draw, ratios))]


def random_flows(draw: Draw, n_bars: int) -> list[tuple[int, float]]:
    if draw.random() < 0.7:
        return []
    amounts = draw.choice([500.0, -800.0, -50_000.0], 3)
    return [(int(draw.integers(n_bars)), float(amount)) for amount in amounts]


def start_somewhere(draw: Draw, market: Market, arguments: dict[str, Any]) -> None:
    """Give some worlds start positions, and cash accounts some unsettled cash."""
    is_cash = isinstance(arguments["account"], Cash)
    is_allowed = not (is_cash and market.contracts[0].kind == "future")
    if draw.random() < 0.2 and is_allowed and not np.isnan(market.close[0][0]):
        side = 1 if is_cash or draw.random() < 0.7 else -1
        arguments["positions"] = {0: (side * 20.0, round(market.close[0][0], 2))}
    if is_cash and draw.random() < 0.3:
        arguments["unsettled"] = [(market.dates[2], 700.0)]
