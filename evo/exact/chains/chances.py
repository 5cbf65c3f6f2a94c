"""With what probability a role model is copied or the own strategy left, by payoffs: expected ones, or those of one group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evo import codes
from evo.exact.payoff.finite import company, payoff_tables
from evo.kernels.arrays import BIAS

if TYPE_CHECKING:
    from evo.exact.chains.states import States
    from evo.exact.payoff.infinite import Values
    from evo.kernels.arrays import Meeting, Rule
    from evo.model import Model

TIE = 1e-12  # what differs by less, relatively, is equal but for rounding


def chance_to_copy(rule: Rule, gains: np.ndarray) -> np.ndarray:
    """Probability to copy a role model that earns so much more (relative to the largest difference, where that counts)."""
    if rule.code == codes.PAIRWISE_COMPARISON:
        return fermi(rule.intensity * gains)
    with np.errstate(divide="ignore"):
        relative = np.divide(gains, rule.number, out=np.zeros_like(gains), where=gains != 0)  # 0 of 0 is 0
    if rule.code == codes.LOCAL_UPDATE:
        return 0.5 + 0.5 * rule.intensity * relative
    return np.maximum(relative, 0.0)


def chance_to_leave(rule: Rule, payoffs: np.ndarray) -> np.ndarray:
    """Probability to switch of one who earns so much, against what it aspires to."""
    return fermi(rule.intensity * (rule.number - payoffs))


def fermi(x: np.ndarray) -> np.ndarray:
    """1/(1+exp(-x)), to all digits at both ends."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, small) / (1 + small)


def improper(chance: np.ndarray) -> np.ndarray:
    """Whether a probability leaves [0, 1] by more than rounding."""
    return np.abs(chance - 0.5) > 0.5 + TIE


def sampled_chances(model: Model, states: States, environment: Values) -> np.ndarray:
    """Mean over the groups of focal and role model, drawn apart from each other, of the probability that an i copies a j
    (i = j: that an i leaves its strategy for what it earned), (states, d, d).

    nan where either is absent; inf where it is improper in groups that may be drawn. Payoffs that are used are finite.
    """
    counts, meeting = states.counts, model.lowered.meeting
    found = np.full((*counts.shape, counts.shape[1]), np.nan)
    bias = model.lowered.strategy[BIAS][:, None]
    if not model.lowered.game.reads_mix:
        everywhere = np.arange(states.number)
        _fill(
            model.lowered.rule,
            meeting,
            payoff_tables(model, states.shares[:1], environment)[0] + bias,
            counts,
            everywhere,
            found,
        )
        return found
    for state in range(states.number):
        table = payoff_tables(model, states.shares[[state]], environment)[0] + bias
        _fill(model.lowered.rule, meeting, table, counts, np.array([state]), found)
    return found


def _fill(
    rule: Rule, meeting: Meeting, table: np.ndarray, counts: np.ndarray, chosen: np.ndarray, found: np.ndarray
) -> None:
    """The chances in the chosen states, in which the payoffs are those of the table."""
    for i, j in np.ndindex(found.shape[1:]):
        some = chosen[(counts[chosen, i] > 0) & (counts[chosen, j] > 0)]
        focal, model = company(meeting, i, counts[some]), company(meeting, j, counts[some])
        with np.errstate(invalid="ignore"):
            gains = table[j] - table[i][:, None]
            chance = chance_to_leave(rule, table[i])[:, None] if i == j else chance_to_copy(rule, gains)
        if i == j:
            model = np.ones((len(some), 1))
        wrong = ((focal @ improper(chance)) * model).sum(axis=1) > 0
        mean = ((focal @ np.where(np.isfinite(chance), chance, 0.0)) * model).sum(axis=1)
        found[some, i, j] = np.where(wrong, np.inf, mean)
