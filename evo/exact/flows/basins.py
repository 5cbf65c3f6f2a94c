"""Basins of attraction: how much of the simplex flows to each rest point.

Volumes in the uniform measure on the simplex (one for each role): exact intervals between two strategies, else by
stratified sampling of starts, with standard errors, or on a triangular grid for pictures of three strategies.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from evo._reprs import shown
from evo.exact.flows.fields import Field, field_of
from evo.exact.flows.rest_points import RestPoint, RestPoints, rest_points_of
from evo.exact.flows.trajectories import follow
from evo.exact.payoff.infinite import Values
from evo.games import compositions

if TYPE_CHECKING:
    import pandas as pd

    from evo.model import Model

TRAPPED = 1e-4  # distance from a stable node or focus within which a trajectory is taken to stay
CAUGHT = 1e-3  # the same for flows without derivative, which may slow down algebraically (bnn)
AT_REST = 1e-10  # rate of change below which it has come to rest


@shown
@dataclass(frozen=True, eq=False)
class Basins:
    """Shares of the simplex that flow to each rest point which any of it does, with standard errors (0: exact, or no
    stratum was divided). elsewhere: the share that came to no rest point in time (cycles, slow flows, continua).

    ends: number of the rest point that each start came to, -1 for elsewhere; empty where intervals are exact.
    """

    points: tuple[RestPoint, ...]
    volume: np.ndarray
    error: np.ndarray
    elsewhere: float
    starts: np.ndarray
    ends: np.ndarray
    statement: str
    strategies: tuple[str, ...]

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row per rest point: shares, stability, volume, error."""
        import pandas as pd

        return pd.DataFrame(
            [
                dict(zip(self.strategies, point.mix.tolist(), strict=True))
                | {"stability": point.stability, "volume": float(volume), "error": float(error)}
                for point, volume, error in zip(self.points, self.volume, self.error, strict=True)
            ]
        )


def basins(
    model: Model,
    *,
    environment: Values = None,
    time: float = 0.0,
    samples: int = 10_000,
    seed: int = 0,
    generations: float = 2_000.0,
    tolerance: float = 1e-6,
) -> Basins:
    """Volume of each rest point's basin under the model's flow, its environment held at these values.

    Between two strategies in one role the basins are intervals and exact as the rest points are. Else `samples` starts,
    two in each of equal strata of the simplex, follow the flow for at most so many generations with this error of each
    share in each step. Raises ValueError for fields that jump (best_response, imitate_best, projection).
    """
    field = field_of(model, environment=environment, time=time)
    found = _rest(field, model.strategy_names)
    if field.strategies == 2 and len(field.blocks) == 1 and not field.generational and not found.continua:
        return _intervals(field, found)
    starts, strata = stratified(field, samples, np.random.default_rng(seed))
    ends = _ends(field, starts, found, generations, tolerance)
    reached = [k for k in range(len(found)) if (ends == k).any() or found.points[k].attracts]
    hits = np.array([ends == k for k in reached]).reshape(len(reached), len(ends))
    volume = hits.mean(axis=1)
    apart = hits.reshape(len(reached), strata, 2)
    error = np.sqrt((apart[:, :, 0] != apart[:, :, 1]).sum(axis=1) / 4) / strata
    number = np.full(len(found) + 1, -1)
    number[reached] = np.arange(len(reached))
    return Basins(
        tuple(found.points[k] for k in reached),
        volume,
        error,
        float((ends < 0).mean()),
        starts,
        number[ends],
        f"{len(starts)} starts, two in each of {strata} equal strata; rest points: {found.statement}",
        model.strategy_names,
    )


def basin_grid(
    model: Model,
    *,
    environment: Values = None,
    time: float = 0.0,
    resolution: int = 60,
    generations: float = 2_000.0,
    tolerance: float = 1e-6,
) -> Basins:
    """Basins on a triangular grid of three strategies in one role: `starts` are the middles of the resolution^2 equal
    triangles that the simplex divides into, `ends` where they come to. Volumes are counts, without standard errors (nan):
    the error is of the order of the borders' length over the resolution."""
    field = field_of(model, environment=environment, time=time)
    if field.strategies != 3 or len(field.blocks) > 1:
        raise ValueError(f"a triangle has three strategies in one role, not {field.strategies} in {len(field.blocks)}")
    found = _rest(field, model.strategy_names)
    up = (compositions(3, resolution - 1) + 1 / 3) / resolution
    down = (compositions(3, resolution - 2) + 2 / 3) / resolution if resolution > 1 else np.zeros((0, 3))
    starts = np.concatenate([up, down])
    ends = _ends(field, starts, found, generations, tolerance)
    volume = np.array([(ends == k).mean() for k in range(len(found))])
    return Basins(
        found.points,
        volume,
        np.full(len(volume), np.nan),
        float((ends < 0).mean()),
        starts,
        ends,
        f"the middles of {len(starts)} equal triangles; rest points: {found.statement}",
        model.strategy_names,
    )


