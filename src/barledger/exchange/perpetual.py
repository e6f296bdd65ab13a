"""Perpetuals outside a backtest: margin, liquidation, funding, insurance fund, deleveraging.

Numbers or arrays in, the same out; signed quantities, + is long. The loop uses the same code.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from barledger import _check
from barledger.instruments.brackets import Brackets
from barledger.kernel import brackets as kernel

Number = float | npt.ArrayLike
Floats = npt.NDArray[np.float64]
BAND = 0.0005  # how far interest may pull the funding rate from the premium


def maintenance_margin(notional: Number, brackets: Brackets) -> Any:
    """Maintenance margin of a notional by its bracket.

    Parameters
    ----------
    notional
        Position value at the mark price, of either sign.
    brackets
        `Brackets` of the contract.

    Examples
    --------
    >>> from barledger import Brackets
    >>> maintenance_margin(500_000, Brackets([(0, 50_000, 125, 0.004), (50_000, 6e5, 100, 0.005)]))
    2450.0
    """
    (sizes,), shape = _together(notional=notional)
    return _filled(lambda out: kernel.all_maintenance(brackets.tiers, np.abs(sizes), out), shape)


def liquidation_price(
    quantity: Number,
    entry: Number,
    balance: Number,
    brackets: Brackets,
    *,
    multiplier: float = 1.0,
    inverse: bool = False,
    other_maintenance: Number = 0.0,
    other_profit: Number = 0.0,
) -> Any:
    """Mark price at which a position is liquidated: its balance is down to maintenance.

    The bracket is that of the notional at the price itself, not at entry.

    Parameters
    ----------
    quantity, entry
        Signed quantity and average entry price.
    balance
        Isolated: the position's own margin. Cross: the wallet.
    brackets
        `Brackets` of the contract.
    multiplier
        Units of coin a contract; of an inverse one its face value in money.
    inverse
        Whether margin and profit are in coin.
    other_maintenance, other_profit
        Cross: maintenance margin and open profit of all other positions, at their marks.

    Returns
    -------
    float or numpy.ndarray
        NaN where no price above 0 does it.

    Examples
    --------
    >>> from barledger import Brackets
    >>> round(liquidation_price(0.1, 50_000, 500, Brackets.flat(0.004)), 2)
    45180.72
    """
    (units, entries, money, needs, profits), shape = _together(
        quantity=quantity,
        entry=entry,
        balance=balance,
        other_maintenance=other_maintenance,
        other_profit=other_profit,
    )
    tiers, behind = brackets.tiers, money - needs + profits
    return _filled(
        lambda out: kernel.all_liquidations(
            tiers, behind, units * multiplier, entries, inverse, out
        ),
        shape,
    )


def bankruptcy_price(
    quantity: Number,
    entry: Number,
    balance: Number,
    *,
    fee: float = 0.0,
    multiplier: float = 1.0,
    inverse: bool = False,
) -> Any:
    """Price at which closing a position leaves nothing of its balance.

    Parameters
    ----------
    quantity, entry, balance, multiplier, inverse
        As in `liquidation_price`.
    fee
        Fee of the closing, as a fraction of notional.

    Examples
    --------
    >>> bankruptcy_price(1.0, 100_000, 5_000)
    95000.0
    """
    (units, entries, money), shape = _together(quantity=quantity, entry=entry, balance=balance)
    return _filled(
        lambda out: kernel.all_bankruptcies(
            money, units * multiplier, entries, float(fee), inverse, out
        ),
        shape,
    )


def funding(
    quantity: Number,
    mark: Number,
    rate: Number,
    *,
    multiplier: float = 1.0,
    inverse: bool = False,
) -> Any:
    """Cash that one funding moves: - quantity · mark · rate, so longs pay a rate above 0.

    Examples
    --------
    >>> funding(0.4, 50_000, 0.0001)
    -2.0
    """
    (units, marks, rates), shape = _together(quantity=quantity, mark=mark, rate=rate)
    return _filled(
        lambda out: kernel.all_funding(units * multiplier, marks, rates, inverse, out), shape
    )


class Taken(NamedTuple):
    """An insurance fund after it has taken a position over: its balance, and what it lacked."""

    balance: float
    uncovered: float


def take_over(
    balance: float,
    quantity: float,
    bankruptcy: float,
    price: float,
    *,
    multiplier: float = 1.0,
    inverse: bool = False,
) -> Taken:
    """Let an insurance fund close a position that it took over at its bankruptcy price.

    Parameters
    ----------
    balance
        Money in the fund.
    quantity
        Signed quantity of the liquidated position.
    bankruptcy, price
        Price at which the fund has it, and at which it gets rid of it.

    Returns
    -------
    Taken
        A better price adds to the fund; what a worse one costs beyond the fund is `uncovered`, and
        auto-deleveraged positions bear it.

    Examples
    --------
    >>> take_over(100.0, 2.0, 50.0, 49.0)
    Taken(balance=98.0, uncovered=0.0)
    """
    moved = 1.0 / bankruptcy - 1.0 / price if inverse else price - bankruptcy
    after = balance + quantity * multiplier * moved
    return Taken(max(after, 0.0), max(-after, 0.0))


def deleverage_score(profit: Number, entry: Number, notional: Number, balance: Number) -> Any:
    """Score in the queue of auto-deleveraging: profit rate times effective leverage.

    Parameters
    ----------
    profit
        Open profit.
    entry, notional
        Value of the position at its entry and at the mark.
    balance
        Margin balance behind it: mark value less bankruptcy value.

    Examples
    --------
    >>> round(deleverage_score(500, 10_000, 10_500, 1_500), 6)
    0.35
    """
    (gains, entries, values, money), shape = _together(
        profit=profit, entry=entry, notional=notional, balance=balance
    )
    rate, leverage = gains / np.abs(entries), np.abs(values) / money
    score = np.where(rate > 0.0, rate * leverage, rate / leverage)
    return _shaped(score, shape)


def deleverage_rank(scores: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Place of each score in the queue, 1 is closed first; ties keep their order.

    Examples
    --------
    >>> deleverage_rank([0.1, 0.35, -0.2])
    array([2, 1, 3])
    """
    order = np.argsort(-np.asarray(scores, np.float64), kind="stable")
    ranks = np.empty(len(order), np.int64)
    ranks[order] = np.arange(1, len(order) + 1)
    return ranks


