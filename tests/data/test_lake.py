"""The lake keeps what it was given, adds only what is new, and survives a killed write."""

import os
import signal
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from barledger.data import lake as lake_module
from barledger.data.bars import Bars
from barledger.data.lake import Lake
from barledger.data.lake_year import read_footer


def rows(*days, asset="ES", price=1.0):
    """A long frame of one bar a day."""
    time = pl.Series(list(days)).str.to_datetime(time_unit="ns")
    prices = [price + k for k in range(len(days))]
    return pl.DataFrame({"time": time, "asset": [asset] * len(days), "close": prices})


NEW_YEAR = ("2023-12-31", "2024-01-01", "2024-01-02")


def test_bars_come_back_as_they_went_in(tmp_path):
    lake, bars = Lake(tmp_path), Bars.sample()
    lake.append(bars, timeframe="1d")
    again = lake.bars(bars.assets, calendar="XNYS")
    assert again.digest == Bars.from_frame(bars.to_frame().drop("split")).digest
    assert again.sources[0].startswith("lake 1d AAPL 2000 sha256 ")


def test_files_are_hive_partitions_by_year(tmp_path):
    lake = Lake(tmp_path)
    told = lake.append(rows(*NEW_YEAR), timeframe="1d")
    assert told.rows() == [("ES", 2023, 1, 0), ("ES", 2024, 2, 0)]
    assert (tmp_path / "timeframe=1d/symbol=ES/year=2024/bars.parquet").is_file()
    found = lake.scan().filter(symbol="ES", year=2024).select("close").collect()
    assert found["close"].to_list() == [2.0, 3.0]


def test_appending_adds_only_what_is_new(tmp_path):
    lake = Lake(tmp_path)
    lake.append(rows(*NEW_YEAR), timeframe="1d")
    old = tmp_path / "timeframe=1d/symbol=ES/year=2023/bars.parquet"
    written = old.stat().st_mtime_ns
    told = lake.append(rows(*NEW_YEAR, "2024-01-03"), timeframe="1d")
    assert told.rows() == [("ES", 2023, 0, 1), ("ES", 2024, 1, 2)]
    assert lake.bars().close[:, 0].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert old.stat().st_mtime_ns == written


def test_bars_stored_with_other_values_are_an_error_unless_said_otherwise(tmp_path):
    lake = Lake(tmp_path)
    lake.append(rows("2024-01-01"), timeframe="1d")
    other = rows("2024-01-01", "2024-01-02", price=9.0)
    with pytest.raises(ValueError, match=r"close 1.0 stored, 9.0 given; changed='keep'"):
        lake.append(other, timeframe="1d")
    assert len(lake.bars()) == 1
    lake.append(other, timeframe="1d", changed="keep")
    assert lake.bars().close[:, 0].tolist() == [1.0, 10.0]
    lake.append(other, timeframe="1d", changed="replace")
    assert lake.bars().close[:, 0].tolist() == [9.0, 10.0]


def test_slices_read_only_their_years(tmp_path, monkeypatch):
    lake = Lake(tmp_path)
    lake.append(rows(*NEW_YEAR), timeframe="1d")
    keep, read = lake_module.read_into, []
    monkeypatch.setattr(lake_module, "read_into", lambda y, *a: (read.append(y.year), keep(y, *a)))
    assert lake.bars(start="2024-01-02").close.tolist() == [[3.0]]
    assert lake.bars(start="2024", end="2024-01-01").close.tolist() == [[2.0]]
    assert set(read) == {2024}


def test_symbols_line_up_on_the_union_of_stamps(tmp_path):
    lake = Lake(tmp_path)
    both = pl.concat([rows("2024-01-01", "2024-01-02"), rows("2024-01-02", asset="B/C", price=5.0)])
    lake.append(both, timeframe="1d")
    bars = lake.bars()
    assert bars.assets == ("B/C", "ES")
    assert np.array_equal(bars.close, [[np.nan, 1.0], [5.0, 2.0]], equal_nan=True)


def test_other_columns_are_kept_for_scans(tmp_path):
    lake = Lake(tmp_path)
    lake.append(rows("2024-01-01").with_columns(instrument_id=pl.lit(17)), timeframe="1d")
    assert lake.scan().collect()["instrument_id"].to_list() == [17]
    assert list(lake.bars().matrices) == ["close"]


