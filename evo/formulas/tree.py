"""The syntax tree of a formula, its functions, and what its operations mean in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, TypeAlias, TypeVar

import numpy as np

from evo import codes

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Number:
    value: float


@dataclass(frozen=True, slots=True)
class Name:
    name: str
    column: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Apply:
    """One operation over its operands, of which and, or, min and max take any number.

    A chain of comparisons, `a < b <= c`, has one operation for each neighbouring pair and is true where all hold.
    """

    operations: tuple[int, ...]
    operands: tuple[Node, ...]


Node: TypeAlias = "Number | Name | Apply"

# name: operation, least and greatest number of arguments
FUNCTIONS: dict[str, tuple[int, int, float]] = {
    "where": (codes.WHERE, 3, 3),
    "min": (codes.MINIMUM, 2, np.inf),
    "max": (codes.MAXIMUM, 2, np.inf),
    "abs": (codes.ABSOLUTE, 1, 1),
    "exp": (codes.EXP, 1, 1),
    "log": (codes.LOG, 1, 1),
    "sqrt": (codes.SQRT, 1, 1),
    "tanh": (codes.TANH, 1, 1),
    "floor": (codes.FLOOR, 1, 1),
}

_PAIRWISE = (codes.AND, codes.OR, codes.MINIMUM, codes.MAXIMUM)


def _truth(test: Callable[..., Any]) -> Callable[..., Any]:
    def truth(*values: Any) -> Any:
        return np.multiply(test(*values), 1.0)

    return truth


def _where(condition: Any, a: Any, b: Any) -> Any:
    where: Callable[..., Any] = np.where
    return where(np.not_equal(condition, 0.0), a, b)


_MEANING: dict[int, Callable[..., Any]] = {
    codes.ADD: np.add,
    codes.SUBTRACT: np.subtract,
    codes.MULTIPLY: np.multiply,
    codes.DIVIDE: np.divide,
    codes.POWER: np.power,
    codes.NEGATE: np.negative,
    codes.LESS: _truth(np.less),
    codes.LESS_EQUAL: _truth(np.less_equal),
    codes.GREATER: _truth(np.greater),
    codes.GREATER_EQUAL: _truth(np.greater_equal),
    codes.EQUAL: _truth(np.equal),
    codes.NOT_EQUAL: _truth(np.not_equal),
    codes.AND: _truth(np.logical_and),
    codes.OR: _truth(np.logical_or),
    codes.NOT: _truth(np.logical_not),
    codes.WHERE: _where,
    codes.MINIMUM: np.minimum,
    codes.MAXIMUM: np.maximum,
    codes.ABSOLUTE: np.absolute,
    codes.EXP: np.exp,
    codes.LOG: np.log,
    codes.SQRT: np.sqrt,
    codes.TANH: np.tanh,
    codes.FLOOR: np.floor,
}


def calculate(operation: int, values: Sequence[Any]) -> Any:
    """One operation on float64 arrays or floats; the caller silences NumPy's warnings."""
    return _MEANING[operation](*values)


def fold(operation: int, values: Sequence[float]) -> float:
    """One operation on constants."""
    with np.errstate(all="ignore"):
        return float(calculate(operation, [np.float64(value) for value in values]))


def unfold(operations: Sequence[int], operands: Sequence[T], make: Callable[[int, Sequence[T]], T]) -> T:
    """Build an `Apply` out of operations with a fixed number of operands, each made by `make`."""
    if len(operations) > 1:
        pairs = [make(operation, operands[i : i + 2]) for i, operation in enumerate(operations)]
        return reduce(lambda a, b: make(codes.AND, (a, b)), pairs)
    if operations[0] in _PAIRWISE:
        return reduce(lambda a, b: make(operations[0], (a, b)), operands)
    return make(operations[0], operands)
