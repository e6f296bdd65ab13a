"""SPAN parameters as rows: the month and scan range of each future, and what holds for all."""

import numpy as np
import numpy.typing as npt

from barledger.accounts import Account, FuturesMargin
from barledger.data.bars import Bars
from barledger.exchange.span import SpanParameters, tables_of
from barledger.kernel.spanned import PARTS
from barledger.lowering.memory import Memory

Floats = npt.NDArray[np.float64]


def parameters_of(account: Account) -> SpanParameters | None:
    """Return the SPAN parameters of an account, None where it has none."""
    if not isinstance(account, FuturesMargin) or account.span is None:
        return None
    if not isinstance(account.span, SpanParameters):
        raise TypeError(f"span must be SpanParameters, was {account.span!r}")
    return account.span


def lines_of(bars: Bars, account: FuturesMargin) -> list[tuple[str, str]]:
    """Return product and month of each asset."""
    parameters = parameters_of(account)
    assert parameters is not None
    lines = []
    for asset, contract in zip(bars.assets, bars.contracts, strict=True):
        given = (account.products or {}).get(asset, asset)
        product, month = (given, None) if isinstance(given, str) else given
        if contract.kind != "future":
            raise ValueError(f"SPAN in the loop is for futures alone; {asset} is a {contract.kind}")
        if product not in parameters.products:
            raise ValueError(
                f"{asset} is no product of the SPAN parameters, which are "
                f"{', '.join(parameters.products)}: say which it is, "
                f"FuturesMargin(span=..., products={{{asset!r}: 'ES'}})"
            )
        if month is None:
            month = "" if contract.expiry is None else str(contract.expiry)[:7].replace("-", "")
        lines.append((product, month))
    if len({contract.currency for contract in bars.kinds}) > 1:
        raise ValueError("SPAN in the loop needs contracts in one currency")
    return lines


def ranges_of(bars: Bars, account: FuturesMargin) -> Floats:
    """Return the scan range of each asset (N,): its outright maintenance margin."""
    parameters = parameters_of(account)
    assert parameters is not None
    return np.array(
        [parameters.products[product].range_of(month) for product, month in lines_of(bars, account)]
    )


def put_span(memory: Memory, bars: Bars, account: Account) -> None:
    """Write the parameters, where the account has any."""
    parameters = parameters_of(account)
    if parameters is None or not isinstance(account, FuturesMargin):
        return
    tables = tables_of(parameters, lines_of(bars, account))
    lines = np.column_stack([tables.months.astype(np.float64), ranges_of(bars, account)])
    products = [
        (each.extreme_multiple * each.extreme_cover, row[2])
        for each, row in zip(parameters.products.values(), tables.products, strict=True)
    ]
    memory.put("span_lines", lines.ravel())
    memory.put("span_months", tables.product_of)
    memory.put("span_products", np.array(products).ravel())
    for name in ("spreads", "delivery", "offsets", "legs"):
        memory.put(f"span_{name}", getattr(tables, name).ravel())
    count = (PARTS + 3) * len(products) + 2 * len(tables.product_of)
    memory.put("span_scratch", np.zeros(count))
