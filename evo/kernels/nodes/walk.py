"""Updates of nodes from one boundary to the next, between which environment and payoff table stand still."""

import numpy as np

from evo.codes import ABSORBED, BIRTH_DEATH, DEATH_BIRTH, LASTING
from evo.kernels._cache import apart, inner
from evo.kernels.arrays import BROKEN, EFFECTIVE, REASON
from evo.kernels.events import LISTEN
from evo.kernels.imitation import compares
from evo.kernels.innovation import innovates
from evo.kernels.nodes.bonds import change_ties
from evo.kernels.nodes.decide import decide, mutant
from evo.kernels.nodes.draws import draw_ahead
from evo.kernels.nodes.earn import change
from evo.kernels.nodes.look import ANYBODY, unbiased
from evo.kernels.nodes.net import BLOCK
from evo.kernels.nodes.offspring import fill_tree, heir, parent_of, refit
from evo.kernels.nodes.pairs import by_pairs, step_pairs
from evo.kernels.nodes.twos import by_twos, fill_chances, step_twos
from evo.kernels.observe import note_fixation, watch
from evo.kernels.payoffs import fill_table
from evo.kernels.random import geometric, uniform


@apart
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
    if by_pairs(process, net, bonds) and status[BROKEN] == 0:
        return walk_pairs(
            process, net, nodes, plan, flag, step, boundary, unit, averaging, fixing, rng, amounts, since, tipped, work,
            means, counts, numbers,
        )  # fmt: skip
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
                learns = net.learns
                draw_ahead(
                    learns.starts,
                    learns.stops,
                    learns.neighbours,
                    learns.even,
                    count,
                    nodes.ahead,
                    ahead_too,
                    rng,
                )
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


@apart
def walk_pairs(
    process, net, nodes, plan, flag, step, boundary, unit, averaging, fixing, rng, amounts, since, tipped, work, means,
    counts, numbers,
):  # fmt: skip
    """`walk` by the loops of kernels/nodes/pairs.py."""
    watching = len(since) > 0
    count = len(nodes.strategies)
    alone = averaging or watching
    counted = step
    twos = by_twos(process, net, nodes)
    if twos:
        fill_chances(process.rule, net, work.table, work.strategy, nodes.chances)
    while step < boundary:
        if twos:
            step, i, former = step_twos(
                process.rule.code == DEATH_BIRTH, net, nodes, flag, step, boundary, alone, rng, amounts, counts
            )
        else:
            step, i, former = step_pairs(
                process.rule, process.to, net, nodes, work.table, work.strategy, work.status, flag, step, boundary, alone,
                rng, amounts, counts,
            )  # fmt: skip
        if i < 0:
            break
        taken = nodes.strategies[i]
        if averaging:  # up to this step's event the former strategy had one more
            add_shares(float(step - counted), count, amounts, means)
            means[former] += float(step - counted) / count
            means[taken] -= float(step - counted) / count
            counted = step
        if watching:
            watch(plan, step * unit, process.roles, process.wholes, amounts, since, tipped)
        if fixing and amounts[taken] == count:
            note_fixation(step * unit, process.roles, process.wholes, amounts, counts, numbers)
            if plan.until == ABSORBED:
                break
    if averaging:
        add_shares(float(step - counted), count, amounts, means)
    return step


@apart
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
