"""Faults are found, told, and handled only as a policy says, with a log."""

import numpy as np
import polars as pl
import pytest

from barledger.data import quality
from barledger.data.bars import Bars

DAY = "2024-01-03"
NAN = float("nan")


def rows(*closes, times=None, **columns):
    """Minutes of one asset from 10:00 on."""
    if times is None:
        times = [f"10:{k:02}" for k in range(len(closes))]
    stamps = [f"{DAY}T{t}:00" for t in times]
    return pl.DataFrame({"time": stamps, "close": [float(c) for c in closes], **columns})


def kinds(frame, **options):
    return [
        (kind, row)
        for kind, row in quality.report(frame, **options).issues.select("kind", "row").rows()
    ]


def test_clean_rows_have_no_issue():
    assert kinds(rows(101, 102, 103, 104)) == []


def test_duplicates_tell_whether_their_values_are_the_same():
    found = quality.report(rows(1, 1, 2, times=["10:00", "10:00", "10:00"])).of("duplicate")
    assert found["detail"].to_list() == ["same values", "other values"]
    assert found["row"].to_list() == [1, 2]


def test_backward_stamps():
    found = quality.report(rows(1, 2, 3, times=["10:02", "10:00", "10:03"])).of("backward")
    assert found.select("row", "detail").rows() == [(1, "after 2024-01-03 10:02:00")]


@pytest.mark.parametrize(
    ("columns", "detail"),
    [
        ({"high": [1.0], "low": [2.0]}, "high is below low"),
        ({"high": [4.0], "low": [1.0]}, "close is beyond high"),
        ({"open": [9.0], "high": [6.0], "low": [1.0]}, "open is beyond high"),
        ({"open": [0.5], "high": [6.0], "low": [1.0]}, "open is beyond low"),
        ({"open": [float("inf")]}, "open is infinite"),
        ({"open": [-1.0]}, "open is not above zero"),
        ({"volume": [-1.0]}, "volume is below zero"),
    ],
)
def test_impossible_bars(columns, detail):
    found = quality.report(rows(5, **columns)).of("ohlc")
    assert found["detail"].to_list() == [detail]


def test_negative_prices_are_legal_for_futures():
    assert kinds(rows(-37.63, -10, 2), may_be_negative=True) == []


def test_gaps_are_told_within_a_trade_date_only():
    times = ["10:00", "10:01", "10:02", "10:05", "22:59", "23:00"]
    frame = rows(1, 2, 3, 4, 5, 6, times=times)
    found = quality.report(frame, zone="America/Chicago", cut="17:00").of("gap")
    # 23:00 UTC is the next trade date
    assert found.select("row", "detail").rows() == [
        (3, "missing before it: 2"),
        (4, "missing before it: 773"),
    ]


def test_sessions_without_a_bar():
    days = ["2024-01-02", "2024-01-03", "2024-01-05", "2024-01-16"]  # the 15th is a holiday
    found = quality.report(pl.DataFrame({"time": days, "close": [1.0] * 4}), calendar="XNYS")
    missing = [str(day)[:10] for day in found.of("missing_session")["time"]]
    assert missing == ["2024-01-04", *(f"2024-01-{day:02}" for day in range(8, 13))]
    assert found.summary["coverage"].to_list() == [pytest.approx(4 / 10)]


def test_stale_runs():
    found = quality.report(rows(1, 2, 2, 2, 2, 3), stale=4).of("stale")
    assert found.select("row", "detail").rows() == [(1, "the same price for 4 bars")]


def test_spikes_come_back_and_moves_do_not():
    up_and_back = [100, 101, 100, 101, 260, 101, 100, 101, 100]
    assert kinds(rows(*up_and_back)) == [("spike", 4)]
    moved = [100, 101, 100, 101, 260, 261, 260, 261, 260]
    assert kinds(rows(*moved)) == []


def test_suspected_splits_are_those_of_the_sample():
    found = quality.report(Bars.sample()).of("split")
    assert found.select("asset", pl.col("time").cast(pl.Date).cast(pl.String)).rows() == [
        ("AAPL", "2000-06-21"),
        ("AAPL", "2005-02-28"),
        ("MSFT", "2003-02-18"),
    ]


