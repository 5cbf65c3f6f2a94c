"""Events one by one: the next one that changes anything, drawn by its rates, from one boundary to the next."""

import math

import numpy as np

from evo.codes import ABSORBED, NONFINITE_STATE
from evo.kernels._cache import apart, inline, inner
from evo.kernels.arrays import EFFECTIVE, FIXED, MEAN, REASON
from evo.kernels.encounter import meet, rate, rated
from evo.kernels.innovation import innovates
from evo.kernels.observe import add_average, note_fixation, watch, whole_of
from evo.kernels.payoffs import fill_payoffs, mean_payoff
from evo.kernels.random import GEOMETRIC_CAP, following, to_uniform, to_uniform_positive

SKIP = 0.15  # below this probability of an effective event a geometric waiting time is cheaper than stepping
LISTEN = 65536  # effective events between two looks at the flag


@inline
def draw_event(boundary, effective, pending, rng, step):
    """Steps on to the next effective event; returns the step after it, a number uniform on [0, effective) and 0, or, where
    none comes before the boundary, the boundary, -1 and the waiting time that is left beyond it (`pending`, 0 for none).
    """
    step, u, pending, rng[0], rng[1], rng[2], rng[3] = draw_at_hand(
        boundary, effective, patience(effective), pending, step, rng[0], rng[1], rng[2], rng[3]
    )
    return step, u, pending


@inline
def patience(effective):
    """What the logarithm of a uniform number is multiplied by for a geometric waiting time; 0 where none is drawn."""
    return 1.0 / math.log1p(-effective) if 0.0 < effective < SKIP else 0.0


@inline
def draw_at_hand(boundary, effective, slack, pending, step, s0, s1, s2, s3):
    """`draw_event` with the stream in four numbers, which an array would be read for and written to with every step, and
    with the `patience` of this probability; returns the four as well."""
    if effective >= SKIP:
        while step < boundary:
            word, s0, s1, s2, s3 = following(s0, s1, s2, s3)
            u = to_uniform(word)
            step += 1
            if u < effective:
                return step, u, np.int64(0), s0, s1, s2, s3
        return boundary, -1.0, np.int64(0), s0, s1, s2, s3
    wait = np.int64(GEOMETRIC_CAP)
    if pending > 0:
        wait = pending - 1
    elif effective > 0.0:
        word, s0, s1, s2, s3 = following(s0, s1, s2, s3)
        wait = np.int64(min(math.log(to_uniform_positive(word)) * slack, 1.0 * GEOMETRIC_CAP))
    if wait >= boundary - step:
        return boundary, -1.0, wait - (boundary - step) + 1, s0, s1, s2, s3
    word, s0, s1, s2, s3 = following(s0, s1, s2, s3)
    return step + wait + 1, to_uniform(word) * effective, np.int64(0), s0, s1, s2, s3


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


@apart
def advance(
    rule, meeting, prefix, to, roles, wholes, plan, flag, step, pending, boundary, unit,
    burnt, rng, amounts, since, tipped, table, factors, status, strategy, chances, rates,
    means, numbers, counts,
):  # fmt: skip
    """Updates from `step` to `boundary`, during which environment and table stand still; returns the step reached and
    the waiting time left (see `draw_event`)."""
    averaging = step >= burnt
    fixing = rule.mutation == 0.0 and not innovates(rule)
    counted = step
    events = 0
    effective = rated(
        rule, meeting, prefix, to, roles, wholes, amounts, table, factors, status, strategy, chances, rates
    )
    while step < boundary and status[REASON] == 0:
        if not math.isfinite(effective):
            status[REASON] = NONFINITE_STATE
            break
        step, u, pending = draw_event(boundary, effective, pending, rng, step)
        if u < 0.0:
            break
        if averaging:  # the state before this step's event stood for the steps since `counted`, and for this one
            add_counts(float(step - counted), roles, wholes, amounts, strategy, means, numbers)
            counted = step
        winner = replace(u, rates, amounts)
        events += 1
        fill_payoffs(meeting, prefix, amounts, table, factors, status, strategy)
        effective = rated(
            rule, meeting, prefix, to, roles, wholes, amounts, table, factors, status, strategy, chances, rates
        )
        if len(since) > 0:
            watch(plan, step * unit, roles, wholes, amounts, since, tipped)
        if fixing and amounts[winner] == whole_of(roles, wholes, winner):
            note_fixation(step * unit, roles, wholes, amounts, counts, numbers)
            if plan.until == ABSORBED and counts[FIXED] >= 0:
                break
        if events % LISTEN == 0 and flag[0] != 0:
            break
    if averaging:
        add_counts(float(step - counted), roles, wholes, amounts, strategy, means, numbers)
    counts[EFFECTIVE] += events
    return step, pending


@inner
def add_counts(weight, roles, wholes, amounts, strategy, means, numbers):
    """Let the present counts stand for `weight` steps in the averages."""
    for role in range(len(wholes)):
        for i in range(roles[role], roles[role + 1]):
            means[i] += weight * amounts[i] / wholes[role]
    numbers[MEAN] += weight * mean_payoff(amounts, strategy)


@apart
def mingle(
    process, plan, flag, step, pending, boundary, unit, burnt, rng, amounts, mix, since, tipped, work,
    means, numbers, counts,
):  # fmt: skip
    """`advance` for a game that reads the population's mix: its table moves with every event."""
    averaging = step >= burnt
    counted = step
    events = 0
    mean = meet(process, amounts, mix, work)
    while step < boundary and work.status[REASON] == 0:
        effective = rate(process, amounts, work)
        if not math.isfinite(effective):
            work.status[REASON] = NONFINITE_STATE
            break
        step, u, pending = draw_event(boundary, effective, pending, rng, step)
        if u < 0.0:
            break
        if averaging:
            add_average(float(step - counted), mix, mean, means, numbers)
            counted = step
        replace(u, work.rates, amounts)
        events += 1
        mean = meet(process, amounts, mix, work)
        watch(plan, step * unit, process.roles, process.wholes, amounts, since, tipped)
        if process.rule.mutation == 0.0 and not innovates(process.rule):
            note_fixation(step * unit, process.roles, process.wholes, amounts, counts, numbers)
        if flag[0] != 0 or (plan.until == ABSORBED and counts[FIXED] >= 0):
            break
    if averaging:
        add_average(float(step - counted), mix, mean, means, numbers)
    counts[EFFECTIVE] += events
    return step, pending
