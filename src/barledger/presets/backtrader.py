"""Backtrader's broker as options: what its default broker does with orders, cash and shorts.

Each statement was observed on Backtrader 1.9.78 and is proved on recorded strategies in the tests.
"""

from typing import Any

from barledger.accounts import CashBalance
from barledger.options import Fee, PercentFee, PerUnitFee, Rules
from barledger.slippage import Slippage

ACCOUNT = CashBalance()
RULES = Rules(
    sequence="as_placed",
    insufficient="reject",
    submission="checked",
    size_at="decision",
    target_lots="order",
    repeat="add",
)


def options(
    *,
    commission: float = 0.0,
    per_unit: bool = False,
    slippage: float = 0.0,
    checksubmit: bool = True,
) -> dict[str, Any]:
    """Return the options of a run that fills as Backtrader's default broker does.

    Orders at the market fill at the next open; limits and stops wait as they do there. A bar's new
    orders are checked on paper when the next bar begins, in the order of placing, at the prices that
    decided them; an order that opens is checked again at its fill, and refused whole if cash would
    fall below 0. Closing is never refused at its fill. Short sales bring cash and are never called.

    Parameters
    ----------
    commission
        Fraction of notional; with `per_unit` money a share. Paid on each fill.
    per_unit
        Whether `commission` is money a share (``commtype=CommInfoBase.COMM_FIXED``).
    slippage
        Fraction of the price (``set_slippage_perc``), never beyond what the bar has traded.
    checksubmit
        As the broker's option: False fills without the check on paper.

    Returns
    -------
    dict
        account, rules, fees and slippage, for any of the constructors of `Portfolio`.

    Examples
    --------
    >>> import barledger as bl
    >>> from barledger.presets import backtrader
    >>> bars = bl.Bars.from_arrays([10.0, 11.0, 12.0], open=[10.0, 10.5, 11.5])
    >>> run = bl.Portfolio.from_orders(
    ...     bars, [100, 50, 0], **backtrader.options(commission=0.001), initial_cash=1_500
    ... )
    >>> run.fills.select("bar", "quantity", "price", "fee").rows()
    [(1, 100.0, 10.5, 1.05)]
    >>> run.rejections.select("bar", "reason", "wanted").rows()
    [(2, 'insufficient_cash', 50.0)]

    Notes
    -----
    Backtrader trades whole shares where it computes a size itself (``order_target_value`` and its
    like): give the bars ``contracts=bl.Contract(kind="stock", lot=1)`` for that. It ignores volume:
    leave that out of the bars where it can be 0.
    """
    fees: Fee = PerUnitFee(commission) if per_unit else PercentFee(commission)
    return {
        "account": ACCOUNT,
        "rules": RULES if checksubmit else RULES.map_words(submission="unchecked"),
        "fees": fees,
        "slippage": Slippage(fraction=slippage, cap_to_range=slippage > 0.0),
    }
