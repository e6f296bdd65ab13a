"""E-mini S&P 500 contracts by the minute, and by the day over their December 2013 roll.

Minutes: stamps are UTC; a session ends at 17:00 in Chicago, so at 22:00 UTC in October. Orders come
at random minutes and the position moves to the next contract in mid-session, at the first minute on
which both trade. Days: the lead is found again from raw volume, open interest and expiry.
"""

import io
import zipfile
from typing import Any

import numpy as np
import polars as pl
from common import DATA, Study, identity

import barledger as bl
from barledger.data import continuous as cf

FOLDER = DATA / "futures_intraday/lean/cme"
POINT, FEE, CASH = 50.0, 2.25, 1e6
EXPIRIES = {"201312": "2013-12-20", "201403": "2014-03-21", "201406": "2014-06-20"}
FIELDS = ("open", "high", "low", "close", "volume")


def minutes() -> pl.DataFrame:
    """Return minute trades of each contract, long; times are milliseconds of a UTC day."""
    frames = []
    for path in sorted((FOLDER / "minute/es").glob("*_trade.zip")):
        day = pl.Series([path.name[:8]]).str.to_datetime("%Y%m%d")[0]
        with zipfile.ZipFile(path) as packed:
            for name in packed.namelist():
                frame = _read(packed.read(name), "ms")
                frames.append(
                    frame.select(
                        (pl.lit(day) + pl.duration(milliseconds="ms")).alias("time"),
                        pl.lit(name[-10:-4]).alias("asset"),
                        *FIELDS,
                    )
                )
    return pl.concat(frames).sort("time", "asset")


def days(kind: str = "trade") -> pl.DataFrame:
    """Return daily rows of 2013 of each contract."""
    frames = []
    with zipfile.ZipFile(FOLDER / f"daily/es_{kind}.zip") as packed:
        for name in packed.namelist():
            frame = _read(packed.read(name), "text")
            day = pl.col("text").str.slice(0, 8).str.to_date("%Y%m%d")
            frame = frame.with_columns(day.alias("time"), pl.lit(name[-10:-4]).alias("asset"))
            frames.append(frame.drop("text"))
    whole = pl.concat(frames).filter(pl.col("time") < pl.date(2014, 1, 1))
    return whole.filter(pl.col("asset").is_in(list(EXPIRIES))).sort("time", "asset")


def _read(raw: bytes, first: str) -> pl.DataFrame:
    frame = pl.read_csv(io.BytesIO(raw), has_header=False)
    names = [first, *FIELDS] if frame.width == 6 else [first, "open interest"]
    frame = frame.rename(dict(zip(frame.columns, names, strict=True)))
    return frame.with_columns(pl.col(name).cast(pl.Float64) for name in names[1:])


def study(*, quick: bool = False) -> Study:
    """Trade five contracts within a session and over its end; roll three by three rules."""
    found = Study("E-mini by the minute and over its roll")
    frame = minutes()
    clocks(found, frame)
    for seed in range(3 if quick else 12):
        intraday(found, frame, seed)
    for rule in ("volume", "open_interest", "calendar"):
        over_the_roll(found, rule)
    return found


def wide(frame: pl.DataFrame, name: str, assets: list[str]) -> np.ndarray:
    """Return one field as a matrix (T, N), NaN where a contract did not trade."""
    table = frame.pivot("asset", index="time", values=name).sort("time")
    return table.select(assets).to_numpy().astype(float)


def clocks(found: Study, frame: pl.DataFrame) -> None:
    """Read as UTC no minute trades in the halts of 2013, 16:15 to 16:30 and 17:15 to 18:00."""
    zoned = frame["time"].dt.replace_time_zone("UTC")
    traded = []
    for zone in ("America/New_York", "UTC"):
        local = zoned.dt.convert_time_zone(zone)
        at = local.dt.hour().cast(pl.Int32) * 60 + local.dt.minute()
        halted = ((at >= 1_035) & (at < 1_080)) | ((at >= 975) & (at < 990))
        traded.append(int(halted.sum()))
    found.same("minutes that trade in the daily halts", traded[0], 0.0)
    found.notes.append(
        f"{len(frame):,} minutes of {frame['asset'].n_unique()} contracts; read as UTC none is in "
        f"New York's daily halts, read as New York time {traded[1]} would be"
    )


