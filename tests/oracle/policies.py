"""Which value of each policy a world runs under: what the tests of coverage count."""

import math
from itertools import combinations

from barledger import options
from barledger.accounts import FuturesMargin, PortfolioMargin, RegT
from barledger.halts import Halts
from barledger.liquidity import Liquidity
from barledger.risk import RiskLimits
from barledger.slippage import Slippage

from .drawn_rest import KINDS, TIFS
from .levels import StopTerms
from .resting import RestingTerms
from .worlds import Case

ACCOUNTS = ("Cash", "RegT", "PortfolioMargin", "FuturesMargin", "Unlimited", "FreeCash")
MARGINED = (RegT, PortfolioMargin, FuturesMargin)
CAPS = ("max_positions", "max_leverage", "max_net", "max_per_asset", "max_per_group")
LOSSES = ("max_daily_loss", "max_weekly_loss", "max_drawdown")

DISTANCES = ("loss", "target", "trail", "trail_after", "break_even", "time")
STOPS = {
    "stop_unit": ("fraction", "price", "ticks", "atr"),
    "stop_path": ("worst", "best", "ohlc", "olhc", "nearest"),
    "stop_fill": ("level", "worst_close"),
    "when_added": ("keep", "reset"),
    **dict.fromkeys(DISTANCES, ("off", "on")),
}

# Every value that each policy can take in a random world.
VALUES: dict[str, tuple[str, ...]] = {
    **{name: words for name, words in options.WORDS.items() if len(words) > 1},
    "sequence": (*options.WORDS["sequence"], "array"),
    "account": ACCOUNTS,
    "settlement_days": ("0", "1", "2", "3", "by_date"),
    "unsettled": ("wait", "spend"),
    "margin_check": ("open_close", "close", "extremes"),
    "margin_call": ("liquidate", "next_open", "warn"),
    "bankruptcy": ("debt", "floor_at_zero"),
    "minimum_equity": ("0", "2000"),
    "leverage": ("1", "2", "4"),
    "fill": ("next_open", "next_close", "close"),
    "price": ("market", "own"),
    "wishes": ("signals", "targets_percent", "targets_value", "targets_shares", "orders"),
    "size": (
        *("default", "all", "Risk", "Shares", "Value", "PercentOfEquity", "PercentOfCash"),
        *("TargetShares", "TargetValue", "TargetPercent"),
    ),
    "size_form": ("number", "table"),
    "fee": ("none", "rate", "percent", "per_unit", "by_order", "by_month", "maker"),
    "slippage": ("none", "fraction", "parts", "large"),
    "cap_to_range": ("no", "yes"),
    "exclusive": ("no", "yes"),
    **dict.fromkeys((*CAPS, *LOSSES), ("off", "on")),
    "action": ("halt", "flatten"),
    "splits": ("no", "yes"),
    "flows": ("no", "yes"),
    "bars": ("ohlc", "close_only"),
    "tradable": ("always", "sometimes"),
    "dates": ("daily", "intraday"),
    "positions": ("none", "some"),
    "unsettled_start": ("no", "yes"),
    "stops": ("no", "yes"),
    **STOPS,
    "orders": ("market", *KINDS),
    "tif": tuple(TIFS),
    "volume": ("no", "yes"),
    "cap": ("none", "share", "units", "money", "several"),
    "remainder": ("carry", "drop"),
    "zero_volume": ("no_fill", "last_price", "spread", "synthetic"),
    "halts": ("no", "yes"),
    "halted_then": ("wait", "expire"),
    "limit_lock": ("both", "against"),
    "carry": ("no", "yes"),
    "currency": ("one", "converted", "kept"),
    "impact": ("none", "SquareRootImpact", "AlmgrenImpact", "KyleImpact", "VolumeShareImpact"),
}


def yes(claim: object) -> str:
    return "yes" if claim else "no"


def values_of(case: Case) -> dict[str, str]:
    """The value of each policy of a world; a policy that its account does not have is absent."""
    given = case.arguments
    rules = given["rules"]
    values = {name: getattr(rules, name) for name in options.WORDS if name in VALUES}
    if not isinstance(rules.sequence, str):
        values["sequence"] = "array"
    market = case.market
    return {
        **values,
        **account_values(given["account"]),
        **size_values(case),
        **fee_values(given["fees"], given["slippage"]),
        **limit_values(given["limits"] or RiskLimits()),
        "fill": given["fill"],
        "price": "market" if given["price"] is None else "own",
        "exclusive": yes(given["exclusive"]),
        "splits": yes(given["splits"]),
        "flows": yes(given["flows"]),
        "bars": "close_only" if market.open is None else "ohlc",
        "tradable": "always" if market.tradable is None else "sometimes",
        "dates": "daily" if len(set(market.dates)) == market.n_bars else "intraday",
        "positions": "some" if given.get("positions") else "none",
        "unsettled_start": yes(given.get("unsettled")),
        **stop_values(given["stops"]),
        **resting_values(given["resting"]),
        "volume": yes(market.volume is not None),
        **liquidity_values(given["liquidity"]),
        **halt_values(given["halts"]),
        "carry": yes(given["carry"]),
        "currency": currency_of(case),
        "impact": type(given["impact"]).__name__.replace("NoneType", "none"),
    }


