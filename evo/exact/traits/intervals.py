"""Bounds of a formula over an interval, and from them all of its zeros: interval arithmetic with outward rounding.

What the bounds of a formula exclude cannot happen: an interval over which they exclude 0 holds no zero, and one over
which those of its derivative do holds at most one [Moore 1966]. Whatever cannot be bounded (a logarithm of negative
numbers, a division by an interval around 0) is bounded by the whole line, which excludes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evo import codes
from evo.formulas import evaluate
from evo.formulas.tree import Name, Node, Number
from evo.traits import trees

Interval = tuple[float, float]

LINE: Interval = (-math.inf, math.inf)
MOST_PIECES = 20_000
NARROWEST = 1e-9  # width of a piece, relative to the interval, that is not split further
SMALL = 1e-7  # value, relative to the largest on a grid, that counts as zero where no certificate can be had


@dataclass(frozen=True)
class Bounds:
    """The values of a formula over an interval lie between low and high; smooth: it has no jump or kink there."""

    low: float
    high: float
    smooth: bool = True

    @property
    def without_zero(self) -> bool:
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Zero:
    """A zero of a formula; certified: there is exactly one in its piece of the interval."""

    at: float
    certified: bool


def zeros(tree: Node, name: str, *, low: float, high: float) -> tuple[Zero, ...]:
    """All zeros of a formula of one name in [low, high], ascending.

    Pieces are halved until they hold no zero or at most one. A zero of higher multiplicity, or at a kink, cannot be told
    from none by bounds: it is reported where the formula is nearly 0, and is not certified. Raises ValueError for a
    formula that is 0 everywhere, and for one with too many pieces left.
    """
    slope = trees.derivative(tree, name)
    function = trees.expression(tree)
    grid = np.linspace(low, high, 257)
    scale = np.max(
        np.abs(np.nan_to_num(np.broadcast_to(evaluate(function, {name: grid}), grid.shape), posinf=0, neginf=0))
    )
    if scale == 0:
        raise ValueError(f"is 0 for every {name}")
    found: list[Zero] = []
    blurred: list[Interval] = []
    pieces, seen = [(low, high)], 0
    while pieces:
        here = pieces.pop()
        seen += 1
        if seen > MOST_PIECES:
            raise ValueError(f"has zeros that cannot be separated, near {name} = {here[0]:.6g}")
        bounds = enclosure(tree, name, here)
        if bounds.without_zero:
            continue
        if bounds.smooth and enclosure(slope, name, here).without_zero:
            root = _crossing(function, name, here)
            found += [Zero(root, True)] if root is not None else []
        elif here[1] - here[0] <= NARROWEST * (high - low):
            blurred.append(here)
        else:
            middle = 0.5 * (here[0] + here[1])
            pieces += [(here[0], middle), (middle, here[1])]
    found += _near_zeros(function, name, blurred, scale)
    return _distinct(found, 4 * NARROWEST * (high - low))


def _crossing(function: trees.Expression, name: str, here: Interval) -> float | None:
    """The zero of a function that only rises or only falls, by Brent's method; None where it has no sign change."""
    from scipy.optimize import brentq

    def value(at: float) -> float:
        return float(evaluate(function, {name: at}))

    ends = value(here[0]), value(here[1])
    for at, end in zip(here, ends, strict=True):
        if end == 0:
            return at
    return float(brentq(value, *here, xtol=1e-15, rtol=1e-14)) if ends[0] * ends[1] < 0 else None  # type: ignore[arg-type]


def _near_zeros(function: trees.Expression, name: str, pieces: Sequence[Interval], scale: float) -> list[Zero]:
    """One zero for each run of neighbouring pieces that could be neither left out nor resolved, if it is one."""
    runs: list[Interval] = []
    for low, high in sorted(pieces):
        if runs and low <= runs[-1][1]:
            runs[-1] = (runs[-1][0], high)
        else:
            runs.append((low, high))
    found = []
    for low, high in runs:
        at = np.linspace(low, high, 33)
        values = np.abs(np.broadcast_to(evaluate(function, {name: at}), at.shape))
        if np.isfinite(values).any() and np.nanmin(values) <= SMALL * scale:
            found.append(Zero(float(at[np.nanargmin(values)]), False))
    return found


def _distinct(found: Sequence[Zero], apart: float) -> tuple[Zero, ...]:
    """Zeros at the end of two pieces once; what is certified stands for its neighbour that is not."""
    kept: list[Zero] = []
    for zero in sorted(found, key=lambda zero: zero.at):
        if kept and zero.at - kept[-1].at <= apart:
            kept[-1] = kept[-1] if kept[-1].certified else zero
        else:
            kept.append(zero)
    return tuple(kept)


# ---- interval arithmetic


def enclosure(tree: Node, name: str, here: Interval) -> Bounds:
    """Bounds of a formula of one name over an interval of it."""

    def leaf(node: Node) -> Bounds:
        if isinstance(node, Number):
            return Bounds(node.value, node.value) if not math.isnan(node.value) else Bounds(*LINE, smooth=False)
        assert isinstance(node, Name) and node.name == name
        return Bounds(*here)

    with np.errstate(all="ignore"):
        return trees.folded(tree, leaf, _combine)


