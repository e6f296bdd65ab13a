"""Continuous symbols become chains that roll where the vendor mapped them, forward only."""

import pytest
from dbn_files import bar, write

import barledger as bl
from barledger.data import databento
from barledger.data.continuous import stitch

# instrument 1 leads until the 11th, 2 until the 18th but for one day, then 3
LEADS = {
    "ES.v.0": [
        (1, "2024-03-04", "2024-03-11"),
        (2, "2024-03-11", "2024-03-13"),
        (1, "2024-03-13", "2024-03-14"),
        (2, "2024-03-14", "2024-03-18"),
        (3, "2024-03-18", "2024-03-25"),
    ],
    "ES.v.1": [
        (2, "2024-03-04", "2024-03-11"),
        (3, "2024-03-11", "2024-03-18"),
    ],
}
RECORDS = [
    bar("2024-03-08", 100.0, schema="ohlcv-1d"),
    bar("2024-03-08", 110.0, schema="ohlcv-1d", instrument=2),
    bar("2024-03-12", 111.0, schema="ohlcv-1d", instrument=2),
    bar("2024-03-13", 101.0, schema="ohlcv-1d"),
    bar("2024-03-15", 112.0, schema="ohlcv-1d", instrument=2),
    bar("2024-03-15", 117.0, schema="ohlcv-1d", instrument=3),
    bar("2024-03-19", 118.0, schema="ohlcv-1d", instrument=3),
]


@pytest.fixture
def path(tmp_path):
    return write(tmp_path / "es.dbn.zst", "ohlcv-1d", RECORDS, LEADS, stype_in="continuous")


def test_changes_tell_which_instrument_a_symbol_means(path):
    frame = databento.changes(path).filter(symbol="ES.v.0")
    assert frame["instrument_id"].to_list() == [1, 2, 1, 2, 3]
    assert str(frame["start"][1])[:10] == "2024-03-11"


def test_days_of_two_files_with_one_instrument_are_one_change(tmp_path):
    paths = [
        write(
            tmp_path / f"{k}.dbn", "ohlcv-1d", [], {"ES.v.0": [(1, *days)]}, stype_in="continuous"
        )
        for k, days in enumerate([("2023-12-01", "2024-01-01"), ("2024-01-01", "2024-02-01")])
    ]
    assert databento.changes(paths).select("instrument_id").rows() == [(1,)]


def test_a_continuous_symbol_is_adjusted_and_its_contracts_traded(path):
    made = stitch(*databento.chain(path, "ES.v.0"))
    assert made.contracts.assets == ("1", "2", "3")
    assert made.rolls.select("old", "new", "gap").rows() == [("1", "2", 10.0), ("2", "3", 5.0)]
    # 100 + 10 + 5, 111 + 5, nothing on the 13th (the lead had no bar), 112 + 5, 118
    assert made.adjusted.close[[0, 1, 3, 4], 0].tolist() == [115.0, 116.0, 117.0, 118.0]
    assert made.contracts.contracts[0].multiplier == 50


def test_without_the_next_in_rank_a_roll_cannot_be_measured(tmp_path):
    alone = {"ES.v.0": LEADS["ES.v.0"][:2]}
    records = [RECORDS[0], RECORDS[2]]
    path = write(tmp_path / "v0.dbn", "ohlcv-1d", records, alone, stype_in="continuous")
    with pytest.raises(ValueError, match="on no bar before it have both a close"):
        bl.data.continuous.stitch(*databento.chain(path, "ES.v.0"))


def test_unknown_symbols_are_refused(path):
    with pytest.raises(
        ValueError, match=r"no symbol 'ES.c.0' in the files; there are ES.v.0, ES.v.1"
    ):
        databento.chain(path, "ES.c.0")
