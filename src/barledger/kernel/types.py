"""The one contract between the kernel and Python, beside its codes: rows of what travels together.

A row class names the fields of a structured array and their meaning; `dtype_of` makes the dtype.
Quantities are signed (+ buys), money is in the account's currency, `bar` counts from 0.
"""

from typing import Annotated, Any, Protocol, get_args, get_type_hints

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Int32 = Annotated[int, np.int32]
Int8 = Annotated[int, np.int8]

RUN = 128  # orders that are sorted at once
BLOCK = 256  # bars a block; blocks are aligned to the absolute bar number
RELATIVE = 1e-9  # tolerance of money comparisons, of the largest number involved


class RulesRow(Protocol):
    """One row: every policy and every number that holds for a whole run."""

    fill: int
    lag: int
    account: int
    size_kind: int
    target_kind: int
    sequence: int
    is_interleaved: int
    proceeds: int
    allocation: int
    insufficient: int
    conflict: int
    direction_conflict: int
    opposite: int
    repeat: int
    reversal: int
    size_at: int
    margin_check: int
    margin_call: int
    bankruptcy: int
    unsettled: int
    has_open: int
    has_slippage: int
    tests_margin: int
    tests_extremes: int
    has_fee_line: int
    no_money: int
    is_filling_up: int
    is_freezing: int
    fee_form: int
    has_bounded_fee: int
    most_orders: int
    most_events: int
    has_dated_margin: int
    has_loss_limits: int
    has_resting: int
    has_auction: int
    has_oco: int
    carries: int
    has_impact: int
    has_marks: int
    has_inverse: int
    has_options: int
    span_initial: float
    order_kind: int
    tif: int
    gtd_day: int
    stop_path: int
    stop_fill: int
    stop_of_fraction: int
    when_added: int
    stop_of_level: int
    stop_of_signal: int
    stop_exit: int
    has_ladder: int
    has_caps: int
    has_groups: int
    cap_to_range: int
    loss_action: int
    max_positions: int
    locks_cash: int
    asks_cash: int
    checks_submission: int
    cuts_orders: int
    has_short_limits: int
    has_benchmark: int
    has_day_rule: int
    has_own_rates: int
    at_market: int
    stop_offset: float
    impact_power: float
    day_count: float
    initial_cash: float
    initial_rate: float
    maintenance_long: float
    maintenance_short: float
    minimum_equity: float
    short_low_price: float
    short_minimum: float
    short_low_minimum: float
    max_leverage: float
    max_net: float
    max_per_asset: float
    max_per_group: float
    max_daily_loss: float
    max_weekly_loss: float
    max_drawdown: float


class ContractRow(Protocol):
    """One row an asset: what its price and quantity mean.

    Of a perpetual: `tier` and `tiers` are place and number of its brackets, `margin_rate` is
    1 / leverage, `most_notional` what that leverage may hold, `liquidation_rate` the share of notional
    that a liquidation pays (NaN: all that is left). Of an option: `right` is 1 for a call
    and -1 for a put, `underlying` an asset, `margin_rate` and `floor_rate` shares of its price that
    a short one claims, `in_cash` how it settles.
    `multiplier` is money of the account: `unit`, in the contract's currency, times its `rate` now.
    A short's `collateral` is its price times this, rounded up to a multiple of `collateral_step`.
    """

    multiplier: float
    unit: float
    rate: float
    collateral: float
    collateral_step: float
    tick: float
    lot: float
    liquidation_lot: float
    min_notional: float
    leverage_factor: float
    dust: float
    kind: int
    is_paid: int
    margin_of_notional: int
    keeps_fractions: int
    is_borrowed: int
    currency: int
    exclusive: int
    group: int
    inverse: int
    tier: int
    tiers: int
    margin_rate: float
    most_notional: float
    strike: float
    right: float
    floor_rate: float
    underlying: int
    in_cash: int
    liquidation_rate: float


class SettingRow(Protocol):
    """Where the values of one option lie: `values[offset + bar * row_step + asset * column_step]`."""

    offset: int
    row_step: int
    column_step: int


class EventRow(Protocol):
    """What happens on a bar; `value` and the others depend on the kind.

    New shares per old share, money of a flow (> 0: deposit), dividend a share, days to accrue (at
    the benchmark `price`), price of the end (NaN: the last mark), rate of currency `asset`; of a
    roll `price` and `to_price` (NaN: the market's), into asset `other`; of new brackets their number,
    their place as `other`, and as `price` what the leverage may hold; of a day what it is, whether
    more bars follow as `price`, and its session as `other`.
    """

    bar: int
    value: float
    asset: int
    kind: int
    price: float
    to_price: float
    other: int


