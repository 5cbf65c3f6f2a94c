"""One run of a process that moves in steps: a finite well-mixed population as counts, or the Wright-Fisher map.

One event at a time, drawn by its rates; null events are passed over by a geometric waiting time where they are many.
The environment moves after the step: once a generation (or step), and at the exact times of its events.
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
    NONFINITE_STATE,
    STEPWISE,
    STRATEGY_STREAM,
    WRIGHT_FISHER,
)
from evo.kernels._cache import entry, inline, inner
from evo.kernels.arrays import EFFECTIVE, FIXED, FIXED_AT, MEAN, NOMINAL, PULL, REASON, RECORDED
from evo.kernels.environment import begin_environment, cross, evaluate, next_event, step_chains
from evo.kernels.feedback import advance_feedback
from evo.kernels.observe import (
    add_average,
    add_environment,
    begin_watches,
    close_averages,
    close_watches,
    keep_final,
    keep_record,
    watch,
)
from evo.kernels.payoffs import begin_table, fill_payoffs, fill_table, mean_payoff
from evo.kernels.random import geometric, multinomial, seed_stream, uniform
from evo.kernels.rates import fill_births, fill_rates
from evo.kernels.start import begin_replicate, whole_counts

SKIP = 0.15  # below this probability of an effective event a geometric waiting time is cheaper than stepping
LISTEN = 65536  # effective events between two looks at the flag


@entry
def run_steps(process, plan, key, point, first, start, stop, stride, flag, work, recording):
    """Run a stepped process to plan.generations, or until it is absorbed, for each of the rows start, start+stride, ...
    of the recording: replicates first+row. A flag other than 0 stops it."""
    for row in range(start, stop, stride):
        take_steps(process, plan, key, point, first + row, row, flag, work, recording)


@inner
def take_steps(process, plan, key, point, number, replicate, flag, work, recording):
    """One replicate of `run_steps`. `amounts` are counts, or shares for the map; `rng` draws the strategies' events,
    `weather` those of the environment."""
    rng, weather, drawn, since = work.streams[0], work.streams[1], work.drawn, work.since
    amounts, mix = work.shares[0], work.shares[1]
    strategies = len(amounts)
    begin_replicate(process, plan, key, point, number, rng, work, mix)
    seed_stream(key, np.uint64(number), point, np.uint64(STRATEGY_STREAM), rng)
    seed_stream(key, np.uint64(number), point, np.uint64(ENVIRONMENT_STREAM), weather)
    if process.meeting.whole > 0:
        whole_counts(process.meeting.whole, mix, amounts)
    else:
        for i in range(strategies):
            amounts[i] = mix[i]
    whole = float(process.meeting.whole) if process.meeting.whole > 0 else 1.0
    per_generation = 1 if process.rule.code == WRIGHT_FISHER else process.meeting.whole
    unit = 1.0 / per_generation
    steps = int(round(plan.generations * per_generation))
    burnt = int(round(plan.burn_in * per_generation)) if plan.averages else steps + 1
    environment = work.scalars[process.environment : process.mix]
    means, numbers, counts = recording.means[replicate], recording.numbers[replicate], recording.counts[replicate]
    tipped = recording.tipped[replicate]
    begin_watches(since)

    begin_environment(process.laws, unit, weather, work)
    evaluate(process, 0.0, np.int64(ALL), np.bool_(False), work)
    for i in range(strategies):
        work.scalars[process.mix + i] = amounts[i] / whole
    begin_table(process.game, process.meeting, work)
    mean = meet(process, whole, amounts, mix, work)
    while next_record(plan, per_generation, counts) <= 0:
        keep_record(replicate, mix, mean, environment, recording)
    watch(plan, 0.0, whole, amounts, since, tipped)
    if process.rule.mutation == 0.0:
        note_fixation(0.0, whole, amounts, counts, numbers)
    step = np.int64(0)  # a plain 0 would be a type of its own and compile everything twice
    pending = np.int64(0)  # left of the waiting time that was under way at the last boundary
    reason = work.status[REASON]
    while step < steps and reason == COMPLETED:
        due = next_record(plan, per_generation, counts)
        turn = next_boundary(process, step, per_generation, work.events)
        boundary = min(min(steps, due), turn)
        if step < burnt:
            boundary = min(boundary, burnt)
        meet(process, whole, amounts, mix, work)
        if process.rule.code == WRIGHT_FISHER:
            reached = redraw(
                process, plan, flag, step, boundary, whole, burnt, rng, amounts, mix, drawn, since, tipped, work,
                means, numbers, counts,
            )  # fmt: skip
        elif process.game.reads_mix:
            reached, pending = mingle(
                process, plan, flag, step, pending, boundary, unit, whole, burnt, rng, amounts, mix, since, tipped, work,
                means, numbers, counts,
            )  # fmt: skip
        else:
            reached, pending = advance(
                process.rule, process.meeting, process.game.prefix, process.to, plan, flag, step, pending, boundary, unit,
                whole, burnt, rng, amounts, since, tipped, work.table, work.factors, work.status, work.strategy, work.rates,
                means, numbers, counts,
            )  # fmt: skip
        if reached >= turn:
            pending = np.int64(0)  # the rates have moved: wait anew. A record alone changes nothing of what is drawn
        if step >= burnt:
            add_environment(float(reached - step), strategies, environment, means)
        step = reached
        reason = work.status[REASON]
        if reason == COMPLETED and process.eventful:
            move_environment(process, step, per_generation, unit, weather, whole, amounts, mix, work)
            reason = work.status[REASON]
        if step >= due:
            mean = meet(process, whole, amounts, mix, work)
            while next_record(plan, per_generation, counts) <= step:
                keep_record(replicate, mix, mean, environment, recording)
        if reason == COMPLETED and plan.until == ABSORBED and counts[FIXED] >= 0:
            reason = ABSORBED
        if flag[0] != 0:
            reason = INTERRUPTED
    meet(process, whole, amounts, mix, work)
    work.status[REASON] = reason
    close_watches(plan, step * unit, reason == ABSORBED, since, tipped)
    close_averages(float(step - burnt), means, numbers)
    counts[NOMINAL] = step
    keep_final(replicate, step * unit, mix, environment, work.strategy, work.status, recording)


@inner
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


@inner
def move_environment(process, step, per_generation, unit, weather, whole, amounts, mix, work):
    """After a step: what is due of the environment, then the table."""
    t = step * unit
    generation = step % per_generation == 0
    if len(process.laws.moved) > 0 and (generation or process.stepwise):
        mean = meet(process, whole, amounts, mix, work)
        advance_feedback(process, generation, unit, mix, mean, work)
    cross(process.laws, unit, t + 1e-3 * unit, weather, work.events)
    if process.stepwise:
        step_chains(process.laws, weather, work.events)
        evaluate(process, t, np.int64(STEPWISE), np.bool_(False), work)
    evaluate(process, t, np.int64(ALL if generation else EVENTFUL), np.bool_(False), work)
    if process.game.moves:
        fill_table(process.game, work)


@inner
def meet(process, whole, amounts, mix, work):
    """Bring mix, table and payoffs up to date with the amounts; returns the population's mean payoff."""
    for i in range(len(amounts)):
        mix[i] = amounts[i] / whole
    if process.game.reads_mix:
        for i in range(len(amounts)):
            work.scalars[process.mix + i] = mix[i]
        fill_table(process.game, work)
    fill_payoffs(process.meeting, process.game.prefix, amounts, work.table, work.factors, work.status, work.strategy)
    return mean_payoff(whole, amounts, work.strategy)


