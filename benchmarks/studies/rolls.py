"""One contract of each of twenty futures markets, held through every roll.

Raw prices of the contracts go to the account, the roll as events at the prices of the last close
that both contracts have. What the account earned must be the price differences of what it held,
contract by contract, less fees and slippage; and, without costs, the move of the vendor's own
back-adjusted series, which another program made.
"""

from typing import Any, NamedTuple

import numpy as np
import polars as pl
from common import Study, csv, identity

import barledger as bl
from barledger.data import continuous as cf

MARKETS = (
    "AUD", "COPPER", "CORN", "CRUDE_W", "EDOLLAR", "EUR", "EUROSTX", "GAS_US", "GOLD", "JPY", "KR3",
    "LEANHOG", "MXP", "NASDAQ", "SHATZ", "SOYBEAN", "SP500", "US10", "US2", "VIX",
)  # fmt: skip
QUICK = ("CORN", "CRUDE_W", "EUROSTX", "KR3", "LEANHOG", "VIX")
FOLDER = "futures_rolls"
LEGS = ("PRICE", "CARRY", "FORWARD")


class Market(NamedTuple):
    """Stamps, contracts, prices (T, contracts) with NaN gaps, and the rolls of the raw file."""

    name: str
    frame: pl.DataFrame  # one row a stamp of the raw file that is kept
    names: list[str]
    prices: np.ndarray
    lead: np.ndarray
    rolls: list[int]  # first bar of each new contract
    point: float
    fee: float
    slippage: float
    currency: str


def load(name: str) -> Market:
    """Read every stamp of one market that has a price of the lead."""
    frame = csv(f"{FOLDER}/multiple_prices_csv/{name}.csv.gz", try_parse_dates=True)
    frame = frame.filter(pl.col("PRICE").is_not_null() & pl.col("PRICE").is_not_nan())
    ids = pl.concat([frame[f"{leg}_CONTRACT"].cast(pl.Int64) for leg in LEGS]).unique().drop_nulls()
    known = sorted(ids.to_list())
    prices = np.full((len(frame), len(known)), np.nan)
    for leg in ("FORWARD", "CARRY", "PRICE"):
        rows, columns, values = _leg(frame, leg, known)
        prices[rows, columns] = values
    lead = np.searchsorted(known, frame["PRICE_CONTRACT"].cast(pl.Int64).to_numpy())
    terms = csv(f"{FOLDER}/instrumentconfig.csv").filter(pl.col("Instrument") == name)
    return Market(
        name,
        frame,
        [str(each)[:6] for each in known],
        prices,
        lead,
        (np.flatnonzero(lead[1:] != lead[:-1]) + 1).tolist(),
        float(terms["Pointsize"][0]),
        float(terms["PerBlock"][0]),
        float(terms["Slippage"][0]),
        str(terms["Currency"][0]),
    )


def _leg(frame: pl.DataFrame, leg: str, known: list[int]) -> tuple[Any, Any, Any]:
    values = frame[leg].cast(pl.Float64).fill_null(np.nan).to_numpy()
    contracts = frame[f"{leg}_CONTRACT"].cast(pl.Int64).fill_null(-1).to_numpy()
    there = np.flatnonzero(~np.isnan(values) & (contracts >= 0))
    return there, np.searchsorted(known, contracts[there]), values[there]


def bars_of(market: Market) -> bl.Bars:
    """Return bars of every contract of a market, raw, open at the close: the file has one price."""
    terms = bl.Contract(
        kind="future", multiplier=market.point, initial=1.0, currency=market.currency
    )
    return bl.Bars.from_arrays(
        market.prices,
        time=market.frame["DATETIME"].to_numpy(),
        assets=market.names,
        contracts=terms,
    )


def held_by_hand(market: Market) -> list[tuple[int, int, int]]:
    """Return (contract, bar it was entered after, bar it was left after) of each one held."""
    cuts = [0, *[bar - 1 for bar in market.rolls], len(market.lead) - 1]
    firsts = [0, *market.rolls]
    return [
        (int(market.lead[bar]), a, b) for bar, a, b in zip(firsts, cuts, cuts[1:], strict=False)
    ]


def last_of(market: Market, column: int, bar: int, back: int) -> float:
    """Return the last price of a contract at or before a bar, not before `back`."""
    column_prices = market.prices[back : bar + 1, column]
    there = column_prices[~np.isnan(column_prices)]
    return float(there[-1]) if len(there) else np.nan


