"""The wall between research and live: a broker's records through the ledger of a backtest."""

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import barledger as bl

ES = bl.Contract(kind="future", multiplier=50, tick=0.25, initial=12_000, maintenance=10_800)
PERP = bl.Contract(kind="perpetual", initial=0.1, maintenance=0.02)
ASSETS = ("STOCK", "COIN", "ES", "PERP")


def mixed_market(seed, n_bars=60):
    """Bars of a stock, a coin, a future and a perpetual, with a split and funding."""
    draw = np.random.default_rng(seed)
    steps = np.exp(np.cumsum(draw.normal(0, 0.03, (2 * n_bars, 4)), axis=0))
    path = steps * np.array([50.0, 200.0, 4_000.0, 300.0])
    opens, close = path[0::2].copy(), path[1::2].copy()
    time = np.datetime64("2024-01-01T00", "ns") + np.arange(n_bars) * np.timedelta64(8, "h")
    stamps = [(time[bar], "PERP", float(draw.normal(0, 0.001))) for bar in range(3, n_bars, 3)]
    stamps += [(time[7] + np.timedelta64(90, "m"), "PERP", 0.002)]
    events = bl.Events(
        splits=[(time[20], "STOCK", 2.0)], cash_flows=[(time[30], 5_000.0)], funding=stamps
    )
    return bl.Bars.from_arrays(
        close, open=opens, time=time, assets=ASSETS, events=events,
        contracts={"COIN": bl.Contract(kind="coin"), "ES": ES, "PERP": PERP},
    )  # fmt: skip


def backtest(seed):
    bars = mixed_market(seed)
    draw = np.random.default_rng(seed + 1)
    orders = draw.normal(0, 1, bars.shape).round(2) * np.array([200.0, 40.0, 2.0, 60.0])
    orders[draw.random(bars.shape) < 0.7] = np.nan
    account = bl.PortfolioMargin(max_leverage=2)
    return bars, bl.Portfolio.from_orders(
        bars, orders, account=account, fees=0.001, slippage=0.0005, initial_cash=200_000
    )


def as_a_broker_tells(result):
    """One row an order and price: a reversal is one fill, without word of what it closed."""
    fills = result.fills.group_by("order", "time", "asset", "price", maintain_order=True).agg(
        pl.col("quantity").sum(), pl.col("fee").sum()
    )
    booked = result.ledger.filter(~pl.col("category").is_in(["trade", "fee", "variation"]))
    return fills.select("time", "asset", "quantity", "price", "fee"), booked


@given(seed=st.integers(0, 1 << 30))
@settings(
    max_examples=25, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
def test_recorded_fills_give_the_cash_and_positions_of_the_backtest(seed):
    bars, result = backtest(seed)
    fills, booked = as_a_broker_tells(result)
    told = bl.execution.statement(
        bars, fills, booked, account=bl.PortfolioMargin(max_leverage=2), initial_cash=200_000
    )
    scale = 1e-9 * 200_000
    for name, curve in (("cash", result.cash), ("equity", result.equity)):
        np.testing.assert_allclose(told.account[name], curve[name], rtol=1e-9, atol=scale)
    for name in ("initial", "maintenance"):
        np.testing.assert_allclose(told.account[name], result.margin[name], rtol=1e-9, atol=scale)
    mine = result.positions.select("time", "asset", "quantity", "average")
    assert told.positions.select("time", "asset").equals(mine.select("time", "asset"))
    for name in ("quantity", "average"):
        np.testing.assert_allclose(told.positions[name], mine[name], rtol=1e-9, atol=1e-9)


def test_margin_is_a_claim_and_never_leaves_cash():
    # two futures: cash pays the fee alone, and 24,000 are asked for once
    bars = bl.Bars.from_arrays([5_000.0, 5_000.0], contracts=ES, assets="ES")
    fills = pl.DataFrame(
        {"bar": [0], "asset": ["ES"], "quantity": [2.0], "price": [5_000.0], "fee": [4.5]}
    )
    told = bl.execution.statement(bars, fills, account=bl.FuturesMargin(), initial_cash=30_000)
    assert told.account["cash"].to_list() == [29_995.5, 29_995.5]
    assert told.account["equity"].to_list() == [29_995.5, 29_995.5]
    assert told.account["initial"].to_list() == [24_000, 24_000]


def test_a_fill_through_flat_is_two():
    bars = bl.Bars.from_arrays([100.0, 110.0, 120.0], assets="A")
    fills = pl.DataFrame(
        {
            "bar": [0, 1],
            "asset": ["A", "A"],
            "quantity": [10.0, -30.0],
            "price": [100.0, 110.0],
            "fee": [1.0, 3.0],
        }
    )
    told = bl.execution.statement(bars, fills, initial_cash=5_000)
    # 100 earned on 10, then 20 short at 110
    assert told.account["equity"].to_list() == [4_999, 5_096, 4_896]
    assert told.positions["average"].to_list() == [100, 110, 110]


def test_it_knows_what_was_held_before():
    bars = bl.Bars.from_arrays([100.0, 110.0], assets="A")
    start = bl.State(1_000.0, {"A": (10, 90.0)})
    nothing = pl.DataFrame(
        schema={"bar": int, "asset": str, "quantity": float, "price": float, "fee": float}
    )
    told = bl.execution.statement(bars, nothing, start=start)
    assert told.account["equity"].to_list() == [2_000, 2_100]
    assert "equity 2,100.00" in repr(told)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"asset": ["B"]}, "fills name 'B', which the bars do not have"),
        ({"bar": [5]}, "fills: row 0 lies outside the bars, which are from 0 to 2"),
        ({"fee": [None]}, "that of bar 0 lacks one"),
        ({"quantity": [0.0]}, "that of bar 0 lacks one"),
    ],
)
def test_fills_that_do_not_fit_are_refused(changed, message):
    bars = bl.Bars.from_arrays([100.0, 110.0], assets="A")
    row = {"bar": [0], "asset": ["A"], "quantity": [1.0], "price": [100.0], "fee": [0.0]}
    with pytest.raises(ValueError, match=message):
        bl.execution.statement(bars, pl.DataFrame({**row, **changed}))


def test_records_without_their_columns_are_refused():
    bars = bl.Bars.from_arrays([100.0, 110.0], assets="A")
    row = {"bar": [0], "asset": ["A"], "quantity": [1.0], "price": [100.0]}
    with pytest.raises(
        ValueError, match=r"must have the columns time, asset, quantity, price, fee"
    ):
        bl.execution.statement(bars, pl.DataFrame(row))
    fills = pl.DataFrame({**row, "fee": [0.0]})
    wrong = pl.DataFrame({"bar": [0], "asset": ["A"], "category": ["gift"], "amount": [1.0]})
    with pytest.raises(ValueError, match=r"category must be one of .*; was 'gift'"):
        bl.execution.statement(bars, fills, wrong)
    late = pl.concat([fills.with_columns(bar=1), fills.with_columns(bar=0)])
    with pytest.raises(
        ValueError, match=r"must be in the order of time; row 1 comes before its own"
    ):
        bl.execution.statement(bars, late)
