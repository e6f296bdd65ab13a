"""Bars made of arrays: shapes, sharing, labels, slices, digests."""

import pickle
import subprocess
import sys
from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import polars as pl
import pytest

from barledger.data.bars import Bars
from barledger.data.events import Events
from barledger.instruments.contract import Contract

DAYS = ["2010-01-04", "2010-01-05", "2010-02-01", "2011-01-03"]


def two_assets(**options):
    close = np.array([[10.0, 50.0], [11.0, 51.0], [12.0, np.nan], [13.0, 53.0]])
    return Bars.from_arrays(close, time=DAYS, assets=["A", "B"], **options)


def test_importing_bars_imports_no_frame_library_and_no_compiler():
    heavy = "{'polars', 'pandas', 'pyarrow', 'numba', 'exchange_calendars'}"
    code = f"import barledger.data.bars, sys; assert not {heavy} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_contiguous_float64_is_not_copied():
    one, many = np.ones(5), np.ones((5, 3))
    assert np.shares_memory(Bars.from_arrays(one)._close, one)
    assert Bars.from_arrays(many)._close is many


@pytest.mark.parametrize(
    "close",
    [
        [1, 2, 3],
        np.array([1, 2, 3], dtype=np.int32),
        np.array([1, 2, 3], dtype=np.float32),
        np.array([1, 2, 3], dtype=">f8"),
        np.arange(1.0, 7.0)[::2],
        np.asfortranarray(np.ones((3, 2))),
        np.broadcast_to(1.0, (3, 2)),
        pl.Series([1, None, 3]),
        pd.Series([1.0, 2.0, 3.0]),
        pd.DataFrame({"A": [1, 2, 3], "B": [1.0, 2.0, 3.0]}),
        pl.DataFrame({"A": [1, 2, 3], "B": [1.0, None, 3.0]}),
    ],
)
def test_whatever_comes_in_is_writable_contiguous_float64_inside(close):
    inside = Bars.from_arrays(close)._close
    assert inside.ndim == 2
    assert len(inside) == 3
    assert inside.dtype == np.float64
    assert inside.dtype.isnative
    assert inside.flags.c_contiguous
    assert inside.flags.writeable
    assert inside.flags.aligned


def test_read_only_input_is_copied():
    close = np.ones((3, 2))
    close.flags.writeable = False
    inside = Bars.from_arrays(close)._close
    assert inside.flags.writeable
    assert not np.shares_memory(inside, close)


def test_nulls_become_nan():
    assert np.isnan(Bars.from_arrays(pl.Series([1, None])).close[1, 0])


def test_public_matrices_are_read_only_and_none_when_absent():
    bars = two_assets()
    assert bars.close.shape == (4, 2)
    assert bars.open is bars.high is bars.low is bars.volume is bars.settlement is None
    assert bars.tradable is None
    with pytest.raises(ValueError, match="read-only"):
        bars.close[0, 0] = 1.0
    with pytest.raises(FrozenInstanceError):
        bars.assets = ("X", "Y")


def test_absent_matrices_have_no_rows_inside():
    bars = two_assets()
    for name in ("_open", "_high", "_low", "_volume", "_settlement"):
        assert getattr(bars, name).shape == (0, 2)
        assert getattr(bars, name).dtype == np.float64
    assert bars._tradable.shape == (0, 2)
    assert bars._tradable.dtype == np.int8


def test_tradable_is_int8_inside_and_bool_outside():
    bars = Bars.from_arrays([1.0, 2.0], tradable=[True, False])
    assert bars._tradable.tolist() == [[1], [0]]
    assert bars._tradable.dtype == np.int8
    assert bars.tradable.tolist() == [[True], [False]]


def test_names_and_times_have_defaults():
    assert Bars.from_arrays([1.0]).assets == ("asset",)
    bars = Bars.from_arrays(np.ones((2, 3)))
    assert bars.assets == ("A0", "A1", "A2")
    assert bars.time.tolist() == [0, 1]
    assert bars.time.dtype == np.int64


def test_frame_of_closes_names_its_assets_and_times():
    bars = Bars.from_arrays(pd.DataFrame({"X": [1.0], "Y": [2.0]}, index=pd.to_datetime(DAYS[:1])))
    assert bars.assets == ("X", "Y")
    assert bars.time[0] == np.datetime64("2010-01-04")


def test_column_called_close_is_no_name():
    assert Bars.from_arrays(pl.DataFrame({"Close": [1.0]})).assets == ("asset",)


def test_contracts_are_looked_up_by_name_and_default_to_stocks():
    bars = two_assets(contracts={"B": "ES"})
    assert [contract.multiplier for contract in bars.contracts] == [1.0, 50]
    assert two_assets().contracts == (Contract(), Contract())


def test_futures_may_be_negative():
    assert Bars.from_arrays([-37.63, 0.0], contracts="CL").close[0, 0] == -37.63


def test_one_bar_and_an_asset_without_prices_are_bars():
    assert len(Bars.from_arrays([5.0])) == 1
    assert Bars.from_arrays([[1.0, np.nan], [2.0, np.nan]]).shape == (2, 2)


def test_one_asset_by_name_is_still_bars():
    bars = two_assets(contracts={"B": "ES"}, calendar="XNYS", adjustment="none")
    one = bars["B"]
    assert (one.assets, one.shape, one.calendar) == (("B",), (4, 1), "XNYS")
    assert one.contracts[0].kind == "future"
    assert one.close[:2, 0].tolist() == [50.0, 51.0]
    assert one._close.flags.c_contiguous
    assert one._open.shape == (0, 1)


