"""Raw prices with their splits and dividends, dated settlement, and interest of the Fed's own rates.

Lean's factor files say of each date by how much older prices were adjusted; that gives back each
split and each dividend. Holdings, dividends, cash in lieu, settled cash and interest are then
reckoned bar by bar from the raw files.
"""

import io
import zipfile
from typing import NamedTuple

import numpy as np
import polars as pl
from common import DATA, Study, csv, identity

import barledger as bl

FOLDER = "equities_daily/lean"
TICKERS = ("aapl", "aig", "bac", "goog", "ibm", "iwm", "spy")
COLUMNS = ["time", "open", "high", "low", "close", "volume"]
SHARES = 1_003.0


class Stock(NamedTuple):
    """Raw daily prices, and what happened on which bar."""

    name: str
    dates: np.ndarray
    open: np.ndarray
    close: np.ndarray
    splits: dict[int, float]
    dividends: dict[int, float]


def load(name: str) -> Stock:
    """Read one stock: prices are kept x 10,000; a factor row is the last date before its event."""
    path = DATA / FOLDER / "daily" / f"{name}.zip"
    with zipfile.ZipFile(path) as packed:
        raw = packed.read(f"{name}.csv")
    frame = pl.read_csv(io.BytesIO(raw), has_header=False, new_columns=COLUMNS)
    text = frame["time"].str.slice(0, 8).str.to_date("%Y%m%d")
    dates = text.to_numpy().astype("datetime64[D]")
    prices = [frame[column].to_numpy() / 10_000.0 for column in ("open", "close")]
    rows = csv(f"{FOLDER}/factor_files/{name}.csv", has_header=False, infer_schema_length=None)
    splits, dividends = {}, {}
    for now, after in zip(rows.iter_rows(), rows[1:].iter_rows(), strict=False):
        day = np.datetime64(f"{str(now[0])[:4]}-{str(now[0])[4:6]}-{str(now[0])[6:]}")
        bar = int(np.searchsorted(dates, day, side="right"))
        if bar >= len(dates) or day < dates[0]:
            continue
        if now[2] != after[2]:
            splits[bar] = round(after[2] / now[2], 4)
        if now[1] != after[1]:
            dividends[bar] = now[3] * (1.0 - now[1] / after[1])
    return Stock(name, dates, prices[0], prices[1], splits, dividends)


def bars_of(stock: Stock) -> bl.Bars:
    """Return raw bars, dividends and splits as events; whole shares."""
    days = stock.dates
    given = bl.Events(
        splits={"A": [(days[bar], ratio) for bar, ratio in stock.splits.items()]},
        dividends={"A": [(days[bar], each) for bar, each in stock.dividends.items()]},
    )
    return bl.Bars.from_arrays(
        stock.close,
        open=stock.open,
        time=days,
        assets="A",
        contracts=bl.Contract(lot=1.0),
        events=given,
    )


def study(*, quick: bool = False) -> Study:
    """Hold each stock for two decades, long and short; trade one by the settlement of its day."""
    found = Study("Shares: splits, dividends, dated settlement, dated interest")
    for name in TICKERS:
        stock = load(name)
        for side in (1.0, -1.0):
            held(found, stock, side)
    settlement(found, *_lean("spy"), "2017-09-05", 3, 2)
    settlement(found, *_fund("QQQ"), "2024-05-28", 2, 1)
    interest(found)
    return found


def held(found: Study, stock: Stock, side: float) -> None:
    """Hold 1,003 shares; what splits leave over is paid out at the last price."""
    wanted = np.full(len(stock.dates), np.nan)
    wanted[0] = side * SHARES
    cash = 1e6
    run = bl.Portfolio.from_orders(
        bars_of(stock), wanted, account=bl.Unlimited(), initial_cash=cash
    )
    quantity, money = 0.0, cash
    paid = lieu = 0.0
    equity = np.zeros(len(stock.dates))
    for t in range(len(stock.dates)):
        if t in stock.splits and quantity:
            ratio, last = stock.splits[t], stock.close[t - 1]
            exact = quantity * ratio
            quantity = np.trunc(exact + np.sign(exact) * 1e-9)
            money += (exact - quantity) * last / ratio
            lieu += (exact - quantity) * last / ratio
        if t in stock.dividends:
            money += quantity * stock.dividends[t]
            paid += quantity * stock.dividends[t]
        if t == 1:
            quantity += side * SHARES
            money -= side * SHARES * stock.open[1]
        equity[t] = money + quantity * stock.close[t]
    what = f"{stock.name.upper()} {side * SHARES:+,.0f}"
    identity(found, what, run)
    found.same_all(f"{what}: equity", run.equity["equity"], equity)
    sums = dict(run.ledger.group_by("category").agg(pl.col("amount").sum()).rows())
    found.same(f"{what}: dividends", sums.get("dividend", 0.0), paid, cash)
    found.same(f"{what}: in lieu", sums.get("cash_in_lieu", 0.0), lieu, cash)
    found.same(f"{what}: shares", run.state.positions["A"][0], quantity)
    if side > 0:
        found.rows.append(
            {
                "stock": what,
                "since": str(stock.dates[0]),
                "splits": ", ".join(f"{ratio:g}" for ratio in stock.splits.values()),
                "dividends": len([each for each in stock.dividends.values() if each]),
                "shares at the end": quantity,
                "paid in dividends": paid,
                "cash in lieu": lieu,
                "worth": equity[-1] - cash,
            }
        )


