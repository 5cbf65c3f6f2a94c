"""Looking for all rest points of a field, by the method that suits it, and how complete what was found is."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, combinations, product

import numpy as np

from evo.exact.flows.enclosed import field_zeros
from evo.exact.flows.enclosures import encloses
from evo.exact.flows.fields import Field
from evo.exact.flows.linear_rest import Continuum, largest, linear_rest
from evo.exact.flows.polynomial_fields import polynomial_field
from evo.exact.flows.search import newton, on_interval, starts
from evo.exact.flows.subdivision import zeros
from evo.exact.payoff import simplex

MOST_SUPPORTS = 2**16
LARGEST_FORM = 1500  # coefficients of a polynomial that is searched by subdivision
SAME = 1e-7
CERTIFIED = "all rest points, each certified by subdivision to be the only one of its piece of the simplex"


@dataclass(frozen=True, eq=False)
class Found:
    """What a search gives: mixes (p, d), continua, and how complete it is."""

    mixes: np.ndarray
    continua: tuple[Continuum, ...] = ()
    complete: bool = True
    statement: str = CERTIFIED
    times: tuple[int, ...] | None = None


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
    table = field.landscape.table
    if table is not None and table.shape[1] <= LARGEST_FORM and encloses(field):
        whole = field_zeros(field, pieces=pieces)
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