class FundingRow(Protocol):
    """Funding of one perpetual: at the bar's opening instant or inside it; `mark` NaN: the bar's."""

    bar: int
    rate: float
    mark: float
    asset: int
    is_late: int


class OrderInRow(Protocol):
    """One order given explicitly, sorted by bar, then asset, then as given.

    `kind` -1: that of the run; otherwise `level` to `group` are as in
    `LiveRow`; `loss` and `target` are levels of the position that it opens, NaN: those of the run.
    """

    bar: int
    quantity: float
    level: float
    stop: float
    loss: float
    target: float
    asset: int
    kind: int
    tif: int
    last_day: int
    group: int


class AccountRow(Protocol):
    """The money of one account. `equity`, `gross`, `net`, `initial`: at the last mark and since.

    `session` to `day_power`: see `day_trading`; `day_trades` and `day_fills` are five days each.
    """

    cash: float
    settled: float
    equity: float
    snapshot: float
    gross: float
    net: float
    initial: float
    maintenance: float
    withheld: float
    is_within: int
    fees: float
    traded: float
    month_traded: float
    realised: float
    profit: float
    loss: float
    peak: float
    day_equity: float
    week_equity: float
    trades: int
    wins: int
    n_held: int
    n_live: int
    rolling: int
    next_event: int
    next_settlement: int
    next_funding: int
    at_close: int
    next_order: int
    next_due: int
    last_due: int
    day: int
    halt: int
    halted_until: int
    flatten: int
    is_bankrupt: int
    call: int
    breached: int
    month: int
    session: int
    day_trades: int
    day_fills: int
    is_pattern: int
    is_restricted: int
    had_relief: int
    day_relief: float
    day_power: float


class PositionRow(Protocol):
    """What is held of one asset.

    `exposure` is quantity · multiplier; prices are points (`worth.points`); `base` is 0 when fully paid; `kept` keeps the mark while
    the position is tested at an extreme; `tied_until` is the bar on which the unsettled money that
    bought it settles. `roll_to` is the asset, plus one, into which it waits to be rolled, at
    `roll_price` and `roll_to_price` (NaN: the market's). `day_opened` is the session of the last
    opening that no day trade has counted yet.
    """

    quantity: float
    exposure: float
    base: float
    average: float
    mark: float
    fees: float
    realised: float
    kept: float
    tied_until: int
    opened: int
    roll_price: float
    roll_to_price: float
    roll_to: int
    day_opened: int


class LegRow(Protocol):
    """What earlier bars have filled of the leg that has its turn; all 0 where nothing has.

    `raw` is the fee before its bounds, `notional` what was traded, `paid` the fee that was paid.
    `is_maker`: it fills at its limit within the bar's range, where makers pay fees of their own.
    """

    raw: float
    notional: float
    paid: float
    has_begun: int
    is_maker: int


class UsedRow(Protocol):
    """What the fills of one asset have taken of a bar's volume: units and money traded."""

    units: float
    money: float
    bar: int


class MovedRow(Protocol):
    """How far the run's own trades have moved one asset, as fractions of its price.

    `now` counts on `bar`, `later` from the next one on.
    """

    now: float
    later: float
    bar: int


class StopRow(Protocol):
    """Levels of one position's stops, NaN: none; all prices times the side of the position.

    `trail` is a distance, `peak` the best price since it was opened (followed only where something
    depends on it), `until` the bar at which its time is up, `fresh` how the price came to its entry
    within the bar, 0: not within this one. `base` is the price from which
    distances count, `unit` one of them in price; `whole` is the quantity that ladders share out,
    `done` what the present rung has closed, `next_loss` and `next_target` are the rungs to come.
    """

    loss: float
    target: float
    trail: float
    trail_from: float
    even_from: float
    entry: float
    base: float
    unit: float
    whole: float
    done: float
    peak: float
    until: float
    fresh: int
    next_loss: int
    next_target: int