def stratified(field: Field, samples: int, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """Uniform starts, two in each of so many equal strata, neighbours in the list; and the number of strata.

    The simplex is the image of a cube under a map that keeps volumes (each share in turn, by its distribution given
    those before); the cube is cut into equal boxes.
    """
    dimension = field.strategies - len(field.blocks)
    sides = max(1, int((samples / 2) ** (1 / dimension) + 1e-9))
    corner = np.stack(np.meshgrid(*[np.arange(sides)] * dimension, indexing="ij"), axis=-1).reshape(-1, dimension)
    cube = (np.repeat(corner, 2, axis=0) + rng.random((2 * len(corner), dimension))) / sides
    mixes, column = np.zeros((len(cube), field.strategies)), 0
    for block in field.blocks:
        left = np.ones(len(cube))
        size = block.stop - block.start
        for place in range(size - 1):
            share = left * (1 - cube[:, column] ** (1 / (size - 1 - place)))
            mixes[:, block.start + place] = share
            left, column = left - share, column + 1
        mixes[:, block.stop - 1] = left
    return mixes, len(corner)


def _rest(field: Field, names: tuple[str, ...]) -> RestPoints:
    if not field.continuous:
        raise ValueError(
            f"the field of {field.kind} jumps, and a trajectory may slide along a tie: simulate it instead"
        )
    return rest_points_of(field, names, number=400, seed=0, pieces=20_000)


def _ends(field: Field, starts: np.ndarray, found: RestPoints, generations: float, tolerance: float) -> np.ndarray:
    """The rest point that each start comes to, by number, -1 for none."""
    mixes = np.array([point.mix for point in found.points]).reshape(-1, field.strategies)
    held = np.array([point.attracts for point in found.points], dtype=bool)
    reach = TRAPPED if field.differentiable else CAUGHT
    if all(point.stability in ("saddle", "unstable node", "unstable focus") for point in found.points):
        return np.full(len(starts), -1)  # hyperbolic, and none attracts: what comes to one has measure 0

    def settled(mix: np.ndarray, rate: np.ndarray) -> np.ndarray:
        near = np.abs(mix[:, None] - mixes[held]).max(axis=2) < reach
        return near.any(axis=1) | (np.abs(rate).max(axis=1) < AT_REST)

    ended = follow(field, starts, generations=generations, settled=settled, tolerance=tolerance)
    if not len(mixes):
        return np.full(len(starts), -1)
    distance = np.abs(ended.mix[:, None] - mixes).max(axis=2)
    return np.where(ended.settled & (distance.min(axis=1) < 1e-2), distance.argmin(axis=1), -1)


def _intervals(field: Field, found: RestPoints) -> Basins:
    """Between neighbouring rest points the share moves one way."""
    order = sorted(range(len(found)), key=lambda k: found.points[k].mix[0])
    shares = [found.points[k].mix[0] for k in order]
    volume = np.zeros(len(found))
    bounds = [(0.0, None, order[0]), *zip(shares, order, [*order[1:], None], strict=True)]
    for place, (low, below, above) in enumerate(bounds):
        high = shares[place] if place < len(shares) else 1.0
        if high - low < 1e-12:
            continue
        middle = 0.5 * (low + high)
        rises = field.velocity(np.array([middle, 1 - middle]))[0] > 0
        end = above if rises else below
        if end is not None:
            volume[end] += high - low
    reached = [k for k in range(len(found)) if volume[k] > 0 or found.points[k].attracts]
    return Basins(
        tuple(found.points[k] for k in reached),
        volume[reached],
        np.zeros(len(reached)),
        float(1 - volume.sum()),
        np.zeros((0, 2)),
        np.zeros(0, dtype=int),
        f"exact intervals; rest points: {found.statement}",
        found.strategies,
    )
