"""Events of two strategies in an environment that stands still: the rates at each count are worked out once and kept."""

import math

from evo.codes import ABSORBED, NONFINITE_STATE
from evo.kernels._cache import inner
from evo.kernels.arrays import EFFECTIVE, MEAN, REASON
from evo.kernels.encounter import meet, rate
from evo.kernels.events import LISTEN, draw_event
from evo.kernels.innovation import innovates
from evo.kernels.observe import note_fixation, watch

UP, DOWN, EARNED = 0, 1, 2  # columns of the memo: the first strategy gains one, loses one; the population's mean payoff


@inner
def place(process, count, amounts):
    """Let so many play the first strategy, the others the second."""
    amounts[0] = float(count)
    amounts[1] = process.wholes[0] - count


@inner
def remember(process, count, amounts, mix, work):
    """Fill the memo's row of this count, where it is still empty."""
    if work.memo[count, UP] >= 0.0:
        return
    place(process, count, amounts)
    mean = meet(process, amounts, mix, work)
    if not math.isfinite(rate(process, amounts, work)) and work.status[REASON] == 0:
        work.status[REASON] = NONFINITE_STATE
    if work.status[REASON] == 0:
        work.memo[count, UP] = work.rates[1, 0]
        work.memo[count, DOWN] = work.rates[0, 1]
        work.memo[count, EARNED] = mean


@inner
def advance_two(
    process, plan, flag, step, pending, boundary, unit, burnt, rng, amounts, mix, since, tipped, work,
    means, numbers, counts,
):  # fmt: skip
    """`events.advance` for two strategies by their counts; returns the step reached and the waiting time left."""
    averaging = step >= burnt
    fixing = process.rule.mutation == 0.0 and not innovates(process.rule)
    counted = step
    events = 0
    memo, size = work.memo, int(process.wholes[0])
    count = int(amounts[0])
    remember(process, count, amounts, mix, work)
    while step < boundary and work.status[REASON] == 0:
        down = memo[count, DOWN]
        step, u, pending = draw_event(boundary, down + memo[count, UP], pending, rng, step)
        if u < 0.0:
            break
        if averaging:  # the state before this step's event stood for the steps since `counted`, and for this one
            add_count(float(step - counted), count, size, memo[count, EARNED], means, numbers)
            counted = step
        count += -1 if u < down or memo[count, UP] == 0.0 else 1
        events += 1
        remember(process, count, amounts, mix, work)
        if len(since) > 0:
            place(process, count, amounts)
            watch(plan, step * unit, process.roles, process.wholes, amounts, since, tipped)
        if fixing and (count == 0 or count == size):
            place(process, count, amounts)
            note_fixation(step * unit, process.roles, process.wholes, amounts, counts, numbers)
            if plan.until == ABSORBED:
                break
        if events % LISTEN == 0 and flag[0] != 0:
            break
    place(process, count, amounts)
    if averaging:
        add_count(float(step - counted), count, size, memo[count, EARNED], means, numbers)
    counts[EFFECTIVE] += events
    return step, pending


@inner
def add_count(weight, count, size, earned, means, numbers):
    """Let the present count stand for `weight` steps in the averages."""
    means[0] += weight * count / size
    means[1] += weight * (size - count) / size
    numbers[MEAN] += weight * earned
