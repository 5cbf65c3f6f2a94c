"""Update rules as rates: the probability that one update event turns an individual of strategy i into one of j.

The same lines serve a finite population (amounts are counts, whole is Z, the focal is left out) and the rule's mean
field (amounts are shares, whole is 1, nobody is left out): x_j' = sum_i rates[i, j] - rates[j, i], one generation being
Z events.
"""

import math

from evo.codes import EXPONENTIAL, NEGATIVE_FITNESS, PAIRWISE_COMPARISON
from evo.kernels._cache import inline, inner
from evo.kernels.arrays import FITNESS, INDICATOR, PAYOFF, PULL, REASON, WHO

MOST = 700.0  # exponent beyond which exp leaves the range of doubles


@inner
def fill_fitness(rule, amounts, status, strategy):
    """Fitness of every present strategy, exponential (up to a common factor) or linear; returns sum of amounts * fitness."""
    strategies = len(amounts)
    beta = rule.intensity
    total = 0.0
    if rule.fitness == EXPONENTIAL:
        best = -math.inf
        for i in range(strategies):
            if amounts[i] > 0:
                best = max(best, strategy[PAYOFF, i])
        for i in range(strategies):
            strategy[FITNESS, i] = math.exp(beta * (strategy[PAYOFF, i] - best)) if amounts[i] > 0 else 0.0
            total += amounts[i] * strategy[FITNESS, i]
        return total
    for i in range(strategies):
        strategy[FITNESS, i] = 1.0 - beta + beta * strategy[PAYOFF, i] if amounts[i] > 0 else 0.0
        if strategy[FITNESS, i] < 0.0 and status[REASON] == 0:
            status[REASON] = NEGATIVE_FITNESS
            status[WHO] = i
        total += amounts[i] * strategy[FITNESS, i]
    return total


@inner
def fill_births(rule, to, amounts, status, strategy):
    """Probability that the next offspring is of each strategy, mutation included, into row PULL; returns total fitness."""
    strategies = len(amounts)
    total = fill_fitness(rule, amounts, status, strategy)
    for j in range(strategies):
        strategy[PULL, j] = (1.0 - rule.mutation) * amounts[j] * strategy[FITNESS, j] / total
    if rule.mutation > 0.0:
        for i in range(strategies):
            if amounts[i] > 0:
                born = rule.mutation * amounts[i] * strategy[FITNESS, i] / total
                for j in range(strategies):
                    strategy[PULL, j] += born * to[i, j]
    return total


@inner
def moran_rates(rule, to, whole, finite, amounts, status, strategy, rates):
    """Birth in proportion to fitness; death uniform over all, or over all but the parent (option 1)."""
    strategies = len(amounts)
    fitness = fill_births(rule, to, amounts, status, strategy)
    spared = 1.0 if finite and rule.option == 1 else 0.0
    for i in range(strategies):
        for j in range(strategies):
            rates[i, j] = strategy[PULL, j] * amounts[i] / (whole - spared)
        if spared > 0.0 and amounts[i] > 0:  # the parent, one of strategy i, does not die
            parent = amounts[i] * strategy[FITNESS, i] / fitness / (whole - spared)
            for j in range(strategies):
                stays = (1.0 - rule.mutation) if i == j else 0.0
                rates[i, j] -= parent * (stays + rule.mutation * to[i, j])


@inline
def pairwise_rates(rule, to, whole, finite, amounts, strategy, rates):
    """Fermi comparison with one role model, met uniformly or with a bias for the many and the prestigious; returns the
    probability that an event changes anything."""
    left_out = 1.0 if finite and rule.option == 0 else 0.0
    if rule.conformity != 1.0 or rule.prestige != 0.0:
        biased_imitation(rule, whole, left_out, amounts, strategy, rates)
        if rule.mutation > 0.0:
            explore(rule, to, whole, amounts, strategy, rates)
        return off_diagonal(rates)
    meet = (1.0 if rule.after else 1.0 - rule.mutation) / (whole * (whole - left_out))
    exploring = 0.0 if rule.after else rule.mutation / whole
    total = 0.0
    for i in range(len(amounts)):
        rates[i, i] = 0.0
        for j in range(i + 1, len(amounts)):
            up, down = 0.0, 0.0
            if amounts[i] > 0 and amounts[j] > 0:
                gain = rule.intensity * (strategy[PAYOFF, j] - strategy[PAYOFF, i])
                odds = math.exp(-min(max(gain, -MOST), MOST))
                up = meet * amounts[i] * amounts[j] / (1.0 + odds)
                down = odds * up
            rates[i, j] = up + exploring * amounts[i] * to[i, j]
            rates[j, i] = down + exploring * amounts[j] * to[j, i]
            total += rates[i, j] + rates[j, i]
    if rule.after and rule.mutation > 0.0:
        explore(rule, to, whole, amounts, strategy, rates)
        return off_diagonal(rates)
    return total


