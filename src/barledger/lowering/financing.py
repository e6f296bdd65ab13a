"""What holding costs: borrow fees, interest, who may sell short. Options as the kernel reads them."""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from barledger.accounts import Account
from barledger.data.bars import Bars
from barledger.data.events import Events
from barledger.data.stamps import as_stamps
from barledger.instruments.calendar import NANOSECONDS_A_DAY, dates_of
from barledger.instruments.sessions import session_dates
from barledger.kernel.codes import Setting
from barledger.lowering.exchange import currencies_of
from barledger.lowering.request import Request
from barledger.lowering.varying import Varying

Floats = npt.NDArray[np.float64]
TIERS = {Setting.CREDIT: "credit", Setting.DEBIT: "debit", Setting.REBATE: "rebate"}
RULE_201_FALL = 0.10  # from the close of the day before
ZONES = {
    "XNYS": "America/New_York", "XNAS": "America/New_York", "ARCX": "America/New_York",
    "BATS": "America/New_York", "CMES": "America/Chicago", "CME": "America/Chicago",
    "XTSE": "America/Toronto", "XLON": "Europe/London", "XETR": "Europe/Berlin",
    "XFRA": "Europe/Berlin", "XPAR": "Europe/Paris", "XAMS": "Europe/Amsterdam",
    "XSWX": "Europe/Zurich", "XTKS": "Asia/Tokyo", "XHKG": "Asia/Hong_Kong",
    "XASX": "Australia/Sydney", "24/7": "UTC", "24/5": "UTC",
}  # fmt: skip


def add_financing(varying: Varying, request: Request) -> dict[str, Any]:
    """Add rates of interest and borrowing; returns what the rules must know."""
    account, events = request.account, request.events or Events()
    names = currencies_of(request)
    is_apart = has_own_rates(request)
    for which, name in TIERS.items():
        given = [rate_in(account, name, each) for each in (names if is_apart else names[:1])]
        add_tiers(varying, which, given, account.rebate_from if name == "rebate" else 0.0)
    rates = borrow_rates(events, request.bars)
    if rates is not None:
        varying.add(Setting.BORROW, "borrow", rates)
    if account.has_rates_by_currency and events.has("rates"):
        raise ValueError(
            "Events(rates=...) is the benchmark of one currency: with rates of interest by currency "
            "leave it out and give whole rates"
        )
    fields = {
        "day_count": account.day_count,
        "has_benchmark": events.has("rates"),
        "has_own_rates": is_apart,
    }
    return fields | _short_limits(varying, request, events)


def has_own_rates(request: Request) -> bool:
    """Whether interest is reckoned on the balance of each currency by itself."""
    return request.account.has_rates_by_currency and len(currencies_of(request)) > 1


def rate_in(account: Account, name: str, currency: str) -> Any:
    """Return the rate of an account in a currency; raise where there are others and not this one."""
    given = getattr(account, name)
    if not isinstance(given, Mapping):
        return given
    if currency not in given:
        raise ValueError(
            f"{name} has no rate for {currency}, has {', '.join(given)}: give one, or 0"
        )
    return given[currency]


def add_tiers(varying: Varying, which: Setting, rates: Sequence[Any], floor: float) -> None:
    """Add a row of tiers for each currency, all as long as the longest; None is no rate."""
    if len(rates) == 1 and floor <= 0.0 and (rates[0] is None or isinstance(rates[0], float)):
        varying.add_rate(which, np.nan if rates[0] is None else rates[0])
        return
    rows = [tiers_of(rate) for rate in rates]
    if floor > 0.0:
        rows = [[(0.0, None), *((max(a, floor), rate) for a, rate in row)] for row in rows]
    length = max(len(row) for row in rows)
    table = np.full((len(rows), length, 2), (np.inf, np.nan))
    for number, row in enumerate(rows):
        table[number, : len(row)] = [(a, np.nan if rate is None else rate) for a, rate in row]
    varying.add_tiers(table.reshape(-1, 2), which)
    varying.table[which]["row_step"] = length


def _short_limits(varying: Varying, request: Request, events: Events) -> dict[str, Any]:
    has_rule = request.rules.short_sale_rule == "rule_201"
    if has_rule:
        masked = restricted(request.bars, at_close=request.fill != "next_open")
        varying.add(Setting.NO_SHORTS, "short_sale_rule", masked)
    shares: Any = np.inf
    if events.has("borrowable"):
        held = events.held("borrowable", request.bars)
        shares = np.where(np.isnan(held), np.inf, held)
    varying.add(Setting.BORROWABLE, "borrowable", shares)
    return {"has_short_limits": has_rule or events.has("borrowable")}


def tiers_of(rate: Any) -> list[tuple[float, float | None]]:
    """Return a rate as tiers (from amount, rate)."""
    if rate is None or isinstance(rate, float | int):
        return [(0.0, rate)]
    return [(0.0, rate)] if np.ndim(rate) == 0 else [(float(a), r) for a, r in rate]


