"""Accounts of one call: who shares cash with whom, how much there is, and the runs."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from barledger.accounts import FreeCash, Unlimited
from barledger.compat import _given, _words
from barledger.data.bars import Bars
from barledger.kernel.codes import Reason
from barledger.kernel.codes import State as Ended
from barledger.lowering.drive import Run, run
from barledger.lowering.netted import Netting
from barledger.lowering.request import Request
from barledger.lowering.wishes import Wishes
from barledger.options import PercentFee, Rules, Shares
from barledger.result import Result
from barledger.result.result import ACCOUNT, result_of
from barledger.risk import RiskLimits
from barledger.slippage import Slippage

Floats = npt.NDArray[np.float64]
Columns = tuple[int, ...]
DONE = (Ended.FILLED, Ended.PARTLY_FILLED)
IN_CONFLICT = (Reason.SIGNAL_CONFLICT, Reason.DIRECTION_CONFLICT)
SECONDS = {
    "s": 1.0, "sec": 1.0, "min": 60.0, "t": 60.0, "m": 60.0, "h": 3600.0, "d": 86400.0,
    "day": 86400.0, "days": 86400.0, "b": 86400.0, "w": 604800.0,
}  # fmt: skip
SEQUENCES = {"default": "as_given", "reversed": "reversed", "auto": "by_value"}
NO_SIZE, NO_FEE, NO_SLIPPAGE, NO_LIMITS = Shares(0.0), PercentFee(0.0), Slippage(), RiskLimits()


class RejectedOrder(ValueError):
    """An order was rejected, and `raise_reject` asked to be told."""


def run_call(
    call: _given.Call,
    bars: Bars,
    wishes: Wishes,
    options: dict[str, Floats],
    ranges: dict[str, Floats],
) -> Result:
    """Run one call: an account a column, or a group that shares cash."""
    options["VALUES_AGAIN"] = _words.numbers("update_value", call.take("update_value", False), bars)
    if (bars._close <= 0.0).any():
        raise ValueError("close must be > 0")
    price = _given.order_prices(call, bars)
    worth = _given.worths(call, bars, price)
    labels, columns = accounts_of(call, bars)
    cash = call.take("init_cash", 100.0)
    money = money_of(cash, len(labels))
    whole = Request(
        bars=bars,
        wishes=wishes,
        size=NO_SIZE,
        account=FreeCash(),
        fees=fees_of(options),
        slippage=slippage_of(options["SLIPPAGE"]),
        fill="close",
        price=price,
        rules=Rules(sequence=sequence_of(call, bars, columns)),
        priority=None,
        exclusive=(),
        limits=NO_LIMITS,
        events=None,
        initial_cash=float(money[0]),
        start=None,
        record=call.take("record", "full"),
        netting=Netting(
            options=options,
            worth=worth,
            ranges=ranges,
            said=call.said(),
            per_year=per_year_of(call),
        ),
    )
    parts = [part_of(whole, part, len(labels)) for part in columns]
    if isinstance(cash, str):
        money = money_needed(parts, aligned=cash.lower() == "autoalign")
    is_boundless = isinstance(cash, str) or not np.isfinite(money).all()
    if is_boundless:
        parts = [boundless(part) for part in parts]
    runs = []
    for part, amount in zip(parts, money, strict=True):
        account = Unlimited() if not np.isfinite(amount) else part.account
        runs.append(
            run(
                replace(part, initial_cash=float(amount), account=account),
                skips="LOSS" not in options,
            )
        )
    check_orders(call, bars, columns, runs)
    if not call.take("fillna_close", True):
        for done, part in zip(runs, parts, strict=True):
            forget_unknown(done, part.bars)
    return result_of(runs, labels, columns, whole)


def fees_of(options: dict[str, Floats]) -> PercentFee:
    """Return fees as what is closed by force pays them; below 0: none."""
    rate, fixed = options["FEE_RATE"], options["FEE_FIXED"]
    if not rate.any() and not fixed.any():
        return NO_FEE
    return PercentFee(_plain(rate.clip(min=0.0)), fixed=_plain(fixed.clip(min=0.0)))


def slippage_of(fraction: Floats) -> Slippage:
    """Return slippage as what is closed by force pays it; of the whole price: none."""
    if not fraction.any() or (fraction >= 1.0).any():
        return NO_SLIPPAGE
    return Slippage(fraction=_plain(fraction))


def _plain(array: Floats) -> Any:
    return float(array[0, 0]) if array.size == 1 else array


def accounts_of(call: _given.Call, bars: Bars) -> tuple[tuple[str, ...], tuple[Columns, ...]]:
    """Return the labels of the accounts and the columns of each."""
    groups = _given.labels_of(call.given.get("group_by"), bars)
    if bars.shape[1] == 1:
        return (ACCOUNT,), ((0,),)
    if not call.take("cash_sharing", False):
        return bars.assets, tuple((j,) for j in range(bars.shape[1]))
    if groups is None or len(set(groups)) == 1:
        return (ACCOUNT,), ((*range(bars.shape[1]),),)
    labels = tuple(dict.fromkeys(groups))
    return labels, tuple(tuple(j for j, g in enumerate(groups) if g == label) for label in labels)


def sequence_of(call: _given.Call, bars: Bars, columns: tuple[Columns, ...]) -> Any:
    """Return the order of turns: a policy, or an array of column numbers (T, N)."""
    given = call.take("call_seq", "default")
    if isinstance(given, str):
        if given.lower() not in SEQUENCES:
            raise ValueError(
                f"call_seq must be one of {', '.join(SEQUENCES)} or an array, was {given!r}"
            )
        return SEQUENCES[given.lower()]
    array = _words.spread("call_seq", given, bars).astype(np.int64)
    array = np.broadcast_to(array, bars.shape).copy()
    for part in columns:
        chosen = list(part)
        if (np.sort(array[:, chosen], axis=1) != np.arange(len(part))).any():
            raise ValueError(
                f"each row of call_seq must hold the numbers 0 to {len(part) - 1} once for the "
                f"{len(part)} assets of each group"
            )
    return array


def part_of(whole: Request, columns: Columns, n_accounts: int) -> Request:
    """Return the part of a request for one account's columns."""
    if n_accounts == 1:
        return whole
    chosen = list(columns)
    netting = whole.netting
    assert netting is not None

    def cut(array: Floats) -> Floats:
        return np.ascontiguousarray(array[:, chosen] if array.shape[1] > 1 else array)

    def cut_option(value: Any) -> Any:
        return cut(value) if np.ndim(value) == 2 else value

    sequence = whole.rules.sequence
    rules = whole.rules
    if not isinstance(sequence, str):
        rules = replace(rules, sequence=np.asarray(sequence)[:, chosen])
    return replace(
        whole,
        bars=whole.bars[[whole.bars.assets[j] for j in columns]],
        wishes=whole.wishes.of(columns),
        fees=whole.fees.map(cut_option),
        slippage=whole.slippage.map(cut_option),
        price=None if whole.price is None else cut(whole.price),
        rules=rules,
        netting=replace(
            netting,
            options={name: cut(array) for name, array in netting.options.items()},
            worth=None if netting.worth is None else cut(netting.worth),
            ranges={name: cut(array) for name, array in netting.ranges.items()},
        ),
    )


