"""Syntax trees to a program: every value once, in its place, as narrow as possible and as seldom as possible."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence, Set
from contextlib import contextmanager
from typing import Literal, NamedTuple

import numpy as np

from evo import codes
from evo.formulas.errors import FormulaError, unknown_name
from evo.formulas.parsing import Expression, as_expression, is_name
from evo.formulas.tree import Name, Node, Number, fold, unfold
from evo.kernels.program import Program

Instruction = tuple[int, int, int]

_LEAVES = (codes.CONSTANT, codes.SCALAR, codes.VECTOR)
_MULTIPLIED = (2.0, 3.0, 4.0)  # powers by multiplication


def compile_program(
    *,
    let: Mapping[str, str | Expression],
    outputs: Mapping[str, str | Expression],
    scalars: Mapping[str, int],
    vectors: Mapping[str, int],
    moving: Set[str],
) -> Program:
    """A program whose first registers are the outputs, in order.

    `let` names intermediate lines, each of which may use those before it. `scalars` and `vectors` say where a name's
    value is found: an index into (s,), a row of (v, W). What depends on none of the `moving` names is computed once, by
    `prepare`; `refresh` computes the rest. Raises FormulaError, with the line's `part` and `name`.
    """
    if clash := scalars.keys() & vectors.keys():
        raise ValueError(f"both a scalar and a vector: {', '.join(sorted(clash))}")
    if strangers := moving - scalars.keys() - vectors.keys():
        raise ValueError(f"moving, but neither a scalar nor a vector: {', '.join(sorted(strangers))}")
    graph = _Graph()
    known = {name: graph.leaf(codes.SCALAR, index, name in moving) for name, index in scalars.items()}
    known |= {name: graph.leaf(codes.VECTOR, row, name in moving) for name, row in vectors.items()}
    for name, line in let.items():
        with _in_line("let", name):
            expression = as_expression(line)
            _check_let_name(name, expression, known)
            known[name] = graph.add(expression, known, let)
    roots: list[int] = []
    for name, line in outputs.items():
        with _in_line("outputs", name):
            roots.append(graph.add(as_expression(line), known, let))
    return _Writer(graph, roots).program()


@contextmanager
def _in_line(part: Literal["let", "outputs"], name: str) -> Generator[None, None, None]:
    try:
        yield
    except FormulaError as error:
        error.part, error.name = part, name
        raise


def _check_let_name(name: str, expression: Expression, known: Mapping[str, int]) -> None:
    if not is_name(name):
        raise FormulaError(expression.text, 0, f"'{name}' cannot be the name of a line")
    if name in known:
        raise FormulaError(expression.text, 0, f"the name '{name}' is taken", "give this line another name")


class _Value(NamedTuple):
    operation: int
    argument: int  # where a leaf is found; the exponent of RAISE
    operands: tuple[int, ...]
    moving: bool
    wide: bool  # whether it differs between columns


class _Graph:
    """Every distinct value of the formulas once, operands before those who use them."""

    def __init__(self) -> None:
        self.values: list[_Value] = []
        self.constants: list[float] = []
        self._found: dict[tuple[int, int, tuple[int, ...]] | str, int] = {}

    def leaf(self, operation: int, argument: int, moving: bool) -> int:
        return self._enter(_Value(operation, argument, (), moving, operation == codes.VECTOR))

    def constant(self, value: float) -> int:
        key = repr(value)  # tells 0.0 from -0.0 and is the same for every nan
        if key not in self._found:
            self.constants.append(value)
            self._found[key] = self.leaf(codes.CONSTANT, len(self.constants) - 1, False)
        return self._found[key]

    def add(self, expression: Expression, known: Mapping[str, int], let: Mapping[str, str | Expression]) -> int:
        """Enter a whole formula whose names are `known`; `let` only explains an error."""

        def enter(node: Node) -> int:
            if isinstance(node, Number):
                return self.constant(node.value)
            if isinstance(node, Name):
                if node.name not in known:
                    raise _not_known(expression.text, node, known, let)
                return known[node.name]
            return unfold(node.operations, [enter(operand) for operand in node.operands], self.apply)

        return enter(expression.tree)

    def apply(self, operation: int, operands: Sequence[int]) -> int:
        values = [self.values[operand] for operand in operands]
        numbers = [self.constants[value.argument] for value in values if value.operation == codes.CONSTANT]
        if len(numbers) == len(values):
            return self.constant(fold(operation, numbers))
        argument = 0
        if operation == codes.POWER and values[1].operation == codes.CONSTANT and numbers[-1] in _MULTIPLIED:
            operation, argument = codes.RAISE, int(numbers[-1])
            values, operands = values[:1], operands[:1]
        moving, wide = any(value.moving for value in values), any(value.wide for value in values)
        return self._enter(_Value(operation, argument, tuple(operands), moving, wide))

    def _enter(self, value: _Value) -> int:
        index = self._found.setdefault(value[:3], len(self.values))
        if index == len(self.values):
            self.values.append(value)
        return index


def _not_known(text: str, node: Name, known: Mapping[str, int], let: Mapping[str, str | Expression]) -> FormulaError:
    if node.name not in let:
        return unknown_name(text, node.column, node.name, known)
    reason = f"'{node.name}' is not known yet in this line"
    return FormulaError(text, node.column, reason, "a line under let may use only the lines above it")


class _Writer:
    """Decides what is kept in a register, and writes the two codes."""

    def __init__(self, graph: _Graph, roots: Sequence[int]) -> None:
        self.graph = graph
        self.values = graph.values
        self.roots = roots
        self.used_wide: set[int] = set(roots)
        self.registers: dict[int, int] = {}
        self.constants: dict[int, int] = {}
        self._choose_registers()

    def _choose_registers(self) -> None:
        """Outputs, what is used twice, and what is static but used by moving code."""
        uses = dict.fromkeys(self.roots, 0)
        hoisted: set[int] = set()
        for index in range(len(self.values) - 1, -1, -1):  # users come before what they use
            if index not in uses:
                continue
            user = self.values[index]
            for operand in user.operands:
                uses[operand] = uses.get(operand, 0) + 1
                if user.wide:
                    self.used_wide.add(operand)
                if user.moving and not self.values[operand].moving:
                    hoisted.add(operand)
        for register, root in enumerate(self.roots):
            if not self._is_leaf(root):
                self.registers.setdefault(root, register)
        count = len(self.roots)
        for index in sorted(uses):
            if index not in self.registers and not self._is_leaf(index) and (uses[index] > 1 or index in hoisted):
                self.registers[index] = count
                count += 1
        self.count = count

    def _is_leaf(self, index: int) -> bool:
        return self.values[index].operation in _LEAVES

    def program(self) -> Program:
        code: dict[bool, list[Instruction]] = {False: [], True: []}
        for index in sorted(self.registers):
            wide = index in self.used_wide
            code[self.values[index].moving] += self._written(index, wide, self.registers[index])
        for register, root in enumerate(self.roots):
            if self.registers.get(root) != register:  # a leaf, or the same as an output before
                code[self.values[root].moving] += [self._load(root, True), (codes.STORE, register, 1)]
        constants = np.array([self.graph.constants[argument] for argument in self.constants], dtype=np.float64)
        static, moving = [np.array(code[part], dtype=np.int64).reshape(-1, 3) for part in (False, True)]
        depth = max(1, _depth(code[False]), _depth(code[True]))
        return Program(static, moving, constants, depth, self.count, len(self.roots))

    def _written(self, root: int, wide: bool, register: int) -> list[Instruction]:
        """Code that computes a value and stores it; written from its end, without recursion."""
        backwards: list[Instruction] = [(codes.STORE, register, int(wide))]
        pending = [(root, wide)]
        while pending:
            index, wide = pending.pop()
            value = self.values[index]
            if self._is_leaf(index) or (index in self.registers and index != root):
                backwards.append(self._load(index, wide))
                continue
            if wide and not value.wide:
                backwards.append((codes.SPREAD, 0, 1))
            backwards.append((value.operation, value.argument, int(value.wide)))
            pending += [(operand, value.wide) for operand in value.operands]
        return backwards[::-1]

    def _load(self, index: int, wide: bool) -> Instruction:
        value = self.values[index]
        if not self._is_leaf(index):
            return codes.REGISTER, self.registers[index], int(wide)
        if value.operation == codes.CONSTANT:
            return codes.CONSTANT, self.constants.setdefault(value.argument, len(self.constants)), int(wide)
        return value.operation, value.argument, int(wide)


def _depth(code: Sequence[Instruction]) -> int:
    """How many rows of the stack the code needs."""
    height = deepest = 0
    for operation, _, _ in code:
        if operation <= codes.REGISTER:
            height += 1
        elif operation == codes.WHERE:
            height -= 2
        elif operation == codes.STORE or operation in _TWO_OPERANDS:
            height -= 1
        deepest = max(deepest, height)
    return deepest


_TWO_OPERANDS = frozenset(
    (
        *(codes.ADD, codes.SUBTRACT, codes.MULTIPLY, codes.DIVIDE, codes.POWER),
        *(codes.LESS, codes.LESS_EQUAL, codes.GREATER, codes.GREATER_EQUAL, codes.EQUAL, codes.NOT_EQUAL),
        *(codes.AND, codes.OR, codes.MINIMUM, codes.MAXIMUM),
    )
)
