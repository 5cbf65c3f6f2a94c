"""One run of an infinite population: mix and feedback environment integrated together, landing on every event."""

import math

import numpy as np

from evo.codes import (
    ALL,
    COMPLETED,
    CONVERGED,
    CYCLING,
    ENVIRONMENT_STREAM,
    IMITATE_BEST,
    INTERRUPTED,
    NONFINITE_STATE,
    OFF_SIMPLEX,
    PROJECTION,
    SLIDING,
    STEP_TOO_SMALL,
)
from evo.kernels._cache import apart, entry, inner
from evo.kernels.arrays import EFFECTIVE, NOMINAL, PAYOFF, PERIOD, REASON, RECORDED, RESTING, VALUE
from evo.kernels.cycles import AMPLITUDE, begin_cycle, leader, passage, period_found, widen, widest
from evo.kernels.environment import begin_environment, cross, evaluate, next_event
from evo.kernels.faces import FORMER, MARGINS, first_event, take_up
from evo.kernels.field import imitates_only, jumps, read_mix, settle, still, write_mix
from evo.kernels.halts import BARELY, next_pause, pay_over, set_down
from evo.kernels.integrator import between, dense_output, fill_stages, next_size, scaled_error
from evo.kernels.ledger import consult, kept, look, open_ledger, pause
from evo.kernels.observe import (
    add_average,
    add_environment,
    begin_watches,
    close_averages,
    close_watches,
    keep_final,
    keep_record,
    watch,
    watch_one,
)
from evo.kernels.payoffs import begin_table, mean_payoff
from evo.kernels.program import prepare
from evo.kernels.random import seed_stream
from evo.kernels.start import begin_replicate
from evo.kernels.tableau import AT_END, EXTRA, INSIDE, STAGES, WITHIN

LOCAL = 0.1  # error allowed per step, as a part of the tolerance promised for the whole run
KINKED = 0.1  # of it, where the field jumps and errors are told less well
FINEST = 1e-11  # error of a step there that rounding allows to be asked for
SMALLEST = 1e-13  # step, relative to the time
FAR = 0.03  # of a sum of shares from 1, which no tolerance explains
SHORTEST = 1 / 64  # of a run: the longest step where something moves with time
SMALL, MANY = 1e-5, 200  # so many steps in a row below this size, in generations, are a slide along a jump of the field
NEAR = 1e-3  # of the tolerance: how near to a jump, in generations, a step ends before it passes
EQUAL = 1e-4  # payoffs that differ by less are equal on such a slide


@entry
def run_flow(process, plan, key, point, first, start, stop, stride, flag, work, recording):
    """Run an infinite population to plan.generations, or until it converges or cycles, for each of the rows start,
    start+stride, ... of the recording: replicates first+row. A flag other than 0 stops it."""
    for row in range(start, stop, stride):
        integrate(process, plan, key, point, first + row, row, flag, work, recording)


