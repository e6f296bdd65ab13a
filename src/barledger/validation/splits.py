"""Ways to cut history into bars to learn from and bars to be tested on."""

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from barledger import _check

Ints = npt.NDArray[np.int64]


class Split(NamedTuple):
    """Numbers of the bars to train on and of those to test on, both rising."""

    train: Ints
    test: Ints


def walk_splits(
    n_bars: int,
    train: int,
    test: int,
    step: int | None = None,
    *,
    anchored: bool = False,
    purge: int = 0,
    embargo: int = 0,
) -> Iterator[Split]:
    """Yield windows that walk forward: train, then test on what follows.

    Parameters
    ----------
    n_bars
        Bars there are.
    train, test
        Bars in each window.
    step
        Bars from one window to the next; None: `test`, so that the tests join without overlap.
    anchored
        True: training always begins at the first bar, and grows.
    purge
        Bars left out between training and test: as many as an outcome looks ahead.
    embargo
        Further bars left out there, for what lingers on.

    Examples
    --------
    >>> [(s.train[[0, -1]].tolist(), s.test.tolist()) for s in walk_splits(10, 5, 2)]
    [([0, 4], [5, 6]), ([2, 6], [7, 8])]
    """
    step = test if step is None else step
    for name, value, low in (("train", train, 2), ("test", test, 1), ("step", step, 1)):
        _check.whole(name, value, low)
    _check.whole("purge", purge, 0)
    _check.whole("embargo", embargo, 0)
    gap = purge + embargo
    if train + gap + test > n_bars:
        between = f"purge={purge}" + (f", embargo={embargo}" if embargo else "")
        raise ValueError(
            f"train={train}, {between} and test={test} need {train + gap + test} bars; there "
            f"are {n_bars}"
        )
    for start in range(0, n_bars - train - gap - test + 1, step):
        end = start + train
        first = end + gap
        yield Split(np.arange(0 if anchored else start, end), np.arange(first, first + test))


def purged_splits(n_bars: int, folds: int, *, purge: int = 0, embargo: int = 0) -> Iterator[Split]:
    """Yield each of some contiguous folds as a test, the rest as training.

    Parameters
    ----------
    n_bars
        Bars there are.
    folds
        Tests; they differ by at most one bar in length.
    purge
        Bars left out of training on both sides of a test: as many as an outcome looks ahead.
    embargo
        Further bars left out after a test, for what lingers on.

    References
    ----------
    López de Prado, Advances in Financial Machine Learning (2018), section 7.4.

    Examples
    --------
    >>> [s.train.tolist() for s in purged_splits(8, 4, purge=1)]
    [[3, 4, 5, 6, 7], [0, 5, 6, 7], [0, 1, 2, 7], [0, 1, 2, 3, 4]]
    """
    return combinatorial_splits(n_bars, folds, 1, purge=purge, embargo=embargo)


def combinatorial_splits(
    n_bars: int, folds: int, tests: int = 2, *, purge: int = 0, embargo: int = 0
) -> Iterator[Split]:
    """Yield every choice of `tests` folds as the test, the rest as training.

    Each fold is tested in C(folds - 1, tests - 1) of the C(folds, tests) splits: so many paths lead
    through all of history (section 12.4 of the book at `purged_splits`).

    Examples
    --------
    >>> [s.test.tolist() for s in combinatorial_splits(6, 3, 2)]
    [[0, 1, 2, 3], [0, 1, 4, 5], [2, 3, 4, 5]]
    """
    _check.whole("folds", folds, 2)
    _check.whole("tests", tests, 1)
    _check.whole("purge", purge, 0)
    _check.whole("embargo", embargo, 0)
    if tests >= folds:
        raise ValueError(f"tests must be fewer than the {folds} folds, was {tests}")
    if n_bars < folds:
        raise ValueError(f"{folds} folds need as many bars; there are {n_bars}")
    return _chosen(n_bars, folds, tests, purge, embargo)


def _chosen(n_bars: int, folds: int, tests: int, purge: int, embargo: int) -> Iterator[Split]:
    edges = np.array([round(k * n_bars / folds) for k in range(folds + 1)])
    for chosen in combinations(range(folds), tests):
        is_test, is_train = np.zeros(n_bars, np.bool_), np.ones(n_bars, np.bool_)
        for fold in chosen:
            first, stop = edges[fold], edges[fold + 1]
            is_test[first:stop] = True
            is_train[max(first - purge, 0) : stop + purge + embargo] = False
        train = np.flatnonzero(is_train)
        if not len(train):
            raise ValueError(f"purge={purge} and embargo={embargo} leave no bars to train on")
        yield Split(train, np.flatnonzero(is_test))
