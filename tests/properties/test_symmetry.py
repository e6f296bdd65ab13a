"""Worlds turned around: mirrored in price, with assets in another order, each on its own."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from oracle.kernel import kernel_run, request_of, without
from oracle.market import Market, Wishes
from oracle.worlds import Case

from barledger.accounts import Cash, FreeCash, Unlimited
from barledger.instruments.contract import Contract
from barledger.lowering.drive import Run, run
from barledger.options import PercentOfEquity, Shares, TieredFee

from .drawn import all_bits, bits, columns, many, worlds

MIRRORED_WORDS = {"long": "short", "short": "long"}
DISTANT = ("market_with_protection", "trailing_stop")  # whose price is a distance
SWAPPED = {"ohlc": "olhc", "olhc": "ohlc"}
SIGNED = ("quantity", "price")


# Mirror: a long of p is a short of -p


def of_futures(case: Case) -> Case:
    """The world with futures in place of everything else, in an account that may hold them."""
    futures = [
        c
        if c.kind == "future"
        else Contract(kind="future", multiplier=2.0, initial=30.0, tick=c.tick)
        for c in case.market.contracts
    ]
    account = case.arguments["account"]
    case = replace(case, market=replace(case.market, contracts=futures))
    account = Unlimited() if isinstance(account, Cash | FreeCash) else account
    return without(
        case, splits=[], halts=None, account=account, carry=None
    )  # limits are no mirror of themselves


def mirrored(case: Case) -> Case:
    """The world with every price and every wish on the other side of zero."""
    given = case.arguments
    word = given["rules"].direction_conflict
    price, held = given["price"], given.get("positions") or {}
    return Case(
        mirrored_market(case.market),
        mirrored_wishes(case.wishes),
        {
            **given,
            "rules": replace(given["rules"], direction_conflict=MIRRORED_WORDS.get(word, word)),
            "stops": mirrored_stops(given["stops"]),
            "resting": mirrored_orders(given["resting"]),
            "price": None if price is None else (-np.array(price)).tolist(),
            "positions": {asset: (-q, -average) for asset, (q, average) in held.items()},
        },
    )


def mirrored_stops(stops: Any) -> Any:
    """Distances stay, prices turn; the high comes first where the low did."""
    if stops is None:
        return None
    stops = replace(stops, path=SWAPPED.get(stops.path, stops.path))
    if stops.unit != "level":
        return stops
    levels = {name: getattr(stops, name) for name in ("loss", "target")}
    return replace(stops, **{n: v if v is None else -np.asarray(v) for n, v in levels.items()})


def mirrored_own(own: Any) -> Any:
    """Every price of an order on the other side of zero, but not its distance."""
    names = ("stop", "stop_loss", "take_profit") + ("price",) * (own.kind not in DISTANT)
    return replace(own, **{name: -getattr(own, name) for name in names})


def mirrored_orders(orders: Any) -> Any:
    """Every price on the other side of zero."""
    if orders is None:
        return None
    stop = None if orders.stop is None else -np.asarray(orders.stop)
    is_distance = orders.kind in DISTANT
    price = orders.price if is_distance or orders.price is None else -np.asarray(orders.price)
    return replace(orders, price=price, stop=stop)


def mirrored_market(market: Market) -> Market:
    def minus(rows: Any) -> Any:
        return None if rows is None else (-np.array(rows)).tolist()

    turned = {name: minus(getattr(market, name)) for name in ("open", "close", "settlement")}
    return replace(market, **turned, high=minus(market.low), low=minus(market.high))


def mirrored_wishes(wished: Wishes) -> Wishes:
    signals, targets, orders = wished.signals, wished.targets, wished.orders
    if signals is not None:
        signals = [*signals[2:], *signals[:2]]
    if targets is not None:
        targets = (-np.array(targets)).tolist()
    if orders is not None:
        orders = [(row[0], row[1], -row[2], *map(mirrored_own, row[3:])) for row in orders]
    return replace(wished, signals=signals, targets=targets, orders=orders)


def turned(rows: np.ndarray, sign: float) -> np.ndarray:
    """Fills with signed columns times a sign, and no zero below zero."""
    rows = rows.copy()
    for name in ("quantity", "price", "amount", "slippage"):
        rows[name] *= sign if name in SIGNED else 1.0
        rows[name] += 0.0
    return rows


@given(case=worlds)
@many
def test_a_short_future_is_the_mirror_of_a_long_in_every_number(case):
    case = of_futures(case)
    ran, other = kernel_run(case), kernel_run(mirrored(case))
    assert bits(ran.equity) == bits(other.equity)
    assert bits(ran.incidents) == bits(other.incidents)
    assert bits(turned(ran.fills, 1.0)) == bits(turned(other.fills, -1.0))
    for name in ("bar", "placed", "asset", "state", "reason", "cause"):
        assert (ran.orders[name] == other.orders[name]).all()


# Order of the columns, and accounts of their own


def independent(case: Case) -> Case:
    """The world in which no asset knows of another: no shared money, no shared limits."""
    size = case.arguments["size"]
    fees = case.arguments["fees"]
    is_shared = isinstance(fees, TieredFee) and fees.by == "month"
    wishes = case.wishes
    return without(
        replace(case, wishes=replace(wishes, unit="shares") if wishes.targets else wishes),
        account=Unlimited(),
        size=size if isinstance(size, Shares) else Shares(50.0),
        fees=0.001 if is_shared else fees,
        limits=None,
        exclusive=None,
        carry=unrolled(case),
        impact=case.arguments["impact"] and replace(case.arguments["impact"], across=None),
        rules=replace(case.arguments["rules"], sequence="exits_first"),
    )


def unrolled(case: Case) -> Any:
    """What time does in a world, but for rolls, which tie two assets together."""
    return case.arguments["carry"] and replace(case.arguments["carry"], rolls=[])


def of_asset(ran: Run, asset: int) -> np.ndarray:
    rows = ran.fills[ran.fills["asset"] == asset].copy()
    rows["asset"] = rows["order"] = 0
    return rows


@given(case=worlds)
@many
def test_the_order_of_independent_assets_changes_none_of_their_fills(case):
    case = independent(case)
    picked = list(range(case.market.n_assets))[::-1]
    ran, other = kernel_run(case), kernel_run(columns(case, picked))
    for asset, place in enumerate(picked):
        assert bits(of_asset(ran, asset)) == bits(of_asset(other, place))
    scale = max(case.arguments["initial_cash"], float(abs(ran.fills["amount"]).sum()))
    assert ran.equity == pytest.approx(other.equity, abs=1e-9 * scale)


@given(case=worlds)
@many
def test_an_account_for_each_asset_is_that_asset_run_alone(case):
    rules = case.arguments["rules"]
    if not isinstance(rules.sequence, str):  # names columns, of which there is one
        case = without(case, rules=replace(rules, sequence="reversed"))
    if case.arguments["size"] is None:  # a share of the number of assets
        case = without(case, size=PercentOfEquity(0.5))
    case = without(case, exclusive=None, limits=None, positions={}, unsettled=[])
    case = without(case, carry=unrolled(case))
    whole = request_of(case)
    for asset in range(case.market.n_assets):
        alone = columns(case, [asset])
        expected = request_of(alone)
        assets = [f"A{asset}"]
        expected = replace(
            expected,
            bars=replace(expected.bars, assets=tuple(assets)),
            events=whole.events.of(assets),
        )
        part = run(whole.of((asset,), case.arguments["initial_cash"], None))
        assert all_bits(part) == all_bits(run(expected))
