"""Sobol's sequence: points that fill a space evenly, however many are taken."""

import numpy as np
import numpy.typing as npt

BITS = 30
# For each dimension after the first: the polynomial's coefficients and its first odd numbers, of
# Joe and Kuo, "Constructing Sobol sequences with better two-dimensional projections" (2008).
NUMBERS: tuple[tuple[int, tuple[int, ...]], ...] = (
    (0, (1,)),
    (1, (1, 3)),
    (1, (1, 3, 1)),
    (2, (1, 1, 1)),
    (1, (1, 1, 3, 3)),
    (4, (1, 3, 5, 13)),
    (2, (1, 1, 5, 5, 17)),
    (4, (1, 1, 5, 5, 5)),
    (7, (1, 1, 7, 11, 19)),
    (11, (1, 1, 5, 1, 1)),
    (13, (1, 1, 1, 3, 11)),
    (14, (1, 3, 5, 5, 31)),
    (1, (1, 3, 3, 9, 7, 49)),
    (13, (1, 1, 1, 15, 21, 21)),
    (16, (1, 3, 1, 13, 27, 49)),
    (19, (1, 1, 1, 15, 7, 5)),
    (22, (1, 3, 1, 15, 13, 25)),
    (25, (1, 1, 5, 5, 19, 61)),
    (1, (1, 3, 7, 11, 23, 15, 103)),
    (4, (1, 3, 7, 13, 13, 15, 69)),
)
MOST = len(NUMBERS) + 1  # dimensions


def sobol(dimensions: int, first: int, count: int) -> npt.NDArray[np.float64]:
    """Return points `first` to `first + count` of the sequence, (dimensions, count), in [0, 1).

    In Gray-code order, from the point 0 on.

    Examples
    --------
    >>> sobol(2, 0, 4).T.tolist()
    [[0.0, 0.0], [0.5, 0.5], [0.75, 0.25], [0.25, 0.75]]
    """
    if not 1 <= dimensions <= MOST:
        raise ValueError(
            f"a Sobol sequence has 1 to {MOST} parameters here, was {dimensions}: use "
            "sampling='random'"
        )
    place = np.arange(first, first + count, dtype=np.int64)
    gray = place ^ (place >> 1)
    points = np.zeros((dimensions, count), np.int64)
    for dimension in range(dimensions):
        directions = _directions(dimension)
        for bit in range(BITS):
            points[dimension] ^= ((gray >> bit) & 1) * directions[bit]
    return points / float(1 << BITS)


def _directions(dimension: int) -> list[int]:
    """Direction numbers of one dimension, as integers of `BITS` bits."""
    if dimension == 0:
        return [1 << (BITS - 1 - bit) for bit in range(BITS)]
    coefficients, odd = NUMBERS[dimension - 1]
    degree = len(odd)
    found = [number << (BITS - 1 - bit) for bit, number in enumerate(odd)]
    for bit in range(degree, BITS):
        number = found[bit - degree] ^ (found[bit - degree] >> degree)
        for k in range(1, degree):
            if (coefficients >> (degree - 1 - k)) & 1:
                number ^= found[bit - k]
        found.append(number)
    return found
