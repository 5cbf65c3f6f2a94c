"""The loops of kernels/nodes/pairs.py for two strategies where every node has as many neighbours: what a node earns follows
from its strategy and the number of neighbours that play the first, so that fitness and chances stand in small tables."""

import math

import numpy as np

from evo.codes import DEATH_BIRTH
from evo.kernels._cache import apart, inline, inner
from evo.kernels.arrays import BIAS, EFFECTIVE
from evo.kernels.events import LISTEN
from evo.kernels.nodes.draws import draw_ahead
from evo.kernels.nodes.net import BLOCK, MOST_EVEN
from evo.kernels.random import uniform


@inline
def by_twos(process, net, nodes):
    """Whether these loops run what `pairs.by_pairs` runs."""
    even = 0 < net.plays.even <= MOST_EVEN and net.learns.even > 0 and net.played.even > 0 and net.common > 0.0
    return even and nodes.around.shape[1] == 2 and process.rule.mutation == 0.0


@inner
def fill_chances(rule, net, table, strategy, chances):
    """chances[s, k, l]: pairwise comparison, that who plays s, k of its neighbours playing strategy 0, copies who plays the
    other one among l. Death-birth: chances[s, k, 0], fitness up to a common factor."""
    beta, most = rule.intensity, net.plays.even
    if rule.code == DEATH_BIRTH:
        best = -math.inf
        for s in range(2):
            for k in range(most + 1):
                chances[s, k, 0] = beta * payoff(net, table, strategy, s, k)
                best = max(best, chances[s, k, 0])
        for s in range(2):
            for k in range(most + 1):
                chances[s, k, 0] = math.exp(chances[s, k, 0] - best)
        return
    for s in range(2):
        for k in range(most + 1):
            for l in range(most + 1):
                gain = payoff(net, table, strategy, 1 - s, l) - payoff(net, table, strategy, s, k)
                odds = math.exp(-abs(beta * gain))
                chances[s, k, l] = (odds if gain < 0.0 else 1.0) / (1.0 + odds)


@inline
def payoff(net, table, strategy, s, k):
    """What who plays s earns among k neighbours that play strategy 0, trait bias included."""
    return (k * table[s, 0] + (net.plays.even - k) * table[s, 1]) * net.common + strategy[BIAS, s]


@apart
def step_twos(births, net, nodes, flag, step, boundary, alone, rng, amounts, counts):
    """`pairs.step_pairs`, without mutation; `chances` are filled."""
    ahead, strategies, around, learns, chances = nodes.ahead, nodes.strategies, nodes.around, net.learns, nodes.chances
    starts, stops, neighbours, even = learns.starts, learns.stops, learns.neighbours, learns.even
    players, many = net.played.neighbours, net.played.even
    count = len(strategies)
    events = 0
    changed, former = np.int64(-1), np.int64(0)
    while step < boundary:
        slot = step % BLOCK
        if slot == 0:
            draw_ahead(starts, stops, neighbours, even, count, ahead, not births, rng)
        i = ahead[0, slot]
        step += 1
        own = strategies[i]
        if births:
            taken = heir_of(neighbours, i * even, (i + 1) * even, strategies, around, chances, rng)
            moves = taken != own
        else:
            j = ahead[1, slot]
            taken = strategies[j]
            moves = taken != own and uniform(rng) < chances[own, int(around[i, 0]), int(around[j, 0])]
        if moves:
            strategies[i] = taken
            amounts[own] -= 1.0
            amounts[taken] += 1.0
            for e in range(i * many, (i + 1) * many):
                around[players[e], own] -= 1
                around[players[e], taken] += 1
            events += 1
            if alone or amounts[taken] == count:
                changed, former = i, np.int64(own)
                break
        if step % LISTEN == 0 and flag[0] != 0:
            break
    counts[EFFECTIVE] += events
    return step, changed, former


@inline
def heir_of(neighbours, first, stop, strategies, around, fitness, rng):
    """The strategy of one neighbour, drawn in proportion to fitness. No branch depends on chance: a wrong guess of the
    processor takes longer than what it would save."""
    u = uniform(rng)
    zeros, ones = 0.0, 0.0
    for e in range(first, stop):
        j = neighbours[e]
        s = strategies[j]
        weight = fitness[s, int(around[j, 0]), 0]
        ones += weight * s
        zeros += weight * (1 - s)
    return np.uint8(u * (zeros + ones) >= zeros)
