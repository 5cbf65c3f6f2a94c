"""Birth rules: who the next offspring is of, in proportion to fitness, and whom it replaces.

Here and in the other rules `first` and `stop` bound the strategies of one role, `whole` is what their amounts sum to.
"""

import math

from evo.codes import EXPONENTIAL, NEGATIVE_FITNESS
from evo.kernels._cache import apart, inner
from evo.kernels.arrays import FITNESS, PAYOFF, PULL, REASON, WHO


@inner
def fill_fitness(rule, first, stop, amounts, status, strategy):
    """Fitness of every present strategy, exponential (up to a common factor) or linear; returns sum of amounts * fitness."""
    beta = rule.intensity
    total = 0.0
    if rule.fitness == EXPONENTIAL:
        best = -math.inf
        for i in range(first, stop):
            if amounts[i] > 0:
                best = max(best, strategy[PAYOFF, i])
        for i in range(first, stop):
            strategy[FITNESS, i] = math.exp(beta * (strategy[PAYOFF, i] - best)) if amounts[i] > 0 else 0.0
            total += amounts[i] * strategy[FITNESS, i]
        return total
    for i in range(first, stop):
        strategy[FITNESS, i] = 1.0 - beta + beta * strategy[PAYOFF, i] if amounts[i] > 0 else 0.0
        if strategy[FITNESS, i] < 0.0 and status[REASON] == 0:
            status[REASON] = NEGATIVE_FITNESS
            status[WHO] = i
        total += amounts[i] * strategy[FITNESS, i]
    if not total > 0.0 and status[REASON] == 0:  # nobody can have offspring
        status[REASON] = NEGATIVE_FITNESS
    return total


@apart
def fill_births(rule, to, first, stop, amounts, status, strategy):
    """Probability that the next offspring is of each strategy, mutation included, into row PULL; returns total fitness."""
    total = fill_fitness(rule, first, stop, amounts, status, strategy)
    for j in range(first, stop):
        strategy[PULL, j] = (1.0 - rule.mutation) * amounts[j] * strategy[FITNESS, j] / total
    if rule.mutation > 0.0:
        for i in range(first, stop):
            if amounts[i] > 0:
                born = rule.mutation * amounts[i] * strategy[FITNESS, i] / total
                for j in range(first, stop):
                    strategy[PULL, j] += born * to[i, j]
    return total


@inner
def moran_rates(rule, to, first, stop, whole, finite, amounts, status, strategy, rates):
    """Birth in proportion to fitness; death uniform over all, or over all but the parent (option 1)."""
    fitness = fill_births(rule, to, first, stop, amounts, status, strategy)
    spared = 1.0 if finite and rule.option == 1 else 0.0
    if whole <= spared:  # nobody but the parent could die
        for i in range(first, stop):
            for j in range(first, stop):
                rates[i, j] = 0.0
        return
    for i in range(first, stop):
        for j in range(first, stop):
            rates[i, j] = strategy[PULL, j] * amounts[i] / (whole - spared)
        if spared > 0.0 and amounts[i] > 0:  # the parent, one of strategy i, does not die
            parent = amounts[i] * strategy[FITNESS, i] / fitness / (whole - spared)
            for j in range(first, stop):
                stays = (1.0 - rule.mutation) if i == j else 0.0
                rates[i, j] -= parent * (stays + rule.mutation * to[i, j])
