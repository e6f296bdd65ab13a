"""Frames of every library and layout become the same bars."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from barledger.data.bars import Bars
from barledger.data.events import Events

LONG = pl.DataFrame(
    {
        "Volume": [7, 8, 9],
        "SYMBOL": ["B", "A", "A"],
        "Date": ["2010-01-05", "2010-01-04", "2010-01-05"],
        "Close": [20.0, 10.0, 11.0],
        "split": [None, None, 2.0],
    }
)
WIDE = pl.DataFrame({"time": ["2010-01-04", "2010-01-05"], "A": [10.0, 11.0], "B": [None, 20.0]})


def refused(match, frame, error=ValueError, **options):
    with pytest.raises(error, match=match):
        Bars.from_frame(frame, **options)


@pytest.mark.parametrize(
    "frame",
    [
        LONG,
        LONG.lazy(),
        LONG.reverse(),
        LONG.select(sorted(LONG.columns)),
        LONG.rename({"SYMBOL": "ticker", "Date": "TimeStamp"}),
        LONG.with_columns(pl.col("Date").str.to_date(), pl.col("SYMBOL").cast(pl.Categorical)),
        LONG.to_arrow(),
        LONG.to_pandas(),
        LONG.to_pandas().set_index(["Date", "SYMBOL"]),
        LONG.to_pandas().assign(Date=lambda f: pd.to_datetime(f.Date)).set_index("Date"),
    ],
)
def test_long_frames_align_on_the_union_of_stamps(frame):
    bars = Bars.from_frame(frame)
    assert bars.assets == ("A", "B")
    assert np.array_equal(bars.close, [[10.0, np.nan], [11.0, 20.0]], equal_nan=True)
    assert np.array_equal(bars.volume, [[8.0, np.nan], [9.0, 7.0]], equal_nan=True)
    assert bars.events == Events(splits=[("2010-01-05", "A", 2)])
    assert bars.notes == ()


@pytest.mark.parametrize(
    "frame",
    [
        WIDE,
        WIDE.to_arrow(),
        WIDE.to_pandas(),
        WIDE.select("A", "B", pl.col("time").alias("Datetime")),
        WIDE.to_pandas().assign(time=lambda f: pd.to_datetime(f.time)).set_index("time"),
    ],
)
def test_wide_frames_hold_one_asset_a_column(frame):
    bars = Bars.from_frame(frame)
    assert bars.assets == ("A", "B")
    assert np.array_equal(bars.close, [[10.0, np.nan], [11.0, 20.0]], equal_nan=True)
    assert bars.time.tolist() == np.array(["2010-01-04", "2010-01-05"], "datetime64[ns]").tolist()


@pytest.mark.parametrize("frame", [LONG, WIDE])
def test_assets_choose_and_order_the_columns(frame):
    assert Bars.from_frame(frame, assets=["B", "A"]).close[1].tolist() == [20.0, 11.0]
    assert Bars.from_frame(frame, assets="B").close[-1].tolist() == [20.0]
    refused("no asset 'C'; it has A, B", frame, assets=["C"])


def test_stamps_of_assets_left_out_are_left_out():
    assert len(Bars.from_frame(LONG, assets="B")) == 1


def test_frame_of_one_asset_needs_no_asset_column():
    frame = LONG.filter(pl.col("SYMBOL") == "A").drop("SYMBOL")
    bars = Bars.from_frame(frame, assets="A")
    assert bars.assets == ("A",)
    assert bars.events.split_rows(bars) == [(1, 0, 2.0)]
    assert Bars.from_frame(frame.drop("split")).assets == ("asset",)
    refused("holds one asset, but 2 were named", frame, assets=["A", "B"])


def test_rows_of_one_asset_without_names_must_be_sorted():
    frame = LONG.filter(pl.col("SYMBOL") == "A").drop("SYMBOL").reverse()
    refused("earlier than bar 0 .*sort the rows first", frame)
    assert len(Bars.from_frame(frame.with_columns(asset=pl.lit("A")))) == 2


@pytest.mark.parametrize("library", ["polars", "pandas", "pyarrow"])
def test_zoned_stamps_become_utc_and_are_noted(library):
    zoned = pl.datetime_range(
        pl.datetime(2010, 1, 4, 9, 30), pl.datetime(2010, 1, 5, 9, 30), "1d", eager=True
    ).dt.replace_time_zone("America/New_York")
    frame = pl.DataFrame({"time": zoned, "close": [1.0, 2.0]})
    frame = {"polars": frame, "pandas": frame.to_pandas(), "pyarrow": frame.to_arrow()}[library]
    bars = Bars.from_frame(frame)
    assert bars.time[0] == np.datetime64("2010-01-04T14:30")
    assert bars.notes == ("times converted from America/New_York to UTC",)


def test_zoned_stamps_of_from_arrays_become_utc_too():
    time = pd.to_datetime(["2010-01-04", "2010-01-05"]).tz_localize("Europe/Berlin")
    for given in (time, list(time), pd.Series(time), pl.from_pandas(time)):
        bars = Bars.from_arrays([1.0, 2.0], time=given)
        assert bars.time[0] == np.datetime64("2010-01-03T23:00")
        assert bars.notes == ("times converted from Europe/Berlin to UTC",)


def test_stamps_in_utc_already_are_no_note():
    time = pd.to_datetime(["2010-01-04", "2010-01-05"]).tz_localize("UTC")
    for given in (time, list(time)):
        assert Bars.from_arrays([1.0, 2.0], time=given).notes == ()


def test_columns_that_are_not_read_are_noted_and_adjusted_closes_never_taken():
    frame = LONG.with_columns(pl.lit(1.0).alias("Adj Close"), pl.lit("x").alias("exchange"))
    bars = Bars.from_frame(frame)
    assert bars.notes == ("columns not read: Adj Close, exchange",)
    assert bars.close[0, 0] == 10.0


def test_column_of_ones_or_nulls_is_no_split():
    assert Bars.from_frame(LONG.with_columns(split=pl.lit(1.0))).events is None
    assert Bars.from_frame(LONG.with_columns(split=None)).events is None


def test_splits_of_the_frame_join_cash_flows_but_not_other_splits():
    bars = Bars.from_frame(LONG, events=Events(cash_flows=[("2010-01-05", 100.0)]))
    assert (len(bars.events.splits), len(bars.events.cash_flows)) == (1, 1)
    refused("splits were given twice", LONG, events=Events(splits=[("2010-01-05", "B", 3)]))


def test_tradable_column_is_false_where_an_asset_has_no_row():
    bars = Bars.from_frame(LONG.with_columns(tradable=pl.lit(True)))
    assert bars.tradable.tolist() == [[True, False], [True, True]]


def test_two_rows_of_one_asset_and_time_name_the_first_pair():
    time = ["2010-01-04", "2010-01-05", "2010-01-04", "2010-01-06", "2010-01-05"]
    frame = pl.DataFrame({"time": time, "asset": list("ABBAB"), "close": [1.0] * 5})
    refused("rows 1 and 4 are both B at 2010-01-05", frame)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (LONG.drop("Close"), "no column close: found Volume, SYMBOL, Date, split; needed time"),
        (LONG.drop("Date"), "no column time: found Volume, SYMBOL, Close, split; needed time"),
        (WIDE.drop("time"), "no column time: found A, B"),
        (WIDE.select("time"), "no column close: found time"),
        (WIDE.with_columns(OPEN=1.0), "no column close: .*none of them called like these"),
        (LONG.with_columns(Time=pl.col("Date")), "two columns for time: 'Date' and 'Time'"),
        (LONG[:0], "at least one row; its columns are"),
        (LONG.with_columns(SYMBOL=pl.lit(None, pl.String)), "asset must not be empty: row 0"),
        (
            LONG.with_columns(pl.when(pl.col("SYMBOL") == "A").then("Date").alias("Date")),
            "time must not be empty: row 0",
        ),
        (LONG.with_columns(split=pl.lit(0.0)), "ratio must be > 0 .*was 0.0 for B at 2010-01-05"),
    ],
)
def test_frames_that_lack_something_say_what(frame, message):
    refused(message, frame)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (LONG.with_columns(Close=pl.lit("10")), "column 'Close' must be numbers, was String"),
        (WIDE.with_columns(B=pl.lit("10")), "column 'B' must be numbers, the closes of an asset"),
        (LONG.with_columns(Date=pl.lit(5)), "column 'Date' must be dates.*Int32"),
        (np.ones(3), "frame must be a polars, pandas or pyarrow frame, was a ndarray"),
        (pl.Series([1.0]), "frame must be .* was a Series"),
        (pd.Series([1.0]), "frame must be .* was a Series"),
    ],
)
def test_frames_of_the_wrong_type_say_which(frame, message):
    refused(message, frame, error=TypeError)


def test_two_levels_of_column_names_are_refused():
    columns = pd.MultiIndex.from_tuples([("Close", "A"), ("Close", "B")])
    refused("one level of column names, had 2", pd.DataFrame([[1.0, 2.0]], columns=columns))


def test_parquet_is_read_from_a_file_a_folder_or_a_glob(tmp_path):
    LONG[:1].write_parquet(tmp_path / "one.parquet")
    LONG[1:].write_parquet(tmp_path / "two.parquet")
    for path in (tmp_path, tmp_path / "*.parquet", f"{tmp_path}/*.parquet"):
        assert Bars.from_parquet(path).shape == (2, 2)
    assert Bars.from_parquet(tmp_path / "two.parquet", calendar="XNYS").calendar == "XNYS"


@pytest.mark.parametrize("name", ["none.parquet", "none-*.parquet"])
def test_parquet_that_is_not_there_is_named(tmp_path, name):
    with pytest.raises(FileNotFoundError, match=r"no parquet file at .*none"):
        Bars.from_parquet(tmp_path / name)


def test_several_assets_without_a_column_that_says_which_are_refused():
    frame = pl.DataFrame(
        {"time": ["2020-01-02", "2020-01-02"], "close": [1.0, 2.0], "name": ["A", "B"]}
    )
    message = r"rows 0 and 1 are both of 2020-01-02.*to asset, symbol or ticker.*not read were name"
    with pytest.raises(ValueError, match=message):
        Bars.from_frame(frame)