class LiveRow(Protocol):
    """An order that has not ended: what it asks for, and its plan at this instant.

    `number` is the quantity, target or size as given, or the quantity frozen at the decision;
    `distance` that of a risk size, `rank` its priority; `closes` the side it was made against,
    `opens` the side it wants; `loss` to `time_limit` are the distances of its stops (`has_levels`: loss and target are prices), `base`
    the price they count from (NaN: that of the fill), `unit` what one of a ladder is in price. `level` and `stop` are the prices that
    it waits for, `last_day` its last date (-1: not known, or none), `tries` whether an open could
    trade, `market` the price it is offered now, `approach` how that was reached, `handle` what a
    strategy calls it, `group` the orders of which one cancels the others (0: none), `named` its kind as
    it was given. Plan: `close` and `open` are signed
    quantities, `side` the side of the opening (0: none), `most` a bound set by its competitors,
    `closed` what it has closed so far, `reason` a refusal found early, `lacks` what the bar's volume
    did not let it close. Of an order that is carried from bar to bar: `filled` and `total` are the
    signed quantities filled and asked for, `lapsed` says that it closes only, its opening being
    over, `is_closing` that it has not closed all. `leg` to `paid`: see `LegRow`.
    """

    number: float
    asset: int
    market: float
    close: float
    open: float
    side: int
    order: int
    opens: int
    closed: float
    price: float
    reason: int
    is_frozen: int
    distance: float
    rank: float
    most: float
    loss: float
    target: float
    trail: float
    trail_after: float
    break_even: float
    time_limit: float
    base: float
    unit: float
    lacks: float
    filled: float
    total: float
    raw: float
    notional: float
    paid: float
    level: float
    stop: float
    placed: int
    cause: int
    closes: int
    reduces: int
    stage: int
    kind: int
    tif: int
    last_day: int
    is_armed: int
    tries: int
    approach: int
    leg: int
    lapsed: int
    is_closing: int
    handle: int
    group: int
    has_levels: int
    named: int


class OrderRow(Protocol):
    """How one order ended. `price`: of its last fill, or the price it was tried at.

    `level` and `stop` are the prices it waited for, or the level at which a position was closed.
    From `level` on the fields of orders at the market say nothing: those are kept without them.
    """

    quantity: float
    price: float
    bar: Int32
    placed: Int32
    asset: Int32
    state: Int8
    reason: Int8
    cause: Int8
    kind: Int8
    level: float
    stop: float
    last_day: Int32
    tif: Int8


class FillRow(Protocol):
    """One fill. `amount` moves cash, `fee` too (paid: > 0, a rebate: < 0).

    `slippage` is money lost to it; `is_maker` is told where makers pay fees of their own.
    """

    quantity: float
    price: float
    amount: float
    fee: float
    slippage: float
    bar: Int32
    asset: Int32
    order: Int32
    closes: Int8
    is_maker: Int8


class EntryRow(Protocol):
    """A cash movement without a fill; `after` fills had been written before it.

    `asset` of none is -1 less the number of the currency whose balance moved.
    """

    amount: float
    price: float
    quantity: float
    bar: Int32
    asset: Int32
    after: Int32
    category: Int32


class IncidentRow(Protocol):
    """`amount` and `level` depend on the kind: equity and requirement of a call, wanted and done."""

    amount: float
    level: float
    bar: Int32
    asset: Int32
    kind: Int32


class HoldingRow(Protocol):
    """One position at a close. `worth`: what it adds to equity beside cash."""

    quantity: float
    average: float
    mark: float
    worth: float
    bar: int
    asset: int


class MetricsRow(Protocol):
    """Running statistics of equity, without its history; `held` bars ended with a position."""

    previous: float
    returns: float
    squares: float
    downside: float
    peak: float
    ratio: float
    growth: float
    base: float
    underwater: int
    longest: int
    periods: int
    filled: int
    held: int


class Counts(Protocol):
    """Rows written of each record."""

    orders: int
    fills: int
    entries: int
    incidents: int


def dtype_of(row: type) -> np.dtype[np.void]:
    """Structured dtype of a row class, its fields in the order given."""
    hints = get_type_hints(row, include_extras=True)
    return np.dtype([(name, _field(hint)) for name, hint in hints.items()], align=True)


def _field(hint: Any) -> Any:
    if get_args(hint):
        return get_args(hint)[1]
    return {float: np.float64, int: np.int64}.get(hint) or dtype_of(hint)


RULES, CONTRACT, SETTING = dtype_of(RulesRow), dtype_of(ContractRow), dtype_of(SettingRow)
EVENT, ORDER_IN = dtype_of(EventRow), dtype_of(OrderInRow)
ACCOUNT, POSITION, LIVE = dtype_of(AccountRow), dtype_of(PositionRow), dtype_of(LiveRow)
ORDER, FILL, ENTRY = dtype_of(OrderRow), dtype_of(FillRow), dtype_of(EntryRow)
_at_market = (ORDER.names or ())[: (ORDER.names or ()).index("level")]
MARKET_ORDER = np.dtype([(name, ORDER[name]) for name in _at_market], align=True)
STOP, USED, MOVED = dtype_of(StopRow), dtype_of(UsedRow), dtype_of(MovedRow)
INCIDENT, METRICS = dtype_of(IncidentRow), dtype_of(MetricsRow)
HOLDING, FUNDING = dtype_of(HoldingRow), dtype_of(FundingRow)