@inner
def fill_pull(rule, amounts, strategy):
    """Prestige of a role model of each strategy, exp(prestige*indicator), up to a common factor, into row PULL."""
    row = INDICATOR if rule.indicated else PAYOFF
    best = -math.inf
    for j in range(len(amounts)):
        if amounts[j] > 0:
            best = max(best, rule.prestige * strategy[row, j])
    for j in range(len(amounts)):
        strategy[PULL, j] = math.exp(rule.prestige * strategy[row, j] - best) if amounts[j] > 0 else 0.0


@inner
def biased_imitation(rule, whole, left_out, amounts, strategy, rates):
    """Imitation where role models are not met uniformly: conformity and prestige."""
    strategies = len(amounts)
    fill_pull(rule, amounts, strategy)
    for i in range(strategies):
        if amounts[i] <= 0:
            for j in range(strategies):
                rates[i, j] = 0.0
            continue
        total = weigh_models(rule, i, left_out, amounts, strategy, rates)
        for j in range(strategies):
            if j != i and rates[i, j] > 0.0:
                gain = rule.intensity * (strategy[PAYOFF, j] - strategy[PAYOFF, i])
                odds = math.exp(-abs(gain))  # cannot overflow
                rates[i, j] *= amounts[i] / whole / total * (odds if gain < 0.0 else 1.0) / (1.0 + odds)
        rates[i, i] = 0.0


@inner
def weigh_models(rule, focal, left_out, amounts, strategy, rates):
    """Weight with which the focal meets each strategy, x^conformity * exp(prestige*indicator), into its row; returns the sum.

    Absent strategies have weight 0. Amounts are scaled by the largest so that no power overflows.
    """
    largest = 0.0
    for j in range(len(amounts)):
        largest = max(largest, amounts[j] - left_out if j == focal else amounts[j])
    total = 0.0
    for j in range(len(amounts)):
        met = amounts[j] - left_out if j == focal else amounts[j]
        rates[focal, j] = strategy[PULL, j] * (met / largest) ** rule.conformity if met > 0 else 0.0
        total += rates[focal, j]
    return total


@inner
def explore(rule, to, whole, amounts, strategy, rates):
    """Mutation of the focal, instead of its imitation or after it. On entry rates hold imitation alone, diagonal 0."""
    strategies = len(amounts)
    mu = rule.mutation
    for i in range(strategies):
        if amounts[i] <= 0:
            continue
        share = amounts[i] / whole
        if not rule.after:
            for j in range(strategies):
                rates[i, j] = (1.0 - mu) * rates[i, j] + mu * share * to[i, j]
        else:
            for j in range(strategies):
                strategy[PULL, j] = rates[i, j]
            strategy[PULL, i] = share
            for j in range(strategies):
                if j != i:
                    strategy[PULL, i] -= rates[i, j]
            for j in range(strategies):
                mutated = 0.0
                for l in range(strategies):
                    mutated += strategy[PULL, l] * to[l, j]
                rates[i, j] = (1.0 - mu) * strategy[PULL, j] + mu * mutated
        rates[i, i] = 0.0


@inline
def fill_rates(rule, to, whole, finite, amounts, status, strategy, rates):
    """Fill `rates` for the rule from row PAYOFF; returns the probability that an event changes anything."""
    if rule.code == PAIRWISE_COMPARISON:
        return pairwise_rates(rule, to, whole, finite, amounts, strategy, rates)
    moran_rates(rule, to, whole, finite, amounts, status, strategy, rates)
    return off_diagonal(rates)


@inner
def off_diagonal(rates):
    """The probability that an event changes anything."""
    total = 0.0
    for i in range(rates.shape[0]):
        for j in range(rates.shape[0]):
            if i != j:
                total += rates[i, j]
    return total
