"""Rules that imitate: a focal meets a role model, or weighs all whom it may copy."""

import math

from evo.codes import EXPONENTIAL, IMPROPER_CHANCE, LOCAL_UPDATE, PAIRWISE_COMPARISON, PROPORTIONAL_IMITATION
from evo.kernels._cache import inline, inner
from evo.kernels.arrays import FITNESS, INDICATOR, PAYOFF, PULL, REASON, WHO
from evo.kernels.births import fill_fitness

MOST = 700.0  # exponent beyond which exp leaves the range of doubles
TIE = 1e-12  # payoffs that differ by less, relative to the best, are equal but for rounding


@inline
def compares(rule):
    """Whether the rule compares the focal with one role model."""
    return rule.code == PAIRWISE_COMPARISON or rule.code == LOCAL_UPDATE or rule.code == PROPORTIONAL_IMITATION


@inline
def plain(rule):
    """Whether role models are met uniformly and mutation comes instead of imitation."""
    return rule.conformity == 1.0 and rule.prestige == 0.0 and not rule.after


@inline
def fermi_rates(rule, to, first, stop, whole, finite, amounts, strategy, rates):
    """Fermi comparison with a role model met uniformly; returns the probability that an event changes anything."""
    left_out = 1.0 if finite and rule.option == 0 else 0.0
    met = whole - left_out if whole > left_out else 1.0  # nobody is met by one who is alone
    meet = (1.0 if rule.after else 1.0 - rule.mutation) / (whole * met)
    exploring = 0.0 if rule.after else rule.mutation / whole
    total = 0.0
    for i in range(first, stop):
        rates[i, i] = 0.0
        for j in range(i + 1, stop):
            up, down = 0.0, 0.0
            if amounts[i] > 0 and amounts[j] > 0:
                gain = rule.intensity * (strategy[PAYOFF, j] - strategy[PAYOFF, i])
                odds = math.exp(-min(max(gain, -MOST), MOST))
                up = meet * amounts[i] * amounts[j] / (1.0 + odds)
                down = odds * up
            rates[i, j] = up + exploring * amounts[i] * to[i, j]
            rates[j, i] = down + exploring * amounts[j] * to[j, i]
            total += rates[i, j] + rates[j, i]
    return total


@inner
def chance(rule, gain, focal, status):
    """Probability to copy a role model that earns `gain` more."""
    if rule.code == PAIRWISE_COMPARISON:
        odds = math.exp(-abs(rule.intensity * gain))  # cannot overflow
        return (odds if gain < 0.0 else 1.0) / (1.0 + odds)
    if rule.code == LOCAL_UPDATE:
        copied = 0.5 + 0.5 * rule.intensity * gain / rule.number
    else:
        copied = max(0.0, gain / rule.number)
    if not -1e-12 <= copied <= 1.0 + 1e-12 and status[REASON] == 0:
        status[REASON] = IMPROPER_CHANCE
        status[WHO] = focal
    return min(max(copied, 0.0), 1.0)


@inner
def comparison_rates(rule, first, stop, whole, finite, amounts, status, strategy, chances, rates):
    """Comparison by any rule, role models met uniformly or with a bias for the many and the prestigious."""
    left_out = 1.0 if finite and rule.option == 0 else 0.0
    fill_pull(rule, first, stop, amounts, strategy)
    for i in range(first, stop):
        if amounts[i] <= 0:
            for j in range(first, stop):
                rates[i, j] = 0.0
            continue
        total = weigh_models(rule, first, stop, i, left_out, amounts, strategy, rates)
        for j in range(first, stop):
            if j != i and rates[i, j] > 0.0:
                if chances.shape[0] > 0:
                    copied = chances[i, j]
                else:
                    copied = chance(rule, strategy[PAYOFF, j] - strategy[PAYOFF, i], i, status)
                rates[i, j] *= amounts[i] / whole / total * copied
        rates[i, i] = 0.0


@inner
def fill_pull(rule, first, stop, amounts, strategy):
    """Logarithm of the prestige of a role model of each strategy, prestige*indicator, into row PULL."""
    row = INDICATOR if rule.indicated else PAYOFF
    for j in range(first, stop):
        strategy[PULL, j] = rule.prestige * strategy[row, j] if amounts[j] > 0 else -math.inf


@inner
def weigh_models(rule, first, stop, focal, left_out, amounts, strategy, rates):
    """Weight with which the focal meets each strategy, x^conformity * exp(row PULL), into its row; returns the sum.

    Who is not there to be met has weight 0. Both factors are taken relative to the largest that is met, so that neither
    overflows, nor all of them vanish.
    """
    largest, best = 0.0, -math.inf
    for j in range(first, stop):
        met = amounts[j] - left_out if j == focal else amounts[j]
        if met > 0:
            largest = max(largest, met)
            best = max(best, strategy[PULL, j])
    total = 0.0
    for j in range(first, stop):
        met = amounts[j] - left_out if j == focal else amounts[j]
        rates[focal, j] = 0.0
        if met > 0 and strategy[PULL, j] > -math.inf:
            rates[focal, j] = math.exp(strategy[PULL, j] - best) * (met / largest) ** rule.conformity
        total += rates[focal, j]
    return total


@inner
def imitation_rates(rule, first, stop, whole, finite, amounts, status, strategy, rates):
    """Taking the strategy of one drawn in proportion to fitness, the focal's own among them (option 1) or not."""
    left_out = 1.0 if finite and rule.option == 0 else 0.0
    fill_fitness(rule, first, stop, amounts, status, strategy)
    fill_pull(rule, first, stop, amounts, strategy)
    for j in range(first, stop):
        if amounts[j] > 0 and rule.fitness == EXPONENTIAL:
            strategy[PULL, j] += rule.intensity * strategy[PAYOFF, j]
        elif amounts[j] > 0:
            strategy[PULL, j] += math.log(strategy[FITNESS, j]) if strategy[FITNESS, j] > 0.0 else -math.inf
    for i in range(first, stop):
        if amounts[i] <= 0:
            for j in range(first, stop):
                rates[i, j] = 0.0
            continue
        total = weigh_models(rule, first, stop, i, left_out, amounts, strategy, rates)
        for j in range(first, stop):
            rates[i, j] *= amounts[i] / whole / total if total > 0.0 else 0.0
        rates[i, i] = 0.0


@inner
def best_present_rates(first, stop, whole, amounts, strategy, rates):
    """Taking the strategy that earns most among those present; ties keep the own, else are uniform."""
    best = -math.inf
    for j in range(first, stop):
        if amounts[j] > 0:
            best = max(best, strategy[PAYOFF, j])
    least = best - TIE * (1.0 + abs(best))
    ties = 0
    for j in range(first, stop):
        ties += amounts[j] > 0 and strategy[PAYOFF, j] >= least
    for i in range(first, stop):
        leaves = amounts[i] > 0 and strategy[PAYOFF, i] < least
        for j in range(first, stop):
            taken = leaves and amounts[j] > 0 and strategy[PAYOFF, j] >= least
            rates[i, j] = amounts[i] / whole / ties if taken else 0.0
