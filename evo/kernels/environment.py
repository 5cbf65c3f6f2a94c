"""The environment in motion: events at their exact times, smooth laws in between.

Each variable keeps the value and time of its last event and the time of its next one (a jump, or a kink on which an
integrator must land). `cross` carries out the events due; `evaluate` gives the values between them.
"""

import math

import numpy as np

from evo import codes
from evo.codes import ALL, EVENTFUL, FIXED, NOISE, PERIODIC, SERIES, SHOCKS, STEPWISE, SWITCHING, TREND
from evo.kernels._cache import apart, inner, kernel
from evo.kernels.arrays import (
    FIRST,
    FRESH,
    INDEX,
    JUMP_FACTOR,
    JUMP_ON,
    KIND,
    NEXT,
    PER_STEP,
    SINCE,
    START,
    TARGET,
    TIME,
    VALUE,
)
from evo.kernels.program import prepare, refresh
from evo.kernels.random import exponential, normal, uniform


@apart
def begin_environment(laws, step, rng, work):
    """Values at time 0 and the first events. `step` is the time that one step takes (0 in an infinite population, where
    noise has its own resolution)."""
    begin_events(laws, step, rng, work.events)
    prepare(laws.feedback, work.scalars, work.feedback_registers, work.feedback_registers, work.feedback_stack)


@inner
def begin_events(laws, step, rng, events):
    """The values that laws remember, and their first events."""
    numbers = laws.numbers
    for v in range(laws.rows.shape[0]):
        at = laws.rows[v, FIRST]
        events[SINCE, v] = 0.0
        events[NEXT, v] = math.inf
        events[VALUE, v] = laws.starts[v, START]
        events[TARGET, v] = laws.starts[v, START]
        events[INDEX, v] = 0
        events[FRESH, v] = 0.0
        kind = laws.rows[v, KIND]
        if kind == SWITCHING:
            begin_switching(numbers, at, v, rng, events)
        elif kind == SHOCKS:
            events[NEXT, v] = waiting(numbers[at + 1], rng)
        elif kind == NOISE:
            if numbers[at + 4] == 1.0:
                events[VALUE, v] = numbers[at] + numbers[at + 2] * normal(rng)
            next_noise(laws, step, v, rng, events)
        else:
            next_kink(kind, numbers, at, 0.0, v, events)


@inner
def begin_switching(numbers, at, v, rng, events):
    states = int(numbers[at])
    index = int(numbers[at + 2])
    if index < 0:
        u = uniform(rng)
        index = 0
        stationary = at + 3 + states + states * states
        while index < states - 1 and u >= numbers[stationary + index]:
            u -= numbers[stationary + index]
            index += 1
    events[INDEX, v] = index
    events[VALUE, v] = numbers[at + 3 + index]
    if numbers[at + 1] == 0.0:
        events[NEXT, v] = waiting(-numbers[at + 3 + states + index * states + index], rng)


@kernel
def waiting(rate, rng):
    """Exponential waiting time; infinite at rate 0."""
    return exponential(rng) / rate if rate > 0.0 else math.inf


@inner
def next_noise(laws, step, v, rng, events):
    """Draw the value at the next node of Ornstein-Uhlenbeck noise (exact discretisation)."""
    at = laws.rows[v, FIRST]
    mean, relaxation, sd = laws.numbers[at], laws.numbers[at + 1], laws.numbers[at + 2]
    ahead = laws.numbers[at + 3]
    if step > 0.0:
        ahead = step if laws.rows[v, PER_STEP] else 1.0
    kept = math.exp(-ahead / relaxation)
    spread = sd * math.sqrt(-math.expm1(-2.0 * ahead / relaxation))
    events[TARGET, v] = mean + (events[VALUE, v] - mean) * kept + spread * normal(rng)
    events[NEXT, v] = events[SINCE, v] + ahead


