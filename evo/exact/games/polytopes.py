"""Vertices of best-reply polytopes and Lemke-Howson pivots on them: the machinery of `nash`, for plain arrays.

Of a bimatrix game with positive payoffs A and B (m, n): P = {x >= 0, B^T x <= 1} and Q = {y >= 0, A y <= 1}. A vertex
has as labels the inequalities that hold with equality; a pair of vertices, neither the origin, that has all m + n labels
is an equilibrium once it is scaled to sum 1 [von Stengel 2002].
"""

from __future__ import annotations

from itertools import combinations, islice

import numpy as np

TOLERANCE = 1e-9
BATCH = 4096


def positive(payoff: np.ndarray) -> np.ndarray:
    """The payoffs shifted and scaled into [1, 2], which changes no equilibrium."""
    low, high = payoff.min(), payoff.max()
    return 1 + (payoff - low) / (high - low if high > low else 1.0)


def vertices(reply: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Vertices (v, k) of {z >= 0, reply z <= 1}, but the origin, and which of its k + r inequalities are tight (v, k+r).

    Each choice of k inequalities is solved: complete, degenerate or not, and exponential: for up to about 12 by 12.
    """
    rows, size = reply.shape
    whole = np.vstack([-np.eye(size), reply])
    bound = np.r_[np.zeros(size), np.ones(rows)]
    choices = combinations(range(size + rows), size)
    kept: list[np.ndarray] = []
    while batch := list(islice(choices, BATCH)):
        chosen = np.array(batch)
        system = whole[chosen]
        regular = np.abs(np.linalg.det(system)) > 1e-11
        solved = np.linalg.solve(system[regular], bound[chosen[regular]][..., None])[..., 0]
        kept.append(solved[(solved @ whole.T <= bound + TOLERANCE).all(axis=1)])
    found = distinct(np.concatenate(kept))
    found = found[found.max(axis=1) > TOLERANCE]
    return found, np.abs(found @ whole.T - bound) <= TOLERANCE


def distinct(points: np.ndarray, apart: float = 1e-8) -> np.ndarray:
    """Points that are not the same, in ascending order."""
    kept: list[np.ndarray] = []
    for point in points[np.lexsort(np.round(points, 7).T[::-1])]:
        if all(np.abs(point - other).max() > apart for other in kept):
            kept.append(point)
    return np.array(kept).reshape(-1, points.shape[1])


class Tableau:
    """A system in dictionary form, rows of basic variables; the first columns hold its own inverse, for the
    lexicographic rule, which makes pivoting end in degenerate games too."""

    def __init__(self, coefficient: np.ndarray, slack: range, structural: range) -> None:
        rows = len(coefficient)
        self.labels = [*slack, *structural]
        self.body = np.hstack([np.eye(rows), coefficient])
        self.right = np.ones(rows)
        self.basis = list(slack)

    def enter(self, label: int) -> int:
        """Bring the variable of this label in; returns the label of the one that leaves."""
        column = self.labels.index(label)
        entering = self.body[:, column]
        candidates = [row for row in range(len(entering)) if entering[row] > 1e-11]
        lexicographic = np.column_stack([self.right, self.body[:, : len(self.basis)]])
        row = min(candidates, key=lambda r: _rounded(lexicographic[r] / entering[r]))
        leaving = self.basis[row]
        pivot = self.body[row, column]
        self.body[row] /= pivot
        self.right[row] /= pivot
        for other in range(len(entering)):
            if other != row:
                factor = self.body[other, column]
                self.body[other] -= factor * self.body[row]
                self.right[other] -= factor * self.right[row]
        self.basis[row] = label
        return leaving

    def value(self, label: int) -> float:
        """Of a variable: 0 outside the basis."""
        return float(self.right[self.basis.index(label)]) if label in self.basis else 0.0


def _rounded(row: np.ndarray) -> tuple[float, ...]:
    """A row to compare, its rounding errors taken out."""
    return tuple(np.round(row, 11).tolist())