@apart
def integrate(process, plan, key, point, number, replicate, flag, work, recording):
    """One replicate of `run_flow`, as far as its end or its next pause.

    The step into which a pause falls is taken as without it, for the records before the pause, then anew as far as that.
    """
    rng, since, turn = work.streams[1], work.since, work.turn
    state, trial, middle = work.states[0], work.states[1], work.states[2]
    stages, dense, shares = work.stages, work.dense, work.shares
    strategies, size = shares.shape[1], len(state)
    mix, before, sought, section, low, high = shares[0], shares[1], shares[2], shares[3], shares[4], shares[5]
    margins = shares[MARGINS:FORMER]
    if plan.resume < 0.0:
        begin_replicate(process, plan, key, point, number, rng, work, mix)
        seed_stream(key, np.uint64(number), point, np.uint64(ENVIRONMENT_STREAM), rng)
    environment = work.scalars[process.environment : process.mix]
    counts = recording.counts[replicate]
    means, numbers, tipped = recording.means[replicate], recording.numbers[replicate], recording.tipped[replicate]
    logarithmic = imitates_only(process.rule, process.meeting)
    moving, jumping = not still(process), jumps(process.rule)
    roles, slides = process.roles, 0
    projecting = process.rule.code == PROJECTION
    clamped = projecting or jumping  # a share may run into 0, or leave it at full speed
    allowed = LOCAL * plan.tolerance
    if jumping:
        allowed = max(KINKED * allowed, FINEST)
    least = -math.inf if logarithmic or projecting else -allowed if jumping else 0.0  # a share that a step may end with
    t = max(plan.resume, 0.0)
    if plan.resume < 0.0:
        begin_watches(since)
        begin_environment(process.laws, 0.0, rng, work)
        write_mix(mix, logarithmic, state)
    else:
        prepare(
            process.laws.feedback, work.scalars, work.feedback_registers, work.feedback_registers, work.feedback_stack
        )
        if not logarithmic:
            write_mix(mix, logarithmic, state)
    begin_cycle(plan.generations, mix, turn, low, high)
    evaluate(process, t, np.int64(ALL), np.bool_(True), work)
    for place in range(len(process.laws.moved)):
        state[strategies + place] = work.events[VALUE, process.laws.moved[place]]
    for i in range(strategies):
        work.scalars[process.mix + i] = mix[i]
    begin_table(process.game, process.meeting, work)
    take_up(process, t, logarithmic, state, mix, work, stages[0])
    mean = mean_payoff(mix, work.strategy)
    keeping, halt = kept(plan), math.inf
    open_ledger(plan, t, work)
    if keeping and consult(process, plan, replicate, t, mix, mean, work, recording):
        set_down(process, logarithmic, state, mix, work)
        return
    if plan.resume < 0.0:
        keep_record(replicate, mix, mean, environment, recording)
    else:
        follow(
            process, plan, replicate, t, 0.0, math.inf, True, logarithmic, state, dense, middle, sought, work, recording
        )  # fmt: skip
    watch(plan, t, roles, process.wholes, mix, since, tipped)
    longest = min(process.longest, SHORTEST * plan.generations) if process.eventful else plan.generations
    h = min(longest, 0.01 / (1e-3 + largest(stages[0])))
    whole = 0.0  # a step that was cut at an event
    leading = lead(roles, mix, process.rule.code == IMITATE_BEST, work.strategy) if jumping else 0
    reason = work.status[REASON]
    duration = max(t - plan.burn_in, 0.0) if plan.averages else 0.0
    while t < plan.generations and reason == COMPLETED:
        event = next_event(work.events)
        target = min(event, plan.generations)
        if t < plan.burn_in:
            target = min(target, plan.burn_in)
        while t < target and reason == COMPLETED:
            h = min(h, longest)
            shortest = SMALLEST * max(1.0, t)
            last = t + (1.01 if whole == 0.0 else 1.0) * h >= target
            step = target - t if last else h
            overwrite(mix, before)
            fill_stages(1, STAGES + 1, process, t, step, moving, logarithmic, state, stages, mix, work, trial)
            error = scaled_error(strategies, step, logarithmic, clamped, least, allowed, state, trial, stages)
            trouble = work.status[REASON]
            ahead = lead(roles, mix, process.rule.code == IMITATE_BEST, work.strategy) if jumping else 0
            if ahead != leading and step > NEAR * plan.tolerance and error <= 1.0 and trouble == 0:
                h = 0.5 * step  # the field jumps within the step: close in on where
                overwrite(before, mix)
                counts[EFFECTIVE] += 1
                continue
            if trouble != 0 or error > 1.0:
                counts[EFFECTIVE] += 1
                overwrite(before, mix)
                h = next_size(step, math.inf if trouble != 0 else error)
                work.status[REASON] = 0
                if h < shortest:
                    reason = trouble if trouble != 0 else STEP_TOO_SMALL
                if flag[0] != 0:
                    reason = INTERRUPTED
                continue
            after = target if last else t + step
            end_mean = mean_payoff(mix, work.strategy) if plan.averages else 0.0
            if keeping or projecting:
                fill_stages(
                    STAGES + 1, STAGES + 1 + EXTRA, process, t, step, moving, logarithmic, state,
                    stages, sought, work, middle,
                )  # fmt: skip
                dense_output(step, state, trial, stages, dense)
            if projecting and step > shortest:
                theta = first_event(process, t, step, state, dense, middle, sought, margins, work)
                if (1.0 - theta) * step > shortest:
                    counts[EFFECTIVE] += 1
                    overwrite(before, mix)
                    whole = max(whole, step)
                    h = max(theta * step, shortest)
                    continue
            if keeping:
                if halt == math.inf:
                    halt = next_pause(process, plan, t, step, after, logarithmic, state, dense, middle, sought, work)
                    if halt >= plan.generations:
                        halt = math.inf  # at the end nothing more is done
                    target = min(target, halt)
                    if halt < after:
                        follow(
                            process, plan, replicate, t, step, halt, False, logarithmic, state, dense, middle, sought, work,
                            recording,
                        )  # fmt: skip
                        overwrite(before, mix)
                        h = halt - t
                        continue
                pay_over(process, plan, replicate, t, step, logarithmic, state, dense, middle, sought, work, recording)
                settle(process, after, logarithmic, trial, sought, work)
            leading = ahead
            counts[NOMINAL] += 1
            if plan.cycles:
                widen(mix, low, high)
            passed = plan.cycles and leader(before) != leader(mix) and widest(low, high) > AMPLITUDE
            due = counts[RECORDED] < plan.records and after >= plan.record_every * counts[RECORDED] - 1e-9
            averaging = plan.averages and t >= plan.burn_in
            if averaging:
                add_average(AT_END * step, before, mean, means, numbers)
                add_average(AT_END * step, mix, end_mean, means, numbers)
                add_environment(AT_END * step, strategies, environment, means)
            if not (keeping or projecting) and (passed or due or averaging or len(since) > 0):
                fill_stages(
                    STAGES + 1, STAGES + 1 + EXTRA, process, t, step, moving, logarithmic, state,
                    stages, sought, work, middle,
                )  # fmt: skip
                dense_output(step, state, trial, stages, dense)
            if averaging:
                average_within(process, t, step, logarithmic, state, dense, middle, sought, work, means, numbers)
                duration += step
            if due:
                follow(
                    process,
                    plan,
                    replicate,
                    t,
                    step,
                    math.inf,
                    after < min(event, halt),
                    logarithmic,
                    state,
                    dense,
                    middle,
                    sought,
                    work,
                    recording,
                )
            if len(since) > 0:
                seek(plan, roles, t, step, before, mix, logarithmic, state, dense, middle, sought, since, tipped)
            if passed:
                theta = when_lead_passed(roles, before, mix, logarithmic, state, dense, middle, sought)
                passage(plan.generations, t + theta * step, leader(mix), sought, turn, section, low, high)
            mean = end_mean
            if not normalise(roles, logarithmic, mix, trial):
                reason = OFF_SIMPLEX
            for i in range(size):
                state[i] = trial[i]
                stages[0, i] = stages[STAGES, i]
                if not (math.isfinite(stages[STAGES, i]) and (math.isfinite(state[i]) or state[i] == -math.inf)):
                    reason = NONFINITE_STATE
            t = after
            h = max(next_size(step, error), h if last else 0.0)
            if projecting and take_up(process, t, logarithmic, state, mix, work, stages[0]):
                h = max(h, whole)
            whole = 0.0
            if reason == COMPLETED:
                reason = early_end(plan, logarithmic, strategies, mix, stages[0], turn)
            if jumping:
                slides = slides + 1 if step < SMALL and not last else 0
                if slides > MANY and reason == COMPLETED:
                    slides = 0
                    if moving or not at_tie(roles, mix, work.strategy):
                        reason = SLIDING
                    else:
                        work.status[RESTING] = 1
                        for i in range(size):
                            stages[0, i] = 0.0
            if flag[0] != 0:
                reason = INTERRUPTED
        if t >= event and reason == COMPLETED:
            for place in range(len(process.laws.moved)):
                work.events[VALUE, process.laws.moved[place]] = state[strategies + place]
            cross(process.laws, 0.0, t, rng, work.events)
            for place in range(len(process.laws.moved)):
                state[strategies + place] = work.events[VALUE, process.laws.moved[place]]
            take_up(process, t, logarithmic, state, mix, work, stages[0])
            mean = mean_payoff(mix, work.strategy)
            reason = work.status[REASON]
            if t < halt:
                follow(
                    process, plan, replicate, t, 0.0, math.inf, t >= event, logarithmic, state, dense, middle, sought, work,
                    recording,
                )  # fmt: skip
        if t >= halt and reason == COMPLETED and t < plan.generations:
            mean = settle(process, t, logarithmic, state, mix, work)
            look(process, plan, t, mix, mean, work)
            pause(t, replicate, work, recording)
            set_down(process, logarithmic, state, mix, work)
            return
    settle(process, t, logarithmic, state, mix, work)
    work.status[REASON] = reason
    numbers[PERIOD] = period_found(turn)
    close_watches(plan, t, reason == CONVERGED, since, tipped)
    close_averages(duration, means, numbers)
    keep_final(replicate, t, mix, environment, work.strategy, work.status, recording)


