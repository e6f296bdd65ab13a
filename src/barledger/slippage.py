"""How much worse than the market a fill is: fixed parts, or a share of an estimate."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
import numpy.typing as npt

from barledger import _check
from barledger._check import Number
from barledger.features.past import in_first_shares, known_before, of_own_bars
from barledger.features.spread import abdi_ranaldo, corwin_schultz, roll
from barledger.features.volatility import deviation_of_returns
from barledger.options import _Option

if TYPE_CHECKING:
    from barledger.data.bars import Bars

Estimator = Literal["corwin_schultz", "abdi_ranaldo", "roll"]
ESTIMATORS: dict[str, tuple[Callable[..., npt.NDArray[np.float64]], tuple[str, ...]]] = {
    "corwin_schultz": (corwin_schultz, ("high", "low", "close")),
    "abdi_ranaldo": (abdi_ranaldo, ("high", "low", "close")),
    "roll": (roll, ("close",)),
}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Slippage(_Option):
    """How much worse than the bar's price a fill is: the parts add up, then the tick rounds.

    Parameters
    ----------
    fraction
        Of the price: 0.0002 is 2 basis points.
    amount
        In price units.
    ticks
        In ticks of the contract.
    cap_to_range
        True: never beyond the bar's high (buys) or low (sells).
    """

    fraction: Number = 0.0
    amount: Number = 0.0
    ticks: Number = 0.0
    cap_to_range: bool = False

    def __post_init__(self) -> None:
        for name in ("fraction", "amount", "ticks"):
            label = "slippage" if name == "fraction" else f"slippage {name}"
            _check.at_least(label, getattr(self, name), 0.0, known=True)
        most = np.max(_check.as_floats("slippage", self.fraction), initial=0.0)
        if most >= 1.0:
            raise ValueError(
                f"slippage is a fraction of the price, below 1 (0.001 is 0.1 %); was {most:g}"
            )

    @classmethod
    def of_spread(
        cls,
        bars: "Bars",
        share: float = 0.5,
        *,
        estimator: Estimator = "corwin_schultz",
        length: int = 21,
        missing: float | None = None,
    ) -> Self:
        """Return slippage that is a share of the bid-ask spread, estimated from past bars.

        A fill on bar t pays `share` of the spread known at the close of t - 1; no price of the
        bar it is filled on is used.

        Parameters
        ----------
        bars
            The bars of the run.
        share
            Of the spread: 0.5, the default, is from its middle to its edge.
        estimator
            ``"corwin_schultz"`` or ``"abdi_ranaldo"`` (need high and low), or ``"roll"`` (closes
            alone); see `barledger.features`.
        length
            Bars in each estimate; for each asset those on which it has a price.
        missing
            Fraction of the price that a fill pays while no estimate is known: the first `length`
            bars of each asset at least. None: an error says how many bars lack one.

        Notes
        -----
        Where an asset has no price its last estimate stands. Prices run on through the splits of
        `bars.events`. The estimators take some volatility for spread: the five large stocks of
        `Bars.sample`, whose spread was some basis points, are given 0.5 to 1.7 %. Where the spread
        is known, say it: ``Slippage(0.0001)``, ``Slippage(ticks=0.5)``.

        Examples
        --------
        >>> from barledger.data.bars import Bars
        >>> bars = Bars.from_arrays([10.0, 10.1, 10.0, 10.1, 10.0, 10.1])
        >>> slippage = Slippage.of_spread(bars, estimator="roll", length=4, missing=0.001)
        >>> slippage.fraction[:, 0].round(4)
        array([0.001 , 0.001 , 0.001 , 0.001 , 0.0141, 0.0141])
        """
        _check.choice("slippage estimator", estimator, ESTIMATORS)
        measure, names = ESTIMATORS[estimator]
        _check.single("slippage share", share, 0.0)
        prices = _past_prices(bars, names, f"slippage by {estimator}")
        spread = known_before(of_own_bars(lambda *own: measure(*own, length), *prices))
        return cls(fraction=_filled(share * spread, missing, "spread", bars))

    @classmethod
    def of_volatility(
        cls, bars: "Bars", share: float, *, length: int = 21, missing: float | None = None
    ) -> Self:
        """Return slippage that is a share of the volatility of past bars.

        A fill on bar t pays `share` of the standard deviation (ddof 1) of the last `length`
        close-to-close returns, up to the close of t - 1; no price of the bar it is filled on is
        used.

        Parameters
        ----------
        bars
            The bars of the run.
        share
            Of the deviation of one bar's returns: 0.1 at 2 % a bar is 20 basis points.
        length
            Returns in each deviation, at least 2; for each asset between bars with a close.
        missing
            Fraction of the price that a fill pays while no deviation is known: the first
            `length` + 1 bars of each asset at least. None: an error says how many bars lack one.

        Notes
        -----
        Where an asset has no price its last deviation stands. Prices run on through the splits of
        `bars.events`.

        Examples
        --------
        >>> from barledger.data.bars import Bars
        >>> bars = Bars.from_arrays([10.0, 11.0, 11.0, 11.0, 11.0])
        >>> Slippage.of_volatility(bars, 0.1, length=2, missing=0.01).fraction[:, 0].round(4)
        array([0.01  , 0.01  , 0.01  , 0.0071, 0.    ])
        """
        _check.single("slippage share", share, 0.0)
        _check.whole("slippage length", length, 2)
        prices = _past_prices(bars, ("close",), "slippage by volatility")
        deviation = of_own_bars(lambda close: deviation_of_returns(close, length), *prices)
        return cls(fraction=_filled(share * known_before(deviation), missing, "volatility", bars))


def _past_prices(
    bars: "Bars", names: Sequence[str], wanted_by: str
) -> list[npt.NDArray[np.float64]]:
    """Return matrices of the bars, made to run on through their splits."""
    if not hasattr(bars, "contracts"):
        raise TypeError(f"{wanted_by} needs Bars, was given {type(bars).__name__}")
    lacking = [name for name in names if name not in bars.matrices]
    if lacking:
        raise ValueError(
            f"{wanted_by} needs bars with {' and '.join(lacking)}; "
            "estimator='roll' needs closes alone"
        )
    splits = [] if bars.events is None else bars.events.split_rows(bars)
    return [in_first_shares(bars.matrices[name], splits) for name in names]


def _filled(
    fractions: npt.NDArray[np.float64], missing: float | None, what: str, bars: "Bars"
) -> npt.NDArray[np.float64]:
    """Return fractions with `missing` where there is none yet, or say how many bars lack one."""
    _check.single("slippage missing", missing, 0.0)
    lacks = np.isnan(fractions)
    if missing is None and lacks.any():
        counts = lacks.sum(axis=0)
        asset = int(np.argmax(counts))
        raise ValueError(
            f"slippage of {what}: no estimate is known on the first {counts[asset]} of "
            f"{len(bars)} bars of {bars.assets[asset]}; give the fraction to pay there, "
            "such as missing=0.001"
        )
    return np.where(lacks, np.nan if missing is None else missing, fractions)
