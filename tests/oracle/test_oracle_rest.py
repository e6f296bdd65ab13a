"""Orders that rest in the oracle: the table worked by hand, mirrors, and what they change."""

from dataclasses import replace

import numpy as np
import pytest

from barledger.accounts import Cash, PortfolioMargin, Unlimited
from barledger.instruments.contract import Contract
from barledger.options import PercentOfEquity, Rules, Shares, Value
from barledger.risk import RiskLimits

from .kernel import simulate_both as simulate
from .levels import StopTerms
from .market import Market, Outcome, Wishes, is_number, weekdays_from
from .rest_cases import CASES, RestCase
from .resting import Own, RestingTerms
from .worlds import random_case

SWAPPED = {"ohlc": "olhc", "olhc": "ohlc"}
DISTANT = ("market_with_protection", "trailing_stop")  # whose price is a distance
LETTERS = ["L", "X", "S", "C"]


def run_case(case: RestCase, sign: int = 1) -> Outcome:
    """Run a case on its prices, or on its mirror: prices and quantities negated."""
    start, high, low, close = (
        [[sign * p] for p in column] for column in zip(*case.bars, strict=True)
    )
    if sign < 0:
        high, low = low, high
    n_bars = len(case.bars)
    dates = weekdays_from(Market(None, None, None, close).dates[0], n_bars)
    stops = None
    if case.stops:
        path = case.stops.get("path", "worst")
        path = SWAPPED.get(path, path) if sign < 0 else path
        usual = {"unit": "price"} if case.each is None else {"unit": "price", "loss": np.nan}
        stops = StopTerms(**{**usual, **case.stops, "path": path})
        if stops.unit == "level" and sign < 0:
            stops = replace(stops, loss=-(stops.loss or np.nan), target=-(stops.target or np.nan))
    return simulate(
        Market(
            open=start,
            high=high,
            low=low,
            close=close,
            tradable=[[bar != case.not_tradable] for bar in range(n_bars)],
            contracts=[contract_of(case, sign)],
            dates=[dates[bar // case.per_day] for bar in range(n_bars)],
        ),
        wishes_of(case, sign),
        account=Unlimited() if case.cash is None else Cash(),
        size=Shares(10) if case.value is None else Value(case.value),
        slippage=case.slippage,
        rules=Rules(split_fraction="keep", **case.rules),
        splits=[] if case.split is None else [(case.split[0], 0, case.split[1])],
        stops=StopTerms(loss=np.nan) if stops is None and case.each is not None else stops,
        resting=None
        if case.each is not None
        else RestingTerms(
            case.kind,
            [[(1 if case.kind in DISTANT else sign) * price] for price in case.price],
            None if case.stop is None else [[sign * price] for price in case.stop],
            case.tif,
            case.until,
        ),
        delay=case.delay,
        initial_cash=10_000.0 if case.cash is None else case.cash,
        positions={0: (sign * case.held[0], sign * case.held[1])} if case.held else None,
    )


def contract_of(case: RestCase, sign: int) -> Contract:
    """A share, or a future where prices are below zero."""
    lot = 0.5 if case.cash is None else 1.0
    if sign > 0:
        return Contract(lot=lot, tick=case.tick)
    return Contract(kind="future", multiplier=1.0, initial=1.0, lot=lot, tick=case.tick)


def own_order(row: list[str], sign: int) -> tuple[object, ...]:
    """An order that says of itself what it waits for."""
    bar, quantity, kind, price, *rest = row
    group, loss, target = [*rest, *["n"] * 3][:3]
    prices = [float("nan") if word in ("", "n") else float(word) for word in (price, loss, target)]
    price_sign = 1 if kind in DISTANT else sign
    own = Own(
        kind,
        price_sign * prices[0],
        group=None if group in ("", "n") else group,
        stop_loss=sign * prices[1],
        take_profit=sign * prices[2],
    )
    return int(bar), 0, sign * float(quantity), own


def wishes_of(case: RestCase, sign: int) -> Wishes:
    if case.each is not None:
        return Wishes(orders=[own_order(row, sign) for row in case.each])
    if case.orders is not None:
        return Wishes(orders=[(bar, 0, sign * quantity) for bar, quantity in case.orders])
    letters = LETTERS if sign > 0 else LETTERS[2:] + LETTERS[:2]
    words = dict(case.signals)
    return Wishes(
        signals=[
            [[letter in words.get(bar, "")] for bar in range(len(case.bars))] for letter in letters
        ]
    )


def fills_of(out: Outcome) -> list[tuple[object, ...]]:
    """Fills as in the table: the cause is told of those that nobody wished."""
    causes = {order["number"]: order["cause"] for order in out.orders}
    rows = []
    for fill in out.fills:
        cause = causes[fill["order"]]
        own = "" if cause in ("signal", "order") else cause
        rows.append((fill["bar"], fill["quantity"], fill["price"], own))
    return rows


def ends_of(out: Outcome) -> list[tuple[int, str]]:
    return [(o["bar"], o["reason"]) for o in out.orders if o["reason"] != "none"]


def near(case: RestCase, sign: int = 1) -> list[tuple[object, ...]]:
    return [
        (bar, pytest.approx(sign * quantity), pytest.approx(sign * price), cause)
        for bar, quantity, price, cause in case.fills
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_worked_by_hand(case):
    out = run_case(case)
    assert fills_of(out) == near(case)
    assert ends_of(out) == case.ends


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.cash is None], ids=lambda case: case.name
)
def test_the_mirror_of_a_case_is_its_mirror(case):
    out = run_case(case, -1)
    assert fills_of(out) == near(case, -1)
    assert ends_of(out) == case.ends


def test_the_table_has_enough_rows_of_different_names():
    assert len(CASES) == len({case.name for case in CASES}) >= 60


def test_an_order_that_expires_says_so_and_what_it_was():
    (order,) = run_case(next(c for c in CASES if c.tif == "next" and c.ends)).orders
    names = ("placed", "bar", "quantity", "filled", "state", "reason", "cause")
    assert [order[name] for name in names] == [0, 1, 10, 0, "expired", "expired", "order"]


# Two assets


def two(*bars: tuple[str, str]) -> Market:
    """Bars of two assets, each `open high low close`."""
    table = np.array([[[float(p) for p in words.split()] for words in row] for row in bars])
    return Market(*(table[:, :, i].tolist() for i in range(4)))


FLAT = ("100 100 100 100", "50 50 50 50")
BOTH_MET = ("100 106 94 100", "50 53 47 50")


@pytest.mark.parametrize("sequence", ["exits_first", "reversed", "as_given", "by_value"])
def test_in_the_range_every_reducing_part_comes_first(sequence):
    # B is bought at 47 and A sold at 105: the sale comes first, but does not pay for B.
    out = simulate(
        two(FLAT, BOTH_MET),
        Wishes(orders=[(0, 0, -10), (0, 1, 10)]),
        account=Cash(),
        rules=Rules(sequence=sequence),
        resting=RestingTerms("limit", [105, 47]),
        initial_cash=235,
        positions={0: (10, 100)},
    )
    assert [(f["asset"], f["quantity"], f["price"]) for f in out.fills] == [
        (0, -10, 105),
        (1, pytest.approx(5), 47),
    ]
    assert ends_of(out) == [(1, "insufficient_cash")]


def test_openings_of_the_range_follow_the_sequence():
    market, wishes = two(FLAT, BOTH_MET), Wishes(orders=[(0, 0, 10), (0, 1, 10)])
    for sequence, first in (("exits_first", 0), ("reversed", 1), ("by_value", 1)):
        out = simulate(
            market,
            wishes,
            account=Cash(),
            rules=Rules(sequence=sequence),
            resting=RestingTerms("limit", [95, 47]),
            initial_cash=100_000,
        )
        assert out.fills[0]["asset"] == first, sequence


def test_the_range_sizes_by_the_equity_of_the_open():
    # At the open 1,000 + 10 · 110 = 2,100, the stop of A at 90 notwithstanding: half buys B at 47.
    market = two(FLAT, FLAT, ("110 112 89 100", "50 53 47 50"))
    no, yes = [False, False], [True, False]
    out = simulate(
        market,
        Wishes(signals=[[yes, [False, True], no], [no] * 3, [no] * 3, [no] * 3]),
        account=PortfolioMargin(max_leverage=4),
        size=PercentOfEquity(0.5),
        resting=RestingTerms("limit", [100, 47]),
        stops=StopTerms(loss=10, unit="price"),
        initial_cash=2000,
    )
    bought, stopped, sized = out.fills
    assert (bought["quantity"], bought["price"]) == (10, 100)
    assert (stopped["quantity"], stopped["price"]) == (-10, 90)
    assert (sized["bar"], sized["price"]) == (2, 47)
    assert sized["quantity"] == pytest.approx(0.5 * 2100 / 47)


def test_margin_that_a_stop_frees_in_the_range_is_free_from_the_close():
    # 1,000 of 2,000 is free after A is bought whole; the stop at 95 frees 950 too late.
    market = two(FLAT, FLAT, ("100 101 94 96", "50 53 47 50"))
    out = simulate(
        market,
        Wishes(orders=[(0, 0, 10), (1, 1, 100)]),
        account=PortfolioMargin(max_leverage=1),
        resting=RestingTerms("limit", [100, 47]),
        stops=StopTerms(loss=5, unit="price"),
        initial_cash=2000,
    )
    assert [f["quantity"] for f in out.fills] == [10, -10, pytest.approx(1000 / 47)]
    assert ends_of(out) == [(2, "insufficient_margin")]


def test_what_expires_is_recorded_after_the_fills_of_its_range():
    out = simulate(
        two(FLAT, BOTH_MET),
        Wishes(orders=[(0, 0, 10), (0, 1, 10)]),
        account=Unlimited(),
        resting=RestingTerms("limit", [90, 47], tif="next"),
    )
    assert [(o["asset"], o["state"], o["reason"]) for o in out.orders] == [
        (1, "filled", "none"),
        (0, "expired", "expired"),
    ]


def test_a_halt_refuses_what_is_offered_in_the_range():
    # The loss limit is hit on bar 1; on bar 2, of the same week, the limit of B is met.
    market = two(FLAT, FLAT, ("80 81 79 80", "50 51 49 50"), ("80 81 79 80", "50 53 47 50"))
    out = simulate(
        market,
        Wishes(orders=[(1, 1, 10)]),
        account=Unlimited(),
        limits=RiskLimits(max_weekly_loss=0.05),
        resting=RestingTerms("limit", [100, 47]),
        initial_cash=0,
        positions={0: (10, 100)},
    )
    assert not out.fills
    assert ends_of(out) == [(3, "halted")]


# Random worlds


def same(one: Outcome, other: Outcome) -> bool:
    return repr(one) == repr(other)


@pytest.mark.parametrize("kind", ["limit", "stop", "market_if_touched", "stop_limit"])
def test_what_every_open_meets_is_an_order_at_the_market(kind):
    n_fills = 0
    for seed in range(1200):
        case = random_case(seed)
        if case.arguments["resting"] is None:
            continue
        make_long_only(case)
        always = {"limit": (1e9, None), "market_if_touched": (1e9, None), "stop": (-1e9, None)}
        price, stop = always.get(kind, (1e9, -1e9))
        case.arguments["resting"] = RestingTerms(kind, price, stop)
        rested = case.run()
        case.arguments["resting"] = None
        assert same(rested, case.run()), seed
        n_fills += len(rested.fills)
    assert n_fills > 300


def make_long_only(case):
    """Leave out sales that open, ranges of bars that have no open, and volumes."""
    market, wishes = case.market, case.wishes
    market.volume = case.arguments["liquidity"] = None
    case.arguments["rules"] = replace(case.arguments["rules"], entry_tif="gtc")
    shape = (market.n_bars, market.n_assets)
    tradable = np.ones(shape, bool) if market.tradable is None else np.array(market.tradable)
    market.tradable = (tradable & ~np.isnan(np.array(market.open))).tolist()
    nothing = np.zeros(shape, bool).tolist()
    if wishes.signals is not None:
        wishes.signals = [*wishes.signals[:2], nothing, nothing]
    if wishes.orders is not None:
        wishes.orders = [(bar, asset, abs(quantity)) for bar, asset, quantity in wishes.orders]
    case.arguments["positions"] = None


def test_no_fill_is_past_the_limit_of_its_order_in_any_random_world():
    n_limited = n_expired = 0
    for seed in range(3000):
        case = random_case(seed)
        resting = case.arguments["resting"]
        if resting is None or case.arguments["splits"]:
            continue
        out = case.run()
        orders = {order["number"]: order for order in out.orders}
        n_expired += sum(order["reason"] == "expired" for order in out.orders)
        for order in out.orders:
            is_over = order["reason"] in ("expired", "end_of_data")
            state = "partly_filled" if order["filled"] else "expired"
            assert is_over == (order["state"] == state) or state == "partly_filled"
        if resting.kind not in ("limit", "stop_limit"):
            continue
        for fill in out.fills:
            order = orders[fill["order"]]
            if order["cause"] in ("signal", "order") and rests(case, order, out):
                assert is_within(case, order, fill), (seed, fill)
                n_limited += 1
    assert n_limited > 100
    assert n_expired > 300


def rests(case, order, out) -> bool:
    """Whether an order opened something, as it fills; what only closes is at the market."""
    mine = [fill for fill in out.fills if fill["order"] == order["number"]]
    return any(not fill["closes"] for fill in mine)


def is_within(case, order, fill) -> bool:
    side = 1 if fill["quantity"] > 0 else -1
    table = np.broadcast_to(
        np.asarray(case.arguments["resting"].price, float),
        (case.market.n_bars, case.market.n_assets),
    )
    limit = table[order["placed"], order["asset"]]
    assert is_number(limit)
    return side * fill["price"] <= side * limit + 1e-9 * abs(limit)


def test_orders_that_are_never_met_leave_the_account_as_it_is():
    for seed in range(600):
        case = random_case(seed)
        if case.arguments["resting"] is None or case.wishes.orders is None:
            continue
        buys = [row for row in case.wishes.orders if row[2] > 0]
        case.wishes.orders = buys
        case.arguments["resting"] = RestingTerms("limit", 1e-9)
        met = case.run()
        case.wishes = replace(case.wishes, orders=[])
        assert met.equity == case.run().equity
        assert {order["reason"] for order in met.orders if order["cause"] == "order"} <= {
            "end_of_data",
            "delisted",
        }
