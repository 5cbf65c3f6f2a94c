"""Where rest points along a branch change: folds, branch points, Hopf points, invasions.

Tests that change sign there [Kuznetsov 2004]: the parameter's part of the direction (fold), the determinant
of the derivative with the direction below it (branch point), the product of sums of pairs of eigenvalues (Hopf; of a map
the product of |mu_i mu_j| - 1, Neimark-Sacker, and the determinant of J + 1, flip), and the growth of each strategy that
is absent (transcritical: it can invade beyond).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from evo.exact.flows.branches import System, Track, located
from evo.exact.flows.families import LostError

NEAR = 1e-3  # two tests that vanish this close along a branch tell of one point


@dataclass(frozen=True, eq=False)
class Crossing:
    """A point on a branch at which a test is 0: kind, place, and the strategy whose growth changes sign (or -1)."""

    kind: str
    place: np.ndarray
    strategy: int = -1


def spectrum(system: System, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues on the face, and the growth of each strategy outside it (support order), at a place."""
    jacobian = system.family.field(y[-1]).jacobian(np.clip(system.mix(y), 0, None))
    inside = np.linalg.eigvals(system.basis.T @ jacobian @ system.basis).astype(complex)
    outside = [i for i in range(len(jacobian)) if i not in system.support]
    return inside, jacobian[outside, outside]


def _tests(system: System, y: np.ndarray, direction: np.ndarray) -> dict[tuple[str, int], float]:
    """Every test at a place."""
    inside, outside = spectrum(system, y)
    slope = system.slope(y)
    values = {("fold", -1): float(direction[-1])}
    if len(slope):
        values["branch point", -1] = float(np.linalg.det(np.vstack([slope, direction])))
    generational = system.family.exact(0.5).generational
    pairs = list(combinations(range(len(inside)), 2))
    if pairs and generational:
        mu = 1 + inside
        values["Neimark-Sacker", -1] = float(np.prod([(mu[i] * mu[j] - 1) for i, j in pairs]).real)
    elif pairs:
        values["Hopf", -1] = float(np.prod([inside[i] + inside[j] for i, j in pairs]).real)
    if generational:
        values["flip", -1] = float(np.prod(2 + inside).real)
    absent = [i for i in range(len(system.middle)) if i not in system.support]
    for i, growth in zip(absent, outside, strict=True):
        values["transcritical", i] = float(growth)
    return values


def crossings(system: System, found: Track) -> Iterator[Crossing]:
    """All points on a track at which a test changes sign, refined along the branch."""
    tests = [_tests(system, y, direction) for y, direction in zip(found.places, found.directions, strict=True)]
    for number in range(len(tests) - 1):
        here, along = found.places[number], found.directions[number]
        length = float(along @ (found.places[number + 1] - here))
        at: list[Crossing] = []
        for key, value in tests[number].items():
            if value * tests[number + 1][key] < 0:
                place = _place(system, here, along, length, key, found.places[number + 1])
                if place is not None and _genuine(system, key[0], place):
                    at.append(Crossing(key[0], place, key[1]))
        yield from _one_of_each(at)


def _place(
    system: System, here: np.ndarray, along: np.ndarray, length: float, key: tuple[str, int], ahead: np.ndarray
) -> np.ndarray | None:
    def test(y: np.ndarray) -> float:
        return _tests(system, y, system.tangent(y, along))[key]

    place = located(system, here, along, length, test)
    if key[0] != "branch point":
        return place
    return _crossing_place(system, 0.5 * (here + ahead) if place is None else place)


def _crossing_place(system: System, near: np.ndarray) -> np.ndarray | None:
    """The branch point near a place: F + mu psi = 0, psi F' = 0, |psi| = 1 for y, psi and mu, a regular system also where
    branches cross symmetrically [Moore 1980]."""
    size = len(near) - 1
    unknown = np.r_[near, np.linalg.svd(system.slope(near))[0][:, -1], 0.0]

    def residual(u: np.ndarray) -> np.ndarray:
        y, null, mu = u[: size + 1], u[size + 1 : -1], u[-1]
        return np.r_[system.value(y) + mu * null, null @ system.slope(y), null @ null - 1]

    step = 1e-5
    try:
        for _ in range(12):
            value = residual(unknown)
            columns = [
                (residual(unknown + step * e) - residual(unknown - step * e)) / (2 * step) for e in np.eye(len(unknown))
            ]
            move = np.linalg.solve(np.array(columns).T, value)
            unknown = unknown - move
            if np.abs(move).max() < 1e-11:
                break
    except (LostError, np.linalg.LinAlgError):
        return None
    far = np.abs(unknown[: size + 1] - near).max() > 0.1 or np.abs(move).max() > 1e-6 or abs(unknown[-1]) > 1e-8
    return None if far else unknown[: size + 1]


def _genuine(system: System, kind: str, place: np.ndarray) -> bool:
    """Whether a pair of eigenvalues that sums to 0 is imaginary (Hopf), not real (a neutral saddle)."""
    if kind not in ("Hopf", "Neimark-Sacker"):
        return True
    inside = spectrum(system, place)[0]
    neutral = np.abs(1 + inside) - 1 if kind == "Neimark-Sacker" else np.real(inside)
    pair = np.argsort(np.abs(neutral))[:2]
    return bool((np.abs(np.imag(inside[pair])) > 1e-7).all())


def _one_of_each(at: list[Crossing]) -> list[Crossing]:
    """A branch that turns back at its crossing with another (pitchfork) passes both tests: it is a branch point."""
    branch = [crossing.place for crossing in at if crossing.kind == "branch point"]
    return [
        crossing
        for crossing in at
        if crossing.kind != "fold" or not any(np.abs(crossing.place - place).max() < NEAR for place in branch)
    ]


def directions(system: System, y: np.ndarray) -> list[np.ndarray]:
    """Directions of the branches that cross at a branch point: zeros of the quadratic form in the kernel of the
    derivative (algebraic bifurcation equation), second derivatives by differences."""
    left, _, kernel = np.linalg.svd(system.slope(y))
    first, second, null = kernel[-1], kernel[-2], left[:, -1]
    step = 1e-4

    def curved(u: np.ndarray) -> float:
        return float(null @ (system.value(y + step * u) - 2 * system.value(y) + system.value(y - step * u))) / step**2

    a, c = curved(first), curved(second)
    b = 0.5 * (curved(first + second) - a - c)
    angles = 0.5 * np.arctan2(b, 0.5 * (a - c))
    size = np.hypot(b, 0.5 * (a - c))
    if size < 1e-7 or abs(0.5 * (a + c)) > size * (1 + 1e-6):
        return [first, second]
    half = 0.5 * np.arccos(np.clip(-0.5 * (a + c) / size, -1, 1))
    return [np.cos(t) * first + np.sin(t) * second for t in (angles + half, angles - half)]
