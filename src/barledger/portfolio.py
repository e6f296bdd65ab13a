"""The facade: signals, targets or orders on bars, through one compiled simulation, to a Result."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from barledger import _check
from barledger.accounts import Account, Cash
from barledger.data.bars import Bars
from barledger.data.events import Events
from barledger.halts import Halts
from barledger.impact import Impact
from barledger.liquidity import Liquidity
from barledger.lowering import wishes
from barledger.lowering.aligned import by_label
from barledger.lowering.drive import run
from barledger.lowering.request import Request
from barledger.lowering.sizes import as_size
from barledger.lowering.varying import full
from barledger.lowering.volumes import check_volume
from barledger.lowering.wishes import Wishes
from barledger.options import Fee, PercentFee, PercentOfEquity, Rules, Shares, Size
from barledger.orders import Order
from barledger.result import Result
from barledger.result.result import ACCOUNT, result_of
from barledger.risk import RiskLimits
from barledger.slippage import Slippage
from barledger.state import State
from barledger.stops import Stops

if TYPE_CHECKING:
    from typing import TypedDict, Unpack

    class Options(TypedDict, total=False):
        """Options that every constructor shares; see `Portfolio.from_signals`."""

        account: Account | None
        fees: float | Fee
        slippage: float | Slippage
        impact: Impact | None
        price: Any
        fill: Literal["next_open", "next_close", "close"]
        rules: Rules | None
        priority: Any
        exclusive: Sequence[Sequence[str]] | None
        stops: Stops | None
        orders: Order | None
        liquidity: Liquidity | None
        halts: Halts | None
        limits: RiskLimits | None
        events: Events | None
        initial_cash: float | Sequence[float]
        start: State | Sequence[State] | None
        groups: Literal["each"] | Sequence[str] | Mapping[str, str] | None
        record: Literal["full", "equity", "metrics"]


FILLS = ("next_open", "next_close", "close")
RECORDS = ("full", "equity", "metrics")


class Portfolio:
    """Simulate trading on bars; each constructor returns a `Result`."""

    @staticmethod
    def from_signals(
        bars: Bars,
        entries: Any = None,
        exits: Any = None,
        short_entries: Any = None,
        short_exits: Any = None,
        *,
        size: float | Size | str | None = None,
        direction: Literal["long", "short", "both"] = "long",
        **options: "Unpack[Options]",
    ) -> Result:
        """Simulate boolean signals: a true entry asks for a position, a true exit to leave it.

        Parameters
        ----------
        bars
            Prices of N assets on T bars.
        entries, exits, short_entries, short_exits
            Boolean (T,) or (T, N), numpy, polars or pandas; arrays line up by position, frames by
            label. A signal of one bar becomes an order for the next.
        size
            A size such as ``PercentOfEquity(0.1)``; a number is shares, ``"all_cash"`` all that
            fits; None: 1/N of equity each, N the assets of the account.
        direction
            What entries and exits mean when no short signals are given: ``"long"`` (default),
            ``"short"``, or ``"both"``, where an exit is the entry of the other side.
        account
            `Cash` (default), `RegT`, `PortfolioMargin`, `FuturesMargin` or `Unlimited`.
        fees
            A fee object; a number is a fraction of notional.
        slippage
            A `Slippage`; a number is a fraction of the price.
        impact
            What an order does to its own price: `SquareRootImpact`, `AlmgrenImpact`, `KyleImpact`
            or `VolumeShareImpact`. None: nothing.
        price
            Own fill prices (T, N), NaN for no fill; None: the bar's open or close.
        fill
            ``"next_open"`` (default; bars without opens: ``"next_close"``), ``"next_close"``, or
            ``"close"``: the close of the bar that made the signal, labelled as look-ahead.
        rules
            `Rules`: every named policy.
        priority
            Numbers (T, N) that rank competing entries, higher first; implies
            ``Rules(allocation="priority")``.
        exclusive
            Groups of assets of which only one is held at a time.
        stops
            `Stops` of every position opened: loss, target, trailing, break-even, time.
        orders
            What entries wait for: `Market` (default), `Limit`, `Stop`, `StopLimit` or
            `MarketIfTouched`.
        liquidity
            `Liquidity`: how much of an asset one bar takes, and what bars without volume do. None:
            any quantity, and nothing on bars whose volume is 0.
        halts
            `Halts`: bars on which trading is halted, or locked at a price limit.
        limits
            `RiskLimits`: caps and loss limits.
        events
            Splits and cash flows; None: those that the bars carry.
        initial_cash
            Money of each account before the first bar; with groups also one number an account.
        start
            A `State` to start from, such as ``result.state``: its cash takes the place of
            `initial_cash`.
        groups
            None: one account for all assets. ``"each"``: one an asset. Labels: one a label.
        record
            ``"full"`` (default), ``"equity"`` or ``"metrics"``.

        Returns
        -------
        Result
            What happened, down to the ledger entry.

        Raises
        ------
        ValueError, TypeError
            When anything does not fit; nothing runs.

        Examples
        --------
        >>> import numpy as np, barledger as bl
        >>> bars = bl.Bars.from_arrays(np.array([10.0, 11.0, 12.0, 13.0]))
        >>> entries = np.array([True, False, False, False])
        >>> result = bl.Portfolio.from_signals(bars, entries, size=100, initial_cash=5_000)
        >>> result.equity["equity"].to_list()
        [5000.0, 5000.0, 5100.0, 5200.0]
        """
        wished = wishes.from_signals(
            checked_bars(bars),
            direction,
            entries=entries,
            exits=exits,
            short_entries=short_entries,
            short_exits=short_exits,
        )
        return _simulate(bars, wished, size, options)

    @staticmethod
    def from_orders(bars: Bars, quantity: Any, **options: "Unpack[Options]") -> Result:
        """Simulate orders given as signed quantities: positive buys.

        Parameters
        ----------
        bars
            Prices of N assets on T bars.
        quantity
            Signed quantities (T,) or (T, N), NaN or 0 for no order; or a frame of orders with the
            columns bar (or time), asset and quantity, several a bar allowed. An order of one bar
            fills on the next.
        **options
            As in `from_signals`.

        Returns
        -------
        Result
            What happened, down to the ledger entry.
        """
        checked_bars(bars)
        if wishes.is_order_frame(quantity):
            return _simulate(bars, wishes.from_order_frame(bars, quantity), Shares(0.0), options)
        return _simulate(bars, wishes.from_quantities(bars, quantity), Shares(0.0), options)

    @staticmethod
    def from_targets(
        bars: Bars,
        targets: Any,
        *,
        unit: Literal["percent", "value", "shares"] = "percent",
        **options: "Unpack[Options]",
    ) -> Result:
        """Simulate target holdings: each is bought or sold up, or down, to.

        Parameters
        ----------
        bars
            Prices of N assets on T bars.
        targets
            Signed targets (T,) or (T, N); NaN leaves a holding alone, 0 closes it.
        unit
            ``"percent"`` of equity (0.1 is 10 %, default), ``"value"`` in money or ``"shares"``.
        **options
            As in `from_signals`.

        Returns
        -------
        Result
            What happened, down to the ledger entry.
        """
        return _simulate(
            bars, wishes.from_targets(checked_bars(bars), targets, unit), Shares(0.0), options
        )

    @staticmethod
    def from_holding(
        bars: Bars, *, size: float | Size | str | None = None, **options: "Unpack[Options]"
    ) -> Result:
        """Buy once, on each asset's first bar, and hold: the benchmark.

        Parameters
        ----------
        bars
            Prices of N assets on T bars.
        size
            As in `from_signals`; None: 1/N of equity each.
        **options
            As in `from_signals`.

        Returns
        -------
        Result
            What happened, down to the ledger entry.
        """
        return _simulate(bars, wishes.from_holding(checked_bars(bars)), size, options)


from_signals = Portfolio.from_signals
from_orders = Portfolio.from_orders
from_targets = Portfolio.from_targets
from_holding = Portfolio.from_holding


def _simulate(bars: Bars, wished: Wishes, size: Any, options: "Options") -> Result:
    """Fill in defaults, check what fits together, and run each account."""
    groups = _groups(options.get("groups"), bars)
    if size is None and groups is not None:
        size = PercentOfEquity([1.0 / groups.count(label) for label in groups])
    request = request_of(bars, wished, as_size(size, bars), dict(options))
    if groups is None:
        return run_request(request)
    labels = tuple(dict.fromkeys(groups))
    columns: tuple[tuple[int, ...], ...]
    columns = tuple(tuple(j for j, g in enumerate(groups) if g == label) for label in labels)
    money = _moneys(options.get("initial_cash", 100_000.0), len(labels))
    starts = _starts(options.get("start"), len(labels))
    runs = [
        run(request.of(part, float(cash), start))
        for part, cash, start in zip(columns, money, starts, strict=True)
    ]
    return result_of(runs, labels, columns, request)


def run_request(request: Request) -> Result:
    """Run one account that holds all assets."""
    columns = ((*range(request.bars.shape[1]),),)
    return result_of([run(request)], (ACCOUNT,), columns, request)


def _moneys(money: Any, n_accounts: int) -> npt.NDArray[np.float64]:
    if np.ndim(money) > 1 or np.size(money) not in (1, n_accounts):
        raise ValueError(
            f"initial_cash must be one number, or one for each of the {n_accounts} accounts, "
            f"had {np.size(money)}"
        )
    return np.broadcast_to(np.asarray(money, np.float64), n_accounts)


def _starts(starts: Any, n_accounts: int) -> Sequence[State | None]:
    if starts is None:
        return [None] * n_accounts
    if isinstance(starts, State) and n_accounts == 1:
        return [starts]
    if isinstance(starts, State) or len(starts) != n_accounts:
        found = "one" if isinstance(starts, State) else len(starts)
        raise ValueError(
            f"start must be a list of one State for each of the {n_accounts} accounts, was {found}"
        )
    return list(starts)


CASH, RULES, NO_LIMITS = Cash(), Rules(), RiskLimits()
KNOWN = (
    "account", "fees", "slippage", "impact", "price", "fill", "rules", "priority", "exclusive", "stops",
    "orders", "liquidity", "halts", "limits", "events", "initial_cash", "start", "groups", "record",
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
    fill = given.get("fill", "next_open")
    _check.choice("fill", fill, FILLS)
    _check.choice("record", given.get("record", "full"), RECORDS)
    has_open = len(bars._open) > 0
    account = given.get("account", CASH)
    start = given.get("start")
    _check_single(given, start)
    return Request(
        bars=bars,
        wishes=wished,
        size=_lined_up(size, bars),
        account=_checked_account(account, bars),
        fees=_lined_up(_as_fee(given.get("fees", 0.0)), bars),
        slippage=_lined_up(_as_slippage(given.get("slippage", 0.0)), bars),
        fill="next_close" if fill == "next_open" and not has_open else fill,
        price=_own_prices(by_label("price", given.get("price"), bars), bars),
        rules=_rules(given),
        priority=by_label("priority", given.get("priority"), bars),
        exclusive=_exclusive(given.get("exclusive", ()), bars),
        limits=given.get("limits", NO_LIMITS),
        events=given.get("events", bars.events),
        initial_cash=_initial_cash(given),
        start=start if isinstance(start, State) else None,
        record=given.get("record", "full"),
        stops=_lined_up(given.get("stops"), bars),
        orders=_lined_up(given.get("orders"), bars),
        liquidity=_checked_liquidity(given.get("liquidity"), bars),
        halts=_lined_up(given.get("halts"), bars),
        impact=_lined_up(given.get("impact"), bars),
    )


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
    "liquidity": (Liquidity, "Liquidity such as Liquidity(share=0.1)"),
    "impact": (Impact, "an impact such as SquareRootImpact()"),
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
    currencies = sorted({contract.currency for contract in bars.kinds})
    if len(currencies) > 1:
        raise ValueError(
            f"all contracts must be in one currency, that of the account: nothing is converted "
            f"yet; found {', '.join(currencies)}"
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
    cash = _check.as_floats("initial_cash", given.get("initial_cash", 100_000.0))
    if not np.isfinite(cash).all() or (cash < 0.0).any():
        raise ValueError(f"initial_cash must be finite and >= 0, was {given['initial_cash']}")
    return float(cash.flat[0])


def _checked_account(account: Account, bars: Bars) -> Account:
    extremes = getattr(account, "margin_check", None) == "extremes"
    if extremes and (len(bars._high) == 0 or len(bars._low) == 0):
        raise ValueError("margin_check='extremes' needs bars with high and low")
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


def _groups(groups: Any, bars: Bars) -> tuple[str, ...] | None:
    if groups is None:
        return None
    if isinstance(groups, str):
        _check.choice("groups", groups, ("each",))
        return bars.assets
    if isinstance(groups, Mapping):
        missing = [asset for asset in bars.assets if asset not in groups]
        if missing:
            raise ValueError(f"groups must name an account for each asset; missing {missing}")
        groups = [groups[asset] for asset in bars.assets]
    labels = groups
    if len(labels) != len(bars.assets):
        raise ValueError(
            f"groups must name an account for each of the {len(bars.assets)} assets, "
            f"had {len(labels)}"
        )
    return tuple(str(label) for label in labels)
