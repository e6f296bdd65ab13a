"""Definitions become contracts; statistics are known when they were published."""

import math

import numpy as np
import pytest
from dbn_files import bar, dbn, definition, stat, write

from barledger.data import databento

D2, D3 = "2024-01-02", "2024-01-03"


def test_definitions_tell_multiplier_tick_and_expiry(tmp_path):
    records = [
        definition("ESH4", "ES", expiry="2024-03-15T13:30"),
        definition(
            "ZNH4", "ZN", instrument=2, expiry="2024-03-19", tick=0.015625, tick_value=15.625
        ),
    ]
    frame = databento.definitions(write(tmp_path / "d.dbn.zst", "definition", records))
    assert frame.select("symbol", "multiplier", "tick", "tick_value").rows() == [
        ("ESH4", 50.0, 0.25, 12.5),
        ("ZNH4", 1000.0, 0.015625, 15.625),
    ]
    assert str(frame["expiry"][0]) == "2024-03-15 13:30:00"


def test_contracts_take_margins_from_the_catalogue_or_as_given(tmp_path):
    records = [definition("ESH4", "ES", expiry="2024-03-15")]
    path = write(tmp_path / "d.dbn", "definition", records)
    assert databento.contracts(path)["ESH4"].initial == 11_880.0
    assert databento.contracts(path, initial={"ES": 12_000})["ESH4"].initial == 12_000
    assert databento.contracts(path, initial=9_000)["ESH4"].multiplier == 50


@pytest.mark.parametrize(
    ("root", "tick_value", "match"),
    [("ABC", 12.5, "needs a margin"), ("ES", 25.0, "multiplier of 100, the catalogue has 50")],
)
def test_contracts_that_cannot_be_made_say_why(tmp_path, root, tick_value, match):
    records = [definition("X", root, expiry="2024-03-15", tick_value=tick_value)]
    path = write(tmp_path / "d.dbn", "definition", records)
    with pytest.raises(ValueError, match=match):
        databento.contracts(path)


def test_a_contract_without_multiplier_is_refused(tmp_path):
    records = [definition("X", "ABC", expiry="2024-03-15", tick_value=None)]
    path = write(tmp_path / "d.dbn", "definition", records)
    with pytest.raises(ValueError, match="tells no multiplier"):
        databento.contracts(path, initial=1_000)


def test_last_final_settlement_of_a_day_counts(tmp_path):
    records = [
        stat(f"{D2}T22:00", D2, 3, 100.0, flags=0),  # preliminary
        stat(f"{D2}T23:00", D2, 3, 101.0),
        stat(f"{D2}T23:30", D2, 3, 102.0),  # corrected
        stat(f"{D2}T23:40", D2, 9, 5000),
    ]
    frame = databento.statistics(write(tmp_path / "s.dbn", "statistics", records))
    assert databento.finals(frame, "settlement")["value"].to_list() == [102.0]
    assert databento.finals(frame, "open_interest")["value"].to_list() == [5000.0]


def test_deleted_statistics_are_gone(tmp_path):
    records = [
        stat(f"{D2}T23:00", D2, 3, 101.0),
        stat(f"{D2}T23:30", D2, 3, 101.0, action=dbn.StatUpdateAction.DELETE),
    ]
    frame = databento.statistics(write(tmp_path / "s.dbn", "statistics", records))
    assert databento.finals(frame, "settlement").is_empty()
    known = databento.known_at(frame, "settlement", hours(tmp_path))
    assert [known[k, 0] for k in (1, 2)] == [101.0, pytest.approx(math.nan, nan_ok=True)]


def test_figures_are_known_from_their_publication_on(tmp_path):
    records = [stat(f"{D2}T22:30", D2, 3, 101.0), stat(f"{D2}T23:30", D2, 3, 102.0)]
    frame = databento.statistics(write(tmp_path / "s.dbn", "statistics", records))
    known = databento.known_at(frame, "settlement", hours(tmp_path))
    assert np.array_equal(known[:, 0], [np.nan, 101.0, 102.0], equal_nan=True)


def test_figures_are_found_by_instrument_too(tmp_path):
    records = [stat(f"{D2}T22:30", D2, 9, 5000), stat(f"{D2}T22:40", D2, 3, 101.0)]
    frame = databento.statistics(write(tmp_path / "s.dbn", "statistics", records))
    hours(tmp_path)
    bars = databento.read(tmp_path / "h.dbn", by="instrument")
    known = databento.known_at(frame, "open_interest", bars)
    assert np.array_equal(known[:, 0], [np.nan, 5000.0, 5000.0], equal_nan=True)
    settled = databento.with_settlement(bars, frame, [D2, D3, D3])
    assert settled.settlement[0, 0] == 101.0


def hours(tmp_path):
    """Bars that open at 22:00, 23:00 and midnight."""
    stamps = (f"{D2}T22:00", f"{D2}T23:00", f"{D3}T00:00")
    records = [bar(stamp, 100.0, schema="ohlcv-1h") for stamp in stamps]
    return databento.read(write(tmp_path / "h.dbn", "ohlcv-1h", records))


def test_settlements_stand_on_the_last_bar_of_their_date_if_published_in_time(tmp_path):
    records = [stat(f"{D2}T22:50", D2, 3, 101.0), stat("2024-01-05T00:00", D3, 3, 102.0)]
    frame = databento.statistics(write(tmp_path / "s.dbn", "statistics", records))
    bars = databento.with_settlement(hours(tmp_path), frame, [D2, D3, D3])
    assert np.array_equal(bars.settlement[:, 0], [101.0, np.nan, 102.0], equal_nan=True)
    late = databento.with_settlement(hours(tmp_path), frame, [D3, "2024-01-04", "2024-01-04"])
    assert np.isnan(late.settlement).all()
    assert late.notes[-1] == "1 settlements left out: published after the next bar opened"


def test_unknown_kinds_are_refused(tmp_path):
    path = write(tmp_path / "s.dbn", "statistics", [stat(f"{D2}T22:00", D2, 3, 1.0)])
    with pytest.raises(ValueError, match="kind must be one of open"):
        databento.finals(databento.statistics(path), "settle")


def test_contracts_of_definitions_fit_the_bars_that_are_read(tmp_path):
    records = [
        definition("ESH4", "ES", expiry="2024-03-15"),
        definition("ESM4", "ES", instrument=2, expiry="2024-06-21"),
    ]
    terms = databento.contracts(write(tmp_path / "d.dbn", "definition", records), initial=9_000)
    path = write(tmp_path / "b.dbn", "ohlcv-1m", [bar(D2, 5.0)])
    assert databento.read(path, contracts=terms).contracts[0].initial == 9_000
    with pytest.raises(ValueError, match="contracts tell nothing of 'ESH4', which is no stock"):
        databento.read(path, contracts={"ESM4": terms["ESM4"]})
