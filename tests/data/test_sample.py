"""The shipped prices are those of the manifest."""

import tomllib
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from barledger.data.bars import SAMPLE, Bars
from barledger.instruments.calendar import settlement_bars

ROOT = Path(__file__).parents[2]
MANIFEST = tomllib.loads((ROOT / "data_manifests" / "sample_daily.toml").read_text())


@pytest.fixture(scope="module")
def bars():
    return Bars.sample()


def test_file_is_the_one_of_the_manifest():
    assert (ROOT / MANIFEST["file"]).read_bytes() == SAMPLE.read_bytes()
    assert sha256(SAMPLE.read_bytes()).hexdigest() == MANIFEST["sha256"]


def test_bars_are_the_ones_of_the_manifest(bars):
    assert bars.digest == MANIFEST["bars_digest"]
    assert len(bars) == MANIFEST["bars"] == 3270
    assert str(bars.time[0])[:10] == str(MANIFEST["first"])
    assert str(bars.time[-1])[:10] == str(MANIFEST["last"])
    assert bars.calendar == MANIFEST["calendar"]


def test_each_asset_has_the_rows_of_the_manifest(bars):
    counts = np.isfinite(bars.close).sum(axis=0).tolist()
    assert dict(zip(bars.assets, counts, strict=True)) == MANIFEST["assets"]
    assert sum(counts) == MANIFEST["rows"] == 12_154


def test_splits_are_the_ones_of_the_manifest(bars):
    found = {}
    for bar, asset, ratio in bars.events.split_rows(bars):
        found.setdefault(bars.assets[asset], []).append(
            [bars.time[bar].astype("M8[D]").item(), ratio]
        )
    assert found == MANIFEST["splits"]


def test_every_bar_is_a_session_and_no_session_is_missing(bars):
    next_session = settlement_bars(bars.time, 1, "XNYS")
    assert next_session.tolist() == list(range(1, len(bars) + 1))


def test_no_asset_has_a_gap_once_listed(bars):
    for matrix in bars.matrices.values():
        there = np.isfinite(matrix)
        assert (np.diff(there.astype(int), axis=0) >= 0).all()
        assert there[-1].all()


def test_known_prices_come_back_to_the_digit(bars):
    first = bars["AAPL"][:1]
    row = [first.open, first.high, first.low, first.close, first.volume]
    assert [matrix[0, 0] for matrix in row] == [118.56, 132.06, 118.5, 130.31, 9_616_100.0]
    assert bars["FB"]["2012-05-18":"2012-05-18"].close[0, 0] == 38.2318


def test_splits_halve_the_raw_close_and_leave_the_adjusted_one_whole(bars):
    change = bars["MSFT"]["2003-02-14":"2003-02-18"]
    assert change.close[:, 0].tolist() == [48.3, 24.96]
    adjusted = bars.split_adjusted()["MSFT"]["2003-02-14":"2003-02-18"]
    assert adjusted.close[:, 0].tolist() == [24.15, 24.96]
