"""Strong selection in the limit of rare mutations: beta to infinity, after mutation has gone to 0.

Where log(T-/T+) = -beta*a_k + c_k at k mutants, a fixation probability is 1/sum_m exp(-beta*S_m + C_m) with partial sums
S_m of a_k and C_m of c_k, m = 0..Z-1, so that rho ~ c*exp(-beta*e): e = -min S_m, and c from the terms that attain it.
A mutant that is never behind takes over with probability 1, one that ties on its first step with 1/2, one that has to
climb with probability 0, but an e that says how fast it goes to 0: which state is left for which depends on these. The
stationary distribution follows from the leading terms by an elimination that never subtracts (gth.py), so that it is the
limit of the stationary distribution and not the distribution of the limits, which often determine none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from evo import codes
from evo._reprs import shown
from evo.exact.payoff.infinite import Values
from evo.exact.rare.contests import (
    Contests,
    contest_ratios,
    contests,
    monomorphic_payoffs,
    monomorphic_states,
    mutant_arrivals,
)
from evo.exact.rare.gth import leading_stationary, recurrent_classes
from evo.exact.rare.small_mutation import SmallMutation, transitions
from evo.exact.takeover.edge_rates import Side

if TYPE_CHECKING:
    from evo.kernels.arrays import Rule
    from evo.model import Model

TIE = 1e-12  # payoffs that differ by less, relative to the largest of the contest, are equal
SUM_TIE = 1e-10  # sums of differences that differ by less, relative to the sum of their sizes, are equal
CHAIN_TIE = 1e-9  # exponents along ways between states that differ by less, relative to the largest, are equal


@shown
@dataclass(frozen=True)
class StrongSelection:
    """rho ~ exp(log_coefficient - beta*exponent), and the chain of monomorphic states in the limit.

    `limit` has the limits of all probabilities (its recurrent classes are those at every beta); mass_exponent[c, s] says
    how fast the share of state s in class c goes to 0, 0 where it stays.
    """

    limit: SmallMutation
    exponent: np.ndarray = field(repr=False)  # (S, S), nan where no single mutant leads from one state to the other
    log_coefficient: np.ndarray = field(repr=False)  # (S, S)
    mass_exponent: np.ndarray = field(repr=False)  # (classes, S), inf outside the class

    @property
    def method(self) -> str:
        """What was computed, and how."""
        return "leading terms c*exp(-beta*e) of all fixation probabilities, carried through the elimination of states"

    @property
    def error(self) -> str:
        """How far the numbers may be off, and what counts as equal."""
        return "rounding, about 1e-12; payoffs within 1e-12, sums within 1e-10 and exponents within 1e-9 (relative) are ties"

    @property
    def stationary(self) -> np.ndarray:
        """The limit of the stationary distribution, (S,)."""
        return self.limit.stationary


def strong_selection(model: Model, *, environment: Values = None) -> StrongSelection:
    """The limit of rare mutations and then strong selection (`selection.intensity` to infinity, whatever it is).

    For pairwise_comparison (imitate the better, 1/2 at ties), moran and imitation with exponential fitness. Payoffs and
    sums of payoff differences that agree but for rounding count as ties (relative 1e-12 and 1e-10). Raises ValueError
    for rules whose intensity is bounded or that have none.
    """
    _check_unbounded(model)
    states = monomorphic_states(model)
    exponent, log_coefficient = np.full((2, len(states), len(states)), np.nan)
    for block in contests(model, environment=environment):
        slopes, constants = _leading_ratios(model, block)
        powers, factors = leading_fixation(slopes, constants)
        exponent[block.first, block.second], exponent[block.second, block.first] = powers.T
        log_coefficient[block.first, block.second], log_coefficient[block.second, block.first] = factors.T
    arrivals = mutant_arrivals(model, states)
    classes = recurrent_classes(arrivals > 0)
    mass_exponent = np.full((len(classes), len(states)), np.inf)
    distributions = np.full((len(classes), len(states)), -np.inf)
    exponents = np.where(arrivals > 0, exponent, np.inf)
    log_rates = transitions(arrivals, log_coefficient)
    tolerance = CHAIN_TIE * np.max(exponents, where=arrivals > 0, initial=1e-300)
    for place, members in enumerate(classes):
        among = np.ix_(members, members)
        leading = leading_stationary(exponents[among], log_rates[among], tolerance=tolerance)
        mass_exponent[place, members] = leading.exponent
        distributions[place, members] = np.where(leading.exponent == 0, leading.log_coefficient, -np.inf)
    log_rho = np.where(exponent > 0, -np.inf, log_coefficient)
    limit = SmallMutation(
        strategies=model.strategy_names,
        sizes=tuple(int(size) for size in model.lowered.sizes),
        states=states,
        payoffs=monomorphic_payoffs(model, environment=environment),
        log_rho=log_rho,
        log_transition=transitions(arrivals, log_rho),
        classes=classes,
        log_distributions=distributions,
    )
    return StrongSelection(limit, exponent, log_coefficient, mass_exponent)


def leading_fixation(slopes: np.ndarray, constants: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Exponent and log coefficient of the fixation probability of one mutant, and of one resident, (P, 2) each.

    slopes a and constants c, (P, Z-1): log(T-/T+) at k = 1..Z-1 mutants is -beta*a_k + c_k up to what vanishes.
    """
    start = np.zeros((len(slopes), 1))
    heights = np.hstack([start, -np.cumsum(slopes, axis=1)])
    levels = np.hstack([start, np.cumsum(constants, axis=1)])
    tie = SUM_TIE * np.abs(slopes).sum(axis=1)
    top = heights.max(axis=1)
    attained = heights >= (top - tie)[:, None]
    whole = np.logaddexp.reduce(np.where(attained, levels, -np.inf), axis=1)
    exponent = np.stack([top, top - heights[:, -1]], axis=1)
    return np.where(exponent <= tie[:, None], 0.0, exponent), np.stack([-whole, levels[:, -1] - whole], axis=1)


