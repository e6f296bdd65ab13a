"""The preset agrees with Backtrader: with what it was seen to do, and with itself where installed."""

import gzip
import json
import sys
from pathlib import Path

import numpy as np
import pytest

import barledger as bl
from barledger.presets import backtrader

HERE = Path(__file__).parent
PARITY = HERE.parents[1] / "benchmarks" / "parity"
SEEN = json.loads(gzip.decompress((HERE / "backtrader.json.gz").read_bytes()))


@pytest.fixture(scope="module", autouse=True)
def parity():
    """The modules that the fuzzer draws and compares with."""
    before = list(sys.path)
    sys.path[:0] = [str(PARITY), str(PARITY.parent / "workers")]
    yield
    sys.path[:] = before


def bars(opens, closes, **more):
    opens, closes = np.array(opens, float), np.array(closes, float)
    high, low = np.maximum(opens, closes) + 1.0, np.minimum(opens, closes) - 1.0
    return bl.Bars.from_arrays(closes, open=opens, high=high, low=low, **more)


def fills(run):
    return run.fills.select("bar", "asset", "quantity", "price").rows()


def test_every_recorded_strategy_has_the_same_fills_and_the_same_cash():
    import drawn
    import ours

    for seed, theirs in enumerate(SEEN["strategies"]):
        changes = theirs["cash"]
        cash = [next(c for c in changes[k::-1] if c) for k in range(len(changes))]
        mine = ours.as_backtrader(drawn.of_broker(seed))
        value = [*mine["value"][:-1], theirs["value"]]
        expected = {"fills": theirs["fills"], "cash": cash, "value": value}
        assert ours.difference(mine, expected) is None, f"strategy {seed}"


@pytest.mark.parametrize("cash", SEEN["wide"])
def test_fifty_of_250_names_a_day_trade_by_trade(cash):
    import drawn
    import ours

    mine = ours.as_backtrader(drawn.wide(float(cash)))
    final = [round(mine[name][-1], 2) for name in ("cash", "value")]
    assert [len(mine["fills"]), drawn.digest(mine["fills"]), *final] == SEEN["wide"][cash]


def test_the_installed_backtrader_agrees():
    pytest.importorskip("backtrader")
    import drawn
    import ours
    import with_backtrader

    for seed in range(10_000, 10_040):
        case = drawn.of_broker(seed)
        theirs = with_backtrader.observe(case)
        assert ours.difference(ours.as_backtrader(case), theirs) is None, f"strategy {seed}"


def test_a_refused_order_goes_on_to_take_from_the_queue():
    # On paper: 1,000 - 600 = 400, - 500 = -100: refused; - 300 = -400: refused too.
    calm = bars([[10.0] * 3] * 3, [[10.0] * 3] * 3, assets=list("ABC"))
    wanted = [[60, 50, 30], [0, 0, 0], [0, 0, 0]]
    run = bl.Portfolio.from_orders(calm, wanted, **backtrader.options(), initial_cash=1_000)
    assert fills(run) == [(1, "A", 60, 10)]
    assert run.rejections.select("bar", "asset", "reason", "wanted").rows() == [
        (1, "B", "insufficient_cash", 50),
        (1, "C", "insufficient_cash", 30),
    ]


def test_a_sale_further_on_in_the_queue_brings_the_cash_back():
    # On paper: 1,000 - 1,200 = -200: refused; + 500 = 300; - 300 = 0: allowed.
    calm = bars([[10.0] * 3] * 3, [[10.0] * 3] * 3, assets=list("ABC"))
    wanted = [[120, -50, 30], [0, 0, 0], [0, 0, 0]]
    run = bl.Portfolio.from_orders(calm, wanted, **backtrader.options(), initial_cash=1_000)
    assert fills(run) == [(1, "B", -50, 10), (1, "C", 30, 10)]


def test_an_opening_is_tested_again_at_its_fill():
    # Affordable at the close of 10, not at the open of 11.
    up = bars([[10.0], [11.0], [11.0]], [[10.0], [11.0], [11.0]])
    run = bl.Portfolio.from_orders(up, [100, 0, 0], **backtrader.options(), initial_cash=1_000)
    assert fills(run) == []
    assert run.rejections["reason"].to_list() == ["insufficient_cash"]


def test_even_a_cover_is_refused_on_paper_but_not_without_the_check():
    # Short 100 at 10, then 150 of B at 12: 200 left. Covering at 12 takes 1,200.
    rise = [[10.0, 10.0], [10.0, 10.0], [12.0, 12.0], [12.0, 12.0], [12.0, 12.0]]
    wanted = [[-100, 0], [0, 150], [100, 0], [0, 0], [0, 0]]
    for checks, n_fills in ((True, 2), (False, 3)):
        options = backtrader.options(checksubmit=checks)
        run = bl.Portfolio.from_orders(bars(rise, rise), wanted, **options, initial_cash=1_000)
        assert len(run.fills) == n_fills
        assert run.cash["cash"][-1] == (200 if checks else -1_000)