@inner
def overwrite(source, target):
    for i in range(len(target)):
        target[i] = source[i]


@inner
def largest(values):
    most = 0.0
    for value in values:
        most = max(most, abs(value))
    return most


@inner
def lead(roles, mix, present, strategy):
    """Who earns most in each role, of all or of those `present`, as one number."""
    found = 0
    for role in range(len(roles) - 1):
        best, most = roles[role], -math.inf
        for i in range(roles[role], roles[role + 1]):
            if strategy[PAYOFF, i] > most and (mix[i] > 0.0 or not present):
                best, most = i, strategy[PAYOFF, i]
        found = found * len(mix) + best
    return found


@inner
def at_tie(roles, mix, strategy):
    """Whether all strategies in use earn the same, the most of their role: a rest point of the differential inclusion."""
    for role in range(len(roles) - 1):
        best = -math.inf
        for i in range(roles[role], roles[role + 1]):
            best = max(best, strategy[PAYOFF, i])
        for i in range(roles[role], roles[role + 1]):
            if mix[i] > EQUAL and strategy[PAYOFF, i] < best - EQUAL * (1.0 + abs(best)):
                return False
    return True


@inner
def normalise(roles, logarithmic, mix, state):
    """Take the rounding out of the sums of shares; False where it is more than rounding."""
    sound = True
    for role in range(len(roles) - 1):
        total = 0.0
        for i in range(roles[role], roles[role + 1]):
            if not logarithmic:
                state[i] = max(state[i], 0.0)
            total += math.exp(state[i]) if logarithmic else state[i]
        shift = math.log(total)
        for i in range(roles[role], roles[role + 1]):
            if logarithmic:
                state[i] -= shift
            else:
                state[i] /= total
                mix[i] = state[i]
        sound = sound and abs(total - 1.0) < FAR
    return sound


