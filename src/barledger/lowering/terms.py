"""Options and contracts as the rows that hold for a whole run: rules, contracts, settings."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from barledger.accounts import Cash
from barledger.data.bars import Bars
from barledger.instruments import calendar
from barledger.instruments.contract import MARGINED, Contract
from barledger.instruments.sessions import session_dates
from barledger.kernel import codes
from barledger.kernel.codes import Setting
from barledger.kernel.types import CONTRACT, RULES
from barledger.lowering.agreed import check_agreed
from barledger.lowering.exchange import currencies_of, rate_rows
from barledger.lowering.financing import add_financing
from barledger.lowering.guards import add_stops
from barledger.lowering.happenings import put_events
from barledger.lowering.impacts import add_impact, put_moved
from barledger.lowering.margins import add_margins
from barledger.lowering.memory import Memory
from barledger.lowering.netted import put_net
from barledger.lowering.perpetuals import perpetual_rules, put_perpetuals
from barledger.lowering.request import Request, check_sequence
from barledger.lowering.spanned import put_span
from barledger.lowering.varying import Varying
from barledger.lowering.volumes import add_caps, put_volume, with_spread
from barledger.lowering.waits import add_orders, carried
from barledger.lowering.written import option_rules, put_options
from barledger.options import (
    Fee,
    PercentFee,
    PercentOfCash,
    PercentOfEquity,
    PerUnitFee,
    Risk,
    Rules,
    Shares,
    Size,
    TargetPercent,
    TargetShares,
    TargetValue,
    TieredFee,
    Value,
)
from barledger.risk import RiskLimits
from barledger.slippage import Slippage
from barledger.state import State

SIZE_KINDS: dict[type[Size], codes.SizeKind] = {
    Shares: codes.SizeKind.SHARES,
    Value: codes.SizeKind.VALUE,
    PercentOfEquity: codes.SizeKind.PERCENT,
    PercentOfCash: codes.SizeKind.PERCENT_OF_CASH,
    Risk: codes.SizeKind.RISK,
    TargetShares: codes.SizeKind.TARGET_SHARES,
    TargetValue: codes.SizeKind.TARGET_VALUE,
    TargetPercent: codes.SizeKind.TARGET_PERCENT,
}
ENUMS = {
    "proceeds": codes.Proceeds,
    "allocation": codes.Allocation,
    "insufficient": codes.Insufficient,
    "conflict": codes.Conflict,
    "direction_conflict": codes.DirectionConflict,
    "opposite": codes.Opposite,
    "repeat": codes.Repeat,
    "reversal": codes.Reversal,
    "size_at": codes.SizeAt,
}
POLICIES = {
    name: {code.name.lower(): int(code) for code in codes_} for name, codes_ in ENUMS.items()
}
CAPS = ("max_leverage", "max_net", "max_per_asset", "max_per_group")
LOSSES = ("max_daily_loss", "max_weekly_loss", "max_drawdown")
UNITS = {"percent": codes.SizeKind.PERCENT, "value": codes.SizeKind.VALUE}
DUST = 1e-9
COLLATERAL = {"USD": (1.02, 1.0), "CAD": (1.02, 0.5)}  # share of the price, rounded up to
OTHER_COLLATERAL = (1.05, 0.01)
KERNEL_KINDS = {"fx": "coin"}  # what the ledger takes a kind for
BORROWED = ("stock", "etf", "coin", "fx")  # what is sold short is lent by somebody
DATED = (int(codes.TimeInForce.GTD), int(codes.TimeInForce.DAY))
SPARE_DAYS = 32  # proceeds may settle this many days after the last bar


def put_terms(memory: Memory, request: Request) -> None:
    """Write everything that does not change during a run."""
    check_agreed(request)
    bars = request.bars
    varying = Varying(*bars.shape)
    fields: dict[str, Any] = {
        **_basics(request),
        **request.account.rules(),
        **_policies(request.rules, request.wishes.kind),
        **_limits(request.limits),
        **_size(varying, request),
        **_fees(varying, request.fees),
        **_slippage(varying, with_spread(request.slippage, request), bars),
        **add_margins(varying, bars, request.account),
        **add_stops(varying, bars, request.stops, request.start),
        **add_orders(varying, request),
        **add_caps(varying, request),
        **add_impact(varying, request),
        **add_financing(varying, request),
        **perpetual_rules(request),
        **option_rules(bars),
    }
    if request.priority is not None:
        varying.add(Setting.PRIORITY, "priority", request.priority)
    lacks = codes.Reason.INSUFFICIENT_CASH
    if fields.get("tests_margin", 0):
        lacks = codes.Reason.INSUFFICIENT_MARGIN
    rules = _row_of({"no_money": lacks, **fields})
    contracts = _contracts(request)
    memory.put("contracts", contracts)
    if request.netting is not None:
        put_net(memory, varying, request.netting)
    memory.put("settings", varying.table)
    memory.put("values", varying.values)
    _put_sequence(memory, rules, request)
    put_events(memory, rules, request)
    put_perpetuals(memory, contracts, rules, request)
    put_options(contracts, bars)
    put_span(memory, bars, request.account)
    _put_clock(memory, rules, request)
    put_volume(memory, request)
    put_moved(memory, request)
    memory.record["rules"] = rules


def _row_of(fields: dict[str, Any]) -> npt.NDArray[np.void]:
    """Return the rules as the kernel's row; what no field names is 0."""
    row = np.array([tuple([fields.pop(name, 0) for name in RULES.names or ()])], RULES)
    if fields:
        raise KeyError(f"the kernel's rules have no {', '.join(fields)}")
    return row


