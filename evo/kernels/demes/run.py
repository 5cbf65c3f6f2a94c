"""One run of a population in groups: as kernels/stepped.py, with counts per group."""

import numpy as np

from evo.codes import (
    ABSORBED,
    ALL,
    COMPLETED,
    ENVIRONMENT_STREAM,
    EVENTFUL,
    INTERRUPTED,
    SEQUENTIAL,
    STEPWISE,
    STRATEGY_STREAM,
)
from evo.kernels._cache import apart, entry, inner
from evo.kernels.arrays import EFFECTIVE, FIXED, NOMINAL, REASON, RECORDED
from evo.kernels.demes.advance import advance_groups, seen
from evo.kernels.demes.arrays import CHANGES
from evo.kernels.demes.begin import deal
from evo.kernels.demes.pay import meet_all, renew
from evo.kernels.demes.together import all_at_once
from evo.kernels.demes.units import begin_units
from evo.kernels.environment import begin_environment, cross, evaluate, step_chains
from evo.kernels.feedback import advance_feedback
from evo.kernels.ledger import consult, kept, open_ledger, pay
from evo.kernels.observe import (
    add_environment,
    begin_watches,
    close_averages,
    close_watches,
    keep_final,
    keep_record,
)
from evo.kernels.payoffs import begin_table, fill_table
from evo.kernels.program import prepare
from evo.kernels.random import seed_stream
from evo.kernels.start import begin_replicate
from evo.kernels.stepped import next_boundary, next_look, next_record


@entry
def run_groups(process, demes, plan, key, point, first, start, stop, stride, flag, work, groups, recording):
    """Run a population in groups to plan.generations, or until it is absorbed, for each of the rows start, start+stride,
    ... of the recording: replicates first+row. A flag other than 0 stops it."""
    for row in range(start, stop, stride):
        take_turns(process, demes, plan, key, point, first + row, row, flag, work, groups, recording)


