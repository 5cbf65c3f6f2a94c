"""Stationary distribution of two strategies under a rule that changes one individual a step, in closed form.

Such a chain is in detailed balance, so pi_k is proportional to prod_{l<=k} T+_{l-1}/T-_l [Karlin & Taylor 1975, ch. 4],
which is summed as logarithms: each probability is accurate relative to itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evo import codes
from evo._reprs import shown
from evo.exact.payoff.edge import EdgePayoffs, edge_payoffs
from evo.exact.payoff.infinite import Values
from evo.exact.takeover.edge_rates import log_gain, sides, untied
from evo.exact.takeover.loops import fill_log_weights

if TYPE_CHECKING:
    from evo.kernels.arrays import Rule
    from evo.model import Model

PAIR = np.array([[0, 1]])


@shown
@dataclass(frozen=True)
class BirthDeath:
    """Stationary distribution over the number k = 0..Z of individuals that play `strategy`, the first of the two."""

    strategy: str
    log_probability: np.ndarray  # (Z+1,), -inf in states that are left for good
    method: str
    error: str

    @property
    def probability(self) -> np.ndarray:
        return np.exp(self.log_probability)

    @property
    def mean(self) -> float:
        """Mean share of the first strategy."""
        return float(self.probability @ np.linspace(0, 1, len(self.log_probability)))

    @property
    def variance(self) -> float:
        """Variance of its share."""
        share = np.linspace(0, 1, len(self.log_probability))
        return float(self.probability @ (share - self.mean) ** 2)


def birth_death(model: Model, *, environment: Values = None) -> BirthDeath:
    """Stationary distribution of a model with two strategies and one update a step, mutation of any kind included.

    Environment variables that move are given by `environment`. Raises ValueError where there is no such chain (other
    numbers of strategies, infinite populations, two roles, synchronous rules), and where the chain does not forget its
    start, naming the sets of states that it may end in.
    """
    log_up, log_down = log_rates(model, environment=environment)
    ends = closed_classes(log_up, log_down)
    if len(ends) > 1:
        name = model.strategy_names[0]
        sets = ", ".join(str(a) if a == b else f"{a} to {b}" for a, b in ends)
        raise ValueError(
            f"the chain does not forget its start: the number of {name} ends up at one of {sets}; "
            "without mutation ask for `fixation`"
        )
    first, last = ends[0]
    found = np.full(len(log_up), -np.inf)
    fill_log_weights(log_up, log_down, first, last, found)
    top = found.max()
    found -= top + np.log(np.exp(found - top).sum())
    return BirthDeath(
        strategy=model.strategy_names[0],
        log_probability=found,
        method="closed form: products of T+/T- in the log domain",
        error=f"relative, up to rounding of about {len(found)} x 2e-16 in each logarithm",
    )


def closed_classes(log_up: np.ndarray, log_down: np.ndarray) -> list[tuple[int, int]]:
    """The sets of neighbouring states (first, last) that a chain on 0..Z moves about in and never leaves."""
    rises, falls = log_up[:-1] > -np.inf, log_down[1:] > -np.inf  # from k to k+1, and back
    cuts = np.flatnonzero(~(rises & falls))
    first, last = np.r_[0, cuts + 1], np.r_[cuts, len(log_up) - 1]
    left_below = np.r_[False, falls[cuts]]
    left_above = np.r_[rises[cuts], False]
    closed = ~left_below & ~left_above
    return [(int(a), int(b)) for a, b in zip(first[closed], last[closed], strict=True)]


def log_rates(model: Model, *, environment: Values = None) -> tuple[np.ndarray, np.ndarray]:
    """(log_up, log_down), (Z+1,) each: logarithm of the probability that in one step the number k = 0..Z of individuals
    that play the first of two strategies rises or falls by one, mutation included. Raises as `birth_death` does."""
    process = model.lowered
    if process.meeting.whole == 0:
        raise ValueError(
            "a stationary distribution of counts is a matter of finite populations: `population: well_mixed`"
        )
    if len(model.strategies) != 2 or len(process.wholes) > 1:
        raise ValueError("the closed form is for two strategies of one population")
    if process.rule.pace == codes.SYNCHRONOUS:
        raise ValueError(
            f"{model.dynamics.kind} may change many individuals in a step, and then there is no closed form"
        )
    payoffs = edge_payoffs(model, PAIR, environment=environment)
    if process.rule.code == codes.MORAN:
        return _birth_rates(model, payoffs)
    if model.dynamics.facts.innovative:
        hoped = edge_payoffs(model, PAIR, environment=environment, imagined=True)
        turn = _log_turns(process.rule, payoffs, hoped)
    else:
        turn = _log_copies(model, payoffs)
    whole = process.meeting.whole
    k = np.arange(whole + 1)
    with np.errstate(divide="ignore"):
        log_up = np.log((whole - k) / whole) + _mutated(process.rule, process.to, turn[0], 1, 0)
        log_down = np.log(k / whole) + _mutated(process.rule, process.to, turn[1], 0, 1)
    return log_up, log_down


def _log_copies(model: Model, payoffs: EdgePayoffs) -> np.ndarray:
    """Log chance that a focal of the second strategy takes the first, and the reverse, by imitation, (2, Z+1)."""
    whole = model.lowered.meeting.whole
    first, second = sides(model, PAIR, payoffs)
    turn = np.full((2, whole + 1), -np.inf)
    turn[0, 1:-1] = log_gain(model.lowered.rule, first, second)[0] - np.log(second.count / whole)
    turn[1, 1:-1] = log_gain(model.lowered.rule, second, first)[0] - np.log(first.count / whole)
    return turn


def _log_turns(rule: Rule, payoffs: EdgePayoffs, hoped: EdgePayoffs) -> np.ndarray:
    """The same by innovation, (2, Z+1): what one would earn by the other strategy is what a player of it earns in the
    population in which one has changed."""
    turn = np.full((2, payoffs.mutant.shape[1]), -np.inf)
    turn[0, :-1] = _log_innovation(rule, payoffs.resident[0, :-1], hoped.mutant[0, 1:])
    turn[1, 1:] = _log_innovation(rule, payoffs.mutant[0, 1:], hoped.resident[0, :-1])
    return turn


def _log_innovation(rule: Rule, own: np.ndarray, other: np.ndarray) -> np.ndarray:
    if rule.code == codes.ASPIRATION:
        return -np.logaddexp(0.0, -rule.intensity * (rule.number - own))
    if rule.code == codes.BEST_RESPONSE:
        return np.where(untied(other, own) > 0, 0.0, -np.inf)
    return -np.logaddexp(0.0, -rule.intensity * (other - own))  # logit and introspection are one with two strategies


def _mutated(rule: Rule, to: np.ndarray, turn: np.ndarray, own: int, other: int) -> np.ndarray:
    """Log chance that a focal of strategy `own` ends as `other`, from that by the rule alone."""
    mu = rule.mutation
    with np.errstate(divide="ignore"):
        if not rule.after:
            return np.logaddexp(np.log1p(-mu) + turn, np.log(mu * to[own, other]))
        kept = np.log1p(-np.exp(turn))
        return np.logaddexp(turn + np.log(1 - mu + mu * to[other, other]), kept + np.log(mu * to[own, other]))


def _birth_rates(model: Model, payoffs: EdgePayoffs) -> tuple[np.ndarray, np.ndarray]:
    """A parent by fitness, its offspring mutated; who dies is any of Z, or any but the parent (option 1)."""
    process = model.lowered
    rule, whole, spared = process.rule, process.meeting.whole, process.rule.option
    first, second = sides(model, PAIR, payoffs)
    k = np.arange(whole + 1)
    born = np.full((2, whole + 1), -np.inf)  # log chance that the parent is of the first, of the second strategy
    born[0, 1:-1] = log_gain(rule, first, second)[0] - np.log(second.count / (whole - spared))
    born[1, 1:-1] = log_gain(rule, second, first)[0] - np.log(first.count / (whole - spared))
    born[0, -1] = born[1, 0] = 0.0
    found: list[np.ndarray] = []
    with np.errstate(divide="ignore"):
        for win, lose, count in ((0, 1, whole - k), (1, 0, k)):
            faithful = 1 - rule.mutation + rule.mutation * process.to[win, win]
            kin = born[win] + np.log(faithful) + np.log(count / (whole - spared))
            strays = np.log(rule.mutation * process.to[lose, win])
            found.append(
                np.logaddexp(kin, born[lose] + strays + np.log(np.maximum(count - spared, 0) / (whole - spared)))
            )
    return found[0], found[1]