def _lean(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    stock = load(name)
    return stock.dates.astype("datetime64[ns]"), stock.open, stock.close


def _fund(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    frame = csv(f"equities_daily/etf_daily/{name}.csv", try_parse_dates=True)
    time = frame["Date"].dt.replace_time_zone(None).to_numpy().astype("datetime64[ns]")
    return time, frame["Open"].to_numpy(), frame["Close"].to_numpy()


def settlement(
    found: Study,
    time: np.ndarray,
    opens: np.ndarray,
    closes: np.ndarray,
    day: str,
    before: int,
    after: int,
) -> None:
    """Sell half of what is held every fourth bar: settled cash follows the rule of the day."""
    first = int(np.searchsorted(time, np.datetime64(day))) - 300
    window = slice(max(first, 0), first + 600)
    time, opens, closes = time[window], opens[window], closes[window]
    days = time.astype("datetime64[D]")
    wanted = np.full(len(time), np.nan)
    wanted[0::4], wanted[1::4] = 100.0, -60.0
    for calendar in (None, "XNYS"):
        bars = bl.Bars.from_arrays(closes, open=opens, time=time, assets="A", calendar=calendar)
        run = bl.Portfolio.from_orders(
            bars, wanted, account=bl.Cash(settlement_days="by_date"), initial_cash=3e5
        )
        sales = run.fills.filter(pl.col("quantity") < 0)
        at = sales["bar"].to_numpy()
        lag = np.where(days[at] < np.datetime64(day), before, after)
        if calendar is None:  # weekdays
            arrives = np.searchsorted(days, np.busday_offset(days[at], lag, roll="forward"))
        else:  # every exchange day has a bar
            arrives = at + lag
        got = (-sales["quantity"] * sales["price"]).to_numpy()
        waiting = np.zeros(len(time) + 5)
        np.add.at(waiting, at, got)
        np.subtract.at(waiting, np.minimum(arrives, len(time)), got)
        owed = np.cumsum(waiting[: len(time)])
        what = f"T+{before} to T+{after} of {day}, {calendar or 'weekdays'}"
        found.same_all(
            f"{what}: settled cash", run.cash["settled"], run.cash["cash"].to_numpy() - owed
        )
        found.same(f"{what}: it matters", float((owed > 0).mean() > 0.3), 1.0)


def interest(found: Study) -> None:
    """Borrow half of a position in SPY, then sell it short, at the Fed's primary credit rate."""
    stock = load("spy")
    rates = csv("rates/lean_us_primary_credit.csv", try_parse_dates=True)
    starts = rates["DATE"].to_numpy().astype("datetime64[D]")
    percent = rates["PCREDIT8"].cast(pl.Float64).to_numpy()
    first = int(np.searchsorted(stock.dates, starts[0]))
    days, opens, closes = stock.dates[first:], stock.open[first:], stock.close[first:]
    given = bl.Events(rates=list(zip(starts, percent / 100.0, strict=True)), borrow=0.004)
    bars = bl.Bars.from_arrays(closes, open=opens, time=days, assets="A", events=given)
    debit, credit = 0.015, -0.005
    yearly = (percent / 100.0)[np.searchsorted(starts, days, side="right") - 1]
    gap = np.append(0, np.diff(days).astype(int))
    for side in (1.0, -1.0):
        account = bl.RegT(debit=debit, credit=credit, rebate=credit, day_count=360)
        wanted = np.full(len(days), np.nan)
        wanted[0] = side * 1_500.0
        run = bl.Portfolio.from_orders(bars, wanted, account=account, initial_cash=1e5)
        called = run.incidents.filter(kind="margin_call")
        stop = len(days) if called.is_empty() else int(called["bar"][0])
        money, quantity = 1e5, 0.0
        sums = dict.fromkeys(("interest", "borrow", "rebate"), 0.0)
        equity = np.zeros(stop)
        for t in range(stop):
            if t > 0:
                owed = max(-quantity * closes[t - 1], 0.0)
                balance = money - owed
                spread = credit if balance > 0 else debit
                moved = {
                    "interest": balance * max(yearly[t] + spread, 0.0) * gap[t] / 360.0,
                    "borrow": -owed * 0.004 * gap[t] / 360.0,
                    "rebate": owed * max(yearly[t] + credit, 0.0) * gap[t] / 360.0,
                }
                for name, amount in moved.items():
                    sums[name] += amount
                    money += amount
            if t == 1:
                quantity = side * 1_500.0
                money -= quantity * opens[1]
            equity[t] = money + quantity * closes[t]
        what = f"SPY {side * 1_500:+,.0f} at the Fed's rates"
        found.same_all(f"{what}: equity", run.equity["equity"][:stop], equity)
        entries = run.ledger.filter(pl.col("bar") < stop).group_by("category")
        ours = dict(entries.agg(pl.col("amount").sum()).rows())
        for name, amount in sums.items():
            found.same(f"{what}: {name}", ours.get(name, 0.0), amount, 1e5)
        found.notes.append(
            f"{what}: {stop:,} bars until "
            + ("the end" if stop == len(days) else f"a call on {days[stop]}")
            + "".join(f", {name} {amount:,.0f}" for name, amount in sums.items() if amount)
        )
