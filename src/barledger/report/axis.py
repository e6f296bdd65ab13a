"""Where ticks stand and what they say, for numbers and for times."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
UNITS = (("Y", 365.25), ("M", 30.44), ("D", 1.0), ("h", 1.0 / 24.0), ("m", 1.0 / 1440.0))
MULTIPLES = {"Y": (1, 2, 5, 10, 20, 50), "M": (1, 3, 6), "D": (1, 2, 7, 14), "h": (1, 3, 6, 12),
             "m": (1, 5, 15, 30)}  # fmt: skip


class Scale(NamedTuple):
    """From numbers to places between 0 and 1."""

    low: float
    high: float

    def place(self, values: Any) -> Any:
        """Return where values stand: 0 at the low end, 1 at the high end."""
        return (values - self.low) / (self.high - self.low)


def scale_of(values: list[Floats], *, include: tuple[float, ...] = ()) -> Scale:
    """Return a scale that holds all values and those to include, with a little room."""
    known = [each[np.isfinite(each)] for each in values]
    ends = [
        *include,
        *(float(end) for each in known if len(each) for end in (each.min(), each.max())),
    ]
    low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
    room = 0.03 * (high - low) or abs(high) * 0.05 or 0.01
    is_top, is_bottom = 0.0 in include and high == 0.0, 0.0 in include and low == 0.0 < high
    return Scale(low if is_bottom else low - room, high if is_top else high + room)


def ticks(scale: Scale, most: int = 5, *, is_log: bool = False) -> list[float]:
    """Return round numbers within a scale; `is_log`: the logarithms of round numbers.

    Examples
    --------
    >>> ticks(Scale(0.0, 93.0))
    [0.0, 20.0, 40.0, 60.0, 80.0]
    """
    if is_log:
        return [float(each) for each in _round_powers(scale)]
    rough = (scale.high - scale.low) / most
    power = 10.0 ** np.floor(np.log10(rough))
    step = power * next(each for each in STEPS if each * power >= rough * (1 - 1e-9))
    first = int(np.ceil(scale.low / step - 1e-9))
    last = int(np.floor(scale.high / step + 1e-9))
    return [float(np.round(k * step, 12)) for k in range(first, last + 1)]


def _round_powers(scale: Scale) -> npt.NDArray[np.float64]:
    """Return logarithms of 1, 2 and 5 times powers of ten, of 1 alone where those are many."""
    powers = np.arange(np.floor(scale.low), np.ceil(scale.high) + 1.0)
    steps = np.log10([1.0, 2.0, 5.0] if scale.high - scale.low < 2.5 else [1.0])
    found = (powers[:, None] + steps).ravel()
    return found[(found >= scale.low) & (found <= scale.high)]


def time_ticks(times: npt.NDArray[Any], most: int = 7) -> list[tuple[float, str]]:
    """Return places between 0 and 1 and labels of round dates, or of round bar numbers.

    Examples
    --------
    >>> days = np.array(["2019-11-01", "2020-01-01", "2020-03-01"], "datetime64[ns]")
    >>> [label for _, label in time_ticks(days)]
    ['2019-11', '2019-12', '2020-01', '2020-02', '2020-03']
    """
    if len(times) < 2:
        return []
    if times.dtype.kind != "M":
        scale = Scale(float(times[0]), float(times[-1]))
        return [(scale.place(each), f"{each:,.0f}") for each in ticks(scale, most)]
    first, last = (each.astype("datetime64[s]") for each in (times[0], times[-1]))
    unit, step = _unit((last - first).astype(np.int64) / 86_400.0, most)
    kind = f"datetime64[{unit}]"
    after = last.astype(kind) + np.timedelta64(1, unit)  # type: ignore[call-overload]
    marks = np.arange(first.astype(kind), after)
    marks = marks[_offset(marks, unit) % step == 0]
    places = (marks.astype("datetime64[s]") - first) / (last - first)
    return [
        (float(place), _label(mark, unit))
        for place, mark in zip(places, marks, strict=True)
        if place >= 0.0
    ]


def _label(mark: np.datetime64, unit: str) -> str:
    """Return a date as far as its unit tells; hours and minutes with month and day."""
    if unit in ("h", "m"):
        return str(mark.astype("datetime64[m]"))[5:].replace("T", " ")
    return str(mark)


def _unit(days: float, most: int) -> tuple[str, int]:
    """Return the finest unit and multiple of it that make at most so many ticks."""
    for unit, length in reversed(UNITS):
        for step in MULTIPLES[unit]:
            if days / (length * step) <= most:
                return unit, step
    return "Y", 100


def _offset(marks: npt.NDArray[Any], unit: str) -> npt.NDArray[np.int64]:
    number = marks.astype(np.int64)
    return number + 1970 if unit == "Y" else number


def money(value: float) -> str:
    """Return a number in few characters: 1.2 m, 340 k, 12.5."""
    for size, name in ((1e9, " bn"), (1e6, " m"), (1e3, " k")):
        if abs(value) >= size:
            return f"{value / size:,.6g}{name}"
    return f"{value:,.6g}"


def log_money(value: float) -> str:
    """Return a number whose logarithm this is, in few characters."""
    return money(float(f"{10.0**value:.6g}"))


def percent(value: float) -> str:
    """Return a fraction as a percentage, without decimals that say nothing."""
    return f"{100.0 * value:,.6g}%"


def times_of(value: float) -> str:
    """Return a multiple."""
    return f"{value:,.6g}x"
