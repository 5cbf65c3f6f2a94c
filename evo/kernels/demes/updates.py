"""What one update of one individual is made of: changes within a group, and what one takes from another group."""

import math

from evo.codes import EXPONENTIAL, IMITATE_BEST, IMITATION, MORAN, WRIGHT_FISHER
from evo.kernels._cache import inline, inner
from evo.kernels.arrays import FITNESS, PAYOFF, PULL
from evo.kernels.births import fill_fitness
from evo.kernels.imitation import TIE, chance, compares, fill_pull, weigh_models
from evo.kernels.innovation import innovates
from evo.kernels.meetings import what, who
from evo.kernels.random import uniform


@inline
def alike(row, size):
    """The strategy of all members of a group, or -1."""
    for i in range(len(row)):
        if row[i] == size:
            return i
        if row[i] > 0.0:
            return -1
    return -1


@inline
def change_in(u, rates):
    """The change whose interval of the cumulated rates holds u: who loses one and who gains one."""
    loser, winner = 0, 0
    for i in range(rates.shape[0]):
        for j in range(rates.shape[0]):
            if i != j and rates[i, j] > 0.0:
                loser, winner = i, j
                u -= rates[i, j]
                if u < 0.0:
                    return loser, winner
    return loser, winner


@inline
def born(rule, to, strategy_of_parent, rng):
    """What the offspring is."""
    if rule.mutation > 0.0 and uniform(rng) < rule.mutation:
        found = what(uniform(rng), to[strategy_of_parent], -1)
        return found if found >= 0 else strategy_of_parent
    return strategy_of_parent


@inline
def gives_birth(rule):
    return rule.code == MORAN or rule.code == WRIGHT_FISHER


@inner
def parent_in(rule, row, status, strategy, rng):
    """The strategy of a parent drawn from a group in proportion to fitness, its payoffs in row PAYOFF."""
    u = uniform(rng) * fill_fitness(rule, 0, len(row), row, status, strategy)
    chosen = 0
    for j in range(len(row)):
        if row[j] * strategy[FITNESS, j] > 0.0:
            chosen = j
            u -= row[j] * strategy[FITNESS, j]
            if u < 0.0:
                break
    return chosen


@inner
def model_in(rule, focal, row, status, strategy, rates, rng):
    """The strategy of a role model drawn from a group of which the focal is not: uniformly, or by what leans on copying."""
    if rule.code != IMITATION and rule.conformity == 1.0 and rule.prestige == 0.0:
        size = 0.0
        for j in range(len(row)):
            size += row[j]
        return who(uniform(rng) * size, 0, len(row), -1, 0.0, row)
    fill_pull(rule, 0, len(row), row, strategy)
    if rule.code == IMITATION:
        fill_fitness(rule, 0, len(row), row, status, strategy)
        for j in range(len(row)):
            if row[j] > 0.0 and rule.fitness == EXPONENTIAL:
                strategy[PULL, j] += rule.intensity * strategy[PAYOFF, j]
            elif row[j] > 0.0:
                strategy[PULL, j] += math.log(strategy[FITNESS, j]) if strategy[FITNESS, j] > 0.0 else -math.inf
    total = weigh_models(rule, 0, len(row), focal, 0.0, row, strategy, rates)
    return what(uniform(rng) * total, rates[focal], -1)


@inner
def best_in(own, focal, row, strategy, rng):
    """The strategy that earns most in a group of which the focal is not, if that is more than the focal's own."""
    best = own
    for j in range(len(row)):
        if row[j] > 0.0:
            best = max(best, strategy[PAYOFF, j])
    least = best - TIE * (1.0 + abs(best))
    if own >= least:
        return focal
    ties = 0.0
    for j in range(len(row)):
        ties += row[j] > 0.0 and strategy[PAYOFF, j] >= least
    u = uniform(rng) * ties
    chosen = focal
    for j in range(len(row)):
        if row[j] > 0.0 and strategy[PAYOFF, j] >= least:
            chosen = j
            u -= 1.0
            if u < 0.0:
                break
    return chosen


@inner
def taken(rule, to, focal, own, row, status, strategy, rates, rng):
    """What a focal with payoff `own` becomes that looks at another group, whose payoffs stand in row PAYOFF."""
    if gives_birth(rule):
        return born(rule, to, parent_in(rule, row, status, strategy, rng), rng)
    explores = rule.mutation > 0.0 and uniform(rng) < rule.mutation
    found = focal
    if rule.after or not explores:
        if rule.code == IMITATE_BEST:
            found = best_in(own, focal, row, strategy, rng)
        else:
            model = model_in(rule, focal, row, status, strategy, rates, rng)
            if not compares(rule):
                found = model if model >= 0 else focal  # none where nobody there has any fitness
            elif model != focal and uniform(rng) < chance(rule, strategy[PAYOFF, model] - own, focal, status):
                found = model
    if explores:
        mutant = what(uniform(rng), to[found], -1)
        found = mutant if mutant >= 0 else found
    return found


@inline
def rests(rule, row, size):
    """Whether nothing can change within the group: all are alike and nothing new comes in."""
    return rule.mutation == 0.0 and not innovates(rule) and alike(row, size) >= 0
