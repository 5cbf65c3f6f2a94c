"""What a node earns: from pairs by counts of its neighbours' strategies, or from the groups around it and them."""

import math

import numpy as np

from evo.codes import NONFINITE_PAYOFF
from evo.kernels._cache import inline, inner
from evo.kernels.arrays import BIAS, REASON, WHO
from evo.kernels.nodes.direct import groups_payoff, pair_payoff


@inline
def payoff_of(net, around, strategies, table, i, s):
    """What i earns, or with strategy s would earn, from those around it."""
    return payoff_by(net.direct, net, around, strategies, table, i, s)


@inline
def payoff_by(direct, net, around, strategies, table, i, s):
    """From the table, or by formula. Whether there are formulas is known by type, so that one of both is compiled."""
    plays = net.plays
    if direct is None:
        if net.grouped:
            return grouped_payoff(
                plays.starts,
                plays.stops,
                plays.neighbours,
                net.scale,
                net.ranks,
                net.everywhere,
                around,
                strategies,
                table,
                i,
                s,
            )
        total = table[s, s] if net.selfish else 0.0
        for t in range(around.shape[1]):
            total += around[i, t] * table[s, t]
        return total * (net.common if net.common > 0.0 else net.scale[i])
    else:
        total = direct_payoff(
            direct,
            plays.starts,
            plays.stops,
            plays.neighbours,
            net.grouped,
            net.everywhere,
            net.selfish,
            around,
            strategies,
            np.int64(i),
            np.int64(s),
        )
        return total * net.scale[i]


@inner
def direct_payoff(direct, starts, stops, neighbours, grouped, everywhere, selfish, around, strategies, i, s):
    """The sum of what i earns, calculated by formula."""
    if grouped:
        return groups_payoff(direct, starts, stops, neighbours, everywhere, around, strategies, i, s)
    return pair_payoff(direct, float(stops[i] - starts[i]), selfish, around, i, s)


@inline
def effective_payoff(net, around, strategies, table, strategy, status, i, s):
    """The payoff less the cost of ties, with the trait bias; one that is not finite stops the run."""
    payoff = payoff_of(net, around, strategies, table, i, s)
    if not math.isfinite(payoff) and not net.grouped:
        payoff = met_payoff(net, strategies, table, i, s)
    if not math.isfinite(payoff) and status[REASON] == 0:
        status[REASON] = NONFINITE_PAYOFF
        status[WHO] = s
    if net.cost != 0.0:
        payoff -= net.cost * net.degree[i]
    return payoff + strategy[BIAS, s]


@inner
def met_payoff(net, strategies, table, i, s):
    """The same from pairs, one by one: a payoff that is not finite counts only against somebody who is there."""
    plays = net.plays
    total = table[s, s] if net.selfish else 0.0
    for e in range(plays.starts[i], plays.stops[i]):
        weight = plays.weights[e] if len(plays.weights) > 0 else 1.0
        total += weight * table[s, strategies[plays.neighbours[e]]]
    return total * net.scale[i]


@inner
def grouped_payoff(starts, stops, neighbours, scale, ranks, everywhere, around, strategies, table, i, s):
    """From the group around i, and where `everywhere` from the groups around those that it plays with."""
    own = strategies[i]
    size = stops[i] - starts[i] + 1
    total = table[s, rank_of(ranks, around, i, s, -1, size)]
    if everywhere:
        for e in range(starts[i], stops[i]):
            j = neighbours[e]
            members = stops[j] - starts[j] + 1
            total += table[s, exchanged(ranks, around, j, strategies[j], own, s, members)]
    return total * scale[i]


@inline
def rank_of(ranks, around, i, plus, minus, size):
    """The column of the group of i, in which one more plays `plus` and one less `minus` than around it."""
    place = ranks[0, size]
    left = size
    strategies = around.shape[1]
    for t in range(strategies - 1):
        left -= int(around[i, t]) + (t == plus) - (t == minus)
        place += ranks[strategies - 1 - t, left]
    return place


@inline
def exchanged(ranks, around, j, centre, own, s, size):
    """The column of the group of j, in which a neighbour that plays `own` would play s."""
    place = ranks[0, size]
    left = size
    strategies = around.shape[1]
    for t in range(strategies - 1):
        left -= int(around[j, t]) + (t == centre) + (t == s) - (t == own)
        place += ranks[strategies - 1 - t, left]
    return place


@inline
def change(starts, stops, players, weights, strategies, around, amounts, i, s):
    """Let node i play s from now on. `starts`, `stops`, `players`, `weights`: who plays with i."""
    former = strategies[i]
    strategies[i] = s
    amounts[former] -= 1.0
    amounts[s] += 1.0
    if len(weights) == 0:
        for e in range(starts[i], stops[i]):
            around[players[e], former] -= 1
            around[players[e], s] += 1
    else:
        for e in range(starts[i], stops[i]):
            around[players[e], former] -= weights[e]
            around[players[e], s] += weights[e]


@inner
def look_around(net, strategies, around):
    """Count the strategies around every node anew."""
    plays = net.plays
    weighted = len(plays.weights) > 0
    for i in range(len(strategies)):
        for t in range(around.shape[1]):
            around[i, t] = 0
        for e in range(plays.starts[i], plays.stops[i]):
            if weighted:
                around[i, strategies[plays.neighbours[e]]] += plays.weights[e]
            else:
                around[i, strategies[plays.neighbours[e]]] += 1
