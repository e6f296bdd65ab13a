"""Grids of parameters: every combination that a condition lets through, as numbers of choices."""

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
COMPARE: dict[type, Callable[..., Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
ARITHMETIC: dict[type, Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
}
UNARY: dict[type, Callable[..., Any]] = {
    ast.USub: operator.neg,
    ast.Not: np.logical_not,
    ast.Invert: np.logical_not,
}


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Variants of some parameters: `choices` (P, V) number the values chosen of each."""

    values: dict[str, list[Any]]
    choices: npt.NDArray[np.int32]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return tuple(self.values)

    def __len__(self) -> int:
        return int(self.choices.shape[1])

    def variant(self, number: int) -> dict[str, Any]:
        """Return the parameters of one variant."""
        picked = self.choices[:, number]
        return {name: self.values[name][k] for name, k in zip(self.values, picked, strict=True)}

    def shown(self, number: int) -> str:
        """Return one variant in words."""
        given = ", ".join(f"{name}={value!r}" for name, value in self.variant(number).items())
        return f"variant {number} ({given})"


def read_values(given: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return lists of values by name; raise for what is none."""
    return {name: _values(name, value) for name, value in given.items()}


def make_grid(
    values: dict[str, list[Any]], where: Any = None, sample: int | None = None, seed: int = 0
) -> Grid:
    """Return all combinations of the values given, the last name changing fastest.

    `where` is a condition such as ``"fast < slow"``; `sample` keeps so many of those that are left,
    drawn with `seed`, in order.
    """
    sizes = [len(each) for each in values.values()]
    count = int(np.prod([float(size) for size in sizes]))
    if count > 2**31:
        raise ValueError(f"the grid has {count:,} combinations: more than a sweep can number")
    choices = np.indices(sizes, np.int32).reshape(len(sizes), -1)
    if where is not None:
        keeps = _condition(where, values, choices)
        if not keeps.any():
            raise ValueError(f"where={where!r} removes all {count:,} variants of the grid")
        choices = choices[:, keeps]
    if sample is not None:
        choices = _sample(choices, sample, seed)
    return Grid(values, np.ascontiguousarray(choices))


def _values(name: str, value: Any) -> list[Any]:
    if isinstance(value, str) or not isinstance(value, Sequence | range | np.ndarray):
        raise TypeError(
            f"{name} must be a list of values, such as {name}=[{value!r}] or range(5, 50, 5); "
            f"was {value!r}"
        )
    found = value.tolist() if isinstance(value, np.ndarray) else list(value)
    if not found:
        raise ValueError(f"{name} has no values: the grid is empty")
    return found


def _sample(choices: npt.NDArray[np.int32], count: int, seed: int) -> npt.NDArray[np.int32]:
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise ValueError(f"sample must be a whole number >= 1, was {count!r}")
    if count >= choices.shape[1]:
        return choices
    picked = np.random.default_rng(seed).choice(choices.shape[1], count, replace=False)
    return choices[:, np.sort(picked)]


def _condition(
    where: Any, values: Mapping[str, list[Any]], choices: npt.NDArray[np.int32]
) -> npt.NDArray[np.bool_]:
    columns = {name: _column(each)[choices[k]] for k, (name, each) in enumerate(values.items())}
    if callable(where):
        keeps = where(**columns)
    elif isinstance(where, str):
        try:
            tree = ast.parse(where.strip(), mode="eval")
        except SyntaxError as error:
            raise ValueError(f"where={where!r} is no condition: {error.msg}") from None
        keeps = _evaluate(tree.body, columns, where)
    else:
        raise TypeError(f"where must be a condition such as 'fast < slow', was {where!r}")
    keeps = np.asarray(keeps)
    if keeps.dtype != np.bool_:
        raise ValueError(
            f"where={where!r} is no condition: it gives {keeps.dtype}, not true or false"
        )
    return np.broadcast_to(keeps, choices.shape[1:])


def _column(values: list[Any]) -> npt.NDArray[Any]:
    """Values as an array to compare: None is NaN, anything but numbers is an object."""
    if all(value is None or isinstance(value, int | float) for value in values):
        return np.array([np.nan if value is None else value for value in values])
    column = np.empty(len(values), object)
    column[:] = values
    return column


def _evaluate(node: ast.expr, columns: Mapping[str, Any], where: str) -> Any:
    """Evaluate a condition of names, numbers, comparisons, arithmetic, and, or, not."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        if node.id not in columns:
            known = ", ".join(columns)
            raise ValueError(f"where={where!r} names {node.id!r}; the grid has {known}")
        return columns[node.id]
    if isinstance(node, ast.BoolOp):
        join = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
        parts = [_evaluate(each, columns, where) for each in node.values]
        return join.reduce(
            [np.broadcast_to(p, np.broadcast_shapes(*map(np.shape, parts))) for p in parts]
        )
    if isinstance(node, ast.UnaryOp) and type(node.op) in UNARY:
        return UNARY[type(node.op)](_evaluate(node.operand, columns, where))
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        left, right = (_evaluate(each, columns, where) for each in (node.left, node.right))
        return ARITHMETIC[type(node.op)](left, right)
    if isinstance(node, ast.Compare) and all(type(op) in COMPARE for op in node.ops):
        sides = [_evaluate(each, columns, where) for each in (node.left, *node.comparators)]
        pairs = zip(node.ops, sides[:-1], sides[1:], strict=True)
        return np.logical_and.reduce([COMPARE[type(op)](a, b) for op, a, b in pairs])
    raise ValueError(
        f"where={where!r} may hold names, numbers, comparisons, + - * / // % **, and, or, not"
    )
