"""Feedback variables of a stepped process: de/dt integrated over one generation or step while the mix stands still."""

import math

from evo.codes import NONFINITE_STATE
from evo.kernels._cache import apart, inner
from evo.kernels.arrays import BIAS, MEAN_PAYOFF, PAYOFF, PER_STEP, REASON, VALUE
from evo.kernels.environment import fill_feedback

TOLERANCE = 1e-9  # of the doubled fourth-order step, relative
MOST_STEPS = 100000


@apart
def advance_feedback(process, generation, unit, mix, mean, work):
    """Move the feedback variables over the time since they moved last, by a fourth-order Runge-Kutta method with step
    doubling. Those that advance once a generation wait for its end."""
    laws = process.laws
    moved = len(laws.moved)
    tell_mix(process, mix, mean, work)
    length, value, once, half, twice = work.dense[0], work.dense[1], work.dense[2], work.dense[3], work.dense[4]
    slopes = work.stages
    for place in range(moved):
        length[place] = 0.0
        if laws.rows[laws.moved[place], PER_STEP] == 1:
            length[place] = unit
        elif generation:
            length[place] = 1.0
    for place in range(moved):
        value[place] = work.events[VALUE, laws.moved[place]]
    done, h = 0.0, 1.0
    for _ in range(MOST_STEPS):
        if done >= 1.0:
            break
        h = min(h, 1.0 - done)
        classical_step(process, h, length, value, slopes, work, once)
        classical_step(process, 0.5 * h, length, value, slopes, work, twice)
        for place in range(moved):
            half[place] = twice[place]
        classical_step(process, 0.5 * h, length, half, slopes, work, twice)
        worst = 0.0
        for place in range(moved):
            ratio = abs(twice[place] - once[place]) / (15.0 * TOLERANCE * (abs(twice[place]) + 1e-6))
            worst = ratio if not ratio <= worst else worst
        if worst <= 1.0:
            done += h
            for place in range(moved):
                value[place] = twice[place] + (twice[place] - once[place]) / 15.0
        h *= min(4.0, max(0.2, 0.9 * (worst + 1e-12) ** -0.2)) if worst == worst else 0.2
    for place in range(moved):
        if done < 1.0 or not math.isfinite(value[place]):
            work.status[REASON] = NONFINITE_STATE
        work.events[VALUE, laws.moved[place]] = value[place]


@inner
def tell_mix(process, mix, mean, work):
    """Let formulas read the mix, the payoffs (trait bias not counted) and their mean."""
    work.scalars[MEAN_PAYOFF] = mean
    for i in range(len(mix)):
        work.scalars[process.mix + i] = mix[i]
        work.scalars[process.mix + len(mix) + i] = work.strategy[PAYOFF, i] - work.strategy[BIAS, i]


@apart
def classical_step(process, h, length, start, slopes, work, end):
    """One step of the classical Runge-Kutta method, a part h of each variable's own interval."""
    laws = process.laws
    moved = len(laws.moved)
    for stage in range(4):
        ahead = 0.0 if stage == 0 else (1.0 if stage == 3 else 0.5)
        for place in range(moved):
            before = slopes[stage - 1, place] if stage > 0 else 0.0
            work.scalars[process.environment + laws.moved[place]] = start[place] + ahead * h * length[place] * before
        fill_feedback(process, work, slopes[stage])
    for place in range(moved):
        mean = (slopes[0, place] + 2.0 * slopes[1, place] + 2.0 * slopes[2, place] + slopes[3, place]) / 6.0
        end[place] = start[place] + h * length[place] * mean
