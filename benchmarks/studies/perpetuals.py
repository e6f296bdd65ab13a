"""BTC and ETH perpetuals of three venues: funding, liquidation by brackets, coin margin.

Clocks: prices and Binance's own export are in London time, the fetched histories in UTC + 3. What
is paid at a stamp is reckoned here from positions, prices and rates of the raw files; equity from
price changes, bar by bar, which is another way than the ledger's average entry.
"""

import json
from typing import Any

import numpy as np
import polars as pl
from common import DATA, Study, csv, identity, text_of

import barledger as bl

FOLDER = "crypto_perps"
TIERS = DATA / FOLDER / "freqtrade/binance_leverage_tiers.json.gz"
FEE = 0.0005


def all_series() -> pl.DataFrame:
    """Return the perpetuals of 2023, eight-hourly: London time becomes UTC."""
    frame = csv(f"{FOLDER}/aha/all_exchanges_2023.csv.gz", try_parse_dates=True)
    local = pl.col("time").dt.replace_time_zone("Europe/London", ambiguous="earliest")
    return (
        frame.filter(contract="perpetual")
        .with_columns(
            local.dt.convert_time_zone("UTC").dt.replace_time_zone(None).alias("time"),
            pl.concat_str("exchange", "pair", separator=" ").alias("asset"),
        )
        .rename({"funding rate": "rate"})
        .sort("time")
    )


def fetched(venue: str, coin: str) -> pl.DataFrame:
    """Return a fetched funding history in UTC: its stamps are UTC + 3, with a few milliseconds."""
    folder = DATA / FOLDER / "funding"
    path = next(folder.glob(f"{coin}-USDT_{venue}_*.csv.gz"))
    frame = pl.read_csv(text_of(path), try_parse_dates=True)
    return frame.select(
        (pl.col("Date").dt.offset_by("-3h").dt.round("1m")).alias("time"),
        pl.col("Funding Rate").alias("rate"),
    )


def exported() -> pl.DataFrame:
    """Return Binance's own export of BTCUSDT funding: London time, rates as text, newest first."""
    name = "Funding_Rate_History_BTCUSDT_Perpetual_2024-08-09.csv.gz"
    frame = csv(f"{FOLDER}/aha/{name}", try_parse_dates=True)
    frame = frame.rename({frame.columns[0]: "time"})
    local = pl.col("time").dt.replace_time_zone("Europe/London", ambiguous="earliest")
    return frame.select(
        local.dt.convert_time_zone("UTC").dt.replace_time_zone(None).alias("time"),
        (pl.col("Funding Rate").str.strip_chars("%").cast(pl.Float64) / 100.0).alias("rate"),
    ).sort("time")


def study(*, quick: bool = False) -> Study:
    """Funding of twelve perpetuals, four years of Binance's, and liquidations by its brackets."""
    found = Study("Perpetuals: funding, coin margin, liquidation by brackets")
    frame = all_series()
    clocks(found, frame)
    linear(found, frame)
    for asset in ("binance BTCUSDCM", "bybit ETHUSDCM", "okx BTCUSDCM"):
        inverse(found, frame, asset)
    four_years(found)
    isolated(found, quick=quick)
    isolated_in_coin(found)
    cross(found, frame)
    return found


def clocks(found: Study, frame: pl.DataFrame) -> None:
    """The same rates in two files whose clocks differ: they meet in UTC and nowhere else."""
    for venue in ("binance", "bybit"):
        for coin in ("BTC", "ETH"):
            ours = frame.filter(asset=f"{venue} {coin}USDT").select("time", "rate")
            both = ours.join(fetched(venue, coin), on="time", suffix="_other")
            same = (both["rate"] - both["rate_other"]).abs() <= 1e-8
            found.same(f"{venue} {coin}: stamps of 2023 in both files", len(both), len(ours))
            found.same(f"{venue} {coin}: equal rates", int(same.sum()), len(both))


def matrices(frame: pl.DataFrame, assets: list[str]) -> dict[str, Any]:
    """Return prices and rates (T, N) of some series on one clock."""
    made: dict[str, Any] = {}
    for name in ("open", "high", "low", "close", "rate"):
        wide = frame.filter(pl.col("asset").is_in(assets)).pivot("asset", index="time", values=name)
        made[name] = wide.sort("time").select(assets).to_numpy().astype(float)
        made["time"] = wide.sort("time")["time"].to_numpy()
    return made