def test_assets_come_in_the_order_asked_for():
    assert two_assets()[["B", "A"]].close[0].tolist() == [50.0, 10.0]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (slice(1, 3), [11.0, 12.0]),
        (slice(-1, None), [13.0]),
        (slice("2010", "2010"), [10.0, 11.0, 12.0]),
        (slice("2010-01-05", "2010-02"), [11.0, 12.0]),
        (slice("2010-01-05", None), [11.0, 12.0, 13.0]),
        (slice(None, "2010-01-04"), [10.0]),
        (slice(np.datetime64("2010-01-05"), 3), [11.0, 12.0]),
    ],
)
def test_slices_in_time_go_by_number_or_by_date_with_its_end(key, expected):
    assert two_assets()[key].close[:, 0].tolist() == expected


def test_slice_in_time_shares_memory():
    bars = two_assets()
    assert np.shares_memory(bars[1:3]._close, bars._close)
    assert bars[1:3]._close.flags.c_contiguous


def test_numbered_bars_keep_their_numbers_in_a_slice():
    assert Bars.from_arrays(np.ones(5))[2:4].time.tolist() == [2, 3]


@pytest.mark.parametrize(
    ("key", "error", "message"),
    [
        ("C", KeyError, "no asset 'C'; there are A, B"),
        (["A", "A"], ValueError, "'A' is there twice"),
        (0, TypeError, "an asset's name, a list of names, or a slice in time, not 0"),
        (slice(None, None, 2), ValueError, "without a step"),
        (slice("2012", None), ValueError, "no bars between 2012 and None: there are 4"),
        (slice("June", None), ValueError, "by date such as '2010-03', not 'June'"),
    ],
)
def test_keys_that_name_nothing_are_refused(key, error, message):
    with pytest.raises(error, match=message):
        two_assets()[key]


def test_numbered_bars_have_no_dates_to_slice_by():
    with pytest.raises(TypeError, match="no times: slice by bar number, not '2010'"):
        Bars.from_arrays([1.0, 2.0])["2010":]


def test_repr_is_one_line_and_html_a_short_table():
    bars = two_assets(calendar="XNYS", events=Events(splits=[("2010-02-01", "A", 2)]))
    line = "<Bars 4 x 2: A, B, 2010-01-04 to 2011-01-03, close, XNYS, 1 split>"
    assert repr(bars) == line
    html = bars._repr_html_()
    assert html.count("<tr>") == 3
    assert ">25.0%</td>" in html


def test_html_of_many_assets_shows_ten_and_escapes_names():
    names = ["<b>", *(f"S{i}" for i in range(14))]
    bars = Bars.from_arrays(np.full((2, 15), np.nan), assets=names)
    html = bars._repr_html_()
    assert "&lt;b&gt;" in html
    assert "and 5 more" in html
    assert repr(bars) == "<Bars 2 x 15: <b>, S0, S1, S2, … S13, bars 0 to 1, close>"


def test_digest_sees_prices_names_times_and_which_matrix_is_which():
    close = np.ones((4, 2))
    found = {
        two_assets().digest,
        Bars.from_arrays(close, assets=["A", "B"]).digest,
        Bars.from_arrays(close, assets=["A", "C"]).digest,
        Bars.from_arrays(close, assets=["A", "B"], time=DAYS).digest,
        Bars.from_arrays(close, assets=["A", "B"], open=close).digest,
        Bars.from_arrays(close, assets=["A", "B"], high=close).digest,
    }
    assert len(found) == 6
    assert two_assets().digest == two_assets().digest
    assert len(two_assets().digest) == 64


def test_digest_of_a_slice_is_that_of_the_same_bars_made_alone():
    alone = Bars.from_arrays([[12.0, np.nan]], time=["2010-02-01"], assets=["A", "B"])
    assert two_assets()[2:3].digest == alone.digest


def test_bars_survive_pickling():
    bars = pickle.loads(pickle.dumps(two_assets(events=Events(splits=[("2010-02-01", "A", 2)]))))
    assert bars.digest == two_assets().digest
    assert bars._close.flags.writeable
    assert bars.events.split_rows(bars) == [(2, 0, 2.0)]


def test_prices_before_a_split_are_divided_and_volume_multiplied():
    events = Events(splits=[("2010-02-01", "A", 2), ("2011-01-03", "A", 3)])
    bars = two_assets(volume=np.full((4, 2), 100.0), events=events)
    adjusted = bars.split_adjusted()
    assert adjusted.close[:, 0].tolist() == pytest.approx([10 / 6, 11 / 6, 12 / 3, 13])
    assert adjusted.volume[:, 0].tolist() == [600.0, 600.0, 300.0, 100.0]
    assert adjusted.close[0, 1] == 50.0
    assert (adjusted.adjustment, adjusted.events) == ("splits", None)
    assert bars.close[0, 0] == 10.0


def test_split_adjusted_bars_keep_their_cash_flows():
    events = Events(splits=[("2010-02-01", "A", 2)], cash_flows=[("2010-02-01", 5.0)])
    adjusted = two_assets(events=events).split_adjusted()
    assert adjusted.events == Events(cash_flows=[("2010-02-01", 5.0)])


def test_bars_without_splits_are_their_own_split_adjusted():
    bars = two_assets()
    assert bars.split_adjusted() is bars


def test_long_frame_goes_out_and_comes_back_the_same():
    events = Events(splits=[("2010-02-01", "A", 2)])
    bars = two_assets(volume=np.ones((4, 2)), tradable=np.ones((4, 2), bool), events=events)
    frame = bars.to_frame()
    assert frame.columns == ["time", "asset", "close", "volume", "tradable", "split"]
    back = Bars.from_frame(frame)
    assert back.digest == bars.digest
    assert back.events == bars.events
