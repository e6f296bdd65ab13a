"""Leveraged funds: what an account asks of them, and what their daily reset does.

Reg T rates are scaled by a fund's leverage, up to 100 % of value: a 3x fund is paid in full to be
opened and keeps 75 % long, 90 % short. The fund itself is the index times its factor, reset each
day: the same holding of the index, rebalanced at every close, is reckoned from raw closes.
"""

import numpy as np
import polars as pl
from common import Study, csv, identity

import barledger as bl

FUNDS = {"QQQ": 1.0, "QLD": 2.0, "TQQQ": 3.0, "PSQ": -1.0, "QID": -2.0, "SQQQ": -3.0}
CASH = 1e5


def prices() -> tuple[np.ndarray, dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return dates on which all have bars, opens and closes; stamps are midnight in New York."""
    frames = {}
    for name in FUNDS:
        frame = csv(f"equities_daily/etf_daily/{name}.csv", try_parse_dates=True)
        frames[name] = frame.select(
            pl.col("Date").dt.convert_time_zone("America/New_York").dt.date().alias("day"),
            pl.col("Open").alias(f"{name} open"),
            pl.col("Close").alias(name),
        )
    both = frames["QQQ"]
    for name, frame in frames.items():
        both = both if name == "QQQ" else both.join(frame, on="day")
    both = both.sort("day")
    days = both["day"].to_numpy().astype("datetime64[D]")
    opens = {name: both[f"{name} open"].to_numpy() for name in FUNDS}
    return days, opens, {name: both[name].to_numpy() for name in FUNDS}


def rates(factor: float, side: float) -> tuple[float, float]:
    """Return initial and maintenance rate of a fund in a Reg T account."""
    scale = abs(factor)
    keep = min(1.0, (0.25 if side > 0 else 0.30) * scale)
    return max(min(1.0, 0.5 * scale), keep), keep


def study(*, quick: bool = False) -> Study:
    """Buy and sell short all that fits of each fund; hold the index by the fund's factor."""
    found = Study("Leveraged funds: margin by leverage, and what a daily reset does")
    days, opens, closes = prices()
    for name, factor in FUNDS.items():
        lost = [
            margined(found, days, opens[name], closes[name], name, factor, side)
            for side in (1.0, -1.0)
        ]
        reset(found, days, closes, name, factor, lost)
    yearly = len(days) / ((days[-1] - days[0]).astype(int) / 365.25)
    spread = np.log(closes["QQQ"][1:] / closes["QQQ"][:-1]).std() * np.sqrt(yearly)
    found.notes.append(
        f"{len(days):,} days, {days[0]} to {days[-1]}; prices leave dividends out; QQQ's volatility "
        f"was {spread:.0%} a year, so a reset of k costs about k (k - 1) / 2 x {spread**2:.1%} a year"
    )
    return found


def margined(
    found: Study,
    days: np.ndarray,
    opens: np.ndarray,
    closes: np.ndarray,
    name: str,
    factor: float,
    side: float,
) -> int:
    """Open all that fits and hold; a call sells the fewest shares that meet maintenance."""
    initial, keep = rates(factor, side)
    terms = bl.Contract(kind="etf", leverage_factor=abs(factor), lot=1.0)
    bars = bl.Bars.from_arrays(closes, open=opens, time=days, assets=name, contracts=terms)
    wanted = np.full(len(days), np.nan)
    wanted[0] = side * 1e9
    run = bl.Portfolio.from_orders(
        bars, wanted, account=bl.RegT(margin_check="close"), initial_cash=CASH
    )
    quantity = side * np.floor(CASH / (initial * opens[1]) * (1.0 + 1e-12))
    money, calls = CASH - quantity * opens[1], 0
    equity, held, needs = (np.zeros(len(days)) for _ in range(3))
    equity[0] = CASH
    for t in range(1, len(days)):
        worth = money + quantity * closes[t]
        if worth < abs(quantity) * _least(closes[t], keep, side):
            left = abs(quantity)
            while left > 0 and worth < left * _least(closes[t], keep, side):
                left -= 1.0
            calls += 1
            money += (quantity - side * left) * closes[t]
            quantity = side * left
        equity[t], held[t] = money + quantity * closes[t], quantity
        needs[t] = abs(quantity) * _least(closes[t], keep, side)
    what = f"{name} {'long' if side > 0 else 'short'}"
    identity(found, what, run)
    found.same_all(f"{what}: equity", run.equity["equity"], equity)
    found.same_all(f"{what}: maintenance", run.margin["maintenance"], needs)
    called = run.fills.filter(pl.col("reason").is_in(("margin_call", "bankruptcy")))
    found.same(f"{what}: calls", len(called), calls)
    found.same(f"{what}: shares left", run.fills["quantity"].sum(), quantity)
    return calls


def _least(price: float, keep: float, side: float) -> float:
    """Return what a share must keep."""
    if side > 0:
        return keep * price
    return max(keep * price, 5.0) if price >= 5.0 else max(price, 2.5)


def reset(
    found: Study,
    days: np.ndarray,
    closes: dict[str, np.ndarray],
    name: str,
    factor: float,
    calls: list[int],
) -> None:
    """Hold the index at the fund's factor, traded at every close: the product of 1 + k r."""
    index, fund = closes["QQQ"], closes[name]
    moved = index[1:] / index[:-1] - 1.0
    by_hand = CASH * np.append(1.0, np.cumprod(1.0 + factor * moved))
    bars = bl.Bars.from_arrays(index, time=days, assets="QQQ", contracts=bl.Contract(kind="etf"))
    run = bl.Portfolio.from_targets(
        bars, np.full(len(days), factor), fill="close", account=bl.Unlimited(), initial_cash=CASH
    )
    found.same_all(f"{name}: index x {factor:g}, reset", run.equity["equity"], by_hand)
    beta = float(np.cov(fund[1:] / fund[:-1] - 1.0, moved)[0, 1] / moved.var(ddof=1))
    found.same(f"{name}: its own beta, to 2 %", round(beta / factor, 1), 1.0)
    found.rows.append(
        {
            "fund": name,
            "x": factor,
            "fund %": 100.0 * (fund[-1] / fund[0] - 1.0),
            "index x k, reset daily %": 100.0 * (by_hand[-1] / CASH - 1.0),
            "k x index %": 100.0 * factor * (index[-1] / index[0] - 1.0),
            "opens with": rates(factor, 1.0)[0],
            "keeps long": rates(factor, 1.0)[1],
            "keeps short": rates(factor, -1.0)[1],
            "calls long": calls[0],
            "calls short": calls[1],
        }
    )
