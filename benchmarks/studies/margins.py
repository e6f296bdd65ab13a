"""CME's margin history in an account: which requirement ruled when, and calls that restore initial.

One position in each of fourteen markets is held through its rolls from the first margin known on,
with little more money than it takes to open. Requirements and calls are found again in a loop over
the raw prices: below maintenance, contracts are closed until what is left meets *initial* margin.
"""

from typing import Any, NamedTuple

import numpy as np
import polars as pl
from common import Study, csv, identity
from rolls import Market, last_of, load

import barledger as bl

ROOTS = {
    "AUD": "cme/6A", "CORN": "cbot/ZC", "CRUDE_W": "nymex/CL", "EDOLLAR": "cme/GE", "EUR": "cme/6E",
    "GAS_US": "nymex/NG", "JPY": "cme/6J", "LEANHOG": "cme/HE", "MXP": "cme/6M", "NASDAQ": "cme/NQ",
    "SOYBEAN": "cbot/ZS", "SP500": "cme/ES", "US10": "cbot/ZN", "US2": "cbot/ZT",
}  # fmt: skip
QUICK = ("CORN", "SP500", "US2")
FEE = 2.5
SIZE = 10.0


class Margins(NamedTuple):
    """A step function: what holds from each date on."""

    dates: np.ndarray
    initial: np.ndarray
    maintenance: np.ndarray


def history(root: str) -> Margins:
    """Read a margin history."""
    frame = csv(f"margins/lean/{root}.csv", comment_prefix="#").drop_nulls().sort("date")
    text = [str(day) for day in frame["date"]]
    dates = [f"{day[:4]}-{day[4:6]}-{day[6:8]}" for day in text]
    return Margins(
        np.array(dates, "datetime64[D]"),
        frame["initial"].to_numpy().astype(float),
        frame["maintenance"].to_numpy().astype(float),
    )


def since(market: Market, day: np.datetime64) -> Market:
    """Return a market from a date on, with the contracts that it had since."""
    first = int(np.searchsorted(market.frame["DATETIME"].to_numpy(), day.astype("datetime64[us]")))
    used = np.unique(market.lead[first:])
    lead = np.searchsorted(used, market.lead[first:])
    return market._replace(
        frame=market.frame[first:],
        names=[market.names[column] for column in used],
        prices=market.prices[first:, used],
        lead=lead,
        rolls=(np.flatnonzero(lead[1:] != lead[:-1]) + 1).tolist(),
    )


def study(*, quick: bool = False) -> Study:
    """Hold ten contracts of each market, long and short, on CME's margins of the day."""
    found = Study("Margins: CME's own history, calls that restore initial margin")
    for name in QUICK if quick else ROOTS:
        known = history(ROOTS[name])
        market = since(load(name), known.dates[0])
        for side in (1.0, -1.0):
            _one(found, market, known, side * SIZE)
    return found


def _one(found: Study, market: Market, known: Margins, quantity: float) -> None:
    time = market.frame["DATETIME"].to_numpy()
    at = np.searchsorted(known.dates, time.astype("datetime64[D]"), side="right") - 1
    cash = abs(quantity) * (1.05 * known.initial[at[0]] + FEE)
    run = _run(market, known, quantity, cash)
    held, equity, calls = by_hand(market, known, quantity, cash)
    what = f"{market.name} {quantity:+g}"
    identity(found, what, run)
    found.same_all(f"{what}: equity", run.equity["equity"], equity)
    kept = np.abs(held) * known.maintenance[at]
    found.same_all(f"{what}: maintenance", run.margin["maintenance"], kept)
    found.same_all(f"{what}: initial", run.margin["initial"], np.abs(held) * known.initial[at])
    forced = ("margin_call", "bankruptcy")  # below 0 at once: no call is met
    fills = run.fills.filter(pl.col("reason").is_in(forced))
    bars, sold = [bar for bar, _ in calls], [count for _, count in calls]
    found.same(f"{what}: calls", len(fills), len(calls))
    if calls:
        found.same_all(f"{what}: bars of calls", fills["bar"], bars)
        found.same_all(f"{what}: contracts closed", fills["quantity"].abs(), sold)
    ruled = np.bincount(at[held != 0], minlength=len(known.dates))
    found.rows.append(
        {
            "market": what,
            "since": str(time[0])[:10],
            "requirements": int((ruled > 0).sum()),
            "lowest": float(known.maintenance[ruled > 0].min()),
            "highest": float(known.maintenance[ruled > 0].max()),
            "bars": int(ruled.sum()),
            "longest rule": int(ruled.max()),
            "calls": len(calls),
            "left of 10": float(abs(held[-1])),
            "ends with": float(equity[-1]),
        }
    )


def _run(market: Market, known: Margins, quantity: float, cash: float) -> bl.Result:
    time = market.frame["DATETIME"].to_numpy()
    days = [str(day) for day in known.dates]
    terms = bl.Contract(
        kind="future",
        multiplier=market.point,
        initial=list(zip(days, known.initial.tolist(), strict=True)),
        maintenance=list(zip(days, known.maintenance.tolist(), strict=True)),
    )
    bars = bl.Bars.from_arrays(market.prices, time=time, assets=market.names, contracts=terms)
    moves: list[Any] = []
    for bar in market.rolls:
        old, new = int(market.lead[bar - 1]), int(market.lead[bar])
        prices = (last_of(market, old, bar - 1, 0), last_of(market, new, bar - 1, 0))
        moves.append((time[bar], market.names[old], market.names[new], *prices))
    wanted = np.full(market.prices.shape, np.nan)
    wanted[0, market.lead[0]] = quantity
    return bl.Portfolio.from_orders(
        bars,
        wanted,
        events=bl.Events(rolls=moves),
        account=bl.FuturesMargin(),
        fees=bl.PerUnitFee(FEE),
        fill="close",
        initial_cash=cash,
    )


def by_hand(
    market: Market, known: Margins, quantity: float, cash: float
) -> tuple[np.ndarray, np.ndarray, list[tuple[int, float]]]:
    """Return contracts held and equity after each bar, and (bar, contracts closed) of each call."""
    days = market.frame["DATETIME"].to_numpy().astype("datetime64[D]")
    at = np.searchsorted(known.dates, days, side="right") - 1
    money, left, side = cash - abs(quantity) * FEE, abs(quantity), np.sign(quantity)
    held, equity = np.zeros(len(days)), np.zeros(len(days))
    calls: list[tuple[int, float]] = []
    rolls = set(market.rolls)
    for t in range(len(days)):
        if t > 0 and left > 0:
            column = int(market.lead[t])
            before = last_of(market, column, t - 1, max(t - 200, 0))
            money += side * left * market.point * (market.prices[t, column] - before)
            money -= 2.0 * FEE * left if t in rolls else 0.0
        if left > 0 and money < left * known.maintenance[at[t]]:
            kept = left
            while kept > 0 and money - (left - kept) * FEE < kept * known.initial[at[t]]:
                kept -= 1
            calls.append((t, left - kept))
            money -= (left - kept) * FEE
            left = kept
        held[t], equity[t] = side * left, money
    return held, equity, calls
