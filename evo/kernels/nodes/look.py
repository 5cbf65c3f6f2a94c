"""Whom a focal looks at: one role model drawn, or all of them weighed."""

import math

import numpy as np

from evo.codes import EXPONENTIAL, NEGATIVE_FITNESS
from evo.kernels._cache import inline, inner
from evo.kernels.arrays import INDICATOR, REASON, WHO
from evo.kernels.nodes.draws import row_of
from evo.kernels.nodes.earn import effective_payoff
from evo.kernels.random import below, uniform

ANYBODY = -2  # a role model that is not drawn yet; -1: there is none


@inline
def unbiased(rule, net):
    """Whether everybody that is learnt from is as likely to be looked at."""
    return rule.conformity == 1.0 and rule.prestige == 0.0 and len(net.learns.weights) == 0


@inline
def role_model(rule, net, nodes, table, strategy, status, i, rng):
    """The node that i compares itself with; -1 where there is none."""
    first, stop = row_of(net.learns.starts, net.learns.stops, net.learns.even, i)
    if stop == first:
        return np.int64(-1)
    if unbiased(rule, net):
        return np.int64(net.learns.neighbours[first + below(stop - first, rng)])
    if rule.conformity == 1.0 and rule.prestige == 0.0:
        return np.int64(net.learns.neighbours[drawn_edge(net.learns.weights, first, stop, rng)])
    fill_pulls(rule, net, nodes, table, strategy, status, i)
    return np.int64(net.learns.neighbours[first + drawn(nodes.pulls, stop - first, rng)])


@inner
def drawn_edge(weights, first, stop, rng):
    """An edge from `first` to `stop`, in proportion to its weight."""
    total = 0.0
    for e in range(first, stop):
        total += weights[e]
    left = uniform(rng) * total
    for e in range(first, stop - 1):
        left -= weights[e]
        if left < 0.0:
            return e
    return stop - 1


@inner
def drawn(pulls, count, rng):
    """A place below `count`, in proportion to exp(pulls), of which one is the largest; -1 where all are -inf."""
    best = -math.inf
    for e in range(count):
        best = max(best, pulls[e])
    if best == -math.inf:
        return -1
    total = 0.0
    for e in range(count):
        pulls[e] = math.exp(pulls[e] - best)
        total += pulls[e]
    left = uniform(rng) * total
    last = -1
    for e in range(count):
        if pulls[e] > 0.0:
            last = e
            left -= pulls[e]
            if left < 0.0:
                return e
    return last


@inline
def fill_pulls(rule, net, nodes, table, strategy, status, i):
    """Logarithm of the weight with which i looks at each of those it learns from: of the edge, times
    (part of the weight that its strategy has)^(conformity - 1), times exp(prestige * indicator)."""
    first, stop = row_of(net.learns.starts, net.learns.stops, net.learns.even, i)
    count_models(
        net.learns.starts,
        net.learns.stops,
        net.learns.neighbours,
        net.learns.weights,
        nodes.strategies,
        i,
        nodes.weights,
    )
    for e in range(first, stop):
        j = net.learns.neighbours[e]
        s = nodes.strategies[j]
        pull = math.log(net.learns.weights[e]) if len(net.learns.weights) > 0 else 0.0
        if rule.conformity != 1.0:
            pull += (rule.conformity - 1.0) * math.log(nodes.weights[0, s])
        if rule.prestige != 0.0:
            if net.by_degree:
                pull += rule.prestige * net.degree[j]
            elif rule.indicated:
                pull += rule.prestige * strategy[INDICATOR, s]
            else:
                pull += rule.prestige * effective_payoff(
                    net, nodes.around, nodes.strategies, table, strategy, status, j, s
                )
        nodes.pulls[e - first] = pull


@inner
def count_models(starts, stops, neighbours, weights, strategies, i, counted):
    """Number (weight) of those that i learns from, by strategy, into row 0 of `counted`."""
    for s in range(counted.shape[1]):
        counted[0, s] = 0.0
    for e in range(starts[i], stops[i]):
        counted[0, strategies[neighbours[e]]] += weights[e] if len(weights) > 0 else 1.0


