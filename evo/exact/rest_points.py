"""All rest points of the flow of a model's dynamics on the simplex, with how complete the list is.

Where a rule copies success (replicator, pairwise comparison, Moran ... without mutation) they are the mixes whose
strategies in use all earn the same: one system for each support, linear for matrix games (solved exactly, continua
included), polynomial for groups (all zeros, certified by subdivision). Flows that rest at Nash equilibria alone (best
response, bnn, smith, projection) have those of them that are Nash. Fields with mutation or logit choice are searched
whole: certified where they are polynomials, by a polynomial that follows them for two strategies, else by Newton's method
from many starts, whose completeness the sum of indices tests [Hofbauer & Sigmund 1998, chapter 13].
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, combinations, product
from typing import TYPE_CHECKING

import numpy as np

from evo.exact import simplex
from evo.exact.fields import Field, field_of
from evo.exact.linear_rest import Continuum, largest, linear_rest
from evo.exact.payoffs import Values
from evo.exact.polynomial_fields import polynomial_field
from evo.exact.search import newton, on_interval, starts
from evo.exact.stability import evolutionarily_stable, field_stability, nash, neutrally_stable, rates
from evo.exact.subdivision import zeros

if TYPE_CHECKING:
    import pandas as pd

    from evo.model import Model

MOST_SUPPORTS = 2**16
LARGEST_FORM = 1500  # coefficients of a polynomial that is searched by subdivision
SAME = 1e-7
CERTIFIED = "all rest points, each certified by subdivision to be the only one of its piece of the simplex"


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


@dataclass(frozen=True, eq=False)
class Found:
    """What a search gives: mixes (p, d), continua, and how complete it is."""

    mixes: np.ndarray
    continua: tuple[Continuum, ...] = ()
    complete: bool = True
    statement: str = CERTIFIED
    times: tuple[int, ...] | None = None


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


def find(field: Field, *, number: int, seed: int, pieces: int) -> Found:
    """All rest points by the method that suits the field (those that need not be Nash included for `rests_at_nash`)."""
    if field.copies_success or field.rests_at_nash:
        return _equal_payoffs(field, number, seed, pieces)
    if not field.continuous:
        raise ValueError(
            f"{field.kind} with mutation jumps between best replies: its rest points are not those of a field"
        )
    if field.keeps_faces:
        parts = [_search(field, support, number, seed) for support in supports(field)]
        return _joined(parts)
    everyone = tuple(range(field.strategies))
    polynomial = polynomial_field(field)
    if polynomial is not None and polynomial[0].shape[1] <= LARGEST_FORM:
        whole = zeros(polynomial[0][:-1], field.strategies, polynomial[1], pieces=pieces)
        if whole.complete:
            return _certified(whole.points, whole.unresolved, everyone, field)
    if len(field.blocks) == 1 and field.strategies == 2 and field.landscape.polynomial:
        return _on_edge(field)
    return _search(field, everyone, number, seed)


def supports(field: Field) -> list[tuple[int, ...]]:
    """All sets of strategies that can be in use, small ones first."""
    if 2.0**field.strategies > MOST_SUPPORTS:
        raise ValueError(f"{field.strategies} strategies have 2^{field.strategies} supports: too many to go through")
    by_role = [
        [
            set_
            for size in range(1, block.stop - block.start + 1)
            for set_ in combinations(range(block.start, block.stop), size)
        ]
        for block in field.blocks
    ]
    return sorted((tuple(chain(*parts)) for parts in product(*by_role)), key=lambda support: (len(support), support))


def _equal_payoffs(field: Field, number: int, seed: int, pieces: int) -> Found:
    landscape = field.landscape
    if landscape.matrix is not None:
        mixes, continua = linear_rest(landscape.matrix, landscape.roles, supports(field))
        statement = "all rest points: the linear system of each support was solved"
        return Found(mixes, continua, True, statement)
    parts = [_on_face(field, support, number, seed, pieces) for support in supports(field)]
    return _joined(parts)


def _on_face(field: Field, support: tuple[int, ...], number: int, seed: int, pieces: int) -> Found:
    """The mixes inside a face at which all its strategies earn the same."""
    landscape, size = field.landscape, len(support)
    if size == 1:
        return Found(np.eye(field.strategies)[list(support)])
    if landscape.table is not None:
        form = simplex.face(landscape.table[list(support)], support, field.strategies, landscape.degree)
        gaps = form[1:] - form[0]
        scale = max(1.0, np.abs(form).max())
        if np.abs(gaps).max() < 1e-12 * scale:
            return Found(
                np.zeros((0, field.strategies)), (Continuum(np.eye(field.strategies)[list(support)], size - 1),)
            )
        if gaps.shape[1] <= LARGEST_FORM:
            whole = zeros(gaps, size, landscape.degree, pieces=pieces)
            if whole.complete:
                return _certified(whole.points, whole.unresolved, support, field)
    elif size == 2:
        return _on_edge(field, support)
    return _search(field, support, number, seed)


def _certified(points: np.ndarray, unresolved: np.ndarray, support: tuple[int, ...], field: Field) -> Found:
    """Zeros on a face as mixes; where faces are kept, only what is inside this one."""
    mixes = np.zeros((len(points) + len(unresolved), field.strategies))
    mixes[:, list(support)] = np.concatenate([points, unresolved])
    mixes = np.clip(mixes, 0, None)
    mixes /= mixes.sum(axis=1, keepdims=True)
    certain = len(points)
    if field.copies_success or field.rests_at_nash:
        inside = mixes[:, list(support)].min(axis=1) > 1e-9
        certain, mixes = int(inside[:certain].sum()), mixes[inside]
    if certain == len(mixes):
        return Found(mixes)
    number = len(mixes) - certain
    statement = (
        f"all rest points to a width of 1e-7; {number} of them are multiple, or several close ones, and not resolved"
    )
    return Found(mixes, (), False, statement)


def _on_edge(field: Field, support: tuple[int, ...] = (0, 1)) -> Found:
    """Two strategies: a function of one share."""

    def mixes_at(share: np.ndarray) -> np.ndarray:
        mixes = np.zeros((len(share), field.strategies), dtype=share.dtype)
        mixes[:, support[0]], mixes[:, support[1]] = share, 1 - share
        return mixes

    def rate(share: np.ndarray) -> np.ndarray:
        if field.copies_success or field.rests_at_nash:
            payoff = field.payoffs(mixes_at(share))
            return payoff[:, support[0]] - payoff[:, support[1]]
        return field.velocity(mixes_at(share))[:, support[0]]

    found, followed = on_interval(rate)
    if field.keeps_faces or field.rests_at_nash:
        found = found[(found > 1e-9) & (found < 1 - 1e-9)]
    statement = "all rest points that a polynomial following the field to 1e-12 can tell"
    if not followed:
        statement = "rest points that a polynomial following the field can tell; it does not follow it everywhere (jumps or kinks)"
    return Found(mixes_at(found), (), followed, statement)


def _search(field: Field, support: tuple[int, ...], number: int, seed: int) -> Found:
    """Newton's method from many starts inside a face (and from the rest points without mutation, where there is some)."""
    if all(sum(block.start <= i < block.stop for i in support) == 1 for block in field.blocks):
        corner = np.zeros((1, field.strategies))
        corner[0, list(support)] = 1
        return Found(corner)
    mixes = starts(field, support, number, seed)
    if not (field.keeps_faces or field.rests_at_nash):
        mixes = np.concatenate([mixes, _beside_equal_payoffs(field, mixes[0])])
    ends, good = newton(_equalised(field), mixes, support)
    kept: list[np.ndarray] = []
    times: list[int] = []
    for mix in ends[good]:
        if field.keeps_faces and mix[list(support)].min() < 1e-9:
            continue
        same = [k for k, other in enumerate(kept) if np.abs(mix - other).max() < SAME]
        if same:
            times[same[0]] += 1
        else:
            kept.append(np.clip(mix, 0, None))
            times.append(1)
    found = np.array(kept).reshape(-1, field.strategies)
    statement = f"what Newton's method found from {len(mixes)} starts on a face, each {', '.join(map(str, times)) or 'no'} times"
    return Found(found, (), False, statement, tuple(times))


