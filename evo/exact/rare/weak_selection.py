"""Weak selection: the derivative of a fixation probability by the intensity of selection at 0, and structure coefficients.

With log(T-/T+) = L_k at k mutants, rho = 1/sum_m P_m, P_m = exp(sum_{k<=m} L_k), so d rho/d beta is
-rho^2 sum_m P_m sum_{k<=m} dL_k: a finite sum, linear in the payoffs, with no difference quotient. Without conformity and
prestige it is sum_k (Z-k)(-dL_k)/Z^2, the sum rule of [Nowak, Sasaki, Taylor & Fudenberg 2004; Gokhale & Traulsen 2010].
Where everyone is updated at once, it is the drift that selection adds, summed over the states that a neutral mutant visits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evo import codes
from evo._reprs import shown
from evo.exact.payoff.edge import check_counted, edge_payoffs
from evo.exact.payoff.infinite import Values
from evo.exact.rare.variants import variant
from evo.exact.takeover.edge_rates import Side, log_gain, log_ratios, sides
from evo.exact.takeover.fixation import named_pair
from evo.exact.takeover.synchronous import generation_matrix
from evo.games import GroupGame
from evo.mutations import Mutation
from evo.selection import Selection
from evo.strategies import Strategy

if TYPE_CHECKING:
    from evo.kernels.arrays import Rule
    from evo.model import Model

FIRST, SECOND = "first", "second"


@shown
@dataclass(frozen=True)
class WeakSelection:
    """rho = neutral + slope*beta + O(beta^2) for one mutant among residents; `neutral` is 1/Z unless copying leans."""

    mutant: str
    resident: str
    neutral: float
    slope: float

    @property
    def method(self) -> str:
        """What was computed, and how."""
        return "the fixation probability differentiated by the intensity of selection at 0, as a sum over the counts"

    @property
    def error(self) -> str:
        """How far the numbers may be off."""
        return "rounding, about 1e-13 of the largest payoff difference"


def weak_selection(model: Model, *, mutant: str, resident: str, environment: Values = None) -> WeakSelection:
    """The fixation probability of one mutant to first order in the intensity of selection, whatever the model's is.

    Raises ValueError as `fixation` does, for rules without an intensity, and for rules that update everyone at once with
    conformity or prestige.
    """
    pair = named_pair(model, mutant, resident)
    if not model.dynamics.facts.intensity:
        raise ValueError(f"{model.dynamics.kind} has no intensity of selection that could be weak")
    rule = model.lowered.rule._replace(intensity=0.0)
    of_mutant, of_resident = sides(model, pair, edge_payoffs(model, pair, environment=environment))
    gain = _pressure(rule, of_mutant, of_resident)[0]
    if rule.pace == codes.SYNCHRONOUS:
        if rule.conformity != 1 or rule.prestige != 0:
            raise ValueError("copying that leans is not neutral, and this is computed for updates one by one only then")
        pushed = np.exp(log_gain(rule, of_mutant, of_resident))[0] * gain
        return WeakSelection(mutant, resident, 1 / (len(gain) + 1), float(_visits(model, pair) @ pushed))
    neutral = np.broadcast_to(log_ratios(rule, of_mutant, of_resident), (1, len(gain)))[0]
    levels = np.concatenate([[0.0], np.cumsum(neutral)])
    gained = np.concatenate([[0.0], np.cumsum(gain)])
    top = levels.max()
    terms = np.exp(levels - top)
    share = terms / terms.sum()
    rho = float(np.exp(-top) / terms.sum())
    return WeakSelection(mutant, resident, rho, float(rho * (share @ gained)))


def structure_coefficients(model: Model) -> np.ndarray:
    """sigma_j, j = 0..n-1: weak selection favours the first of two strategies over the second, rho_first > rho_second, iff
    sum_j sigma_j (a_j - b_{n-1-j}) > 0, (n,) [Wu, García, Hauert & Traulsen 2013].

    a_j, b_j: payoffs to either with j co-players of the first; sigma_0 = 1. They depend on the model's population, rule
    and group size, not on its payoffs: the slope of rho is linear in these, so each is that of a game in which one payoff
    is 1. Raises ValueError as `weak_selection` does.
    """
    check_counted(model)
    size = model.lowered.meeting.size
    found = np.empty(size)
    for j in range(size):
        unit = _unit_game(model, size, j)
        there = weak_selection(unit, mutant=FIRST, resident=SECOND)
        back = weak_selection(unit, mutant=SECOND, resident=FIRST)
        found[j] = there.slope - back.slope
    return found / found[0]


def sigma(model: Model) -> float:
    """The structure coefficient of a model of pairs: the first strategy is favoured iff sigma*a + b > c + sigma*d for the
    payoffs (a, b; c, d) [Tarnita et al. 2009]; (Z-2)/Z in a well-mixed population."""
    if model.lowered.meeting.size != 2:
        raise ValueError("sigma is of games between two; see structure_coefficients")
    return float(structure_coefficients(model)[1])


def _unit_game(model: Model, size: int, j: int) -> Model:
    """Two strategies, of which the first earns 1 with j co-players of its kind, and nobody anything else."""
    selection = Selection(fitness=model.selection.fitness, conformity=model.selection.conformity)
    return variant(
        model,
        strategies={FIRST: Strategy(), SECOND: Strategy()},
        game=GroupGame(size=size, payoffs={FIRST: f"where(k_{FIRST} == {j + 1}, 1, 0)", SECOND: 0.0}),
        selection=selection,
        mutation=Mutation(),
        environment={},
    )


def _pressure(rule: Rule, mutant: Side, resident: Side) -> np.ndarray:
    """-dL/dbeta at beta = 0 in the interior states, (P, Z-1); `rule` at intensity 0."""
    lead = mutant.payoff - resident.payoff
    if rule.code == codes.LOCAL_UPDATE:
        return 2 * lead / rule.number
    if rule.code == codes.IMITATION and rule.option == 0:  # the focal's own kind is one less among those it sees
        met = np.exp(log_gain(rule, mutant, resident)) * (mutant.count + resident.count) / resident.count
        lost = np.exp(log_gain(rule, resident, mutant)) * (mutant.count + resident.count) / mutant.count
        return lead * ((1 - met) + (1 - lost))
    return lead


def _visits(model: Model, pair: np.ndarray) -> np.ndarray:
    """Mean number of generations that a neutral mutant's descendants number k = 1..Z-1, (Z-1,)."""
    drifting = variant(model, selection=model.selection.model_copy(update={"intensity": 0.0}))
    inner = generation_matrix(drifting, pair)[1:-1, 1:-1]
    start = np.zeros(len(inner))
    start[0] = 1.0
    return np.linalg.solve((np.eye(len(inner)) - inner).T, start)
