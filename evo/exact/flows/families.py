"""The fields of a model along one parameter, without building the model at every value.

A field's numbers (payoff table, intensity, mutation ...) are functions of the parameter. Where a Chebyshev polynomial of
degree 16 follows all of them to rounding (1e-13, checked at values beside its nodes) they are read off it, on the whole
range or on pieces of it; elsewhere, and where games read the mix, each value's model is built.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from evo.exact.flows.fields import Field

DEGREE = 16
FOLLOWED = 1e-13
SMALLEST = 1 / 64  # pieces of the range


class LostError(ArithmeticError):
    """A place that cannot be reached: Newton's method does not come back to the branch, or the parameter has no model."""


@dataclass(eq=False)
class Family:
    """The field at low + s (high - low), for s from 0 to 1."""

    at: Callable[[float], Field]
    low: float
    high: float
    known: dict[float, Field] = field(default_factory=dict)
    series: dict[tuple[float, float], np.ndarray | None] = field(default_factory=dict)

    def number(self, s: float) -> float:
        return self.low + float(s) * (self.high - self.low)

    def field(self, s: float) -> Field:
        if not -1e-12 <= s <= 1 + 1e-12:
            raise LostError("the parameter has left its range, beyond which the model may not exist")
        s = min(max(float(s), 0.0), 1.0)
        left, right = 0.0, 1.0
        while right - left >= SMALLEST:
            series = self._series(left, right)
            if series is not None:
                return _with_numbers(self.exact(0.5), _sum(series, (2 * s - left - right) / (right - left)))
            middle = 0.5 * (left + right)
            left, right = (left, middle) if s < middle else (middle, right)
        return self.exact(s)

    def exact(self, s: float) -> Field:
        """From the model itself; the last few are kept."""
        if s not in self.known:
            if len(self.known) > 400:
                self.known.clear()
            self.known[s] = self.at(self.number(s))
        return self.known[s]

    def _series(self, left: float, right: float) -> np.ndarray | None:
        """Chebyshev coefficients of the field's numbers on a piece, None where they do not follow it."""
        if (left, right) not in self.series:
            self.series[left, right] = self._fitted(left, right)
        return self.series[left, right]

    def _fitted(self, left: float, right: float) -> np.ndarray | None:
        from numpy.polynomial import chebyshev

        if not self.exact(0.5).landscape.polynomial:
            return None
        nodes = chebyshev.chebpts2(DEGREE + 1)
        found = np.array([_numbers(self.exact(left + 0.5 * (node + 1) * (right - left))) for node in nodes])
        series = np.linalg.solve(chebyshev.chebvander(nodes, DEGREE), found)
        constant = np.ptp(found, axis=0) == 0
        series[:, constant] = 0.0
        series[0, constant] = found[0, constant]  # exactly: a conformity of 1 is none
        scale = np.maximum(np.abs(found).max(axis=0), 1e-3 * np.abs(found).max())
        if (np.abs(series[-3:]) > FOLLOWED * scale).any():
            return None
        for beside in (-0.9731, 0.1357, 0.6173):
            exact = _numbers(self.exact(left + 0.5 * (beside + 1) * (right - left)))
            if (np.abs(_sum(series, beside) - exact) > 10 * FOLLOWED * scale).any():
                return None
        return series


def _sum(series: np.ndarray, at: float) -> np.ndarray:
    """The value of Chebyshev series (degree + 1, numbers)."""
    return np.cos(np.arange(len(series)) * np.arccos(min(max(at, -1.0), 1.0))) @ series


def _numbers(one: Field) -> np.ndarray:
    """All numbers of a field that a parameter may move, in one row."""
    assert one.landscape.table is not None
    parts = [one.landscape.table.ravel()]
    for role in one.numbers:
        parts.append(np.array([role.intensity, role.conformity, role.prestige, role.mutation, role.number]))
        parts += [np.ravel(array) for array in (role.indicator, role.to) if array is not None]
    return np.concatenate(parts)


def _with_numbers(one: Field, row: np.ndarray) -> Field:
    """The opposite of `_numbers`."""
    assert one.landscape.table is not None
    size = one.landscape.table.size
    table, row = row[:size].reshape(one.landscape.table.shape), row[size:]
    roles = []
    for role in one.numbers:
        intensity, conformity, prestige, mutation, number = map(float, row[:5])
        row = row[5:]
        arrays = {}
        for name in ("indicator", "to"):
            array = getattr(role, name)
            if array is not None:
                arrays[name], row = row[: array.size].reshape(array.shape), row[array.size :]
        role = role._replace(intensity=intensity, conformity=conformity, prestige=prestige, number=number, **arrays)
        roles.append(role._replace(mutation=max(mutation, 0.0)))
    return replace(one, landscape=replace(one.landscape, table=table), numbers=tuple(roles))
