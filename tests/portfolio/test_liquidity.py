"""Caps of a bar's volume through the public API: scenarios, bad input, what a user is told."""

import numpy as np
import pytest
from markets import fills, flat_bars, near, reasons

import barledger as bl

PRICES = [10.0, 10.0, 10.1, 10.2]
VOLUME = np.array([[1.0], [30_000.0], [20_000.0], [100_000.0]])
BARS = flat_bars(PRICES, volume=VOLUME)
ONCE = np.array([[10_000.0], [0.0], [0.0], [0.0]])
WAITS = bl.Rules(entry_tif="gtc")


def bought(bars=BARS, quantity=ONCE, **options):
    return bl.Portfolio.from_orders(bars, quantity, initial_cash=200_000, **options)


def test_zero_volume_bar_fills_nothing():  # scenario C08
    bars = flat_bars([99.0, 100.0, 101.0], volume=np.array([[5.0], [0.0], [5000.0]]))
    ten = np.array([[10.0], [0.0], [0.0]])
    assert fills(bought(bars, ten, rules=WAITS)) == [(2, "A", 10.0, 101.0)]
    brief = bought(bars, ten, rules=bl.Rules(entry_tif="ioc"))
    assert (fills(brief), reasons(brief)) == ([], ["expired"])


def test_one_order_fills_over_three_bars_and_pays_its_minimum_once():  # scenario C09
    result = bought(
        liquidity=bl.Liquidity(share=0.1),
        rules=WAITS,
        fees=bl.PerUnitFee(0.0001, minimum=1.0),
    )
    rows = result.fills.select("quantity", "price", "fee").rows()
    assert rows == [(3000.0, 10.0, 1.0), (2000.0, 10.1, 0.0), (5000.0, 10.2, 0.0)]
    assert result.equity["equity"].to_list() == near(200_000, 199_999, 200_299, 200_799)
    assert result.orders.select("quantity", "filled", "state").row(0) == (10_000, 10_000, "filled")
    assert result.state.positions["A"] == (10_000.0, pytest.approx(10.12))


def test_what_is_told_of_an_order_in_pieces():
    result = bought(liquidity=bl.Liquidity(share=0.1), rules=WAITS)
    meanwhile = str(result.explain("A", 1))
    assert "order 0, given as an order on 0: waits" in meanwhile
    assert "opened +3,000 at 10: cash -30,000.00" in meanwhile
    part = result[2:4]
    assert part.orders["filled"].to_list() == [10_000.0]
    assert part.fills["quantity"].to_list() == [2000.0, 5000.0]


def test_an_order_that_waits_at_the_end_tells_what_it_has_filled_and_goes_on():
    capped = {"liquidity": bl.Liquidity(share=0.1), "rules": WAITS}
    result = bought(flat_bars(PRICES[:3], volume=VOLUME[:3]), ONCE[:3], **capped)
    row = result.orders.row(0, named=True)
    told = [row[name] for name in ("quantity", "filled", "state", "reason")]
    assert told == [10_000.0, 5_000.0, "partly_filled", "end_of_data"]
    assert result.stats()["not_filled_end_of_data"].item() == 1
    rest = flat_bars([10.2], volume=np.array([[100_000.0]]))
    again = bl.Portfolio.from_orders(rest, np.zeros((1, 1)), start=result.state, **capped)
    assert fills(again) == [(0, "A", 5_000.0, 10.2)]


def test_an_order_partly_filled_whose_date_is_over_between_two_runs_ends_once():
    days = np.arange("2024-03-04", "2024-03-07", dtype="datetime64[D]")
    orders = bl.Limit(12.0, tif="gtd", until="2024-03-06")

    def run(prices, **options):
        time = days[:3] if len(prices) == 3 else days[-1:] + 1
        bars = flat_bars(prices, volume=np.full((len(prices), 1), 20_000.0), time=time)
        given = {"liquidity": bl.Liquidity(share=0.1), "orders": orders, **options}
        return bl.Portfolio.from_orders(bars, ONCE[:3][-len(prices) :], **given)

    before = run([10.0] * 3, initial_cash=200_000)
    assert before.orders["filled"].to_list() == [4_000.0]
    after = run([10.0], start=before.state)
    assert after.orders.select("bar", "quantity", "filled", "state", "reason").rows() == [
        (-1, 10_000.0, 0.0, "partly_filled", "expired")
    ]
    assert len(after.fills) == 0


def test_a_cap_that_is_never_reached_changes_no_bit():
    plain = bought(rules=WAITS)
    capped = bought(rules=WAITS, liquidity=bl.Liquidity(units=1e9, money=1e12))
    assert plain.fills.equals(capped.fills)
    assert plain.equity.equals(capped.equity)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: bl.Liquidity(share=-0.1), "Liquidity share must be >= 0, was -0.1"),
        (lambda: bl.Liquidity(share=10.0), "at most 1 .0.1 is 10 %.; was 10"),
        (lambda: bl.Liquidity(money=np.nan), "Liquidity money must be finite"),
        (lambda: bl.Liquidity(zero_volume="never"), "zero_volume must be one of no_fill"),
        (lambda: bl.Liquidity(remainder="keep"), "remainder must be one of carry, drop"),
        (lambda: bl.Liquidity(floor=5), "floor and zero_volume='synthetic' belong together"),
        (lambda: bl.Liquidity(zero_volume="spread"), "spread and zero_volume='spread' belong"),
        (
            lambda: bought(flat_bars(PRICES), liquidity=bl.Liquidity(share=0.1)),
            "share needs bars with volume; these have none",
        ),
        (
            lambda: bought(flat_bars(PRICES), liquidity=bl.Liquidity(zero_volume="last_price")),
            "zero_volume='last_price' needs bars with volume",
        ),
        (
            lambda: bought(
                liquidity=bl.Liquidity(units=5), rules=bl.Rules(allocation="proportional")
            ),
            "needs allocation='in_order' or 'priority', was 'proportional'",
        ),
        (
            lambda: bought(liquidity=bl.Liquidity(units=5), rules=bl.Rules(reversal="atomic")),
            "needs reversal='split', was 'atomic'",
        ),
    ],
)
def test_what_cannot_be(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_liquidity_that_is_none():
    with pytest.raises(TypeError, match="liquidity must be Liquidity such as"):
        bought(liquidity=0.1)
