"""One-step probabilities on an edge: what happens to k mutants among Z-k residents in one update, without mutation.

Everything is a logarithm. The ratio of the two probabilities, which is all that fixation depends on, is written out
where it is simple (for the Fermi rule log T-/T+ is exactly -beta times the payoff difference) and is never the quotient of two tiny
numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from evo import codes
from evo.exact.payoff.edge import EdgePayoffs, check_counted, edge_payoffs
from evo.exact.payoff.infinite import Values
from evo.exact.takeover.loops import are_pairs
from evo.kernels.arrays import INDICATOR

if TYPE_CHECKING:
    from evo.kernels.arrays import Rule
    from evo.model import Model

TIE = 1e-12  # payoffs that differ by less, relative to the larger and to 1, are equal but for rounding
COMPARISONS = (codes.PAIRWISE_COMPARISON, codes.LOCAL_UPDATE, codes.PROPORTIONAL_IMITATION)


class Side(NamedTuple):
    """One of the two strategies in the interior states k = 1..Z-1: how many play it, what it earns, what is seen of it."""

    count: np.ndarray  # (Z-1,)
    payoff: np.ndarray  # (P, Z-1)
    indicator: np.ndarray  # (P, Z-1), or (P, 1): what prestige looks at


def edge_log_rates(model: Model, pairs: np.ndarray, *, environment: Values = None) -> tuple[np.ndarray, np.ndarray]:
    """(log_up, log_down), each (P, Z+1): logarithm of the probability that in one step the mutant i gains, or loses, one
    individual when k = 0..Z play i and Z-k play the resident j, for pairs (i, j), an int array (P, 2).

    Mutation is taken to be 0; -inf where a step is impossible. Environment variables that move are given by
    `environment`. Raises ValueError for a rule that moves more than one individual a step or brings back absent
    strategies, for two roles, and for states in which the rule is not defined (negative fitness, a probability above 1).
    """
    pairs = checked_pairs(model, pairs, one_step=True)
    mutant, resident = sides(model, pairs, edge_payoffs(model, pairs, environment=environment))
    return both_log_gains(model.lowered.rule, mutant, resident)


def edge_log_ratios(model: Model, pairs: np.ndarray, *, environment: Values = None) -> np.ndarray:
    """log(T-/T+) at k = 1..Z-1 mutants, (P, Z-1), for pairs (mutant, resident); without mutation.

    inf where only losses are possible, -inf where only gains are, nan where nothing can happen. Raises as
    `edge_log_rates` does.
    """
    pairs = checked_pairs(model, pairs, one_step=True)
    mutant, resident = sides(model, pairs, edge_payoffs(model, pairs, environment=environment))
    return log_ratios(model.lowered.rule, mutant, resident)


def checked_pairs(model: Model, pairs: np.ndarray, *, one_step: bool = False) -> np.ndarray:
    """The pairs as an int array (P, 2), for a model in which two strategies fight it out; ValueError with the reason."""
    check_counted(model)
    process, facts = model.lowered, model.dynamics.facts
    if process.meeting.whole == 0:
        raise ValueError("fixation is a matter of finite populations of whole individuals: `population: well_mixed`")
    if len(process.wholes) > 1:
        raise ValueError("in a game between two roles a mutant meets the mix of the other role: an edge is not enough")
    if facts.innovative:
        raise ValueError(f"{model.dynamics.kind} brings back absent strategies, so nothing is ever fixed")
    if one_step and process.rule.pace == codes.SYNCHRONOUS:
        raise ValueError(f"{model.dynamics.kind} may change many individuals in a step here, not one")
    pairs = np.asarray(pairs)
    if pairs.ndim != 2 or pairs.shape[1] != 2 or pairs.dtype.kind not in "iu":
        raise ValueError(f"pairs are whole numbers of shape (P, 2), not {pairs.dtype} of shape {pairs.shape}")
    pairs = np.array(pairs, dtype=np.int64, order="C")  # the one type that loops are compiled for
    if not are_pairs(pairs, len(model.strategies)):
        raise ValueError(f"a pair is two different strategies, by their places 0 to {len(model.strategies) - 1}")
    return pairs


def sides(model: Model, pairs: np.ndarray, payoffs: EdgePayoffs) -> tuple[Side, Side]:
    """Mutant and resident in the interior states."""
    process = model.lowered
    count = np.arange(1.0, process.meeting.whole)
    earned = payoffs.mutant[:, 1:-1], payoffs.resident[:, 1:-1]
    seen = earned
    if process.rule.indicated:
        seen = process.strategy[INDICATOR][pairs[:, :1]], process.strategy[INDICATOR][pairs[:, 1:]]
    return Side(count, earned[0], seen[0]), Side(count[::-1], earned[1], seen[1])


def log_ratios(rule: Rule, mutant: Side, resident: Side) -> np.ndarray:
    """log(T-/T+) in the interior states, (P, Z-1)."""
    pool = rule.code == codes.MORAN or rule.option == 1  # all Z, so that both kinds of focal see the same
    unbiased = rule.conformity == 1 and rule.prestige == 0
    if rule.code == codes.IMITATE_BEST or (not pool and not (unbiased and rule.code in COMPARISONS)):
        gain, loss = log_gain(rule, mutant, resident), log_gain(rule, resident, mutant)
        with np.errstate(invalid="ignore"):
            return loss - gain
    found = _log_odds(rule, mutant, resident)
    if rule.prestige != 0:
        found = found + rule.prestige * (resident.indicator - mutant.indicator)
    if rule.conformity != 1:
        found = found + (1 - rule.conformity) * np.log(mutant.count / resident.count)
    return found


def _log_odds(rule: Rule, mutant: Side, resident: Side) -> np.ndarray:
    """log(T-/T+) but for conformity and prestige, where both kinds of focal see the same role models."""
    difference = mutant.payoff - resident.payoff
    if rule.code == codes.PAIRWISE_COMPARISON or (rule.code not in COMPARISONS and rule.fitness == codes.EXPONENTIAL):
        return -rule.intensity * difference
    with np.errstate(divide="ignore", invalid="ignore"):
        if rule.code == codes.LOCAL_UPDATE:
            lead = _lead(rule, rule.intensity * difference)
            return np.log1p(-lead) - np.log1p(lead)
        if rule.code == codes.PROPORTIONAL_IMITATION:
            lead = _lead(rule, untied(mutant.payoff, resident.payoff, unit=rule.number))
            return _log_positive(-lead) - _log_positive(lead)
        return _log_quotient(_linear_fitness(rule, resident), _linear_fitness(rule, mutant))


def both_log_gains(rule: Rule, mutant: Side, resident: Side) -> tuple[np.ndarray, np.ndarray]:
    """Log probabilities that the mutant gains, and loses, one in a step, at k = 0..Z, (P, Z+1) each."""
    found = np.empty((2, len(mutant.payoff), len(mutant.count) + 2))
    found[:, :, 0] = found[:, :, -1] = -np.inf
    if rule.code == codes.PAIRWISE_COMPARISON and rule.conformity == 1 and rule.prestige == 0:
        lead = rule.intensity * (mutant.payoff - resident.payoff)
        shared = _log_met(rule, mutant, resident) - np.log1p(
            np.exp(-np.abs(lead))
        )  # both have most of their work in common
        found[0, :, 1:-1] = shared + np.minimum(lead, 0.0)
        found[1, :, 1:-1] = shared - np.maximum(lead, 0.0)
        return found[0], found[1]
    found[0, :, 1:-1] = log_gain(rule, mutant, resident)
    found[1, :, 1:-1] = log_gain(rule, resident, mutant)
    return found[0], found[1]


def log_gain(rule: Rule, winner: Side, loser: Side) -> np.ndarray:
    """Log probability that one step turns a `loser` into a `winner`, in the interior states, (P, Z-1)."""
    whole = winner.count[0] + loser.count[0]
    left_out = 1 - rule.option
    if rule.code in COMPARISONS and rule.conformity == 1 and rule.prestige == 0:
        with np.errstate(divide="ignore"):
            return _log_met(rule, winner, loser) + LOG_ADOPTION[rule.code](rule, winner, loser)
    with np.errstate(divide="ignore", invalid="ignore"):
        chosen = np.log(loser.count / whole)  # as focal, or to die
        if rule.code == codes.MORAN:
            return np.log(loser.count / (whole - rule.option)) + _log_share(rule, winner, loser, 0)
        if rule.code == codes.IMITATION:
            return chosen + _log_share(rule, winner, loser, left_out)
        if rule.code == codes.WRIGHT_FISHER:
            return chosen + _log_share(rule, winner, loser, 0)
        if rule.code == codes.IMITATE_BEST:
            return np.where(untied(winner.payoff, loser.payoff) > 0, chosen, -np.inf)
        return chosen + _log_share(rule, winner, loser, left_out) + LOG_ADOPTION[rule.code](rule, winner, loser)


def _log_met(rule: Rule, one: Side, other: Side) -> np.ndarray:
    """Log probability that the focal is of one kind and meets the other, without biases."""
    whole = one.count[0] + other.count[0]
    return np.log(one.count * other.count / (whole * (whole + rule.option - 1)))


def _log_share(rule: Rule, winner: Side, loser: Side, left_out: int) -> np.ndarray:
    """log of w/(w+l): the weights of both kinds in the pool from which a focal `loser` draws."""
    lag = _log_weight(rule, loser, loser.count - left_out) - _log_weight(rule, winner, winner.count)
    if rule.code not in COMPARISONS:
        lag = lag + _log_fitness_lag(rule, winner, loser)
    return -np.logaddexp(0.0, lag)


def _log_weight(rule: Rule, side: Side, count: np.ndarray) -> np.ndarray:
    """conformity*log(count) + prestige*indicator; -inf where there is nobody, whatever the conformity."""
    return np.where(count > 0, rule.conformity * np.log(count), -np.inf) + rule.prestige * side.indicator


def _log_fitness_lag(rule: Rule, winner: Side, loser: Side) -> np.ndarray:
    """Log of the loser's fitness over the winner's."""
    if rule.fitness == codes.EXPONENTIAL:
        return rule.intensity * (loser.payoff - winner.payoff)
    return _log_quotient(_linear_fitness(rule, loser), _linear_fitness(rule, winner))


def _linear_fitness(rule: Rule, side: Side) -> np.ndarray:
    fitness = 1 - rule.intensity + rule.intensity * side.payoff
    if (fitness < 0).any():
        raise ValueError(f"linear fitness is negative, {fitness.min():.3g}, in some state: lower the intensity")
    return fitness


def _log_quotient(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    if ((above == 0) & (below == 0)).any():
        raise ValueError("the fitness of everybody is 0 in some state: nobody can be a parent")
    return np.log1p((above - below) / below)  # exact near neutrality


def untied(first: np.ndarray, second: np.ndarray, *, unit: float = 1.0) -> np.ndarray:
    """How much more the first earns than the second, 0 where that may be a rounding error; `unit` is the scale of payoffs."""
    lead = first - second
    return np.where(np.abs(lead) > TIE * (unit + np.abs(np.maximum(first, second))), lead, 0.0)


def _log_positive(value: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(value, 0.0))


def _lead(rule: Rule, difference: np.ndarray) -> np.ndarray:
    """Payoff differences as parts of the largest, which none may exceed (but by rounding)."""
    lead = difference / rule.number
    if (np.abs(lead) > 1 + 1e-9).any():
        raise ValueError(
            f"a payoff difference is {np.abs(lead).max():.4g} times largest_difference: the probability to copy leaves [0, 1]"
        )
    return np.clip(lead, -1.0, 1.0)


def _fermi(rule: Rule, winner: Side, loser: Side) -> np.ndarray:
    return -np.logaddexp(0.0, -rule.intensity * (winner.payoff - loser.payoff))


def _local(rule: Rule, winner: Side, loser: Side) -> np.ndarray:
    return np.log1p(_lead(rule, rule.intensity * (winner.payoff - loser.payoff))) - np.log(2)


def _proportional(rule: Rule, winner: Side, loser: Side) -> np.ndarray:
    return _log_positive(_lead(rule, untied(winner.payoff, loser.payoff, unit=rule.number)))


LOG_ADOPTION: dict[int, Callable[[Rule, Side, Side], np.ndarray]] = {  # of a winner that a loser has met
    codes.PAIRWISE_COMPARISON: _fermi,
    codes.LOCAL_UPDATE: _local,
    codes.PROPORTIONAL_IMITATION: _proportional,
}
