"""DBN files of every version and schema become frames and bars; others are refused with a reason."""

import math

import numpy as np
import polars as pl
import pytest
from dbn_files import bar, bbo, trade, write

from barledger.data import databento
from barledger.instruments import catalog

T0, T1, T2 = "2024-01-02T00:00", "2024-01-02T00:01", "2024-01-02T00:02"


def refused(match, call, *args, error=ValueError, **options):
    with pytest.raises(error, match=match):
        call(*args, **options)


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("name", ["es.dbn", "es.dbn.zst"])
def test_reads_bars_of_every_version_plain_or_compressed(tmp_path, name, version):
    records = [bar(T0, (5.0, 6.0, 4.0, 5.25), 7), bar(T1, 5.5)]
    bars = databento.read(write(tmp_path / name, "ohlcv-1m", records, version=version))
    assert bars.assets == ("ESH4",)
    assert bars.time.astype("datetime64[m]").astype(str).tolist() == [T0, T1]
    assert [m[0, 0] for m in (bars.open, bars.high, bars.low, bars.close, bars.volume)] == [
        5.0,
        6.0,
        4.0,
        5.25,
        7.0,
    ]


def test_undefined_prices_are_nan_and_negative_ones_stay(tmp_path):
    path = write(tmp_path / "cl.dbn", "ohlcv-1m", [bar(T0, None), bar(T1, -37.63)], CLM0)
    bars = databento.read(path)
    assert math.isnan(bars.close[0, 0])
    assert bars.close[1, 0] == -37.63


CLM0 = {"CLM0": [(1, "2024-01-01", "2025-01-01")]}
TWO = {
    "ESH4": [(1, "2024-01-01", "2025-01-01")],
    "NQH4": [(2, "2024-01-01", "2025-01-01")],
}
ROLLED = {"ES.v.0": [(1, "2024-01-01", "2024-03-11"), (2, "2024-03-11", "2024-06-01")]}
ROLLS = [
    bar("2024-03-10T23:59", 100.0),
    bar("2024-03-10T23:59", 105.0, instrument=2),
    bar("2024-03-11T00:00", 101.0),
    bar("2024-03-11T00:00", 106.0, instrument=2),
]


def test_symbols_line_up_and_contracts_come_from_the_catalogue(tmp_path):
    records = [bar(T0, 5.0), bar(T0, 7.0, instrument=2), bar(T1, 8.0, instrument=2)]
    bars = databento.read(write(tmp_path / "two.dbn", "ohlcv-1m", records, TWO))
    assert bars.assets == ("ESH4", "NQH4")
    assert np.array_equal(bars.close, [[5.0, 7.0], [np.nan, 8.0]], equal_nan=True)
    assert bars.contracts == (catalog.contract("ES"), catalog.contract("NQ"))
    assert any("January 2022" in note for note in bars.notes)


def test_continuous_symbol_takes_each_day_from_the_instrument_it_means(tmp_path):
    path = write(tmp_path / "c.dbn", "ohlcv-1m", ROLLS, ROLLED, stype_in="continuous")
    frame = databento.read_frame(path).filter(asset="ES.v.0")
    assert frame["close"].to_list() == [100.0, 106.0]
    assert frame["instrument_id"].to_list() == [1, 2]


def test_changes_of_instrument_are_told(tmp_path):
    mine = [ROLLS[0], ROLLS[3]]
    path = write(tmp_path / "c.dbn", "ohlcv-1m", mine, ROLLED, stype_in="continuous")
    bars = databento.read(path)
    assert any("1 from 2024-01-01, 2 from 2024-03-11" in note for note in bars.notes)
    one_each = databento.read(path, by="instrument")
    assert one_each.assets == ("1", "2")
    assert np.array_equal(one_each.close, [[100, np.nan], [np.nan, 106]], equal_nan=True)


def test_records_that_no_symbol_claims_are_kept_under_their_number(tmp_path):
    path = write(tmp_path / "c.dbn", "ohlcv-1m", ROLLS, ROLLED, stype_in="continuous")
    frame = databento.read_frame(path)
    assert frame.filter(asset="1")["close"].to_list() == [101.0]
    assert frame.filter(asset="2")["close"].to_list() == [105.0]


def test_two_symbols_of_one_instrument_both_get_its_bars(tmp_path):
    both = {name: [(1, "2024-01-01", "2025-01-01")] for name in ("ES.c.0", "ES.v.0")}
    path = write(tmp_path / "b.dbn", "ohlcv-1m", [bar(T0, 5.0)], both, stype_in="continuous")
    assert databento.read(path).close.tolist() == [[5.0, 5.0]]