def money_of(cash: Any, n_accounts: int) -> Floats:
    """Return the initial cash of each account."""
    if isinstance(cash, str):
        if cash.lower() not in ("auto", "autoalign"):
            raise ValueError(f"init_cash must be money, 'auto' or 'autoalign', was {cash!r}")
        return np.zeros(n_accounts)
    money = np.asarray(cash, np.float64).ravel()
    if money.size not in (1, n_accounts) or not (money >= 0.0).all():
        raise ValueError(
            f"init_cash must be one number >= 0, or one for each of the {n_accounts} accounts, was "
            f"{cash!r}"
        )
    return np.broadcast_to(money, n_accounts)


def boundless(part: Request) -> Request:
    """Return a request whose orders never lack cash."""
    netting = part.netting
    assert netting is not None
    options = {**netting.options, "IS_BOUNDLESS": np.ones((1, 1))}
    return replace(part, netting=replace(netting, options=options))


def money_needed(parts: list[Request], *, aligned: bool) -> Floats:
    """Return the cash with which no account is ever short of it at a close."""
    needed = np.zeros(len(parts))
    for place, part in enumerate(parts):
        asked = replace(boundless(part), account=Unlimited(), record="full")
        done = run(asked, skips="LOSS" not in asked.netting.options)  # type: ignore[union-attr]
        flows = np.bincount(
            done.fills["bar"], done.fills["amount"] - done.fills["fee"], minlength=len(part.bars)
        )
        needed[place] = max(0.0, -np.cumsum(flows).min())
    return np.full(len(parts), needed.max()) if aligned else needed


