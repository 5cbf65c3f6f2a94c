"""Nash equilibria of games between two roles, and the evolutionarily stable strategies of symmetric games.

For plain matrices: `row` (m, n) is the payoff to strategy i of the first role against j of the second, `column` (m, n)
the payoff to that j against i (both with the first role's strategies as rows). For a model with two roles: `nash`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evo._reprs import shown
from evo.exact.flows.stability import evolutionarily_stable, neutrally_stable
from evo.exact.games.labels import complementary, scale
from evo.exact.games.polytopes import both_vertices, follow_path
from evo.exact.games.supports import TIE, is_finite, mixes_by_support, pairs_by_support
from evo.exact.payoff.landscape import Landscape, landscape

if TYPE_CHECKING:
    from evo.exact.payoff.infinite import Values
    from evo.model import Model

Pair = tuple[np.ndarray, np.ndarray]


@shown
@dataclass(frozen=True, eq=False)
class Equilibria:
    """All Nash equilibria of a bimatrix game.

    extreme: those of which all are made, (first mix, second mix). subsets: sets of extreme equilibria, by number, whose
    first mixes and second mixes may be mixed at will; one number alone is an isolated equilibrium unless it also stands
    in another set. components: connected sets of them. degenerate: some equilibrium is not isolated, or has more best
    replies than strategies in use.
    """

    extreme: tuple[Pair, ...]
    subsets: tuple[tuple[int, ...], ...]
    components: tuple[tuple[int, ...], ...]
    degenerate: bool

    @property
    def isolated(self) -> tuple[Pair, ...]:
        """The equilibria that are alone."""
        return tuple(self.extreme[part[0]] for part in self.components if len(part) == 1)


@shown
@dataclass(frozen=True, eq=False)
class ZeroSum:
    """Value of a zero-sum game to the first role, and an optimal strategy of each."""

    value: float
    first: np.ndarray
    second: np.ndarray


def equilibria(row: np.ndarray, column: np.ndarray) -> Equilibria:
    """All Nash equilibria, degenerate games included, by enumeration of the vertices of the best-reply polytopes
    [Mangasarian 1964; Winkels 1979; Avis, Rosenberg, Savani & von Stengel 2010]. For up to about 12 by 12 strategies."""
    row, column = _matrices(row, column)
    mixes, vertices, twice = complementary(*both_vertices(row, column))
    subsets = _bicliques(vertices.tolist())
    several = any(len(part) > 1 for part in subsets)
    return Equilibria(_pairs(mixes, len(row)), subsets, _connected(subsets), twice or several)


def support_equilibria(row: np.ndarray, column: np.ndarray) -> tuple[Pair, ...]:
    """The equilibria whose two supports are equally large and determine them: all of a nondegenerate game.

    In a degenerate one `equilibria` finds those that this leaves out.
    """
    row, column = _matrices(row, column)
    return _pairs(pairs_by_support(row, column), len(row))


def lemke_howson(row: np.ndarray, column: np.ndarray, *, drop: int = 0) -> Pair:
    """One equilibrium, at the end of the path on which label `drop` (0..m+n-1) is missing [Lemke & Howson 1964], with the
    lexicographic rule. Paths that begin with different labels may end at different ones; some are at the end of none.
    Raises ValueError where a path has more than a million pivots, as in games made for that [Savani & von Stengel 2006]."""
    row, column = _matrices(row, column)
    m, n = row.shape
    if not 0 <= drop < m + n:
        raise ValueError(f"a label is from 0 to {m + n - 1}, not {drop}")
    weights, ended = follow_path(row, column, drop)
    if not ended:
        raise ValueError(f"the path on which label {drop} is missing has no end within 2^20 pivots: try another label")
    scale(weights[None], m)
    return weights[:m], weights[m:]


def pure_equilibria(row: np.ndarray, column: np.ndarray) -> tuple[tuple[int, int], ...]:
    """Pairs of strategies that are best replies to each other."""
    row, column = _matrices(row, column)
    best = (row >= row.max(axis=0) - _tie(row)) & (column >= column.max(axis=1, keepdims=True) - _tie(column))
    return tuple((int(i), int(j)) for i, j in np.argwhere(best))


def zero_sum(payoff: np.ndarray) -> ZeroSum:
    """Value and optimal strategies of the zero-sum game with this payoff to the first role, by linear programming."""
    from scipy.optimize import linprog

    payoff = np.asarray(payoff, dtype=float)
    mixes = []
    for matrix in (payoff, -payoff.T):
        size, replies = matrix.shape
        answer = linprog(
            np.r_[np.zeros(size), -1.0],
            A_ub=np.hstack([-matrix.T, np.ones((replies, 1))]),
            b_ub=np.zeros(replies),
            A_eq=[np.r_[np.ones(size), 0.0]],
            b_eq=[1.0],
            bounds=[(0, None)] * size + [(None, None)],
        )
        mixes.append(_mix(answer.x[:-1]))
    return ZeroSum(float(mixes[0] @ payoff @ mixes[1]), *mixes)


def is_equilibrium(row: np.ndarray, column: np.ndarray, first: np.ndarray, second: np.ndarray) -> bool:
    """Whether each mix is a best reply to the other."""
    mine, theirs = row @ second, first @ column
    return bool(
        mine.max() - mine[first > 0].min() <= _tie(row) and theirs.max() - theirs[second > 0].min() <= _tie(column)
    )


def symmetric_equilibria(payoff: np.ndarray) -> tuple[np.ndarray, ...]:
    """The symmetric equilibria of a symmetric game that their support determines, by enumeration of the supports."""
    return tuple(mixes_by_support(_matrix(payoff)))


def stable_strategies(payoff: np.ndarray, *, neutral: bool = False) -> tuple[np.ndarray, ...]:
    """All ESS of a symmetric matrix game (an ESS is determined by its support [Haigh 1975]), or, `neutral`, the NSS that
    are determined by theirs."""
    payoff = np.asarray(payoff, dtype=float)
    game = Landscape(1, (0, len(payoff)), table=payoff)
    stable = neutrally_stable if neutral else evolutionarily_stable
    return tuple(mix for mix in symmetric_equilibria(payoff) if stable(game, mix))


def matrices(model: Model, *, environment: Values = None, time: float = 0.0) -> Pair:
    """Row and column payoffs of a model with two roles (trait bias included)."""
    found = landscape(model, environment=environment, time=time)
    if len(found.roles) != 3:
        raise ValueError("the model has one role: its equilibria are the rest points of which `nash` is true")
    if found.matrix is None:
        raise ValueError("the payoffs read the mix: this is no bimatrix game")
    split = found.roles[1]
    return found.matrix[:split, split:], found.matrix[split:, :split].T


def nash(model: Model, *, environment: Values = None, time: float = 0.0) -> Equilibria:
    """All Nash equilibria of a model with two roles; see `equilibria`."""
    return equilibria(*matrices(model, environment=environment, time=time))


def _pairs(mixes: np.ndarray, split: int) -> tuple[Pair, ...]:
    return tuple((mix[:split], mix[split:]) for mix in mixes)


def _bicliques(pairs: list[list[int]]) -> tuple[tuple[int, ...], ...]:
    """Maximal sets of pairs P x Q all of which are there: the maximal Nash subsets [Millham 1974; Winkels 1979]."""
    if len({p for p, _ in pairs}) == len({q for _, q in pairs}) == len(pairs):  # as in all nondegenerate games
        return tuple((place,) for place in range(len(pairs)))
    number = {(p, q): place for place, (p, q) in enumerate(pairs)}
    partners: dict[int, frozenset[int]] = {}
    for p, q in pairs:
        partners[p] = partners.get(p, frozenset()) | {q}
    closed = set(partners.values())
    while True:
        more = {a & b for a in closed for b in closed if a & b} | closed
        if more == closed:
            break
        closed = more
    return tuple(
        sorted(
            tuple(number[p, q] for p in sorted(partners) if others <= partners[p] for q in sorted(others))
            for others in closed
        )
    )


def _connected(subsets: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
    """The subsets joined where they share an equilibrium."""
    parts: list[set[int]] = []
    for subset in subsets:
        joined = set(subset)
        for part in [part for part in parts if part & joined]:
            joined |= part
            parts.remove(part)
        parts.append(joined)
    return tuple(sorted(tuple(sorted(part)) for part in parts))


def _matrices(row: np.ndarray, column: np.ndarray) -> Pair:
    row, column = _matrix(row), _matrix(column)
    if row.ndim != 2 or row.shape != column.shape or not (is_finite(row) and is_finite(column)):
        raise ValueError(f"two finite matrices of one shape are needed, not {row.shape} and {column.shape}")
    return row, column


def _matrix(payoff: np.ndarray) -> np.ndarray:
    """A copy of the one type that loops are compiled for."""
    return np.array(payoff, dtype=float, order="C")


def _mix(weight: np.ndarray) -> np.ndarray:
    share = np.where(weight < 1e-13, 0.0, weight)
    return share / share.sum()


def _tie(payoff: np.ndarray) -> float:
    return TIE * max(1.0, float(np.abs(payoff).max()))
