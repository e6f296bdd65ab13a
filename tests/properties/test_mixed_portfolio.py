"""The identity of the ledger in accounts that hold every class of asset at once."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import barledger as bl

N_BARS = 50
ASSETS = ("STOCK", "FUND", "FUTURE", "PERP", "CALL")
KINDS = dict(
    FUND=bl.Contract(kind="etf"),
    FUTURE=bl.Contract(kind="future", multiplier=50, initial=9_000, maintenance=8_000),
    PERP=bl.Contract(kind="perpetual", initial=0.1, maintenance=0.02),
    CALL=bl.Contract(
        kind="option", right="call", strike=52, underlying="STOCK", expiry="2024-02-05"
    ),
)
MULTIPLIERS = np.array([1.0, 1.0, 50.0, 1.0, 100.0])
MARGINED = (2, 3)


def mixed_market(draw):
    steps = np.exp(np.cumsum(draw.normal(0, 0.02, (2 * N_BARS, 5)), axis=0))
    path = steps * np.array([50.0, 80.0, 4_000.0, 300.0, 3.0])
    opens, close = path[0::2].copy(), path[1::2].copy()
    days = np.datetime64("2024-01-01", "ns") + np.arange(N_BARS) * np.timedelta64(1, "D")
    stamps = [(day + np.timedelta64(8, "h"), "PERP", float(draw.normal(0, 1e-3))) for day in days]
    events = bl.Events(
        splits=[(days[10], "STOCK", 2.0)],
        dividends=[(days[20], "STOCK", 0.4), (days[22], "FUND", 0.3)],
        cash_flows=[(days[15], 5_000.0)],
        funding=stamps,
    )
    bars = bl.Bars.from_arrays(
        close, open=opens, time=days, assets=ASSETS, contracts=KINDS, events=events
    )
    return bars


def run(seed):
    draw = np.random.default_rng(seed)
    bars = mixed_market(draw)
    orders = draw.normal(0, 1, bars.shape).round(1) * np.array([150.0, 90.0, 2.0, 40.0, 3.0])
    orders[draw.random(bars.shape) < 0.7] = np.nan
    account = bl.PortfolioMargin(max_leverage=2, debit=0.05)
    return (
        bars,
        bl.Portfolio.from_orders(
            bars, orders, account=account, fees=0.001, slippage=0.0005, initial_cash=200_000
        ),
    )


def bases(bars, result):
    """Base of each margined asset at each close: what it was settled or bought at since."""
    base, held = np.zeros((N_BARS, 5)), np.zeros(5)
    now = np.zeros(5)
    fills = result.fills.sort("bar", maintain_order=True).iter_rows(named=True)
    by_bar = {bar: [] for bar in range(N_BARS)}
    for fill in fills:
        column = ASSETS.index(fill["asset"])
        if column in MARGINED:
            by_bar[fill["bar"]].append((column, fill))
    for bar in range(N_BARS):
        for column, fill in by_bar[bar]:
            quantity = fill["quantity"]
            if not fill["closes"]:
                total = held[column] + quantity
                now[column] = (now[column] * held[column] + fill["price"] * quantity) / total
            held[column] += quantity
        now[2] = bars.close[bar, 2]  # a future is settled at the close of each day
        base[bar] = now
    return base


@given(seed=st.integers(0, 1 << 30))
@settings(
    max_examples=15, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
def test_equity_is_cash_and_what_is_held_at_every_bar(seed):
    bars, result = run(seed)
    base = bases(bars, result)
    worth = np.zeros(N_BARS)
    for row in result.positions.iter_rows(named=True):
        bar, column = row["bar"], ASSETS.index(row["asset"])
        paid = base[bar, column] if column in MARGINED else 0.0
        worth[bar] += row["quantity"] * MULTIPLIERS[column] * (row["price"] - paid)
    np.testing.assert_allclose(result.equity["equity"], result.cash["cash"] + worth, rtol=1e-9)


@given(seed=st.integers(0, 1 << 30))
@settings(
    max_examples=15, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
def test_the_ledger_adds_up_to_the_cash_and_variation_to_the_profit(seed):
    _, result = run(seed)
    cash = 200_000.0
    at_close = np.full(N_BARS, np.nan)
    for row in result.ledger.iter_rows(named=True):
        cash += row["amount"]
        at_close[row["bar"]] = cash
    known = ~np.isnan(at_close)
    assert at_close[known].tolist() == result.cash["cash"].to_numpy()[known].tolist()
    future = result.ledger.filter(asset="FUTURE")
    moved = future.filter(future["category"].is_in(["variation", "trade"]))["amount"].sum()
    trades = result.trades.filter(asset="FUTURE")
    assert moved == pytest.approx((trades["pnl"] + trades["fees"]).sum(), abs=1e-6)
