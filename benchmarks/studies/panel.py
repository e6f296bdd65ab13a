"""499 stocks of the S&P 500 over 982 days: a weekly rebalance in several accounts.

The panel has what real panels have: 23 names listed later, 10,140 missing closes, days without an
open. The rebalance is done again in numpy from the raw matrices; where an account refuses orders,
cash, equity, requirements and settled cash are added up again from the fills at every bar.
"""

from typing import Any

import numpy as np
import polars as pl
from common import DATA, Study, identity

import barledger as bl

FILE = DATA / "equities_daily/sp500_5yr/sp500_20130208_20161230.parquet"
FEE = 0.0005
CASH = 1e6
LOOK = 60
N_HELD = 100
AWKWARD = ("2015-07-16", "2016-01-11", "2016-06-30", "2015-06-25")  # next day some have no open


class Panel:
    """Opens and closes (T, N) with NaN, dates, names; NaN stays where the file has nothing."""

    def __init__(self, n_bars: int | None = None) -> None:
        frame = pl.read_parquet(FILE, columns=["date", "Name", "open", "close"])
        wide = {
            name: frame.pivot("Name", index="date", values=name).sort("date")
            for name in ("open", "close")
        }
        self.names = sorted(set(wide["open"].columns) - {"date"})
        dates = wide["close"]["date"].to_numpy()
        first = 0 if n_bars is None else len(dates) - n_bars
        self.dates = dates[first:]
        self.open, self.close = (
            wide[name].select(self.names).to_numpy().astype(float)[first:]
            for name in ("open", "close")
        )

    def bars(self) -> bl.Bars:
        """Return bars as a user makes them, from the long frame."""
        frame = pl.read_parquet(FILE, columns=["date", "Name", "open", "close"]).rename(
            {"Name": "asset"}
        )
        return bl.Bars.from_frame(frame.filter(pl.col("date") >= self.dates[0]))

    def targets(self, weight: float, *, short: bool) -> np.ndarray:
        """Return weights wanted after each bar: the past winners, against the losers if short."""
        known = self.filled()
        wanted = np.full(self.close.shape, np.nan)
        days = self.dates.astype("datetime64[D]").astype(str)
        for t in range(LOOK, len(known) - 1):
            if t % 5 and days[t] not in AWKWARD:
                continue
            moved = known[t] / known[t - LOOK]
            there = np.flatnonzero(~np.isnan(moved) & ~np.isnan(self.close[t]))
            order = there[np.argsort(moved[there], kind="stable")]
            wanted[t] = 0.0
            wanted[t, order[-N_HELD:]] = weight
            if short:
                wanted[t, order[:N_HELD]] = -weight
            wanted[t, np.isnan(known[t])] = np.nan
        return wanted

    def filled(self) -> np.ndarray:
        """Return last known closes."""
        rows = np.where(np.isnan(self.close), 0, np.arange(len(self.close))[:, None])
        return self.close[np.maximum.accumulate(rows), np.arange(self.close.shape[1])]


def study(*, quick: bool = False) -> Study:
    """Rebalance in accounts that can afford it all, then in those that cannot."""
    found = Study("A panel: weekly rebalance of 100 of 499 stocks, and of 100 long, 100 short")
    panel = Panel(400 if quick else None)
    bars = panel.bars()
    found.same_all("bars are the file", np.nan_to_num(bars.close), np.nan_to_num(panel.close))
    for what, weight, short, account in (
        ("RegT, long 100 %", 0.0098, False, bl.RegT()),
        ("RegT, 50 % a side", 0.005, True, bl.RegT()),
        ("Unlimited, 300 % a side", 0.03, True, bl.Unlimited()),
    ):
        _affordable(found, panel, bars, what, weight, short, account)
    found.notes.append(
        "the first three were also done in numpy, fill by fill; in all, cash, equity, margin and "
        "settled cash of each bar were added up from fills and raw prices, and an order that was "
        "cut took all there was, to the cent"
    )
    for what, weight, short, account in (
        ("Cash, T+0", 0.01, False, bl.Cash()),
        ("Cash, by date, waits", 0.01, False, bl.Cash(settlement_days="by_date")),
        (
            "Cash, by date, spends",
            0.01,
            False,
            bl.Cash(settlement_days="by_date", unsettled="spend"),
        ),
        ("Cash, asked to short", 0.005, True, bl.Cash()),
        ("RegT, 98 % a side", 0.0098, True, bl.RegT()),
        ("RegT, 120 % a side", 0.012, True, bl.RegT()),
    ):
        _refused(found, panel, bars, what, weight, short, account)
    return found


