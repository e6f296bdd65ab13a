"""Futures and shares priced in euro, won and yen, in accounts of dollars, at daily rates.

Converted at once, a day's variation is turned at that day's rate. Kept in its own currency, it stays
there as a balance, which rates then move. Price and rate gains are told apart by q dp x and q p dx.
"""

from typing import Any

import numpy as np
import polars as pl
from common import Study, csv, identity
from rolls import load

import barledger as bl

CASH = 1e6
MARKETS = {"EUROSTX": "EUR", "SHATZ": "EUR", "KR3": "KRW"}


def day_series(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return dates and the last price of the lead on each, adjusted so that rolls earn nothing."""
    market = load(name)
    frame = csv(f"futures_rolls/adjusted_prices_csv/{name}.csv.gz", try_parse_dates=True)
    daily = (
        frame.drop_nulls()
        .filter(pl.col("price").is_not_nan())
        .group_by(pl.col("DATETIME").dt.date().alias("day"))
        .agg(pl.col("price").last())
        .sort("day")
    )
    assert market.currency == MARKETS[name]
    return daily["day"].to_numpy().astype("datetime64[D]"), daily["price"].to_numpy()


def rate_history(currency: str) -> pl.DataFrame:
    """Return the last rate of each date, dollars for one unit."""
    frame = csv(f"futures_rolls/fx_prices_csv/{currency}USD.csv.gz", try_parse_dates=True)
    frame = frame.rename({frame.columns[1]: "rate"}).drop_nulls()
    return (
        frame.group_by(pl.col("DATETIME").dt.date().alias("day"))
        .agg(pl.col("rate").last())
        .sort("day")
    )


def in_force(rates: pl.DataFrame, days: np.ndarray) -> np.ndarray:
    """Return the rate known on each day."""
    at = np.searchsorted(rates["day"].to_numpy().astype("datetime64[D]"), days, side="right") - 1
    return rates["rate"].to_numpy()[at]


def study(*, quick: bool = False) -> Study:
    """Hold foreign futures and shares; convert at once, or keep balances."""
    found = Study("Currencies: variation, balances, price gains and rate gains")
    for name, currency in MARKETS.items():
        days, prices = day_series(name)
        rates = rate_history(currency)
        point = load(name).point
        for convert in (True, False):
            future(found, name, currency, days, prices, rates, point, convert)
    for name in ("EUROSTX",):
        days, prices = day_series(name)
        for convert in (True, False):
            share(found, days, prices, rate_history("EUR"), convert)
    return found


def _position(n_bars: int, seed: int) -> np.ndarray:
    """Return what is held after each bar: changed at closes now and then, flat sometimes."""
    rng = np.random.default_rng(seed)
    changed = np.where(rng.random(n_bars) < 0.05, rng.integers(-3, 4, n_bars), np.nan)
    changed[0] = 2.0
    rows = np.maximum.accumulate(np.where(np.isnan(changed), 0, np.arange(n_bars)))
    return changed[rows]


def _run(
    days: np.ndarray,
    prices: np.ndarray,
    rates: pl.DataFrame,
    terms: bl.Contract,
    wanted: np.ndarray,
    account: Any,
) -> bl.Result:
    known = list(zip(rates["day"].to_list(), rates["rate"].to_list(), strict=True))
    bars = bl.Bars.from_arrays(prices, time=days, assets="F", contracts=terms)
    return bl.Portfolio.from_targets(
        bars, wanted, unit="shares", fill="close", account=account, initial_cash=CASH,
        events=bl.Events(fx={terms.currency: known}),
    )  # fmt: skip


def future(
    found: Study,
    name: str,
    currency: str,
    days: np.ndarray,
    prices: np.ndarray,
    rates: pl.DataFrame,
    point: float,
    convert: bool,
) -> None:
    """Each day's variation in its own currency, converted then, or kept and moved by rates."""
    held = _position(len(days), 3)
    terms = bl.Contract(kind="future", multiplier=point, initial=1.0, currency=currency)
    account = bl.FuturesMargin(currency="USD", auto_convert=convert)
    run = _run(days, prices, rates, terms, held, account)
    x = in_force(rates, days)
    before = np.append(0.0, held[:-1])
    own = before * point * np.diff(prices, prepend=prices[0])  # of each day, in its currency
    balance = np.cumsum(own)
    what = f"{name}, {'converted' if convert else 'balances'}"
    identity(found, what, run)
    if convert:
        found.same_all(f"{what}: equity", run.equity["equity"], CASH + np.cumsum(own * x))
    else:
        found.same_all(f"{what}: equity", run.equity["equity"], CASH + balance * x)
        found.same_all(f"{what}: balance in {currency}", run.balances[currency], balance)
        moved = run.ledger.filter(category="fx")["amount"].sum()
        by_hand = (np.append(0.0, balance[:-1]) * np.diff(x, prepend=x[0])).sum()
        found.same(f"{what}: what rates did to it", moved, by_hand, CASH)
    x_last = np.append(x[0], x[:-1])
    gains = _gains(found, what, run, (own * x_last).sum(), (own * (x - x_last)).sum())
    total = run.equity["equity"][-1] - CASH
    found.rows.append(
        {
            "account": what,
            "days": len(days),
            "P&L in its currency": float(balance[-1]),
            "P&L in dollars": total,
            "by price": gains["price_pnl"],
            "by rate": gains["fx_pnl"],
            "by rate, of the balance": total - gains["price_pnl"] - gains["fx_pnl"],
        }
    )


def _gains(found: Study, what: str, run: bl.Result, price: float, rate: float) -> dict[str, float]:
    """Check gains of prices and rates; with what rates did to balances they are all there is."""
    gains = run.currency_gains.select(pl.col("price_pnl", "fx_pnl").sum()).row(0, named=True)
    found.same(f"{what}: by price", gains["price_pnl"], price, CASH)
    found.same(f"{what}: by rate", gains["fx_pnl"], rate, CASH)
    balance = run.ledger.filter(category="fx")["amount"].sum()
    total = run.equity["equity"][-1] - CASH
    found.same(f"{what}: adds up", sum(gains.values()) + balance, total, CASH)
    return gains


def share(
    found: Study, days: np.ndarray, prices: np.ndarray, rates: pl.DataFrame, convert: bool
) -> None:
    """A share priced in euro, bought and sold: paid from dollars, or from a balance of euro."""
    held = 10.0 * np.abs(_position(len(days), 8))
    terms = bl.Contract(currency="EUR")
    account = bl.PortfolioMargin(max_leverage=4, currency="USD", auto_convert=convert)
    run = _run(days, prices, rates, terms, held, account)
    x = in_force(rates, days)
    traded = np.diff(held, prepend=0.0)
    before = np.append(0.0, held[:-1])
    last, x_last = np.append(prices[0], prices[:-1]), np.append(x[0], x[:-1])
    price_gain = before * (prices - last) * x_last
    rate_gain = before * prices * (x - x_last)
    euros = -np.cumsum(traded * prices)
    what = f"a share in euro, {'converted' if convert else 'balances'}"
    identity(found, what, run)
    if convert:
        equity = CASH + np.cumsum(price_gain + rate_gain)
        cash = CASH - np.cumsum(traded * prices * x)
        found.same_all(f"{what}: cash", run.cash["cash"], cash)
    else:
        equity = CASH + euros * x + held * prices * x
        kept = np.append(0.0, euros[:-1]) * (x - x_last)
        moved = run.ledger.filter(category="fx")["amount"].sum()
        found.same(f"{what}: what rates did to it", moved, kept.sum(), CASH)
    found.same_all(f"{what}: equity", run.equity["equity"], equity)
    total = run.equity["equity"][-1] - CASH
    gains = _gains(found, what, run, price_gain.sum(), rate_gain.sum())
    found.rows.append(
        {
            "account": what,
            "days": len(days),
            "P&L in its currency": float(euros[-1] + held[-1] * prices[-1]),
            "P&L in dollars": total,
            "by price": gains["price_pnl"],
            "by rate": gains["fx_pnl"],
            "by rate, of the balance": total - gains["price_pnl"] - gains["fx_pnl"],
        }
    )