@inner
def note_fixation(t, whole, amounts, counts, numbers):
    """The strategy that took over a population without mutation, and when."""
    if counts[FIXED] < 0:
        for i in range(len(amounts)):
            if amounts[i] == whole:
                counts[FIXED] = i
                numbers[FIXED_AT] = t


@inline
def draw_event(boundary, effective, pending, rng, step):
    """Steps on to the next effective event; returns the step after it, a number uniform on [0, effective) and 0, or, where
    none comes before the boundary, the boundary, -1 and the waiting time that is left beyond it (`pending`, 0 for none).
    """
    if effective >= SKIP:
        while step < boundary:
            u = uniform(rng)
            step += 1
            if u < effective:
                return step, u, np.int64(0)
        return boundary, -1.0, np.int64(0)
    wait = pending - 1 if pending > 0 else geometric(effective, rng)
    if wait >= boundary - step:
        return boundary, -1.0, wait - (boundary - step) + 1
    return step + wait + 1, uniform(rng) * effective, np.int64(0)


@inline
def replace(u, rates, amounts):
    """Carry out the event whose interval of cumulated rates holds u; returns the strategy that gained one."""
    loser, winner = 0, 0
    for i in range(len(amounts)):
        for j in range(len(amounts)):
            if i != j and rates[i, j] > 0.0:
                loser, winner = i, j
                u -= rates[i, j]
                if u < 0.0:
                    break
        if u < 0.0:
            break
    amounts[loser] -= 1.0
    amounts[winner] += 1.0
    return winner


