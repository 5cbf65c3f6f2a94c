"""Updates of nodes from one boundary to the next, between which environment and payoff table stand still."""

import numpy as np

from evo.codes import ABSORBED, BIRTH_DEATH, LASTING
from evo.kernels._cache import inline, inner
from evo.kernels.arrays import EFFECTIVE, REASON
from evo.kernels.events import LISTEN
from evo.kernels.imitation import compares
from evo.kernels.innovation import innovates
from evo.kernels.nodes.bonds import change_ties
from evo.kernels.nodes.decide import decide, mutant
from evo.kernels.nodes.earn import change
from evo.kernels.nodes.look import ANYBODY, bounds, unbiased
from evo.kernels.nodes.net import BLOCK
from evo.kernels.nodes.offspring import fill_tree, heir, parent_of, refit
from evo.kernels.observe import note_fixation, watch
from evo.kernels.payoffs import fill_table
from evo.kernels.random import below, geometric, uniform

NEAR = 20_000  # nodes whose arrays the nearer caches hold


@inner
def walk(
    process, net, bonds, nodes, plan, flag, step, boundary, unit, burnt, rng, amounts, mix, since, tipped, work, means,
    counts, numbers,
):  # fmt: skip
    """One node after the other, from `step` to `boundary`; returns the step reached."""
    rule, to, table, strategy, status = process.rule, process.to, work.table, work.strategy, work.status
    births = rule.code == BIRTH_DEATH
    ahead_too = compares(rule) and unbiased(rule, net) and bonds.kind == LASTING
    fixing = rule.mutation == 0.0 and not innovates(rule)
    averaging = step >= burnt
    watching = len(since) > 0
    moves = process.game.reads_mix
    count = len(nodes.strategies)
    counted = step
    events = 0
    while step < boundary:
        if bonds.kind != LASTING:
            for _ in range(geometric(bonds.rest, rng)):
                change_ties(bonds, net, nodes, table, strategy, status, rng)
        if births:
            i = parent_of(nodes.tree, count, rng)
            taken = nodes.strategies[i]
            if rule.mutation > 0.0 and uniform(rng) < rule.mutation:
                taken = mutant(to, taken, rng)
            i = heir(net, i, rng)
        else:
            if step % BLOCK == 0:
                draw_ahead(net, nodes, ahead_too, rng)
            i = nodes.ahead[0, step % BLOCK]
            j = nodes.ahead[1, step % BLOCK] if ahead_too else np.int64(ANYBODY)
            taken = decide(rule, to, net, nodes, table, strategy, status, i, j, rng)
        step += 1
        if i >= 0 and taken != nodes.strategies[i]:
            if averaging:  # the state before this step's event stood for the steps since `counted`, and for this one
                add_shares(float(step - counted), count, amounts, means)
                counted = step
            change(
                net.played.starts,
                net.played.stops,
                net.played.neighbours,
                net.played.weights,
                nodes.strategies,
                nodes.around,
                amounts,
                i,
                taken,
            )
            events += 1
            if moves:
                tell_shares(process, amounts, count, work)
                fill_table(process.game, work)
            if births and moves:  # everybody's payoff has changed
                fill_tree(rule, net, nodes, table, strategy, status)
            elif births:
                refit(rule, net, nodes, table, strategy, status, i)
            if watching:
                watch(plan, step * unit, process.roles, process.wholes, amounts, since, tipped)
            if fixing and amounts[taken] == count:
                note_fixation(step * unit, process.roles, process.wholes, amounts, counts, numbers)
                if plan.until == ABSORBED:
                    break
        if step % LISTEN == 0 and flag[0] != 0:
            break
        if status[REASON] != 0:
            break
    if averaging:
        add_shares(float(step - counted), count, amounts, means)
    counts[EFFECTIVE] += events
    return step


@inner
def draw_ahead(net, nodes, models, rng):
    """Draw the focal nodes of the next updates, and where they follow from chance alone the role models."""
    ahead, learns = nodes.ahead, net.learns
    for place in range(BLOCK):
        ahead[0, place] = below(len(nodes.strategies), rng)
    if not models:
        if len(nodes.strategies) > NEAR:
            for place in range(BLOCK):
                touch_models(learns, nodes.around, ahead, place)
        return
    for place in range(BLOCK):
        first, stop = bounds(learns, ahead[0, place])
        ahead[1, place] = first + below(stop - first, rng) if stop > first else -1
    for place in range(BLOCK):
        if ahead[1, place] >= 0:
            ahead[1, place] = learns.neighbours[ahead[1, place]]


@inline
def touch_models(learns, around, ahead, place):
    """Fetch what is around those that a focal learns from; that it is kept keeps it from being left out."""
    first, stop = bounds(learns, ahead[0, place])
    seen = 0.0
    for e in range(first, stop):
        seen += around[learns.neighbours[e], 0]
    ahead[1, place] = int(seen)


@inner
def together(process, net, nodes, step, burnt, rng, amounts, work, means, counts):
    """All nodes at once, each by what it sees before; returns the step reached."""
    rule, to, table, strategy, status = process.rule, process.to, work.table, work.strategy, work.status
    count = len(nodes.strategies)
    if step >= burnt:
        add_shares(1.0, count, amounts, means)
    for i in range(count):
        nodes.coming[i] = decide(rule, to, net, nodes, table, strategy, status, i, np.int64(ANYBODY), rng)
    played = net.played
    for i in range(count):
        if nodes.coming[i] != nodes.strategies[i]:
            change(
                played.starts,
                played.stops,
                played.neighbours,
                played.weights,
                nodes.strategies,
                nodes.around,
                amounts,
                i,
                nodes.coming[i],
            )
            counts[EFFECTIVE] += 1
    return step + 1


@inner
def add_shares(weight, count, amounts, means):
    """Let the present counts stand for `weight` steps in the averages."""
    for s in range(len(amounts)):
        means[s] += weight * amounts[s] / count


@inner
def tell_shares(process, amounts, count, work):
    """Let formulas read the mix."""
    for s in range(len(amounts)):
        work.scalars[process.mix + s] = amounts[s] / count
