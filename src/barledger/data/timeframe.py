"""Timeframes such as ``"5m"``: their width in nanoseconds."""

import re

UNITS = {"s": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000, "d": 86_400_000_000_000}
TIMEFRAME = re.compile(r"(?P<count>[1-9]\d*)(?P<unit>[smhd])")


def width_of(timeframe: str) -> int:
    """Return the width of a timeframe in nanoseconds.

    Examples
    --------
    >>> width_of("5m") // 1_000_000_000
    300
    """
    found = TIMEFRAME.fullmatch(timeframe) if isinstance(timeframe, str) else None
    if found is None:
        raise ValueError(
            f"a timeframe is a number and s, m, h or d, such as '5m' or '1h', was {timeframe!r}"
        )
    return int(found["count"]) * UNITS[found["unit"]]


def check_timeframe(timeframe: str) -> None:
    """Raise unless it is a width such as ``"5m"``, or ``"session"``, the bars of a trade date."""
    if timeframe != "session":
        width_of(timeframe)
