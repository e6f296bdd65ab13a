"""Thinning keeps what the eye would see."""

import numpy as np

from barledger.plots.thin import extremes, loudest


def test_short_curves_are_drawn_whole():
    assert extremes(np.zeros(40), buckets=10).tolist() == list(range(40))


def test_lowest_and_highest_of_every_bucket_are_kept():
    values = np.random.default_rng(1).normal(size=10_000)
    kept = set(extremes(values, buckets=100).tolist())
    for first in range(0, 10_000, 100):
        part = values[first : first + 100]
        assert {first + part.argmin(), first + part.argmax()} <= kept
    assert {0, 9_999} <= kept
    assert len(kept) <= 202


def test_gaps_hide_no_extreme():
    values = np.full(1_000, np.nan)
    values[500], values[501] = -7.0, 7.0
    assert {500, 501} <= set(extremes(values, buckets=10).tolist())


def test_of_crowded_marks_the_heaviest_of_a_bucket_is_kept():
    bars = np.array([0, 1, 2, 50, 51, 99])
    weights = np.array([1.0, -9.0, 3.0, 2.0, 4.0, 1.0])
    assert loudest(bars, weights, n_bars=100, most=2).tolist() == [1, 4]


def test_few_marks_are_all_drawn():
    assert loudest(np.array([3, 3]), np.array([1.0, 2.0]), 10, most=5).tolist() == [0, 1]
