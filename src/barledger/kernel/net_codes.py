"""Codes of orders that are settled as one quantity each; see `netting`."""

from enum import IntEnum

WIDTH = 6  # numbers that are kept of the stops of one asset


class Net(IntEnum):
    """Options of one cell, as places of the array `net`; then what the room itself keeps there."""

    SIZE = 0
    SIZE_KIND = 1
    SIDES = 2
    FEE_RATE = 3
    FEE_FIXED = 4
    SLIPPAGE = 5
    MIN_SIZE = 6
    MAX_SIZE = 7
    STEP = 8
    IS_REFUSED = 9
    LOCKS = 10
    CLIPS = 11
    REPEAT = 12
    LONG_CONFLICT = 13
    SHORT_CONFLICT = 14
    DIRECTION_CONFLICT = 15
    OPPOSITE = 16
    LOSS = 17
    TRAILS = 18
    TARGET = 19
    STOP_BASE = 20
    STOP_FILL = 21
    UPON_STOP = 22
    UPON_UPDATE = 23
    IS_BOUNDLESS = 24
    VALUES_AGAIN = 25
    WANTS_VALUE = 26
    VALUE = 27
    ERROR = 28
    ERROR_BAR = 29
    ERROR_ASSET = 30
    SHARE = 31
    STATUS = 32
    REASON = 33


class NetSize(IntEnum):
    """What the number of a size means."""

    AMOUNT = 0
    VALUE = 1
    PERCENT = 2
    TARGET_AMOUNT = 3
    TARGET_VALUE = 4
    TARGET_PERCENT = 5


class NetRepeat(IntEnum):
    """Whether signals add to a position, take from it, or make and close it whole."""

    DISABLED = 0
    BOTH = 1
    ADD_ONLY = 2
    REMOVE_ONLY = 3


class NetOpposite(IntEnum):
    """An entry against the position held."""

    IGNORE = 0
    CLOSE = 1
    CLOSE_REDUCE = 2
    REVERSE = 3
    REVERSE_REDUCE = 4


class StopBase(IntEnum):
    """What the stops of a position are reckoned from."""

    WORTH = 0
    PRICE = 1
    FILL_PRICE = 2
    CLOSE = 3


class StopFill(IntEnum):
    """At what price a stop fills."""

    STOP_LIMIT = 0
    STOP_MARKET = 1
    PRICE = 2
    CLOSE = 3


class StopUpdate(IntEnum):
    """What becomes of stops when a position grows."""

    KEEP = 0
    OVERRIDE = 1
    OVERRIDE_NAN = 2


class NetStatus(IntEnum):
    """How the test of an order went."""

    DONE = 0
    NO_POSITION = 1
    NO_SIZE = 2
    NO_CASH = 3
    FEES = 4
    BELOW_MINIMUM = 5
    ABOVE_MAXIMUM = 6
    NOT_WHOLE = 7
    REFUSED = 8
    NO_EQUITY = 9
    ENDLESS_LONG = 10
    ENDLESS_SHORT = 11
    PERCENT_REVERSAL = 12
    WORTHLESS = 13
    NEGATIVE_STOP = 14
