"""A result tells which data it used: digest, files, and what was done to them."""

import numpy as np

import barledger as bl

BARS = bl.Bars.from_arrays([10.0, 11.0, 12.0])


def assumptions(bars):
    return bl.Portfolio.from_orders(bars, np.zeros(3)).assumptions


def test_the_whole_digest_is_there():
    told = assumptions(BARS)
    assert BARS.digest in told["data"]
    assert "sources" not in told


def test_sources_and_notes_go_along(tmp_path):
    bars = BARS.with_notes("1 rows dropped: duplicate", sources=["es.dbn sha256 ab12"])
    result = bl.Portfolio.from_orders(bars, np.zeros(3))
    assert result.assumptions["sources"] == "es.dbn sha256 ab12"
    assert result.assumptions["data notes"] == "1 rows dropped: duplicate"
    result.save(tmp_path / "r.parquet")
    assert bl.Result.load(tmp_path / "r.parquet").assumptions == result.assumptions


def test_of_many_files_the_list_has_a_digest():
    told = assumptions(BARS.with_notes(sources=[f"file {k}" for k in range(6)]))["sources"]
    assert told.startswith("file 0; file 1; file 2; file 3; and 2 more; sha256 of all these lines ")


def test_notes_and_sources_do_not_change_the_digest():
    assert BARS.with_notes("x", sources=["y"]).digest == BARS.digest
