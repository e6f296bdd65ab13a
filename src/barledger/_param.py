"""A name that stands for a number of a sweep: what each variant fills in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache, wraps
from typing import Any, TypeVar

Class = TypeVar("Class", bound=type)


@dataclass(frozen=True, slots=True)
class Param:
    """Placeholder for an execution parameter; made by `param`."""

    name: str


def param(name: str) -> Any:
    """Return a placeholder for a parameter of the execution, which a `sweep` fills in.

    Parameters
    ----------
    name
        The keyword of `sweep` that lists its values. They may be numbers, None, words or whole
        options.

    Examples
    --------
    >>> param("loss")
    Param(name='loss')
    >>> import barledger as bl
    >>> bl.PercentFee(bl.param("rate"))
    PercentFee(rate=Param(name='rate'))
    """
    if not isinstance(name, str) or not name.isidentifier():
        raise ValueError(f"param must be a name such as 'loss', was {name!r}")
    return Param(name)


def names_in(value: Any) -> set[str]:
    """Return the names of all placeholders in an option."""
    if isinstance(value, Param):
        return {value.name}
    if is_dataclass(value) and not isinstance(value, type):
        return set().union(*(names_in(getattr(value, each.name)) for each in _inside(value)))
    return set()


def filled(value: Any, given: Mapping[str, Any]) -> Any:
    """Return an option with its placeholders replaced; it is checked then."""
    if isinstance(value, Param):
        return given[value.name]
    if not names_in(value):
        return value
    inner = {each.name: filled(getattr(value, each.name), given) for each in _inside(value)}
    return replace(value, **inner)


def check_when_known(cls: Class) -> Class:
    """Let an option's check wait while one of its fields is a placeholder."""
    check = cls.__dict__.get("__post_init__")
    if check is not None and not hasattr(check, "__wrapped__"):
        cls.__post_init__ = _waiting(check)  # type: ignore[attr-defined]
    return cls


def _waiting(check: Callable[[Any], None]) -> Callable[[Any], None]:
    @wraps(check)
    def __post_init__(self: Any) -> None:
        option: Any = type(self)
        if not any(isinstance(getattr(self, name), Param) for name in _names(option)):
            check(self)

    return __post_init__


@cache
def _names(option: Any) -> tuple[str, ...]:
    return tuple(each.name for each in fields(option))


def _inside(value: Any) -> tuple[Any, ...]:
    """Fields of an option; only options of ours are looked into."""
    return fields(value) if type(value).__module__.startswith("barledger.") else ()
