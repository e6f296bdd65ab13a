"""Options as rows: strike, right and the column of the underlying."""

from typing import Any

import numpy as np
import numpy.typing as npt

from barledger.data.bars import Bars


def option_rules(bars: Bars) -> dict[str, Any]:
    """Return the fields of the rules that options set."""
    return {"has_options": any(contract.kind == "option" for contract in bars.kinds)}


def put_options(rows: npt.NDArray[np.void], bars: Bars) -> None:
    """Write the terms of every option into its row of the contracts."""
    if not option_rules(bars)["has_options"]:
        return
    for row, asset, contract in zip(rows, bars.assets, bars.contracts, strict=True):
        if contract.kind != "option":
            continue
        if contract.underlying not in bars.assets:
            raise ValueError(
                f"{asset} is an option on {contract.underlying!r}, which these bars (or its group) "
                f"do not have: it is needed for margin and at expiry"
            )
        under = bars.contracts[bars.assets.index(contract.underlying)]
        if under.kind in ("option", "perpetual") or under.currency != contract.currency:
            raise ValueError(
                f"{asset} must be on a stock, fund, coin or future of its own currency, "
                f"{contract.underlying} is a {under.kind} in {under.currency}"
            )
        row["strike"] = contract.strike
        row["right"] = 1.0 if contract.right == "call" else -1.0
        row["underlying"] = bars.assets.index(contract.underlying)
        row["in_cash"] = contract.settles == "cash"
        row["margin_rate"], row["floor_rate"] = contract.short_rate, contract.short_floor
