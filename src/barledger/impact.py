"""What an order does to the price it gets: published laws of market impact, from lagged numbers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from barledger import _check
from barledger._check import Number
from barledger.features.past import in_first_shares, known_before, of_own_bars
from barledger.features.volatility import deviation_of_returns
from barledger.options import _Option

if TYPE_CHECKING:
    from barledger.data.bars import Bars

Floats = npt.NDArray[np.float64]


class Law(NamedTuple):
    """Impact of quantity q: price · (curved · q ^ power + straight · q) + money · q.

    What stays in the prices of later bars: (price · lasting + lasting_money) · signed q.
    """

    curved: Any = 0.0
    power: float = 1.0
    straight: Any = 0.0
    money: Any = 0.0
    lasting: Any = 0.0
    lasting_money: Any = 0.0


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Impact(_Option):
    """What an order does to its own price; use one of its kinds.

    Each fill is as much worse as its own quantity makes it, on top of slippage; never past the
    limit of its order, and the tick rounds against it. Nothing stays in later prices unless
    `permanent` says so.
    """

    needs: ClassVar[tuple[str, ...]] = ()
    permanent: Number | None = field(default=None, kw_only=True)
    across: Any = field(default=None, kw_only=True)

    def map(self, part: Callable[[Any], Any]) -> Self:
        """Return the law with a function applied to each of its numbers but the matrix."""
        before = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "across"}
        after = {name: part(value) for name, value in before.items()}
        is_same = all(after[name] is value for name, value in before.items())
        return self if is_same else replace(self, **after)

    def of(self, columns: Sequence[int]) -> Self:
        """Return the law with the matrix of some columns only."""
        if self.across is None:
            return self
        return replace(self, across=np.asarray(self.across)[np.ix_(columns, columns)])

    def _lasting(self) -> Any:
        return np.asarray(0.0 if self.permanent is None else self.permanent)

    def _check_lasting(self) -> None:
        name = type(self).__name__
        _check.at_least(f"{name} permanent", self.permanent, 0.0, known=True)
        if self.across is None:
            return
        if self.permanent is None:
            raise ValueError(f"{name} across needs permanent, what stays of the impact")
        matrix = _check.as_floats(f"{name} across", self.across)
        if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
            raise ValueError(f"{name} across must be (N, N), had shape {matrix.shape}")
        if not np.isfinite(matrix).all() or (np.diag(matrix) != 1.0).any():
            raise ValueError(f"{name} across must be finite, with 1 for each asset on itself")

    def law(self, volatility: Any, volume: Any) -> Law:
        """Return the law in numbers."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Estimated(Impact):
    """Impact by daily volatility and volume: given, or estimated from the bars before the fill.

    Estimates are means of the last `length` bars up to the one before the fill.
    """

    coefficient: Number = 1.0
    volatility: Number | None = None
    volume: Number | None = None
    length: int = 21
    missing: float | None = None
    needs: ClassVar[tuple[str, ...]] = ("volatility", "volume")

    def __post_init__(self) -> None:
        name = type(self).__name__
        _check.at_least(f"{name} coefficient", self.coefficient, 0.0, known=True)
        _check.at_least(f"{name} volatility", self.volatility, 0.0)
        _check.at_least(f"{name} volume", self.volume, 0.0, strict=True)
        _check.whole(f"{name} length", self.length, 2)
        _check.single(f"{name} missing", self.missing, 0.0)
        self._check_lasting()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SquareRootImpact(_Estimated):
    """Impact = coefficient · sigma · (Q / V) ^ ½, a fraction of the price (arXiv 2411.13965).

    Parameters
    ----------
    coefficient
        Y, about 1 (0.5 to 1.5 for stocks, 0.7 to 1 for futures).
    volatility
        sigma, standard deviation of one bar's returns, known before the bar; None: estimated.
    volume
        V, volume of a bar, known before it; None: estimated, the bars then need volume.
    length
        Bars in each estimate.
    missing
        Fraction of the price to pay where an estimate is not known yet; None: an error says where.
    permanent
        What stays in the fills of the following bars: a fill of signed Q moves them by
        permanent · sigma · Q / V, linear so that no round trip can gain by it; None: nothing.
    across
        (N, N), 1 on its diagonal: row i, column j is how far asset i moves with a move of asset j.

    Examples
    --------
    >>> law = SquareRootImpact().law(volatility=0.02, volume=1e7)
    >>> round(float(law.curved) * 100_000**0.5, 6)
    0.002
    """

    def law(self, volatility: Any, volume: Any) -> Law:
        """Return the law in numbers."""
        curved = np.asarray(self.coefficient) * volatility / np.sqrt(volume)
        return Law(curved, 0.5, lasting=self._lasting() * volatility / volume)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AlmgrenImpact(_Estimated):
    """Mean cost of Almgren, Thum, Hauptmann and Li (2005): half the permanent part, and all else.

    Cost = sigma · gamma / 2 · (Q / V) · (Theta / V) ^ ¼ + coefficient · sigma · eta · (Q / (V · T)) ^ 0.6, with gamma 0.314
    and eta 0.142.

    Parameters
    ----------
    shares_outstanding
        Theta. Futures have none: use `SquareRootImpact`.
    days
        T, the part of a bar's volume time over which the order trades.
    coefficient, volatility, volume, length, missing, across
        As in `SquareRootImpact`.
    permanent
        Part of the permanent impact, sigma · gamma · (Q / V) · (Theta / V) ^ ¼, that stays in the
        fills of the following bars: 1 is the paper's; None: none.
    """

    shares_outstanding: Number | None = None
    days: float = 1.0

    def __post_init__(self) -> None:
        _Estimated.__post_init__(self)
        if self.shares_outstanding is None:
            raise ValueError("AlmgrenImpact needs shares_outstanding")
        name = "AlmgrenImpact"
        shares = self.shares_outstanding
        _check.at_least(f"{name} shares_outstanding", shares, 0.0, strict=True, known=True)
        _check.single(f"{name} days", self.days, 0.0, strict=True)

    def law(self, volatility: Any, volume: Any) -> Law:
        """Return the law in numbers."""
        temporary = 0.142 * volatility / (volume * self.days) ** 0.6
        permanent = 0.314 * volatility / volume * (self.shares_outstanding / volume) ** 0.25
        lasting = self._lasting() * permanent
        return Law(np.asarray(self.coefficient) * temporary, 0.6, permanent / 2, lasting=lasting)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class KyleImpact(Impact):
    """Impact = lambda · Q in price units (Kyle 1985).

    Parameters
    ----------
    slope
        lambda: price units for each share or contract, of any shape an option takes.
    permanent
        Part of it that stays in the fills of the following bars; None: none.
    across
        As in `SquareRootImpact`.
    """

    slope: Number

    def __post_init__(self) -> None:
        _check.at_least("KyleImpact slope", self.slope, 0.0, known=True)
        self._check_lasting()

    @classmethod
    def of_noise(cls, value_deviation: float, flow_deviation: float) -> "KyleImpact":
        """Return the law of Kyle's model: lambda = sigma_v / (2 sigma_u).

        Examples
        --------
        >>> round(KyleImpact.of_noise(1.2, 40_000.0).slope, 9)
        1.5e-05
        """
        _check.single("KyleImpact flow_deviation", flow_deviation, 0.0, strict=True)
        return cls(value_deviation / (2.0 * flow_deviation))

    def law(self, volatility: Any, volume: Any) -> Law:
        """Return the law in numbers."""
        lasting = self._lasting() * np.asarray(self.slope)
        return Law(money=self.slope, lasting_money=lasting)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class VolumeShareImpact(Impact):
    """Impact = coefficient · (Q / V) ² as a fraction of the price, V the bar's own volume.

    Parameters
    ----------
    coefficient
        0.1: an order for a tenth of the bar's volume pays 0.1 %.
    missing
        Fraction to pay where the bar's volume is 0 or not known.
    permanent
        A fill of signed Q moves those of the following bars by permanent · Q / V; None: nothing.
    across
        As in `SquareRootImpact`.
    """

    coefficient: Number = 0.1
    missing: float = 0.0
    needs: ClassVar[tuple[str, ...]] = ("own_volume",)

    def __post_init__(self) -> None:
        _check.at_least("VolumeShareImpact coefficient", self.coefficient, 0.0, known=True)
        _check.single("VolumeShareImpact missing", self.missing, 0.0)
        self._check_lasting()

    def law(self, volatility: Any, volume: Any) -> Law:
        """Return the law in numbers."""
        lasting = self._lasting() / np.asarray(volume)
        return Law(np.asarray(self.coefficient) / np.asarray(volume) ** 2, 2.0, lasting=lasting)


def numbers_of(impact: Any, bars: "Bars", what: str) -> Any:
    """Return volatility or volume as given, or (T, N) as known before each bar."""
    given = getattr(impact, what, None)
    if given is not None:
        return given
    splits = [] if bars.events is None else bars.events.split_rows(bars)
    if what == "volatility":
        close = in_first_shares(bars._close, splits)
        deviation = of_own_bars(lambda own: deviation_of_returns(own, impact.length), close)
        return known_before(deviation)
    if len(bars._volume) == 0:
        raise ValueError(f"{type(impact).__name__} needs bars with volume, or volume=")
    scale = in_first_shares(np.ones(bars.shape), splits)  # shares of the first bar in one of now
    mean = of_own_bars(lambda own: _mean(own, impact.length), bars._volume / scale)
    return known_before(mean) * scale


def _mean(values: Floats, length: int) -> Floats:
    """Return the mean of the last `length` numbers, NaN before there are so many."""
    out = np.full(len(values), np.nan)
    for end in range(length, len(values) + 1):
        out[end - 1] = values[end - length : end].mean()
    return out