def _run(bars: bl.Bars, wanted: np.ndarray, account: Any) -> bl.Result:
    return bl.Portfolio.from_targets(
        bars, wanted, unit="percent", account=account, fees=FEE, initial_cash=CASH
    )


def _affordable(
    found: Study, panel: Panel, bars: bl.Bars, what: str, weight: float, short: bool, account: Any
) -> None:
    wanted = panel.targets(weight, short=short)
    run = _run(bars, wanted, account)
    cash, equity, n_fills = rebalanced(panel, wanted)
    found.same_all(f"{what}: equity of the replica", run.equity["equity"], equity)
    found.same_all(f"{what}: cash of the replica", run.cash["cash"], cash)
    found.same(f"{what}: fills of the replica", len(run.fills), n_fills)
    _added_up(found, panel, what, run, account)
    _row(found, what, run)


def _refused(
    found: Study, panel: Panel, bars: bl.Bars, what: str, weight: float, short: bool, account: Any
) -> None:
    wanted = panel.targets(weight, short=short)
    run = _run(bars, wanted, account)
    _added_up(found, panel, what, run, account)
    if isinstance(account, bl.Cash):
        _settled(found, panel, what, run, account)
    _row(found, what, run)


def rebalanced(panel: Panel, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Trade to targets at the next open that there is, sized by the equity at that open."""
    n = wanted.shape[1]
    held, mark, pending = np.zeros(n), np.full(n, np.nan), np.full(n, np.nan)
    money, n_fills = CASH, 0
    cash, equity = np.zeros(len(wanted)), np.zeros(len(wanted))
    for t in range(len(wanted)):
        opens = panel.open[t]
        there = ~np.isnan(opens)
        mark = np.where(there, opens, mark)
        worth = money + float(np.nansum(held * np.nan_to_num(mark)))
        trade = there & ~np.isnan(pending)
        goal = np.where(trade, np.nan_to_num(pending) * worth / np.where(there, opens, 1.0), held)
        delta = np.where(trade, goal - held, 0.0)
        n_fills += int(np.count_nonzero(delta)) + int(np.count_nonzero(held * goal < 0.0))
        money -= float((delta * np.nan_to_num(opens)).sum())
        money -= FEE * float((abs(delta) * np.nan_to_num(opens)).sum())
        held = np.where(trade, goal, held)
        pending = np.where(trade, np.nan, pending)
        mark = np.where(np.isnan(panel.close[t]), mark, panel.close[t])
        cash[t], equity[t] = money, money + float(np.nansum(held * np.nan_to_num(mark)))
        pending = np.where(np.isnan(wanted[t]), pending, wanted[t])
    return cash, equity, n_fills


def _positions(panel: Panel, run: bl.Result) -> tuple[np.ndarray, np.ndarray]:
    """Return holdings after each bar (T, N), and cash, added up from the fills alone."""
    fills = run.fills
    columns = {name: k for k, name in enumerate(panel.names)}
    at = np.array([columns[asset] for asset in fills["asset"]], int)
    bars = fills["bar"].to_numpy()
    traded = np.zeros(panel.close.shape)
    np.add.at(traded, (bars, at), fills["quantity"].to_numpy())
    money = np.zeros(len(panel.close))
    np.add.at(money, bars, -(fills["quantity"] * fills["price"] + fills["fee"]).to_numpy())
    return np.cumsum(traded, axis=0), CASH + np.cumsum(money)


def _added_up(found: Study, panel: Panel, what: str, run: bl.Result, account: Any) -> None:
    """Cash and equity of every bar from the fills and the raw closes; prices are raw opens."""
    held, cash = _positions(panel, run)
    marks = _marks(panel)
    value = np.nan_to_num(held * np.nan_to_num(marks))
    identity(found, what, run)
    found.same_all(f"{what}: cash from fills", run.cash["cash"], cash)
    found.same_all(f"{what}: equity from fills", run.equity["equity"], cash + value.sum(axis=1))
    fills = run.fills.filter(pl.col("reason") == "target")
    columns = {name: k for k, name in enumerate(panel.names)}
    at = np.array([columns[asset] for asset in fills["asset"]], int)
    found.same_all(f"{what}: fills at raw opens", fills["price"], panel.open[fills["bar"], at])
    if isinstance(account, bl.RegT):
        held = np.where(abs(held) < 1e-9, 0.0, held)
        keep, initial = reg_t(held, marks)
        found.same_all(f"{what}: maintenance", run.margin["maintenance"], keep)
        found.same_all(f"{what}: initial", run.margin["initial"], initial)
        _to_the_last_cent(found, panel, what, run, held, cash)


def reg_t(held: np.ndarray, marks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return maintenance and initial margin of each bar by FINRA 4210(c) and Regulation T."""
    price, count = np.nan_to_num(marks), np.maximum(-held, 0.0)
    value = held * price
    longs, shorts = np.maximum(value, 0.0), np.maximum(-value, 0.0)
    low = np.maximum(shorts, 2.5 * count)
    short = np.where(price >= 5.0, np.maximum(0.30 * shorts, 5.0 * count), low)
    keep = 0.25 * longs + short
    return keep.sum(axis=1), np.maximum(0.5 * abs(value), keep).sum(axis=1)


def _to_the_last_cent(
    found: Study, panel: Panel, what: str, run: bl.Result, held: np.ndarray, cash: np.ndarray
) -> None:
    """Where something was opened equity meets initial margin; where it was cut nothing is free."""
    before = np.vstack([_marks(panel)[:1], _marks(panel)[:-1]])
    at_open = np.where(np.isnan(panel.open), before, panel.open)
    free = cash + np.nansum(held * np.nan_to_num(at_open), axis=1) - reg_t(held, at_open)[1]
    opened = np.unique(run.fills.filter(~pl.col("closes"))["bar"].to_numpy())
    found.same(f"{what}: opened with what was there", min(free[opened].min(), 0.0), 0.0, CASH)
    cut = run.rejections.filter(reason="insufficient_margin")["bar"].unique().to_numpy()
    if len(cut):
        left = np.where(np.isin(cut, opened), free[cut], np.maximum(free[cut], 0.0))
        found.same_all(f"{what}: cut to the last cent", CASH + left, np.full(len(cut), CASH))


def _marks(panel: Panel) -> np.ndarray:
    """Return the last price known after each bar: its close, else its open, else the last one."""
    known = np.where(np.isnan(panel.close), panel.open, panel.close)
    rows = np.where(np.isnan(known), 0, np.arange(len(known))[:, None])
    return known[np.maximum.accumulate(rows), np.arange(known.shape[1])]


def _settled(found: Study, panel: Panel, what: str, run: bl.Result, account: bl.Cash) -> None:
    """Settled cash: proceeds of a sale count some business days after it."""
    days = panel.dates.astype("datetime64[D]")
    sales = run.fills.filter(pl.col("quantity") < 0)
    got = (-sales["quantity"] * sales["price"] - sales["fee"]).to_numpy()
    sold = days[sales["bar"].to_numpy()]
    due = sold if account.settlement_days == 0 else np.busday_offset(sold, 3, roll="forward")
    arrives = np.searchsorted(days, due)
    waiting = np.zeros(len(days) + 1)
    np.add.at(waiting, sales["bar"].to_numpy(), got)
    np.subtract.at(waiting, np.minimum(arrives, len(days)), got)
    owed = np.cumsum(waiting[:-1])
    cash = run.cash["cash"].to_numpy()
    found.same_all(f"{what}: settled cash", run.cash["settled"], cash - owed)
    if account.unsettled == "spend":
        violations = len(run.incidents.filter(kind="good_faith_violation"))
        found.same(f"{what}: good-faith violations", violations, _too_soon(run, days))
    else:
        cut = run.rejections.filter(reason="insufficient_cash")["bar"].unique().to_numpy()
        left = run.cash["settled"].to_numpy()[cut]
        if len(cut):
            found.same_all(f"{what}: cut to the last cent", CASH + left, np.full(len(cut), CASH))
        found.same(f"{what}: settled cash never below 0", min(run.cash["settled"].min(), 0.0), 0.0)


def _too_soon(run: bl.Result, days: np.ndarray) -> int:
    """Return how many sales came before a purchase of the same name had settled."""
    bought: dict[str, Any] = {}
    count = 0
    for asset, bar, quantity in run.fills.select("asset", "bar", "quantity").rows():
        if quantity > 0:
            bought[asset] = np.busday_offset(days[bar], 3, roll="forward")
        else:
            count += asset in bought and bought[asset] > days[bar]
    return count


def _row(found: Study, what: str, run: bl.Result) -> None:
    reasons = dict(run.rejections.group_by("reason").len().rows())
    told = ", ".join(f"{count:,} {reason}" for reason, count in sorted(reasons.items()))
    found.rows.append(
        {
            "account": what,
            "fills": len(run.fills),
            "return %": 100.0 * run.total_return,
            "worst drawdown %": 100.0 * run.max_drawdown,
            "violations": len(run.incidents.filter(kind="good_faith_violation")),
            "not filled in full": told or "none",
        }
    )