def intraday(found: Study, frame: pl.DataFrame, seed: int) -> None:
    """Random orders in the front contract, a roll in mid-session, settled at each session's end."""
    assets = sorted(frame["asset"].unique())
    opens, closes = wide(frame, "open", assets), wide(frame, "close", assets)
    time = frame["time"].unique().sort().to_numpy().astype("datetime64[ns]")
    rng = np.random.default_rng(seed)
    roll = int(rng.integers(2_000, 5_000))
    wanted = np.full(closes.shape, np.nan)
    at = rng.choice(len(time) - 500, 120, replace=False)
    wanted[at, 0] = rng.integers(-3, 4, 120)
    wanted[roll - 30 : roll + 400] = np.nan
    wanted[roll + 400 :, 1] = wanted[roll + 400 :, 0]
    wanted[roll + 400 :, 0] = np.nan
    wanted[5, 0] = 2.0
    terms = bl.Contract(
        kind="future", multiplier=POINT, tick=0.25, initial=3_850, maintenance=3_500
    )
    bars = bl.Bars.from_arrays(
        closes,
        open=opens,
        time=time,
        assets=assets,
        contracts=terms,
        calendar="CMES",
        events=bl.Events(rolls=[(time[roll], assets[0], assets[1])]),
    )
    run = bl.Portfolio.from_orders(
        bars, wanted, account=bl.FuturesMargin(), fees=bl.PerUnitFee(FEE), initial_cash=CASH
    )
    ends = session_ends(time)
    hand = settled_by_hand(opens, closes, wanted, roll, ends)
    what = f"minutes {seed}"
    identity(found, what, run)
    found.same_all(f"{what}: equity", run.equity["equity"], hand["equity"])
    found.same_all(f"{what}: cash", run.cash["cash"], hand["cash"])
    variation = run.ledger.filter(category="variation")
    found.same_all(f"{what}: bars of variation", variation["bar"], hand["bars"])
    found.same_all(f"{what}: variation", variation["amount"], hand["variation"])
    rolled = run.fills.filter(reason="roll")
    n_rolled = 0 if hand["roll"] < 0 else 2
    found.same(f"{what}: fills of the roll", len(rolled), n_rolled)
    if n_rolled:
        found.same_all(f"{what}: bar of the roll", rolled["bar"], [hand["roll"]] * 2)
    if seed < 3:
        gap = rolled["price"][1] - rolled["price"][0]
        found.rows.append(
            {
                "run": what,
                "fills": len(run.fills),
                "sessions": len(ends),
                "P&L": run.equity["equity"][-1] - CASH,
                "variation": variation["amount"].sum(),
                "closings": run.ledger.filter(category="trade")["amount"].sum(),
                "fees": run.ledger.filter(category="fee")["amount"].sum(),
                "rolled": str(time[hand["roll"]])[:16],
                "asked": str(time[roll])[11:16],
                "gap": gap,
            }
        )


def session_ends(time: np.ndarray) -> np.ndarray:
    """Return the last bar of each session: the next one is after 22:00 UTC of its day."""
    session = (time - np.timedelta64(22, "h")).astype("datetime64[D]")
    return np.append(np.flatnonzero(session[1:] != session[:-1]), len(time) - 1)


def settled_by_hand(
    opens: np.ndarray, closes: np.ndarray, wanted: np.ndarray, roll: int, ends: np.ndarray
) -> dict[str, Any]:
    """Keep a base for each contract: the mean of last settlement and fills since, by quantity."""
    n_bars, n = closes.shape
    held, base, mark = np.zeros(n), np.zeros(n), np.zeros(n)
    money, rolled = CASH, -1
    waiting: list[tuple[int, float]] = []  # explicit orders replace nothing: each waits
    cash, equity = np.zeros(n_bars), np.zeros(n_bars)
    bars, variation = [], []
    last_of_session = set(ends.tolist())

    def fill(k: int, quantity: float, price: float) -> float:
        """Return the cash of a fill: a closing part realises its share, fees are paid."""
        closing = min(abs(quantity), abs(held[k])) if quantity * held[k] < 0 else 0.0
        sign = np.sign(quantity)
        got = -sign * closing * POINT * (price - base[k])
        opened = quantity - sign * closing
        held[k] += sign * closing
        if opened:
            base[k] = (base[k] * held[k] + price * opened) / (held[k] + opened)
        held[k] += opened
        return float(got - FEE * abs(quantity))

    for t in range(n_bars):
        due = t >= roll and rolled < 0 and held[0] != 0.0
        if due and not np.isnan(opens[t, :2]).any():
            rolled, quantity = t, float(held[0])
            money += fill(0, -quantity, opens[t, 0]) + fill(1, quantity, opens[t, 1])
        still = [order for order in waiting if np.isnan(opens[t, order[0]])]
        beyond = []  # reducing parts first, then what opens
        for k, quantity in (order for order in waiting if not np.isnan(opens[t, order[0]])):
            closing = min(abs(quantity), abs(held[k])) if quantity * held[k] < 0 else 0.0
            closed = float(np.sign(quantity) * closing)
            money += fill(k, closed, opens[t, k]) if closed else 0.0
            beyond.append((k, quantity - closed))
        for k, quantity in beyond:
            money += fill(k, quantity, opens[t, k]) if quantity else 0.0
        mark = np.where(np.isnan(closes[t]), mark, closes[t])
        if t in last_of_session:
            for k in np.flatnonzero(held):
                amount = held[k] * POINT * (mark[k] - base[k])
                if amount:
                    bars.append(t)
                    variation.append(amount)
                    money += amount
                base[k] = mark[k]
        cash[t] = money
        equity[t] = money + float((held * POINT * (mark - base)).sum())
        asked = ~np.isnan(wanted[t]) & (wanted[t] != 0.0)
        waiting = [*still, *((int(k), float(wanted[t, k])) for k in np.flatnonzero(asked))]
    return {"cash": cash, "equity": equity, "bars": bars, "variation": variation, "roll": rolled}


