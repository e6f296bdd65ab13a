"""What a run refuses: every error says what was wrong, what was found and what to do."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from markets import flat_bars

import barledger as bl

NAN, INF = np.nan, np.inf
DAYS = ["2024-01-02", "2024-01-03", "2024-01-04"]
ONE = flat_bars([10, 11, 12])
TWO = flat_bars([10, 11, 12], [20, 21, 22], time=DAYS)
ENTRY = np.array([True, False, False])
ENTRIES = np.array([[True, False], [False, True], [False, False]])


def refused(match, *args, error=ValueError, run=bl.Portfolio.from_signals, **options):
    with pytest.raises(error, match=match):
        run(*args, **options)


@pytest.mark.parametrize(
    ("entries", "found"),
    [(ENTRY[:2], r"\(2,\)"), (ENTRIES, r"\(3, 2\)"), ([], r"\(0,\)"), (True, r"\(\)")],
)
def test_signals_of_another_shape(entries, found):
    refused(rf"entries must have the shape of the bars \(3, 1\), was {found}", ONE, entries)


@pytest.mark.parametrize(
    ("exits", "kind"),
    [
        (ENTRY.astype(int), "int64"),
        (ENTRY.astype(float), "float64"),
        (np.array([True, None, False], dtype=object), "object"),
        (pl.Series([True, None, False]), "object"),
        (pd.Series([True, None, False], dtype="boolean"), "object"),
    ],
)
def test_signals_that_are_not_boolean(exits, kind):
    refused(f"exits must be boolean, was {kind} data; compare first", ONE, ENTRY, exits,
            error=TypeError)  # fmt: skip


def test_no_signals_at_all():
    refused("no signals were given: pass entries, exits, short_entries, short_exits", ONE)


def test_frames_of_other_labels_name_what_is_missing_and_what_is_unknown():
    frame = pl.DataFrame({"A": ENTRY, "C": ENTRY})
    refused(r"entries must have a column for each asset.*missing \['B'\], unknown \['C'\]",
            TWO, frame)  # fmt: skip


def test_frames_of_other_times():
    frame = pd.DataFrame(ENTRIES, columns=["A", "B"], index=pd.date_range("2024-02-01", periods=3))
    refused("entries must have the times of the bars.*align the two first", TWO, frame)
    late = pl.DataFrame({"time": [*DAYS[:2], "2024-01-05"], "A": ENTRY, "B": ENTRY})
    refused("entries must have the times of the bars", TWO, late)


@pytest.mark.parametrize(
    ("size", "match", "error"),
    [
        (-1, "Shares size must be >= 0, was -1", ValueError),
        ([1.0, 2.0], r"size has shape \(2,\); give one number, one per asset", ValueError),
        ("lots", "size must be one of all_cash; was 'lots'", ValueError),
        (True, "Shares size must be a number.*was bool data", TypeError),
    ],
)
def test_sizes_that_mean_nothing(size, match, error):
    refused(match, ONE, ENTRY, size=size, error=error)


def test_a_size_of_its_own_kind():
    with pytest.raises(ValueError, match=r"PercentOfCash size must be at most 1, was 1\.5"):
        bl.PercentOfCash(1.5)
    with pytest.raises(ValueError, match="Risk fraction must be >= 0"):
        bl.Risk(-0.1, 1.0)


@pytest.mark.parametrize("value", [NAN, INF])
@pytest.mark.parametrize(
    ("make", "name"),
    [
        (bl.PercentFee, "fees"),
        (bl.PerUnitFee, "fees per_unit"),
        (lambda value: bl.PercentFee([0.1, value]), "fees"),
        (lambda value: bl.PercentFee(0.0, fixed=value), "fees fixed"),
        (lambda value: bl.PerUnitFee(1.0, minimum=value), "fees minimum"),
        (lambda value: bl.TieredFee([(0, value)]), "TieredFee rates"),
        (lambda value: bl.Slippage(value), "slippage"),
        (lambda value: bl.Slippage(ticks=value), "slippage ticks"),
    ],
)
def test_costs_that_are_not_known(make, name, value):
    with pytest.raises(ValueError, match=f"{name} must be finite, was {value:g}"):
        make(value)


@pytest.mark.parametrize(
    ("options", "match", "error"),
    [
        ({"fees": -0.1}, "fees must be >= 0, was -0.1", ValueError),
        ({"fees": "0.1"}, "fees must be a number", TypeError),
        ({"slippage": -0.1}, "slippage must be >= 0, was -0.1", ValueError),
        ({"slippage": 5}, r"slippage is a fraction of the price, below 1.*was 5", ValueError),
        ({"slippage": [0.0, 0.1]}, r"slippage has shape \(2,\)", ValueError),
    ],
)
def test_costs_that_make_no_sense(options, match, error):
    refused(match, ONE, ENTRY, error=error, **options)
