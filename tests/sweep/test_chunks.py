"""How variants are cut into chunks for threads."""

import pytest

from barledger.sweeps.workers import CHUNK, LARGE, sizes_of


@pytest.mark.parametrize(
    ("count", "workers"), [(1, 2), (300, 2), (10_011, 2), (10_011, 64), (7, 0)]
)
def test_chunks_hold_every_variant_once_and_never_grow(count, workers):
    sizes = sizes_of(count, 2520, workers)
    assert sum(sizes) == count
    assert sizes == sorted(sizes, reverse=True)
    assert all(size >= CHUNK for size in sizes[:-1])


def test_no_chunk_of_many_bars_is_large():
    assert max(sizes_of(10_000, 3_500_000, 2)) == CHUNK
    assert max(sizes_of(100_000, 2520, 2)) == LARGE // 2520