def funding_rate(premium: float, interest: float = 0.0001, hours: float = 8.0) -> float:
    """Funding rate of an interval: premium + clamp(interest - premium, ± 0.05 %), by its hours.

    A cap of the symbol, where there is one, comes after. Backtests use published rates instead.

    Examples
    --------
    >>> funding_rate(0.001)
    0.0005
    """
    return (premium + min(max(interest - premium, -BAND), BAND)) / (8.0 / hours)


def weighted_premium(premiums: npt.ArrayLike) -> float:
    """Mean of an interval's premiums, weighted 1, 2, 3, …: the later, the more.

    Examples
    --------
    >>> round(weighted_premium([0.0001, 0.0002, -0.0001, 0.0004]), 6)
    0.00018
    """
    values = np.asarray(premiums, np.float64)
    return float(np.average(values, weights=np.arange(1, len(values) + 1)))


def premium_index(impact_bid: float, impact_ask: float, index: float) -> float:
    """How far the book lies off the index: (max(0, bid - index) - max(0, index - ask)) / index.

    Examples
    --------
    >>> premium_index(50_020, 50_030, 50_000)
    0.0004
    """
    return (max(0.0, impact_bid - index) - max(0.0, index - impact_ask)) / index


def mark_price(
    index: float, last: float, rate: float, hours_left: float, hours: float, basis: float
) -> float:
    """Mark price: the median of index with funding, index with mean basis, and the last price.

    Parameters
    ----------
    index, last
        Index price and last traded price.
    rate, hours_left, hours
        Last funding rate, hours to the next funding, hours of an interval.
    basis
        Moving average of mid price less index.

    Examples
    --------
    >>> mark_price(60_000, 60_400, 0.0001, 4, 8, 12)
    60012.0
    """
    return float(sorted((index * (1.0 + rate * hours_left / hours), index + basis, last))[1])


def _together(**given: Number) -> tuple[list[Floats], tuple[int, ...]]:
    """Return the numbers as flat arrays of one length, and their common shape."""
    arrays = [_check.as_floats(name, value) for name, value in given.items()]
    shape = np.broadcast_shapes(*(array.shape for array in arrays))
    flat = [np.array(np.broadcast_to(array, shape)).reshape(-1) for array in arrays]
    return flat, shape


def _filled(fill: Callable[[Floats], None], shape: tuple[int, ...]) -> Any:
    out = np.empty(int(np.prod(shape)))
    fill(out)
    return _shaped(out, shape)


def _shaped(numbers: Floats, shape: tuple[int, ...]) -> Any:
    return float(numbers.reshape(-1)[0]) if shape == () else numbers.reshape(shape)
