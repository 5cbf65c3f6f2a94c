"""Innovative rules: a focal weighs what each strategy would earn it, whether anybody plays it or not.

On entry `rates[i, j]` holds the payoff that an i would earn as a j against the others as they are.
"""

import math

from evo.codes import ASPIRATION, BEST_RESPONSE, INTROSPECTION, LOGIT
from evo.kernels._cache import inline, inner
from evo.kernels.arrays import PAYOFF
from evo.kernels.imitation import TIE


@inline
def innovates(rule):
    return rule.code == BEST_RESPONSE or rule.code == LOGIT or rule.code == INTROSPECTION or rule.code == ASPIRATION


@inline
def imagines(rule):
    """Whether the rule looks at payoffs of strategies that the focal does not play."""
    return innovates(rule) and rule.code != ASPIRATION


@inner
def innovation_rates(rule, first, stop, whole, amounts, strategy, chances, rates):
    """From hypothetical payoffs to rates, row by row."""
    for i in range(first, stop):
        if amounts[i] <= 0:
            for j in range(first, stop):
                rates[i, j] = 0.0
            continue
        share = amounts[i] / whole
        if rule.code == LOGIT:
            soften(rule.intensity, first, stop, share, rates[i])
        elif rule.code == BEST_RESPONSE:
            reply(first, stop, i, share, rates[i])
        else:
            others = share / max(1, stop - first - 1)
            for j in range(first, stop):
                if j != i:
                    gain = rule.number - strategy[PAYOFF, i]
                    if rule.code == INTROSPECTION:
                        gain = rates[i, j] - rates[i, i]
                    odds = math.exp(-abs(rule.intensity * gain))
                    rates[i, j] = others * (odds if gain < 0.0 else 1.0) / (1.0 + odds)
                    if chances.shape[0] > 0:
                        rates[i, j] = others * chances[i, i]
        rates[i, i] = 0.0


@inner
def soften(beta, first, stop, share, row):
    """share * exp(beta*payoff) over its sum."""
    best = -math.inf
    for j in range(first, stop):
        best = max(best, row[j])
    total = 0.0
    for j in range(first, stop):
        row[j] = math.exp(beta * (row[j] - best))
        total += row[j]
    for j in range(first, stop):
        row[j] *= share / total


@inner
def reply(first, stop, own, share, row):
    """share on the best reply: the own strategy if it is one, else uniform over the best."""
    best = -math.inf
    for j in range(first, stop):
        best = max(best, row[j])
    least = best - TIE * (1.0 + abs(best))
    ties = 0
    for j in range(first, stop):
        ties += row[j] >= least
    stays = row[own] >= least
    for j in range(first, stop):
        row[j] = share / ties if row[j] >= least and not stays else 0.0
