"""Where within a step of the integrator a run pauses for an intervention, and what those under way cost over the step."""

import math

from evo.kernels._cache import apart
from evo.kernels.arrays import VALUE
from evo.kernels.field import settle, write_mix
from evo.kernels.integrator import between
from evo.kernels.ledger import holds, look
from evo.kernels.tableau import AT_END, INSIDE, WITHIN

BARELY = 1e-9  # generations by which a pause may be missed


@apart
def next_pause(process, plan, t, step, after, logarithmic, state, dense, middle, shares, work):
    """The time within the step at which the run pauses, inf where it does not. Conditions are looked at in every whole
    generation and at the end of the step; the moment from which one holds is found on the dense output."""
    pause = plan.pause if plan.pause <= after + BARELY else math.inf
    seen, time = t, t
    while time < min(after, pause):
        time = min(math.floor(time + BARELY) + 1.0, min(after, pause))
        if condition_at(process, plan, t, step, time, logarithmic, state, dense, middle, shares, work):
            low, high = seen, time
            while high - low > BARELY * max(1.0, t):
                inner_time = 0.5 * (low + high)
                if condition_at(process, plan, t, step, inner_time, logarithmic, state, dense, middle, shares, work):
                    high = inner_time
                else:
                    low = inner_time
            return high
        seen = time
    return min(pause, after) if pause < math.inf else math.inf


@apart
def condition_at(process, plan, t, step, time, logarithmic, state, dense, middle, shares, work):
    """Whether a condition of the ledger holds at a time within the step."""
    between(min((time - t) / step, 1.0), state, dense, middle)
    mean = settle(process, time, logarithmic, middle, shares, work)
    look(process, plan, time, shares, mean, work)
    return holds(plan, work)


@apart
def pay_over(process, plan, replicate, t, step, logarithmic, state, dense, middle, shares, work, recording):
    """Add what the interventions under way cost over the step, by Lobatto's rule."""
    interventions = plan.ledger.outputs // 2
    for place in range(len(INSIDE) + 2):
        theta = 0.0 if place == 0 else 1.0
        weight = AT_END * step
        if 0 < place <= len(INSIDE):
            theta = INSIDE[place - 1]
            weight = WITHIN[place - 1] * step
        between(theta, state, dense, middle)
        mean = settle(process, t + theta * step, logarithmic, middle, shares, work)
        look(process, plan, t + theta * step, shares, mean, work)
        for k in range(interventions):
            recording.spent[replicate, k] += weight * work.entries[interventions + k, 0]


@apart
def set_down(process, logarithmic, state, mix, work):
    """Leave the state in the scratch as it is taken up after a pause: shares, their logarithms, and feedback variables."""
    for place in range(len(process.laws.moved)):
        work.events[VALUE, process.laws.moved[place]] = state[len(mix) + place]
    if not logarithmic:
        write_mix(mix, True, state)
