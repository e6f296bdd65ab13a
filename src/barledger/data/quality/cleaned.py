"""Faults raised, dropped or repaired, by a policy that is named; every change is in the log."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from barledger import _check
from barledger.data.quality.checks import CHECKS, KINDS, Limits
from barledger.data.quality.rows import PRICES, rows_of

if TYPE_CHECKING:
    import polars as pl

Policy = Literal["raise", "drop", "repair", "keep"]
ALLOWED: Mapping[str, tuple[str, ...]] = {
    "duplicate": ("raise", "drop", "repair"),
    "backward": ("raise", "drop", "repair"),
    "ohlc": ("raise", "drop", "repair"),
    "empty": ("raise", "drop", "keep"),
    "gap": ("raise", "keep"),
    "missing_session": ("raise", "keep"),
    "stale": ("raise", "drop", "keep"),
    "spike": ("raise", "drop", "repair", "keep"),
    "split": ("raise", "keep"),
}
DEFAULT = {"duplicate": "raise", "backward": "raise", "ohlc": "raise"}


class Faulty(ValueError):
    """Rows with a fault whose policy is to raise."""


@dataclass(frozen=True, eq=False, slots=True)
class Cleaned:
    """Rows after the policies, and what was done.

    Attributes
    ----------
    frame
        Long: time, asset and the other columns; by asset and time.
    log
        asset, time, row (place in the frame that was given), kind, action, detail.
    """

    frame: "pl.DataFrame"
    log: "pl.DataFrame"

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence for each kind of change, for `Bars.with_notes`."""
        counts = self.log.group_by("kind", "action", maintain_order=True).len()
        return tuple(f"{n} rows {action}: {kind}" for kind, action, n in counts.iter_rows())


def clean(
    data: object,
    *,
    duplicate: Policy = "raise",
    backward: Policy = "raise",
    ohlc: Policy = "raise",
    empty: Policy = "keep",
    gap: Policy = "keep",
    missing_session: Policy = "keep",
    stale: Policy = "keep",
    spike: Policy = "keep",
    split: Policy = "keep",
    **limits: Any,
) -> Cleaned:
    """Apply a policy to each kind of fault.

    Parameters
    ----------
    data
        As in `report`.
    duplicate
        ``"raise"`` (default), ``"drop"`` (the first row stays) or ``"repair"`` (the last stays).
    backward
        ``"raise"`` (default), ``"drop"`` (rows that step back go) or ``"repair"`` (rows are
        sorted).
    ohlc
        ``"raise"`` (default), ``"drop"``, or ``"repair"``: the range is widened to hold open and
        close; infinite prices, prices that are not above zero and volumes below it become NaN.
    empty, stale
        ``"keep"`` (default), ``"drop"`` or ``"raise"``.
    spike
        ``"keep"`` (default), ``"drop"``, ``"repair"`` (its prices become NaN) or ``"raise"``.
    gap, missing_session, split
        ``"keep"`` (default) or ``"raise"``: what is missing is not invented, and a suspicion is no
        split. Give splits to `Events`; fill quiet minutes with `resample`.
    limits
        timeframe, calendar, zone, cut, stale_bars, spike_size, may_be_negative, as `report` has
        them.

    Raises
    ------
    Faulty
        A fault whose policy is to raise: how many, and the first.

    Examples
    --------
    >>> import polars as pl
    >>> rows = {"time": ["2024-01-02", "2024-01-02"], "close": [5.0, 6.0]}
    >>> clean(pl.DataFrame(rows), duplicate="repair").frame["close"].to_list()
    [6.0]
    """
    given = dict(
        zip(
            ALLOWED,
            (duplicate, backward, ohlc, empty, gap, missing_session, stale, spike, split),
            strict=True,
        )
    )
    for kind, policy in given.items():
        _check.choice(kind, policy, ALLOWED[kind])
    rows, within = rows_of(data), _limits(**limits)
    logs = []
    for kind, check in zip(KINDS, CHECKS, strict=True):
        if given[kind] == "keep":
            continue
        found = check(rows, within)
        if found.is_empty():
            continue
        if given[kind] == "raise":
            raise Faulty(_told(kind, found))
        rows, changed = _applied(rows, kind, given[kind], found, within)
        logs.append(changed)
    return Cleaned(rows.drop("row").sort("asset", "time", maintain_order=True), _log(logs))


