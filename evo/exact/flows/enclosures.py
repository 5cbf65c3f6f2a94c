"""Enclosures of smooth fields on pieces of the simplex: between which bounds the field and its derivatives lie.

Interval arithmetic with first derivatives (forward mode), one row a piece: payoff differences are bounded by their
Bernstein coefficients, the rule's functions are monotone. For logit, pairwise comparison, introspection, aspiration and
births by exponential fitness, with mutation, in one role, without conformity or prestige.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evo.exact.flows.fields import Field
from evo.exact.payoff import simplex

KINDS = ("logit", "pairwise_comparison", "introspection", "aspiration", "moran", "wright_fisher", "imitation")
LARGEST = 600.0  # exponent


@dataclass(frozen=True, eq=False)
class Jet:
    """Numbers between `low` and `high` (pieces, ...), with derivatives between `down` and `up` (pieces, ..., directions)."""

    low: np.ndarray
    high: np.ndarray
    down: np.ndarray
    up: np.ndarray

    def __add__(self, other: Jet) -> Jet:
        return Jet(self.low + other.low, self.high + other.high, self.down + other.down, self.up + other.up)

    def __sub__(self, other: Jet) -> Jet:
        return Jet(self.low - other.high, self.high - other.low, self.down - other.up, self.up - other.down)

    def __mul__(self, other: Jet) -> Jet:
        low, high = _product(self.low, self.high, other.low, other.high)
        mine = _product(self.down, self.up, other.low[..., None], other.high[..., None])
        theirs = _product(self.low[..., None], self.high[..., None], other.down, other.up)
        return Jet(low, high, mine[0] + theirs[0], mine[1] + theirs[1])

    def times(self, matrix: np.ndarray) -> Jet:
        """Row vectors (pieces, d) times a matrix."""
        plus, minus = np.maximum(matrix, 0), np.minimum(matrix, 0)
        low, high = self.low @ plus + self.high @ minus, self.high @ plus + self.low @ minus
        down = np.einsum("nis,ij->njs", self.down, plus) + np.einsum("nis,ij->njs", self.up, minus)
        up = np.einsum("nis,ij->njs", self.up, plus) + np.einsum("nis,ij->njs", self.down, minus)
        return Jet(low, high, down, up)

    def total(self, axis: int) -> Jet:
        """Sum over an axis of the numbers (1 is the first)."""
        return Jet(*(array.sum(axis=axis) for array in (self.low, self.high, self.down, self.up)))

    def scaled(self, factor: float) -> Jet:
        low, high, down, up = (factor * array for array in (self.low, self.high, self.down, self.up))
        return Jet(low, high, down, up) if factor >= 0 else Jet(high, low, up, down)

    def plus(self, number: float) -> Jet:
        return Jet(self.low + number, self.high + number, self.down, self.up)

    def exponential(self) -> Jet:
        low, high = np.exp(np.minimum(self.low, LARGEST)), np.exp(np.minimum(self.high, LARGEST))
        return Jet(low, high, *_product(low[..., None], high[..., None], self.down, self.up))

    def inverse(self) -> Jet:
        """1/x of positive numbers."""
        low, high = 1 / self.high, 1 / self.low
        steep, flat = -(high**2), -(low**2)
        return Jet(low, high, *_product(steep[..., None], flat[..., None], self.down, self.up))

    def tanh(self) -> Jet:
        low, high = np.tanh(self.low), np.tanh(self.high)
        nearest = np.where((self.low < 0) & (self.high > 0), 0.0, np.minimum(np.abs(low), np.abs(high)))
        least, most = 1 - np.maximum(np.abs(low), np.abs(high)) ** 2, 1 - nearest**2
        return Jet(low, high, *_product(least[..., None], most[..., None], self.down, self.up))


def _product(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of a product of numbers in [a, b] and [c, d]."""
    ends = a * c, a * d, b * c, b * d
    return np.minimum.reduce(ends), np.maximum.reduce(ends)


def encloses(field: Field) -> bool:
    """Whether there are enclosures of this field."""
    numbers = field.numbers[0]
    unbiased = len(field.numbers) == 1 and numbers.conformity == 1 and numbers.prestige == 0 and not numbers.linear
    return unbiased and field.kind in KINDS and field.landscape.polynomial


def enclosure(field: Field, form: np.ndarray, corner: np.ndarray) -> Jet:
    """The field on pieces with these Bernstein coefficients of the payoffs (n, d, C) and corners (n, k, d)."""
    numbers, degree = field.numbers[0], field.landscape.degree
    strategies = field.strategies
    share = _jet(np.swapaxes(corner, 1, 2), strategies, 1)
    beta = numbers.intensity
    gain = _jet(form[:, None, :] - form[:, :, None], strategies, degree).scaled(beta)  # [i, j]: of j over i
    if field.kind == "pairwise_comparison":
        net = (_outer(share, share) * gain.scaled(0.5).tanh()).total(1)
    elif field.kind in ("introspection", "aspiration"):
        if field.kind == "aspiration":
            level = _jet(numbers.number - form, strategies, degree).scaled(beta)
            chance = _spread(_half(level.scaled(0.5).tanh()), strategies)
        else:
            chance = _half(gain.scaled(0.5).tanh())
        flow = (_spread(share, strategies) * chance).scaled(1 / (strategies - 1))
        net = flow.total(1) - flow.total(2)
    else:
        odds = gain.scaled(-1.0).exponential()  # [i, j]: of i over j
        if field.kind == "logit":
            net = odds.total(1).inverse() - share
        else:
            # fitness over that of j, less 1, since shares sum to 1: bounds are closer around 0
            lead = (_spread(share, strategies) * odds.plus(-1.0)).total(1)
            low = np.maximum(lead.low + 1, odds.low.min(axis=1))
            mean = Jet(low, np.minimum(lead.high + 1, odds.high.max(axis=1)), lead.down, lead.up)
            net = share * mean.inverse().plus(-1.0)
    if numbers.mutation == 0:
        return net
    away = np.asarray(numbers.to) - np.eye(strategies)
    kept = (
        np.eye(strategies) + numbers.mutation * away if numbers.after else (1 - numbers.mutation) * np.eye(strategies)
    )
    return net.times(kept) + share.times(numbers.mutation * away)


def _jet(form: np.ndarray, vertices: int, degree: int) -> Jet:
    slope = simplex.slopes(form, vertices, degree)
    return Jet(form.min(axis=-1), form.max(axis=-1), slope.min(axis=-1), slope.max(axis=-1))


def _half(tangent: Jet) -> Jet:
    """(1 + t)/2."""
    return tangent.plus(1.0).scaled(0.5)


def _spread(row: Jet, size: int) -> Jet:
    """[i, j] = row[i]."""
    low, high = (np.repeat(array[:, :, None], size, axis=2) for array in (row.low, row.high))
    down, up = (np.repeat(array[:, :, None], size, axis=2) for array in (row.down, row.up))
    return Jet(low, high, down, up)


def _turned(square: Jet) -> Jet:
    """[i, j] = square[j, i]."""
    return Jet(*(np.swapaxes(array, 1, 2) for array in (square.low, square.high, square.down, square.up)))


def _outer(first: Jet, second: Jet) -> Jet:
    size = first.low.shape[1]
    return _spread(first, size) * _turned(_spread(second, size))