def rolled(market: Market, quantity: float, *, costs: bool) -> bl.Result:
    """Hold from the first bar to the last; every roll is an event at the last common closes."""
    at = [(bar, int(market.lead[bar - 1]), int(market.lead[bar])) for bar in market.rolls]
    time = market.frame["DATETIME"].to_numpy()
    events = bl.Events(
        rolls=[
            (
                time[bar],
                market.names[old],
                market.names[new],
                last_of(market, old, bar - 1, 0),
                last_of(market, new, bar - 1, 0),
            )
            for bar, old, new in at
        ]
    )
    wanted = np.full(market.prices.shape, np.nan)
    wanted[0, market.lead[0]] = quantity
    wanted[-1, market.lead[-1]] = -quantity
    return bl.Portfolio.from_orders(
        bars_of(market), wanted, events=events, fill="close", **_account(market, costs)
    )


def followed(market: Market, quantity: float, *, costs: bool) -> tuple[bl.Result, cf.Continuous]:
    """Do the same by targets of a stitched chain, which trade both contracts at those closes."""
    time = market.frame["DATETIME"].to_numpy()
    leads = [0, *market.rolls]
    rule = cf.OnDates([(time[bar], market.names[market.lead[bar]]) for bar in leads])
    made = cf.stitch(cf.Chain(bars_of(market), name=market.name), rule)
    position = np.full(len(time), quantity)
    position[-1] = 0.0
    run = bl.Portfolio.from_targets(
        made.contracts,
        made.targets(position),
        unit="shares",
        fill="close",
        **_account(market, costs),
    )
    return run, made


def cash_of(market: Market) -> float:
    """Return money enough for any of these markets, in its currency."""
    return 1e9 if market.currency == "KRW" else 1e6


def _account(market: Market, costs: bool) -> dict[str, Any]:
    return dict(
        account=bl.FuturesMargin(currency=market.currency),
        initial_cash=cash_of(market),
        fees=bl.PerUnitFee(market.fee) if costs else 0.0,
        slippage=bl.Slippage(amount=market.slippage) if costs else 0.0,
    )


def vendor_move(name: str) -> float:
    """Return how far the vendor's own back-adjusted series went from first to last price."""
    frame = csv(f"{FOLDER}/adjusted_prices_csv/{name}.csv.gz")
    prices = frame["price"].cast(pl.Float64).drop_nulls().drop_nans()
    return float(prices[-1] - prices[0])


def study(*, quick: bool = False) -> Study:
    """Hold three contracts of each market long, then short, and reckon it again by hand."""
    found = Study("Rolls: one position through every roll of twenty futures markets")
    for name in QUICK if quick else MARKETS:
        _one(found, load(name))
    return found


def _one(found: Study, market: Market) -> None:
    name, point, first = market.name, market.point, 0.0
    moved = [
        last_of(market, column, b, 0) - last_of(market, column, a, 0)
        for column, a, b in held_by_hand(market)
    ]
    big = cash_of(market)
    n_fills = 2 * len(moved)
    for quantity in (3.0, -2.0):
        run = rolled(market, quantity, costs=True)
        gross = quantity * point * sum(moved)
        costs = abs(quantity) * n_fills * (market.fee + market.slippage * point)
        gained = run.equity["equity"][-1] - big
        found.same(f"{name}, {quantity:+g}: by roll events", gained, gross - costs, big)
        found.same(f"{name}, {quantity:+g}: fills", len(run.fills), n_fills)
        kinds = dict(run.ledger.group_by("category").agg(pl.col("amount").sum()).rows())
        traded = kinds["variation"] + kinds["trade"]
        slipped = abs(quantity) * n_fills * market.slippage * point
        found.same(f"{name}: variation and closings are the P&L", traded, gross - slipped, big)
        identity(found, name, run)
        first = first or gained
    other, made = followed(market, 3.0, costs=True)
    # A roll on the second bar: targets never open what they leave at the same close.
    spared = 6.0 * (market.fee + market.slippage * point) if market.rolls[0] == 1 else 0.0
    found.same(f"{name}: by targets", other.equity["equity"][-1] - big, first + spared, big)
    free = rolled(market, 1.0, costs=False).equity["equity"][-1] - big
    adjusted = made.adjusted.close[:, 0]
    found.same(
        f"{name}: our adjusted series", free / point, adjusted[-1] - adjusted[0], big / point
    )
    # The vendor's file has six decimals.
    found.same(f"{name}: the vendor's", round(free / point, 4), round(vendor_move(name), 4))
    jump = sum(
        market.prices[bar, market.lead[bar]] - market.prices[bar - 1, market.lead[bar - 1]]
        for bar in market.rolls
    )
    inside = sum(
        market.prices[bar, market.lead[bar]] - last_of(market, int(market.lead[bar]), bar - 1, 0)
        for bar in market.rolls
    )
    found.rows.append(
        {
            "market": name,
            "bars": len(market.lead),
            "rolls": len(market.rolls),
            "P&L of one": free,
            "costs": n_fills * (market.fee + market.slippage * point),
            "if gaps were P&L": free + (jump - inside) * point,
        }
    )