def _limits(
    timeframe: str | None = None,
    calendar: str | None = None,
    zone: str | None = None,
    cut: str | None = None,
    stale_bars: int = 30,
    spike_size: float = 25.0,
    may_be_negative: bool = False,
) -> Limits:
    return Limits(timeframe, calendar, zone, cut, stale_bars, spike_size, may_be_negative)


def _told(kind: str, found: "pl.DataFrame") -> str:
    first = found.row(0, named=True)
    ways = " or ".join(f"{kind}={policy!r}" for policy in ALLOWED[kind] if policy != "raise")
    return (
        f"{len(found)} rows with the fault {kind}, first {first['asset']} at {first['time']}: "
        f"{first['detail']}; {ways} goes on"
    )


def _applied(
    rows: "pl.DataFrame", kind: str, policy: str, found: "pl.DataFrame", limits: Limits
) -> tuple["pl.DataFrame", "pl.DataFrame"]:
    """Return the rows after a policy, and the log of it."""
    import polars as pl

    if kind == "stale":
        found = _whole_runs(rows, found)
    hit = found["row"].drop_nulls().to_list()
    action = "dropped" if policy == "drop" else "repaired"
    if policy == "drop":
        left = rows.filter(~pl.col("row").is_in(hit))
    elif kind == "duplicate":
        left = rows.unique(["asset", "time"], keep="last", maintain_order=True)
        gone = rows.join(left, on="row", how="anti")
        found = gone.with_columns(
            pl.lit(kind).alias("kind"), pl.lit("a later row replaced it").alias("detail")
        ).select(found.columns)
    elif kind == "backward":
        left = rows.sort("asset", "time", maintain_order=True)
    elif kind == "spike":
        left = _without_prices(rows, hit)
    else:
        left = _widened(rows, hit, limits)
    return left, found.with_columns(pl.lit(action).alias("action"))


def _whole_runs(rows: "pl.DataFrame", found: "pl.DataFrame") -> "pl.DataFrame":
    """Return every row of each stale run but its first, which was a price."""
    import polars as pl

    ordered = rows.sort("asset", "time", maintain_order=True)
    parts = []
    for issue in found.iter_rows(named=True):
        own = ordered.filter(asset=issue["asset"]).filter(pl.col("time") > issue["time"])
        length = int(issue["detail"].split()[-2])
        parts.append(
            own.head(length - 1).with_columns(kind=pl.lit("stale"), detail=pl.lit(issue["detail"]))
        )
    return pl.concat(parts).select(found.columns)


def _without_prices(rows: "pl.DataFrame", hit: list[int]) -> "pl.DataFrame":
    import polars as pl

    names = [name for name in PRICES if name in rows.columns]
    is_hit = pl.col("row").is_in(hit)
    return rows.with_columns(
        pl.when(is_hit).then(float("nan")).otherwise(pl.col(name)).alias(name) for name in names
    )


def _widened(rows: "pl.DataFrame", hit: list[int], limits: Limits) -> "pl.DataFrame":
    """Return rows whose hit ones have possible prices only, and a range that holds them."""
    import polars as pl

    names = [name for name in PRICES if name in rows.columns]
    is_hit = pl.col("row").is_in(hit)
    nan = float("nan")

    def possible(name: str) -> "pl.Expr":
        wrong = pl.col(name).is_infinite()
        return wrong if limits.negative else wrong | (pl.col(name) <= 0.0)

    rows = rows.with_columns(
        pl.when(is_hit & possible(name)).then(nan).otherwise(pl.col(name)).alias(name)
        for name in names
    )
    if "volume" in rows.columns:
        wrong = is_hit & (pl.col("volume") < 0.0)
        rows = rows.with_columns(pl.when(wrong).then(nan).otherwise("volume").alias("volume"))
    known = [pl.col(name).fill_nan(None) for name in names]
    ends = {"high": pl.max_horizontal(known), "low": pl.min_horizontal(known)}
    return rows.with_columns(
        pl.when(is_hit).then(end.fill_null(nan)).otherwise(pl.col(name)).alias(name)
        for name, end in ends.items()
        if name in names
    )


def _log(logs: list["pl.DataFrame"]) -> "pl.DataFrame":
    import polars as pl

    order = ["asset", "time", "row", "kind", "action", "detail"]
    if logs:
        return pl.concat(logs).select(order)
    kinds = (pl.String, pl.Datetime("ns"), pl.Int64, pl.String, pl.String, pl.String)
    return pl.DataFrame(schema=dict(zip(order, kinds, strict=True)))