def test_an_older_order_within_the_bar_comes_before_a_newer_one_at_its_open():
    # A's limit of 9 is reached within bar 2; B's order of the same bar finds 100 left.
    opens = [[10.0, 10.0]] * 4
    market = bl.Bars.from_arrays(
        np.array(opens), open=np.array(opens), high=np.array(opens), assets=["A", "B"],
        low=np.array([[10.0, 10.0], [10.0, 10.0], [9.0, 10.0], [10.0, 10.0]]),
    )  # fmt: skip
    import polars as pl

    orders = pl.DataFrame(
        {
            "bar": [0, 1], "asset": ["A", "B"], "quantity": [100.0, 50.0],
            "kind": ["limit", "market"], "price": [9.0, None],
        }
    )  # fmt: skip
    for sequence, filled in (("as_placed", "A"), ("as_given", "B")):
        rules = bl.Rules(sequence=sequence, insufficient="reject")
        run = bl.Portfolio.from_orders(market, orders, rules=rules, initial_cash=1_000)
        assert fills(run)[0][1] == filled
        assert len(run.fills) == 1


def test_a_lessened_target_cuts_the_order_to_lots():
    # 10 held, 55 worth wanted at 10: Backtrader sells floor(4.5) = 4, else 5 are left.
    flat = bars([[10.0]] * 4, [[10.0]] * 4, contracts=bl.Contract(kind="stock", lot=1))
    for policy, left in (("order", 6), ("holding", 5)):
        rules = bl.Rules(target_lots=policy, size_at="decision")
        wanted = [100.0, 55.0, np.nan, np.nan]
        run = bl.Portfolio.from_targets(flat, wanted, unit="value", rules=rules)
        assert run.state.positions[flat.assets[0]][0] == left


def test_short_sales_bring_cash_that_can_be_spent():
    # 100 short bring 1,000; with it 150 long are paid.
    calm = bars([[10.0, 10.0]] * 3, [[10.0, 10.0]] * 3)
    options = {"account": bl.CashBalance(), "initial_cash": 500}
    run = bl.Portfolio.from_orders(calm, [[-100, 150], [0, 0], [0, 0]], **options)
    assert run.cash["cash"][-1] == 0
    assert run.equity["equity"][-1] == 500


def test_all_that_fits_of_a_short_is_as_much_as_the_cash():
    calm = bars([[10.0]] * 3, [[10.0]] * 3)
    run = bl.Portfolio.from_signals(
        calm, None, None, [True, False, False], None, size="all_cash", account=bl.CashBalance(),
        initial_cash=500,
    )  # fmt: skip
    assert fills(run)[0][2] == -50


FUTURE = bl.Contract(kind="future", multiplier=50, tick=0.25, initial=1_000, maintenance=900, lot=1)


@pytest.mark.parametrize(
    ("options", "more", "message"),
    [
        ({"account": bl.CashBalance()}, {"contracts": FUTURE}, "holds what is paid in full"),
        (
            {"account": bl.CashBalance(), "rules": bl.Rules(allocation="proportional")}, {},
            "CashBalance needs allocation='in_order' or 'priority'",
        ),
        ({"rules": bl.Rules(submission="checked")}, {}, "needs size_at='decision'"),
        (
            {"rules": backtrader.RULES, "size": bl.PercentOfCash(0.5)}, {},
            "needs a size that is known when an order is placed",
        ),
        (
            {"rules": bl.Rules(sequence="as_placed", allocation="all_or_none")}, {},
            "sequence='as_placed' needs allocation='in_order'",
        ),
        (
            {"rules": bl.Rules(sequence="as_placed"), "orders": bl.Limit(9.0),
             "stops": bl.Stops(loss=0.1)}, {},
            "give the stops as orders too",
        ),
    ],
)  # fmt: skip
def test_what_a_policy_for_parity_knows_nothing_of_is_refused(options, more, message):
    given = {"size": bl.Value(100.0), **options}
    with pytest.raises(ValueError, match=message):
        bl.Portfolio.from_signals(
            bars([[10.0]] * 3, [[10.0]] * 3, **more), [True, False, False], **given
        )


def test_unknown_words_are_refused():
    for name in ("submission", "target_lots"):
        with pytest.raises(ValueError, match=name):
            bl.Rules(**{name: "sometimes"})