def _combine(operation: int, operands: Sequence[Bounds]) -> Bounds:
    smooth = all(operand.smooth for operand in operands)
    a, b = operands[0], operands[-1]
    if operation == codes.WHERE:
        return _chosen(operands)
    if operation in _TESTS or operation in (codes.AND, codes.OR, codes.NOT):
        low, high = _truth(operation, a, b)
        return Bounds(low, high, smooth and low == high)
    if operation in (codes.MINIMUM, codes.MAXIMUM):
        take = min if operation == codes.MINIMUM else max
        apart = a.high < b.low or b.high < a.low
        return Bounds(take(a.low, b.low), take(a.high, b.high), smooth and apart)
    if operation == codes.ABSOLUTE:
        least = 0.0 if a.low < 0 < a.high else min(abs(a.low), abs(a.high))
        return Bounds(least, max(abs(a.low), abs(a.high)), smooth and not a.low < 0 < a.high)
    if operation == codes.FLOOR:
        low, high = (math.floor(end) if math.isfinite(end) else end for end in (a.low, a.high))
        return Bounds(low, high, smooth and low == high)
    low, high = _outward(_values(operation, a, b))
    return Bounds(low, high, smooth)


def _chosen(operands: Sequence[Bounds]) -> Bounds:
    condition, yes, no = operands
    if condition.low > 0 or condition.high < 0:
        return Bounds(yes.low, yes.high, condition.smooth and yes.smooth)
    if condition.low == condition.high == 0:
        return Bounds(no.low, no.high, condition.smooth and no.smooth)
    return Bounds(min(yes.low, no.low), max(yes.high, no.high), smooth=False)


_TESTS = (codes.LESS, codes.LESS_EQUAL, codes.GREATER, codes.GREATER_EQUAL, codes.EQUAL, codes.NOT_EQUAL)


def _truth(operation: int, a: Bounds, b: Bounds) -> Interval:
    """Whether a statement holds over the interval: (1, 1) always, (0, 0) never, (0, 1) somewhere perhaps."""
    if operation in (codes.GREATER, codes.GREATER_EQUAL):
        operation = codes.LESS if operation == codes.GREATER else codes.LESS_EQUAL
        a, b = b, a
    if operation == codes.LESS:
        return (1, 1) if a.high < b.low else (0, 0) if a.low >= b.high else (0, 1)
    if operation == codes.LESS_EQUAL:
        return (1, 1) if a.high <= b.low else (0, 0) if a.low > b.high else (0, 1)
    if operation in (codes.EQUAL, codes.NOT_EQUAL):
        apart, same = a.high < b.low or b.high < a.low, a.low == a.high == b.low == b.high
        known = (0, 0) if apart else (1, 1) if same else (0, 1)
        return known if operation == codes.EQUAL else (1 - known[1], 1 - known[0])
    first, last = _as_truth(a), _as_truth(b)
    if operation == codes.NOT:
        return 1 - first[1], 1 - first[0]
    take = min if operation == codes.AND else max
    return take(first[0], last[0]), take(first[1], last[1])


def _as_truth(a: Bounds) -> Interval:
    if a.low > 0 or a.high < 0:
        return 1, 1
    return (0, 0) if a.low == a.high == 0 else (0, 1)


def _values(operation: int, a: Bounds, b: Bounds) -> list[float]:
    """Values whose least and greatest bound those of the operation; the ends of the line where nothing bounds them."""
    if operation == codes.ADD:
        return [a.low + b.low, a.high + b.high]
    if operation == codes.SUBTRACT:
        return [a.low - b.high, a.high - b.low]
    if operation == codes.NEGATE:
        return [-a.high, -a.low]
    if operation == codes.MULTIPLY:
        return [_times(x, y) for x in (a.low, a.high) for y in (b.low, b.high)]
    if operation == codes.DIVIDE:
        if b.low <= 0 <= b.high:
            return list(LINE)
        return [_times(x, 1 / y) for x in (a.low, a.high) for y in (b.low, b.high)]
    if operation == codes.POWER:
        return _powers(a, b)
    if operation in (codes.LOG, codes.SQRT) and a.low < 0:
        return list(LINE)
    rising = {codes.EXP: np.exp, codes.TANH: np.tanh, codes.LOG: np.log, codes.SQRT: np.sqrt}[operation]
    return [float(rising(a.low)), float(rising(a.high))]


def _times(x: float, y: float) -> float:
    return 0.0 if x == 0 or y == 0 else x * y  # 0 times an end that is never reached


def _powers(a: Bounds, b: Bounds) -> list[float]:
    exponent = b.low
    if b.low == b.high and float(exponent).is_integer():
        if exponent < 0 and a.low <= 0 <= a.high:
            return list(LINE)
        ends = [float(np.power(end, exponent)) for end in (a.low, a.high)]
        return [*ends, 0.0] if a.low < 0 < a.high and exponent > 0 else ends
    if a.low < 0 or (a.low == 0 and b.low < 0):
        return list(LINE)
    return [float(np.power(x, y)) for x in (a.low, a.high) for y in (b.low, b.high)]


def _outward(values: Sequence[float]) -> Interval:
    """The least and the greatest, moved outward by a few roundings; the whole line where one is not a number."""
    if any(math.isnan(value) for value in values):
        return LINE
    low, high = min(values), max(values)
    slack = 4e-16  # functions are good to an ulp or two
    return (
        math.nextafter(low - slack * abs(low), -math.inf) if low else low,
        math.nextafter(high + slack * abs(high), math.inf) if high else high,
    )
