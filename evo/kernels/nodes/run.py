"""One run of a population on a graph: nodes update one by one or all at once, the environment moves once a generation.

A generation is N updates, or one update of all. Payoffs are averaged over time as they stand when generations begin.
"""

import numpy as np

from evo.codes import (
    ABSORBED,
    ALL,
    BIRTH_DEATH,
    COMPLETED,
    ENVIRONMENT_STREAM,
    EVENTFUL,
    INTERRUPTED,
    LASTING,
    SEQUENTIAL,
    STEPWISE,
    STRATEGY_STREAM,
)
from evo.kernels._cache import apart, entry, inner
from evo.kernels.arrays import BROKEN, FIXED, MEAN, NOMINAL, REASON, RECORDED
from evo.kernels.environment import begin_environment, cross, evaluate, step_chains
from evo.kernels.feedback import advance_feedback
from evo.kernels.innovation import innovates
from evo.kernels.ledger import consult, kept, open_ledger, pay
from evo.kernels.nodes.bonds import grow, keep_ties, weigh
from evo.kernels.nodes.direct import begin_directly, give_anew
from evo.kernels.nodes.draws import draw_ahead
from evo.kernels.nodes.earn import look_around
from evo.kernels.nodes.lattice import sweep
from evo.kernels.nodes.offspring import fill_tree
from evo.kernels.nodes.regions import begin_regions, cross_regions, has_jumped, local_boundary
from evo.kernels.nodes.settle import settle
from evo.kernels.nodes.survey import keep_nodes, survey
from evo.kernels.nodes.walk import tell_shares, together, walk
from evo.kernels.observe import (
    add_environment,
    begin_watches,
    close_averages,
    close_watches,
    keep_final,
    keep_record,
    note_fixation,
    watch,
)
from evo.kernels.payoffs import fill_table
from evo.kernels.program import prepare
from evo.kernels.random import seed_stream
from evo.kernels.start import begin_replicate, whole_counts
from evo.kernels.stepped import next_boundary, next_look, next_record


@entry
def run_nodes(process, net, bonds, regions, nodes, plan, key, point, first, start, stop, stride, flag, work, recording):
    """Replicates first+start, first+start+stride, ... on one graph, into these rows of the recording; see `run_steps`."""
    for row in range(start, stop, stride):
        run_once(process, net, bonds, regions, nodes, plan, key, point, first + row, row, flag, work, recording)


