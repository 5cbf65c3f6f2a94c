"""What becomes of an individual that is updated, for every rule of a finite population (definitions.md, Update rules).

`choices` gives, for each state, the probability that an updated individual of strategy i ends as a j. A sequential step
updates one individual, drawn uniformly; a synchronous one updates all, each by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from evo import codes
from evo.exact.chains.chances import TIE, chance_to_copy, chance_to_leave, fermi, improper, sampled_chances
from evo.exact.payoff.finite import finite_payoffs, state_words
from evo.kernels.arrays import INDICATOR

if TYPE_CHECKING:
    from evo.exact.chains.states import States
    from evo.exact.payoff.infinite import Values
    from evo.kernels.arrays import Rule
    from evo.model import Model


class Scene(NamedTuple):
    """One role in all states; d strategies of its own."""

    rule: Rule
    to: np.ndarray  # (d, d): what a strategy mutates to
    names: tuple[str, ...]
    counts: np.ndarray  # (states, d)
    payoffs: np.ndarray  # (states, d), effective, nan for the absent
    hypothetical: np.ndarray  # (states, d, d): what an i would earn as a j, nan where there is no i; empty if not used
    indicator: np.ndarray  # (states, d): what prestige looks at
    sampled: np.ndarray  # (states, d, d): mean probability that an i copies a j, where payoffs are sampled; else empty

    @property
    def shape(self) -> tuple[int, int, int]:
        return (*self.counts.shape, self.counts.shape[1])


def choices(model: Model, states: States, *, environment: Values = None) -> np.ndarray:
    """Probability that an updated i ends as a j, (states, strategies, strategies); rows of the absent are 0.

    Raises ValueError, with the state, where a payoff is not finite, linear fitness is negative or a probability of copying
    leaves [0, 1]; and where payoffs move with time.
    """
    process = model.lowered
    payoffs = finite_payoffs(model, states.counts, environment=environment)
    found = np.zeros((*payoffs.shape, payoffs.shape[1]))
    for first, last in states.roles:
        part = slice(first, last)
        payoff = payoffs[:, part]
        scene = Scene(
            process.rule,
            process.to[part, part],
            model.strategy_names[part],
            states.counts[:, part],
            payoff,
            _hypothetical(model, states, payoffs, range(first, last), environment),
            np.broadcast_to(process.strategy[INDICATOR, part], payoff.shape) if process.rule.indicated else payoff,
            sampled_chances(model, states, environment) if process.meeting.sampled else np.empty(0),
        )
        chosen = RULES[process.rule.code](scene)
        if process.rule.code not in BIRTHS:
            chosen = _mutated(scene, chosen)
        found[:, part, part] = np.where(scene.counts[:, :, None] > 0, chosen, 0.0)
    return found


def _hypothetical(model: Model, states: States, payoffs: np.ndarray, role: range, environment: Values) -> np.ndarray:
    """The payoff of j in the state in which one i has become a j, where a rule looks at it: (states, d, d).

    The population's mix, where a game reads it, is the present one.
    """
    if model.lowered.rule.code not in IMAGINING:
        return np.empty(0)
    found = np.full((states.number, len(role), len(role)), np.nan)
    for a, i in enumerate(role):
        for b, j in enumerate(role):
            after = states.moved(i, j)
            some = np.flatnonzero(after >= 0)
            if model.lowered.game.reads_mix and i != j:
                counts, mixes = states.counts[after[some]], states.shares[some]
                found[some, a, b] = finite_payoffs(model, counts, mixes=mixes, environment=environment)[:, j]
            else:
                found[some, a, b] = payoffs[after[some], j]
    return found


def _mutated(scene: Scene, chosen: np.ndarray) -> np.ndarray:
    """Exploration, instead of the choice or after it."""
    mu = scene.rule.mutation
    if mu == 0:
        return chosen
    if scene.rule.after:
        return (1 - mu) * chosen + mu * (chosen @ scene.to)
    return (1 - mu) * chosen + mu * scene.to


# ---- births


def _fitness(scene: Scene) -> np.ndarray:
    """Fitness of the present, 0 for the absent; exponential up to a factor common to a state."""
    beta, present = scene.rule.intensity, scene.counts > 0
    if scene.rule.fitness == codes.EXPONENTIAL:
        return np.where(present, np.exp(beta * (scene.payoffs - _largest(scene.payoffs))), 0.0)
    fitness = np.where(present, 1 - beta + beta * scene.payoffs, 0.0)
    _allowed(scene, fitness >= 0, "linear fitness is negative")
    return fitness


def _births(scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    """Probability that the parent is of each strategy, (states, d), and of what its offspring is, (d, d)."""
    weight = scene.counts * _fitness(scene)
    total = weight.sum(axis=1, keepdims=True)
    _allowed(scene, total > 0, "nobody has a positive fitness")
    mu = scene.rule.mutation
    return weight / total, (1 - mu) * np.eye(len(scene.to)) + mu * scene.to


def moran(scene: Scene) -> np.ndarray:
    """One that dies, drawn from all or from all but the parent, is replaced by the parent's offspring."""
    parent, offspring = _births(scene)
    if not scene.rule.option:
        return np.broadcast_to((parent @ offspring)[:, None, :], scene.shape)
    # An i dies with probability (n_i - [the parent is an i]) / (Z-1); here relative to n_i / Z, the chance to be updated.
    counts = scene.counts[:, :, None]
    whole = scene.counts.sum(axis=1)[:, None, None]
    dies = np.maximum(counts - np.eye(len(scene.to)), 0) / np.maximum(whole - 1, 1)  # (states, dying, parent)
    return (dies * parent[:, None, :]) @ offspring * whole / np.maximum(counts, 1)


