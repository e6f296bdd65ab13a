"""Ticks are round, within the scale, and few."""

import numpy as np
import pytest

from barledger.report.axis import Scale, log_money, money, percent, scale_of, ticks, time_ticks


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [
        (0.0, 100.0, [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]),
        (-0.8, 0.0, [-0.8, -0.6, -0.4, -0.2, 0.0]),
        (9_950.0, 10_240.0, [10_000.0, 10_100.0, 10_200.0]),
    ],
)
def test_numbers_have_round_ticks(low, high, wanted):
    assert ticks(Scale(low, high)) == pytest.approx(wanted)


def test_a_flat_curve_has_a_scale_with_room():
    scale = scale_of([np.array([7.0, 7.0])])
    assert scale.low < 7.0 < scale.high
    assert scale_of([np.zeros(3)], include=(0.0,)).high == 0.0
    assert len(ticks(scale_of([np.array([np.nan])]))) > 1


@pytest.mark.parametrize(
    ("first", "last", "labels"),
    [
        ("2000-03-01", "2013-03-01", ["2002", "2004", "2006", "2008", "2010", "2012"]),
        ("2024-01-02T14:30", "2024-01-02T18:30",
         ["01-02 15:00", "01-02 16:00", "01-02 17:00", "01-02 18:00"]),
        ("2024-02-27", "2024-03-02",
         ["2024-02-27", "2024-02-28", "2024-02-29", "2024-03-01", "2024-03-02"]),
    ],
)  # fmt: skip
def test_times_have_round_ticks(first, last, labels):
    times = np.array([first, last], "datetime64[ns]")
    found = time_ticks(times)
    assert [label for _, label in found] == labels
    assert all(0.0 <= place <= 1.0 for place, _ in found)


def test_bars_without_times_are_numbered():
    assert [label for _, label in time_ticks(np.arange(101))][:3] == ["0", "20", "40"]


def test_labels_are_short():
    assert [money(each) for each in (250_000.0, 1.5e6, 0.25)] == ["250 k", "1.5 m", "0.25"]
    assert percent(-0.125) == "-12.5%"


def test_logarithms_have_ticks_at_round_numbers():
    found = ticks(Scale(4.8, 6.95), is_log=True)
    labels = ["100 k", "200 k", "500 k", "1 m", "2 m", "5 m"]
    assert [log_money(each) for each in found] == labels
    assert [log_money(each) for each in ticks(Scale(1.5, 7.2), is_log=True)] == [
        "100", "1 k", "10 k", "100 k", "1 m", "10 m",
    ]  # fmt: skip