def orders_of(shape: tuple[int, int], sizes: np.ndarray, seed: int) -> np.ndarray:
    """Return orders that change sign and size now and then; flat never for long."""
    rng = np.random.default_rng(seed)
    wanted = np.where(rng.random(shape) < 0.1, rng.integers(-5, 6, shape).astype(float), np.nan)
    wanted[0] = rng.integers(1, 6, shape[1])
    wanted[-1] = np.nan
    return wanted * sizes


def reckoned(
    wanted: np.ndarray, prices: dict[str, Any], units: float = 1.0, *, inverse: bool = False
) -> dict[str, np.ndarray]:
    """Return positions, fees, funding and gains of each bar (T, N) from raw prices alone.

    Orders of a bar fill at the next open. Funding is stamped at a bar's opening instant: what was
    held before that open pays, on that open.
    """
    opens, closes = prices["open"], prices["close"]
    traded = np.vstack([np.zeros((1, wanted.shape[1])), np.nan_to_num(wanted[:-1])])
    after = np.round(np.cumsum(traded, axis=0), 9)  # sums of 0.1 leave dust
    before = np.round(after - traded, 9)
    last = np.vstack([opens[:1], closes[:-1]])
    if inverse:
        value, gain = units / opens, units * (before * (1 / last - 1 / opens))
        gain += units * after * (1 / opens - 1 / closes)
    else:
        value, gain = units * opens, units * (before * (opens - last) + after * (closes - opens))
    return {
        "after": after,
        "fee": abs(traded) * value * FEE,
        "funding": -before * value * np.nan_to_num(prices["rate"]),
        "gain": gain,
    }


def fundings(prices: dict[str, Any], assets: list[str]) -> bl.Events:
    """Return stamped rates as events."""
    return bl.Events(
        funding={
            asset: list(zip(prices["time"], prices["rate"][:, k], strict=True))
            for k, asset in enumerate(assets)
        }
    )


def bars_of(prices: dict[str, Any], assets: list[str], contract: Any) -> bl.Bars:
    """Return bars of some series, funded by their own rates."""
    return bl.Bars.from_arrays(
        prices["close"],
        open=prices["open"],
        high=prices["high"],
        low=prices["low"],
        time=prices["time"],
        assets=assets,
        contracts=contract,
        events=fundings(prices, assets),
    )


def compare(found: Study, what: str, run: bl.Result, hand: dict[str, Any], cash: float) -> None:
    """Put equity of every bar and each funding beside what was reckoned."""
    identity(found, what, run)
    moved = hand["gain"] - hand["fee"] + hand["funding"]
    found.same_all(f"{what}: equity", run.equity["equity"], cash + np.cumsum(moved.sum(axis=1)))
    paid = run.ledger.filter(category="funding")
    found.same(f"{what}: funding", paid["amount"].sum(), hand["funding"].sum(), cash)
    found.same(f"{what}: fundings paid", len(paid), np.count_nonzero(hand["funding"]))
    by_bar = np.zeros(len(run.equity))
    np.add.at(by_bar, paid["bar"].to_numpy(), paid["amount"].to_numpy())
    found.same_all(f"{what}: funding of each bar", by_bar, hand["funding"].sum(axis=1))
    fees = run.ledger.filter(category="fee")["amount"].sum()
    found.same(f"{what}: fees", -fees, hand["fee"].sum(), cash)


def linear(found: Study, frame: pl.DataFrame) -> None:
    """Three venues and two coins in one cross account of dollars."""
    assets = sorted(frame.filter(pl.col("asset").str.ends_with("USDT"))["asset"].unique())
    prices = matrices(frame, assets)
    sizes = np.array([0.1 if "BTC" in asset else 1.0 for asset in assets])
    wanted = orders_of(prices["close"].shape, sizes, 4)
    tiers = {asset: bl.Brackets.from_binance(TIERS, _symbol(asset)) for asset in assets}
    contracts = {asset: bl.Contract(kind="perpetual", brackets=tiers[asset]) for asset in assets}
    cash = 1e6
    run = bl.Portfolio.from_orders(
        bars_of(prices, assets, contracts), wanted, account=bl.PerpCross(), fees=FEE, initial_cash=cash
    )  # fmt: skip
    hand = reckoned(wanted, prices)
    compare(found, "six linear, cross", run, hand, cash)
    for k, asset in enumerate(assets):
        rates = prices["rate"][:, k]
        found.rows.append(
            {
                "perpetual": asset,
                "stamps": len(rates),
                "rates below 0": int((rates < 0).sum()),
                "% a long paid": float(rates.sum() * 100),
                "funding in the account": float(hand["funding"][:, k].sum()),
            }
        )


def _symbol(asset: str) -> str:
    coin = "BTC" if "BTC" in asset else "ETH"
    return f"{coin}/USDT:USDT"