def _basics(request: Request) -> dict[str, Any]:
    fill = codes.Fill[request.fill.upper()]
    orders = request.wishes.orders
    most = 0
    if orders is not None and len(orders):
        most = int(np.bincount(orders["bar"]).max())
    return {
        "fill": fill,
        "lag": 0 if fill == codes.Fill.CLOSE else 1 + request.delay,
        "has_open": len(request.bars._open) > 0,
        "initial_cash": request.initial_cash,
        "target_kind": UNITS.get(request.wishes.unit, codes.SizeKind.SHARES),
        "most_orders": most,
    }


def _policies(rules: Rules, kind: str) -> dict[str, Any]:
    fields: dict[str, Any] = {name: words[getattr(rules, name)] for name, words in POLICIES.items()}
    sequence = codes.Sequence.ARRAY
    if isinstance(rules.sequence, str):
        sequence = codes.Sequence[rules.sequence.upper()]
    fields["sequence"] = sequence
    is_first = sequence == codes.Sequence.EXITS_FIRST
    fields["is_interleaved"] = not is_first and rules.allocation == "in_order"
    fields["checks_submission"] = rules.submission == "checked"
    fields["cuts_orders"] = rules.target_lots == "order"
    return fields


def _limits(limits: RiskLimits) -> dict[str, Any]:
    fields: dict[str, Any] = {
        name: np.inf if getattr(limits, name) is None else getattr(limits, name)
        for name in CAPS + LOSSES
    }
    fields["has_caps"] = any(getattr(limits, name) is not None for name in CAPS)
    fields["has_loss_limits"] = any(getattr(limits, name) is not None for name in LOSSES)
    fields["loss_action"] = codes.LossAction[limits.action.upper()]
    fields["max_positions"] = limits.max_positions or 2**62
    return fields


def _size(varying: Varying, request: Request) -> dict[str, Any]:
    size = request.size
    kind = SIZE_KINDS[type(size)]
    if isinstance(size, Risk):
        varying.add(Setting.SIZE, "size", size.fraction)
        varying.add(Setting.RISK_DISTANCE, "Risk distance", size.distance)
    else:
        varying.add(Setting.SIZE, "size", size.value)  # type: ignore[attr-defined]
    is_frozen = request.rules.size_at == "decision" and kind != codes.SizeKind.PERCENT_OF_CASH
    return {
        "size_kind": kind,
        "is_filling_up": kind >= codes.SizeKind.TARGET_SHARES,
        "is_freezing": is_frozen,
    }


