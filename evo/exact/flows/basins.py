"""Basins of attraction: how much of the simplex flows to each rest point.

Volumes in the uniform measure on the simplex (one for each role): exact intervals between two strategies, else by
stratified sampling of starts, with standard errors, or on a grid for pictures of three or four.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
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
CUTS = (1 / 8, 3 / 8, 5 / 8, 7 / 8)  # shares of the first of four strategies at which a picture cuts the simplex


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
    ends = ends_of(field, starts, found.points, generations=generations, tolerance=tolerance)
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
    resolution: int | None = None,
    generations: float = 2_000.0,
    tolerance: float = 1e-6,
    volumes: Basins | None = None,
) -> Basins:
    """Basins on a grid of three or four strategies in one role, the map for a picture: `ends` is where the middles of equal
    triangles, `starts`, come to.

    Of three strategies the simplex divides into resolution^2 triangles (60), and volumes are their counts, without standard
    errors (nan): the error is of the order of the borders' length over the resolution. Of four, the triangles fill the
    cuts at which the first strategy has the shares CUTS (64 triangles along a side of length 1); volumes and errors are
    those of `basins`, computed unless they are given, and starts that come to none of its rest points count as elsewhere.
    Raises ValueError for other numbers of strategies and for fields that jump.
    """
    field = field_of(model, environment=environment, time=time)
    if field.strategies not in (3, 4) or len(field.blocks) > 1:
        raise ValueError(
            f"a grid has three or four strategies in one role, not {field.strategies} in {len(field.blocks)}: "
            "basins() samples any number"
        )
    if field.strategies == 4:
        parts = volumes or basins(
            model, environment=environment, time=time, generations=generations, tolerance=tolerance
        )
        return _on_cuts(field, parts, resolution or 64, generations, tolerance)
    found = _rest(field, model.strategy_names)
    starts = _triangles(resolution or 60)
    ends = ends_of(field, starts, found.points, generations=generations, tolerance=tolerance)
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


def _on_cuts(field: Field, parts: Basins, resolution: int, generations: float, tolerance: float) -> Basins:
    """These basins of four strategies, with starts and ends on cuts."""
    grids = [(share, _triangles(max(1, round(resolution * (1 - share))))) for share in CUTS]
    starts = np.concatenate([np.insert((1 - share) * grid, 0, share, axis=1) for share, grid in grids])
    ends = ends_of(field, starts, parts.points, generations=generations, tolerance=tolerance)
    statement = f"starts on {len(CUTS)} cuts; volumes: {parts.statement}"
    return replace(parts, starts=starts, ends=ends, statement=statement)


def _triangles(rows: int) -> np.ndarray:
    """The middles of the rows^2 equal triangles that a triangle divides into, those that point up first, (rows^2, 3)."""
    up = (compositions(3, rows - 1) + 1 / 3) / rows
    down = (compositions(3, rows - 2) + 2 / 3) / rows if rows > 1 else np.zeros((0, 3))
    return np.concatenate([up, down])


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


def ends_of(
    field: Field,
    starts: np.ndarray,
    points: tuple[RestPoint, ...],
    *,
    generations: float = 2_000.0,
    tolerance: float = 1e-6,
) -> np.ndarray:
    """The rest point that each start comes to, by number, -1 for none of these."""
    mixes = np.array([point.mix for point in points]).reshape(-1, field.strategies)
    held = np.array([point.attracts for point in points], dtype=bool)
    reach = TRAPPED if field.differentiable else CAUGHT
    if all(point.stability in ("saddle", "unstable node", "unstable focus") for point in points):
        return np.full(len(starts), -1)  # hyperbolic, and none attracts: what comes to one has measure 0

    def settled(mix: np.ndarray, rate: np.ndarray) -> np.ndarray:
        near = np.abs(mix[:, None] - mixes[held]).max(axis=2) < reach
        return near.any(axis=1) | (np.abs(rate).max(axis=1) < AT_REST)

    ended = follow(field, starts, generations=generations, settled=settled, tolerance=tolerance)
    if not len(mixes):
        return np.full(len(starts), -1)
    distance = np.abs(ended.mix[:, None] - mixes).max(axis=2)
    return np.where(ended.settled & (distance.min(axis=1) < 1e-2), distance.argmin(axis=1), -1)


def _rest(field: Field, names: tuple[str, ...]) -> RestPoints:
    if not field.continuous:
        raise ValueError(
            f"the field of {field.kind} jumps, and a trajectory may slide along a tie: simulate it instead"
        )
    return rest_points_of(field, names, number=400, seed=0, pieces=20_000)


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
