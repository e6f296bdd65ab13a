"""How much of an asset can be traded on one bar, and what bars without volume mean."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from barledger import _check
from barledger._check import Number
from barledger.options import _Option

REMAINDERS = ("carry", "drop")
ZERO_VOLUMES = ("no_fill", "last_price", "spread", "synthetic")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Liquidity(_Option):
    """What one bar takes of an asset, from all orders, stops and forced closings together.

    Each cap may be one number, one per asset ``(N,)``, per bar ``(T, 1)`` or full ``(T, N)``, read
    at the bar of the fill. With none of them only `zero_volume` matters.

    Parameters
    ----------
    share
        Of the bar's volume: 0.1 is 10 %. The bars need volume; where it is NaN nothing trades.
    units
        Shares or contracts a bar.
    money
        Money traded a bar, at prices without slippage.
    remainder
        What the bar does not take waits for the next one as long as the order lives (``"carry"``,
        default), or is given up (``"drop"``). An entry at the market lives for one bar unless
        ``Rules(entry_tif=...)`` says otherwise; exits and stops live until they are filled.
    zero_volume
        Bars whose volume is 0 fill nothing (``"no_fill"``, default), fill orders at the market at
        the last close before them (``"last_price"``), at that and half a `spread` (``"spread"``),
        or at their own prices, as if their volume were `floor` (``"synthetic"``).
    spread
        Of ``"spread"``, as a fraction of the price.
    floor
        Of ``"synthetic"``: the least volume of any bar.

    Examples
    --------
    >>> Liquidity(share=0.1, remainder="drop")
    Liquidity(share=0.1, remainder='drop')
    """

    share: Number | None = None
    units: Number | None = None
    money: Number | None = None
    remainder: Literal["carry", "drop"] = "carry"
    zero_volume: Literal["no_fill", "last_price", "spread", "synthetic"] = "no_fill"
    spread: Number | None = None
    floor: Number | None = None

    def __post_init__(self) -> None:
        for name in ("share", "units", "money", "spread", "floor"):
            _check.at_least(f"Liquidity {name}", getattr(self, name), 0.0, known=name != "units")
        for name in ("share", "spread"):
            value = getattr(self, name)
            most = 0.0 if value is None else np.max(_check.as_floats(name, value), initial=0.0)
            if most > 1.0:
                raise ValueError(
                    f"Liquidity {name} is a fraction, at most 1 (0.1 is 10 %); was {most:g}"
                )
        _check.choice("Liquidity remainder", self.remainder, REMAINDERS)
        _check.choice("Liquidity zero_volume", self.zero_volume, ZERO_VOLUMES)
        for name, policy in (("spread", "spread"), ("floor", "synthetic")):
            if (getattr(self, name) is not None) != (self.zero_volume == policy):
                raise ValueError(
                    f"Liquidity {name} and zero_volume={policy!r} belong together; were "
                    f"{name}={getattr(self, name)}, zero_volume={self.zero_volume!r}"
                )

    @property
    def is_capped(self) -> bool:
        """Whether any cap is given."""
        return not (self.share is None and self.units is None and self.money is None)
