"""Rest points of matrix games: for each support the mixes at which its strategies earn the same, continua included."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

TOLERANCE = 1e-10


@dataclass(frozen=True, eq=False)
class Continuum:
    """A polytope all of whose mixes are rest points: its vertices (v, d) and its dimension."""

    vertices: np.ndarray
    dimension: int

    def holds(self, mix: np.ndarray) -> bool:
        """Whether a mix lies in it (to 1e-7)."""
        from scipy.optimize import linprog

        number = len(self.vertices)
        answer = linprog(
            np.zeros(number),
            A_ub=np.vstack([self.vertices.T, -self.vertices.T]),
            b_ub=np.r_[mix + 1e-7, 1e-7 - mix],
            A_eq=np.ones((1, number)),
            b_eq=[1.0],
            bounds=(0, None),
        )
        return bool(answer.success)


def linear_rest(
    matrix: np.ndarray, roles: tuple[int, ...], supports: list[tuple[int, ...]]
) -> tuple[np.ndarray, tuple[Continuum, ...]]:
    """Isolated solutions inside a support, (p, d), and the continua that are part of no other."""
    points: list[np.ndarray] = []
    continua: list[Continuum] = []
    for support in supports:
        system, right = _system(matrix, roles, support)
        scale = max(1.0, np.abs(matrix).max())
        left, size, turned = np.linalg.svd(system)
        rank = int((size > TOLERANCE * scale).sum())
        particular = turned[:rank].T @ ((left[:, :rank].T @ right) / size[:rank])
        if np.abs(system @ particular - right).max() > TOLERANCE * scale:
            continue
        null = turned[rank:]
        if not len(null):
            if particular.min() > 1e-12:
                points.append(_whole(particular, support, len(matrix)))
            continue
        corners = _corners(system, right, rank)
        if not len(corners) or corners.mean(axis=0).min() < 1e-12:  # it does not reach inside this support
            continue
        whole = np.array([_whole(corner, support, len(matrix)) for corner in corners])
        continua.append(Continuum(whole, _dimension(corners)))
    return np.array(points).reshape(-1, len(matrix)), largest(continua)


def largest(continua: Iterable[Continuum]) -> tuple[Continuum, ...]:
    """Those that are part of no other."""
    found = tuple(continua)
    return tuple(one for one in found if not any(_within(one, other) for other in found))


def _within(one: Continuum, other: Continuum) -> bool:
    """Whether a continuum is part of another, larger one."""
    return other.dimension > one.dimension and all(map(other.holds, one.vertices))


def _system(matrix: np.ndarray, roles: tuple[int, ...], support: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Equal payoffs within each role, and shares that sum to 1, for the shares of a support."""
    rows, right = [], []
    for first, last in pairwise(roles):
        members = [i for i in support if first <= i < last]
        rows.append(np.array([1.0 if i in members else 0.0 for i in support]))
        right.append(1.0)
        for other in members[1:]:
            rows.append((matrix[other] - matrix[members[0]])[list(support)])
            right.append(0.0)
    return np.array(rows), np.array(right)


def _corners(system: np.ndarray, right: np.ndarray, rank: int) -> np.ndarray:
    """Vertices of {x >= 0, system x = right}, a bounded polytope: solutions with at most `rank` shares in use."""
    kept: list[np.ndarray] = []
    for chosen in combinations(range(system.shape[1]), rank):
        part = system[:, chosen]
        if np.linalg.matrix_rank(part, tol=TOLERANCE) < rank:
            continue
        share = np.linalg.lstsq(part, right, rcond=None)[0]
        if share.min() > -1e-10 and np.abs(part @ share - right).max() < 1e-9:
            whole = np.zeros(system.shape[1])
            whole[list(chosen)] = np.clip(share, 0, None)
            if all(np.abs(whole - other).max() > 1e-9 for other in kept):
                kept.append(whole)
    return np.array(kept).reshape(-1, system.shape[1])


def _dimension(corners: np.ndarray) -> int:
    """Dimension of what these corners span."""
    return int(np.linalg.matrix_rank(corners - corners[0], tol=1e-9))


def _whole(share: np.ndarray, support: tuple[int, ...], strategies: int) -> np.ndarray:
    mix = np.zeros(strategies)
    mix[list(support)] = share
    return mix
