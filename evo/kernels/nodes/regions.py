"""Environment variables that each region of a graph has for itself: events at their exact times, as in kernels/environment.py.

What records, measures and feedback read of such a variable is its mean over the nodes.
"""

import math

import numpy as np

from evo.codes import LOCAL
from evo.kernels._cache import apart, inner
from evo.kernels.arrays import FIRST, FRESH, KIND, VALUE
from evo.kernels.environment import begin_events, cross, next_event, smooth_value
from evo.kernels.nodes.direct import give_anew


@apart
def begin_regions(regions, step, rng, events):
    """Values at time 0 and the first events; `events` are those of all variables."""
    laws, due = regions.laws, regions.due
    leaves = len(due) // 2
    for place in range(len(due)):
        due[place] = math.inf
    for r in range(len(regions.part)):
        begin_events(laws, step, rng, regions.events[r])
        due[leaves + r] = next_event(regions.events[r])
    for place in range(leaves - 1, 0, -1):
        due[place] = min(due[2 * place], due[2 * place + 1])
    read_all(regions, 0.0, events)


@inner
def read_all(regions, t, events):
    """The values of all regions at time t, and their means."""
    laws = regions.laws
    for variable in range(len(regions.variables)):
        kind, first = laws.rows[variable, KIND], laws.rows[variable, FIRST]
        total = 0.0
        for r in range(len(regions.part)):
            value = smooth_value(kind, laws.numbers, first, t, variable, regions.events[r])
            regions.events[r, FRESH, variable] = 0.0
            regions.values[r, variable] = value
            total += regions.part[r] * value
        tell_mean(regions, variable, total, events)


@inner
def tell_mean(regions, variable, mean, events):
    events[VALUE, regions.variables[variable]] = mean
    events[FRESH, regions.variables[variable]] = 1.0


@apart
def cross_regions(regions, direct, starts, stops, step, t, late, generation, rng, events):
    """Carry out what is due before the time `late`, just after t, and bring up to date what then has changed: all where a
    generation ends, else the variables and regions with an event."""
    laws, due = regions.laws, regions.due
    while len(due) > 0 and due[1] <= late:
        r = soonest(due)
        cross(laws, step, late, rng, regions.events[r])
        set_due(due, r, next_event(regions.events[r]))
        if generation:
            continue
        for variable in range(len(regions.variables)):
            if regions.events[r, FRESH, variable] > 0.0:
                kind, first = laws.rows[variable, KIND], laws.rows[variable, FIRST]
                value = smooth_value(kind, laws.numbers, first, t, variable, regions.events[r])
                regions.events[r, FRESH, variable] = 0.0
                mean = events[VALUE, regions.variables[variable]]
                mean += regions.part[r] * (value - regions.values[r, variable])
                regions.values[r, variable] = value
                tell_mean(regions, variable, mean, events)
        give_anew(direct, starts, stops, np.int64(r))
    if generation:
        read_all(regions, t, events)


@inner
def has_jumped(laws, events):
    """Whether a variable that all nodes share has had an event that is not told yet."""
    for v in range(laws.rows.shape[0]):
        if laws.rows[v, KIND] != LOCAL and events[FRESH, v] > 0.0:
            return True
    return False


@inner
def soonest(due):
    """The region with the next event."""
    place = 1
    while place < len(due) // 2:
        place *= 2
        if due[place + 1] < due[place]:
            place += 1
    return place - len(due) // 2


@inner
def set_due(due, r, time):
    place = len(due) // 2 + r
    due[place] = time
    place //= 2
    while place > 0:
        due[place] = min(due[2 * place], due[2 * place + 1])
        place //= 2


@inner
def local_boundary(due, step, per_generation):
    """The step after which a region has its next event."""
    if len(due) == 0 or due[1] == math.inf:
        return step + (np.int64(1 << 40))
    return max(step + 1, int(math.ceil(min(due[1] * per_generation - 1e-3, 4e18))))
