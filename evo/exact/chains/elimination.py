"""Elimination of states without subtraction [Grassmann, Taksar & Heyman 1985], layer by layer.

A state p is left out of a chain by sending what enters it straight to where it goes next: P_ij += P_ip P_pj / (sum of
P_pj over the others that remain). Diagonals are sums of what leaves, never 1 less what stays, so all is done by adding,
multiplying and dividing positive numbers and every result, however small, is right to a relative error of rounding
[O'Cinneide 1993], where elimination with subtraction is right to an absolute error only.

A sequential step changes the count of the first strategy by at most one, so states that have it in common are a layer
that reaches its two neighbours only. Layers are left out one after the other, each as a dense block of which most work
is products of matrices. States within a layer may be any; a chain that is one layer is treated as a dense matrix.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from evo.kernels._cache import entry

if TYPE_CHECKING:
    from scipy.sparse import csr_array

PANEL = 48  # columns that are eliminated together
TILE = 64  # products of such tiles with panels stay below the size from which BLAS libraries start threads for each
SHRINK = 2.0**-300


class Factor(NamedTuple):
    """A layer of m states, left out: what leaves each, and the multipliers below and moves above the diagonal, (m, m)."""

    leaving: np.ndarray
    block: np.ndarray


def stationary_vector(matrix: csr_array, bounds: np.ndarray) -> np.ndarray:
    """Stationary distribution of an irreducible chain whose layers are states bounds[k] to bounds[k+1].

    Its diagonal is not read. Raises ArithmeticError where the ways between states are lost to underflow.
    """
    if np.diff(bounds).max(initial=1) == 1:
        return _from_ratios(matrix)
    factors: list[Factor] = []
    onward = None
    for k in range(len(bounds) - 1):
        here, there = _span(bounds, k), _span(bounds, k + 1)
        block = _loaded(matrix, here, there)
        if onward is not None:
            add_through(*_rows(matrix), here[0], _span(bounds, k - 1), onward, 0, block)
        width = here[1] - here[0]
        factors.append(_factor(block, width, last=there[0] == there[1]))
        onward = _solved(block, factors[-1])
    return _back(matrix, bounds, factors)


def _from_ratios(matrix: csr_array) -> np.ndarray:
    """Layers of one state each: products of ratios of the probabilities between neighbours."""
    steps = np.log(matrix.diagonal(1)) - np.log(matrix.diagonal(-1))
    logarithm = np.r_[0.0, np.cumsum(steps)]
    weights = np.exp(logarithm - logarithm.max())
    return weights / weights.sum()


def absorbed(matrix: csr_array, bounds: np.ndarray, exits: np.ndarray, gains: np.ndarray) -> np.ndarray:
    """For each transient state the probability to leave by each exit, then the mean sum of each gain on the way.

    matrix: moves among the transient states, layers as above; exits (states, e): probabilities of a step out; gains
    (states, g): what a step from a state adds. Returns (states, e+g).
    """
    onward, parts = None, []
    sides = np.hstack([exits, gains])
    for k in range(len(bounds) - 1):
        here, there = _span(bounds, k), _span(bounds, k + 1)
        width, ahead = here[1] - here[0], there[1] - there[0]
        block = np.hstack([_loaded(matrix, here, there), sides[here[0] : here[1]]])
        if onward is not None:
            for columns, at in ((slice(None, width), 0), (slice(width, None), width + ahead)):
                part = np.ascontiguousarray(onward[:, columns])
                add_through(*_rows(matrix), here[0], _span(bounds, k - 1), part, at, block)
        onward = _solved(block, _factor(block, width, not_left=gains.shape[1]))
        parts.append(onward)
    found = np.zeros((bounds[-1], sides.shape[1]))
    for k in range(len(bounds) - 2, -1, -1):
        there = _span(bounds, k + 1)
        ahead = there[1] - there[0]
        found[slice(*_span(bounds, k))] = parts[k][:, ahead:] + parts[k][:, :ahead] @ found[slice(*there)]
    return found


def layers(levels: np.ndarray) -> np.ndarray:
    """Where the layers begin, and the number of states: states in order, with the level of each."""
    return np.r_[0, np.flatnonzero(np.diff(levels)) + 1, len(levels)]


def _span(bounds: np.ndarray, k: int) -> tuple[int, int]:
    """First state of layer k and the one after its last; the layer after the last is empty."""
    return int(bounds[k]), int(bounds[min(k + 1, len(bounds) - 1)])


def _rows(matrix: csr_array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return matrix.indptr, matrix.indices, matrix.data


def _loaded(matrix: csr_array, here: tuple[int, int], there: tuple[int, int]) -> np.ndarray:
    """Moves from a layer to itself and to the next, dense."""
    block = np.zeros((here[1] - here[0], there[1] - here[0]))
    load(*_rows(matrix), here[0], block)
    return block


def _factor(block: np.ndarray, width: int, *, last: bool = False, not_left: int = 0) -> Factor:
    """Leave out the first `width` states in place; the last `not_left` columns are carried along and are no ways out.

    Of the last layer of a closed chain the last state stays.
    """
    rows, columns = block.shape
    leaving = np.ones(rows)
    for first in range(0, width, PANEL):
        end = min(first + PANEL, width)
        beyond = block[first:, end : columns - not_left].sum(axis=1)
        stuck = eliminate_panel(block, first, end, beyond, leaving, last)
        if stuck >= 0:
            raise ArithmeticError("a state cannot be left: probabilities of ways out of it are lost to underflow")
        if end < columns:
            carry(block, first, end)
            add_product(block[end:, end:], block[end:, first:end], block[first:end, end:])
    return Factor(leaving, block[:, :width].copy())


def add_product(target: np.ndarray, left: np.ndarray, right: np.ndarray) -> None:
    """target += left @ right, tile by tile."""
    for row in range(0, target.shape[0], TILE):
        for column in range(0, target.shape[1], TILE):
            rows, columns = slice(row, row + TILE), slice(column, column + TILE)
            target[rows, columns] += left[rows] @ right[:, columns]


def _solved(block: np.ndarray, factor: Factor) -> np.ndarray:
    """Where a layer is left for, by what leads on: (I - P)^-1 times the columns after the layer's own."""
    width = len(factor.leaving)
    onward = np.ascontiguousarray(block[:, width:])
    for first in range((width - 1) // PANEL * PANEL, -1, -PANEL):
        end = min(first + PANEL, width)
        if end < width:
            for middle in range(end, width, TILE):
                part = slice(middle, middle + TILE)
                add_product(onward[first:end], factor.block[first:end, part], onward[part])
        substitute(factor.block, factor.leaving, first, end, onward)
    return onward


def _back(matrix: csr_array, bounds: np.ndarray, factors: list[Factor]) -> np.ndarray:
    """Weights of the states, from the last layer to the first; each layer has its own scale, so that none overflows."""
    found, scales = np.zeros(bounds[-1]), np.zeros(len(factors))
    for k in range(len(factors) - 1, -1, -1):
        here, there = _span(bounds, k), _span(bounds, k + 1)
        weights = np.zeros(here[1] - here[0])
        if there[0] == there[1]:
            weights[-1] = 1.0
        else:
            enter(*_rows(matrix), there[0], here[0], found[slice(*there)], weights)
            substitute_left(factors[k].block, factors[k].leaving, weights)
        shrunk = pass_down(factors[k].block, weights)
        scale = weights.max()
        if not 0 < scale < np.inf:
            raise ArithmeticError("the ways between neighbouring layers of states are lost to underflow")
        scales[k] = np.log(scale) - shrunk * np.log(SHRINK) + (scales[k + 1] if k + 1 < len(factors) else 0.0)
        found[slice(*here)] = weights / scale
    found *= np.repeat(np.exp(scales - scales.max()), np.diff(bounds))
    return found / found.sum()


# ---- compiled loops


@entry
def load(starts, columns, values, first, block):
    """block[r, c] = P[first+r, first+c]."""
    for r in range(block.shape[0]):
        for k in range(starts[first + r], starts[first + r + 1]):
            c = columns[k] - first
            if 0 <= c < block.shape[1]:
                block[r, c] += values[k]


@entry
def add_through(starts, columns, values, first, before, onward, at, block):
    """Add to the block's columns from `at` what goes back to the layer before, by where that layer is left for."""
    for r in range(block.shape[0]):
        for k in range(starts[first + r], starts[first + r + 1]):
            p = columns[k]
            if before[0] <= p < before[1]:
                for c in range(onward.shape[1]):
                    block[r, at + c] += values[k] * onward[p - before[0], c]


@entry
def eliminate_panel(block, first, end, beyond, leaving, last):
    """Leave out states first to end within their own columns; beyond[r]: what row first+r has to the right of them.
    Returns a state that cannot be left, or -1."""
    rows = block.shape[0]
    for p in range(first, end):
        out = beyond[p - first]
        for j in range(p + 1, end):
            out += block[p, j]
        if last and p == rows - 1:
            return -1
        if not out > 0.0:
            return p
        leaving[p] = out
        for r in range(p + 1, rows):
            factor = block[r, p] / out
            block[r, p] = factor
            if factor != 0.0:
                for j in range(p + 1, end):
                    block[r, j] += factor * block[p, j]
                beyond[r - first] += factor * beyond[p - first]
    return -1


@entry
def carry(block, first, end):
    """Bring the columns after a panel up to date in the panel's own rows."""
    for r in range(first + 1, end):
        for p in range(first, r):
            factor = block[r, p]
            if factor != 0.0:
                for j in range(end, block.shape[1]):
                    block[r, j] += factor * block[p, j]


@entry
def substitute(block, leaving, first, end, onward):
    """Back substitution within a panel."""
    for r in range(end - 1, first - 1, -1):
        for p in range(r + 1, end):
            factor = block[r, p]
            if factor != 0.0:
                for j in range(onward.shape[1]):
                    onward[r, j] += factor * onward[p, j]
        for j in range(onward.shape[1]):
            onward[r, j] /= leaving[r]


@entry
def enter(starts, columns, values, first, target, weights, found):
    """What flows back into a layer that starts at `target` from the one at `first`, whose states have these weights."""
    for r in range(len(weights)):
        for k in range(starts[first + r], starts[first + r + 1]):
            c = columns[k] - target
            if 0 <= c < len(found):
                found[c] += weights[r] * values[k]


@entry
def substitute_left(block, leaving, weights):
    """Forward substitution from the left, by the moves above the diagonal."""
    for p in range(len(weights)):
        weights[p] /= leaving[p]
        for j in range(p + 1, len(weights)):
            weights[j] += weights[p] * block[p, j]


@entry
def pass_down(block, weights):
    """Substitution from the left, by the multipliers below the diagonal. Weights are scaled down by SHRINK as they grow;
    returns how often."""
    shrunk = 0
    for r in range(len(weights) - 1, 0, -1):
        for p in range(r):
            weights[p] += weights[r] * block[r, p]
        while 1.0 / SHRINK < weights[r - 1] < math.inf:
            shrunk += 1
            for p in range(len(weights)):
                weights[p] *= SHRINK
    return shrunk
