"""Fixation where all individuals may change in one step: wright_fisher, and imitation with `update: synchronous`.

From k mutants the next generation has Binomial(k, 1-d) + Binomial(Z-k, u) of them: each mutant turns with probability
d, each resident with u; of wright_fisher all Z are drawn alike. The chain is dense and is solved as one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from evo import codes
from evo.exact.payoff.edge import edge_payoffs
from evo.exact.payoff.infinite import Values
from evo.exact.takeover.edge_rates import log_gain, sides
from evo.exact.takeover.loops import eliminate, fill_binomial, solve

if TYPE_CHECKING:
    from evo.model import Model

LARGEST = 3000  # individuals


class SynchronousFixation(NamedTuple):
    """Logarithms of the chances, and times in generations, from every start 0..Z, (Z+1,) each; see FixationCurve."""

    log_probability: np.ndarray
    log_extinction: np.ndarray
    steps: np.ndarray
    steps_sd: np.ndarray
    conditional_steps: np.ndarray
    conditional_steps_sd: np.ndarray


class Solver:
    """A factorised absorbing chain on the mixed states 1..Z-1: sums of a source until absorption."""

    def __init__(self, chain: np.ndarray, leaves: np.ndarray, still: np.ndarray) -> None:
        self.chain, self.still = chain.copy(), still
        self.pivots = np.empty(len(leaves))
        out = np.where(still, 1.0, leaves)
        eliminate(self.chain, out, self.pivots)
        if (self.pivots == 0).any():
            raise ValueError("the chain takes longer than 1e300 steps to be absorbed, beyond what doubles hold")

    def sums(self, source: np.ndarray) -> np.ndarray:
        """Expected sum of a non-negative source, (Z-1,); states that cannot be left add nothing."""
        found = np.where(self.still, 0.0, source)
        solve(self.chain, self.pivots, found)
        return found


def synchronous_fixation(model: Model, pair: np.ndarray, *, environment: Values = None) -> SynchronousFixation:
    """Fixation and times from every start for one pair, (1, 2), of a rule with pace SYNCHRONOUS.

    Raises ValueError for more than LARGEST individuals.
    """
    size = model.lowered.meeting.whole
    if size > LARGEST:
        raise ValueError(
            f"{model.dynamics.kind} among {size} is a dense chain: its matrix takes {8 * size**2 / 1e6:,.0f} MB and its "
            f"solution grows with the cube of the size, so at most {LARGEST}"
        )
    whole = generation_matrix(model, pair, environment=environment)
    chain = np.ascontiguousarray(whole[1:-1, 1:-1])
    still = np.diag(chain) == 1
    chain[still] = 0.0
    solver = Solver(chain, whole[1:-1, 0] + whole[1:-1, -1], still)
    fixed, lost = solver.sums(whole[1:-1, -1]), solver.sums(whole[1:-1, 0])
    mean, sd = _moments(solver, np.ones(size - 1))
    given, given_sd = _moments(solver, fixed)
    with np.errstate(divide="ignore"):
        return SynchronousFixation(
            log_probability=np.log(np.r_[0.0, fixed, 1.0]),
            log_extinction=np.log(np.r_[1.0, lost, 0.0]),
            steps=np.r_[0.0, mean, 0.0],
            steps_sd=np.r_[0.0, sd, 0.0],
            conditional_steps=np.r_[np.nan, given, 0.0],
            conditional_steps_sd=np.r_[np.nan, given_sd, 0.0],
        )


def _moments(solver: Solver, goal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of the time, given a goal that is reached with these chances (nan where it is not)."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        first = solver.sums(goal)
        second = solver.sums(2 * first - goal)
        mean = np.where(goal > 0, first / goal, np.nan)
        return mean, np.sqrt(np.maximum(np.where(goal > 0, second / goal, np.nan) - mean**2, 0.0))


def generation_matrix(model: Model, pair: np.ndarray, *, environment: Values = None) -> np.ndarray:
    """Chance to go from k mutants to each number of them in one generation, (Z+1, Z+1), without mutation."""
    rule, size = model.lowered.rule, model.lowered.meeting.whole
    mutant, resident = sides(model, pair, edge_payoffs(model, pair, environment=environment))
    turn_up = _chance(log_gain(rule, mutant, resident)[0], resident.count / size)  # of a resident
    turn_down = _chance(log_gain(rule, resident, mutant)[0], mutant.count / size)
    matrix = np.zeros((size + 1, size + 1))
    matrix[0, 0] = matrix[size, size] = 1.0
    for k in range(1, size):
        up, down = turn_up[k - 1], turn_down[k - 1]
        if rule.code == codes.WRIGHT_FISHER:
            fill_binomial(size, up, down, matrix[k])
            continue
        kept, won = np.empty(k + 1), np.empty(size - k + 1)
        fill_binomial(k, 1 - down, down, kept)
        fill_binomial(size - k, up, 1 - up, won)
        matrix[k] = np.convolve(kept, won)
    return matrix


def _chance(log_gain: np.ndarray, focal: np.ndarray) -> np.ndarray:
    """Chance that one individual turns, from the log probability that the focal is of its kind and turns."""
    return np.minimum(np.exp(log_gain - np.log(focal)), 1.0)
