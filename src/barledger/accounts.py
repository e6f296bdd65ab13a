"""Accounts: small frozen classes that say what may be opened and what must be held."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from barledger import _check, _html
from barledger._interest import Rate, RateByCurrency, check_rates
from barledger._param import check_when_known
from barledger.kernel import codes

if TYPE_CHECKING:
    from barledger.exchange.span import SpanParameters

MarginCheck = Literal["open_close", "close", "extremes"]
MarginCall = Literal["liquidate", "next_open", "warn"]
Bankruptcy = Literal["debt", "floor_at_zero"]


RATES = ("debit", "credit", "rebate")
NO_PATTERN_FROM = date(2026, 6, 4)  # SEC 91 FR 20731: the rules for pattern day traders are gone


@dataclass(frozen=True, slots=True, repr=False)
class Account(ABC):
    """What every account shares; use one of its kinds.

    Parameters
    ----------
    debit, credit
        Interest a year on money owed, and on money at hand: on cash less the value of what is sold
        short. One rate, or tiers ``[(from amount, rate), …]``, each slice at its own; None: none.
        With ``Events(rates=...)`` they are spreads over that benchmark, together never below 0.
        0 by default. By currency, ``{"USD": 0.06, "EUR": 0.04}``, with ``auto_convert=False``:
        interest on the balance of each, in its own money.
    rebate
        Interest a year paid on the value of what is sold short, in the same forms; only on what is
        above `rebate_from`.
    day_count
        Days of a year of interest: 360 (default) or 365. Days are those of the calendar, weekends
        included.
    borrow_rounding
        ``"none"`` (default): who is short pays the borrow fee on market value. ``"ibkr"``: on 102 %
        of the price, rounded up to the dollar (other currencies by their own rule).
    currency
        Currency of its money, such as ``"EUR"``. None (default): that of all contracts, or US
        dollars where they have several or rates are given for theirs. What is in another needs
        ``Events(fx=...)``.
    auto_convert
        What trades in another currency is converted at the fill (default); False keeps a balance
        in each currency, which rates then move.
    """

    debit: Rate | RateByCurrency = field(default=0.0, kw_only=True)
    credit: Rate | RateByCurrency = field(default=0.0, kw_only=True)
    rebate: Rate | RateByCurrency = field(default=0.0, kw_only=True)
    rebate_from: float = field(default=0.0, kw_only=True)
    day_count: Literal[360, 365] = field(default=360, kw_only=True)
    borrow_rounding: Literal["none", "ibkr"] = field(default="none", kw_only=True)
    currency: str | None = field(default=None, kw_only=True)
    auto_convert: bool = field(default=True, kw_only=True)

    def __init_subclass__(cls) -> None:
        check_when_known(cls)

    def __post_init__(self) -> None:
        for name in RATES:
            check_rates(name, getattr(self, name))
        if self.has_rates_by_currency and self.auto_convert:
            raise ValueError(
                "rates by currency are paid on balances by currency: give auto_convert=False too"
            )
        _check.single("rebate_from", self.rebate_from, 0.0)
        if self.day_count not in (360, 365):
            raise ValueError(f"day_count must be 360 or 365, was {self.day_count!r}")
        _check.choice("borrow_rounding", self.borrow_rounding, ("none", "ibkr"))

    def __repr__(self) -> str:
        return _check.shown(self)

    def _repr_html_(self) -> str:
        return _html.option(self)

    @property
    def has_rates_by_currency(self) -> bool:
        """Whether some rate of interest is given by currency."""
        return any(isinstance(getattr(self, name), Mapping) for name in RATES)

    @abstractmethod
    def rules(self) -> dict[str, Any]:
        """Fields of the kernel's rules that this account sets."""


check_when_known(Account)


