"""The checks: each returns the rows it finds fault with, as asset, time, row, kind, detail."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from barledger.data.matrices import OUTSIDE
from barledger.data.timeframe import width_of
from barledger.instruments.sessions import sessions_between, trade_days

if TYPE_CHECKING:
    import polars as pl

KINDS = (
    "duplicate", "backward", "ohlc", "empty", "gap", "missing_session", "stale", "spike", "split",
)  # fmt: skip
COLUMNS = ("asset", "time", "row", "kind", "detail")
SPLITS = (2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 20.0, 1.5)
DAY = 86_400_000_000_000
LONGEST_PAUSE = 5 * DAY  # of daily bars, where no calendar tells holidays


class Limits(NamedTuple):
    """What counts as a fault, and where the trade dates come from."""

    timeframe: str | None
    calendar: str | None
    zone: str | None
    cut: str | None
    stale: int
    spike: float
    negative: bool


def duplicates(rows: "pl.DataFrame", limits: Limits) -> "pl.DataFrame":
    """Rows whose asset and time were there before."""
    import polars as pl

    values = [name for name in rows.columns if name not in ("row", "time", "asset")]
    first = [pl.col(name).first().over("asset", "time") for name in values]
    same = pl.all_horizontal(
        pl.col(name).eq_missing(other) for name, other in zip(values, first, strict=True)
    )
    again = pl.struct("asset", "time").is_first_distinct().not_()
    detail = pl.when(same).then(pl.lit("same values")).otherwise(pl.lit("other values"))
    return _found(rows.with_columns(detail.alias("detail")).filter(again), "duplicate")


def backward(rows: "pl.DataFrame", limits: Limits) -> "pl.DataFrame":
    """Rows whose time is before that of an earlier row of the asset."""
    import polars as pl

    before = pl.col("time").cum_max().shift(1).over("asset")
    wrong = rows.with_columns(_text("after", before)).filter(pl.col("time") < before)
    return _found(wrong, "backward")


def ohlc(rows: "pl.DataFrame", limits: Limits) -> "pl.DataFrame":
    """Rows that no market can have made: beyond their range, infinite, or not above zero."""
    import polars as pl

    there = [name for name in ("open", "high", "low", "close") if name in rows.columns]
    price = pl.lit(None, pl.String)
    for name in there:
        price = pl.coalesce(price, _when(pl.col(name).is_infinite(), f"{name} is infinite"))
        if not limits.negative:
            price = pl.coalesce(price, _when(pl.col(name) <= 0.0, f"{name} is not above zero"))
    if "high" in there and "low" in there:
        price = pl.coalesce(price, _when(pl.col("high") < pl.col("low"), "high is below low"))
    for name in ("open", "close"):
        for bound, sign in (("high", 1.0), ("low", -1.0)):
            if {name, bound} <= set(there):
                room = OUTSIDE * pl.col(bound).abs()
                beyond = sign * (pl.col(name) - pl.col(bound)) > room
                price = pl.coalesce(price, _when(beyond, f"{name} is beyond {bound}"))
    if "volume" in rows.columns:
        price = pl.coalesce(price, _when(pl.col("volume") < 0.0, "volume is below zero"))
    wrong = rows.with_columns(price.alias("detail")).filter(pl.col("detail").is_not_null())
    return _found(wrong, "ohlc")


def empty(rows: "pl.DataFrame", limits: Limits) -> "pl.DataFrame":
    """Rows without a close."""
    import polars as pl

    none = rows.filter(pl.col("close").is_nan()).with_columns(pl.lit("no close").alias("detail"))
    return _found(none, "empty")


def gaps(rows: "pl.DataFrame", limits: Limits) -> "pl.DataFrame":
    """First rows after bars are missing within a trade date (daily bars: after a long pause)."""
    import polars as pl

    ordered = _ordered(rows)
    if len(ordered) < 3:
        return _nothing()
    step = pl.col("time").diff().over("asset").cast(pl.Int64)
    stepped = ordered.with_columns(step.alias("step"))
    usual = _usual_step(stepped, limits)
    if usual >= DAY:
        if limits.calendar or limits.zone:
            return _nothing()  # told by missing sessions
        wide = stepped.filter(pl.col("step") > LONGEST_PAUSE)
        days = (pl.col("step") // DAY).cast(pl.String)
        return _found(wide.with_columns((days + " days without a bar").alias("detail")), "gap")
    dated = stepped.with_columns(dates_of(stepped, limits).alias("date"))
    is_same_date = pl.col("date") == pl.col("date").shift(1).over("asset")
    wide = dated.filter(is_same_date & (pl.col("step") > usual))
    missing = pl.format("missing before it: {}", pl.col("step") // usual - 1)
    return _found(wide.with_columns(missing.alias("detail")), "gap")


def missing_sessions(rows: "pl.DataFrame", limits: Limits) -> "pl.DataFrame":
    """Sessions of the calendar without any bar, between the first and last bar of an asset."""
    import polars as pl

    if not (limits.calendar or limits.zone):
        return _nothing()
    ordered = _ordered(rows)
    dated = ordered.with_columns(dates_of(ordered, limits).alias("date"))
    parts = []
    for (asset,), own in dated.partition_by("asset", as_dict=True).items():
        there = own["date"].unique().to_numpy().astype("datetime64[D]")
        wanted = sessions_between(
            there.min(), there.max(), limits.calendar, zone=limits.zone, cut=limits.cut
        )
        absent = np.setdiff1d(wanted, there)
        parts.append(
            pl.DataFrame(
                {
                    "asset": pl.Series([asset] * len(absent), dtype=pl.String),
                    "time": absent.astype("datetime64[ns]"),
                    "row": pl.Series([None] * len(absent), dtype=pl.Int64),
                    "kind": pl.Series(["missing_session"] * len(absent), dtype=pl.String),
                    "detail": pl.Series(["no bar"] * len(absent), dtype=pl.String),
                }
            )
        )
    return pl.concat(parts) if parts else _nothing()


def stale(rows: "pl.DataFrame", limits: Limits) -> "pl.DataFrame":
    """First rows of runs in which no price changes, `stale` bars or longer."""
    import polars as pl

    names = [name for name in ("open", "high", "low", "close") if name in rows.columns]
    ordered = _ordered(rows)
    last = pl.col("close").shift(1)
    moved = ordered.select(
        pl.any_horizontal(
            pl.col("asset").ne_missing(pl.col("asset").shift(1)),
            *(pl.col(name).ne_missing(last) for name in names),
        )
    ).to_series()
    first = np.flatnonzero(moved.to_numpy())
    lengths = np.diff(np.append(first, len(ordered)))
    is_long = lengths >= limits.stale
    long = ordered[first[is_long]].with_columns(pl.Series("n", lengths[is_long]))
    detail = pl.format("the same price for {} bars", pl.col("n"))
    return _found(long.with_columns(detail.alias("detail")), "stale")


def spikes(rows: "pl.DataFrame", limits: Limits) -> "pl.DataFrame":
    """Rows whose close jumps far from both its neighbours, which are near each other."""
    import polars as pl

    ordered = _ordered(rows).filter(pl.col("close").is_not_nan())
    close = pl.col("close")
    moves = ordered.with_columns(
        (close - close.shift(1)).over("asset").alias("there"),
        (close - close.shift(-1)).over("asset").alias("back"),
    )
    usual = (1.4826 * pl.col("there").abs().median()).over("asset")
    floor = (1e-6 * close.abs().median()).over("asset")
    scale = limits.spike * pl.max_horizontal(usual, floor)
    far = (pl.col("there").abs() > scale) & (pl.col("back").abs() > scale)
    turns = (pl.col("there") * pl.col("back") > 0) & (
        (pl.col("there") - pl.col("back")).abs() < 0.5 * pl.col("there").abs()
    )
    detail = pl.format(
        "close {} between {} and {}", close, close - pl.col("there"), close - pl.col("back")
    )
    return _found(moves.with_columns(detail.alias("detail")).filter(far & turns), "spike")


def splits(rows: "pl.DataFrame", limits: Limits) -> "pl.DataFrame":
    """Rows that open at a fraction, such as a half, of the close before, and stay there."""
    import polars as pl

    ordered = _ordered(rows).filter(pl.col("close").is_not_nan())
    first = "open" if "open" in ordered.columns else "close"
    before = pl.col("close").shift(1).over("asset")
    moved = ordered.with_columns((before / pl.col(first)).alias("ratio"), before.alias("before"))
    near = pl.lit(None, pl.String)
    for split in SPLITS:
        for ratio, words in ((split, f"{split:g} for 1"), (1.0 / split, f"1 for {split:g}")):
            close_to = (pl.col("ratio") / ratio - 1.0).abs() < 0.03
            stays = (pl.col("before") / pl.col("close") / ratio - 1.0).abs() < 0.12
            near = pl.coalesce(near, _when(close_to & stays, f"like a split of {words}"))
    after = pl.col("close").shift(-1).over("asset").fill_null(pl.col("close"))
    comes_back = (after / pl.col("close") - 1.0).abs() > 0.2
    told = moved.with_columns(near.alias("detail")).filter(~comes_back)
    return _found(told.filter(pl.col("detail").is_not_null() & (pl.col("before") > 0.0)), "split")


CHECKS = (duplicates, backward, ohlc, empty, gaps, missing_sessions, stale, spikes, splits)


def _ordered(rows: "pl.DataFrame") -> "pl.DataFrame":
    """Return one row for each asset and time, in order."""
    once = rows.unique(["asset", "time"], keep="first", maintain_order=True)
    return once.sort("asset", "time", maintain_order=True)


def _usual_step(stepped: "pl.DataFrame", limits: Limits) -> int:
    """Return the width of a bar: as given, else the commonest step."""
    if limits.timeframe == "session":
        return DAY
    if limits.timeframe is not None:
        return width_of(limits.timeframe)
    steps, counts = np.unique(stepped["step"].drop_nulls().to_numpy(), return_counts=True)
    return int(steps[np.argmax(counts)])


def dates_of(rows: "pl.DataFrame", limits: Limits) -> "pl.Series":
    """Return the trade date of each row; the date of the stamp where it is a date, or no calendar."""
    import polars as pl

    times = rows["time"].to_numpy()
    are_dates = bool((times == times.astype("datetime64[D]")).all())
    if are_dates or not (limits.calendar or limits.zone):
        return pl.Series(times.astype("datetime64[D]"))
    distinct, place = np.unique(times, return_inverse=True)
    days = trade_days(distinct, limits.calendar, zone=limits.zone, cut=limits.cut)
    return pl.Series(days.dates[place])


def _when(condition: "pl.Expr", text: str) -> "pl.Expr":
    import polars as pl

    return pl.when(condition).then(pl.lit(text))


def _text(word: str, value: "pl.Expr") -> "pl.Expr":
    import polars as pl

    return (pl.lit(f"{word} ") + value.dt.to_string("%Y-%m-%d %H:%M:%S")).alias("detail")


def _found(rows: "pl.DataFrame", kind: str) -> "pl.DataFrame":
    import polars as pl

    return rows.with_columns(pl.lit(kind).alias("kind")).select(COLUMNS)


def _nothing() -> "pl.DataFrame":
    import polars as pl

    kinds = (pl.String, pl.Datetime("ns"), pl.Int64, pl.String, pl.String)
    return pl.DataFrame(schema=dict(zip(COLUMNS, kinds, strict=True)))