@inner
def next_kink(kind, numbers, at, t, v, events):
    """The next time after t at which a law that is a function of time is not smooth."""
    events[NEXT, v] = math.inf
    if kind == PERIODIC and numbers[at + 4] == codes.SQUARE:
        period, phase = numbers[at + 2], numbers[at + 3]
        edge = math.floor(2.0 * (t / period + phase) + 1e-9) + 1.0
        events[NEXT, v] = period * (edge / 2.0 - phase)
        events[INDEX, v] = int(edge) - 1
    elif kind == TREND:
        start, rate, low, high = numbers[at], numbers[at + 1], numbers[at + 2], numbers[at + 3]
        stop = math.inf
        if numbers[at + 4] == codes.LINEAR_TREND and rate != 0.0:
            stop = ((high if rate > 0.0 else low) - start) / rate
        elif numbers[at + 4] == codes.EXPONENTIAL_TREND and rate * start != 0.0:
            bound = high if rate * start > 0.0 else low
            if bound / start > 0.0:
                stop = math.log(bound / start) / rate
        if stop > t:
            events[NEXT, v] = stop
    elif kind == SERIES:
        count = int(numbers[at + 2])
        node = int(events[INDEX, v])
        while node < count and numbers[at + 3 + node] <= t:
            node += 1
        events[INDEX, v] = node
        if node < count:
            events[NEXT, v] = numbers[at + 3 + node]


@kernel
def next_event(events):
    """Time of the earliest event of any variable; infinite where there is none."""
    earliest = math.inf
    for v in range(events.shape[1]):
        earliest = min(earliest, events[NEXT, v])
    return earliest


@apart
def cross(laws, step, t, rng, events):
    """Carry out every event due at or before time t, in order of time; row VALUE then holds the values after them."""
    while True:
        v = np.int64(-1)  # a plain number would be a type of its own and compile everything twice
        earliest = math.inf
        for w in range(events.shape[1]):
            if events[NEXT, w] <= t and events[NEXT, w] < earliest:
                earliest = events[NEXT, w]
                v = w
        if v < 0:
            return
        at = laws.rows[v, FIRST]
        kind = laws.rows[v, KIND]
        if kind == SWITCHING:
            switch(laws.numbers, at, v, rng, events)
            events[SINCE, v] = earliest
            states = int(laws.numbers[at])
            rate = -laws.numbers[at + 3 + states + int(events[INDEX, v]) * states + int(events[INDEX, v])]
            events[NEXT, v] = earliest + waiting(rate, rng)
            events[FRESH, v] = 1.0
            jump(laws, v, events)
        elif kind == SHOCKS:
            before = smooth_value(kind, laws.numbers, at, earliest, v, events)
            severity = laws.numbers[at + 2]
            adds = laws.numbers[at + 3] == codes.ADDS
            events[VALUE, v] = before + severity if adds else before * severity
            events[SINCE, v] = earliest
            events[NEXT, v] = earliest + waiting(laws.numbers[at + 1], rng)
            events[FRESH, v] = 1.0
            jump(laws, v, events)
        elif kind == NOISE:
            events[VALUE, v] = events[TARGET, v]
            events[SINCE, v] = earliest
            next_noise(laws, step, v, rng, events)
        else:
            next_kink(kind, laws.numbers, at, earliest, v, events)


@inner
def jump(laws, source, events):
    """Multiply the feedback variables that jump with the variable `source`."""
    for v in range(laws.rows.shape[0]):
        if laws.rows[v, JUMP_ON] == source:
            events[VALUE, v] *= laws.starts[v, JUMP_FACTOR]
            events[FRESH, v] = 1.0


@inner
def switch(numbers, at, v, rng, events):
    """Move a switching variable to another value, in proportion to the rates out of the present one."""
    states = int(numbers[at])
    row = at + 3 + states + int(events[INDEX, v]) * states
    out = 0.0
    for j in range(states):
        if j != int(events[INDEX, v]):
            out += numbers[row + j]
    u = uniform(rng) * out
    chosen = int(events[INDEX, v])
    for j in range(states):
        if j != int(events[INDEX, v]) and numbers[row + j] > 0.0:
            chosen = j
            u -= numbers[row + j]
            if u < 0.0:
                break
    events[INDEX, v] = chosen
    events[VALUE, v] = numbers[at + 3 + chosen]