@dataclass(frozen=True, slots=True, repr=False)
class Cash(Account):
    """Fully paid longs only: no borrowing, no shorts, no futures.

    Parameters
    ----------
    settlement_days
        Business days until the proceeds of a sale may be spent; 0 (default) means at once,
        ``"by_date"`` follows US equities: T+3 before 2017-09-05, T+2 before 2024-05-28, then T+1
        (SEC Rule 15c6-1).
    unsettled
        ``"wait"`` (default) refuses to spend unsettled proceeds; ``"spend"`` allows it and counts
        good-faith violations (Reg T 220.8).
    bankruptcy
        ``"debt"`` (default) leaves a loss beyond the money standing; ``"floor_at_zero"`` writes
        it off.

    Examples
    --------
    >>> Cash(settlement_days=1)
    Cash(settlement_days=1)
    """

    settlement_days: int | Literal["by_date"] = 0
    unsettled: Literal["wait", "spend"] = "wait"
    bankruptcy: Bankruptcy = "debt"

    def __post_init__(self) -> None:
        Account.__post_init__(self)
        days = self.settlement_days
        if days != "by_date" and (isinstance(days, bool) or days not in (0, 1, 2, 3)):
            raise ValueError(f"settlement_days must be 0, 1, 2, 3 or 'by_date'; was {days!r}")
        _check.choice("unsettled", self.unsettled, ("wait", "spend"))
        _check.choice("bankruptcy", self.bankruptcy, ("debt", "floor_at_zero"))

    def rules(self) -> dict[str, Any]:
        """Fields of the kernel's rules that this account sets."""
        return {
            "account": codes.AccountKind.CASH,
            "unsettled": codes.Unsettled[self.unsettled.upper()],
            "bankruptcy": codes.Bankruptcy[self.bankruptcy.upper()],
        }


