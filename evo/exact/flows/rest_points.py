"""All rest points of the flow of a model's dynamics on the simplex, with how complete the list is.

Where a rule copies success (replicator, pairwise comparison, Moran ... without mutation) they are the mixes whose
strategies in use all earn the same: one system for each support, linear for matrix games (solved exactly, continua
included), polynomial for groups (all zeros, certified by subdivision). Flows that rest at Nash equilibria alone (best
response, bnn, smith, projection) have those of them that are Nash. Fields with mutation or logit choice are searched
whole: certified where they are polynomials or have enclosures (one role, no conformity or prestige, a game that does not
read the mix), else by a polynomial that follows them for two strategies, or by Newton's method from many starts, whose
completeness the sum of indices tests [Hofbauer & Sigmund 1998].
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from evo._reprs import shown
from evo.exact.flows.fields import Field, field_of
from evo.exact.flows.finding import find
from evo.exact.flows.linear_rest import Continuum
from evo.exact.flows.stability import evolutionarily_stable, field_stability, nash, neutrally_stable, rates
from evo.exact.payoff.infinite import Values

if TYPE_CHECKING:
    import pandas as pd

    from evo.model import Model


@shown
@dataclass(frozen=True, eq=False)
class RestPoint:
    """A rest point: mix (d,), the names of the strategies in use, whether it is Nash, evolutionarily and neutrally stable
    (None: left open at second order), eigenvalues along the simplex (those of absent strategies included) and what they
    make of it (stability.classify); growth: the rate per generation at which the fastest deviation grows (nan where there
    is no derivative); isolated: not part of a continuum of rest points."""

    mix: np.ndarray
    support: tuple[str, ...]
    nash: bool
    ess: bool | None
    nss: bool | None
    eigenvalues: np.ndarray
    stability: str
    growth: float
    isolated: bool = True

    @property
    def attracts(self) -> bool:
        """Whether it attracts what is near, by its eigenvalues (or as an ESS where there are none)."""
        return self.stability.startswith("stable")


@shown
@dataclass(frozen=True, eq=False)
class RestPoints:
    """points: all that were found, isolated or at the ends of a continuum; continua: faces and polytopes of rest points.

    complete: whether there are no others; statement: why, in words. index: the sum of the indices sign det(-J) of the
    points that count (all, or where faces are kept the Nash equilibria), 1 if none is missing and none degenerate; None
    where it cannot be taken. found: how often a search with many starts found each, else None.
    """

    points: tuple[RestPoint, ...]
    continua: tuple[Continuum, ...]
    complete: bool
    statement: str
    index: int | None
    found: tuple[int, ...] | None
    strategies: tuple[str, ...]

    def __iter__(self) -> Iterator[RestPoint]:
        return iter(self.points)

    def __len__(self) -> int:
        return len(self.points)

    @property
    def attractors(self) -> tuple[RestPoint, ...]:
        return tuple(point for point in self.points if point.attracts)

    @property
    def equilibria(self) -> tuple[RestPoint, ...]:
        """Those that are Nash equilibria."""
        return tuple(point for point in self.points if point.nash)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row per point: shares, what it is, and the largest real part of its eigenvalues."""
        import pandas as pd

        rows = [
            dict(zip(self.strategies, point.mix.tolist(), strict=True))
            | {"stability": point.stability, "nash": point.nash, "ess": point.ess, "nss": point.nss}
            | {"growth": point.growth, "isolated": point.isolated}
            for point in self.points
        ]
        return pd.DataFrame(rows)


def rest_points(
    model: Model,
    *,
    environment: Values = None,
    time: float = 0.0,
    starts: int = 400,
    seed: int = 0,
    pieces: int = 20_000,
) -> RestPoints:
    """All rest points of the model's flow, its environment held at these values.

    `starts` (from `seed`) for searches by Newton's method, `pieces` the most that a certified search cuts the simplex (or
    a face of it) into before the other takes over. Raises ValueError for finite populations and random flows, and for
    best_response and imitate_best with mutation, whose fields jump.
    """
    field = field_of(model, environment=environment, time=time)
    return rest_points_of(field, model.strategy_names, number=starts, seed=seed, pieces=pieces)


def rest_points_of(field: Field, names: tuple[str, ...], *, number: int, seed: int, pieces: int) -> RestPoints:
    """`rest_points` of a field."""
    found = find(field, number=number, seed=seed, pieces=pieces)
    points = tuple(describe(field, mix, names, found.continua) for mix in found.mixes)
    times = found.times
    if field.rests_at_nash:
        kept = [k for k, point in enumerate(points) if point.nash]
        points = tuple(points[k] for k in kept)
        times = None if times is None else tuple(times[k] for k in kept)
    index = None if found.continua or not field.differentiable else _index(field, points)
    statement = found.statement
    if times is not None and index is not None:
        statement += f"; the sum of their indices is {index}" + (
            "" if index == 1 else " and not 1: some are missing or degenerate"
        )
    return RestPoints(points, found.continua, found.complete, statement, index, times, names)


def describe(field: Field, mix: np.ndarray, names: tuple[str, ...], continua: tuple[Continuum, ...] = ()) -> RestPoint:
    """What a rest point is."""
    ess = evolutionarily_stable(field.landscape, mix)
    kind, eigenvalues = field_stability(field, mix, ess)
    return RestPoint(
        mix,
        tuple(name for name, share in zip(names, mix, strict=True) if share > 0),
        nash(field.landscape, mix),
        ess,
        neutrally_stable(field.landscape, mix),
        eigenvalues,
        kind,
        float(rates(eigenvalues, generational=field.generational).max(initial=-np.inf)),
        not any(continuum.holds(mix) for continuum in continua),
    )


def _index(field: Field, points: tuple[RestPoint, ...]) -> int | None:
    """Sum of the indices, None where one is degenerate or the theorem does not apply."""
    counted = [point for point in points if point.nash or not field.keeps_faces]
    if field.keeps_faces and not field.copies_success:
        return None
    total = 0
    for point in counted:
        size = np.abs(point.eigenvalues)
        if not np.isfinite(size).all() or (len(size) and size.min() < 1e-10 * max(1.0, size.max())):
            return None
        total += int(np.sign(np.prod(-point.eigenvalues).real)) if len(size) else 1
    return total
