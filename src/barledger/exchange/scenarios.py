"""The sixteen scenarios of SPAN, and what they do to a future and to an option."""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
DAY = 1.0 / 365.0
THIRDS = (0, 0, 1, 1, -1, -1, 2, 2, -2, -2, 3, 3, -3, -3)  # of the scan range, scenarios 1 to 14


class Moves(NamedTuple):
    """What each scenario does, (16,).

    `price` is its move in scan ranges, `volatility` the sign of its shift, `cover` the share of the
    result that counts, `gain` what a future gains in scan ranges.
    """

    price: Floats
    volatility: Floats
    cover: Floats
    gain: Floats


class Priced(NamedTuple):
    """An option's gains of one contract (16,), its delta and its value now, in money."""

    gains: Floats
    delta: float
    value: float


def price_moves(extreme_multiple: float, extreme_cover: float) -> Moves:
    """Return the scenarios: odd ones raise volatility, even ones lower it, the last two neither.

    Examples
    --------
    >>> price_moves(2.0, 0.35).gain[-2:]
    array([ 0.7, -0.7])
    """
    price = np.array([third / 3.0 for third in THIRDS] + [extreme_multiple, -extreme_multiple])
    volatility = np.array([1.0, -1.0] * 7 + [0.0, 0.0])
    cover = np.array([1.0] * 14 + [extreme_cover] * 2)
    return Moves(price, volatility, cover, price * cover)


def option_gains(
    option: Any, moves: Moves, scan_range: float, volatility_range: float, multiplier: float
) -> Priced:
    """Return an option's gains by undiscounted Black-76, one day ahead, r = 0.

    `scan_range` is money a contract; the shift of volatility is absolute.
    """
    years = option.days / 365.0
    is_call = option.right == "call"
    points = scan_range / multiplier
    now, delta = black(option.futures_price, option.strike, years, option.volatility, is_call)
    gains = np.empty(16)
    for j in range(16):
        price = option.futures_price + moves.price[j] * points
        volatility = option.volatility + moves.volatility[j] * volatility_range
        then, _ = black(price, option.strike, years - DAY, volatility, is_call)
        gains[j] = multiplier * (then - now) * moves.cover[j]
    return Priced(gains, delta, multiplier * now)


def black(
    price: float, strike: float, years: float, volatility: float, is_call: bool
) -> tuple[float, float]:
    """Return value and delta of an option on a future by Black (1976), not discounted.

    Examples
    --------
    >>> round(black(5000.0, 5100.0, 30 / 365, 0.16, True)[0], 4)
    50.8832
    """
    side = 1.0 if is_call else -1.0
    spread = volatility * math.sqrt(max(years, 0.0))
    if not (spread > 0.0 and price > 0.0):
        value = max(side * (price - strike), 0.0)
        return value, side if value > 0.0 else 0.0
    high = math.log(price / strike) / spread + 0.5 * spread
    up, down = _normal(side * high), _normal(side * (high - spread))
    return side * (price * up - strike * down), side * up


def _normal(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2.0))