@inner
def step_chains(laws, rng, events):
    """One step of every variable that switches with a probability per step."""
    for v in range(laws.rows.shape[0]):
        at = laws.rows[v, FIRST]
        if laws.rows[v, KIND] == SWITCHING and laws.numbers[at + 1] == 1.0:
            states = int(laws.numbers[at])
            index = int(events[INDEX, v])
            if uniform(rng) >= laws.numbers[at + 3 + states + index * states + index]:
                switch(laws.numbers, at, v, rng, events)
                events[FRESH, v] = 1.0
                jump(laws, v, events)


@kernel
def smooth_value(kind, numbers, at, t, v, events):
    """Value at time t of a law without feedback, between its events."""
    if kind == FIXED:
        return numbers[at]
    if kind == SWITCHING:
        return events[VALUE, v]
    if kind == PERIODIC:
        if numbers[at + 4] == codes.SQUARE:
            return numbers[at] + (numbers[at + 1] if int(events[INDEX, v]) % 2 == 0 else -numbers[at + 1])
        return numbers[at] + numbers[at + 1] * math.sin(2.0 * math.pi * (t / numbers[at + 2] + numbers[at + 3]))
    if kind == SHOCKS:
        base = numbers[at]
        return base + (events[VALUE, v] - base) * math.exp(-(t - events[SINCE, v]) / numbers[at + 4])
    if kind == TREND:
        return trend_value(numbers, at, t)
    if kind == SERIES:
        return series_value(numbers, at, t, int(events[INDEX, v]))
    return events[VALUE, v]


@kernel
def trend_value(numbers, at, t):
    start, rate, low, high, shape = numbers[at], numbers[at + 1], numbers[at + 2], numbers[at + 3], numbers[at + 4]
    if shape == codes.LOGISTIC_TREND:
        return low + (high - low) / (1.0 + (high - start) / (start - low) * math.exp(-rate * t))
    value = start + rate * t if shape == codes.LINEAR_TREND else start * math.exp(rate * t)
    return min(max(value, low), high)


@kernel
def series_value(numbers, at, t, node):
    """`node` is the first node after t (or their number, after the last)."""
    count = int(numbers[at + 2])
    times = at + 3
    values = times + count
    if numbers[at] == codes.HELD:
        return numbers[values + max(node - 1, 0)]
    if count == 1 or (numbers[at + 1] == 0.0 and (node == 0 or node == count)):
        return numbers[values + min(max(node - 1, 0), count - 1)]
    right = min(max(node, 1), count - 1)
    weight = (t - numbers[times + right - 1]) / (numbers[times + right] - numbers[times + right - 1])
    return numbers[values + right - 1] + weight * (numbers[values + right] - numbers[values + right - 1])


@apart
def evaluate(process, t, which, interpolated, work):
    """Write t and the values at t into the scalars: of ALL variables, of those that move STEPWISE, or of those that
    just jumped (EVENTFUL, where t itself waits for its turn). Noise is interpolated between its nodes where
    `interpolated`, else held.
    """
    laws, events = process.laws, work.events
    if which != EVENTFUL:
        work.scalars[TIME] = t
    for v in range(laws.rows.shape[0]):
        if (
            which == ALL
            or (which == STEPWISE and laws.rows[v, PER_STEP])
            or (which == EVENTFUL and events[FRESH, v] > 0.0)
        ):
            if interpolated and laws.rows[v, KIND] == NOISE:
                weight = (t - events[SINCE, v]) / (events[NEXT, v] - events[SINCE, v])
                value = events[VALUE, v] + weight * (events[TARGET, v] - events[VALUE, v])
            else:
                value = smooth_value(laws.rows[v, KIND], laws.numbers, laws.rows[v, FIRST], t, v, events)
            work.scalars[process.environment + v] = value
            events[FRESH, v] = 0.0


@apart
def fill_feedback(process, work, derivative):
    """derivative[i] = de/dt of the i-th feedback variable, from the scalars (mix and payoffs included)."""
    laws = process.laws
    refresh(laws.feedback, work.scalars, work.feedback_registers, work.feedback_registers, work.feedback_stack)
    for i in range(len(laws.moved)):
        derivative[i] = work.feedback_registers[i, 0]
