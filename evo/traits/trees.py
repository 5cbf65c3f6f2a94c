"""Formulas as mathematics: lines written out, values put in for names, exact derivatives, polynomials.

Everything maps a syntax tree of `evo.formulas` to another one; nothing is evaluated and no step size is chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from evo import codes
from evo.formulas import Expression, parse
from evo.formulas.tree import Apply, Name, Node, Number, fold, unfold

T = TypeVar("T")
Powers = tuple[int, ...]

LARGEST = 20_000  # values in a tree that is written out
HIGHEST = 12  # power up to which a formula counts as a polynomial

ZERO, ONE = Number(0.0), Number(1.0)
_STEPS = (codes.FLOOR, codes.AND, codes.OR, codes.NOT, codes.LESS, codes.LESS_EQUAL, codes.GREATER,
          codes.GREATER_EQUAL, codes.EQUAL, codes.NOT_EQUAL)  # fmt: skip


class TooLargeError(ValueError):
    """A formula that has too many values once its lines are written out."""


class NoPolynomialError(ValueError):
    """A formula that is no polynomial of the names asked for, or one of too high a degree."""


def expression(tree: Node) -> Expression:
    """A tree as what `evo.formulas` evaluates and compiles."""
    return Expression("(derived)", frozenset(names(tree)), tree)


def names(tree: Node) -> set[str]:
    """The names in a tree."""
    if isinstance(tree, Apply):
        return {name for operand in tree.operands for name in names(operand)}
    return {tree.name} if isinstance(tree, Name) else set()


def written_out(formula: str, let: Mapping[str, str]) -> Node:
    """The formula with each line under `let` in place of its name. Raises TooLargeError."""
    lines: dict[str, Node] = {}
    for name, line in let.items():
        lines[name] = substituted(parse(line).tree, lines)
        _size(lines[name])
    tree = substituted(parse(formula).tree, lines)
    _size(tree)
    return tree


def substituted(tree: Node, values: Mapping[str, Node]) -> Node:
    """The tree with these names replaced."""
    if isinstance(tree, Name):
        return values.get(tree.name, tree)
    if isinstance(tree, Number):
        return tree
    return Apply(tree.operations, tuple([substituted(operand, values) for operand in tree.operands]))


def _size(tree: Node) -> int:
    size = 1 + sum(_size(operand) for operand in tree.operands) if isinstance(tree, Apply) else 1
    if size > LARGEST:
        raise TooLargeError(f"has more than {LARGEST} values once its lines are written out")
    return size


def folded(tree: Node, leaf: Callable[[Node], T], make: Callable[[int, Sequence[T]], T]) -> T:
    """A tree from its leaves up: `leaf` of numbers and names, `make` of operations with a fixed number of operands."""
    if isinstance(tree, Apply):
        return unfold(tree.operations, [folded(operand, leaf, make) for operand in tree.operands], make)
    return leaf(tree)


# ---- building, with 0 and 1 left out


def apply(operation: int, *operands: Node) -> Node:
    """One operation; on constants its value."""
    numbers = [operand.value for operand in operands if isinstance(operand, Number)]
    if len(numbers) == len(operands):
        return Number(fold(operation, numbers))
    return Apply((operation,), operands)


def add(a: Node, b: Node) -> Node:
    if a == ZERO or b == ZERO:
        return b if a == ZERO else a
    return apply(codes.ADD, a, b)


def subtract(a: Node, b: Node) -> Node:
    if b == ZERO:
        return a
    return negate(b) if a == ZERO else apply(codes.SUBTRACT, a, b)


def negate(a: Node) -> Node:
    return apply(codes.NEGATE, a)


def multiply(a: Node, b: Node) -> Node:
    if a == ZERO or b == ZERO:
        return ZERO
    if a == ONE or b == ONE:
        return b if a == ONE else a
    return apply(codes.MULTIPLY, a, b)


def divide(a: Node, b: Node) -> Node:
    return a if a == ZERO or b == ONE else apply(codes.DIVIDE, a, b)


def power(a: Node, b: Node) -> Node:
    if b == ZERO:
        return ONE
    return a if b == ONE else apply(codes.POWER, a, b)


def simplified(tree: Node) -> Node:
    """The same with constants folded, and without terms that are 0 and factors that are 1."""
    makers = {
        codes.ADD: add,
        codes.SUBTRACT: subtract,
        codes.MULTIPLY: multiply,
        codes.DIVIDE: divide,
        codes.POWER: power,
    }

    def make(operation: int, operands: Sequence[Node]) -> Node:
        if operation in makers:
            return makers[operation](operands[0], operands[1])
        return apply(operation, *operands)

    return folded(tree, lambda node: node, make)


# ---- derivatives


def derivative(tree: Node, name: str) -> Node:
    """The derivative with respect to a name, by the rules of calculus.

    Steps (comparisons, floor) have derivative 0, and `where`, `min`, `max` and `abs` that of the branch which is taken:
    right everywhere but at the jump or kink itself, where it is one-sided.
    """

    def leaf(node: Node) -> tuple[Node, Node]:
        return node, ONE if isinstance(node, Name) and node.name == name else ZERO

    return folded(tree, leaf, _differentiated)[1]


def _differentiated(operation: int, operands: Sequence[tuple[Node, Node]]) -> tuple[Node, Node]:
    """Value and derivative of one operation from those of its operands."""
    values = [value for value, _ in operands]
    return apply(operation, *values), _slope(operation, values, [slope for _, slope in operands])


def _slope(operation: int, values: Sequence[Node], slopes: Sequence[Node]) -> Node:
    if operation in _STEPS or all(slope == ZERO for slope in slopes):
        return ZERO
    a, da, b, db = values[0], slopes[0], values[-1], slopes[-1]
    if operation in (codes.ADD, codes.SUBTRACT):
        return add(da, db) if operation == codes.ADD else subtract(da, db)
    if operation == codes.NEGATE:
        return negate(da)
    if operation == codes.MULTIPLY:
        return add(multiply(da, b), multiply(a, db))
    if operation == codes.DIVIDE:
        return subtract(divide(da, b), divide(multiply(a, db), multiply(b, b)))
    if operation == codes.POWER:
        return _slope_of_power(a, da, b, db)
    if operation == codes.WHERE:
        return apply(codes.WHERE, a, slopes[1], slopes[2])
    if operation in (codes.MINIMUM, codes.MAXIMUM):
        takes_first = codes.LESS_EQUAL if operation == codes.MINIMUM else codes.GREATER_EQUAL
        return apply(codes.WHERE, apply(takes_first, a, b), da, db)
    return multiply(_outer_slope(operation, a), da)


def _slope_of_power(a: Node, da: Node, b: Node, db: Node) -> Node:
    by_base = multiply(multiply(b, power(a, subtract(b, ONE))), da)
    return add(by_base, multiply(multiply(power(a, b), apply(codes.LOG, a)), db)) if db != ZERO else by_base


def _outer_slope(operation: int, a: Node) -> Node:
    """The derivative of a function of one value."""
    if operation == codes.EXP:
        return apply(codes.EXP, a)
    if operation == codes.LOG:
        return divide(ONE, a)
    if operation == codes.SQRT:
        return divide(Number(0.5), apply(codes.SQRT, a))
    if operation == codes.TANH:
        return subtract(ONE, power(apply(codes.TANH, a), Number(2.0)))
    assert operation == codes.ABSOLUTE
    return apply(codes.WHERE, apply(codes.LESS, a, ZERO), Number(-1.0), ONE)


# ---- polynomials


def polynomial(tree: Node, variables: Sequence[str]) -> dict[Powers, Node]:
    """Coefficients (trees without the variables) by the powers of the variables. Raises NoPolynomialError."""
    none = (0,) * len(variables)

    def leaf(node: Node) -> dict[Powers, Node]:
        if isinstance(node, Name) and node.name in variables:
            return {tuple(int(node.name == variable) for variable in variables): ONE}
        return {none: node}

    def make(operation: int, operands: Sequence[dict[Powers, Node]]) -> dict[Powers, Node]:
        if all(set(operand) <= {none} for operand in operands):
            return {none: apply(operation, *[operand.get(none, ZERO) for operand in operands])}
        return _arithmetic(operation, operands, none)

    return {powers: value for powers, value in folded(tree, leaf, make).items() if value != ZERO}


def _arithmetic(operation: int, operands: Sequence[dict[Powers, Node]], none: Powers) -> dict[Powers, Node]:
    """One operation on polynomials, where it gives one."""
    first, last = operands[0], operands[-1]
    constant = set(last) <= {none}
    if operation == codes.NEGATE:
        return {powers: negate(value) for powers, value in first.items()}
    if operation in (codes.ADD, codes.SUBTRACT):
        combine = add if operation == codes.ADD else subtract
        both = {**first, **last}
        return {powers: combine(first.get(powers, ZERO), last.get(powers, ZERO)) for powers in both}
    if operation == codes.MULTIPLY:
        return _product(first, last)
    if operation == codes.DIVIDE and constant:
        return {powers: divide(value, last.get(none, ZERO)) for powers, value in first.items()}
    exponent = last.get(none, ZERO) if constant else None
    whole = isinstance(exponent, Number) and exponent.value in range(HIGHEST + 1)
    if operation != codes.POWER or not isinstance(exponent, Number) or not whole:
        raise NoPolynomialError("is no polynomial")
    result: dict[Powers, Node] = {none: ONE}
    for _ in range(int(exponent.value)):
        result = _product(result, first)
    return result


def _product(first: dict[Powers, Node], last: dict[Powers, Node]) -> dict[Powers, Node]:
    found: dict[Powers, Node] = {}
    for left, a in first.items():
        for right, b in last.items():
            powers = tuple([i + j for i, j in zip(left, right, strict=True)])
            if sum(powers) > HIGHEST:
                raise NoPolynomialError(f"is a polynomial of a degree above {HIGHEST}")
            found[powers] = add(found.get(powers, ZERO), multiply(a, b))
    return found
