"""All zeros of a system of polynomials on a simplex, with a certificate: subdivision in Bernstein form.

A piece of the simplex is left out where one polynomial (or one of their combinations that separates them best) has
coefficients of one sign only: it has no zero there. A piece on which the derivative stays within a factor less than 1 of
its value in the middle holds at most one zero, and the zero lies in a box that is known; it is found by Newton's method,
or the box misses the piece. Other pieces are halved. What is left at the smallest width is reported, not dropped
[Farouki 2012; Krawczyk 1969; the same as interval Newton, with Bernstein bounds]. Rounding is allowed for by a margin,
not by directed rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from evo.exact.payoff import simplex

MARGIN = 1e-13  # of rounding, relative to the largest coefficient
BATCH = 256  # pieces worked on together
SAME = 1e-8  # zeros closer than this are one


@dataclass(frozen=True, eq=False)
class Zeros:
    """points (p, k): each the only zero of its piece. unresolved (q, k): middles of pieces of the smallest width that
    could be neither left out nor resolved (zeros of higher multiplicity). complete: there are no others."""

    points: np.ndarray
    unresolved: np.ndarray
    complete: bool
    pieces: int


def zeros(coefficient: np.ndarray, vertices: int, degree: int, *, width: float = 1e-7, pieces: int = 20_000) -> Zeros:
    """The zeros of k-1 polynomials (k-1, C) on the closed simplex of k vertices, looked for on at most so many pieces."""
    scale = np.abs(coefficient).max(axis=1, keepdims=True)
    forms = coefficient / np.where(scale > 0, scale, 1.0)
    stack = [(forms[None], np.eye(vertices)[None])]
    found: list[np.ndarray] = []
    left: list[np.ndarray] = []
    seen = 0
    while stack and seen < pieces:
        form, corner = _pop(stack)
        seen += len(form)
        keep = ~_signed(form)
        form, corner = form[keep], corner[keep]
        if not len(form):
            continue
        done, points = _resolve(form, corner, vertices, degree)
        found += list(points)
        form, corner = form[~done], corner[~done]
        small = lengths(corner).max(axis=1, initial=0.0) < width
        left += list(corner[small].mean(axis=1))
        stack += halves(form[~small], corner[~small], vertices, degree)
    points = distinct([point for point in found if point.min() > -1e-12], vertices, SAME)
    unresolved = distinct([middle for middle in left if apart_from(middle, points, 4 * width)], vertices, 4 * width)
    return Zeros(points, unresolved, complete=not stack, pieces=seen)


def _pop(stack: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """The last pieces, at most BATCH of them."""
    form, corner = stack.pop()
    while stack and len(form) + len(stack[-1][0]) <= BATCH:
        more, beside = stack.pop()
        form, corner = np.concatenate([form, more]), np.concatenate([corner, beside])
    return form, corner


def _signed(form: np.ndarray) -> np.ndarray:
    """Whether one of the polynomials has no zero on the piece."""
    margin = MARGIN * np.abs(form).max(axis=2)
    return ((form.min(axis=2) > margin) | (form.max(axis=2) < -margin)).any(axis=1)


def _resolve(form: np.ndarray, corner: np.ndarray, vertices: int, degree: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """Which pieces are done with (without zero, or with the one that was found), and the zeros."""
    slope = simplex.slopes(form, vertices, degree)
    low, high = slope.min(axis=3), slope.max(axis=3)
    middle = 0.5 * (low + high)
    done = np.zeros(len(form), dtype=bool)
    points: list[np.ndarray] = []
    regular = np.abs(np.linalg.det(middle)) > 1e-12 * np.abs(middle).max(axis=(1, 2)) ** (vertices - 1) + 1e-300
    regular = np.flatnonzero(regular)
    if not len(regular):
        return done, points
    inverse = np.linalg.inv(middle[regular])
    turned = inverse @ form[regular]
    spread = (np.abs(inverse) @ (0.5 * (high - low)[regular])).sum(axis=2).max(axis=1)
    centre = np.full((1, vertices), 1 / vertices)
    at_centre = simplex.values(turned.reshape(-1, turned.shape[2]), centre, degree).reshape(len(regular), -1)
    radius = spread[:, None] * (1 - 1 / vertices) + 1e-12
    box_low, box_high = 1 / vertices - at_centre - radius, 1 / vertices - at_centre + radius
    outside = (box_high < 0).any(axis=1) | (box_low.sum(axis=1) > 1) | (box_low > 1).any(axis=1)
    done[regular] = _signed(turned) | outside
    for row in np.flatnonzero((spread < 1) & ~done[regular]):
        local = _newton(form[regular[row]], slope[regular[row]], vertices, degree)
        if local is not None:
            done[regular[row]] = True
            points.append(local @ corner[regular[row]])
    return done, points


def _newton(form: np.ndarray, slope: np.ndarray, vertices: int, degree: int) -> np.ndarray | None:
    """The zero on the piece in its own shares, None where Newton's method from the middle leads to none on it."""
    share = np.full(vertices, 1 / vertices)
    for _ in range(30):
        value = simplex.values(form, share[None], degree)[0]
        flat = slope.reshape(-1, slope.shape[2])
        jacobian = simplex.values(flat, share[None], degree - 1)[0].reshape(vertices - 1, vertices - 1)
        try:
            step = np.linalg.solve(jacobian, value)
        except np.linalg.LinAlgError:
            return None
        share[1:] -= step
        share[0] += step.sum()
        if np.abs(step).max() < 1e-14 * max(1.0, np.abs(share).max()):
            break
        if np.abs(share).max() > 3:
            return None
    return share if share.min() > -1e-6 and np.abs(step).max() < 1e-8 else None


def lengths(corner: np.ndarray) -> np.ndarray:
    """Length of each edge of the pieces, (pieces, edges)."""
    pairs = list(combinations(range(corner.shape[1]), 2))
    return np.stack([np.abs(corner[:, i] - corner[:, j]).max(axis=1) for i, j in pairs], axis=1)


def halves(form: np.ndarray, corner: np.ndarray, vertices: int, degree: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Each piece cut in two through the middle of its longest edge."""
    parts = []
    longest = lengths(corner).argmax(axis=1) if len(corner) else np.zeros(0, int)
    for number, (i, j) in enumerate(combinations(range(vertices), 2)):
        rows = longest == number
        if rows.any():
            for source, target in ((i, j), (j, i)):
                moved = corner[rows].copy()
                moved[:, source] = 0.5 * (moved[:, source] + moved[:, target])
                parts.append((form[rows] @ simplex.halving(vertices, degree, source, target).T, moved))
    return parts


def distinct(points: list[np.ndarray], vertices: int, apart: float) -> np.ndarray:
    kept: list[np.ndarray] = []
    for point in points:
        if apart_from(point, kept, apart):
            kept.append(point)
    return np.array(kept).reshape(-1, vertices)


def apart_from(point: np.ndarray, others: list[np.ndarray] | np.ndarray, apart: float) -> bool:
    return all(np.abs(point - other).max() > apart for other in others)
