"""The identity of the ledger in accounts that hold every class of asset at once."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import barledger as bl

N_BARS = 50
ASSETS = ("STOCK", "FUND", "FUTURE", "PERP", "CALL", "SHARE", "DAX")
KINDS = dict(
    FUND=bl.Contract(kind="etf"),
    FUTURE=bl.Contract(kind="future", multiplier=50, initial=9_000, maintenance=8_000),
    PERP=bl.Contract(kind="perpetual", initial=0.1, maintenance=0.02),
    CALL=bl.Contract(
        kind="option", right="call", strike=52, underlying="STOCK", expiry="2024-02-05"
    ),
    SHARE=bl.Contract(currency="EUR"),
    DAX=bl.Contract(
        kind="future", multiplier=1_000, initial=3_000, maintenance=2_500, currency="EUR"
    ),
)
MULTIPLIERS = np.array([1.0, 1.0, 50.0, 1.0, 100.0, 1.0, 1_000.0])
MARGINED = (2, 3, 6)
FUTURES = (2, 6)
FOREIGN = (5, 6)  # in euros


def mixed_market(draw):
    steps = np.exp(np.cumsum(draw.normal(0, 0.02, (2 * N_BARS, 7)), axis=0))
    path = steps * np.array([50.0, 80.0, 4_000.0, 300.0, 3.0, 60.0, 130.0])
    opens, close = path[0::2].copy(), path[1::2].copy()
    days = np.datetime64("2024-01-01", "ns") + np.arange(N_BARS) * np.timedelta64(1, "D")
    rates = 1.1 * np.exp(np.cumsum(draw.normal(0, 0.01, N_BARS)))
    stamps = [(day + np.timedelta64(8, "h"), "PERP", float(draw.normal(0, 1e-3))) for day in days]
    events = bl.Events(
        splits=[(days[10], "STOCK", 2.0)],
        dividends=[(days[20], "STOCK", 0.4), (days[22], "FUND", 0.3), (days[25], "SHARE", 0.5)],
        cash_flows=[(days[15], 5_000.0)],
        funding=stamps,
        fx={"EUR": rates},
    )
    bars = bl.Bars.from_arrays(
        close, open=opens, time=days, assets=ASSETS, contracts=KINDS, events=events
    )
    worth = np.ones(bars.shape)
    worth[:, FOREIGN] = rates[:, None]
    return bars, worth


def run(seed):
    draw = np.random.default_rng(seed)
    bars, worth = mixed_market(draw)
    sizes = np.array([150.0, 90.0, 2.0, 40.0, 3.0, 120.0, 2.0])
    orders = draw.normal(0, 1, bars.shape).round(1) * sizes
    orders[draw.random(bars.shape) < 0.7] = np.nan
    account = bl.PortfolioMargin(max_leverage=2, debit=0.05, auto_convert=seed % 2 == 0)
    result = bl.Portfolio.from_orders(
        bars, orders, account=account, fees=0.001, slippage=0.0005, initial_cash=200_000
    )
    return bars, worth, result


def bases(bars, result):
    """Base of each margined asset at each close: what it was settled or bought at since."""
    base, held, now = np.zeros((N_BARS, 7)), np.zeros(7), np.zeros(7)
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
        for column in FUTURES:  # settled at the close of each day
            now[column] = bars.close[bar, column]
        base[bar] = now
    return base


@given(seed=st.integers(0, 1 << 30))
@settings(
    max_examples=15, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
def test_equity_is_cash_and_what_is_held_at_every_bar(seed):
    bars, rates, result = run(seed)
    base = bases(bars, result)
    worth = np.zeros(N_BARS)
    for row in result.positions.iter_rows(named=True):
        bar, column = row["bar"], ASSETS.index(row["asset"])
        paid = base[bar, column] if column in MARGINED else 0.0
        gain = row["quantity"] * MULTIPLIERS[column] * (row["price"] - paid)
        worth[bar] += gain * rates[bar, column]
    np.testing.assert_allclose(result.equity["equity"], result.cash["cash"] + worth, rtol=1e-9)


@given(seed=st.integers(0, 1 << 30))
@settings(
    max_examples=15, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
def test_the_ledger_adds_up_to_the_cash_and_variation_to_the_profit(seed):
    _, _, result = run(seed)
    cash = 200_000.0
    at_close = np.full(N_BARS, np.nan)
    for row in result.ledger.iter_rows(named=True):
        cash += row["amount"]
        at_close[row["bar"]] = cash
    known = ~np.isnan(at_close)
    assert at_close[known].tolist() == result.cash["cash"].to_numpy()[known].tolist()
    for asset in ("FUTURE", "DAX"):
        future = result.ledger.filter(asset=asset)
        moved = future.filter(future["category"].is_in(["variation", "trade"]))["amount"].sum()
        trades = result.trades.filter(asset=asset)
        assert moved == pytest.approx((trades["pnl"] + trades["fees"]).sum(), abs=1e-6)


@given(seed=st.integers(0, 1 << 30))
@settings(
    max_examples=15, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
def test_balances_at_their_rates_are_the_cash_and_only_open_ones_gain_by_them(seed):
    _, rates, result = run(seed)
    table = result.balances
    if seed % 2 == 0:  # converted at the fill: nothing is left in euros
        assert "fx" not in result.ledger["category"].to_list()
        return
    euros, dollars = table["EUR"].to_numpy(), table["USD"].to_numpy()
    np.testing.assert_allclose(dollars + euros * rates[:, 5], result.cash["cash"], rtol=1e-9)
    gained = result.ledger.filter(category="fx")
    before = np.zeros(N_BARS)  # of euros held overnight the change of the rate is gain
    before[1:] = euros[:-1] * np.diff(rates[:, 5])
    np.testing.assert_allclose(gained["amount"].sum(), before.sum(), rtol=1e-7)