def _fees(varying: Varying, fee: Fee) -> dict[str, Any]:
    if isinstance(fee, TieredFee):
        return _tiers(varying, fee)
    if isinstance(fee, PerUnitFee):
        varying.add(Setting.FEE_PER_UNIT, "fees per_unit", fee.per_unit)
        bounds = (fee.minimum, fee.maximum, fee.maximum_rate)
        is_plain = False
        is_free = False
    elif isinstance(fee, PercentFee):
        varying.add(Setting.FEE_RATE, "fees", fee.rate)
        bounds = (fee.minimum, None, None)
        is_plain = _is_zero(fee.fixed)
        is_free = is_plain and _is_zero(fee.rate)
    else:
        raise TypeError(f"fees must be a PercentFee, PerUnitFee or TieredFee, was {fee!r}")
    varying.add(Setting.FEE_FIXED, "fees fixed", fee.fixed)
    if fee.maker is not None:
        return _maker(varying, fee)
    is_bounded = not _is_zero(bounds[0]) or bounds[1] is not None or bounds[2] is not None
    if is_bounded:
        _bounds(varying, *bounds)
    form = codes.FeeForm.RATE if is_plain and not is_bounded else codes.FeeForm.LINE
    if is_free and not is_bounded:
        form = codes.FeeForm.NONE
    return {"fee_form": form, "has_bounded_fee": is_bounded, "has_fee_line": not is_bounded}


def _maker(varying: Varying, fee: PercentFee | PerUnitFee) -> dict[str, Any]:
    is_rate = isinstance(fee, PercentFee)
    which = Setting.MAKER_RATE if is_rate else Setting.MAKER_PER_UNIT
    varying.add(which, "fees maker", fee.maker)
    return {"fee_form": codes.FeeForm.MAKER_TAKER, "has_bounded_fee": 0, "has_fee_line": 1}


def _tiers(varying: Varying, fee: TieredFee) -> dict[str, Any]:
    if fee.maker is not None:
        return _tiers_of_makers(varying, fee)
    varying.add_tiers(fee.tiers)
    is_bounded = fee.minimum > 0.0
    if is_bounded:
        _bounds(varying, fee.minimum, None, None)
    form = codes.FeeForm.BY_ORDER if fee.by == "order" else codes.FeeForm.BY_MONTH
    is_line = form == codes.FeeForm.BY_MONTH and not is_bounded
    return {"fee_form": form, "has_bounded_fee": is_bounded, "has_fee_line": is_line}


def _tiers_of_makers(varying: Varying, fee: TieredFee) -> dict[str, Any]:
    """Write the tiers of takers, and after them those of makers."""
    tiers = np.array(fee.tiers, np.float64)
    makers = np.column_stack([tiers[:, 0], np.broadcast_to(np.asarray(fee.maker), len(tiers))])
    varying.add_tiers(np.concatenate([tiers, makers]))
    varying.table[codes.Setting.TIERS]["row_step"] = len(tiers)
    form = codes.FeeForm.MAKER_TAKER_BY_MONTH
    return {"fee_form": form, "has_bounded_fee": 0, "has_fee_line": 1}


def _bounds(varying: Varying, minimum: Any, maximum: Any, maximum_rate: Any) -> None:
    varying.add(Setting.FEE_MINIMUM, "fees minimum", minimum)
    varying.add(Setting.FEE_MAXIMUM, "fees maximum", maximum, np.inf)
    varying.add(Setting.FEE_MAXIMUM_RATE, "fees maximum_rate", maximum_rate, np.inf)


def _is_zero(value: Any) -> bool:
    is_number = type(value) is float or np.ndim(value) == 0
    return bool(is_number and value == 0)


