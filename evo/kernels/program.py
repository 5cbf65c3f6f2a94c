"""The stack machine that runs formula programs over all columns at once; evo.formulas writes the programs.

An instruction is a row (operation, argument, wide). It works on the top rows of `stack`, where row i is the i-th value
held and column j its value for composition j. With wide = 0 it touches column 0 only, with wide = 1 every column.
"""

from typing import NamedTuple

import numpy as np

from evo.codes import (
    ABSOLUTE,
    ADD,
    AND,
    CONSTANT,
    DIVIDE,
    EQUAL,
    EXP,
    FLOOR,
    GREATER,
    GREATER_EQUAL,
    LESS,
    LESS_EQUAL,
    LOG,
    MAXIMUM,
    MINIMUM,
    MULTIPLY,
    NEGATE,
    NOT,
    NOT_EQUAL,
    OR,
    POWER,
    RAISE,
    REGISTER,
    SPREAD,
    SQRT,
    STORE,
    SUBTRACT,
    TANH,
    VECTOR,
    WHERE,
)
from evo.kernels._cache import kernel


class Program(NamedTuple):
    """A compiled set of formulas. Registers 0 .. outputs - 1 are its results.

    `static_code` and `moving_code` are int64 (m, 3), `constants` float64 (c,). It runs on registers (registers, W) and
    a stack (depth, W), both float64 and C-contiguous, that belong to the caller.
    """

    static_code: np.ndarray
    moving_code: np.ndarray
    constants: np.ndarray
    depth: int
    registers: int
    outputs: int


@kernel
def _load(operation, argument, width, constants, scalars, vectors, registers, stack, top):
    """Fill row `top` with a constant, a scalar, a vector or a register."""
    if operation == VECTOR:
        for j in range(width):
            stack[top, j] = vectors[argument, j]
    elif operation == REGISTER:
        for j in range(width):
            stack[top, j] = registers[argument, j]
    else:
        value = constants[argument] if operation == CONSTANT else scalars[argument]
        for j in range(width):
            stack[top, j] = value


@kernel
def _calculate(operation, width, stack, top):
    """Arithmetic of two rows: row `top` and the one above it, into row `top`."""
    right = top + 1
    if operation == ADD:
        for j in range(width):
            stack[top, j] = stack[top, j] + stack[right, j]
    elif operation == SUBTRACT:
        for j in range(width):
            stack[top, j] = stack[top, j] - stack[right, j]
    elif operation == MULTIPLY:
        for j in range(width):
            stack[top, j] = stack[top, j] * stack[right, j]
    elif operation == DIVIDE:
        for j in range(width):
            stack[top, j] = stack[top, j] / stack[right, j]
    elif operation == POWER:
        for j in range(width):
            stack[top, j] = stack[top, j] ** stack[right, j]
    elif operation == MINIMUM:  # a nan on either side wins, as in np.minimum
        for j in range(width):
            a, b = stack[top, j], stack[right, j]
            stack[top, j] = a if a < b or a != a else b
    elif operation == MAXIMUM:
        for j in range(width):
            a, b = stack[top, j], stack[right, j]
            stack[top, j] = a if a > b or a != a else b


@kernel
def _compare(operation, width, stack, top):
    """1.0 or 0.0 from two rows, into row `top`; whatever is not 0, nan included, counts as true."""
    right = top + 1
    if operation == LESS:
        for j in range(width):
            stack[top, j] = 1.0 if stack[top, j] < stack[right, j] else 0.0
    elif operation == LESS_EQUAL:
        for j in range(width):
            stack[top, j] = 1.0 if stack[top, j] <= stack[right, j] else 0.0
    elif operation == GREATER:
        for j in range(width):
            stack[top, j] = 1.0 if stack[top, j] > stack[right, j] else 0.0
    elif operation == GREATER_EQUAL:
        for j in range(width):
            stack[top, j] = 1.0 if stack[top, j] >= stack[right, j] else 0.0
    elif operation == EQUAL:
        for j in range(width):
            stack[top, j] = 1.0 if stack[top, j] == stack[right, j] else 0.0
    elif operation == NOT_EQUAL:
        for j in range(width):
            stack[top, j] = 1.0 if stack[top, j] != stack[right, j] else 0.0
    elif operation == AND:
        for j in range(width):
            stack[top, j] = 1.0 if stack[top, j] != 0.0 and stack[right, j] != 0.0 else 0.0
    elif operation == OR:
        for j in range(width):
            stack[top, j] = 1.0 if stack[top, j] != 0.0 or stack[right, j] != 0.0 else 0.0


