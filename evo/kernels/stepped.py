"""One run of a process that moves in steps: a finite well-mixed population as counts, a map, or a mix with noise.

Events come one by one (kernels/events.py), or all individuals, or the whole mix, move at once (kernels/together.py). The
environment moves after the step: once a generation (or step), and at the exact times of its events.
"""

import math

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
from evo.kernels._cache import apart, entry, inline, inner
from evo.kernels.arrays import BROKEN, FIXED, NOMINAL, REASON, RECORDED
from evo.kernels.encounter import meet, share_out
from evo.kernels.environment import begin_environment, cross, evaluate, next_event, step_chains
from evo.kernels.events import advance, mingle
from evo.kernels.feedback import advance_feedback
from evo.kernels.innovation import innovates
from evo.kernels.ledger import consult, kept, open_ledger, pay
from evo.kernels.meetings import by_meetings, compare_pairs
from evo.kernels.observe import (
    add_environment,
    begin_watches,
    close_averages,
    close_watches,
    keep_final,
    keep_record,
    note_fixation,
    watch,
    whole_of,
)
from evo.kernels.payoffs import begin_table, fill_table, mean_payoff
from evo.kernels.program import prepare
from evo.kernels.random import seed_stream
from evo.kernels.start import begin_replicate, whole_counts
from evo.kernels.three import advance_three, by_threes
from evo.kernels.together import step_together
from evo.kernels.two import EARNED, LEAVES, remember, wander

GENERAL, TWO, THREE, MIXED, MEETINGS = 0, 1, 2, 3, 4  # ways to carry out events one by one


@entry
def run_steps(process, plan, key, point, first, start, stop, stride, flag, work, recording):
    """Run a stepped process to plan.generations, or until it is absorbed, for each of the rows start, start+stride, ...
    of the recording: replicates first+row. A flag other than 0 stops it."""
    for row in range(start, stop, stride):
        take_steps(process, plan, key, point, first + row, row, flag, work, recording)


@apart
def take_steps(process, plan, key, point, number, replicate, flag, work, recording):
    """One replicate of `run_steps`, as far as its end or its next pause. `amounts` are counts, or shares for the map; `rng`
    draws the strategies' events, `weather` those of the environment."""
    rng, weather, drawn, since = work.streams[0], work.streams[1], work.drawn, work.since
    amounts, mix = work.shares[0], work.shares[1]
    strategies = len(amounts)
    if plan.resume < 0.0:
        begin_replicate(process, plan, key, point, number, rng, work, mix)
        seed_stream(key, np.uint64(number), point, np.uint64(STRATEGY_STREAM), rng)
        seed_stream(key, np.uint64(number), point, np.uint64(ENVIRONMENT_STREAM), weather)
        if process.meeting.whole > 0:
            whole_counts(process.roles, process.sizes, mix, amounts)
        else:
            for i in range(strategies):
                amounts[i] = mix[i]
                work.states[0, i] = math.log(mix[i]) if mix[i] > 0.0 else -math.inf  # for what is carried as logarithms
    sequential = process.rule.pace == SEQUENTIAL
    per_generation = process.meeting.whole if sequential else int(round(1.0 / process.rule.step))
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
    for i in range(strategies):
        work.scalars[process.mix + i] = amounts[i] / whole_of(process.roles, process.wholes, i)
    begin_table(process.game, process.meeting, work)
    mean = meet(process, amounts, mix, work)
    open_ledger(plan, step * unit, work)
    if kept(plan) and consult(process, plan, replicate, step * unit, mix, mean, work, recording):
        return
    due = next_record(plan, per_generation, counts)
    while due <= step:
        keep_record(replicate, mix, mean, environment, recording)
        due = next_record(plan, per_generation, counts)
    watch(plan, step * unit, process.roles, process.wholes, amounts, since, tipped)
    fixing = process.rule.mutation == 0.0 and not innovates(process.rule) and process.sizes[0] < math.inf
    if fixing:
        note_fixation(step * unit, process.roles, process.wholes, amounts, counts, numbers)
    pending = np.int64(0)  # left of the waiting time that was under way at the last boundary
    reason = work.status[REASON]
    if reason == COMPLETED and plan.until == ABSORBED and counts[FIXED] >= 0:
        reason = ABSORBED
    never = np.int64(1) << 62
    way = way_of(process, work) if sequential else GENERAL
    if way == TWO:
        remember(process, amounts, mix, work)
    while step < steps and reason == COMPLETED:
        turn = next_boundary(process, step, per_generation, work.events) if process.eventful else never
        boundary = min(min(steps, due), turn)
        if step < burnt:
            boundary = min(boundary, burnt)
        if kept(plan):
            boundary = min(boundary, next_look(plan, step, per_generation))
        if not sequential:
            meet(process, amounts, mix, work)
            reached = step_together(
                process, plan, flag, step, boundary, unit, burnt, rng, amounts, mix, drawn, since, tipped, work,
                means, numbers, counts,
            )  # fmt: skip
        elif way == TWO:
            reached, pending = wander(
                work.memo, plan, process.roles, process.wholes, fixing, flag, step, pending, boundary, unit, burnt, rng,
                amounts, since, tipped, means, numbers, counts,
            )  # fmt: skip
            if work.memo[int(amounts[0]), LEAVES] < 0.0:
                remember(process, amounts, mix, work)
        elif way == THREE:
            reached, pending = advance_three(
                process.rule, process.meeting, process.to, process.roles, process.wholes, plan, fixing, flag, step, pending,
                boundary, unit, burnt, rng, amounts, since, tipped, work.table, work.status, work.strategy, means, numbers,
                counts,
            )  # fmt: skip
        elif way == MIXED:
            reached, pending = mingle(
                process, plan, flag, step, pending, boundary, unit, burnt, rng, amounts, mix, since, tipped, work,
                means, numbers, counts,
            )  # fmt: skip
        elif way == MEETINGS:
            reached, pending = compare_pairs(
                process.rule, process.meeting, process.to, process.roles, process.wholes, plan, flag, step, pending,
                boundary, unit, burnt, rng, amounts, since, tipped, work.table, work.status, work.strategy, means, numbers,
                counts,
            )  # fmt: skip
        else:
            reached, pending = advance(
                process.rule, process.meeting, process.game.prefix, process.to, process.roles, process.wholes, plan, flag,
                step, pending, boundary, unit, burnt, rng, amounts, since, tipped, work.table, work.factors, work.status,
                work.strategy, work.chances, work.rates, means, numbers, counts,
            )  # fmt: skip
        if reached >= turn:
            pending = np.int64(0)  # the rates have moved: wait anew. A record alone changes nothing of what is drawn
        if step >= burnt:
            add_environment(float(reached - step), strategies, environment, means)
        step = reached
        reason = work.status[REASON]
        if process.eventful and reason == COMPLETED:
            move_environment(process, step, per_generation, unit, weather, amounts, mix, work)
            if sequential:
                meet(process, amounts, mix, work)
                way = way_of(process, work)
            reason = work.status[REASON]
        if kept(plan) and reason == COMPLETED and step < steps:
            mean = meet(process, amounts, mix, work)
            if consult(process, plan, replicate, step * unit, mix, mean, work, recording):
                return
        if step >= due:
            if way == TWO and work.memo[int(amounts[0]), LEAVES] >= 0.0:
                share_out(process.roles, process.wholes, amounts, mix)
                mean = work.memo[int(amounts[0]), EARNED]
            elif sequential:  # payoffs are up to date
                share_out(process.roles, process.wholes, amounts, mix)
                mean = mean_payoff(amounts, work.strategy)
            else:
                mean = meet(process, amounts, mix, work)
            while due <= step:
                keep_record(replicate, mix, mean, environment, recording)
                due = next_record(plan, per_generation, counts)
        if reason == COMPLETED and plan.until == ABSORBED and counts[FIXED] >= 0:
            reason = ABSORBED
        if flag[0] != 0:
            reason = INTERRUPTED
    meet(process, amounts, mix, work)
    pay(plan, replicate, step * unit, work, recording)
    work.status[REASON] = reason
    close_watches(plan, step * unit, reason == ABSORBED, since, tipped)
    close_averages(float(step - burnt), means, numbers)
    counts[NOMINAL] = step
    keep_final(replicate, step * unit, mix, environment, work.strategy, work.status, recording)


