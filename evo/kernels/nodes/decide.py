"""What a focal node plays next: the update rules in which an individual looks around, or imagines."""

import math

from evo.codes import (
    ASPIRATION,
    BEST_RESPONSE,
    DEATH_BIRTH,
    IMITATE_BEST,
    IMITATION,
    INTROSPECTION,
    LARGER_DEGREE,
    LARGEST_DEGREE,
    LOGIT,
    PAIRWISE_COMPARISON,
)
from evo.kernels._cache import inline, inner
from evo.kernels.imitation import TIE, chance
from evo.kernels.nodes.earn import effective_payoff
from evo.kernels.nodes.look import ANYBODY, competitor, role_model
from evo.kernels.random import below, uniform


@inline
def decide(rule, to, net, nodes, table, strategy, status, i, j, rng):
    """The strategy of node i after its update, mutation included: instead of it, after it, or at birth; j is a role model
    that was drawn already, or ANYBODY."""
    born = rule.code == DEATH_BIRTH
    late = rule.after or (born and net.learns.stops[i] > net.learns.starts[i])  # where there is a child
    if rule.mutation > 0.0 and not (rule.after or born) and uniform(rng) < rule.mutation:
        return mutant(to, nodes.strategies[i], rng)
    if born or rule.code == IMITATION:
        own = rule.code == IMITATION and rule.option == 1
        taken = competitor(rule, net, nodes, table, strategy, status, i, own, rng)
    elif rule.code == IMITATE_BEST:
        taken = best_seen(net, nodes, table, strategy, status, i, rng)
    elif rule.code >= BEST_RESPONSE:
        taken = imagined(rule, net, nodes, table, strategy, status, i, rng)
    else:
        taken = compared(rule, net, nodes, table, strategy, status, i, j, rng)
    if rule.mutation > 0.0 and late and uniform(rng) < rule.mutation:
        return mutant(to, taken, rng)
    return taken


@inner
def mutant(to, s, rng):
    """What strategy s mutates to."""
    left = uniform(rng)
    last = s
    for t in range(to.shape[1]):
        if to[s, t] > 0.0:
            last = t
            left -= to[s, t]
            if left < 0.0:
                return last
    return last


@inline
def compared(rule, net, nodes, table, strategy, status, i, j, rng):
    """After comparison with one role model."""
    own = nodes.strategies[i]
    if j == ANYBODY:
        j = role_model(rule, net, nodes, table, strategy, status, i, rng)
    if j < 0:
        return own
    s = nodes.strategies[j]
    if s == own:
        return own
    around, strategies = nodes.around, nodes.strategies
    gain = effective_payoff(net, around, strategies, table, strategy, status, j, s)
    gain -= effective_payoff(net, around, strategies, table, strategy, status, i, own)
    u = uniform(rng)
    if rule.code == PAIRWISE_COMPARISON:  # the half that needs no exponential is decided without
        if gain >= 0.0:
            return s if u < 0.5 or u < chance(rule, gain, own, status) else own
        return own if u >= 0.5 or u >= chance(rule, gain, own, status) else s
    if net.per_degree == LARGER_DEGREE:
        gain /= most_games(net, i, j)
    elif net.per_degree == LARGEST_DEGREE:
        gain /= net.largest
    return s if u < chance(rule, gain, own, status) else own


@inline
def most_games(net, i, j):
    """The larger number (weight) of pairs, or of groups, that one of two plays in, at least 1."""
    if net.grouped and not net.everywhere:
        return 1.0
    return max(1.0, max(net.degree[i], net.degree[j]) + (1.0 if net.selfish or net.grouped else 0.0))


@inline
def best_seen(net, nodes, table, strategy, status, i, rng):
    """The strategy of the best among itself and those it learns from: the own if it is among the best, else drawn
    uniformly among the best strategies."""
    own = nodes.strategies[i]
    best = nodes.weights[1]
    for s in range(len(best)):
        best[s] = -math.inf
    best[own] = effective_payoff(net, nodes.around, nodes.strategies, table, strategy, status, i, own)
    for e in range(net.learns.starts[i], net.learns.stops[i]):
        j = net.learns.neighbours[e]
        s = nodes.strategies[j]
        best[s] = max(best[s], effective_payoff(net, nodes.around, nodes.strategies, table, strategy, status, j, s))
    return chosen_best(best, own, rng)


@inner
def chosen_best(payoffs, own, rng):
    """The own strategy if it is among the best, else one of the best, drawn uniformly."""
    best = -math.inf
    for s in range(len(payoffs)):
        best = max(best, payoffs[s])
    least = best - TIE * (1.0 + abs(best))
    if payoffs[own] >= least:
        return own
    ties, last = 0, 0
    for s in range(len(payoffs)):
        if payoffs[s] >= least:
            ties += 1
            last = s
    if ties == 1:
        return last
    left = below(ties, rng)
    for s in range(len(payoffs)):
        if payoffs[s] >= least:
            if left == 0:
                return s
            left -= 1
    return last


@inline
def imagined(rule, net, nodes, table, strategy, status, i, rng):
    """What a focal takes that knows what each strategy would earn it, or only that its own earns too little."""
    own = nodes.strategies[i]
    payoffs = nodes.weights[1]
    around, strategies = nodes.around, nodes.strategies
    if rule.code == ASPIRATION or rule.code == INTROSPECTION:
        if len(payoffs) == 1:
            return own
        other = below(len(payoffs) - 1, rng)
        other += other >= own
        level = rule.number
        if rule.code == INTROSPECTION:
            level = effective_payoff(net, around, strategies, table, strategy, status, i, other)
        gain = level - effective_payoff(net, around, strategies, table, strategy, status, i, own)
        odds = math.exp(-abs(rule.intensity * gain))
        return other if uniform(rng) < (odds if gain < 0.0 else 1.0) / (1.0 + odds) else own
    for s in range(len(payoffs)):
        payoffs[s] = effective_payoff(net, around, strategies, table, strategy, status, i, s)
    if rule.code == LOGIT:
        return softened(rule.intensity, payoffs, rng)
    return chosen_best(payoffs, own, rng)


@inner
def softened(beta, payoffs, rng):
    """A strategy drawn in proportion to exp(beta*payoff)."""
    best = -math.inf
    for s in range(len(payoffs)):
        best = max(best, payoffs[s])
    total = 0.0
    for s in range(len(payoffs)):
        payoffs[s] = math.exp(beta * (payoffs[s] - best))
        total += payoffs[s]
    left = uniform(rng) * total
    for s in range(len(payoffs) - 1):
        left -= payoffs[s]
        if left < 0.0:
            return s
    return len(payoffs) - 1
