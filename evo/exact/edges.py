"""Edges of the simplex: rest points between two strategies, their stability along the edge, and the critical seed.

On an edge the payoff difference of the two strategies is a polynomial of the share, of degree n-1 (n where groups have
a founder). Its values at as many Chebyshev nodes as it has coefficients determine it, and its roots are eigenvalues of
its companion matrix: all of them are found, unless the game reads the population's mix and is no polynomial, in which
case roots are looked for between the sign changes on a fine grid.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from evo.exact.payoffs import Values, payoffs
from evo.exact.thresholds import crossing

if TYPE_CHECKING:
    from evo.model import Model

GRID = 2001


@dataclass(frozen=True)
class EdgePoint:
    """A rest point on an edge: share of the first strategy, and whether it attracts along the edge."""

    share: float
    stable: bool


def edge_points(
    model: Model, first: str, second: str, *, environment: Values = None, time: float = 0.0
) -> tuple[EdgePoint, ...]:
    """Interior rest points, without mutation, of a population of `first` and `second`, in ascending share of `first`."""
    advantage = _advantage(model, first, second, environment, time)
    roots = _scanned(advantage) if model.lowered.game.reads_mix else _polynomial(advantage, model.lowered.meeting.size)
    bounds = [0.0, *[(low + high) / 2 for low, high in pairwise(roots)], 1.0]
    return tuple(
        EdgePoint(root, bool(advantage(before) > 0 > advantage(after)))
        for root, before, after in zip(roots, bounds, bounds[1:], strict=False)
    )


def critical_seed(model: Model, resident: str, invader: str, *, environment: Values = None, time: float = 0.0) -> float:
    """The least share of `invader` from which it grows in a population of `resident`, on the edge between them.

    0 where it invades from rarity, nan where it grows from no share: the first unstable rest point otherwise.
    """
    advantage = _advantage(model, invader, resident, environment, time)
    points = edge_points(model, invader, resident, environment=environment, time=time)
    grows = advantage(0.0) if abs(advantage(0.0)) > 1e-14 else advantage(1e-6)
    if grows > 0:
        return 0.0
    return next((point.share for point in points if not point.stable), float("nan"))


def _advantage(model: Model, first: str, second: str, environment: Values, time: float) -> Callable[[float], float]:
    names = model.strategy_names
    for name in (first, second):
        if name not in names:
            raise ValueError(f"{name!r} is not a strategy; strategies: {', '.join(names)}")
    i, j = names.index(first), names.index(second)

    def difference(share: float) -> float:
        mix = np.zeros(len(names))
        mix[i], mix[j] = share, 1 - share
        found = payoffs(model, mix, environment=environment, time=time)
        return float(found[i] - found[j])

    return difference


def _polynomial(function: Callable[[float], float], degree: int) -> list[float]:
    """All roots in (0, 1) of a polynomial of at most this degree."""
    from numpy.polynomial import chebyshev

    nodes = chebyshev.chebpts1(degree + 1)
    values = [function(0.5 * (node + 1)) for node in nodes]
    series = chebyshev.chebtrim(
        chebyshev.chebfit(nodes, values, degree), tol=1e-13 * max(map(abs, values), default=0.0)
    )
    found = chebyshev.chebroots(series)
    inside = sorted(0.5 * (root.real + 1) for root in found if abs(root.imag) < 1e-7 and -1 < root.real < 1)
    return [_polished(function, root) for root in inside]


def _polished(function: Callable[[float], float], root: float) -> float:
    for width in (1e-9, 1e-7, 1e-5):
        low, high = max(0.0, root - width), min(1.0, root + width)
        if function(low) * function(high) < 0:
            return crossing(function, low, high)
    return float(root)


def _scanned(function: Callable[[float], float]) -> list[float]:
    shares = np.linspace(0, 1, GRID)[1:-1]
    values = np.array([function(share) for share in shares])
    changes = np.flatnonzero(np.sign(values[:-1]) * np.sign(values[1:]) < 0)
    return [crossing(function, shares[k], shares[k + 1]) for k in changes]
