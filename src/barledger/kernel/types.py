"""The one contract between the kernel and Python: codes, rows and the arrays that travel together.

A row class names the fields of a structured array and their meaning; `dtype_of` makes the dtype.
Quantities are signed (+ buys), money is in the account's currency, `bar` counts from 0.
"""

from enum import IntEnum
from typing import Annotated, Any, Protocol, get_args, get_type_hints

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Int32 = Annotated[int, np.int32]
Int8 = Annotated[int, np.int8]

BLOCK = 256  # bars a block; blocks are aligned to the absolute bar number
RELATIVE = 1e-9  # tolerance of money comparisons, of the largest number involved


class Flag(IntEnum):
    """What is wished for one asset on one bar; bits of the flags array."""

    LONG_ENTRY = 1
    LONG_EXIT = 2
    SHORT_ENTRY = 4
    SHORT_EXIT = 8
    TARGET = 16
    ORDER = 32


class Fill(IntEnum):
    """When a signal's order may fill first."""

    NEXT_OPEN = 0
    NEXT_CLOSE = 1
    CLOSE = 2


class AccountKind(IntEnum):
    """Which rule decides what may be opened and held."""

    CASH = 0
    REG_T = 1
    PORTFOLIO_MARGIN = 2
    FUTURES_MARGIN = 3
    UNLIMITED = 4


class InstrumentKind(IntEnum):
    """What is traded. Only futures are margined; the others are fully paid."""

    STOCK = 0
    ETF = 1
    COIN = 2
    FUTURE = 3


class FeeForm(IntEnum):
    """How a fee is computed: the simple forms skip the work of the others."""

    NONE = 0
    RATE = 1
    LINE = 2
    BY_ORDER = 3
    BY_MONTH = 4


class SizeKind(IntEnum):
    """What the number of a size means."""

    SHARES = 0
    VALUE = 1
    PERCENT = 2
    PERCENT_OF_CASH = 3
    RISK = 4
    TARGET_SHARES = 5
    TARGET_VALUE = 6
    TARGET_PERCENT = 7


class Sequence(IntEnum):
    """In which order the orders of one instant are handled."""

    EXITS_FIRST = 0
    AS_GIVEN = 1
    REVERSED = 2
    BY_VALUE = 3
    ARRAY = 4


class Proceeds(IntEnum):
    """When money freed by a reducing fill may be used."""

    SAME_INSTANT = 0
    NEXT_BAR = 1


class Allocation(IntEnum):
    """How entries that compete at one instant share what is free."""

    IN_ORDER = 0
    PRIORITY = 1
    PROPORTIONAL = 2
    ALL_OR_NONE = 3


class Insufficient(IntEnum):
    """What happens to an entry that does not fit."""

    CLIP = 0
    REJECT = 1


class Conflict(IntEnum):
    """Entry and exit of one direction on one bar."""

    EXIT = 0
    ENTRY = 1
    IGNORE = 2
    HOLD = 3
    SWITCH = 4


class DirectionConflict(IntEnum):
    """Long and short entry on one bar."""

    IGNORE = 0
    LONG = 1
    SHORT = 2
    KEEP = 3
    FLIP = 4


class Opposite(IntEnum):
    """An entry against the position held."""

    REVERSE = 0
    CLOSE = 1
    IGNORE = 2
    REDUCE = 3


class Repeat(IntEnum):
    """An entry along the position held."""

    IGNORE = 0
    ADD = 1


class Reversal(IntEnum):
    """Whether the two legs of a reversal stand or fall together."""

    SPLIT = 0
    ATOMIC = 1


class SizeAt(IntEnum):
    """Whose price and equity a size uses."""

    FILL = 0
    DECISION = 1


class MarginCheck(IntEnum):
    """When maintenance is tested."""

    OPEN_CLOSE = 0
    CLOSE = 1
    EXTREMES = 2


class MarginCall(IntEnum):
    """What a breach of maintenance leads to."""

    LIQUIDATE = 0
    NEXT_OPEN = 1
    WARN = 2


class Bankruptcy(IntEnum):
    """What becomes of a negative balance."""

    DEBT = 0
    FLOOR_AT_ZERO = 1


class Unsettled(IntEnum):
    """Whether a cash account may spend proceeds before they settle."""

    WAIT = 0
    SPEND = 1


class LossAction(IntEnum):
    """What a loss limit does when it is hit."""

    HALT = 0
    FLATTEN = 1


class State(IntEnum):
    """How an order ended."""

    FILLED = 0
    PARTLY_FILLED = 1
    REJECTED = 2
    CANCELLED = 3
    EXPIRED = 4


class Reason(IntEnum):
    """Why an order did not fully fill; NONE where it did."""

    NONE = 0
    BANKRUPT = 1
    HALTED = 2
    NOT_IN_CASH_ACCOUNT = 3
    NOT_IN_FUTURES_ACCOUNT = 4
    EXCLUSIVE = 5
    EXCLUSIVE_BLOCKED = 6
    MAX_POSITIONS = 7
    SIZE_ZERO = 8
    MIN_NOTIONAL = 9
    INSUFFICIENT_CASH = 10
    INSUFFICIENT_MARGIN = 11
    LEVERAGE_CAP = 12
    NET_CAP = 13
    ASSET_CAP = 14
    GROUP_CAP = 15
    SET_UNAFFORDABLE = 16
    SIGNAL_CONFLICT = 17
    DIRECTION_CONFLICT = 18
    EXIT_WAITING = 19
    REPLACED = 20
    POSITION_GONE = 21
    END_OF_DATA = 22


