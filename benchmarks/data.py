"""How fast bars come from a lake and from DBN, and in how much memory: `python benchmarks/data.py`.

One symbol, 3.5 million minute bars (open, high, low, close, volume, time: 168 MB as `Bars`). Each
figure is of a process of its own; times of the lake are the least of nine, warm. Needs Linux.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

import barledger as bl

N_BARS = 3_500_000
BYTES = N_BARS * 6 * 8
PEAK = """
def peak():  # of this process alone: what getrusage tells begins with the parent's
    lines = open("/proc/self/status").read().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) * 1024
"""
MEASURE = """
import sys, time, polars, pyarrow.parquet, barledger as bl
lake = bl.data.Lake(sys.argv[1])
lake.bars(start="2015", end="2015", contracts="ES")
before = peak()
times = []
for _ in range(9):
    began = time.perf_counter()
    bars = lake.bars(**{options}, contracts="ES")
    times.append(time.perf_counter() - began)
    if len(times) == 1:
        more = peak() - before
    size = bars.close.nbytes * 6
    del bars
print(min(times), more / size)
"""
DBN = """
import sys, time, polars, databento, barledger as bl
before = peak()
began = time.perf_counter()
bars = bl.data.databento.read(sys.argv[1], contracts="ES")
took = time.perf_counter() - began
print(took, (peak() - before) / (bars.close.nbytes * 6))
"""


def main() -> None:
    """Write the bars, read them back in new processes and print a table."""
    with tempfile.TemporaryDirectory() as folder:
        frame = minutes()
        bl.data.Lake(folder).append(frame, timeframe="1m")
        size = sum(path.stat().st_size for path in Path(folder).rglob("*.parquet")) / 1e6
        print(f"{N_BARS:,} bars, {BYTES / 1e6:.0f} MB as Bars, {size:.0f} MB as a lake")
        for name, options in (("all", {}), ("one year", {"start": "2018", "end": "2018"})):
            told(f"lake, {name}", MEASURE.replace("{options}", repr(options)), folder)
        if (path := dbn_file(frame, Path(folder) / "es.dbn.zst")) is not None:
            told("DBN, all (cold)", DBN, str(path))


def told(name: str, code: str, path: str) -> None:
    """Run code in a new process and print its seconds and memory."""
    done = subprocess.run(
        [sys.executable, "-c", PEAK + code, path], capture_output=True, text=True, check=True
    )
    seconds, peak = map(float, done.stdout.split())
    print(f"{name:<18} {seconds:6.3f} s   peak {peak:4.1f} x the bars")


def minutes() -> pl.DataFrame:
    """Return a walk in ticks of 0.25, one bar a minute."""
    rng = np.random.default_rng(0)
    close = np.round((4_000 + np.cumsum(rng.normal(0, 0.25, N_BARS))) * 4) / 4
    time = np.datetime64("2015-01-01", "ns") + np.arange(N_BARS) * np.timedelta64(60, "s")
    prices = {"open": close, "high": close + 1, "low": close - 1, "close": close}
    volume = rng.integers(1, 1_000, N_BARS).astype(float)
    return pl.DataFrame({"time": time, **prices, "volume": volume}).with_columns(
        pl.lit("ES.v.0").alias("asset")
    )


def dbn_file(frame: pl.DataFrame, path: Path) -> Path | None:
    """Write the bars with the vendor's encoder; None where it is not installed."""
    try:
        import databento_dbn as dbn
        import zstandard
    except ImportError:
        return None
    rows = np.zeros(N_BARS, dbn.OHLCVMsg._dtypes)
    rows["length"], rows["rtype"], rows["publisher_id"], rows["instrument_id"] = 14, 33, 1, 1
    rows["ts_event"] = frame["time"].to_numpy().astype(np.int64)
    for name in ("open", "high", "low", "close"):
        rows[name] = np.round(frame[name].to_numpy() * 1e9)
    rows["volume"] = frame["volume"].to_numpy()
    header = dbn.Metadata(
        dataset="GLBX.MDP3",
        start=int(rows["ts_event"][0]),
        end=int(rows["ts_event"][-1]),
        stype_in=dbn.SType("raw_symbol"),
        stype_out=dbn.SType("instrument_id"),
        schema=dbn.Schema("ohlcv-1m"),
        symbols=["1"],
        version=3,
    )
    packed = zstandard.ZstdCompressor().compress(bytes(header.encode()) + rows.tobytes())
    path.write_bytes(packed)
    return path


if __name__ == "__main__":
    main()