@dataclass(frozen=True, slots=True, repr=False)
class _Margined(Account):
    """Policies of every account that tests maintenance."""

    margin_check: MarginCheck = "open_close"
    margin_call: MarginCall = "liquidate"
    bankruptcy: Bankruptcy = "debt"

    def __post_init__(self) -> None:
        Account.__post_init__(self)
        _check.choice("margin_check", self.margin_check, ("open_close", "close", "extremes"))
        _check.choice("margin_call", self.margin_call, ("liquidate", "next_open", "warn"))
        _check.choice("bankruptcy", self.bankruptcy, ("debt", "floor_at_zero"))

    def rules(self) -> dict[str, Any]:
        """Fields of the kernel's rules that every margined account sets."""
        return {
            "tests_margin": 1,
            "tests_extremes": self.margin_check == "extremes",
            "margin_check": codes.MarginCheck[self.margin_check.upper()],
            "margin_call": codes.MarginCall[self.margin_call.upper()],
            "bankruptcy": codes.Bankruptcy[self.bankruptcy.upper()],
        }


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RegT(_Margined):
    """US margin account: half down, a quarter to hold, shorts beside their proceeds.

    Parameters
    ----------
    initial
        Share of value to put up when opening, long or short (12 CFR 220.12: 0.50). Never less
        than the maintenance of the same quantity.
    maintenance
        Share of value a long must keep (FINRA 4210(c): 0.25).
    short_maintenance
        Share of value a short must keep at or above $5 (FINRA 4210(c): 0.30).
    minimum_equity
        Equity needed to borrow or be short at all (FINRA 4210(b): $2,000); 0 switches it off.
    short_minimum, short_low_price, short_low_minimum
        A short keeps at least `short_minimum` dollars a share; below `short_low_price` all of its
        value and at least `short_low_minimum` (FINRA 4210(c): $5, $5, $2.50). Raw shares only.
    margin_check
        ``"open_close"`` (default), ``"close"``, or ``"extremes"`` to test each bar's low and high.
    margin_call
        ``"liquidate"`` at once (default), at the ``"next_open"``, or ``"warn"`` only.
    bankruptcy
        ``"debt"`` (default) or ``"floor_at_zero"``.
    pattern_day_trader
        Whether the rules for pattern day traders hold: False (default), True for as long as they
        did (abolished on 2026-06-04, FINRA SR-2025-017), or the date on which a broker ended them.
        More than 3 day trades in 5 business days and 6 % of the fills make one, who needs $25,000
        at the close before to open anything, and has four times the excess within a day.
    """

    initial: float = 0.50
    maintenance: float = 0.25
    short_maintenance: float = 0.30
    minimum_equity: float = 2000.0
    short_minimum: float = 5.0
    short_low_price: float = 5.0
    short_low_minimum: float = 2.50
    pattern_day_trader: bool | date | str = False

    def __post_init__(self) -> None:
        _Margined.__post_init__(self)
        self._end_day_rule()
        for name in ("initial", "maintenance", "short_maintenance"):
            value = getattr(self, name)
            if not 0.0 < value <= 1.0:
                raise ValueError(f"{name} must be above 0 and at most 1, was {value:g}")
        for name in ("minimum_equity", "short_minimum", "short_low_price", "short_low_minimum"):
            _check.single(name, getattr(self, name), 0.0)

    def _end_day_rule(self) -> None:
        """Read the date on which the rules for day traders end; None: they never hold."""
        given = self.pattern_day_trader
        if isinstance(given, str):
            object.__setattr__(self, "pattern_day_trader", date.fromisoformat(given))
        elif not isinstance(given, bool | date):
            raise TypeError(f"pattern_day_trader must be True, False or a date, was {given!r}")

    @property
    def day_rule_end(self) -> date | None:
        """Date from which the rules for pattern day traders are gone; None: they are off."""
        given = self.pattern_day_trader
        if isinstance(given, bool):
            return NO_PATTERN_FROM if given else None
        assert isinstance(given, date)
        return given

    def rules(self) -> dict[str, Any]:
        """Fields of the kernel's rules that this account sets."""
        return {
            **_Margined.rules(self),
            "account": codes.AccountKind.REG_T,
            "has_day_rule": self.day_rule_end is not None,
            "initial_rate": self.initial,
            "maintenance_long": self.maintenance,
            "maintenance_short": self.short_maintenance,
            "minimum_equity": self.minimum_equity,
            "short_minimum": self.short_minimum,
            "short_low_price": self.short_low_price,
            "short_low_minimum": self.short_low_minimum,
        }


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PortfolioMargin(_Margined):
    """The plain leverage account: gross value of securities up to `max_leverage` times equity.

    Parameters
    ----------
    max_leverage
        Gross securities over equity that may be opened; 2 by default.
    maintenance
        Share of gross value that must be kept; default half of 1 / `max_leverage`.
    margin_check, margin_call, bankruptcy
        As in `RegT`.
    """

    max_leverage: float = 2.0
    maintenance: float | None = None

    def __post_init__(self) -> None:
        _Margined.__post_init__(self)
        _check.single("max_leverage", self.max_leverage, 0.0, strict=True)
        _check.single("maintenance", self.maintenance, 0.0)
        if self.maintenance is not None and self.maintenance > 1.0 / self.max_leverage:
            raise ValueError(
                f"maintenance must be at most 1 / max_leverage = {1.0 / self.max_leverage:g}, "
                f"was {self.maintenance:g}: a position could be opened only to be called at once"
            )

    def rules(self) -> dict[str, Any]:
        """Fields of the kernel's rules that this account sets."""
        initial = 1.0 / self.max_leverage
        return {
            **_Margined.rules(self),
            "account": codes.AccountKind.PORTFOLIO_MARGIN,
            "initial_rate": initial,
            "maintenance_long": 0.5 * initial if self.maintenance is None else self.maintenance,
        }


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class FuturesMargin(_Margined):
    """Futures only: each contract's initial margin to open, its maintenance to hold.

    A margin call restores *initial* margin, not maintenance (CME). The margins are those of the
    contracts; see `Contract`.

    Parameters
    ----------
    day_rate
        What brokers multiply both margins by within `day_hours`; 1 (default) is full margin
        always.
    day_hours
        Start and end of the day rate, local time in `zone`.
    zone
        Time zone of `day_hours`; bars are in UTC.
    span
        `SpanParameters`: both margins are SPAN of all that is held, in place of the contracts' own.
        Spreads cost less than their legs; an approximation where SPAN 2 rules.
    products
        Product of each asset, or (product, month). Without it assets are named as their products,
        and months are those of the contracts' expiry.
    margin_check, margin_call, bankruptcy
        As in `RegT`.
    """

    day_rate: float = 1.0
    day_hours: tuple[str, str] = ("08:30", "15:45")
    zone: str = "America/Chicago"
    span: "SpanParameters | None" = None
    products: Mapping[str, str | tuple[str, str]] | None = None

    def __post_init__(self) -> None:
        _Margined.__post_init__(self)
        _check.single("day_rate", self.day_rate, 0.0, strict=True)
        if self.span is not None and self.day_rate != 1.0:
            raise ValueError("SPAN knows no day_rate: give one or the other")
        if self.span is None and self.products is not None:
            raise ValueError("products belong to span, which was not given")

    def rules(self) -> dict[str, Any]:
        """Fields of the kernel's rules that this account sets."""
        return {
            **_Margined.rules(self),
            "account": codes.AccountKind.FUTURES_MARGIN,
            "span_initial": 1.0 if self.span is None else self.span.initial,
        }


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class _Perpetual(Account):
    """Policies of accounts for perpetuals, whose positions are liquidated as a whole."""

    margin_check: MarginCheck = "extremes"
    bankruptcy: Bankruptcy = "debt"

    def _check(self) -> None:
        Account.__post_init__(self)
        _check.choice("margin_check", self.margin_check, ("open_close", "close", "extremes"))
        _check.choice("bankruptcy", self.bankruptcy, ("debt", "floor_at_zero"))
        leverage = self.leverage  # type: ignore[attr-defined]
        _check.single("leverage", leverage, 1.0)

    def rules(self) -> dict[str, Any]:
        """Fields of the kernel's rules that every account for perpetuals sets."""
        return {
            "tests_margin": 1,
            "tests_extremes": self.margin_check == "extremes",
            "margin_check": codes.MarginCheck[self.margin_check.upper()],
            "bankruptcy": codes.Bankruptcy[self.bankruptcy.upper()],
            "initial_rate": 1.0 / self.leverage,  # type: ignore[attr-defined]
        }


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PerpIsolated(_Perpetual):
    """Perpetuals only, each position with a margin of its own that bounds what it can lose.

    A position puts up its entry value / leverage. Once that margin with its profit at the mark
    price is not above maintenance by its bracket, all of it is taken over at its bankruptcy price,
    without a fee: exactly the margin is lost. Funding is paid from the wallet.

    Parameters
    ----------
    leverage
        Entry value over margin; brackets bound what it may hold.
    margin_check
        ``"extremes"`` (default) tests the open, the mark price's range of each bar and the close;
        ``"open_close"`` or ``"close"`` less.
    bankruptcy
        As in `RegT`.

    Examples
    --------
    >>> PerpIsolated(leverage=10)
    PerpIsolated(leverage=10)
    """

    leverage: float = 5.0

    def __post_init__(self) -> None:
        self._check()

    def rules(self) -> dict[str, Any]:
        """Fields of the kernel's rules that this account sets."""
        return {**_Perpetual.rules(self), "account": codes.AccountKind.PERP_ISOLATED}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PerpCross(_Perpetual):
    """Perpetuals only, the whole wallet behind all of them.

    Once equity at the mark prices is not above the sum of maintenance, every position is taken over
    at its mark and what is left of the wallet, above or below 0, goes to the insurance fund: one
    ``liquidation`` entry.

    Parameters
    ----------
    leverage
        Notional over initial margin when opening, 20 by default; brackets bound what it may hold.
    margin_check, bankruptcy
        As in `PerpIsolated`.
    """

    leverage: float = 20.0

    def __post_init__(self) -> None:
        self._check()

    def rules(self) -> dict[str, Any]:
        """Fields of the kernel's rules that this account sets."""
        return {**_Perpetual.rules(self), "account": codes.AccountKind.PERP_CROSS}


