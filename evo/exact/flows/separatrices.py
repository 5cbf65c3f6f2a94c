"""Separatrices: the stable (or unstable) curves of saddles in the plane of three strategies, or of two roles of two.

A saddle's stable curve is followed back in time from beside the saddle, along its eigenvector; what it separates are
basins of attraction. Saddles on the boundary have one where they attract from inside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from evo._reprs import shown
from evo.exact.flows.fields import Field, field_of
from evo.exact.flows.rest_points import RestPoint, RestPoints, rest_points_of
from evo.exact.payoff.infinite import Values

if TYPE_CHECKING:
    from evo.model import Model

BESIDE = 1e-6  # distance from the saddle at which a curve begins: its error there is of the order of the square
SLOWEST = 1e-8  # rate at which a curve has come to a rest point


@dataclass(frozen=True, eq=False)
class Separatrix:
    """A curve from a saddle: mixes (n, d) along it, the saddle first; and the number of the rest point at its other end, or
    None where it leaves the simplex, winds onto a cycle or is longer than asked for."""

    saddle: int
    curve: np.ndarray
    end: int | None


@shown
@dataclass(frozen=True, eq=False)
class Separatrices:
    """The curves of all saddles, and the rest points that they join, by number."""

    curves: tuple[Separatrix, ...]
    points: tuple[RestPoint, ...]
    statement: str


def separatrices(
    model: Model,
    *,
    kind: Literal["stable", "unstable"] = "stable",
    environment: Values = None,
    time: float = 0.0,
    length: float = 20.0,
    spacing: float = 0.01,
) -> Separatrices:
    """The stable (or unstable) curves of every saddle, along the boundary left out where the flow keeps it.

    `length`: the most of a curve that is followed; `spacing`: the most between its mixes. Curves are right to about 1e-8.
    Raises ValueError unless the state is a plane (three strategies, or two roles of two) and the field smooth.
    """
    field = field_of(model, environment=environment, time=time)
    if field.tangent().shape[1] != 2:
        raise ValueError("curves separate basins in a plane: three strategies, or two roles of two")
    if field.generational or not field.differentiable:
        raise ValueError(f"{field.kind} is a map or has no derivative: it has no such curves here")
    found = rest_points_of(field, model.strategy_names, number=400, seed=0, pieces=20_000)
    curves = [
        _follow(field, number, direction, 1.0 if kind == "unstable" else -1.0, found, length, spacing)
        for number, point in enumerate(found.points)
        if point.stability == "saddle"
        for direction in _directions(field, point, kind)
    ]
    return Separatrices(tuple(curves), found.points, found.statement)


def _directions(field: Field, point: RestPoint, kind: str) -> list[np.ndarray]:
    """Unit vectors from the saddle along its stable (or unstable) eigenvector that point into the simplex."""
    basis = field.tangent()
    values, vectors = np.linalg.eig(basis.T @ field.jacobian(point.mix) @ basis)
    number = int(np.argmin(np.real(values)) if kind == "stable" else np.argmax(np.real(values)))
    along = basis @ np.real(vectors[:, number])
    along /= np.linalg.norm(along)
    absent = point.mix == 0
    if field.keeps_faces and absent.any() and np.abs(along[absent]).min() < 1e-9:
        return []
    return [way for way in (along, -along) if (way[absent] > -1e-12).all()]


def _follow(
    field: Field, saddle: int, direction: np.ndarray, sense: float, found: RestPoints, length: float, spacing: float
) -> Separatrix:
    """A curve by its length, so that its mixes are evenly spaced however slow the flow."""
    from scipy.integrate import solve_ivp

    start, basis = found.points[saddle].mix, field.tangent()

    def at(place: np.ndarray) -> np.ndarray:
        """The mix of a place in the plane: of the formula's own, across it, errors would grow."""
        return start + basis @ place

    def rate(_: float, place: np.ndarray) -> np.ndarray:
        moved = sense * basis.T @ field.velocity(at(place))
        return moved / (np.linalg.norm(moved) + SLOWEST)

    def rests(_: float, place: np.ndarray) -> float:
        return float(np.linalg.norm(field.velocity(at(place))) - SLOWEST)

    def leaves(_: float, place: np.ndarray) -> float:
        return float(at(place).min() + 1e-9)

    rests.terminal = leaves.terminal = True  # type: ignore[attr-defined]
    rests.direction = leaves.direction = -1.0  # type: ignore[attr-defined]
    solved = solve_ivp(
        rate,
        (0.0, length),
        BESIDE * basis.T @ direction,
        method="DOP853",
        rtol=1e-9,
        atol=1e-12,
        max_step=spacing,
        events=(rests, leaves),
    )
    curve = np.clip(np.vstack([start, start + solved.y.T @ basis.T]), 0, None)
    others = np.array([point.mix for point in found.points])
    distance = np.abs(others - curve[-1]).max(axis=1)
    near = int(distance.argmin())
    return Separatrix(saddle, curve, near if distance[near] < 1e-3 else None)
