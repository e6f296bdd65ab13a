"""Real files beside the repository: each opens, or is refused with its reason."""

import numpy as np
import pytest
from shared_data import DATA, needs_shared

import barledger as bl

pytestmark = needs_shared
DBN = DATA / "dbn"
LIVE = "test_data.live.dbn.zst"
HEADER = ["Date", "Time", "Open", "High", "Low", "Close", "Volume", "OpenInterest"]


def dbn_files(*, readable):
    """Files of the folder; `.dbz`, fragments and text are what cannot be read."""
    refused = (".dbz", ".jsonl")
    for path in sorted(DBN.rglob("*")) if DBN.is_dir() else []:
        if path.is_file() and readable == (path.suffix not in refused and ".frag" not in path.name):
            yield path


def test_every_readable_file_opens():
    pytest.importorskip("databento")
    paths = list(dbn_files(readable=True))
    for path in paths:
        bl.data.databento.read_records(path, "ohlcv-1m" if path.name == LIVE else None)
    assert len(paths) == 121


def test_the_others_are_refused_with_their_reason():
    pytest.importorskip("databento")
    paths = list(dbn_files(readable=False))
    for path in paths:
        with pytest.raises(ValueError, match=r"DBZ, the format before|fragment without|DBN header"):
            bl.data.databento.read_records(path)
    assert len(paths) == 21


def test_trades_and_quotes_make_the_bars_that_the_vendor_made():
    pytest.importorskip("databento")
    folder = DBN / "nautilus/historical_bars_catalog"
    ready = bl.data.databento.read_frame(next(folder.glob("*ohlcv*")))
    for kind in ("trades", "mbp-1"):
        made = bl.data.databento.read_frame(next(folder.glob(f"*{kind}*")), timeframe="1m")
        both = made.join(ready, on=["asset", "time"], suffix="_ready")
        whole = both[:-1]  # the last minute of the ticks is cut
        for name in ("open", "high", "low", "close", "volume"):
            assert whole[name].to_list() == whole[f"{name}_ready"].to_list()
        assert len(whole) >= 3


@pytest.mark.parametrize("name", ["6EH4_20240101_20240131", "ES_20131006_20131011_all_contracts"])
def test_minute_sets_of_futures_run_through_a_backtest(name):
    pytest.importorskip("databento")
    bars = bl.data.databento.read(DBN / f"derived/{name}.ohlcv-1m.dbn.zst", calendar="CMES")
    runs(bars)


def test_euro_stoxx_with_its_broken_header_runs_through_a_backtest():
    path = DATA / "futures_intraday/backtrader/2006-01-02-volume-min-001.txt.gz"
    with pytest.raises(ValueError, match="looks like a time of day"):
        bl.Bars.from_csv(path)
    terms = bl.Contract(kind="future", multiplier=10, tick=1.0, initial=3_000)
    bars = bl.Bars.from_csv(path, columns=HEADER, assets="FESX", contracts=terms)
    assert len(bars) == 30_889
    runs(bars)


def runs(bars):
    """A crossing of two averages on session bars, seen only when complete, traded by the minute."""
    both = bl.data.resample(bars, "1h", zone="America/Chicago", cut="17:00")
    seen = both.seen(both.bars.close)
    wanted = np.where(np.isnan(seen), np.nan, np.sign(bars.close - seen))
    result = bl.Portfolio.from_targets(
        bars, wanted, unit="shares", account=bl.FuturesMargin(), initial_cash=1_000_000
    )
    assert result.fills.height > 10
    assert "sha256" in result.assumptions["sources"]
    assert np.isfinite(result.equity["equity"].to_numpy()).all()


def test_lake_holds_a_real_month_as_it_is(tmp_path):
    pytest.importorskip("databento")
    path = DBN / "derived/6EH4_20240101_20240131.ohlcv-1m.dbn.zst"
    lake = bl.data.Lake(tmp_path)
    lake.append(bl.data.databento.read_frame(path), timeframe="1m")
    ready = bl.data.databento.read(path)
    assert lake.bars(contracts="6E").digest == ready.digest
