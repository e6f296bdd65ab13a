"""One call's options: checked, lined up with the bars by label, defaults filled in."""

from collections.abc import Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from barledger import _check
from barledger.accounts import Account, Cash, FreeCash
from barledger.data.bars import Bars
from barledger.data.events import Events
from barledger.halts import Halts
from barledger.impact import Impact
from barledger.liquidity import Liquidity
from barledger.lowering.aligned import by_label
from barledger.lowering.brackets import NO_LEVELS, check_brackets, parted
from barledger.lowering.exchange import check_currencies
from barledger.lowering.request import Request
from barledger.lowering.varying import full
from barledger.lowering.volumes import check_volume
from barledger.lowering.waits import carried
from barledger.lowering.wishes import Wishes
from barledger.options import Fee, PercentFee, Rules, Size
from barledger.orders import Order
from barledger.risk import RiskLimits
from barledger.slippage import Slippage
from barledger.state import State
from barledger.stops import Stops

FILLS = ("next_open", "next_close", "close")
RECORDS = ("full", "equity", "metrics")
CASH, RULES, NO_LIMITS = Cash(), Rules(), RiskLimits()
KNOWN = (
    "account", "fees", "slippage", "impact", "price", "fill", "rules", "priority", "exclusive", "stops",
    "orders", "liquidity", "halts", "delay", "limits", "events", "initial_cash", "start", "groups", "record",
)  # fmt: skip


SIGNALS = ("entries", "exits", "short_entries", "short_exits", "size", "direction")
ELSEWHERE = {"tif": "orders", "sl_stop": "stops", "tp_stop": "stops", "init_cash": "initial_cash"}


def _meant(word: str) -> str:
    """Return the option that a word resembles, as a question."""
    near = get_close_matches(word, (*KNOWN, *SIGNALS), n=1)
    meant = ELSEWHERE.get(word) or (near[0] if near else None)
    return f" (did you mean {meant}?)" if meant else ""


def request_of(bars: Bars, wished: Wishes, size: Size, options: dict[str, Any]) -> Request:
    """Return what one call asks for: options checked, defaults filled in."""
    unknown = sorted(set(options) - set(KNOWN))
    if unknown:
        raise TypeError(
            f"unknown options {', '.join(unknown)}{_meant(unknown[0])}; known beside the signals "
            f"and the size are {', '.join(KNOWN)}"
        )
    given = {name: value for name, value in options.items() if value is not None}
    _check_types(given)
    check_currencies(
        given.get("account", CASH), bars, _by_stamp(given.get("events", bars.events), bars)
    )
    fill = given.get("fill", "next_open")
    _check.choice("fill", fill, FILLS)
    _check.choice("record", given.get("record", "full"), RECORDS)
    has_open = len(bars._open) > 0
    account = given.get("account", CASH)
    orders, stops = parted(given.get("orders"), given.get("stops"))
    stops = _with_own_levels(stops, wished, given.get("start"))
    start = given.get("start")
    _check_single(given, start)
    request = Request(
        bars=bars,
        wishes=wished,
        size=_lined_up(size, bars),
        account=_checked_account(account, bars, given.get("rules", RULES)),
        fees=_lined_up(_as_fee(given.get("fees", 0.0)), bars),
        slippage=_lined_up(_as_slippage(given.get("slippage", 0.0)), bars),
        fill="next_close" if fill == "next_open" and not has_open else fill,
        price=_own_prices(by_label("price", given.get("price"), bars), bars),
        rules=_rules(given),
        priority=by_label("priority", given.get("priority"), bars),
        exclusive=_exclusive(given.get("exclusive", ()), bars),
        limits=given.get("limits", NO_LIMITS),
        events=_by_stamp(given.get("events", bars.events), bars),
        initial_cash=_initial_cash(given),
        start=start if isinstance(start, State) else None,
        record=given.get("record", "full"),
        stops=_lined_up(stops, bars),
        orders=_lined_up(orders, bars),
        liquidity=_checked_liquidity(given.get("liquidity"), bars),
        halts=_lined_up(given.get("halts"), bars),
        impact=_lined_up(given.get("impact"), bars),
        delay=_delay(given.get("delay", 0), fill),
    )
    check_brackets(request)
    return request


def _with_own_levels(stops: Stops | None, wished: Wishes, start: Any) -> Stops | None:
    """Return stops also where only the orders of a frame, or an earlier run, bring levels."""
    rows = wished.orders
    if stops is None and isinstance(start, State) and start.continuation is not None:
        rows_before = start.continuation.stops.values()
        has_levels = any(
            np.isfinite([r["loss"], r["target"], r["trail"]]).any() for r in rows_before
        )
        if has_levels or carried(start)["has_levels"].any():
            return NO_LEVELS
    if rows is None or not (np.isfinite(rows["loss"]) | np.isfinite(rows["target"])).any():
        return stops
    if stops is not None and (stops.losses is not None or stops.targets is not None):
        raise ValueError("orders with stop_loss or take_profit do not go with Stops of ladders")
    return NO_LEVELS if stops is None else stops


def _delay(bars: Any, fill: str) -> int:
    """Return how many bars later than the next orders reach the market."""
    _check.whole("delay", bars, 0)
    if bars and fill == "close":
        raise ValueError(
            "delay needs fill='next_open' or 'next_close': with fill='close' orders fill on the bar "
            "that made them"
        )
    return int(bars)


def _by_stamp(events: Events | None, bars: Bars) -> Events | None:
    """Return events by stamp and name, which every account can take its part of."""
    return None if events is None else events.fixed(bars.time, bars.assets)


def _lined_up(option: Any, bars: Bars) -> Any:
    """Return an option whose frames line up with the bars by label."""
    if option is None:
        return None
    return option.map(lambda value: by_label(type(option).__name__, value, bars))


