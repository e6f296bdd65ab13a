"""How far the price went against each trade, and for it, while it was open."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Excursions(NamedTuple):
    """Fractions of the entry price, (n_trades,): `adverse` at most 0, `favourable` at least 0."""

    adverse: Floats
    favourable: Floats


def excursions(
    low: Floats,
    high: Floats,
    entry_price: Floats,
    exit_price: Floats,
    is_long: npt.NDArray[np.bool_],
) -> Excursions:
    """Return the excursions of trades from the lowest and highest price seen while they were open.

    adverse = lowest / entry - 1 of a long, 1 - highest / entry of a short; favourable is the
    other extreme. Entry and exit count as prices seen; NaN is none.
    """
    bottom = np.fmin(np.fmin(low, entry_price), exit_price)
    top = np.fmax(np.fmax(high, entry_price), exit_price)
    base = np.abs(entry_price)
    with np.errstate(divide="ignore", invalid="ignore"):
        down, up = (bottom - entry_price) / base, (top - entry_price) / base
    return Excursions(np.where(is_long, down, -up), np.where(is_long, up, -down))


def extremes_between(
    low: Floats, high: Floats, assets: Ints, first: Ints, stop: Ints
) -> tuple[Floats, Floats]:
    """Return the lowest low and highest high of an asset on the bars first … stop - 1; NaN: none."""
    found = np.full((2, len(assets)), np.nan)
    for k, (asset, begin, end) in enumerate(zip(assets, first, stop, strict=True)):
        if begin < end:
            found[0, k] = np.fmin.reduce(low[begin:end, asset])
            found[1, k] = np.fmax.reduce(high[begin:end, asset])
    return found[0], found[1]