def currency_of(case: Case) -> str:
    """Whether there is another currency, and what becomes of it."""
    carry = case.arguments["carry"]
    if carry is None or carry.fx is None:
        return "one"
    return "converted" if case.arguments["account"].auto_convert else "kept"


def account_values(account: object) -> dict[str, str]:
    values = {"account": type(account).__name__}
    names = ("settlement_days", "unsettled", "margin_check", "margin_call", "bankruptcy")
    for name in names:
        if hasattr(account, name):
            values[name] = str(getattr(account, name))
    if isinstance(account, RegT):
        values["minimum_equity"] = f"{account.minimum_equity:.0f}"
    if isinstance(account, PortfolioMargin):
        values["leverage"] = f"{account.max_leverage:.0f}"
    return values


def size_values(case: Case) -> dict[str, str]:
    """What is wished and, for signals, of what size."""
    wishes, size = case.wishes, case.arguments["size"]
    if wishes.signals is None:
        return {"wishes": "orders" if wishes.targets is None else f"targets_{wishes.unit}"}
    if size is None:
        return {"wishes": "signals", "size": "default"}
    if isinstance(size, float) and math.isinf(size):
        return {"wishes": "signals", "size": "all"}
    number = getattr(size, "distance", None) if isinstance(size, options.Risk) else size.value
    form = "number" if isinstance(number, float) else "table"
    return {"wishes": "signals", "size": type(size).__name__, "size_form": form}


def fee_values(fees: object, slippage: object) -> dict[str, str]:
    forms = {options.PercentFee: "percent", options.PerUnitFee: "per_unit"}
    if isinstance(fees, options.TieredFee):
        fee = f"by_{fees.by}" if fees.maker is None else "maker"
    elif getattr(fees, "maker", None) is not None:
        fee = "maker"
    else:
        fee = forms.get(type(fees)) or ("rate" if fees else "none")
    if not isinstance(slippage, Slippage):
        return {"fee": fee, "slippage": "fraction" if slippage else "none", "cap_to_range": "no"}
    kind = "parts" if slippage.amount else "large"
    return {"fee": fee, "slippage": kind, "cap_to_range": yes(slippage.cap_to_range)}


def limit_values(limits: RiskLimits) -> dict[str, str]:
    values = {name: "off" if getattr(limits, name) is None else "on" for name in (*CAPS, *LOSSES)}
    if any(values[name] == "on" for name in LOSSES):
        values["action"] = limits.action
    return values


def stop_values(stops: StopTerms | None) -> dict[str, str]:
    if stops is None:
        return {"stops": "no"}
    values = {name: "off" if getattr(stops, name) is None else "on" for name in DISTANCES}
    policies = {"stop_unit": stops.unit, "stop_path": stops.path}
    policies |= {"stop_fill": stops.stop_fill, "when_added": stops.when_added}
    return {"stops": "yes", **policies, **values}


def resting_values(resting: RestingTerms | None) -> dict[str, str]:
    if resting is None:
        return {"orders": "market"}
    return {"orders": resting.kind, "tif": resting.tif}


def liquidity_values(liquidity: Liquidity | None) -> dict[str, str]:
    if liquidity is None:
        return {}
    caps = [name for name in ("share", "units", "money") if getattr(liquidity, name) is not None]
    values = {"zero_volume": liquidity.zero_volume, "cap": (*caps, "none")[0]}
    if len(caps) > 1:
        values["cap"] = "several"
    return values | ({"remainder": liquidity.remainder} if caps else {})


def halt_values(halts: Halts | None) -> dict[str, str]:
    if halts is None:
        return {"halts": "no"}
    values = {"halts": "yes", "halted_then": halts.then}
    return values if halts.upper is None else {**values, "limit_lock": halts.limit_lock}


def pairs_of(values: dict[str, str]) -> list[tuple[tuple[str, str], tuple[str, str]]]:
    """Pairs of the values of two different policies."""
    return list(combinations(sorted(values.items()), 2))
