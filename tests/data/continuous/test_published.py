"""Roll calendars of real markets reproduce the adjusted prices that were published for them.

The last row of a calendar is a roll that was planned when the file was made; from there on the
contracts of the price file say when it was rolled.
"""

import numpy as np
import polars as pl
import pytest
from shared_data import DATA, needs_shared

from barledger.data.bars import Bars
from barledger.data.continuous import Chain, OnDates, stitch
from barledger.instruments.contract import Contract

ROLLS = DATA / "futures_rolls"
POINT = Contract(kind="future", multiplier=1, initial=1)
LEGS = ("PRICE", "FORWARD", "CARRY")


@needs_shared
@pytest.mark.parametrize("market", ["SP500", "US10", "JPY", "GOLD", "GAS_US", "CRUDE_W", "EUROSTX"])
def test_calendar_reproduces_the_published_series(market):
    prices = pl.read_csv(
        ROLLS / f"multiple_prices_csv/{market}.csv.gz",
        try_parse_dates=True,
        infer_schema_length=None,
    ).with_columns(pl.col("^.*_CONTRACT$").cast(pl.Float64).cast(pl.Int64).cast(pl.String))
    rolls = [*calendar_of(market, prices["DATETIME"].to_numpy()), *later(prices, market)]
    made = stitch(Chain(bars_of(prices), name=market), OnDates(rolls), adjust="difference")
    published = pl.read_csv(
        ROLLS / f"adjusted_prices_csv/{market}.csv.gz",
        try_parse_dates=True,
        infer_schema_length=None,
    )
    mine = dict(
        zip(made.adjusted.time.astype("M8[us]").tolist(), made.adjusted.close[:, 0], strict=True)
    )
    ours = np.array([mine[stamp] for stamp in published["DATETIME"]])
    theirs = published["price"].cast(pl.Float64).to_numpy()
    there = ~np.isnan(ours) & ~np.isnan(theirs)
    assert there.sum() > 0.999 * (~np.isnan(theirs)).sum()
    assert np.abs(ours - theirs)[there].max() < 1e-9


def bars_of(prices):
    """Every contract as a column; stamps without any price stay, as NaN."""
    legs = [
        prices.select(
            pl.col("DATETIME").alias("time"),
            pl.col(f"{leg}_CONTRACT").alias("asset"),
            pl.col(leg).cast(pl.Float64).fill_null(float("nan")).alias("close"),
        )
        for leg in LEGS
    ]
    long = pl.concat(legs).drop_nulls()
    once = long.sort(pl.col("close").is_nan()).unique(["time", "asset"], keep="first")
    return Bars.from_frame(once, contracts=POINT)


def calendar_of(market, stamps):
    """Rolls of the calendar: its stamp is the old contract's last."""
    rows = pl.read_csv(ROLLS / f"roll_calendars_csv/{market}.csv", try_parse_dates=True)[:-1]
    after = np.searchsorted(stamps, rows["DATE_TIME"].to_numpy(), side="right")
    contracts = rows["next_contract"].cast(pl.String)
    return [(stamps[row], name) for row, name in zip(after, contracts, strict=True)]


def later(prices, market):
    last = pl.read_csv(ROLLS / f"roll_calendars_csv/{market}.csv", try_parse_dates=True)[
        "DATE_TIME"
    ][-2]
    names = prices["PRICE_CONTRACT"].to_list()
    stamps = prices["DATETIME"].to_list()
    return [
        (np.datetime64(stamp), name)
        for stamp, name, before in zip(stamps[1:], names[1:], names, strict=False)
        if name != before and (stamp - last).days >= 1
    ]