def _slippage(varying: Varying, slippage: Slippage, bars: Bars) -> dict[str, Any]:
    parts = (slippage.fraction, slippage.amount, slippage.ticks)
    if all(_is_zero(part) for part in parts):
        return {"has_slippage": 0}
    varying.add(Setting.SLIP_FRACTION, "slippage", slippage.fraction)
    varying.add(Setting.SLIP_AMOUNT, "slippage amount", slippage.amount)
    varying.add(Setting.SLIP_TICKS, "slippage ticks", slippage.ticks)
    if slippage.cap_to_range and (len(bars._high) == 0 or len(bars._low) == 0):
        raise ValueError("slippage cap_to_range needs bars with high and low")
    return {"has_slippage": 1, "cap_to_range": slippage.cap_to_range}


def _contracts(request: Request) -> npt.NDArray[np.void]:
    contracts = request.bars.contracts
    keep = request.rules.split_fraction
    first = contracts[0]
    if len(request.bars.kinds) == 1:
        rows = np.repeat(_contract(first, keep), len(contracts))
    else:
        places = {id(contract): place for place, contract in enumerate(request.bars.kinds)}
        made = np.zeros(len(places), CONTRACT)
        for place, contract in enumerate(request.bars.kinds):
            made[place] = _contract(contract, keep)[0]
        rows = made[[places[id(contract)] for contract in contracts]]
    _round_collateral(rows, request)
    _convert(rows, request)
    rows["exclusive"] = -1
    rows["group"] = -1
    for group, members in enumerate(request.exclusive):
        rows["exclusive"][list(members)] = group
    if request.limits.groups is not None:
        rows["group"] = _group_numbers(request)
    return rows


def _convert(rows: npt.NDArray[np.void], request: Request) -> None:
    """Count what is in another currency at its rate on the first bar."""
    names = currencies_of(request)
    if len(names) > 1:
        rows["currency"] = [names.index(each.currency) for each in request.bars.contracts]
        for bar, number, rate in rate_rows(request):
            if bar == 0:
                rows["rate"][rows["currency"] == number] = rate
        rows["multiplier"] = rows["unit"] * rows["rate"]


def _round_collateral(rows: npt.NDArray[np.void], request: Request) -> None:
    """Let shorts pay on a rounded price, as IBKR does it in each currency."""
    if request.account.borrow_rounding == "ibkr":
        for row, contract in zip(rows, request.bars.contracts, strict=True):
            share, step = COLLATERAL.get(contract.currency, OTHER_COLLATERAL)
            row["collateral"], row["collateral_step"] = share, step


def _contract(contract: Contract, split_fraction: str) -> npt.NDArray[np.void]:
    row = np.zeros(1, CONTRACT)
    lot = float(contract.lot or 0.0)
    row["multiplier"] = row["unit"] = contract.multiplier
    row["rate"] = row["collateral"] = 1.0
    row["liquidation_rate"] = np.nan
    row["tick"] = contract.tick
    row["lot"] = lot
    row["liquidation_lot"] = lot or (1.0 if contract.kind in ("stock", "etf", "option") else 0.0)
    row["min_notional"] = contract.min_notional
    row["leverage_factor"] = contract.leverage_factor
    row["dust"] = DUST * (lot or 1.0)
    row["kind"] = codes.InstrumentKind[KERNEL_KINDS.get(contract.kind, contract.kind).upper()]
    row["is_borrowed"] = contract.kind in BORROWED
    row["is_paid"] = contract.kind not in MARGINED
    row["margin_of_notional"] = contract.margin_unit == "notional"
    row["keeps_fractions"] = split_fraction == "keep" or (split_fraction == "auto" and lot < 1.0)
    return row


def _group_numbers(request: Request) -> list[int]:
    groups = request.limits.groups
    assets = request.bars.assets
    if isinstance(groups, Mapping):
        labels = [groups.get(asset) for asset in assets]
    else:
        labels = list(groups or ())
    if len(labels) != len(assets):
        raise ValueError(
            f"limits groups must name a group for each of the {len(assets)} assets (or None), "
            f"had {len(labels)}"
        )
    numbers = {
        label: number for number, label in enumerate(dict.fromkeys(labels)) if label is not None
    }
    return [-1 if label is None else numbers[label] for label in labels]


