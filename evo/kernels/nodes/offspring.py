"""Birth-death: a parent drawn in proportion to fitness among all, by a tree of sums, whose child takes a neighbour's place."""

import math

from evo.codes import EXPONENTIAL, NEGATIVE_FITNESS
from evo.kernels._cache import apart, inline, inner
from evo.kernels.arrays import REASON
from evo.kernels.nodes.earn import effective_payoff
from evo.kernels.nodes.look import drawn_edge, log_fitness
from evo.kernels.random import below, uniform

STEEP = 200.0  # log fitness above the level at which the whole tree is filled anew


@inline
def fitness_of(rule, net, nodes, table, strategy, status, i):
    """Fitness of node i, exponential up to the common factor that `level` stands for."""
    s = nodes.strategies[i]
    payoff = effective_payoff(net, nodes.around, nodes.strategies, table, strategy, status, i, s)
    if rule.fitness == EXPONENTIAL:
        return math.exp(min(rule.intensity * payoff - nodes.level[0], 700.0))
    return math.exp(log_fitness(rule, payoff, status, s))


@apart
def fill_tree(rule, net, nodes, table, strategy, status):
    """The fitness of every node, and their sums."""
    tree, strategies = nodes.tree, nodes.strategies
    leaves = len(tree) // 2
    if rule.fitness == EXPONENTIAL:
        nodes.level[0] = -math.inf
        for i in range(len(strategies)):
            payoff = effective_payoff(net, nodes.around, strategies, table, strategy, status, i, strategies[i])
            nodes.level[0] = max(nodes.level[0], rule.intensity * payoff)
    for i in range(len(strategies)):
        tree[leaves + i] = fitness_of(rule, net, nodes, table, strategy, status, i)
    for place in range(leaves - 1, 0, -1):
        tree[place] = tree[2 * place] + tree[2 * place + 1]
    check_total(tree, status)


@inline
def check_total(tree, status):
    if not tree[1] > 0.0 and status[REASON] == 0:  # nobody can have offspring
        status[REASON] = NEGATIVE_FITNESS


@inner
def set_leaf(tree, i, fitness):
    """Change the fitness of node i and all sums that it is in."""
    place = len(tree) // 2 + i
    tree[place] = fitness
    place //= 2
    while place > 0:
        tree[place] = tree[2 * place] + tree[2 * place + 1]
        place //= 2


@inline
def refit(rule, net, nodes, table, strategy, status, i):
    """Bring up to date the fitness of all whose payoff node i has a part in."""
    steep = False
    for e in range(net.played.starts[i], net.played.stops[i]):
        j = net.played.neighbours[e]
        fitness = fitness_of(rule, net, nodes, table, strategy, status, j)
        steep = steep or fitness > math.exp(STEEP)
        set_leaf(nodes.tree, j, fitness)
        if net.everywhere:
            for f in range(net.played.starts[j], net.played.stops[j]):
                k = net.played.neighbours[f]
                fitness = fitness_of(rule, net, nodes, table, strategy, status, k)
                steep = steep or fitness > math.exp(STEEP)
                set_leaf(nodes.tree, k, fitness)
    fitness = fitness_of(rule, net, nodes, table, strategy, status, i)
    set_leaf(nodes.tree, i, fitness)
    if steep or fitness > math.exp(STEEP) or nodes.tree[1] < math.exp(-STEEP):
        fill_tree(rule, net, nodes, table, strategy, status)
    check_total(nodes.tree, status)


@inner
def parent_of(tree, count, rng):
    """A node drawn in proportion to its fitness."""
    left = uniform(rng) * tree[1]
    leaves = len(tree) // 2
    place = 1
    while place < leaves:
        place *= 2
        if left >= tree[place] and tree[place + 1] > 0.0:
            left -= tree[place]
            place += 1
    return min(place - leaves, count - 1)


@inline
def heir(net, parent, rng):
    """The node whose place the child of `parent` takes; -1 where it has no neighbour."""
    first, stop = net.taught.starts[parent], net.taught.stops[parent]
    if stop == first:
        return -1
    if len(net.taught.weights) > 0:
        return net.taught.neighbours[drawn_edge(net.taught.weights, first, stop, rng)]
    return net.taught.neighbours[first + below(stop - first, rng)]
