"""Limits on what may be held and lost, tested inside the simulation on marked equity."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from barledger import _check, _html
from barledger._param import check_when_known


@dataclass(frozen=True, slots=True, kw_only=True)
@check_when_known
class RiskLimits:
    """Caps on exposure, and loss limits that halt or flatten.

    Parameters
    ----------
    max_positions
        Most assets held at once.
    max_leverage
        Cap on gross exposure over equity, futures' notional included.
    max_net
        Cap on the absolute net exposure over equity.
    max_per_asset
        Cap on one asset's exposure, as a fraction of equity (0.1 is 10 %; above 1 is allowed).
    max_per_group
        Cap on the gross exposure of each group in `groups`, as a fraction of equity.
    groups
        Label of each asset's group, one an asset in column order or a mapping from asset; None:
        no group.
    max_daily_loss, max_weekly_loss
        Fraction of the equity at the last close before the date (the week's Monday) that may be
        lost, unrealised losses included.
    max_drawdown
        Fraction below the highest close so far.
    action
        ``"halt"`` (default): no new entries until the next date or week, for good after a
        drawdown; ``"flatten"``: close everything at the next open, then halt.
    """

    max_positions: int | None = None
    max_leverage: float | None = None
    max_net: float | None = None
    max_per_asset: float | None = None
    max_per_group: float | None = None
    groups: Sequence[str | None] | Mapping[str, str] | None = None
    max_daily_loss: float | None = None
    max_weekly_loss: float | None = None
    max_drawdown: float | None = None
    action: Literal["halt", "flatten"] = "halt"

    def __post_init__(self) -> None:
        if self.max_positions is not None:
            _check.whole("max_positions", self.max_positions, 1)
        for name in ("max_leverage", "max_net", "max_per_asset", "max_per_group"):
            _check.single(name, getattr(self, name), 0.0, strict=True)
        for name in ("max_daily_loss", "max_weekly_loss", "max_drawdown"):
            _check.fraction(name, getattr(self, name))
        if (self.max_per_group is None) != (self.groups is None):
            raise ValueError("max_per_group and groups belong together: give both or neither")
        _check.choice("action", self.action, ("halt", "flatten"))

    def _repr_html_(self) -> str:
        return _html.option(self)