class Cause(IntEnum):
    """What made an order."""

    SIGNAL = 0
    TARGET = 1
    ORDER = 2
    MARGIN_CALL = 3
    BANKRUPTCY = 4
    LOSS_LIMIT = 5
    EXCLUSIVE = 6


class Count(IntEnum):
    """Wishes that are no orders, and other tallies."""

    NO_POSITION = 0
    REPEAT_IGNORED = 1
    OPPOSITE_IGNORED = 2
    AT_TARGET = 3
    NO_SIZE = 4


class Category(IntEnum):
    """What moved cash. SPLIT and SETTLED move none: they tell a replay what else changed."""

    TRADE = 0
    FEE = 1
    VARIATION = 2
    BORROW = 3
    REBATE = 4
    INTEREST = 5
    FUNDING = 6
    DIVIDEND = 7
    CASH_IN_LIEU = 8
    DEPOSIT = 9
    WITHDRAWAL = 10
    FX = 11
    LIQUIDATION = 12
    WRITE_OFF = 13
    SPLIT = 14


class Incident(IntEnum):
    """What is worth knowing and is neither an order nor a cash movement."""

    MARGIN_CALL = 0
    BANKRUPT = 1
    DEBT = 2
    NEGATIVE_EQUITY = 3
    EXIT_FEE = 4
    GOOD_FAITH_VIOLATION = 5
    WITHDRAWAL_CUT = 6
    HALT = 7
    FLATTEN = 8


class EventKind(IntEnum):
    """What a row of `events` does, in the order in which one bar's events are applied."""

    SPLIT = 0
    FLOW = 1


class Setting(IntEnum):
    """Options that may vary by bar and asset: row of `settings`, values in one flat buffer."""

    SIZE = 0
    FEE_RATE = 1
    FEE_FIXED = 2
    FEE_PER_UNIT = 3
    FEE_MINIMUM = 4
    FEE_MAXIMUM = 5
    FEE_MAXIMUM_RATE = 6
    SLIP_FRACTION = 7
    SLIP_AMOUNT = 8
    SLIP_TICKS = 9
    PRIORITY = 10
    RISK_DISTANCE = 11
    INITIAL = 12
    MAINTENANCE = 13
    TIERS = 14


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
    has_caps: int
    has_groups: int
    cap_to_range: int
    loss_action: int
    max_positions: int
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
    """One row an asset: what its price and quantity mean."""

    multiplier: float
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
    exclusive: int
    group: int


class SettingRow(Protocol):
    """Where the values of one option lie: `values[offset + bar * row_step + asset * column_step]`."""

    offset: int
    row_step: int
    column_step: int


class EventRow(Protocol):
    """A split (`value` = new shares per old share) or a flow (`value` > 0: deposit)."""

    bar: int
    value: float
    asset: int
    kind: int


class OrderInRow(Protocol):
    """One order given explicitly, sorted by bar, then asset, then as given."""

    bar: int
    quantity: float
    asset: int


class AccountRow(Protocol):
    """The money of one account. `equity`, `gross`, `net`, `initial`: at the last mark and since."""

    cash: float
    settled: float
    equity: float
    snapshot: float
    gross: float
    net: float
    initial: float
    maintenance: float
    withheld: float
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
    next_event: int
    next_settlement: int
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


class PositionRow(Protocol):
    """What is held of one asset.

    `exposure` is quantity · multiplier; `base` is 0 when fully paid; `kept` keeps the mark while
    the position is tested at an extreme; `tied_until` is the bar on which the unsettled money that
    bought it settles.
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


class Stage(IntEnum):
    """Where a live order stands at an instant."""

    WAITING = 0
    ACTIVE = 1
    ENDED = 2


class LiveRow(Protocol):
    """An order that has not ended: what it asks for, and its plan at this instant.

    `number` is the quantity, target or size as given, or the quantity frozen at the decision;
    `distance` that of a risk size, `rank` its priority; `closes` the side it was made against,
    `opens` the side it wants. Plan: `close` and `open` are signed
    quantities, `side` the side of the opening (0: none), `most` a bound set by its competitors,
    `closed` what it has closed so far, `reason` a refusal found early.
    """

    number: float
    distance: float
    rank: float
    close: float
    open: float
    most: float
    closed: float
    price: float
    asset: int
    placed: int
    order: int
    cause: int
    closes: int
    opens: int
    reduces: int
    is_frozen: int
    stage: int
    side: int
    reason: int


class OrderRow(Protocol):
    """How one order ended. `price`: of its last fill, or the price it was tried at."""

    quantity: float
    price: float
    bar: Int32
    placed: Int32
    asset: Int32
    state: Int8
    reason: Int8
    cause: Int8


class FillRow(Protocol):
    """One fill. `amount` moves cash, `fee` too (paid: > 0); `slippage` is money lost to it."""

    quantity: float
    price: float
    amount: float
    fee: float
    slippage: float
    bar: Int32
    asset: Int32
    order: Int32
    closes: Int32


class EntryRow(Protocol):
    """A cash movement without a fill; `after` fills had been written before it."""

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
    """Running statistics of equity, without its history."""

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
INCIDENT, METRICS = dtype_of(IncidentRow), dtype_of(MetricsRow)
HOLDING = dtype_of(HoldingRow)