@apart
def take_turns(process, demes, plan, key, point, number, replicate, flag, work, groups, recording):
    """One replicate of `run_groups`, as far as its end or its next pause. `amounts` are the counts of all groups together."""
    rng, weather, since = work.streams[0], work.streams[1], work.since
    amounts, mix = work.shares[0], work.shares[1]
    if plan.resume < 0.0:
        begin_replicate(process, plan, key, point, number, rng, work, mix)
        deal(process, demes, plan, key, point, number, rng, mix, amounts, groups)
        seed_stream(key, np.uint64(number), point, np.uint64(STRATEGY_STREAM), rng)
        seed_stream(key, np.uint64(number), point, np.uint64(ENVIRONMENT_STREAM), weather)
    else:
        count_all(groups.counts, amounts)
    sequential = process.rule.pace == SEQUENTIAL
    per_generation = process.meeting.whole if sequential else 1
    unit = 1.0 / per_generation
    steps = int(round(plan.generations * per_generation))
    burnt = int(round(plan.burn_in * per_generation)) if plan.averages else steps + 1
    environment = work.scalars[process.environment : process.mix]
    means, numbers, counts = recording.means[replicate], recording.numbers[replicate], recording.counts[replicate]
    tipped = recording.tipped[replicate]
    step = np.int64(0)  # a plain 0 would be a type of its own and compile everything twice
    if plan.resume < 0.0:
        begin_watches(since)
        begin_environment(process.laws, unit, weather, work)
    else:
        step = np.int64(round(plan.resume * per_generation))
        prepare(
            process.laws.feedback, work.scalars, work.feedback_registers, work.feedback_registers, work.feedback_stack
        )
    evaluate(process, step * unit, np.int64(ALL), np.bool_(False), work)
    for i in range(len(amounts)):
        work.scalars[process.mix + i] = amounts[i] / groups.everybody[0]
    begin_table(process.game, process.meeting, work)
    if plan.resume < 0.0:
        begin_units(process, demes, work, groups, rng)
    else:
        prepare(demes.fitness, work.scalars, groups.registers, groups.registers, groups.stack)
    for group in range(len(groups.fresh)):
        groups.fresh[group] = -1
        groups.fitted[group] = -1
        groups.paid[group] = 0.0
    for place in range(len(groups.marks)):
        groups.marks[place] = 0
    for place in range(len(groups.tree)):
        groups.tree[place] = 0.0
    renew(process, demes, work, groups)
    mean = meet_all(process, demes, amounts, mix, work, groups)
    keeping = kept(plan)
    open_ledger(plan, step * unit, work)
    if keeping and consult(process, plan, replicate, step * unit, mix, mean, work, recording):
        return
    while next_record(plan, per_generation, counts) <= step:
        keep_groups(replicate, counts[RECORDED], groups.counts, recording)
        keep_record(replicate, mix, mean, environment, recording)
    seen(process.rule, process.roles, plan, step * unit, amounts, groups.everybody, since, tipped, counts, numbers)
    reason = work.status[REASON]
    if reason == COMPLETED and plan.until == ABSORBED and counts[FIXED] >= 0:
        reason = ABSORBED
    while step < steps and reason == COMPLETED:
        due = next_record(plan, per_generation, counts)
        boundary = min(min(steps, due), next_boundary(process, step, per_generation, work.events))
        if step < burnt:
            boundary = min(boundary, burnt)
        if keeping:
            boundary = min(boundary, next_look(plan, step, per_generation))
        if sequential:
            reached = advance_groups(
                process, demes, plan, flag, step, boundary, unit, burnt, rng, amounts, mix, since, tipped, work, groups,
                means, numbers, counts,
            )  # fmt: skip
        else:
            reached = all_at_once(
                process,
                demes,
                plan,
                step,
                burnt,
                rng,
                amounts,
                mix,
                since,
                tipped,
                work,
                groups,
                means,
                numbers,
                counts,
            )
            counts[EFFECTIVE] += groups.marks[CHANGES]
            groups.marks[CHANGES] = 0
        if step >= burnt:
            add_environment(float(reached - step), len(amounts), environment, means)
        step = reached
        reason = work.status[REASON]
        if reason == COMPLETED and process.eventful:
            move_environment(process, demes, step, per_generation, unit, weather, amounts, mix, work, groups)
            reason = work.status[REASON]
        if keeping and reason == COMPLETED and step < steps:
            mean = meet_all(process, demes, amounts, mix, work, groups)
            if consult(process, plan, replicate, step * unit, mix, mean, work, recording):
                return
        if step >= due:
            mean = meet_all(process, demes, amounts, mix, work, groups)
            while next_record(plan, per_generation, counts) <= step:
                keep_groups(replicate, counts[RECORDED], groups.counts, recording)
                keep_record(replicate, mix, mean, environment, recording)
        if reason == COMPLETED and plan.until == ABSORBED and counts[FIXED] >= 0:
            reason = ABSORBED
        if flag[0] != 0:
            reason = INTERRUPTED
    meet_all(process, demes, amounts, mix, work, groups)
    pay(plan, replicate, step * unit, work, recording)
    work.status[REASON] = reason
    close_watches(plan, step * unit, reason == ABSORBED, since, tipped)
    close_averages(float(step - burnt), means, numbers)
    counts[NOMINAL] = step
    keep_final(replicate, step * unit, mix, environment, work.strategy, work.status, recording)


@inner
def count_all(counts, amounts):
    """How many individuals of all groups together play each strategy."""
    for i in range(len(amounts)):
        amounts[i] = 0.0
        for group in range(counts.shape[0]):
            amounts[i] += counts[group, i]


@inner
def keep_groups(replicate, place, counts, recording):
    """The counts of every group, where they are asked for."""
    if place < recording.groups.shape[1]:
        for group in range(counts.shape[0]):
            for i in range(counts.shape[1]):
                recording.groups[replicate, place, group, i] = counts[group, i]


@apart
def move_environment(process, demes, step, per_generation, unit, weather, amounts, mix, work, groups):
    """After a step: what is due of the environment, then the table, and with it the payoffs of all groups."""
    t = step * unit
    generation = step % per_generation == 0
    if len(process.laws.moved) > 0 and (generation or process.stepwise):
        mean = meet_all(process, demes, amounts, mix, work, groups)
        advance_feedback(process, generation, unit, mix, mean, work)
    cross(process.laws, unit, t + 1e-3 * unit, weather, work.events)
    if process.stepwise:
        step_chains(process.laws, weather, work.events)
        evaluate(process, t, np.int64(STEPWISE), np.bool_(False), work)
    evaluate(process, t, np.int64(ALL if generation else EVENTFUL), np.bool_(False), work)
    if process.game.moves:
        fill_table(process.game, work)
        renew(process, demes, work, groups)
