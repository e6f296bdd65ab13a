"""Choices as numbers: the codes of every policy, state and kind that the kernel tells apart.

Their numbers travel in rows and records; the members' names are the words that users write.
"""

from enum import IntEnum


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
    FREE_CASH = 5
    PERP_ISOLATED = 6
    PERP_CROSS = 7


class InstrumentKind(IntEnum):
    """What is traded. Futures and perpetuals are margined; the others are fully paid."""

    STOCK = 0
    ETF = 1
    COIN = 2
    FUTURE = 3
    PERPETUAL = 5
    OPTION = 6


class FeeForm(IntEnum):
    """How a fee is computed: the simple forms skip the work of the others."""

    NONE = 0
    RATE = 1
    LINE = 2
    BY_ORDER = 3
    BY_MONTH = 4
    MAKER_TAKER = 5  # from here on makers have fees of their own
    MAKER_TAKER_BY_MONTH = 6


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
    AS_PLACED = 5


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


class OrderKind(IntEnum):
    """What an order waits for."""

    MARKET = 0
    LIMIT = 1
    STOP = 2
    STOP_LIMIT = 3
    MARKET_IF_TOUCHED = 4
    MARKET_ON_OPEN = 5
    MARKET_ON_CLOSE = 6
    MARKET_WITH_PROTECTION = 7
    TRAILING_STOP = 8


class TimeInForce(IntEnum):
    """How long an order waits for its price."""

    GTC = 0
    GTD = 1
    DAY = 2
    NEXT = 3
    IOC = 4
    FOK = 5


class Path(IntEnum):
    """Which extreme of a bar comes first."""

    WORST = 0
    BEST = 1
    OHLC = 2
    OLHC = 3
    NEAREST = 4


class StopFill(IntEnum):
    """At what price a stop fills that is hit within a bar."""

    LEVEL = 0
    WORST_CLOSE = 1


class StopExit(IntEnum):
    """What a stop sends to the market when it is hit."""

    MARKET = 0
    LIMIT = 1
    CLOSE = 2


class WhenAdded(IntEnum):
    """What becomes of a position's stops when it grows."""

    KEEP = 0
    RESET = 1


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
    EXPIRED = 23
    WITHDRAWN = 24
    VOLUME_CAP = 25
    ONE_CANCELS_OTHER = 26
    NOT_IN_PERPETUAL_ACCOUNT = 27
    BRACKET_CAP = 28
    MIN_SIZE = 29
    MAX_SIZE = 30
    NOT_WHOLE = 31
    REFUSED = 32
    NOT_BORROWABLE = 33
    SHORT_SALE_RESTRICTED = 34
    DELISTED = 35
    PATTERN_DAY_TRADER = 36


# Reasons that end an order without refusing it; every other one refuses what it ends unfilled.
NO_REFUSAL = (
    Reason.NONE,
    Reason.REPLACED,
    Reason.POSITION_GONE,
    Reason.END_OF_DATA,
    Reason.EXPIRED,
    Reason.WITHDRAWN,
    Reason.ONE_CANCELS_OTHER,
)


class Tradable(IntEnum):
    """Whether an asset trades on a bar.

    MISSED: it does not, and the bar counts for orders that are good for one; LOCKED_UP and
    LOCKED_DOWN: at its upper limit nobody can buy, at its lower limit nobody can sell.
    """

    NO = 0
    YES = 1
    MISSED = 2
    LOCKED_UP = 3
    LOCKED_DOWN = 4


class Cause(IntEnum):
    """What made an order."""

    SIGNAL = 0
    TARGET = 1
    ORDER = 2
    MARGIN_CALL = 3
    BANKRUPTCY = 4
    LOSS_LIMIT = 5
    EXCLUSIVE = 6
    STOP_LOSS = 7
    TRAILING_STOP = 8
    TARGET_HIT = 9
    TIME_STOP = 10
    LIQUIDATION = 11
    ROLL = 12
    DELISTING = 13
    EXPIRY = 14


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
    LIQUIDATION = 9
    PATTERN_DAY_TRADER = 10
    DAY_TRADING_MINIMUM = 11
    DAY_TRADING_CALL = 12


class EventKind(IntEnum):
    """What a row of `events` does; they are sorted in the order in which one bar applies them."""

    SPLIT = 0
    FLOW = 1
    DIVIDEND = 2
    ACCRUAL = 3
    DELISTING = 4
    EXPIRY = 5
    ROLL = 6
    RATE = 7
    BRACKETS = 8
    DAY = 9


class DayKind(IntEnum):
    """What a row of `EventKind.DAY` says of the rules for day traders."""

    BEGINS = 0
    LAST_BAR = 1
    OVER = 2


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
    LOSS = 15
    TARGET = 16
    TRAIL = 17
    TRAIL_AFTER = 18
    BREAK_EVEN = 19
    TIME = 20
    ORDER_PRICE = 21
    ORDER_STOP = 22
    CAP_SHARE = 23
    CAP_UNITS = 24
    CAP_MONEY = 25
    IMPACT_CURVED = 26
    IMPACT_STRAIGHT = 27
    IMPACT_MONEY = 28
    IMPACT_FLAT = 29
    BORROW = 30
    BORROWABLE = 31
    NO_SHORTS = 32
    CREDIT = 33
    DEBIT = 34
    REBATE = 35
    STOP_UNIT = 36
    LOSSES = 37
    TARGETS = 38
    LASTING = 39
    LASTING_MONEY = 40
    MAKER_RATE = 41
    MAKER_PER_UNIT = 42


class Stage(IntEnum):
    """Where a live order stands at an instant."""

    WAITING = 0
    ACTIVE = 1
    ENDED = 2