KINDS: dict[str, tuple[type, str]] = {
    "account": (Account, "an account such as Cash()"),
    "rules": (Rules, "Rules such as Rules(conflict='entry')"),
    "stops": (Stops, "Stops such as Stops(loss=0.05)"),
    "orders": (Order, "an order such as Limit(99.5)"),
    "impact": (Impact, "an impact such as SquareRootImpact()"),
    "liquidity": (Liquidity, "Liquidity such as Liquidity(share=0.1)"),
    "halts": (Halts, "Halts such as Halts(closed=mask)"),
    "limits": (RiskLimits, "RiskLimits such as RiskLimits(max_positions=5)"),
    "events": (Events, "Events such as Events(splits=[('2020-08-31', 'AAPL', 4)])"),
}


def _check_types(given: dict[str, Any]) -> None:
    for name, (kind, example) in KINDS.items():
        if name in given and not isinstance(given[name], kind):
            raise TypeError(f"{name} must be {example}, was {given[name]!r}")


def checked_bars(bars: Bars) -> Bars:
    """Return bars that an account can trade; raise if these are not."""
    if not isinstance(bars, Bars):
        raise TypeError(
            f"bars must be Bars, was {type(bars).__name__}; Bars.from_arrays or Bars.from_frame "
            "makes them"
        )
    return bars


def _check_single(given: dict[str, Any], start: Any) -> None:
    """Several accounts' money or states need groups; money of several must match their number."""
    several = np.ndim(given.get("initial_cash", 0.0)) > 0 or isinstance(start, Sequence)
    if several and "groups" not in given:
        raise ValueError("several initial_cash or start values need groups, one for each of them")
    if start is not None and not isinstance(start, State | Sequence):
        raise TypeError(f"start must be a State such as result.state, was {start!r}")


def _initial_cash(given: dict[str, Any]) -> float:
    value = given.get("initial_cash", 100_000.0)
    if type(value) is float and 0.0 <= value < np.inf:
        return value
    cash = _check.as_floats("initial_cash", value)
    if not np.isfinite(cash).all() or (cash < 0.0).any():
        raise ValueError(f"initial_cash must be finite and >= 0, was {given['initial_cash']}")
    return float(cash.flat[0])


def _checked_account(account: Account, bars: Bars, rules: Rules) -> Account:
    extremes = getattr(account, "margin_check", None) == "extremes"
    if extremes and (len(bars._high) == 0 or len(bars._low) == 0) and len(bars._mark) == 0:
        raise ValueError(
            "margin_check='extremes' needs bars with high and low, or a mark price; without them "
            "give margin_check='open_close'"
        )
    if isinstance(account, FreeCash):
        if any(contract.kind in ("future", "perpetual") for contract in bars.kinds):
            raise ValueError("a FreeCash account takes neither futures nor perpetuals")
        if rules.allocation in ("proportional", "all_or_none"):
            raise ValueError(
                "a FreeCash account needs allocation='in_order' or 'priority', was "
                f"{rules.allocation!r}: its shorts need no money, so there is no set to share it"
            )
    return account


def _checked_liquidity(liquidity: Liquidity | None, bars: Bars) -> Liquidity | None:
    check_volume(liquidity, bars)
    lined_up: Liquidity | None = _lined_up(liquidity, bars)
    return lined_up


def _as_fee(fees: Any) -> Fee:
    if isinstance(fees, Fee):
        return fees
    return _flat_fee(fees) if isinstance(fees, float) else PercentFee(fees)


def _as_slippage(slippage: Any) -> Slippage:
    if isinstance(slippage, Slippage):
        return slippage
    return _flat_slippage(slippage) if isinstance(slippage, float) else Slippage(fraction=slippage)


@lru_cache(maxsize=64)
def _flat_fee(rate: float) -> PercentFee:
    return PercentFee(rate)


@lru_cache(maxsize=64)
def _flat_slippage(fraction: float) -> Slippage:
    return Slippage(fraction=fraction)


def _rules(given: dict[str, Any]) -> Rules:
    rules: Rules = given.get("rules", RULES)
    if "priority" in given and rules.allocation == "in_order":
        return rules.map_words(allocation="priority")
    if rules.allocation == "priority" and "priority" not in given:
        raise ValueError("allocation='priority' needs priority=, numbers (T, N), higher first")
    return rules


def _own_prices(price: Any, bars: Bars) -> npt.NDArray[np.float64] | None:
    if price is None:
        return None
    prices = full("price", price, *bars.shape)
    if np.isinf(prices).any():
        raise ValueError("price must be finite, or NaN for no fill; an infinite one was found")
    may_be_negative = np.array([contract.kind == "future" for contract in bars.contracts])
    if (prices <= 0.0)[:, ~may_be_negative].any():
        raise ValueError("price must be > 0; only futures may trade at 0 or below")
    return prices


def _exclusive(groups: Sequence[Sequence[str]], bars: Bars) -> tuple[tuple[int, ...], ...]:
    if isinstance(groups, tuple) and not groups:
        return ()
    if isinstance(groups, str) or any(isinstance(members, str) for members in groups):
        raise TypeError(
            f"exclusive must be groups of assets such as [['SPY', 'SH']], was {groups!r}"
        )
    columns = {asset: column for column, asset in enumerate(bars.assets)}
    named = [asset for members in groups for asset in members]
    unknown = sorted(set(named) - set(columns))
    if unknown:
        raise ValueError(f"exclusive names unknown assets {unknown}; the bars have {bars.assets}")
    if len(named) != len(set(named)):
        raise ValueError("an asset can be in one exclusive group only")
    return tuple(tuple(columns[asset] for asset in members) for members in groups)