@dataclass(frozen=True, slots=True, repr=False)
class CashBalance(Account):
    """Cash may pay for longs, short sales bring cash, and nothing is kept back for shorts.

    An opening needs what it costs, fee included, and must not leave cash below 0. Shorts are never
    called: their proceeds can be spent. For parity with Backtrader's broker; `RegT` asks for more.
    """

    def rules(self) -> dict[str, Any]:
        """Fields of the kernel's rules that this account sets."""
        return {"account": codes.AccountKind.UNLIMITED, "asks_cash": 1}


@dataclass(frozen=True, slots=True, repr=False)
class Unlimited(Account):
    """Research only: everything may be opened; debt and negative equity are flagged, never stopped."""

    def rules(self) -> dict[str, Any]:
        """Fields of the kernel's rules that this account sets."""
        return {"account": codes.AccountKind.UNLIMITED}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class FreeCash(Account):
    """Research only: shorts against cash, without margin; the account of VectorBT.

    Free cash = cash - 2 · Σ value at which the shorts held were sold: a short ties its proceeds
    and as much again. Longs need free cash; a short of any size may be opened, one that is all
    that fits takes all free cash. Nothing is tested while it is held, except that equity below 0
    is bankruptcy.

    Parameters
    ----------
    lock
        Whether shorts need free cash too; False by default.
    bankruptcy
        ``"debt"`` (default) or ``"floor_at_zero"``.
    """

    lock: bool = False
    bankruptcy: Bankruptcy = "debt"

    def __post_init__(self) -> None:
        Account.__post_init__(self)
        if not isinstance(self.lock, bool):
            raise TypeError(f"lock must be True or False, was {self.lock!r}")
        _check.choice("bankruptcy", self.bankruptcy, ("debt", "floor_at_zero"))

    def rules(self) -> dict[str, Any]:
        """Fields of the kernel's rules that this account sets."""
        return {
            "account": codes.AccountKind.FREE_CASH,
            "locks_cash": self.lock,
            "bankruptcy": codes.Bankruptcy[self.bankruptcy.upper()],
        }
