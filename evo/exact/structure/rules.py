"""One event on a graph: with which probability is which vertex updated, and what does it play then?

Plain array mathematics on all states at once, written from the definitions of the rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from evo.exact.structure.fitness import Fitness, check_fitness, fitness_of
from evo.exact.structure.games import one_hot
from evo.exact.structure.weights import Structure, columns_to_one, over_neighbours, rows_to_one

BIRTHS = ("birth_death", "death_birth")
COPYING = ("imitation", "pairwise_comparison", "local_update", "proportional_imitation", "imitate_best")
INNOVATIVE = ("logit", "best_response", "aspiration", "introspection")
COMPARING = ("pairwise_comparison", "local_update", "proportional_imitation")
TIE = 1e-12  # payoffs that differ by less, relative to the largest, are equal
LOWEST = 1e-300  # fitness relative to the largest that is not yet lost to underflow

Kind = Literal[
    "birth_death", "death_birth", "imitation", "pairwise_comparison", "local_update", "proportional_imitation",
    "imitate_best", "logit", "best_response", "aspiration", "introspection",
]  # fmt: skip


@dataclass(frozen=True)
class VertexRule:
    """One event of a population on a graph; all are random sequential.

    birth_death: a parent drawn in proportion to fitness puts its offspring in place of a neighbour that it leads to, drawn
    by weight; `selection: death` draws the parent uniformly and the neighbour by weight/fitness. death_birth: one drawn
    uniformly dies and its neighbours compete for the place by weight times fitness; `selection: death` lets them die in
    proportion to 1/fitness and draws the parent by weight alone. imitation: a focal drawn uniformly keeps its strategy,
    with weight 1 times its fitness, or copies a neighbour, by weight times fitness [Ohtsuki et al. 2006]. Comparison
    (pairwise_comparison, local_update, proportional_imitation): a focal drawn uniformly may copy a neighbour drawn by
    weight. imitate_best: the focal takes the strategy that earns most among itself and its neighbours; its own if that is
    one of the best, else one of them uniformly. logit, best_response, aspiration and introspection as in a well-mixed
    population, the hypothetical payoffs being against the neighbours as they are. Where the vertex drawn has no neighbour
    nothing happens, but for exploration.

    intensity: beta, of rules that have one. fitness: exponential exp(beta pi), linear 1 - beta + beta pi, one_plus
    1 + beta pi, or payoff: pi itself (a constant fitness r, say; then no intensity). largest_difference: of payoffs, for
    local_update and proportional_imitation; by default that of the matrix. degrees: with proportional imitation and
    accumulated payoffs the difference is divided by the sum of the interaction weights as well, the larger of the two
    (`pair`) or the largest of the graph (`largest`) [Santos & Pacheco 2005]. level: what aspiration aspires to. mutation:
    probability; `to` others, any or a row-stochastic matrix; births mutate at birth, others `instead` of or `after` it.
    """

    kind: Kind
    intensity: float | None = None
    fitness: Fitness = "exponential"
    selection: Literal["birth", "death"] | None = None
    largest_difference: float | None = None
    degrees: Literal["pair", "largest"] | None = None
    level: float | None = None
    mutation: float = 0.0
    to: Literal["others", "any"] | Sequence[Sequence[float]] = "others"
    when: Literal["instead", "after"] | None = None

    def __post_init__(self) -> None:
        if self.kind not in (*BIRTHS, *COPYING, *INNOVATIVE):
            raise ValueError(f"{self.kind!r} is no rule; rules: {', '.join((*BIRTHS, *COPYING, *INNOVATIVE))}")
        _check(self)

    @property
    def looks_at_pairs(self) -> bool:
        """Whether all pairs of vertices are held at a time."""
        return self.kind in (*COMPARING, "imitate_best")

    @property
    def innovative(self) -> bool:
        return self.kind in INNOVATIVE

    @property
    def keeps(self) -> bool:
        """Whether strategies that are lost stay lost."""
        return not self.innovative and self.mutation == 0


def _check(rule: VertexRule) -> None:
    """Every option is there where it is needed, and only there."""
    kind, births = rule.kind, rule.kind in (*BIRTHS, "imitation")
    if births:
        check_fitness(rule.fitness, rule.intensity)
    elif rule.fitness != "exponential":
        raise ValueError(f"{kind} compares payoffs and has no fitness")
    needs = births or kind not in ("proportional_imitation", "imitate_best", "best_response")
    if not births and needs != (rule.intensity is not None):
        raise ValueError(f"{kind} {'needs an' if needs else 'has no'} intensity of selection")
    if rule.intensity is not None and not 0 <= rule.intensity < np.inf:
        raise ValueError(f"the intensity of selection is finite and not negative, not {rule.intensity}")
    if kind == "local_update" and rule.intensity is not None and rule.intensity > 1:
        raise ValueError(f"local_update takes an intensity of at most 1, not {rule.intensity}")
    if rule.selection is not None and (kind not in BIRTHS or rule.selection not in ("birth", "death")):
        raise ValueError("selection is birth or death, of birth_death and death_birth")
    if rule.largest_difference is not None and kind not in ("local_update", "proportional_imitation"):
        raise ValueError(f"{kind} has no largest_difference")
    if rule.largest_difference is not None and not 0 < rule.largest_difference < np.inf:
        raise ValueError("largest_difference is above 0")
    if rule.degrees is not None and (kind != "proportional_imitation" or rule.degrees not in ("pair", "largest")):
        raise ValueError("degrees is pair or largest, of proportional_imitation")
    if (kind == "aspiration") != (rule.level is not None):
        raise ValueError("level belongs to aspiration, which needs it")
    if not 0 <= rule.mutation <= 1:
        raise ValueError(f"mutation is a probability, not {rule.mutation}")
    if rule.when is not None and (kind in BIRTHS or rule.when not in ("instead", "after")):
        raise ValueError("when is instead or after, of rules that are no births: those mutate at birth")


def chances(
    rule: VertexRule, structure: Structure, strategies: np.ndarray, payoffs: np.ndarray, scale: float | None
) -> np.ndarray:
    """Probability that the event updates vertex v, which then plays t, (states, N, d).

    strategies (states, N); payoffs (states, N, d): what each vertex would earn with each strategy; scale: the largest
    payoff difference, for the rules that divide by it. Events in which nothing can change may be missing.
    """
    d, size = payoffs.shape[2], structure.size
    plays = one_hot(strategies, d)
    earned = np.take_along_axis(payoffs, strategies[:, :, None], axis=2)[:, :, 0]
    if rule.kind in BIRTHS:
        born = _births(rule, structure.spread, plays, vertex_fitness(rule, earned, strategies))
        return born @ kernel_of(rule, d) if rule.mutation > 0 else born
    if rule.kind == "imitation":
        fit = vertex_fitness(rule, earned, strategies)
        found = _won(structure.spread + np.eye(size), plays, fit) / size
    elif rule.kind in COMPARING:
        found = _compared(rule, structure, plays, earned, strategies, scale) / size
    elif rule.kind == "imitate_best":
        found = _best(structure.spread, plays, earned) / size
    else:
        found = _innovated(rule, plays, payoffs, earned) / size
    rest = 1 / size - (found * (1 - plays)).sum(axis=2, keepdims=True)
    found = found * (1 - plays) + rest * plays  # the focal keeps its own
    if rule.mutation == 0:
        return found
    if rule.when == "after":
        return found @ kernel_of(rule, d)
    return (1 - rule.mutation) * found + rule.mutation / size * (plays @ targets_of(rule, d))


def vertex_fitness(rule: VertexRule, earned: np.ndarray, strategies: np.ndarray) -> np.ndarray:
    """Fitness of every vertex in every state; ValueError names the state in which one is negative."""
    if rule.fitness == "exponential":  # only ratios within a state matter
        earned = earned - earned.max(axis=1, keepdims=True)
    found = fitness_of(earned, fitness=rule.fitness, intensity=rule.intensity)
    if rule.fitness == "exponential" and found.min() < LOWEST:
        raise ValueError("fitnesses differ by a factor beyond 1e300: choose a smaller intensity of selection")
    if (found < 0).any():
        state, vertex = np.argwhere(found < 0)[0]
        raise ValueError(
            f"fitness of vertex {vertex} is {found[state, vertex]:g} where the vertices play "
            f"{strategies[state].tolist()}: choose a smaller intensity or exponential fitness"
        )
    return found


def targets_of(rule: VertexRule, d: int) -> np.ndarray:
    """Where a mutant goes, row-stochastic, (d, d)."""
    if isinstance(rule.to, str):
        if rule.to not in ("others", "any"):
            raise ValueError(f"mutants go to others, any or by a matrix, not {rule.to!r}")
        return np.full((d, d), 1 / d) if rule.to == "any" else (1 - np.eye(d)) / (d - 1)
    matrix = np.array(rule.to, float)
    if matrix.shape != (d, d) or (matrix < 0).any() or not np.allclose(matrix.sum(axis=1), 1, rtol=0, atol=1e-12):
        raise ValueError(f"mutants go by a row-stochastic matrix of shape ({d}, {d})")
    return matrix


def kernel_of(rule: VertexRule, d: int) -> np.ndarray:
    return (1 - rule.mutation) * np.eye(d) + rule.mutation * targets_of(rule, d)


def _births(rule: VertexRule, spread: np.ndarray, plays: np.ndarray, fit: np.ndarray) -> np.ndarray:
    size, died = len(spread), rule.selection == "death"
    if died and (fit <= 0).any():
        raise ValueError("death in proportion to 1/fitness needs a fitness above 0")
    if rule.kind == "death_birth" and not died:
        return _won(spread, plays, fit) / size
    if rule.kind == "death_birth":
        dies = 1 / fit
        dies /= dies.sum(axis=1, keepdims=True)
        return dies[:, :, None] * over_neighbours(rows_to_one(spread), plays)
    if not died:
        total = fit.sum(axis=1, keepdims=True)
        parents = np.divide(fit, total, out=np.zeros_like(fit), where=total > 0)
        return over_neighbours(columns_to_one(spread), parents[:, :, None] * plays)
    frail = 1 / fit
    load = frail @ spread  # of the neighbours that each parent leads to
    drawn = np.divide(1.0, load, out=np.zeros_like(load), where=load > 0) / size
    return frail[:, :, None] * over_neighbours(spread, drawn[:, :, None] * plays)


def _won(spread: np.ndarray, plays: np.ndarray, fit: np.ndarray) -> np.ndarray:
    """Chance that each strategy wins each vertex, by weight times fitness; 0 where nobody competes."""
    bids = over_neighbours(spread, fit[:, :, None] * plays)
    total = bids.sum(axis=2, keepdims=True)
    return np.divide(bids, total, out=np.zeros_like(bids), where=total > 0)


def _compared(
    rule: VertexRule,
    structure: Structure,
    plays: np.ndarray,
    earned: np.ndarray,
    strategies: np.ndarray,
    scale: float | None,
) -> np.ndarray:
    lead = earned[:, None, :] - earned[:, :, None]  # of the model j over the focal i
    met = rows_to_one(structure.spread)
    if rule.kind == "pairwise_comparison":
        copied = logistic(_beta(rule) * lead)
    else:
        copied = _linear_copying(rule, structure, lead, scale)
        wrong = (met > 0) & (np.abs(copied - 0.5) > 0.5 + 1e-12)
        if wrong.any():
            state, i, j = np.argwhere(wrong)[0]
            raise ValueError(
                f"vertex {i} would copy {j} with probability {copied[state, i, j]:g} where the vertices play "
                f"{strategies[state].tolist()}: give a larger largest_difference"
            )
        copied = np.clip(copied, 0.0, 1.0)
    return np.einsum("ij,sij,sjt->sit", met, copied, plays, optimize=True)


def _linear_copying(rule: VertexRule, structure: Structure, lead: np.ndarray, scale: float | None) -> np.ndarray:
    if not scale:
        raise ValueError(f"{rule.kind} needs a largest_difference above 0")
    if rule.kind == "local_update":
        return 0.5 + _beta(rule) / 2 * lead / scale
    if structure.payoff == "average":
        if rule.degrees is not None:
            raise ValueError("degrees belongs to accumulated payoffs; averages are divided already")
        return np.maximum(lead, 0.0) / scale
    if rule.degrees is None:
        raise ValueError("proportional_imitation of accumulated payoffs needs degrees: pair or largest")
    degree = structure.meetings.sum(axis=1)
    larger = np.maximum(degree[:, None], degree) if rule.degrees == "pair" else np.full((1, 1), degree.max())
    return np.maximum(lead, 0.0) / (scale * np.where(larger > 0, larger, 1.0))


def _best(spread: np.ndarray, plays: np.ndarray, earned: np.ndarray) -> np.ndarray:
    seen = (spread > 0) | np.eye(len(spread), dtype=bool)
    there = np.where(plays[:, None] > 0, earned[:, None, :, None], -np.inf)  # (states, 1, N, d)
    top = np.where(seen[:, :, None], there, -np.inf).max(
        axis=2
    )  # best payoff of each strategy in sight, (states, N, d)
    best = top.max(axis=2, keepdims=True)
    among = top >= best - TIE * np.maximum(1.0, np.abs(earned).max())
    own = (among * plays).sum(axis=2, keepdims=True) > 0
    return np.where(own, plays, among / among.sum(axis=2, keepdims=True))


def _innovated(rule: VertexRule, plays: np.ndarray, payoffs: np.ndarray, earned: np.ndarray) -> np.ndarray:
    d = payoffs.shape[2]
    if rule.kind == "logit":
        raised = np.exp(_beta(rule) * (payoffs - payoffs.max(axis=2, keepdims=True)))
        return raised / raised.sum(axis=2, keepdims=True)
    if rule.kind == "best_response":
        among = payoffs >= payoffs.max(axis=2, keepdims=True) - TIE * max(1.0, np.abs(payoffs).max())
        own = (among * plays).sum(axis=2, keepdims=True) > 0
        return np.where(own, plays, among / among.sum(axis=2, keepdims=True))
    if rule.kind == "aspiration":
        level = 0.0 if rule.level is None else rule.level
        moves = logistic(_beta(rule) * (level - earned))[:, :, None]
        return (1 - plays) * moves / (d - 1)
    return (1 - plays) * logistic(_beta(rule) * (payoffs - earned[:, :, None])) / (d - 1)


def _beta(rule: VertexRule) -> float:
    return 0.0 if rule.intensity is None else rule.intensity


def logistic(x: np.ndarray) -> np.ndarray:
    """1/(1+exp(-x)) without overflow."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, small) / (1 + small)
