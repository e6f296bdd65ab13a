"""Build the shipped sample of daily prices from the `bokeh_sampledata` package (>= 2026.1).

    pip install "barledger[sample]" && python scripts/build_sample.py

It checks the source against our own rules and the splits against the adjusted closes, and stops
at the first surprise; prices are written as they come.
"""

import gzip
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import polars as pl

from barledger.data.bars import SAMPLE, Bars

MANIFEST = Path(__file__).parents[1] / "data_manifests" / "sample_daily.toml"
SOURCE_SHA256 = "5abadf99b2d394f920120a27de6f0df129859d71d4cfb0bf661bcc99446ab1fd"
COLUMNS = ["time", "asset", "open", "high", "low", "close", "volume", "split"]
SPLITS = [("AAPL", "2000-06-21", 2.0), ("AAPL", "2005-02-28", 2.0), ("MSFT", "2003-02-18", 2.0)]
LARGEST_DIVIDEND = 0.12  # of the price; MSFT paid 11 % on 2004-11-15, the smallest split is 50 %


def main() -> None:
    """Read, check and write the prices, then write their manifest."""
    source = read_source()
    check_rows(source)
    check_splits(source)
    rows = with_splits(source).select(COLUMNS).sort("asset", "time")
    rows.write_parquet(SAMPLE, compression="zstd", compression_level=22)
    bars = Bars.sample()
    MANIFEST.write_text(manifest(rows, bars))
    print(f"{SAMPLE.name}: {SAMPLE.stat().st_size:,} bytes, {bars}")


def read_source() -> pl.DataFrame:
    """Return the package's table: time, asset, raw prices, volume and adjusted close."""
    spec = find_spec("bokeh_sampledata")
    if spec is None or spec.origin is None:
        raise SystemExit('bokeh_sampledata is missing: pip install "barledger[sample]"')
    file = Path(spec.origin).parent / "_data" / "stocks.csv.gz"
    text = gzip.decompress(file.read_bytes())
    digest = sha256(file.read_bytes()).hexdigest()
    if digest != SOURCE_SHA256:
        raise SystemExit(f"{file.name} is not the file this sample was made of: sha256 {digest}")
    table = pl.read_csv(text, try_parse_dates=True).rename(str.lower)
    return table.rename({"date": "time", "ticker": "asset", "adj close": "adjusted"})


def check_rows(rows: pl.DataFrame) -> None:
    """Stop at rows that our own validation, or common sense about stocks, would refuse."""
    close, high, low = pl.col("close"), pl.col("high"), pl.col("low")
    rules = {
        "a null": pl.any_horizontal(pl.all().is_null()),
        "high < low": high < low,
        "open outside the range": (pl.col("open") > high) | (pl.col("open") < low),
        "close outside the range": (close > high) | (close < low),
        "a price or volume of zero": pl.min_horizontal("open", "low", "close", "volume") <= 0,
        "a weekend": pl.col("time").dt.weekday() > 5,
        "a repeated date": pl.struct("asset", "time").is_duplicated(),
    }
    for words, rule in rules.items():
        if (bad := rows.filter(rule)).height:
            raise SystemExit(f"the source has {words}: {bad.row(0)}")


def check_splits(rows: pl.DataFrame) -> None:
    """Stop unless raw / adjusted close falls by 2 on the splits' dates and by dividends elsewhere."""
    ratio = pl.col("close") / pl.col("adjusted")
    jumps = rows.sort("asset", "time").with_columns(
        jump=(ratio.shift(1) / ratio).over("asset") - 1.0
    )
    found = jumps.filter(pl.col("jump") > LARGEST_DIVIDEND).select("asset", "time", "jump").rows()
    wanted = [(asset, date, round(ratio - 1.0, 6)) for asset, date, ratio in SPLITS]
    if [(asset, str(date), round(jump, 6)) for asset, date, jump in found] != wanted:
        raise SystemExit(f"the adjusted closes show other splits than {wanted}: {found}")
    if jumps.filter(pl.col("jump") < -1e-6).height:
        raise SystemExit("raw / adjusted close rises somewhere: a reverse split or a bad row")


def with_splits(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with the ratio of each split on its date, null elsewhere."""
    splits = pl.DataFrame(SPLITS, schema=["asset", "time", "split"], orient="row")
    return rows.join(
        splits.with_columns(pl.col("time").str.to_date()), on=["asset", "time"], how="left"
    )


def manifest(rows: pl.DataFrame, bars: Bars) -> str:
    """Return the text of the manifest: what the file is, and what is odd in it."""
    counts = rows.group_by("asset").len().sort("asset").rows()
    first, last = rows["time"].min(), rows["time"].max()
    cents = pl.all_horizontal(
        ((pl.col(name) * 100).round(6) % 1 == 0) for name in ("open", "high", "low", "close")
    )
    finer = rows.filter(~cents).height
    return f"""\
# Written by scripts/build_sample.py; the tests check the digest and the counts.
file = "src/barledger/data/samples/daily.parquet"
sha256 = "{sha256(SAMPLE.read_bytes()).hexdigest()}"
bars_digest = "{bars.digest}"
what = "raw daily open, high, low, close, volume and splits of five US stocks"
frequency = "daily"
calendar = "XNYS"
first = {first}
last = {last}
rows = {rows.height}
bars = {len(bars)}

[assets]
{chr(10).join(f"{asset} = {count}" for asset, count in counts)}

[splits]
AAPL = [[2000-06-21, 2.0], [2005-02-28, 2.0]]
MSFT = [[2003-02-18, 2.0]]

[source]
package = "bokeh_sampledata {version("bokeh_sampledata")}"
file = "bokeh_sampledata/_data/stocks.csv.gz"
sha256 = "{SOURCE_SHA256}"
origin = "Quandl WIKI Prices, https://data.nasdaq.com/databases/WIKIP"
archive = "https://www.kaggle.com/datasets/marketneutral/quandl-wiki-prices-us-equites/versions/1"
licence = "public domain"
licence_notice = "https://web.archive.org/web/20150411011214/https://www.quandl.com/data/WIKI"
warranty = "none: values are as the source supplied them, right or wrong"

[quality]
refused_by_validation = 0  # no high < low, open or close outside the range, zero price or volume
missing_sessions = 0       # every XNYS session of the range is there, for each asset once listed
repaired = "nothing: prices and volumes are those of the source, to the last digit"
rows_finer_than_a_cent = {finer}
splits_verified = "raw / adjusted close falls by exactly 2 on the three dates, by at most 12 % elsewhere"

[quirks]
dividends = "not in the prices and not in the events: buy and hold earns less than it did"
special_dividend = "MSFT went ex $3.08 on 2004-11-15: the raw close falls 8.6 % that day, a dividend and no split"
listings = "FB trades from 2012-05-18 and GOOG from 2004-08-19: NaN before"
google = "GOOG is the class A share, which the source files under GOOGL since 2014; its later split is out of range"
split_day_volume = "low on the three split dates; that of MSFT, 28707750, is the only volume that is no multiple of 100, as if the source had halved it"
fractions = "until early 2001 prices were sixteenths of a dollar, rounded or cut to cents"
large_moves = "AAPL fell 51.9 % on 2000-09-29 (a profit warning): a real move, no split"
flash_crash = "2010-05-06 has lows far under both open and close (AAPL 199.25 against 246.25)"
suspect_lows = "MSFT 2008-07-01 (23.19, close 26.87), MSFT 2004-11-22 (24.86, close 26.65), AAPL 2008-10-17 (85.885, close 97.40): perhaps bad prints; kept"
"""


if __name__ == "__main__":
    main()