KILLED = """
import os, signal, sys
import pyarrow.parquet as pq
from test_lake import rows
from barledger.data.lake import Lake
write = pq.write_table
def half(table, file, **options):
    write(table, file, **options)
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
pq.write_table = half
Lake(sys.argv[1]).append(rows("2024-01-01", "2024-01-02"), timeframe="1d")
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_killed_write_leaves_the_old_data_whole(tmp_path):
    lake = Lake(tmp_path)
    lake.append(rows("2024-01-01"), timeframe="1d")
    here = {**os.environ, "PYTHONPATH": os.pathsep.join([os.path.dirname(__file__), *sys.path])}
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], env=here, check=False)
    assert done.returncode == -signal.SIGKILL
    assert lake.bars().close.tolist() == [[1.0]]
    assert lake.scan().collect().height == 1
    lake.append(rows("2024-01-01", "2024-01-02"), timeframe="1d")
    assert len(lake.bars()) == 2


def test_a_failed_write_leaves_nothing_behind(tmp_path, monkeypatch):
    import pyarrow.parquet as pq

    def full(*_, **__):
        raise OSError("no space left on device")

    lake = Lake(tmp_path)
    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(OSError, match="no space"):
        lake.append(rows("2024-01-01"), timeframe="1d")
    assert not [each for each in tmp_path.rglob("*") if each.is_file()]


def test_footers_tell_rows_range_and_digest(tmp_path):
    lake = Lake(tmp_path)
    lake.append(rows(*NEW_YEAR), timeframe="1d")
    year = read_footer(tmp_path / "timeframe=1d/symbol=ES/year=2024/bars.parquet")
    assert (year.rows, str(year.first)[:10], len(year.digest)) == (2, "2024-01-01", 64)
    assert lake.table()["rows"].sum() == 3
    assert repr(lake) == f"<Lake {tmp_path}: 1 symbols of 1d>"


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"symbols": "NQ"}, "no 'NQ' of 1d; it has ES"),
        ({"symbols": []}, "no nothing of 1d"),
        ({"timeframe": "5m"}, "no bars of 5m; it has 1d"),
        ({"start": "2030"}, "no bars of ES between 2030 and None: there are the years 2023"),
        ({"start": "soon"}, "cut by dates such as '2015-06'"),
        ({"start": "2024-01-05"}, "no bars between"),
    ],
)
def test_what_is_not_there_is_said(tmp_path, options, match):
    lake = Lake(tmp_path)
    lake.append(rows(*NEW_YEAR), timeframe="1d")
    with pytest.raises(ValueError, match=match):
        lake.bars(**options)


def test_bad_input_is_refused(tmp_path):
    lake = Lake(tmp_path)
    with pytest.raises(FileNotFoundError, match="no bars in the lake"):
        lake.bars()
    for frame, error, match in (
        (rows("2024-01-01").drop("asset"), ValueError, "columns time, asset, close"),
        (rows("2024-01-01", "2024-01-01"), ValueError, "again on bar 1"),
        (rows("2024-01-01").with_columns(note=pl.lit("x")), TypeError, "'note' must be numbers"),
        (Bars.from_arrays([1.0, 2.0]), ValueError, "bars with times"),
    ):
        with pytest.raises(error, match=match):
            lake.append(frame, timeframe="1d")
    with pytest.raises(ValueError, match="a timeframe is a number"):
        lake.append(rows("2024-01-01"), timeframe="daily")
    with pytest.raises(ValueError, match="changed must be"):
        lake.append(rows("2024-01-01"), timeframe="1d", changed="drop")
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError, match="a lake is a folder"):
        Lake(tmp_path / "file")


def test_new_columns_in_an_old_year_are_refused(tmp_path):
    lake = Lake(tmp_path)
    lake.append(rows("2024-01-01"), timeframe="1d")
    with pytest.raises(ValueError, match="give the same ones"):
        lake.append(rows("2024-01-02").with_columns(volume=pl.lit(1.0)), timeframe="1d")


def test_two_writers_at_once_do_not_lose_rows(tmp_path, monkeypatch):
    from barledger.data import lake_year

    lake = Lake(tmp_path)
    lake.append(rows("2024-01-01"), timeframe="1d")
    states = iter([(1, 1, 1), (2, 2, 2)])  # before reading, and before replacing
    monkeypatch.setattr(lake_year, "_state", lambda _: next(states))
    with pytest.raises(RuntimeError, match="changed by another process"):
        lake.append(rows("2024-01-01", "2024-01-02"), timeframe="1d")


def test_whether_a_bar_can_trade_is_kept(tmp_path):
    lake = Lake(tmp_path)
    lake.append(
        rows("2024-01-01", "2024-01-02").with_columns(tradable=pl.Series([True, False])),
        timeframe="1d",
    )
    assert lake.bars().tradable[:, 0].tolist() == [True, False]