@inline
def log_fitness(rule, payoff, status, s):
    """Logarithm of the fitness at an effective payoff; a negative one stops the run."""
    if rule.fitness == EXPONENTIAL:
        return rule.intensity * payoff
    fitness = 1.0 - rule.intensity + rule.intensity * payoff
    if fitness < 0.0 and status[REASON] == 0:
        status[REASON] = NEGATIVE_FITNESS
        status[WHO] = s
    return math.log(fitness) if fitness > 0.0 else -math.inf


@inline
def competitor(rule, net, nodes, table, strategy, status, i, own, rng):
    """The strategy that i takes from those it learns from, in proportion to fitness (and bias), itself among them with
    weight 1 where `own`."""
    first, stop = row_of(net.learns.starts, net.learns.stops, net.learns.even, i)
    kept = nodes.strategies[i]
    u = uniform(rng)
    alike = True
    lead = nodes.strategies[net.learns.neighbours[first]] if stop > first else kept
    for e in range(first + 1, stop):
        if nodes.strategies[net.learns.neighbours[e]] != lead:
            alike = False
            break
    if alike and (lead == kept or not own):
        return lead
    biased = rule.conformity != 1.0 or rule.prestige != 0.0
    if biased:
        fill_pulls(rule, net, nodes, table, strategy, status, i)
    best, mine = -math.inf, -math.inf
    for e in range(first, stop):
        j = net.learns.neighbours[e]
        s = nodes.strategies[j]
        payoff = effective_payoff(net, nodes.around, nodes.strategies, table, strategy, status, j, s)
        pull = log_fitness(rule, payoff, status, s)
        if biased:
            pull += nodes.pulls[e - first]
        elif len(net.learns.weights) > 0:
            pull += math.log(net.learns.weights[e])
        nodes.pulls[e - first] = pull
    if own:
        payoff = effective_payoff(net, nodes.around, nodes.strategies, table, strategy, status, i, kept)
        mine = log_fitness(rule, payoff, status, kept)
        if biased:
            mine += own_pull(rule, net, nodes, strategy, payoff, i, kept)
        best = mine
    for e in range(stop - first):
        best = max(best, nodes.pulls[e])
    if best == -math.inf:
        return kept
    totals = nodes.weights[1]
    for s in range(len(totals)):
        totals[s] = 0.0
    for e in range(first, stop):
        totals[nodes.strategies[net.learns.neighbours[e]]] += math.exp(nodes.pulls[e - first] - best)
    if own:
        totals[kept] += math.exp(mine - best)
    return np.uint8(share_drawn(totals, u))


@inner
def share_drawn(totals, u):
    """A place, in proportion to the totals, by a number uniform on [0, 1)."""
    total = 0.0
    for s in range(len(totals)):
        total += totals[s]
    left = u * total
    last = 0
    for s in range(len(totals)):
        if totals[s] > 0.0:
            last = s
            left -= totals[s]
            if left < 0.0:
                return last
    return last


@inline
def own_pull(rule, net, nodes, strategy, payoff, i, kept):
    """The bias towards the focal itself where it competes with those that it learns from. Its strategy then counts one
    more, for itself and for them."""
    first, stop = row_of(net.learns.starts, net.learns.stops, net.learns.even, i)
    pull = 0.0
    if rule.conformity != 1.0:
        former = nodes.weights[0, kept]
        pull += (rule.conformity - 1.0) * math.log(former + 1.0)
        if former > 0.0:
            more = (rule.conformity - 1.0) * (math.log(former + 1.0) - math.log(former))
            for e in range(first, stop):
                if nodes.strategies[net.learns.neighbours[e]] == kept:
                    nodes.pulls[e - first] += more
    if rule.prestige != 0.0:
        if net.by_degree:
            pull += rule.prestige * net.degree[i]
        elif rule.indicated:
            pull += rule.prestige * strategy[INDICATOR, kept]
        else:
            pull += rule.prestige * payoff
    return pull