def over_the_roll(found: Study, rule: str) -> None:
    """Hold one contract through December 2013, the lead found by a rule and again by hand."""
    frame, interest = days(), days("openinterest")
    assets = list(EXPIRIES)
    time = frame["time"].unique().sort()
    stamps = time.to_numpy().astype("datetime64[ns]")
    table = pl.DataFrame({"time": time}).join(
        interest.pivot("asset", index="time", values="open interest"), on="time", how="left"
    )
    known = table.sort("time").select(pl.col(assets).forward_fill()).to_numpy().astype(float)
    opens, closes, volume = (wide(frame, name, assets) for name in ("open", "close", "volume"))
    terms = bl.Contract(kind="future", multiplier=POINT, initial=3_850, maintenance=3_500)
    bars = bl.Bars.from_arrays(
        closes, open=opens, volume=volume, time=stamps, assets=assets, contracts=terms
    )
    chain = cf.Chain(bars, EXPIRIES, open_interest=known, name="ES")
    events = cf.roll_events(chain, rule)
    wanted = np.full(closes.shape, np.nan)
    wanted[1, 0] = 1.0
    run = bl.Portfolio.from_orders(
        bars, wanted, account=bl.FuturesMargin(), events=events, initial_cash=CASH,
        fees=bl.PerUnitFee(FEE),
    )  # fmt: skip
    lead = _lead_by_hand(rule, stamps, volume, known)
    bar = int(np.argmax(lead == 1))
    while np.isnan(opens[bar, :2]).any():
        bar += 1
    gained = (opens[bar, 0] - opens[2, 0] + closes[-1, 1] - opens[bar, 1]) * POINT - 3 * FEE
    rolls = run.fills.filter(reason="roll")
    found.same(f"by {rule}: bar of the roll", rolls["bar"][0], bar)
    found.same(f"by {rule}: P&L", run.equity["equity"][-1] - CASH, gained, CASH)
    found.same(f"by {rule}: fills", len(run.fills), 3)
    found.notes.append(
        f"by {rule} the roll is on {str(stamps[bar])[:10]}: {opens[bar, 0]:g} to {opens[bar, 1]:g}; "
        f"the year ends {run.equity['equity'][-1] - CASH:+,.2f}"
    )


def _lead_by_hand(
    rule: str, stamps: np.ndarray, volume: np.ndarray, interest: np.ndarray
) -> np.ndarray:
    """Return the lead: stronger on the day before, or five business days from expiry; guarded."""
    lead = np.zeros(len(stamps), int)
    day = stamps.astype("datetime64[D]")
    expiry = np.datetime64(EXPIRIES["201312"])
    strength = np.nan_to_num({"volume": volume, "open_interest": interest}.get(rule, volume))
    for t in range(1, len(stamps)):
        if rule == "calendar":
            moved = day[t] >= np.busday_offset(expiry, -5, roll="backward")
        else:
            moved = strength[t - 1, 1] > strength[t - 1, 0]
        late = day[t] >= np.busday_offset(expiry, -2, roll="backward")
        lead[t] = 1 if moved or late or lead[t - 1] == 1 else 0
    return lead