@inline
def next_look(plan, step, per_generation):
    """The step at which the ledger is consulted next: once a generation, and where the run pauses."""
    look = (step // per_generation + 1) * per_generation
    if plan.pause < math.inf:
        look = min(look, max(step + 1, int(math.ceil(plan.pause * per_generation - 1e-6))))
    return look


@inner
def way_of(process, work):
    """Which kernel carries out the events one by one, all of them by the same rates."""
    if len(work.memo) > 0:
        return TWO
    if process.game.reads_mix or process.meeting.sampled:
        return MIXED
    if by_threes(process, work.status[BROKEN]):
        return THREE
    return MEETINGS if by_meetings(process, work.status[BROKEN]) else GENERAL


@inline
def next_record(plan, per_generation, counts):
    """The step whose state is the next record: the last one at its time. Beyond all steps where all are kept."""
    if counts[RECORDED] >= plan.records:
        return np.int64(1) << 62
    return int(math.floor(plan.record_every * counts[RECORDED] * per_generation + 1e-6))


@inner
def next_boundary(process, step, per_generation, events):
    """The step after which the environment moves next."""
    if process.stepwise:
        return step + 1
    boundary = np.int64(1) << 62
    if process.eventful:
        boundary = (step // per_generation + 1) * per_generation
        event = next_event(events)
        if event < math.inf:
            boundary = min(boundary, max(step + 1, int(math.ceil(min(event * per_generation - 1e-3, 4e18)))))
    return boundary


@apart
def move_environment(process, step, per_generation, unit, weather, amounts, mix, work):
    """After a step: what is due of the environment, then the table."""
    t = step * unit
    generation = step % per_generation == 0
    if len(process.laws.moved) > 0 and (generation or process.stepwise):
        mean = meet(process, amounts, mix, work)
        advance_feedback(process, generation, unit, mix, mean, work)
    cross(process.laws, unit, t + 1e-3 * unit, weather, work.events)
    if process.stepwise:
        step_chains(process.laws, weather, work.events)
        evaluate(process, t, np.int64(STEPWISE), np.bool_(False), work)
    evaluate(process, t, np.int64(ALL if generation else EVENTFUL), np.bool_(False), work)
    if process.game.moves:
        fill_table(process.game, work)