def inverse(found: Study, frame: pl.DataFrame, asset: str) -> None:
    """A coin-margined contract of 100 dollars: cash, fees, funding and equity are in coin."""
    prices = matrices(frame, [asset])
    wanted = orders_of(prices["close"].shape, np.array([20.0]), 9)
    terms = bl.Contract(kind="perpetual", multiplier=100, maintenance=0.004, inverse=True)
    run = bl.Portfolio.from_orders(
        bars_of(prices, [asset], terms), wanted, account=bl.PerpCross(), fees=FEE, initial_cash=50.0
    )
    compare(found, f"{asset}, in coin", run, reckoned(wanted, prices, 100.0, inverse=True), 50.0)


def four_years(found: Study) -> None:
    """Daily bars, three stamps a day: the first pays on the open, two inside it on the close."""
    name = f"{FOLDER}/aha/BTCUSDT_Binance_futures_UM_day.csv.gz"
    frame = csv(name, skip_rows=1).sort("Unix")
    time = frame["Unix"].cast(pl.Datetime("ms")).to_numpy().astype("datetime64[ns]")
    opens, closes = (frame[name].to_numpy()[:, None].astype(float) for name in ("Open", "Close"))
    rates = exported()
    stamps = rates["time"].to_numpy().astype("datetime64[ns]")
    end = time[-1] + np.timedelta64(1, "D")
    kept = (stamps >= time[0]) & (stamps < end)
    stamps, each = stamps[kept], rates["rate"].to_numpy()[kept]
    terms = bl.Contract(kind="perpetual", brackets=bl.Brackets.from_binance(TIERS, "BTC/USDT:USDT"))
    bars = bl.Bars.from_arrays(
        closes,
        open=opens,
        time=time,
        assets="BTC",
        contracts=terms,
        events=bl.Events(funding={"BTC": list(zip(stamps, each, strict=True))}),
    )
    wanted = orders_of(closes.shape, np.array([0.2]), 2)
    run = bl.Portfolio.from_orders(
        bars, wanted, account=bl.PerpCross(margin_check="close"), fees=FEE, initial_cash=1e6
    )
    no_rates = {"open": opens, "close": closes, "rate": np.zeros_like(opens)}
    hand = reckoned(wanted, no_rates)
    at = np.searchsorted(time, stamps, side="right") - 1
    is_open = time[at] == stamps
    after = hand["after"][:, 0]
    before = np.append(0.0, after[:-1])
    amounts = -np.where(is_open, before[at] * opens[at, 0], after[at] * closes[at, 0]) * each
    hand["funding"] = np.zeros_like(opens)
    np.add.at(hand["funding"][:, 0], at, amounts)
    hand_count = int(np.count_nonzero(amounts))
    paid = run.ledger.filter(category="funding")
    found.same("BTCUSDT by day: fundings paid", len(paid), hand_count)
    found.same("BTCUSDT by day: funding", paid["amount"].sum(), amounts.sum(), 1e6)
    moved = hand["gain"] - hand["fee"] + hand["funding"]
    found.same_all(
        "BTCUSDT by day: equity", run.equity["equity"], 1e6 + np.cumsum(moved.sum(axis=1))
    )
    missing = len(time) - int((time[-1] - time[0]) / np.timedelta64(1, "D")) - 1
    found.notes.append(
        f"Binance BTCUSDT by day: {len(stamps):,} stamps on {len(time):,} bars ({-missing} days "
        f"missing), {int((~is_open).sum()):,} inside a bar; a long of one coin paid "
        f"{-(np.where(is_open, opens[at, 0], closes[at, 0]) * each).sum():,.0f} in 4.6 years"
    )


def by_hand(tiers: list[dict[str, Any]], q: float, entry: float, margin: float) -> float:
    """Price where margin + q (p - entry) = rate |q| p - cum, in the bracket of |q| p itself."""
    for tier in tiers:
        rate, cum = tier["maintenanceMarginRate"], float(tier["info"]["cum"])
        price = (margin + cum - q * entry) / (abs(q) * rate - q)
        if tier["minNotional"] <= abs(q) * price <= tier["maxNotional"]:
            return float(price)
    return np.nan


