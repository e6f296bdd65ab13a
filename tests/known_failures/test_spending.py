"""What broke in systems like this: fifty entries at once, each checked against the same old cash.

Every run is replayed here from its fills alone; the engine's own sums are not used.
"""

from functools import cache

import numpy as np
import polars as pl
import pytest
from markets import cash

import barledger as bl

N_BARS, N_ASSETS, SIDE = 252, 250, 25
FEES, SLIPPAGE = 0.0005, 0.0005


@cache
def market():
    """Random bars, and which assets are wanted long and short on each of them."""
    draws = np.random.default_rng(7)
    steps = draws.normal(0.0, 0.02, (2, N_BARS, N_ASSETS))
    close = 50.0 * np.exp(np.cumsum(steps[0] + steps[1] / 4.0, axis=0))
    open_ = np.vstack([close[:1], close[:-1]]) * np.exp(steps[1] / 4.0)
    ranks = draws.random((N_BARS, N_ASSETS)).argsort(axis=1).argsort(axis=1)
    bars = bl.Bars.from_arrays(close, open=open_)
    return bars, ranks < SIDE, (ranks >= SIDE) & (ranks < 2 * SIDE)


def rebalanced(account, money):
    """Each day 25 longs and 25 shorts of $20,000; whatever is not among them is left."""
    bars, longs, shorts = market()
    return bl.Portfolio.from_signals(
        bars, longs, ~longs, shorts, ~shorts, size=bl.Value(20_000), account=account,
        initial_cash=money, fees=FEES, slippage=SLIPPAGE,
    )  # fmt: skip


def replay(result, money):
    """Yield (opens, cash, gross, equity) after each fill, worked out from prices and fills."""
    bars, _, _ = market()
    held, mark, money = np.zeros(N_ASSETS), np.zeros(N_ASSETS), float(money)
    columns = {asset: column for column, asset in enumerate(bars.assets)}
    last = -1
    names = ("bar", "asset", "quantity", "price", "fee", "closes")
    for bar, asset, quantity, price, fee, closes in result.fills.select(names).iter_rows():
        if bar != last:
            last, mark = bar, bars.open[bar].copy()
        column = columns[asset]
        held[column] += quantity
        money -= quantity * price + fee
        if not closes:
            mark[column] = price
        value = held * mark
        yield not closes, money, np.abs(value).sum(), money + value.sum()


def outcomes(result):
    """How many openings were refused whole, and how many were cut."""
    states = result.rejections["state"].to_list()
    return states.count("rejected"), states.count("partly_filled")


@pytest.mark.parametrize(
    ("account", "money", "cap"),
    [(bl.PortfolioMargin(max_leverage=1.0), 1_000_000, 1.0), (bl.RegT(), 400_000, 2.0)],
)
def test_fifty_entries_at_once_never_spend_what_is_not_there(account, money, cap):
    result = rebalanced(account, money)
    rejected, clipped = outcomes(result)
    assert rejected > 0
    assert clipped > 0
    most = max(gross / worth for opens, _, gross, worth in replay(result, money) if opens)
    assert 0.99 * cap < most <= cap * (1 + 1e-9)


def test_a_cash_account_never_owes_and_names_every_short_it_refuses():
    result = rebalanced(bl.Cash(), 400_000)
    rejected, clipped = outcomes(result)
    assert rejected > 0
    assert clipped > 0
    refused = result.rejections.filter(reason="not_in_cash_account")
    assert len(refused) > 1000
    assert result.fills.filter(~pl.col("closes"))["quantity"].min() > 0
    steps = list(replay(result, 400_000))
    assert min(left for _, left, _, _ in steps) >= -1e-9 * 400_000
    assert all(gross <= worth * (1 + 1e-9) for opens, _, gross, worth in steps if opens)
    assert result.positions["quantity"].min() > 0


def test_the_replay_ends_on_the_cash_of_the_engine():
    result = rebalanced(bl.RegT(), 400_000)
    *_, (_, money, _, _) = replay(result, 400_000)
    assert money == pytest.approx(result.cash["cash"][-1], rel=1e-12)
    assert money == pytest.approx(400_000 + result.ledger["amount"].sum(), rel=1e-12)


def test_an_unlimited_account_shows_its_debt_and_flags_it():
    bars, longs, shorts = market()
    result = bl.Portfolio.from_signals(
        bars, longs | shorts, ~(longs | shorts), size=bl.Value(20_000), account=bl.Unlimited(),
        initial_cash=400_000,
    )  # fmt: skip
    assert outcomes(result) == (0, 0)
    assert result.cash["cash"].min() < -500_000
    # Twenty of them take it all; the next is the first in debt.
    debt = result.incidents.filter(kind="debt").row(0, named=True)
    assert (debt["bar"], debt["amount"]) == (1, pytest.approx(-20_000))
    assert cash(result)[1] == pytest.approx(-600_000)