@inner
def advance(
    rule, meeting, prefix, to, plan, flag, step, pending, boundary, unit, whole,
    burnt, rng, amounts, since, tipped, table, factors, status, strategy, rates,
    means, numbers, counts,
):  # fmt: skip
    """Updates from `step` to `boundary`, during which environment and table stand still; returns the step reached and
    the waiting time left (see `draw_event`)."""
    averaging = step >= burnt
    counted = step
    events = 0
    effective = fill_rates(rule, to, whole, meeting.whole > 0, amounts, status, strategy, rates)
    while step < boundary and status[REASON] == 0:
        step, u, pending = draw_event(boundary, effective, pending, rng, step)
        if u < 0.0:
            break
        if averaging:  # the state before this step's event stood for the steps since `counted`, and for this one
            add_counts(float(step - counted), whole, amounts, strategy, means, numbers)
            counted = step
        winner = replace(u, rates, amounts)
        events += 1
        fill_payoffs(meeting, prefix, amounts, table, factors, status, strategy)
        effective = fill_rates(rule, to, whole, meeting.whole > 0, amounts, status, strategy, rates)
        if len(since) > 0:
            watch(plan, step * unit, whole, amounts, since, tipped)
        if amounts[winner] == whole and rule.mutation == 0.0:
            note_fixation(step * unit, whole, amounts, counts, numbers)
            if plan.until == ABSORBED:
                break
        if events % LISTEN == 0 and flag[0] != 0:
            break
    if averaging:
        add_counts(float(step - counted), whole, amounts, strategy, means, numbers)
    counts[EFFECTIVE] += events
    return step, pending


@inner
def add_counts(weight, whole, amounts, strategy, means, numbers):
    """Let the present counts stand for `weight` steps in the averages."""
    for i in range(len(amounts)):
        means[i] += weight * amounts[i] / whole
    numbers[MEAN] += weight * mean_payoff(whole, amounts, strategy)


@inner
def mingle(
    process, plan, flag, step, pending, boundary, unit, whole, burnt, rng, amounts, mix, since, tipped, work,
    means, numbers, counts,
):  # fmt: skip
    """`advance` for a game that reads the population's mix: its table moves with every event."""
    averaging = step >= burnt
    counted = step
    events = 0
    mean = meet(process, whole, amounts, mix, work)
    while step < boundary and work.status[REASON] == 0:
        effective = fill_rates(
            process.rule, process.to, whole, process.meeting.whole > 0, amounts, work.status, work.strategy, work.rates
        )
        step, u, pending = draw_event(boundary, effective, pending, rng, step)
        if u < 0.0:
            break
        if averaging:
            add_average(float(step - counted), mix, mean, means, numbers)
            counted = step
        replace(u, work.rates, amounts)
        events += 1
        mean = meet(process, whole, amounts, mix, work)
        watch(plan, step * unit, whole, amounts, since, tipped)
        if process.rule.mutation == 0.0:
            note_fixation(step * unit, whole, amounts, counts, numbers)
        if flag[0] != 0 or (plan.until == ABSORBED and counts[FIXED] >= 0):
            break
    if averaging:
        add_average(float(step - counted), mix, mean, means, numbers)
    counts[EFFECTIVE] += events
    return step, pending


@inner
def redraw(
    process, plan, flag, step, boundary, whole, burnt, rng, amounts, mix, drawn, since, tipped, work,
    means, numbers, counts,
):  # fmt: skip
    """Generations of Wright-Fisher: all are redrawn at once (finite), or the mix is mapped (infinite)."""
    strategies = len(amounts)
    mean = meet(process, whole, amounts, mix, work)
    while step < boundary and work.status[REASON] == 0:
        if step >= burnt:
            add_average(1.0, mix, mean, means, numbers)
        fill_births(process.rule, process.to, amounts, work.status, work.strategy)
        total = 0.0
        for i in range(strategies):
            total += work.strategy[PULL, i]
        if not math.isfinite(total):
            work.status[REASON] = NONFINITE_STATE if work.status[REASON] == 0 else work.status[REASON]
            break
        if process.meeting.whole > 0:
            multinomial(process.meeting.whole, work.strategy[PULL], rng, drawn)
            for i in range(strategies):
                amounts[i] = float(drawn[i])
        else:
            for i in range(strategies):
                amounts[i] = work.strategy[PULL, i] / total
        step += 1
        counts[EFFECTIVE] += 1
        mean = meet(process, whole, amounts, mix, work)
        watch(plan, float(step), whole, amounts, since, tipped)
        if process.rule.mutation == 0.0 and process.meeting.whole > 0:
            note_fixation(float(step), whole, amounts, counts, numbers)
        if flag[0] != 0 or (plan.until == ABSORBED and counts[FIXED] >= 0):
            break
    return step