def test_files_that_follow_each_other_are_one_series(tmp_path):
    paths = [
        write(tmp_path / f"{year}.dbn.zst", "ohlcv-1m", [bar(f"{year}-01-02T00:00", year)], ALL)
        for year in (2023, 2024)
    ]
    bars = databento.read(paths)
    assert bars.close[:, 0].tolist() == [2023.0, 2024.0]
    assert len(bars.sources) == 2
    assert "2023.dbn.zst (GLBX.MDP3 ohlcv-1m) sha256 " in bars.sources[0]


ALL = {"ESH4": [(1, "2020-01-01", "2025-01-01")]}


def test_trades_make_bars(tmp_path):
    ticks = [trade(f"{T0}:0{k}", price, size) for k, (price, size) in enumerate(PRINTS)]
    path = write(tmp_path / "t.dbn", "trades", [*ticks, trade(f"{T2}:00", 9.0, 1)])
    frame = databento.read_frame(path, timeframe="1m")
    assert frame.select("open", "high", "low", "close", "volume").rows() == [
        (5.0, 6.0, 4.0, 5.5, 10.0),
        (9.0, 9.0, 9.0, 9.0, 1.0),
    ]


PRINTS = [(5.0, 1), (6.0, 2), (4.0, 3), (5.5, 4)]


def test_sampled_quotes_belong_to_the_interval_they_end(tmp_path):
    quotes = [bbo(T1, 5.0, 6.0), bbo(T2, None, 6.0)]
    path = write(tmp_path / "q.dbn", "bbo-1m", quotes)
    frame = databento.read_frame(path, timeframe="1m")
    assert frame.select("time", "close").rows() == [(np.datetime64(T0, "us").item(), 5.5)]
    assert databento.read(path, timeframe="1m", price="ask").volume is None


def test_records_of_any_schema_are_a_frame(tmp_path):
    frame = databento.read_records(write(tmp_path / "t.dbn", "trades", [trade(T0, 5.0, 3)]))
    assert frame.select("price", "size", "action").rows() == [(5.0, 3, "T")]
    assert frame["ts_event"].dtype == pl.Datetime("ns")


def test_a_futures_root_without_contract_is_refused(tmp_path):
    symbols = {"QQQQH4": [(1, "2024-01-01", "2025-01-01")]}
    path = write(tmp_path / "u.dbn", "ohlcv-1m", [bar(T0, 5.0)], symbols)
    refused("no contract is known for 'QQQQH4'", databento.read, path)


def test_files_that_cannot_be_read_say_why(tmp_path):
    whole = write(tmp_path / "whole.dbn.zst", "ohlcv-1m", [bar(T0, 5.0)] * 50).read_bytes()
    for name, content, match in (
        ("cut.dbn.zst", whole[:-20], "cut short"),
        ("text.dbn", b"time,close\n", "does not start with a DBN header"),
        ("a.dbz", b"\x50\x2a\x4d\x18\0\0\0\0", "DBZ, the format before DBN"),
        ("a.dbn.frag", b"\0" * 64, "fragment without the header"),
        ("empty.dbn", b"", "is empty"),
    ):
        (tmp_path / name).write_bytes(content)
        refused(match, databento.read, tmp_path / name)
    refused("no DBN file at", databento.read, tmp_path / "none.dbn", error=FileNotFoundError)


def test_what_makes_no_bars_is_refused(tmp_path):
    bars = write(tmp_path / "b.dbn", "ohlcv-1m", [bar(T0, 5.0)])
    ticks = write(tmp_path / "t.dbn", "trades", [trade(T0, 5.0, 1)])
    empty = write(tmp_path / "e.dbn", "ohlcv-1m", [])
    refused("bars of 1m, not 5m: read them and resample", databento.read, bars, timeframe="5m")
    refused("say how wide the bars are", databento.read, ticks)
    refused("a timeframe is a number and s, m, h or d", databento.read, ticks, timeframe="1 min")
    refused("trades, which has no mid prices", databento.read, ticks, timeframe="1m", price="mid")
    refused("no bars in it", databento.read, empty)
    refused("holds ohlcv-1m, not trades", databento.read_records, bars, "trades")
    refused("by must be 'symbol' or 'instrument'", databento.read, bars, by="root")
    refused("at least one DBN file", databento.read, [])


def test_several_venues_at_one_time_need_a_choice(tmp_path):
    records = [bar(T0, 5.0, publisher=1), bar(T0, 6.0, publisher=2)]
    path = write(tmp_path / "v.dbn", "ohlcv-1m", records)
    refused(
        "several venues at one time .*such as publisher=1; there are 1, 2", databento.read, path
    )
    assert databento.read(path, publisher=2).close.tolist() == [[6.0]]


def test_a_missing_client_names_the_install_command(tmp_path, monkeypatch):
    from barledger.data.databento import vendor

    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(vendor, "import_module", missing)
    refused(r"barledger\[databento\]", databento.read, tmp_path / "a.dbn", error=ImportError)
