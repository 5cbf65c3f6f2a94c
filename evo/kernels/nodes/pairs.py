"""The updates that are run most, in loops of their own with few arrays: pairwise comparison, and death-birth, in games of
pairs on ties that last and have no weights. They do what `walk` does, number for number."""

import math

import numpy as np

from evo.codes import DEATH_BIRTH, EXPONENTIAL, LASTING, NONFINITE_PAYOFF, PAIRWISE_COMPARISON
from evo.kernels._cache import apart, inline
from evo.kernels.arrays import BIAS, EFFECTIVE, REASON, WHO
from evo.kernels.events import LISTEN
from evo.kernels.imitation import plain
from evo.kernels.nodes.decide import mutant
from evo.kernels.nodes.draws import draw_ahead, row_of
from evo.kernels.nodes.earn import change
from evo.kernels.nodes.look import share_drawn
from evo.kernels.nodes.net import BLOCK
from evo.kernels.random import uniform


@inline
def by_pairs(process, net, bonds):
    """Whether one of these loops runs it."""
    if net.direct is not None:
        return False
    rule = process.rule
    alike = (
        bonds.kind == LASTING and not net.grouped and not net.selfish and net.cost == 0.0 and not process.game.reads_mix
    )
    listed = len(net.plays.weights) == 0 and len(net.learns.weights) == 0
    births = rule.code == DEATH_BIRTH and rule.fitness == EXPONENTIAL
    return alike and listed and (births or (rule.code == PAIRWISE_COMPARISON and plain(rule)))


@inline
def earned(around, table, i, s):
    """The sum of what i earns from those around it."""
    total = 0.0
    for t in range(around.shape[1]):
        total += around[i, t] * table[s, t]
    return total


@apart
def step_pairs(
    rule, to, net, nodes, table, strategy, status, flag, step, boundary, alone, rng, amounts, counts,
):  # fmt: skip
    """Updates from `step` to the boundary, or to one after which all play alike, or where `alone` to the next that changes a
    strategy; returns the step reached, the node that changed there or -1, and what it played before."""
    ahead, strategies, around, learns = nodes.ahead, nodes.strategies, nodes.around, net.learns
    starts, stops, neighbours, even = learns.starts, learns.stops, learns.neighbours, learns.even
    players_from, players_to, players, weights = (
        net.played.starts,
        net.played.stops,
        net.played.neighbours,
        net.played.weights,
    )
    common, scale, beta, mutation = net.common, net.scale, rule.intensity, rule.mutation
    count = len(strategies)
    births = rule.code == DEATH_BIRTH
    events = 0
    changed, former = np.int64(-1), np.int64(0)
    while step < boundary:
        slot = step % BLOCK
        if slot == 0:
            draw_ahead(starts, stops, neighbours, even, count, ahead, not births, rng)
        i = ahead[0, slot]
        step += 1
        own = np.int64(strategies[i])
        taken = own
        if not births and mutation > 0.0 and uniform(rng) < mutation:
            taken = np.int64(mutant(to, own, rng))
        elif births:
            first, stop = row_of(starts, stops, even, i)
            taken = heir_of(
                neighbours, first, stop, strategies, around, table, strategy, common, scale, beta, own, nodes.pulls,
                nodes.weights[1], rng,
            )  # fmt: skip
            if stop > first and mutation > 0.0 and uniform(rng) < mutation:
                taken = np.int64(mutant(to, taken, rng))
        else:
            j = ahead[1, slot]
            other = np.int64(strategies[j]) if j >= 0 else own
            if other != own:
                gain = earned(around, table, j, other) * (common if common > 0.0 else scale[j]) + strategy[BIAS, other]
                gain -= earned(around, table, i, own) * (common if common > 0.0 else scale[i]) + strategy[BIAS, own]
                if not math.isfinite(gain) and status[REASON] == 0:
                    status[REASON] = NONFINITE_PAYOFF
                    status[WHO] = other
                    break
                u = uniform(rng)
                if gain >= 0.0:  # the half that needs no exponential is decided without
                    if u < 0.5 or u < 1.0 / (1.0 + math.exp(-beta * gain)):
                        taken = other
                elif u < 0.5:
                    odds = math.exp(beta * gain)
                    if u < odds / (1.0 + odds):
                        taken = other
        if taken != own:
            change(players_from, players_to, players, weights, strategies, around, amounts, i, taken)
            events += 1
            if alone or amounts[taken] == count:
                changed, former = i, own
                break
        if step % LISTEN == 0 and flag[0] != 0:
            break
    counts[EFFECTIVE] += events
    return step, changed, former


@inline
def heir_of(neighbours, first, stop, strategies, around, table, strategy, common, scale, beta, own, pulls, totals, rng):
    """The strategy of one of those whom a row of ties lists, drawn in proportion to fitness; the own where there is nobody."""
    u = uniform(rng)
    if stop == first:
        return own
    lead = np.int64(strategies[neighbours[first]])
    alike = True
    for e in range(first + 1, stop):
        if strategies[neighbours[e]] != lead:
            alike = False
            break
    if alike:
        return lead
    best = -math.inf
    for e in range(first, stop):
        j = neighbours[e]
        s = strategies[j]
        pull = beta * (earned(around, table, j, s) * (common if common > 0.0 else scale[j]) + strategy[BIAS, s])
        pulls[e - first] = pull
        best = max(best, pull)
    for s in range(len(totals)):
        totals[s] = 0.0
    for e in range(first, stop):
        pull = pulls[e - first]
        totals[strategies[neighbours[e]]] += 1.0 if pull == best else math.exp(pull - best)
    return np.int64(share_drawn(totals, u))