def isolated(found: Study, *, quick: bool) -> None:
    """Enter every few days at several leverages and sizes: liquidated when, and at which price."""
    name = f"{FOLDER}/aha/BTCUSDT_Binance_futures_UM_day.csv.gz"
    frame = csv(name, skip_rows=1).sort("Unix")
    o, h, low, c = (
        frame[each].to_numpy().astype(float) for each in ("Open", "High", "Low", "Close")
    )
    tiers = json.loads(text_of(TIERS))["BTC/USDT:USDT"]
    step = 40 if quick else 10
    starts = [s for s in range(0, len(o) - 60, step)]
    cases = [
        (s, side, leverage, size)
        for s in starts
        for side in (1, -1)
        for leverage in (3.0, 10.0, 25.0, 75.0)
        for size in (0.001, 0.6)
    ]
    n, times = len(cases), len(o)
    wanted = np.full((times, n), np.nan)
    rows = np.arange(n)
    leverages = np.array([case[2] for case in cases])
    quantity = np.zeros(n)
    for k, (s, side, leverage, size) in enumerate(cases):
        cap = max(t["maxNotional"] for t in tiers if t["maxLeverage"] >= leverage)
        quantity[k] = side * size * cap / o[s + 1]
        wanted[s, k] = quantity[k]
    table = bl.Brackets.from_binance(TIERS, "BTC/USDT:USDT")
    fates: dict[str, int] = {"liquidated": 0, "survived": 0}
    for leverage in sorted(set(leverages)):
        mine = rows[leverages == leverage]
        spread = {
            name: np.repeat(column[:, None], len(mine), axis=1)
            for name, column in (("open", o), ("high", h), ("low", low), ("close", c))
        }
        bars = bl.Bars.from_arrays(
            **spread,
            assets=[f"P{k}" for k in mine],
            contracts=bl.Contract(kind="perpetual", brackets=table),
        )
        run = bl.Portfolio.from_orders(
            bars, wanted[:, mine], account=bl.PerpIsolated(leverage=leverage), initial_cash=1e13
        )
        gone = {r["asset"]: r for r in run.fills.filter(reason="liquidation").to_dicts()}
        expected = []
        for k in mine:
            s, side, _, _ = cases[k]
            entry, q = o[s + 1], quantity[k]
            margin = abs(q) * entry / leverage
            price = by_hand(tiers, q, entry, margin)
            extreme = low if side > 0 else h
            hit = np.flatnonzero((extreme[s + 1 :] - price) * side <= 0)
            bar = int(hit[0]) + s + 1 if len(hit) else -1
            expected.append((k, price, bar, entry - side * entry / leverage))
        ours = bl.perpetual.liquidation_price(
            quantity[mine], [o[cases[k][0] + 1] for k in mine],
            [abs(quantity[k]) * o[cases[k][0] + 1] / leverage for k in mine], table,
        )  # fmt: skip
        found.same_all(f"x{leverage:g}: liquidation price", ours, [e[1] for e in expected])
        found.same_all(
            f"x{leverage:g}: bar of liquidation",
            [gone.get(f"P{e[0]}", {"bar": -1})["bar"] for e in expected],
            [e[2] for e in expected],
        )
        hit_ones = [e for e in expected if e[2] >= 0]
        fates["liquidated"] += len(hit_ones)
        fates["survived"] += len(expected) - len(hit_ones)
        found.same_all(
            f"x{leverage:g}: taken over at",
            [gone[f"P{e[0]}"]["price"] for e in hit_ones],
            [e[3] for e in hit_ones],
        )
        lost = sum(abs(quantity[e[0]]) * o[cases[e[0]][0] + 1] / leverage for e in hit_ones)
        kept = sum(quantity[e[0]] * (c[-1] - o[cases[e[0]][0] + 1]) for e in expected if e[2] < 0)
        found.same(
            f"x{leverage:g}: loses its margins and no more",
            run.equity["equity"][-1] - 1e13, kept - lost, 1e13,
        )  # fmt: skip
    found.notes.append(
        f"{n:,} isolated BTC positions by Binance's brackets at x3 to x75: {fates['liquidated']:,} "
        f"liquidated, each on the bar and at the price of the formula, {fates['survived']:,} held"
    )