def accrues(request: Request) -> bool:
    """Whether time alone costs, or pays, anything."""
    account, events = request.account, request.events or Events()
    given = [getattr(account, name) for name in TIERS.values()]
    each = [v for rate in given for v in (rate.values() if isinstance(rate, Mapping) else [rate])]
    rates = [rate for tiers in each for _, rate in tiers_of(tiers)]
    has_interest = any(rate is not None and rate != 0.0 for rate in rates)
    has_benchmark = events.has("rates") and any(rate is not None for rate in rates)
    has_fee = events.has("borrow") or any(c.borrow is not None for c in request.bars.kinds)
    return has_interest or has_benchmark or has_fee


def benchmark(request: Request) -> Floats:
    """Return the benchmark rate of each bar (T,), 0 without one; raise where there is none yet."""
    events, bars = request.events, request.bars
    if events is None or not events.has("rates"):
        return np.zeros(len(bars))
    rates = events.held("rates", bars)[:, 0]
    if np.isnan(rates).any():
        first = int(np.argmin(np.isnan(rates)))
        raise ValueError(
            f"rates begin on bar {first}, after the first bar: give the rate that was in force then"
        )
    return rates


def borrow_rates(events: Events, bars: Bars) -> Floats | None:
    """Return the borrow fee a year of each bar and asset; None: nobody pays any."""
    rates = events.held("borrow", bars) if events.has("borrow") else None
    if any(contract.borrow is not None for contract in bars.kinds):
        own = np.column_stack([_own_rates(c.borrow, bars) for c in bars.contracts])
        rates = own if rates is None else np.where(np.isnan(rates), own, rates)
    return None if rates is None else np.nan_to_num(rates)


def _own_rates(given: Any, bars: Bars) -> Floats:
    """Return the borrow fee of one contract's terms on each bar."""
    if not isinstance(given, Sequence):
        return np.full(len(bars), 0.0 if given is None else float(given))
    starts = as_stamps([start for start, _ in given], "borrow dates").times
    at = np.searchsorted(starts, bars.time, side="right") - 1
    return np.where(at < 0, 0.0, np.array([rate for _, rate in given])[at])


def restricted(bars: Bars, *, at_close: bool) -> Floats:
    """Return 1 where Rule 201 lets nobody sell short at the market, (T, N).

    A price 10 % or more below the close of the session before restricts what is left of that one
    and all of the next one. `at_close` is for fills at the close, which has seen the day's low.
    """
    dates = session_dates(bars.time, bars.calendar)
    is_first = np.append(True, dates[1:] != dates[:-1])
    day = np.cumsum(is_first) - 1
    lasts = bars._close[np.append(np.flatnonzero(is_first)[1:] - 1, len(dates) - 1)]
    level = np.full(bars.shape, np.nan)
    level[day > 0] = (1.0 - RULE_201_FALL) * lasts[day[day > 0] - 1]
    lows = bars._low if len(bars._low) else np.fmin(bars._close, _or_close(bars))
    fell = lows <= level
    by_day = np.zeros((day[-1] + 1, bars.shape[1]), np.bool_)
    np.logical_or.at(by_day, day, fell)
    out = np.zeros(bars.shape, np.bool_)
    out[day > 0] = by_day[day[day > 0] - 1]
    for first, end in zip(np.flatnonzero(is_first), _ends(is_first), strict=True):
        seen = np.logical_or.accumulate(fell[first:end], axis=0)
        out[first + 1 : end] |= seen[:-1]
        out[first:end] |= seen if at_close else _or_close(bars)[first:end] <= level[first:end]
    return out.astype(np.float64)


def _or_close(bars: Bars) -> Floats:
    return bars._open if len(bars._open) else bars._close


def _ends(is_first: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    return np.append(np.flatnonzero(is_first)[1:], len(is_first))


def local_dates(time: Any, calendar: str | None) -> npt.NDArray[np.int64]:
    """Return the date of each bar where its exchange is: interest is by nights there.

    Stamps at midnight are session dates already; bars that are only numbered are a day each.
    """
    dates = dates_of(time)
    if calendar is None or time.dtype.kind != "M" or ZONES.get(calendar) == "UTC":
        return dates
    stamps = time.astype("datetime64[ns]").view(np.int64)
    if (stamps % NANOSECONDS_A_DAY == 0).all():
        return dates
    return _dates_in(time, _zone_of(calendar))


def _zone_of(calendar: str) -> str:
    if calendar in ZONES:
        return ZONES[calendar]
    import exchange_calendars

    return str(exchange_calendars.get_calendar(calendar).tz)


def _dates_in(time: Any, zone: str) -> npt.NDArray[np.int64]:
    import polars as pl

    ZoneInfo(zone)  # a clear error where there is no such zone
    local = pl.Series(time).dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    return local.dt.date().cast(pl.Int32).to_numpy().astype(np.int64)