def _put_sequence(memory: Memory, rules: npt.NDArray[np.void], request: Request) -> None:
    sequence = request.rules.sequence
    if isinstance(sequence, str):
        return
    array = np.asarray(sequence)
    check_sequence(array, request.bars.shape)
    memory.put("sequence", np.ascontiguousarray(array, np.int64))


def _put_clock(memory: Memory, rules: npt.NDArray[np.void], request: Request) -> None:
    """Write what depends on dates, where something does."""
    bars = request.bars
    if rules["has_loss_limits"][0] or _waits_by_date(rules, request):
        memory.put("days", session_dates(bars.time, bars.calendar))
    if int(rules["fee_form"][0]) in (codes.FeeForm.BY_MONTH, codes.FeeForm.MAKER_TAKER_BY_MONTH):
        memory.put("months", calendar.months_of(bars.time))
    account = request.account
    waits = request.start is not None and _has_settling(request.start)
    if isinstance(account, Cash) and (account.settlement_days != 0 or waits):
        days = calendar.settlement_days(bars.time, account.settlement_days, bars.calendar)
        memory.put("due_bars", places_of_days(days, bars))
    if any(contract.kind == "future" for contract in bars.kinds):
        _put_settlements(memory, bars)


def _waits_by_date(rules: npt.NDArray[np.void], request: Request) -> bool:
    """Whether any order waits up to a date."""
    given = request.wishes.orders
    each = given is not None and bool(np.isin(given["tif"], DATED).any())
    waiting = carried(request.start)
    waits = len(waiting) > 0 and bool(
        (np.isin(waiting["tif"], DATED) | (waiting["last_day"] >= 0)).any()
    )
    return each or waits or int(rules["tif"][0]) in DATED


def _has_settling(start: State) -> bool:
    """Whether settled cash is, or has been, other than cash."""
    before = start.continuation
    return len(start.unsettled) > 0 or (before is not None and before.last_day is not None)


def places_of_days(days: npt.NDArray[np.int64], bars: Bars) -> npt.NDArray[np.int64]:
    """Return the first bar at or after each day; beyond the last bar a place for each day."""
    dates = session_dates(bars.time, bars.calendar)
    at = np.searchsorted(dates, days, side="left").astype(np.int64)
    late = at == len(dates)
    at[late] += np.minimum(days[late] - dates[-1], SPARE_DAYS) - 1
    return at


def _put_settlements(memory: Memory, bars: Bars) -> None:
    """Write settlement prices, one row for each bar that has any."""
    prices = settlement_prices(bars)
    at = np.flatnonzero(~np.isnan(prices).all(axis=1)).astype(np.int64)
    memory.put("settlement_bars", at)
    some = prices if len(at) == len(prices) else prices[at]
    memory.put("settlements", np.ascontiguousarray(some))


def settlement_prices(bars: Bars) -> npt.NDArray[np.float64]:
    """Settlement prices (T, N) of the futures: those given, else the last close of each session.

    They stand on the last bar of the session; NaN where a future had no close in all of it.
    """
    futures = np.array([contract.kind == "future" for contract in bars.contracts])
    if len(bars._settlement):
        return bars._settlement if futures.all() else np.where(futures, bars._settlement, np.nan)
    sessions = session_dates(bars.time, bars.calendar)
    lasts = np.flatnonzero(np.append(sessions[1:] != sessions[:-1], True))
    if len(lasts) == len(sessions):
        return np.where(futures, bars._close, np.nan)
    prices = np.full(bars.shape, np.nan)
    for column in np.flatnonzero(futures):
        prices[lasts, column] = _last_of_each(bars._close[:, column], lasts)
    return prices


def _last_of_each(close: npt.NDArray[np.float64], lasts: npt.NDArray[np.int64]) -> Any:
    """Return the last close of each session; `lasts` are the sessions' last bars."""
    found = close[lasts]
    if not np.isnan(found).any():
        return found
    closes = np.append(-1, np.flatnonzero(~np.isnan(close)))
    at = closes[np.searchsorted(closes, lasts, side="right") - 1]
    before = np.append(-1, lasts[:-1])
    return np.where(at > before, close[at], np.nan)