@kernel
def _transform(operation, argument, width, stack, top):
    """A function of one row, in place."""
    if operation == NEGATE:
        for j in range(width):
            stack[top, j] = -stack[top, j]
    elif operation == RAISE:
        _raise(argument, width, stack, top)
    elif operation == EXP:
        for j in range(width):
            stack[top, j] = np.exp(stack[top, j])
    elif operation == LOG:
        for j in range(width):
            stack[top, j] = np.log(stack[top, j])
    elif operation == SQRT:
        for j in range(width):
            stack[top, j] = np.sqrt(stack[top, j])
    elif operation == TANH:
        for j in range(width):
            stack[top, j] = np.tanh(stack[top, j])
    elif operation == FLOOR:
        for j in range(width):
            stack[top, j] = np.floor(stack[top, j])
    elif operation == ABSOLUTE:
        for j in range(width):
            stack[top, j] = abs(stack[top, j])
    elif operation == NOT:
        for j in range(width):
            stack[top, j] = 1.0 if stack[top, j] == 0.0 else 0.0


@kernel
def _raise(exponent, width, stack, top):
    """The powers 2, 3 and 4 by multiplication: within 2 units in the last place, and ten times faster than pow."""
    if exponent == 2:
        for j in range(width):
            stack[top, j] = stack[top, j] * stack[top, j]
    elif exponent == 3:
        for j in range(width):
            stack[top, j] = stack[top, j] * stack[top, j] * stack[top, j]
    elif exponent == 4:
        for j in range(width):
            square = stack[top, j] * stack[top, j]
            stack[top, j] = square * square


@kernel
def _choose(width, stack, top):
    """Row `top` is the condition; where it is not 0 the next row is taken, elsewhere the one after."""
    for j in range(width):
        stack[top, j] = stack[top + 1, j] if stack[top, j] != 0.0 else stack[top + 2, j]


@kernel
def _spread(width, stack, top):
    value = stack[top, 0]
    for j in range(width):
        stack[top, j] = value


@kernel
def _store(width, registers, argument, stack, top):
    for j in range(width):
        registers[argument, j] = stack[top, j]


@kernel
def execute(code, constants, scalars, vectors, registers, stack):
    """Run `code` (m, 3) with `scalars` (s,) and `vectors` (v, W); fills `registers` (r, W), uses `stack` (depth, W)."""
    top = -1
    for i in range(code.shape[0]):
        operation, argument = code[i, 0], code[i, 1]
        width = stack.shape[1] if code[i, 2] == 1 else 1
        if operation <= REGISTER:
            top += 1
            _load(operation, argument, width, constants, scalars, vectors, registers, stack, top)
        elif operation == STORE:
            _store(width, registers, argument, stack, top)
            top -= 1
        elif operation == SPREAD:
            _spread(width, stack, top)
        elif operation <= POWER or operation in (MINIMUM, MAXIMUM):
            top -= 1
            _calculate(operation, width, stack, top)
        elif operation == WHERE:
            top -= 2
            _choose(width, stack, top)
        elif LESS <= operation <= OR:
            top -= 1
            _compare(operation, width, stack, top)
        else:
            _transform(operation, argument, width, stack, top)


@kernel
def prepare(program, scalars, vectors, registers, stack):
    """Compute the registers that no moving name reaches: once, before the first `refresh`."""
    execute(program.static_code, program.constants, scalars, vectors, registers, stack)


@kernel
def refresh(program, scalars, vectors, registers, stack):
    """Compute all other registers, outputs included, from the present values of the moving names."""
    execute(program.moving_code, program.constants, scalars, vectors, registers, stack)
