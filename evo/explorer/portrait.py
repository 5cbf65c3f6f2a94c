"""Where selection leads: the change of two strategies' shares, or short ways along the flow in a plane of mixes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from evo.plots.page import PictureError
from evo.plots.plane import Plane, plane_of

if TYPE_CHECKING:
    from evo.exact.flows.fields import Field
    from evo.exact.flows.rest_points import RestPoints
    from evo.model import Model

ROWS = 11  # of ways along the side of a plane
STEPS, STEP = 9, 0.008  # of a way, and its length in sides
SHARES = np.linspace(0.0, 1.0, 201)
STARTS, PIECES = 60, 2000  # of the search for rest points, which must not keep anybody waiting


@dataclass(frozen=True, eq=False)
class Gradient:
    """Change per generation of the first strategy's share, at SHARES; roots: share and whether it is stable."""

    change: np.ndarray
    roots: tuple[tuple[float, bool], ...]


@dataclass(frozen=True, eq=False)
class Plan:
    """Ways along the flow in a plane (way, step, 2), in its coordinates."""

    plane: Plane
    ways: np.ndarray
    field: Field


Portrait = Gradient | Plan


def portrait_of(model: Model, environment: dict[str, float]) -> Portrait | None:
    """The portrait of an infinite population with its environment held at these values; None where there is none to draw."""
    from evo.exact.flows.fields import field_of

    try:
        field = field_of(model, environment=environment or None)
        if len(model.strategies) == 2 and len(field.landscape.roles) == 2:
            return gradient(field)
        plane = plane_of(model)
    except (PictureError, ValueError):
        return None
    return Plan(plane, ways(plane, field), field)


def gradient(field: Field) -> Gradient:
    """The gradient of selection with its roots by linear interpolation, and ends that are left alone."""
    mixes = np.stack([SHARES, 1 - SHARES], axis=1)
    change = field.velocity(mixes)[:, 0]
    signs = np.sign(np.where(np.abs(change) < 1e-12 * max(1e-300, np.abs(change).max()), 0.0, change))
    roots = []
    inner = np.flatnonzero(signs[1:-1]) + 1
    for here, there in pairwise(inner.tolist()):
        if signs[here] != signs[there]:
            low, high = change[here], change[there]
            share = SHARES[here] - low * (SHARES[there] - SHARES[here]) / (high - low)
            roots.append((float(share), bool(signs[here] > 0)))
    if len(inner) and signs[0] == 0:
        roots.insert(0, (0.0, bool(signs[inner[0]] < 0)))
    if len(inner) and signs[-1] == 0:
        roots.append((1.0, bool(signs[inner[-1]] > 0)))
    return Gradient(change, tuple(roots))


def ways(plane: Plane, field: Field) -> np.ndarray:
    """Short ways of equal length from seeds that are evenly spaced, (way, step, 2); nan from where one would leave the plane."""
    along = (np.arange(ROWS) + 0.5) / ROWS
    places = np.stack(np.meshgrid(along, plane.height * along), axis=-1).reshape(-1, 2)
    if plane.triangular:
        places[:, 0] += np.where(np.arange(len(places)) // ROWS % 2, 0.25, -0.25) / ROWS
    places = places[plane.mixes(places).min(axis=1) > 0.01]
    found = np.full((len(places), STEPS + 1, 2), np.nan)
    found[:, 0] = places
    for step in range(STEPS):
        moved = field.velocity(np.clip(plane.mixes(places), 0, 1)) @ plane.forth
        size = np.linalg.norm(moved, axis=1, keepdims=True)
        places = places + STEP * np.divide(moved, size, out=np.full_like(moved, np.nan), where=size > 1e-12)
        outside = ~(plane.mixes(places).min(axis=1) > -1e-3)
        places = np.where(outside[:, None], np.nan, places)
        found[:, step + 1] = places
        places = np.where(outside[:, None], found[:, 0], places)
    return found


def rest_of(plan: Plan, names: tuple[str, ...]) -> RestPoints | None:
    """Rest points of a plane's flow; None where the search does not come to an end."""
    from evo.exact.flows.rest_points import rest_points_of

    try:
        return rest_points_of(plan.field, names, number=STARTS, seed=0, pieces=PIECES)
    except (ValueError, ArithmeticError, np.linalg.LinAlgError):
        return None
