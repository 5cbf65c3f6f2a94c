"""Ties that come and go: turned elsewhere, formed and broken, and of a weight that grows with use.

Ties go both ways and are the same to play on and to learn from. Row i of the ties has room for all others; `place` says
where in it each one stands.
"""

import math

import numpy as np

from evo.codes import LINKING
from evo.kernels._cache import apart, inner
from evo.kernels.nodes.earn import effective_payoff
from evo.kernels.random import below, uniform


@inner
def change_ties(bonds, net, nodes, table, strategy, status, rng):
    """One event about ties."""
    count = len(nodes.strategies)
    i = below(count, rng)
    if bonds.kind == LINKING:
        j = below(count - 1, rng)
        j += j >= i
        s, t = nodes.strategies[i], nodes.strategies[j]
        if bonds.place[i, j] > 0:
            if uniform(rng) < bonds.breaks[s, t]:
                cut(bonds, net, nodes, i, j)
        elif uniform(rng) < bonds.forms[s, t]:
            join(bonds, net, nodes, i, j)
        return
    degree = net.plays.stops[i] - net.plays.starts[i]
    if degree == 0:
        return
    j = net.plays.neighbours[net.plays.starts[i] + below(degree, rng)]
    s, t = nodes.strategies[i], nodes.strategies[j]
    if not (bonds.leaves[s, t] or bonds.leaves[t, s]):
        return
    gain = effective_payoff(net, nodes.around, nodes.strategies, table, strategy, status, i, s)
    gain -= effective_payoff(net, nodes.around, nodes.strategies, table, strategy, status, j, t)
    odds = math.exp(-abs(bonds.intensity * gain))
    wins = uniform(rng) < (odds if gain < 0.0 else 1.0) / (1.0 + odds)  # i has its way against j
    if wins and bonds.leaves[s, t]:
        turn(bonds, net, nodes, i, j, rng)
    elif not wins and bonds.leaves[t, s]:
        turn(bonds, net, nodes, j, i, rng)


@inner
def turn(bonds, net, nodes, i, j, rng):
    """Turn the tie of i to j to another neighbour of j that i is not tied to, if there is one and j has another tie."""
    first, stop = net.plays.starts[j], net.plays.stops[j]
    if stop - first < 2:
        return
    found = 0
    for e in range(first, stop):
        k = net.plays.neighbours[e]
        found += k != i and bonds.place[i, k] == 0
    if found == 0:
        return
    left = below(found, rng)
    for e in range(first, stop):
        k = net.plays.neighbours[e]
        if k != i and bonds.place[i, k] == 0:
            if left == 0:
                cut(bonds, net, nodes, i, j)
                join(bonds, net, nodes, i, k)
                return
            left -= 1


@inner
def cut(bonds, net, nodes, i, j):
    """Let i and j be tied no more."""
    weight = weight_of(net, bonds, i, j)
    remove(bonds, net, i, j)
    remove(bonds, net, j, i)
    count_in(net, nodes, i, j, -weight)
    count_in(net, nodes, j, i, -weight)


@inner
def join(bonds, net, nodes, i, j):
    """Tie i and j."""
    add(bonds, net, i, j)
    add(bonds, net, j, i)
    weight = weight_of(net, bonds, i, j)
    count_in(net, nodes, i, j, weight)
    count_in(net, nodes, j, i, weight)


@inner
def weight_of(net, bonds, i, j):
    return net.plays.weights[net.plays.starts[i] + bonds.place[i, j] - 1] if len(net.plays.weights) > 0 else 1.0


@inner
def remove(bonds, net, i, j):
    """Take j out of row i; the last one moves to its place."""
    plays = net.plays
    plays.stops[i] -= 1
    hole, last = plays.starts[i] + bonds.place[i, j] - 1, plays.stops[i]
    moved = plays.neighbours[last]
    plays.neighbours[hole] = moved
    bonds.place[i, moved] = bonds.place[i, j]
    bonds.place[i, j] = 0
    if len(plays.weights) > 0:
        plays.weights[hole] = plays.weights[last]


@inner
def add(bonds, net, i, j):
    """Put j at the end of row i."""
    plays = net.plays
    end = plays.stops[i]
    plays.neighbours[end] = j
    bonds.place[i, j] = end - plays.starts[i] + 1
    if len(plays.weights) > 0:
        plays.weights[end] = bonds.trust[0]
    plays.stops[i] += 1


@inner
def count_in(net, nodes, i, j, weight):
    """Count neighbour j of i in or out."""
    nodes.around[i, nodes.strategies[j]] += weight
    weigh(net, nodes, i)


@inner
def weigh(net, nodes, i):
    """Bring degree and scale of i up to date with what is around it."""
    degree = 0.0
    for s in range(nodes.around.shape[1]):
        degree += nodes.around[i, s]
    if net.plays.stops[i] == net.plays.starts[i]:
        degree = 0.0
    net.degree[i] = degree
    met = degree + (1.0 if net.selfish else 0.0)
    if net.averaged:
        net.scale[i] = 1.0 / met if met > 0.0 else 0.0


@apart
def grow(bonds, net, nodes):
    """Let trust grow in ties that neither wants to leave, and fade in the others. Counts around nodes must be taken anew."""
    plays = net.plays
    for i in range(len(nodes.strategies)):
        for e in range(plays.starts[i], plays.stops[i]):
            j = plays.neighbours[e]
            if j > i:
                s, t = nodes.strategies[i], nodes.strategies[j]
                weight = plays.weights[e]
                if bonds.leaves[s, t] or bonds.leaves[t, s]:
                    weight *= 1.0 - bonds.trust[2]
                else:
                    weight += bonds.trust[1] * (1.0 - weight)
                plays.weights[e] = weight
                plays.weights[plays.starts[j] + bonds.place[j, i] - 1] = weight


@inner
def keep_ties(row, net, recording):
    """Who is tied to whom at the end, as bits."""
    plays = net.plays
    for i in range(len(plays.starts)):
        for e in range(plays.starts[i], plays.stops[i]):
            j = plays.neighbours[e]
            recording.ties[row, i, j >> 3] |= np.uint8(1 << (j & 7))