@apart
def average_within(process, t, step, logarithmic, state, dense, middle, shares, work, means, numbers):
    """The inside of a step for Lobatto's rule, and the environment at its start."""
    environment = work.scalars[process.environment : process.mix]
    settle(process, t, logarithmic, state, shares, work)
    add_environment(AT_END * step, len(shares), environment, means)
    for place in range(len(INSIDE)):
        weight = WITHIN[place] * step
        between(INSIDE[place], state, dense, middle)
        mean = settle(process, t + INSIDE[place] * step, logarithmic, middle, shares, work)
        add_average(weight, shares, mean, means, numbers)
        add_environment(weight, len(shares), environment, means)


@apart
def follow(
    process, plan, replicate, t, step, limit, closed, logarithmic, state, dense, middle, shares, work, recording
):
    """Write the records that fall in the step, its end included where `closed`, and before the time `limit`."""
    while recording.counts[replicate, RECORDED] < plan.records:
        due = plan.record_every * recording.counts[replicate, RECORDED]
        ahead = due - t
        if due >= limit - BARELY:
            return
        if ahead > step * (1.0 + 1e-12) + 1e-12 or (not closed and ahead >= step * (1.0 - 1e-12)):
            return
        if step > 0.0:
            between(min(ahead / step, 1.0), state, dense, middle)
        else:
            overwrite(state, middle)
        mean = settle(process, due, logarithmic, middle, shares, work)
        if not logarithmic:
            level(process.roles, shares)
        keep_record(replicate, shares, mean, work.scalars[process.environment : process.mix], recording)


@inner
def level(roles, shares):
    """Take out of the shares of each role what an interpolated state lacks of a sum of 1."""
    for role in range(len(roles) - 1):
        total = 0.0
        for i in range(roles[role], roles[role + 1]):
            total += shares[i]
        for i in range(roles[role], roles[role + 1]):
            shares[i] /= total


@apart
def seek(plan, roles, t, step, before, mix, logarithmic, state, dense, middle, shares, since, tipped):
    """Watched shares over a step, with the moment of crossing found on the dense output."""
    for w in range(len(plan.watched)):
        i = plan.watched[w]
        was = before[i] >= plan.levels[0, w]
        now = mix[i] >= plan.levels[0, w]
        if was != now:
            low, high = 0.0, 1.0
            for _ in range(50):
                theta = 0.5 * (low + high)
                between(theta, state, dense, middle)
                read_mix(roles, middle, logarithmic, shares)
                if (shares[i] >= plan.levels[0, w]) == was:
                    low = theta
                else:
                    high = theta
            watch_one(plan, w, t + high * step, now, since, tipped)
        else:
            watch_one(plan, w, t + step, now, since, tipped)


@inner
def when_lead_passed(roles, before, mix, logarithmic, state, dense, middle, shares):
    """The part of the step at which the lead passed; `shares` receives the mix there."""
    old, new = leader(before), leader(mix)
    left, right = 0.0, 1.0
    for _ in range(14):
        theta = 0.5 * (left + right)
        between(theta, state, dense, middle)
        read_mix(roles, middle, logarithmic, shares)
        if shares[old] >= shares[new]:
            left = theta
        else:
            right = theta
    return right


@inner
def early_end(plan, logarithmic, strategies, mix, derivative, turn):
    """Whether the run may end early: at rest, or on a cycle, where the plan asks for it."""
    if plan.until == CONVERGED:
        fastest = 0.0
        for i in range(len(derivative)):
            speed = abs(derivative[i])
            if i < strategies and logarithmic:
                speed *= mix[i]
            fastest = max(fastest, speed)
        if fastest < plan.rest:
            return CONVERGED
    if plan.until == CYCLING and not math.isnan(period_found(turn)):
        return CYCLING
    return COMPLETED