def isolated_in_coin(found: Study) -> None:
    """Coin-margined, hourly: Q / p (rate + side) = margin + Q / entry, as coin and not as money."""
    frame = csv(f"{FOLDER}/aha/BTCUSD_PERP_Binance_futures_CM_hour.csv.gz", skip_rows=1)
    frame = frame.sort("Unix")
    names = ("Open", "High", "Low", "Close")
    o, h, low, c = (frame[name].to_numpy().astype(float) for name in names)
    starts, rate, face = range(0, len(o) - 1000, 700), 0.004, 100.0
    n, liquidated = len(starts), 0
    spread = [np.repeat(column[:, None], n, axis=1) for column in (o, h, low, c)]
    bars = bl.Bars.from_arrays(
        spread[3],
        open=spread[0],
        high=spread[1],
        low=spread[2],
        assets=[f"P{k}" for k in range(n)],
        contracts=bl.Contract(kind="perpetual", multiplier=face, maintenance=rate, inverse=True),
    )
    for side, leverage in ((1, 5.0), (-1, 5.0), (1, 20.0)):
        wanted = np.full((len(o), n), np.nan)
        wanted[list(starts), range(n)] = side * 50.0
        run = bl.Portfolio.from_orders(
            bars, wanted, account=bl.PerpIsolated(leverage=leverage), initial_cash=1e4
        )
        gone = {r["asset"]: r for r in run.fills.filter(reason="liquidation").to_dicts()}
        seen, expected, total = [], [], 0.0
        for k, s in enumerate(starts):
            units, entry = side * 50.0 * face, o[s + 1]
            margin = abs(units) / entry / leverage
            price = abs(units) * (rate + side) / (margin + units / entry)
            extreme = low if side > 0 else h
            there = (extreme[s + 1 :] - price) * side <= 0 if price > 0 else np.zeros(1, bool)
            bar = s + 1 + int(np.argmax(there)) if there.any() else -1
            fate = gone.get(f"P{k}", {"bar": -1, "price": np.nan})
            seen.append(fate["bar"])
            expected.append(bar)
            total += -margin if bar >= 0 else units * (1.0 / entry - 1.0 / c[-1])
            liquidated += bar >= 0
        what = f"in coin, {'long' if side > 0 else 'short'} x{leverage:g}"
        found.same_all(f"{what}: bar of liquidation", seen, expected)
        found.same(f"{what}: equity", run.equity["equity"][-1] - 1e4, total, 1e4)
    found.notes.append(
        f"{3 * n} coin-margined positions on hourly bars: {liquidated} liquidated, each on the bar "
        "of the formula in coin; a short at x1 would have no such price"
    )


def cross(found: Study, frame: pl.DataFrame) -> None:
    """One wallet behind a long of BTC and a short of ETH, funding paid: told bar by bar."""
    assets = ["binance BTCUSDT", "binance ETHUSDT"]
    prices = matrices(frame, assets)
    raw = json.loads(text_of(TIERS))
    tiers = [raw[_symbol(asset)] for asset in assets]
    contracts = {
        asset: bl.Contract(
            kind="perpetual", brackets=bl.Brackets.from_binance(TIERS, _symbol(asset))
        )
        for asset in assets
    }
    bars = bars_of(prices, assets, contracts)
    gone = 0
    for quantities in ((-1.0, 2.0), (0.5, -20.0), (2.0, -40.0), (-3.0, -30.0), (4.0, 20.0)):
        q = np.array(quantities)
        cash = float(abs(q) @ prices["open"][1]) / 12.0
        wanted = np.full(prices["close"].shape, np.nan)
        wanted[0] = q
        run = bl.Portfolio.from_orders(
            bars, wanted, account=bl.PerpCross(), fees=FEE, initial_cash=cash
        )
        bar, left = _cross_by_hand(prices, tiers, q, cash)
        taken = run.fills.filter(reason="liquidation")
        what = f"cross {quantities}"
        found.same(f"{what}: bar", taken["bar"][0] if len(taken) else -1, bar)
        fund = run.ledger.filter(category="liquidation")["amount"].sum()
        found.same(f"{what}: to the fund", -fund, left, cash)
        if bar >= 0:
            found.same(f"{what}: equity after", run.equity["equity"][-1], 0.0, cash)
        gone += bar >= 0
    found.notes.append(f"cross wallets of a BTC and an ETH position, 12 times: {gone} of 5 gone")


def _cross_by_hand(
    prices: dict[str, Any], tiers: list[Any], q: np.ndarray, cash: float
) -> tuple[int, float]:
    """Return the bar on which a wallet is gone, and what is left of it at those marks."""
    adverse = np.where(q > 0, prices["low"], prices["high"])
    entry = prices["open"][1]
    wallet = cash - float(abs(q) @ entry) * FEE
    for bar in range(1, len(adverse)):
        if bar > 1:
            wallet -= float(q @ (prices["open"][bar] * prices["rate"][bar]))
        for mark in (prices["open"][bar], adverse[bar], prices["close"][bar]):
            equity = wallet + float(q @ (mark - entry))
            need = sum(_kept(tiers[k], abs(q[k]) * mark[k]) for k in range(len(q)))
            if equity <= need:
                return bar, equity
    return -1, 0.0


def _kept(tiers: list[dict[str, Any]], notional: float) -> float:
    for tier in tiers:
        if notional <= tier["maxNotional"]:
            return float(notional * tier["maintenanceMarginRate"] - float(tier["info"]["cum"]))
    return np.nan