def _check_unbounded(model: Model) -> None:
    rule = model.lowered.rule
    if not model.dynamics.facts.intensity:
        raise ValueError(f"{model.dynamics.kind} has no intensity of selection that could grow: use small_mutation")
    if rule.pace == codes.SYNCHRONOUS:
        raise ValueError("strong selection is computed where one individual changes in a step, not many")
    if rule.code == codes.LOCAL_UPDATE or rule.fitness == codes.LINEAR:
        raise ValueError(
            f"the intensity of {model.dynamics.kind} is at most 1 here: use small_mutation at that, "
            "or pairwise_comparison or exponential fitness"
        )


def _leading_ratios(model: Model, block: Contests) -> tuple[np.ndarray, np.ndarray]:
    """a_k and c_k of log(T-/T+) = -beta*a_k + c_k + what vanishes, (P, Z-1) each."""
    rule, mutant, resident = model.lowered.rule, block.mutant, block.resident
    lead = mutant.payoff - resident.payoff
    size = np.maximum(np.abs(mutant.payoff), np.abs(resident.payoff)).max(axis=1, keepdims=True, initial=0.0)
    lead = np.where(np.abs(lead) > TIE * size, lead, 0.0)
    if rule.code == codes.IMITATION and rule.option == 0:
        return _focal_excluded(rule, mutant, resident, lead)
    return lead, contest_ratios(rule._replace(intensity=0.0), block)


def _focal_excluded(rule: Rule, mutant: Side, resident: Side, lead: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same where those compete whom a focal sees apart from itself, in proportion to fitness: the lead enters by the
    share of the fit among them, which is 1 where there are no others."""
    slow_gain, log_gain = _leading_share(rule, mutant, resident, lead)
    slow_loss, log_loss = _leading_share(rule, resident, mutant, -lead)
    return slow_loss - slow_gain, log_loss - log_gain + np.log(mutant.count / resident.count)


def _leading_share(rule: Rule, winner: Side, loser: Side, lead: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Exponent and log coefficient of the winners' weight over that of all whom a focal loser sees."""
    seen = loser.count - 1
    lag = rule.conformity * (np.log(np.maximum(seen, 1)) - np.log(winner.count))
    lag = lag + rule.prestige * (loser.indicator - winner.indicator)
    factor = np.where(lead > 0, 0.0, np.where(lead < 0, -lag, -np.logaddexp(0.0, lag)))
    return np.where(seen > 0, np.maximum(-lead, 0.0), 0.0), np.where(seen > 0, factor, 0.0)