def test_assets_are_judged_apart():
    both = pl.concat(
        [
            rows(11, 12, 13).with_columns(asset=pl.lit("A")),
            rows(9, 9, 9).with_columns(asset=pl.lit("B")),
        ]
    )
    assert kinds(both, stale=3) == [("stale", 3)]
    assert repr(quality.report(both, stale=3)).splitlines() == [
        "A: 3 bars, 2024-01-03 10:00 to 2024-01-03 10:02: no issue",
        "B: 3 bars, 2024-01-03 10:00 to 2024-01-03 10:02: 1 stale",
    ]


def test_faults_raise_unless_a_policy_says_otherwise():
    for frame, match in (
        (rows(1, 2, times=["10:00", "10:00"]), "1 rows with the fault duplicate, first asset at"),
        (rows(1, 2, times=["10:01", "10:00"]), "backward='drop' or backward='repair' goes on"),
        (rows(-1), "close is not above zero"),
    ):
        with pytest.raises(quality.Faulty, match=match):
            quality.clean(frame)
    assert quality.clean(rows(1, 2)).log.is_empty()


@pytest.mark.parametrize(("policy", "kept"), [("drop", 1.0), ("repair", 2.0)])
def test_duplicates_keep_the_first_or_the_last(policy, kept):
    done = quality.clean(rows(1, 2, times=["10:00", "10:00"]), duplicate=policy)
    assert done.frame["close"].to_list() == [kept]
    assert done.log["action"].to_list() == ["dropped" if policy == "drop" else "repaired"]


@pytest.mark.parametrize(("policy", "kept"), [("drop", [1.0, 3.0]), ("repair", [2.0, 1.0, 3.0])])
def test_backward_rows_are_dropped_or_sorted(policy, kept):
    done = quality.clean(rows(1, 2, 3, times=["10:02", "10:00", "10:03"]), backward=policy)
    assert done.frame["close"].to_list() == kept


def test_impossible_bars_are_widened_or_dropped():
    columns = {"open": [5.0, 2.0], "high": [4.0, 3.0], "low": [6.0, 2.0], "volume": [-1.0, 1.0]}
    frame = rows(5, 2, **columns)
    assert quality.clean(frame, ohlc="drop").frame["close"].to_list() == [2.0]
    done = quality.clean(frame, ohlc="repair")
    first = done.frame.row(0, named=True)
    assert [first[name] for name in ("open", "high", "low", "close")] == [5.0, 6.0, 4.0, 5.0]
    assert np.isnan(first["volume"])
    assert done.notes == ("1 rows repaired: ohlc",)


def test_spikes_and_stale_runs_can_go():
    frame = rows(100, 101, 100, 101, 300, 101, 100, 101, 100)
    done = quality.clean(frame, spike="repair")
    assert np.isnan(done.frame["close"][4])
    assert len(quality.clean(frame, spike="drop").frame) == 8
    left = quality.clean(rows(1, 2, 2, 2, 3), stale="drop", stale_bars=3)
    assert left.frame["close"].to_list() == [1.0, 2.0, 3.0]
    assert left.log["row"].to_list() == [2, 3]


def test_cleaned_rows_become_bars_that_tell_of_it():
    done = quality.clean(rows(1, 2, times=["10:00", "10:00"]), duplicate="drop")
    bars = Bars.from_frame(done.frame).with_notes(*done.notes)
    assert bars.notes == ("1 rows dropped: duplicate",)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: quality.clean(rows(1), gap="repair"), ValueError, "gap"),
        (lambda: quality.report(rows(1)).of("holes"), ValueError, "kind"),
        (lambda: quality.report(rows(1), stale=1), ValueError, "stale must be"),
        (lambda: quality.report(rows(1).drop("close")), ValueError, "no column close"),
        (lambda: quality.report(rows(1).drop("time")), ValueError, "no column time"),
        (lambda: quality.report(Bars.from_arrays([1.0])), TypeError, "only numbered"),
        (lambda: quality.report([1.0]), TypeError, "polars, pandas or pyarrow"),
    ],
)
def test_bad_input_is_refused(call, error, match):
    with pytest.raises(error, match=match):
        call()
