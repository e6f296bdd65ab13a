"""What every study shares: where the data lie, and numbers that must be the same twice."""

import gzip
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("BARLEDGER_SHARED") or ROOT.parent / "shared")
DATA = SHARED / "data"
MISSING = f"no folder {DATA} (BARLEDGER_SHARED names another)"


class Check(NamedTuple):
    """One number of the ledger beside the same number reckoned from the raw files."""

    what: str
    ledger: float
    by_hand: float
    scale: float  # the largest number that went into either

    @property
    def gap(self) -> float:
        """How far they are apart, as a share of what went into them."""
        return abs(self.ledger - self.by_hand) / max(abs(self.scale), abs(self.by_hand), 1.0)


@dataclass
class Study:
    """What a study found: checks that may fail, and a table to learn from."""

    title: str
    checks: list[Check] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def same(self, what: str, ledger: float, by_hand: float, scale: float = 1.0) -> None:
        """Put two numbers beside each other."""
        self.checks.append(Check(what, float(ledger), float(by_hand), float(scale)))

    def same_all(self, what: str, ledger: Any, by_hand: Any) -> None:
        """Put two rows of numbers beside each other: the worst pair is kept."""
        left, right = np.asarray(ledger, float), np.asarray(by_hand, float)
        if left.shape != right.shape or not left.size:
            self.same(f"{what}: how many numbers", left.size or np.nan, right.size)
            return
        worst = int(np.argmax(np.nan_to_num(abs(left - right).ravel(), nan=np.inf)))
        scale = float(np.nanmax(abs(right)))
        self.same(f"{what} ({left.size:,})", left.flat[worst], right.flat[worst], scale)

    def bad(self, tolerance: float = 1e-9) -> list[Check]:
        """Return the checks that fail; NaN fails."""
        return [each for each in self.checks if not each.gap <= tolerance]

    @property
    def table(self) -> pl.DataFrame:
        """The rows as a frame."""
        return pl.DataFrame(self.rows)

    def lines(self) -> Iterator[str]:
        """Return what is printed."""
        yield f"\n## {self.title}\n"
        with pl.Config(
            tbl_rows=60, tbl_cols=20, tbl_hide_dataframe_shape=True, tbl_width_chars=160,
            tbl_hide_column_data_types=True, thousands_separator=True, float_precision=2,
            fmt_str_lengths=60,
        ):  # fmt: skip
            yield str(self.table)
        yield from (f"- {note}" for note in self.notes)
        worst = max(self.checks, key=lambda each: each.gap)
        yield f"- {len(self.checks)} checks, widest {worst.gap:.1e}: {worst.what}"
        yield from (f"- FAILS: {each} gap {each.gap:.2e}" for each in self.bad())


OF_TRADES = ("trade", "fee", "variation", "cash_in_lieu")


def identity(study: Study, what: str, run: Any) -> None:
    """Cash is the money at the start and every entry of the ledger, in order, to the last bit.

    And what trades made, closed and open, with all that is no trade, is what equity gained.
    """
    amounts = run.ledger["amount"].to_numpy()
    cash = run.cash["cash"].to_numpy()
    bars = run.ledger["bar"].to_numpy()
    start = cash_at_start(run)
    added = np.cumsum(np.append(start, amounts))
    at = np.searchsorted(bars, np.arange(len(cash)), side="right")
    study.same_all(f"{what}: cash is the ledger added up", cash, added[at])
    others = run.ledger.filter(~pl.col("category").is_in(OF_TRADES))["amount"].sum()
    gained = run.equity["equity"][-1] - start
    study.same(f"{what}: trades add up", run.trades["pnl"].sum() + others, gained, start)


def cash_at_start(run: Any) -> float:
    """Return the cash that a run of one account began with."""
    first = run.ledger.filter(pl.col("bar") == 0)["amount"].sum()
    return float(run.cash["cash"][0]) - first


def text_of(path: Path) -> bytes:
    """Return what a file holds, unpacked."""
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def csv(path: str, **options: Any) -> pl.DataFrame:
    """Read one file of the data as text columns and numbers."""
    return pl.read_csv(text_of(DATA / path), **options)