def _beside_equal_payoffs(field: Field, middle: np.ndarray) -> np.ndarray:
    """Starts near where strategies in use earn the same: weak mutation and sharp choice rest beside such mixes."""
    plain = _copying(field)
    if 2.0**field.strategies > 2**10:
        return np.zeros((0, field.strategies))
    near = find(plain, number=20, seed=0, pieces=2000).mixes
    return np.concatenate([0.99 * near + 0.01 * middle, 0.9999 * near + 0.0001 * middle])


def _equalised(field: Field) -> Field:
    """A smooth field with the same rest points inside a face: replicator for rules that copy success."""
    return _copying(field) if field.copies_success or field.rests_at_nash else field


def _copying(field: Field) -> Field:
    """The replicator flow with the same payoffs."""
    numbers = tuple(one._replace(intensity=1.0, mutation=0.0, conformity=1.0, prestige=0.0) for one in field.numbers)
    return Field("replicator", field.landscape, numbers)


def _joined(parts: list[Found]) -> Found:
    """The parts of several supports together."""
    mixes = np.concatenate([part.mixes for part in parts])
    continua = largest(chain(*(part.continua for part in parts)))
    open_ = [part for part in parts if not part.complete]
    statement = "; ".join(dict.fromkeys(part.statement for part in open_)) if open_ else parts[-1].statement
    searched = any(part.times is not None for part in parts)
    times = tuple(chain(*(part.times or (1,) * len(part.mixes) for part in parts))) if searched else None
    return Found(mixes, continua, not open_, statement, times)


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
