"""A user's function as a rule: compiled behind the one signature that the loop knows."""

from collections import namedtuple
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, overload

import numpy as np

from barledger._given import guarded, reduced
from barledger.kernel.types import Floats

Indicator = Callable[[Any, float, Floats], None]
FIELDS = ("bars", "params", "flags", "scratch")
OWN = ("work", "marks")

# What numba sees: one asset at a time, or all of them at once; errors become a 1.
ONE_BY_ONE = """
def call(bars, params, flags, scratch):
    for asset in range(flags.shape[0]):
        function(
            Prices(bars.open[asset], bars.high[asset], bars.low[asset], bars.close[asset],
                   bars.volume[asset]),
            Params({params}), flags[asset], Scratch({bank}scratch.work, scratch.marks),
        )
"""
ACROSS = """
def call(bars, params, flags, scratch):
    function(bars, Params({params}), flags, Scratch({bank}scratch.work, scratch.marks))
"""


@dataclass(frozen=True, eq=False, repr=False)
class Rule:
    """A function that writes one variant's signals; made by `rule`."""

    function: Callable[..., None]
    params: tuple[str, ...] | None = None
    bank: Mapping[str, Indicator] = field(default_factory=dict)
    across: bool = False
    needs: tuple[str, ...] = ()
    is_trusted: bool = False

    @property
    def name(self) -> str:
        """Name of the function."""
        return self.function.__name__

    @property
    def __doc__(self) -> str | None:  # type: ignore[override]
        return self.function.__doc__

    def __call__(self, bars: Any, params: Any, flags: Any, scratch: Any) -> None:
        """Call the plain function, uncompiled."""
        self.function(bars, params, flags, scratch)

    def __repr__(self) -> str:
        names = "" if self.params is None else f": {', '.join(self.params)}"
        return f"<rule {self.name}{names}>"

    def __reduce__(self) -> Any:
        """Pickle by name where a module has it, else the function itself, by value."""
        parts = (self.params, dict(self.bank), self.across, self.needs, self.is_trusted)
        return reduced(self, self.function, *parts)


@overload
def rule(function: Callable[..., None]) -> Rule: ...
@overload
def rule(
    *params: str,
    bank: Mapping[str, Indicator] | None = None,
    across: bool = False,
    needs: tuple[str, ...] = (),
) -> Callable[[Callable[..., None]], Rule]: ...
def rule(  # type: ignore[misc]
    *args: Any, bank: Any = None, across: bool = False, needs: Any = ()
) -> Any:
    """Make a function a rule, which a `sweep` runs for each variant.

    The function is called as ``function(bars, params, flags, scratch)``, compiled by numba, and
    writes the signals of one variant for one asset. Signals of one bar become orders for the next.

    ``bars.open``, ``high``, ``low``, ``close``, ``volume``
        (T,) float64, not to be written; NaN where nothing is there, or none were given.
    ``params``
        The variant's numbers by name, ``params.fast``, all float64.
    ``flags``
        (T,) int8, all 0: write ``bl.rules.LONG_ENTRY``, ``LONG_EXIT``, ``SHORT_ENTRY`` or
        ``SHORT_EXIT``, or a sum of them.
    ``scratch``
        ``scratch.work`` (4, T) float64 and ``scratch.marks`` (4, T) int8 are memory to use, with
        whatever an earlier call has left in it; beside them a row (T,) for each name in `bank`.

    Parameters
    ----------
    *params
        Names of the numbers that it takes; without them, those that the sweep is given.
    bank
        Indicators by the name of a parameter: ``indicator(bars, value, out)`` fills a row of (T,)
        once for each distinct value, shared by all variants; the rule finds that of its own
        variant as ``scratch.<name>``. It takes 8 · T · N bytes for each value.
    across
        True: the function is called once for all assets, and each (T,) above is (T, N).
    needs
        Prices beside closes that it cannot do without, such as ``("high", "low")``.

    Examples
    --------
    >>> import numpy as np, barledger as bl
    >>> @bl.rule("days")
    ... def rises(bars, params, flags, scratch):
    ...     days = int(params.days)
    ...     for i in range(days, flags.size):
    ...         rose = bars.close[i] > bars.close[i - days]
    ...         flags[i] = bl.rules.LONG_ENTRY if rose else bl.rules.LONG_EXIT
    >>> rises
    <rule rises: days>
    """
    if len(args) == 1 and callable(args[0]):
        return Rule(args[0])
    if not all(isinstance(name, str) for name in args):
        raise TypeError(f"rule takes a function, or names of parameters; was {args!r}")
    wrong = sorted(set(bank or ()) - set(args))
    if wrong:
        raise ValueError(f"bank names {', '.join(wrong)}, which are no parameters of the rule")
    strange = sorted(set(needs) - {"open", "high", "low", "volume"})
    if strange:
        raise ValueError(f"needs may be open, high, low, volume; had {', '.join(strange)}")
    return lambda function: Rule(function, args or None, dict(bank or {}), across, tuple(needs))


