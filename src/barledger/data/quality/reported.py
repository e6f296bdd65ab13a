"""A report on rows as they came: what is wrong, what is missing, what looks odd. Nothing changes."""

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from barledger import _check
from barledger.data.quality.checks import CHECKS, KINDS, Limits, dates_of
from barledger.data.quality.rows import rows_of

if TYPE_CHECKING:
    import polars as pl

SHOWN = 20


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Report:
    """What was found.

    Attributes
    ----------
    issues
        asset, time, row (place in the frame; null for what is not there), kind, detail; by asset
        and time. Kinds: duplicate, backward, ohlc, empty, gap, missing_session, stale, spike,
        split.
    summary
        One row for each asset: bars, first, last, coverage (share of the calendar's sessions that
        have a bar; null without a calendar), and how many issues of each kind.
    """

    issues: "pl.DataFrame"
    summary: "pl.DataFrame"

    def of(self, kind: str) -> "pl.DataFrame":
        """Return the issues of one kind."""
        _check.choice("kind", kind, KINDS)
        return self.issues.filter(self.issues["kind"] == kind)

    def __repr__(self) -> str:
        lines = []
        for row in self.summary.iter_rows(named=True):
            found = ", ".join(f"{row[kind]:,} {kind}" for kind in KINDS if row[kind])
            span = f"{str(row['first'])[:16]} to {str(row['last'])[:16]}"
            lines.append(f"{row['asset']}: {row['bars']:,} bars, {span}: {found or 'no issue'}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(repr(self))}</pre>{self.issues.head(SHOWN)._repr_html_()}"


def report(
    data: object,
    *,
    timeframe: str | None = None,
    calendar: str | None = None,
    zone: str | None = None,
    cut: str | None = None,
    stale: int = 30,
    spike: float = 25.0,
    may_be_negative: bool = False,
) -> Report:
    """Report on a long frame of any library, or on `Bars`.

    Parameters
    ----------
    data
        Columns time, close and perhaps asset, open, high, low, volume, in any order of rows.
    timeframe
        Width of a bar; None: the commonest step.
    calendar, zone, cut
        Trade dates, as in `barledger.instruments.sessions.trade_days`: gaps are then told within
        sessions, and sessions without a bar are told. Without: within dates of UTC.
    stale
        Bars in a row with one and the same price that are worth telling.
    spike
        How many times the usual move (1.4826 times the median absolute change) a close must jump
        from both its neighbours.
    may_be_negative
        True for futures: prices at and below zero are no fault.

    Examples
    --------
    >>> import polars as pl
    >>> rows = {"time": ["2024-01-02", "2024-01-02", "2024-01-03"], "close": [5.0, 5.0, -1.0]}
    >>> report(pl.DataFrame(rows))
    asset: 3 bars, 2024-01-02 00:00 to 2024-01-03 00:00: 1 duplicate, 1 ohlc
    """
    import polars as pl

    _check.single("stale", stale, 2.0)
    _check.single("spike", spike, 0.0, strict=True)
    rows = rows_of(data)
    limits = Limits(timeframe, calendar, zone, cut, stale, spike, may_be_negative)
    issues = pl.concat([check(rows, limits) for check in CHECKS]).sort(
        "asset", "time", maintain_order=True
    )
    return Report(issues, _summary(rows, issues, limits))


def _summary(rows: "pl.DataFrame", issues: "pl.DataFrame", limits: Limits) -> "pl.DataFrame":
    import polars as pl

    dated = rows.with_columns(dates_of(rows, limits).alias("date"))
    spans = dated.group_by("asset").agg(
        pl.len().cast(pl.Int64).alias("bars"),
        pl.col("time").min().alias("first"),
        pl.col("time").max().alias("last"),
        pl.col("date").n_unique().cast(pl.Float64).alias("coverage"),
    )
    counts = issues.group_by("asset").agg(
        (pl.col("kind") == kind).sum().cast(pl.Int64).alias(kind) for kind in KINDS
    )
    both = spans.join(counts, on="asset", how="left").with_columns(pl.col(KINDS).fill_null(0))
    sessions = pl.col("coverage")
    share = sessions / (sessions + pl.col("missing_session"))
    has_calendar = pl.lit(bool(limits.calendar or limits.zone))
    return both.with_columns(pl.when(has_calendar).then(share).alias("coverage")).sort("asset")
