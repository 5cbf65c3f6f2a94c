"""Events of two strategies in an environment that stands still: what happens at each count is worked out once and kept."""

import math

from evo.codes import ABSORBED, NONFINITE_STATE
from evo.kernels._cache import apart, inline
from evo.kernels.arrays import EFFECTIVE, MEAN, REASON
from evo.kernels.encounter import meet, rate
from evo.kernels.events import LISTEN, draw_at_hand, patience
from evo.kernels.observe import note_fixation, watch

# Columns of the memo: the probability of an event that changes anything (-1 in a row that is still empty); that of one in
# which the first strategy loses one, inf where it cannot gain; `patience` of the first; the population's mean payoff.
LEAVES, LOSES, PATIENCE, EARNED = 0, 1, 2, 3


@inline
def place(count, whole, amounts):
    """Let so many play the first strategy, the others the second."""
    amounts[0] = float(count)
    amounts[1] = whole - count


@apart
def remember(process, amounts, mix, work):
    """Fill the memo's row of the present count; one whose rates are not finite stays empty and is reported."""
    mean = meet(process, amounts, mix, work)
    if not math.isfinite(rate(process, amounts, work)) and work.status[REASON] == 0:
        work.status[REASON] = NONFINITE_STATE
    if work.status[REASON] == 0:
        row = work.memo[int(amounts[0])]
        up, down = work.rates[1, 0], work.rates[0, 1]
        row[LEAVES] = down + up
        row[LOSES] = down if up > 0.0 else math.inf
        row[PATIENCE] = patience(row[LEAVES])
        row[EARNED] = mean


@apart
def wander(
    memo, plan, roles, wholes, fixing, flag, step, pending, boundary, unit, burnt, rng, amounts, since, tipped,
    means, numbers, counts,
):  # fmt: skip
    """`events.advance` for two strategies by their counts, as far as the boundary or to a count whose row is empty; returns
    the step reached and the waiting time left."""
    averaging = step >= burnt
    watching = len(since) > 0
    counted = step
    events = 0
    size = int(wholes[0])
    count = int(amounts[0])
    s0, s1, s2, s3 = rng[0], rng[1], rng[2], rng[3]
    leaves = memo[count, LEAVES]
    while step < boundary and leaves >= 0.0:
        step, u, pending, s0, s1, s2, s3 = draw_at_hand(
            boundary, leaves, memo[count, PATIENCE], pending, step, s0, s1, s2, s3
        )
        if u < 0.0:
            break
        if averaging:  # the state before this step's event stood for the steps since `counted`, and for this one
            add_count(float(step - counted), count, size, memo[count, EARNED], means, numbers)
            counted = step
        count += 1 - 2 * int(u < memo[count, LOSES])
        leaves = memo[count, LEAVES]
        events += 1
        if watching:
            place(count, wholes[0], amounts)
            watch(plan, step * unit, roles, wholes, amounts, since, tipped)
        if fixing and (count == 0 or count == size):
            place(count, wholes[0], amounts)
            note_fixation(step * unit, roles, wholes, amounts, counts, numbers)
            if plan.until == ABSORBED:
                break
        if events % LISTEN == 0 and flag[0] != 0:
            break
    rng[0], rng[1], rng[2], rng[3] = s0, s1, s2, s3
    place(count, wholes[0], amounts)
    if averaging:
        add_count(float(step - counted), count, size, memo[count, EARNED], means, numbers)
    counts[EFFECTIVE] += events
    return step, pending


@inline
def add_count(weight, count, size, earned, means, numbers):
    """Let the present count stand for `weight` steps in the averages."""
    means[0] += weight * count / size
    means[1] += weight * (size - count) / size
    numbers[MEAN] += weight * earned