@apart
def run_once(process, net, bonds, regions, nodes, plan, key, point, number, row, flag, work, recording):
    """One replicate, as far as its end or its next pause."""
    rng, weather, since = work.streams[0], work.streams[1], work.since
    amounts, mix = work.shares[0], work.shares[1]
    count = len(nodes.strategies)
    if plan.resume < 0.0:
        begin_replicate(process, plan, key, point, number, rng, work, mix)
        seed_stream(key, np.uint64(number), point, np.uint64(STRATEGY_STREAM), rng)
        seed_stream(key, np.uint64(number), point, np.uint64(ENVIRONMENT_STREAM), weather)
        whole_counts(process.roles, process.sizes, mix, amounts)
        settle(net, nodes, amounts, rng)
    else:
        count_nodes(nodes.strategies, amounts)
    look_around(net, nodes.strategies, nodes.around)
    if bonds.kind != LASTING:
        for i in range(count):
            weigh(net, nodes, i)
    sequential = process.rule.pace == SEQUENTIAL
    per_generation = np.int64(count) if sequential else np.int64(1)
    unit = 1.0 / per_generation
    steps = int(round(plan.generations * per_generation))
    burnt = int(round(plan.burn_in * per_generation)) if plan.averages else steps + 1
    environment = work.scalars[process.environment : process.mix]
    means, numbers, counts = recording.means[row], recording.numbers[row], recording.counts[row]
    tipped = recording.tipped[row]
    step = np.int64(0)
    if plan.resume < 0.0:
        begin_watches(since)
        begin_environment(process.laws, unit, weather, work)
        begin_regions(regions, unit, weather, work.events)
    else:
        step = np.int64(round(plan.resume * per_generation))
        prepare(
            process.laws.feedback, work.scalars, work.feedback_registers, work.feedback_registers, work.feedback_stack
        )
        if sequential:  # what was drawn ahead may be no neighbour any more
            learns = net.learns
            draw_ahead(learns.starts, learns.stops, learns.neighbours, learns.even, count, nodes.ahead, True, rng)
    evaluate(process, step * unit, np.int64(ALL), np.bool_(False), work)
    tell_shares(process, amounts, count, work)
    prepare(process.game.program, work.scalars, process.game.vectors, work.registers, work.stack)
    fill_table(process.game, work)
    begin_directly(net.direct, net.plays.starts, net.plays.stops)
    mean = survey(net, nodes, amounts, work.table, work.strategy, work.status)
    keeping = kept(plan)
    open_ledger(plan, step * unit, work)
    if keeping and pauses(process, plan, row, step * unit, amounts, mix, mean, work, recording):
        return
    while next_record(plan, per_generation, counts) <= step:
        record(row, amounts, mix, mean, environment, net, nodes, work, recording)
    watch(plan, step * unit, process.roles, process.wholes, amounts, since, tipped)
    fixing = process.rule.mutation == 0.0 and not innovates(process.rule)
    if fixing:
        note_fixation(step * unit, process.roles, process.wholes, amounts, counts, numbers)
    births = process.rule.code == BIRTH_DEATH
    if births:
        fill_tree(process.rule, net, nodes, work.table, work.strategy, work.status)
    earned = mean  # payoff at the start of the generation, which stands for all of it in the average
    reason = work.status[REASON]
    if reason == COMPLETED and plan.until == ABSORBED and counts[FIXED] >= 0:
        reason = ABSORBED
    while step < steps and reason == COMPLETED:
        due = next_record(plan, per_generation, counts)
        boundary = min(min(steps, due), next_boundary(process, step, per_generation, work.events))
        boundary = min(boundary, local_boundary(regions.due, step, per_generation))
        if keeping:
            boundary = min(boundary, next_look(plan, step, per_generation))
        if plan.averages or bonds.growing:
            boundary = min(boundary, (step // per_generation + 1) * per_generation)
        if step < burnt:
            boundary = min(boundary, burnt)
        elif step == burnt or step % per_generation == 0:
            earned = survey(net, nodes, amounts, work.table, work.strategy, work.status)
        if sequential:
            reached = walk(
                process, net, bonds, nodes, plan, flag, step, boundary, unit, burnt, rng, amounts, mix, since, tipped, work, means,
                counts, numbers,
            )  # fmt: skip
        elif len(nodes.sheets) > 0 and work.status[BROKEN] == 0:
            reached = sweep(
                process, net, nodes, plan, flag, step, boundary, unit, burnt, amounts, since, tipped, work, means, counts,
                numbers,
            )  # fmt: skip
            look_around(net, nodes.strategies, nodes.around)
            tell_shares(process, amounts, count, work)
        else:
            reached = together(process, net, nodes, step, burnt, rng, amounts, work, means, counts)
            tell_shares(process, amounts, count, work)
            if process.game.reads_mix:
                fill_table(process.game, work)
            watch(plan, reached * unit, process.roles, process.wholes, amounts, since, tipped)
            if fixing:
                note_fixation(reached * unit, process.roles, process.wholes, amounts, counts, numbers)
        if step >= burnt:
            add_environment(float(reached - step), len(amounts), environment, means)
            numbers[MEAN] += earned * (reached - step)
        step = reached
        reason = work.status[REASON]
        if reason == COMPLETED and process.eventful:
            move(process, net, regions, nodes, step, per_generation, unit, weather, amounts, mix, work)
            reason = work.status[REASON]
            if births:
                fill_tree(process.rule, net, nodes, work.table, work.strategy, work.status)
        if bonds.growing and step % per_generation == 0:
            grow(bonds, net, nodes)
        if len(net.plays.weights) > 0 and (len(regions.due) == 0 or step % per_generation == 0):
            look_around(net, nodes.strategies, nodes.around)  # sums of weights must not drift
            if bonds.kind != LASTING:
                for i in range(count):
                    weigh(net, nodes, i)
        if keeping and reason == COMPLETED and step < steps:
            mean = survey(net, nodes, amounts, work.table, work.strategy, work.status)
            if pauses(process, plan, row, step * unit, amounts, mix, mean, work, recording):
                return
        if step >= due:
            mean = survey(net, nodes, amounts, work.table, work.strategy, work.status)
            while next_record(plan, per_generation, counts) <= step:
                record(row, amounts, mix, mean, environment, net, nodes, work, recording)
        if reason == COMPLETED and plan.until == ABSORBED and fixing and counts[FIXED] >= 0:
            reason = ABSORBED
        if flag[0] != 0:
            reason = INTERRUPTED
    survey(net, nodes, amounts, work.table, work.strategy, work.status)
    for s in range(len(amounts)):
        mix[s] = amounts[s] / count
    pay(plan, row, step * unit, work, recording)
    work.status[REASON] = reason
    close_watches(plan, step * unit, reason == ABSORBED, since, tipped)
    close_averages(float(step - burnt), means, numbers)
    counts[NOMINAL] = step
    keep_final(row, step * unit, mix, environment, work.strategy, work.status, recording)
    keep_nodes(row, recording.nodes.shape[1] - 1, net, nodes, work.table, work.strategy, work.status, recording)
    if recording.ties.shape[1] > 0:
        keep_ties(row, net, recording)


@inner
def count_nodes(strategies, amounts):
    """How many nodes play each strategy."""
    for s in range(len(amounts)):
        amounts[s] = 0.0
    for i in range(len(strategies)):
        amounts[strategies[i]] += 1.0


@apart
def pauses(process, plan, row, t, amounts, mix, mean, work, recording):
    """Keep the ledger; whether the run pauses."""
    for s in range(len(amounts)):
        mix[s] = amounts[s] / process.wholes[0]
    return consult(process, plan, row, t, mix, mean, work, recording)


@apart
def record(row, amounts, mix, mean, environment, net, nodes, work, recording):
    """Append the present state."""
    for s in range(len(amounts)):
        mix[s] = amounts[s] / len(nodes.strategies)
    place = recording.counts[row, RECORDED]
    keep_record(row, mix, mean, environment, recording)
    if place < recording.nodes.shape[1] - 1:
        keep_nodes(row, place, net, nodes, work.table, work.strategy, work.status, recording)


@apart
def move(process, net, regions, nodes, step, per_generation, unit, weather, amounts, mix, work):
    """After a step: what is due of the environment, then the payoffs."""
    t = step * unit
    generation = step % per_generation == 0
    if len(process.laws.moved) > 0 and (generation or process.stepwise):
        mean = survey(net, nodes, amounts, work.table, work.strategy, work.status)
        for s in range(len(amounts)):
            mix[s] = amounts[s] / len(nodes.strategies)
        advance_feedback(process, generation, unit, mix, mean, work)
    cross(process.laws, unit, t + 1e-3 * unit, weather, work.events)
    if process.stepwise:
        step_chains(process.laws, weather, work.events)
        evaluate(process, t, np.int64(STEPWISE), np.bool_(False), work)
    shared = generation or process.stepwise or has_jumped(process.laws, work.events)
    cross_regions(
        regions,
        net.direct,
        net.plays.starts,
        net.plays.stops,
        unit,
        t,
        t + 1e-3 * unit,
        generation,
        weather,
        work.events,
    )
    evaluate(process, t, np.int64(ALL if generation else EVENTFUL), np.bool_(False), work)
    tell_shares(process, amounts, len(nodes.strategies), work)
    if process.game.moves:
        fill_table(process.game, work)
    if shared:
        give_anew(net.direct, net.plays.starts, net.plays.stops, np.int64(-1))
