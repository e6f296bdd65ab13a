"""Figures become pictures where kaleido and a browser are there."""

import shutil

import numpy as np
import pytest
from markets import flat_bars

import barledger as bl

pytest.importorskip("plotly")
pytest.importorskip("kaleido")
MONTHS = np.arange("2020-01", "2020-09", dtype="datetime64[M]").astype("datetime64[ns]")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("kind", "start"), [("png", b"\x89PNG\r\n\x1a\n"), ("svg", b"<svg")], ids=["png", "svg"]
)
def test_figures_are_written_as_pictures(kind, start, tmp_path):
    if not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        pytest.skip("no browser")
    bars = flat_bars([10.0, 11.0, 12.0, 11.0, 12.0, 13.0, 12.0, 14.0], time=MONTHS)
    run = bl.Portfolio.from_signals(bars, np.arange(8) == 1, size=10)
    path = tmp_path / f"out.{kind}"
    run.plot().write_image(path, width=600, height=500)
    assert path.read_bytes().startswith(start)
    assert path.stat().st_size > 5_000
