"""The facade: signals, targets or orders on bars, through one compiled simulation, to a Result."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from barledger import _check
from barledger.accounts import Account
from barledger.data.bars import Bars
from barledger.data.events import Events
from barledger.halts import Halts
from barledger.impact import Impact
from barledger.liquidity import Liquidity
from barledger.lowering import wishes
from barledger.lowering.asked import checked_bars, request_of
from barledger.lowering.drive import run
from barledger.lowering.legs import hedged
from barledger.lowering.request import Request
from barledger.lowering.sizes import as_size
from barledger.lowering.waits import obstacle
from barledger.lowering.wishes import Wishes
from barledger.options import Fee, PercentOfEquity, Rules, Shares, Size
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
        delay: int
        limits: RiskLimits | None
        events: Events | None
        initial_cash: float | Sequence[float]
        start: State | Sequence[State] | None
        groups: Literal["each"] | Sequence[str] | Mapping[str, str] | None
        record: Literal["full", "equity", "metrics"]


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
        hedge: bool = False,
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
        hedge
            True: hedge mode. Long and short of one instrument may be held at once, as two legs
            (``"BTC:long"``, ``"BTC:short"``) with margin and stops of their own: long signals trade
            the one, short signals the other.
        account
            `Cash` (default), `RegT`, `PortfolioMargin`, `FuturesMargin`, `FreeCash` or `Unlimited`.
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
        delay
            Bars between a signal and the arrival of its order at the market, beyond the next: 0
            (default) fills on the next bar. What is held then decides what the signal means; sizes
            and prices are those of its own bar.
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
        return _simulate(bars, wished, size, options, hedge=hedge)

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
    def from_callback(
        bars: Bars, decide: Any, state: Any = None, **options: "Unpack[Options]"
    ) -> Result:
        """Simulate a strategy that decides at the close of each bar, seeing the account.

        Parameters
        ----------
        bars
            Prices of N assets on T bars.
        decide
            A function ``decide(ctx, bar, state)``, which numba compiles, or a `Strategy`, which
            stays Python. `ctx` has, all float64 and nothing of it later than the bar:

            ``open``, ``high``, ``low``, ``close``, ``volume``
                (bar + 1, N), ``ctx.close[-1, j]`` the bar's own; of length 0 where there are none.
            ``quantity``, ``average``, ``waiting``
                Each asset's position, its average price, and how many of its orders wait (N,).
            ``cash``, ``equity``, ``free``
                Of the account; `free` is what openings may use.

            Orders are placed and withdrawn by the functions of `barledger.trade`, such as
            ``bl.trade.market(ctx, asset, quantity)``; they can fill from the next bar on.
        state
            Numbers (k,) of the strategy's own, float64, which it may write to; yours are written to.
        **options
            As in `from_signals`; neither ``fill="close"`` nor `groups` nor `orders`.

        Returns
        -------
        Result
            What happened, down to the ledger entry.

        Raises
        ------
        DecisionError
            When the strategy fails; the message names the bar.

        Examples
        --------
        >>> import barledger as bl
        >>> def decide(ctx, bar, state):
        ...     if bar > 0 and ctx.close[-1, 0] < ctx.close[-2, 0] and ctx.quantity[0] == 0.0:
        ...         bl.trade.market(ctx, 0, 10)
        >>> bars = bl.Bars.from_arrays([100.0, 101.0, 99.0, 98.0, 102.0])
        >>> bl.Portfolio.from_callback(bars, decide).fills.select("quantity", "price").rows()
        [(10.0, 98.0)]
        """
        return _decided(checked_bars(bars), decide, state, dict(options))

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
from_callback = Portfolio.from_callback


def _decided(bars: Bars, decide: Any, state: Any, options: dict[str, Any]) -> Result:
    """Run a strategy that decides bar by bar."""
    from barledger.lowering import decisions
    from barledger.strategy import Strategy

    for name in ("groups", "orders", "price", "priority", "delay"):
        if options.get(name) is not None:
            raise ValueError(f"from_callback takes no {name}: the strategy places its own orders")
    if options.get("fill") == "close":
        raise ValueError("a strategy sees the close: fill must be 'next_open' or 'next_close'")
    if isinstance(decide, type) or not (isinstance(decide, Strategy) or callable(decide)):
        raise TypeError(f"decide must be a function or a Strategy(), was {decide!r}")
    own = _own_state(state)
    request = request_of(bars, decisions.room_for(bars, True), Shares(0.0), options)
    rests = obstacle(request) is None
    if not rests:
        request = replace(request, wishes=decisions.room_for(bars, False))
    desk = decisions.Desk(request, rests)
    if isinstance(decide, Strategy):
        done = decisions.run_plain(desk, decide)
    else:
        done = decisions.run_compiled(desk, decide, own)
    return result_of([done], (ACCOUNT,), ((*range(bars.shape[1]),),), request)


def _own_state(state: Any) -> npt.NDArray[np.float64]:
    if state is None:
        return np.zeros(0)
    is_array = isinstance(state, np.ndarray) and state.dtype == np.float64
    if not is_array or state.ndim != 1 or not state.flags.c_contiguous:
        raise TypeError(f"state must be a 1-d float64 array, was {state!r}")
    return state  # type: ignore[no-any-return]


def _simulate(
    bars: Bars, wished: Wishes, size: Any, options: "Options", *, hedge: bool = False
) -> Result:
    """Fill in defaults, check what fits together, and run each account."""
    groups = _groups(options.get("groups"), bars)
    if size is None and groups is not None:
        size = PercentOfEquity([1.0 / groups.count(label) for label in groups])
    request = request_of(bars, wished, as_size(size, bars), dict(options))
    if hedge:
        if groups is not None:
            raise ValueError("hedge mode takes no groups: one account holds all legs")
        return run_request(hedged(request))
    if groups is None:
        return run_request(request)
    labels = tuple(dict.fromkeys(groups))
    columns: tuple[tuple[int, ...], ...]
    columns = tuple(tuple(j for j, g in enumerate(groups) if g == label) for label in labels)
    money = money_of_accounts(options.get("initial_cash", 100_000.0), len(labels))
    starts = starts_of_accounts(options.get("start"), len(labels))
    runs = [
        run(request.of(part, float(cash), start))
        for part, cash, start in zip(columns, money, starts, strict=True)
    ]
    return result_of(runs, labels, columns, request)


def run_request(request: Request) -> Result:
    """Run one account that holds all assets."""
    columns = ((*range(request.bars.shape[1]),),)
    return result_of([run(request)], (ACCOUNT,), columns, request)


def money_of_accounts(money: Any, n_accounts: int) -> npt.NDArray[np.float64]:
    """Return the initial cash of each account, from one number or one each."""
    if np.ndim(money) > 1 or np.size(money) not in (1, n_accounts):
        raise ValueError(
            f"initial_cash must be one number, or one for each of the {n_accounts} accounts, "
            f"had {np.size(money)}"
        )
    return np.broadcast_to(np.asarray(money, np.float64), n_accounts)


def starts_of_accounts(starts: Any, n_accounts: int) -> Sequence[State | None]:
    """Return what each account starts from, from none or a list of one each."""
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
