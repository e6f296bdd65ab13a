"""CSV files become bars; headers that do not fit their rows are answered with a hint."""

import gzip
from hashlib import sha256

import numpy as np
import pytest

from barledger.data.bars import Bars
from barledger.data.csv_text import read_csv

BROKEN = """Date,Open,High,Low,Close,Volume,OpenInterest
2006-01-02,09:01:00,3602.00,3603.00,3597.00,3599.00,5699,0
2006-01-02,09:02:00,3600.00,3601.00,3598.00,3599.00,894,0
"""
MENDED = ["Date", "Time", "Open", "High", "Low", "Close", "Volume", "OpenInterest"]


def file(tmp_path, text, name="prices.csv"):
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
    return path


@pytest.mark.parametrize("name", ["prices.csv", "prices.txt.gz"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_reads_plain_and_gzipped_files_of_any_separator(tmp_path, name, mark):
    text = "Date,Open,Close\n2024-01-02,1.0,1.5\n2024-01-03,2.0,2.5\n".replace(",", mark)
    path = file(tmp_path, text, name)
    bars = Bars.from_csv(path, assets="ES", contracts="ES")
    assert bars.close[:, 0].tolist() == [1.5, 2.5]
    assert bars.assets == ("ES",)
    assert bars.sources == (f"{name} sha256 {sha256(path.read_bytes()).hexdigest()}",)


def test_a_header_without_its_time_column_is_refused_with_the_names_that_fit(tmp_path):
    path = file(tmp_path, BROKEN)
    with pytest.raises(
        ValueError, match=r"the header names 7 columns .* but rows have 8 fields"
    ) as told:
        read_csv(path)
    assert f"field 2, 09:01:00, looks like a time of day: columns={MENDED}" in str(told.value)
    bars = Bars.from_csv(path, columns=MENDED)
    assert bars.time.astype("datetime64[m]").astype(str).tolist() == [
        "2006-01-02T09:01",
        "2006-01-02T09:02",
    ]
    assert bars.notes == ("columns not read: OpenInterest",)


@pytest.mark.parametrize(
    "stamp",
    [
        "2024-01-31",
        "20240131",
        "2024/01/31",
        "2024-01-31 00:00:00",
        "2024-01-31T00:00:00Z",
        "2024-01-30 19:00:00-05:00",
    ],
)
def test_the_usual_stamps_are_known(tmp_path, stamp):
    bars = Bars.from_csv(file(tmp_path, f"time,close\n{stamp},1.0\n"))
    assert bars.time[0] == np.datetime64("2024-01-31")


def test_the_unnamed_index_that_pandas_writes_is_the_time(tmp_path):
    assert Bars.from_csv(file(tmp_path, ",Close\n2024-01-31,1.0\n")).close.tolist() == [[1.0]]


def test_other_stamps_need_their_format(tmp_path):
    path = file(tmp_path, "date,close\n31.01.2024,1.0\n")
    with pytest.raises(ValueError, match=r"'31.01.2024' is in no known format: give time_format="):
        Bars.from_csv(path)
    assert Bars.from_csv(path, time_format="%d.%m.%Y").time[0] == np.datetime64("2024-01-31")
    with pytest.raises(ValueError, match="no known format '%Y'"):
        Bars.from_csv(path, time_format="%Y")


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("2024-01-02,1.0\n2024-01-03,2.0\n", "no header, its first line is .*: name the 2 columns"),
        ("made by x\ntime,close\n2024-01-02,1.0\n", "is no header, give skip_rows=1"),
        ("time,close\n2024-01-02,1.0,2.0\n", "one name is missing"),
        ("time,close\n2024-01-02,1.0,2.0,3.0\n", "name every column"),
        ("", "has no line"),
    ],
)
def test_files_that_do_not_fit_say_what_to_do(tmp_path, text, match):
    with pytest.raises(ValueError, match=match):
        read_csv(file(tmp_path, text))


def test_a_header_further_down_and_files_without_one(tmp_path):
    path = file(tmp_path, "made by x\ntime,close\n2024-01-02,1.0\n")
    assert read_csv(path, skip_rows=1)["close"].to_list() == [1.0]
    path = file(tmp_path, "2024-01-02,1.0\n")
    assert Bars.from_csv(path, columns=["time", "close"]).close.tolist() == [[1.0]]
    with pytest.raises(FileNotFoundError, match="no CSV file"):
        read_csv(tmp_path / "none.csv")


def test_structured_arrays_and_mappings_are_frames():
    rows = np.array(
        [("2024-01-02", b"A", 1.0), ("2024-01-02", b"B", 2.0)],
        [("time", "datetime64[s]"), ("asset", "S2"), ("close", "f4")],
    )
    for frame in (rows, {"time": rows["time"], "asset": ["A", "B"], "close": rows["close"]}):
        assert Bars.from_frame(frame).close.tolist() == [[1.0, 2.0]]
    wide = np.array([("2024-01-02", 1.0, 2.0)], [("time", "M8[D]"), ("A", "f8"), ("B", "f8")])
    assert Bars.from_frame(wide).assets == ("A", "B")