def check_orders(
    call: _given.Call, bars: Bars, columns: tuple[Columns, ...], runs: list[Run]
) -> None:
    """Raise for more orders than allowed, and for rejected ones where that was asked for."""
    most = call.given.get("max_orders")
    if most is not None:
        filled = sum(int(np.isin(done.orders["state"], DONE).sum()) for done in runs)
        if filled > most:
            raise IndexError(f"max_orders is {most}, but {filled} orders were filled: set more")
    raises = _words.numbers("raise_reject", call.take("raise_reject", False), bars)
    if not raises.any():
        return
    raises = np.broadcast_to(raises, bars.shape)
    for part, done in zip(columns, runs, strict=True):
        if done.account["is_bankrupt"][0]:
            raise RejectedOrder("the account went bankrupt, and its positions were closed")
        for row in done.orders[done.orders["state"] == Ended.REJECTED]:
            bar, column = int(row["bar"]), part[int(row["asset"])]
            if raises[bar, column] and row["reason"] not in IN_CONFLICT:
                raise RejectedOrder(
                    f"the order of {row['quantity']:g} {bars.assets[column]} on bar {bar} "
                    f"({bars.time[bar]}) was rejected: {Reason(row['reason']).name.lower()}"
                )


def forget_unknown(done: Run, bars: Bars) -> None:
    """Make equity NaN wherever something is held that has no close."""
    if len(done.equity) == 0 or not np.isnan(bars._close).any():
        return
    traded = np.zeros(bars.shape)
    np.add.at(traded, (done.fills["bar"], done.fills["asset"]), done.fills["quantity"])
    held = np.abs(np.cumsum(traded, axis=0)) > 1e-9
    done.equity[(np.isnan(bars._close) & held).any(axis=1)] = np.nan


def per_year_of(call: _given.Call) -> float | None:
    """Return bars a year of 365 days, None where the bars themselves tell."""
    freq = call.given.get("freq")
    if freq is None:
        return None
    words = str(freq).strip()
    number = "".join(c for c in words if c.isdigit() or c == ".") or "1"
    unit = words[len(number) if words[0].isdigit() else 0 :].strip()
    seconds = SECONDS.get(unit) or SECONDS.get(unit.lower())
    if seconds is None:
        raise ValueError(f"freq must be a span such as '1D', '4h' or '30min', was {freq!r}")
    return 365.0 * 86400.0 / (float(number) * seconds)


def stops_of(call: _given.Call, bars: Bars, options: dict[str, Floats]) -> dict[str, Floats]:
    """Add the options of stops; returns the prices that they look at."""
    made = {
        "LOSS": _words.numbers("sl_stop", call.take("sl_stop", np.nan), bars),
        "TARGET": _words.numbers("tp_stop", call.take("tp_stop", np.nan), bars),
    }
    uses = call.take("use_stops", not all(np.isnan(each).all() for each in made.values()))
    modes = {
        ours: _words.codes(word, call.take(word, default), bars, words)
        for ours, (word, default, words) in _given.STOP_CHOICES.items()
    }
    if not uses:
        return {}
    for word, each in (("sl_stop", made["LOSS"]), ("tp_stop", made["TARGET"])):
        if (each < 0.0).any():
            raise ValueError(f"{word} must be 0 or more, or NaN for none, was {np.nanmin(each):g}")
    options |= made | modes
    options["TRAILS"] = _words.numbers("sl_trail", call.take("sl_trail", False), bars)
    return ranges_of(call, bars)


def ranges_of(call: _given.Call, bars: Bars) -> dict[str, Floats]:
    """Return open, high and low, each where it is not known made of those that are."""
    given = {name: _given.price_of(call, bars, name) for name in ("open", "high", "low")}
    if all(each is None for each in given.values()):
        return {}
    close = bars._close
    first = _filled(given["open"], lambda: close)
    high = _filled(given["high"], lambda: np.maximum(first, close))
    low = _filled(given["low"], lambda: np.minimum(first, close))
    return {"open": first, "high": high, "low": low}


def _filled(prices: Floats | None, other: Callable[[], Floats]) -> Floats:
    """Return prices, where they are not known the others; those are made only when needed."""
    if prices is None:
        return np.ascontiguousarray(other())
    gaps = np.isnan(prices)
    return np.where(gaps, other(), prices) if gaps.any() else prices