class RuleError(RuntimeError):
    """A rule failed; the message names the variant and says what went wrong."""


@lru_cache(maxsize=64)
def compiled_rule(rule: Rule, names: tuple[str, ...]) -> Any:
    """Return the rule as the loop calls it, for parameters of these names."""
    import numba

    from barledger.kernel.variants import RULE

    if numba.config.DISABLE_JIT:
        return _wrapped(rule, names, rule.function, lambda call: call)
    options = {"nogil": True, "error_model": "numpy"}
    inner = numba.njit(**options)(rule.function)
    call = _wrapped(rule, names, inner, numba.njit(**options))
    code = numba.cfunc(RULE, nopython=True, error_model="numpy")(call)
    code._numba_type_ = numba.types.FunctionType(RULE)  # to work it out takes 50 µs a call
    return code


@lru_cache(maxsize=64)
def checked_rule(rule: Rule, names: tuple[str, ...]) -> Any:
    """Return the rule compiled with bounds checks; its errors reach Python."""
    import numba

    if numba.config.DISABLE_JIT:
        return _call(rule, names, _returning_nothing(rule.function))
    options = {"nogil": True, "error_model": "numpy", "boundscheck": True}
    inner = numba.njit(**options)(rule.function)
    checked = numba.njit(**options)(_call(rule, names, inner))

    def run(*args: Any) -> None:
        checked(*args)
        returned = {str(each.return_type) for each in inner.nopython_signatures} - {"none"}
        if returned:
            raise _returned(", ".join(sorted(returned)))

    return run


def _returning_nothing(function: Callable[..., None]) -> Callable[..., None]:
    def call(*args: Any) -> None:
        found = function(*args)  # type: ignore[func-returns-value]
        if found is not None:
            raise _returned(type(found).__name__)

    return call


def _returned(kind: str) -> TypeError:
    return TypeError(f"it returned {kind}: a rule writes its signals into flags, returning nothing")


def _call(rule: Rule, names: tuple[str, ...], function: Any) -> Any:
    """Return a function of published arguments that calls `function` with friendly ones."""
    from barledger.kernel.variants import Prices

    banked = tuple(rule.bank)
    kinds = {
        "Prices": Prices,
        "Params": namedtuple("Params", names),
        "Scratch": namedtuple("Scratch", (*banked, *OWN)),
        "function": function,
    }
    at = "[int(params[{}])]" if rule.across else "[int(params[{}]), asset]"
    rows = [f"scratch.bank{at.format(len(names) + k)}" for k in range(len(banked))]
    source = (ACROSS if rule.across else ONE_BY_ONE).format(
        params=", ".join(f"params[{k}]" for k in range(len(names))),
        bank="".join(f"{row}, " for row in rows),
    )
    exec(source, kinds)
    return kinds["call"]


def _wrapped(rule: Rule, names: tuple[str, ...], function: Any, compile_: Any) -> Any:
    return guarded(compile_(_call(rule, names, function)), *FIELDS)


def fill_bank(rule: Rule, prices: Any, values: Mapping[str, Floats]) -> Floats:
    """Return the indicators' rows, one after another in the order of the bank.

    `values` are the distinct values of each banked parameter. Shape (rows, N, T), for a rule
    across assets (rows, T, N).
    """
    from barledger.kernel.variants import Prices

    close = prices.close
    n_rows = sum(len(values[name]) for name in rule.bank)
    bank = np.empty((n_rows, *close.shape))
    row = 0
    made: dict[tuple[Any, float], int] = {}
    for name, indicator in rule.bank.items():
        for value in values[name]:
            known = made.setdefault((indicator, float(value)), row)
            if known < row:
                bank[row] = bank[known]
            elif rule.across:
                indicator(prices, float(value), bank[row])
            else:
                for asset in range(len(close)):
                    indicator(Prices(*(each[asset] for each in prices)), value, bank[row, asset])
            row += 1
    return bank