def wright_fisher(scene: Scene) -> np.ndarray:
    parent, offspring = _births(scene)
    return np.broadcast_to((parent @ offspring)[:, None, :], scene.shape)


# ---- imitation


def _met(scene: Scene, left_out: bool, weight: np.ndarray | float = 1.0, pull: np.ndarray | float = 0.0) -> np.ndarray:
    """Probability that an i takes each strategy as its role model: drawn from the pool, with biases, in proportion to
    `weight` and exp(`pull`), (states, d) each. Where nobody can be met it keeps its own."""
    pool = np.maximum(scene.counts[:, None, :] - left_out * np.eye(len(scene.to)), 0)
    if scene.rule.prestige != 0:
        pull = pull + scene.rule.prestige * scene.indicator
    met = (
        pool / np.maximum(pool.max(axis=2, keepdims=True), 1)
    ) ** scene.rule.conformity  # scaled, so that no power overflows
    if not np.isscalar(pull):
        pulls = np.where(pool > 0, np.asarray(pull)[:, None, :], -np.inf)
        met = met * np.exp(pulls - np.maximum(_largest(pulls), np.finfo(float).min))
    met = np.where(pool > 0, met * np.broadcast_to(weight, scene.counts.shape)[:, None, :], 0.0)
    total = met.sum(axis=2, keepdims=True)
    return np.where(total > 0, met / np.where(total > 0, total, 1.0), np.eye(len(scene.to)))


def _keeping(moves: np.ndarray) -> np.ndarray:
    """Rows of moves completed by what stays."""
    i = np.arange(moves.shape[1])
    moves[:, i, i] = 0.0
    moves[:, i, i] = np.maximum(1 - moves.sum(axis=2), 0.0)
    return moves


def comparison(scene: Scene) -> np.ndarray:
    """A role model is met, and copied with a probability that depends on what it earns more."""
    gains = scene.payoffs[:, None, :] - scene.payoffs[:, :, None]
    copied = chance_to_copy(scene.rule, gains) if scene.sampled.size == 0 else scene.sampled
    problem = "the probability of copying leaves [0, 1]: the largest payoff difference is too small"
    _allowed(scene, improper(copied).sum(axis=2) == 0, problem)
    met = _met(scene, not scene.rule.option)
    return _keeping(np.where(met > 0, met * np.clip(copied, 0.0, 1.0), 0.0))


def imitation(scene: Scene) -> np.ndarray:
    """The strategy of one drawn by fitness (and biases) from all, or from all but the focal."""
    if scene.rule.fitness == codes.EXPONENTIAL:
        return _met(scene, not scene.rule.option, pull=scene.rule.intensity * scene.payoffs)
    return _met(scene, not scene.rule.option, weight=_fitness(scene))


def imitate_best(scene: Scene) -> np.ndarray:
    return _best(np.where(scene.counts > 0, scene.payoffs, -np.inf)[:, None, :] + np.zeros(scene.shape))


# ---- innovation


def best_response(scene: Scene) -> np.ndarray:
    return _best(scene.hypothetical)


def logit(scene: Scene) -> np.ndarray:
    weight = np.exp(scene.rule.intensity * (scene.hypothetical - _largest(scene.hypothetical)))
    return weight / weight.sum(axis=2, keepdims=True)


def aspiration(scene: Scene) -> np.ndarray:
    leaves = chance_to_leave(scene.rule, scene.payoffs)
    if scene.sampled.size > 0:
        leaves = np.einsum("sii->si", scene.sampled)
    return _keeping(leaves[:, :, None] * _elsewhere(scene))


def introspection(scene: Scene) -> np.ndarray:
    gains = scene.hypothetical - scene.payoffs[:, :, None]
    return _keeping(fermi(scene.rule.intensity * gains) * _elsewhere(scene))


def _elsewhere(scene: Scene) -> np.ndarray:
    """Another strategy of the role, drawn uniformly."""
    d = len(scene.to)
    return (1 - np.eye(d)) / max(d - 1, 1)


def _best(values: np.ndarray) -> np.ndarray:
    """The best of each row of (states, i, j): i itself if it is among them, else one drawn uniformly."""
    most = _largest(values)
    best = values >= most - TIE * (1 + np.abs(most))
    own = np.einsum("sii->si", best)[:, :, None]
    return np.where(own, np.eye(values.shape[1]), best / np.maximum(best.sum(axis=2, keepdims=True), 1))


def _largest(values: np.ndarray) -> np.ndarray:
    """Largest of the last axis, nan left out."""
    return np.fmax.reduce(values, axis=-1, keepdims=True)


def _allowed(scene: Scene, allowed: np.ndarray, problem: str) -> None:
    if not allowed.all():
        state = np.argwhere(~allowed)[0][0]
        raise ValueError(f"{problem} in the state {state_words(scene.names, scene.counts[state])}")


BIRTHS = (codes.MORAN, codes.WRIGHT_FISHER)
IMAGINING = (codes.BEST_RESPONSE, codes.LOGIT, codes.INTROSPECTION)
RULES: dict[int, Callable[[Scene], np.ndarray]] = {
    codes.MORAN: moran,
    codes.WRIGHT_FISHER: wright_fisher,
    codes.PAIRWISE_COMPARISON: comparison,
    codes.LOCAL_UPDATE: comparison,
    codes.PROPORTIONAL_IMITATION: comparison,
    codes.IMITATION: imitation,
    codes.IMITATE_BEST: imitate_best,
    codes.BEST_RESPONSE: best_response,
    codes.LOGIT: logit,
    codes.ASPIRATION: aspiration,
    codes.INTROSPECTION: introspection,
}
