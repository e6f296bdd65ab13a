"""Grids of parameters: every combination that a condition lets through, as numbers of choices."""

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from barledger import _check
from barledger.sweeps.sobol import sobol

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
    values: dict[str, list[Any]],
    where: Any = None,
    sample: int | None = None,
    seed: int = 0,
    sampling: str = "random",
) -> Grid:
    """Return all combinations of the values given, the last name changing fastest.

    `where` is a condition such as ``"fast < slow"``; `sample` keeps so many of those that are left,
    drawn with `seed`, in order; ``sampling="sobol"`` spreads them evenly.
    """
    _check.choice("sampling", sampling, ("random", "sobol"))
    sizes = [len(each) for each in values.values()]
    count = int(np.prod([float(size) for size in sizes]))
    if count > 2**31:
        raise ValueError(f"the grid has {count:,} combinations: more than a sweep can number")
    choices = np.indices(sizes, np.int32).reshape(len(sizes), -1)
    if where is not None:
        kept = keeps(where, values, choices)
        if not kept.any():
            raise ValueError(f"where={where!r} removes all {count:,} variants of the grid")
        choices = choices[:, kept]
    if sample is not None:
        _check.whole("sample", sample, 1)
        if sampling == "sobol":
            choices = _evenly(choices, sizes, sample, seed)
        else:
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
    if count >= choices.shape[1]:
        return choices
    picked = np.random.default_rng(seed).choice(choices.shape[1], count, replace=False)
    return choices[:, np.sort(picked)]


def _evenly(
    choices: npt.NDArray[np.int32], sizes: list[int], count: int, seed: int
) -> npt.NDArray[np.int32]:
    """Return so many variants that lie evenly in the space of values, those that there are.

    The points of a Sobol sequence, shifted by an offset drawn with `seed`, name a value of each
    parameter; what is not among the variants, or is there already, is passed over. In a sparse
    set that would take for ever: then the rest is drawn at random.
    """
    total = choices.shape[1]
    if count >= total:
        return choices
    shift = np.random.default_rng(seed).random(len(sizes))
    place = np.full(int(np.prod(sizes)), -1, np.int32)
    weights = np.append(np.cumprod(sizes[::-1])[-2::-1], 1).astype(np.int64)
    place[weights @ choices] = np.arange(total)
    is_taken = np.zeros(total + 1, np.bool_)
    is_taken[-1] = True
    picked: list[int] = []
    for first in range(0, max(64 * count, 4096), 4096):
        points = (sobol(len(sizes), first, 4096).T + shift) % 1.0
        cells = (points * sizes).astype(np.int64) @ weights
        for k in place[cells].tolist():
            if not is_taken[k] and len(picked) < count:
                is_taken[k] = True
                picked.append(k)
        if len(picked) == count:
            break
    left = np.flatnonzero(~is_taken[:-1])
    rest = np.random.default_rng(seed).choice(left, count - len(picked), replace=False)
    return choices[:, np.sort(np.concatenate([picked, rest]).astype(np.int64))]


def keeps(
    where: Any, values: Mapping[str, list[Any]], choices: npt.NDArray[np.int32]
) -> npt.NDArray[np.bool_]:
    """Return which variants a condition lets through, (V,); None lets all."""
    if where is None:
        return np.ones(choices.shape[1], np.bool_)
    columns = {name: _column(each)[choices[k]] for k, (name, each) in enumerate(values.items())}
    if callable(where):
        kept = where(**columns)
    elif isinstance(where, str):
        try:
            tree = ast.parse(where.strip(), mode="eval")
        except SyntaxError as error:
            raise ValueError(f"where={where!r} is no condition: {error.msg}") from None
        kept = _evaluate(tree.body, columns, where)
    else:
        raise TypeError(f"where must be a condition such as 'fast < slow', was {where!r}")
    kept = np.asarray(kept)
    if kept.dtype != np.bool_:
        raise ValueError(
            f"where={where!r} is no condition: it gives {kept.dtype}, not true or false"
        )
    return np.broadcast_to(kept, choices.shape[1:])


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
