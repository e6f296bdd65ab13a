"""barledger: accounting-first backtesting on arrays.

Every public name is listed here and loaded when it is first used: `import barledger` is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from barledger._collector import seldom

if TYPE_CHECKING:
    from barledger import compat, data, execution, portfolio, presets, rules, trade, validation
    from barledger._param import param
    from barledger.accounts import (
        Cash,
        CashBalance,
        FreeCash,
        FuturesMargin,
        PerpCross,
        PerpIsolated,
        PortfolioMargin,
        RegT,
        Unlimited,
    )
    from barledger.comparison import Comparison, compare
    from barledger.data.bars import Bars
    from barledger.data.events import Events
    from barledger.exchange import perpetual
    from barledger.exchange.span import (
        SpanMargin,
        SpanOffset,
        SpanParameters,
        SpanPortfolio,
        SpanPosition,
        SpanProduct,
        span,
    )
    from barledger.halts import Halts
    from barledger.impact import AlmgrenImpact, KyleImpact, SquareRootImpact, VolumeShareImpact
    from barledger.instruments.brackets import Brackets
    from barledger.instruments.contract import Contract
    from barledger.liquidity import Liquidity
    from barledger.lowering.decisions import DecisionError
    from barledger.options import (
        PercentFee,
        PercentOfCash,
        PercentOfEquity,
        PerUnitFee,
        Risk,
        Rules,
        Shares,
        TargetPercent,
        TargetShares,
        TargetValue,
        TieredFee,
        Value,
        VolatilityTarget,
    )
    from barledger.orders import (
        Bracket,
        Limit,
        Market,
        MarketIfTouched,
        MarketOnClose,
        MarketOnOpen,
        MarketWithProtection,
        Stop,
        StopLimit,
        TrailingStop,
    )
    from barledger.portfolio import Portfolio
    from barledger.result import Result
    from barledger.risk import RiskLimits
    from barledger.rules.rule import RuleError, rule
    from barledger.slippage import Slippage
    from barledger.state import State
    from barledger.stops import Stops
    from barledger.strategy import Strategy
    from barledger.sweeps.given import Signals
    from barledger.sweeps.own import Metric, MetricError, metric
    from barledger.sweeps.run import SweepRun
    from barledger.sweeps.search import search
    from barledger.sweeps.sweep import Sweep, sweep
    from barledger.validation.monte_carlo import MonteCarlo, monte_carlo
    from barledger.validation.walk_forward import WalkForward, walk_forward

__version__ = "0.1.0"

_HOME = {
    "_param": ("param",),
    "accounts": (
        "Cash",
        "CashBalance",
        "FreeCash",
        "FuturesMargin",
        "PerpCross",
        "PerpIsolated",
        "PortfolioMargin",
        "RegT",
        "Unlimited",
    ),
    "comparison": ("Comparison", "compare"),
    "data.bars": ("Bars",),
    "data.events": ("Events",),
    "exchange.span": (
        "SpanMargin",
        "SpanOffset",
        "SpanParameters",
        "SpanPortfolio",
        "SpanPosition",
        "SpanProduct",
        "span",
    ),
    "instruments.brackets": ("Brackets",),
    "instruments.contract": ("Contract",),
    "lowering.decisions": ("DecisionError",),
    "options": (
        "PercentFee",
        "PercentOfCash",
        "PercentOfEquity",
        "PerUnitFee",
        "Risk",
        "Rules",
        "Shares",
        "TargetPercent",
        "TargetShares",
        "TargetValue",
        "TieredFee",
        "Value",
        "VolatilityTarget",
    ),
    "halts": ("Halts",),
    "impact": ("AlmgrenImpact", "KyleImpact", "SquareRootImpact", "VolumeShareImpact"),
    "liquidity": ("Liquidity",),
    "orders": (
        "Bracket",
        "Limit",
        "Market",
        "MarketIfTouched",
        "MarketOnClose",
        "MarketOnOpen",
        "MarketWithProtection",
        "Stop",
        "StopLimit",
        "TrailingStop",
    ),
    "portfolio": ("Portfolio",),
    "result": ("Result",),
    "risk": ("RiskLimits",),
    "rules.rule": ("RuleError", "rule"),
    "slippage": ("Slippage",),
    "state": ("State",),
    "sweeps.given": ("Signals",),
    "sweeps.own": ("Metric", "MetricError", "metric"),
    "sweeps.run": ("SweepRun",),
    "sweeps.search": ("search",),
    "sweeps.sweep": ("Sweep", "sweep"),
    "stops": ("Stops",),
    "strategy": ("Strategy",),
    "validation.monte_carlo": ("MonteCarlo", "monte_carlo"),
    "validation.walk_forward": ("WalkForward", "walk_forward"),
}
_WHERE = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "AlmgrenImpact",
    "Bars",
    "Bracket",
    "Brackets",
    "Cash",
    "CashBalance",
    "Comparison",
    "Contract",
    "DecisionError",
    "Events",
    "FreeCash",
    "FuturesMargin",
    "Halts",
    "KyleImpact",
    "Limit",
    "Liquidity",
    "Market",
    "MarketIfTouched",
    "MarketOnClose",
    "MarketOnOpen",
    "MarketWithProtection",
    "Metric",
    "MetricError",
    "MonteCarlo",
    "PerUnitFee",
    "PercentFee",
    "PercentOfCash",
    "PercentOfEquity",
    "PerpCross",
    "PerpIsolated",
    "Portfolio",
    "PortfolioMargin",
    "RegT",
    "Result",
    "Risk",
    "RiskLimits",
    "RuleError",
    "Rules",
    "Shares",
    "Signals",
    "Slippage",
    "SpanMargin",
    "SpanOffset",
    "SpanParameters",
    "SpanPortfolio",
    "SpanPosition",
    "SpanProduct",
    "SquareRootImpact",
    "State",
    "Stop",
    "StopLimit",
    "Stops",
    "Strategy",
    "Sweep",
    "SweepRun",
    "TargetPercent",
    "TargetShares",
    "TargetValue",
    "TieredFee",
    "TrailingStop",
    "Unlimited",
    "Value",
    "VolatilityTarget",
    "VolumeShareImpact",
    "WalkForward",
    "compare",
    "compat",
    "data",
    "execution",
    "metric",
    "monte_carlo",
    "param",
    "perpetual",
    "portfolio",
    "presets",
    "rule",
    "rules",
    "search",
    "span",
    "sweep",
    "trade",
    "validation",
    "walk_forward",
]


def __getattr__(name: str) -> Any:
    with seldom():
        found = globals()[name] = _found(name)
    return found


def _found(name: str) -> Any:
    if name == "perpetual":
        return import_module("barledger.exchange.perpetual")
    if name in (
        "compat",
        "data",
        "execution",
        "portfolio",
        "presets",
        "rules",
        "trade",
        "validation",
    ):
        return import_module(f"barledger.{name}")
    if name in _WHERE:
        return getattr(import_module(f"barledger.{_WHERE[name]}"), name)
    raise AttributeError(f"module 'barledger' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
